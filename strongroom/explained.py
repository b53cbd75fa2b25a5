"""An alarm explained from the journal, for the command line and for its page alike (C15)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from alerts.explain import Explanation, explain
from alerts.model import AlarmEvent, NoticeEvent
from strongroom.journal import AlarmData, NoticeData, decode
from strongroom.model import Building, Entry

OF_ONE = 500  # entries of one alarm that are read
MESSAGES = 5000  # entries about messages since it was raised


class Journal(Protocol):
    """Where entries are read: a desk of the pages or a :class:`strongroom.sitedb.SiteReader`."""

    def entries(
        self, *, after: int = 0, limit: int = 200, about: str = "", kind: str = "", newest: bool = True
    ) -> list[Entry]:
        """Journal entries after a number."""


def explained(building: Building, journal: Journal, alarm_id: str) -> Explanation | None:
    """Why the alarm is as it is and who was told, as the journal says at this moment; None without such an alarm.

    Beside its own entries the messages since it was first raised count, also those that speak for several alarms.
    """
    entries = journal.entries(about=alarm_id, kind="alarm.", limit=OF_ONE, newest=True)
    found = [(entry, data) for entry in entries if isinstance(data := decode(entry), AlarmData)]
    if not found:
        return None
    last, first = max(found, key=lambda one: one[0].seq), min(found, key=lambda one: one[0].seq)
    events = [AlarmEvent(kind=e.kind, alarm=d.alarm, at=e.at, by=e.by, reason=d.reason) for e, d in found]
    told = [
        NoticeEvent(kind=entry.kind, notice=data.notice, at=entry.at, by=entry.by, reason=data.reason)
        for entry in journal.entries(after=first[0].seq - 1, kind="notice.", limit=MESSAGES, newest=False)
        if isinstance(data := decode(entry), NoticeData)
    ]
    names = {person.id: person.name for person in building.people.values()}
    return explain(last[1].alarm, building.rules, events, told, building.people, building.sensors, names)


def ids_of(entries: Iterable[Entry], asked: str) -> list[str]:
    """The alarms meant by an id, a reference as messages give it, or rule@place; newest first, each once."""
    found: dict[str, None] = {}
    for entry in entries:
        data = decode(entry)
        if isinstance(data, AlarmData):
            alarm = data.alarm
            if asked.casefold() in (
                alarm.id.casefold(),
                alarm.reference.casefold(),
                alarm.id.rpartition("#")[0].casefold(),
            ):
                found[alarm.id] = None
    return list(found)
