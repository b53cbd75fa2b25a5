"""The append-only, hash-chained record. State is its fold: the last state per id wins.

Each entry's ``data`` is JSON. Entries about an alarm, a notice or an incident carry that thing whole as it
stands afterwards, so that a fold needs no decision code and survives its upgrades.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec
from msgspec import Struct

from alerts.model import Alarm, AlarmEvent, Notice, NoticeEvent
from playbooks.model import Incident, IncidentEvent
from sensors.model import Text
from strongroom.model import Act, DrillHeld, Entry

GENESIS = hashlib.sha256(b"strongroom journal 1").hexdigest()

KINDS: dict[str, str] = {
    "engine.started": "the engine began; data: version, folder revision",
    "engine.stopped": "the engine ended in order",
    "clock.stepped": "the wall clock jumped; data: seconds",
    "folder.taken": "the engine goes on with a changed building folder; data: from, to (revisions)",
    "sensor.*": "an instrument at its place; data: a record (strongroom.instruments.records)",
    "act": "a person did something; data: the act, and why it was refused if it was",
    "drill.held": "a drill took place; data: drill, when, rating, score, note",
    "alarm.*": "data: reason, alarm as it stands",
    "notice.*": "data: reason, notice as it stands",
    "incident.*": "data: reason, incident as it stands",
}


class Draft(Struct, frozen=True, kw_only=True):
    """An entry before it has its number and hash."""

    at: float
    kind: str
    about: str
    by: str
    data: bytes


class AlarmData(Struct, frozen=True):
    """``data`` of alarm entries."""

    reason: Text
    alarm: Alarm


class NoticeData(Struct, frozen=True):
    """``data`` of notice entries."""

    reason: Text
    notice: Notice


class IncidentData(Struct, frozen=True):
    """``data`` of incident entries."""

    reason: Text
    incident: Incident


class ActData(Struct, frozen=True):
    """``data`` of act entries; ``refused`` None means it was done."""

    act: Act
    refused: Text | None = None


_encode = msgspec.json.Encoder().encode
_alarm = msgspec.json.Decoder(AlarmData)
_notice = msgspec.json.Decoder(NoticeData)
_incident = msgspec.json.Decoder(IncidentData)
_act = msgspec.json.Decoder(ActData)


def draft_alarm(event: AlarmEvent) -> Draft:
    """The journal entry of an alarm event."""
    data = _encode(AlarmData(event.reason, event.alarm))
    return Draft(at=event.at, kind=event.kind, about=event.alarm.id, by=event.by, data=data)


def draft_notice(event: NoticeEvent) -> Draft:
    """The journal entry of a notice event."""
    data = _encode(NoticeData(event.reason, event.notice))
    return Draft(at=event.at, kind=event.kind, about=event.notice.id, by=event.by, data=data)


def draft_incident(event: IncidentEvent) -> Draft:
    """The journal entry of an incident event."""
    data = _encode(IncidentData(event.reason, event.incident))
    return Draft(at=event.at, kind=event.kind, about=event.incident.id, by=event.by, data=data)


def draft_act(act: Act, refused: Text | None, at: float) -> Draft:
    """The journal entry of an act, done or refused."""
    return Draft(at=at, kind="act", about=act.id, by=act.by, data=_encode(ActData(act, refused)))


def draft_held(what: DrillHeld, by: str, at: float) -> Draft:
    """The journal entry of a drill that took place."""
    return Draft(at=at, kind="drill.held", about=what.drill, by=by, data=_encode(what))


def draft_fact(kind: str, about: str, at: float, **facts: object) -> Draft:
    """A plain entry of the engine itself."""
    return Draft(at=at, kind=kind, about=about, by="system", data=_encode(facts))


def decode(entry: Entry) -> AlarmData | NoticeData | IncidentData | ActData | None:
    """What an entry carries, typed; None for plain facts, and for what the disk or a hand made unreadable.

    That the journal is not what was written is told by its seals (:func:`broken_at`); the entries before and after
    such a one still count.
    """
    kind, _, _ = entry.kind.partition(".")
    try:
        if kind == "act":
            return _act.decode(entry.data)
        if kind == "alarm":
            return _alarm.decode(entry.data)
        if kind == "notice":
            return _notice.decode(entry.data)
        if kind == "incident":
            return _incident.decode(entry.data)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return None


def chain(previous: str, seq: int, draft: Draft) -> Entry:
    """Number and seal a draft: hash = SHA-256 over the previous hash and every field."""
    return Entry(
        seq=seq,
        at=draft.at,
        kind=draft.kind,
        about=draft.about,
        by=draft.by,
        data=draft.data,
        hash=_digest(previous, seq, draft.at, draft.kind, draft.about, draft.by, draft.data),
    )


def broken_at(entries: Iterable[Entry], previous: str = GENESIS, first: int = 1) -> int | None:
    """Number of the first entry that was altered, cut out or reordered; None when the chain holds."""
    expected = first
    for entry in entries:
        digest = _digest(previous, entry.seq, entry.at, entry.kind, entry.about, entry.by, entry.data)
        if entry.seq != expected or digest != entry.hash:
            return expected
        previous = entry.hash
        expected += 1
    return None


def _digest(previous: str, seq: int, at: float, kind: str, about: str, by: str, data: bytes) -> str:
    # Lengths are part of the hash, so that moving a character between fields changes it.
    head = _encode([previous, seq, at, kind, about, by, len(data)])
    return hashlib.sha256(head + data).hexdigest()
