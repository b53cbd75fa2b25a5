"""The planner's problem in numbers: what can be carried from where, by whom, until when; pure.

Only cleared zones get into a problem at all, so no search can plan a trip into another one. Every time is
already stretched (15 % by default: in simulation that removed late exits for a few per cent of value).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from playbooks.model import Crew
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
HALF_MIN = 20.0
"""The chance that a hazard comes at all halves with every so many minutes it needs (planning assumption)."""
UNLIKELY = 0.02
"""Chance for a zone that the hazard is not expected to reach."""
PROSPECT = 3.0
"""Candidates may fill the crews' time this often; more only slows the search (measured: no gain beyond
3)."""
FEWEST = 300
"""So many candidates are kept in any case."""


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
        self.pruned_pace = 0.0  # value per minute of the best candidate left out of the search
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
    ) -> None:
        """Work out the walking; a zone that cannot be reached is infinitely far."""
        self._links = neighbours(building)
        self._blocked = blocked
        self._closes = {zone: at - margin for zone, at in closes.items()}
        found = ways(self._links, assembly, blocked)
        for zone in self.zones:
            minutes, path = found.get(zone, (ANY, ()))
            self.out.append(minutes * self.stretch)
            self.back.append(minutes * self.stretch * LOADED)
            latest = self.budget - minutes * self.stretch * LOADED
            for passed in path:
                way = (minutes - found[passed][0]) * self.stretch * LOADED
                latest = min(latest, self._closes.get(passed, ANY) - way)
            self.leave_by.append(latest)
            self.limit.append(building[zone].people_limit)

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


def likelihood(reach_min: Mapping[str, float]) -> dict[str, float]:
    """Zone -> chance that the hazard gets there: the room where it is comes before the one it may reach later."""
    return {zone: max(UNLIKELY, 0.5 ** (max(0.0, at) / HALF_MIN)) for zone, at in reach_min.items()}


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
    likely: Mapping[str, float],
    prospect: float = PROSPECT,
) -> Problem:
    """The problem for these stakes: only what can be carried at all, and of that only what can be worth it.

    Candidates are taken by value per minute until they would fill the crews' time three times over; the
    rest has no prospect and is left out of the search (the bound still counts it through ``pruned_pace``).
    """
    teams = teams_of(crews)
    wanted = set(cleared) & set(zones)
    open_zones = sorted({one.holding.zone for one in stakes} & wanted)
    problem = Problem(stakes, teams, open_zones, budget_min, stretch)
    problem.lay_ways(zones, assembly, set(blocked) - wanted, closes, margin_min)
    if not teams:
        return problem
    index = {zone: number for number, zone in enumerate(open_zones)}
    strongest = max(team.people for team in teams)
    skills = frozenset(skill for team in teams for skill in team.skills)
    capacity = max(team.capacity for team in teams)
    share = COVER_SHARE.get(threat, 0.0)
    walks = [out + back for out, back in zip(problem.out, problem.back, strict=True)]
    fit: list[tuple[float, float, int]] = []  # value per minute, minutes, stake
    for number, one in enumerate(stakes):
        holding = one.holding
        zone = index.get(holding.zone)
        if zone is None or one.harm == 0 or holding.action == "leave" or holding.people > strongest:
            continue
        if holding.skill and holding.skill not in skills:
            continue
        minutes = holding.carry_min * stretch + walks[zone] * holding.units * holding.unit_kg / capacity
        value = one.value * likely.get(holding.zone, UNLIKELY)
        pace = value / (minutes + 1e-6) if holding.action == "take" else 0.0
        if share and (holding.action == "protect" or holding.cover.zh or holding.cover.en):
            covering = value * share / (COVER_MIN * stretch)
            if covering > pace:
                pace, minutes = covering, COVER_MIN * stretch
        if pace > 0.0 and not math.isinf(walks[zone]):
            fit.append((pace, minutes, number))
    fit.sort(key=lambda entry: (-entry[0], entry[2]))
    spare = prospect * sum(max(0.0, budget_min - team.start) for team in teams)
    for place, (pace, minutes, number) in enumerate(fit):
        spare -= minutes
        if spare < 0 and place >= FEWEST:
            problem.pruned_pace = pace
            break
        one = stakes[number]
        chance = likely.get(one.holding.zone, UNLIKELY)
        for option in _options(number, one, index[one.holding.zone], share, stretch, chance):
            problem.options[option.zone].append(option)
    return problem


def reason_left(problem: Problem, one: Stake) -> Text:
    """Why a holding is in no trip, in one sentence."""
    holding = one.holding
    if one.harm == 0:
        return Text("不受此灾害影响，留在原处", "Not harmed by this hazard: leave it")
    if holding.action == "leave":
        return Text("目录规定留在原处", "The register says leave it in place")
    if holding.zone not in problem.zones:
        return Text("所在区域未放行", "Its zone is not cleared")
    zone = problem.zones.index(holding.zone)
    if math.isinf(problem.out[zone]):
        return Text("没有可走的路线", "There is no open way to its zone")
    strongest = max((team.people for team in problem.teams), default=0)
    if strongest == 0:
        return Text("没有两人以上的小组", "There is no crew of two or more")
    if holding.people > strongest:
        return Text(
            f"需要 {holding.people} 人，最大小组 {strongest} 人：可合组",
            f"Needs {holding.people} people, the largest crew has {strongest}: join crews",
        )
    if holding.skill and not any(holding.skill in team.skills for team in problem.teams):
        return Text(f"需要技能：{holding.skill}", f"Needs the skill: {holding.skill}")
    limit = problem.limit[zone]
    if limit and all(team.people > limit for team in problem.teams):
        return Text(f"该区域限 {limit} 人", f"At most {limit} people may be in its zone")
    earliest = min(team.start for team in problem.teams)
    needed = earliest + problem.out[zone] + holding.carry_min * problem.stretch
    if needed > problem.leave_by[zone]:
        by = max(0.0, problem.leave_by[zone])
        return Text(
            f"来不及：最迟 {by:.0f} 分钟须离开，需要 {needed:.0f} 分钟",
            f"Too late: out by minute {by:.0f}, it takes until {needed:.0f}",
        )
    return Text("时间用于每分钟价值更高的档案", "The time goes to holdings worth more per minute")


def _options(number: int, one: Stake, zone: int, share: float, stretch: float, chance: float) -> list[Option]:
    holding, worth = one.holding, one.value * chance
    found: list[Option] = []
    if holding.action == "take":
        kg = holding.units * holding.unit_kg
        shelf = holding.carry_min * stretch
        found.append(Option(number, zone, "take", worth, shelf, kg, holding.people, holding.skill))
    if share and (holding.cover.zh or holding.cover.en or holding.action == "protect"):
        people = min(2, holding.people)
        value, shelf = worth * share, COVER_MIN * stretch
        found.append(Option(number, zone, "protect", value, shelf, 0.0, people, holding.skill))
    return found
