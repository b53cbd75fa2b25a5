"""The only place that reads a clock. Pure code receives ``now`` (Unix seconds, UTC)."""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """``now`` in Unix seconds UTC; ``monotonic`` never steps; ``wait`` ends early when ``wake`` is set."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""

    def monotonic(self) -> float:
        """Seconds that only ever grow."""

    def wait(self, seconds: float, wake: threading.Event) -> bool:
        """Wait at most ``seconds``; True if ``wake`` was set."""


class SystemClock:
    """Time that no step of the wall clock can bend.

    ``now`` is the monotonic clock plus an offset taken at start, so durations never jump. :meth:`step`
    compares with the wall clock and adopts a difference over ``tolerance_s``, returning it for the journal.
    """

    def __init__(self, tolerance_s: float = 2.0) -> None:
        self._tolerance_s = tolerance_s
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return time.monotonic() + self._offset

    def monotonic(self) -> float:
        """Seconds that only ever grow."""
        return time.monotonic()

    def wait(self, seconds: float, wake: threading.Event) -> bool:
        """Wait at most ``seconds``; True if ``wake`` was set."""
        return wake.wait(max(0.0, seconds))

    def step(self) -> float:
        """Seconds by which the wall clock moved against us since last asked; adopts it."""
        offset = time.time() - time.monotonic()
        moved = offset - self._offset
        if abs(moved) <= self._tolerance_s:
            return 0.0
        self._offset = offset
        return moved


class SetClock:
    """A clock that tests and rehearsals move, only forwards."""

    def __init__(self, start: float = 0.0) -> None:
        self._now = start
        self._changed = threading.Condition()

    def now(self) -> float:
        """The set time."""
        return self._now

    def monotonic(self) -> float:
        """The set time: it only moves forwards."""
        return self._now

    def wait(self, seconds: float, wake: threading.Event) -> bool:  # noqa: ARG002 - waiting is moving
        """Returns at once: whoever holds a SetClock moves it themselves."""
        return wake.is_set()

    def move_to(self, at: float) -> None:
        """Set the time; ValueError if ``at`` lies before now."""
        if at < self._now:
            raise ValueError(f"a SetClock only moves forwards: {at} lies before {self._now}")
        with self._changed:
            self._now = at
            self._changed.notify_all()

    def move(self, seconds: float) -> None:
        """Advance by ``seconds``."""
        self.move_to(self._now + seconds)

    def step(self) -> float:
        """A set clock never steps by itself."""
        return 0.0
