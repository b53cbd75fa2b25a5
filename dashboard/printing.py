"""What may be printed by whom: sheets for the boxes at the door, from the same data and in the same order as the
screens."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from dashboard.faces.rescue_plan import may_see
from dashboard.looks import chosen_incident
from dashboard.scene import Scene
from playbooks.cards import (
    contact_list,
    entry_log,
    inventory,
    playbook_card,
    priority_cards,
    rescue_list,
    zone_list,
)
from playbooks.model import Holding, Incident, Ranked
from playbooks.paper import Stamp
from playbooks.rescue.listing import in_order, numbers
from playbooks.sheets import CODE, codes, crate_labels, custody_list
from sensors.model import Text

KINDS = ("rescue", "cards", "playbook", "contacts", "entry", "inventory", "crates", "custody")
# Who printed one of these is written down.
CONFIDENTIAL = frozenset({"rescue", "cards", "contacts", "custody"})
_NOWHERE = frozenset({"127.0.0.1", "localhost", "::1", ""})


def sheet(scene: Scene, kind: str, origin: str = "") -> str:
    """One document as HTML; empty where the viewer may not have it or there is nothing to print.

    ``origin`` is the address this site was asked under: QR codes lead back to it. ``outside=1`` in the address
    prints for helpers from outside: secret titles stay off the paper whoever prints.
    """
    incident = chosen_incident(scene)
    stamp = Stamp(
        site=scene.building.name,
        revision=scene.building.revision[:12],
        printed_on=scene.local(scene.now).strftime("%Y-%m-%d %H:%M"),
        drill=incident is not None and incident.kind != "incident",
        for_outside=not scene.viewer.may("rescue") or scene.choices.get("outside", "") == "1",
    )
    match kind:
        case "rescue":
            return _list(scene, incident, stamp)
        case "cards":
            return _cards(scene, incident, stamp)
        case "playbook":
            book = scene.building.playbooks.get(scene.choices.get("playbook", ""))
            if book is None and incident is not None:
                book = incident.playbook
            return playbook_card(book, stamp) if book else ""
        case "contacts":
            people = scene.building.people.values()
            return contact_list(people, (), stamp) if scene.viewer.may("phones") else ""
        case "crates":
            return _crates(scene, stamp, origin) if scene.viewer.may("tick") else ""
        case "custody":
            if incident is None or not may_see(scene, incident):
                return ""
            return custody_list(incident, scene.site, stamp, scene.clock)
        case "entry":
            return entry_log(stamp)
    return inventory(stamp) if kind == "inventory" else ""


def _ranking(incident: Incident | None) -> tuple[Ranked, ...]:
    """In the order of work, as the screen shows it."""
    return in_order(incident.plan) if incident is not None and incident.plan is not None else ()


def _numbers(incident: Incident | None) -> dict[str, str]:
    return numbers(incident.plan) if incident is not None and incident.plan is not None else {}


def _list(scene: Scene, incident: Incident | None, stamp: Stamp) -> str:
    """The rescue list, of one zone or whole: in the plan's order during an incident, else by grade and worth."""
    if not may_see(scene, incident):
        return ""
    ranking = _ranking(incident) or tuple(
        Ranked(
            holding=one.id, rank=number, act=one.action, score=one.worth, why=Text("", ""), people=one.people
        )
        for number, one in enumerate(_by_worth(scene), 1)
    )
    holdings = scene.building.holdings
    wanted = scene.choices.get("zone", "")
    if not wanted:
        basis = incident.plan.basis if incident is not None and incident.plan is not None else None
        return rescue_list(
            holdings, scene.building.zones, ranking, stamp, numbers=_numbers(incident), basis=basis
        )
    zone = scene.building.zones.get(wanted)
    return zone_list(zone, holdings, ranking, stamp, _numbers(incident)) if zone else ""


def _cards(scene: Scene, incident: Incident | None, stamp: Stamp) -> str:
    """Grab sheets: of one zone, of the plan, or (without one) of the whole first grade; in the list's order."""
    if not may_see(scene, incident):
        return ""
    zone = scene.choices.get("zone", "")
    order = {one.holding: (place, one.why) for place, one in enumerate(_ranking(incident))}
    chosen = [
        one
        for one in _by_worth(scene)
        if (one.zone == zone if zone else one.id in order if order else one.grade == 1)
    ]
    chosen.sort(key=lambda one: order[one.id][0] if one.id in order else 10**6)
    assembly = scene.building.zones.get(scene.building.assembly)
    why = {name: reason for name, (_, reason) in order.items()}
    place = assembly.name if assembly else Text(scene.building.assembly, scene.building.assembly)
    zones = scene.building.zones
    if not chosen:
        return ""
    return priority_cards(chosen, zones, stamp, assembly=place, why=why, numbers=_numbers(incident))


def _crates(scene: Scene, stamp: Stamp, origin: str) -> str:
    """A sheet of labels. Printed on the machine itself, the code alone is in the QR: a phone could not open
    the address."""
    count = scene.choices.get("count", "")
    series = scene.choices.get("series", "") or "A"
    reachable = urlsplit(origin).hostname or ""

    def address(code: str) -> str:
        if reachable in _NOWHERE:
            return CODE + code
        return f"{origin.rstrip('/')}/rescue?view=arrivals&crate={quote(code)}"

    return crate_labels(codes(series, int(count) if count.isdigit() else 16), address, stamp)


def _by_worth(scene: Scene) -> list[Holding]:
    return sorted(scene.building.holdings.values(), key=lambda one: (one.grade, -one.worth, one.id))
