"""How fresh a sensor is, judged by its own measurements, and what its device says about itself.

Freshness and life are separate facts: a living session does not prove a living probe, and a sleeping battery unit
is offline between its reports. Retained, stored, late and future readings are not new (C3, C12). A sensor that was
never seen grows silent by the same limit, counted from when it was registered or the watch began.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from math import inf
from statistics import median

import msgspec
from msgspec import Struct

from sensors.model import Quality, Reading, Sensor, Text
from sensors.quantities import quantity

STUCK_AFTER_S = 86_400.0
"""A measured number that stays exactly the same for a day is a frozen sensor: real rooms move by more than one
step of resolution with day and night."""
STUCK_COUNT = 24
"""... provided it was measured often enough for the sameness to mean something."""
LATE_AFTER_PERIODS = 2.0
"""Periods of its own after which a sensor is late: one message may be lost on the air."""
LOW_BATTERY = 15.0
"""Per cent below which a battery is called low where the device does not say so itself."""
DISAGREEMENT = {"temperature": 4.0, "humidity": 15.0, "surface_temperature": 6.0, "pressure": 1_500.0}
"""Difference from the neighbours' median that good instruments of one room do not show (three times the sum of
usual accuracies: 0.5 °C and 3 %RH, plus the room's own spread)."""
_FEWEST_NEIGHBOURS = 2


class Freshness(StrEnum):
    """How far a sensor's last value can stand for now."""

    FRESH = "fresh"
    LATE = "late"
    SILENT = "silent"
    NEVER = "never"
    STUCK = "stuck"
    IMPLAUSIBLE = "implausible"


class Condition(StrEnum):
    """What a device says about itself, beside what it measures."""

    OFFLINE = "offline"
    LOW_BATTERY = "low_battery"
    TAMPER = "tamper"
    FAULT = "fault"
    SELF_TEST = "self_test"
    DISAGREES = "disagrees"


WORDS: dict[Freshness | Condition, Text] = {
    Freshness.FRESH: Text("正常", "fresh"),
    Freshness.LATE: Text("迟到", "late"),
    Freshness.SILENT: Text("失联", "silent"),
    Freshness.NEVER: Text("从未上报", "never reported"),
    Freshness.STUCK: Text("数值冻结", "stuck"),
    Freshness.IMPLAUSIBLE: Text("数值不可信", "implausible"),
    Condition.OFFLINE: Text("设备离线", "device offline"),
    Condition.LOW_BATTERY: Text("电量低", "low battery"),
    Condition.TAMPER: Text("被拆动", "tampered with"),
    Condition.FAULT: Text("设备故障", "device fault"),
    Condition.SELF_TEST: Text("自检中", "self-test"),
    Condition.DISAGREES: Text("与邻近传感器不一致", "disagrees with its neighbours"),
}


class Seen(Struct, frozen=True):
    """What is remembered of one sensor. ``since`` is when it was registered or first watched; it must survive
    restarts together with the rest, or a restart would hide a silence."""

    since: float
    measured_at: float | None = None  # of the newest live reading
    value: float = 0.0
    same_since: float = 0.0  # measured time since which the value has not changed
    same_count: int = 0
    implausible_at: float | None = None


class State(Struct, frozen=True):
    """The freshness of a sensor at one moment. ``since`` is when it became so; ``alarms`` whether it calls for a
    person (silent, never heard beyond its limit, stuck, implausible)."""

    freshness: Freshness
    since: float
    alarms: bool
    reason: Text


def observe(seen: Seen, reading: Reading) -> Seen:
    """The memory after a reading. Only good readings prove life; an implausible one is noted, others change
    nothing."""
    if reading.quality is Quality.IMPLAUSIBLE:
        at = reading.measured_at
        return msgspec.structs.replace(seen, implausible_at=max(at, seen.implausible_at or at))
    if reading.quality is not Quality.GOOD:
        return seen
    if seen.measured_at is not None and reading.measured_at <= seen.measured_at:
        return seen
    same = seen.measured_at is not None and reading.value == seen.value
    return Seen(
        since=seen.since,
        measured_at=reading.measured_at,
        value=reading.value,
        same_since=seen.same_since if same else reading.measured_at,
        same_count=seen.same_count + 1 if same else 1,
        implausible_at=seen.implausible_at,
    )


