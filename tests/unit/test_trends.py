"""Chart data: never more than there is room for, gaps true, rooms on one axis, a year at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.year import DAY_S, T0, building, sealed
from ingest.series import Gap
from ingest.series_memory import MemorySeries
from ingest.series_sqlite import SqliteSeries
from sensors.model import Reading
from strongroom.trends import condensed, course, gaps, paced, width_for


@pytest.mark.parametrize(
    ("span", "points", "width"),
    [
        (60, 600, 1),
        (3 * 3600, 480, 30),
        (86400, 480, 300),
        (30 * 86400, 480, 7200),
        (365 * 86400, 480, 19 * 3600),
        (1, 0, 1),
    ],
)
def test_widths(span: float, points: int, width: float) -> None:
    assert width_for(span, points) == width


def filled() -> MemorySeries:
    series = MemorySeries()
    for name, level in (("t-0", 20.0), ("t-1", 22.0)):
        kept = [i for i in range(1000) if not (name == "t-0" and 300 <= i < 400)]
        series.write([Reading(name, level + i % 2, T0 + 600 * i, T0 + 600 * i) for i in kept])
    return series


def test_few_readings_come_as_they_are_and_many_in_buckets() -> None:
    series = filled()
    few, width = condensed(series, "t-0", T0, T0 + 36_000, 100)
    assert width == 0.0
    assert few.at.tolist() == [T0 + 600 * i for i in range(60)]
    many, width = condensed(series, "t-0", T0, T0 + 600_000, 100)
    assert width == 7200.0
    assert len(many) <= 100
    assert many.count.sum() == 900
    assert (many.min.min(), many.max.max()) == (20.0, 21.0)
    assert len(condensed(series, "nobody", T0, T0 + 600, 100)[0]) == 0


def test_gaps_are_those_longer_than_the_sensor_may_be_silent() -> None:
    sensor = building(1, 600).sensors["s0"]
    series = MemorySeries()
    series.write(
        [Reading("s0", 1.0, T0 + 600 * i, T0 + 600 * i) for i in range(100) if i not in (10, 11, 50, 51, 52)]
    )
    assert gaps(series, sensor, T0, T0 + 60_000) == (Gap(T0 + 600 * 49, T0 + 600 * 53),)


def row(pace: float, count: int, start: float = 0.0) -> list[Gap]:
    return [Gap(start + pace * n, start + pace * (n + 1)) for n in range(count)]


def test_an_even_slower_pace_is_no_row_of_gaps() -> None:
    hourly = row(3600.0, 48)
    assert paced(hourly) == ()
    night = Gap(48 * 3600.0, 60 * 3600.0)  # a true gap at the end of it
    assert paced([*hourly, night]) == (night,)
    assert paced(row(3600.0, 3)) == tuple(row(3600.0, 3)), "three in a row prove no pace"
    assert paced(row(86_400.0, 30)) == tuple(row(86_400.0, 30)), "a reading a day is no record of a climate"
    apart = [Gap(at, at + 3600.0) for at in range(0, 100_000, 10_000)]
    assert paced(apart) == tuple(apart), "between these there were readings at the sensor's own pace"
    uneven = [
        Gap(0.0, 1000.0),
        Gap(1000.0, 2000.0),
        Gap(2000.0, 3000.0),
        Gap(3000.0, 4000.0),
        Gap(4000.0, 9000.0),
    ]
    assert paced(uneven) == (uneven[-1],)


def test_a_course_has_the_gaps_a_bucket_would_hide() -> None:
    sensor = building(1, 600).sensors["s0"]
    series = MemorySeries()
    kept = [n for n in range(6 * 24 * 365) if not 30_000 <= n < 30_020]
    series.write([Reading("s0", 20.0, T0 + 600 * n, T0 + 600 * n) for n in kept])
    year = course(series, sensor, T0, T0 + 365 * DAY_S, T0 + 365 * DAY_S, 480)
    assert len(year.stats) > 400 and year.width_s == 19 * 3600
    assert year.gaps == (Gap(T0 + 600 * 29_999, T0 + 600 * 30_020),)


def test_what_is_still_to_come_is_no_gap() -> None:
    sensor = building(1, 600).sensors["s0"]
    series = MemorySeries()
    series.write([Reading("s0", 20.0, T0 + 600 * n, T0 + 600 * n) for n in range(10)])
    assert course(series, sensor, T0, T0 + 9000, T0 + 5700, 480).gaps == ()
    assert course(series, sensor, T0, T0 + 9000, T0 + 9000, 480).gaps == (Gap(T0 + 5400, T0 + 9000),)
    assert course(series, sensor, T0 + 9000, T0 + 9999, T0, 480).gaps == ()


def test_a_year_of_one_channel_is_read_from_the_roll_up(tmp_path: Path) -> None:
    path = tmp_path / "readings.db"
    site = building(1, 600)
    count = sealed(path, site, 365)
    series = SqliteSeries(path, read_only=True)
    reads: list[tuple[int, int]] = []
    blocks = series._blocks

    def counted(base: object, number: int, resolution: int, *span: int) -> dict[int, bytes]:
        found = blocks(base, number, resolution, *span)  # type: ignore[arg-type]
        reads.append((resolution, len(found)))
        return found

    series._blocks = counted  # type: ignore[method-assign]
    year, _ = condensed(series, "s0", T0, T0 + 365 * DAY_S, 480)
    assert year.count.sum() == count
    assert 400 < len(year) <= 480
    assert (0, 365) not in reads
    assert gaps(series, site.sensors["s0"], T0, T0 + 365 * DAY_S) == ()
