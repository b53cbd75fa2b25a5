"""The rules every building has without writing them: fire, the climate of its kinds of room, and sensors'
faults.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec.structs import replace

from alerts.fire import fire_rules
from alerts.profiles import DEFAULT_PROFILE, climate_rules
from alerts.rule import Rule
from alerts.sensor_rules import trouble_rules
from sensors.model import Sensor, Zone


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
    return {**trouble_rules(written, sensors, zones), **climate, **fire, **written}


def is_standard(rule: Rule) -> bool:
    """Whether a rule is one of these (written rules carry their folder's digest as revision)."""
    return rule.revision.startswith("standard")
