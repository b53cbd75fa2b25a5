"""What a simulated device sends, the decoder reads back: every dialect, every quantity it carries."""

from __future__ import annotations

import json

import pytest
from msgspec import structs

from sensors.decode import Decoder
from sensors.model import RawMessage, Sensor, Text
from sensors.speak import birth, speak

AT = 1_800_000_000.0


def sensor(dialect: str, topic: str, quantity: str, **more: object) -> Sensor:
    made = Sensor(
        id=f"{topic}:{quantity}:{more.get('channel', '')}",
        name=Text("测", "probe"),
        zone="z",
        quantity=quantity,
        topic=topic,
        dialect=dialect,
    )
    return structs.replace(made, **more)


CLIMATE = {"temperature": 19.4, "humidity": 51.3}
LORA = "application/ca739e26-7b67-4f14-b69e-d568c22a5a75/device/24e124136b502217/event/up"
DEVICES: list[tuple[str, str, dict[str, float]]] = [
    ("zigbee2mqtt", "zigbee2mqtt/stack-1", {**CLIMATE, "pressure": 101_320.0}),
    ("zigbee2mqtt", "zigbee2mqtt/leak", {"water_leak": 1.0, "battery_low": 0.0}),
    ("zigbee2mqtt", "zigbee2mqtt/door", {"contact_open": 1.0}),
    ("zigbee2mqtt", "zigbee2mqtt/door closed", {"contact_open": 0.0}),
    ("zigbee2mqtt", "zigbee2mqtt/pir", {"motion": 1.0, "illuminance": 40.0}),
    ("zigbee2mqtt", "zigbee2mqtt/smoke", {"smoke": 1.0, "tamper": 0.0}),
    ("tasmota", "tele/reading-room/SENSOR", {**CLIMATE, "illuminance": 312.0}),
    ("tasmota", "tele/air/SENSOR", {"co2": 812.0}),
    ("shelly-gen2", "shellyplusht-c049ef8bc088/events/rpc", CLIMATE),
    ("shelly-gen2", "shellyfloodg4-1/events/rpc", {"water_leak": 1.0}),
    ("shelly-gen2", "shellyplussmoke-1/events/rpc", {"smoke": 1.0}),
    ("shelly-gen1", "shellies/shellydw2-A4CF12F43189/sensor/state", {"contact_open": 1.0}),
    ("shelly-gen1", "shellies/shellyflood-B9A1/sensor/flood", {"water_leak": 1.0}),
    ("esphome", "plant/sensor/temperature/state", {"temperature": 24.3}),
    ("esphome", "plant/binary_sensor/water_leak/state", {"water_leak": 1.0}),
    ("homie4", "homie/vault/climate/temperature", {"temperature": 14.2}),
    ("chirpstack-v4", LORA, CLIMATE),
    ("chirpstack-v4", LORA.replace("2217", "2218"), {"water_leak": 1.0}),
    ("chirpstack-v4", LORA.replace("2217", "2219"), {"contact_open": 1.0}),
    ("tts-v3", "v3/archive@ttn/devices/em300-1/up", CLIMATE),
    ("tts-v3", "v3/archive@ttn/devices/em300-2/up", {"water_leak": 1.0}),
    ("theengs-ble", "home/TheengsGateway/BTtoMQTT/A4C138AABBCC", CLIMATE),
    ("senml", "archive/room12/senml", {"temperature": 19.4}),
    ("modbus-gateway", "modbus/archive/room12", CLIMATE),
    ("ruuvi", "ruuvi/C8:25:2D:8E:9C:2C/F4:1F:0C:28:CB:D6", {**CLIMATE, "pressure": 101_325.0}),
    ("sparkplug-b", "spBv1.0/Archive/DDATA/Edge3/Microfilm", {**CLIMATE, "water_leak": 1.0}),
    ("sparkplug-b", "spBv1.0/Archive/NDATA/Edge4", {"temperature": -3.5}),
    ("words", "panel/w1", {"water": 1.0}),
    ("cn-host", "qingping/582D34000001/up", CLIMATE),
]


