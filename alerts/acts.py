"""What people do to alarms and notices, as data."""

from __future__ import annotations

from msgspec import Struct


class Acknowledge(Struct, frozen=True, kw_only=True, tag="alarm.acknowledge"):
    """Seen, someone is on it. Never clears."""

    alarm: str
    note: str = ""
    means: str = "screen"  # screen, sms, voice, phone page


class Reset(Struct, frozen=True, kw_only=True, tag="alarm.reset"):
    """Release a latched alarm after inspection; refused while the cause persists."""

    alarm: str
    note: str = ""


class ShelveAlarm(Struct, frozen=True, kw_only=True, tag="alarm.shelve"):
    """Put aside until a moment (at most 8 h), with a reason. Life safety cannot be shelved."""

    alarm: str
    until_at: float
    reason: str


class UnshelveAlarm(Struct, frozen=True, kw_only=True, tag="alarm.unshelve"):
    """Bring back."""

    alarm: str


class OutOfService(Struct, frozen=True, kw_only=True, tag="rule.out_of_service"):
    """Take a rule of one scope out of service (屏蔽) with owner, reason and expiry."""

    rule: str
    scope: str
    until_at: float
    reason: str


class InService(Struct, frozen=True, kw_only=True, tag="rule.in_service"):
    """Back into service."""

    rule: str
    scope: str


class CommentAlarm(Struct, frozen=True, kw_only=True, tag="alarm.comment"):
    """Add a comment; never edited."""

    alarm: str
    words: str


class ConfirmSign(Struct, frozen=True, kw_only=True, tag="alarm.confirm"):
    """A person confirms with their own eyes (fire, intrusion) in a zone: counts as confirmed."""

    zone: str
    hazard: str
    note: str = ""


class CancelInvestigation(Struct, frozen=True, kw_only=True, tag="alarm.cancel_investigation"):
    """Someone looked: it is not what the first detector took it for. Stops the investigation time."""

    alarm: str
    reason: str


AlarmAct = (
    Acknowledge
    | Reset
    | ShelveAlarm
    | UnshelveAlarm
    | OutOfService
    | InService
    | CommentAlarm
    | ConfirmSign
    | CancelInvestigation
)
