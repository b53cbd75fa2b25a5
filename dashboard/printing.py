"""What may be printed by whom: sheets for the boxes at the door, from the same data as the screens."""

from __future__ import annotations

from dashboard.faces.rescue_plan import may_see
from dashboard.looks import chosen_incident
from dashboard.scene import Scene
from playbooks.cards import contact_list, entry_log, inventory, playbook_card, priority_cards, zone_list
from playbooks.model import Holding, Incident, Ranked
from playbooks.paper import Stamp
from sensors.model import Text

KINDS = ("rescue", "cards", "playbook", "contacts", "entry", "inventory")
# Who printed one of these is written down.
CONFIDENTIAL = frozenset({"rescue", "cards", "contacts"})


def sheet(scene: Scene, kind: str) -> str:
    """One document as HTML; empty where the viewer may not have it or there is nothing to print."""
    incident = chosen_incident(scene)
    stamp = Stamp(
        site=scene.building.name,
        revision=scene.building.revision[:12],
        printed_on=scene.local(scene.now).strftime("%Y-%m-%d %H:%M"),
        drill=incident is not None and incident.kind != "incident",
        for_outside=not scene.viewer.may("rescue"),
    )
    if kind == "rescue":
        return _zone(scene, incident, stamp)
    if kind == "cards":
        return _cards(scene, incident, stamp)
    if kind == "playbook":
        book = scene.building.playbooks.get(scene.choices.get("playbook", ""))
        if book is None and incident is not None:
            book = incident.playbook
        return playbook_card(book, stamp) if book else ""
    if kind == "contacts":
        return contact_list(scene.building.people.values(), (), stamp) if scene.viewer.may("phones") else ""
    return entry_log(stamp) if kind == "entry" else inventory(stamp) if kind == "inventory" else ""


def _ranking(incident: Incident | None) -> tuple[Ranked, ...]:
    return incident.plan.ranking if incident is not None and incident.plan is not None else ()


def _zone(scene: Scene, incident: Incident | None, stamp: Stamp) -> str:
    """The rescue list of one zone: in the plan's order during an incident, else by grade and worth."""
    if not may_see(scene, incident):
        return ""
    ranking = _ranking(incident) or tuple(
        Ranked(
            holding=one.id, rank=number, act=one.action, score=one.worth, why=Text("", ""), people=one.people
        )
        for number, one in enumerate(_by_worth(scene), 1)
    )
    holdings = scene.building.holdings
    first = next((holdings[one.holding].zone for one in ranking if one.holding in holdings), "")
    zone = scene.building.zones.get(scene.choices.get("zone", "") or first)
    return zone_list(zone, holdings, ranking, stamp) if zone else ""


def _cards(scene: Scene, incident: Incident | None, stamp: Stamp) -> str:
    """Grab sheets: of one zone, or of the whole first grade."""
    if not may_see(scene, incident):
        return ""
    zone = scene.choices.get("zone", "")
    order = {one.holding: one for one in _ranking(incident)}
    chosen = [one for one in _by_worth(scene) if (one.zone == zone if zone else one.grade == 1)]
    chosen.sort(key=lambda one: order[one.id].rank if one.id in order else 10**6)
    assembly = scene.building.zones.get(scene.building.assembly)
    why = {name: ranked.why for name, ranked in order.items()}
    place = assembly.name if assembly else Text(scene.building.assembly, scene.building.assembly)
    return priority_cards(chosen, scene.building.zones, stamp, assembly=place, why=why) if chosen else ""


def _by_worth(scene: Scene) -> list[Holding]:
    return sorted(scene.building.holdings.values(), key=lambda one: (one.grade, -one.worth, one.id))
