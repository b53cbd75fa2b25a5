"""The only place that reads a clock. Pure code receives ``now`` (Unix seconds, UTC)."""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """``now`` in Unix seconds UTC; ``monotonic`` never steps; ``wait`` ends early when ``wake`` is set."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""

    def skew(self) -> float:
        """Seconds by which the machine's wall clock is ahead of ``now``."""

    def monotonic(self) -> float:
        """Seconds that only ever grow."""

    def wait(self, seconds: float, wake: threading.Event) -> bool:
        """Wait at most ``seconds``; True if ``wake`` was set."""


class SystemClock:
    """Time that no step of the wall clock can bend (C12).

    ``now`` is the monotonic clock plus an offset taken at the start: every duration is measured on it, so a step of
    the wall clock - a late time server, a hand - neither fires nor delays anything. :meth:`skew` says how far the two
    have come apart; a restart joins them again.
    """

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        """Seconds since the epoch, UTC, as if the wall clock had not been touched since the start."""
        return time.monotonic() + self._offset

    def skew(self) -> float:
        """Seconds by which the wall clock is ahead of :meth:`now`."""
        return time.time() - self.now()

    def monotonic(self) -> float:
        """Seconds that only ever grow."""
        return time.monotonic()

    def wait(self, seconds: float, wake: threading.Event) -> bool:
        """Wait at most ``seconds``; True if ``wake`` was set."""
        return wake.wait(max(0.0, seconds))


class SetClock:
    """A clock that tests and rehearsals move, only forwards."""

    def __init__(self, start: float = 0.0) -> None:
        self._now = start
        self.skewed = 0.0  # what somebody did to the wall clock
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

    def skew(self) -> float:
        """What :attr:`skewed` says."""
        return self.skewed
