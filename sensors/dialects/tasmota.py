"""Tasmota: one block per chip in SENSOR, liveness in LWT, other things in STATE, INFO and RESULT.

FullTopic may be in any order and depth: the words ``tele``, ``stat`` and the last level tell. The time has
no zone. Units are TempUnit and PressureUnit of the message. Switches and radio codes mean nothing until
someone names them. ``Contact`` of the Zigbee bridge is bit 0 of the zone status: 1 is open (ZCL
8.2.2.2.1.3).
"""

from __future__ import annotations

import re
from typing import Any

from sensors.dialects.base import Dialect, Memory, Message, document_of, say_life, take, take_flat
from sensors.heard import Heard
from sensors.names import Meaning, meaning
from sensors.times import parse

_PREFIXES = frozenset(("tele", "stat"))
_ENDS = re.compile(
    r"^(SENSOR|STATE|LWT|RESULT|UPTIME|INFO\d?|STATUS\d*|STATE\d*|HASS_STATE|POWER\d*|LOGGING|MARGINS)$"
)
_BRIDGES = frozenset(("ZbReceived", "ZbInfo", "LwReceived", "BLEReceived"))
# Meters and chips: their temperature and voltage are not of the room.
_NOT_SENSED = frozenset(
    ("ENERGY", "ESP32", "COUNTER", "Wifi", "ModbusReceived", "IrReceived", "SerialReceived")
)
_FIELDS: dict[str, Meaning | None] = {
    "DewPoint": None,
    "SeaPressure": None,
    "eCO2": None,
    "Gas": None,
    "TVOC": None,
    "CarbonDioxide": Meaning("co2"),
    "BatteryPercentage": Meaning("battery"),
    "Battery": Meaning("battery"),
    "BatteryVoltage": Meaning("battery_voltage"),
    "BattVoltage": Meaning("battery_voltage"),
    "Illuminance": Meaning("illuminance"),
    "Contact": Meaning("contact_open"),
    "DoorOpen": Meaning("contact_open"),
    "Occupancy": Meaning("motion"),
    "Motion": Meaning("motion"),
    "Water": Meaning("water_leak"),
    "Fire": Meaning("smoke"),
    "CO": Meaning("carbon_monoxide"),
    "Movement": Meaning("vibration"),
    "Tamper": Meaning("tamper"),
    "BatteryLow": Meaning("battery_low"),
    "Voltage": None,
    "Power": None,
    "Alarm": None,
    "Light": None,
}
_ZIGBEE: dict[str, Meaning | None] = {**_FIELDS, "Voltage": Meaning("battery_voltage")}
_LORA: dict[str, Meaning | None] = {
    **_FIELDS,
    "Battery": Meaning("battery_voltage"),
    "BattLevel": Meaning("battery"),
    "BattMv": Meaning("battery_voltage", "mV"),
}
_ZONES = frozenset(("Contact", "Occupancy", "Motion", "Water", "Fire", "CO", "Movement"))
_SWITCH = re.compile(r"^(Switch|Button|Input)\d*$")
_POWER_ON = 85.0  # DS18B20 scratchpad before the first conversion (data sheet table 1)


def _claims_topic(levels: list[str]) -> bool:
    if levels[0] == "tasmota" and levels[1:2] == ["discovery"]:
        return True
    return bool(_ENDS.match(levels[-1])) and bool(_PREFIXES.intersection(levels[:-1]))


def _claims_document(document: Any, _levels: list[str]) -> bool:
    return isinstance(document, dict) and ("StatusSNS" in document or not _BRIDGES.isdisjoint(document))


def _read(message: Message, heard: Heard, _memory: Memory) -> None:
    levels = message.levels
    heard.device = "/".join(level for level in levels[:-1] if level not in _PREFIXES)
    last = levels[-1]
    if not message.payload.strip() or "cmnd" in levels:
        return
    if levels[0] == "tasmota" and levels[1:2] == ["discovery"]:
        _read_discovery(message, heard)
    elif last == "LWT":
        text = message.text()
        if text is None:
            heard.refuse("no-life-word", "the will is not text", raw="whole payload")
        else:
            say_life(heard, text, ("online",), ("offline",), "LWT")
    elif last == "SENSOR" or last.startswith(("STATUS", "RESULT")) or not _ENDS.match(last):
        if last != "SENSOR" and not isinstance(message.document(), dict):
            return
        document = document_of(message, heard)
        if document is not None:
            inner = document.get("StatusSNS", document)
            if isinstance(inner, dict):
                _read_sensors(inner, heard)


def _read_sensors(document: dict[str, Any], heard: Heard) -> None:
    stamp = document.get("Time")
    if stamp is not None:
        heard.at = heard.clock.read(stamp)
        if heard.at is None and (not isinstance(stamp, str) or parse(stamp)[0] is None):
            heard.refuse("bad-time", f"the device's Time {stamp!r} cannot be read; arrival counts", raw=stamp)
    units = (str(document.get("TempUnit") or "C"), str(document.get("PressureUnit") or "hPa"))
    for key, value in document.items():
        if isinstance(value, dict):
            if key == "RfReceived":
                code = value.get("Data")
                heard.refuse(
                    "needs-meaning", "a radio code means what the installation's table says", raw=code
                )
            elif key == "ModbusReceived":
                heard.refuse("needs-meaning", "raw registers mean nothing alone", raw=value.get("Values"))
            elif key in _BRIDGES:
                _read_bridge(key, value, units, heard)
            elif key not in _NOT_SENSED:
                _read_block(key, value, units, heard)
        elif _SWITCH.match(key):
            if isinstance(value, (str, int, float)):
                heard.announce("switch", heard.device, channel=key, type="bool", raw=value)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            known = meaning(key)
            if known is not None and key not in _FIELDS:
                take(heard, known, value, key)