def read_back(sensors: list[Sensor], values: dict[str, float]) -> dict[str, float]:
    decoder = Decoder({one.id: one for one in sensors}, "Asia/Shanghai")
    heard: dict[str, float] = {}
    said = [(one, values[one.quantity]) for one in sensors]
    for packet in birth(said, AT) + speak(said, AT):
        message = RawMessage(packet.topic, packet.payload, AT, packet.retain)
        decoded = decoder.decode(message, AT)
        assert decoded.known
        assert not decoded.rejects, decoded.rejects
        for reading in decoded.readings:
            assert abs(reading.measured_at - AT) <= 1.0
            heard[reading.sensor] = reading.value
        assert not decoded.requests, "nothing was missing"
    return heard


@pytest.mark.parametrize(("dialect", "topic", "values"), DEVICES, ids=[f"{d[0]} {d[1]}" for d in DEVICES])
def test_the_decoder_reads_the_value_back(dialect: str, topic: str, values: dict[str, float]) -> None:
    sensors = [sensor(dialect, topic, quantity) for quantity in values]
    heard = read_back(sensors, values)
    assert heard == {one.id: pytest.approx(values[one.quantity], abs=0.06) for one in sensors}


def test_paths_words_and_units_of_the_simple_dialects() -> None:
    topic = "panel/1"
    sensors = [
        sensor("json", topic, "temperature", path="air.t", unit="°F"),
        sensor("json", topic, "pressure", path="air.p", unit="hPa"),
        sensor("json", topic, "fire", path="loop1", words={"ALARM": 1.0, "OK": 0.0}),
        sensor("json", topic, "water_leak", path="wet"),
    ]
    values = {"temperature": 20.0, "pressure": 101_300.0, "fire": 1.0, "water_leak": 0.0}
    heard = read_back(sensors, values)
    assert heard == {one.id: pytest.approx(values[one.quantity], abs=0.01) for one in sensors}


def test_a_bare_word_and_a_bare_number() -> None:
    wet = sensor("words", "city/w1/state", "water_leak", words={"wet": 1.0, "dry": 0.0})
    assert speak([(wet, 1.0)], AT)[0].payload == b"wet"
    assert read_back([wet], {"water_leak": 1.0}) == {wet.id: 1.0}
    flow = sensor("plain", "city/flow", "flow")
    assert read_back([flow], {"flow": 31.5}) == {flow.id: 31.5}


def test_several_probes_of_one_tasmota() -> None:
    topic = "tele/cold-store/SENSOR"
    probes = [sensor("tasmota", topic, "temperature", channel=f"DS18B20-{n}") for n in (1, 2)]
    packets = speak([(probes[0], 4.5), (probes[1], -18.25)], AT)
    document = json.loads(packets[0].payload)
    assert document["DS18B20-1"]["Temperature"] == 4.5
    assert document["DS18B20-2"]["Temperature"] == -18.25
    decoded = Decoder({p.id: p for p in probes}, "UTC").decode(RawMessage(topic, packets[0].payload, AT), AT)
    assert {r.sensor: r.value for r in decoded.readings} == {probes[0].id: 4.5, probes[1].id: -18.25}


def test_birth_is_retained_and_in_the_familys_own_words() -> None:
    (packet,) = birth([(sensor("tasmota", "tele/x/SENSOR", "temperature"), 20.0)], AT)
    assert (packet.topic, packet.payload, packet.retain) == ("tele/x/LWT", b"Online", True)
    assert birth([(sensor("plain", "a/b", "flow"), 1.0)], AT) == []


def test_an_unknown_dialect_is_said_so() -> None:
    with pytest.raises(ValueError, match="morse"):
        speak([(sensor("morse", "a/b", "temperature"), 20.0)], AT)
