"""A chart as SVG text: values over time, the good band shaded, gaps left open, alarms and the instrument on the axis.

Pure. Times in Unix seconds; everything drawn is bounded by the width of the chart, however long the record.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import tzinfo

from msgspec import Struct

from dashboard.chart_ticks import time_ticks
from dashboard.desk import Point
from dashboard.html import esc

WIDTH, HEIGHT = 1000.0, 240.0
LEFT, RIGHT, TOP, BOTTOM = 64.0, 12.0, 14.0, 30.0
LETTER_APART = 15.0
LETTER_ROOM = 14.0  # at the right end, where lines carry a letter
MARK_APART = 7.0  # alarms of one class nearer than this become one mark
LETTERS = "ABCDEF"
# The shapes of the marks (dashboard.theme), drawn upwards from the middle of their foot.
SHAPES = {
    "1": "h-5.5v-11h11v11z",
    "2": "h-6.5l6.5 -12l6.5 12z",
    "3": "l-6.5 -12h13z",
    "F": "l-6 -6.5l6 -6.5l6 6.5z",
}
Span = tuple[float, float]
Band = tuple[float | None, float | None]


class Line(Struct, frozen=True, kw_only=True):
    """One sensor: its points and gaps, the limits below and above, and a letter where there are several lines."""

    points: Sequence[Point] = ()
    gaps: Sequence[Span] = ()
    band: Band = (None, None)
    letter: str = ""


class Sign(Struct, frozen=True):
    """Something that happened: when, its mark's class (alarms) or sign (instruments), and the words for a pointer."""

    at: float
    kind: str
    words: str = ""


def runs(points: Sequence[Point], gaps: Sequence[Span]) -> list[list[Point]]:
    """The points in unbroken stretches: two with a gap anywhere between them are never joined. ``gaps`` in order."""
    found: list[list[Point]] = []
    place = 0
    for point in points:
        if found:
            last = found[-1][-1].at
            while place < len(gaps) and gaps[place][1] <= last:
                place += 1
            if place == len(gaps) or gaps[place][0] >= point.at:
                found[-1].append(point)
                continue
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


class _Frame(Struct, frozen=True, kw_only=True):
    """From times and values to places."""

    since: float
    until: float
    low: float
    high: float
    right: float

    def x(self, at: float) -> float:
        inside = min(max(at, self.since), self.until)
        return LEFT + (inside - self.since) / max(1.0, self.until - self.since) * (self.right - LEFT)

    def y(self, value: float) -> float:
        return TOP + (self.high - value) / (self.high - self.low) * (HEIGHT - TOP - BOTTOM)


FLOOR = HEIGHT - BOTTOM


def chart(
    lines: Sequence[Line],
    *,
    since: float,
    until: float,
    zone: tzinfo,
    unit: str,
    label: str,
    no_data: str,
    alarms: Sequence[Sign] = (),
    instrument: Sequence[Sign] = (),
    out: Sequence[Span] = (),
) -> str:
    """The chart of one line, or of several that are compared (``letter`` set, each with its own limits).

    ``out`` are stretches during which the instrument was out of service.
    """
    frame = _frame(lines, since, until)
    wide = frame.right - LEFT
    parts = [
        f'<svg class="sr-chart" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img" aria-label="{esc(label)}">',
        f'<rect class="sr-field" x="{LEFT}" y="{TOP}" width="{wide:.1f}" height="{FLOOR - TOP:.1f}"/>',
    ]
    bands = {line.band for line in lines}
    if len(bands) == 1:
        parts += _band(frame, next(iter(bands)))
    parts += _axes(frame, unit, zone)
    for start, end in out:
        left, right = frame.x(start), frame.x(end)
        parts.append(
            f'<rect class="sr-outspan" x="{left:.1f}" y="{FLOOR - 8}" width="{max(2.0, right - left):.1f}" height="8"/>'
        )
    for number, line in enumerate(lines):
        if len(bands) > 1:
            parts += _limits(frame, line.band, number)
        if len(lines) == 1:
            parts += _gaps(frame, line, no_data)
        parts += _line(frame, line, number)
    parts += _letters(frame, lines)
    parts += [_instrument(frame, sign) for sign in instrument if since <= sign.at <= until]
    parts += _alarms(frame, [sign for sign in alarms if since <= sign.at <= until])
    return "".join(parts) + "</svg>"


def _frame(lines: Sequence[Line], since: float, until: float) -> _Frame:
    values = [v for line in lines for point in line.points for v in (point.low, point.high)]
    values += [v for line in lines for v in line.band if v is not None]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    margin = max((high - low) * 0.12, abs(high) * 0.01, 0.5)
    room = LETTER_ROOM if any(line.letter for line in lines) else 0.0
    return _Frame(since=since, until=until, low=low - margin, high=high + margin, right=WIDTH - RIGHT - room)


def _band(frame: _Frame, band: Band) -> list[str]:
    if band == (None, None):
        return []
    top = frame.y(band[1]) if band[1] is not None else TOP
    bottom = frame.y(band[0]) if band[0] is not None else FLOOR
    wide = frame.right - LEFT
    return [
        f'<rect class="sr-band" x="{LEFT}" y="{top:.1f}" width="{wide:.1f}" height="{max(0.0, bottom - top):.1f}"/>',
        *_limits(frame, band, None),
    ]