def _read_block(key: str, block: dict[str, Any], units: tuple[str, str], heard: Heard) -> None:
    address = block.get("Id")
    heard.channel = address if isinstance(address, str) else key
    heard.names = (key, str(block.get("mac", "")))
    if key.startswith("DS18") and block.get("Temperature") == _POWER_ON:
        heard.refuse(
            "sentinel", "85 °C is the probe's value before its first conversion", "temperature", _POWER_ON
        )
    else:
        _take_block(block, units, heard, _FIELDS, f"{key}.")
    heard.channel, heard.names = "", ()


def _take_block(
    block: dict[str, Any],
    units: tuple[str, str],
    heard: Heard,
    fields: dict[str, Meaning | None],
    prefix: str,
) -> None:
    rest = block
    temperature_unit, pressure_unit = units[0], str(block.get("PressureUnit") or units[1])
    own = [key for key in ("Temperature", "Pressure") if key in block]
    if own:
        rest = {key: value for key, value in block.items() if key not in own}
        for key in own:
            if isinstance(block[key], (dict, list)):
                continue
            unit = temperature_unit if key == "Temperature" else pressure_unit
            heard.number(key.lower(), block[key], unit, prefix + key)
    take_flat(heard, rest, prefix=prefix, fields=fields)


def _read_bridge(kind: str, devices: dict[str, Any], units: tuple[str, str], heard: Heard) -> None:
    for key, device in devices.items():
        if not isinstance(device, dict):
            continue
        heard.channel = key
        heard.names = tuple(str(device.get(name, "")) for name in ("Device", "Name", "IEEEAddr"))
        own_at = heard.at
        if kind == "ZbInfo":
            _read_cached(key, device, units, heard)
        elif kind == "LwReceived":
            _take_block(device, units, heard, _LORA, f"{kind}.{key}.")
        else:
            _take_block(device, units, heard, _ZIGBEE, f"{kind}.{key}.")
            _take_zone(device, heard, f"{kind}.{key}.")
        heard.at, heard.channel, heard.names = own_at, "", ()


def _read_cached(key: str, device: dict[str, Any], units: tuple[str, str], heard: Heard) -> None:
    """ZbInfo is the bridge's memory: each value is as old as the last contact, the battery older still."""
    heard.at = heard.clock.read(device.get("LastSeenEpoch"))
    battery = {name: value for name, value in device.items() if name.startswith("Batt")}
    rest = {name: value for name, value in device.items() if name not in battery}
    _take_block(rest, units, heard, _ZIGBEE, f"ZbInfo.{key}.")
    if "ZoneStatus" in device:
        detail = "bits of a cached ZoneStatus are not read: their byte order differs between versions"
        heard.refuse("needs-meaning", detail, raw=device["ZoneStatus"])
    heard.at = heard.clock.read(device.get("BatteryLastSeenEpoch")) or heard.at
    take_flat(heard, battery, prefix=f"ZbInfo.{key}.", fields=_ZIGBEE)


def _take_zone(device: dict[str, Any], heard: Heard, prefix: str) -> None:
    """Trouble bits of a zone status change (ZCL table 8-5): tamper, battery, test; absent bits say nothing here."""
    status = device.get("ZoneStatusChange")
    if not isinstance(status, int) or isinstance(status, bool):
        return
    if _ZONES.isdisjoint(device):
        detail = "ZoneStatusChange: the zone's type is not told, so neither is what its alarm means"
        heard.refuse("needs-meaning", detail, raw=status, path=f"{prefix}ZoneStatusChange")
    for bit, quantity in ((0x0004, "tamper"), (0x0008, "battery_low"), (0x0040, "fault"), (0x0100, "test")):
        if status & bit:
            heard.state(quantity, True, f"{prefix}ZoneStatusChange")


def _read_discovery(message: Message, heard: Heard) -> None:
    document = document_of(message, heard)
    if document is None:
        return
    device = message.levels[2] if len(message.levels) > 2 else ""
    if message.levels[-1] == "config":
        told = {
            key: document[key]
            for key in ("dn", "hn", "t", "ft", "md", "sw")
            if isinstance(document.get(key), str)
        }
        heard.announce("device", device, **told)
        return
    snapshot = document.get("sn")
    if not isinstance(snapshot, dict):
        return
    shadow = Heard(heard.clock)
    _read_sensors(snapshot, shadow)
    for seen in shadow.observations:
        heard.announce("sensor", device, quantity=seen.quantity, channel=seen.channel)
    for told_switch in shadow.announcements:
        heard.announce("switch", device, **told_switch.detail)


def _life_topics(topic: str) -> tuple[str, ...]:
    levels = topic.split("/")
    if "stat" in levels:
        levels = ["tele" if level == "stat" else level for level in levels]
    return ("/".join([*levels[:-1], "LWT"]),)


DIALECT = Dialect(
    name="tasmota",
    read=_read,
    claims_topic=_claims_topic,
    claims_document=_claims_document,
    life_topics=_life_topics,
)
