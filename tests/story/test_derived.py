"""Rules on calculated quantities fire on the very reading that makes them true, through the real engine."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from alerts.model import Alarm
from sensors.climate import absolute_humidity, dew_point, surface_humidity
from strongroom.folder.load import load
from strongroom.instruments.acts import SensorOut
from strongroom.problems import render
from strongroom.rehearse import Rehearsal

HOUSES = Path(__file__).resolve().parents[1] / "houses"
START = 1_764_640_800.0  # 2025-12-02 10:00 in Shanghai

WALL = """
[[sensor]]
id = "2B-WALL"
name.zh = "外墙表面"
name.en = "Outer wall"
zone = "stack-2b"
quantity = "surface_temperature"
topic = "small/2b/wall"
dialect = "json"
path = "temperature"
every_s = 60
silent_after_s = 300
"""
CALCULATED = {  # quantity: the condition of its rule
    "dew_point": "above = 12",
    "absolute_humidity": "above = 11",
    "surface_humidity": "above = 85",
    "moisture_content": "above = 11",
    "mould_index": "above = 0.0002",
    "wet_hours": "above = 0.05",
}


def calculated(quantity: str) -> str:
    return f"""
[[sensor]]
id = "2B-{quantity}"
name.zh = "{quantity}"
name.en = "{quantity}"
zone = "stack-2b"
quantity = "{quantity}"
dialect = "derived"
every_s = 60
silent_after_s = 300
"""


def rule(quantity: str, condition: str) -> str:
    return f"""
[[rule]]
id = "on-{quantity}"
name.zh = "{quantity}"
name.en = "{quantity}"
when = {{ quantity = "{quantity}", zone = "stack-2b", {condition} }}
priority = 2
advice.zh = "查看。"
advice.en = "Look."
consequence.zh = "受潮。"
consequence.en = "Damp."
"""


Open = Callable[[], Rehearsal]


@pytest.fixture
def house(tmp_path: Path) -> Open:
    def opened() -> Rehearsal:
        folder = tmp_path / "house"
        shutil.copytree(HOUSES / "small", folder)
        with (folder / "sensors.toml").open("a", encoding="utf-8") as out:
            out.write(WALL + "".join(calculated(quantity) for quantity in CALCULATED))
        with (folder / "rules.toml").open("a", encoding="utf-8") as out:
            out.write("".join(rule(*pair) for pair in CALCULATED.items()))
        loaded = load(folder, START)
        assert loaded.building is not None, render(loaded.problems, "en")
        rehearsal = Rehearsal(loaded.building, tmp_path / "data", START)
        for sensor, value in (("2B-T1", 18.0), ("2B-H1", 45.0), ("2B-WALL", 16.0)):
            rehearsal.show(sensor, value)
        rehearsal.run(120)
        return rehearsal

    return opened


def raised(rehearsal: Rehearsal) -> dict[str, Alarm]:
    alarms = rehearsal.engine.core.annunciator.alarms.values()
    return {one.rule.removeprefix("on-"): one for one in alarms if one.rule.startswith("on-")}


def test_the_quantities_of_the_air_alarm_with_the_reading_that_makes_them_true(house: Open) -> None:
    rehearsal = house()
    assert raised(rehearsal) == {}
    rehearsal.show("2B-H1", 72.0)
    rehearsal.run(1)
    latest = rehearsal.engine.core.latest
    humid = latest["2B-H1"]
    assert humid.value == 72.0
    found = raised(rehearsal)
    assert set(found) == {"dew_point", "absolute_humidity", "moisture_content"} | (
        {"surface_humidity"} if surface_humidity(18.0, 72.0, 16.0) > 85 else set()
    )
    assert {alarm.active_at for alarm in found.values()} == {humid.received_at}, "not a turn later"
    assert latest["2B-dew_point"].value == pytest.approx(dew_point(18.0, 72.0), abs=1e-3)
    assert latest["2B-absolute_humidity"].value == pytest.approx(absolute_humidity(18.0, 72.0), abs=1e-3)


def test_a_wall_that_cools_alarms_with_its_own_reading(house: Open) -> None:
    rehearsal = house()
    rehearsal.show("2B-WALL", 6.0)
    rehearsal.run(1)
    found = raised(rehearsal)
    assert set(found) == {"surface_humidity"}
    assert found["surface_humidity"].active_at == rehearsal.engine.core.latest["2B-WALL"].received_at


def test_the_wet_clock_alarms_within_a_minute_of_its_limit(house: Open) -> None:
    rehearsal = house()
    rehearsal.show("2B-W1", "wet")
    rehearsal.run(1)
    began = rehearsal.clock.now()
    rehearsal.run(170)
    assert "wet_hours" not in raised(rehearsal)
    rehearsal.run(75)
    assert 180.0 <= raised(rehearsal)["wet_hours"].active_at - began <= 245.0


def test_mould_that_grows_alarms_with_a_reading_and_keeps_its_index_over_a_restart(house: Open) -> None:
    rehearsal = house()
    rehearsal.show("2B-T1", 25.0)
    rehearsal.show("2B-H1", 97.0)
    rehearsal.run(120)
    assert "mould_index" not in raised(rehearsal)
    before = rehearsal.engine.core.latest["2B-mould_index"].value
    rehearsal.restart()
    rehearsal.run(600)
    alarm = raised(rehearsal)["mould_index"]
    latest = rehearsal.engine.core.latest
    assert latest["2B-mould_index"].value > 0.0002 > before
    assert (alarm.active_at - latest["2B-H1"].received_at) % 60.0 < 2.0, "with a reading of the air"


def test_a_calculated_quantity_falls_silent_with_its_input_and_clears_nothing(house: Open) -> None:
    rehearsal = house()
    rehearsal.show("2B-H1", 72.0)
    rehearsal.run(5)
    assert raised(rehearsal)["dew_point"].active
    rehearsal.run(900, silent=True)
    assert raised(rehearsal)["dew_point"].active, "no data is not normal"
    silent = [a for a in rehearsal.engine.core.annunciator.alarms.values() if a.rule == "sensor-silent"]
    assert "2B-dew_point" in {alarm.scope for alarm in silent if alarm.active}


def test_a_sensor_out_of_service_feeds_no_calculation(house: Open) -> None:
    rehearsal = house()
    until = rehearsal.clock.now() + 3600.0
    assert rehearsal.put("chen", SensorOut(sensor="2B-H1", until_at=until, reason="salt test")) is None
    rehearsal.show("2B-H1", 95.0)
    rehearsal.run(120)
    assert "dew_point" not in raised(rehearsal)
