"""The embedded store: death between the sealer's steps, readers beside the writer, size and retention."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from ingest.series import SeriesDamagedError, SeriesDownError
from ingest.series_block import same
from ingest.series_memory import MemorySeries
from ingest.series_seal import Retention
from ingest.series_sqlite import SqliteSeries
from sensors.model import Quality, Reading

T0 = 1_790_000_000.0 // 86400 * 86400
DAY = 86400.0

SEAL_AND_DIE = """
import os, sys
from pathlib import Path
from ingest.series_seal import Retention
from ingest.series_sqlite import SqliteSeries
path, step, times, now = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
seen = 0
def die(reached):
    global seen
    seen += reached == step
    if seen == times:
        os._exit(9)
store = SqliteSeries(path, retention=Retention(raw_days=20), on_step=die)
while store.upkeep(now, 3):
    pass
"""


def readings(days: int = 3, sensors: int = 4, every_s: float = 600.0) -> list[Reading]:
    noise = np.random.default_rng(3)
    return [
        Reading(f"s{n}", round(20 + n + noise.normal(), 2), T0 + i * every_s, T0 + i * every_s)
        for n in range(sensors)
        for i in range(int(days * DAY / every_s))
    ]


@pytest.mark.parametrize("step", ["written", "verified", "cleared"])
@pytest.mark.parametrize("times", [1, 3])
def test_dying_between_the_steps_of_sealing_loses_and_doubles_nothing(
    tmp_path: Path, step: str, times: int
) -> None:
    path = tmp_path / "readings.db"
    batch = readings()
    store = SqliteSeries(path)
    store.write(batch)
    store.close()
    memory = MemorySeries()
    memory.write(batch)
    died = subprocess.run(
        [sys.executable, "-c", SEAL_AND_DIE, str(path), step, str(times), str(T0 + 9 * DAY)],
        check=False,
    )
    assert died.returncode == 9
    store = SqliteSeries(path)
    for done in (False, True):
        for sensor in memory.sensors():
            assert same(store.window(sensor, T0, T0 + 9 * DAY), memory.window(sensor, T0, T0 + 9 * DAY))
            assert store.downsample(sensor, T0, T0 + 3 * DAY, 3600).count.tolist() == [6] * 72
        if not done:
            while store.upkeep(T0 + 9 * DAY):
                pass
    store.close()
    rows = sqlite3.connect(path).execute("SELECT COUNT(*) FROM recent").fetchone()
    assert rows == (4,)  # the newest of each sensor


def test_dying_while_thinning_keeps_every_bucket(tmp_path: Path) -> None:
    path = tmp_path / "readings.db"
    store = SqliteSeries(path)
    store.write(readings())
    store.close()
    died = subprocess.run(
        [sys.executable, "-c", SEAL_AND_DIE, str(path), "thinned", "1", str(T0 + 60 * DAY)], check=False
    )
    assert died.returncode == 9
    store = SqliteSeries(path, retention=Retention(raw_days=20))
    while store.upkeep(T0 + 60 * DAY):
        pass
    for sensor in store.sensors():
        assert store.downsample(sensor, T0, T0 + 3 * DAY, 3600).count.tolist() == [6] * 72
        assert store.downsample(sensor, T0, T0 + 3 * DAY, 300).count.sum() == 432
        assert store.coverage(sensor, T0, T0 + 3 * DAY, 900).gaps == ()
    store.close()


def test_a_write_during_sealing_is_never_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "readings.db"
    late: list[int] = []

    def meanwhile(step: str) -> None:
        if step == "verified" and not late:
            late.append(1)
            other = sqlite3.connect(path, isolation_level=None)
            other.execute("UPDATE recent SET value = 77 WHERE at = ?", (int((T0 + 600) * 1e6),))
            other.close()

    store = SqliteSeries(path, on_step=meanwhile)
    store.write([Reading("s", 20.0, T0 + 600.0 * i, T0 + 600.0 * i) for i in range(200)])
    while store.upkeep(T0 + 5 * DAY):
        pass
    assert late
    assert store.window("s", T0, T0 + 1201).value.tolist() == [20.0, 77.0, 20.0]
    assert len(store.window("s", T0, T0 + 5 * DAY)) == 200
    store.close()


def test_readers_see_everything_while_one_writes_and_seals(tmp_path: Path) -> None:
    path = tmp_path / "readings.db"
    store = SqliteSeries(path)
    batch = readings(days=6, sensors=1)
    store.write(batch[:100])
    reader = SqliteSeries(path, read_only=True)
    seen: list[int] = []
    wrong: list[str] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            window = reader.window("s0", T0, T0 + 9 * DAY)
            if len(np.unique(window.at_us)) != len(window) or (seen and len(window) < seen[-1]):
                wrong.append(f"{seen[-1:]} then {len(window)}")
            seen.append(len(window))

    thread = threading.Thread(target=look)
    thread.start()
    for start in range(100, len(batch), 20):
        store.write(batch[start : start + 20])
        store.upkeep(batch[start].measured_at, 2)
    stop.set()
    thread.join()
    assert not wrong
    assert len(seen) > 5
    assert len(reader.window("s0", T0, T0 + 9 * DAY)) == len(batch)
    reader.close()
    store.close()


def test_another_process_reads_while_this_one_writes(tmp_path: Path) -> None:
    path = tmp_path / "readings.db"
    store = SqliteSeries(path)
    store.write(readings(days=1))
    ask = (
        "import sys; from pathlib import Path; from ingest.series_sqlite import SqliteSeries\n"
        "print(len(SqliteSeries(Path(sys.argv[1]), read_only=True).window('s1', 0, 1e10)))"
    )
    told = subprocess.run([sys.executable, "-c", ask, str(path)], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "144"
    store.close()


def test_sealed_days_are_small_and_space_is_given_back(tmp_path: Path) -> None:
    path = tmp_path / "readings.db"
    store = SqliteSeries(path)
    noise = np.random.default_rng(1)
    for n in range(6):
        walk = np.round(20 + np.cumsum(noise.normal(0, 0.02, 5 * 8640)), 1)
        jitter = np.round(noise.normal(0, 0.02, len(walk)), 3)
        at = T0 + 10.0 * np.arange(len(walk)) + jitter
        store.write([Reading(f"s{n}", float(v), float(t), float(t)) for v, t in zip(walk, at, strict=True)])
    while store.upkeep(T0 + 9 * DAY):
        pass
    store.close()
    size = path.stat().st_size
    assert size / (6 * 5 * 8640) < 4.0
    assert not path.with_name("readings.db-wal").exists()


def test_retention_thins_to_five_minutes_then_hours(tmp_path: Path) -> None:
    store = SqliteSeries(tmp_path / "readings.db")
    store.write(readings(days=1, sensors=1, every_s=60))
    store.write([Reading("s0", 1.0, T0 + 1000 * DAY, T0 + 1000 * DAY)])
    while store.upkeep(T0 + 89 * DAY):
        pass
    assert len(store.window("s0", T0, T0 + DAY)) == 1440
    while store.upkeep(T0 + 92 * DAY):
        pass
    assert len(store.window("s0", T0, T0 + DAY)) == 0
    assert store.downsample("s0", T0, T0 + DAY, 60).count.tolist() == [5] * 288
    assert store.coverage("s0", T0, T0 + DAY, 400).gaps == ()
    while store.upkeep(T0 + 732 * DAY):
        pass
    assert store.downsample("s0", T0, T0 + DAY, 300).count.tolist() == [60] * 24
    assert store.upkeep(T0 + 40 * 365 * DAY) >= 0
    assert store.downsample("s0", T0, T0 + DAY, DAY).count.tolist() == [1440]
    store.close()


def settled(store: SqliteSeries, day: int) -> SqliteSeries:
    while store.upkeep(T0 + day * DAY + 3600):
        pass
    return store


@pytest.mark.parametrize("many", [3, 600], ids=["a few", "a large batch"])
def test_late_readings_on_both_sides_of_every_boundary(tmp_path: Path, many: int) -> None:
    """Raw 90 days, 5 minutes 2 years, hours for ever: what comes late counts once, where nothing was before."""
    store = SqliteSeries(tmp_path / "readings.db")
    hours = [h for h in range(24) if h not in (2, 3, 4)]
    store.write([Reading("s", 20.0, T0 + h * 3600 + 60 * m, T0) for h in hours for m in range(60)])
    store.write([Reading("s", 20.0, T0 + 2000 * DAY, T0)])  # so that nothing of the day is the newest

    def late(hour: int) -> list[Reading]:
        at = [T0 + hour * 3600 + 5.0 * n for n in range(many)]
        return [Reading("s", 30.0, one, T0 + 99 * DAY, Quality.HISTORICAL) for one in at]

    def counts(every_s: float = 3600) -> list[int]:
        found = store.downsample("s", T0, T0 + DAY, every_s)
        count = dict(zip(((found.at - T0) // every_s).tolist(), found.count.tolist(), strict=True))
        return [count.get(float(n), 0) for n in range(int(DAY / every_s))]

    def by_hour(*came: int) -> list[int]:
        return [60 if h in hours else many if h in came else 0 for h in range(24)]

    settled(store, 90)  # sealed, and in its last day as single readings
    assert len(store.window("s", T0, T0 + DAY)) == 21 * 60
    for _ in range(2):
        store.write(late(2))
        assert counts() == by_hour(2)
        assert counts() == [int(n) for n in np.array(counts(300)).reshape(24, 12).sum(axis=1)]
        settled(store, 90)
        assert counts() == by_hour(2)
    assert store.window("s", T0 + 7200, T0 + 7206).value.tolist() == [30.0, 30.0]

    settled(store, 91)  # thinned to 5 minutes
    assert len(store.window("s", T0, T0 + DAY)) == 0
    assert counts() == by_hour(2)
    for _ in range(2):
        store.write(late(3))
        assert counts() == by_hour(2, 3)
        settled(store, 91)
        assert counts() == by_hour(2, 3)
        assert sum(counts(300)) == 21 * 60 + 2 * many
        store.write([Reading("s", 99.0, T0 + 60, T0 + 99 * DAY)])  # an hour that is known: repeat or news?
    assert counts() == by_hour(2, 3)
    assert store.downsample("s", T0, T0 + DAY, 3600).max.max() == 30.0

    settled(store, 730)
    assert sum(n > 0 for n in counts(300)) > 24, "still by 5 minutes"
    settled(store, 731)
    assert sum(n > 0 for n in counts(300)) == 23, "by the hour from here on"
    for _ in range(2):
        store.write(late(4))
        assert counts() == by_hour(2, 3, 4)
        settled(store, 731)
        assert counts() == by_hour(2, 3, 4)
    settled(store, 40 * 365)
    assert counts() == by_hour(2, 3, 4), "for ever"
    whole = store.downsample("s", T0, T0 + DAY, DAY)
    assert (whole.min[0], whole.max[0], whole.count[0]) == (20.0, 30.0, 21 * 60 + 3 * many)
    assert whole.mean[0] == pytest.approx((20.0 * 21 * 60 + 30.0 * 3 * many) / (21 * 60 + 3 * many))
    store.close()


def test_a_damaged_block_is_said_not_shown_as_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "readings.db"
    store = SqliteSeries(path)
    store.write(readings(days=2, sensors=1))
    while store.upkeep(T0 + 9 * DAY):
        pass
    base = sqlite3.connect(path)
    base.execute("UPDATE block SET data = substr(data, 1, 40) WHERE resolution = 0")
    base.commit()
    base.close()
    with pytest.raises(SeriesDamagedError, match="checksum"):
        store.window("s0", T0, T0 + DAY)
    store.close()


def test_what_cannot_be_opened_or_written_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(SeriesDownError, match="no readings yet"):
        SqliteSeries(tmp_path / "none.db", read_only=True)
    with pytest.raises(SeriesDownError, match="unable to open"):
        SqliteSeries(tmp_path / "missing" / "readings.db")
    SqliteSeries(tmp_path / "readings.db").close()
    reader = SqliteSeries(tmp_path / "readings.db", read_only=True)
    with pytest.raises(SeriesDownError, match="reading only"):
        reader.write([Reading("s", 1.0, T0, T0)])
    (tmp_path / "text.db").write_text("this is no database, it is a text file of some length" * 40)
    with pytest.raises(SeriesDamagedError, match="not a database"):
        SqliteSeries(tmp_path / "text.db")


def test_a_full_disk_fails_the_batch_whole_and_the_next_one_works(tmp_path: Path) -> None:
    path = tmp_path / "readings.db"
    store = SqliteSeries(path)
    store.write([Reading("s", 1.0, T0, T0, Quality.GOOD)])
    assert store._writer is not None
    store._writer.execute("PRAGMA max_page_count = 20")  # SQLite then answers as on a full disk
    with pytest.raises(SeriesDownError, match="full"):
        store.write(readings(days=3, sensors=8))
    assert len(store.window("s0", T0, T0 + DAY)) == 0
    store._writer.execute("PRAGMA max_page_count = 1073741823")
    store.write(readings(days=1, sensors=8))
    assert len(store.window("s7", T0, T0 + DAY)) == 144
    store.close()
