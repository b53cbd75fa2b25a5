"""One building's messages become its readings: binding, quality, refusals."""

from __future__ import annotations

import struct

import msgspec
import pytest

from sensors.decode import Decoder
from sensors.dialects.wire import put_bytes, put_varint
from sensors.model import Decoded, Quality, RawMessage, Sensor, Text
from sensors.topics import matches

NOW = 1_800_000_000.0
NAME = Text("传感器", "sensor")


def sensor(id: str, quantity: str, topic: str, dialect: str, **more: object) -> Sensor:
    return Sensor(id=id, name=NAME, zone="z", quantity=quantity, topic=topic, dialect=dialect, **more)  # type: ignore[arg-type]


def decoder(*sensors: Sensor) -> Decoder:
    return Decoder({one.id: one for one in sensors}, "Asia/Shanghai")


def decode(
    to: Decoder, topic: str, payload: bytes | str, *, retained: bool = False, received_at: float = NOW
) -> Decoded:
    raw = payload.encode() if isinstance(payload, str) else payload
    return to.decode(RawMessage(topic, raw, received_at, retained), NOW)


def values(decoded: Decoded) -> dict[str, float]:
    return {reading.sensor: reading.value for reading in decoded.readings}


JSON_T = sensor("t", "temperature", "city/t", "json", path="climate.temperature")
WORDS_W = sensor("w", "water", "city/w", "words", words={"wet": 1, "dry": 0})
PLAIN_H = sensor("h", "humidity", "city/h", "plain")
Z2M_T = sensor("zt", "temperature", "zigbee2mqtt/hall", "zigbee2mqtt")
Z2M_D = sensor("zd", "door", "zigbee2mqtt/hall", "zigbee2mqtt")


def test_a_json_sensor_reads_its_path() -> None:
    decoded = decode(decoder(JSON_T), "city/t", '{"climate": {"temperature": 21.5}}')
    assert values(decoded) == {"t": 21.5}
    assert decoded.readings[0].quality is Quality.GOOD
    assert decoded.readings[0].measured_at == NOW


def test_a_missing_path_is_refused_and_never_a_value() -> None:
    decoded = decode(decoder(JSON_T), "city/t", '{"climate": {}}')
    assert decoded.readings == ()
    assert [(reject.code, reject.sensor) for reject in decoded.rejects] == [("no-such-path", "t")]


def test_the_calibration_offset_is_added_and_the_raw_value_kept() -> None:
    told = decode(decoder(sensor("t", "temperature", "a", "plain", offset=-0.3)), "a", "20.0")
    assert (told.readings[0].value, told.readings[0].raw) == (19.7, 20.0)


@pytest.mark.parametrize(("word", "value"), [("wet", 1.0), (" WET\n", 1.0), ("dry", 0.0)])
def test_words_are_read_by_the_operators_own_table(word: str, value: float) -> None:
    assert values(decode(decoder(WORDS_W), "city/w", word)) == {"w": value}


def test_a_word_outside_the_table_is_refused() -> None:
    decoded = decode(decoder(WORDS_W), "city/w", "not wet")
    assert decoded.readings == ()
    assert decoded.rejects[0].code == "unknown-state"


@pytest.mark.parametrize(
    ("payload", "value"), [("48", 48.0), ("48,5 %", 48.5), ("  48.5\n", 48.5), ("48.5 %RH", 48.5)]
)
def test_plain_numbers_with_comma_and_unit(payload: str, value: float) -> None:
    assert values(decode(decoder(PLAIN_H), "city/h", payload)) == {"h": value}


@pytest.mark.parametrize("payload", ["nan", "unavailable", "inf", "--", "1_000", "12 34"])
def test_words_for_no_value_give_no_reading(payload: str) -> None:
    decoded = decode(decoder(PLAIN_H), "city/h", payload)
    assert decoded.readings == ()
    assert decoded.rejects


