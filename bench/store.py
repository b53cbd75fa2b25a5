"""The series store: size, appending and questions; InfluxDB asked the same beside it.

``python -m bench.store --json``; ``--quick`` for trying, in under 20 s.

500 sensors once a minute are appended day by day in batches of 1,000 with
full sync, each day sealed when it is over; ``bytes_per_point`` is the whole file after that.
``append_per_s`` counts the time in ``write`` alone, ``append_and_seal_per_s`` the sealing too. ``floor`` is what the
disk takes for the bytes of such a batch, written to the end of a plain file and synced. Questions are
medians in milliseconds; the longer spans are asked of a second file with a year of 20 sensors every ten
minutes. ``influx`` (if influxd is installed; Debian's 1.6.7 behind the path rewrite of the tests) holds two
of the days and one sensor's year.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.year import DAY_S, T0, building, day, sealed
from ingest.series import MICRO, Series
from ingest.series_influx import InfluxAddress, InfluxSeries
from ingest.series_sqlite import SqliteSeries
from ingest.series_tail import pack_tail
from sensors.model import Reading
from strongroom.model import Building
from strongroom.trends import condensed

BATCH = 1_000
INFLUX_BATCH = 5_000


def arrivals(site: Building, number: int) -> list[Reading]:
    """One day of every sensor in the order of arrival."""
    found: list[tuple[int, str, float]] = []
    for place, sensor in enumerate(site.sensors.values()):
        at_us, value = day(place, sensor.quantity, number, sensor.every_s)
        found += [(at, sensor.id, v) for at, v in zip(at_us.tolist(), value.tolist(), strict=True)]
    found.sort()
    return [Reading(name, value, at / MICRO, at / MICRO) for at, name, value in found]


def median_ms(ask: Callable[[], object], repeats: int) -> float:
    """Milliseconds of one question."""
    took = []
    for _ in range(repeats):
        began = time.perf_counter()
        ask()
        took.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(took), 3)


def floor(folder: Path, batch: list[Reading]) -> dict[str, float]:
    """Appending and syncing a batch's bytes to a plain file: no store with full sync can be faster."""
    data = pack_tail({reading.sensor: n for n, reading in enumerate(batch)}, batch)
    took = []
    with (folder / "floor").open("wb", buffering=0) as out:
        for _ in range(200):
            began = time.perf_counter()
            out.write(data)
            os.fdatasync(out.fileno())
            took.append(time.perf_counter() - began)
    (folder / "floor").unlink()
    middle = statistics.median(took)
    return {
        "batch_bytes": len(data),
        "sync_ms": round(middle * 1000, 3),
        "append_per_s": round(BATCH / middle),
    }


def size(folder: Path) -> int:
    """Bytes of everything in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def short_questions(series: Series, until: float, repeats: int) -> dict[str, float]:
    """What is asked of the days just written."""
    names = [f"s{n}" for n in range(20)]
    return {
        "latest_500": median_ms(series.latest, repeats),
        "day_of_one": median_ms(lambda: series.window("s7", until - DAY_S, until), repeats),
        "day_of_20_by_5_min": median_ms(
            lambda: [series.downsample(name, until - DAY_S, until, 300) for name in names], repeats
        ),
    }


def long_questions(series: Series, repeats: int) -> dict[str, float]:
    """What is asked of a year."""
    year = T0 + 365 * DAY_S
    return {
        "30_days_to_300": median_ms(lambda: condensed(series, "s1", year - 30 * DAY_S, year, 300), repeats),
        "year_to_600": median_ms(lambda: condensed(series, "s1", T0, year, 600), repeats),
    }


def embedded(folder: Path, days: int, repeats: int) -> dict[str, Any]:
    """Append and seal the days, then ask."""
    site = building(500, 60)
    path = folder / "minutes" / "readings.db"
    path.parent.mkdir()
    store = SqliteSeries(path)
    writing = sealing = 0.0
    count = 0
    batches: list[float] = []
    least = floor(folder, arrivals(site, 0)[:BATCH])
    for number in range(days):
        readings = arrivals(site, number)
        for start in range(0, len(readings), BATCH):
            batch = readings[start : start + BATCH]
            began = time.perf_counter()
            store.write(batch)
            batches.append(time.perf_counter() - began)
        writing = sum(batches)
        count += len(readings)
        began = time.perf_counter()
        while store.upkeep(T0 + (number + 1) * DAY_S + 3600):
            pass
        sealing += time.perf_counter() - began
    asked = short_questions(store, T0 + days * DAY_S, repeats)
    store.close()
    bytes_per_point = size(path.parent) / count
    sealed(folder / "year.db", building(20, 600), 365)
    year = SqliteSeries(folder / "year.db", read_only=True)
    asked |= long_questions(year, repeats)
    year.close()
    return {
        "points": count,
        "bytes_per_point": round(bytes_per_point, 2),
        "append_per_s": round(count / writing),
        "append_and_seal_per_s": round(count / (writing + sealing)),
        "batch_ms": {
            "p50": round(statistics.median(batches) * 1000, 3),
            "p99": round(sorted(batches)[int(0.99 * len(batches))] * 1000, 3),
            "max": round(max(batches) * 1000, 3),
        },
        "floor": least,
        "query_ms": asked,
    }


def influx(folder: Path, days: int, repeats: int) -> dict[str, Any] | None:
    """The same through InfluxDB, where it is installed."""
    if shutil.which("influxd") is None:
        return None
    from tests.contract.influx_server import Influx

    place = folder / "influx"
    place.mkdir()
    server = Influx(place)
    try:
        series = InfluxSeries(InfluxAddress(url=server.url, bucket="bench", timeout_s=60))
        site, count, writing = building(500, 60), 0, 0.0
        loads = [arrivals(site, number) for number in range(days)]
        for readings in loads:
            began = time.perf_counter()
            for start in range(0, len(readings), INFLUX_BATCH):
                series.write(readings[start : start + INFLUX_BATCH])
            writing += time.perf_counter() - began
            count += len(readings)
        asked = short_questions(series, T0 + days * DAY_S, max(3, repeats // 3))
        year = InfluxSeries(InfluxAddress(url=server.url, bucket="year", timeout_s=60))
        for number in range(365):
            at_us, value = day(1, "temperature", number, 600)
            pairs = zip(at_us.tolist(), value.tolist(), strict=True)
            year.write([Reading("s1", v, at / MICRO, at / MICRO) for at, v in pairs])
        asked |= long_questions(year, max(3, repeats // 3))
        series.close()
        year.close()
    finally:
        server.stop()
    return {
        "version": "1.6.7 (Debian), through the tests' path rewrite",
        "points": count,
        "bytes_per_point_before_compaction": round(size(place / "data") / count, 2),
        "append_per_s": round(count / writing),
        "query_ms": asked,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="only the JSON object")
    parser.add_argument("--quick", action="store_true", help="one day, without InfluxDB")
    parser.add_argument("--days", type=int, help="days of 720,000 readings; 14 if not given")
    parser.add_argument("--influx-days", type=int, help="2 if not given")
    parser.add_argument("--repeats", type=int, default=30)
    asked = parser.parse_args()
    days = asked.days or (1 if asked.quick else 14)
    influx_days = asked.influx_days if asked.influx_days is not None else 0 if asked.quick else 2
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        found = embedded(Path(name), days, asked.repeats)
        found["influx"] = influx(Path(name), influx_days, asked.repeats) if influx_days else None
    found["load_before"] = load
    print(json.dumps(found, indent=None if asked.json else 2))


if __name__ == "__main__":
    main()
