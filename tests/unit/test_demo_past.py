"""The demonstration's past: calm, complete, written once, and told apart from what was measured live."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from ingest.series_memory import MemorySeries
from sensors.model import Quality
from sensors.quantities import QUANTITIES
from strongroom.demo.past import COARSE_S, REACH_S, give_past, past_of
from strongroom.folder.load import load
from tests.folders import NOW, write


def test_a_fresh_demonstration_gets_thirty_days(tmp_path: Path) -> None:
    write(tmp_path, {})
    building = load(tmp_path, NOW).building
    assert building is not None
    series = MemorySeries()
    written = give_past(building, series, NOW, lambda: False)
    assert series.sensors() == sorted(building.sensors)
    humidity = series.window("2B-H1", NOW - REACH_S, NOW)
    assert written == len(humidity) * len(building.sensors)
    assert max(after - before for before, after in pairwise(humidity.at.tolist())) == COARSE_S
    assert all(QUANTITIES["humidity"].believable(value) for value in humidity.value.tolist())
    assert {one.quality for one in humidity.readings()} == {Quality.HISTORICAL}
    assert give_past(building, series, NOW, lambda: False) == 0
    assert list(past_of(building, building.sensors["2B-H1"], NOW)) == humidity.readings()


def test_it_stops_when_asked(tmp_path: Path) -> None:
    write(tmp_path, {})
    building = load(tmp_path, NOW).building
    assert building is not None
    assert give_past(building, MemorySeries(), NOW, lambda: True) == 0
