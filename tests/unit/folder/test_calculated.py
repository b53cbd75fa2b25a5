"""Calculated sensors in a building folder, up to the reading that a message brings."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensors.model import RawMessage
from strongroom.core import Core
from strongroom.problems import render
from tests.folders import GOOD, NOW, loaded

DEW = """
[[sensor]]
id = "2B-DEW"
name.zh = "二层 B 库 露点"
name.en = "Stack 2B dew point"
zone = "stack-2b"
quantity = "dew_point"
dialect = "derived"
every_s = 60
"""


def test_a_message_brings_its_calculated_reading_along(tmp_path: Path) -> None:
    found = loaded(tmp_path, {"sensors.toml": GOOD["sensors.toml"] + DEW})
    assert found.building is not None, render(found.problems, "en")
    core = Core(found.building, NOW)
    for sensor, payload in (("2B-T1", b'{"temperature": 20}'), ("2B-H1", b'{"humidity": 50}')):
        core.message(RawMessage(found.building.sensors[sensor].topic, payload, NOW + 1), NOW + 1)
    assert core.latest["2B-DEW"].value == pytest.approx(9.26, abs=0.01)
    assert "2B-DEW" in {r.sensor for r in core.take().readings}


def test_a_sensor_that_cannot_be_calculated_is_an_error_with_the_remedy(tmp_path: Path) -> None:
    other = DEW.replace("dew_point", "surface_humidity")
    found = loaded(tmp_path, {"sensors.toml": GOOD["sensors.toml"] + other})
    assert found.building is None
    assert "0 surface_temperature sensors" in render(found.problems, "en")
