"""The other way round: values become the messages that real devices would send.

For demonstration, drills and tests. Each function writes what the family's own documentation and field
samples show,
with the fields around the values that real devices also send. What :class:`sensors.decode.Decoder` reads
from it
must be the value again.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from zlib import crc32

from msgspec import Struct, structs

from sensors.model import Sensor
from sensors.quantities import Quantity, quantity

Said = list[tuple[Sensor, float]]


class Packet(Struct, frozen=True):
    """One message to publish."""

    topic: str
    payload: bytes
    retain: bool = False


def speak(values: Sequence[tuple[Sensor, float]], at: float) -> list[Packet]:
    """The messages of one device - sensors of one topic and dialect - that show these values at ``at``.

    ValueError for a dialect nobody has taught us to speak.
    """
    family = re.split(r"[-0-9]", values[0][0].dialect, maxsplit=1)[0].lower()
    values = [(structs.replace(one, quantity=_known(one).id), value) for one, value in values]
    say = _FAMILIES.get(family)
    if say is None:
        raise ValueError(f"no device of the dialect {values[0][0].dialect!r} can be simulated")
    return say(list(values), at)


def birth(sensors: Sequence[Sensor]) -> list[Packet]:
    """The retained words by which the family says that a device is there; empty where it has none."""
    sensor = sensors[0]
    family = re.split(r"[-0-9]", sensor.dialect, maxsplit=1)[0].lower()
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


# --- small words ---------------------------------------------------------------------------------------------


def _known(sensor: Sensor) -> Quantity:
    """The sensor's quantity by any of its names; a number without limits where the table has none."""
    return quantity(sensor.quantity) or Quantity(id=sensor.quantity, name=sensor.name)


def _json(topic: str, document: object) -> list[Packet]:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return [Packet(topic, text.encode())]


def _on(value: float) -> bool:
    return value >= 0.5


def _plain(sensor: Sensor, value: float) -> float | bool:
    """A contact as a boolean, anything else as the number in the sensor's own unit."""
    if _known(sensor).contact:
        return _on(value)
    return _in_unit(value, sensor.unit)


def _in_unit(value: float, unit: str) -> float:
    """From the quantity's unit into the one the sensor was written down with."""
    match unit:
        case "°F" | "F":
            return round(value * 9 / 5 + 32, 2)
        case "hPa" | "mbar":
            return round(value / 100, 2)
        case "kPa":
            return round(value / 1000, 3)
        case "mV":
            return round(value * 1000)
        case _:
            return round(value, 3)


def _put(document: dict[str, object], path: str, value: object) -> None:
    *boxes, last = path.split(".")
    for box in boxes:
        inner = document.setdefault(box, {})
        if not isinstance(inner, dict):
            raise ValueError(f"the path {path!r} runs through a value")
        document = inner
    document[last] = value


def _word(sensor: Sensor, value: float) -> str:
    """The sensor's own word for a contact, or ON and OFF."""
    for word, stands_for in sensor.words.items():
        if stands_for == float(_on(value)):
            return word
    return "ON" if _on(value) else "OFF"


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


def _signal(topic: str, at: float, low: int, high: int) -> int:
    """A radio figure that wanders, as they do."""
    return low + crc32(f"{topic}{at // 60}".encode()) % (high - low)


def _dew_point(celsius: float, percent: float) -> float:
    """Magnus formula with the constants of Sonntag (1990), as Tasmota computes it: °C."""
    gamma = math.log(max(percent, 1.0) / 100) + 17.62 * celsius / (243.12 + celsius)
    return 243.12 * gamma / (17.62 - gamma)


# --- families ------------------------------------------------------------------------------------------------


def _say_json(said: Said, at: float) -> list[Packet]:
    topic = said[0][0].topic
    if len(said) == 1 and not said[0][0].path:
        sensor, value = said[0]
        contact = _known(sensor).contact
        text = _word(sensor, value) if contact else _number(_in_unit(value, sensor.unit))
        return [Packet(topic, text.encode())]
    document: dict[str, object] = {"ts": round(at, 3)}
    for sensor, value in said:
        shown = _word(sensor, value) if sensor.words else _plain(sensor, value)
        _put(document, sensor.path or sensor.quantity, shown)
    return _json(topic, document)


