"""The seam to the time-series store: what every store must do, and the columns it answers with.

A store keeps readings as evidence. It is never asked whether something is an alarm, and it may be away:
whoever writes keeps what was not taken (:mod:`strongroom.feeder`). Times are Unix seconds UTC at this seam
and are kept to the microsecond; the delay between measuring and receiving is kept to the whole second.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from sensors.model import Quality, Reading

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint8]

# The position is the stored code: append only. Trusted qualities come first.
QUALITIES = (
    Quality.GOOD,
    Quality.LATE,
    Quality.HISTORICAL,
    Quality.RETAINED,
    Quality.IMPLAUSIBLE,
    Quality.FUTURE,
    Quality.SIMULATED,
)
TRUSTED = 3  # codes below this were measured when they say they were: they alone count in statistics
QUALITY_CODE = {quality: code for code, quality in enumerate(QUALITIES)}

MICRO = 1_000_000
FARTHEST_S = 9.2e9  # 1678 to 2261: nanoseconds in 64 bits, which InfluxDB counts in


class SeriesError(Exception):
    """The store did not do what was asked; the sentence is for the operator."""


class SeriesDownError(SeriesError):
    """Not now: unreachable, stalled, locked out or without room. The same call may succeed later."""


class SeriesRefusedError(SeriesError):
    """Never: the store read these readings and will not take them, however often they are sent."""


class SeriesDamagedError(SeriesError):
    """Stored data no longer match their checksum."""


class Window(Struct, frozen=True, eq=False, kw_only=True):
    """Readings of one sensor in columns of equal length, oldest first.

    ``at_us`` is the measurement time in microseconds, ``quality`` an index into :data:`QUALITIES`,
    ``delay_s`` the whole seconds until it was received, ``raw`` the value before calibration (NaN where none
    was applied), ``drill`` the drill's id by position for what was injected.
    """

    sensor: str
    at_us: Ints
    value: Floats
    quality: Codes
    delay_s: Ints
    raw: Floats
    drill: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self.at_us)

    @property
    def at(self) -> Floats:
        """Measurement times in Unix seconds."""
        return self.at_us / MICRO

    def trusted(self) -> tuple[Floats, Floats]:
        """Times (Unix seconds) and values of the readings that count in statistics."""
        kept = self.quality < TRUSTED
        return self.at[kept], self.value[kept]

    def readings(self) -> list[Reading]:
        """The same as readings, one by one."""
        return [
            Reading(
                sensor=self.sensor,
                value=value,
                measured_at=us / MICRO,
                received_at=us / MICRO + delay,
                quality=QUALITIES[code],
                raw=None if math.isnan(raw) else raw,
                drill=self.drill.get(place, "") if self.drill else "",
            )
            for place, (us, value, code, delay, raw) in enumerate(
                zip(
                    self.at_us.tolist(),
                    self.value.tolist(),
                    self.quality.tolist(),
                    self.delay_s.tolist(),
                    self.raw.tolist(),
                    strict=True,
                )
            )
        ]


class Stats(Struct, frozen=True, eq=False, kw_only=True):
    """Buckets of one sensor in columns, oldest first; a bucket without trusted readings is absent.

    ``at`` is the start of the bucket, a multiple of the asked width since the Unix epoch.
    """

    at: Floats
    min: Floats
    mean: Floats
    max: Floats
    count: Ints

    def __len__(self) -> int:
        return len(self.at)


class Gap(Struct, frozen=True):
    """A stretch without trusted readings."""

    from_at: float
    to_at: float


class Coverage(Struct, frozen=True, kw_only=True):
    """How well a stretch of time is covered by trusted readings."""

    count: int
    first_at: float | None
    last_at: float | None
    gaps: tuple[Gap, ...]


class Series(Protocol):
    """Keeps readings by (sensor, measurement time); writing the same again changes nothing, the last write
    wins.

    Every range is half open: ``from_at`` belongs to it, ``to_at`` does not. Methods raise
    :class:`SeriesDownError` when the same call may succeed later. Safe to call from several threads.
    """

    def write(self, readings: Sequence[Reading]) -> None:
        """Keep all of them, or raise: on return they survive the death of this process and of the machine.

        :class:`SeriesRefusedError` means that at least one of them will never be taken.
        """

    def sensors(self) -> list[str]:
        """Every sensor that ever wrote here, in alphabetical order."""

    def latest(self) -> dict[str, Reading]:
        """The newest trusted reading of every sensor, by measurement time."""

    def window(self, sensor: str, from_at: float, to_at: float) -> Window:
        """Every reading still kept one by one, whatever its quality."""

    def downsample(self, sensor: str, from_at: float, to_at: float, every_s: float) -> Stats:
        """Minimum, mean, maximum and count per ``every_s``; exact as long as the readings are kept one by
        one.

        Older stretches come from 5-minute or hourly roll-ups: each counts where it begins.
        """

    def coverage(self, sensor: str, from_at: float, to_at: float, max_gap_s: float) -> Coverage:
        """Where more than ``max_gap_s`` passed without a trusted reading, the ends of the range included."""

    def upkeep(self, now: float, limit: int = 50) -> int:
        """Do up to ``limit`` small pieces of housekeeping; how many were done, 0 when there is nothing to
        do.
        """

    def close(self) -> None:
        """Let go of files and connections."""


def micros(at: float) -> int:
    """Unix seconds as whole microseconds."""
    return round(at * MICRO)


def check(readings: Sequence[Reading]) -> None:
    """Raise :class:`SeriesRefusedError` for a value or time that no store can hold."""
    for reading in readings:
        if not (math.isfinite(reading.value) and math.isfinite(reading.measured_at)):
            raise SeriesRefusedError(
                f"{reading.sensor}: {reading.value} at {reading.measured_at} is not a finite number"
            )
        if abs(reading.measured_at) > FARTHEST_S:
            raise SeriesRefusedError(f"{reading.sensor}: {reading.measured_at} is no time of this age")


def delay_s(reading: Reading) -> int:
    """Whole seconds between measuring and receiving; 0 where the receiving time is not a number or no time."""
    delay = reading.received_at - reading.measured_at
    return round(delay) if abs(delay) <= FARTHEST_S else 0


def window_of(sensor: str, readings: Sequence[Reading]) -> Window:
    """Columns from readings of one sensor that are already in order."""
    return Window(
        sensor=sensor,
        at_us=np.fromiter((micros(r.measured_at) for r in readings), np.int64, len(readings)),
        value=np.fromiter((r.value for r in readings), np.float64, len(readings)),
        quality=np.fromiter((QUALITY_CODE[r.quality] for r in readings), np.uint8, len(readings)),
        delay_s=np.fromiter((delay_s(r) for r in readings), np.int64, len(readings)),
        raw=np.fromiter((math.nan if r.raw is None else r.raw for r in readings), np.float64, len(readings)),
        drill={place: r.drill for place, r in enumerate(readings) if r.drill},
    )


class Pile(Struct, frozen=True, eq=False):
    """Sums that can be added up to wider buckets: start (µs), minimum, maximum, sum and count per bucket."""

    at_us: Ints
    low: Floats
    high: Floats
    total: Floats
    count: Ints

    def __len__(self) -> int:
        return len(self.at_us)

    def part(self, kept: npt.NDArray[np.bool_]) -> Pile:
        """Only the buckets marked in ``kept``."""
        return Pile(self.at_us[kept], self.low[kept], self.high[kept], self.total[kept], self.count[kept])


def pile_of(at_us: Ints, value: Floats) -> Pile:
    """Single readings as a pile of buckets of one."""
    return Pile(at_us, value, value, value, np.ones(len(at_us), np.int64))


def joined(piles: Sequence[Pile]) -> Pile:
    """Several piles one after the other."""
    if not piles:
        none = np.empty(0)
        return pile_of(np.empty(0, np.int64), none)
    return Pile(
        np.concatenate([p.at_us for p in piles]),
        np.concatenate([p.low for p in piles]),
        np.concatenate([p.high for p in piles]),
        np.concatenate([p.total for p in piles]),
        np.concatenate([p.count for p in piles]),
    )


def fold(pile: Pile, every_us: int) -> Pile:
    """The pile in buckets of ``every_us`` microseconds; ValueError when that is not positive."""
    if every_us <= 0:
        raise ValueError("the width of a bucket must be above 0 s")
    if not len(pile):
        return pile
    start = pile.at_us // every_us * every_us
    order = np.argsort(start, kind="stable")
    start = start[order]
    edge = np.concatenate(([0], np.flatnonzero(np.diff(start)) + 1))
    return Pile(
        start[edge],
        np.minimum.reduceat(pile.low[order], edge),
        np.maximum.reduceat(pile.high[order], edge),
        np.add.reduceat(pile.total[order], edge),
        np.add.reduceat(pile.count[order], edge),
    )


def stats_of(pile: Pile, every_s: float) -> Stats:
    """Minimum, mean, maximum and count per ``every_s``."""
    folded = fold(pile, micros(every_s))
    return Stats(
        at=folded.at_us / MICRO,
        min=folded.low,
        mean=folded.total / np.maximum(folded.count, 1),
        max=folded.high,
        count=folded.count,
    )


def coverage_of(
    at: Floats, from_at: float, to_at: float, max_gap_s: float, count: int | None = None
) -> Coverage:
    """Coverage from sorted measurement times; ``count`` where a time stands for several readings."""
    marks = np.concatenate(([from_at], at, [to_at]))
    wide = np.flatnonzero(np.diff(marks) > max_gap_s)
    return Coverage(
        count=len(at) if count is None else count,
        first_at=float(at[0]) if len(at) else None,
        last_at=float(at[-1]) if len(at) else None,
        gaps=tuple(Gap(float(marks[i]), float(marks[i + 1])) for i in wide),
    )
