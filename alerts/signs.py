"""What a person sees with their own eyes, as a rule of the same language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alerts.registry import BUILDING
from alerts.rule import AnyOf, Rule
from sensors.model import Text, Zone

HAZARD_NAMES = {
    "fire": Text("火灾", "Fire"),
    "intrusion": Text("入侵", "Intrusion"),
    "water": Text("水患", "Water"),
    "gas": Text("气体", "Gas"),
}


def sign_rule(zone: str, hazard: str, rules: Iterable[Rule], zones: Mapping[str, Zone]) -> tuple[Rule, str]:
    """The rule that a person's word meets, and its scope: the building's own confirming rule where it has one.

    Where it has none, a rule of the zone that only people can meet; fire and gas are life safety.
    """
    listed = list(rules)
    for rule in listed:
        if rule.hazard == hazard and rule.stage == "confirmed" and rule.scope != "sensor":
            if rule.scope == "compartment":
                return rule, zones[zone].compartment or zone
            return rule, BUILDING if rule.scope == "building" else zone
    name = HAZARD_NAMES.get(hazard, Text(hazard, hazard))
    like = next((rule for rule in listed if rule.hazard == hazard and rule.playbook), None)
    made = Rule(
        id=f"sign-{hazard}",
        name=Text(f"{name.zh}（人工确认）", f"{name.en} (seen by a person)"),
        when=AnyOf(of=()),
        scope="zone",
        priority=1,
        life_safety=hazard in ("fire", "gas"),
        latch=True,
        hazard=hazard,
        stage="confirmed",
        playbook=like.playbook if like is not None else hazard,
        advice=Text("按预案处置。", "Follow the plan."),
        consequence=Text("险情已由人员确认。", "A person has seen the danger."),
        revision="builtin",
    )
    return made, zone