def test_an_unbelievable_number_is_kept_as_implausible() -> None:
    decoded = decode(decoder(PLAIN_H), "city/h", "677")
    assert [(reading.value, reading.quality) for reading in decoded.readings] == [
        (677.0, Quality.IMPLAUSIBLE)
    ]
    assert decoded.rejects[0].code == "implausible"


def test_a_declared_unit_is_converted() -> None:
    to = decoder(sensor("t", "temperature", "a", "json", path="t", unit="°F"))
    assert values(decode(to, "a", '{"t": 70.5}'))["t"] == pytest.approx(21.389, abs=0.001)


@pytest.mark.parametrize(
    ("measured_at", "quality"),
    [
        (NOW, Quality.GOOD),
        (NOW - 299, Quality.GOOD),
        (NOW - 301, Quality.LATE),
        (NOW + 299, Quality.GOOD),
        (NOW + 301, Quality.FUTURE),
    ],
)
def test_the_time_of_a_reading_decides_its_quality(measured_at: float, quality: Quality) -> None:
    decoded = decode(decoder(JSON_T), "city/t", f'{{"ts": {measured_at}, "climate": {{"temperature": 20}}}}')
    assert [(reading.measured_at, reading.quality) for reading in decoded.readings] == [
        (measured_at, quality)
    ]


def test_a_retained_message_says_nothing_about_now() -> None:
    decoded = decode(decoder(WORDS_W), "city/w", "dry", retained=True)
    assert decoded.readings[0].quality is Quality.RETAINED


def test_a_dialect_is_bound_by_quantity() -> None:
    decoded = decode(decoder(Z2M_T, Z2M_D), "zigbee2mqtt/hall", '{"temperature": 20, "contact": true}')
    assert values(decoded) == {"zt": 20.0, "zd": 0.0}


def test_an_absent_contact_keeps_silent() -> None:
    decoded = decode(decoder(Z2M_T, Z2M_D), "zigbee2mqtt/hall", '{"temperature": 20, "linkquality": 1}')
    assert values(decoded) == {"zt": 20.0}


def test_null_is_told_to_the_sensor_and_is_no_value() -> None:
    decoded = decode(decoder(Z2M_D), "zigbee2mqtt/hall", '{"contact": null}')
    assert decoded.readings == ()
    assert [(reject.code, reject.sensor) for reject in decoded.rejects] == [("null", "zd")]


def test_availability_is_a_fact_beside_freshness() -> None:
    decoded = decode(decoder(Z2M_T, Z2M_D), "zigbee2mqtt/hall/availability", '{"state": "offline"}')
    assert [(life.sensors, life.online) for life in decoded.lives] == [(("zt", "zd"), False)]
    assert decoded.readings == ()


def test_subscriptions_name_data_life_and_inventory() -> None:
    assert decoder(Z2M_T).subscriptions() == (
        "zigbee2mqtt/bridge/devices",
        "zigbee2mqtt/bridge/state",
        "zigbee2mqtt/hall",
        "zigbee2mqtt/hall/availability",
        "zigbee2mqtt/hall/battery",
        "zigbee2mqtt/hall/battery_low",
        "zigbee2mqtt/hall/fault",
        "zigbee2mqtt/hall/tamper",
        "zigbee2mqtt/hall/test",
    )


def test_a_topic_of_no_sensor_is_not_known() -> None:
    assert decode(decoder(Z2M_T), "elsewhere", "1").known is False


def test_an_oversized_payload_is_refused_without_parsing() -> None:
    decoded = decode(decoder(JSON_T), "city/t", b"[" * 2_000_000)
    assert [reject.code for reject in decoded.rejects] == ["oversized"]


def test_filters_match_as_in_mqtt() -> None:
    assert matches("a/+/c", "a/b/c")
    assert matches("a/#", "a/b/c")
    assert not matches("a/+", "a/b/c")
    assert not matches("a/+/c", "a/b")


