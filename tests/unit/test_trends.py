"""Chart data: never more than there is room for, gaps true, rooms on one axis, a year at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.year import DAY_S, T0, building, sealed
from ingest.series import Gap
from ingest.series_memory import MemorySeries
from ingest.series_sqlite import SqliteSeries
from sensors.model import Reading
from strongroom.trends import condensed, gaps, together, width_for


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
    few = condensed(series, "t-0", T0, T0 + 36_000, 100)
    assert few.at.tolist() == [T0 + 600 * i for i in range(60)]
    many = condensed(series, "t-0", T0, T0 + 600_000, 100)
    assert len(many) <= 100
    assert many.count.sum() == 900
    assert (many.min.min(), many.max.max()) == (20.0, 21.0)
    assert len(condensed(series, "nobody", T0, T0 + 600, 100)) == 0


def test_gaps_are_those_longer_than_the_sensor_may_be_silent() -> None:
    sensor = building(1, 600).sensors["s0"]
    series = MemorySeries()
    series.write(
        [Reading("s0", 1.0, T0 + 600 * i, T0 + 600 * i) for i in range(100) if i not in (10, 11, 50, 51, 52)]
    )
    assert gaps(series, sensor, T0, T0 + 60_000) == (Gap(T0 + 600 * 49, T0 + 600 * 53),)


def test_rooms_side_by_side_with_nothing_where_nothing_was_measured() -> None:
    found = together(filled(), ["t-0", "t-1"], T0, T0 + 600_000, 50)
    assert found.width_s == 4 * 3600
    assert len(found.at) == len(found.means["t-0"]) == len(found.means["t-1"]) == 42
    empty = [at for at, mean in zip(found.at, found.means["t-0"], strict=True) if mean is None]
    assert empty
    assert all(T0 + 180_000 - 14_400 < at < T0 + 240_000 for at in empty)
    assert None not in found.means["t-1"]


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
    year = condensed(series, "s0", T0, T0 + 365 * DAY_S, 480)
    assert year.count.sum() == count
    assert 400 < len(year) <= 480
    assert (0, 365) not in reads
    assert gaps(series, site.sensors["s0"], T0, T0 + 365 * DAY_S) == ()
