"""One contract for every series store: memory, SQLite and a real InfluxDB."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from ingest.series import Gap, Series, SeriesRefusedError
from ingest.series_influx import InfluxAddress, InfluxSeries
from ingest.series_memory import MemorySeries
from ingest.series_sqlite import SqliteSeries
from sensors.model import Quality, Reading
from tests.contract.influx_server import Influx, influx_in

T0 = 1_790_000_000.0 // 86400 * 86400


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx]:
    server = influx_in(tmp_path_factory.mktemp("influx"))
    yield server
    server.stop()


@pytest.fixture(params=["memory", "sqlite", "sqlite, sealed", "influx"])
def series(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Series]:
    store: Series
    if request.param == "memory":
        store = MemorySeries()
    elif request.param == "influx":
        server = request.getfixturevalue("influx")
        store = InfluxSeries(InfluxAddress(url=server.url, org="archive", bucket=f"b-{tmp_path.name}"))
    else:
        store = SqliteSeries(tmp_path / "readings.db")
    yield store
    store.close()


@pytest.fixture
def settle(request: pytest.FixtureRequest, series: Series) -> Callable[[], None]:
    """What happens to the store between writing and reading: nothing, or its nightly sealing."""
    sealed = "sealed" in request.node.callspec.params["series"]

    def now() -> None:
        while sealed and series.upkeep(T0 + 30 * 86400):
            pass

    return now


def reading(
    sensor: str, at: float, value: float, quality: Quality = Quality.GOOD, delay: float = 0.0
) -> Reading:
    return Reading(sensor, value, at, at + delay, quality)


def values(series: Series, sensor: str, from_at: float, to_at: float) -> list[float]:
    return series.window(sensor, from_at, to_at).value.tolist()


def test_a_reading_comes_back_as_it_was(series: Series, settle: Callable[[], None]) -> None:
    sent = [
        Reading("仓库 1, T=a b", 21.37, T0 + 0.123456, T0 + 3.123456, Quality.LATE, raw=21.07),
        Reading("仓库 1, T=a b", 1e-7, T0 + 60, T0 + 60, Quality.GOOD),
        Reading("仓库 1, T=a b", 99.5, T0 + 120, T0 + 120, Quality.SIMULATED, drill='spring "wet"\\drill'),
        Reading("仓库 1, T=a b", -1234.5, T0 + 180, T0 + 180, Quality.IMPLAUSIBLE),
    ]
    series.write(sent)
    settle()
    assert series.window("仓库 1, T=a b", T0, T0 + 3600).readings() == sent
    assert series.sensors() == ["仓库 1, T=a b"]


def test_writing_the_same_again_changes_nothing_and_the_last_write_wins(
    series: Series, settle: Callable[[], None]
) -> None:
    batch = [reading("t", T0 + 60 * i, 20 + i / 10) for i in range(200)]
    series.write(batch)
    series.write(batch[50:150])
    settle()
    series.write(batch)
    settle()
    series.write([reading("t", T0 + 60, 33.3)])
    window = series.window("t", T0, T0 + 86400)
    assert len(window) == 200
    assert window.value[1] == 33.3
    assert window.value[2] == batch[2].value
    assert series.downsample("t", T0, T0 + 86400, 86400).count.tolist() == [200]


def test_ranges_are_half_open_and_in_order(series: Series, settle: Callable[[], None]) -> None:
    series.write([reading("t", T0 + 10 * i, float(i)) for i in (3, 1, 2, 0)])
    settle()
    assert values(series, "t", T0, T0 + 30) == [0.0, 1.0, 2.0]
    assert values(series, "t", T0 + 10, T0 + 10) == []
    assert values(series, "t", T0 + 1000, T0 + 2000) == []
    assert values(series, "nobody", T0, T0 + 30) == []


def test_latest_is_by_measurement_time_and_trusted(series: Series, settle: Callable[[], None]) -> None:
    series.write([reading("t", T0 + 100, 20.0), reading("t", T0 + 50, 19.0, Quality.LATE, 900)])
    series.write(
        [reading("t", T0 + 9000, 55.0, Quality.FUTURE), reading("t", T0 + 200, -99.0, Quality.IMPLAUSIBLE)]
    )
    series.write([reading("t", T0 + 150, 77.0, Quality.SIMULATED), reading("rh", T0 + 1, 50.0)])
    settle()
    latest = series.latest()
    assert latest["t"] == reading("t", T0 + 100, 20.0)
    assert latest["rh"].value == 50.0
    assert set(latest) == {"t", "rh"}


@pytest.mark.parametrize("beside", [0, 600], ids=["alone", "in a large batch"])
def test_a_newest_reading_that_loses_its_trust_gives_way_to_the_one_before(
    series: Series, settle: Callable[[], None], beside: int
) -> None:
    series.write(
        [reading("t", T0 + 100, 20.0), reading("t", T0 + 90_000, 21.0), reading("t", T0 + 9e5, 22.0)]
    )
    settle()
    series.write(
        [reading("t", T0 + 9e5, 22.0, Quality.IMPLAUSIBLE)]
        + [reading("u", T0 + n, float(n)) for n in range(beside)]
    )
    assert series.latest()["t"] == reading("t", T0 + 90_000, 21.0)
    settle()
    assert series.latest()["t"] == reading("t", T0 + 90_000, 21.0)


def test_downsample_counts_trusted_readings_in_aligned_buckets(
    series: Series, settle: Callable[[], None]
) -> None:
    series.write([reading("t", T0 + 60 * i, float(i % 7)) for i in range(120) if not 20 <= i < 50])
    series.write(
        [reading("t", T0 + 30, 500.0, Quality.IMPLAUSIBLE), reading("t", T0 + 90, 600.0, Quality.FUTURE)]
    )
    settle()
    stats = series.downsample("t", T0 + 60, T0 + 7200, 600)
    assert (stats.at - T0).tolist() == [0, 600, 3000, 3600, 4200, 4800, 5400, 6000, 6600]
    assert stats.count.tolist() == [9, 10, 10, 10, 10, 10, 10, 10, 10]
    assert stats.min.tolist() == [0.0] * 9
    assert stats.max.tolist() == [6.0] * 9
    first = [i % 7 for i in range(1, 10)]
    assert stats.mean[0] == pytest.approx(sum(first) / 9)
    hours = series.downsample("t", T0, T0 + 7200, 3600)
    assert hours.count.tolist() == [30, 60]
    assert hours.mean[1] == pytest.approx(np.mean([i % 7 for i in range(60, 120)]))


def test_coverage_names_every_gap_and_both_ends(series: Series, settle: Callable[[], None]) -> None:
    series.write([reading("t", T0 + 600 + 60 * i, 1.0) for i in range(100) if not 40 <= i < 60])
    series.write([reading("t", T0 + 600 + 60 * 50, 1.0, Quality.RETAINED)])
    settle()
    found = series.coverage("t", T0, T0 + 7200, 180)
    assert found.count == 80
    assert found.first_at == T0 + 600
    assert found.last_at == T0 + 600 + 60 * 99
    assert found.gaps == (
        Gap(T0, T0 + 600),
        Gap(T0 + 600 + 60 * 39, T0 + 600 + 60 * 60),
        Gap(T0 + 600 + 60 * 99, T0 + 7200),
    )
    assert series.coverage("nobody", T0, T0 + 60, 10).gaps == (Gap(T0, T0 + 60),)


def test_what_no_store_can_hold_is_refused_whole(series: Series) -> None:
    with pytest.raises(SeriesRefusedError, match="t: nan"):
        series.write([reading("t", T0, 1.0), reading("t", T0 + 1, math.nan)])
    with pytest.raises(SeriesRefusedError, match="finite"):
        series.write([reading("t", math.inf, 1.0)])
    assert len(series.window("t", T0, T0 + 60)) == 0


def test_a_late_reading_finds_its_place_after_sealing(series: Series, settle: Callable[[], None]) -> None:
    series.write([reading("t", T0 + 600 * i, 20.0) for i in range(144)])
    series.write([reading("t", T0 + 86400 * 2, 21.0)])
    settle()
    series.write([reading("t", T0 + 650, 25.0, Quality.HISTORICAL, 200_000)])
    assert series.downsample("t", T0, T0 + 86400, 3600).max.tolist() == [25.0] + [20.0] * 23
    settle()
    assert series.downsample("t", T0, T0 + 86400, 3600).max.tolist() == [25.0] + [20.0] * 23
    assert values(series, "t", T0, T0 + 1200) == [20.0, 20.0, 25.0]
    assert series.window("t", T0 + 650, T0 + 651).readings()[0].received_at == T0 + 200_650
    assert series.latest()["t"].value == 21.0


def test_many_sensors_in_one_batch(series: Series, settle: Callable[[], None]) -> None:
    series.write([reading(f"s{n:03}", T0 + i, n + i / 8) for n in range(120) for i in range(20)])
    settle()
    assert series.sensors() == [f"s{n:03}" for n in range(120)]
    assert values(series, "s077", T0, T0 + 20) == [77 + i / 8 for i in range(20)]
    assert series.latest()["s119"].value == 119 + 19 / 8
