"""The series writer: moves readings from the durable intake to the series store, exactly once, in its own
time.

The intake (site database) is written before the broker is acknowledged; the store may be away for a day
without anything being lost or any decision waiting. A batch is sent, then the cursor moves; whoever dies in
between sends the batch again, and the store folds what it knows (:class:`ingest.series.Series`). Some stores
acknowledge before they are on disk, so the last ``tail_s`` of what was taken is kept back and sent again
after every fault and restart.
"""

from __future__ import annotations

import math
import shutil
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from ingest.series import Series, SeriesDamagedError, SeriesDownError, SeriesError, SeriesRefusedError
from sensors.model import Reading, Text
from strongroom.clock import Clock
from strongroom.cursors import Cursors
from strongroom.sitedb import SiteReader, is_damage

CURSOR = "series"
BATCH = 2_000
IDLE_S = 1.0
UPKEEP = 5  # pieces of the store's housekeeping at a time: each is a few milliseconds
UPKEEP_EVERY_S = 10.0
MEND_EVERY_S = 3600.0  # a disk that damages a fresh file within the hour needs a person, not another copy
BACK_OFF_S = (1.0, 2.0, 5.0, 10.0, 30.0)
CAPACITY = 10_000_000  # over two days of 500 sensors every 10 s
BYTES_PER_READING = 100  # a row of the intake with its index, measured at 70 to 90
ALARM_FILL = 0.8
ALARM_DOWN_S = 60.0
SPARE_BYTES = 500_000_000  # of the disk, kept for the journal


class Feeding(Struct, frozen=True, kw_only=True):
    """How the series writer stands. ``fill`` is the share of the room for waiting readings that is used.

    ``finished`` is the number up to which the intake may be pruned. ``refused`` counts readings that the
    store will never take; they stay out of history. ``trouble`` says what is wrong, or names the last one
    refused (None: all is well). ``alarmed`` asks for the alarm :data:`strongroom.builtin.STORE`. ``damaged``: a file
    that only a new start can salvage came back damaged. ``lost``: the store itself did, and this is what could not be
    read of it.
    """

    backlog: int = 0
    fill: float = 0.0
    finished: int = 0
    written: int = 0
    refused: int = 0
    down_since_at: float | None = None
    alarmed: bool = False
    damaged: bool = False
    lost: Text | None = None
    trouble: Text | None = None


def free_beside(path: Path) -> int:
    """Bytes free where this file lies; 0 where its folder cannot be looked at."""
    try:
        return shutil.disk_usage(path.parent).free
    except OSError:
        return 0


