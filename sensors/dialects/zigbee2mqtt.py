"""Zigbee2MQTT: flat JSON per device, attribute topics, availability, and the bridge's own topics.

Traps held here: ``contact`` true means closed; ``voltage`` is the battery's in mV; pressure is hPa; the
``temperature`` of leak, contact and smoke units that also show ``device_temperature`` is the chip's;
``action`` is an event and its empty end is none; ``illuminance`` was a raw count while ``illuminance_lux``
existed.
"""

from __future__ import annotations

import re
from typing import Any

from sensors.dialects.base import Dialect, Memory, Message, document_of, say_life, take
from sensors.heard import Heard
from sensors.names import Meaning
from sensors.quantities import QUANTITIES
from sensors.vocabulary import words

_NUMBERS = {
    "temperature": ("temperature", "°C"),
    "local_temperature": ("temperature", "°C"),
    "external_temperature": ("temperature", "°C"),
    "humidity": ("humidity", "%"),
    "pressure": ("pressure", "hPa"),
    "illuminance": ("illuminance", "lx"),
    "illuminance_lux": ("illuminance", "lx"),
    "co2": ("co2", "ppm"),
    "pm25": ("pm25", "µg/m³"),
    "pm10": ("pm10", "µg/m³"),
    "battery": ("battery", "%"),
    "voltage": ("battery_voltage", "mV"),
    "battery_voltage": ("battery_voltage", "mV"),
}
_VOLTS_BELOW = 100.0  # no battery runs on less than 100 mV: there the converter already wrote volts
_STATES = {
    "occupancy": ("motion", False),
    "presence": ("motion", False),
    "moving": ("motion", False),
    "motion": ("motion", False),
    "contact": ("contact_open", True),
    "water_leak": ("water_leak", False),
    "waterleak": ("water_leak", False),
    "smoke": ("smoke", False),
    "gas": ("gas", False),
    "carbon_monoxide": ("carbon_monoxide", False),
    "vibration": ("vibration", False),
    "tamper": ("tamper", False),
    "battery_low": ("battery_low", False),
    "test": ("test", False),
    "fault": ("fault", False),
    "trouble": ("fault", False),
    "problem": ("fault", False),
    "battery_state": ("battery_low", False),  # low, medium, high
}
_ENDPOINT = re.compile(r"^(.+)_(l?[1-8]|left|right|top|bottom|center|probe|external|internal|ep\d)$")
_HAZARDS = frozenset(("water_leak", "contact", "smoke", "gas", "vibration"))
_QUANTITY = {key: rule[0] for key, rule in (*_NUMBERS.items(), *_STATES.items())}
_BRIDGE = words(
    "state info devices groups logging log event health config extensions definitions converters networkmap"
)
_METERED = frozenset(("power", "current", "energy", "consumption"))
_COMMANDS = frozenset(("set", "get", "request", "response"))


def _claims_topic(levels: list[str]) -> bool:
    if "zigbee2mqtt" in levels[:3] or (levels[-1] == "availability" and len(levels) > 1):
        return True
    return len(levels) >= 3 and levels[-2] == "bridge" and levels[-1] in _BRIDGE


def _claims_document(document: Any, _levels: list[str]) -> bool:
    return isinstance(document, dict) and "linkquality" in document


def _read(message: Message, heard: Heard, memory: Memory) -> None:
    levels = message.levels
    last = levels[-1]
    if last in _COMMANDS or not message.payload.strip():
        return
    if "bridge" in levels[1:3]:
        _read_bridge(message, heard, memory)
        return
    if last == "availability":
        document = message.document()
        word = document.get("state") if isinstance(document, dict) else message.text()
        heard.device = "/".join(levels[:-1])
        say_life(heard, str(word), ("online",), ("offline",), "availability")
        return
    heard.device = message.topic
    if last in _NUMBERS or last in _STATES or last == "action":
        document = message.document()
        if not isinstance(document, dict):
            heard.device = "/".join(levels[:-1])
            text = message.text()
            if text is None:
                heard.refuse("not-text", "the attribute is not text", raw="whole payload")
            elif last == "action":
                _take_action(heard, text)
            elif last in _STATES:
                quantity, inverted = _STATES[last]
                heard.state(quantity, text, last, inverted=inverted)
            else:
                _take_number(last, last, text, heard, memory)
            return
    document = document_of(message, heard)
    if document is not None:
        _read_state(document, heard, memory)


def _read_state(document: dict[str, Any], heard: Heard, memory: Memory) -> None:
    seen = document.get("last_seen")
    if seen is not None:
        heard.at = heard.clock.read(seen)
    wanted = heard.wanted
    for key, value in document.items():
        quantity = _QUANTITY.get(key)
        if quantity is None:
            _read_other(key, value, document, heard, memory)
        elif wanted is not None and quantity not in wanted:
            continue
        elif quantity == "motion":
            _join_motion(key, value, heard)
        elif key in _STATES:
            heard.state(quantity, value, key, inverted=_STATES[key][1])
        elif not _is_of_the_device(key, document, heard):
            _take_number(key, key, value, heard, memory)


