"""The example building is whole, speaks real dialects, has quiet days, and passes its own drills."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.evaluate import Evaluator
from alerts.rule import Verdict
from sensors.decode import Decoder
from sensors.dialects.registry import BY_NAME
from sensors.model import Quality, RawMessage, Reading, Sensor
from sensors.quantities import QUANTITIES
from sensors.simulate import value_of
from sensors.speak import speak
from strongroom.folder.load import load
from strongroom.model import Building
from strongroom.problems import render
from strongroom.rehearse import rehearse

DEMO = Path(__file__).resolve().parents[2] / "buildings" / "demo"
NOW = 1_795_400_000.0
DRILLS = ("fire-3a", "intrusion-special", "water-2b")


@pytest.fixture(scope="module")
def demo() -> Building:
    found = load(DEMO, NOW)
    assert found.problems == (), render(found.problems, "en")
    assert found.building is not None
    return found.building


def test_it_is_a_whole_archive(demo: Building) -> None:
    assert len(demo.floors) >= 3 and len(demo.zones) >= 14 and len(demo.people) >= 10
    assert len(demo.sensors) >= 60 and len(demo.holdings) >= 150 and len(demo.drills) >= 3
    assert {plan.threat for plan in demo.playbooks.values()} >= {
        "fire",
        "water",
        "intrusion",
        "climate",
        "power",
    }
    families = {BY_NAME[s.dialect].name for s in demo.sensors.values() if s.dialect in BY_NAME} - {"plain"}
    assert len(families) >= 6, families
    measured = {sensor.quantity for sensor in demo.sensors.values()}
    wanted = "temperature humidity water_leak smoke contact_open motion mains ups_on_battery manual_call_point oxygen"
    assert measured >= set(wanted.split())
    assert {ladder.priority for ladder in demo.ladders} == {1, 2, 3}
    assert Counter(h.grade for h in demo.holdings.values()).keys() == {1, 2, 3}


def test_every_zone_is_drawn_and_every_sensor_stands_on_its_plan(demo: Building) -> None:
    for zone in demo.zones.values():
        assert f'id="{zone.id}"' in demo.plans[zone.floor]
    assert not [sensor.id for sensor in demo.sensors.values() if sensor.at is None]


def test_urgent_rules_are_few(demo: Building) -> None:
    """ISA-18.2: few alarms of the highest priority."""
    split = Counter(rule.priority for rule in demo.rules.values())
    assert split[1] <= 0.2 * len(demo.rules) and split[3] > split[1]
    assert all(rule.advice.zh and rule.advice.en for rule in demo.rules.values())


@pytest.mark.parametrize("state", [0.0, 1.0])
def test_every_sensor_is_heard_in_its_own_dialect(demo: Building, state: float) -> None:
    devices: dict[tuple[str, str], list[Sensor]] = {}
    for sensor in demo.sensors.values():
        devices.setdefault((sensor.topic, sensor.dialect), []).append(sensor)
    decoder = Decoder(demo.sensors, demo.timezone)
    for sensors in devices.values():
        shown = [(s, state if QUANTITIES[s.quantity].contact else 19.5) for s in sensors]
        heard: dict[str, Reading] = {}
        for packet in speak(shown, NOW):
            decoded = decoder.decode(RawMessage(packet.topic, packet.payload, NOW), NOW)
            assert not decoded.rejects, decoded.rejects
            heard |= {reading.sensor: reading for reading in decoded.readings}
        for sensor, value in shown:
            assert heard[sensor.id].value == pytest.approx(value, abs=0.01), sensor.id
            assert heard[sensor.id].quality is Quality.GOOD


def test_an_ordinary_day_raises_no_alarm(demo: Building) -> None:
    """Two days of the simulation, every number every five minutes, contacts at rest."""
    zone = ZoneInfo(demo.timezone)
    start = datetime(2026, 11, 20, tzinfo=zone)
    evaluator = Evaluator(demo.rules, demo.sensors, demo.zones, demo.timezone)
    raised = []
    for minutes in range(0, 2 * 24 * 60, 5):
        now = (start + timedelta(minutes=minutes)).timestamp()
        changes = []
        for sensor in demo.sensors.values():
            value = value_of(sensor, demo.zones[sensor.zone], now, zone)
            if sensor.quantity in {"contact_open", "motion", "vibration"}:
                value = 0.0
            changes += evaluator.observe(Reading(sensor.id, value, now, now), now)
        raised += [(change.rule, change.zone) for change in changes if change.verdict is Verdict.MET]
    # Between two readings five minutes apart the fast probes count as silent; only values matter here.
    assert not [entry for entry in raised if demo.rules[entry[0]].fault is False]


@pytest.mark.parametrize("name", DRILLS)
def test_its_drills_pass(demo: Building, name: str, tmp_path: Path) -> None:
    drill = demo.drills[name]
    hour, minute = (int(part) for part in drill.starts.split(":"))
    start = datetime(2026, 11, 24, hour, minute, tzinfo=ZoneInfo(demo.timezone)).timestamp()
    report = rehearse(demo, drill, tmp_path, start)
    assert report.passed, [line.says.en for line in report.lines if line.met != "in time"]
    assert not report.gate and report.rating == "P"
    assert not [finding.en for finding in report.findings], "the drill itself should be played well"
