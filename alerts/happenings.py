"""What can happen to one alarm, as data for :func:`alerts.alarm.step`."""

from __future__ import annotations

from msgspec import Struct

from alerts.rule import Change, Rule
from sensors.model import Text


class Met(Struct, frozen=True):
    """The condition holds. The rest is needed where the alarm is new."""

    change: Change
    rule: Rule
    id: str = ""
    reference: str = ""
    first_out: bool = False
    muted_by: str = ""
    chattering: bool = False


class Cleared(Struct, frozen=True):
    """The condition holds no more."""

    change: Change


class Unclear(Struct, frozen=True):
    """There is no word on the condition any more."""

    change: Change


class Orphaned(Struct, frozen=True):
    """No rule looks at its place any more; nothing but a person can end it."""

    reason: Text


class Adopted(Struct, frozen=True):
    """A rule looks at its place again."""

    reason: Text


class Acknowledged(Struct, frozen=True):
    """A person has seen it."""

    by: str
    note: str = ""


class ResetBy(Struct, frozen=True):
    """A person releases it after inspection; ``holds``: the condition still holds or is unknown."""

    by: str
    note: str
    holds: bool


class Shelved(Struct, frozen=True):
    """A person puts it aside."""

    by: str
    until_at: float
    reason: str


class Unshelved(Struct, frozen=True):
    """A person brings it back, or its time is over (``by`` system)."""

    by: str


class Serviced(Struct, frozen=True):
    """Taken out of service until a moment, or back (``until_at`` None)."""

    by: str
    until_at: float | None
    reason: str = ""


class Muted(Struct, frozen=True):
    """Another alarm speaks for it (``by`` its id), or no longer (empty)."""

    by: str


class Commented(Struct, frozen=True):
    """Said about it."""

    by: str
    words: str


class Confirmed(Struct, frozen=True):
    """A person saw the sign itself, or the investigation time ran out (``by`` system)."""

    by: str
    note: str = ""


class Investigated(Struct, frozen=True):
    """A person looked and cancels the investigation time."""

    by: str
    reason: str


class Chattering(Struct, frozen=True):
    """Marked as coming and going too often, or no longer."""

    on: bool


class Passed(Struct, frozen=True):
    """Time has passed: shelves end, re-alarms and investigations fall due."""

    realarm_s: float = 0.0


Happening = (
    Met
    | Cleared
    | Unclear
    | Orphaned
    | Adopted
    | Acknowledged
    | ResetBy
    | Shelved
    | Unshelved
    | Serviced
    | Muted
    | Commented
    | Confirmed
    | Investigated
    | Chattering
    | Passed
)
