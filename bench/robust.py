"""Plans against uncertain times: what is truly saved, and who comes out too late, with and without stretched times.

``python -m bench.robust --json [--sizes 200,1000] [--runs 200] [--sigma 0.25]``. Every walk and every minute at
the shelf takes a lognormal multiple of its planned time (mean 1; half of the spread belongs to the crew: slow crews
stay slow). A crew does its trips in order, starts none that would by plan end too late, and drops what it has not
taken when its moment to leave comes. Late is who passes a zone after it has closed, or is back after the end.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
from collections.abc import Callable

from msgspec.structs import replace

from bench.buildings import case
from playbooks.rescue.planner import MARGIN_MIN, Request, posed
from playbooks.rescue.problem import LOADED, Problem
from playbooks.rescue.search import Leg, Search

ROUNDS = 150
PLANS = (("nominal", 1.0, 0.0), ("margin", 1.0, MARGIN_MIN), ("robust", 1.15, MARGIN_MIN))


def timelines(request: Request) -> Search:
    """A plan after a fixed number of rounds."""
    search = Search(posed(request, request.stakes), request.seed)
    search.greedy()
    search.improve(lambda done: done >= ROUNDS)
    return search


def factor(rng: random.Random, sigma: float) -> float:
    """A lognormal multiple with mean 1."""
    return math.exp(rng.gauss(-sigma * sigma / 2, sigma))


def walk_trip(
    problem: Problem, leg: Leg, clock: float, real: Callable[[float], float], margin: float
) -> tuple[float, float, bool]:
    """One trip in the real world: (value saved, when back, whether somebody was late)."""
    zone, held = leg.options[0].zone, 0.0
    clock += real(problem.out[zone])
    saved = 0.0
    for option in leg.options:
        if option.zone != zone:
            way = next(entry for entry in problem.between(zone) if entry.zone == option.zone)
            if clock > (way.latest if held else way.latest_free):
                break
            clock, zone = clock + real(way.minutes * (LOADED if held else 1.0)), option.zone
        done = clock + real(option.shelf * leg.carries)
        leave = (problem.leave_by if held + option.kg else problem.leave_free)[zone]
        if done > leave:
            clock = max(clock, min(done, leave))
            break
        clock, saved, held = done, saved + option.value, held + option.kg
    late = clock > (problem.leave_by if held else problem.leave_free)[zone] + margin
    back = clock + real(problem.back[zone] if held else problem.free[zone])
    if leg.carries > 1:
        back += real((leg.carries - 1) * (problem.out[zone] + problem.back[zone]))
    return saved, back, late or back > problem.budget


def one_run(search: Search, rng: random.Random, sigma: float, margin: float) -> tuple[float, int]:
    """Value truly saved and the number of late exits in one possible world."""
    problem, value, late = search.problem, 0.0, 0
    for crew, line in enumerate(search.lines):
        clock = problem.teams[crew].start
        slow = factor(rng, sigma / 2) / problem.walk  # walks and shelves are stretched alike here

        def real(planned: float, slow: float = slow) -> float:
            return planned * slow * factor(rng, sigma)

        for leg in line:
            clock = max(clock, leg.start)
            if clock + leg.minutes > problem.budget:
                break
            saved, clock, was_late = walk_trip(problem, leg, clock, real, margin)
            value, late = value + saved, late + was_late
    return value, late


def main() -> None:
    """Run and print; the last line is one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--sizes", default="200,1000")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--sigma", type=float, default=0.25)
    options = parser.parse_args()
    rows = []
    for size in map(int, options.sizes.split(",")):
        for threat in ("fire", "water"):
            made = case(size, threat, 1)
            row: dict[str, object] = {"instance": made.name}
            for name, stretch, margin in PLANS:
                search = timelines(replace(made.request, stretch=stretch, margin_min=margin))
                rng = random.Random(size)
                runs = [one_run(search, rng, options.sigma, margin) for _ in range(options.runs)]
                row[name] = {
                    "planned": round(search.value(), 1),
                    "saved": round(statistics.mean(value for value, _ in runs), 1),
                    "late_exits_per_run": round(statistics.mean(late for _, late in runs), 3),
                }
            rows.append(row)
    print(json.dumps({"bench": "robust", "sigma": options.sigma, "runs": options.runs, "instances": rows}))


if __name__ == "__main__":
    main()
