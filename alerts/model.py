"""The nouns of alarming: alarms, people, notices and what happened to them.

Words follow ISA-18.2 / IEC 62682 / OPC UA Part 9. Times are Unix seconds UTC (``_at``); durations seconds
(``_s``) or minutes (``_min``). Rules and their conditions are in :mod:`alerts.rule`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from msgspec import Struct

from alerts.rule import Cause, Schedule, Stage
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
    active_at: float = 0.0  # when it last became active
    confirmed_by: Signed | None = None  # a person saw it with their own eyes
    investigate_until_at: float | None = None  # becomes a confirmed alarm then, unless cancelled
    orphan: bool = False  # no rule of the folder looks at its place any more: a person resets it


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
    """Who is tried ``after_min`` minutes after the alarm, if nobody answered. One of role or person.

    ``hours`` limits the rung to times of the week (local wall time; outside them it is passed and recorded).
    ``each_confirms``: one person's acknowledgement does not silence the others of this rung.
    """

    role: str = ""
    person: str = ""
    after_min: float = 0.0
    channel: str = ""
    hours: tuple[Schedule, ...] = ()
    each_confirms: bool = False


class Ladder(Struct, frozen=True, kw_only=True):
    """The escalation for one priority.

    ``repeat_min`` after the last rung the whole ladder starts again (0: it does not). ``forgotten_min``: an
    acknowledged alarm still active and without progress for so long pages again (0: never; None: 30 minutes
    for priority 1, never for the others).
    """

    priority: int
    rungs: tuple[Rung, ...]
    repeat_min: float = 0.0
    forgotten_min: float | None = None


class Duty(Struct, frozen=True, kw_only=True):
    """A duty period (from/until, local wall time ISO) or a weekly rotation.

    ``kind`` "override": ``person`` stands in for ``instead_of`` (for whoever is on duty if empty); "swap":
    ``person`` and ``instead_of`` take each other's shifts; "absence": ``person`` is not told at all. All
    three need ``from_`` and ``until``. ``weekly`` may name several hand-overs: "Mon 09:00, Fri 17:00".
    """

    kind: Literal["shift", "override", "swap", "absence"] = "shift"
    instead_of: str = ""
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
    UNCERTAIN = "uncertain"  # handed over, but the provider's answer was lost
    ACCEPTED = "accepted"  # the provider took it
    RINGING = "ringing"  # voice: the phone rings or was picked up; not an answer
    SENT = "sent"  # the carrier took it: not delivery
    DELIVERED = "delivered"  # reached the phone: not an answer
    UNDELIVERED = "undelivered"  # the carrier could not bring it
    BUSY = "busy"  # voice: line engaged
    NO_ANSWER = "no_answer"  # voice: nobody pressed a key (a voicemail is nobody)
    FAILED_TRY_AGAIN = "failed_try_again"
    FAILED = "failed_for_good"
    EXPIRED = "expired"
    CANCELLED = "cancelled"  # no longer wanted when its turn came
    ANSWERED = "answered"  # a person replied, pressed a key or acted on screen (``means`` says which)
    NOTED = "noted"  # a record of a decision; nothing to send


class Spoken(Struct, frozen=True, array_like=True):
    """What a message speaks for: one step of one alarm's escalation.

    ``turn`` counts the times the alarm's escalation started, ``round`` the repetitions of its ladder,
    ``rung`` the step.
    """

    alarm: str
    turn: int
    round: int
    rung: int


class Notice(Struct, frozen=True, kw_only=True):
    """One message to one person about one situation. ``reason``: why this person, why now.

    ``kind``: "page" (an alarm), "course" (how far an alarm's escalation has come; a record, state NOTED),
    "answer" (to somebody's reply), "handover" (your duty begins), "roster" (nobody on duty ahead), "trouble"
    (a channel or person cannot be reached), "test" (the daily proof of the chain, or a
    test on request), "canary" (the daily test's signal came through its rule; a record, state NOTED).
    """

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
    kind: str = "page"
    zones: tuple[str, ...] = ()
    spoken: tuple[Spoken, ...] = ()
    life_safety: bool = False
    life: tuple[tuple[str, str, str], ...] = ()  # (zone, hazard, stage) of the life-safety alarms it told of
    each_confirms: bool = False
    expires_at: float = 0.0  # past this moment the message is worthless; 0 until it is sent
    may_repeat: bool = False  # says that it may be a repeat
    after: str = ""  # the notice this one replaces on another channel, or the inbound message it answers
    means: str = ""  # how it was answered: screen, sms, voice, phone page
    status: str = ""  # the provider's own last word
    fault: str = ""  # class of the last error (see ``alerts.notices.Fault``)


# --- what happened -------------------------------------------------------------------------------------


class AlarmEvent(Struct, frozen=True, kw_only=True):
    """Something happened to an alarm; ``alarm`` is how it stands afterwards. Goes to the journal whole.

    ``kind``: alarm.raised, alarm.returned (active again), alarm.cleared, alarm.unknown, alarm.known,
    alarm.worse, alarm.acknowledged, alarm.reset, alarm.shelved, alarm.unshelved, alarm.muted,
    alarm.unmuted, alarm.out_of_service, alarm.in_service, alarm.comment, alarm.confirmed, alarm.chattering,
    alarm.realarmed, alarm.investigated (the investigation time was cancelled), alarm.closed.
    """

    kind: str
    alarm: Alarm
    at: float
    by: str = "system"
    reason: Text = Text("", "")


class NoticeEvent(Struct, frozen=True, kw_only=True):
    """Something happened to a notice; ``notice`` is how it stands afterwards.

    ``kind``: notice.due, notice.sending, notice.accepted, notice.sent, notice.ringing, notice.delivered,
    notice.uncertain, notice.failed, notice.retry, notice.expired, notice.cancelled, notice.answered,
    notice.noted.
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
