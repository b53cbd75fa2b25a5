"""Shelly of the second and later generations: JSON-RPC notifications and status topics per component.

A NotifyStatus is an overlay: absent components are unchanged. ``alarm`` null beside ``errors`` is unknown and
faulty, never dry. Battery 0 % on external power is no low battery. The temperature inside switches and
dimmers is the relay's. Values of virtual and BTHome components mean nothing without the component's
configuration.
"""

from __future__ import annotations

from typing import Any

from sensors.dialects.base import Dialect, Memory, Message, document_of, say_life
from sensors.heard import Heard

_ALARMS = {"smoke": "smoke", "flood": "water_leak", "gas": "gas", "co": "carbon_monoxide"}
_NUMBERS = {
    "temperature": ("temperature", "tC", "°C"),
    "humidity": ("humidity", "rh", "%"),
    "illuminance": ("illuminance", "lux", "lx"),
    "voltmeter": ("voltage", "voltage", "V"),
}
_BLU = {
    "temperature": ("temperature", "°C"),
    "humidity": ("humidity", "%"),
    "battery": ("battery", "%"),
    "illuminance": ("illuminance", "lx"),
}
_BLU_STATES = {"window": "contact_open", "door": "contact_open", "motion": "motion"}


def _claims_topic(levels: list[str]) -> bool:
    last = levels[-1]
    if len(levels) < 2:
        return False
    if last == "rpc" or (last == "online" and levels[0] != "shellies"):
        return True
    return len(levels) >= 3 and levels[-2] == "status" and (":" in last or levels[-3].startswith("shelly"))


def _claims_document(document: Any, _levels: list[str]) -> bool:
    return (
        isinstance(document, dict)
        and str(document.get("method", "")).startswith("Notify")
        and "params" in document
    )


def _read(message: Message, heard: Heard, _memory: Memory) -> None:
    levels = message.levels
    if not message.payload.strip():
        return
    heard.device = levels[0]
    if levels[-1] == "online":
        say_life(heard, message.text() or "", ("true",), ("false",), "online")
        return
    document = document_of(message, heard)
    if document is None:
        return
    if len(levels) >= 2 and levels[-2] == "status":
        _read_component(levels[-1], document, heard)
        return
    heard.device = str(document.get("src") or levels[0])
    params = document.get("params")
    if not isinstance(params, dict):
        params = document.get("result")
        if not isinstance(params, dict):
            return
    heard.at = heard.clock.read(params.get("ts"))
    events = params.get("events")
    if isinstance(events, list):
        for event in events:
            if isinstance(event, dict):
                _read_event(event, heard)
        return
    for name, component in params.items():
        if isinstance(component, dict):
            _read_component(name, component, heard)


def _read_component(name: str, component: dict[str, Any], heard: Heard) -> None:
    kind, _, number = name.partition(":")
    channel = "" if number in ("", "0") else name
    heard.names = (name, number)
    path = name
    if kind in _NUMBERS:
        quantity, key, unit = _NUMBERS[kind]
        if key in component:
            heard.number(quantity, component[key], unit, f"{path}.{key}", channel=channel)
    elif kind in _ALARMS:
        if "alarm" in component:
            heard.state(_ALARMS[kind], component["alarm"], f"{path}.alarm", channel=channel)
    elif kind == "devicepower":
        _read_power(component, channel, heard)
    elif kind == "presencezone" and "state" in component:
        heard.state("motion", component["state"], f"{path}.state", channel=channel)
    elif kind == "bthomedevice":
        if component.get("battery") is not None:
            at = heard.clock.read(component.get("last_updated_ts"))
            heard.number("battery", component["battery"], "%", f"{path}.battery", at=at, channel=name)
    elif kind == "bthomesensor":
        detail = f"{name} has a value but its meaning is only in the component's configuration"
        heard.refuse("needs-meaning", detail, raw=component.get("value"), path=path)
    elif kind in ("input", "boolean", "number", "enum"):
        raw = component.get("state", component.get("value"))
        heard.announce("input", heard.device, channel=name, type="bool", raw=raw)
    elif kind == "sys" and isinstance(component.get("wakeup_period"), int):
        heard.announce("silence", heard.device, every_s=component["wakeup_period"])
    errors = component.get("errors")
    if isinstance(errors, list) and errors and kind in (*_ALARMS, *_NUMBERS, "devicepower"):
        heard.state("fault", True, f"{path}.errors", channel=channel)


def _read_power(component: dict[str, Any], channel: str, heard: Heard) -> None:
    external = component.get("external")
    if isinstance(external, dict) and external.get("present") is True:
        return  # on external power the battery field shows an empty compartment
    battery = component.get("battery")
    if isinstance(battery, dict):
        if battery.get("percent") is not None:
            heard.number("battery", battery["percent"], "%", "battery.percent", channel=channel)
        if battery.get("V") is not None:
            heard.number("battery_voltage", battery["V"], "V", "battery.V", channel=channel)


def _read_event(event: dict[str, Any], heard: Heard) -> None:
    at = heard.clock.read(event.get("ts"))
    if at is not None:
        heard.at = at
    name = str(event.get("component", ""))
    kind, _, number = name.partition(":")
    channel = "" if number in ("", "0") else name
    what = str(event.get("event", "")).rpartition(".")[2]
    if kind in _ALARMS:
        if what == "alarm":
            heard.state(_ALARMS[kind], True, name, channel=channel)
        elif what == "alarm_off":
            heard.state(_ALARMS[kind], False, name, channel=channel)
        elif what == "alarm_test":
            heard.state("test", True, name, channel=channel)
        elif what == "cable_unplugged":
            heard.state("fault", True, name, channel=channel)
    data = event.get("data")
    if isinstance(data, dict) and isinstance(data.get("address"), str):
        _read_blu(data, heard)


def _read_blu(data: dict[str, Any], heard: Heard) -> None:
    """A Bluetooth unit heard by the gateway's script: one flat BTHome object with its address."""
    address = data["address"]
    if data.get("encryption") is True:
        heard.refuse("encrypted", "an encrypted advertisement that needs a key", raw=address, channel=address)
        return
    for key, (quantity, unit) in _BLU.items():
        if isinstance(data.get(key), (int, float)):
            heard.number(quantity, data[key], unit, key, channel=address)
    for key, quantity in _BLU_STATES.items():
        if key in data:
            heard.state(quantity, data[key], key, channel=address)


def _life_topics(topic: str) -> tuple[str, ...]:
    levels = topic.split("/")
    return ("/".join([*levels[:-2], "online"]),) if len(levels) >= 3 else ()


DIALECT = Dialect(
    name="shelly_gen2",
    read=_read,
    claims_topic=_claims_topic,
    claims_document=_claims_document,
    life_topics=_life_topics,
    also=("shelly-gen2", "shelly"),
)
