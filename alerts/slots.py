"""One leaf condition held against one sensor: the innermost, fastest part of the evaluation.

A slot keeps what its kind of condition needs to judge the next sample (bounded, whatever the sampling rate)
and the verdict of the last one. ``judge`` returns UNKNOWN, CLEAR or MET; it never reads a clock: ``at`` is
the time of measurement, Unix seconds UTC.
"""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import TYPE_CHECKING, Any

from alerts.rule import (
    Condition,
    Contact,
    Count,
    Disagree,
    Distance,
    Implausible,
    Rate,
    Silent,
    Stuck,
    Swing,
    Threshold,
)
from alerts.window import Extreme

if TYPE_CHECKING:
    from alerts.nodes import Leaf
    from alerts.seen import Seen

UNKNOWN, CLEAR, MET = 0, 1, 2


class Slot:
    """What every kind of slot shares.

    ``held``: it was met since the alarm stands (or is met now), so its silence must not let the alarm go.
    ``left_at``: when it last stopped being met, for votes with a window. ``unverified``: its verdict rests on
    a retained message only.
    """

    __slots__ = ("at", "held", "leaf", "left_at", "limit", "seen", "state", "unverified", "value")

    by_clock = False  # turned by silence, not by samples
    windowed = False  # changes with every sample: stored from time to time
    one_value = True  # a single (also a retained) value is enough to judge

    def __init__(self, leaf: Leaf, seen: Seen) -> None:
        self.leaf = leaf
        self.seen = seen
        self.state = UNKNOWN
        self.held = False
        self.value: float | None = None
        self.at = 0.0
        self.limit: float | None = None
        self.left_at = -1.0
        self.unverified = False

    def judge(self, value: float, at: float) -> int:  # noqa: ARG002 - the common form
        """The verdict after this sample."""
        raise AssertionError("every kind of slot judges for itself")

    def keep(self) -> Any:
        """What must survive a restart beside the verdict; JSON-like."""
        return None

    def recall(self, kept: Any) -> None:
        """Take back what :meth:`keep` gave."""


class AboveSlot(Slot):
    """Met above ``limit``, clear below ``clear_at`` (or at it, where both are the same)."""

    __slots__ = ("clear_at", "edge")

    def __init__(self, leaf: Leaf, seen: Seen, limit: float, clear_at: float) -> None:
        super().__init__(leaf, seen)
        self.edge = self.limit = limit
        self.clear_at = clear_at

    def judge(self, value: float, at: float) -> int:
        self.value = value
        self.at = at
        if value > self.edge:
            return MET
        if value < self.clear_at or value == self.edge == self.clear_at or not self.held:
            return CLEAR
        return MET if self.state != CLEAR else CLEAR


class BelowSlot(Slot):
    """Met below ``limit``, clear above ``clear_at`` (or at it, where both are the same)."""

    __slots__ = ("clear_at", "edge")

    def __init__(self, leaf: Leaf, seen: Seen, limit: float, clear_at: float) -> None:
        super().__init__(leaf, seen)
        self.edge = self.limit = limit
        self.clear_at = clear_at

    def judge(self, value: float, at: float) -> int:
        self.value = value
        self.at = at
        if value < self.edge:
            return MET
        if value > self.clear_at or value == self.edge == self.clear_at or not self.held:
            return CLEAR
        return MET if self.state != CLEAR else CLEAR


class ContactSlot(Slot):
    """Met while the contact stands at ``is_``."""

    __slots__ = ("is_",)

    def __init__(self, leaf: Leaf, seen: Seen, is_: float) -> None:
        super().__init__(leaf, seen)
        self.is_ = self.limit = is_

    def judge(self, value: float, at: float) -> int:
        self.value = value
        self.at = at
        return MET if value == self.is_ else CLEAR


