"""King Pigeon (金鸽) edge modules: ``sensorDatas`` of flag and value; the flag is quantity and channel number.

TEMP and HUMI are ten times the value, CO2 is whole; other scales and the meaning of inputs are set at the
module. The time is clock, then US date, then zone.
"""

from __future__ import annotations

import re
from typing import Any

from sensors.dialects.base import Dialect, Memory, Message, document_of
from sensors.heard import Heard

_FLAG = re.compile(r"^(CO2|[A-Z]+)(\d{1,3})$")
_TENTHS = {"TEMP": ("temperature", "0.1°C"), "HUMI": ("humidity", "0.1%RH")}
_INPUTS = frozenset(("DI", "DO", "AI", "REG", "X", "Y"))


def _claims_document(document: Any, _levels: list[str]) -> bool:
    return isinstance(document, dict) and isinstance(document.get("sensorDatas"), list)


def _read(message: Message, heard: Heard, _memory: Memory) -> None:
    if not message.payload.strip():
        return
    document = document_of(message, heard)
    samples = document.get("sensorDatas") if document else None
    if document is None or not isinstance(samples, list):
        return
    heard.device = message.topic
    sent_at = heard.clock.read(document.get("time"))
    for sample in samples:
        if isinstance(sample, dict):
            heard.at = heard.clock.read(sample["time"]) if "time" in sample else sent_at
            _read_flag(str(sample.get("flag", "")), sample.get("value"), heard)


def _read_flag(flag: str, value: object, heard: Heard) -> None:
    match = _FLAG.match(flag.strip().upper())
    kind = match.group(1) if match else ""
    if kind in _TENTHS:
        quantity, unit = _TENTHS[kind]
        heard.number(quantity, value, unit, flag, channel=flag)
    elif kind == "CO2":
        heard.number("co2", value, "ppm", flag, channel=flag)
    elif kind in _INPUTS:
        heard.announce(
            "input", heard.device, channel=flag, type="bool" if kind in ("DI", "DO") else "number", raw=value
        )
    else:
        heard.refuse(
            "needs-meaning",
            f"the flag {flag!r} has a scale or meaning set at the module",
            raw=value,
            path=flag,
        )


DIALECT = Dialect(name="king_pigeon", read=_read, claims_document=_claims_document)
