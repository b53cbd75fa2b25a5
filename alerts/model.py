"""The nouns of alarming: alarms, people, notices and what happened to them.

Words follow ISA-18.2 / IEC 62682 / OPC UA Part 9. Times are Unix seconds UTC (``_at``); durations
seconds (``_s``) or minutes (``_min``). Rules and their conditions are in :mod:`alerts.rule`.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from alerts.rule import Cause, Stage
from sensors.model import Text

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
