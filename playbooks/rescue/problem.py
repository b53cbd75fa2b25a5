"""The planner's problem in numbers: what can be carried from where, by whom, until when; pure.

Only cleared zones get into a problem at all, so no search can plan a trip into another one. Every time is
already stretched (15 % by default: in simulation that removed late exits for a few per cent of value).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from playbooks.model import Crew, Left
from playbooks.rescue.spread import neighbours, ways
from playbooks.triage import Stake
from sensors.model import Text, Zone

LOADED = 1.5
"""Walking with a load takes this much longer than empty-handed (planning assumption)."""
PERSON_KG = 15.0
"""Load per person for planning (health-at-work guides allow 25 / 16 kg at the waist; long carries need
less)."""
COVER_SHARE = {"water": 0.8, "structure": 0.4, "fire": 0.3}
"""Part of a holding's value that covering it in place saves (planning assumption)."""
COVER_MIN = 1.5
"""Minutes to cover one holding at its shelf, hands already there (planning assumption)."""
ANY = math.inf


class Option(Struct, frozen=True, gc=False):
    """One way to save one holding: take it out (``kg`` > 0) or cover it. Times in stretched minutes."""

    holding: int  # index into Problem.stakes
    zone: int  # index into Problem.zones
    act: Literal["take", "protect"]
    value: float
    shelf: float
    kg: float
    people: int
    skill: str


class Team(Struct, frozen=True, gc=False):
    """A crew in the problem's numbers."""

    id: str
    people: int
    start: float
    capacity: float
    skills: frozenset[str]


class Problem:
    """Everything a search needs. Zone 0.. are the cleared zones that hold something; times in stretched
    minutes.

    ``out[z]`` minutes from the assembly point, ``back[z]`` the loaded way back, ``leave_by[z]`` the latest
    moment to leave the zone so that it and every zone on the way back are passed before they close, minus
    the margin.
    """

    def __init__(
        self,
        stakes: Sequence[Stake],
        teams: Sequence[Team],
        zones: Sequence[str],
        budget: float,
        stretch: float,
    ) -> None:
        self.stakes = stakes
        self.teams = teams
        self.zones = zones
        self.budget = budget
        self.stretch = stretch
        self.out: list[float] = []
        self.back: list[float] = []
        self.leave_by: list[float] = []
        self.limit: list[int] = []
        self.options: list[list[Option]] = [[] for _ in zones]
        self._links: Mapping[str, Mapping[str, float]] = {}
        self._closes: Mapping[str, float] = {}
        self._blocked: Collection[str] = ()
        self._between: dict[int, list[tuple[int, float, float]]] = {}

    def lay_ways(
        self,
        building: Mapping[str, Zone],
        assembly: str,
        blocked: Collection[str],
        closes: Mapping[str, float],
        margin: float,
    ) -> list[str]:
        """Work out the walking; returns the zones that cannot be reached."""
        self._links = neighbours(building)
        self._blocked = blocked
        self._closes = {zone: at - margin for zone, at in closes.items()}
        found = ways(self._links, assembly, blocked)
        lost = []
        for zone in self.zones:
            minutes, path = found.get(zone, (ANY, ()))
            if minutes == ANY:
                lost.append(zone)
            self.out.append(minutes * self.stretch)
            self.back.append(minutes * self.stretch * LOADED)
            latest = self.budget - minutes * self.stretch * LOADED
            for passed in path:
                way = (minutes - found[passed][0]) * self.stretch * LOADED
                latest = min(latest, self._closes.get(passed, ANY) - way)
            self.leave_by.append(latest)
            self.limit.append(building[zone].people_limit)
        return lost

    def between(self, zone: int) -> list[tuple[int, float, float]]:
        """The nearest other zones: (zone, loaded minutes from here, latest moment to set out); nearest
        first."""
        if zone not in self._between:
            found = ways(self._links, self.zones[zone], self._blocked)
            index = {name: number for number, name in enumerate(self.zones)}
            near = []
            for name, (minutes, path) in found.items():
                other = index.get(name)
                if other is None or other == zone or math.isinf(self.out[other]):
                    continue
                latest = min(
                    self._closes.get(passed, ANY) - found[passed][0] * self.stretch * LOADED
                    for passed in path
                )
                near.append((other, minutes * self.stretch * LOADED, latest))
            near.sort(key=lambda entry: (entry[1], entry[0]))
            self._between[zone] = near[:6]
        return self._between[zone]

    def can(self, team: Team, option: Option) -> bool:
        """Whether that crew has the hands, the skill and the place for it."""
        limit = self.limit[option.zone]
        return (
            option.people <= team.people
            and (not option.skill or option.skill in team.skills)
            and not (limit and team.people > limit)
        )

    def carries(self, team: Team, option: Option) -> int:
        """How often the way must be walked for one holding: one, unless it is heavier than one carry."""
        return max(1, math.ceil(option.kg / team.capacity - 1e-9)) if option.kg > 0 else 1


