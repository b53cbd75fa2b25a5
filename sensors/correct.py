"""Corrections of single instruments: the gain of a calibration, and the range the maker vouches for.

A plain offset is applied where a reading is made; what is here costs nothing for sensors without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from sensors.model import Decoded, Quality, Reading, Reject, Sensor


class Correction(Struct, frozen=True):
    """What is done to every reading of a sensor: raw * gain + offset, and the limits of the raw value."""

    gain: float
    offset: float
    low: float | None
    high: float | None


def corrections(sensors: Iterable[Sensor]) -> dict[str, Correction]:
    """The sensors whose readings need more than an offset, by id."""
    return {
        sensor.id: Correction(sensor.gain, sensor.offset, sensor.low, sensor.high)
        for sensor in sensors
        if sensor.gain != 1.0 or sensor.low is not None or sensor.high is not None
    }


def correct(decoded: Decoded, topic: str, by_sensor: Mapping[str, Correction]) -> Decoded:
    """The same content with every correction applied; a value out of its instrument's range is implausible."""
    if not any(reading.sensor in by_sensor for reading in decoded.readings):
        return decoded
    readings: list[Reading] = []
    rejects = list(decoded.rejects)
    for reading in decoded.readings:
        rule = by_sensor.get(reading.sensor)
        if rule is None or reading.quality is Quality.IMPLAUSIBLE:
            readings.append(reading)
            continue
        raw = reading.value if reading.raw is None else reading.raw
        if (rule.low is not None and raw < rule.low) or (rule.high is not None and raw > rule.high):
            readings.append(replace(reading, value=raw, raw=None, quality=Quality.IMPLAUSIBLE))
            detail = f"{raw:g} is outside the range of the instrument ({_ends(rule)})"
            rejects.append(Reject(topic, "implausible", detail, reading.sensor))
        elif rule.gain != 1.0:
            readings.append(replace(reading, value=round(raw * rule.gain + rule.offset, 6), raw=raw))
        else:
            readings.append(reading)
    return replace(decoded, readings=tuple(readings), rejects=tuple(rejects))


def _ends(rule: Correction) -> str:
    low, high = ("" if end is None else f"{end:g}" for end in (rule.low, rule.high))
    return f"{low}…{high}"
