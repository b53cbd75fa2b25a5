"""The nouns of response: holdings, plans, incidents, rescue plans, drills.

Times are Unix seconds UTC (``_at``); durations seconds (``_s``) or minutes (``_min``); masses kg.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from playbooks.items import ItemState
from sensors.model import Text

# --- holdings ------------------------------------------------------------------------------------------


class Copy(Struct, frozen=True, kw_only=True):
    """A copy: medium (microfilm, digital, paper …), place, distance, last read test (ISO date)."""

    medium: str
    place: str = ""
    distance_km: float = 0.0
    last_read_test: str = ""


class Holding(Struct, frozen=True, kw_only=True):
    """A key holding. ``grade`` 1 (rescue first) to 3; ``worth`` 0..100; ``weak_to`` hazard -> 0..3.

    ``units`` containers of ``unit_kg`` each; ``people`` needed per carry; ``carry_min`` minutes at the
    shelf (take down, pack, secure), walking not included. ``secrecy`` "" | 机密 words kept as the
    operator's.
    """

    id: str
    title: str
    zone: str
    place: str
    grade: int
    worth: float
    form: str
    weak_to: dict[str, int]
    units: int = 1
    unit_kg: float = 5.0
    people: int = 1
    carry_min: float = 2.0
    tools: str = ""
    handling: Text = Text("", "")
    cover: Text = Text("", "")
    copies: tuple[Copy, ...] = ()
    to: str = ""
    photo: str = ""
    checked_on: str = ""
    secrecy: str = ""
    action: Literal["take", "protect", "leave"] = "take"
    irreplaceable: bool = False
    extra: dict[str, str] = {}
    materials: tuple[str, ...] = ()  # names of playbooks.holdings.materials, besides the form's own
    unit_wet_kg: float | None = None  # a soaked container; None: estimated from the material
    size_cm: tuple[float, float, float] | None = None  # one container: length, width, height
    keys: str = ""  # key, code or seal needed to reach it
    category: str = ""  # "catalogue", "vital", "loan" or the operator's word
    skill: str = ""  # a skill somebody of the crew must have


# --- plans ---------------------------------------------------------------------------------------------

Threat = Literal["fire", "water", "intrusion", "power", "climate", "structure", "gas"]


class Branch(Struct, frozen=True, kw_only=True):
    """An answer to an ask-step and the step it leads to. ``answer`` ``unknown`` must exist in every ask."""

    answer: str
    label: Text
    to: str


class Step(Struct, frozen=True, kw_only=True):
    """One act. ``who`` is a role. ``within_s`` target counted from opening; ``after`` must be done first;
    ``ask-step=answer`` in it makes the step needed for that answer only.

    Kinds: do (tick), ask (choose a branch), confirm (a second name), call (outside number with script),
    rescue (the rescue list), hold (a hold point: nothing after it in ``zones`` starts before release).
    """

    id: str
    do: Text
    who: str
    within_s: float = 0.0
    kind: Literal["do", "ask", "confirm", "call", "rescue", "hold"] = "do"
    branches: tuple[Branch, ...] = ()
    after: tuple[str, ...] = ()
    required: bool = True
    by_heart: bool = False
    stage: str = ""
    released_by: tuple[str, ...] = ()
    why: Text = Text("", "")
    drill_note: Text = Text("", "")
    zones: tuple[str, ...] = ()  # a hold keeps these zones closed; empty: every zone of the incident


class Playbook(Struct, frozen=True, kw_only=True):
    """One plan. ``threat`` selects the triage table; ``stop_when`` says when to leave at once."""

    id: str
    title: Text
    threat: str
    steps: tuple[Step, ...]
    stop_when: Text
    roles: dict[str, tuple[str, ...]] = {}  # role -> substitutes in order
    revision: str = ""
    review_by: str = ""


# --- incidents -----------------------------------------------------------------------------------------


class StepState(Struct, frozen=True, kw_only=True):
    """Where a step stands: waiting (something before it is open), ready, done, skipped."""

    state: Literal["waiting", "ready", "done", "skipped"]
    by: str = ""
    second: str = ""
    at: float = 0.0
    answer: str = ""
    note: str = ""
    late: bool = False  # its time ran out while it was open, and that was said


class Access(Struct, frozen=True, kw_only=True):
    """Whether people may enter a zone. Closed until a named person clears it; re-arms on new evidence."""

    state: Literal["closed", "cleared"]
    by: str = ""
    at: float = 0.0
    reason: str = ""
    cleared_at: float | None = None  # when it was last cleared; kept when it is closed again


class Presence(Struct, frozen=True, kw_only=True):
    """Somebody in a zone; ``out_at`` None while inside."""

    person: str
    zone: str
    in_at: float
    out_at: float | None = None
    party: tuple[str, ...] = ()
    warned: bool = False  # told that the time inside is over


class Crew(Struct, frozen=True, kw_only=True):
    """People who carry together. ``arrives_min`` counts from the plan's making, ``capacity_kg`` per
    carry."""

    id: str
    people: int
    arrives_min: float = 0.0
    capacity_kg: float = 0.0  # 0: 15 kg a person
    skills: tuple[str, ...] = ()


class Trip(Struct, frozen=True, kw_only=True):
    """One carry by one crew: start and end in minutes from the plan's making."""

    crew: str
    zone: str
    holdings: tuple[str, ...]
    people: int
    from_min: float
    minutes: float
    kg: float
    act: Literal["take", "protect"] = "take"
    covered: tuple[str, ...] = ()  # those of ``holdings`` that are protected in place, not carried
    carries: int = 1  # ways to the assembly point and back that the trip needs
    via: tuple[str, ...] = ()  # every zone it works in, in order
    leave_by_min: float | None = None  # latest moment to leave its last zone, from the plan's making
    way_in: tuple[
        str, ...
    ] = ()  # zones passed from the assembly point to the first room; empty: the shortest way
    way_out: tuple[
        str, ...
    ] = ()  # zones passed from the last room to the assembly point; empty: the shortest way


