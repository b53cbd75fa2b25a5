"""The planner's problem in numbers: what can be carried from where, by whom, until when; pure.

Only cleared zones get into a problem at all, so no search can plan a trip into another one. Every time is
already stretched (15 % by default: in simulation that removed late exits for a few per cent of value).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from playbooks.holdings.materials import most_delicate
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
UNDRIED = 0.3
"""Part of its value that a soaked holding keeps when nobody can freeze or dry it in time (planning assumption)."""
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


class Near(Struct, frozen=True, gc=False):
    """The way on to another zone: minutes empty-handed, and the latest moments to set out, loaded and not."""

    zone: int
    minutes: float
    latest: float
    latest_free: float


class Problem:
    """Everything a search needs. Zone 0.. are the cleared zones with candidates; times in stretched minutes.

    ``out[z]`` minutes from the assembly point, ``back[z]`` the loaded way back (empty-handed it takes
    ``out[z]``). ``leave_by[z]`` is the latest moment to leave the zone with a load so that it and every zone on
    the way back are passed before they close, minus the margin; ``leave_free[z]`` the same empty-handed.
    """

    def __init__(
        self,
        stakes: Sequence[Stake],
        teams: Sequence[Team],
        budget: float,
        walk: float,
        shelf: float,
    ) -> None:
        self.stakes = stakes
        self.teams = teams
        self.budget = budget
        self.walk = walk
        """What the building's walking times are multiplied by: the site's own pace and the stretch."""
        self.shelf = shelf
        """The same for minutes at the shelf."""
        self.cover_share = 0.0
        """Part of a holding's value that covering it in place saves."""
        self.undried: frozenset[int] = frozenset()
        """Stakes that would be carried out wet beyond what can be dried afterwards."""
        self.zones: list[str] = []
        self.cleared: frozenset[str] = frozenset()
        self.out: list[float] = []
        self.back: list[float] = []
        self.leave_by: list[float] = []
        self.leave_free: list[float] = []
        self.limit: list[int] = []
        self.door: dict[str, float] = {}
        """Cleared zone -> least minutes that going in and out again takes, shared with no other zone's walks."""
        self.pruned_pace = 0.0
        """Value per minute of the best candidate left out of the search."""
        self.pruned: Sequence[tuple[float, int, float]] = ()
        self.options: list[list[Option]] = []
        self._building: Mapping[str, Zone] = {}
        self._found: Mapping[str, tuple[float, tuple[str, ...]]] = {}
        self._links: Mapping[str, Mapping[str, float]] = {}
        self._closes: Mapping[str, float] = {}
        self._blocked: Collection[str] = ()
        self._assembly = ""
        self._between: dict[int, list[Near]] = {}

    def lay_ways(
        self,
        building: Mapping[str, Zone],
        assembly: str,
        blocked: Collection[str],
        closes: Mapping[str, float],
        margin: float,
    ) -> None:
        """Work out the walking from the assembly point; :meth:`enter` takes the zones in."""
        self._building = building
        self._assembly = assembly
        self._links = neighbours(building)
        self._blocked = blocked
        self._closes = {zone: at - margin for zone, at in closes.items()}
        self._found = ways(self._links, assembly, blocked)
        for zone in self.cleared:
            # A door between two cleared rooms serves both: each may count on half of it.
            doors = self._links.get(zone, {}).items()
            steps = (walk * (0.5 if there in self.cleared else 1.0) for there, walk in doors)
            self.door[zone] = 2.0 * self.walk * min(steps, default=0.0)

    def minutes_to(self, zone: str) -> float:
        """Stretched minutes from the assembly point, empty-handed; infinite where no way is open."""
        return self._found.get(zone, (ANY, ()))[0] * self.walk

    def people_limit(self, zone: str) -> int:
        """How many people may be in a zone at once; 0: no limit is given."""
        return self._building[zone].people_limit

    def latest(self, zone: str, loaded: bool = True) -> float:
        """The latest moment to leave a zone for the assembly point."""
        minutes, path = self._found.get(zone, (ANY, ()))
        pace = self.walk * (LOADED if loaded else 1.0)
        latest = self.budget - minutes * pace
        for passed in path:
            latest = min(latest, self._closes.get(passed, ANY) - (minutes - self._found[passed][0]) * pace)
        return latest

    def enter(self, zones: Sequence[str]) -> None:
        """Take these zones into the problem, in this order."""
        self.zones = list(zones)
        self.options = [[] for _ in zones]
        for zone in zones:
            minutes = self.minutes_to(zone)
            self.out.append(minutes)
            self.back.append(minutes * LOADED)
            self.leave_by.append(self.latest(zone))
            self.leave_free.append(self.latest(zone, loaded=False))
            self.limit.append(self._building[zone].people_limit)

    def trunks(self) -> dict[str, float]:
        """Zone -> least minutes from the assembly point, the doors of the cleared zones taken off every way."""
        sides = {zone: door / (2.0 * self.walk) for zone, door in self.door.items()}
        links = {
            zone: {
                there: max(0.0, walk - sides.get(zone, 0.0) - sides.get(there, 0.0))
                for there, walk in doors.items()
            }
            for zone, doors in self._links.items()
        }
        found = ways(links, self._assembly, self._blocked)
        return {zone: minutes * self.walk for zone, (minutes, _) in found.items()}

    def between(self, zone: int) -> list[Near]:
        """The six nearest other zones, nearest first."""
        if zone not in self._between:
            found = ways(self._links, self.zones[zone], self._blocked)
            near = []
            for other, name in enumerate(self.zones):
                if other == zone or name not in found:
                    continue
                minutes, path = found[name]
                latest = free = ANY
                for passed in path:
                    closes = self._closes.get(passed)
                    if closes is not None:
                        way = found[passed][0] * self.walk
                        latest, free = min(latest, closes - way * LOADED), min(free, closes - way)
                near.append(Near(other, minutes * self.walk, latest, free))
            near.sort(key=lambda entry: (entry.minutes, entry.zone))
            self._between[zone] = near[:6]
        return self._between[zone]

    def hands(self, team: Team, zone: int) -> int:
        """How many of a crew may work in a zone at once: the others wait at its door."""
        limit = self.limit[zone]
        return min(team.people, limit) if limit else team.people

    def load(self, team: Team, zone: int) -> float:
        """What those who may go in carry in one go (kg)."""
        return team.capacity * self.hands(team, zone) / team.people

    def can(self, team: Team, option: Option) -> bool:
        """Whether that crew has the hands, the skill and the place for it; nobody goes in alone."""
        hands = self.hands(team, option.zone)
        return hands >= 2 and option.people <= hands and (not option.skill or option.skill in team.skills)

    def carries(self, team: Team, option: Option) -> int:
        """How often the way must be walked for one holding: one, unless it is heavier than one carry."""
        return max(1, math.ceil(option.kg / self.load(team, option.zone) - 1e-9)) if option.kg > 0 else 1


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
    walk: float = 1.0,
    shelf: float = 1.0,
    dry_kg: float | None = None,
) -> Problem:
    """The problem for these stakes: only what can be carried at all, and of that only what can be worth it.

    Candidates are taken by value per minute until they would fill the crews' time three times over; the
    rest has no prospect and is left out of the search (the bound still counts it through ``pruned_pace``).
    """
    teams = teams_of(crews)
    wanted = set(cleared) & set(zones)
    problem = Problem(stakes, teams, budget_min, stretch * walk, stretch * shelf)
    problem.cleared = frozenset(wanted)
    problem.lay_ways(zones, assembly, set(blocked) - wanted, closes, margin_min)
    if not teams:
        return problem
    strongest = max(team.people for team in teams)
    skills = frozenset(skill for team in teams for skill in team.skills)
    capacity = max(team.capacity for team in teams)
    share = problem.cover_share = COVER_SHARE.get(threat, 0.0)
    covering = COVER_MIN * problem.shelf
    facts = {  # zone -> (chance, minutes of walk per kg)
        zone: (likely.get(zone, UNLIKELY), problem.minutes_to(zone) * (1.0 + LOADED) / capacity)
        for zone in wanted
        if not math.isinf(problem.minutes_to(zone))
    }
    strong, sheets, work = strongest, covering if share else 0.0, problem.shelf
    fit: list[tuple[float, int, float]] = []  # less value per minute last, stake, minutes
    for number, one in enumerate(stakes):
        holding = one.holding
        fact = facts.get(holding.zone)
        if fact is None or not one.harm or holding.people > strong:
            continue
        skill = holding.skill
        if skill and skill not in skills:
            continue
        action, value = holding.action, one.value * fact[0]
        if action == "take":
            minutes = holding.carry_min * work + fact[1] * one.kg + 1e-6
            if sheets and one.sheet and share * minutes > sheets:
                fit.append((-value * share / sheets, number, sheets))
            else:
                fit.append((-value / minutes, number, minutes))
        elif sheets and action == "protect":
            fit.append((-value * share / sheets, number, sheets))
    fit.sort()
    spare = prospect * sum(max(0.0, budget_min - team.start) for team in teams)
    kept: list[int] = []
    for place, (pace, number, minutes) in enumerate(fit):
        spare -= minutes
        if spare < 0 and place >= FEWEST:
            problem.pruned_pace, problem.pruned = -pace, fit[place:]
            break
        kept.append(number)
    problem.enter(sorted({stakes[number].holding.zone for number in kept}))
    if threat == "water" and dry_kg is not None:
        problem.undried = beyond_drying(
            stakes, kept, dry_kg, {zone for zone in wanted if likely.get(zone, 0.0) >= 1.0}
        )
    index = {zone: number for number, zone in enumerate(problem.zones)}
    for number in kept:
        one = stakes[number]
        zone = one.holding.zone
        for option in _options(problem, number, index[zone], share, facts[zone][0]):
            problem.options[option.zone].append(option)
    return problem