def _read_other(key: str, value: object, document: dict[str, Any], heard: Heard, memory: Memory) -> None:
    """Events, and the keys of devices with several endpoints (``temperature_2``, ``contact_left``)."""
    if key == "action":
        if isinstance(value, str) and "vibration" not in document:
            _take_action(heard, value)
    elif "_" in key and (match := _ENDPOINT.match(key)) is not None:
        stem, endpoint = match.groups()
        if stem in _STATES:
            quantity, inverted = _STATES[stem]
            heard.state(quantity, value, key, inverted=inverted, channel=endpoint)
        elif stem in _NUMBERS:
            _take_number(stem, key, value, heard, memory, endpoint)


def _join_motion(key: str, value: object, heard: Heard) -> None:
    """Occupancy and presence of one device are one motion: seen by either is seen."""
    for index, observation in enumerate(heard.observations):
        if observation.quantity == "motion":
            if value is True and not observation.value:
                del heard.observations[index]
                break
            return
    heard.state("motion", value, key)


def _is_of_the_device(key: str, document: dict[str, Any], heard: Heard) -> bool:
    """Whether a number is the device's own: its chip's temperature, a plug's mains, a raw count of light."""
    if key == "illuminance":
        return document.get("illuminance_lux") is not None
    if key not in ("temperature", "voltage"):
        return False
    # A plug measures its circuit: there ``voltage`` is the mains' and ``temperature`` the relay's.
    metering = "battery" not in document and not _METERED.isdisjoint(document)
    if key == "voltage":
        return metering
    chip = document.get("device_temperature")
    if chip is not None:
        own = chip == document["temperature"]
    else:
        lumi = "power_outage_count" in document or _is_lumi(document.get("device"))
        hazard = lumi and not _HAZARDS.isdisjoint(document)
        own = (hazard or metering) and "humidity" not in document
    if own:
        heard.refuse(
            "needs-meaning", "the temperature of the device, not of the room", raw=document[key], path=key
        )
    return bool(own)


def _is_lumi(device: object) -> bool:
    """Whether the device block, where Zigbee2MQTT includes it, names the maker of Aqara and Mijia units."""
    return isinstance(device, dict) and "LUMI" in (device.get("manufacturerName"), device.get("manufName"))


def _take_number(key: str, path: str, value: object, heard: Heard, memory: Memory, channel: str = "") -> None:
    quantity, unit = _NUMBERS[key]
    if quantity == "battery" and isinstance(value, str):
        take(heard, Meaning("battery"), value, path, channel=channel)
        return
    if quantity == "battery_voltage" and isinstance(value, (int, float)) and 0 < value < _VOLTS_BELOW:
        unit = "V"
    elif memory.units:
        unit = memory.units.get((heard.device, path), unit)
    heard.number(quantity, value, unit, path, channel=channel)


def _take_action(heard: Heard, action: str) -> None:
    """Only the plain word counts; button presses and the empty end of an event are no readings."""
    if action == "vibration":
        heard.state("vibration", True, "action")


def _read_bridge(message: Message, heard: Heard, memory: Memory) -> None:
    kind = message.levels[-1]
    base = "/".join(message.levels[: message.levels.index("bridge")])
    heard.device = base
    document = message.document()
    if kind == "state":
        word = document.get("state") if isinstance(document, dict) else message.text()
        say_life(heard, str(word), ("online",), ("offline",), "bridge/state")
    elif kind == "devices":
        if not isinstance(document, list):
            heard.refuse("not-json", "the inventory must be a JSON array", raw="whole payload")
            return
        for device in document:
            if isinstance(device, dict):
                _announce(device, base, heard, memory)


def _announce(device: dict[str, Any], base: str, heard: Heard, memory: Memory) -> None:
    definition = device.get("definition")
    name = str(device.get("friendly_name") or device.get("ieee_address") or "")
    if not isinstance(definition, dict) or not isinstance(definition.get("exposes"), list):
        return
    model = f"{definition.get('vendor', '')} {definition.get('model', '')}".strip()
    for expose in definition["exposes"]:
        if not isinstance(expose, dict):
            continue
        property = str(expose.get("property") or "")
        known = _NUMBERS.get(property) or _STATES.get(property)
        if known is None:
            continue
        unit = str(expose.get("unit") or "")
        detail: dict[str, object] = {"ieee": str(device.get("ieee_address", "")), "property": property}
        detail |= {"quantity": known[0], "model": model, "unit": unit, "topic": f"{base}/{name}"}
        detail |= {key: expose[key] for key in ("value_on", "value_off", "category") if key in expose}
        heard.announce("property", name, **detail)
        if unit and not QUANTITIES[known[0]].contact:
            memory.remember_unit(f"{base}/{name}", property, unit)


def _base(topic: str) -> str:
    levels = topic.split("/")
    return "/".join(levels[: levels.index("zigbee2mqtt") + 1]) if "zigbee2mqtt" in levels else levels[0]


def _life_topics(topic: str) -> tuple[str, ...]:
    return (f"{topic}/availability", f"{_base(topic)}/bridge/state")


def _announcement_topics(topic: str) -> tuple[str, ...]:
    return (f"{_base(topic)}/bridge/devices",)


DIALECT = Dialect(
    name="zigbee2mqtt",
    read=_read,
    claims_topic=_claims_topic,
    claims_document=_claims_document,
    life_topics=_life_topics,
    announcement_topics=_announcement_topics,
    also=("z2m",),
)