def freshness(sensor: Sensor, seen: Seen, now: float) -> State:
    """The state of a sensor at ``now`` (Unix seconds)."""
    if seen.measured_at is None:
        overdue = now - seen.since > sensor.silent_after_s
        if seen.implausible_at is not None and now - seen.implausible_at <= sensor.silent_after_s:
            return _implausible(seen.implausible_at)
        return State(
            Freshness.NEVER,
            seen.since,
            overdue,
            _ago("从未上报，已等待", "never reported, waited", now - seen.since),
        )
    age = now - seen.measured_at
    if (
        seen.implausible_at is not None
        and seen.implausible_at > seen.measured_at
        and (now - seen.implausible_at <= sensor.silent_after_s)
    ):
        return _implausible(seen.implausible_at)
    if age > sensor.silent_after_s:
        return State(
            Freshness.SILENT, seen.measured_at, True, _ago("无新测量已", "no new measurement for", age)
        )
    late_after = LATE_AFTER_PERIODS * sensor.every_s
    if age > late_after:
        return State(
            Freshness.LATE,
            seen.measured_at + late_after,
            False,
            _ago("最近一次测量在", "last measured", age, True),
        )
    if is_stuck(sensor, seen):
        same = seen.measured_at - seen.same_since
        return State(
            Freshness.STUCK, seen.same_since, True, _ago("数值完全不变已", "exactly the same value for", same)
        )
    return State(Freshness.FRESH, seen.measured_at, False, WORDS[Freshness.FRESH])


def is_stuck(sensor: Sensor, seen: Seen) -> bool:
    """Whether a number has stood exactly still for too long. Contacts and bounded numbers at their end (0 lx at
    night, 100 %RH, 100 % battery) may."""
    known = quantity(sensor.quantity)
    if known is None or known.contact or seen.measured_at is None:
        return False
    if known.id in ("battery", "battery_voltage", "illuminance") or seen.value in (
        known.low,
        known.high,
        0.0,
    ):
        return False
    return seen.same_count >= STUCK_COUNT and seen.measured_at - seen.same_since >= STUCK_AFTER_S


def next_change_at(sensor: Sensor, seen: Seen, now: float) -> float:
    """When the state may next change by time alone; infinity where only a reading can change it."""
    if seen.measured_at is None:
        marks = [seen.since + sensor.silent_after_s]
    else:
        marks = [
            seen.measured_at + LATE_AFTER_PERIODS * sensor.every_s,
            seen.measured_at + sensor.silent_after_s,
        ]
    if seen.implausible_at is not None:
        marks.append(seen.implausible_at + sensor.silent_after_s)
    return min((mark for mark in marks if mark >= now), default=inf)


def condition(name: str, value: float) -> Condition | None:
    """What a reading of a device quantity means as a condition, None where it means nothing special."""
    known = quantity(name)
    told = known.id if known else name
    if told == "battery":
        return Condition.LOW_BATTERY if value < LOW_BATTERY else None
    found = _CONDITIONS.get(told)
    if found is None:
        return None
    alarming, meant = found
    return meant if value == alarming else None


_CONDITIONS: dict[str, tuple[float, Condition]] = {
    "battery_low": (1.0, Condition.LOW_BATTERY),
    "tamper": (1.0, Condition.TAMPER),
    "fault": (1.0, Condition.FAULT),
    "test": (1.0, Condition.SELF_TEST),
    "online": (0.0, Condition.OFFLINE),
}


def disagrees(name: str, value: float, neighbours: Sequence[float]) -> bool:
    """Whether a value stands apart from its neighbours' median by more than good instruments do.

    Needs two neighbours at least: of two instruments nobody can say which is wrong.
    """
    known = quantity(name)
    limit = DISAGREEMENT.get(known.id if known else name)
    if limit is None or len(neighbours) < _FEWEST_NEIGHBOURS:
        return False
    return abs(value - median(neighbours)) > limit


def _implausible(at: float) -> State:
    return State(Freshness.IMPLAUSIBLE, at, True, WORDS[Freshness.IMPLAUSIBLE])


def _ago(zh: str, en: str, seconds: float, past: bool = False) -> Text:
    if seconds < 120:
        shown_zh, shown_en = f"{seconds:.0f} 秒", f"{seconds:.0f} s"
    elif seconds < 7_200:
        shown_zh, shown_en = f"{seconds / 60:.0f} 分钟", f"{seconds / 60:.0f} min"
    elif seconds < 172_800:
        shown_zh, shown_en = f"{seconds / 3_600:.0f} 小时", f"{seconds / 3_600:.0f} h"
    else:
        shown_zh, shown_en = f"{seconds / 86_400:.0f} 天", f"{seconds / 86_400:.0f} days"
    return (
        Text(f"{zh} {shown_zh}前", f"{en} {shown_en} ago")
        if past
        else Text(f"{zh} {shown_zh}", f"{en} {shown_en}")
    )
