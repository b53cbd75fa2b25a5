"""The planner's problem in numbers: what can be carried from where, by whom, until when; pure.

Only cleared zones get into a problem at all, so no search can plan a trip into another one. Every time is
already stretched (15 % by default: in simulation that removed late exits for a few per cent of value).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from playbooks.model import Crew
from playbooks.rescue.spread import lasting, neighbours, ways
from playbooks.triage import Stake
from sensors.model import Zone

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


class Way(Struct, frozen=True, gc=False):
    """One way from the assembly point to a zone: the zones passed, and the stretched minutes at each, empty-handed."""

    zones: tuple[str, ...]
    minutes: tuple[float, ...]


Pair = tuple[Way, Way]
"""A way in and a way out."""


class Problem:
    """Everything a search needs. Zone 0.. are the cleared zones with candidates; times in stretched minutes.

    ``out[z]`` minutes from the assembly point, ``back[z]`` the loaded way back, ``free[z]`` the same empty-handed.
    ``leave_by[z]`` is the latest moment to leave the zone with a load so that it and every zone on
    the way back are passed before they close, minus the margin; ``leave_free[z]`` the same empty-handed;
    ``enter_by[z]`` the latest moment to come in, every zone on the way in still open as it is passed.

    A room that can be left longer by a way that is not the shortest stands in the problem once for each pair of a way
    in and a way out (``passed[z]``): ``room[z]`` is its first number, ``same[z]`` all of them.
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
        self.free: list[float] = []
        self.leave_by: list[float] = []
        self.leave_free: list[float] = []
        self.enter_by: list[float] = []
        self.room: list[int] = []
        self.same: list[tuple[int, ...]] = []
        self.passed: list[Pair] = []
        self.limit: list[int] = []
        self.door: dict[str, float] = {}
        """Cleared zone -> least minutes that going in and out again takes, shared with no other zone's walks."""
        self.pruned_pace = 0.0
        """Value per minute of the best candidate left out of the search."""
        self.pruned: Sequence[tuple[float, int, float]] = ()
        self.options: list[list[Option]] = []
        self._building: Mapping[str, Zone] = {}
        self._found: Mapping[str, tuple[float, tuple[str, ...]]] = {}
        self._ways: dict[str, list[Way]] = {}
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
        # Whoever must be back by the end passes nothing that closes later too late.
        self._closes = {zone: at - margin for zone, at in closes.items() if at - margin < self.budget}
        self._found = ways(self._links, assembly, blocked)
        longest = [
            (pace, lasting(self._links, assembly, self._closes, self.budget, self.walk * pace, blocked))
            for pace in ((LOADED, 1.0) if self._closes else ())
        ]
        for zone in self.cleared & set(self._found):
            known = self._ways[zone] = [self._along(self._found[zone][1])]
            for pace, found in longest:
                if found[zone][0] > max(self._leave(way, pace) for way in known) + 1e-6:
                    known.append(self._along(found[zone][1]))
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

    def room_minutes(self) -> dict[str, float]:
        """Crew-minutes that can be spent inside each cleared zone with a people limit; crews are two at least."""
        first = min((team.start for team in self.teams), default=0.0)
        found = {}
        for zone in self.cleared:
            if limit := self.people_limit(zone):
                window = self.latest(zone, loaded=False) - self.minutes_to(zone) - first
                found[zone] = (limit // 2) * max(0.0, window)
        return found

    def ways_to(self, zone: str) -> Sequence[Way]:
        """The shortest open way to a cleared zone, then those that stay open longer (with a load, without)."""
        return self._ways.get(zone, ())

    def _along(self, path: Sequence[str]) -> Way:
        minutes = [0.0]
        for here, there in itertools.pairwise(path):
            minutes.append(minutes[-1] + self._links[here][there] * self.walk)
        return Way(tuple(path), tuple(minutes))

    def _leave(self, way: Way, pace: float) -> float:
        """The latest moment to leave the way's end and pass everything on it in time."""
        whole = way.minutes[-1]
        latest = self.budget - whole * pace
        if not self._closes.keys().isdisjoint(way.zones):
            for zone, minutes in zip(way.zones, way.minutes, strict=True):
                latest = min(latest, self._closes.get(zone, ANY) - (whole - minutes) * pace)
        return latest

    def latest(self, zone: str, loaded: bool = True) -> float:
        """The latest moment to leave a zone for the assembly point, on the way that stays open longest."""
        pace = LOADED if loaded else 1.0
        return max((self._leave(way, pace) for way in self.ways_to(zone)), default=-ANY)

    def until(self, zone: str) -> float:
        """The latest moment to be back from a zone."""
        return max(
            (
                self._leave(way, pace) + way.minutes[-1] * pace
                for way in self.ways_to(zone)
                for pace in (1.0, LOADED)
            ),
            default=-ANY,
        )

    def pairs(self, zone: str) -> list[Pair]:
        """In and out by the shortest way; in by it and out by one that stays open longer; that one both times."""
        known = self.ways_to(zone)
        return [(known[0], known[0])] * bool(known) + [
            (way_in, way) for way in known[1:] for way_in in (known[0], way)
        ]

    def shortest(self, zone: int) -> tuple[str, ...]:
        """The zones passed on the shortest way to a zone of the problem."""
        return self.passed[self.room[zone]][0].zones

    def _enter(self, way: Way) -> float:
        """The latest moment to come in by a way, every zone on it still open as it is passed."""
        if self._closes.keys().isdisjoint(way.zones):
            return ANY
        whole = way.minutes[-1]
        return min(
            self._closes.get(zone, ANY) + whole - minutes
            for zone, minutes in zip(way.zones, way.minutes, strict=True)
        )

    def misses(
        self, zone: str, start: float, inside: float, loaded: bool, carries: int = 1
    ) -> tuple[float, float, float]:
        """Of who sets out at ``start`` and needs so many minutes inside, on the best ways: by how many minutes it is
        too late, the latest moment to leave, and when one is done inside."""
        pace, best = LOADED if loaded else 1.0, (ANY, -ANY, ANY)
        for way_in, way_out in self.pairs(zone):
            there = start + way_in.minutes[-1]
            done = there + inside + (carries - 1) * (way_in.minutes[-1] + way_out.minutes[-1] * LOADED)
            latest = self._leave(way_out, pace)
            missed = max(done - latest, (done if carries > 1 else there) - self._enter(way_in))
            best = min(best, (missed, latest, done))
        return best

    def stay(self, zone: str, start: float, loaded: bool) -> float:
        """How long who sets out at ``start`` may be inside and still be out in time, on the best ways."""
        pace, best = LOADED if loaded else 1.0, -ANY
        for way_in, way_out in self.pairs(zone):
            there = start + way_in.minutes[-1]
            if there <= self._enter(way_in):
                best = max(best, self._leave(way_out, pace) - there)
        return best

    def enter(self, zones: Sequence[str]) -> None:
        """Take these zones into the problem, in this order; further ways after all shortest ones."""
        first = {zone: number for number, zone in enumerate(zones)}
        entries = [(zone, self.pairs(zone)[0]) for zone in zones]
        entries += [(zone, pair) for zone in zones for pair in self.pairs(zone)[1:]]
        self.zones = [zone for zone, _ in entries]
        self.options = [[] for _ in entries]
        same: dict[str, list[int]] = {}
        for number, zone in enumerate(self.zones):
            same.setdefault(zone, []).append(number)
        for zone, pair in entries:
            self.passed.append(pair)
            self.room.append(first[zone])
            self.same.append(tuple(same[zone]))
            self.out.append(pair[0].minutes[-1])
            self.back.append(pair[1].minutes[-1] * LOADED)
            self.free.append(pair[1].minutes[-1])
            self.leave_by.append(self._leave(pair[1], LOADED))
            self.leave_free.append(self._leave(pair[1], 1.0))
            self.enter_by.append(self._enter(pair[0]))
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
        """The six nearest other rooms, nearest first, each by every way out of it."""
        if zone not in self._between:
            found = ways(self._links, self.zones[zone], self._blocked)
            near = []
            for other, name in enumerate(self.zones):
                if name == self.zones[zone] or name not in found:
                    continue
                minutes, path = found[name]
                latest = free = ANY
                for passed in path:
                    closes = self._closes.get(passed)
                    if closes is not None:
                        way = found[passed][0] * self.walk
                        latest, free = min(latest, closes - way * LOADED), min(free, closes - way)
                near.append(Near(other, minutes * self.walk, latest, free))
            near.sort(key=lambda entry: (entry.minutes, self.room[entry.zone], entry.zone))
            rooms = list(dict.fromkeys(self.room[entry.zone] for entry in near))[:6]
            self._between[zone] = [entry for entry in near if self.room[entry.zone] in rooms]
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


def strongest(teams: Sequence[Team]) -> dict[str, int]:
    """Skill ("" for none) -> the people of the largest crew that has it."""
    found = {"": max((team.people for team in teams), default=0)}
    for team in teams:
        for skill in team.skills:
            found[skill] = max(team.people, found.get(skill, 0))
    return found


def crews_from(people: int) -> tuple[Crew, ...]:
    """Crews of two made from a number of people; an odd one joins the first."""
    pairs = people // 2
    return tuple(Crew(id=f"{n + 1}", people=2 + (people % 2 if n == 0 else 0)) for n in range(pairs))
