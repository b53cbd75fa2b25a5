"""A sensor as the rules see it: its life record with the slots and limits that hang on it."""

from __future__ import annotations

from alerts.slots import Slot, TroubleSlot
from sensors.life import Record
from sensors.model import Sensor


class Seen(Record):
    """One sensor's record inside one world (live or one drill)."""

    __slots__ = (
        "aside",
        "key",
        "parents",
        "save_at",
        "slots",
        "testing",
        "troubles",
        "unverified",
        "watches",
    )

    def __init__(self, sensor: Sensor, key: str) -> None:
        super().__init__(sensor)
        self.key = key
        self.slots: list[Slot] = []
        self.troubles: list[TroubleSlot] = []
        self.watches: list[Watch] = []
        self.aside = False  # out of service: neither judged nor missed
        self.unverified = False
        self.save_at = 0.0
        self.testing = False  # the device tests itself: what it shows raises and clears nothing
        self.parents: tuple[str, ...] = ()  # gateway and device that said of themselves that they are gone


class Watch:
    """A silence limit of one sensor; its ``own`` also makes its other verdicts unknown.

    ``after_s`` None is the sensor's own limit, which a device may declare shorter.
    """

    __slots__ = ("after_s", "fired", "own", "seen", "slots")

    def __init__(self, seen: Seen, after_s: float | None, *, own: bool) -> None:
        self.seen = seen
        self.after_s = after_s
        self.own = own
        self.fired = False
        self.slots: list[Slot] = []

    def due(self, not_before: float) -> float:
        """When the limit will have passed; never before ``not_before`` (half a minute after a start)."""
        seen = self.seen
        limit_s = seen.limit_s if self.after_s is None else self.after_s
        return max(max(seen.seen_at, seen.known_at) + limit_s, not_before)


class SelfTest:
    """The end of a device's self-test, as something that falls due."""

    __slots__ = ("seen",)

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