def teams_of(crews: Sequence[Crew]) -> list[Team]:
    """Crews of two or more; a single person is no crew (two-person rule)."""
    return [
        Team(
            c.id,
            c.people,
            max(0.0, c.arrives_min),
            c.capacity_kg or c.people * PERSON_KG,
            frozenset(c.skills),
        )
        for c in crews
        if c.people >= 2
    ]


def crews_from(people: int) -> tuple[Crew, ...]:
    """Crews of two made from a number of people; an odd one joins the first."""
    pairs = people // 2
    return tuple(Crew(id=f"{n + 1}", people=2 + (people % 2 if n == 0 else 0)) for n in range(pairs))


def pose(
    stakes: Sequence[Stake],
    *,
    threat: str,
    zones: Mapping[str, Zone],
    assembly: str,
    cleared: Collection[str],
    blocked: Collection[str],
    closes: Mapping[str, float],
    crews: Sequence[Crew],
    budget_min: float,
    margin_min: float,
    stretch: float,
) -> tuple[Problem, list[Left]]:
    """The problem for these stakes, and those that cannot be in it with the reason."""
    teams = teams_of(crews)
    open_zones = sorted({s.holding.zone for s in stakes} & set(cleared) & set(zones))
    problem = Problem(stakes, teams, open_zones, budget_min, stretch)
    no_way = set(problem.lay_ways(zones, assembly, set(blocked) - set(cleared), closes, margin_min))
    index = {zone: number for number, zone in enumerate(open_zones)}
    strongest = max((team.people for team in teams), default=0)
    skills = frozenset(skill for team in teams for skill in team.skills)
    left: list[Left] = []
    for number, one in enumerate(stakes):
        why = _outside(one, index, no_way, strongest, skills)
        if why is not None:
            left.append(Left(one.holding.id, why))
            continue
        for option in _options(number, one, index[one.holding.zone], threat, stretch):
            problem.options[option.zone].append(option)
    return problem, left


def _outside(
    one: Stake, index: Mapping[str, int], no_way: Collection[str], strongest: int, skills: frozenset[str]
) -> Text | None:
    holding = one.holding
    if one.harm == 0:
        return Text("不受此灾害影响，留在原处", "Not harmed by this hazard: leave it")
    if holding.action == "leave":
        return Text("目录规定留在原处", "The register says leave it in place")
    if holding.zone not in index:
        return Text("所在区域未放行", "Its zone is not cleared")
    if holding.zone in no_way:
        return Text("没有可走的路线", "There is no open way to its zone")
    if strongest == 0:
        return Text("没有两人以上的小组", "There is no crew of two or more")
    if holding.people > strongest:
        return Text(
            f"需要 {holding.people} 人，最大小组 {strongest} 人：可合组",
            f"Needs {holding.people} people, the largest crew has {strongest}: join crews",
        )
    if holding.skill and holding.skill not in skills:
        return Text(f"需要技能：{holding.skill}", f"Needs the skill: {holding.skill}")
    return None


def _options(number: int, one: Stake, zone: int, threat: str, stretch: float) -> list[Option]:
    holding = one.holding
    found: list[Option] = []
    coverable = bool(holding.cover.zh or holding.cover.en)
    share = COVER_SHARE.get(threat, 0.0)
    if holding.action == "take":
        kg = holding.units * holding.unit_kg
        found.append(
            Option(
                number,
                zone,
                "take",
                one.value,
                holding.carry_min * stretch,
                kg,
                holding.people,
                holding.skill,
            )
        )
    if share and (coverable or holding.action == "protect"):
        people = min(2, holding.people)
        found.append(
            Option(
                number, zone, "protect", one.value * share, COVER_MIN * stretch, 0.0, people, holding.skill
            )
        )
    return found
