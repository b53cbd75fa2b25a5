"""What follows from a sensor's record at a moment: how fresh it is and what is wrong with it, each in its own
words.

Pure in (record, now). Times are Unix seconds UTC. What was never told is unknown (None), never normal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from math import inf
from statistics import median

from msgspec import Struct

from sensors.life import LOW_BATTERY, SPIKES, Record
from sensors.model import Text
from sensors.quantities import quantity

LATE_AFTER_PERIODS = 2.0
"""Periods of its own after which a sensor is late: one message may be lost on the air."""
SELF_TEST_MOST_S = 600.0
"""A self-test holds alarms back for so long at most; a device that goes on saying "test" watches again after it."""
DISAGREEMENT = {"temperature": 4.0, "humidity": 15.0, "surface_temperature": 6.0, "pressure": 1_500.0}
"""Difference from the neighbours' median that good instruments of one room do not show (three times the sum of
usual accuracies: 0.5 °C and 3 %RH, plus the room's own spread)."""
FEWEST_NEIGHBOURS = 2
"""Of two instruments nobody can say which is wrong."""


class Freshness(StrEnum):
    """How far a sensor's last value can stand for now, by its own measurements."""

    FRESH = "fresh"
    LATE = "late"
    SILENT = "silent"
    NEVER = "never"


class Trouble(StrEnum):
    """What can be wrong with a sensor that may still report, or be said of its device."""

    IMPLAUSIBLE = "implausible"
    STUCK = "stuck"
    DISAGREES = "disagrees"
    FAULT = "fault"
    TAMPER = "tamper"
    OFFLINE = "offline"
    LOW_BATTERY = "low_battery"
    SELF_TEST = "self_test"


MEASURED = frozenset((Trouble.IMPLAUSIBLE, Trouble.STUCK, Trouble.DISAGREES))
"""Troubles that follow from measurements; the others are words of a device or of its dialect."""

WORDS: dict[Freshness | Trouble, Text] = {
    Freshness.FRESH: Text("正常", "fresh"),
    Freshness.LATE: Text("迟到", "late"),
    Freshness.SILENT: Text("失联", "silent"),
    Freshness.NEVER: Text("从未上报", "never reported"),
    Trouble.STUCK: Text("数值冻结", "stuck"),
    Trouble.IMPLAUSIBLE: Text("数值不可信", "implausible"),
    Trouble.OFFLINE: Text("设备离线", "device offline"),
    Trouble.LOW_BATTERY: Text("电量低", "low battery"),
    Trouble.TAMPER: Text("被拆动", "tampered with"),
    Trouble.FAULT: Text("设备故障", "device fault"),
    Trouble.SELF_TEST: Text("自检中", "self-test"),
    Trouble.DISAGREES: Text("与邻近传感器不一致", "disagrees with its neighbours"),
}


class State(Struct, frozen=True):
    """How a sensor is doing at one moment.

    ``since`` is when its freshness became so; ``troubles`` in the order of ``Trouble``; ``reason`` in words.
    """

    freshness: Freshness
    since: float
    troubles: tuple[Trouble, ...]
    reason: Text

    @property
    def name(self) -> str:
        """The one word for a small place: no word from it, then values not to be trusted, then freshness."""
        if self.freshness in (Freshness.SILENT, Freshness.NEVER):
            return self.freshness.value
        for trouble in (Trouble.IMPLAUSIBLE, Trouble.STUCK):
            if trouble in self.troubles:
                return trouble.value
        return self.freshness.value


def state(record: Record, now: float, neighbours: Iterable[Record] = ()) -> State:
    """The state of a sensor at ``now``; ``neighbours`` measure the same quantity in the same zone."""
    fresh, since = freshness(record, now)
    found = [trouble for trouble, stands in _STANDS.items() if stands(record, now)]
    if disagrees(record, neighbours):
        found.append(Trouble.DISAGREES)
        found.sort(key=_ORDER.__getitem__)
    if not found:
        return State(fresh, since, (), _freshness_words(record, fresh, now))
    words = [] if fresh is Freshness.FRESH else [_freshness_words(record, fresh, now)]
    words += [WORDS[trouble] for trouble in found]
    reason = Text("；".join(one.zh for one in words), "; ".join(one.en for one in words))
    return State(fresh, since, tuple(found), reason)


def freshness(record: Record, now: float) -> tuple[Freshness, float]:
    """How fresh, and since when, by the sensor's own live measurements alone."""
    seen_at = record.seen_at
    if seen_at == -inf:
        return Freshness.NEVER, record.known_at
    if now - seen_at > record.limit_s:
        return Freshness.SILENT, seen_at + record.limit_s
    late_at = late_from(record)
    if now > late_at:
        return Freshness.LATE, late_at
    return Freshness.FRESH, seen_at