class Left(Struct, frozen=True):
    """A holding the plan leaves, and why."""

    holding: str
    why: Text


class Ranked(Struct, frozen=True, kw_only=True):
    """A holding in rank order with the one sentence that explains its place."""

    holding: str
    rank: int
    act: Literal["take", "protect", "leave"]
    score: float
    why: Text
    minutes: float = 0.0
    people: int = 1


class RescuePlan(Struct, frozen=True, kw_only=True):
    """What to carry in which order. ``basis`` says in words what it rests on; never an uncleared zone."""

    made_at: float
    basis: Text
    threat: str
    cleared: tuple[str, ...]
    people: int
    budget_min: float
    ranking: tuple[Ranked, ...]
    trips: tuple[Trip, ...]
    left: tuple[Left, ...]
    folder_revision: str = ""
    drill: str = ""
    crews: tuple[Crew, ...] = ()
    value: float = 0.0  # value saved by the trips, in units of one grade 3 holding of middling worth
    bound: float = 0.0  # no plan whatever can save more than this
    listed: int = 0  # holdings at stake; ``ranking`` and ``left`` may be cut to the first of them
    undried: tuple[str, ...] = ()  # carried out wet beyond what can be frozen or dried in time


class Note(Struct, frozen=True):
    """A line of the incident's timeline written by a person."""

    by: str
    at: float
    words: str


class Incident(Struct, frozen=True, kw_only=True):
    """A run of a playbook. ``kind`` is fixed at opening. ``plan`` is the accepted one, ``proposed``
    waits."""

    id: str
    reference: str
    kind: Literal["incident", "drill", "tabletop"]
    threat: str
    zones: tuple[str, ...]
    alarms: tuple[str, ...]
    level: int  # 1 (highest) .. 4
    opened_at: float
    opened_by: str
    playbook: Playbook
    state: Literal["open", "contained", "recovering", "closed"] = "open"
    steps: dict[str, StepState] = {}
    added: tuple[Step, ...] = ()
    roles: dict[str, str] = {}
    access: dict[str, Access] = {}
    inside: tuple[Presence, ...] = ()
    people: int = 2
    budget_min: float = 20.0
    plan: RescuePlan | None = None
    proposed: RescuePlan | None = None
    items: dict[str, ItemState] = {}
    notes: tuple[Note, ...] = ()
    everyone_out_at: float | None = None
    closed_at: float | None = None
    closed_by: str = ""
    closed_note: str = ""
    parent: str = ""
    drill: str = ""
    suspended: bool = False
    crews: tuple[Crew, ...] = ()  # named crews; empty: made up from ``people``
    sources: dict[str, Literal["active", "normal", "unknown"]] = {}  # alarm -> how its source stands
    sortie_min: float = (
        20.0  # longest stay inside before a warning; the commander's figure where there is one
    )
    level_reason: Text = Text("", "")
    budget_at: float | None = None  # since when ``budget_min`` runs; None: not yet
    crews_at: float | None = None  # when ``crews`` was said: their ``arrives_min`` count from then


class IncidentEvent(Struct, frozen=True, kw_only=True):
    """Something happened to an incident; ``incident`` is how it stands afterwards.

    ``kind``: incident.opened, incident.joined, incident.level, incident.step, incident.role,
    incident.zone_cleared, incident.zone_closed, incident.in, incident.out, incident.everyone_out,
    incident.item, incident.proposed, incident.accepted, incident.note, incident.state, incident.closed,
    incident.suspended, incident.crew, incident.source, incident.overtime, incident.late,
    incident.planned (the first plan, or the first with trips, is taken at once), incident.moved,
    incident.treated, incident.returned, incident.wet_clock.
    """

    kind: str
    incident: Incident
    at: float
    by: str = "system"
    reason: Text = Text("", "")


# --- drills --------------------------------------------------------------------------------------------


class Play(Struct, frozen=True, kw_only=True):
    """Something that happens at ``at_s`` of the drill clock: a sensor value, or a person's act in words."""

    at_s: float
    sensor: str = ""
    value: str | float | None = None
    person: str = ""
    does: str = ""  # "acknowledge RULE", "step ID", "clear ZONE" …
    every_s: float = 0.0
    until_s: float = 0.0


class Expect(Struct, frozen=True, kw_only=True):
    """What must be true at ``at_s``; exactly one of the references is set."""

    at_s: float
    alarm: str = ""
    zone: str = ""
    state: str = ""
    told: str = ""
    incident: str = ""
    step: str = ""
    points: float = 1.0
    absent: bool = False


class Drill(Struct, frozen=True, kw_only=True):
    """A rehearsal script. Mode test (CI), table (at a desk), live (real messages marked as drill)."""

    id: str
    title: Text
    mode: Literal["test", "table", "live"]
    script: tuple[Play, ...]
    expect: tuple[Expect, ...]
    announce: Text = Text("", "")
    objectives: tuple[Text, ...] = ()
    starts: str = "10:00"  # wall time of the rehearsal
