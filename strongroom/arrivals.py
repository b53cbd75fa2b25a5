"""Stored history as the engine would have met it: readings of many sensors in the order in which they
arrived.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
from msgspec import Struct
from msgspec.structs import replace

from ingest.series import QUALITIES, QUALITY_CODE, Series
from sensors.model import Quality, Reading, Sensor
from sensors.quantities import quantity

ROWS_AT_ONCE = 1_000_000
THINNED_S = 300.0
_NOT_LIVE = QUALITY_CODE[Quality.SIMULATED]
_GOOD = QUALITY_CODE[Quality.GOOD]
_HISTORICAL = QUALITY_CODE[Quality.HISTORICAL]
LOOK_S = 86400.0

Floats = npt.NDArray[np.float64]


class _Rows(Struct, frozen=True, eq=False):
    """Columns of equal length: when it arrived, when it was measured, which sensor, value, quality."""

    now: Floats
    at: Floats
    sensor: npt.NDArray[np.int64]
    value: Floats
    quality: npt.NDArray[np.uint8]

    def part(self, kept: npt.NDArray[np.bool_]) -> _Rows:
        return _Rows(self.now[kept], self.at[kept], self.sensor[kept], self.value[kept], self.quality[kept])


def _joined(parts: Sequence[_Rows]) -> _Rows:
    return _Rows(
        np.concatenate([p.now for p in parts]),
        np.concatenate([p.at for p in parts]),
        np.concatenate([p.sensor for p in parts]),
        np.concatenate([p.value for p in parts]),
        np.concatenate([p.quality for p in parts]),
    )


def heard(series: Series, sensors: Iterable[str], from_at: float, to_at: float) -> set[str]:
    """Which of these sensors have any reading in the store between two moments (Unix seconds)."""
    newest = series.latest()
    found = set()
    for name in sensors:
        last = newest.get(name)
        if last is not None and last.measured_at < to_at:
            spoke = last.measured_at >= from_at
        else:
            spoke = len(series.downsample(name, from_at, to_at, to_at - from_at)) > 0
        if spoke:
            found.add(name)
    return found


def newcomers(series: Series, sensors: Iterable[Sensor], from_at: float) -> set[str]:
    """Which of these sensors had never been stored before ``from_at`` and did not speak soon after it.

    Nothing was expected of such a sensor until its first reading; one that had spoken before was silent.
    """
    found = set()
    for sensor in sensors:
        soon = max(sensor.silent_after_s, 3600.0)
        if len(series.window(sensor.id, from_at - soon, from_at + soon)):
            continue
        if from_at <= 0.0 or not len(series.downsample(sensor.id, 0.0, from_at, from_at)):
            found.add(sensor.id)
    return found


def as_stored(series: Series, sensor: Sensor, from_at: float, to_at: float) -> Sensor:
    """The sensor with the pace and the silence limit that its stored readings allow.

    History may be thinner than the sensor speaks: rolled up, or imported from a logger. What was stored at less than
    half its pace (median of a day at the beginning, the middle and the end) is judged by the stored pace: delays
    are proven by samples that far apart, and silence is three times as long.
    """
    reach = min(LOOK_S, to_at - from_at)
    pace = 0.0
    for share in (0.0, 0.5, 1.0):
        start = from_at + share * (to_at - from_at - reach)
        at = series.window(sensor.id, start, start + reach).at
        if len(at) < 3:
            at = series.downsample(sensor.id, start, start + reach, THINNED_S).at
        if len(at) >= 3:
            pace = max(pace, float(np.median(np.diff(at))))
    if pace <= 2.0 * sensor.every_s:
        return sensor
    return replace(sensor, every_s=pace, silent_after_s=max(sensor.silent_after_s, 3.0 * pace))


class Arrivals:
    """Readings of ``sensors`` between two moments (Unix seconds), from ``series``.

    What drills injected is left out. What a device or a logger had stored (quality historical) counts as if it had
    come when it was measured. Where readings are no longer kept one by one, the 5-minute statistics
    stand for them (the mean; for contacts the maximum), and :attr:`thinned_until` says up to when: shorter
    excursions do not show there.
    """

    def __init__(self, series: Series, sensors: Sequence[Sensor], from_at: float, to_at: float) -> None:
        self._series = series
        self._sensors = sensors
        self._from_at = from_at
        self._to_at = to_at
        self.thinned_until: float | None = None

    def chunks(self) -> Iterator[tuple[float, Iterator[tuple[float, Reading]]]]:
        """Stretches of time: where each ends, and its (arrival, reading) pairs in order of arrival."""
        names = [sensor.id for sensor in self._sensors]
        start, width = self._from_at, self._width()
        waiting: list[_Rows] = []
        while start < self._to_at:
            stop = min(start + width, self._to_at)
            parts = waiting + [
                part
                for place, sensor in enumerate(self._sensors)
                for part in self._rows(place, sensor, start, stop)
            ]
            waiting = []
            if parts:
                rows = _joined(parts)
                waiting = [rows.part(rows.now >= stop)] if stop < self._to_at else []
                yield stop, _in_order(rows.part(rows.now < stop), names)
            else:
                yield stop, iter(())
            start = stop

    def _width(self) -> float:
        """Seconds at a time, so that about a million readings are held."""
        per_day = sum(86400.0 / max(sensor.every_s, 0.1) for sensor in self._sensors) or 1.0
        return min(30.0, max(1.0 / 24, ROWS_AT_ONCE / per_day)) * 86400.0

    def _rows(self, place: int, sensor: Sensor, start: float, stop: float) -> list[_Rows]:
        window = self._series.window(sensor.id, start, stop)
        found: list[_Rows] = []
        first = float(window.at[0]) if len(window) else stop
        if first - start >= 3600.0:
            stats = self._series.downsample(sensor.id, start, first, THINNED_S)
            if len(stats):
                known = quantity(sensor.quantity)
                value = stats.max if known is not None and known.contact else stats.mean
                found.append(_constant(stats.at, place, value))
                self.thinned_until = max(self.thinned_until or 0.0, float(stats.at[-1]) + THINNED_S)
        if len(window):
            at = window.at
            stored = window.quality == _HISTORICAL
            rows = _Rows(
                at + np.where(stored, 0, np.maximum(window.delay_s, 0)),
                at,
                np.full(len(at), place, np.int64),
                window.value,
                np.where(stored, np.uint8(_GOOD), window.quality),
            )
            found.append(rows.part(window.quality != _NOT_LIVE))
        return found


def _constant(at: Floats, place: int, value: Floats) -> _Rows:
    return _Rows(at, at, np.full(len(at), place, np.int64), value, np.full(len(at), _GOOD, np.uint8))


def _in_order(rows: _Rows, names: list[str]) -> Iterator[tuple[float, Reading]]:
    order = np.lexsort((rows.sensor, rows.at, rows.now))
    columns = zip(
        rows.now[order].tolist(),
        rows.at[order].tolist(),
        rows.sensor[order].tolist(),
        rows.value[order].tolist(),
        rows.quality[order].tolist(),
        strict=True,
    )
    for now, at, sensor, value, quality_ in columns:
        yield now, Reading(names[sensor], value, at, now, QUALITIES[quality_])
