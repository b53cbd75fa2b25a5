"""Which of two readings of a sensor is the newest state."""

from __future__ import annotations

from sensors.life import AHEAD_S
from sensors.model import Quality, Reading


def newer(reading: Reading, last: Reading) -> bool:
    """Latest is by measurement time (C12); quarantined and retained readings never replace a proven one."""
    if reading.quality is Quality.FUTURE:
        return False
    if reading.quality is Quality.RETAINED and last.quality is Quality.GOOD:
        return False
    if last.measured_at > reading.received_at + AHEAD_S:
        return True  # noted by a clock that has been set back since
    return reading.measured_at >= last.measured_at or last.quality is Quality.RETAINED
