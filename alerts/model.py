"""The nouns of alarming. Words follow ISA-18.2 / IEC 62682 / OPC UA Part 9.

Times are Unix seconds UTC (``_at``); durations seconds (``_s``) or minutes (``_min``).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from msgspec import Struct

from sensors.model import Text

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
    | Swing
    | Distance
    | Silent
    | Stuck
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


# --- alarms ------------------------------------------------------------------------------------------


class Signed(Struct, frozen=True):
    """Who did it and when; ``note`` is their reason."""

    by: str
    at: float
    note: str = ""


class Shelf(Struct, frozen=True):
    """Put aside by a person until a moment, with a reason."""

    by: str
    at: float
    until_at: float
    reason: str


class Comment(Struct, frozen=True):
    """Said about an alarm; added, never edited."""

    by: str
    at: float
    words: str


class Alarm(Struct, frozen=True, kw_only=True):
    """One alarm as orthogonal facts; the name people see is derived (:func:`alerts.alarm.state_name`).

    ``id`` is the occurrence (rule@scope#n); ``reference`` the short incident reference that every message
    repeats. ``unknown_since_at``: the data stopped while it was active - it stays active.
    """

    id: str
    rule: str
    scope: str
    zone: str
    reference: str
    priority: int
    fault: bool
    life_safety: bool
    name: Text
    raised_at: float
    active: bool
    cause: Cause | None = None
    evidence: tuple[Cause, ...] = ()
    reason: Text = Text("", "")
    latch: bool = False
    latched: bool = False
    acked: Signed | None = None
    cleared_at: float | None = None
    unknown_since_at: float | None = None
    shelved: Shelf | None = None
    out_of_service: Shelf | None = None
    muted_by: str = ""
    first_out: bool = False
    chattering: bool = False
    unverified: bool = False
    raised_count: int = 1
    comments: tuple[Comment, ...] = ()
    hazard: str = ""
    stage: Stage = ""
    playbook: str = ""
    page: str = "always"
    advice: Text = Text("", "")
    consequence: Text = Text("", "")
    rule_revision: str = ""
    closed_at: float | None = None
    drill: str = ""


# --- people and notices --------------------------------------------------------------------------------


class Person(Struct, frozen=True, kw_only=True):
    """Someone who can be told. ``phone`` E.164; roles and skills are the operator's words."""

    id: str
    name: Text
    phone: str = ""
    mail: str = ""
    language: str = "zh"
    roles: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    channels: tuple[str, ...] = ("sms",)


class Rung(Struct, frozen=True, kw_only=True):
    """Who is tried ``after_min`` minutes after the alarm, if nobody answered. One of role or person."""

    role: str = ""
    person: str = ""
    after_min: float = 0.0
    channel: str = ""


class Ladder(Struct, frozen=True, kw_only=True):
    """The escalation for one priority."""

    priority: int
    rungs: tuple[Rung, ...]
    repeat_min: float = 0.0


class Duty(Struct, frozen=True, kw_only=True):
    """A duty period (from/until, local wall time ISO) or a weekly rotation."""

    person: str = ""
    from_: str = ""
    until: str = ""
    weekly: str = ""  # "Mon 09:00": hand-over moment
    order: tuple[str, ...] = ()
    start: str = ""  # ISO date of the first hand-over of the rotation
    role: str = "on-duty"


class NoticeState(StrEnum):
    """Where a message to one person stands; ranks only ever rise (see ``alerts.notices.RANK``)."""

    DUE = "due"
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    SENT = "sent"  # the provider took it
    DELIVERED = "delivered"  # reached the phone: not an answer
    FAILED_TRY_AGAIN = "failed_try_again"
    FAILED = "failed_for_good"
    EXPIRED = "expired"
    CANCELLED = "cancelled"  # no longer wanted when its turn came
    ANSWERED = "answered"


class Notice(Struct, frozen=True, kw_only=True):
    """One message to one person about one situation. ``reason``: why this person, why now."""

    id: str
    about: str  # alarm or incident id
    reference: str
    person: str
    channel: str
    words: str
    reason: Text
    rung: int
    due_at: float
    state: NoticeState = NoticeState.DUE
    tries: int = 0
    next_try_at: float = 0.0
    code: str = ""
    provider_id: str = ""
    error: str = ""
    at: dict[str, float] = {}  # state -> when it was reached
    priority: int = 3
    counted: int = 1  # alarms this message speaks for
    drill: str = ""


# --- what happened -------------------------------------------------------------------------------------


class AlarmEvent(Struct, frozen=True, kw_only=True):
    """Something happened to an alarm; ``alarm`` is how it stands afterwards. Goes to the journal whole.

    ``kind``: alarm.raised, alarm.returned (active again), alarm.cleared, alarm.unknown, alarm.known,
    alarm.worse, alarm.acknowledged, alarm.reset, alarm.shelved, alarm.unshelved, alarm.muted,
    alarm.unmuted, alarm.out_of_service, alarm.in_service, alarm.comment, alarm.confirmed, alarm.chattering,
    alarm.realarmed, alarm.closed.
    """

    kind: str
    alarm: Alarm
    at: float
    by: str = "system"
    reason: Text = Text("", "")


class NoticeEvent(Struct, frozen=True, kw_only=True):
    """Something happened to a notice; ``notice`` is how it stands afterwards.

    ``kind``: notice.due, notice.sending, notice.sent, notice.delivered, notice.uncertain, notice.failed,
    notice.retry, notice.expired, notice.cancelled, notice.answered.
    """

    kind: str
    notice: Notice
    at: float
    by: str = "system"
    reason: Text = Text("", "")


class Refused(Struct, frozen=True, kw_only=True):
    """An act that changed nothing, with the sentence for whoever tried."""

    about: str
    reason: Text
    by: str = ""
