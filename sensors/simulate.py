"""A believable day for every quantity, and stories that something happens: pure functions of time.

The same sensor at the same moment always shows the same value, so that a demonstration, a test and a
screenshot
can be repeated. Room climate follows the bands archives are kept in (JGJ 25-2010, 5.2.1: stacks 14 to
24 °C and 45 to 60 %RH); everything else is ordinary office and plant life.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Literal, get_args
from zlib import crc32

from msgspec import Struct, structs

from sensors.model import Sensor, Zone
from sensors.quantities import quantity

StoryKind = Literal["water", "fire", "intrusion", "climate"]
STORIES: tuple[StoryKind, ...] = get_args(StoryKind)


class Story(Struct, frozen=True, kw_only=True):
    """Something that happens in one zone from ``began_at`` on for ``lasts_s``, then fades."""

    id: str
    kind: StoryKind
    zone: str
    began_at: float
    lasts_s: float = 900.0


class Habit(Struct, frozen=True):
    """How a number behaves: its level, its swing over the day (highest at 15:00), its unrest, its smallest
    step."""

    level: float
    swing: float
    unrest: float
    step: float
    at_work: float = 0.0  # added while people are there


_STACK = {"temperature": Habit(19.0, 0.5, 0.4, 0.1), "humidity": Habit(52.0, -1.5, 1.2, 0.1)}
_OUTSIDE = {
    "temperature": Habit(16.0, 5.0, 1.5, 0.1),
    "humidity": Habit(62.0, -12.0, 6.0, 0.1),
    "illuminance": Habit(9000.0, 9000.0, 400.0, 10.0),
}
_PLANT = {"temperature": Habit(24.0, 1.0, 0.8, 0.1), "humidity": Habit(44.0, -2.0, 2.0, 0.1)}
_BY_KIND = {
    "stack": _STACK,
    "vault": _STACK,
    "special": {"temperature": Habit(17.5, 0.4, 0.3, 0.1), "humidity": Habit(50.0, -1.0, 0.9, 0.1)},
    "film": {"temperature": Habit(14.0, 0.2, 0.2, 0.1), "humidity": Habit(40.0, -1.0, 0.8, 0.1)},
    "tape": {"temperature": Habit(18.0, 0.4, 0.3, 0.1), "humidity": Habit(48.0, -1.0, 1.0, 0.1)},
    "server": {"temperature": Habit(22.5, 0.6, 0.5, 0.1), "humidity": Habit(46.0, -1.0, 1.5, 0.1)},
    "outside": _OUTSIDE,
    "plant": _PLANT,
}
_HABITS = {
    "temperature": Habit(21.5, 1.2, 0.6, 0.1, 0.5),
    "surface_temperature": Habit(18.0, 1.0, 0.4, 0.1),
    "humidity": Habit(52.0, -2.0, 1.2, 0.1),
    "dew_point": Habit(9.0, 0.5, 0.4, 0.1),
    "absolute_humidity": Habit(8.5, 0.3, 0.3, 0.1),
    "pressure": Habit(101_300.0, 60.0, 250.0, 10.0),
    "illuminance": Habit(5.0, 4.0, 1.0, 1.0, 280.0),
    "uv": Habit(20.0, 10.0, 3.0, 1.0),
    "co2": Habit(430.0, 20.0, 25.0, 1.0, 330.0),
    "oxygen": Habit(20.9, 0.0, 0.05, 0.1),
    "pm25": Habit(14.0, 3.0, 4.0, 1.0, 4.0),
    "pm10": Habit(22.0, 4.0, 6.0, 1.0, 6.0),
    "tvoc": Habit(0.12, 0.03, 0.03, 0.01, 0.05),
    "formaldehyde": Habit(0.02, 0.0, 0.005, 0.001),
    "obscuration": Habit(0.02, 0.0, 0.015, 0.01),
    "flow": Habit(0.0, 0.0, 0.2, 0.1, 3.0),
    "water_level": Habit(35.0, 0.0, 6.0, 1.0),
    "bottle_pressure": Habit(200.0, 2.0, 0.5, 0.1),
    "occupancy_count": Habit(0.0, 0.0, 0.4, 1.0, 2.0),
    "battery": Habit(91.0, 0.0, 1.0, 1.0),
    "battery_voltage": Habit(3.0, 0.0, 0.02, 0.01),
    "voltage": Habit(229.0, -1.5, 1.5, 0.1),
    "current": Habit(6.0, 1.0, 1.0, 0.1, 9.0),
    "residual_current": Habit(14.0, 0.0, 3.0, 1.0),
    "battery_minutes": Habit(46.0, 0.0, 1.0, 1.0),
    "wind": Habit(2.2, 1.2, 1.0, 0.1),
    "clock_drift": Habit(0.0, 0.0, 0.3, 0.1),
}
_NEVER_ZERO = {"mains", "online", "hvac_running"}
# How much of the working day a contact is active; zero everywhere else and for every alarm contact.
_BUSY = {
    ("contact_open", ""): 0.10,
    ("contact_open", "stack"): 0.02,
    ("motion", ""): 0.35,
    ("motion", "stack"): 0.06,
    ("vibration", ""): 0.0,
}
_WORK_BEGINS, _WORK_ENDS = 8.5, 17.5


def value_of(sensor: Sensor, zone: Zone, at: float, here: tzinfo, stories: Iterable[Story] = ()) -> float:
    """What the sensor shows at ``at``, in its quantity's unit; contacts are 0.0 or 1.0."""
    sensor = _plainly(sensor)
    value = _ordinary(sensor, zone, at, here)
    for story in stories:
        value = _told(story, sensor, zone, value, at)
    if sensor.quantity in _SETTLED:
        return value
    habit = _habit(sensor.quantity, zone)
    return round(round(value / habit.step) * habit.step, 6)


