"""Times as devices write them.

Arrival, message and measurement are three times. A device clock before its first synchronisation counts
from 0 or 1970: numbers under a billion seconds (2001) are no time. A time without zone is read in the
building's zone and in UTC, and believed only where one of them fits the arrival; otherwise arrival counts,
because a wrong zone must never make a live alarm look hours old.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo

_FIRST = 1_000_000_000.0  # 2001-09-09: anything earlier is a clock that was never set
_LAST = 4_102_444_800.0  # 2100-01-01
_LAST_MS = _LAST * 1e3
_LAST_NS = _LAST * 1e9
_FITS_S = 300.0
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - naive, because it is subtracted from naive moments
_WIDEST_OFFSET_S = 15 * 3600.0  # no zone lies further from UTC

_ISO = re.compile(
    r"^\s*(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*"
    r"(Z|UTC|[+-]\d{2}:?\d{2})?\s*$",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})T?(\d{2})(\d{2})(\d{2})(Z?)$")
_CLOCK_FIRST = re.compile(r"^(\d{1,2}):(\d{2}):(\d{2})\s+(\d{1,2})/(\d{1,2})/(\d{4})\s*(\S+)?$")


class Clock:
    """Reads device times for one building: its zone and the arrival of the message at hand."""

    __slots__ = ("arrived_at", "zone")

    def __init__(self, zone: tzinfo | None, arrived_at: float) -> None:
        self.zone = zone
        self.arrived_at = arrived_at

    def read(self, value: object) -> float | None:
        """Unix seconds of ``value`` (number of s, ms, µs or ns, or text), None where it is no time."""
        return moment_of(value, self.zone, self.arrived_at)


def moment_of(value: object, zone: tzinfo | None, arrived_at: float) -> float | None:
    """Unix seconds of a time as a device writes it, for a message that arrived then; None where it is no time."""
    kind = type(value)
    if kind is int or kind is float:
        return from_number(value)  # type: ignore[arg-type]
    if not isinstance(value, str) or len(value) > 64:
        return None
    # The short way: nearly all devices write ISO 8601, with or without signs between the numbers.
    if value[4:5] == "-" or value[8:9] == "T":
        try:
            iso = datetime.fromisoformat(value)
            if iso.tzinfo is None:
                return _unzoned(iso, zone, arrived_at)
            at = iso.timestamp()
            return at if _FIRST <= at <= _LAST else None
        except (ValueError, OverflowError):
            pass
    text = value.strip()
    if text.isdecimal() and len(text) >= 10 and not _COMPACT.match(text):
        return from_number(float(text))
    moment, zoned = parse(text)
    if moment is None:
        try:
            return from_number(float(text))
        except ValueError:
            return None
    if not zoned:
        return _unzoned(moment, zone, arrived_at)
    try:
        at = moment.timestamp()
    except (ValueError, OverflowError):
        return None
    return at if _FIRST <= at <= _LAST else None


def _unzoned(moment: datetime, zone: tzinfo | None, arrived_at: float) -> float | None:
    at = (moment - _EPOCH).total_seconds()
    ahead = at - arrived_at
    if -_FITS_S <= ahead <= _FITS_S:
        return at
    if zone is not None and -_WIDEST_OFFSET_S <= ahead <= _WIDEST_OFFSET_S:
        offset = zone.utcoffset(moment)
        local = 0.0 if offset is None else offset.total_seconds()
        if -_FITS_S <= ahead - local <= _FITS_S:
            return at - local
    return None


def from_number(number: float) -> float | None:
    """Unix seconds of a count of seconds, milli-, micro- or nanoseconds; None before 2001 and after 2100."""
    if _FIRST <= number <= _LAST:
        return float(number)
    if not _FIRST <= number <= _LAST_NS:  # also keeps numbers too large for a float out of the division
        return None
    if number <= _LAST_MS:
        return number / 1e3 if number >= _FIRST * 1e3 else None
    for factor in (1e6, 1e9):
        if _FIRST <= number / factor <= _LAST:
            return number / factor
    return None


def parse(text: str) -> tuple[datetime | None, bool]:
    """A moment from ISO 8601, compact ISO or "clock then US date" text, and whether it named its zone."""
    try:
        if match := _ISO.match(text):
            year, month, day, hour, minute, second, fraction, zone = match.groups()
            micro = int((fraction or "0").ljust(6, "0")[:6])
            moment = datetime(  # noqa: DTZ001 - the zone follows below, where the text names one
                int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), micro
            )
            if zone is None:
                return moment, False
            return _zoned(moment, zone), True
        if match := _COMPACT.match(text):
            moment = datetime(*(int(part) for part in match.groups()[:6]))  # type: ignore[arg-type]  # noqa: DTZ001
            return (moment.replace(tzinfo=UTC), True) if match.group(7) else (moment, False)
        if match := _CLOCK_FIRST.match(text):
            hour, minute, second, month, day, year, zone = match.groups()
            moment = datetime(  # noqa: DTZ001
                int(year), int(month), int(day), int(hour), int(minute), int(second)
            )
            if zone is None:
                return moment, False
            return _zoned(moment, zone), True
    except (ValueError, OverflowError):
        pass
    return None, False


def _zoned(moment: datetime, zone: str) -> datetime:
    upper = zone.upper().removeprefix("GMT").removeprefix("UTC")
    if upper in ("Z", ""):
        return moment.replace(tzinfo=UTC)
    offset = re.match(r"^([+-])(\d{1,2}):?(\d{2})?$", upper)
    if offset is None:
        raise ValueError(zone)
    sign, hours, minutes = offset.groups()
    shown = f"{moment.isoformat()}{sign}{int(hours):02d}:{minutes or '00'}"
    return datetime.fromisoformat(shown)
