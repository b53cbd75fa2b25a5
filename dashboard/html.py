"""Small pieces of HTML. Everything that comes from data passes :func:`esc`; nothing else may join strings."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from dashboard.theme import SHAPES, SIGN_Y


def esc(value: object) -> str:
    """Text safe inside an element or a quoted attribute."""
    return escape(str(value), quote=True)


def attributes(pairs: dict[str, Any]) -> str:
    """``key="value"`` pairs; ``class_`` is class, other underscores become hyphens; None and False vanish."""
    out: list[str] = []
    for key, value in pairs.items():
        if value is None or value is False:
            continue
        name = key.rstrip("_").replace("_", "-")
        out.append(f" {name}" if value is True else f' {name}="{esc(value)}"')
    return "".join(out)


_VOID = frozenset({"input", "img", "br", "link", "meta"})


def tag(name: str, /, *inner: str, **pairs: Any) -> str:
    """One element; ``inner`` is HTML already."""
    if name in _VOID:
        return f"<{name}{attributes(pairs)}>"
    return f"<{name}{attributes(pairs)}>{''.join(inner)}</{name}>"


def join(parts: Iterable[str]) -> str:
    """HTML parts one after the other."""
    return "".join(parts)


def mark(kind: str, *, size: int = 24, hollow: bool = False, extra: str = "", label: str = "") -> str:
    """The symbol of an alarm class: "1", "2", "3" or "F"; ``hollow`` for shelved, cleared or disabled."""
    names = f"sr-mark sr-m{kind}" + (" sr-hollow" if hollow else "") + (f" {extra}" if extra else "")
    shape = {"1": "square", "2": "up", "3": "down", "F": "diamond"}[kind]
    spoken = f' role="img" aria-label="{esc(label)}"' if label else ' aria-hidden="true"'
    return (
        f'<svg class="{names}" viewBox="-1 -1 26 26" width="{size}" height="{size}"{spoken}>'
        f'<path d="{SHAPES[shape]}"/><text x="12" y="{SIGN_Y[shape]}">{kind}</text></svg>'
    )


def button(words: str, act: dict[str, Any] | None = None, *, kind: str = "", **pairs: Any) -> str:
    """A button; ``act`` is what it sends when pressed (its keys become ``data-`` attributes)."""
    data = {f"data_{key}": value for key, value in (act or {}).items()}
    name = f"sr-button sr-{kind}" if kind else "sr-button"
    return tag("button", esc(words), type="button", class_=name, **data, **pairs)
