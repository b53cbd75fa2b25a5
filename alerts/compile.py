"""From rules and sensors to instances with slots: which rule looks at which sensor, in which scope."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from alerts.instance import Instance
from alerts.kinds import slot_for
from alerts.nodes import Leaf, compile_node, prune
from alerts.rule import After, AllOf, AnyOf, Condition, Not, Rule, Select, Vote
from alerts.seen import Seen, Watch
from alerts.slots import DisagreeSlot, SilentSlot
from sensors.model import Sensor, Zone

BUILDING = "building"


class Registry:
    """Sensors by what rules ask for: compiling costs what is selected, not rules times sensors."""

    def __init__(self, sensors: Mapping[str, Sensor], zones: Mapping[str, Zone]) -> None:
        self.sensors = sensors
        self.zones = zones
        self._by_quantity: dict[str, list[Sensor]] = {}
        self._by_zone: dict[str, list[Sensor]] = {}
        for sensor in sensors.values():
            self._by_quantity.setdefault(sensor.quantity, []).append(sensor)
            self._by_zone.setdefault(sensor.zone, []).append(sensor)

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
        return [
            other
            for other in self._by_zone.get(sensor.zone, ())
            if other.quantity == sensor.quantity and other.id != sensor.id
        ]

    def _kind(self, sensor: Sensor) -> str:
        zone = self.zones.get(sensor.zone)
        return zone.kind if zone else ""


def leaves_of(kind: Condition) -> list[Condition]:
    """The leaf conditions of a condition, in order."""
    match kind:
        case AllOf() | AnyOf():
            return [leaf for part in kind.of for leaf in leaves_of(part)]
        case Vote():
            return [leaf for part in (*kind.of, *kind.panel) for leaf in leaves_of(part)]
        case Not():
            return leaves_of(kind.of)
        case After():
            return [*leaves_of(kind.first), *leaves_of(kind.then)]
        case _:
            return [kind]


def selected_by(rule: Rule, registry: Registry) -> list[Sensor]:
    """Every sensor that a rule looks at, without repeats."""
    found: dict[str, Sensor] = {}
    for leaf in leaves_of(rule.when):
        for sensor in registry.selected(_select(leaf)):
            found.setdefault(sensor.id, sensor)
    return list(found.values())


def _select(leaf: Condition) -> Select:
    if isinstance(leaf, AllOf | AnyOf | Vote | Not | After):
        raise TypeError(f"{type(leaf).__name__} is not a leaf")
    return leaf.select


def compile_rule(
    rule: Rule,
    registry: Registry,
    seen_of: Callable[[Sensor], Seen],
    key_of: Callable[[str], str],
    *,
    drill: str = "",
    only: frozenset[str] | None = None,
) -> list[Instance]:
    """The instances of a rule with all slots hung on the sensors' records; ``only`` limits the scopes."""
    by_leaf: list[dict[str, list[Sensor]]] = []
    scopes: dict[str, str] = {}
    for leaf_kind in leaves_of(rule.when):
        members: dict[str, list[Sensor]] = {}
        for sensor in registry.selected(_select(leaf_kind)):
            scope = registry.scope_of(sensor, rule.scope)
            if only is None or scope in only:
                members.setdefault(scope, []).append(sensor)
                scopes.setdefault(scope, sensor.zone)
        by_leaf.append(members)
    instances = []
    for scope, zone in scopes.items():
        instance = Instance(key_of(f"{rule.id}@{scope}"), rule, scope, zone, drill)
        root = compile_node(rule.when, instance, strict=rule.on_unknown == "alarm")
        for leaf, members in zip(root.leaves(), by_leaf, strict=True):
            for sensor in members.get(scope, ()):
                _hang(leaf, seen_of(sensor), registry, seen_of)
        instance.built(prune(root))
        for slot in instance.slots:
            slot.seen.slots.append(slot)
        instances.append(instance)
    return instances


def _hang(leaf: Leaf, seen: Seen, registry: Registry, seen_of: Callable[[Sensor], Seen]) -> None:
    slot = slot_for(leaf.kind, leaf, seen)
    leaf.slots.append(slot)
    if isinstance(slot, DisagreeSlot):
        slot.others = [seen_of(other) for other in registry.neighbours(seen.sensor)]
    if isinstance(slot, SilentSlot):
        for watch in seen.watches:
            if watch.after_s == slot.after_s:
                watch.slots.append(slot)
                return
        watch = Watch(seen, slot.after_s, own=False)
        watch.slots.append(slot)
        seen.watches.append(watch)
