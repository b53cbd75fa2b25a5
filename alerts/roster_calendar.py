"""Duty rosters as iCalendar (RFC 5545), so that they can be planned in any calendar program.

Out: every shift as an event in local wall time with its zone. In: events become duty periods in the building's
wall time; recurrence rules are unfolded as far as ``until``. An event that names nobody we know is reported,
never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
from dateutil.rrule import rrulestr
from msgspec import Struct

from alerts.model import Duty, Person
from alerts.people import shifts, wall
from sensors.model import Text

PERSON = "X-STRONGROOM-PERSON"
ROLE = "X-STRONGROOM-ROLE"
LARGEST = 2_000_000  # bytes of calendar that are read
MOST = 20_000  # events


class RosterProblem(Struct, frozen=True):
    """One event that could not be taken over: which, and what to write."""

    event: str
    words: Text


class Imported(Struct, frozen=True):
    """The duties of a calendar and what was wrong with the rest."""

    duties: tuple[Duty, ...]
    problems: tuple[RosterProblem, ...]


def to_calendar(
    people: Mapping[str, Person], duties: Iterable[Duty], timezone: str, *, from_: float, until: float
) -> bytes:
    """The shifts between ``from_`` and ``until`` (Unix seconds) as a calendar."""
    zone = ZoneInfo(timezone)
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Strongroom//duty roster//")
    calendar.add("version", "2.0")
    for shift in shifts(duties, timezone, from_, until):
        person = people.get(shift.person)
        name = person.name if person else Text(shift.person, shift.person)
        event = icalendar.Event()
        event.add("uid", f"{shift.role}-{shift.person}-{shift.from_at:.0f}@strongroom")
        event.add("dtstamp", datetime.fromtimestamp(from_, ZoneInfo("UTC")))
        event.add("dtstart", wall(shift.from_at, timezone).replace(tzinfo=zone))
        event.add("dtend", wall(shift.until_at, timezone).replace(tzinfo=zone))
        event.add("summary", f"{shift.role} {name.zh} {name.en}")
        event.add(PERSON, shift.person)
        event.add(ROLE, shift.role)
        calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def from_calendar(
    data: bytes, people: Mapping[str, Person], timezone: str, *, role: str = "on-duty", until: date
) -> Imported:
    """The duty periods of a calendar, in ``timezone``'s wall time; ``role`` where an event names none.

    A person is found by our own property, by the mail address of an attendee, or by a name or id in the
    title. Never raises: a calendar that cannot be read is one problem.
    """
    if len(data) > LARGEST:
        return Imported((), (RosterProblem("", TOO_LARGE),))
    try:
        calendar = icalendar.Calendar.from_ical(data)
        events = list(calendar.walk("VEVENT"))
    except (ValueError, KeyError, IndexError, TypeError):
        return Imported((), (RosterProblem("", NOT_A_CALENDAR),))
    found: list[Duty] = []
    problems: list[RosterProblem] = []
    for event in events[:MOST]:
        title = str(event.get("summary", ""))[:200]
        person = _person(event, title, people)
        if person is None:
            problems.append(RosterProblem(title, NOBODY))
            continue
        try:
            spans = _spans(event, ZoneInfo(timezone), until)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            problems.append(RosterProblem(title, NO_TIME))
            continue
        found += [
            Duty(
                person=person,
                from_=start.isoformat(),
                until=end.isoformat(),
                role=str(event.get(ROLE, role)),
            )
            for start, end in spans
            if start < end
        ]
    return Imported(tuple(sorted(found, key=lambda d: (d.from_, d.person))), tuple(problems))


def _person(event: Any, title: str, people: Mapping[str, Person]) -> str | None:
    named = str(event.get(PERSON, ""))
    if named in people:
        return named
    attendees = event.get("attendee", [])
    mails = {
        str(one).lower().removeprefix("mailto:")
        for one in (attendees if isinstance(attendees, list) else [attendees])
    }
    hits = {p.id for p in people.values() if p.mail and p.mail.lower() in mails}
    words = title.lower().replace("，", " ").replace(",", " ").split()
    hits = hits or {
        p.id
        for p in people.values()
        if p.id.lower() in words or p.name.zh in title or p.name.en.lower() in title.lower()
    }
    return hits.pop() if len(hits) == 1 else None


def _spans(event: Any, zone: ZoneInfo, until: date) -> list[tuple[datetime, datetime]]:
    """The event's periods in local wall time, one for each time it happens."""
    start = _local(event.decoded("dtstart"), zone)
    if "dtend" in event:
        end = _local(event.decoded("dtend"), zone)
    elif "duration" in event:
        end = start + event.decoded("duration")
    else:  # RFC 5545 3.6.1: an all-day event without an end lasts its day
        end = start + timedelta(days=1)
    if "rrule" not in event:
        return [(start, end)]
    rule = event["rrule"].to_ical().decode()
    left_out = set()
    exceptions = event.get("exdate", [])
    for group in exceptions if isinstance(exceptions, list) else [exceptions]:
        left_out |= {_local(one.dt, zone) for one in group.dts}
    # Wall time is unfolded, so that nine o'clock stays nine o'clock over a clock change.
    plain = ";".join(
        part if not part.startswith("UNTIL=") else f"UNTIL={part[6:].removesuffix('Z')}"
        for part in rule.split(";")
    )
    latest = datetime.combine(until, time.max)
    made: list[tuple[datetime, datetime]] = []
    for at in rrulestr(plain, dtstart=start):
        if at > latest or len(made) >= MOST:
            break
        if at not in left_out:
            made.append((at, at + (end - start)))
    return made


def _local(moment: date, zone: ZoneInfo) -> datetime:
    """A calendar moment as naive wall time of ``zone``; a date is its midnight."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time.min)
    return moment if moment.tzinfo is None else moment.astimezone(zone).replace(tzinfo=None)


TOO_LARGE = Text("日历文件超过 2 MB。", "The calendar is larger than 2 MB.")
NOT_A_CALENDAR = Text("不是 iCalendar 文件（.ics）。", "This is not an iCalendar file (.ics).")
NOBODY = Text(
    "标题里没有（唯一）认识的人；请写 people.toml 里的姓名或 id。",
    "The title names nobody we know, or several; write one name or id from people.toml.",
)
NO_TIME = Text("没有可用的起止时间。", "It has no start and end that can be used.")
