"""How each room kept its climate, month by month: shares of time, swings, gaps, mould and ageing, against
its clause.

Figures come from 5-minute statistics of the store (hourly ones for what is older than those), so that a
report of ten years reads little and unevenly sampled sensors weigh no more than others. What is unknown is
said, never filled.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import Struct

from alerts.profiles import PROFILES, Band
from ingest.series import Gap, Series
from sensors.climate import SENSITIVITY, Mould
from sensors.model import Sensor, Text, Zone
from sensors.preservation import (
    Curve,
    Risk,
    Share,
    Swing,
    curve,
    days,
    in_band,
    mean,
    risk,
    widest_swing,
)
from strongroom.model import Building
from strongroom.readings import midnights
from strongroom.trends import gaps

STEP_S = 300.0
COARSE_S = 3600.0
FINE_KEPT_S = 730 * 86400.0
DAY_KNOWN = 0.75  # of a day must be known before its swing is held against the limit
GAPS_LISTED = 20


class Month(Struct, frozen=True):
    """A stretch of whole days of the building's calendar, named "2026-03"."""

    name: str
    from_at: float
    to_at: float


class Measure(Struct, frozen=True, kw_only=True):
    """One sensor over one month. Shares and means are weighted by time; None where nothing is known.

    ``days_over``: days whose swing from peak to peak exceeds ``swing_limit``, of ``days_known`` that are
    known well enough to say. ``gaps``: the longest stretches without a reading.
    """

    sensor: str
    quantity: str
    unit: str
    limits: tuple[float, float] | None
    swing_limit: float | None
    share: Share
    mean: float | None
    low: float | None
    high: float | None
    widest: Swing | None
    days_over: int
    days_known: int
    gap_count: int
    unknown_s: float
    gaps: tuple[Gap, ...]


class RoomMonth(Struct, frozen=True, kw_only=True):
    """One room over one month; ``risk`` needs both temperature and humidity, measured by ``pair``."""

    zone: str
    name: Text
    kind: str
    clause: str
    month: Month
    measures: tuple[Measure, ...]
    risk: Risk | None
    pair: tuple[str, str] | None


class ClimateReport(Struct, frozen=True, kw_only=True):
    """Rooms in the order of the building, their months in order."""

    building: Text
    timezone: str
    profile: str
    made_at: float
    from_at: float
    to_at: float
    rooms: tuple[RoomMonth, ...]


def months(from_at: float, to_at: float, timezone: str) -> list[Month]:
    """The calendar months between two moments, the first and last cut where the range ends."""
    zone = ZoneInfo(timezone)
    first = datetime.fromtimestamp(from_at, zone)
    year, number = first.year, first.month
    found: list[Month] = []
    start = from_at
    while start < to_at:
        following = (year + 1, 1) if number == 12 else (year, number + 1)
        end = min(datetime(*following, 1, tzinfo=zone).timestamp(), to_at)
        found.append(Month(f"{year}-{number:02}", start, end))
        start, (year, number) = end, following
    return found


def climate_report(
    series: Series, building: Building, from_at: float, to_at: float, now: float, profile: str = "jgj25-2010"
) -> ClimateReport:
    """Every room that has a thermometer or hygrometer. KeyError for a profile that does not exist.

    The mould index starts at 0 with the first month and goes on from month to month.
    """
    bands = PROFILES[profile]
    rooms: list[RoomMonth] = []
    for zone in building.zones.values():
        sensors = [
            s
            for s in building.sensors.values()
            if s.zone == zone.id and s.quantity in {"temperature", "humidity"}
        ]
        if not sensors:
            continue
        mould = Mould()
        for month in months(from_at, to_at, building.timezone):
            made = _room(series, zone, sensors, bands.get(zone.kind), month, building.timezone, now, mould)
            mould = made.risk.mould if made.risk else mould
            rooms.append(made)
    return ClimateReport(
        building=building.name,
        timezone=building.timezone,
        profile=profile,
        made_at=now,
        from_at=from_at,
        to_at=to_at,
        rooms=tuple(rooms),
    )


