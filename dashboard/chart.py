"""A chart as SVG text: values over time with the good band shaded, gaps left open, alarms on the axis. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, tzinfo

from dashboard.desk import Point
from dashboard.html import esc

WIDTH, HEIGHT = 1000.0, 240.0
LEFT, RIGHT, TOP, BOTTOM = 64.0, 12.0, 14.0, 30.0


def gap_after(every_s: float, step_s: float) -> float:
    """Longer than this without a value is a gap (s): three missed measurements, or two steps of the chart."""
    return max(3.0 * every_s, 2.0 * step_s)


def runs(points: Sequence[Point], gap_s: float) -> list[list[Point]]:
    """The points in unbroken stretches."""
    found: list[list[Point]] = []
    for point in points:
        if found and point.at - found[-1][-1].at <= gap_s:
            found[-1].append(point)
        else:
            found.append([point])
    return found


def steps(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers between two values for the axis."""
    reach = max(high - low, 1e-9)
    size = 10.0 ** math.floor(math.log10(reach / most))
    for factor in (1, 2, 5, 10):
        if reach / (size * factor) <= most:
            size *= factor
            break
    first = math.ceil(low / size)
    return [number * size for number in range(first, math.floor(high / size) + 1)]


def chart(
    points: Sequence[Point],
    *,
    since: float,
    until: float,
    zone: tzinfo,
    band: tuple[float | None, float | None],
    unit: str,
    gap_s: float,
    alarms: Sequence[tuple[float, str]],
    label: str,
    no_data: str,
) -> str:
    """The chart. ``alarms`` are (time, mark kind); ``band`` the limits below and above, None where there is none."""
    span = max(1.0, until - since)
    wide, high_px = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def x(at: float) -> float:
        return LEFT + (at - since) / span * wide

    values = [v for point in points for v in (point.low, point.high)] + [v for v in band if v is not None]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    margin = max((high - low) * 0.12, abs(high) * 0.01, 0.5)
    low, high = low - margin, high + margin

    def y(value: float) -> float:
        return TOP + (high - value) / (high - low) * high_px

    parts = [
        f'<svg class="sr-chart" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img" aria-label="{esc(label)}">',
        f'<rect class="sr-field" x="{LEFT}" y="{TOP}" width="{wide:.1f}" height="{high_px:.1f}"/>',
    ]
    top = y(band[1]) if band[1] is not None else TOP
    bottom = y(band[0]) if band[0] is not None else TOP + high_px
    if band != (None, None):
        parts.append(
            f'<rect class="sr-band" x="{LEFT}" y="{top:.1f}" width="{wide:.1f}" height="{max(0.0, bottom - top):.1f}"/>'
        )
    for value in band:
        if value is not None:
            parts.append(
                f'<line class="sr-limit" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>'
            )
    for value in steps(low, high):
        if y(value) < TOP + 12:
            continue  # the unit stands there
        parts.append(f'<text class="sr-ytick" x="{LEFT - 8}" y="{y(value) + 5:.1f}">{value:g}</text>')
    parts.append(f'<text class="sr-unit" x="{LEFT - 8}" y="{TOP - 2}">{esc(unit)}</text>')
    for at, words in _ticks(since, until, zone):
        parts.append(
            f'<line class="sr-tick" x1="{x(at):.1f}" x2="{x(at):.1f}" y1="{TOP}" y2="{TOP + high_px:.1f}"/>'
        )
        parts.append(f'<text class="sr-xtick" x="{x(at):.1f}" y="{HEIGHT - 8}">{words}</text>')
    stretches = runs(points, gap_s)
    parts += _gaps(stretches, since, until, x, high_px, no_data, gap_s)
    for stretch in stretches:
        upper = " ".join(f"{x(p.at):.1f},{y(p.high):.1f}" for p in stretch)
        lower = " ".join(f"{x(p.at):.1f},{y(p.low):.1f}" for p in reversed(stretch))
        if any(p.high > p.low for p in stretch):
            parts.append(f'<polygon class="sr-reach" points="{upper} {lower}"/>')
        line = " ".join(f"{x(p.at):.1f},{y(p.value):.1f}" for p in stretch)
        if len(stretch) > 1:
            parts.append(f'<polyline class="sr-line" points="{line}"/>')
        else:
            parts.append(
                f'<circle class="sr-lone" cx="{x(stretch[0].at):.1f}" cy="{y(stretch[0].value):.1f}" r="2.5"/>'
            )
    for at, kind in alarms:
        if since <= at <= until:
            parts.append(
                f'<path class="sr-alarmmark sr-m{kind}" d="M{x(at):.1f} {TOP + high_px:.1f}l-6 -11h12z"/>'
            )
    return "".join(parts) + "</svg>"


def _gaps(
    stretches: list[list[Point]],
    since: float,
    until: float,
    x: object,
    high_px: float,
    words: str,
    gap_s: float,
) -> list[str]:
    place = x
    assert callable(place)  # noqa: S101 - narrows the type of a local function
    edges = [since] + [at for stretch in stretches for at in (stretch[0].at, stretch[-1].at)] + [until]
    parts: list[str] = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if end - start <= gap_s:
            continue
        left, right = place(start), place(end)
        parts.append(
            f'<rect class="sr-gap" x="{left:.1f}" y="{TOP}" width="{right - left:.1f}" height="{high_px:.1f}"/>'
        )
        if right - left > 60:
            parts.append(
                f'<text class="sr-nodata" x="{(left + right) / 2:.1f}" y="{TOP + high_px / 2:.1f}">{esc(words)}</text>'
            )
    return parts


def _ticks(since: float, until: float, zone: tzinfo) -> list[tuple[float, str]]:
    """Whole hours or days of the building's wall time, at most about nine of them."""
    span = until - since
    size = next(
        s
        for s in (900, 1800, 3600, 7200, 10_800, 21_600, 86_400, 2 * 86_400, 5 * 86_400, 3e7)
        if span / s <= 9
    )
    offset = datetime.fromtimestamp(since, zone).utcoffset()
    shift = offset.total_seconds() if offset else 0.0
    first = math.ceil((since + shift) / size) * size - shift
    form = "%H:%M" if size < 86_400 else "%m-%d"
    count = int((until - first) // size) + 1 if until >= first else 0
    moments = [first + number * size for number in range(count)]
    return [(at, datetime.fromtimestamp(at, zone).strftime(form)) for at in moments]
