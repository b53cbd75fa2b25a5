"""What gateways and network servers publish for the devices behind them: LoRaWAN, Bluetooth, SenML,
Sparkplug."""

from __future__ import annotations

import struct
from zlib import crc32

from sensors.advertise import ruuvi
from sensors.dialects.wire import put_bytes, put_varint
from sensors.model import Sensor
from sensors.speak_base import Packet, Said, as_json, is_on, known, plain_value, put, radio, stamp, word_for


def _lora_object(said: Said) -> dict[str, object]:
    """Key names and words as Milesight's public decoders give them."""
    decoded: dict[str, object] = {"battery": 94.0}
    for sensor, value in said:
        match sensor.quantity:
            case "water_leak":
                decoded[sensor.path or "leakage_status"] = "leak" if is_on(value) else "normal"
            case "contact_open":
                decoded[sensor.path or "magnet_status"] = "open" if is_on(value) else "closed"
            case "motion":
                decoded[sensor.path or "pir"] = "trigger" if is_on(value) else "idle"
            case "pressure":
                decoded[sensor.path or "pressure"] = round(value / 100, 1)
            case name:
                decoded[sensor.path or name] = plain_value(sensor, value)
    return decoded


def say_chirpstack(said: Said, at: float) -> list[Packet]:
    topic = said[0][0].topic
    levels = topic.split("/")
    device = levels[levels.index("device") + 1] if "device" in levels[:-1] else "0101010101010101"
    for_path = [(sensor, value) for sensor, value in said if not sensor.path.startswith("object.")]
    document: dict[str, object] = {
        "deduplicationId": f"{crc32(topic.encode()):08x}-0000-4000-8000-{int(at * 1000) % 2**48:012x}",
        "time": stamp(at).replace("Z", "+00:00"),
        "deviceInfo": {"applicationName": "archive", "deviceName": device, "devEui": device},
        "fPort": 85,
        "data": "",
        "object": _lora_object(for_path),
        "rxInfo": [{"gatewayId": "0016c001f153a14c", "rssi": -radio(topic, at, 70, 110), "snr": 7.2}],
    }
    for sensor, value in said:
        if sensor.path.startswith("object."):
            shown = word_for(sensor, value) if sensor.words else plain_value(sensor, value)
            put(document, sensor.path, shown)
    return as_json(topic, document)


def say_things_stack(said: Said, at: float) -> list[Packet]:
    topic = said[0][0].topic
    levels = topic.split("/")
    device = levels[-2] if len(levels) > 1 else "device"
    document: dict[str, object] = {
        "end_device_ids": {"device_id": device, "application_ids": {"application_id": "archive"}},
        "received_at": stamp(at),
        "uplink_message": {
            "f_port": 85,
            "decoded_payload": _lora_object(said),
            "rx_metadata": [{"gateway_ids": {"gateway_id": "roof"}, "rssi": -radio(topic, at, 70, 110)}],
            "received_at": stamp(at),
        },
    }
    return as_json(topic, document)


def say_theengs(said: Said, at: float) -> list[Packet]:
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
        "rssi": -radio(topic, at, 50, 95),
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
            document[keys.get(sensor.quantity, sensor.quantity)] = plain_value(sensor, value)
    return as_json(topic, document)


_SENML_UNITS = {
    "temperature": "Cel",
    "humidity": "%RH",
    "illuminance": "lx",
    "pressure": "Pa",
    "voltage": "V",
}


def say_senml(said: Said, at: float) -> list[Packet]:
    records: list[dict[str, object]] = []
    for sensor, value in said:
        name = sensor.channel or sensor.path or sensor.quantity
        if known(sensor).contact:
            records.append({"n": name, "vb": is_on(value)})
        else:
            records.append({"n": name, "u": _SENML_UNITS.get(sensor.quantity, ""), "v": round(value, 3)})
    records[0] = {"bt": round(at, 3), **records[0]}
    return as_json(said[0][0].topic, records)


def say_qingping(said: Said, at: float) -> list[Packet]:
    topic = said[0][0].topic
    device = topic.split("/")[1] if topic.count("/") >= 2 else "582D34000000"
    sample: dict[str, object] = {"timestamp": {"value": int(at)}, "battery": {"value": 96}}
    for sensor, value in said:
        shown = value / 1000 if sensor.quantity == "pressure" else value
        sample[sensor.quantity] = {"value": round(shown, 3)}
    return as_json(
        topic,
        {"id": int(at) % 100000, "type": "12", "mac": device, "timestamp": int(at), "sensorData": [sample]},
    )


def say_ruuvi(said: Said, at: float) -> list[Packet]:
    """A tag as the Ruuvi Gateway publishes it."""
    topic = said[0][0].topic
    return as_json(topic, ruuvi(topic, {sensor.quantity: value for sensor, value in said}, at))


_BOOLEAN, _DOUBLE = 11, 10  # Sparkplug 3.0, 6.4.16: data types


def say_sparkplug(said: Said, at: float, count: int) -> list[Packet]:
    """Data by alias, as nodes send it once they are born."""
    births = 2 if said[0][0].topic.count("/") > 3 else 1  # the node's, and the device's where there is one
    seq = (births + count) % 256
    return [Packet(said[0][0].topic, _sparkplug([_metric(one, at, born=True) for one in said], at, seq))]


def sparkplug_birth(said: Said, at: float) -> list[Packet]:
    """The births of node and device: names, aliases and types of every metric."""
    topic = said[0][0].topic
    space, group, _kind, node, *device = topic.split("/")
    session = put_bytes(1, b"bdSeq") + put_varint(3, int(at * 1000)) + put_varint(4, 8) + put_varint(11, 0)
    metrics = [_metric(one, at, born=False) for one in said]
    if not device:
        return [Packet(f"{space}/{group}/NBIRTH/{node}", _sparkplug([session, *metrics], at, 0))]
    return [
        Packet(f"{space}/{group}/NBIRTH/{node}", _sparkplug([session], at, 0)),
        Packet(f"{space}/{group}/DBIRTH/{node}/{'/'.join(device)}", _sparkplug(metrics, at, 1)),
    ]


def _metric(said: tuple[Sensor, float], at: float, *, born: bool) -> bytes:
    sensor, value = said
    contact = known(sensor).contact
    name = sensor.channel or sensor.quantity.replace("_", " ").title()
    head = b"" if born else put_bytes(1, name.encode())
    alias = crc32(f"{sensor.topic}/{name}".encode()) % 60_000 + 1
    body = put_varint(2, alias) + put_varint(3, int(at * 1000))
    body += put_varint(4, _BOOLEAN if contact else _DOUBLE)
    if contact:
        return head + body + put_varint(14, int(is_on(value)))
    return head + body + bytes([13 << 3 | 1]) + struct.pack("<d", value)


def _sparkplug(metrics: list[bytes], at: float, seq: int) -> bytes:
    body = b"".join(put_bytes(2, metric) for metric in metrics)
    return put_varint(1, int(at * 1000)) + body + put_varint(3, seq)