def stage(kind: StoryKind, zones: Mapping[str, Zone], sensors: Iterable[Sensor]) -> str | None:
    """The zone where a story is best seen: a stack with the right and the most sensors; None where none can
    show it."""
    seen: dict[str, list[str]] = {}
    for sensor in map(_plainly, sensors):
        if sensor.quantity in _SHOWS[kind] and sensor.zone in zones:
            seen.setdefault(sensor.zone, []).append(sensor.quantity)
    must = _MUST[kind]
    fit = [zone for zone, quantities in seen.items() if must & set(quantities)]
    if not fit:
        return None
    return max(
        fit,
        key=lambda zone: (
            bool(_LOUD & set(seen[zone])),
            zones[zone].kind == "stack",
            len(set(seen[zone])),
            len(seen[zone]),
            -sorted(fit).index(zone),
        ),
    )


def _plainly(sensor: Sensor) -> Sensor:
    """The sensor under its quantity's own name: ``water`` is ``water_leak``."""
    known = quantity(sensor.quantity)
    if known is None or known.id == sensor.quantity:
        return sensor
    return structs.replace(sensor, quantity=known.id)


# --- an ordinary day ---------------------------------------------------------------------------------------


def _habit(quantity: str, zone: Zone) -> Habit:
    return _BY_KIND.get(zone.kind, {}).get(quantity) or _HABITS.get(quantity) or Habit(0.0, 0.0, 0.0, 1.0)


def _ordinary(sensor: Sensor, zone: Zone, at: float, here: tzinfo) -> float:
    local = datetime.fromtimestamp(at, here)
    hour = local.hour + local.minute / 60 + local.second / 3600
    working = local.weekday() < 5 and _WORK_BEGINS <= hour < _WORK_ENDS
    if sensor.quantity in _NEVER_ZERO:
        return 1.0
    if sensor.quantity not in _HABITS and sensor.quantity not in _BY_KIND.get(zone.kind, {}):
        return _contact(sensor, zone, at) if working else 0.0
    habit = _habit(sensor.quantity, zone)
    # Highest in the afternoon (15:00), lowest before dawn: the daily wave of rooms and weather.
    wave = math.cos((hour - 15.0) / 24.0 * 2 * math.pi)
    own = _noise(sensor.id, 0.0, 1.0) * habit.unrest  # no two devices agree exactly
    drift = (
        _noise(sensor.id, at, 3600.0) * habit.unrest * 0.7
        + _noise(sensor.id, at, 120.0) * habit.unrest * 0.15
    )
    value = habit.level + habit.swing * wave + own + drift + (habit.at_work if working else 0.0)
    return (
        value
        if sensor.quantity in {"temperature", "surface_temperature", "dew_point", "clock_drift"}
        else max(0.0, value)
    )


