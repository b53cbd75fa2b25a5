"""Who speaks for whom: root causes first, life safety never held; pure.

A lost gateway, broker or site link is one alarm. The silence of what hangs behind it is held (listed, marked, not
paged); threshold and contact alarms are never held for it. Parents are derived from topics and dialects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alerts.compile import leaves_of
from alerts.rule import AnyOf, Rule, Silent
from sensors.devices import gateway_of
from sensors.life import Record
from sensors.model import Sensor, Text, Zone

SITE = "site"
BROKER_RULE = "system-broker"  # the engine's own word that the broker is away
STARTUP_S = 60.0  # silence found in the first minute after a start waits for that minute (C22)
RECOVERY_S = (
    60.0  # after a link is back, its sensors get so long, or 1.5 intervals, before their silence counts
)
MISSED_WORDS = (
    5.0  # so many messages must be missing, by the pace of all children, before a link is called lost
)

LINK = Rule(
    id="link-lost",
    name=Text("网关或链路中断", "Gateway or link lost"),
    when=AnyOf(of=()),  # decided from the silence of all its sensors, not from one reading
    scope="building",
    priority=2,
    fault=True,
    advice=Text(
        "检查网关电源和网络；派人巡视其覆盖的库房。", "Check its power and network; send someone round."
    ),
    consequence=Text("其下所有传感器无人看守。", "Nothing watches what hangs behind it."),
    revision="builtin",
)

DEVICE = Rule(
    id="device-offline",
    name=Text("设备离线", "Device offline"),
    when=AnyOf(of=()),  # decided from the device's own word, not from a reading
    scope="building",
    priority=3,
    fault=True,
    page="day",
    advice=Text("到现场检查设备电源、电池和信号。", "Look at the device: power, battery, radio."),
    consequence=Text("该设备的传感器都不再测量。", "None of its sensors measures any more."),
    revision="builtin",
)
LINKS = {LINK.id: LINK, DEVICE.id: DEVICE}
"""The rules that speak for the silence of what hangs behind a gateway or in a device."""


def parents_of(sensor: Sensor) -> tuple[str, ...]:
    """What a sensor's word comes through, nearest first; the site itself is always the last."""
    gateway = gateway_of(sensor)
    return (gateway, SITE) if gateway else (SITE,)


def children_by_parent(sensors: Mapping[str, Sensor]) -> dict[str, tuple[str, ...]]:
    """The sensors behind each parent that has at least two."""
    found: dict[str, list[str]] = {}
    for sensor in sensors.values():
        for parent in parents_of(sensor):
            found.setdefault(parent, []).append(sensor.id)
    return {parent: tuple(children) for parent, children in found.items() if len(children) > 1}


def everything_behind(sensors: Mapping[str, Sensor], records: Iterable[Record]) -> frozenset[str]:
    """Every gateway, link and device that some sensor hangs behind, or that spoke of itself in their ``records``."""
    behind = {parent for sensor in sensors.values() for parent in parents_of(sensor)}
    return frozenset(behind | {name for record in records for name in record.words})


def about_silence(rule: Rule) -> bool:
    """Whether a rule only says that a sensor is silent, so that a lost link may speak for it."""
    leaves = leaves_of(rule.when)
    return bool(leaves) and not rule.life_safety and all(isinstance(leaf, Silent) for leaf in leaves)


def zones_covered(scope: str, zone: str, rule: Rule, zones: Mapping[str, Zone]) -> frozenset[str] | None:
    """The zones that an alarm of a rule speaks for; None means the whole building."""
    if rule.scope == "building":
        return None
    if rule.scope == "compartment":
        return frozenset(z.id for z in zones.values() if (z.compartment or z.id) == scope) | {zone}
    return frozenset((zone,))


def muters(rules: Iterable[Rule]) -> dict[str, tuple[str, ...]]:
    """Inhibition as data, turned round: for each rule the rules that may speak for it; never for life safety."""
    listed = {rule.id: rule for rule in rules}
    found: dict[str, list[str]] = {}
    for rule in listed.values():
        for name in rule.mutes:
            muted = listed.get(name)
            if muted is not None and not muted.life_safety and name != rule.id:
                found.setdefault(name, []).append(rule.id)
    return {name: tuple(sources) for name, sources in found.items()}