# --- Families with more than one topic --------------------------------------------------------------------


def metric(alias: int, value: float, name: str = "") -> bytes:
    body = (
        (put_bytes(1, name.encode()) if name else b"") + put_varint(2, alias) + put_varint(3, int(NOW * 1000))
    )
    body += put_varint(4, 10) if name else b""
    return put_bytes(2, body + bytes([13 << 3 | 1]) + struct.pack("<d", value))


def sparkplug(seq: int, *metrics: bytes) -> bytes:
    return put_varint(1, int(NOW * 1000)) + b"".join(metrics) + put_varint(3, seq)


SPARK = sensor("st", "temperature", "spBv1.0/archive/DDATA/gw/vault", "sparkplug")


def test_a_sparkplug_sensor_listens_to_births_and_deaths() -> None:
    assert decoder(SPARK).subscriptions() == (
        "spBv1.0/archive/DBIRTH/gw/vault",
        "spBv1.0/archive/DDATA/gw/vault",
        "spBv1.0/archive/DDEATH/gw/vault",
        "spBv1.0/archive/NBIRTH/gw",
        "spBv1.0/archive/NDEATH/gw",
    )


def test_a_late_start_asks_for_a_rebirth_once_a_minute() -> None:
    to = decoder(SPARK)
    data = sparkplug(7, metric(10, 18.6))
    first = decode(to, SPARK.topic, data)
    assert first.readings == ()
    assert [topic for topic, _ in first.requests] == ["spBv1.0/archive/NCMD/gw"]
    assert b"Node Control/Rebirth" in first.requests[0][1]
    assert decode(to, SPARK.topic, sparkplug(8, metric(10, 18.6))).requests == ()
    later = sparkplug(9, metric(10, 18.6))
    assert decode(to, SPARK.topic, later, received_at=NOW + 60).requests != ()


def test_after_the_birth_an_alias_is_enough() -> None:
    to = decoder(SPARK)
    decode(to, "spBv1.0/archive/NBIRTH/gw", sparkplug(0))
    born = decode(to, "spBv1.0/archive/DBIRTH/gw/vault", sparkplug(1, metric(10, 18.4, "Room/Temperature")))
    assert values(born) == {"st": 18.4}
    assert [(life.sensors, life.online) for life in born.lives] == [(("st",), True)]
    assert values(decode(to, SPARK.topic, sparkplug(2, metric(10, 18.6)))) == {"st": 18.6}


def test_a_gap_in_the_sequence_is_told_and_repaired() -> None:
    to = decoder(SPARK)
    decode(to, "spBv1.0/archive/NBIRTH/gw", sparkplug(0))
    decode(to, "spBv1.0/archive/DBIRTH/gw/vault", sparkplug(1, metric(10, 18.4, "Room/Temperature")))
    gap = decode(to, SPARK.topic, sparkplug(5, metric(10, 18.6)))
    assert values(gap) == {"st": 18.6}
    assert [reject.code for reject in gap.rejects] == ["out-of-sequence"]
    assert gap.requests


def test_the_death_of_a_node_is_the_death_of_its_devices() -> None:
    dead = decode(decoder(SPARK), "spBv1.0/archive/NDEATH/gw", sparkplug(0))
    assert [(life.sensors, life.online) for life in dead.lives] == [(("st",), False)]


def test_a_node_is_a_gateway_that_its_birth_revives_and_a_device_is_not() -> None:
    to = decoder(SPARK)
    told = [
        (life.about, life.gateway, life.online, life.sensors)
        for topic in ("NDEATH/gw", "NBIRTH/gw", "DDEATH/gw/vault", "DBIRTH/gw/vault")
        for life in decode(to, f"spBv1.0/archive/{topic}", sparkplug(0)).lives
    ]
    assert told == [
        ("sparkplug:archive/gw", True, False, ("st",)),
        ("sparkplug:archive/gw", True, True, ("st",)),
        ("sparkplug:archive/gw/vault", False, False, ("st",)),
        ("sparkplug:archive/gw/vault", False, True, ("st",)),
    ]


