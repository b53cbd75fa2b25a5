"""What every measurement touches of a sensor, side by side in memory: a row of numbers each.

With tens of thousands of sensors the time of a reading is the time of its memory accesses. A number that is an object
of its own costs one when it is read and one when it is replaced; a row of plain numbers costs one for all of them.
:class:`sensors.life.Record` is the sensor's life; here lie the numbers of it that change with every measurement, and
what is needed to see that a measurement changes nothing else.
"""

from __future__ import annotations

from array import array
from math import inf, isnan, nan
from struct import Struct as Packed

SEEN, RECEIVED, MEASURED, VALUE, STEP, CURSOR, END, LOW, HIGH, GATE, LEAP, EVERY, SAVE = range(13)
"""Places in a row. SEEN to STEP: as in the record, with nan for "no value yet". CURSOR, END: where the next sample to
be remembered goes in ``trails`` and where the room ends, in bytes, 0 where none are remembered. LOW to HIGH: the band
in which a value turns no rule. GATE: the least step from the last value that teaches nothing, inf where every
measurement must be looked at. LEAP: the largest such step. EVERY: the expected interval. SAVE: when the sensor is to
be stored again."""
WIDTH = 13
LOOK = -1.0
TRAIL = 16
"""Samples remembered for rules about a course of values before these must take them in."""

_BYTES = 8
_LOOK = Packed(f"{WIDTH - RECEIVED}d")
_NOTE = Packed("6d")  # SEEN to CURSOR
_PAIR = Packed("2d")
_PACE = 0.2  # weight of the newest interval in the running mean of a sensor's pace


class Rows:
    """Rows of many sensors; a row is named by its place in ``numbers``."""

    __slots__ = ("numbers", "trails")

    def __init__(self) -> None:
        self.numbers = array("d")
        self.trails = array("d", (0.0, 0.0))  # place 0 is nobody's

    def add(self, every_s: float, leap: float) -> int:
        """A new row, of a sensor that was never heard."""
        row = len(self.numbers)
        fresh = (-inf, -inf, -inf, nan, every_s, 0.0, 0.0, inf, -inf, inf, leap, every_s, 0.0)
        self.numbers.extend(fresh)
        return row

    def remember(self, row: int) -> None:
        """From now on keep the samples between two looks of the rules."""
        if not self.numbers[row + CURSOR]:
            start = len(self.trails)
            self.trails.extend([0.0] * (2 * TRAIL))
            self.numbers[row + CURSOR] = start * _BYTES
            self.numbers[row + END] = len(self.trails) * _BYTES

    def goes_on(self, row: int, value: float, at: float, now: float) -> float:
        """Note a good measurement that changes nothing but the newest value; when the sensor is to be stored again,
        or ``LOOK`` and nothing noted, if more might follow from it.

        It does the same as ``Record.take`` and the rules' own look would, for a sensor that is well and a value that
        moved by an ordinary step within the band.
        """
        numbers = self.numbers
        if numbers[row + GATE] == inf:
            return LOOK
        looked: tuple[float, ...] = _LOOK.unpack_from(numbers, (row + RECEIVED) * _BYTES)
        received_at, measured_at, last, step_s, cursor, end, low, high, gate, leap, every_s, save_at = looked
        if not low <= value <= high or at <= measured_at:
            return LOOK
        step = value - last if value > last else last - value
        if step < gate or step > leap:
            return LOOK
        if cursor:
            if cursor == end:
                return LOOK
            _PAIR.pack_into(self.trails, int(cursor), at, value)
            cursor += 2 * _BYTES
        passed = now - received_at
        step_s = step_s + _PACE * (passed - step_s) if passed < every_s else every_s
        _NOTE.pack_into(numbers, row * _BYTES, now, now, at, value, step_s, cursor)
        return save_at

    def note(self, row: int, value: float, at: float, now: float) -> None:
        """Note a good measurement, the newest, whatever else it changes."""
        numbers = self.numbers
        passed, step_s, every_s = now - numbers[row + RECEIVED], numbers[row + STEP], numbers[row + EVERY]
        step_s = step_s + _PACE * (passed - step_s) if passed < every_s else every_s
        _NOTE.pack_into(numbers, row * _BYTES, now, now, at, value, step_s, numbers[row + CURSOR])

    def keep(self, row: int, at: float, value: float) -> bool:
        """Remember a sample for the rules; False where the room is full."""
        cursor = self.numbers[row + CURSOR]
        if not cursor:
            return True
        if cursor == self.numbers[row + END]:
            return False
        _PAIR.pack_into(self.trails, int(cursor), at, value)
        self.numbers[row + CURSOR] = cursor + 2 * _BYTES
        return True

    def kept(self, row: int) -> list[tuple[float, float]]:
        """The remembered samples as (measured_at, value), oldest first; they are forgotten."""
        cursor, end = int(self.numbers[row + CURSOR]), int(self.numbers[row + END])
        if not cursor:
            return []
        start = end - 2 * TRAIL * _BYTES
        self.numbers[row + CURSOR] = float(start)
        flat = self.trails[start // _BYTES : cursor // _BYTES]
        return list(zip(flat[::2], flat[1::2], strict=True))


class Row:
    """The numbers of one sensor, by their names."""

    __slots__ = ("row", "rows")

    def __init__(self, rows: Rows, every_s: float, leap: float) -> None:
        self.rows = rows
        self.row = rows.add(every_s, leap)

    @property
    def seen_at(self) -> float:
        """Our own time of the newest proof of life; -inf before any."""
        return self.rows.numbers[self.row + SEEN]

    @seen_at.setter
    def seen_at(self, at: float) -> None:
        self.rows.numbers[self.row + SEEN] = at

    @property
    def received_at(self) -> float:
        """Our own time of the newest good measurement; -inf before any."""
        return self.rows.numbers[self.row + RECEIVED]

    @property
    def measured_at(self) -> float:
        """The measurement time of the newest good measurement; -inf before any."""
        return self.rows.numbers[self.row + MEASURED]

    @property
    def value(self) -> float | None:
        """The newest good value; None before any."""
        value = self.rows.numbers[self.row + VALUE]
        return None if isnan(value) else value

    @property
    def step_s(self) -> float:
        """The sensor's own pace: a running mean of the time between its measurements, ``every_s`` at most."""
        return self.rows.numbers[self.row + STEP]

    def doubt(self) -> None:
        """The next measurement must be looked at, however ordinary it is."""
        self.rows.numbers[self.row + GATE] = inf
