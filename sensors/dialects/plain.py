"""Plain topics without a grammar: one value per topic, or a flat JSON object of a gateway or a home-made node.

Quantity and unit come from whole words of the topic or key. "21,4" is 21.4; Fahrenheit only where written.
Words are states of the quantity, never parts of words. A bare ``alarm`` topic of a contact panel is its
contact.
"""

from __future__ import annotations

import re
from typing import Any

from sensors.dialects.base import Dialect, Memory, Message, take, take_flat
from sensors.heard import Heard
from sensors.names import Meaning, loose_meaning, meaning, words_of
from sensors.quantities import QUANTITIES
from sensors.vocabulary import NOT_THE_ROOM, words

_TIME_KEYS = ("ts", "time", "timestamp", "Time", "UNIX", "measured_at", "datetime", "date")
_BOXES = ("values", "data", "VALUES", "params", "properties", "readings", "measurements")
_NAME_KEYS = ("type", "name", "quantity", "sensorType", "sensor_type", "identifier", "key")
_VALUE_KEYS = ("value", "val", "state", "alarm")
_INPUT = re.compile(r"^DI\d{1,2}$")  # digital inputs of data terminals: their meaning and polarity are wired
_SETTINGS = words(
    "set get cmnd cmd command setpoint setpoints target config settings min max threshold limit"
)
_SECURITY = frozenset(("security", "sensors345", "alarm", "intrusion"))


def _read(message: Message, heard: Heard, _memory: Memory) -> None:
    if not message.payload.strip():
        return
    document = message.document()
    if isinstance(document, dict):
        heard.device = message.topic
        read_object(document, message, heard)
        return
    text = document if isinstance(document, str) else message.text()
    if isinstance(document, list):
        heard.refuse("needs-meaning", "a bare list of values has no names", raw=text or "")
        return
    if text is None:
        heard.refuse("not-text", "the payload is not UTF-8 text", raw="whole payload")
    elif text.startswith(("{", "[")):
        heard.refuse("not-json", f"starts like JSON and is not: {text[:60]!r}", raw="whole payload")
    else:
        heard.device = message.topic
        read_value(text, message, heard)


def read_object(document: dict[str, Any], message: Message, heard: Heard) -> None:
    """Take a flat object, its time, and the one box of values some hosts put around them."""
    for key in _TIME_KEYS:
        if key in document and (at := heard.clock.read(document[key])) is not None:
            heard.at = at
            break
    take_flat(heard, document, channels=True)
    for key in _BOXES:
        box = document.get(key)
        if isinstance(box, dict):
            take_flat(heard, box, prefix=f"{key}.", channels=True)
        elif isinstance(box, list):
            for item in box:
                if isinstance(item, dict):
                    _take_named(item, heard)
    for key, value in document.items():
        if _INPUT.match(key) and isinstance(value, (int, str)):
            heard.announce("input", message.topic, channel=key, type="bool", raw=value)
    if not heard.observations and not heard.refusals:
        _take_lone_value(document, message, heard)
    if not (heard.observations or heard.refusals or heard.announcements) and document:
        named = ", ".join(list(document)[:6])[:100]
        heard.refuse("needs-meaning", f"none of the keys {named} names a quantity", raw="whole payload")


def _take_named(item: dict[str, Any], heard: Heard) -> bool:
    """{"type": "smoke", "value": 1}: the name of the quantity is itself a value."""
    name = next((item[key] for key in _NAME_KEYS if isinstance(item.get(key), str)), "")
    known = meaning(name) if name else None
    value = next((item[key] for key in _VALUE_KEYS if item.get(key) is not None), None)
    if known is None or value is None or isinstance(value, (dict, list)):
        return False
    unit = item.get("unit")
    take(heard, known, value, name, unit if isinstance(unit, str) else "")
    return True


def _take_lone_value(document: dict[str, Any], message: Message, heard: Heard) -> None:
    """{"value": 21.4} on a topic that names the quantity, or beside a name of it."""
    if _take_named(document, heard):
        return
    value = next((document[key] for key in _VALUE_KEYS if document.get(key) is not None), None)
    known = topic_meaning(message.levels)
    if value is None or known is None or isinstance(value, (dict, list)):
        return
    unit = document.get("unit")
    take(heard, known, value, "value", unit if isinstance(unit, str) else "")


def read_value(text: str, message: Message, heard: Heard) -> None:
    """Take a bare value by the words of its topic."""
    known = topic_meaning(message.levels)
    if known is None:
        heard.refuse("needs-meaning", "neither topic nor payload names a quantity", raw=text)
        return
    if QUANTITIES[known.quantity].contact and QUANTITIES[known.quantity].state_value(text) is None:
        heard.refuse("unknown-state", f"{text[:64]!r} is no state of {known.quantity}", known.quantity, text)
        return
    take(heard, known, text, "")


def topic_meaning(levels: list[str]) -> Meaning | None:
    """The quantity of a topic: of its last level; or, before a ``state``-like end, of the level that names one.

    A number may also stand before its place (``temperature/bedroom``). A contact may not: ``water/valve`` and
    ``gas/meter`` are no alarms.
    """
    if not _SETTINGS.isdisjoint(levels):
        return None
    known = loose_meaning(levels[-1])
    if known is not None:
        return known
    last = words_of(levels[-1])
    named = next((found for level in reversed(levels[:-1]) if (found := meaning(level)) is not None), None)
    if last in (["alarm"], ["event"]):
        if named is not None and QUANTITIES[named.quantity].contact:
            return named
        return Meaning("contact_open") if _SECURITY.intersection(levels[:-1]) and named is None else None
    if last in (["state"], ["status"], ["value"]):
        return named
    if named is None or QUANTITIES[named.quantity].contact or NOT_THE_ROOM.intersection(last):
        return None
    return named


DIALECT = Dialect(name="plain", read=_read, also=("flat", "modbus", "generic", "dtu"))
