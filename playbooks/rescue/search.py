"""The search: greedy by value per minute, then ruin and rebuild of crews' timelines until the stop rule
says so.

No clock is read here: the stop rule is handed in. The same problem, seed and number of rounds give the
same plan.
"""

from __future__ import annotations

import math
import random

from playbooks.rescue.joining import join
from playbooks.rescue.legs import Leg, Pick, Stop, rounds
from playbooks.rescue.problem import LOADED, Option, Problem, Team
from playbooks.rescue.ruin import improve

__all__ = ["Leg", "Search", "Stop", "rounds"]
EPS = 1e-9
EXTENSIONS = 4
"""A trip goes on to at most so many further rooms."""
WAITS = 6
"""So often a trip is put off for a full room before the room is given up."""


class Search:
    """A set of timelines, one per crew, over one problem."""

    def __init__(self, problem: Problem, seed: int = 0) -> None:
        self.problem = problem
        self.random = random.Random(seed)
        self.lines: list[list[Leg]] = [[] for _ in problem.teams]
        self.taken = bytearray(len(problem.stakes))
        self.users: list[dict[int, int]] = [{} for _ in problem.zones]  # room -> crew -> trips there
        self.kinds: list[int] = []
        self._menus: dict[tuple[int, int], list[Option]] = {}
        self._best: dict[tuple[int, int], Pick | None] = {}
        self._in_reach: dict[int, list[int]] = {}
        kinds: dict[tuple[int, float, frozenset[str]], int] = {}
        for team in problem.teams:
            self.kinds.append(kinds.setdefault((team.people, team.capacity, team.skills), len(kinds)))

    # --- what a crew of one kind can do in one zone --------------------------------------------------

    def menu(self, zone: int, crew: int) -> list[Option]:
        """The zone's options this kind of crew can do, best value per minute first."""
        key = (zone, self.kinds[crew])
        if key not in self._menus:
            problem, team = self.problem, self.problem.teams[crew]
            walk = problem.out[zone] + problem.back[zone]
            load = problem.load(team, zone)

            def pace(option: Option) -> float:
                share = min(1.0, option.kg / load) * problem.carries(team, option)
                return -option.value / (option.shelf + walk * max(0.05, share) + EPS)

            fit = [option for option in problem.options[zone] if problem.can(team, option)]
            self._menus[key] = sorted(fit, key=lambda option: (pace(option), option.holding))
        return self._menus[key]

    def zones_for(self, crew: int) -> list[int]:
        """The zones where this crew can do anything at all."""
        kind = self.kinds[crew]
        if kind not in self._in_reach:
            self._in_reach[kind] = [z for z in range(len(self.problem.zones)) if self.menu(z, crew)]
        return self._in_reach[kind]

    def clash(self, crew: int, leg: Leg, delay: float = 0.0) -> float:
        """How many minutes later the trip must start so that no zone ever holds more people than it may; 0: none.

        Only zones with a limit are looked at, and only the times at which somebody works in them: two crews may
        use a small room one after the other.
        """
        problem, wait = self.problem, 0.0
        for room, enters, leaves in leg.stays:
            begin, end = leg.start + delay + enters, leg.start + delay + leaves
            there: list[tuple[float, float, int]] = []
            for other in self.users[room]:
                if other == crew:
                    continue
                hands = problem.hands(problem.teams[other], room)
                for one in self.lines[other]:
                    for at, since, until in one.stays:
                        if at == room and one.start + since < end - EPS and one.start + until > begin + EPS:
                            there.append((one.start + since, one.start + until, hands))
            mine = problem.hands(problem.teams[crew], room)
            # People inside only rise at an entry: mine, or one of theirs while I am there.
            for moment in (begin, *(max(begin, since) for since, _, _ in there)):
                inside = [entry for entry in there if entry[0] <= moment + EPS and entry[1] > moment + EPS]
                if mine + sum(hands for _, _, hands in inside) > problem.limit[room]:
                    wait = max(wait, min(until for _, until, _ in inside) - begin)
                    break
        return wait

    def placed(self, crew: int, options: list[Option], at: float) -> Leg | None:
        """The trip at the first moment from ``at`` on when every zone has room for the crew; None: none in time."""
        leg = self.leg(crew, options, at)
        for _ in range(WAITS):
            if leg is None:
                return None
            wait = self.clash(crew, leg)
            if wait <= EPS:
                return leg
            leg = self.leg(crew, options, leg.start + wait)
        return None

    def _pick(self, zone: int, crew: int, spare: float, skip: float = 0.0) -> Pick | None:
        """Best value per minute from one zone in one trip of at most ``spare`` minutes in the zone.

        ``spare`` counts to the latest moment to leave empty-handed; who carries something must go earlier.
        """
        problem, team = self.problem, self.problem.teams[crew]
        walk = problem.out[zone] + problem.back[zone]
        free = problem.out[zone] + problem.free[zone]
        capacity, shelf, value, kg = problem.load(team, zone), 0.0, 0.0, 0.0
        loaded = spare - problem.leave_free[zone] + problem.leave_by[zone]
        chosen: list[Option] = []
        seen: set[int] = set()
        best: tuple[float, int, float] | None = None
        heavy: tuple[float, Option] | None = None
        misses = 0
        for option in self.menu(zone, crew):
            if self.taken[option.holding] or option.holding in seen:
                continue
            if skip and self.random.random() < skip:
                continue
            if option.kg > capacity + EPS:
                ratio_alone = self._alone(option, team, walk, loaded)
                if ratio_alone is not None and (heavy is None or ratio_alone > heavy[0]):
                    heavy = (ratio_alone, option)
                continue
            load = kg + option.kg
            if load > capacity + EPS or shelf + option.shelf > (loaded if load else spare) + EPS:
                misses += 1
                if misses > 12:
                    break
                continue
            chosen.append(option)
            seen.add(option.holding)
            shelf, value, kg = shelf + option.shelf, value + option.value, load
            ratio = value / ((walk if kg else free) + shelf + EPS)
            if best is None or ratio > best[0]:
                best = (ratio, len(chosen), shelf)
        if heavy is not None and (best is None or heavy[0] > best[0]):
            option = heavy[1]
            inside = walk * (problem.carries(team, option) - 1) + option.shelf
            return Pick(heavy[0], [option], inside, True)
        if best is None:
            return None
        taking = chosen[: best[1]]
        return Pick(best[0], taking, best[2], any(option.kg for option in taking))

    def _alone(self, option: Option, team: Team, walk: float, spare: float) -> float | None:
        carries = self.problem.carries(team, option)
        inside = option.shelf + (carries - 1) * walk
        return None if inside > spare + EPS else option.value / (walk + inside + EPS)

    # --- building timelines ---------------------------------------------------------------------------

    def free_at(self, crew: int) -> float:
        line = self.lines[crew]
        return line[-1].start + line[-1].minutes if line else self.problem.teams[crew].start

    def add_trip(self, crew: int, heat: float = 0.0, only: int | None = None) -> bool:
        """Append the trip with the best value per minute to a crew's timeline; False where none fits.

        ``only``: a trip that begins in this zone, whatever it is worth.
        """
        problem, at = self.problem, self.free_at(crew)
        best: tuple[float, Leg] | None = None
        kind = self.kinds[crew]
        for zone in self.zones_for(crew) if only is None else (only,):
            spare = problem.leave_free[zone] - at - problem.out[zone]
            if spare < 0.0:
                continue
            key = (zone, kind)
            if heat:
                found = self._pick(zone, crew, spare, skip=0.08)
            else:
                if key not in self._best:
                    self._best[key] = self._pick(zone, crew, math.inf)
                found = self._best[key]
                if found is not None:
                    earlier = problem.leave_free[zone] - problem.leave_by[zone] if found.loaded else 0.0
                    if found.inside > spare - earlier:
                        found = self._pick(zone, crew, spare)
            if found is None:
                continue
            ratio = found.ratio
            if heat:
                urgency = 1.0 + heat * self.random.random() / (1.0 + spare / 10.0)
                ratio *= urgency * math.exp(self.random.gauss(0.0, 0.15 * heat))
            if best is None or ratio > best[0]:
                # In time where it is taken, not only where it is sought; a full room may cost a wait.
                leg = self.placed(crew, found.options, at)
                if leg is not None:
                    pace = ratio * (leg.minutes + EPS) / (leg.start + leg.minutes - at + EPS)
                    if best is None or pace > best[0]:
                        best = (pace, leg)
        if best is None:
            return False
        leg = best[1]
        self._extend(crew, leg)
        self.book(crew, leg)
        return True

    def leg(self, crew: int, options: list[Option], at: float) -> Leg | None:
        """The trip with its times; None where it would miss a closing time, the end or the load."""
        problem, team = self.problem, self.problem.teams[crew]
        kg = sum(option.kg for option in options)
        value = sum(option.value for option in options)
        if len(options) > 1 and kg > min(problem.load(team, option.zone) for option in options) + EPS:
            return None
        zone = options[0].zone
        clock = entered = at + problem.out[zone]
        slack, held = problem.enter_by[zone] - clock, 0.0
        stays: list[tuple[int, float, float]] = []
        carries = problem.carries(team, options[0]) if len(options) == 1 else 1
        for option in options:
            if option.zone != zone:
                near = next((entry for entry in problem.between(zone) if entry.zone == option.zone), None)
                if near is None:
                    return None
                if problem.limit[zone]:
                    stays.append((problem.room[zone], entered - at, clock - at))
                slack = min(slack, (near.latest if held else near.latest_free) - clock)
                clock, zone = clock + near.minutes * (LOADED if held else 1.0), option.zone
                entered = clock
            clock, held = clock + option.shelf, held + option.kg
            slack = min(slack, (problem.leave_by if held else problem.leave_free)[zone] - clock)
        if carries > 1:
            extra = (carries - 1) * (problem.out[zone] + problem.back[zone])
            clock, slack = clock + extra, slack - extra
            slack = min(slack, problem.enter_by[zone] - clock)  # they come in again and again
        if slack < -EPS:
            return None
        if problem.limit[zone]:
            stays.append((problem.room[zone], entered - at, clock - at))
        way = problem.back[zone] if held else problem.free[zone]
        return Leg(options, at, clock + way - at, value, slack, kg, carries, tuple(stays))

    def _extend(self, crew: int, leg: Leg) -> None:
        """Go on to a neighbouring zone in the same trip where that pays better than the trip so far."""
        problem, team = self.problem, self.problem.teams[crew]
        for _ in range(EXTENSIONS):
            if leg.carries > 1 or leg.kg >= team.capacity:
                return
            here = leg.options[-1].zone
            ratio, best = leg.value / (leg.minutes + EPS), None
            mine = {option.holding for option in leg.options}
            for near in problem.between(here):
                zone = near.zone
                if any(problem.room[option.zone] == problem.room[zone] for option in leg.options):
                    continue
                load = min(problem.load(team, z) for z in (zone, *(o.zone for o in leg.options)))
                more: list[Option] = []
                for option in self.menu(zone, crew)[:8]:
                    kg = leg.kg + sum(o.kg for o in more) + option.kg
                    if self.taken[option.holding] or option.holding in mine or kg > load + EPS:
                        continue
                    if any(o.holding == option.holding for o in more):
                        continue
                    more.append(option)
                    longer = self.leg(crew, leg.options + more, leg.start)
                    if longer is None:
                        more.pop()
                    elif longer.value / (longer.minutes + EPS) > ratio and self.clash(crew, longer) <= EPS:
                        ratio, best = longer.value / (longer.minutes + EPS), longer
            if best is None:
                return
            leg.options, leg.minutes, leg.value = best.options, best.minutes, best.value
            leg.slack, leg.kg, leg.stays = best.slack, best.kg, best.stays

    def book(self, crew: int, leg: Leg, place: int | None = None) -> None:
        line = self.lines[crew]
        line.insert(len(line) if place is None else place, leg)
        for room in {self.problem.room[option.zone] for option in leg.options}:
            self.users[room][crew] = self.users[room].get(crew, 0) + 1
        for option in leg.options:
            self.taken[option.holding] = 1
            self._forget(option.zone)

    def _forget(self, zone: int) -> None:
        for kind in set(self.kinds):
            for same in self.problem.same[zone]:
                self._best.pop((same, kind), None)

    def unbook(self, crew: int, leg: Leg) -> None:
        for room in {self.problem.room[option.zone] for option in leg.options}:
            self.users[room][crew] -= 1
            if not self.users[room][crew]:
                del self.users[room][crew]
        for option in leg.options:
            self.taken[option.holding] = 0
            self._forget(option.zone)

    def greedy(self) -> None:
        """Give the next trip to whoever is free first, until nothing fits any more."""
        self.rebuild(list(range(len(self.lines))), 0.0)

    def rebuild(self, crews: list[int], heat: float) -> None:
        """Fill these crews' timelines; ``heat`` is how much noise and urgency go into the choice."""
        active = set(crews)
        while active:
            crew = min(active, key=lambda number: (self.free_at(number), number))
            if not self.add_trip(crew, heat):
                active.discard(crew)
        for crew in crews:
            while join(self, crew) and self.add_trip(crew, heat):
                pass
            self._fill(crew)

    def _fill(self, crew: int) -> None:
        """Use the minutes left at the end: add single holdings to trips where later trips can bear the delay."""
        team, line = self.problem.teams[crew], self.lines[crew]
        for position in range(len(line)):
            leg = line[position]
            if leg.carries > 1:
                continue
            later = min((other.slack for other in line[position + 1 :]), default=math.inf)
            load = min(self.problem.load(team, option.zone) for option in leg.options)
            for option in self.menu(leg.options[-1].zone, crew)[:40]:
                if self.taken[option.holding] or option.shelf > min(leg.slack, later) + EPS:
                    continue
                if leg.kg + option.kg > load + EPS:
                    continue
                longer = self.leg(crew, [*leg.options, option], leg.start)
                if longer is None or longer.minutes - leg.minutes > later + EPS:
                    continue
                delay = longer.minutes - leg.minutes
                if self.clash(crew, longer) > EPS or any(
                    other.stays and self.clash(crew, other, delay) > EPS for other in line[position + 1 :]
                ):
                    continue
                line[position] = leg = longer
                self.taken[option.holding] = 1
                self._forget(option.zone)
                for other in line[position + 1 :]:
                    other.start += delay
                    other.slack -= delay
                later -= delay

    # --- ruin and rebuild ------------------------------------------------------------------------------

    def value(self) -> float:
        """Value saved by all timelines."""
        return sum(leg.value for line in self.lines for leg in line)

    def improve(self, stop: Stop) -> int:
        """Ruin and rebuild until ``stop`` says so; rounds done (:mod:`playbooks.rescue.ruin`)."""
        return improve(self, stop)
