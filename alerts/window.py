"""Extremes of a value over a sliding window, in bounded memory."""

from __future__ import annotations

from collections import deque

GRAINS = 96  # a window is never remembered finer than one 96th of its length


class Extreme:
    """The lowest (or highest) value of the last ``over_s`` seconds; both ends of the window included.

    A monotonic queue: amortised constant time per sample. Samples of the same 96th of the window share
    one entry that keeps the more extreme value and the *later* time, so memory is bounded however fast the
    samples come, and the window is at most that much too long for a value, never too short.
    """

    __slots__ = ("_grain_s", "_over_s", "_points", "_sign")

    def __init__(self, over_s: float, *, highest: bool) -> None:
        self._over_s = over_s
        self._grain_s = over_s / GRAINS
        self._sign = -1.0 if highest else 1.0
        self._points: deque[tuple[float, float]] = deque()  # (measured_at, signed value), values rising

    def add(self, at: float, value: float) -> float:
        """Take a sample measured at ``at`` (Unix seconds); the extreme of the window that ends there."""
        points, signed = self._points, value * self._sign
        while points and points[-1][1] >= signed:
            points.pop()
        if points and points[-1][0] // self._grain_s == at // self._grain_s:
            signed = points.pop()[1]
        points.append((at, signed))
        oldest = at - self._over_s
        while points[0][0] < oldest:
            points.popleft()
        return points[0][1] * self._sign

    def held(self) -> float | None:
        """The extreme of the window as it was last; None before any sample."""
        return self._points[0][1] * self._sign if self._points else None

    def after(self, oldest_at: float) -> float | None:
        """The extreme of what was measured from ``oldest_at`` on; None where nothing was."""
        points = self._points
        while points and points[0][0] < oldest_at:
            points.popleft()
        return points[0][1] * self._sign if points else None

    def dump(self) -> list[tuple[float, float]]:
        """The remembered points, for a restart."""
        return list(self._points)

    def load(self, points: list[tuple[float, float]]) -> None:
        """Put remembered points back."""
        self._points = deque((float(at), float(signed)) for at, signed in points)
