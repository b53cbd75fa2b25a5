"""Wall time over both clock changes of a year (C12)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from alerts.rule import Schedule
from alerts.schedule import armed, instant, next_daily
from tests.judge import BERLIN


def at(*when: int) -> float:
    return datetime(*when, tzinfo=UTC).timestamp()  # type: ignore[misc]


@pytest.mark.parametrize(
    ("day", "wall", "utc"),
    [
        (date(2027, 3, 27), "02:30", at(2027, 3, 27, 1, 30)),
        (date(2027, 3, 28), "02:30", at(2027, 3, 28, 1, 0)),  # skipped: when the clocks jump past it
        (date(2027, 3, 28), "03:30", at(2027, 3, 28, 1, 30)),
        (date(2027, 10, 31), "02:30", at(2027, 10, 31, 0, 30)),  # twice: the first time
        (date(2027, 10, 31), "24:00", at(2027, 10, 31, 23, 0)),
    ],
)
def test_moments(day: date, wall: str, utc: float) -> None:
    assert instant(day, wall, BERLIN) == utc


def test_a_half_past_two_job_runs_exactly_once_a_day_all_year() -> None:
    now, days = at(2027, 1, 1), set()
    runs = 0
    while (now := next_daily("02:30", now, BERLIN)) < at(2027, 12, 31):
        runs += 1
        days.add(datetime.fromtimestamp(now, UTC).date())
    assert runs == len(days) == 364


def test_a_span_over_midnight_belongs_to_the_day_it_begins() -> None:
    friday_night = (Schedule(days=(4,), from_="22:00", until="06:00"),)
    saturday_early = at(2027, 1, 16, 4, 0)
    on, following = armed(friday_night, saturday_early, BERLIN)
    assert on
    assert following == at(2027, 1, 16, 5, 0)
    assert not armed(friday_night, at(2027, 1, 15, 4, 0), BERLIN)[0]


def test_without_schedule_always_armed() -> None:
    assert armed((), 0.0, BERLIN) == (True, float("inf"))


def test_the_whole_day_is_the_default_span() -> None:
    on, _ = armed((Schedule(),), at(2027, 6, 1, 21, 59), BERLIN)
    assert on
