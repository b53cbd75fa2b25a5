"""The other way round: values become the messages that real devices would send.

For demonstration, drills and tests. Each function writes what the family's own documentation and field
samples
show, with the fields around the values that real devices also send. What :class:`sensors.decode.Decoder`
reads
from it must be the value again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from msgspec import structs

from sensors.model import Sensor
from sensors.speak_base import (
    Packet,
    Said,
    as_json,
    digits,
    in_unit,
    is_on,
    known,
    plain_value,
    put,
    radio,
    word_for,
)
from sensors.speak_gateways import (
    say_chirpstack,
    say_qingping,
    say_ruuvi,
    say_senml,
    say_sparkplug,
    say_theengs,
    say_things_stack,
    sparkplug_birth,
)


def speak(values: Sequence[tuple[Sensor, float]], at: float, count: int = 0) -> list[Packet]:
    """The messages of one device - sensors of one topic and dialect - that show these values at ``at``.

    ``count``: how many times it has spoken since its birth, for families that number their messages.
    ValueError for a dialect nobody has taught us to speak.
    """
    family, said = _family(values[0][0]), _plainly(values)
    if family == "sparkplug":
        return say_sparkplug(said, at, count)
    say = _FAMILIES.get(family)
    if say is None:
        raise ValueError(f"no device of the dialect {values[0][0].dialect!r} can be simulated")
    return say(said, at)


def birth(values: Sequence[tuple[Sensor, float]], at: float) -> list[Packet]:
    """What the family says when a device begins: liveness words, births; empty where it has none."""
    sensor = values[0][0]
    family = _family(sensor)
    if family == "sparkplug":
        return sparkplug_birth(_plainly(values), at)
    base = sensor.topic.rsplit("/", 1)[0]
    if family in {"zigbee", "z"}:
        return [Packet(f"{sensor.topic}/availability", b'{"state":"online"}', True)]
    if family == "tasmota" and sensor.topic.endswith("/SENSOR"):
        return [Packet(f"{base}/LWT", b"Online", True)]
    if family == "shelly" and sensor.topic.endswith("/events/rpc"):
        return [Packet(sensor.topic.removesuffix("/events/rpc") + "/online", b"true", True)]
    if family == "esphome":
        return [Packet(sensor.topic.split("/")[0] + "/status", b"online", True)]
    return []


def _family(sensor: Sensor) -> str:
    return re.split(r"[-_0-9]", sensor.dialect, maxsplit=1)[0].lower()


def _plainly(values: Sequence[tuple[Sensor, float]]) -> Said:
    """Every sensor under its quantity's own name."""
    return [(structs.replace(one, quantity=known(one).id), value) for one, value in values]


def _dew_point(celsius: float, percent: float) -> float:
    """Magnus formula with the constants of Sonntag (1990), as Tasmota computes it: °C."""
    gamma = math.log(max(percent, 1.0) / 100) + 17.62 * celsius / (243.12 + celsius)
    return 243.12 * gamma / (17.62 - gamma)


def _say_json(said: Said, at: float) -> list[Packet]:
    topic = said[0][0].topic
    if len(said) == 1 and not said[0][0].path:
        sensor, value = said[0]
        contact = known(sensor).contact
        text = word_for(sensor, value) if contact else digits(in_unit(value, sensor.unit))
        return [Packet(topic, text.encode())]
    document: dict[str, object] = {"ts": round(at, 3)}
    for sensor, value in said:
        shown = word_for(sensor, value) if sensor.words else plain_value(sensor, value)
        put(document, sensor.path or sensor.quantity, shown)
    return as_json(topic, document)


def _say_zigbee(said: Said, at: float) -> list[Packet]:
    topic = said[0][0].topic
    document: dict[str, object] = {"battery": 97, "linkquality": radio(topic, at, 60, 180)}
    for sensor, value in said:
        match sensor.quantity:
            case "contact_open" | "fire_door_open":
                document["contact"] = not is_on(value)  # true means closed
            case "motion":
                document["occupancy"] = is_on(value)
            case "pressure":
                document["pressure"] = round(value / 100, 1)
            case "battery_voltage":
                document["voltage"] = round(value * 1000)
            case name:
                document[sensor.path or name] = plain_value(sensor, value)
    return as_json(topic, document)


_TASMOTA_CHIPS = {"illuminance": ("BH1750", "Illuminance"), "co2": ("SCD40", "CarbonDioxide")}


