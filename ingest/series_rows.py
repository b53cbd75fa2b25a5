"""What of the embedded store is not sealed yet: single rows, and parts - the readings of one sensor and day that came
in large batches, packed like a block.

A row was written after every part that reaches over its time: a part takes the rows it covers into itself. So rows
win over parts, later parts over earlier ones, and all of them over blocks. The newest trusted reading of every sensor
always lies in a row of its own: it answers "latest".
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import numpy as np

from ingest.series import MICRO, TRUSTED, Ints, Window
from ingest.series_block import gathered, masked, merged, pack, unpack
from ingest.series_tail import Columns, read_tail

DAY_US = 86400 * MICRO
RAW, FIVE, HOUR = 0, 300, 3600

SCHEMA = """
CREATE TABLE IF NOT EXISTS series (id INTEGER PRIMARY KEY, sensor TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS recent (
    series INTEGER NOT NULL, at INTEGER NOT NULL, value REAL NOT NULL, quality INTEGER NOT NULL,
    delay INTEGER NOT NULL, raw REAL, drill TEXT, PRIMARY KEY (series, at)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS part (
    n INTEGER PRIMARY KEY, series INTEGER NOT NULL, day INTEGER NOT NULL, data BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS part_day ON part (series, day);
CREATE TABLE IF NOT EXISTS block (
    series INTEGER NOT NULL, resolution INTEGER NOT NULL, day INTEGER NOT NULL, data BLOB NOT NULL,
    UNIQUE (series, resolution, day));
CREATE INDEX IF NOT EXISTS block_age ON block (resolution, day);
"""
PART_AT = 32  # readings of one sensor and day from which on they become a part; fewer become rows
_ROWS = (
    "SELECT at, value, quality, delay, raw, drill FROM recent "
    "WHERE series = ? AND at >= ? AND at < ? ORDER BY at"
)
_PUT = (
    "INSERT OR REPLACE INTO recent (series, at, value, quality, delay, raw, drill) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)

Row = tuple[int, float, int, int, float | None, str | None]
PlacedRow = tuple[int, int, float, int, int, float | None, str | None]
"""A row with its series number before it."""


def window_from_rows(sensor: str, rows: list[Row]) -> Window:
    """Rows of the recent table as columns."""
    if not rows:
        rows_at: tuple[tuple[object, ...], ...] = ((), (), (), (), (), ())
    else:
        rows_at = tuple(zip(*rows, strict=True))
    at, value, quality, delay, raw, drill = rows_at
    return Window(
        sensor=sensor,
        at_us=np.array(at, np.int64),
        value=np.array(value, np.float64),
        quality=np.array(quality, np.uint8),
        delay_s=np.array(delay, np.int64),
        raw=np.array(raw, np.float64),  # NULL arrives as None and becomes NaN
        drill={place: str(name) for place, name in enumerate(drill) if name},
    )


def recent_rows(base: sqlite3.Connection, series: int, from_us: int, to_us: int) -> list[Row]:
    """The rows of one series in a range."""
    return base.execute(_ROWS, (series, from_us, to_us)).fetchall()


def parts(base: sqlite3.Connection, series: int, from_us: int, to_us: int) -> dict[int, bytes]:
    """The parts of every day that the range touches, by number, oldest first."""
    return dict(
        base.execute(
            "SELECT n, data FROM part WHERE series = ? AND day BETWEEN ? AND ? ORDER BY n",
            (series, from_us // DAY_US, (to_us - 1) // DAY_US),
        ).fetchall()
    )


def unsealed(base: sqlite3.Connection, series: int, sensor: str, from_us: int, to_us: int) -> Window:
    """Parts and rows of one series in whole days that the range touches (parts) and in the range (rows)."""
    packed = [unpack(sensor, data) for data in parts(base, series, from_us, to_us).values()]
    return merged(
        gathered(sensor, packed), window_from_rows(sensor, recent_rows(base, series, from_us, to_us))
    )


def put_rows(base: sqlite3.Connection, rows: Sequence[PlacedRow]) -> None:
    """Write single rows; where one takes the trust from a newest reading, the one before it is found again."""
    hidden = {series for series, at, _, code, *_ in rows if code >= TRUSTED and _is_trusted(base, series, at)}
    base.executemany(_PUT, rows)
    for series in hidden:
        _keep_newest(base, series)


def _is_trusted(base: sqlite3.Connection, series: int, at: int) -> bool:
    row = base.execute("SELECT quality FROM recent WHERE series = ? AND at = ?", (series, at)).fetchone()
    return row is not None and int(row[0]) < TRUSTED


def fold_tail(base: sqlite3.Connection) -> int:
    """Make parts and rows of everything in the tail, inside the caller's transaction; how many readings."""
    tail = read_tail(base)
    if tail is None:
        return 0
    found = tail.in_order()
    day = found.at_us // DAY_US
    edges = np.flatnonzero((np.diff(found.series) != 0) | (np.diff(day) != 0)) + 1
    starts, stops = [0, *edges.tolist()], [*edges.tolist(), len(day)]
    few = np.zeros(len(day), bool)
    for start, stop in zip(starts, stops, strict=True):
        if stop - start < PART_AT:
            few[start:stop] = True
        else:
            _put_part(base, int(found.series[start]), int(day[start]), found.cut(start, stop, ""))
    put_rows(base, _placed(found, np.flatnonzero(few)))
    base.execute("DELETE FROM tail")
    return len(tail.series)


def _placed(found: Columns, places: Ints) -> list[PlacedRow]:
    drills = [found.drill.get(int(i)) for i in places] if found.drill else [None] * len(places)
    return list(
        zip(
            found.series[places].tolist(),
            found.at_us[places].tolist(),
            found.value[places].tolist(),
            found.quality[places].tolist(),
            found.delay_s[places].tolist(),
            found.raw[places].tolist(),  # SQLite keeps a NaN as NULL
            drills,
            strict=True,
        )
    )


def _put_part(base: sqlite3.Connection, series: int, day: int, window: Window) -> None:
    """Write a part, with the rows that it covers inside it."""
    span = int(window.at_us[0]), int(window.at_us[-1]) + 1
    rows = recent_rows(base, series, *span)
    was = window_from_rows("", rows)
    if rows:
        window = merged(was, window)
        base.execute("DELETE FROM recent WHERE series = ? AND at >= ? AND at < ?", (series, *span))
    base.execute("INSERT INTO part (series, day, data) VALUES (?, ?, ?)", (series, day, pack(window)))
    trusted = np.flatnonzero(window.quality < TRUSTED)
    if len(trusted):
        base.execute(_PUT, _row(series, window, int(trusted[-1])))
    if rows and not np.isin(was.at_us[was.quality < TRUSTED], window.at_us[trusted]).all():
        _keep_newest(base, series)


def _row(series: int, window: Window, place: int) -> PlacedRow:
    return (
        series,
        int(window.at_us[place]),
        float(window.value[place]),
        int(window.quality[place]),
        int(window.delay_s[place]),
        float(window.raw[place]),  # SQLite keeps a NaN as NULL
        window.drill.get(place),
    )


def newest(base: sqlite3.Connection, series: int, sensor: str, tail: Columns | None = None) -> Window | None:
    """The newest trusted reading among everything kept one by one, searched day by day from the end."""
    asked = "SELECT day FROM part WHERE series = ?1 UNION SELECT day FROM block WHERE series = ?1 AND resolution = 0"
    days = {int(day) for (day,) in base.execute(asked, (series,))}
    days |= {int(at) // DAY_US for (at,) in base.execute("SELECT at FROM recent WHERE series = ?", (series,))}
    if tail is not None:
        days |= set((tail.at_us[tail.series == series] // DAY_US).tolist())
    for day in sorted(days, reverse=True):
        span = day * DAY_US, (day + 1) * DAY_US
        found = unsealed(base, series, sensor, *span)
        held = base.execute(
            "SELECT data FROM block WHERE series = ? AND resolution = 0 AND day = ?", (series, day)
        ).fetchone()
        if held is not None:
            found = merged(unpack(sensor, bytes(held[0])), found)
        if tail is not None:
            found = merged(found, tail.of(series, *span, sensor))
        trusted = np.flatnonzero(found.quality < TRUSTED)
        if len(trusted):
            return masked(found, np.arange(len(found)) == trusted[-1])
    return None


def _keep_newest(base: sqlite3.Connection, series: int) -> None:
    found = newest(base, series, "")
    if found is not None:
        base.execute(_PUT, _row(series, found, 0))
