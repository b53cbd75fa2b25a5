"""What a chart needs of a store: as many buckets as it has room for, and true gaps."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from ingest.series import Gap, Series, Stats
from sensors.model import Sensor

_WIDTHS = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1200.0, 1800.0, 3600.0)
_READ_WHOLE_S = 2 * 86400.0
_PACED_ROW = 4
_SLOWEST_PACE_S = 4 * 3600.0
_LOST_ONE = 2.5


def width_for(span_s: float, points: int) -> float:
    """The width in seconds of at most ``points`` buckets over a span; whole hours where it is longer than one.

    Whole hours are what the embedded store keeps rolled up: a year is then answered from a few thousand rows.
    """
    wanted = span_s / max(points, 1)
    if wanted > 3600.0:
        return math.ceil(wanted / 3600.0) * 3600.0
    return next(width for width in _WIDTHS if width >= wanted)


def condensed(series: Series, sensor: str, from_at: float, to_at: float, points: int) -> tuple[Stats, float]:
    """About ``points`` buckets of a sensor between two moments (Unix seconds), and their width in seconds; the
    trusted readings themselves and 0 where they fit.

    A bucket without a trusted reading is absent, never filled. Ends are widened to whole buckets.
    """
    if to_at - from_at <= _READ_WHOLE_S:
        at, value = series.window(sensor, from_at, to_at).trusted()
        if len(at) and len(at) <= points:
            return Stats(at=at, min=value, mean=value, max=value, count=np.ones(len(at), np.int64)), 0.0
    width = width_for(to_at - from_at, points)
    stats = series.downsample(sensor, from_at // width * width, math.ceil(to_at / width) * width, width)
    return stats, width


def gaps(series: Series, sensor: Sensor, from_at: float, to_at: float) -> tuple[Gap, ...]:
    """Stretches without a trusted reading for longer than the sensor may be silent, see :func:`paced`."""
    return paced(series.coverage(sensor.id, from_at, to_at, sensor.silent_after_s).gaps)


def paced(found: Sequence[Gap]) -> tuple[Gap, ...]:
    """Gaps without those that are a slower pace: a logger read out once a month measured every hour, not with gaps.

    Where at least four gaps in a row are parted by single readings and all are about as long (at most 2.5 times
    their median, the pace at which the rules let one reading be lost) and no longer than four hours, the
    instrument measured at that pace.
    """
    kept: list[Gap] = []
    row: list[Gap] = []

    def settle() -> None:
        lengths = sorted(gap.to_at - gap.from_at for gap in row)
        pace = lengths[len(lengths) // 2] if lengths else 0.0
        slower = len(row) >= _PACED_ROW and pace <= _SLOWEST_PACE_S
        kept.extend(gap for gap in row if not slower or gap.to_at - gap.from_at > _LOST_ONE * pace)
        row.clear()

    for gap in found:
        if row and gap.from_at != row[-1].to_at:
            settle()
        row.append(gap)
    settle()
    return tuple(kept)


class Course(Struct, frozen=True, eq=False, kw_only=True):
    """One sensor over a stretch of time as a chart shows it: ``width_s`` of each bucket, 0 for single readings, and
    the gaps."""

    stats: Stats
    width_s: float
    gaps: tuple[Gap, ...]


def course(series: Series, sensor: Sensor, from_at: float, to_at: float, now: float, points: int) -> Course:
    """What a chart needs of a sensor; what lies after ``now`` is no gap."""
    stats, width_s = condensed(series, sensor.id, from_at, to_at, points)
    until = min(to_at, now)
    missing = gaps(series, sensor, from_at, until) if from_at < until else ()
    return Course(stats=stats, width_s=width_s, gaps=missing)