def _contact(sensor: Sensor, zone: Zone, at: float) -> float:
    share = _BUSY.get((sensor.quantity, zone.kind), _BUSY.get((sensor.quantity, ""), 0.0))
    return float(_noise(sensor.id, at // 45 * 45, 0.0) * 0.5 + 0.5 < share)


def _noise(key: str, at: float, period_s: float) -> float:
    """-1..1, the same for the same arguments; smooth over ``period_s`` (0 jumps)."""
    if period_s <= 0:
        return _point(key, at)
    place = at / period_s
    low = math.floor(place)
    share = place - low
    share = share * share * (3 - 2 * share)
    return _point(key, low) * (1 - share) + _point(key, low + 1) * share


def _point(key: str, number: float) -> float:
    return crc32(f"{key}/{number:.0f}/{key}".encode()) / 0x7FFFFFFF - 1.0


# --- stories -------------------------------------------------------------------------------------------------

_SHOWS: dict[StoryKind, frozenset[str]] = {
    "water": frozenset({"water_leak", "humidity", "water_level", "flow", "leak_distance"}),
    "fire": frozenset(
        {
            "smoke",
            "fire",
            "pre_alarm",
            "fire_confirmed",
            "temperature",
            "obscuration",
            "smoke_stage",
            "co",
            "co2",
        }
        | {"carbon_monoxide", "humidity", "oxygen"}
    ),
    "intrusion": frozenset(
        {"motion", "contact_open", "door_forced", "glass_break", "vibration", "intrusion"}
    ),
    "climate": frozenset({"temperature", "humidity", "dew_point"}),
}
_MUST: dict[StoryKind, frozenset[str]] = {
    "water": frozenset({"water_leak"}),
    "fire": frozenset({"smoke", "fire", "pre_alarm"}),
    "intrusion": frozenset({"motion", "contact_open", "door_forced", "glass_break", "intrusion"}),
    "climate": frozenset({"humidity"}),
}
# Signs that mean trouble at any hour; doors and motion may be somebody at work.
_LOUD = frozenset({"glass_break", "door_forced", "intrusion"})
# Contacts that a story closes, and after how many seconds: what tells first comes first.
_CLOSES: dict[StoryKind, dict[str, float]] = {
    "water": {"water_leak": 1.0},
    "fire": {
        "pre_alarm": 4.0,
        "smoke": 6.0,
        "fire": 15.0,
        "carbon_monoxide": 20.0,
        "fire_confirmed": 25.0,
    },
    "intrusion": {
        "glass_break": 1.0,
        "door_forced": 2.0,
        "contact_open": 2.0,
        "vibration": 1.0,
        "intrusion": 4.0,
        "motion": 5.0,
    },
    "climate": {},
}
_SETTLED = frozenset(name for closes in _CLOSES.values() for name in closes) | {
    "leak_distance",
    "smoke_stage",
}


def _told(story: Story, sensor: Sensor, zone: Zone, value: float, at: float) -> float:
    since = at - story.began_at
    if since < 0 or since > story.lasts_s * 2 or zone.id != story.zone:
        return value
    over = max(0.0, since - story.lasts_s)
    closes_after = _CLOSES[story.kind].get(sensor.quantity)
    if closes_after is not None:
        # A second detector of the same kind follows a little later, as smoke and people move.
        later = abs(_point(sensor.id, 1.0)) * 5.0
        return 1.0 if closes_after + later <= since <= story.lasts_s else value
    grown = _GROWTH[story.kind].get(sensor.quantity)
    if grown is None:
        return value
    gain, quick_s = grown
    strength = 1.0 - math.exp(-since / quick_s)
    if over:
        strength *= math.exp(-over / 180.0)
    if sensor.quantity == "smoke_stage":
        return float(min(4, math.floor(strength * 5)))
    if sensor.quantity == "leak_distance":
        return gain if not over else 0.0
    if sensor.quantity in {"humidity", "oxygen"}:
        return max(0.0, min(97.0, value + gain * strength))
    return value + gain * strength


# What a story adds to a number, and how quickly (time constant in seconds).
_GROWTH: dict[StoryKind, dict[str, tuple[float, float]]] = {
    "water": {
        "humidity": (26.0, 240.0),
        "flow": (28.0, 5.0),
        "water_level": (180.0, 300.0),
        "leak_distance": (17.5, 1.0),
        "temperature": (-1.2, 300.0),
    },
    "fire": {
        "temperature": (68.0, 45.0),
        "humidity": (-18.0, 60.0),
        "obscuration": (14.0, 20.0),
        "smoke_stage": (4.0, 12.0),
        "co": (240.0, 40.0),
        "co2": (2600.0, 60.0),
        "oxygen": (-2.5, 120.0),
        "pm25": (480.0, 20.0),
    },
    "intrusion": {"illuminance": (60.0, 1.0)},
    # Slower than any fire: a failed plant warms a room by less than 8 °C a minute.
    "climate": {"temperature": (5.0, 120.0), "humidity": (34.0, 6.0), "dew_point": (9.0, 60.0)},
}