def _limits(frame: _Frame, band: Band, number: int | None) -> list[str]:
    name = "sr-limit" if number is None else f"sr-limit sr-line{number}"
    return [
        f'<line class="{name}" x1="{LEFT}" x2="{frame.right:.1f}" y1="{frame.y(v):.1f}" y2="{frame.y(v):.1f}"/>'
        for v in band
        if v is not None
    ]


def _axes(frame: _Frame, unit: str, zone: tzinfo) -> list[str]:
    parts = [
        f'<text class="sr-ytick" x="{LEFT - 8}" y="{frame.y(value) + 5:.1f}">{value:g}</text>'
        for value in steps(frame.low, frame.high)
        if frame.y(value) >= TOP + 12  # the unit stands above
    ]
    parts += [  # on a narrow screen the chart is wider than it and shows its right end
        f'<text class="sr-ytick sr-yinside" x="{frame.right - 6:.1f}" y="{frame.y(value) - 3:.1f}">{value:g}</text>'
        for value in steps(frame.low, frame.high)
        if frame.y(value) >= TOP + 14
    ]
    parts.append(f'<text class="sr-unit" x="{LEFT - 8}" y="{TOP - 2}">{esc(unit)}</text>')
    for at, words in time_ticks(frame.since, frame.until, zone):
        x = f"{frame.x(at):.1f}"
        parts.append(f'<line class="sr-tick" x1="{x}" x2="{x}" y1="{TOP}" y2="{FLOOR:.1f}"/>')
        parts.append(f'<text class="sr-xtick" x="{x}" y="{HEIGHT - 8}">{words}</text>')
    return parts


def _line(frame: _Frame, line: Line, number: int) -> list[str]:
    x, y = frame.x, frame.y
    parts: list[str] = []
    name = f"sr-line sr-line{number}"
    for stretch in runs(line.points, line.gaps):
        if len(stretch) == 1:
            at, value = stretch[0].at, stretch[0].value
            parts.append(
                f'<circle class="sr-lone sr-line{number}" cx="{x(at):.1f}" cy="{y(value):.1f}" r="2.5"/>'
            )
            continue
        if not line.letter and any(p.high > p.low for p in stretch):
            upper = " ".join(f"{x(p.at):.1f},{y(p.high):.1f}" for p in stretch)
            lower = " ".join(f"{x(p.at):.1f},{y(p.low):.1f}" for p in reversed(stretch))
            parts.append(f'<polygon class="sr-reach" points="{upper} {lower}"/>')
        course = " ".join(f"{x(p.at):.1f},{y(p.value):.1f}" for p in stretch)
        parts.append(f'<polyline class="{name}" points="{course}"/>')
    return parts


def _letters(frame: _Frame, lines: Sequence[Line]) -> list[str]:
    """A letter at the end of each line, pushed down where two lines end at the same height."""
    ends = sorted(
        (frame.y(line.points[-1].value) + 5, number, line)
        for number, line in enumerate(lines)
        if line.letter and line.points
    )
    parts: list[str] = []
    above = 0.0
    for y, number, line in ends:
        above = max(y, above + LETTER_APART)
        x = frame.x(line.points[-1].at) + 5
        parts.append(
            f'<text class="sr-letter sr-line{number}" x="{x:.1f}" y="{above:.1f}">{esc(line.letter)}</text>'
        )
    return parts


def _gaps(frame: _Frame, line: Line, words: str) -> list[str]:
    parts: list[str] = []
    for start, end in line.gaps:
        left, right = frame.x(start), frame.x(end)
        if right - left < 1.0:
            continue  # the line is broken there; a box would be thinner than its edge
        size = f'width="{right - left:.1f}" height="{FLOOR - TOP:.1f}"'
        parts.append(f'<rect class="sr-gap" x="{left:.1f}" y="{TOP}" {size}/>')
        if right - left > 60:
            middle = f'x="{(left + right) / 2:.1f}" y="{(TOP + FLOOR) / 2:.1f}"'
            parts.append(f'<text class="sr-nodata" {middle}>{esc(words)}</text>')
    return parts


def _instrument(frame: _Frame, sign: Sign) -> str:
    x = f"{frame.x(sign.at):.1f}"
    return (
        f'<g class="sr-instrument"><title>{esc(sign.words)}</title>'
        f'<line x1="{x}" x2="{x}" y1="{TOP}" y2="{FLOOR:.1f}"/>'
        f'<text x="{x}" y="{TOP + 12}">{esc(sign.kind)}</text></g>'
    )


def _alarms(frame: _Frame, signs: Sequence[Sign]) -> list[str]:
    """Marks on the axis; those of one class that would cover each other are one, and its words say how many."""
    parts: list[str] = []
    for kind in dict.fromkeys(sign.kind for sign in signs):
        for several in _together([sign for sign in signs if sign.kind == kind], frame.x):
            words = several[0].words if len(several) == 1 else f"{several[0].words} × {len(several)}"
            at = f"M{frame.x(several[-1].at):.1f} {FLOOR - 1:.1f}{SHAPES.get(kind, SHAPES['F'])}"
            parts.append(
                f'<path class="sr-alarmmark sr-m{esc(kind)}" d="{at}"><title>{esc(words)}</title></path>'
            )
    return parts


def _together(signs: Sequence[Sign], x: Callable[[float], float]) -> list[list[Sign]]:
    found: list[list[Sign]] = []
    for sign in sorted(signs, key=lambda one: one.at):
        if found and x(sign.at) - x(found[-1][0].at) < MARK_APART:
            found[-1].append(sign)
        else:
            found.append([sign])
    return found
