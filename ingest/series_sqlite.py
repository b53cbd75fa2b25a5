"""The embedded series store: one SQLite file for one building, read by several processes while one writes.

New readings are rows of a narrow table (write-ahead log, full sync). Whole days are sealed into compressed
blocks per sensor (:mod:`ingest.series_seal`). The file must lie on a local disk: SQLite's write-ahead log
does not work over a network file system (https://sqlite.org/wal.html).
"""

from __future__ import annotations

import math
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import numpy as np

from ingest.series import (
    MICRO,
    QUALITIES,
    QUALITY_CODE,
    TRUSTED,
    Coverage,
    Pile,
    SeriesDamagedError,
    SeriesDownError,
    Stats,
    Window,
    check,
    coverage_of,
    delay_s,
    joined,
    micros,
    pile_of,
    stats_of,
)
from ingest.series_block import between, chained, masked, matches, merged, unpack, unpack_pile
from ingest.series_rows import (
    DAY_US,
    FIVE,
    HOUR,
    RAW,
    fold_tail,
    newest,
    put_rows,
    unsealed,
    window_from_rows,
)
from ingest.series_rows import SCHEMA as ROWS_SCHEMA
from ingest.series_seal import Retention, Sealer
from ingest.series_tail import FOLD_AT, LARGE, Columns, pack_tail, read_tail, tail_matches
from ingest.series_tail import SCHEMA as TAIL_SCHEMA
from sensors.model import Reading

SCHEMA = ROWS_SCHEMA + TAIL_SCHEMA
PRAGMAS = "PRAGMA auto_vacuum = INCREMENTAL;"  # before the first table


def intact(table: str, row: Sequence[object]) -> bool:
    """Whether the packed readings in a row of this file match their checksum; True for rows without any."""
    if table not in {"block", "part", "tail"}:
        return True
    data = row[-1]
    return isinstance(data, bytes) and (tail_matches(data) if table == "tail" else matches(data))


