"""The rescue planner's instances given to PyVRP, to know how good the best known plans are.

``python -m bench.rescue_peer --json [--sizes 200,1000] [--seconds 120] [--then 20] [--keep]``

PyVRP (iterated local search for vehicle routing; no dependency: ``pip install pyvrp`` beside the project) gets the
candidates of an instance as optional clients with prizes: a crew is a vehicle with a start and an end, a way back to
the assembly point a reload, closing rooms are time windows, covering and carrying of one holding exclude each other.
Its answer is walked again by the planner's own rules (:meth:`Search.leg`); what they do not allow is dropped, so that
only plans which people could follow count. ``--then`` seconds of the own search go on from it. Better values are kept
in ``rescue_best.json`` with ``--keep``. Room limits are beyond this model: such instances are not asked.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
from importlib import metadata
from typing import Any

import numpy as np

from bench.buildings import case
from bench.rescue import THREATS, Best, keep, kept
from bench.tours import CLOCK
from playbooks.rescue.planner import Request, posed
from playbooks.rescue.problem import LOADED, Option, Problem, Team
from playbooks.rescue.search import Search

TICKS = 1000
"""Whole numbers in a minute."""
WORTH = 20.0
"""All prizes of a good plan are worth so many times all minutes: minutes only break ties."""


def ticks(minutes: float) -> int:
    """Minutes as whole ticks, never less."""
    return math.ceil(minutes * TICKS - 1e-6)


class Model:
    """One problem as PyVRP takes it: client n is ``options[n]``, location n + 1; location 0 is the assembly point."""

    def __init__(self, problem: Problem, pyvrp: Any) -> None:
        self.problem = problem
        self.options = [option for options in problem.options for option in options]
        greedy = Search(problem)
        greedy.greedy()
        far = ticks(problem.budget) * 4
        minutes = sum(max(0.0, problem.budget - team.start) for team in problem.teams)
        scale = WORTH * minutes * TICKS / max(1e-9, greedy.value())
        kinds = sorted({(team.people, team.capacity, tuple(sorted(team.skills))) for team in problem.teams})
        first = [
            next(t for t in problem.teams if (t.people, t.capacity, tuple(sorted(t.skills))) == kind)
            for kind in kinds
        ]
        groups: dict[int, list[int]] = {}
        for number, option in enumerate(self.options):
            groups.setdefault(option.holding, []).append(number)
        exclusive = [members for members in groups.values() if len(members) > 1]
        group_of = {number: at for at, members in enumerate(exclusive) for number in members}
        clients = [
            pyvrp.Client(
                number + 1,
                delivery=[ticks(min(option.kg, team.capacity)) for team in first],
                service_duration=ticks(option.shelf),
                tw_late=max(0, math.floor(self._latest(option) * TICKS)),
                prize=round(option.value * scale),
                required=False,
                group=group_of.get(number),
            )
            for number, option in enumerate(self.options)
        ]
        vehicles = [
            pyvrp.VehicleType(
                capacity=[
                    math.floor(team.capacity * TICKS + 1e-6) if other is first[mine] else 10**9
                    for other in first
                ],
                tw_early=ticks(team.start),
                tw_late=math.floor(problem.budget * TICKS),
                profile=mine,
                reload_depots=[0],
                max_reloads=200,
            )
            for team in problem.teams
            for mine in (kinds.index((team.people, team.capacity, tuple(sorted(team.skills)))),)
        ]
        matrices = [self._minutes(team, far) for team in first]
        self.data = pyvrp.ProblemData(
            locations=[pyvrp.Location(0, 0)] * (len(self.options) + 1),
            clients=clients,
            depots=[pyvrp.Depot(0)],
            vehicle_types=vehicles,
            distance_matrices=matrices,
            duration_matrices=matrices,
            groups=[pyvrp.ClientGroup(members, required=False) for members in exclusive],
        )

    def _latest(self, option: Option) -> float:
        """The latest moment to begin at a shelf."""
        leave = (self.problem.leave_by if option.kg else self.problem.leave_free)[option.zone]
        return leave - option.shelf

    def _minutes(self, team: Team, far: int) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Ticks from place to place for one kind of crew: covers first, then loads; what is too heavy goes alone."""
        problem, count = self.problem, len(self.options)
        found = np.full((count + 1, count + 1), far, dtype=np.int64)
        np.fill_diagonal(found, 0)
        near = [
            {entry.zone: entry.minutes for entry in problem.between(zone)} | {zone: 0.0}
            for zone in range(len(problem.zones))
        ]
        for number, option in enumerate(self.options, 1):
            if not problem.can(team, option):
                continue
            zone, ways = option.zone, problem.carries(team, option) - 1
            home = problem.back[zone] if option.kg else problem.free[zone]
            found[0, number] = ticks(problem.out[zone])
            found[number, 0] = ticks(home + ways * (problem.out[zone] + problem.back[zone]))
            if ways:
                continue
            for other, further in enumerate(self.options, 1):
                if other == number or further.zone not in near[zone] or not problem.can(team, further):
                    continue
                if (option.kg and not further.kg) or problem.carries(team, further) > 1:
                    continue
                found[number, other] = ticks(near[zone][further.zone] * (LOADED if option.kg else 1.0))
        return found

    def walked(self, solution: Any, seed: int) -> Search:
        """The answer as timelines that keep every rule; what does not fit is dropped."""
        search = Search(self.problem, seed)
        for route in solution.routes():
            crew, trips = route.vehicle_type(), dict[int, list[Option]]()
            for stop in route.schedule():
                if stop.is_client():
                    trips.setdefault(stop.trip, []).append(self.options[stop.idx])
            for trip in trips.values():
                fit = [one for one in trip if self.problem.can(self.problem.teams[crew], one)]
                once = {one.holding: one for one in fit if not search.taken[one.holding]}
                options = list(once.values())
                if not options:
                    continue
                leg = search.leg(crew, options, search.free_at(crew))
                while leg is None and len(options) > 1:
                    options.pop()
                    leg = search.leg(crew, options, search.free_at(crew))
                if leg is not None and search.clash(crew, leg) <= 0.0:
                    search.book(crew, leg)
        return search


