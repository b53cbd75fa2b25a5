"""Where stored readings are, and how people write stretches of time."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from ingest.series import Series
from ingest.series_sqlite import SqliteSeries
from sensors.model import Text
from strongroom.datadir import READINGS_DB
from strongroom.settings import Influx

INFLUX_TAIL_S = 60.0  # a database that writes through a page cache may lose what it acknowledged so long ago

_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|min|h|d|w|秒|分|分钟|小时|时|天|日|周)?")
_SECONDS = {
    "": 1,
    "s": 1,
    "秒": 1,
    "m": 60,
    "min": 60,
    "分": 60,
    "分钟": 60,
    "h": 3600,
    "小时": 3600,
    "时": 3600,
}
_SECONDS |= {"d": 86400, "天": 86400, "日": 86400, "w": 7 * 86400, "周": 7 * 86400}


_DAYS_AGO = {"today": 0, "今天": 0, "yesterday": 1, "昨天": 1}
# A date as people write it, with or without a time.
_WRITTEN = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T\s]*(\d{1,2})(?::|[点时])(?:(\d{1,2})(?:分|:(\d{2}))?)?)?"
)


class UnreadableError(ValueError):
    """A moment or span that cannot be read; ``words`` say what to write instead."""

    def __init__(self, words: Text) -> None:
        self.words = words
        super().__init__(f"{words.zh} · {words.en}")


def open_series(data: Path, influx: Influx, *, read_only: bool = True) -> Series:
    """The building's series store: InfluxDB where an address is set, else the file in the data directory.

    Raises :class:`ingest.series.SeriesError` with a sentence for the operator.
    """
    if influx.url:
        from ingest.series_influx import InfluxAddress, InfluxSeries

        address = InfluxAddress(
            url=influx.url, bucket=influx.bucket, org=influx.org, token=influx.token.reveal()
        )
        return InfluxSeries(address)
    return SqliteSeries(data / READINGS_DB, read_only=read_only)


def once(opened: Callable[[], Series]) -> Callable[[], Series]:
    """The same store for every caller of this process, opened by the first; tried again while it cannot be opened."""
    lock = threading.Lock()
    found: list[Series] = []

    def series() -> Series:
        with lock:
            if not found:
                found.append(opened())
            return found[0]

    return series


def tail_s(influx: Influx) -> float:
    """For how long the feeder keeps what this store acknowledged, to send it again after a fault."""
    return INFLUX_TAIL_S if influx.url else 0.0


def read_span(words: str) -> float:
    """``300``, ``5m``, ``1h``, ``2d``, ``5分钟`` in seconds; :class:`UnreadableError` for anything else."""
    found = _SPAN.fullmatch(unicodedata.normalize("NFKC", words).strip().lower())
    seconds = float(found[1]) * _SECONDS[found[2] or ""] if found else 0.0
    if not 0 < seconds < 1e10:
        raise UnreadableError(
            Text(
                f"看不懂时长“{words}”；请写如 5m、1h、1d",
                f"{words!r} is no span of time; write e.g. 5m, 1h, 1d",
            )
        )
    return seconds


def read_width(words: str) -> float:
    """The width of statistics in seconds, a second at least; :class:`UnreadableError` as :func:`read_span`."""
    seconds = read_span(words)
    if seconds < 1.0:
        raise UnreadableError(
            Text(
                f"统计间隔“{words}”太小，至少 1s", f"{words!r} is too narrow for statistics; write 1s or more"
            )
        )
    return seconds


def read_moment(words: str, now: float, timezone: str) -> float:
    """``now``, ``today``, ``-30d`` (so long ago), a date or time in the building's wall time, or an ISO time with its
    own offset. Dates as people write them: ``2026-03-01``, ``2026/3/1``, ``2026年3月1日 8:30``, also in full width.

    An hour that the clocks repeat in autumn means the first of the two.
    """
    word = unicodedata.normalize("NFKC", words).strip()
    if word.lower() in {"now", "现在"}:
        return now
    if word.startswith("-"):
        return now - read_span(word[1:])
    try:
        if (days := _DAYS_AGO.get(word.lower())) is not None:
            day = datetime.fromtimestamp(now, ZoneInfo(timezone)).date() - timedelta(days=days)
            return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone)).timestamp()
        written = _WRITTEN.fullmatch(word)
        if written is not None:
            found = datetime(*(int(part or 0) for part in written.groups()))  # type: ignore[arg-type]  # noqa: DTZ001
        else:
            found = datetime.fromisoformat(word)
        if found.tzinfo is None:
            found = found.replace(tzinfo=ZoneInfo(timezone))
        if not 1900 <= found.year <= 2200:
            raise ValueError(words)
        return found.timestamp()
    except (ValueError, OverflowError):
        raise UnreadableError(
            Text(
                f"看不懂时间“{words}”；请写如 2026-03-01、2026-03-01T08:30、-30d 或 now",
                f"{words!r} is no moment; write e.g. 2026-03-01, 2026-03-01T08:30, -30d or now",
            )
        ) from None


def midnights(from_at: float, to_at: float, timezone: str) -> list[float]:
    """Every local midnight from the day of ``from_at`` to the one after ``to_at``; days may have 23 or 25 hours."""
    zone = ZoneInfo(timezone)
    day = datetime.fromtimestamp(from_at, zone).date()
    found: list[float] = []
    while True:
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()
        found.append(midnight)
        if midnight >= to_at:
            return found
        day += timedelta(days=1)