def test_discovery_tells_unit_and_words_of_plain_topics() -> None:
    to = decoder(
        sensor("ht", "temperature", "node/sensor/t/state", "homeassistant"),
        sensor("hd", "door", "panel/door", "homeassistant"),
    )
    assert "homeassistant/+/+/config" in to.subscriptions()
    early = decode(to, "panel/door", "0")
    assert [reject.code for reject in early.rejects] == ["needs-birth"]
    config = '{"dev_cla":"temperature","unit_of_meas":"°F","stat_t":"node/sensor/t/state"}'
    told = decode(to, "homeassistant/sensor/node/t/config", config)
    assert told.known and told.declarations[0].detail["quantity"] == "temperature"
    door = '{"dev_cla":"door","pl_on":"0","pl_off":"1","stat_t":"panel/door"}'
    decode(to, "homeassistant/binary_sensor/panel/config", door)
    assert values(decode(to, "node/sensor/t/state", "70.5"))["ht"] == pytest.approx(21.389, abs=0.001)
    assert values(decode(to, "panel/door", "0")) == {"hd": 1.0}


def test_several_probes_need_a_channel() -> None:
    topic, payload = (
        "tele/x/SENSOR",
        ('{"DS18B20-1": {"Id": "AA", "Temperature": 13.3}, "DS18B20-2": {"Id": "BB", "Temperature": 1.2}}'),
    )
    refused = decode(decoder(sensor("t", "temperature", topic, "tasmota")), topic, payload)
    assert refused.readings == ()
    assert [(reject.code, reject.sensor) for reject in refused.rejects] == [("ambiguous-channel", "t")]
    for name in ("BB", "DS18B20-2"):
        to = decoder(sensor("t", "temperature", topic, "tasmota", channel=name))
        assert values(decode(to, topic, payload)) == {"t": 1.2}


def test_a_declared_unit_holds_where_the_message_has_none() -> None:
    topic = "shellies/shellyht-1/sensor/temperature"
    to = decoder(sensor("t", "temperature", topic, "shelly_gen1", unit="°F"))
    assert values(decode(to, topic, "70.5"))["t"] == pytest.approx(21.389, abs=0.001)


def test_stored_samples_are_history() -> None:
    topic = "v3/a@ttn/devices/d/up"
    payload = (
        '{"end_device_ids":{"device_id":"d"},"uplink_message":{"decoded_payload":'
        f'{{"history":[{{"timestamp":{NOW - 60:.0f},"leakage_status":"leak"}}]}}}}}}'
    )
    told = decode(decoder(sensor("w", "water", topic, "tts")), topic, payload)
    assert [(reading.value, reading.quality) for reading in told.readings] == [(1.0, Quality.HISTORICAL)]


def test_raw_frames_are_read_with_the_declared_model() -> None:
    topic = "v3/a@ttn/devices/d/up"
    payload = '{"end_device_ids":{},"uplink_message":{"f_port":85,"frm_payload":"AXVcA2c0AQRoZQUAAQ=="}}'
    water = sensor("w", "water", topic, "tts")
    without = decode(decoder(water), topic, payload)
    assert without.readings == ()
    assert [reject.code for reject in without.rejects] == ["not-decoded"]
    known = decode(decoder(msgspec.structs.replace(water, model="EM300-SLD")), topic, payload)
    assert values(known) == {"w": 1.0}


def test_a_sensor_of_life_itself_gets_readings() -> None:
    to = decoder(sensor("o", "online", "tele/x/LWT", "tasmota"))
    assert values(decode(to, "tele/x/LWT", "Offline")) == {"o": 0.0}


