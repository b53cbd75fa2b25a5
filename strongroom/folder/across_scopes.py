"""Rules whose parts never meet: no single place holds all that one of them needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from alerts.compile import leaves_of
from alerts.registry import Registry, select_of
from alerts.rule import After, AllOf, AnyOf, Condition, Not, Rule, Vote
from sensors.model import Sensor, Text
from strongroom.folder.facts import Facts
from strongroom.folder.ledger import Ledger

_Scope = Literal["sensor", "zone", "compartment", "building"]
_WIDER: tuple[_Scope, ...] = ("sensor", "zone", "compartment", "building")
_PLACES = {
    "sensor": Text("没有一个传感器", "No single sensor has"),
    "zone": Text("没有一个分区", "No single zone holds"),
    "compartment": Text("没有一个防火分区", "No single fire compartment holds"),
    "building": Text("全馆没有", "The building does not hold"),
}


def check_scopes(facts: Facts, ledger: Ledger) -> None:
    """Warn of rules that look at sensors and yet can be met nowhere: a vote of three where there are two, water in one
    room *and* power in another while each room is judged by itself.
    """
    if not ledger.is_complete("sensor", "zone"):
        return
    zones = facts.house.zones
    registry = Registry(facts.instruments.sensors, zones)
    for name, rule in facts.rulebook.rules.items():
        leaves = [registry.selected(select_of(leaf)) for leaf in leaves_of(rule.when)]
        looked = [sensor for leaf in leaves for sensor in leaf]
        if not looked or any(sensor.zone not in zones for sensor in looked):
            continue
        if _apart(rule.when, looked, registry) or _anywhere(rule, rule.scope, looked, registry):
            continue
        later = _WIDER[_WIDER.index(rule.scope) + 1 :]
        wider = next((scope for scope in later if _anywhere(rule, scope, looked, registry)), "")
        place = _PLACES[rule.scope]
        ledger.warn(
            facts.rulebook.tables[name].spot("when"),
            Text(
                f"{place.zh}同时有这条规则需要的传感器，规则永远不会报警。",
                f"{place.en} the sensors that this rule needs together, so it can never alarm.",
            ),
            Text(f'改为：scope = "{wider}"', f'Write: scope = "{wider}"')
            if wider
            else Text("补上传感器，或把 at_least 改小。", "Add sensors, or lower at_least."),
        )


def _apart(when: Condition, looked: Sequence[Sensor], registry: Registry) -> bool:
    """A part that the whole building has no sensor for: that is reported as such."""
    return any(
        not any(registry.selected(select_of(leaf))) for leaf in leaves_of(when)
    ) and not _possible(when, looked, registry)  # fmt: skip


def _anywhere(rule: Rule, scope: _Scope, looked: Sequence[Sensor], registry: Registry) -> bool:
    by_scope: dict[str, list[Sensor]] = {}
    for sensor in looked:
        by_scope.setdefault(registry.scope_of(sensor, scope), []).append(sensor)
    return any(_possible(rule.when, here, registry) for here in by_scope.values())


def _possible(when: Condition, here: Sequence[Sensor], registry: Registry) -> bool:
    """Whether these sensors could ever meet the condition."""
    match when:
        case AllOf():
            return all(_possible(part, here, registry) for part in when.of)
        case AnyOf():
            return any(_possible(part, here, registry) for part in when.of)
        case Not():
            return _possible(when.of, here, registry)
        case After():
            return _possible(when.first, here, registry) and _possible(when.then, here, registry)
        case Vote():
            if any(_possible(part, here, registry) for part in when.panel):
                return True
            return _signals(when, here, registry) >= when.at_least
        case _:
            return bool(_of(when, here, registry))


def _signals(vote: Vote, here: Sequence[Sensor], registry: Registry) -> int:
    """How many independent signals these sensors could give at the most."""
    found: set[str] = set()
    more = 0
    for part in vote.of:
        if isinstance(part, Not | After | Vote):
            more += _possible(part, here, registry)  # its sensors cannot be told apart: one signal
        elif _possible(part, here, registry):
            sensors = [sensor for leaf in leaves_of(part) for sensor in _of(leaf, here, registry)]
            found |= {one.quantity if vote.distinct_quantities else one.id for one in sensors}
    return len(found) + more


def _of(leaf: Condition, here: Sequence[Sensor], registry: Registry) -> list[Sensor]:
    names = {sensor.id for sensor in here}
    return [sensor for sensor in registry.selected(select_of(leaf)) if sensor.id in names]
