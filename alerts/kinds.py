"""Which slot holds which kind of condition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.rule import (
    Condition,
    Contact,
    Count,
    Disagree,
    Distance,
    Implausible,
    Rate,
    Rise,
    Silent,
    Stuck,
    Swing,
    Threshold,
    Troubled,
)
from alerts.slots import (
    AboveSlot,
    BelowSlot,
    ContactSlot,
    DisagreeSlot,
    DistanceSlot,
    ImplausibleSlot,
    SilentSlot,
    Slot,
    TroubleSlot,
)
from alerts.trends import CountSlot, RateSlot, RiseSlot, StuckSlot, SwingSlot

if TYPE_CHECKING:
    from alerts.nodes import Leaf
    from alerts.seen import Seen


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
        case Rise():
            return RiseSlot(leaf, seen, kind)
        case Swing():
            return SwingSlot(leaf, seen, kind)
        case Distance():
            return DistanceSlot(leaf, seen, kind)
        case Silent():
            return SilentSlot(leaf, seen, kind.after_s)
        case Stuck():
            return StuckSlot(leaf, seen, kind)
        case Implausible():
            return ImplausibleSlot(leaf, seen, kind)
        case Disagree():
            return DisagreeSlot(leaf, seen, kind)
        case Troubled():
            return TroubleSlot(leaf, seen, kind)
        case Count():
            return CountSlot(leaf, seen, kind)
        case _:
            raise TypeError(f"{type(kind).__name__} is made of other conditions; it has no slot")
