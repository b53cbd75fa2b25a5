"""How well a room kept its climate: shares of time, swings and risks, right over gaps and uneven sampling.

Between two readings not further apart than ``max_gap_s`` the quantity is taken to change evenly; nothing is
known of longer gaps, and they count neither as good nor as bad. Times in Unix seconds, durations in seconds,
values in the unit of the quantity. Arrays are one-dimensional, times ascending.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from math import isnan

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from sensors.climate import (
    Mould,
    Sensitivity,
    lifetime_multiplier,
    moisture_content,
    mould_after,
    mould_limit,
    preservation_index,
    weighted_preservation_index,
)

Floats = npt.NDArray[np.float64]


class Curve(Struct, frozen=True, eq=False):
    """Straight pieces of known course: from (``t0``, ``v0``) to (``t1``, ``v1``); gaps are simply absent."""

    t0: Floats
    t1: Floats
    v0: Floats
    v1: Floats

    @property
    def known_s(self) -> float:
        """Seconds about which something is known."""
        return float((self.t1 - self.t0).sum())


def curve(
    at: Floats,
    value: Floats,
    from_at: float,
    to_at: float,
    max_gap_s: float,
    gaps: Sequence[tuple[float, float]] | None = None,
) -> Curve:
    """The known course between two moments.

    The first and last reading also stand for the stretch to the ends of the range, where that is no gap. Where
    ``gaps`` (from, to) are given in order, only those are: a step longer than ``max_gap_s`` without one is a
    slower pace.
    """
    inside = (at >= from_at) & (at < to_at)
    at, value = at[inside], value[inside]
    if len(at):
        at = np.concatenate(([from_at], at, [to_at]))
        value = np.concatenate((value[:1], value, value[-1:]))
    step = np.diff(at)
    known = step <= max_gap_s
    if gaps is not None and len(at):
        starts, ends = np.array([g[0] for g in gaps]), np.array([g[1] for g in gaps])
        # The first gap that ends inside or after a step lies in it if it begins before the step is over.
        first = np.searchsorted(ends, at[:-1], "right")
        follows = first < len(ends)
        known |= ~(follows & (np.append(starts, np.inf)[first] < at[1:]))
    known &= step > 0
    return Curve(at[:-1][known], at[1:][known], value[:-1][known], value[1:][known])


class Share(Struct, frozen=True, kw_only=True):
    """Seconds known, and of them inside, below and above a band; the edges belong to the band."""

    known_s: float
    inside_s: float
    below_s: float
    above_s: float

    @property
    def per_cent(self) -> float | None:
        """Time-weighted per cent in band of the time that is known; None where nothing is."""
        return 100.0 * self.inside_s / self.known_s if self.known_s > 0 else None


def in_band(course: Curve, low: float | None, high: float | None) -> Share:
    """How long the course ran inside ``low`` to ``high``; None is no limit on that side."""
    known = course.known_s
    below = 0.0 if low is None else _beyond(course, low, above=False)
    above = 0.0 if high is None else _beyond(course, high, above=True)
    return Share(known_s=known, inside_s=max(0.0, known - below - above), below_s=below, above_s=above)


def _beyond(course: Curve, limit: float, *, above: bool) -> float:
    """Seconds beyond a limit, with the crossing inside a piece taken where the straight line crosses."""
    sign = 1.0 if above else -1.0
    over0, over1 = sign * (course.v0 - limit), sign * (course.v1 - limit)
    top, rise = np.maximum(over0, over1), np.abs(over1 - over0)
    part = np.where(rise > 0, np.clip(top / np.where(rise > 0, rise, 1.0), 0.0, 1.0), (top > 0) * 1.0)
    return float(((course.t1 - course.t0) * part).sum())


def mean(course: Curve) -> float | None:
    """Time-weighted mean; None where nothing is known."""
    step = course.t1 - course.t0
    total = step.sum()
    return float((step * (course.v0 + course.v1) / 2).sum() / total) if total > 0 else None


class Day(Struct, frozen=True, kw_only=True):
    """One day and night: extremes, their difference, and how many seconds of it are known."""

    from_at: float
    to_at: float
    low: float | None
    high: float | None
    known_s: float

    @property
    def swing(self) -> float | None:
        """Highest minus lowest; None where nothing was measured."""
        return None if self.low is None or self.high is None else self.high - self.low


def days(course: Curve, midnights: Sequence[float]) -> list[Day]:
    """Per day between two neighbouring ``midnights`` (the caller's wall time; days of 23 and 25 hours are
    days).
    """
    found: list[Day] = []
    for begin, end in pairwise(midnights):
        # Pieces are short (at most max_gap_s); a piece over midnight counts for both days where it lies.
        first, last = np.searchsorted(course.t1, begin, "right"), np.searchsorted(course.t0, end, "left")
        t0, t1 = course.t0[first:last], course.t1[first:last]
        v0, v1 = course.v0[first:last], course.v1[first:last]
        if not len(t0):
            found.append(Day(from_at=begin, to_at=end, low=None, high=None, known_s=0.0))
            continue
        slope = (v1 - v0) / (t1 - t0)
        c0, c1 = np.maximum(t0, begin), np.minimum(t1, end)
        ends = np.concatenate((v0 + slope * (c0 - t0), v0 + slope * (c1 - t0)))
        found.append(
            Day(
                from_at=begin,
                to_at=end,
                low=float(ends.min()),
                high=float(ends.max()),
                known_s=float((c1 - c0).sum()),
            )
        )
    return found


class Swing(Struct, frozen=True, kw_only=True):
    """The widest change within any stretch of the asked length, between two readings."""

    size: float
    from_at: float
    to_at: float


def widest_swing(at: Floats, value: Floats, within_s: float = 86400.0) -> Swing | None:
    """The largest maximum minus minimum inside any window of ``within_s``; None without readings.

    JGJ 25-2010 5.2.3 limits the swing of one day and night; a rolling window finds it whenever the day
    begins. A gap inside the window takes nothing away: both readings were measured.
    """
    highs: deque[int] = deque()
    lows: deque[int] = deque()
    best: Swing | None = None
    times, values = at.tolist(), value.tolist()
    for place, (now, this) in enumerate(zip(times, values, strict=True)):
        while highs and values[highs[-1]] <= this:
            highs.pop()
        highs.append(place)
        while lows and values[lows[-1]] >= this:
            lows.pop()
        lows.append(place)
        while times[highs[0]] < now - within_s:
            highs.popleft()
        while times[lows[0]] < now - within_s:
            lows.popleft()
        size = values[highs[0]] - values[lows[0]]
        if best is None or size > best.size:
            ends = sorted((times[highs[0]], times[lows[0]]))
            best = Swing(size=size, from_at=ends[0], to_at=ends[1])
    return best


def at_times(course: Curve, times: Floats) -> Floats:
    """The course at given moments; NaN where nothing is known."""
    if not len(course.t0):
        return np.full(len(times), np.nan)
    place = np.searchsorted(course.t0, times, "right") - 1
    safe = np.maximum(place, 0)
    known = (place >= 0) & (times <= course.t1[safe])
    share = (times - course.t0[safe]) / (course.t1[safe] - course.t0[safe])
    return np.where(known, course.v0[safe] + share * (course.v1[safe] - course.v0[safe]), np.nan)


class Risk(Struct, frozen=True, kw_only=True):
    """What a stretch of climate did to holdings; figures are None where nothing is known.

    ``twpi`` in years (formula); ``lifetime`` relative to 20 °C and 50 %RH, also as a harmonic mean;
    ``moisture_low`` and ``moisture_high`` in per cent; ``mould_h`` hours above the lowest limit of growth
    (Zeng); ``mould`` the VTT index at the end, to be handed on to the next stretch, and ``mould_peak`` its
    highest.
    """

    known_h: float
    unknown_h: float
    twpi: float | None
    lifetime: float | None
    moisture_low: float | None
    moisture_high: float | None
    mould_h: float
    mould: Mould
    mould_peak: float


def risk(
    temperature: Curve,
    humidity: Curve,
    from_at: float,
    to_at: float,
    sensitivity: Sensitivity,
    start: Mould,
    step_s: float = 3600.0,
) -> Risk:
    """Mould and ageing over a stretch, hour by hour at the middle of each; unknown hours change nothing."""
    edges = np.append(np.arange(from_at, to_at, step_s), to_at)
    middles, hours = (edges[:-1] + edges[1:]) / 2, np.diff(edges) / 3600.0
    warm, damp = at_times(temperature, middles), at_times(humidity, middles)
    parts: list[tuple[float, float]] = []
    decays: list[tuple[float, float]] = []
    moistures: list[float] = []
    known_h = mould_h = 0.0
    mould, peak = start, start.index
    for t, rh, h in zip(warm.tolist(), np.clip(damp, 0.0, 100.0).tolist(), hours.tolist(), strict=True):
        if isnan(t) or isnan(rh):
            continue
        known_h += h
        parts.append((h, preservation_index(t, rh)))
        decays.append((h, lifetime_multiplier(t, rh)))
        moistures.append(moisture_content(t, rh))
        mould_h += h if rh > mould_limit(t) else 0.0
        mould = mould_after(mould, t, rh, h, sensitivity)
        peak = max(peak, mould.index)
    return Risk(
        known_h=known_h,
        unknown_h=float(hours.sum()) - known_h,
        twpi=weighted_preservation_index(parts),
        lifetime=weighted_preservation_index(decays),
        moisture_low=min(moistures, default=None),
        moisture_high=max(moistures, default=None),
        mould_h=mould_h,
        mould=mould,
        mould_peak=peak,
    )
