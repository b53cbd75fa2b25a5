"""Wall-clock schedules over both clock changes of a year; pure.

A wall time that a clock change skips happens at the moment the clocks jump past it, one that occurs twice
happens at its first occurrence: a 02:30 job runs exactly once a day, every day (C12).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.rule import Schedule


def instant(day: date, wall: str, timezone: str) -> float:
    """Unix seconds of ``HH:MM`` ("24:00" is the next midnight) on a local day."""
    hours, minutes = (int(part) for part in wall.split(":"))
    if hours == 24:
        day, hours = day + timedelta(days=1), 0
    zone = ZoneInfo(timezone)
    wanted = datetime(day.year, day.month, day.day, hours, minutes, tzinfo=zone)
    at = wanted.timestamp()
    if _wall(at, zone) != wanted.replace(tzinfo=None):  # skipped: go back to where the clocks jumped past it
        while _wall(at - 60.0, zone) >= wanted.replace(tzinfo=None):
            at -= 60.0
    return at


def _wall(at: float, zone: ZoneInfo) -> datetime:
    """What the clock on the wall shows, without zone."""
    return datetime.fromtimestamp(at, zone).replace(tzinfo=None)


def local_day(at: float, timezone: str) -> date:
    """The local calendar day of a moment."""
    return datetime.fromtimestamp(at, ZoneInfo(timezone)).date()


def next_daily(wall: str, after: float, timezone: str) -> float:
    """The first occurrence of a daily wall time strictly after ``after``; once per local day."""
    day = local_day(after, timezone) - timedelta(days=1)
    while (at := instant(day, wall, timezone)) <= after:
        day += timedelta(days=1)
    return at


def spans(schedule: Schedule, day: date, timezone: str) -> tuple[float, float]:
    """From and until of the span that begins on ``day``; one that ends before it begins ends the next day."""
    begins = instant(day, schedule.from_, timezone)
    ends = instant(day, schedule.until, timezone)
    if schedule.until <= schedule.from_:
        ends = instant(day + timedelta(days=1), schedule.until, timezone)
    return begins, ends


def armed(schedules: Iterable[Schedule], now: float, timezone: str) -> tuple[bool, float]:
    """Whether any schedule covers ``now``, and the next moment at which that may change (inf if never).

    No schedule at all means always armed.
    """
    listed = tuple(schedules)
    if not listed:
        return True, float("inf")
    today = local_day(now, timezone)
    covered, following = False, float("inf")
    for schedule in listed:
        for offset in range(-1, 9):
            day = today + timedelta(days=offset)
            if day.weekday() not in schedule.days:
                continue
            begins, ends = spans(schedule, day, timezone)
            covered = covered or begins <= now < ends
            following = min([following, *(edge for edge in (begins, ends) if edge > now)])
    return covered, following