def test_a_quantity_without_a_device_word_is_read_by_path() -> None:
    to = decoder(sensor("f", "fire", "panel/1", "json", path="zone.alarm"))
    assert values(decode(to, "panel/1", '{"zone": {"alarm": true}}')) == {"f": 1.0}
    assert values(decode(to, "panel/1", '{"zone": {"alarm": "正常"}}')) == {"f": 0.0}


def test_recognition_may_be_left_to_the_messages() -> None:
    to = decoder(sensor("t", "temperature", "zigbee2mqtt/x", "auto"))
    assert "zigbee2mqtt/x/availability" in to.subscriptions()
    assert values(decode(to, "zigbee2mqtt/x", '{"temperature": 20.5}')) == {"t": 20.5}
    host = '{"sensorData": [{"timestamp": {"value": 1799999999}, "temperature": {"value": 20.5}}]}'
    assert values(decode(decoder(sensor("t", "temperature", "host/1", "cn-host")), "host/1", host)) == {
        "t": 20.5
    }


def test_words_and_json_may_share_a_topic() -> None:
    to = decoder(
        sensor("w", "water", "a", "words", words={"wet": 1, "dry": 0}),
        sensor("t", "temperature", "a", "json", path="t"),
    )
    told = decode(to, "a", "wet")
    assert values(told) == {"w": 1.0}
    assert [(reject.code, reject.sensor) for reject in told.rejects] == [("not-json", "t")]
    assert values(decode(to, "a", '{"t": 20}')) == {"t": 20.0}


def test_a_quantity_of_the_building_s_own_is_any_number() -> None:
    to = decoder(sensor("m", "shelf_load", "a", "json", path="kg"))
    assert values(decode(to, "a", '{"kg": 1200.5}')) == {"m": 1200.5}
    assert values(decode(to, "a", '{"kg": "1200,5"}')) == {"m": 1200.5}
    assert [reject.code for reject in decode(to, "a", '{"kg": "heavy"}').rejects] == ["not-a-number"]


@pytest.mark.parametrize("number", ["1" + "0" * 400, "-1" + "0" * 400, "1e308"])
def test_numbers_beyond_all_measure_are_refused(number: str) -> None:
    decoded = decode(decoder(JSON_T), "city/t", f'{{"ts": {number}, "climate": {{"temperature": {number}}}}}')
    assert [reading.quality for reading in decoded.readings if reading.quality is Quality.GOOD] == []
    assert "decoder-error" not in {reject.code for reject in decoded.rejects}


@pytest.mark.parametrize(
    "payload",
    [
        b'{"climate": {"temperature": 21.5}}\x00',
        b'\xef\xbb\xbf{"climate": {"temperature": 21.5}}\r\n',
        '{"房间": "三号库", "climate": {"temperature": 21.5}}'.encode("gb18030"),
    ],
)
def test_json_of_c_programs_and_chinese_hosts(payload: bytes) -> None:
    assert values(decode(decoder(JSON_T), "city/t", payload)) == {"t": 21.5}


@pytest.mark.parametrize(
    "payload", [b'{"climate": {"temperature": 21.5}', b"{'climate': 1}", b"\xff\xfe\x00{"]
)
def test_broken_json_is_never_mended(payload: bytes) -> None:
    told = decode(decoder(JSON_T), "city/t", payload)
    assert told.readings == ()
    assert [reject.code for reject in told.rejects] == ["not-json"]


def test_a_contact_read_by_path_needs_words_for_yes_and_no() -> None:
    bare = sensor("d", "door", "a", "json", path="door.contact")
    told = decode(decoder(bare), "a", '{"door": {"contact": true}}')
    assert told.readings == ()
    assert [reject.code for reject in told.rejects] == ["needs-meaning"]
    assert values(decode(decoder(bare), "a", '{"door": {"contact": "closed"}}')) == {"d": 0.0}
    worded = msgspec.structs.replace(bare, words={"true": 0.0, "false": 1.0})
    assert values(decode(decoder(worded), "a", '{"door": {"contact": true}}')) == {"d": 0.0}
