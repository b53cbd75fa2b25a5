"""All files of a folder as read, before they are held against each other."""

from __future__ import annotations

from msgspec import Struct

from alerts.rule import Rule
from playbooks.rescue.own import OwnRescue
from strongroom.folder.building import House
from strongroom.folder.drills import Script
from strongroom.folder.holdings import Register
from strongroom.folder.people import Staff
from strongroom.folder.plans import Plan
from strongroom.folder.playbooks import Planned
from strongroom.folder.rules import Rulebook
from strongroom.folder.sensors import Instruments


class Facts(Struct, frozen=True, kw_only=True):
    """What each file says, with the places of its parts."""

    house: House
    instruments: Instruments
    rulebook: Rulebook
    standard: dict[str, Rule]  # the product's own rules for these zones and sensors, where none is written
    staff: Staff
    playbooks: dict[str, Planned]
    register: Register
    drills: dict[str, Script]
    rescue: OwnRescue  # rescue.toml, or the defaults where there is none
    plans: dict[str, Plan | None]  # floor -> plan; None: its file cannot be used
