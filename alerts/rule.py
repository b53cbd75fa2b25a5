"""Rules as data: conditions in a small closed language, and what a rule says of its scope.

Times are Unix seconds UTC (``_at``); durations seconds (``_s``) or minutes (``_min``).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from msgspec import Struct

from sensors.model import Text
from sensors.state import Trouble

# --- rules -------------------------------------------------------------------------------------------


class Select(Struct, frozen=True, kw_only=True):
    """Which sensors a condition looks at; empty tuples do not restrict."""

    quantity: str = ""
    zones: tuple[str, ...] = ()
    zone_kinds: tuple[str, ...] = ()
    sensors: tuple[str, ...] = ()


class Threshold(Struct, frozen=True, kw_only=True, tag="threshold"):
    """Above or below ``limit``; clears only beyond ``clear_at`` (unit of the quantity)."""

    select: Select
    above: bool
    limit: float
    clear_at: float


class Contact(Struct, frozen=True, kw_only=True, tag="contact"):
    """A contact quantity stands at ``is_`` (1 wet, open, smoke, on; 0 the opposite)."""

    select: Select
    is_: float


class Rate(Struct, frozen=True, kw_only=True, tag="rate"):
    """Changes by at least ``limit`` (unit per minute) over ``over_s``; rising or falling."""

    select: Select
    rising: bool
    limit: float
    over_s: float
    clear_at: float


class Rise(Struct, frozen=True, kw_only=True, tag="rise"):
    """Stands at least ``limit`` above the highest value measured between ``over_s`` and ``lag_s`` ago.

    With ``rising`` false: below the lowest. A probe that drops out and comes back has not risen, which is what
    tells this kind from :class:`Rate`. Nothing can be said before a value older than ``lag_s`` is known.
    """

    select: Select
    limit: float
    clear_at: float
    rising: bool = True
    over_s: float = 600.0
    lag_s: float = 60.0


class Swing(Struct, frozen=True, kw_only=True, tag="swing"):
    """Peak-to-peak over ``over_s`` exceeds ``limit`` (unit of the quantity)."""

    select: Select
    limit: float
    over_s: float = 86400.0


class Distance(Struct, frozen=True, kw_only=True, tag="distance"):
    """Further than ``limit`` from ``set_point``."""

    select: Select
    set_point: float
    limit: float


class Silent(Struct, frozen=True, kw_only=True, tag="silent"):
    """No new measurement for ``after_s``; None takes each sensor's own limit."""

    select: Select
    after_s: float | None = None


class Stuck(Struct, frozen=True, kw_only=True, tag="stuck"):
    """The very same value for ``after_s`` although measurements arrive."""

    select: Select
    after_s: float


class Implausible(Struct, frozen=True, kw_only=True, tag="implausible"):
    """The newest message carries a value that the quantity cannot have: a fault of the sensor.

    ``side`` limits it to values too high or too low: heat that destroys a probe shows as too high first.
    """

    select: Select
    side: Literal["any", "high", "low"] = "any"


class Disagree(Struct, frozen=True, kw_only=True, tag="disagree"):
    """Further than ``limit`` (unit of the quantity) from the median of the other sensors of the same quantity
    in the same zone; needs two others with fresh values, otherwise nobody can say who is wrong.
    """

    select: Select
    limit: float


class Troubled(Struct, frozen=True, kw_only=True, tag="troubled"):
    """The sensor's life record shows this trouble (``sensors.state.Trouble``). What was never told is unknown."""

    select: Select
    by: Trouble


class Count(Struct, frozen=True, kw_only=True, tag="count"):
    """A contact turned to ``is_`` at least ``at_least`` times within ``within_s``."""

    select: Select
    is_: float
    at_least: int
    within_s: float