class SqliteSeries:
    """The store at ``path``. ``read_only`` opens it for looking only (dashboard, history, reports).

    ``on_step`` is handed to the sealer for tests that die between its steps.
    """

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        retention: Retention | None = None,
        on_step: Callable[[str], None] | None = None,
    ) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._pool: list[sqlite3.Connection] = []
        self._file = 0
        self._ids: dict[str, int] = {}
        self._writer: sqlite3.Connection | None = None
        if not read_only:
            with self._told():
                self._writer = self._opened_for_writing()
                self._sealer = Sealer(self._writer, retention or Retention(), on_step)
        elif not path.exists():
            raise SeriesDownError(
                f"{path}: there are no readings yet; the engine creates this file when it starts"
            )

    def _opened_for_writing(self) -> sqlite3.Connection:
        fresh = not self._path.exists()
        if not fresh and (self._path.stat().st_size == 0 or not self._path.is_file()):
            # SQLite would take a file of no bytes for a new one.
            raise SeriesDamagedError(f"{self._path} is empty or no file; it held readings once")
        try:
            return self._opened()
        except BaseException:
            if fresh:
                self._path.unlink(missing_ok=True)
            raise

    def _opened(self) -> sqlite3.Connection:
        base = sqlite3.connect(self._path, timeout=10, isolation_level=None, check_same_thread=False)
        base.executescript(PRAGMAS)
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("PRAGMA synchronous = FULL")
        base.execute("PRAGMA journal_size_limit = 67108864")
        base.execute("PRAGMA cache_size = -32768")
        base.executescript(SCHEMA)
        return base

    @contextmanager
    def _told(self) -> Iterator[None]:
        """SQLite's errors in the words of the seam."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise SeriesDownError(f"{self._path}: {error}") from error
        except (
            sqlite3.DatabaseError,
            TypeError,
            UnicodeDecodeError,
        ) as error:  # values of a kind we never write
            raise SeriesDamagedError(f"{self._path}: {error}") from error

    def _same_file(self) -> None:
        """Let go of readers of a file that a salvaged one has taken the place of."""
        file = self._path.stat().st_ino if self._path.exists() else 0
        if file != self._file:
            for base in self._pool:
                base.close()
            self._pool.clear()
            self._file = file

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A read-only connection inside one snapshot of the file."""
        with self._told():
            with self._lock:
                self._same_file()
                file = self._file
                base = self._pool.pop() if self._pool else None
            if base is None:
                base = sqlite3.connect(
                    f"file:{quote(str(self._path))}?mode=ro",
                    uri=True,
                    timeout=10,
                    isolation_level=None,
                    check_same_thread=False,
                )
            try:
                base.execute("BEGIN")
                yield base
                base.execute("ROLLBACK")
            except BaseException:
                base.close()
                raise
            with self._lock:
                if file == self._file:
                    self._pool.append(base)
                    return
            base.close()

    def write(self, readings: Sequence[Reading]) -> None:
        """Keep all of them in one transaction with full sync."""
        if self._writer is None:
            raise SeriesDownError(f"{self._path} was opened for reading only")
        with self._lock, self._told():
            ids = dict(self._ids)
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                for sensor in {r.sensor for r in readings} - ids.keys():
                    ids[sensor] = self._number(self._writer, sensor)
                if len(readings) >= LARGE:
                    self._append(self._writer, ids, readings)
                else:
                    self._put_rows(self._writer, ids, readings)
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise
            self._ids = ids

    def _append(self, base: sqlite3.Connection, ids: dict[str, int], readings: Sequence[Reading]) -> None:
        """A large batch goes to the tail as it is; once that is long it is folded in."""
        base.execute(
            "INSERT INTO tail (points, data) VALUES (?, ?)", (len(readings), pack_tail(ids, readings))
        )
        if int(base.execute("SELECT total(points) FROM tail").fetchone()[0]) >= FOLD_AT:
            fold_tail(base)

    def _put_rows(self, base: sqlite3.Connection, ids: dict[str, int], readings: Sequence[Reading]) -> None:
        """A small batch becomes rows, after what the tail holds: the last write wins."""
        check(readings)
        fold_tail(base)
        put_rows(
            base,
            [
                (
                    ids[r.sensor],
                    micros(r.measured_at),
                    r.value + 0.0,  # minus nought becomes nought
                    QUALITY_CODE[r.quality],
                    delay_s(r),
                    r.raw,
                    r.drill or None,
                )
                for r in readings
            ],
        )

    def _number(self, base: sqlite3.Connection, sensor: str) -> int:
        base.execute("INSERT OR IGNORE INTO series (sensor) VALUES (?)", (sensor,))
        return int(base.execute("SELECT id FROM series WHERE sensor = ?", (sensor,)).fetchone()[0])

    def sensors(self) -> list[str]:
        """Every sensor that ever wrote here, in alphabetical order."""
        with self._reading() as base:
            return sorted(str(name) for (name,) in base.execute("SELECT sensor FROM series"))

    def latest(self) -> dict[str, Reading]:
        """The newest trusted reading of every sensor; its row is never sealed away."""
        found: dict[str, Reading] = {}
        with self._reading() as base:
            names = {int(n): str(name) for n, name in base.execute("SELECT id, sensor FROM series")}
            for series, sensor in names.items():
                row = base.execute(
                    "SELECT at, value, quality, delay, raw, drill FROM recent "
                    "WHERE series = ? AND quality < ? ORDER BY at DESC LIMIT 1",
                    (series, TRUSTED),
                ).fetchone()
                if row is not None:
                    us, value, code, delay, raw, drill = row
                    at = us / MICRO
                    found[sensor] = Reading(sensor, value, at, at + delay, QUALITIES[code], raw, drill or "")
            tail = read_tail(base)
            if tail is not None:
                self._newer(base, tail, names, found)
        return found

    def _newer(
        self, base: sqlite3.Connection, tail: Columns, names: dict[int, str], found: dict[str, Reading]
    ) -> None:
        """Put into ``found`` what of the tail is newer, and search again where it takes the trust from the newest."""
        last = tail.in_order()
        trusted = last.quality < TRUSTED
        places = np.flatnonzero(trusted)
        places = places[np.append(np.diff(last.series[places]) != 0, True)] if len(places) else places
        for place in places.tolist():
            sensor = names[int(last.series[place])]
            reading = last.cut(place, place + 1, sensor).readings()[0]
            if sensor not in found or found[sensor].measured_at <= reading.measured_at:
                found[sensor] = reading
        for place in np.flatnonzero(~trusted).tolist():
            series = int(last.series[place])
            known = found.get(names[series])
            if known is not None and micros(known.measured_at) == int(last.at_us[place]):
                window = newest(base, series, names[series], tail)
                if window is None:
                    del found[names[series]]
                else:
                    found[names[series]] = window.readings()[0]

    def _fresh(self, base: sqlite3.Connection, series: int, sensor: str, from_us: int, to_us: int) -> Window:
        """What is not sealed yet: rows and parts, and the tail winning over them."""
        found = between(unsealed(base, series, sensor, from_us, to_us), from_us, to_us)
        tail = read_tail(base)
        return found if tail is None else merged(found, tail.of(series, from_us, to_us, sensor))

    def _series(self, base: sqlite3.Connection, sensor: str) -> int | None:
        row = base.execute("SELECT id FROM series WHERE sensor = ?", (sensor,)).fetchone()
        return None if row is None else int(row[0])

    def window(self, sensor: str, from_at: float, to_at: float) -> Window:
        """Every reading still kept one by one: sealed and unsealed, rows winning over blocks."""
        from_us, to_us = micros(from_at), micros(to_at)
        with self._reading() as base:
            series = self._series(base, sensor)
            if series is None or to_us <= from_us:
                return window_from_rows(sensor, [])
            fresh = self._fresh(base, series, sensor, from_us, to_us)
            blocks = self._blocks(base, series, RAW, from_us, to_us)
        if not blocks:
            return fresh
        sealed = chained([unpack(sensor, data) for data in blocks.values()])
        return merged(between(sealed, from_us, to_us), fresh)

    def _blocks(
        self, base: sqlite3.Connection, series: int, resolution: int, from_us: int, to_us: int
    ) -> dict[int, bytes]:
        """Block by day for every day that the range touches, oldest first."""
        return dict(
            base.execute(
                "SELECT day, data FROM block "
                "WHERE series = ? AND resolution = ? AND day BETWEEN ? AND ? ORDER BY day",
                (series, resolution, from_us // DAY_US, (to_us - 1) // DAY_US),
            ).fetchall()
        )

    def downsample(self, sensor: str, from_at: float, to_at: float, every_s: float) -> Stats:
        """Statistics per ``every_s``: from the hourly roll-up where it fits, else from the readings
        themselves.
        """
        from_us, to_us, every_us = micros(from_at), micros(to_at), micros(every_s)
        hourly = (
            every_us % (HOUR * MICRO) == 0 and from_us % (HOUR * MICRO) == 0 and to_us % (HOUR * MICRO) == 0
        )
        with self._reading() as base:
            series = self._series(base, sensor)
            if series is None or to_us <= from_us:
                return stats_of(joined([]), every_s)
            single, rolled = self._parts(base, series, sensor, from_us, to_us, hourly=hourly)
        whole = joined([single, *(pile for _, pile in rolled)])
        return stats_of(whole.part((whole.at_us >= from_us) & (whole.at_us < to_us)), every_s)

    def _parts(
        self, base: sqlite3.Connection, series: int, sensor: str, from_us: int, to_us: int, *, hourly: bool
    ) -> tuple[Pile, list[tuple[int, Pile]]]:
        """Every trusted reading of the range exactly once: singly, or in roll-ups of so many seconds.

        Whole days are answered, so the caller cuts at the ends of the range. Days with unsealed rows are
        always answered from single readings, as long as those are kept.
        """
        rows = self._fresh(base, series, sensor, from_us, to_us)
        touched = set(np.unique(rows.at_us // DAY_US).tolist())
        held = self._days(base, series, from_us, to_us)
        needed = {day for day in held[RAW] if day in touched or not hourly}
        blocks = self._blocks(base, series, RAW, from_us, to_us) if needed else {}
        sealed = [unpack(sensor, data) for day, data in blocks.items() if day in needed]
        rolled: list[tuple[int, Pile]] = []
        answered = set(needed)
        for resolution in (HOUR, FIVE) if hourly else (FIVE, HOUR):
            if held[resolution] <= answered:
                continue
            wide = resolution * MICRO
            for day, data in self._blocks(base, series, resolution, from_us, to_us).items():
                if day in answered:
                    continue
                answered.add(day)
                pile = unpack_pile(data)
                rolled.append((resolution, pile))
                if day in touched:  # written after the readings of that day were thinned out
                    repeated = (rows.at_us // DAY_US == day) & np.isin(rows.at_us // wide * wide, pile.at_us)
                    rows = masked(rows, ~repeated)
        whole = merged(chained(sealed), rows) if sealed else rows
        kept = whole.quality < TRUSTED
        return pile_of(whole.at_us[kept], whole.value[kept]), rolled

    def _days(self, base: sqlite3.Connection, series: int, from_us: int, to_us: int) -> dict[int, set[int]]:
        """Which days of the range are held in each resolution, without reading them."""
        found = base.execute(
            "SELECT resolution, day FROM block WHERE series = ? AND resolution IN (?, ?, ?) AND day BETWEEN ? AND ?",
            (series, RAW, FIVE, HOUR, from_us // DAY_US, (to_us - 1) // DAY_US),
        )
        held: dict[int, set[int]] = {RAW: set(), FIVE: set(), HOUR: set()}
        for resolution, day in found:
            held[resolution].add(int(day))
        return held

    def coverage(self, sensor: str, from_at: float, to_at: float, max_gap_s: float) -> Coverage:
        """Gaps by measurement time; where readings were thinned out, a roll-up's bucket counts as covered."""
        from_us, to_us = micros(from_at), micros(to_at)
        with self._reading() as base:
            series = self._series(base, sensor)
            if series is None or to_us <= from_us:
                return coverage_of(np.empty(0), from_at, to_at, max_gap_s)
            single, rolled = self._parts(base, series, sensor, from_us, to_us, hourly=False)
        marks = [single.at_us, *(pile.at_us for _, pile in rolled)]
        for wide, pile in rolled:  # a bucket covers its whole width
            inside = np.linspace(0, wide * MICRO, math.ceil(wide / max_gap_s) + 1)[1:].astype(np.int64)
            marks += [np.minimum(pile.at_us + part, to_us - 1) for part in inside]
        at_us = np.sort(np.concatenate(marks))
        at_us = at_us[(at_us >= from_us) & (at_us < to_us)]
        whole = joined([single, *(pile for _, pile in rolled)])
        count = whole.count[(whole.at_us >= from_us) & (whole.at_us < to_us)]
        return coverage_of(at_us / MICRO, from_at, to_at, max_gap_s, int(count.sum()))

    def upkeep(self, now: float, limit: int = 50) -> int:
        """Seal days that are over, thin out what is old; up to ``limit`` small transactions."""
        if self._writer is None:
            return 0
        with self._lock, self._told():
            folded = 0
            if self._writer.execute("SELECT 1 FROM tail LIMIT 1").fetchone() is not None:
                with self._writer:
                    self._writer.execute("BEGIN IMMEDIATE")
                    folded = fold_tail(self._writer)
            return self._sealer.work(now, limit) + (1 if folded else 0)

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for base in [*self._pool, *([self._writer] if self._writer else [])]:
                base.close()
            self._pool.clear()
