"""Where stored readings are, and how people write stretches of time."""

from __future__ import annotations

import re
import threading
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
    found = _SPAN.fullmatch(words.strip().lower())
    seconds = float(found[1]) * _SECONDS[found[2] or ""] if found else 0.0
    if not 0 < seconds < 1e10:
        raise UnreadableError(
            Text(
                f"看不懂时长“{words}”；请写如 5m、1h、1d",
                f"{words!r} is no span of time; write e.g. 5m, 1h, 1d",
            )
        )
    return seconds


def read_moment(words: str, now: float, timezone: str) -> float:
    """``now``, ``-30d`` (so long ago), an ISO date or time in the building's wall time, or one with its own offset.

    An hour that the clocks repeat in autumn means the first of the two.
    """
    word = words.strip()
    if word.lower() in {"now", "现在"}:
        return now
    if word.startswith("-"):
        return now - read_span(word[1:])
    try:
        found = datetime.fromisoformat(word.replace("/", "-"))
        if found.tzinfo is None:
            found = found.replace(tzinfo=ZoneInfo(timezone))
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
