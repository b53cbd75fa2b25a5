"""Freshness by a sensor's own measurements (C3), frozen and unbelievable values, conditions of devices."""

from __future__ import annotations

import msgspec
import pytest

from sensors.freshness import (
    WORDS,
    Condition,
    Freshness,
    Seen,
    condition,
    disagrees,
    freshness,
    next_change_at,
    observe,
)
from sensors.model import Quality, Reading, Sensor, Text

T0 = 1_800_000_000.0
SENSOR = Sensor(
    id="t",
    name=Text("温度", "temperature"),
    zone="z",
    quantity="temperature",
    topic="a",
    dialect="plain",
    every_s=60.0,
    silent_after_s=300.0,
)


def reading(at: float, value: float = 20.0, quality: Quality = Quality.GOOD) -> Reading:
    return Reading("t", value, at, at, quality)


def test_a_sensor_is_fresh_then_late_then_silent_by_its_own_limit() -> None:
    seen = observe(Seen(T0), reading(T0))
    told = [(s, freshness(SENSOR, seen, T0 + s).freshness.value) for s in (0, 120, 121, 300, 301)]
    assert told == [(0, "fresh"), (120, "fresh"), (121, "late"), (300, "late"), (301, "silent")]
    assert freshness(SENSOR, seen, T0 + 301).alarms
    assert not freshness(SENSOR, seen, T0 + 200).alarms


def test_a_sensor_never_seen_alarms_after_the_same_limit() -> None:
    waiting, overdue = (freshness(SENSOR, Seen(T0), T0 + s) for s in (300, 301))
    assert (waiting.freshness, waiting.alarms) == (Freshness.NEVER, False)
    assert (overdue.freshness, overdue.alarms) == (Freshness.NEVER, True)


@pytest.mark.parametrize("quality", [Quality.RETAINED, Quality.HISTORICAL, Quality.LATE, Quality.FUTURE])
def test_only_live_readings_are_new(quality: Quality) -> None:
    seen = observe(Seen(T0), reading(T0))
    assert observe(seen, reading(T0 + 290, quality=quality)) == seen


def test_an_older_reading_does_not_bring_time_back() -> None:
    seen = observe(Seen(T0), reading(T0 + 100))
    assert observe(seen, reading(T0 + 50)) == seen


def test_memory_that_survived_a_restart_keeps_the_silence() -> None:
    seen = msgspec.json.decode(msgspec.json.encode(observe(Seen(T0), reading(T0))), type=Seen)
    assert freshness(SENSOR, seen, T0 + 400).freshness is Freshness.SILENT


def test_an_unbelievable_value_is_a_fault_until_a_good_one_comes() -> None:
    seen = observe(observe(Seen(T0), reading(T0)), reading(T0 + 60, 677, Quality.IMPLAUSIBLE))
    assert freshness(SENSOR, seen, T0 + 61).freshness is Freshness.IMPLAUSIBLE
    seen = observe(seen, reading(T0 + 120))
    assert freshness(SENSOR, seen, T0 + 121).freshness is Freshness.FRESH


def test_a_frozen_number_is_stuck_after_a_day_and_freed_by_a_change() -> None:
    seen = Seen(T0)
    for hour in range(25):
        seen = observe(seen, reading(T0 + hour * 3600, 20.1))
    now = T0 + 24 * 3600
    assert freshness(SENSOR, seen, now).freshness is Freshness.STUCK
    assert freshness(SENSOR, observe(seen, reading(now + 60, 20.2)), now + 60).freshness is Freshness.FRESH


def test_a_contact_may_stand_still_for_ever() -> None:
    door = msgspec.structs.replace(SENSOR, quantity="door")
    seen = Seen(T0)
    for hour in range(50):
        seen = observe(seen, reading(T0 + hour * 3600, 0.0))
    assert freshness(door, seen, T0 + 49 * 3600).freshness is Freshness.FRESH


def test_the_next_change_by_time_is_known() -> None:
    seen = observe(Seen(T0), reading(T0))
    assert next_change_at(SENSOR, seen, T0 + 1) == T0 + 120
    assert next_change_at(SENSOR, seen, T0 + 121) == T0 + 300
    assert next_change_at(SENSOR, seen, T0 + 301) == float("inf")
    assert next_change_at(SENSOR, Seen(T0), T0) == T0 + 300


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("battery", 2.0, Condition.LOW_BATTERY),
        ("battery", 15.0, None),
        ("battery_low", 1.0, Condition.LOW_BATTERY),
        ("tamper", 1.0, Condition.TAMPER),
        ("fault", 1.0, Condition.FAULT),
        ("test", 1.0, Condition.SELF_TEST),
        ("online", 0.0, Condition.OFFLINE),
        ("online", 1.0, None),
        ("smoke", 1.0, None),
    ],
)
def test_what_devices_say_about_themselves(name: str, value: float, expected: Condition | None) -> None:
    assert condition(name, value) is expected


def test_a_value_far_from_its_neighbours_disagrees() -> None:
    assert disagrees("temperature", 28.0, [20.0, 20.5, 19.8])
    assert not disagrees("temperature", 22.0, [20.0, 20.5])
    assert not disagrees("temperature", 28.0, [20.0])
    assert not disagrees("water", 1.0, [0.0, 0.0, 0.0])


def test_every_state_has_words_in_both_languages() -> None:
    for state in (*Freshness, *Condition):
        assert WORDS[state].zh and WORDS[state].en
    seen = observe(Seen(T0), reading(T0))
    assert freshness(SENSOR, seen, T0 + 700).reason == Text(
        "无新测量已 12 分钟", "no new measurement for 12 min"
    )
