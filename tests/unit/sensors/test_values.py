"""Names, units and words: whole words only, units from the message, nothing guessed."""

from __future__ import annotations

import pytest

from sensors.decode import Decoder
from sensors.heard import Heard, measure
from sensors.model import RawMessage, Sensor, Text
from sensors.names import loose_meaning, meaning
from sensors.quantities import CONTACTS, QUANTITIES, plain_word, quantity
from sensors.times import Clock
from sensors.units import scale


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("TempC_SHT", "temperature"),
        ("Hum_SHT", "humidity"),
        ("sensorTemperature", "temperature"),
        ("temperature_C", "temperature"),
        ("BatV", "battery_voltage"),
        ("battery_mV", "battery_voltage"),
        ("batteryLevel", "battery"),
        ("DOOR_OPEN_STATUS", "contact_open"),
        ("WATER_LEAK_STATUS", "water_leak"),
        ("leakage_status", "water_leak"),
        ("magnet_status", "contact_open"),
        ("CarbonDioxide", "co2"),
        ("relative_humidity_2", "humidity"),
        ("库房温度", None),
        ("室内温度", "temperature"),
        ("漏水状态", "water_leak"),
        ("temprature", "temperature"),
        *((name, None) for name in ("device_temperature", "overtemperature", "temperature_max", "TEMP_min")),
        *(
            (name, None)
            for name in ("target_temperature", "temperature_alarm", "DewPoint", "eCO2", "light_level")
        ),
        *(
            (name, None)
            for name in ("WATER_LEAK_TIMES", "LAST_WATER_LEAK_DURATION", "smoke_density", "Bat_status")
        ),
        *(
            (name, None)
            for name in ("internal_temperature", "soil_temperature", "tempc2_dp", "humidity_offset")
        ),
    ],
)
def test_names_are_read_by_whole_words(name: str, told: str | None) -> None:
    found = meaning(name)
    assert (found.quantity if found else None) == told


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("living_room_temperature", "temperature"),
        ("front_door", "contact_open"),
        ("basement_water_leak", "water_leak"),
        ("esp32_internal_temperature", None),
        ("boiler_water_temperature", None),
        ("wifi_signal", None),
    ],
)
def test_entity_names_may_say_where_they_are(name: str, told: str | None) -> None:
    found = loose_meaning(name)
    assert (found.quantity if found else None) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("21.4", (21.4, "")),
        ("21,4", (21.4, "")),
        (" -3.5 °C ", (-3.5, "°C")),
        ("２１．５℃", (21.5, "°C")),
        ("48 %RH", (48.0, "%RH")),
        ("3.384 V", (3.384, "V")),
        ("1.2e1", (12.0, "")),
        *(
            (text, None)
            for text in ("1,234.5", "21.4 21.5", "", "nan", "inf", "NO LEAK", "12:30", "1.2.3", "0x10")
        ),
    ],
)
def test_numbers_in_text(text: str, told: tuple[float, str] | None) -> None:
    assert measure(text) == told


@pytest.mark.parametrize(
    ("name", "unit", "value", "canonical"),
    [
        ("temperature", "°F", 70.5, 21.3889),
        ("temperature", "K", 294.65, 21.5),
        ("temperature", "℃", 21.5, 21.5),
        ("pressure", "hPa", 1001.8, 100_180.0),
        ("pressure", "kPa", 101.32, 101_320.0),
        ("pressure", "mmHg", 760.0, 101_325.0),
        ("battery_voltage", "mV", 2995.0, 2.995),
        ("co2", "%", 0.1, 1000.0),
    ],
)
def test_units_become_the_quantitys_own(name: str, unit: str, value: float, canonical: float) -> None:
    factors = scale(name, unit)
    assert factors is not None
    assert value * factors[0] + factors[1] == pytest.approx(canonical, abs=0.02)


