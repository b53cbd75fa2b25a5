"""Rosters out to calendars and back, over clock changes, with hostile and foolish files."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.model import Duty, Person
from alerts.people import shifts
from alerts.roster_calendar import from_calendar, to_calendar
from sensors.model import Text

PEOPLE = {
    "li": Person(id="li", name=Text("李强", "Li Qiang"), mail="li@example.org"),
    "wang": Person(id="wang", name=Text("王芳", "Wang Fang")),
}
UNTIL = date(2027, 1, 31)


def at(zone: str, words: str) -> float:
    return datetime.fromisoformat(words).replace(tzinfo=ZoneInfo(zone)).timestamp()


@pytest.mark.parametrize(
    "zone", ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]
)
def test_a_year_of_shifts_comes_back_the_same(zone: str) -> None:
    duties = (Duty(weekly="Sun 02:30", order=("li", "wang"), start="2026-01-04"),)
    begin, end = at(zone, "2026-01-05 00:00"), at(zone, "2026-12-28 00:00")
    data = to_calendar(PEOPLE, duties, zone, from_=begin, until=end)
    back = from_calendar(data, PEOPLE, zone, until=UNTIL)
    assert back.problems == ()
    assert shifts(back.duties, zone, begin, end) == shifts(duties, zone, begin, end)


def event(*lines: str) -> bytes:
    body = "\r\n".join(("BEGIN:VEVENT", "UID:1", *lines, "END:VEVENT"))
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{body}\r\nEND:VCALENDAR\r\n".encode()


@pytest.mark.parametrize(
    ("lines", "who", "first"),
    [
        (("SUMMARY:值班 李强", "DTSTART:20261201T010000Z", "DTEND:20261201T090000Z"), "li", "2026-12-01T09:00:00"),
        (("SUMMARY:duty", "ATTENDEE:MAILTO:LI@example.org", "DTSTART:20261201T090000", "DURATION:PT8H"), "li",
         "2026-12-01T09:00:00"),
        (("SUMMARY:wang", "DTSTART;VALUE=DATE:20261201"), "wang", "2026-12-01T00:00:00"),
    ],
)  # fmt: skip
def test_events_of_other_programs_are_read(lines: tuple[str, ...], who: str, first: str) -> None:
    made = from_calendar(event(*lines), PEOPLE, "Asia/Shanghai", until=UNTIL)
    assert [(d.person, d.from_) for d in made.duties] == [(who, first)]


def test_a_weekly_event_keeps_its_wall_clock_and_leaves_out_exceptions() -> None:
    lines = (
        "SUMMARY:li",
        "DTSTART;TZID=Europe/Berlin:20261019T090000",
        "DTEND;TZID=Europe/Berlin:20261020T090000",
        "RRULE:FREQ=WEEKLY;UNTIL=20261116T235959Z",
        "EXDATE;TZID=Europe/Berlin:20261102T090000",
    )
    made = from_calendar(event(*lines), PEOPLE, "Europe/Berlin", until=UNTIL)
    assert [d.from_ for d in made.duties] == [
        "2026-10-19T09:00:00",
        "2026-10-26T09:00:00",
        "2026-11-09T09:00:00",
        "2026-11-16T09:00:00",
    ]


def test_an_endless_event_ends_with_the_horizon() -> None:
    lines = ("SUMMARY:li", "DTSTART:20261201T090000", "DTEND:20261201T170000", "RRULE:FREQ=DAILY")
    made = from_calendar(event(*lines), PEOPLE, "Asia/Shanghai", until=date(2026, 12, 10))
    assert len(made.duties) == 10


@pytest.mark.parametrize("title", ["somebody", "李强 王芳", ""])
def test_an_event_without_one_known_person_is_reported_not_guessed(title: str) -> None:
    made = from_calendar(
        event(f"SUMMARY:{title}", "DTSTART:20261201T090000", "DTEND:20261201T170000"),
        PEOPLE,
        "Asia/Shanghai",
        until=UNTIL,
    )
    assert made.duties == ()
    assert "people.toml" in made.problems[0].words.en


@given(st.binary(max_size=400))
def test_any_bytes_are_at_worst_a_problem(data: bytes) -> None:
    from_calendar(data, PEOPLE, "Asia/Shanghai", until=UNTIL)
    from_calendar(event("SUMMARY:li") + data, PEOPLE, "Asia/Shanghai", until=UNTIL)
    from_calendar(event(data.decode("latin-1"), "SUMMARY:li"), PEOPLE, "Asia/Shanghai", until=UNTIL)
