"""The search: greedy by value per minute, then ruin and rebuild of crews' timelines until the stop rule
says so.

No clock is read here: the stop rule is handed in. The same problem, seed and number of rounds give the
same plan.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from msgspec import Struct

from playbooks.rescue.problem import Option, Problem, Team

Stop = Callable[[int], bool]
"""Asked before every round with the number of rounds done; True ends the search."""
EPS = 1e-9
EXTENSIONS = 4
"""A trip goes on to at most so many further rooms."""


class Leg(Struct, gc=False):
    """One trip of one crew: options in the order they are done, start and end in minutes, way lengths."""

    options: list[Option]
    start: float
    minutes: float
    value: float
    slack: float  # how much later it may start without missing a closing time or the end
    kg: float
    carries: int = 1


def rounds(most: int) -> Stop:
    """A stop rule that counts: the same plan on every machine."""
    return lambda done: done >= most


class Search:
    """A set of timelines, one per crew, over one problem."""

    def __init__(self, problem: Problem, seed: int = 0) -> None:
        self.problem = problem
        self.random = random.Random(seed)
        self.lines: list[list[Leg]] = [[] for _ in problem.teams]
        self.taken = bytearray(len(problem.stakes))
        self.users: list[dict[int, int]] = [{} for _ in problem.zones]  # zone -> crew -> trips there
        self.kinds: list[int] = []
        self._menus: dict[tuple[int, int], list[Option]] = {}
        self._best: dict[tuple[int, int], tuple[float, list[Option], float] | None] = {}
        self._in_reach: dict[int, list[int]] = {}
        kinds: dict[tuple[int, float, frozenset[str]], int] = {}
        for team in problem.teams:
            self.kinds.append(kinds.setdefault((team.people, team.capacity, team.skills), len(kinds)))

    # --- what a crew of one kind can do in one zone --------------------------------------------------

    def _menu(self, zone: int, crew: int) -> list[Option]:
        """The zone's options this kind of crew can do, best value per minute first."""
        key = (zone, self.kinds[crew])
        if key not in self._menus:
            problem, team = self.problem, self.problem.teams[crew]
            walk = problem.out[zone] + problem.back[zone]

            def pace(option: Option) -> float:
                share = min(1.0, option.kg / team.capacity) * problem.carries(team, option)
                return -option.value / (option.shelf + walk * max(0.05, share))

            fit = [option for option in problem.options[zone] if problem.can(team, option)]
            self._menus[key] = sorted(fit, key=lambda option: (pace(option), option.holding))
        return self._menus[key]

    def _zones(self, crew: int) -> list[int]:
        kind = self.kinds[crew]
        if kind not in self._in_reach:
            self._in_reach[kind] = [z for z in range(len(self.problem.zones)) if self._menu(z, crew)]
        return self._in_reach[kind]

    def room(self, zone: int, crew: int) -> bool:
        """Whether the crew may work there without ever exceeding the zone's people limit."""
        limit = self.problem.limit[zone]
        users = self.users[zone]
        if not limit or crew in users:
            return True
        teams = self.problem.teams
        return sum(teams[other].people for other in users) + teams[crew].people <= limit

    def _pick(
        self, zone: int, crew: int, spare: float, skip: float = 0.0
    ) -> tuple[float, list[Option], float] | None:
        """Best value per minute from one zone in one trip of at most ``spare`` minutes in the zone."""
        problem, team = self.problem, self.problem.teams[crew]
        walk = problem.out[zone] + problem.back[zone]
        capacity, shelf, value, kg = team.capacity, 0.0, 0.0, 0.0
        chosen: list[Option] = []
        seen: set[int] = set()
        best: tuple[float, int, float] | None = None
        heavy: tuple[float, Option] | None = None
        misses = 0
        for option in self._menu(zone, crew):
            if self.taken[option.holding] or option.holding in seen:
                continue
            if skip and self.random.random() < skip:
                continue
            if option.kg > capacity + EPS:
                ratio_alone = self._alone(option, team, walk, spare)
                if ratio_alone is not None and (heavy is None or ratio_alone > heavy[0]):
                    heavy = (ratio_alone, option)
                continue
            if kg + option.kg > capacity + EPS or shelf + option.shelf > spare + EPS:
                misses += 1
                if misses > 12:
                    break
                continue
            chosen.append(option)
            seen.add(option.holding)
            shelf, value, kg = shelf + option.shelf, value + option.value, kg + option.kg
            ratio = value / (walk + shelf + EPS)
            if best is None or ratio > best[0]:
                best = (ratio, len(chosen), shelf)
        if heavy is not None and (best is None or heavy[0] > best[0]):
            option = heavy[1]
            return heavy[0], [option], walk * problem.carries(team, option) + option.shelf
        if best is None:
            return None
        return best[0], chosen[: best[1]], walk + best[2]

    def _alone(self, option: Option, team: Team, walk: float, spare: float) -> float | None:
        carries = self.problem.carries(team, option)
        inside = option.shelf + (carries - 1) * walk
        return None if inside > spare + EPS else option.value / (walk + inside + EPS)

    # --- building timelines ---------------------------------------------------------------------------

    def free_at(self, crew: int) -> float:
        line = self.lines[crew]
        return line[-1].start + line[-1].minutes if line else self.problem.teams[crew].start

    def add_trip(self, crew: int, heat: float = 0.0) -> bool:
        """Append the trip with the best value per minute to a crew's timeline; False where none fits."""
        problem, at = self.problem, self.free_at(crew)
        best: tuple[float, int, list[Option], float] | None = None
        kind = self.kinds[crew]
        for zone in self._zones(crew):
            spare = problem.leave_by[zone] - at - problem.out[zone]
            if spare <= 0 or not self.room(zone, crew):
                continue
            key = (zone, kind)
            if heat:
                found = self._pick(zone, crew, spare, skip=0.08)
            else:
                if key not in self._best:
                    self._best[key] = self._pick(zone, crew, math.inf)
                found = self._best[key]
                if found is not None and found[2] - problem.out[zone] - problem.back[zone] > spare:
                    found = self._pick(zone, crew, spare)
            if found is None:
                continue
            ratio = found[0]
            if heat:
                urgency = 1.0 + heat * self.random.random() / (1.0 + spare / 10.0)
                ratio *= urgency * math.exp(self.random.gauss(0.0, 0.15 * heat))
            if best is None or ratio > best[0]:
                best = (ratio, zone, found[1], found[2])
        if best is None:
            return False
        leg = self.leg(crew, best[2], at)
        if leg is None:
            return False
        self._extend(crew, leg)
        self.book(crew, leg)
        return True

    def leg(self, crew: int, options: list[Option], at: float) -> Leg | None:
        """The trip with its times; None where it would miss a closing time, the end or the load."""
        problem, team = self.problem, self.problem.teams[crew]
        kg = sum(option.kg for option in options)
        value = sum(option.value for option in options)
        if kg > team.capacity + EPS and len(options) > 1:
            return None
        zone = options[0].zone
        clock, slack = at + problem.out[zone], math.inf
        carries = problem.carries(team, options[0]) if len(options) == 1 else 1
        for option in options:
            if option.zone != zone:
                entry = next((e for e in problem.between(zone) if e[0] == option.zone), None)
                if entry is None:
                    return None
                slack = min(slack, entry[2] - clock)
                clock, zone = clock + entry[1], option.zone
            clock += option.shelf
            slack = min(slack, problem.leave_by[zone] - clock)
        if carries > 1:
            extra = (carries - 1) * (problem.out[zone] + problem.back[zone])
            clock, slack = clock + extra, slack - extra
        if slack < -EPS:
            return None
        return Leg(options, at, clock + problem.back[zone] - at, value, slack, kg, carries)

    def _extend(self, crew: int, leg: Leg) -> None:
        """Go on to a neighbouring zone in the same trip where that pays better than the trip so far."""
        problem, team = self.problem, self.problem.teams[crew]
        for _ in range(EXTENSIONS):
            if leg.carries > 1 or leg.kg >= team.capacity:
                return
            here = leg.options[-1].zone
            ratio, best = leg.value / (leg.minutes + EPS), None
            mine = {option.holding for option in leg.options}
            for zone, _, _ in problem.between(here):
                if any(option.zone == zone for option in leg.options) or not self.room(zone, crew):
                    continue
                more: list[Option] = []
                for option in self._menu(zone, crew)[:8]:
                    load = leg.kg + sum(o.kg for o in more) + option.kg
                    if self.taken[option.holding] or option.holding in mine or load > team.capacity + EPS:
                        continue
                    if any(o.holding == option.holding for o in more):
                        continue
                    more.append(option)
                    longer = self.leg(crew, leg.options + more, leg.start)
                    if longer is None:
                        more.pop()
                    elif longer.value / (longer.minutes + EPS) > ratio:
                        ratio, best = longer.value / (longer.minutes + EPS), longer
            if best is None:
                return
            leg.options, leg.minutes, leg.value = best.options, best.minutes, best.value
            leg.slack, leg.kg = best.slack, best.kg

    def book(self, crew: int, leg: Leg) -> None:
        self.lines[crew].append(leg)
        for zone in {option.zone for option in leg.options}:
            self.users[zone][crew] = self.users[zone].get(crew, 0) + 1
        for option in leg.options:
            self.taken[option.holding] = 1
            self._forget(option.zone)

    def _forget(self, zone: int) -> None:
        for kind in set(self.kinds):
            self._best.pop((zone, kind), None)

    def _unbook(self, crew: int, leg: Leg) -> None:
        for zone in {option.zone for option in leg.options}:
            self.users[zone][crew] -= 1
            if not self.users[zone][crew]:
                del self.users[zone][crew]
        for option in leg.options:
            self.taken[option.holding] = 0
            self._forget(option.zone)

    def greedy(self) -> None:
        """Give the next trip to whoever is free first, until nothing fits any more."""
        self._rebuild(list(range(len(self.lines))), 0.0)

    def _rebuild(self, crews: list[int], heat: float) -> None:
        active = set(crews)
        while active:
            crew = min(active, key=lambda number: (self.free_at(number), number))
            if not self.add_trip(crew, heat):
                active.discard(crew)
        for crew in crews:
            self._fill(crew)

    def _fill(self, crew: int) -> None:
        """Use the minutes left at the end: add single holdings to trips where later trips can bear the
        delay."""
        team, line = self.problem.teams[crew], self.lines[crew]
        for position in range(len(line)):
            leg = line[position]
            if leg.carries > 1:
                continue
            later = min((other.slack for other in line[position + 1 :]), default=math.inf)
            zone = leg.options[-1].zone
            for option in self._menu(zone, crew)[:40]:
                bear = min(leg.slack, later)
                if self.taken[option.holding] or option.shelf > bear + EPS:
                    continue
                if leg.kg + option.kg > team.capacity + EPS:
                    continue
                leg.options = [*leg.options, option]
                leg.minutes += option.shelf
                leg.value += option.value
                leg.kg += option.kg
                leg.slack -= option.shelf
                self.taken[option.holding] = 1
                self._forget(zone)
                for other in line[position + 1 :]:
                    other.start += option.shelf
                    other.slack -= option.shelf
                later -= option.shelf

    # --- ruin and rebuild ------------------------------------------------------------------------------

    def value(self) -> float:
        """Value saved by all timelines."""
        return sum(leg.value for line in self.lines for leg in line)

    def improve(self, stop: Stop) -> int:
        """Ruin the ends of one to three timelines and rebuild them, keeping what is better; rounds done."""
        done, current = 0, self.value()
        best, best_lines = current, self._copy()
        crews = [number for number in range(len(self.lines)) if self._zones(number)]
        if not crews:
            return 0
        while not stop(done):
            done += 1
            chosen = self.random.sample(crews, min(len(crews), self.random.choice((1, 1, 2, 2, 3))))
            kept = [
                (number, list(self.lines[number]), [self._twin(leg) for leg in self.lines[number]])
                for number in chosen
            ]
            for number in chosen:
                line = self.lines[number]
                cut = self.random.randrange(len(line) + 1) if self.random.random() < 0.7 else 0
                for leg in line[cut:]:
                    self._unbook(number, leg)
                del line[cut:]
            self._rebuild(chosen, self.random.choice((0.5, 1.0, 2.0)))
            now = self.value()
            if now >= current - 0.0005 * current * self.random.random():
                current = now
                if now > best + EPS:
                    best, best_lines = now, self._copy()
                continue
            for number in chosen:
                for leg in self.lines[number]:
                    self._unbook(number, leg)
                self.lines[number] = []
            for number, _, legs in kept:
                for leg in legs:
                    self.book(number, leg)
        self._restore(best_lines)
        return done

    def _twin(self, leg: Leg) -> Leg:
        return Leg(list(leg.options), leg.start, leg.minutes, leg.value, leg.slack, leg.kg, leg.carries)

    def _copy(self) -> list[list[Leg]]:
        return [[self._twin(leg) for leg in line] for line in self.lines]

    def _restore(self, lines: list[list[Leg]]) -> None:
        for crew, line in enumerate(self.lines):
            for leg in line:
                self._unbook(crew, leg)
        self.lines = [[] for _ in lines]
        for crew, line in enumerate(lines):
            for leg in line:
                self.book(crew, leg)