def solve(request: Request, seconds: float, then: float, seed: int, pyvrp: Any) -> tuple[Best, Best]:
    """The best plan PyVRP finds in so many seconds, and what the own search makes of it afterwards."""
    problem = posed(request, request.stakes)
    model = Model(problem, pyvrp)
    stop = importlib.import_module("pyvrp.stop").MaxRuntime(seconds)
    result = pyvrp.solve(model.data, stop, seed=seed, collect_stats=False)
    search = model.walked(result.best, seed)
    alone = Best(round(search.value(), 3), f"PyVRP {metadata.version('pyvrp')}, {seconds:g} s, seed {seed}")
    begun = CLOCK()
    search.improve(lambda _: CLOCK() - begun >= then)
    return alone, Best(round(search.value(), 3), f"{alone.found}, then own search, {then:g} s")


def main() -> None:
    """Run and print; the last line is one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--sizes", default="200,1000")
    parser.add_argument("--threats", default=",".join(THREATS))
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--then", type=float, default=20.0, help="seconds of the own search afterwards")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="keep better values in rescue_best.json")
    options = parser.parse_args()
    try:
        pyvrp = importlib.import_module("pyvrp")
    except ModuleNotFoundError:
        parser.error("this bench needs PyVRP beside the project: pip install pyvrp")
    best, rows = kept(), []
    for size in map(int, options.sizes.split(",")):
        for threat in options.threats.split(","):
            made = case(size, threat, 1)
            alone, after = solve(made.request, options.seconds, options.then, options.seed, pyvrp)
            before = best.get(made.name, Best(0.0, ""))
            best[made.name] = max((before, alone, after), key=lambda one: one.value)
            rows.append(
                {
                    "instance": made.name,
                    "peer": alone.value,
                    "peer_then_own": after.value,
                    "best_known_before": before.value,
                    "best_known": best[made.name].value,
                    "best_found": best[made.name].found,
                }
            )
            if not options.json:
                print(json.dumps(rows[-1]))
            if options.keep:
                keep(best)
    print(json.dumps({"bench": "rescue-peer", "seconds": options.seconds, "instances": rows}))


if __name__ == "__main__":
    main()
