"""One leaf condition held against one sensor: the innermost, fastest part of the evaluation.

A slot keeps what its kind of condition needs to judge the next sample (bounded, whatever the sampling rate)
and the verdict of the last one. ``judge`` returns UNKNOWN, CLEAR or MET; it never reads a clock: ``at`` is
the time of measurement, Unix seconds UTC.
"""

from __future__ import annotations

from math import inf, nextafter
from typing import TYPE_CHECKING, Any

from alerts.rule import Disagree, Distance, Implausible, Troubled
from sensors.state import FEWEST_NEIGHBOURS, MEASURED, apart, believable, has

if TYPE_CHECKING:
    from alerts.nodes import Leaf
    from alerts.seen import Seen

UNKNOWN, CLEAR, MET = 0, 1, 2
Band = tuple[float, float]
ANYTHING: Band = (-inf, inf)


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
    trailing = False  # takes in samples it was not shown at once, in their order
    moving = False  # what it cannot tell from the value cannot turn it while the value moves

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

    def past_limit(self) -> bool:
        """Whether its last value itself is past the limit, not merely not back below where it clears."""
        return self.value is None or self.limit is None or self.value >= self.limit

    def band(self) -> Band | None:
        """The values, both ends included, that leave its verdict as it is, whenever they are measured; None where that
        cannot be said beforehand. It may be narrower than the truth, never wider.
        """
        return None

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

    def band(self) -> Band | None:
        if self.state == CLEAR:
            return -inf, self.edge
        return (nextafter(self.edge, inf), inf) if self.state == MET else None


class BelowSlot(Slot):
    """Met below ``limit``, clear above ``clear_at`` (or at it, where both are the same)."""

    __slots__ = ("clear_at", "edge")

    def __init__(self, leaf: Leaf, seen: Seen, limit: float, clear_at: float) -> None:
        super().__init__(leaf, seen)
        self.edge = self.limit = limit
        self.clear_at = clear_at

    def past_limit(self) -> bool:
        """As every slot, the other way round."""
        return self.value is None or self.value <= self.edge

    def judge(self, value: float, at: float) -> int:
        self.value = value
        self.at = at
        if value < self.edge:
            return MET
        if value > self.clear_at or value == self.edge == self.clear_at or not self.held:
            return CLEAR
        return MET if self.state != CLEAR else CLEAR

    def band(self) -> Band | None:
        if self.state == CLEAR:
            return self.edge, inf
        return (-inf, nextafter(self.edge, -inf)) if self.state == MET else None


class ContactSlot(Slot):
    """Met while the contact stands at ``is_``."""

    __slots__ = ("is_",)

    def __init__(self, leaf: Leaf, seen: Seen, is_: float) -> None:
        super().__init__(leaf, seen)
        self.is_ = self.limit = is_

    def past_limit(self) -> bool:
        """A contact stands where it stands."""
        return True

    def judge(self, value: float, at: float) -> int:
        self.value = value
        self.at = at
        return MET if value == self.is_ else CLEAR

    def band(self) -> Band | None:
        if self.state == MET:
            return self.is_, self.is_
        if self.state == UNKNOWN or self.value is None:
            return None
        return (-inf, nextafter(self.is_, -inf)) if self.value < self.is_ else (nextafter(self.is_, inf), inf)


class DistanceSlot(Slot):
    """Met further than ``limit`` from the set point."""

    __slots__ = ("edge", "set_point")

    def __init__(self, leaf: Leaf, seen: Seen, kind: Distance) -> None:
        super().__init__(leaf, seen)
        self.edge = self.limit = kind.limit
        self.set_point = kind.set_point

    def past_limit(self) -> bool:
        """The limit is a distance: it clears where it was met."""
        return True

    def judge(self, value: float, at: float) -> int:
        self.value = value
        self.at = at
        return MET if abs(value - self.set_point) > self.edge else CLEAR

    def band(self) -> Band | None:
        return (
            narrowed(self.set_point - self.edge, self.set_point + self.edge) if self.state == CLEAR else None
        )


class SilentSlot(Slot):
    """Clear with every new measurement; the evaluator turns it when the limit has passed without one."""

    __slots__ = ("after_s",)
    by_clock = True

    def __init__(self, leaf: Leaf, seen: Seen, after_s: float | None) -> None:
        super().__init__(leaf, seen)
        self.after_s = after_s
        self.limit = after_s or seen.limit_s

    def judge(self, value: float, at: float) -> int:
        self.value = value
        self.at = at
        return CLEAR

    def band(self) -> Band | None:
        return ANYTHING if self.state == CLEAR else None


class ImplausibleSlot(Slot):
    """Clear with every believable value; the evaluator turns it on one the quantity cannot have."""

    __slots__ = ("side",)
    one_value = False

    def __init__(self, leaf: Leaf, seen: Seen, kind: Implausible) -> None:
        super().__init__(leaf, seen)
        self.side = kind.side

    def judge(self, value: float, at: float) -> int:
        self.value = value
        self.at = at
        return CLEAR

    def band(self) -> Band | None:
        return ANYTHING if self.state == CLEAR else None

    def reject(self, value: float, at: float, *, high: bool) -> int:
        """The verdict on an impossible value; ``high``: above what was good last."""
        self.value = value
        self.at = at
        if self.side == "any" or (self.side == "high") == high:
            return MET
        return self.state


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
        far = apart(value, [other.value for other in self.others if believable(other)], self.edge)
        return UNKNOWN if far is None else MET if far else CLEAR

    def band(self) -> Band | None:
        return ANYTHING if len(self.others) < FEWEST_NEIGHBOURS and self.state == UNKNOWN else None


class TroubleSlot(Slot):
    """Met while the sensor's life record shows the trouble; assessed when the record is stirred, not per sample.

    It stands until the record says otherwise, so its delays may run by the clock. ``measured``: it follows from
    measurements, so silence makes it unknown; what a device told of itself outlives its silence.
    """

    __slots__ = ("measured", "trouble")
    by_clock = True

    def __init__(self, leaf: Leaf, seen: Seen, kind: Troubled) -> None:
        super().__init__(leaf, seen)
        self.trouble = kind.by
        self.measured = kind.by in MEASURED

    def judge(self, value: float, at: float) -> int:  # noqa: ARG002 - samples are judged by the record
        return self.state

    def assess(self, now: float) -> int:
        """The verdict that follows from the record at ``now``."""
        seen = self.seen
        self.at = seen.measured_at if self.measured else now
        if self.measured and (seen.value is None or seen.silent) and not seen.implausible_at:
            return UNKNOWN
        said = has(seen, self.trouble, now)
        return UNKNOWN if said is None else MET if said else CLEAR


def narrowed(low: float, high: float) -> Band | None:
    """A band of computed ends, drawn in by more than their rounding; None where nothing is left."""
    margin = 1e-9 * max(1.0, abs(low), abs(high))
    return (low + margin, high - margin) if high - low > 2.0 * margin else None
