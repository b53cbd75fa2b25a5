"""What every building is told of its sensors without writing a rule: silence, troubles and worn-out devices; pure.

A sensor that the folder's own rules look at for the same thing is left to them. Silence of a sensor that guards lives
is high, other silence low; tampering is an alarm; a device's own fault is a fault, high where it guards lives; a low
battery is a task for the day. A self-test and a device's "offline" are shown and have no rule here: the first is no
trouble, the second speaks through :mod:`alerts.links`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from msgspec.structs import replace

from alerts.registry import Registry, select_of
from alerts.rule import (
    After,
    AllOf,
    AnyOf,
    Condition,
    Contact,
    Disagree,
    Implausible,
    Not,
    Rule,
    Select,
    Silent,
    Stuck,
    Troubled,
    Vote,
)
from sensors.devices import device_of
from sensors.life import MOVES
from sensors.model import Sensor, Text, Zone
from sensors.quantities import quantity
from sensors.state import DISAGREEMENT, Trouble

SILENT, GUARD_SILENT = "sensor-silent", "guard-silent"
GUARDS = frozenset(
    {
        "smoke",
        "smoke_stage",
        "obscuration",
        "fire",
        "fire_confirmed",
        "pre_alarm",
        "manual_call_point",
        "gas",
        "carbon_monoxide",
        "co",
        "h2s",
        "oxygen",
        "gas_release",
        "panic",
    }
)
"""Quantities that guard lives: fire detection, breathable air and gas release, calls for help."""
SETTLE_S = 60.0  # one impossible value among good ones is noise
DISAGREE_S = 1800.0  # a room takes so long to even out after a door stood open

Told = Literal["battery_low", "tamper", "fault"]


def guards(sensors: Iterable[Sensor]) -> frozenset[str]:
    """The sensors whose loss endangers lives."""
    return frozenset(
        one.id for one in sensors if (k := quantity(one.quantity)) is not None and k.id in GUARDS
    )


def silence_rules(
    rules: Mapping[str, Rule], sensors: Mapping[str, Sensor], zones: Mapping[str, Zone]
) -> dict[str, Rule]:
    """Rules for the silence of every sensor that no rule of the folder watches for silence within its own limit."""
    left = _left(
        rules.values(), sensors, zones, lambda leaf, one: isinstance(leaf, Silent) and _in_time(leaf, one)
    )
    urgent = guards(left.values())
    found = []
    if urgent:
        found.append(
            _rule(
                _free(GUARD_SILENT, rules),
                Text("安全探测器失联", "Safety sensor silent"),
                Silent(select=_only(urgent, sensors)),
                priority=2,
                page="always",
                advice=Text(
                    "查电池和网关，修复前派人巡查。", "Check battery and gateway; patrol until it is mended."
                ),
                consequence=Text("该处的险情无人发现。", "Danger there would go unseen."),
            )
        )
    if others := left.keys() - urgent:
        found.append(
            _rule(
                _free(SILENT, rules),
                Text("传感器失联", "Sensor silent"),
                Silent(select=_only(others, sensors)),
                advice=Text(
                    "到现场查看该处，检查传感器和网关。", "Look at the place; check sensor and gateway."
                ),
                consequence=Text("该处无人看守。", "Nothing watches that place."),
            )
        )
    return {rule.id: rule for rule in found}


def trouble_rules(
    written: Mapping[str, Rule], sensors: Mapping[str, Sensor], zones: Mapping[str, Zone]
) -> dict[str, Rule]:
    """Rules for values that cannot be believed and for what devices tell of themselves (C11)."""
    check = Text("到现场核对，校准或更换传感器。", "Check on the spot; calibrate or replace the sensor.")
    useless = Text("该处读数不可信。", "What it shows cannot be relied on.")
    rules: list[Rule] = []

    def left(covers: Callable[[Condition, Sensor], bool]) -> dict[str, Sensor]:
        return _left(written.values(), sensors, zones, covers)

    def add(rule: str, trouble: Trouble, name: Text, among: Iterable[str], **more: object) -> None:
        chosen = frozenset(among)
        if chosen and rule not in written:
            made = _rule(rule, name, Troubled(select=_only(chosen, sensors), by=trouble), **more)
            rules.append(replace(made, revision="standard-2"))

    def about(trouble: Trouble, leaf: type | None = None) -> dict[str, Sensor]:
        kinds = left(
            lambda one, _: (
                (isinstance(one, Troubled) and one.by is trouble)
                or (leaf is not None and isinstance(one, leaf))
            )
        )
        return {name: sensor for name, sensor in kinds.items() if sensor.topic}

    add(
        "sensor-implausible", Trouble.IMPLAUSIBLE, Text("传感器读数不可能", "Sensor shows the impossible"),
        about(Trouble.IMPLAUSIBLE, Implausible), for_s=SETTLE_S, advice=check, consequence=useless,
    )  # fmt: skip
    add(
        "sensor-stuck", Trouble.STUCK, Text("传感器读数冻结", "Sensor frozen"),
        (name for name, one in about(Trouble.STUCK, Stuck).items() if _quantity(one) in MOVES),
        advice=check, consequence=useless,
    )  # fmt: skip
    far = about(Trouble.DISAGREES, Disagree)
    parts = tuple(
        Disagree(select=_only(frozenset(same), sensors), limit=limit)
        for kind, limit in DISAGREEMENT.items()
        if (same := [name for name, one in far.items() if _quantity(one) == kind])
    )
    if parts and "sensor-disagrees" not in written:
        rules.append(
            replace(
                _rule(
                    "sensor-disagrees", Text("传感器与相邻不符", "Sensor disagrees with its neighbours"),
                    AnyOf(of=parts), for_s=DISAGREE_S, clear_for_s=DISAGREE_S, advice=check, consequence=useless,
                ),
                revision="standard-2",
            )
        )  # fmt: skip
    devices = _one_per_device(sensors)
    add(
        "sensor-battery", Trouble.LOW_BATTERY, Text("电池电量低", "Battery low"),
        devices & (about(Trouble.LOW_BATTERY).keys() - _told_by("battery_low", written, sensors, zones)),
        advice=Text("一个月内更换电池。", "Change the battery within the month."),
        consequence=Text("电池用尽后该处无人看守。", "Nothing watches that place once it is empty."),
    )  # fmt: skip
    add(
        "sensor-tamper", Trouble.TAMPER, Text("探测器被拆动", "Detector tampered with"),
        devices & (about(Trouble.TAMPER).keys() - _told_by("tamper", written, sensors, zones)),
        priority=2, fault=False, page="always", latch=True, hazard="intrusion",
        advice=Text("看录像，到场检查探测器。", "Look at the video; inspect the detector."),
        consequence=Text("有人可能在为盗窃做准备。", "Somebody may be preparing a theft."),
    )  # fmt: skip
    faulty = devices & (about(Trouble.FAULT).keys() - _told_by("fault", written, sensors, zones))
    urgent = guards(sensors[name] for name in faulty)
    said = Text("设备自报故障；修复后复位。", "The device reports it itself; reset after the repair.")
    add(
        "sensor-fault", Trouble.FAULT, Text("设备故障", "Device fault"), faulty - urgent,
        latch=True, advice=said, consequence=useless,
    )  # fmt: skip
    add(
        "guard-fault", Trouble.FAULT, Text("安全探测器故障", "Safety sensor faulty"), urgent,
        priority=2, page="always", latch=True, advice=said,
        consequence=Text("该处的险情可能无人发现。", "Danger there may go unseen."),
    )  # fmt: skip
    return {rule.id: rule for rule in rules}


def told_word(rule: Rule | None) -> Told | None:
    """The quantity that a device tells which a rule is about, None for every other rule."""
    if rule is None or not isinstance(rule.when, Troubled):
        return None
    words: dict[Trouble, Told] = {
        Trouble.LOW_BATTERY: "battery_low", Trouble.TAMPER: "tamper", Trouble.FAULT: "fault",
    }  # fmt: skip
    return words.get(rule.when.by)


def _rule(id: str, name: Text, when: Condition, **more: object) -> Rule:
    fields: dict[str, object] = {"priority": 3, "fault": True, "page": "day", "revision": "builtin", **more}
    return Rule(id=id, name=name, when=when, scope="sensor", **fields)  # type: ignore[arg-type]


def _left(
    rules: Iterable[Rule],
    sensors: Mapping[str, Sensor],
    zones: Mapping[str, Zone],
    covers: Callable[[Condition, Sensor], bool],
) -> dict[str, Sensor]:
    """The sensors that no rule raises an alarm for by itself on a condition that ``covers`` them."""
    registry = Registry(sensors, zones)
    left = dict(sensors)
    for rule in rules:
        for leaf in _alone(rule.when):
            for sensor in registry.selected(select_of(leaf)):
                if sensor.id in left and covers(leaf, sensor):
                    del left[sensor.id]
    return left


def _alone(when: Condition) -> list[Condition]:
    """The leaves that are enough by themselves: the condition itself, or the parts of "any of"."""
    if isinstance(when, AnyOf):
        return [leaf for part in when.of for leaf in _alone(part)]
    return [] if isinstance(when, AllOf | Vote | Not | After) else [when]


def _in_time(leaf: Silent, sensor: Sensor) -> bool:
    return leaf.after_s is None or leaf.after_s <= sensor.silent_after_s


def _told_by(
    told: str, rules: Mapping[str, Rule], sensors: Mapping[str, Sensor], zones: Mapping[str, Zone]
) -> set[str]:
    """The sensors of devices whose word is a sensor of its own that a rule of the folder watches."""
    own = {name: one for name, one in sensors.items() if _quantity(one) == told}
    unwatched = _left(rules.values(), own, zones, lambda leaf, _: isinstance(leaf, Contact))
    devices = {device_of(one) for name, one in own.items() if name not in unwatched}
    return {name for name, one in sensors.items() if device_of(one) in devices}


def _one_per_device(sensors: Mapping[str, Sensor]) -> frozenset[str]:
    """The first sensor of each device: what the device tells of itself is one alarm, not one per quantity.

    A sensor that guards lives goes before others, so that it gives the alarm its weight.
    """
    urgent = guards(sensors.values())
    first: dict[str, str] = {}
    for name, sensor in sorted(sensors.items(), key=lambda item: item[0] not in urgent):
        if sensor.topic:
            first.setdefault(device_of(sensor), name)
    return frozenset(first.values())


def _only(names: Iterable[str], sensors: Mapping[str, Sensor]) -> Select:
    """The selection of these sensors, in the folder's order; of all of them where nothing is left out."""
    among = frozenset(names)
    chosen = tuple(name for name in sensors if name in among)
    return Select() if len(chosen) == len(sensors) else Select(sensors=chosen)


def _quantity(sensor: Sensor) -> str:
    known = quantity(sensor.quantity)
    return known.id if known is not None else sensor.quantity


def _free(id: str, rules: Mapping[str, Rule]) -> str:
    return id if id not in rules else f"{id}-rest"
