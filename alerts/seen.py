"""What is remembered of each sensor: its newest measurement and when silence becomes a fact."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from alerts.slots import Slot
from sensors.model import Quality, Reading, Sensor

CLOCK_GRACE = 1.5  # expected intervals for which the clock alone may go on proving a state
AHEAD_S = 300.0  # nothing that was measured can lie further ahead of us (quarantined otherwise, C12)
SAMPLE_GRACE = 2.5  # expected intervals between two samples that still prove what lies between (one lost)


class SeenState(Struct, frozen=True, array_like=True):
    """The stored form of :class:`Seen`."""

    known_at: float
    measured_at: float
    seen_at: float
    value: float | None
    silent: bool
    retained_at: float = 0.0
    step_s: float = 0.0


class Seen:
    """One sensor's newest measurement. Times are Unix seconds UTC.

    ``measured_at`` orders measurements (the latest by measurement time is the latest, C12); ``seen_at`` is
    our own time of the newest proof of life; ``known_at`` when this building first knew the sensor, so that
    one that never reports becomes silent too.
    """

    __slots__ = (
        "heard_at",
        "key",
        "known_at",
        "lagging",
        "measured_at",
        "received_at",
        "retained_at",
        "save_at",
        "seen_at",
        "sensor",
        "silent",
        "slots",
        "step_s",
        "unverified",
        "value",
        "watches",
    )

    def __init__(self, sensor: Sensor, key: str) -> None:
        self.sensor = sensor
        self.key = key
        self.slots: list[Slot] = []
        self.watches: list[Watch] = []
        self.known_at = 0.0
        self.measured_at = float("-inf")
        self.received_at = float("-inf")
        self.seen_at = float("-inf")
        self.heard_at = float("-inf")  # any message at all, also one that proves nothing
        self.value: float | None = None
        self.silent = False
        self.unverified = False
        self.retained_at = 0.0
        self.lagging: tuple[float, float] | None = None
        self.save_at = 0.0
        self.step_s = sensor.every_s

    @property
    def gap_s(self) -> float:
        """Two samples further apart than this do not prove what lay between them."""
        return SAMPLE_GRACE * self.step_s if self.step_s > 1.0 else SAMPLE_GRACE

    @property
    def clock_s(self) -> float:
        """For so long after a sample its state may be taken to last: until the next one is overdue."""
        return CLOCK_GRACE * self.step_s if self.step_s > 1.0 else CLOCK_GRACE

    def take(self, reading: Reading, now: float) -> bool:
        """Note a good measurement; False if a newer one is known already.

        A device whose clock was set back would be ignored until its time caught up. Two readings in a row
        that lie before the newest but follow each other at the pace they arrive are such a device, not a
        redelivery: its new time is adopted.
        """
        measured_at = reading.measured_at
        # Without a time of its own a reading is as new as its arrival; and what we noted by a clock that has been
        # set back since cannot be the measure of what comes now.
        told = measured_at != reading.received_at and self.measured_at <= now + AHEAD_S
        if (
            told
            and measured_at <= self.measured_at
            and not (measured_at == self.measured_at and reading.value != self.value)
        ):  # of two in the same second the later to arrive is the newer
            before, self.lagging = self.lagging, (measured_at, now)
            if before is None:
                return False
            paced = now - before[1] >= 0.5 * (measured_at - before[0]) > 0.0
            if not paced:
                return False
        self.lagging = None
        self.measured_at = measured_at
        passed = now - self.received_at
        self.received_at = now
        if passed < self.sensor.every_s:
            self.step_s += 0.2 * (passed - self.step_s)
        else:
            self.step_s = self.sensor.every_s
        self.seen_at = now
        self.value = reading.value
        return True

    def late(self, reading: Reading) -> None:
        """A late measurement proves that the sensor lived when it measured, and nothing else."""
        if reading.quality is Quality.LATE and reading.measured_at > self.seen_at:
            self.seen_at = reading.measured_at

    def dump(self) -> bytes:
        """For the site database."""
        return msgspec.json.encode(
            SeenState(
                self.known_at,
                self.measured_at if self.value is not None else 0.0,
                self.seen_at if self.seen_at > 0.0 else 0.0,
                self.value,
                self.silent,
                self.retained_at,
                self.step_s,
            )
        )

    def load(self, stored: bytes) -> None:
        """Take back what :meth:`dump` gave; ``msgspec.MsgspecError`` if it is not that."""
        state = msgspec.json.decode(stored, type=SeenState)
        self.known_at = state.known_at
        if state.value is not None:
            self.measured_at = state.measured_at
        if state.seen_at > 0.0:
            self.seen_at = state.seen_at
        self.value = state.value
        self.silent = state.silent
        self.retained_at = state.retained_at
        self.step_s = state.step_s or self.sensor.every_s


class Watch:
    """A silence limit of one sensor; its ``own`` also makes its other verdicts unknown."""

    __slots__ = ("after_s", "fired", "own", "seen", "slots")

    def __init__(self, seen: Seen, after_s: float, *, own: bool) -> None:
        self.seen = seen
        self.after_s = after_s
        self.own = own
        self.fired = False
        self.slots: list[Slot] = []

    def due(self, not_before: float) -> float:
        """When the limit will have passed; never before ``not_before`` (half a minute after a start)."""
        seen = self.seen
        return max(max(seen.seen_at, seen.known_at) + self.after_s, not_before)
