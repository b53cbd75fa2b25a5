"""The series writer: exactly once through faults, restarts and refusals; the backlog said and alarmed."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ingest.series import SeriesDamagedError, SeriesDownError, SeriesRefusedError
from ingest.series_memory import MemorySeries
from sensors.model import Reading, Text
from strongroom.clock import SetClock
from strongroom.cursors import Cursors
from strongroom.feeder import ALARM_DOWN_S, CURSOR, MEND_EVERY_S, SPARE_BYTES, Feeder
from strongroom.sitedb import Batch, SiteDb

T0 = 1_790_000_000.0


class Store(MemorySeries):
    """Memory that can be away, forget its newest batches, or refuse a value."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.refuses = False
        self.calls: list[int] = []

    def write(self, readings: Sequence[Reading]) -> None:
        if self.away:
            raise SeriesDownError("the cable is out")
        self.calls.append(len(readings))
        if self.refuses:
            raise SeriesRefusedError("400 no such page")
        if any(r.value == 666 for r in readings):
            raise SeriesRefusedError("666 is refused")
        super().write(readings)


class Site:
    def __init__(self, folder: Path) -> None:
        self.path = folder / "site.db"
        self.db = SiteDb(self.path)
        self.cursors = Cursors(folder / "cursors.db")
        self.clock = SetClock(T0)
        self.store = Store()
        self.count = 0

    def take_in(self, *values: float) -> None:
        readings = []
        for value in values:
            at = T0 + self.count
            self.count += 1
            readings.append(Reading("s", value, at, at))
        self.db.commit(Batch(readings=readings))

    def feeder(
        self, tail_s: float = 0.0, batch: int = 10, capacity: int = 1000, free: int = 10**12
    ) -> Feeder:
        return Feeder(
            self.path,
            self.cursors,
            lambda: self.store,
            self.clock,
            tail_s=tail_s,
            batch=batch,
            capacity=capacity,
            free_bytes=lambda: free,
        )

    def kept(self) -> list[float]:
        return self.store.window("s", 0, 1e11).value.tolist()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def drain(feeder: Feeder) -> None:
    while feeder.pump():
        pass


def test_everything_taken_in_is_moved_in_batches(site: Site) -> None:
    site.take_in(*range(35))
    feeder = site.feeder()
    drain(feeder)
    assert site.kept() == list(range(35))
    assert site.store.calls == [10, 10, 10, 5]
    assert feeder.state.backlog == 0
    assert feeder.state.finished == 35


def test_a_restart_goes_on_where_the_last_one_stopped(site: Site) -> None:
    site.take_in(*range(20))
    drain(site.feeder())
    site.take_in(*range(20, 25))
    site.store.calls.clear()
    drain(site.feeder())
    assert site.store.calls == [5]
    assert site.kept() == list(range(25))


def test_while_the_store_is_away_nothing_is_lost_and_the_backlog_is_said(site: Site) -> None:
    site.store.away = True
    site.take_in(*range(30))
    feeder = site.feeder()
    assert feeder.pump() == 0
    assert feeder.state.backlog == 30
    assert feeder.state.trouble is not None and "the cable is out" in feeder.state.trouble.en
    assert not feeder.state.alarmed
    site.clock.move(ALARM_DOWN_S)
    feeder.pump()
    assert feeder.state.alarmed
    assert feeder.state.down_since_at == T0
    site.store.away = False
    drain(feeder)
    assert site.kept() == list(range(30))
    assert not feeder.state.alarmed
    assert feeder.state.trouble is None


def test_fill_is_alarmed_at_80_per_cent_of_the_room(site: Site) -> None:
    site.store.away = True
    feeder = site.feeder(capacity=100)
    site.take_in(*range(79))
    feeder.pump()
    assert feeder.state.fill == pytest.approx(0.79)
    assert not feeder.state.alarmed
    site.take_in(79)
    feeder.pump()
    assert feeder.state.alarmed


def test_a_disk_with_little_room_fills_sooner(site: Site) -> None:
    site.store.away = True
    site.take_in(*range(80))
    feeder = site.feeder(capacity=10_000, free=SPARE_BYTES + 20 * 100)
    feeder.pump()
    assert feeder.state.fill == pytest.approx(0.8)
    assert feeder.state.alarmed


def test_the_tail_is_sent_again_after_a_fault_and_pruned_only_later(site: Site) -> None:
    feeder = site.feeder(tail_s=60)
    site.take_in(*range(10))
    drain(feeder)
    site.clock.move(61)
    site.take_in(*range(10, 20))
    drain(feeder)
    assert feeder.state.finished == 10
    assert site.cursors.get(CURSOR) == 10
    forgetful = Store()  # the store died and came back without its last minute
    forgetful.write(site.store.window("s", 0, T0 + 10).readings())
    site.store.away = True
    site.take_in(20)
    feeder.pump()
    feeder._series = site.store = forgetful
    drain(feeder)
    assert site.kept() == list(range(21))


def test_a_restart_sends_the_tail_again(site: Site) -> None:
    site.take_in(*range(10))
    drain(site.feeder(tail_s=60))
    site.store = Store()
    drain(site.feeder(tail_s=60))
    assert site.kept() == list(range(10))


@pytest.mark.parametrize("known", [True, False])
def test_a_store_that_refuses_everything_is_away_and_costs_no_reading(site: Site, known: bool) -> None:
    feeder = site.feeder()
    if known:
        site.take_in(1, 2)
        drain(feeder)
    site.store.refuses = True
    site.take_in(*range(10, 17))
    assert feeder.pump() == 0
    assert (feeder.state.refused, feeder.state.down_since_at) == (0, T0)
    assert feeder.state.trouble is not None and "400 no such page" in feeder.state.trouble.en
    site.store.refuses = False
    drain(feeder)
    assert site.kept()[-7:] == [10, 11, 12, 13, 14, 15, 16]
    assert feeder.state.refused == 0