class Feeder:
    """One thread between the intake at ``site`` and the store that ``open_series`` gives.

    ``open_series`` may raise :class:`SeriesError`; it is tried again. :attr:`state` may be read from any
    thread. ``capacity`` is how many waiting readings count as full; a disk with less room lowers it. ``mend`` makes a
    store that came back damaged from its disk fit to be opened, and says what was lost; None where that is not ours.
    """

    def __init__(
        self,
        site: Path,
        cursors: Cursors,
        open_series: Callable[[], Series],
        clock: Clock,
        *,
        tail_s: float = 0.0,
        batch: int = BATCH,
        capacity: int = CAPACITY,
        free_bytes: Callable[[], int] | None = None,
        mend: Callable[[], Text | None] | None = None,
    ) -> None:
        self._site = site
        self._cursors = cursors
        self._open_series = open_series
        self._clock = clock
        self._tail_s = tail_s
        self._batch = batch
        self._capacity = capacity
        self._free_bytes = free_bytes or (lambda: free_beside(site))
        self._reader: SiteReader | None = None
        self._series: Series | None = None
        self._mend = mend
        self._mended_at = -math.inf  # on the monotonic clock
        self._lost: Text | None = None
        self._damaged = False
        self._begun = False
        self._at = 0  # sent up to here
        self._safe = 0  # surely on the store's disk up to here
        self._next_upkeep = 0.0
        self._sent: deque[tuple[float, int]] = deque()  # when a batch was taken, its last number
        self._down_since: float | None = None
        self._failures = 0
        self._written = 0
        self._refused = 0
        self._refusal = ""
        self._taken: Reading | None = (
            None  # a reading that this store took, for asking whether it still would
        )
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="feeder", daemon=True)
        self.state = Feeding()
        self.beat_at = clock.monotonic()  # when the thread last moved

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the batch under way."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30.0)

    def seen(self) -> Feeding:
        """:attr:`state`, alarmed where the thread stands still in a call that does not come back: a store that answers
        a byte now and then keeps every time-out from running out.
        """
        stood_s = self._clock.monotonic() - self.beat_at
        if stood_s <= ALARM_DOWN_S or not self._thread.is_alive():
            return self.state
        words = Text(
            f"历史数据库已 {stood_s:.0f} 秒没有答完一次请求",
            f"the history store has not answered a request for {stood_s:.0f} s",
        )
        return replace(self.state, alarmed=True, trouble=words)

    def pump(self) -> int:
        """Move one batch; how many readings went. 0 when there is none or the store is away. Never raises
        those.
        """
        self.beat_at = self._clock.monotonic()
        try:
            moved = self._move()
            self._settle()
        except SeriesDamagedError as error:
            self._store_damaged(error)
            return 0
        except (SeriesError, sqlite3.Error, OSError) as error:
            self._damaged |= is_damage(error)
            self._failed(error)
            return 0
        self._failures = 0
        self._down_since = None
        self._report("")
        return moved

    # --- inside ---------------------------------------------------------------------------------------

    def _move(self) -> int:
        if self._reader is None:
            self._reader = SiteReader(self._site)
        if not self._begun:
            self._at = self._safe = self._cursors.get(CURSOR)
            self._begun = True
        if self._series is None:
            self._series = self._open_series()
        rows = self._reader.intake_after(self._at, self._batch)
        if not rows:
            self._keep_up(self._series)
            return 0
        readings = [reading for _, reading in rows if reading is not None]
        if readings:
            self._write(self._series, readings)
        if len(readings) < len(rows):
            self._refused += len(rows) - len(readings)
            self._refusal = "rows of the intake are damaged"
        self._at = rows[-1][0]
        self._written += len(readings)
        self._sent.append((self._clock.monotonic(), self._at))
        if len(rows) < self._batch:  # a building is never quite still
            self._keep_up(self._series)
        return len(rows)

    def _keep_up(self, series: Series) -> None:
        """A little housekeeping, whenever there is no backlog; rarely while there is nothing to do."""
        at = self._clock.monotonic()
        if at >= self._next_upkeep:
            self._next_upkeep = at + (0.0 if series.upkeep(self._clock.now(), UPKEEP) else UPKEEP_EVERY_S)

    def _store_damaged(self, error: SeriesDamagedError) -> None:
        """Salvage the store, seldom, and send it everything the intake still has."""
        at = self._clock.monotonic()
        if self._mend is not None and at - self._mended_at >= MEND_EVERY_S:
            self._mended_at = at
            if self._series is not None:
                self._series.close()
                self._series = None
            try:
                self._lost = self._mend() or self._lost
                self._cursors.set(CURSOR, 0)
                self._safe = 0
            except (sqlite3.Error, OSError) as again:
                self._mended_at = -math.inf  # no room for the fresh file: later
                self._failed(again)
                return
        self._failed(error)

    def _write(self, series: Series, readings: list[Reading]) -> None:
        """Write all; where the store refuses, find the readings it refuses and leave out only those.

        A store that refuses what it took before refuses everything - a wrong address, a proxy with an opinion - and
        is away: nothing is let go for its sake.
        """
        refused = self._refusals(series, readings)
        if refused and self._taken is None:
            raise SeriesDownError(f"the store takes nothing: {refused[-1]}")
        self._refused += len(refused)
        self._refusal = refused[-1] if refused else self._refusal

    def _refusals(self, series: Series, readings: list[Reading]) -> list[str]:
        """Write all that can be written, by halves; what the store said of each reading it refused."""
        try:
            series.write(readings)
        except SeriesRefusedError as error:
            if len(readings) > 1:
                half = len(readings) // 2
                return self._refusals(series, readings[:half]) + self._refusals(series, readings[half:])
            if self._taken is not None:
                try:
                    series.write([self._taken])
                except SeriesRefusedError as again:
                    raise SeriesDownError(f"the store refuses what it took before: {again}") from again
            return [str(error)]
        self._taken = readings[-1]
        return []

    def _settle(self) -> None:
        """What was taken long enough ago is surely on the store's disk."""
        before = self._clock.monotonic() - self._tail_s
        safe = self._safe
        while self._sent and self._sent[0][0] <= before:
            safe = self._sent.popleft()[1]
        if safe != self._safe:
            self._cursors.set(CURSOR, safe)
            self._safe = safe

    def _failed(self, error: Exception) -> None:
        self._failures += 1
        if self._down_since is None:
            self._down_since = self._clock.now()
        self._at = self._safe  # the store may have died with what it had not written
        self._sent.clear()
        known = isinstance(error, (SeriesError, sqlite3.Error, OSError))
        self._report(str(error) if known else f"{type(error).__name__}: {error}")
        if self._reader is not None:
            # A reader that opened the file while its disk was read-only makes SQLite refuse writers of this process.
            self._reader.close()
            self._reader = None

    def _report(self, error: str) -> None:
        backlog = self._backlog()
        room = max(0, self._free_bytes() - SPARE_BYTES) // BYTES_PER_READING
        fill = backlog / max(1, min(self._capacity, backlog + room))
        now = self._clock.now()
        down = error and self._down_since is not None and now - self._down_since >= ALARM_DOWN_S
        trouble = None
        if error:
            trouble = Text(
                f"历史数据库不可用，{backlog} 条读数在等待（{fill:.0%}）：{error}",
                f"the history store is away, {backlog} readings wait ({fill:.0%}): {error}",
            )
        elif fill >= ALARM_FILL:
            trouble = Text(f"{backlog} 条读数在等待（{fill:.0%}）", f"{backlog} readings wait ({fill:.0%})")
        elif self._refused:
            trouble = Text(
                f"历史数据库拒收 {self._refused} 条读数：{self._refusal}",
                f"the history store refused {self._refused} readings: {self._refusal}",
            )
        self.state = Feeding(
            backlog=backlog,
            fill=fill,
            finished=self._safe,
            written=self._written,
            refused=self._refused,
            down_since_at=self._down_since,
            alarmed=bool(down) or fill >= ALARM_FILL,
            damaged=self._damaged,
            lost=self._lost,
            trouble=trouble,
        )

    def _backlog(self) -> int:
        if self._reader is None:
            return self.state.backlog
        try:
            _, high = self._reader.intake_span()
        except sqlite3.Error:
            return self.state.backlog
        return max(0, high - self._at)

    def _run(self) -> None:
        while not self._stopping:
            moved = self.pump()
            if self._failures:
                self._clock.wait(BACK_OFF_S[min(self._failures, len(BACK_OFF_S)) - 1], self._wake)
            elif moved < self._batch:
                self._clock.wait(IDLE_S, self._wake)
        if self._reader is not None:
            self._reader.close()
        if self._series is not None:
            self._series.close()