def beyond_drying(
    stakes: Sequence[Stake], candidates: Sequence[int], dry_kg: float, wet_zones: Collection[str]
) -> frozenset[int]:
    """Candidates in zones where the water is already that could not be frozen or dried in time afterwards.

    The capacity goes to the best value per wet kilogram. What is covered in place needs none.
    """
    soaked = [number for number in candidates if stakes[number].holding.zone in wet_zones]
    soaked.sort(key=lambda number: (-stakes[number].value / max(0.01, wet_kg(stakes[number])), number))
    beyond = set[int]()
    for number in soaked:
        if wet_kg(stakes[number]) <= dry_kg + 1e-9:
            dry_kg -= wet_kg(stakes[number])
        else:
            beyond.add(number)
    return frozenset(beyond)


def wet_kg(one: Stake) -> float:
    """What a holding weighs soaked: the register's figure, else its material's."""
    holding = one.holding
    if holding.unit_wet_kg is not None:
        return holding.units * holding.unit_wet_kg
    return one.kg * (1.0 + most_delicate(holding.form, holding.materials).soak)


def reachable(problem: Problem, one: Stake, threat: str) -> bool:
    """Whether a crew that is there at the start, with people, skill and strength enough, could save it in time."""
    holding = one.holding
    if holding.action == "leave" or holding.zone not in problem.cleared:
        return False
    out, limit = problem.minutes_to(holding.zone), problem.people_limit(holding.zone)
    if math.isinf(out) or (limit and limit < 2):
        return False
    covered = out + COVER_MIN * problem.shelf
    if one.sheet and threat in COVER_SHARE and covered <= problem.latest(holding.zone, loaded=False):
        return True
    if holding.action != "take" or (limit and limit < holding.people):
        return False
    return out + holding.carry_min * problem.shelf <= problem.latest(holding.zone)


