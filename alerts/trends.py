"""Slots of the conditions that look at a course of values and not at one: rate, rise, swing, stuck, count.

What they remember is bounded whatever the sampling rate, and is stored with the rule's state from time to
time.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from alerts.rule import Count, Rate, Rise, Stuck, Swing
from alerts.slots import CLEAR, MET, UNKNOWN, Band, Slot, narrowed
from alerts.window import GRAINS, Extreme

if TYPE_CHECKING:
    from alerts.nodes import Leaf
    from alerts.seen import Seen


class RateSlot(Slot):
    """Steepness over ``over_s``, in units per minute.

    The rise above the lowest value of the window, over the whole window: a fast large rise counts as soon as
    it is as large as the limit makes in ``over_s``. Across a gap longer than the window the last value before
    it counts with its own age, so a gap neither hides nor invents steepness.
    """

    __slots__ = ("anchor", "clear_at", "edge", "extreme", "minutes", "over_s", "rising")
    windowed = True
    trailing = True
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

    def band(self) -> Band | None:
        """As wide as the limit allows, about all that the window holds and the newest sample."""
        extreme = self.extreme.held()
        if self.state != CLEAR or extreme is None or self.anchor is None:
            return None
        low, high = min(extreme, self.anchor[1]), max(extreme, self.anchor[1])
        left = (self.edge * self.minutes - (high - low)) / 2.0
        return narrowed(low - left, high + left) if left > 0.0 else None

    def keep(self) -> Any:
        return [self.extreme.dump(), self.anchor]

    def recall(self, kept: Any) -> None:
        self.extreme.load(kept[0])
        self.anchor = (float(kept[1][0]), float(kept[1][1])) if kept[1] else None


class RiseSlot(Slot):
    """Height above everything measured between ``over_s`` and ``lag_s`` ago (or depth below it)."""

    __slots__ = ("clear_at", "edge", "extreme", "grain_s", "lag_s", "over_s", "sign", "waiting")
    windowed = True
    one_value = False

    def __init__(self, leaf: Leaf, seen: Seen, kind: Rise) -> None:
        super().__init__(leaf, seen)
        self.sign = 1.0 if kind.rising else -1.0
        self.edge = self.limit = kind.limit
        self.clear_at = kind.clear_at
        self.lag_s, self.over_s = kind.lag_s, kind.over_s
        self.grain_s = max(kind.lag_s / GRAINS, 0.001)
        self.extreme = Extreme(kind.over_s - kind.lag_s, highest=True)
        self.waiting: deque[tuple[float, float]] = deque()  # too young to be compared with

    def judge(self, value: float, at: float) -> int:
        signed = value * self.sign
        waiting = self.waiting
        while waiting and at - waiting[0][0] >= self.lag_s:
            self.extreme.add(*waiting.popleft())
        reference = self.extreme.after(at - self.over_s)
        if waiting and at - waiting[-1][0] < self.grain_s:
            signed_last = waiting[-1][1]
            waiting[-1] = (waiting[-1][0], max(signed, signed_last))
        else:
            waiting.append((at, signed))
        self.at = at
        if reference is None:
            return UNKNOWN if self.state != MET else MET
        rise = signed - reference
        self.value = rise
        if rise >= self.edge:
            return MET
        if rise < self.clear_at or not self.held:
            return CLEAR
        return MET if self.state != CLEAR else CLEAR

    def keep(self) -> Any:
        return [self.extreme.dump(), list(self.waiting)]

    def recall(self, kept: Any) -> None:
        self.extreme.load(kept[0])
        self.waiting = deque((float(at), float(value)) for at, value in kept[1])


class SwingSlot(Slot):
    """Peak-to-peak of the window. A window that a gap has emptied to under half proves nothing: the verdict
    holds.
    """

    __slots__ = ("highest", "lowest", "over_s", "peak", "since_at")
    windowed = True
    trailing = True
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

    def band(self) -> Band | None:
        """Half of what is left to the limit on either side."""
        low, high = self.lowest.held(), self.highest.held()
        if self.state != CLEAR or low is None or high is None:
            return None
        left = (self.peak - (high - low)) / 2.0
        return narrowed(low - left, high + left) if left > 0.0 else None

    def keep(self) -> Any:
        return [self.lowest.dump(), self.highest.dump(), self.since_at, self.at]

    def recall(self, kept: Any) -> None:
        self.lowest.load(kept[0])
        self.highest.load(kept[1])
        self.since_at = kept[2]
        self.at = float(kept[3])


class StuckSlot(Slot):
    """The very same value again and again, as the sensor's own record counts it: time counts only between samples
    that follow each other.
    """

    __slots__ = ("after_s",)
    moving = True
    one_value = False

    def __init__(self, leaf: Leaf, seen: Seen, kind: Stuck) -> None:
        super().__init__(leaf, seen)
        self.after_s = self.limit = kind.after_s
        seen.course = True

    def judge(self, value: float, at: float) -> int:
        self.value = value
        self.at = at
        return MET if self.seen.same_s >= self.after_s else CLEAR

    def recall(self, kept: Any) -> None:
        """An older store counted here."""
        if kept[0] == self.seen.value:
            self.seen.same_s = max(self.seen.same_s, float(kept[2]))


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

    def band(self) -> Band | None:
        """The value it stands at: without a turn there is nothing to count, and what was counted grows old."""
        return (self.last, self.last) if self.state == CLEAR and self.last is not None else None

    def keep(self) -> Any:
        return [self.last, list(self.turns), self.at]

    def recall(self, kept: Any) -> None:
        self.last, self.at = kept[0], float(kept[2])
        self.turns.extend(float(turn) for turn in kept[1])
