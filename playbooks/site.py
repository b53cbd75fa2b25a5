"""What the pure steps of an incident may know of the building: zones, holdings, people, and who may do
what."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from alerts.model import Person
from playbooks.model import Holding, Incident
from sensors.model import Text, Zone

COMMAND = ("coordinator", "commander", "director", "leader")
"""Roles that head an incident: they may sign an override, add steps outside the plan, skip required ones."""
RELEASERS = (*COMMAND, "safety", "fire-liaison", "fire-commander")
"""Roles that may release a zone where the plan names no others (DA/T 84-2019: people first, then
records)."""


class Site(Struct, frozen=True):
    """The building as an incident sees it. ``assembly`` is the zone where rescued holdings go."""

    zones: Mapping[str, Zone]
    holdings: Mapping[str, Holding]
    people: Mapping[str, Person]
    assembly: str = ""
    folder_revision: str = ""

    def roles(self, person: str, incident: Incident | None = None) -> frozenset[str]:
        """Every role a person has by roster or has taken in this incident; none for strangers."""
        known = self.people.get(person)
        if known is None:
            return frozenset()
        taken = (role for role, holder in incident.roles.items() if holder == person) if incident else ()
        return frozenset((*known.roles, *taken))

    def zone_name(self, zone: str) -> Text:
        """The zone's name, or its id where it is not known."""
        found = self.zones.get(zone)
        return found.name if found else Text(zone, zone)

    def person_name(self, person: str) -> Text:
        """The person's name, or the id as it was typed."""
        found = self.people.get(person)
        return found.name if found else Text(person, person)

    def neighbours(self, zone: str) -> tuple[str, ...]:
        """The zone with all others of its fire compartment."""
        here = self.zones.get(zone)
        if here is None or not here.compartment:
            return (zone,)
        return (
            zone,
            *(z.id for z in self.zones.values() if z.compartment == here.compartment and z.id != zone),
        )


def listed(words: tuple[str, ...]) -> str:
    """Words joined for a sentence."""
    return ", ".join(words)
