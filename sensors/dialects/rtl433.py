"""rtl_433: decoded radio frames, flat JSON per event or one topic per key.

``battery_ok`` is 1 or 0 on most models (battery not low) and a fraction of charge on some. Events like
"Water Leak" have no end: a person must clear them. ``closed`` of alarm contacts does not say what the
contact is.
"""

from __future__ import annotations

from typing import Any

from sensors.dialects.base import Dialect, Memory, Message, document_of, take, take_flat
from sensors.heard import Heard
from sensors.names import Meaning, meaning
from sensors.quantities import plain_word

_FIELDS: dict[str, Meaning | None] = {
    "moisture": None,  # of soil
    "event": None,
    "time": None,
    "id": None,
    "channel": None,
    "status": None,
    "closed": None,
    "alarm": None,
    "gas": None,
    "battery": None,
    "water": Meaning("water_leak"),
    "leak_detected": Meaning("water_leak"),
    "detect_wet": Meaning("water_leak"),
    "contact_open": Meaning("contact_open"),
    "reed_open": Meaning("contact_open"),
    "opened": Meaning("contact_open"),
    "motion": Meaning("motion"),
    "tamper": Meaning("tamper"),
    "light_lux": Meaning("illuminance"),
    "lux": Meaning("illuminance"),
    "co2_ppm": Meaning("co2"),
    "battery_V": Meaning("battery_voltage", "V"),
    "battery_mV": Meaning("battery_voltage", "mV"),
    "supercap_V": None,
    "pressure_hPa": Meaning("pressure", "hPa"),
    "pressure_kPa": Meaning("pressure", "kPa"),
    "temperature_C": Meaning("temperature", "°C"),
    "temperature_F": Meaning("temperature", "°F"),
}
# The same measurement told twice by one frame.
_TWINS = (("temperature_C", "temperature_F"), ("contact_open", "reed_open"), ("contact_open", "opened"))
_EVENTS: dict[str, tuple[str, bool]] = {
    "water leak": ("water_leak", True),
    "leak": ("water_leak", True),
    "smoke": ("smoke", True),
    "smoke alarm": ("smoke", True),
    "motion": ("motion", True),
    "open": ("contact_open", True),
    "opened": ("contact_open", True),
    "close": ("contact_open", False),
    "closed": ("contact_open", False),
    "tamper": ("tamper", True),
    "low battery": ("battery_low", True),
    "battery low": ("battery_low", True),
    "test": ("test", True),
}


def _claims_topic(levels: list[str]) -> bool:
    return levels[0] == "rtl_433" or "rtl_433" in levels[:2]


def _claims_document(document: Any, _levels: list[str]) -> bool:
    if not isinstance(document, dict) or "model" not in document or "id" not in document:
        return False
    return not {"mic", "mod", "battery_ok", "temperature_C", "temperature_F"}.isdisjoint(document)


def _read(message: Message, heard: Heard, _memory: Memory) -> None:
    if not message.payload.strip():
        return
    levels = message.levels
    document = message.document()
    if len(levels) > 2 and "devices" in levels[1:3] and not isinstance(document, dict):
        _read_single(message, heard)
        return
    document = document_of(message, heard)
    if document is None:
        return
    heard.device = f"{document.get('model', '')}/{document.get('id', '')}"
    if "time" in document:
        heard.at = heard.clock.read(document["time"])
    heard.names = (str(document.get("id", "")), heard.device)
    _take_battery(document.get("battery_ok"), heard)
    if document.get("type") == "TPMS":
        heard.refuse("needs-meaning", "a tyre, not a room", raw="TPMS")
        return
    twins = [
        twin for one, twin in _TWINS if one in document and twin in document and _agree(document, one, twin)
    ]
    if twins:
        document = {key: value for key, value in document.items() if key not in twins}
    take_flat(heard, document, fields=_FIELDS, channels=True)
    for key in ("event", "state"):
        value = document.get(key)
        known = _EVENTS.get(plain_word(value)) if isinstance(value, str) else None
        if known is not None and all(seen.quantity != known[0] for seen in heard.observations):
            heard.state(known[0], known[1], key)
    if "closed" in document:
        heard.refuse(
            "needs-meaning", "closed: only the installer knows what the contact is", raw=document["closed"]
        )
    if "alarm" in document:
        model = str(document.get("model", "")).casefold()
        for word, quantity in (("smoke", "smoke"), ("leak", "water_leak")):
            if word in model:
                heard.state(quantity, document["alarm"], "alarm")


def _agree(document: dict[str, Any], one: str, twin: str) -> bool:
    return one == "temperature_C" or bool(document[one] == document[twin])


def _take_battery(value: object, heard: Heard) -> None:
    if value is None or isinstance(value, (dict, list)):
        return
    if isinstance(value, float) and 0.0 < value < 1.0:
        heard.number("battery", value, "fraction", "battery_ok")
    else:
        heard.state("battery_low", value, "battery_ok", inverted=True)


def _read_single(message: Message, heard: Heard) -> None:
    """rtl_433/<host>/devices/<model>/<channel>/<id>/<key> with a bare value."""
    text = message.text()
    key = message.levels[-1]
    heard.device = "/".join(message.levels[:-1])
    if text is None:
        heard.refuse("not-text", "the payload is not UTF-8 text", raw="whole payload")
        return
    if key == "battery_ok":
        try:
            _take_battery(float(text) if "." in text else int(text), heard)
        except ValueError:
            heard.refuse("unknown-state", f"{text!r} is no battery state", "battery_low", text)
        return
    known = _FIELDS[key] if key in _FIELDS else meaning(key)
    if known is not None:
        take(heard, known, text, key)


def _gateway(topic: str) -> str:
    return "/".join(topic.split("/")[:2])  # the receiver's host


DIALECT = Dialect(
    name="rtl_433",
    read=_read,
    claims_topic=_claims_topic,
    claims_document=_claims_document,
    gateway=_gateway,
    several=True,
    also=("rtl433",),
)
