"""A simulated day is believable, repeatable, and the stories show where and when they should."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from sensors.model import Sensor, Text, Zone
from sensors.quantities import QUANTITIES
from sensors.simulate import STORIES, Story, stage, value_of

HERE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=HERE).timestamp()  # a Wednesday
NIGHT = datetime(2026, 3, 4, 2, 0, tzinfo=HERE).timestamp()
STACK = Zone(id="s1", name=Text("库", "Stack"), kind="stack", floor="1F")
OTHER = Zone(id="o1", name=Text("办", "Office"), kind="office", floor="1F")


def sensor(quantity: str, zone: str = "s1", number: int = 1) -> Sensor:
    return Sensor(
        id=f"{zone}-{quantity}-{number}",
        name=Text("测", "probe"),
        zone=zone,
        quantity=quantity,
        topic=f"t/{zone}/{quantity}/{number}",
        dialect="json",
    )


@pytest.mark.parametrize("quantity", sorted(QUANTITIES))
@pytest.mark.parametrize("zone", [STACK, OTHER])
def test_every_quantity_stays_believable_all_week(quantity: str, zone: Zone) -> None:
    probe = sensor(quantity, zone.id)
    values = [value_of(probe, zone, NOON + hour * 3600, HERE) for hour in range(0, 168, 3)]
    assert all(QUANTITIES[quantity].believable(value) for value in values), values
    if QUANTITIES[quantity].contact:
        assert set(values) <= {0.0, 1.0}


def test_an_ordinary_week_closes_no_alarm_contact() -> None:
    for quantity in ("smoke", "water_leak", "door_forced", "gas_release", "fire", "tamper", "intrusion"):
        probe = sensor(quantity)
        assert not any(value_of(probe, STACK, NOON + m * 60, HERE) for m in range(0, 7 * 1440, 7))
    for quantity in ("mains", "online"):
        assert value_of(sensor(quantity), STACK, NIGHT, HERE) == 1.0


def test_a_stack_keeps_the_archive_band() -> None:
    for number in range(20):
        for hour in range(48):
            at = NOON + hour * 3600
            assert 14 <= value_of(sensor("temperature", number=number), STACK, at, HERE) <= 24
            assert 45 <= value_of(sensor("humidity", number=number), STACK, at, HERE) <= 60


def test_the_same_moment_gives_the_same_value_and_two_probes_differ() -> None:
    one, two = sensor("temperature", number=1), sensor("temperature", number=2)
    assert value_of(one, STACK, NOON, HERE) == value_of(one, STACK, NOON, HERE)
    assert [value_of(one, STACK, NOON + h * 3600, HERE) for h in range(9)] != [
        value_of(two, STACK, NOON + h * 3600, HERE) for h in range(9)
    ]


def test_values_move_as_rooms_do() -> None:
    probe = sensor("temperature")
    values = [value_of(probe, STACK, NOON + s, HERE) for s in range(0, 86400, 60)]
    assert len(set(values)) > 5, "a frozen value is a fault"
    assert max(abs(a - b) for a, b in pairwise(values)) <= 0.5


def test_doors_move_in_working_hours_only() -> None:
    door = sensor("contact_open", "o1")
    day = [value_of(door, OTHER, NOON + m * 60, HERE) for m in range(300)]
    night = [value_of(door, OTHER, NIGHT + m * 60, HERE) for m in range(300)]
    assert {0.0, 1.0} == set(day)
    assert set(night) == {0.0}


@pytest.mark.parametrize(
    ("kind", "quantity", "within_s", "least"),
    [
        ("water", "water_leak", 12, 1.0),
        ("water", "humidity", 300, 62.0),
        ("fire", "smoke", 16, 1.0),
        ("fire", "temperature", 60, 57.0),
        ("intrusion", "motion", 15, 1.0),
        ("intrusion", "door_forced", 12, 1.0),
        ("climate", "humidity", 15, 76.0),
        ("climate", "temperature", 300, 22.0),
    ],
)
def test_a_story_shows_within_seconds(kind: str, quantity: str, within_s: float, least: float) -> None:
    story = Story(id="x", kind=kind, zone="s1", began_at=NIGHT)  # type: ignore[arg-type]
    probe = sensor(quantity)
    before = value_of(probe, STACK, NIGHT - 1, HERE, [story])
    assert before < least
    assert value_of(probe, STACK, NIGHT + within_s, HERE, [story]) >= least
    after = NIGHT + story.lasts_s * 2 + 1
    assert value_of(probe, STACK, after, HERE, [story]) == value_of(probe, STACK, after, HERE)


@pytest.mark.parametrize("kind", STORIES)
def test_a_story_stays_in_its_zone_and_within_the_believable(kind: str) -> None:
    story = Story(id="x", kind=kind, zone="s1", began_at=NIGHT)  # type: ignore[arg-type]
    for quantity, known in QUANTITIES.items():
        for second in range(0, 1200, 60):
            at = NIGHT + second
            assert known.believable(value_of(sensor(quantity), STACK, at, HERE, [story]))
            outside = sensor(quantity, "o1")
            assert value_of(outside, OTHER, at, HERE, [story]) == value_of(outside, OTHER, at, HERE)


def test_the_stage_is_a_stack_that_can_show_it() -> None:
    zones = {"s1": STACK, "o1": OTHER}
    water = [sensor("water_leak", "o1"), sensor("water_leak", "s1"), sensor("humidity", "o1")]
    assert stage("water", zones, water) == "s1"
    assert stage("water", zones, [sensor("water_leak", "o1")]) == "o1"
    assert stage("fire", zones, water) is None
    intruder = [sensor("motion", "s1"), sensor("glass_break", "o1")]
    assert stage("intrusion", zones, intruder) == "o1", "a sign that means trouble at any hour goes first"
    assert stage("climate", zones, [sensor("temperature", "s1")]) is None
