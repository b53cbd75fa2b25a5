"""The rescue planner against the printed list, its best known plans and its bound.

``python -m bench.rescue --json [--sizes 200,1000,5000,20000] [--threats fire,water] [--seeds 1] [--seconds 0.01,1,10]
[--reference 0] [--tries 1] [--limits]``

For each made-up building (see :mod:`bench.buildings`) and each time: value saved over what following the printed
list saves, over the best known value, and the bound over it. Best known values with how they were found are in
``rescue_best.json`` beside this file, kept by ``--reference 45 --tries 3 --keep``. Seconds are processor seconds of
this single-threaded process, so that a busy machine measures the same. ``--top DIR --seconds S`` runs Chao's Team
Orienteering instances instead (see :mod:`bench.orienteering`).
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from bench.buildings import case
from bench.orienteering import run_top
from bench.tours import CLOCK
from playbooks.rescue.bound import upper_bound
from playbooks.rescue.planner import Request, by_the_list, plan, posed
from playbooks.rescue.search import Search, rounds

BEST = Path(__file__).with_name("rescue_best.json")
THREATS = ("fire", "water")


def solve(request: Request, seconds: float) -> tuple[Search, float]:
    """Timelines after so many seconds of wall time in all, and how long the first valid plan took (ms)."""
    begun = CLOCK()
    search = Search(posed(request, request.stakes), request.seed)
    search.greedy()
    first = (CLOCK() - begun) * 1000.0
    search.improve(lambda _: CLOCK() - begun >= seconds)
    return search, first


class Best(Struct, frozen=True):
    """The best plan known of one instance, and how it was found."""

    value: float
    found: str


def kept() -> dict[str, Best]:
    """Instance -> its best known plan."""
    return msgspec.json.decode(BEST.read_bytes(), type=dict[str, Best]) if BEST.exists() else {}


def keep(best: dict[str, Best]) -> None:
    """Write the best known plans; one that somebody else found meanwhile and that is better stays."""
    for name, one in kept().items():
        if name not in best or one.value > best[name].value:
            best[name] = one
    BEST.write_bytes(msgspec.json.format(msgspec.json.encode(dict(sorted(best.items()))), indent=1) + b"\n")


def long_runs(request: Request, seconds: float, tries: int) -> Best:
    """The best of so many searches of so many seconds, each with a seed of its own."""
    found = Best(0.0, "")
    for seed in range(tries):
        value = solve(replace(request, seed=seed), seconds)[0].value()
        if value > found.value:
            found = Best(round(value, 3), f"own search, {seconds:g} s, seed {seed} of {tries}")
    return found


def measure(
    size: int,
    threat: str,
    seed: int,
    seconds: list[float],
    reference: float,
    best: dict[str, Best],
    tries: int = 1,
    limits: bool = False,
) -> dict[str, object]:
    """One instance at every time; a plan better than the best known counts as the best known."""
    made = case(size, threat, seed, limits)
    listed = by_the_list(made.request).value()
    results = []
    for limit in seconds:
        search, first = solve(made.request, limit)
        results.append((limit, search.value(), first))
    bound = upper_bound(search.problem)
    candidates = [best[made.name]] if made.name in best else []
    candidates += [
        Best(round(value, 3), f"own search, {limit:g} s, seed 0 of 1") for limit, value, _ in results
    ]
    if reference:
        candidates.append(long_runs(made.request, reference, tries))
    best[made.name] = max(candidates, key=lambda one: one.value)
    known = best[made.name].value
    begun = CLOCK()
    plan(made.request, rounds(40))
    replan = (CLOCK() - begun) * 1000.0
    return {
        "instance": made.name,
        "printed_list": round(listed, 1),
        "best_known": round(known, 1),
        "best_found": best[made.name].found,
        "bound": round(bound, 1),
        "first_plan_ms": round(min(first for _, _, first in results if first), 1),
        "replan_ms": round(replan, 1),
        "at": [
            {
                "seconds": limit,
                "value": round(value, 1),
                "over_printed_list": round(value / listed, 3),
                "share_of_best": round(value / known, 4),
                "bound_over_plan": round(bound / value, 3),
            }
            for limit, value, _ in results
        ],
    }


def main() -> None:
    """Run and print; the last line is one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--sizes", default="200,1000,5000,20000")
    parser.add_argument("--threats", default=",".join(THREATS))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--seconds", default="0.01,1,10")
    parser.add_argument("--reference", type=float, default=0.0, help="seconds of a long run as reference")
    parser.add_argument("--tries", type=int, default=1, help="so many long runs, each with its own seed")
    parser.add_argument("--limits", action="store_true", help="few people at once in most rooms")
    parser.add_argument("--keep", action="store_true", help="keep better values in rescue_best.json")
    parser.add_argument("--top", type=Path, help="folder with Team Orienteering instances")
    parser.add_argument(
        "--most", type=int, default=0, help="at most so many instances of --top, evenly picked"
    )
    options = parser.parse_args()
    seconds = [float(word) for word in options.seconds.split(",")]
    if options.top:
        try:
            print(json.dumps(run_top(options.top, seconds[-1], options.most)))
        except FileNotFoundError as missing:
            parser.error(str(missing))
        return
    best, found = kept(), []
    for size in map(int, options.sizes.split(",")):
        for threat in options.threats.split(","):
            for seed in range(1, options.seeds + 1):
                found.append(
                    measure(
                        size, threat, seed, seconds, options.reference, best, options.tries, options.limits
                    )
                )
                if options.keep:
                    keep(best)
                if not options.json:
                    print(json.dumps(found[-1]))
    print(
        json.dumps(
            {
                "bench": "rescue",
                "instances": found,
                "mean_share_of_best": {
                    str(limit): round(statistics.mean(row["at"][place]["share_of_best"] for row in found), 4)  # type: ignore[index]
                    for place, limit in enumerate(seconds)
                },
                "first_plan_ms_max": max(row["first_plan_ms"] for row in found),  # type: ignore[type-var]
                "replan_ms_max": max(row["replan_ms"] for row in found),  # type: ignore[type-var]
                "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