def _room(
    series: Series,
    zone: Zone,
    sensors: Sequence[Sensor],
    band: Band | None,
    month: Month,
    timezone: str,
    now: float,
    mould: Mould,
) -> RoomMonth:
    courses: dict[str, Curve] = {}
    measures: list[Measure] = []
    for sensor in sorted(sensors, key=lambda s: (s.quantity != "temperature", s.id)):
        course, measure = _measure(series, sensor, band, month, timezone, now)
        courses[sensor.id] = course
        measures.append(measure)
    pair = _pair(sensors, courses)
    found = None
    if pair is not None:
        # Special holdings count as very sensitive, paper as sensitive (paper-faced board is in that class).
        sensitivity = SENSITIVITY["very sensitive" if zone.kind == "special" else "sensitive"]
        found = risk(courses[pair[0]], courses[pair[1]], month.from_at, month.to_at, sensitivity, mould)
    return RoomMonth(
        zone=zone.id,
        name=zone.name,
        kind=zone.kind,
        clause=band.clause if band else "",
        month=month,
        measures=tuple(measures),
        risk=found,
        pair=pair,
    )


def _measure(
    series: Series, sensor: Sensor, band: Band | None, month: Month, timezone: str, now: float
) -> tuple[Curve, Measure]:
    step = STEP_S if month.from_at > now - FINE_KEPT_S else COARSE_S
    max_gap_s = max(sensor.silent_after_s, step) + step  # a bucket says when only to within its width
    stats = series.downsample(sensor.id, month.from_at, month.to_at, step)
    at = np.clip(stats.at + step / 2, month.from_at, month.to_at - 1.0)
    missing = gaps(series, sensor, month.from_at, month.to_at)
    holes = [(gap.from_at, gap.to_at) for gap in missing]
    course = curve(at, stats.mean, month.from_at, month.to_at, max_gap_s, holes)
    limits, swing_limit = None, None
    if band is not None:
        warm = sensor.quantity == "temperature"
        limits = band.temperature if warm else band.humidity
        swing_limit = band.temperature_swing if warm else band.humidity_swing
    ends = np.repeat(at, 2), np.stack((stats.min, stats.max), axis=1).reshape(-1)
    nights = [m for m in midnights(month.from_at, month.to_at, timezone) if month.from_at <= m <= month.to_at]
    known = [d for d in days(course, nights) if d.known_s >= DAY_KNOWN * (d.to_at - d.from_at)]
    over = [d for d in known if swing_limit is not None and d.swing is not None and d.swing > swing_limit]
    return course, Measure(
        sensor=sensor.id,
        quantity=sensor.quantity,
        unit="°C" if sensor.quantity == "temperature" else "%RH",
        limits=limits,
        swing_limit=swing_limit,
        share=in_band(course, *(limits or (None, None))),
        mean=mean(course),
        low=float(stats.min.min()) if len(stats) else None,
        high=float(stats.max.max()) if len(stats) else None,
        widest=widest_swing(*ends),
        days_over=len(over),
        days_known=len(known),
        gap_count=len(missing),
        unknown_s=sum(gap.to_at - gap.from_at for gap in missing),
        gaps=tuple(sorted(missing, key=lambda gap: gap.from_at - gap.to_at)[:GAPS_LISTED]),
    )


def _pair(sensors: Sequence[Sensor], courses: dict[str, Curve]) -> tuple[str, str] | None:
    """Thermometer and hygrometer to be read together: of one device where possible, else those that know
    most.
    """

    def best(quantity: str) -> list[Sensor]:
        those = [s for s in sensors if s.quantity == quantity]
        return sorted(those, key=lambda s: -courses[s.id].known_s)

    warm, damp = best("temperature"), best("humidity")
    for humid in damp:
        for hot in warm:
            if hot.topic == humid.topic and courses[hot.id].known_s and courses[humid.id].known_s:
                return hot.id, humid.id
    return (warm[0].id, damp[0].id) if warm and damp else None
