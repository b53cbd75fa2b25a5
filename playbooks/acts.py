"""What people do to an incident, as data. Each is one act of one named person."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from playbooks.items import Treatment
from playbooks.model import Crew, Step


class OpenIncident(Struct, frozen=True, kw_only=True, tag="incident.open"):
    """Open by hand."""

    playbook: str
    zones: tuple[str, ...]
    note: str = ""
    kind: Literal["incident", "drill", "tabletop"] = "incident"
    drill: str = ""


class StepDone(Struct, frozen=True, kw_only=True, tag="incident.step_done"):
    """Tick a step; ``answer`` for an ask, ``second`` the second name for a confirm."""

    incident: str
    step: str
    answer: str = ""
    second: str = ""
    note: str = ""


class StepUndone(Struct, frozen=True, kw_only=True, tag="incident.step_undone"):
    """Take a tick back, with a reason."""

    incident: str
    step: str
    note: str


class StepSkipped(Struct, frozen=True, kw_only=True, tag="incident.step_skipped"):
    """Skip a step, with a reason."""

    incident: str
    step: str
    note: str


class AddStep(Struct, frozen=True, kw_only=True, tag="incident.add_step"):
    """The commander adds a step outside the plan."""

    incident: str
    step: Step


class TakeRole(Struct, frozen=True, kw_only=True, tag="incident.take_role"):
    """Take a role in this incident. Taking it over needs ``confirmed``: the summary was shown and read."""

    incident: str
    role: str
    confirmed: bool = False


class ClearZone(Struct, frozen=True, kw_only=True, tag="incident.clear_zone"):
    """Release the hold on a zone: people may enter. Needs a reason."""

    incident: str
    zone: str
    reason: str


class CloseZone(Struct, frozen=True, kw_only=True, tag="incident.close_zone"):
    """Nobody may enter any more."""

    incident: str
    zone: str
    reason: str


class GoIn(Struct, frozen=True, kw_only=True, tag="incident.go_in"):
    """Persons enter a zone together."""

    incident: str
    zone: str
    persons: tuple[str, ...]


class ComeOut(Struct, frozen=True, kw_only=True, tag="incident.come_out"):
    """A person leaves a zone."""

    incident: str
    zone: str
    person: str


class EveryoneOut(Struct, frozen=True, kw_only=True, tag="incident.everyone_out"):
    """Withdraw at once: closes every zone and freezes the plan."""

    incident: str


class Item(Struct, frozen=True, kw_only=True, tag="incident.item"):
    """Mark a holding out, arrived, covered or cannot.

    ``at`` real time and ``who`` real doer of an entry taken from paper; ``was`` the state the person saw when
    they ticked: where somebody else was quicker, the tick is told so and changes nothing.
    """

    incident: str
    holding: str
    state: Literal["waiting", "out", "arrived", "covered", "cannot"]
    note: str = ""
    to: str = ""
    wet: bool = False
    at: float | None = None
    received_by: str = ""
    condition: str = ""
    was: str = ""
    crate: str = ""
    who: str = ""
    wet_at: float | None = None


class Move(Struct, frozen=True, kw_only=True, tag="incident.move"):
    """Hand holdings, or everything in a crate, on to a place and a receiver: assembly point, freezer, store."""

    incident: str
    to: str
    holdings: tuple[str, ...] = ()
    crate: str = ""
    received_by: str = ""
    condition: str = ""
    note: str = ""
    at: float | None = None
    who: str = ""


class Treat(Struct, frozen=True, kw_only=True, tag="incident.treat"):
    """Record what is done to wet holdings. ``moisture_pct`` as the meter shows it, for ``dry``."""

    incident: str
    what: Treatment
    holdings: tuple[str, ...] = ()
    crate: str = ""
    note: str = ""
    moisture_pct: float | None = None
    at: float | None = None
    who: str = ""


class GiveBack(Struct, frozen=True, kw_only=True, tag="incident.give_back"):
    """Holdings are back on the shelf, or uncovered where they stayed. ``place`` where it is a new one."""

    incident: str
    holdings: tuple[str, ...] = ()
    crate: str = ""
    place: str = ""
    condition: str = ""
    note: str = ""
    at: float | None = None
    who: str = ""


class SetCrew(Struct, frozen=True, kw_only=True, tag="incident.set_crew"):
    """How many people can carry and for how long; leads to a proposed plan."""

    incident: str
    people: int
    budget_min: float
    crews: tuple[Crew, ...] = ()


class AcceptPlan(Struct, frozen=True, kw_only=True, tag="incident.accept_plan"):
    """The proposed plan becomes the plan."""

    incident: str


class Say(Struct, frozen=True, kw_only=True, tag="incident.say"):
    """A line for the timeline."""

    incident: str
    words: str


class Advance(Struct, frozen=True, kw_only=True, tag="incident.advance"):
    """Contained, recovering."""

    incident: str
    state: Literal["contained", "recovering", "open"]
    note: str = ""


class CloseIncident(Struct, frozen=True, kw_only=True, tag="incident.close"):
    """Close. Refused while required steps are open or the source is not normal, unless ``override``."""

    incident: str
    note: str = ""
    override: bool = False


IncidentAct = (
    OpenIncident
    | StepDone
    | StepUndone
    | StepSkipped
    | AddStep
    | TakeRole
    | ClearZone
    | CloseZone
    | GoIn
    | ComeOut
    | EveryoneOut
    | Item
    | Move
    | Treat
    | GiveBack
    | SetCrew
    | AcceptPlan
    | Say
    | Advance
    | CloseIncident
)
