"""The only door between pages and the engine: what may be read, what may be asked, and who may ask it.

Nothing here decides anything about alarms or incidents. Acts go into the inbox; the engine decides them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from msgspec import Struct

from alerts.acts import (
    Acknowledge,
    CancelInvestigation,
    CommentAlarm,
    ConfirmSign,
    InService,
    OutOfService,
    Reset,
    ShelveAlarm,
    UnshelveAlarm,
)
from alerts.health import AlarmHealth
from playbooks.acts import (
    AcceptPlan,
    AddStep,
    Advance,
    ClearZone,
    CloseIncident,
    CloseZone,
    ComeOut,
    EveryoneOut,
    GiveBack,
    GoIn,
    Item,
    Move,
    OpenIncident,
    Say,
    SetCrew,
    StepDone,
    StepSkipped,
    StepUndone,
    TakeRole,
    Treat,
)
from sensors.model import Text
from sensors.newcomer import Newcomer
from strongroom.instruments.acts import (
    AdoptDevice,
    Calibrate,
    DismissDevice,
    MoveDevice,
    RecallDevice,
    ReplaceDevice,
    SensorBack,
    SensorOut,
    TakeFolder,
)
from strongroom.model import (
    Act,
    Board,
    Building,
    DrillHeld,
    Entry,
    ReplyReceived,
    StartDrill,
    StopDrill,
    TestContact,
)

# Rights by role; a person with several roles has all of their rights. This is the whole role table.
_VIEWER = frozenset({"see"})
_HELPER = _VIEWER | {"tick"}
_ARCHIVIST = _HELPER | {"acknowledge", "steps", "rescue"}
_COORDINATOR = _ARCHIVIST | {"command", "phones", "instruments"}
RIGHTS: dict[str, frozenset[str]] = {
    "viewer": _VIEWER,
    "helper": _HELPER,
    "archivist": _ARCHIVIST,
    "coordinator": _COORDINATOR,
    "administrator": _VIEWER | {"users", "phones", "test", "instruments"},
}

# Which right an act needs. Leaving a room and calling everybody out is open to whoever may enter at all.
NEEDS: dict[type[Struct], str] = {
    Acknowledge: "acknowledge",
    Reset: "acknowledge",
    ShelveAlarm: "acknowledge",
    UnshelveAlarm: "acknowledge",
    CommentAlarm: "acknowledge",
    ConfirmSign: "acknowledge",
    CancelInvestigation: "acknowledge",
    OutOfService: "command",
    InService: "command",
    OpenIncident: "steps",
    StepDone: "steps",
    StepUndone: "steps",
    StepSkipped: "steps",
    TakeRole: "steps",
    CloseZone: "steps",
    AddStep: "command",
    ClearZone: "command",
    SetCrew: "command",
    AcceptPlan: "command",
    Advance: "command",
    CloseIncident: "command",
    GoIn: "tick",
    ComeOut: "tick",
    EveryoneOut: "tick",
    Item: "tick",
    Move: "tick",
    Treat: "tick",
    GiveBack: "steps",
    Say: "tick",
    ReplyReceived: "see",
    StartDrill: "command",
    StopDrill: "command",
    DrillHeld: "command",
    AdoptDevice: "instruments",
    DismissDevice: "instruments",
    RecallDevice: "instruments",
    ReplaceDevice: "instruments",
    MoveDevice: "instruments",
    Calibrate: "instruments",
    TakeFolder: "instruments",
    SensorOut: "instruments",
    SensorBack: "instruments",
    TestContact: "test",
}


def rights_of(roles: Iterable[str]) -> frozenset[str]:
    """Everything the roles allow together; unknown roles allow nothing."""
    return frozenset().union(*(RIGHTS.get(role, frozenset()) for role in roles))


class Outcome(Struct, frozen=True):
    """What the engine made of an act; ``reason`` says why it was refused."""

    accepted: bool
    reason: Text = Text("", "")


class Point(Struct, frozen=True):
    """A measured value for a chart: time, value and, where points were merged, the span they covered."""

    at: float
    value: float
    low: float
    high: float


class Course(Struct, frozen=True):
    """A stretch of one sensor for a chart: points in order, the gaps as (from, to) in Unix seconds, and the width in
    seconds of what was merged into a point (0: single readings)."""

    points: tuple[Point, ...] = ()
    gaps: tuple[tuple[float, float], ...] = ()
    width_s: float = 0.0


class Raised(Struct, frozen=True):
    """An alarm that was raised or came back: when, which, its mark's class and name, and the sensors that said so."""

    at: float
    alarm: str
    kind: str
    name: Text
    sensors: tuple[str, ...]


class Desk(Protocol):
    """What pages may ask for. Every method is quick and safe to call from any thread."""

    def board(self) -> Board | None:
        """What is true now; None before the engine's first word."""

    def building(self) -> Building:
        """The building folder as loaded."""

    def beat_age(self) -> float | None:
        """Seconds since the engine's heartbeat last moved, by our own monotonic clock; None: never heard."""

    def put(self, act: Act) -> None:
        """Hand an act over durably; the same id twice is one act."""

    def outcome(self, act_id: str) -> Outcome | None:
        """What became of an act; None while the engine has not decided."""

    def entries(
        self, *, after: int = 0, limit: int = 200, about: str = "", kind: str = "", newest: bool = True
    ) -> list[Entry]:
        """Journal entries, newest first unless told otherwise; ``kind`` may be a prefix such as ``alarm.``."""

    def newcomers(self) -> list[Newcomer]:
        """Devices heard that nobody registered, those that somebody dismissed last."""

    def course(self, sensor: str, since: float, until: float, points: int = 600) -> Course | None:
        """What a sensor measured, merged to at most ``points``; None where no series store answers."""

    def raised(self, since: float) -> list[Raised]:
        """Alarms raised since a moment, oldest first, drills left out."""

    def health(self) -> AlarmHealth | None:
        """How the alarm system itself did over the last thirty days, at most a minute old; None without a journal."""


class Pulse:
    """How long ago a heartbeat last moved. Judged by a monotonic clock, so wall clock steps do not matter."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._beat: float | None = None
        self._at = 0.0
        self._looked = 0.0

    def heard(self, beat_at: float, now: float) -> float:
        """Tell it the newest heartbeat; returns its age in seconds."""
        moment = self._monotonic()
        claimed = max(0.0, now - beat_at)
        if self._beat is None:
            # The first look cannot know when the beat moved; its own time stamp is the best word we have.
            self._at = moment - claimed
        elif beat_at != self._beat:
            # It moved since the last look: as long ago as it says, but not before that look.
            self._at = moment - min(claimed, moment - self._looked)
        self._beat, self._looked = beat_at, moment
        return max(0.0, moment - self._at)
