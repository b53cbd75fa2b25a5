"""The rules every building has without writing them: fire, the climate of its kinds of room, and sensors'
faults.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec.structs import replace

from alerts.fire import fire_rules
from alerts.profiles import DEFAULT_PROFILE, climate_rules
from alerts.rule import Disagree, Implausible, Rule, Select, Stuck
from sensors.model import Sensor, Text, Zone

STUCK_S = 86400.0
DISAGREE_C = 5.0  # °C; common room sensors are good to ±0.5 °C, a room's corners differ by a few degrees
DISAGREE_RH = 15.0  # %RH; common sensors are good to ±3 %RH


def standard_rules(
    zones: Mapping[str, Zone],
    sensors: Mapping[str, Sensor],
    written: Mapping[str, Rule],
    *,
    profile: str = DEFAULT_PROFILE,
    playbooks: Collection[str] = ("fire", "climate"),
) -> dict[str, Rule]:
    """The standard rules of a building beside those it has ``written`` itself; a written rule of the same id
    wins.

    ``playbooks`` are the plans that the building has: a rule opens none that is not there. The silence of
    sensors has a rule of its own in the composition.
    """
    climate = {
        name: rule if rule.playbook in playbooks else replace(rule, playbook="")
        for name, rule in climate_rules(zones, sensors, profile=profile, written=written.values()).items()
    }
    quiet = [rule.id for rule in (*climate.values(), *written.values()) if rule.hazard == "climate"]
    fire = fire_rules(zones, sensors, playbook="fire" if "fire" in playbooks else "", mutes=quiet)
    return {**_faults(sensors), **climate, **fire, **written}


def is_standard(rule: Rule) -> bool:
    """Whether a rule is one of these (written rules carry their folder's digest as revision)."""
    return rule.revision.startswith("standard")


def _faults(sensors: Mapping[str, Sensor]) -> dict[str, Rule]:
    """Frozen, impossible and disagreeing values are faults of the sensor, not alarms (C11)."""
    measured = {sensor.quantity for sensor in sensors.values()}
    rules = [
        _fault(
            "sensor-implausible",
            Text("传感器读数不可能", "Sensor shows the impossible"),
            Implausible(select=Select()),
            for_s=60.0,
        )
    ]
    for quantity, limit in (("temperature", DISAGREE_C), ("humidity", DISAGREE_RH)):
        if quantity not in measured:
            continue
        select = Select(quantity=quantity)
        rules.append(
            _fault(
                f"sensor-stuck-{quantity}",
                Text("传感器读数冻结", "Sensor frozen"),
                Stuck(select=select, after_s=STUCK_S),
            )
        )
        rules.append(
            _fault(
                f"sensor-disagrees-{quantity}",
                Text("传感器与相邻不符", "Sensor disagrees with its neighbours"),
                Disagree(select=select, limit=limit),
                for_s=1800.0,
            )
        )
    return {rule.id: rule for rule in rules}


def _fault(id: str, name: Text, when: Disagree | Implausible | Stuck, for_s: float = 0.0) -> Rule:
    return Rule(
        id=id,
        name=name,
        when=when,
        scope="sensor",
        for_s=for_s,
        clear_for_s=for_s,
        priority=3,
        fault=True,
        page="day",
        advice=Text("到现场核对，校准或更换传感器。", "Check on the spot; calibrate or replace the sensor."),
        consequence=Text("该处读数不可信。", "What it shows cannot be relied on."),
        revision="standard-1",
    )
