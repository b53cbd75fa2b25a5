"""Sealing and retention of the embedded store: rows and parts become blocks, blocks become roll-ups.

Days are sealed in two transactions. The first writes the blocks and their hourly roll-ups beside
the rows; the block is then read back and compared bit for bit; only the second takes the rows away, and only
if they are still the rows that were sealed. Whoever dies in between leaves both, readers let rows win, and
the next pass starts again. The newest trusted row of a sensor always stays: it answers "latest".
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

import numpy as np
from msgspec import Struct

from ingest.series import MICRO, TRUSTED, Pile, SeriesDamagedError, Window, joined
from ingest.series_block import (
    gathered,
    merged,
    pack,
    pack_pile,
    rolled_up,
    same,
    unpack,
    unpack_pile,
)
from ingest.series_rows import DAY_US, FIVE, HOUR, RAW, Row, parts, recent_rows, window_from_rows

_PUT_BLOCK = "INSERT OR REPLACE INTO block (series, resolution, day, data) VALUES (?, ?, ?, ?)"


class Retention(Struct, frozen=True, kw_only=True):
    """How long readings stay one by one and as 5-minute roll-ups; hourly ones stay for ever.

    ``settle_s``: a day is sealed so long after its end, when most late readings are in.
    """

    raw_days: int = 90
    five_minute_days: int = 730
    settle_s: float = 1800.0


def added(pile: Pile, extra: Pile) -> Pile:
    """Buckets of ``extra`` that ``pile`` lacks, put in their place; the others cannot be told from
    repeats.
    """
    more = extra.part(~np.isin(extra.at_us, pile.at_us))
    if not len(more):
        return pile
    both = joined([pile, more])
    order = np.argsort(both.at_us, kind="stable")
    return Pile(both.at_us[order], both.low[order], both.high[order], both.total[order], both.count[order])


def _roll(window: Window, every_s: int) -> Pile:
    kept = window.quality < TRUSTED
    return rolled_up(window.at_us[kept], window.value[kept], every_s * MICRO)


class _Job(Struct, frozen=True, eq=False):
    """One day of one sensor: its rows, the number of its last part (0 without any).

    ``whole`` is what the block will hold; None where only the roll-ups are kept still.
    """

    series: int
    sensor: str
    day: int
    rows: list[Row]
    last_part: int
    whole: Window | None
    piles: dict[int, Pile]


class Sealer:
    """Housekeeping on the writer's own connection; the caller holds the writer's lock.

    ``on_step`` is told "written", "verified", "cleared" as a day is sealed and "thinned" as a block is given
    up, so that tests can die there.
    """

    def __init__(
        self, base: sqlite3.Connection, retention: Retention, on_step: Callable[[str], None] | None = None
    ) -> None:
        self._base = base
        self._retention = retention
        self._step = on_step or (lambda _: None)

    def work(self, now: float, limit: int) -> int:
        """Up to ``limit`` pieces of work: days sealed, blocks thinned, roll-ups dropped, space given back."""
        horizon = (int(now - self._retention.settle_s) * MICRO) // DAY_US * DAY_US
        jobs = [self._job(series, sensor, day) for series, sensor, day in self._unsealed(horizon, limit)]
        if jobs:
            self._seal(jobs)
        done = len(jobs)
        if done < limit:
            done += self._thin(now, limit - done)
        if done < limit:
            done += self._shrink()
        return done

    def _unsealed(self, horizon: int, limit: int) -> list[tuple[int, str, int]]:
        found: list[tuple[int, str, int]] = []
        for series, sensor in self._base.execute("SELECT id, sensor FROM series").fetchall():
            packed = {
                int(day)
                for (day,) in self._base.execute(
                    "SELECT DISTINCT day FROM part WHERE series = ? AND day < ?", (series, horizon // DAY_US)
                )
            }
            for day in sorted(packed.union(self._days(series, horizon))):
                if len(found) >= limit:
                    return found
                found.append((series, sensor, day))
        return found

    def _days(self, series: int, horizon: int) -> Iterator[int]:
        """Days before the horizon with rows to seal, one seek per day."""
        keeper: int | None = None
        at = -(2**62)
        while True:
            rows = self._base.execute(
                "SELECT at FROM recent WHERE series = ? AND at >= ? AND at < ? ORDER BY at LIMIT 2",
                (series, at, horizon),
            ).fetchall()
            if not rows:
                return
            first = int(rows[0][0])
            day = first // DAY_US
            at = (day + 1) * DAY_US
            alone = len(rows) == 1 or int(rows[1][0]) >= at
            if alone:
                keeper = self._keeper(series) if keeper is None else keeper
                if first == keeper:
                    continue
            yield day

    def _keeper(self, series: int) -> int | None:
        row = self._base.execute(
            "SELECT at FROM recent WHERE series = ? AND quality < ? ORDER BY at DESC LIMIT 1",
            (series, TRUSTED),
        ).fetchone()
        return None if row is None else int(row[0])

    def _block(self, series: int, resolution: int, day: int) -> bytes | None:
        row = self._base.execute(
            "SELECT data FROM block WHERE series = ? AND resolution = ? AND day = ?",
            (series, resolution, day),
        ).fetchone()
        return None if row is None else bytes(row[0])

    def _job(self, series: int, sensor: str, day: int) -> _Job:
        """What is to be sealed: the rows of the day together with what was sealed of it before."""
        span = day * DAY_US, (day + 1) * DAY_US
        rows = recent_rows(self._base, series, *span)
        packed = parts(self._base, series, *span)
        last = max(packed, default=0)
        fresh = merged(
            gathered(sensor, [unpack(sensor, data) for data in packed.values()]),
            window_from_rows(sensor, rows),
        )
        held = self._block(series, RAW, day)
        if held is not None:
            return _Job(series, sensor, day, rows, last, merged(unpack(sensor, held), fresh), {})
        rolled = {
            every: data for every in (FIVE, HOUR) if (data := self._block(series, every, day)) is not None
        }
        if not rolled:
            return _Job(series, sensor, day, rows, last, fresh, {})
        piles = {every: added(unpack_pile(data), _roll(fresh, every)) for every, data in rolled.items()}
        return _Job(series, sensor, day, rows, last, None, piles)

    def _seal(self, jobs: list[_Job]) -> None:
        """Write the blocks; read them back and compare; only then take the rows away."""
        with self._base:
            self._base.execute("BEGIN IMMEDIATE")
            for job in jobs:
                if job.whole is not None:
                    self._put(job, RAW, pack(job.whole))
                    self._put(job, HOUR, pack_pile(_roll(job.whole, HOUR)))
        self._step("written")
        for job in jobs:
            if job.whole is None:
                continue
            stored = self._block(job.series, RAW, job.day)
            if stored is None or not same(unpack(job.sensor, stored), job.whole):
                raise SeriesDamagedError(
                    f"{job.sensor}, day {job.day}: the sealed block does not give back its rows; they stay"
                )
            self._step("verified")
        with self._base:
            self._base.execute("BEGIN IMMEDIATE")
            for job in jobs:
                for every, pile in job.piles.items():
                    self._put(job, every, pack_pile(pile))
                self._clear(job)
        self._step("cleared")

    def _put(self, job: _Job, resolution: int, data: bytes) -> None:
        self._base.execute(_PUT_BLOCK, (job.series, resolution, job.day, data))

    def _clear(self, job: _Job) -> None:
        """Take the sealed rows and parts away, unless something was written to them meanwhile; spare the newest."""
        span = job.day * DAY_US, (job.day + 1) * DAY_US
        if recent_rows(self._base, job.series, *span) != job.rows:
            return
        self._base.execute(
            "DELETE FROM recent WHERE series = ? AND at >= ? AND at < ? AND at IS NOT ?",
            (job.series, *span, self._keeper(job.series)),
        )
        self._base.execute(
            "DELETE FROM part WHERE series = ? AND day = ? AND n <= ?", (job.series, job.day, job.last_part)
        )

    def _thin(self, now: float, limit: int) -> int:
        """Turn raw blocks beyond their time into 5-minute roll-ups, and drop those beyond theirs."""
        today = int(now) // 86400
        raw_before = today - self._retention.raw_days
        five_before = today - self._retention.five_minute_days
        old = self._base.execute(
            "SELECT b.series, s.sensor, b.day, b.data FROM block b JOIN series s ON s.id = b.series "
            "WHERE b.resolution = ? AND b.day < ? LIMIT ?",
            (RAW, raw_before, limit),
        ).fetchall()
        if old:
            with self._base:
                self._base.execute("BEGIN IMMEDIATE")
                for series, sensor, day, held in old:
                    five = pack_pile(_roll(unpack(sensor, held), FIVE))
                    self._base.execute(_PUT_BLOCK, (series, FIVE, day, five))
                    self._base.execute(
                        "DELETE FROM block WHERE series = ? AND resolution = ? AND day = ?",
                        (series, RAW, day),
                    )
            self._step("thinned")
        done = len(old)
        if done < limit:
            with self._base:
                gone = self._base.execute(
                    "DELETE FROM block WHERE rowid IN "
                    "(SELECT rowid FROM block WHERE resolution = ? AND day < ? LIMIT ?)",
                    (FIVE, five_before, limit - done),
                )
            done += gone.rowcount
        return done

    def _shrink(self) -> int:
        """Give free pages back to the disk once they are many; 1 if some were given back."""
        free = int(self._base.execute("PRAGMA freelist_count").fetchone()[0])
        pages = int(self._base.execute("PRAGMA page_count").fetchone()[0])
        if free < 64 or free * 4 < pages:
            return 0
        self._base.executescript("PRAGMA incremental_vacuum(4096)")  # execute() would free a single page
        return 1
