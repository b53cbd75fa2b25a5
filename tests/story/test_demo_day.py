"""The demonstration's building through the real decisions on a set clock: a quiet day, and four stories."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sensors.model import RawMessage
from strongroom.core import Core
from strongroom.demo.requests import StoryRequest
from strongroom.demo.simulation import Simulation
from strongroom.folder.load import load
from strongroom.model import Building

FOLDER = Path(__file__).resolve().parents[2] / "buildings" / "demo"
MIDNIGHT = datetime(2026, 3, 4, 0, 0, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()  # a Wednesday
HOUR = 3600.0


@pytest.fixture(scope="module")
def building() -> Building:
    loaded = load(FOLDER)
    assert loaded.building is not None, loaded.problems
    return loaded.building


class House:
    """The simulated devices wired straight into the decisions."""

    def __init__(self, building: Building, start: float) -> None:
        self.simulation = Simulation(building)
        self.now = start
        self.core = Core(building, start, channels=("sms", "voice"))
        self.sent = 0

    def run(self, seconds: float, step_s: float) -> None:
        until = self.now + seconds
        while self.now < until:
            self.now += step_s
            for packet in self.simulation.turn(self.now):
                self.sent += 1
                self.core.message(RawMessage(packet.topic, packet.payload, self.now), self.now)
            self.core.advance(self.now)
            self.core.take()

    def open_alarms(self) -> list[str]:
        return sorted(f"{a.rule}@{a.scope}" for a in self.core.annunciator.alarms.values() if a.active)


def test_every_sensor_of_the_building_speaks_and_is_understood(building: Building) -> None:
    house = House(building, MIDNIGHT + 10 * HOUR)
    house.run(5, 1)
    assert not house.core.rejected, house.core.rejects
    assert not house.core.unknown
    assert set(house.core.latest) >= {s.id for s in building.sensors.values() if s.topic}
    dialects = {sensor.dialect for sensor in building.sensors.values()}
    assert len(dialects - {"json", "words", "plain"}) >= 6


def test_an_ordinary_day_is_quiet(building: Building) -> None:
    house = House(building, MIDNIGHT)
    house.run(24 * HOUR, 20)
    assert house.open_alarms() == []
    assert not house.core.annunciator.alarms, list(house.core.annunciator.alarms)
    assert not house.core.rejected, house.core.rejects


@pytest.mark.parametrize("hour", [3, 11])
@pytest.mark.parametrize("story", ["water", "fire", "intrusion", "climate"])
def test_a_story_leads_from_sensor_to_rescue_list_within_seconds(
    building: Building, story: str, hour: int
) -> None:
    house = House(building, MIDNIGHT + hour * HOUR)
    house.run(120, 1)
    before = set(house.core.annunciator.alarms)
    begun = house.simulation.begin(StoryRequest(story=story), house.now)
    assert begun is not None
    house.run(40, 0.5)
    raised = {k: a for k, a in house.core.annunciator.alarms.items() if k not in before}
    assert begun.zone in {alarm.zone for alarm in raised.values()}, f"{story}: {list(raised)}"
    assert {alarm.hazard for alarm in raised.values()} <= {story, "fire" if story == "fire" else story}
    assert any(n.kind == "page" and n.words for n in house.core.pager.notices.values()), "nobody is told"
    (incident,) = house.core.response.incidents.values()
    assert incident.threat == story
    assert begun.zone in incident.zones
    assert incident.steps
    plan = incident.plan or incident.proposed
    assert plan is not None
    assert plan.ranking
    assert all(ranked.why.zh and ranked.why.en for ranked in plan.ranking)
