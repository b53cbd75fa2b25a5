"""SenML (RFC 8428): an array of records with base fields; the unit makes the quantity, the name the channel.

Name = bn + n, time = bt + t (under 2**28 relative to now), value = bv + v (section 4.6). A record without
unit is not read: its name alone is the sender's private word. Fields ending in ``_`` must be understood or
refused (4.4). Volts and ampères of a circuit are announced, not read as a device's battery.
"""

from __future__ import annotations

import re
from typing import Any

from sensors.dialects.base import Dialect, Memory, Message
from sensors.heard import Heard
from sensors.names import meaning, words_of
from sensors.quantities import QUANTITIES

_UNITS = {
    "Cel": ("temperature", "°C"),
    "K": ("temperature", "K"),
    "%RH": ("humidity", "%"),
    "lx": ("illuminance", "lx"),
    "Pa": ("pressure", "Pa"),
    "hPa": ("pressure", "hPa"),
    "kPa": ("pressure", "kPa"),
    "%EL": ("battery", "%"),
}
_KEYS = frozenset(("n", "bn", "v", "vb", "vs", "u", "bu", "t", "bt", "s", "bs", "vd", "bv", "ut", "bver"))
_LAST = re.compile(r"[:/]")
_RELATIVE_BELOW = 2.0**28


def _claims_document(document: Any, _levels: list[str]) -> bool:
    if not isinstance(document, list) or not document or not all(isinstance(one, dict) for one in document):
        return False
    return all(set(one) <= _KEYS or not {"n", "bn"}.isdisjoint(one) for one in document) and any(
        not {"v", "vb", "vs", "s"}.isdisjoint(one) for one in document
    )


def _read(message: Message, heard: Heard, _memory: Memory) -> None:
    if not message.payload.strip():
        return
    document = message.document()
    if not isinstance(document, list):
        heard.refuse("not-json", "a SenML pack is a JSON array of records", raw="whole payload")
        return
    base_name, base_unit = "", ""
    base_time: float = 0
    base_value = 0.0
    for record in document:
        if not isinstance(record, dict):
            heard.refuse("not-json", "a SenML record is a JSON object", raw=record)
            continue
        strange = [key for key in record if key.endswith("_")]
        if strange:
            heard.refuse(
                "needs-meaning", f"the mandatory field {strange[0]!r} is not understood", raw=strange[0]
            )
            continue
        base_name = str(record.get("bn", base_name))
        base_unit = str(record.get("bu", base_unit))
        base_time = record["bt"] if _is_number(record.get("bt")) else base_time
        base_value = _number(record.get("bv"), base_value)
        name = base_name + str(record.get("n", ""))
        # Only where a record has its own time is there anything to add.
        time = _number(base_time, 0.0) + _number(record["t"], 0.0) if "t" in record else base_time
        heard.at = _moment(time, heard)
        _take(record, name, str(record.get("u", base_unit)), base_value, heard)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _number(value: object, default: float) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or abs(value) > 1e300:
        return default
    return float(value)


def _moment(time: float, heard: Heard) -> float | None:
    """The absolute time, or that long before or after the message came (RFC 8428, 4.5.3); 0 is no time."""
    at = heard.clock.read(time)
    if at is None and time and abs(time) < _RELATIVE_BELOW:
        return heard.clock.arrived_at + time
    return at


def _take(record: dict[str, Any], name: str, unit: str, base_value: float, heard: Heard) -> None:
    if not name:
        if "v" in record or "vb" in record:
            heard.refuse("needs-meaning", "a record without a name", raw=record.get("v"))
        return
    last = _LAST.split(name)[-1]
    heard.names = (last,)
    known = meaning(last)
    value = record.get("v")
    if isinstance(record.get("vb"), bool) or (unit == "/" and value in (0, 1)):
        state = record.get("vb", value)
        if known is None or not QUANTITIES[known.quantity].contact or known.words_only:
            heard.refuse(
                "needs-meaning", f"the name {name!r} does not say what its state means", raw=state, path=name
            )
        else:
            heard.state(known.quantity, state, name, inverted=known.inverted, channel=name)
    elif value is not None:
        shifted = value + base_value if base_value and isinstance(value, (int, float)) else value
        if unit in _UNITS:
            quantity, own = _UNITS[unit]
            heard.number(quantity, shifted, own, name, channel=name)
        elif unit == "%" and known is not None and known.quantity in ("humidity", "battery"):
            heard.number(known.quantity, shifted, "%", name, channel=name)
        elif unit == "ppm" and known is not None and known.quantity == "co2":
            heard.number("co2", shifted, "ppm", name, channel=name)
        elif unit == "V" and {"battery", "batt", "bat", "vbat"}.intersection(words_of(name)):
            heard.number("battery_voltage", shifted, "V", name, channel=name)
        else:
            detail = f"{name!r} in {unit!r}" if unit else f"{name!r} has no unit"
            heard.refuse("needs-meaning", detail, raw=value, path=name)


DIALECT = Dialect(name="senml", read=_read, claims_document=_claims_document)