def _say_tasmota(said: Said, at: float) -> list[Packet]:
    topic = said[0][0].topic
    document: dict[str, object] = {"Time": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    climate = {sensor.quantity: value for sensor, value in said if not sensor.channel}
    for sensor, value in said:
        if known(sensor).contact:
            document[sensor.channel or "Switch1"] = "ON" if is_on(value) else "OFF"
            continue
        chip, key = _TASMOTA_CHIPS.get(sensor.quantity, ("SHT3X", sensor.quantity.capitalize()))
        box = document.setdefault(sensor.channel or chip, {})
        if isinstance(box, dict):
            box[key] = round(value / 100, 1) if sensor.quantity == "pressure" else round(value, 3)
    block = document.get("SHT3X")
    if isinstance(block, dict) and {"temperature", "humidity"} <= set(climate):
        block["DewPoint"] = round(_dew_point(climate["temperature"], climate["humidity"]), 1)
    if any(sensor.quantity == "pressure" for sensor, _ in said):
        document["PressureUnit"] = "hPa"
    document["TempUnit"] = "C"
    return as_json(topic, document)


def _say_shelly(said: Said, at: float) -> list[Packet]:
    topic = said[0][0].topic
    if not topic.endswith("/events/rpc"):
        return _say_shelly_first(said, at)
    source = topic.removesuffix("/events/rpc").rsplit("/", 1)[-1]
    params: dict[str, object] = {"ts": round(at, 2)}
    for sensor, value in said:
        component, fields = _shelly_component(sensor, value)
        number = sensor.channel.rpartition(":")[2] if ":" in sensor.channel else "0"
        name = sensor.channel if ":" in sensor.channel else f"{component}:{number}"
        params[name] = {"id": int(number), **fields}
    return as_json(
        topic, {"src": source, "dst": f"{source}/events", "method": "NotifyStatus", "params": params}
    )


def _shelly_component(sensor: Sensor, value: float) -> tuple[str, dict[str, object]]:
    match sensor.quantity:
        case "temperature":
            return "temperature", {"tC": round(value, 2), "tF": round(value * 9 / 5 + 32, 2)}
        case "humidity":
            return "humidity", {"rh": round(value, 1)}
        case "illuminance":
            return "illuminance", {"lux": round(value)}
        case "water_leak":
            return "flood", {"alarm": is_on(value), "mute": False}
        case "smoke":
            return "smoke", {"alarm": is_on(value), "mute": False}
        case "battery":
            return "devicepower", {
                "battery": {"V": 2.9, "percent": round(value)},
                "external": {"present": False},
            }
        case _:
            raise ValueError(f"a Shelly of the second generation has no component for {sensor.quantity}")


def _say_shelly_first(said: Said, _at: float) -> list[Packet]:
    packets = []
    for sensor, value in said:
        if sensor.quantity == "contact_open":
            text = "open" if is_on(value) else "close"
        elif known(sensor).contact:
            text = "true" if is_on(value) else "false"
        else:
            text = digits(value)
        packets.append(Packet(sensor.topic, text.encode()))
    return packets


def _say_esphome(said: Said, _at: float) -> list[Packet]:
    packets = []
    for sensor, value in said:
        contact = known(sensor).contact
        text = ("ON" if is_on(value) else "OFF") if contact else digits(in_unit(value, sensor.unit))
        packets.append(Packet(sensor.topic, text.encode(), True))
    return packets


def _say_homie(said: Said, _at: float) -> list[Packet]:
    packets = []
    for sensor, value in said:
        contact = known(sensor).contact
        text = ("true" if is_on(value) else "false") if contact else digits(in_unit(value, sensor.unit))
        packets.append(Packet(sensor.topic, text.encode(), True))
    return packets


_FAMILIES: dict[str, Callable[[Said, float], list[Packet]]] = {
    "json": _say_json,
    "words": _say_json,
    "plain": _say_json,
    "flat": _say_json,
    "generic": _say_json,
    "dtu": _say_json,
    "modbus": _say_json,
    "zigbee": _say_zigbee,
    "z": _say_zigbee,
    "tasmota": _say_tasmota,
    "shelly": _say_shelly,
    "esphome": _say_esphome,
    "homie": _say_homie,
    "chirpstack": say_chirpstack,
    "tts": say_things_stack,
    "ttn": say_things_stack,
    "theengs": say_theengs,
    "senml": say_senml,
    "qingping": say_qingping,
    "ruuvi": say_ruuvi,
    "cn": say_qingping,
}
