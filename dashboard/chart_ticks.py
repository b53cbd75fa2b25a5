"""Where the time axis of a chart is marked: whole hours, days and months of the building's wall time. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

MOST = 9
_DAY_S = 86_400.0
_HOURS = (0.25, 0.5, 1, 2, 3, 6, 12)
_DAYS = (1, 2, 5, 10)
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120)


def time_ticks(since: float, until: float, zone: tzinfo) -> list[tuple[float, str]]:
    """Moments and their words, at most about nine; right over both clock changes, because each is a wall time."""
    span = until - since
    for hours in _HOURS:
        if span <= MOST * hours * 3600.0:
            return _clock(since, until, zone, hours)
    for days in _DAYS:
        if span <= MOST * days * _DAY_S:
            return _days(since, until, zone, days)
    months = next((n for n in _MONTHS if span <= MOST * n * 31 * _DAY_S), _MONTHS[-1])
    return _months(since, until, zone, months)


def _wall(at: float, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(at, zone).replace(tzinfo=None)


def _at(wall: datetime, zone: tzinfo) -> float:
    return wall.replace(tzinfo=zone).timestamp()


def _clock(since: float, until: float, zone: tzinfo, hours: float) -> list[tuple[float, str]]:
    step = timedelta(hours=hours)
    day = _wall(since, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    wall = day + step * ((_wall(since, zone) - day) // step)
    found: list[tuple[float, str]] = []
    while (at := _at(wall, zone)) <= until:
        # An hour that spring skips would be marked at the next one's place with a wrong name.
        is_real = datetime.fromtimestamp(at, UTC).astimezone(zone).replace(tzinfo=None) == wall
        if at >= since and is_real:
            midnight = wall.hour == 0 and wall.minute == 0
            found.append((at, wall.strftime("%m-%d" if midnight else "%H:%M")))
        wall += step
    return found


def _days(since: float, until: float, zone: tzinfo, days: int) -> list[tuple[float, str]]:
    start = _wall(since, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    wall = start - timedelta(days=start.toordinal() % days)
    found: list[tuple[float, str]] = []
    while (at := _at(wall, zone)) <= until:
        if at >= since:
            found.append((at, wall.strftime("%m-%d")))
        wall += timedelta(days=days)
    return found


def _months(since: float, until: float, zone: tzinfo, months: int) -> list[tuple[float, str]]:
    first = _wall(since, zone)
    number = (first.year * 12 + first.month - 1) // months * months
    found: list[tuple[float, str]] = []
    while (at := datetime(number // 12, number % 12 + 1, 1, tzinfo=zone).timestamp()) <= until:
        if at >= since:
            found.append((at, f"{number // 12}-{number % 12 + 1:02}"))
        number += months
    return found
