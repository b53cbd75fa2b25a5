"""A sensor as the rules see it: its life record with the slots and limits that hang on it."""

from __future__ import annotations

from math import inf

from alerts.slots import CLEAR, Slot, TroubleSlot
from sensors.life import Record
from sensors.model import Sensor
from sensors.rows import GATE, HIGH, LOW, SAVE, Rows


class Seen(Record):
    """One sensor's record inside one world (live or one drill).

    ``calm``: every verdict of its slots stands while its value stays within a band, so a measurement inside it need
    not be held against the rules (:meth:`settle`); what the slots then have not been shown they are shown before
    anybody looks at them (:meth:`refresh`), and before anything else turns one of them (:meth:`rouse`). ``busy`` are
    the slots that must be asked every time all the same.
    """

    __slots__ = (
        "aside",
        "busy",
        "calm",
        "high",
        "key",
        "low",
        "parents",
        "passing",
        "slots",
        "testing",
        "trails",
        "troubles",
        "unverified",
        "watches",
        "windowed",
    )

    def __init__(self, sensor: Sensor, key: str, rows: Rows) -> None:
        super().__init__(sensor, rows)
        self.key = key
        self.slots: list[Slot] = []
        self.windowed: tuple[Slot, ...] = ()
        self.troubles: list[TroubleSlot] = []
        self.watches: list[Watch] = []
        self.aside = False  # out of service: neither judged nor missed
        self.unverified = False
        self.testing = False  # the device tests itself: what it shows raises and clears nothing
        self.parents: tuple[str, ...] = ()  # gateway and device that said of themselves that they are gone
        self.calm = False
        self.low, self.high = -inf, inf
        self.busy: tuple[Slot, ...] = ()
        self.trails = False  # samples are kept for slots that look at a course of values
        self.passing = False  # none of the busy ones needs a look while the value moves

    @property
    def save_at(self) -> float:
        """When it is to be stored again."""
        return self.rows.numbers[self.row + SAVE]

    @save_at.setter
    def save_at(self, at: float) -> None:
        self.rows.numbers[self.row + SAVE] = at

    def hang(self, slot: Slot) -> None:
        """One more slot looks at this sensor."""
        self.rouse()
        self.slots.append(slot)
        if slot.windowed:
            self.windowed = (*self.windowed, slot)
        if slot.trailing:
            self.trails = True
            self.rows.remember(self.row)

    def settle(self) -> None:
        """After all slots have judged the newest value: find the band in which they need not judge the next one."""
        value = self.value
        if value is None or self.testing or self.unverified:
            return
        low, high = -inf, inf
        busy = []
        for slot in self.slots:
            if slot.leaf.instance.pending:
                return  # every sample proves, or ends, a delay
            band = slot.band()
            if band is None:
                busy.append(slot)
            else:
                low, high = max(low, band[0]), min(high, band[1])
        if low <= value <= high:
            self.low, self.high, self.busy = low, high, tuple(busy)
            self.passing = all(slot.moving and slot.state == CLEAR for slot in busy)
            self.calm = True

    def open(self) -> None:
        """Let ordinary measurements pass without a look, where nothing but their value can matter."""
        if not (self.calm and self.passing):
            return
        numbers, row = self.rows.numbers, self.row
        ordinary = not (
            self.same_s
            or self.before is not None
            or self.spikes
            or self.lagging
            or self.implausible_at
            or self.stirred
            or self.silent
            or self.parents
        )
        numbers[row + GATE] = (self.finer if self.course else 0.0) if ordinary else inf
        numbers[row + LOW], numbers[row + HIGH] = self.low, self.high

    def note(self, value: float, at: float) -> None:
        """A value within the band, for the slots that will want to know it."""
        if not self.rows.keep(self.row, at, value):
            self.refresh()
            self.rows.keep(self.row, at, value)

    def refresh(self) -> None:
        """Show the slots what they have not seen; their verdicts stand."""
        value = self.value
        if not self.calm or value is None:
            return
        trail = self.rows.kept(self.row)
        at = self.measured_at
        for slot in self.slots:
            if slot in self.busy and not slot.moving:
                continue
            if slot.trailing:
                for measured_at, measured in trail:
                    slot.judge(measured, measured_at)
            else:
                slot.judge(value, at)

    def rouse(self) -> None:
        """From now on every measurement is held against every slot, until it settles again."""
        if self.calm:
            self.refresh()
            self.calm = False
            self.doubt()


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