def _say_zigbee(said: Said, at: float) -> list[Packet]:
    topic = said[0][0].topic
    document: dict[str, object] = {"battery": 97, "linkquality": _signal(topic, at, 60, 180)}
    for sensor, value in said:
        match sensor.quantity:
            case "contact_open" | "fire_door_open":
                document["contact"] = not _on(value)  # true means closed
            case "motion":
                document["occupancy"] = _on(value)
            case "pressure":
                document["pressure"] = round(value / 100, 1)
            case "battery_voltage":
                document["voltage"] = round(value * 1000)
            case name:
                document[sensor.path or name] = _plain(sensor, value)
    return _json(topic, document)


_TASMOTA_CHIPS = {"illuminance": ("BH1750", "Illuminance"), "co2": ("SCD40", "CarbonDioxide")}


def _say_tasmota(said: Said, at: float) -> list[Packet]:
    topic = said[0][0].topic
    document: dict[str, object] = {"Time": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    climate = {sensor.quantity: value for sensor, value in said if not sensor.channel}
    for sensor, value in said:
        if _known(sensor).contact:
            document[sensor.channel or "Switch1"] = "ON" if _on(value) else "OFF"
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
    return _json(topic, document)


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
    return _json(
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
            return "flood", {"alarm": _on(value), "mute": False}
        case "smoke":
            return "smoke", {"alarm": _on(value), "mute": False}
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
            text = "open" if _on(value) else "close"
        elif _known(sensor).contact:
            text = "true" if _on(value) else "false"
        else:
            text = _number(value)
        packets.append(Packet(sensor.topic, text.encode()))
    return packets


def _say_esphome(said: Said, _at: float) -> list[Packet]:
    packets = []
    for sensor, value in said:
        contact = _known(sensor).contact
        text = ("ON" if _on(value) else "OFF") if contact else _number(_in_unit(value, sensor.unit))
        packets.append(Packet(sensor.topic, text.encode(), True))
    return packets


def _say_homie(said: Said, _at: float) -> list[Packet]:
    packets = []
    for sensor, value in said:
        contact = _known(sensor).contact
        text = ("true" if _on(value) else "false") if contact else _number(_in_unit(value, sensor.unit))
        packets.append(Packet(sensor.topic, text.encode(), True))
    return packets


def _lora_object(said: Said) -> dict[str, object]:
    """Key names and words as Milesight's public decoders give them."""
    decoded: dict[str, object] = {"battery": 94.0}
    for sensor, value in said:
        match sensor.quantity:
            case "water_leak":
                decoded[sensor.path or "leakage_status"] = "leak" if _on(value) else "normal"
            case "contact_open":
                decoded[sensor.path or "magnet_status"] = "open" if _on(value) else "closed"
            case "motion":
                decoded[sensor.path or "pir"] = "trigger" if _on(value) else "idle"
            case "pressure":
                decoded[sensor.path or "pressure"] = round(value / 100, 1)
            case name:
                decoded[sensor.path or name] = _plain(sensor, value)
    return decoded


def _say_chirpstack(said: Said, at: float) -> list[Packet]:
    topic = said[0][0].topic
    levels = topic.split("/")
    device = levels[levels.index("device") + 1] if "device" in levels[:-1] else "0101010101010101"
    for_path = [(sensor, value) for sensor, value in said if not sensor.path.startswith("object.")]
    document: dict[str, object] = {
        "deduplicationId": f"{crc32(topic.encode()):08x}-0000-4000-8000-{int(at * 1000) % 2**48:012x}",
        "time": _stamp(at).replace("Z", "+00:00"),
        "deviceInfo": {"applicationName": "archive", "deviceName": device, "devEui": device},
        "fPort": 85,
        "data": "",
        "object": _lora_object(for_path),
        "rxInfo": [{"gatewayId": "0016c001f153a14c", "rssi": -_signal(topic, at, 70, 110), "snr": 7.2}],
    }
    for sensor, value in said:
        if sensor.path.startswith("object."):
            shown = _word(sensor, value) if sensor.words else _plain(sensor, value)
            _put(document, sensor.path, shown)
    return _json(topic, document)


def _say_things_stack(said: Said, at: float) -> list[Packet]:
    topic = said[0][0].topic
    levels = topic.split("/")
    device = levels[-2] if len(levels) > 1 else "device"
    document: dict[str, object] = {
        "end_device_ids": {"device_id": device, "application_ids": {"application_id": "archive"}},
        "received_at": _stamp(at),
        "uplink_message": {
            "f_port": 85,
            "decoded_payload": _lora_object(said),
            "rx_metadata": [{"gateway_ids": {"gateway_id": "roof"}, "rssi": -_signal(topic, at, 70, 110)}],
            "received_at": _stamp(at),
        },
    }
    return _json(topic, document)


def _say_theengs(said: Said, at: float) -> list[Packet]:
    topic = said[0][0].topic
    keys = {
        "humidity": "hum",
        "battery": "batt",
        "contact_open": "open",
        "motion": "motion",
        "illuminance": "lux",
    }
    document: dict[str, object] = {
        "id": topic.rsplit("/", 1)[-1],
        "rssi": -_signal(topic, at, 50, 95),
        "brand": "Xiaomi",
        "model": "TH Sensor",
        "model_id": "LYWSDCGQ",
        "type": "CTMO" if any(sensor.quantity == "contact_open" for sensor, _ in said) else "THB",
    }
    for sensor, value in said:
        if sensor.quantity == "temperature":
            document["tempc"] = round(value, 2)
            document["tempf"] = round(value * 9 / 5 + 32, 2)
        else:
            document[keys.get(sensor.quantity, sensor.quantity)] = _plain(sensor, value)
    return _json(topic, document)


_SENML_UNITS = {
    "temperature": "Cel",
    "humidity": "%RH",
    "illuminance": "lx",
    "pressure": "Pa",
    "voltage": "V",
}


def _say_senml(said: Said, at: float) -> list[Packet]:
    records: list[dict[str, object]] = []
    for sensor, value in said:
        name = sensor.channel or sensor.path or sensor.quantity
        if _known(sensor).contact:
            records.append({"n": name, "vb": _on(value)})
        else:
            records.append({"n": name, "u": _SENML_UNITS.get(sensor.quantity, ""), "v": round(value, 3)})
    records[0] = {"bt": round(at, 3), **records[0]}
    return _json(said[0][0].topic, records)


def _say_qingping(said: Said, at: float) -> list[Packet]:
    topic = said[0][0].topic
    device = topic.split("/")[1] if topic.count("/") >= 2 else "582D34000000"
    sample: dict[str, object] = {"timestamp": {"value": int(at)}, "battery": {"value": 96}}
    for sensor, value in said:
        shown = value / 1000 if sensor.quantity == "pressure" else value
        sample[sensor.quantity] = {"value": round(shown, 3)}
    return _json(
        topic,
        {"id": int(at) % 100000, "type": "12", "mac": device, "timestamp": int(at), "sensorData": [sample]},
    )


def _say_ruuvi(said: Said, at: float) -> list[Packet]:
    """Data format 5 of RuuviTag in the gateway's envelope (docs.ruuvi.com, data format 5 RAWv2)."""
    topic = said[0][0].topic
    values = {sensor.quantity: value for sensor, value in said}
    gateway, tag = [*topic.split("/"), "", ""][1:3]
    movement, sequence = crc32(topic.encode()) % 200, int(at) // 10 % 65535
    body = struct.pack(
        ">BhHHhhhHBH",
        5,
        round(values["temperature"] / 0.005) if "temperature" in values else -0x8000,
        round(values["humidity"] / 0.0025) if "humidity" in values else 0xFFFF,
        round(values["pressure"] - 50_000) if "pressure" in values else 0xFFFF,
        12,  # acceleration in mg: a tag that hangs still
        -7,
        1012,
        (2900 - 1600) << 5 | 22,  # battery mV and transmitting power
        movement,
        sequence,
    )
    data = "0201061BFF9904" + (body + bytes.fromhex(tag.replace(":", ""))).hex().upper()
    stamp = str(int(at))
    return _json(
        topic,
        {"gw_mac": gateway, "rssi": -_signal(topic, at, 40, 80), "aoa": [], "gwts": stamp, "ts": stamp}
        | {"data": data, "coords": ""},
    )


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
    "chirpstack": _say_chirpstack,
    "tts": _say_things_stack,
    "ttn": _say_things_stack,
    "theengs": _say_theengs,
    "senml": _say_senml,
    "qingping": _say_qingping,
    "ruuvi": _say_ruuvi,
    "cn": _say_qingping,
}
