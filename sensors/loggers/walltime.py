"""Wall times as loggers and spreadsheets write them, and from them moments.

A date such as 03/04/2024 is read day first, month first or year first only where the whole column leaves one
answer: every date must exist, and the steps between the rows must be the smallest by far. Where two answers
remain, the question goes back to a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from msgspec import Struct

ORDERS = ("dmy", "mdy", "ymd")
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall time, without zone
_CLEARLY = 3.0  # the wrong order of day and month turns days into months: its steps add up to far more

_MONTHS = {
    word: number
    for number, row in enumerate(
        (
            "jan january januar janvier",
            "feb february februar fev fevrier fév février",
            "mar march mär märz mrz mars",
            "apr april avr avril",
            "may mai",
            "jun june juni juin",
            "jul july juli juil juillet",
            "aug august aou août aout",
            "sep sept september septembre",
            "oct october okt oktober octobre",
            "nov november novembre",
            "dec december dez dezember déc décembre",
        ),
        1,
    )
    for word in row.split()
}
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})(?:日)?(?!\d)")
_NUMBERS = re.compile(r"(?<!\d)(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
_NAMED = re.compile(r"(?<!\d)(\d{1,2})[-/. ]{0,2}([^\W\d_]{3,9})\.?[-/, ]{0,2}(\d{4}|\d{2})(?!\d)")
_NAMED_FIRST = re.compile(r"(?<![^\W\d_])([^\W\d_]{3,9})\.? (\d{1,2}),? (\d{4})(?!\d)")
_CLOCK = re.compile(
    r"(上午|下午)?\s*(?<!\d)(\d{1,2})[:：](\d{2})(?:[:：](\d{2})(?:[.,](\d{1,6}))?)?\s*(am|pm|a\.m\.|p\.m\.)?(?![\w:])",
    re.IGNORECASE,
)
_DOTTED_CLOCK = re.compile(r"^\s*()(\d{1,2})\.(\d{2})(?:\.(\d{2}))?()()\s*$")
_OFFSET = re.compile(r"(?<=[\d ])(Z|UTC|GMT|(?:UTC|GMT)?\s?[+-]\d{1,2}:?\d{2})\s*$")
_HEADER_OFFSET = re.compile(r"(?:GMT|UTC)\s?([+-])\s?(\d{1,2})(?::?(\d{2}))?", re.IGNORECASE)
_LEFT_OVER = re.compile(r"[\s,;T]*(?:[^\W\d_]{2,3}[.,]?)?[\s,;T]*", re.IGNORECASE)
_LONGEST = 40


class Stamp(Struct, frozen=True, gc=False):
    """A wall time before its order is known: three numbers, seconds into the day (None: only a date), offset in
    seconds where the cell names one. ``order`` is "" where the three numbers alone do not tell it."""

    parts: tuple[int, int, int]
    order: str
    clock_s: float | None
    offset_s: int | None


def stamp(cell: str, clock: str = "") -> Stamp | None:
    """A cell (or a date cell and its ``clock`` cell) as a stamp, None where it is no date."""
    text = f"{cell} {clock}".strip() if clock else cell.strip()
    if not 6 <= len(text) <= _LONGEST:
        return None
    found = _date(text)
    if found is None:
        return None
    parts, order, start, stop = found
    rest = f"{text[:start]} {text[stop:]}"
    offset = _OFFSET.search(rest)
    offset_s = None
    if offset is not None and ":" in rest[: offset.start()]:
        offset_s = _seconds_of(offset.group(1))
        rest = rest[: offset.start()]
    clock_match = _CLOCK.search(rest) or _DOTTED_CLOCK.match(rest)
    clock_s = None
    if clock_match is not None:
        clock_s = _clock_seconds(*clock_match.groups())
        if clock_s is None:
            return None
        rest = rest[: clock_match.start()] + rest[clock_match.end() :]
    if not _LEFT_OVER.fullmatch(rest):
        return None
    return Stamp(parts, order, clock_s, offset_s)


def is_clock(cell: str) -> bool:
    """Whether a cell holds a time of day and nothing else."""
    text = cell.strip()
    found = _CLOCK.fullmatch(text) or _DOTTED_CLOCK.match(text)
    return found is not None and _clock_seconds(*found.groups()) is not None


def header_offset(words: str) -> tzinfo | None:
    """The fixed offset that a heading names (``Date Time, GMT+08:00``), None where it names none."""
    found = _HEADER_OFFSET.search(words)
    if found is None:
        return None
    sign, hours, minutes = found.groups()
    span = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return timezone(-span if sign == "-" else span) if span < timedelta(hours=15) else None


def _date(text: str) -> tuple[tuple[int, int, int], str, int, int] | None:
    if found := _YEAR_FIRST.search(text):
        year, month, day = (int(part) for part in found.groups())
        return (year, month, day), "ymd", found.start(), found.end()
    if found := _NUMBERS.search(text):
        first, point, second, third = found.groups()
        order = "dmy" if point == "." else ""  # points between the numbers are the German way, day first
        return (int(first), int(second), int(third)), order, found.start(), found.end()
    for pattern, places in ((_NAMED, (0, 1, 2)), (_NAMED_FIRST, (1, 0, 2))):
        if found := pattern.search(text):
            groups = found.groups()
            month = _MONTHS.get(groups[places[1]].casefold(), 0)
            if month:
                parts = (int(groups[places[0]]), month, int(groups[places[2]]))
                return parts, "dmy", found.start(), found.end()
    return None


def _clock_seconds(
    chinese: str | None, hour: str, minute: str, second: str | None, fraction: str | None, half: str | None
) -> float | None:
    hours = int(hour)
    later = (half or "").casefold().startswith("p") or chinese == "下午"
    if half or chinese:
        if not 0 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if later else 0)
    if hours > 24 or int(minute) > 59 or int(second or 0) > 59:
        return None
    return hours * 3600 + int(minute) * 60 + int(second or 0) + float(f"0.{fraction or 0}")


def _seconds_of(offset: str) -> int:
    digits = re.search(r"([+-])(\d{1,2}):?(\d{2})", offset)
    if digits is None:
        return 0
    sign, hours, minutes = digits.groups()
    return (int(hours) * 3600 + int(minutes) * 60) * (-1 if sign == "-" else 1)


def wall(one: Stamp, order: str) -> datetime | None:
    """The wall time of a stamp read in an order, None where that day does not exist."""
    a, b, c = one.parts
    chosen = one.order or order
    year, month, day = {"dmy": (c, b, a), "mdy": (c, a, b), "ymd": (a, b, c)}[chosen]
    try:
        midnight = datetime(year + 2000 if year < 100 else year, month, day)  # noqa: DTZ001
    except ValueError:
        return None
    return midnight + timedelta(seconds=one.clock_s or 0.0)


def orders_of(stamps: Sequence[Stamp], latest: datetime) -> list[str]:
    """The orders that a column allows, one where the answer is certain; several ask for a person's word.

    ``latest`` is the wall time after which nothing can have been measured yet.
    """
    open_ones = [one for one in stamps if not one.order]
    if not open_ones:
        return ["dmy"]
    possible: dict[str, float] = {}
    for order in ORDERS:
        walls = [wall(one, order) for one in open_ones]
        known = [moment for moment in walls if moment is not None and moment <= latest]
        if len(known) == len(walls):
            possible[order] = _restlessness(known)
    calm = min(possible.values(), default=0.0)
    return [order for order, steps in possible.items() if steps <= calm * _CLEARLY]


def _restlessness(walls: Iterable[datetime]) -> float:
    """The sum of the steps in seconds, whichever way they go, plus one."""
    total, before = 1.0, None
    for moment in walls:
        if before is not None:
            total += abs((moment - before).total_seconds())
        before = moment
    return total


class Wall:
    """Turns a column's wall times into Unix seconds, row after row in the order they were measured.

    Without a zone in the cell, ``zone`` counts. An hour that the clocks repeat is told by what came before; one
    that they skip does not exist.
    """

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._before: dict[object, float] = {}

    def at(self, moment: datetime, offset_s: int | None, group: object = None) -> float | None:
        """Unix seconds, None where the zone's clocks skip that wall time. ``group`` keeps channels apart."""
        if offset_s is not None:
            return (moment - EPOCH).total_seconds() - offset_s
        first = moment.replace(tzinfo=self._zone)
        at = first.timestamp()
        second = first.replace(fold=1)
        if second.utcoffset() != first.utcoffset():
            back = datetime.fromtimestamp(at, UTC).astimezone(self._zone).replace(tzinfo=None)
            if back != moment.replace(fold=0):
                return None
            before = self._before.get(group)
            if before is not None and before >= at:
                at = second.timestamp()
        self._before[group] = at
        return at