def test_one_reading_that_is_refused_does_not_hold_up_the_others(site: Site) -> None:
    site.take_in(1, 2, 666, 4, 5, 6, 7, 666, 9)
    feeder = site.feeder()
    drain(feeder)
    assert site.kept() == [1, 2, 4, 5, 6, 7, 9]
    assert feeder.state.refused == 2
    assert feeder.state.trouble is not None and "666 is refused" in feeder.state.trouble.en
    assert feeder.state.finished == 9


def test_what_is_not_a_number_is_left_out_by_the_real_check(site: Site) -> None:
    site.take_in(1, math.inf, 3)
    feeder = site.feeder()
    drain(feeder)
    assert site.kept() == [1, 3]


def test_a_store_that_cannot_be_opened_is_tried_again(site: Site) -> None:
    tries: list[int] = []

    def opened() -> Store:
        tries.append(1)
        if len(tries) < 3:
            raise SeriesDownError("not yet")
        return site.store

    site.take_in(*range(5))
    feeder = Feeder(site.path, site.cursors, opened, site.clock)
    assert [feeder.pump() for _ in range(3)] == [0, 0, 5]


def test_the_thread_drains_and_stops(site: Site, wait: Callable[[Callable[[], bool]], None]) -> None:
    from strongroom.clock import SystemClock

    site.take_in(*range(100))
    feeder = Feeder(site.path, site.cursors, lambda: site.store, SystemClock(), batch=7)
    feeder.start()
    wait(lambda: feeder.state.finished == 100)
    feeder.stop()
    assert site.kept() == list(range(100))
    assert not feeder._thread.is_alive()


@pytest.fixture
def wait() -> Callable[[Callable[[], bool]], None]:
    from threading import Event

    def until(true: Callable[[], bool]) -> None:
        for _ in range(1000):
            if true():
                return
            Event().wait(0.01)
        raise AssertionError("not within 10 s")

    return until


def test_a_building_that_is_never_still_is_kept_up_all_the_same(site: Site) -> None:
    """Readings every second for a day: the store's housekeeping (sealing, retention) comes round."""
    kept: list[float] = []

    def upkeep(now: float, limit: int = 50) -> int:
        kept.append(now)
        return 1 if len(kept) < 3 else 0

    site.store.upkeep = upkeep  # type: ignore[method-assign]
    feeder = site.feeder()
    for _ in range(30):
        site.take_in(1, 2, 3)
        assert feeder.pump() == 3
        site.clock.move(1.0)
    assert kept[:3] == [T0, T0 + 1, T0 + 2], "again at once while there is something to do"
    assert 5 <= len(kept) <= 7, "then every ten seconds"
    kept.clear()
    site.take_in(*range(35))
    site.clock.move(60.0)
    feeder.pump()
    assert not kept, "a backlog comes first"


def test_a_damaged_store_is_mended_and_gets_everything_the_intake_still_has(site: Site) -> None:
    broken = Store()
    stores = [broken, site.store]
    mended: list[float] = []

    def write(readings: Sequence[Reading]) -> None:
        raise SeriesDamagedError("a batch in the tail does not match its checksum")

    def mend() -> Text:
        mended.append(site.clock.now())
        return Text("读不出：1 行", "Cannot be read: 1 rows")

    feeder = Feeder(site.path, site.cursors, lambda: stores.pop(0), site.clock, mend=mend)
    site.take_in(1, 2, 3)
    feeder.pump()
    broken.write = write  # type: ignore[method-assign]
    site.take_in(4)
    assert feeder.pump() == 0
    assert feeder.state.lost == Text("读不出：1 行", "Cannot be read: 1 rows")
    drain(feeder)
    assert site.kept() == [1, 2, 3, 4], "also what the damaged one had"
    site.store.write = write  # type: ignore[method-assign]
    site.take_in(5)
    for _ in range(3):
        feeder.pump()
    assert len(mended) == 1, "not again and again"
    site.clock.move(MEND_EVERY_S)
    stores.append(Store())
    feeder.pump()
    assert len(mended) == 2


def test_a_cursor_that_comes_back_damaged_ends_the_engine_for_the_start_that_salvages_it(site: Site) -> None:
    site.take_in(1)
    feeder = site.feeder()
    drain(feeder)
    assert not feeder.state.damaged

    def broken(name: str, seq: int) -> None:
        error = sqlite3.DatabaseError("database disk image is malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error

    site.cursors.set = broken  # type: ignore[method-assign]
    site.take_in(2)
    feeder.pump()
    assert feeder.state.damaged


def test_a_fault_that_no_store_ever_said_is_told_and_tried_again(site: Site) -> None:
    """A library that stumbles over an answer must not end the only thread that writes history."""
    site.take_in(1.0, 2.0)
    feeder, write = site.feeder(), site.store.write

    def stumble(_: Sequence[Reading]) -> None:
        raise KeyError("results")

    site.store.write = stumble  # type: ignore[method-assign]
    assert feeder.pump() == 0
    assert feeder.state.trouble is not None and "KeyError: 'results'" in feeder.state.trouble.en
    site.store.write = write  # type: ignore[method-assign]
    assert feeder.pump() == 2
    assert feeder.state.trouble is None
    assert site.kept() == [1.0, 2.0]
