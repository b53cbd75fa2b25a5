"""From rules and sensors to instances with slots: which rule looks at which sensor, in which scope."""

from __future__ import annotations

from collections.abc import Callable

from alerts.instance import Instance
from alerts.kinds import slot_for
from alerts.nodes import Leaf, compile_node, prune
from alerts.registry import Registry, select_of
from alerts.rule import After, AllOf, AnyOf, Condition, Not, Rule, Vote
from alerts.seen import Seen, Watch
from alerts.slots import DisagreeSlot, SilentSlot, TroubleSlot
from sensors.model import Sensor


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
        for sensor in registry.selected(select_of(leaf)):
            found.setdefault(sensor.id, sensor)
    return list(found.values())


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
        for sensor in registry.selected(select_of(leaf_kind)):
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
            if isinstance(slot, TroubleSlot):
                slot.seen.troubles.append(slot)
            else:
                slot.seen.hang(slot)
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