class RateSlot(Slot):
    """Steepness over ``over_s``, in units per minute.

    The rise above the lowest value of the window, over the whole window: a fast large rise counts as soon as
    it is as large as the limit makes in ``over_s``. Across a gap longer than the window the last value before
    it counts with its own age, so a gap neither hides nor invents steepness.
    """

    __slots__ = ("anchor", "clear_at", "edge", "extreme", "minutes", "over_s", "rising")
    windowed = True
    one_value = False

    def __init__(self, leaf: Leaf, seen: Seen, kind: Rate) -> None:
        super().__init__(leaf, seen)
        self.rising = kind.rising
        self.over_s = kind.over_s
        self.minutes = kind.over_s / 60.0
        self.edge = self.limit = kind.limit
        self.clear_at = kind.clear_at
        self.extreme = Extreme(kind.over_s, highest=not kind.rising)
        self.anchor: tuple[float, float] | None = None  # the sample before this one

    def judge(self, value: float, at: float) -> int:
        extreme = self.extreme.add(at, value)
        change = value - extreme if self.rising else extreme - value
        rate = change / self.minutes
        if self.anchor is not None and at - self.anchor[0] > self.over_s:
            across = value - self.anchor[1] if self.rising else self.anchor[1] - value
            rate = max(rate, across / (at - self.anchor[0]) * 60.0)
        self.anchor = (at, value)
        self.value = rate
        self.at = at
        if rate >= self.edge:
            return MET
        if rate < self.clear_at or not self.held:
            return CLEAR
        return MET if self.state != CLEAR else CLEAR

    def keep(self) -> Any:
        return [self.extreme.dump(), self.anchor]

    def recall(self, kept: Any) -> None:
        self.extreme.load(kept[0])
        self.anchor = (float(kept[1][0]), float(kept[1][1])) if kept[1] else None


class SwingSlot(Slot):
    """Peak-to-peak of the window. A window that a gap has emptied to under half proves nothing: the verdict
    holds.
    """

    __slots__ = ("highest", "lowest", "over_s", "peak", "since_at")
    windowed = True
    one_value = False

    def __init__(self, leaf: Leaf, seen: Seen, kind: Swing) -> None:
        super().__init__(leaf, seen)
        self.over_s = kind.over_s
        self.peak = self.limit = kind.limit
        self.lowest = Extreme(kind.over_s, highest=False)
        self.highest = Extreme(kind.over_s, highest=True)
        self.since_at: float | None = None  # from here on without a gap of half a window

    def judge(self, value: float, at: float) -> int:
        if self.since_at is None or at - self.at > self.over_s / 2:
            self.since_at = at
        self.at = at
        swing = self.highest.add(at, value) - self.lowest.add(at, value)
        self.value = swing
        if swing > self.peak:
            return MET
        if self.held and self.state != CLEAR and at - self.since_at < self.over_s / 2:
            return MET if self.state == MET else UNKNOWN
        return CLEAR

    def keep(self) -> Any:
        return [self.lowest.dump(), self.highest.dump(), self.since_at, self.at]

    def recall(self, kept: Any) -> None:
        self.lowest.load(kept[0])
        self.highest.load(kept[1])
        self.since_at = kept[2]
        self.at = float(kept[3])


class DistanceSlot(Slot):
    """Met further than ``limit`` from the set point."""

    __slots__ = ("edge", "set_point")

    def __init__(self, leaf: Leaf, seen: Seen, kind: Distance) -> None:
        super().__init__(leaf, seen)
        self.edge = self.limit = kind.limit
        self.set_point = kind.set_point

    def judge(self, value: float, at: float) -> int:
        self.value = value
        self.at = at
        return MET if abs(value - self.set_point) > self.edge else CLEAR


class SilentSlot(Slot):
    """Clear with every new measurement; the evaluator turns it when the limit has passed without one."""

    __slots__ = ("after_s",)
    by_clock = True

    def __init__(self, leaf: Leaf, seen: Seen, after_s: float) -> None:
        super().__init__(leaf, seen)
        self.after_s = self.limit = after_s

    def judge(self, value: float, at: float) -> int:
        self.value = value
        self.at = at
        return CLEAR


