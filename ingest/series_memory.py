"""A series store that forgets with its process: for tests, rehearsals and the first minutes of a demo."""

from __future__ import annotations

import threading
from bisect import bisect_left, insort
from collections.abc import Sequence

from msgspec.structs import replace

from ingest.series import (
    MICRO,
    QUALITY_CODE,
    TRUSTED,
    Coverage,
    Stats,
    Window,
    check,
    coverage_of,
    delay_s,
    micros,
    pile_of,
    stats_of,
    window_of,
)
from sensors.model import Reading


class MemorySeries:
    """Everything in dictionaries, with the same answers as the stores on disk."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._times: dict[str, list[int]] = {}
        self._kept: dict[str, dict[int, Reading]] = {}

    def write(self, readings: Sequence[Reading]) -> None:
        """Keep all of them; :class:`SeriesRefusedError` for what is not a finite number."""
        check(readings)
        with self._lock:
            for reading in readings:
                us = micros(reading.measured_at)
                times = self._times.setdefault(reading.sensor, [])
                kept = self._kept.setdefault(reading.sensor, {})
                if us not in kept:
                    insort(times, us)
                at = us / MICRO
                kept[us] = replace(reading, measured_at=at, received_at=at + delay_s(reading))

    def sensors(self) -> list[str]:
        """Every sensor that ever wrote here, in alphabetical order."""
        with self._lock:
            return sorted(self._times)

    def latest(self) -> dict[str, Reading]:
        """The newest trusted reading of every sensor, by measurement time."""
        found: dict[str, Reading] = {}
        with self._lock:
            for sensor, times in self._times.items():
                kept = self._kept[sensor]
                for us in reversed(times):
                    if QUALITY_CODE[kept[us].quality] < TRUSTED:
                        found[sensor] = kept[us]
                        break
        return found

    def window(self, sensor: str, from_at: float, to_at: float) -> Window:
        """Every reading, whatever its quality."""
        with self._lock:
            times = self._times.get(sensor, [])
            kept = self._kept.get(sensor, {})
            span = times[bisect_left(times, micros(from_at)) : bisect_left(times, micros(to_at))]
            return window_of(sensor, [kept[us] for us in span])

    def downsample(self, sensor: str, from_at: float, to_at: float, every_s: float) -> Stats:
        """Minimum, mean, maximum and count per ``every_s``."""
        window = self.window(sensor, from_at, to_at)
        kept = window.quality < TRUSTED
        return stats_of(pile_of(window.at_us[kept], window.value[kept]), every_s)

    def coverage(self, sensor: str, from_at: float, to_at: float, max_gap_s: float) -> Coverage:
        """Where more than ``max_gap_s`` passed without a trusted reading."""
        at, _ = self.window(sensor, from_at, to_at).trusted()
        return coverage_of(at, from_at, to_at, max_gap_s)

    def upkeep(self, now: float, limit: int = 50) -> int:  # noqa: ARG002 - nothing to keep up in memory
        """Nothing to do."""
        return 0

    def close(self) -> None:
        """Nothing to let go of."""
