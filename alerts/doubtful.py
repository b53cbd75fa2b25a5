"""Readings that prove nothing: late, retained, historical, quarantined and impossible ones; pure."""

from __future__ import annotations

from collections.abc import Callable

from alerts.living import Living
from alerts.rule import Change
from alerts.seen import Seen
from alerts.slots import MET, ImplausibleSlot, Slot
from sensors.model import Quality, Reading


class Doubtful:
    """What such readings mean for the rules, for the evaluator that owns it.

    ``turn`` gives a slot its new verdict, ``touch`` remembers that a record must be stored.
    """

    def __init__(
        self,
        living: Living,
        turn: Callable[[Slot, int, float, list[Change]], None],
        touch: Callable[[Seen], None],
    ) -> None:
        self._living = living
        self._turn = turn
        self._touch = touch

    def hear(self, seen: Seen, reading: Reading, now: float, changes: list[Change]) -> None:
        """One such reading."""
        seen.heard_at = now
        seen.rouse()
        match reading.quality:
            case Quality.IMPLAUSIBLE:
                self._impossible(seen, reading, now, changes)
            case Quality.LATE:
                seen.late(reading)
            case Quality.RETAINED:
                self._retained(seen, reading, now, changes)

    def _impossible(self, seen: Seen, reading: Reading, now: float, changes: list[Change]) -> None:
        seen.refuse(reading)
        self._living.troubled(seen, now, changes)
        high = reading.value > (seen.value if seen.value is not None else 0.0)
        for slot in seen.slots:
            if isinstance(slot, ImplausibleSlot):
                state = slot.reject(reading.value, reading.measured_at, high=high)
                if state != slot.state:
                    self._turn(slot, state, now, changes)

    def _retained(self, seen: Seen, reading: Reading, now: float, changes: list[Change]) -> None:
        """The broker's old copy may raise, until a live sample confirms or refutes it; it never clears."""
        known = reading.measured_at <= seen.measured_at or reading.measured_at == seen.retained_at
        if known or seen.testing:
            return  # older than what is known, or that very state was considered already
        seen.retained_at = reading.measured_at
        self._touch(seen)
        for slot in seen.slots:
            if slot.state == MET or not slot.one_value or slot.by_clock:
                continue
            before = slot.value, slot.at
            if slot.judge(reading.value, reading.measured_at) == MET:
                slot.unverified = seen.unverified = True
                self._turn(slot, MET, now, changes)
            else:
                slot.value, slot.at = before
