"""Large batches lie in the tail until they are folded: nobody can tell from the answers."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from ingest.series import SeriesDamagedError
from ingest.series_memory import MemorySeries
from ingest.series_sqlite import SqliteSeries
from ingest.series_tail import FOLD_AT, LARGE
from sensors.model import Quality, Reading

T0 = 1_790_000_000.0


def some(seed: int, count: int) -> list[Reading]:
    """Readings of five sensors over a day, some at one and the same time, some untrusted, raw or from a drill."""
    chance = random.Random(seed)
    return [
        Reading(
            f"s{chance.randrange(5)}",
            round(chance.uniform(-5, 30), 1),
            T0 + chance.randrange(20_000) * 4.0,
            T0 + 90_000.0,
            chance.choice([Quality.GOOD, Quality.GOOD, Quality.LATE, Quality.FUTURE]),
            chance.choice([None, 1.25]),
            chance.choice(["", "", "drill-1"]),
        )
        for _ in range(count)
    ]


def rows(path: Path, table: str) -> int:
    base = sqlite3.connect(path)
    found = base.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    base.close()
    return int(found)


def test_answers_are_those_of_memory_while_the_tail_is_there_and_after(tmp_path: Path) -> None:
    path = tmp_path / "readings.db"
    store, twin, other = SqliteSeries(path), MemorySeries(), None
    for number, size in enumerate((700, 20, LARGE, 900, 3, 1200)):
        batch = some(number, size)
        store.write(batch)
        twin.write(batch)
        other = other or SqliteSeries(path, read_only=True)
        for series in (store, other):
            assert series.sensors() == twin.sensors()
            for name in twin.sensors():
                found, wanted = series.window(name, T0, T0 + 86400), twin.window(name, T0, T0 + 86400)
                assert found.readings() == wanted.readings()
                one, two = (s.downsample(name, T0, T0 + 86400, 3600) for s in (series, twin))
                assert (one.at.tolist(), one.count.tolist()) == (two.at.tolist(), two.count.tolist())
                assert one.max.tolist() == two.max.tolist()
                cover = series.coverage(name, T0, T0 + 86400, 600.0)
                assert cover == twin.coverage(name, T0, T0 + 86400, 600.0)
    assert rows(path, "tail") == 1, "the last batch was a large one"
    while store.upkeep(T0):
        pass
    assert rows(path, "tail") == 0
    for name in twin.sensors():
        assert store.window(name, T0, T0 + 86400).readings() == twin.window(name, T0, T0 + 86400).readings()
    assert {n: r.measured_at for n, r in store.latest().items()} == {
        n: r.measured_at for n, r in twin.latest().items()
    }


def test_the_newest_of_a_sensor_may_lie_in_the_tail(tmp_path: Path) -> None:
    store = SqliteSeries(tmp_path / "readings.db")
    store.write([Reading("a", 1.0, T0, T0)])
    store.write(
        [Reading(f"b{n}", float(n), T0 + n, T0 + n) for n in range(LARGE)]
        + [Reading("a", 2.0, T0 + 1, T0 + 1)]
    )
    assert store.latest()["a"].value == 2.0
    assert store.latest()["b7"].value == 7.0


def test_the_tail_stays_short(tmp_path: Path) -> None:
    path = tmp_path / "readings.db"
    store = SqliteSeries(path)
    for start in range(0, FOLD_AT + 20_000, 20_000):
        store.write([Reading(f"s{n % 50}", float(n), T0 + n, T0 + n) for n in range(start, start + 20_000)])
    assert rows(path, "tail") == 1
    assert rows(path, "part") > 0
    assert rows(path, "recent") <= 50 * (FOLD_AT // 20_000 + 1), "the newest of each sensor at each folding"
    kept = sum(len(store.window(f"s{n}", T0, T0 + 86400)) for n in range(50))
    assert kept == len(range(0, FOLD_AT + 20_000, 20_000)) * 20_000
    assert store.latest()["s49"].measured_at == store.window("s49", T0, T0 + 86400).at[-1]


def test_a_damaged_batch_is_named_and_never_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "readings.db"
    store = SqliteSeries(path)
    store.write([Reading("a", 1.0, T0 + n, T0) for n in range(LARGE)])
    base = sqlite3.connect(path)
    base.execute("UPDATE tail SET data = zeroblob(length(data))")
    base.commit()
    base.close()
    with pytest.raises(SeriesDamagedError, match="tail"):
        store.window("a", T0, T0 + 10)
