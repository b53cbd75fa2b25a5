"""What a chart needs of a store: as many buckets as it has room for, true gaps, and rooms on one time axis."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from ingest.series import Gap, Series, Stats
from sensors.model import Sensor

_WIDTHS = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1200.0, 1800.0, 3600.0)
_READ_WHOLE_S = 2 * 86400.0


def width_for(span_s: float, points: int) -> float:
    """The width in seconds of at most ``points`` buckets over a span; whole hours where it is longer than one.

    Whole hours are what the embedded store keeps rolled up: a year is then answered from a few thousand rows.
    """
    wanted = span_s / max(points, 1)
    if wanted > 3600.0:
        return math.ceil(wanted / 3600.0) * 3600.0
    return next(width for width in _WIDTHS if width >= wanted)


def condensed(series: Series, sensor: str, from_at: float, to_at: float, points: int) -> Stats:
    """About ``points`` buckets of a sensor between two moments (Unix seconds); the trusted readings where they fit.

    A bucket without a trusted reading is absent, never filled. Ends are widened to whole buckets.
    """
    if to_at - from_at <= _READ_WHOLE_S:
        at, value = series.window(sensor, from_at, to_at).trusted()
        if len(at) and len(at) <= points:
            return Stats(at=at, min=value, mean=value, max=value, count=np.ones(len(at), np.int64))
    width = width_for(to_at - from_at, points)
    return series.downsample(sensor, from_at // width * width, math.ceil(to_at / width) * width, width)


def gaps(series: Series, sensor: Sensor, from_at: float, to_at: float) -> tuple[Gap, ...]:
    """Stretches without a trusted reading for longer than the sensor may be silent."""
    return series.coverage(sensor.id, from_at, to_at, sensor.silent_after_s).gaps


class Comparison(Struct, frozen=True, kw_only=True):
    """Several sensors on one axis: bucket starts (Unix seconds), and per sensor the mean or None for each bucket."""

    width_s: float
    at: tuple[float, ...]
    means: dict[str, tuple[float | None, ...]]


def together(series: Series, sensors: Sequence[str], from_at: float, to_at: float, points: int) -> Comparison:
    """Means of several sensors bucket by bucket, for comparing rooms; a bucket without readings is None."""
    width = width_for(to_at - from_at, points)
    first, last = math.floor(from_at / width), math.ceil(to_at / width)
    means: dict[str, tuple[float | None, ...]] = {}
    for sensor in sensors:
        stats = series.downsample(sensor, first * width, last * width, width)
        known = {
            round(at / width): mean for at, mean in zip(stats.at.tolist(), stats.mean.tolist(), strict=True)
        }
        means[sensor] = tuple(known.get(place) for place in range(first, last))
    return Comparison(width_s=width, at=tuple(place * width for place in range(first, last)), means=means)
