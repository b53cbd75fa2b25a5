"""A day without the history store, and the way back: nothing lost, decisions untouched.

``python -m bench.drain --json``; ``--quick`` for trying, in under 20 s.

24 hours of 500 sensors every 10 s are decided on a set clock and committed
to the site database while the store is away; then the store comes back and the feeder drains, while live
readings (RATE a second) go on being decided and committed. ``decide_ms`` is from arrival to the end of the
decision, first with the store away and then during the drain. At the end the store is asked for every
reading once.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alerts.evaluate import Evaluator
from bench.year import T0, building
from ingest.series import Series, SeriesDownError
from ingest.series_sqlite import SqliteSeries
from sensors.model import Reading
from strongroom.clock import SystemClock
from strongroom.cursors import Cursors
from strongroom.feeder import ALARM_FILL, Feeder
from strongroom.process import SWITCH_S
from strongroom.sitedb import Batch, SiteDb

SENSORS, EVERY_S, RATE = 500, 10.0, 1_000


class Gate:
    """A way to the store that can be shut."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.open = False

    def series(self) -> Series:
        """The store, or that it is away."""
        if not self.open:
            raise SeriesDownError("the store is stopped")
        return SqliteSeries(self._path)


class Live:
    """Readings at a steady rate, decided at once; commits on a thread of their own, as in the engine."""

    def __init__(self, evaluator: Evaluator, db: SiteDb, at: float) -> None:
        self._evaluator = evaluator
        self._db = db
        self._at = at
        self._lock = threading.Lock()
        self._waiting: list[Reading] = []
        self._stop = threading.Event()
        self.count = 0

    def run(self, seconds: float, done: threading.Event) -> list[float]:
        """Milliseconds per decision, for so many seconds and until ``done``."""
        committer = threading.Thread(target=self._commit)
        self._stop.clear()
        committer.start()
        began = time.perf_counter()
        took: list[float] = []
        number = 0
        while time.perf_counter() - began < seconds or not done.is_set():
            due = began + number / RATE
            pause = due - time.perf_counter()
            if pause > 0:
                time.sleep(pause)
            self._at += 1.0 / RATE
            reading = Reading(f"s{number % SENSORS}", 20.0, self._at, self._at)
            self._evaluator.observe(reading, self._at)
            took.append((time.perf_counter() - due) * 1000)
            with self._lock:
                self._waiting.append(reading)
            number += 1
        self._stop.set()
        committer.join()
        self.count += number
        return took

    def _commit(self) -> None:
        stopping = False
        while not stopping:
            stopping = self._stop.wait(0.02)
            with self._lock:
                waiting, self._waiting = self._waiting, []
            if waiting:
                self._db.commit(Batch(readings=waiting))


def quantiles(took: Sequence[float]) -> dict[str, float]:
    """Median and tail in milliseconds."""
    ordered = sorted(took)
    return {
        "p50": round(statistics.median(ordered), 3),
        "p99": round(ordered[int(0.99 * len(ordered))], 3),
        "p999": round(ordered[int(0.999 * len(ordered))], 3),
    }


def measure(folder: Path, hours: float, capacity: int) -> dict[str, Any]:
    """The whole day and the drain."""
    sys.setswitchinterval(SWITCH_S)  # as the engine's process does
    site = building(SENSORS, EVERY_S)
    evaluator = Evaluator(site.rules, site.sensors, site.zones, site.timezone)
    db = SiteDb(folder / "site.db")
    gate = Gate(folder / "readings.db")
    feeder = Feeder(
        folder / "site.db", Cursors(folder / "cursors.db"), gate.series, SystemClock(), capacity=capacity
    )
    names = list(site.sensors)
    changes = count = 0
    began = time.perf_counter()
    steps = int(hours * 3600 / EVERY_S)
    for step in range(steps):
        now = T0 + EVERY_S * step
        hot = 26.0 if step > steps // 2 else 20.0
        readings = [
            Reading(n, hot if i % 50 == 1 else 50.0 if i % 2 == 0 else 20.0, now, now)
            for i, n in enumerate(names)
        ]
        for reading in readings:
            changes += len(evaluator.observe(reading, now))
        changes += len(evaluator.tick(now))
        db.commit(Batch(readings=readings))
        count += len(readings)
    away = time.perf_counter() - began
    feeder.pump()
    waiting = feeder.state
    never = threading.Event()
    never.set()
    live = Live(evaluator, db, T0 + hours * 3600)
    calm = live.run(5.0, never)
    drained = threading.Event()
    took: list[float] = []

    def drain() -> None:
        gate.open = True
        start = time.perf_counter()
        feeder.pump()
        while feeder.state.backlog > RATE:  # live readings go on arriving: the last second is never empty
            feeder.pump()
        took.append(time.perf_counter() - start)
        drained.set()

    thread = threading.Thread(target=drain)
    thread.start()
    busy = live.run(1.0, drained)
    thread.join()
    moved = feeder.state.written
    while feeder.pump():
        pass
    feeder.stop()
    store = SqliteSeries(gate._path)
    kept = sum(len(store.window(name, 0, 1e11)) for name in names)
    store.close()
    db.close()
    if kept != count + live.count:
        raise RuntimeError(f"{count + live.count} readings were taken in, {kept} are in the store")
    return {
        "readings": count,
        "away_s": round(away, 1),
        "changes_while_away": changes,
        "fill": round(waiting.fill, 3),
        "fill_alarmed": waiting.fill >= ALARM_FILL,
        "drained_per_s": round(moved / took[0]),
        "in_store": kept,
        "decide_ms": {"store_away": quantiles(calm), "draining": quantiles(busy)},
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="only the JSON object")
    parser.add_argument("--quick", action="store_true", help="twenty minutes without the store")
    parser.add_argument("--hours", type=float, help="24 if not given")
    parser.add_argument("--capacity", type=int, default=10_000_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        hours = asked.hours or (1 / 3 if asked.quick else 24.0)
        load = os.getloadavg()[0]
        found = measure(Path(name), hours, asked.capacity) | {"load_before": load}
    print(json.dumps(found, indent=None if asked.json else 2))


if __name__ == "__main__":
    main()
