"""Sensors by what rules ask for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from alerts.rule import After, AllOf, AnyOf, Condition, Not, Select, Vote
from sensors.model import Sensor, Zone

BUILDING = "building"


class Registry:
    """Sensors by what rules ask for: compiling costs what is selected, not rules times sensors."""

    def __init__(self, sensors: Mapping[str, Sensor], zones: Mapping[str, Zone]) -> None:
        self.sensors = sensors
        self.zones = zones
        self._by_quantity: dict[str, list[Sensor]] = {}
        self._by_zone: dict[str, list[Sensor]] = {}
        self._alike: dict[tuple[str, str], list[Sensor]] = {}
        for sensor in sensors.values():
            self._by_quantity.setdefault(sensor.quantity, []).append(sensor)
            self._by_zone.setdefault(sensor.zone, []).append(sensor)
            self._alike.setdefault((sensor.zone, sensor.quantity), []).append(sensor)

    def selected(self, select: Select) -> list[Sensor]:
        """The sensors a condition looks at, in the order of the folder."""
        candidates: Iterable[Sensor]
        if select.sensors:
            candidates = [self.sensors[name] for name in select.sensors if name in self.sensors]
        elif select.zones:
            candidates = [sensor for zone in select.zones for sensor in self._by_zone.get(zone, ())]
        elif select.quantity:
            candidates = self._by_quantity.get(select.quantity, ())
        else:
            candidates = self.sensors.values()
        return [
            sensor
            for sensor in candidates
            if (not select.quantity or sensor.quantity == select.quantity)
            and (not select.zones or sensor.zone in select.zones)
            and (not select.zone_kinds or self._kind(sensor) in select.zone_kinds)
        ]

    def scope_of(self, sensor: Sensor, scope: Literal["sensor", "zone", "compartment", "building"]) -> str:
        """The name of the scope that a sensor belongs to."""
        if scope == "sensor":
            return sensor.id
        if scope == "zone":
            return sensor.zone
        if scope == "compartment":
            zone = self.zones.get(sensor.zone)
            return (zone.compartment if zone else "") or sensor.zone
        return BUILDING

    def neighbours(self, sensor: Sensor) -> list[Sensor]:
        """The other sensors of the same quantity in the same zone."""
        alike = self._alike.get((sensor.zone, sensor.quantity), ())
        return [other for other in alike if other.id != sensor.id]

    def _kind(self, sensor: Sensor) -> str:
        zone = self.zones.get(sensor.zone)
        return zone.kind if zone else ""


def select_of(leaf: Condition) -> Select:
    """Which sensors a leaf condition looks at; TypeError for a composite."""
    if isinstance(leaf, AllOf | AnyOf | Vote | Not | After):
        raise TypeError(f"{type(leaf).__name__} is not a leaf")
    return leaf.select