def reason_left(problem: Problem, one: Stake) -> Text:
    """Why a holding is in no trip, in one sentence."""
    holding = one.holding
    if one.harm == 0:
        return Text("不受此灾害影响，留在原处", "Not harmed by this hazard: leave it")
    if holding.action == "leave":
        return Text("目录规定留在原处", "The register says leave it in place")
    if holding.zone not in problem.cleared:
        return Text("所在区域未放行", "Its zone is not cleared")
    out = problem.minutes_to(holding.zone)
    if math.isinf(out):
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
    limit = problem.people_limit(holding.zone)
    if limit and limit < max(2, holding.people):
        return Text(
            f"该区域限 {limit} 人，需要 {max(2, holding.people)} 人",
            f"At most {limit} people may be in its zone, it needs {max(2, holding.people)}",
        )
    earliest = min(team.start for team in problem.teams)
    needed = earliest + out + holding.carry_min * problem.shelf
    latest = problem.latest(holding.zone)
    if needed > latest:
        by = max(0.0, latest)
        return Text(
            f"来不及：最迟 {by:.0f} 分钟须离开，需要 {needed:.0f} 分钟",
            f"Too late: out by minute {by:.0f}, it takes until {needed:.0f}",
        )
    return Text("时间用于每分钟价值更高的档案", "The time goes to holdings worth more per minute")


def _options(problem: Problem, number: int, zone: int, share: float, chance: float) -> list[Option]:
    one = problem.stakes[number]
    holding, worth = one.holding, one.value * chance
    found: list[Option] = []
    if holding.action == "take":
        shelf = holding.carry_min * problem.shelf
        value = worth * (UNDRIED if number in problem.undried else 1.0)
        found.append(Option(number, zone, "take", value, shelf, one.kg, holding.people, holding.skill))
    if share and one.sheet:
        people = min(2, holding.people)
        value, shelf = worth * share, COVER_MIN * problem.shelf
        found.append(Option(number, zone, "protect", value, shelf, 0.0, people, holding.skill))
    return found