def test_a_unit_of_another_quantity_does_not_fit() -> None:
    assert scale("temperature", "hPa") is None
    assert scale("humidity", "lx") is None


@pytest.mark.parametrize(
    ("name", "word", "value"),
    [
        ("water", "wet", 1.0),
        ("water", "干燥", 0.0),
        ("water_leak", "NO LEAK", 0.0),
        ("water_leak", "leak", 1.0),
        ("door", "timeout not closed", 1.0),
        ("door", "close", 0.0),
        ("door", "打开", 1.0),
        ("smoke", "有烟", 1.0),
        ("smoke", "OK", 0.0),
        ("mains", "off", 0.0),
        ("mains", "断电", 0.0),
        ("battery_low", "full", 0.0),
        ("tamper", "not installed", None),
        ("smoke", "test", None),
        ("water_leak", "none", None),
        ("water_leak", "moist", None),
    ],
)
def test_states_are_whole_words_of_either_language(name: str, word: str, value: float | None) -> None:
    known = quantity(name)
    assert known is not None
    assert known.state_value(word) == value


def test_every_quantity_answers_in_both_languages() -> None:
    for known in QUANTITIES.values():
        assert known.name.zh and known.name.en
        assert quantity(known.id) is known
        assert quantity(known.name.zh) is not None
    for known in CONTACTS:
        for value in (0.0, 1.0):
            word = known.state_word(value)
            assert known.state_value(word.zh) == value
            assert known.state_value(word.en) == value


@pytest.mark.parametrize(
    "name", ["water", "door", "temp", "mains", "O2", "门磁", "oxygen", "manual_call_point"]
)
def test_aliases_are_known(name: str) -> None:
    assert quantity(name) is not None


def test_an_unknown_quantity_is_none() -> None:
    assert quantity("happiness") is None


@pytest.mark.parametrize(
    ("value", "closed"),
    [(True, 1.0), (False, 0.0), ("true", 1.0), ("OFF", 0.0), (1, 1.0), ("open", 0.0), ("closed", 1.0)],
)
def test_only_yes_and_no_turn_with_the_key(value: object, closed: float) -> None:
    heard = Heard(Clock(None, 0.0))
    heard.state("contact_open", value, inverted=True)
    assert [seen.value for seen in heard.observations] == [1.0 - closed]


@pytest.mark.parametrize(
    ("name", "word", "value"),
    [
        ("smoke", "Smoke detected", 1.0),
        ("smoke", "No smoke detected", 0.0),
        ("smoke", "检测到有烟", 1.0),
        ("motion", "motion_detected", 1.0),
        ("motion", "no motion", 0.0),
        ("water", "water not detected", 0.0),
        ("door", "not open", 0.0),
        ("door", "not closed", 1.0),
        ("online", "not connected", 0.0),
        ("door", "未打开", 0.0),
        ("smoke", "smoke detector", None),
        ("door", "detected", None),
        ("door", "not detected", None),
        ("door", "inactive", None),
        ("mains", "alarm", None),
    ],
)
def test_sentences_around_a_state(name: str, word: str, value: float | None) -> None:
    known = quantity(name)
    assert known is not None
    assert known.state_value(word) == value


def test_minus_one_is_not_one() -> None:
    assert plain_word("-1") == "-1"
    assert plain_word("not-detected") == "not detected"
    assert QUANTITIES["water_leak"].state_value("-1") is None


def test_of_a_contact_told_twice_the_alarm_counts() -> None:
    leak = Sensor(
        id="w", name=Text("", ""), zone="z", quantity="water_leak", topic="a/b", dialect="flat", every_s=60.0
    )
    decoder = Decoder({"w": leak}, "UTC")
    for payload in (b'{"leak":"ON","leak_alarm":"OFF"}', b'{"leak":"OFF","leak_alarm":"ON"}'):
        readings = decoder.decode(RawMessage("a/b", payload, 1.8e9), 1.8e9).readings
        assert [one.value for one in readings] == [1.0]
