"""The composition's own nouns: Building, Entry, Act, Board."""

from __future__ import annotations

from msgspec import Struct

from alerts.acts import AlarmAct
from alerts.model import Alarm, Duty, Ladder, Notice, Person
from alerts.notices import SendResult
from alerts.rule import Rule
from playbooks.acts import IncidentAct
from playbooks.model import Drill, Holding, Incident, Playbook
from playbooks.rescue.own import DEFAULT_OWN, OwnRescue
from sensors.model import Calibration, Quality, Reject, Sensor, Text, Zone
from sensors.templates import Template
from strongroom.instruments.acts import InstrumentAct


class Floor(Struct, frozen=True, kw_only=True):
    """One storey with its plan (file name inside the folder)."""

    id: str
    name: Text
    plan: str


class Building(Struct, frozen=True, kw_only=True):
    """A building folder that passed the check. ``revision`` is the digest of its files."""

    id: str
    name: Text
    timezone: str
    languages: tuple[str, ...]
    assembly: str
    floors: tuple[Floor, ...]
    zones: dict[str, Zone]
    sensors: dict[str, Sensor]
    rules: dict[str, Rule]
    people: dict[str, Person]
    ladders: tuple[Ladder, ...]
    duties: tuple[Duty, ...]
    playbooks: dict[str, Playbook]
    holdings: dict[str, Holding]
    drills: dict[str, Drill]
    folder: str
    revision: str
    plans: dict[str, str] = {}  # floor id -> sanitised SVG text
    rescue: OwnRescue = DEFAULT_OWN
    climate_profile: str = "jgj25-2010"  # see alerts.profiles
    templates: dict[str, Template] = {}  # device models by id
    calibrations: tuple[Calibration, ...] = ()  # every row, the oldest first


class ReplyReceived(Struct, frozen=True, kw_only=True, tag="reply.received"):
    """An answer from outside (SMS body, key press), stored before it is interpreted."""

    sender: str
    words: str
    means: str
    provider_id: str = ""
    notice: str = ""  # the message answered, where the provider knows it


class DeliveryReported(Struct, frozen=True, kw_only=True, tag="delivery.reported"):
    """A provider's callback about one notice, stored before it is interpreted."""

    notice: str
    result: SendResult


class TestContact(Struct, frozen=True, kw_only=True, tag="contact.test"):
    """Send a test on every channel of one person."""

    __test__ = False  # no test case of pytest's

    person: str


class StartDrill(Struct, frozen=True, kw_only=True, tag="drill.start"):
    """Begin a drill."""

    drill: str


class StopDrill(Struct, frozen=True, kw_only=True, tag="drill.stop"):
    """End the running drill."""

    note: str = ""


class DrillHeld(Struct, frozen=True, kw_only=True, tag="drill.held"):
    """A drill took place, at a desk or with people: told afterwards, so that "last practised" is true.

    ``rating`` P, S, M or U and ``score`` 0..100 where it was judged (``strongroom drill``); empty and None where people
    practised without the engine.
    """

    drill: str
    held_at: float
    rating: str = ""
    score: float | None = None
    note: str = ""


class HistoryImported(Struct, frozen=True, kw_only=True, tag="history.imported"):
    """Old readings were taken into the store: the file and its digest, readings per sensor, and their span."""

    file: str
    sha256: str
    rows: dict[str, int]
    from_at: float
    to_at: float


class Act(Struct, frozen=True, kw_only=True):
    """Something a person did, handed to the engine through the inbox. ``id`` makes a repeat harmless."""

    id: str
    at: float
    by: str  # person id
    what: (
        AlarmAct
        | IncidentAct
        | ReplyReceived
        | DeliveryReported
        | TestContact
        | StartDrill
        | StopDrill
        | DrillHeld
        | HistoryImported
        | InstrumentAct
    )
    means: str = "screen"


class Entry(Struct, frozen=True, kw_only=True):
    """One journal line. ``kind`` from the closed list in :mod:`strongroom.journal`; ``data`` its facts."""

    seq: int
    at: float
    kind: str
    about: str
    by: str
    data: bytes  # JSON
    hash: str = ""


class Latest(Struct, frozen=True, kw_only=True):
    """The newest reading of a sensor and how the sensor is doing."""

    value: float | None
    measured_at: float | None
    received_at: float | None
    quality: Quality | None
    state: str  # fresh, late, silent, never, stuck, implausible, unverified
    words: Text = Text("", "")
    online: bool | None = None  # the device's or gateway's own word, None where none was said
    troubles: tuple[str, ...] = ()  # all that is wrong beside freshness, see sensors.state.Trouble


class Aside(Struct, frozen=True, kw_only=True):
    """A sensor out of service: who owns that, why, since when and until when."""

    sensor: str
    by: str
    reason: str
    since_at: float
    until_at: float


class Strangers(Struct, frozen=True):
    """The inbox of unregistered sources in figures: understood, not understood, and what was only counted."""

    understood: int = 0
    others: int = 0
    refused_sources: int = 0
    skipped_messages: int = 0


class Health(Struct, frozen=True, kw_only=True):
    """How the chain itself is doing."""

    broker_connected: bool
    broker_detail: str
    broker_since_at: float
    intake_queue: int
    intake_rate: float  # messages per second over the last minute
    commit_ms: float
    store_trouble: Text | None = None  # what keeps readings or decisions from their disk
    backlog: int = 0  # readings not yet in the series store
    rejects: dict[str, int] = {}  # per source topic
    sender: str = ""  # "none", "paper" (shown, never sent) or "live"
    clock: str = ""
    stalled: tuple[str, ...] = ()  # parts of the chain that do not move, see strongroom.beat


class OnDuty(Struct, frozen=True, kw_only=True):
    """Who is tried at which rung right now."""

    person: str
    role: str
    until_at: float | None = None


class Board(Struct, frozen=True, kw_only=True):
    """Everything a screen needs, as one JSON value in the site database."""

    revision: int
    at: float
    beat_at: float
    building: str
    folder_revision: str
    started_at: float
    latest: dict[str, Latest]
    alarms: tuple[Alarm, ...]
    incidents: tuple[Incident, ...]
    notices: tuple[Notice, ...]
    on_duty: tuple[OnDuty, ...]
    health: Health
    rejects: tuple[Reject, ...] = ()
    unknown_topics: dict[str, int] = {}
    drill: str = ""
    last_change_at: float = 0.0
    aside: tuple[Aside, ...] = ()  # sensors out of service
    uncalibrated: tuple[str, ...] = ()  # sensors whose calibration has ended
    strangers: Strangers = Strangers()
