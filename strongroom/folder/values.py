"""Values as people write them: back to TOML, durations with units, and keys that were nearly right."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Any

from strongroom.folder import punctuation
from strongroom.folder.keys import MEANT
from strongroom.folder.ledger import nearest

_DURATION = re.compile(r"([-+]?\d+(?:[.,]\d+)?)\s*([^\d\s.,]*)")
_SECONDS = {
    "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0, "秒": 1.0, "ms": 0.001, "毫秒": 0.001,
    "m": 60.0, "min": 60.0, "mins": 60.0, "minute": 60.0, "minutes": 60.0, "分": 60.0, "分钟": 60.0,
    "h": 3600.0, "hour": 3600.0, "hours": 3600.0, "小时": 3600.0, "时": 3600.0,
    "d": 86400.0, "day": 86400.0, "days": 86400.0, "天": 86400.0, "日": 86400.0,
}  # fmt: skip


def toml(value: Any) -> str:
    """A value as it is written in TOML (shortened where long)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
        shown = "".join(mark if mark.isprintable() else "�" for mark in escaped)
        return f'"{shown if len(shown) <= 60 else shown[:57] + "…"}"'
    if isinstance(value, list):
        return "[" + ", ".join(toml(entry) for entry in value[:6]) + (", …]" if len(value) > 6 else "]")
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(entry)}" for key, entry in list(value.items())[:4]) + " }"
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def dotted(keys: tuple[str | int, ...]) -> str:
    """A key path as people write it: ``rungs[1].role``."""
    shown = ""
    for key in keys:
        shown += f"[{key + 1}]" if isinstance(key, int) else (f".{key}" if shown else key)
    return shown


def seconds(words: str) -> float | None:
    """``"5 min"`` to 300.0; a bare number is seconds; None if it is no duration."""
    match = _DURATION.fullmatch(punctuation.plain(words))
    if not match or (match[2] and match[2].casefold() not in _SECONDS):
        return None
    return float(match[1].replace(",", ".")) * _SECONDS.get(match[2].casefold(), 1.0)


def measured(words: str) -> float | None:
    """The number of ``"60 %"`` or ``"21,5 °C"``; None if there is none."""
    match = re.fullmatch(r"([-+]?\d+(?:[.,]\d+)?)\s*\D*", punctuation.plain(words))
    return float(match[1].replace(",", ".")) if match else None


def is_number(words: str) -> bool:
    """The text is a number and nothing else."""
    return re.fullmatch(r"\s*[-+]?\d+(?:[.,]\d+)?\s*", words) is not None


def within(value: float, low: float, high: float) -> float:
    """The value, or the bound it passed."""
    return min(max(value, low), high)


def meant_key(key: str, value: Any, allowed: set[str]) -> tuple[str, Any]:
    """The known key that an unknown one most likely stands for, with its value in that key's unit."""
    for ending, factor in (("_min", 60.0), ("_minutes", 60.0), ("_h", 3600.0), ("_hours", 3600.0), ("_ms", 0.001),
                           ("_sec", 1.0), ("_seconds", 1.0), ("", 1.0)):  # fmt: skip
        stem = key[: -len(ending)] if ending and key.endswith(ending) else key if not ending else ""
        if (
            stem
            and f"{stem}_s" in allowed
            and isinstance(value, (int, float))
            and not isinstance(value, bool)
        ):
            return f"{stem}_s", value * factor
        if ending in {"", "_s"} and stem and f"{stem}_min" in allowed:
            return f"{stem}_min", value
    if key.endswith("_s") and f"{key[:-2]}_min" in allowed and isinstance(value, (int, float)):
        return f"{key[:-2]}_min", value / 60
    known = MEANT.get(key.casefold(), "")
    if known in allowed:
        return known, value
    return nearest(key, allowed), value
