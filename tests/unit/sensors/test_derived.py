"""Calculated sensors: as prompt as their inputs, silent with them, and nothing made up over gaps."""

from __future__ import annotations

import msgspec
import pytest

from sensors.climate import dew_point, preservation_index, surface_humidity
from sensors.derived import DRY_AGAIN_S, NEEDS, Deriver, recipes
from sensors.model import Quality, Reading, Sensor, Text
from sensors.quantities import QUANTITIES

T0 = 1_790_000_000.0


def sensor(name: str, quantity: str, zone: str = "2b", dialect: str = "json", path: str = "") -> Sensor:
    return Sensor(
        id=name,
        name=Text(name, name),
        zone=zone,
        quantity=quantity,
        topic=name,
        dialect=dialect,
        path=path,
        every_s=300,
        silent_after_s=900,
    )


def house(*more: Sensor) -> dict[str, Sensor]:
    base = [sensor("t", "temperature"), sensor("rh", "humidity"), sensor("wall", "surface_temperature")]
    return {s.id: s for s in [*base, sensor("leak", "water_leak"), *more]}


def derived(quantity: str, path: str = "") -> Sensor:
    return sensor(quantity, quantity, dialect="derived", path=path)


def reading(name: str, value: float, at: float, **more: object) -> Reading:
    return Reading(name, value, at, at + 1, **more)  # type: ignore[arg-type]


def values(readings: list[Reading]) -> dict[str, float]:
    return {r.sensor: r.value for r in readings}


def test_every_calculated_quantity_is_a_known_quantity() -> None:
    assert set(NEEDS) <= set(QUANTITIES)
    assert {need for needs in NEEDS.values() for need in needs} <= set(QUANTITIES)


def test_dew_point_arrives_with_the_message_that_completes_the_pair() -> None:
    deriver = Deriver(house(derived("dew_point"), derived("surface_humidity")))
    assert deriver.observe([reading("t", 20, T0)]) == []
    (dew,) = deriver.observe([reading("rh", 50, T0 + 5)])
    assert dew == Reading("dew_point", 9.2611, T0 + 5, T0 + 6)
    (wall,) = deriver.observe([reading("wall", 12, T0 + 6)])
    assert wall.value == pytest.approx(surface_humidity(20, 50, 12), abs=1e-4)


def test_readings_of_one_message_are_used_together() -> None:
    deriver = Deriver(house(derived("dew_point")))
    deriver.observe([reading("t", 20, T0), reading("rh", 50, T0)])
    made = deriver.observe([reading("t", 24, T0 + 300), reading("rh", 60, T0 + 300)])
    assert [round(r.value, 2) for r in made] == [15.76]


def test_nothing_is_calculated_from_a_sensor_that_fell_silent() -> None:
    deriver = Deriver(house(derived("dew_point")))
    deriver.observe([reading("t", 20, T0), reading("rh", 50, T0)])
    assert deriver.observe([reading("t", 20, T0 + 900)])
    assert deriver.observe([reading("t", 20, T0 + 901)]) == []


@pytest.mark.parametrize("quality", [q for q in Quality if q is not Quality.GOOD])
def test_only_trusted_readings_count(quality: Quality) -> None:
    deriver = Deriver(house(derived("dew_point")))
    deriver.observe([reading("t", 20, T0)])
    assert deriver.observe([reading("rh", 50, T0, quality=quality)]) == []


def test_an_older_measurement_changes_nothing() -> None:
    deriver = Deriver(house(derived("dew_point")))
    deriver.observe([reading("t", 20, T0), reading("rh", 50, T0)])
    assert deriver.observe([reading("t", 30, T0 - 60)]) == []
    assert values(deriver.observe([reading("rh", 50, T0 + 1)]))["dew_point"] == pytest.approx(9.26, abs=0.01)


def test_inputs_are_found_in_the_zone_or_named() -> None:
    second = sensor("t2", "temperature")
    made, unmade = recipes(house(second, derived("dew_point")))
    assert not made
    assert "2 temperature sensors" in unmade[0].words.en
    made, unmade = recipes(house(second, derived("dew_point", "t2 rh")))
    assert [s.id for s in made[0].inputs] == ["t2", "rh"]
    assert not unmade


@pytest.mark.parametrize("path", ["rh t", "t", "t rh wall", "t nothing"])
def test_named_inputs_must_be_of_the_right_quantities(path: str) -> None:
    _, unmade = recipes(house(derived("dew_point", path)))
    assert "temperature humidity" in unmade[0].words.en


def test_what_cannot_be_calculated_is_said() -> None:
    _, unmade = recipes(house(derived("co2")))
    assert "co2 cannot be calculated" in unmade[0].words.en
    assert "dew_point" in unmade[0].words.zh