class StuckSlot(Slot):
    """The very same value again and again; time counts only between samples that follow each other."""

    __slots__ = ("after_s", "same_s")
    windowed = True
    one_value = False

    def __init__(self, leaf: Leaf, seen: Seen, kind: Stuck) -> None:
        super().__init__(leaf, seen)
        self.after_s = self.limit = kind.after_s
        self.same_s = 0.0

    def judge(self, value: float, at: float) -> int:
        if value != self.value:
            self.same_s = 0.0
        elif 0.0 < at - self.at <= self.seen.gap_s:
            self.same_s += at - self.at
        self.value = value
        self.at = at
        return MET if self.same_s >= self.after_s else CLEAR

    def keep(self) -> Any:
        return [self.value, self.at, self.same_s]

    def recall(self, kept: Any) -> None:
        self.value, self.at, self.same_s = kept[0], float(kept[1]), float(kept[2])


class ImplausibleSlot(Slot):
    """Clear with every believable value; the evaluator turns it on one the quantity cannot have."""

    __slots__ = ()
    one_value = False

    def judge(self, value: float, at: float) -> int:
        self.value = value
        self.at = at
        return CLEAR


class DisagreeSlot(Slot):
    """Far from the median of its neighbours."""

    __slots__ = ("edge", "others")

    def __init__(self, leaf: Leaf, seen: Seen, kind: Disagree) -> None:
        super().__init__(leaf, seen)
        self.edge = self.limit = kind.limit
        self.others: list[Seen] = []

    def judge(self, value: float, at: float) -> int:
        self.value = value
        self.at = at
        fresh = [other.value for other in self.others if other.value is not None and not other.silent]
        if len(fresh) < 2:
            return UNKNOWN
        return MET if abs(value - median(fresh)) > self.edge else CLEAR


class CountSlot(Slot):
    """Turns to ``is_`` counted within a time; remembers only as many turns as decide."""

    __slots__ = ("at_least", "is_", "last", "turns", "within_s")
    windowed = True
    one_value = False

    def __init__(self, leaf: Leaf, seen: Seen, kind: Count) -> None:
        super().__init__(leaf, seen)
        self.is_ = kind.is_
        self.at_least = kind.at_least
        self.limit = float(kind.at_least)
        self.within_s = kind.within_s
        self.last: float | None = None
        self.turns: deque[float] = deque(maxlen=kind.at_least)

    def judge(self, value: float, at: float) -> int:
        if value == self.is_ and self.last is not None and self.last != self.is_:
            self.turns.append(at)
        self.last = value
        self.at = at
        recent = sum(1 for turn in self.turns if at - turn <= self.within_s)
        self.value = float(recent)
        return MET if recent >= self.at_least else CLEAR

    def keep(self) -> Any:
        return [self.last, list(self.turns), self.at]

    def recall(self, kept: Any) -> None:
        self.last, self.at = kept[0], float(kept[2])
        self.turns.extend(float(turn) for turn in kept[1])


def slot_for(kind: Condition, leaf: Leaf, seen: Seen) -> Slot:
    """The slot of a leaf condition for one sensor; TypeError for a composite."""
    match kind:
        case Threshold():
            side = AboveSlot if kind.above else BelowSlot
            return side(leaf, seen, kind.limit, kind.clear_at)
        case Contact():
            return ContactSlot(leaf, seen, kind.is_)
        case Rate():
            return RateSlot(leaf, seen, kind)
        case Swing():
            return SwingSlot(leaf, seen, kind)
        case Distance():
            return DistanceSlot(leaf, seen, kind)
        case Silent():
            return SilentSlot(leaf, seen, kind.after_s or seen.sensor.silent_after_s)
        case Stuck():
            return StuckSlot(leaf, seen, kind)
        case Implausible():
            return ImplausibleSlot(leaf, seen)
        case Disagree():
            return DisagreeSlot(leaf, seen, kind)
        case Count():
            return CountSlot(leaf, seen, kind)
        case _:
            raise TypeError(f"{type(kind).__name__} is made of other conditions; it has no slot")
