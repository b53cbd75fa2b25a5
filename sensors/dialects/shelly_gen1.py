"""Shelly of the first generation: one topic per value below ``shellies/<id>/``, no time.

-1 means not measured (battery: external power) and 999 an error. ``temperature`` beside ``sensor/`` belongs
to the relay's chip; only ``sensor/temperature`` and the add-on's ``ext_temperature`` are of the room. The
unit follows the device's own setting (declare ``unit`` where it was switched to °F).
"""

from __future__ import annotations

from typing import Any

from sensors.dialects import plain
from sensors.dialects.base import Dialect, Memory, Message, say_life
from sensors.heard import Heard

_NUMBERS = {
    "temperature": ("temperature", ""),
    "temperature_f": ("temperature", "°F"),
    "humidity": ("humidity", "%"),
    "battery": ("battery", "%"),
    "lux": ("illuminance", "lx"),
}
_STATES = {
    "flood": "water_leak",
    "smoke": "smoke",
    "state": "contact_open",
    "motion": "motion",
    "vibration": "vibration",
    "tamper": "tamper",
    "gas": "gas",
}
_GAS = {"none": 0.0, "mild": 1.0, "heavy": 1.0}
_ADDON = {"ext_temperatures": ("temperature", "tC", "°C"), "ext_humidities": ("humidity", "hum", "%")}
_NOT_MEASURED = frozenset(("-1", "-1.0", "999", "999.0"))


def _claims_topic(levels: list[str]) -> bool:
    return levels[0] == "shellies" and len(levels) >= 2


def _read(message: Message, heard: Heard, memory: Memory) -> None:
    levels = message.levels
    text = message.text()
    if not _claims_topic(levels):
        # A prefix of the owner's choice: the words of the topic tell.
        plain.DIALECT.read(message, heard, memory)
        return
    heard.device = levels[1]
    if text is None or text == "":
        return
    last = levels[-1]
    if last == "online":
        say_life(heard, text, ("true",), ("false",), "online")
    elif last in ("announce", "info", "status"):
        document = message.document()
        if isinstance(document, dict) and last != "announce":
            _read_object(document, heard)
    elif levels[2:3] == ["sensor"] and len(levels) == 4:
        _read_sensor(last, text, heard)
    elif len(levels) == 4 and levels[2] in ("ext_temperature", "ext_humidity"):
        quantity = levels[2].removeprefix("ext_")
        heard.number(quantity, text, "", levels[2], channel=last)
    elif len(levels) == 3 and last in _ADDON:
        document = message.document()
        if isinstance(document, dict):
            _read_addon(last, document, heard)


def _read_sensor(what: str, text: str, heard: Heard) -> None:
    if text in _NOT_MEASURED:
        quantity = _NUMBERS[what][0] if what in _NUMBERS else _STATES.get(what, "")
        heard.refuse("sentinel", f"{text} means not measured", quantity, text, what)
    elif what in _NUMBERS:
        quantity, unit = _NUMBERS[what]
        if what != "temperature_f":
            heard.number(quantity, text, unit, what)
    elif what in _STATES:
        heard.state(_STATES[what], text, what, words=_GAS if what == "gas" else None)
    elif (what == "error" and text not in ("0", "")) or (what == "operation" and text == "fault"):
        heard.state("fault", True, what)
    elif what == "self_test" and text == "running":
        heard.state("test", True, what)


def _read_addon(what: str, document: dict[str, Any], heard: Heard) -> None:
    """All probes of the add-on in one object by their number; ``tC`` says its unit."""
    quantity, key, unit = _ADDON[what]
    for number, probe in document.items():
        if isinstance(probe, dict) and key in probe:
            heard.number(quantity, probe[key], unit, f"{what}.{number}", channel=number)


def _read_object(document: dict[str, Any], heard: Heard) -> None:
    """The motion sensor's status and the status blob of ``info``."""
    stamp = document.get("timestamp")
    if stamp is not None:
        heard.at = heard.clock.read(stamp)
    for key, quantity in (
        ("motion", "motion"),
        ("vibration", "vibration"),
        ("flood", "water_leak"),
        ("smoke", "smoke"),
    ):
        if isinstance(document.get(key), bool):
            heard.state(quantity, document[key], key)
    for key, quantity in (
        ("lux", "illuminance"),
        ("bat", "battery"),
        ("tmp", "temperature"),
        ("hum", "humidity"),
    ):
        value = document.get(key)
        if isinstance(value, dict):
            if value.get("is_valid") is False:
                continue
            if key == "bat" and value.get("voltage") is not None:
                heard.number("battery_voltage", value["voltage"], "V", "bat.voltage")
            unit = str(value.get("units", "")) if key == "tmp" else ""
            value = value.get("value")
        if value is None:
            continue
        heard.number(quantity, value, unit if key == "tmp" and isinstance(document[key], dict) else "", key)


def _life_topics(topic: str) -> tuple[str, ...]:
    return ("/".join([*topic.split("/")[:2], "online"]),)


DIALECT = Dialect(
    name="shelly_gen1",
    read=_read,
    claims_topic=_claims_topic,
    life_topics=_life_topics,
    also=("shelly-gen1", "shelly1"),
)