def test_a_drill_has_its_own_world() -> None:
    deriver = Deriver(house(derived("dew_point"), derived("wet_hours")))
    deriver.observe([reading("t", 20, T0), reading("rh", 50, T0)])
    pretended = {"quality": Quality.SIMULATED, "drill": "d1"}
    (dew,) = deriver.observe([reading("rh", 90, T0 + 10, **pretended)])
    assert (dew.drill, dew.quality) == ("d1", Quality.SIMULATED)
    assert dew.value == pytest.approx(dew_point(20, 90), abs=1e-4)
    deriver.observe([reading("leak", 1, T0 + 10, **pretended)])
    deriver.end_drill("d1")
    assert deriver.take_dirty() == {}
    assert values(deriver.observe([reading("t", 20, T0 + 20)]))["dew_point"] == pytest.approx(9.26, abs=0.01)


def test_the_wet_clock_counts_on_while_things_stay_wet() -> None:
    deriver = Deriver(house(derived("wet_hours")))
    assert values(deriver.observe([reading("leak", 0, T0)])) == {"wet_hours": 0}
    assert values(deriver.observe([reading("leak", 1, T0 + 100)])) == {"wet_hours": 0}
    assert values(deriver.tick(T0 + 100 + 720)) == {"wet_hours": 0.2}
    assert values(deriver.observe([reading("leak", 0, T0 + 3700)])) == {"wet_hours": 1.0}
    later = T0 + 3700 + DRY_AGAIN_S
    assert values(deriver.observe([reading("leak", 0, later - 1)]))["wet_hours"] == pytest.approx(
        25, abs=0.01
    )
    assert values(deriver.observe([reading("leak", 0, later)])) == {"wet_hours": 0}


def test_the_wet_clock_does_not_speak_for_a_silent_sensor() -> None:
    deriver = Deriver(house(derived("wet_hours")))
    deriver.observe([reading("leak", 1, T0)])
    assert deriver.tick(T0 + 901) == []


def test_mould_and_twpi_remember_over_a_restart_and_stand_still_over_a_gap() -> None:
    sensors = house(derived("mould_index"), derived("weighted_preservation_index"))
    deriver = Deriver(sensors)
    stored: dict[str, bytes] = {}
    at = T0
    for hour in range(24 * 25 * 4):
        at = T0 + hour * 900
        if hour % 500 == 0:
            stored.update(deriver.take_dirty())
            deriver = Deriver(sensors, stored)
            deriver.observe([reading("t", 25, at - 900), reading("rh", 95, at - 900)])
        made = values(deriver.observe([reading("t", 25, at), reading("rh", 95, at)]))
    assert 1.0 <= made["mould_index"] < 2.0
    assert made["weighted_preservation_index"] == pytest.approx(preservation_index(25, 95), rel=1e-3)
    after = values(deriver.observe([reading("t", 10, at + 40 * 86400), reading("rh", 40, at + 40 * 86400)]))
    assert after == made


def test_twpi_is_harmonic_over_two_climates() -> None:
    deriver = Deriver(house(derived("weighted_preservation_index")))
    made = {}
    for step in range(2001):
        pair = (20, 50) if step < 1000 else (28, 60)
        at = T0 + step * 600
        made = values(deriver.observe([reading("t", pair[0], at), reading("rh", pair[1], at)]))
    assert made["weighted_preservation_index"] == pytest.approx(19.8, abs=0.1)


def test_a_memory_that_cannot_be_read_begins_anew() -> None:
    deriver = Deriver(house(derived("mould_index")), {"derived:mould_index": b"{"})
    made = deriver.observe([reading("t", 20, T0), reading("rh", 50, T0)])
    assert values(made) == {"mould_index": 0.0}


def test_the_mould_index_follows_the_class_of_its_material() -> None:
    air = {"t": sensor("t", "temperature"), "rh": sensor("rh", "humidity")}
    classes = ("very sensitive", "sensitive", "medium", "resistant")
    made = {
        name: msgspec.structs.replace(sensor(name, "mould_index", dialect="derived"), channel=name)
        for name in classes
    }
    deriver = Deriver({**air, **made})
    for step in range(50):
        at = T0 + 600.0 * step
        readings = deriver.observe([Reading("t", 25.0, at, at), Reading("rh", 96.0, at, at)])
    index = {reading.sensor: reading.value for reading in readings}
    assert index["very sensitive"] > index["sensitive"] > index["medium"] > index["resistant"] > 0.0


@pytest.mark.parametrize(("quantity", "channel"), [("mould_index", "paper"), ("dew_point", "sensitive")])
def test_a_class_that_does_not_exist_is_said(quantity: str, channel: str) -> None:
    wrong = msgspec.structs.replace(sensor("x", quantity, dialect="derived"), channel=channel)
    air = {"t": sensor("t", "temperature"), "rh": sensor("rh", "humidity"), "x": wrong}
    assert "very sensitive" in Deriver(air).unmade[0].words.en
