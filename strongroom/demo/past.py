"""A demonstration's past: what the simulated building would have stored had it run before, so that trends, reports
and rule rehearsal have something to show from the first minute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

from ingest.series import Series
from sensors.model import Quality, Reading, Sensor
from sensors.quantities import quantity
from sensors.simulate import value_of
from strongroom.model import Building

REACH_S = 30 * 86400.0
COARSE_S = 1800.0
FINE_S = 300.0
FINE_REACH_S = 86400.0
OPEN_S = 40.0


def past_of(building: Building, sensor: Sensor, until: float) -> Iterator[Reading]:
    """Thirty calm days of one sensor before ``until``: every half hour, the last day every five minutes."""
    here = ZoneInfo(building.timezone)
    zone = building.zones[sensor.zone]
    known = quantity(sensor.quantity)
    at = until - REACH_S
    while at < until:
        value = value_of(sensor, zone, at, here)
        yield Reading(sensor.id, value, at, at, Quality.HISTORICAL)
        if known is not None and known.contact and value:  # a door that was opened was not left open
            yield Reading(sensor.id, 0.0, at + OPEN_S, at + OPEN_S, Quality.HISTORICAL)
        at += FINE_S if at >= until - FINE_REACH_S else COARSE_S


def give_past(building: Building, series: Series, until: float, stopped: Callable[[], bool]) -> int:
    """Write the past of every simulated sensor that has none yet; how many readings that were.

    Sensors by sensor, so that one that was cut short is written again whole: the store folds repeats. Raises
    :class:`ingest.series.SeriesError`.
    """
    written = 0
    for sensor in building.sensors.values():
        if stopped():
            break
        if not sensor.topic or quantity(sensor.quantity) is None:
            continue
        if len(series.window(sensor.id, until - COARSE_S * 3, until - FINE_S)):
            continue
        readings = list(past_of(building, sensor, until))
        series.write(readings)
        written += len(readings)
    return written
