"""One building's messages become its readings: binding, quality, refusals."""

from __future__ import annotations

import pytest

from sensors.decode import Decoder, matches
from sensors.model import Decoded, Quality, RawMessage, Sensor, Text

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