def late_from(record: Record) -> float:
    """From when on the sensor is late, if nothing comes."""
    return max(record.seen_at, record.known_at) + LATE_AFTER_PERIODS * record.sensor.every_s


def has(record: Record, trouble: Trouble, now: float) -> bool | None:
    """Whether a trouble stands; None where nothing was ever said of it. Disagreement is :func:`disagrees`."""
    return _STANDS[trouble](record, now)


def spiky(record: Record) -> bool:
    """Whether values leaped and returned too often within the last day of measurements."""
    return len(record.spikes) >= SPIKES


def low_battery(record: Record) -> bool | None:
    """The device's own word, else its level with a deadband; None where neither was told."""
    word, level = record.told.get("battery_low"), record.told.get("battery")
    if word is not None:
        return word.value == 1.0
    return None if level is None else level.value < LOW_BATTERY


def testing(record: Record, now: float) -> bool | None:
    """Whether the device tests itself; a test ends by its word or after ``SELF_TEST_MOST_S``."""
    told = record.told.get("test")
    return None if told is None else told.value == 1.0 and now < told.since + SELF_TEST_MOST_S


def disagrees(record: Record, neighbours: Iterable[Record]) -> bool | None:
    """Whether the value stands apart from its neighbours' median by more than ``DISAGREEMENT``.

    Only neighbours whose own value can be believed are asked; None where fewer than two are left, or nothing is
    known of the sensor itself.
    """
    known = quantity(record.sensor.quantity)
    limit = DISAGREEMENT.get(known.id if known else "")
    if limit is None or record.value is None or not believable(record):
        return None
    return apart(record.value, [one.value for one in neighbours if believable(one)], limit)


def apart(value: float, neighbours: Sequence[float | None], limit: float) -> bool | None:
    """Whether a value lies further than ``limit`` from the median of at least two neighbours, None with fewer."""
    known = [one for one in neighbours if one is not None]
    return None if len(known) < FEWEST_NEIGHBOURS else abs(value - median(known)) > limit


def believable(record: Record) -> bool:
    """Whether the last value can stand for now: measured, not noted as silent, not frozen, not impossible."""
    return not (record.value is None or record.silent or record.stuck or record.implausible_at)


def _implausible(record: Record, _now: float) -> bool:
    return record.implausible_at > 0.0 or spiky(record)


def _stuck(record: Record, _now: float) -> bool:
    return record.stuck


def _told(word: str) -> Callable[[Record, float], bool | None]:
    def stands(record: Record, _now: float) -> bool | None:
        told = record.told.get(word)
        return None if told is None else told.value == 1.0

    return stands


def _offline(record: Record, _now: float) -> bool | None:
    return any(not word.online for word in record.words.values()) if record.words else None


def _low_battery(record: Record, _now: float) -> bool | None:
    return low_battery(record)


_STANDS: dict[Trouble, Callable[[Record, float], bool | None]] = {
    Trouble.IMPLAUSIBLE: _implausible,
    Trouble.STUCK: _stuck,
    Trouble.FAULT: _told("fault"),
    Trouble.TAMPER: _told("tamper"),
    Trouble.OFFLINE: _offline,
    Trouble.LOW_BATTERY: _low_battery,
    Trouble.SELF_TEST: testing,
}
_ORDER = {trouble: place for place, trouble in enumerate(Trouble)}


def _freshness_words(record: Record, fresh: Freshness, now: float) -> Text:
    if fresh is Freshness.NEVER:
        return _ago("从未上报，已等待", "never reported, waited", now - record.known_at)
    if fresh is Freshness.SILENT:
        return _ago("无新测量已", "no new measurement for", now - record.seen_at)
    if fresh is Freshness.LATE:
        return _ago("最近一次测量在", "last measured", now - record.seen_at, past=True)
    return WORDS[fresh]


def _ago(zh: str, en: str, seconds: float, *, past: bool = False) -> Text:
    if seconds < 120:
        shown_zh, shown_en = f"{seconds:.0f} 秒", f"{seconds:.0f} s"
    elif seconds < 7_200:
        shown_zh, shown_en = f"{seconds / 60:.0f} 分钟", f"{seconds / 60:.0f} min"
    elif seconds < 172_800:
        shown_zh, shown_en = f"{seconds / 3_600:.0f} 小时", f"{seconds / 3_600:.0f} h"
    else:
        shown_zh, shown_en = f"{seconds / 86_400:.0f} 天", f"{seconds / 86_400:.0f} days"
    if past:
        return Text(f"{zh} {shown_zh}前", f"{en} {shown_en} ago")
    return Text(f"{zh} {shown_zh}", f"{en} {shown_en}")