class Vote(Struct, frozen=True, kw_only=True, tag="vote"):
    """At least ``at_least`` independent signals within one scope, each met within ``within_s`` of another.

    Signals of the same sensor are never independent; with ``distinct_quantities`` they must also differ in
    what they measure. ``panel`` conditions confirm alone (call point, the panel's own "confirmed").
    ``degrade``: what a faulty or silent voter does - "hold" keeps ``at_least``, "reduce" lowers it by one
    per missing voter but never below one.
    """

    of: tuple[Condition, ...]
    at_least: int
    within_s: float = 300.0
    distinct_quantities: bool = False
    panel: tuple[Condition, ...] = ()
    degrade: Literal["hold", "reduce"] = "hold"


class AllOf(Struct, frozen=True, kw_only=True, tag="all"):
    """Every part met; unknown if any part is unknown and none clear."""

    of: tuple[Condition, ...]


class AnyOf(Struct, frozen=True, kw_only=True, tag="any"):
    """At least one part met."""

    of: tuple[Condition, ...]


class Not(Struct, frozen=True, kw_only=True, tag="not"):
    """The part is clear; unknown stays unknown."""

    of: Condition


class After(Struct, frozen=True, kw_only=True, tag="after"):
    """``then`` becomes met within ``within_s`` after ``first`` became met."""

    first: Condition
    then: Condition
    within_s: float


Condition = (
    Threshold
    | Contact
    | Rate
    | Rise
    | Swing
    | Distance
    | Silent
    | Stuck
    | Implausible
    | Disagree
    | Troubled
    | Count
    | Vote
    | AllOf
    | AnyOf
    | Not
    | After
)

Scope = Literal["sensor", "zone", "compartment", "building"]
Stage = Literal["", "prealarm", "confirmed"]


class Schedule(Struct, frozen=True, kw_only=True):
    """When a rule is armed, in the building's local wall time; ``days`` 0 is Monday."""

    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    from_: str = "00:00"
    until: str = "24:00"


class Rule(Struct, frozen=True, kw_only=True):
    """One alarm rule. Priority 1 urgent, 2 high, 3 low. ``fault`` marks equipment trouble, shown apart.

    ``page``: reach out to people ("always"), only in working hours ("day"), or list it ("never").
    ``stage``: where the rule stands in the confirmation of a fire or intrusion.
    """

    id: str
    name: Text
    when: Condition
    scope: Scope = "zone"
    for_s: float = 0.0
    clear_for_s: float = 0.0
    priority: int = 3
    fault: bool = False
    life_safety: bool = False
    latch: bool = False
    mutes: tuple[str, ...] = ()
    playbook: str = ""
    hazard: str = ""
    stage: Stage = ""
    page: Literal["always", "day", "never"] = "always"
    armed: tuple[Schedule, ...] = ()
    investigate_s: float = 0.0
    realarm_s: float = 0.0
    on_unknown: Literal["hold", "alarm"] = "hold"
    advice: Text = Text("", "")
    consequence: Text = Text("", "")
    clause: str = ""
    revision: str = ""


class Verdict(StrEnum):
    """What a rule says of its scope."""

    MET = "met"
    CLEAR = "clear"
    UNKNOWN = "unknown"


class Cause(Struct, frozen=True, kw_only=True):
    """The sample that decided: value, unit and the limit it was held against."""

    sensor: str
    quantity: str
    value: float | None
    unit: str
    limit: float | None
    measured_at: float
    sign: Literal["", "+", "-"] = (
        ""  # value and limit are a change upwards or downwards, not what the sensor shows
    )


class Change(Struct, frozen=True, kw_only=True):
    """A rule's verdict changed for one scope (after delays). ``reason`` is a sentence for people."""

    rule: str
    scope: str
    zone: str
    verdict: Verdict
    at: float
    reason: Text
    cause: Cause | None = None
    evidence: tuple[Cause, ...] = ()
    drill: str = ""
    unverified: bool = False  # rests on a retained message only
    parent: str = ""  # silence only: the gateway, link or device that has stopped with all its sensors
    parent_rule: str = ""  # the rule whose alarm speaks for that parent
