"""Team orienteering, the public yardstick of the planner's kind of search: who visits what within a time limit.

Chao's instances (n points with scores, m teams, one tour each of at most tmax). The planner's method on a distance
matrix (:mod:`bench.tours`), walking on from slightly worse plans. Where it is stuck, the plan goes into a small elite,
and the search goes on from a cross of two of them (whole routes of one, the least overlapping ones of the other), from
one of them, or anew. Routes seen on the way are recombined.
"""

from __future__ import annotations

import csv
import itertools
import math
import tarfile
import tempfile
from pathlib import Path

import numpy as np

from bench.tours import CLOCK, EPS, NOISES, POWERS, SHARES, Instance, Route, Tours

STUCK = 120
"""After so many rounds without a better plan the routes seen are recombined, and the search goes on elsewhere."""
SLACK = 0.7
"""A round may lose up to this part of a mean score and still be gone on from."""
STARTS = 5
"""A new beginning is the best of so many."""
ELITE = 12
FRESH, CROSSED = 0.3, 0.6
"""How often a stuck search begins anew, or from a cross of two of the elite; else from one of them."""
POOL = 4000
"""So many routes are remembered for recombining, the first of them looked at in order of score."""
LOOKED_AT = 250
TRIED = 20_000
ROUNDING = 1e-6


def read_instance(path: Path) -> Instance:
    """An instance in Chao's format; ValueError says which line is wrong."""
    lines = [
        line.split()
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
        if line.strip()
    ]
    try:
        head = {words[0].lower(): float(words[1]) for words in lines[:3]}
        points = np.array([[float(word) for word in words[:3]] for words in lines[3 : 3 + int(head["n"])]])
        if len(points) != int(head["n"]):
            raise ValueError(f"{len(points)} points instead of {head['n']:.0f}")
        teams, limit = int(head["m"]), head["tmax"]
    except (KeyError, IndexError, ValueError) as error:
        raise ValueError(f"{path.name}: not a team orienteering instance ({error})") from error
    apart = points[:, None, :2] - points[None, :, :2]
    return Instance(path.name, teams, limit, points[:, 2].copy(), np.sqrt((apart**2).sum(axis=2)))


def solve(instance: Instance, seconds: float, seed: int = 0) -> tuple[float, list[Route]]:
    """The best score found in so many seconds, and its tours."""
    end = CLOCK() + seconds
    tours = Tours(instance, seed)
    if not tours.points:
        return 0.0, tours.routes
    rng, teams = tours.rng, instance.teams
    tours.rebuild(1.0, 0.0)
    now = here = best = tours.value()
    spent = sum(tours.length)
    kept = here_state = best_state = tours.state()
    loss = SLACK * float(instance.score[instance.score > 0].mean())
    pool: dict[frozenset[int], tuple[float, Route]] = {}
    elite: list[tuple[float, list[Route]]] = []
    since = 0
    while CLOCK() < end:
        tours.ruin(rng.choice(SHARES))
        tours.rebuild(rng.choice(POWERS), rng.choice(NOISES))
        since += 1
        value, length = tours.value(), sum(tours.length)
        tied = value > now - EPS and length <= spent + EPS
        if value > now + EPS or tied or value > now - loss * rng.random() ** 2:
            now, spent, kept = value, length, tours.state()
            for route in kept[0]:
                key = frozenset(route)
                if len(pool) < POOL and key not in pool:
                    pool[key] = (sum(tours.score[point] for point in route), route)
            if value > here + EPS:
                here, here_state, since = value, kept, 0
            if value > best + EPS:
                best, best_state = value, kept
        else:
            tours.set(kept)
        if since <= STUCK:
            continue
        since = 0
        mixed = recombine(pool, teams, best)
        if mixed is not None:
            tours.set((mixed, [tours.measured(route) for route in mixed]))
            tours.rebuild(1.0, 0.0)
            here = best = tours.value()
            here_state = best_state = tours.state()
        if all(set(map(frozenset, here_state[0])) != set(map(frozenset, known)) for _, known in elite):
            elite.append((here, here_state[0]))
            elite.sort(key=lambda one: -one[0])
            del elite[ELITE:]
        turn = rng.random()
        if len(elite) < 3 or turn < FRESH:
            tours.begin(STARTS)
        elif turn < FRESH + CROSSED and teams > 1:
            one, two = rng.sample(elite, 2)
            tours.cross(one[1], two[1])
        else:
            chosen = rng.choice(elite)[1]
            tours.set((chosen, [tours.measured(route) for route in chosen]))
        now, spent, kept = tours.value(), sum(tours.length), tours.state()
        here, here_state = now, kept
        if now > best + EPS:
            best, best_state = now, kept
    return best, best_state[0]


def recombine(
    pool: dict[frozenset[int], tuple[float, list[int]]], teams: int, best: float
) -> list[list[int]] | None:
    """Disjoint routes seen on the way that together beat the best; None where there are none (greedy depth search)."""
    ends = frozenset.intersection(*pool) if pool else frozenset[int]()
    routes = sorted(
        ((value, key - ends, route) for key, (value, route) in pool.items()), key=lambda one: -one[0]
    )[:LOOKED_AT]
    found: list[list[int]] | None = None
    budget = itertools.count()

    def grow(start: int, taken: frozenset[int], value: float, chosen: list[list[int]]) -> None:
        nonlocal best, found
        if len(chosen) == teams:
            if value > best + EPS:
                best, found = value, list(chosen)
            return
        for place in range(start, len(routes)):
            gain, points, route = routes[place]
            if value + gain * (teams - len(chosen)) <= best + EPS or next(budget) > TRIED:
                return
            if taken.isdisjoint(points):
                grow(place + 1, taken | points, value + gain, [*chosen, route])

    grow(0, frozenset(), 0.0, [])
    return found


def check(instance: Instance, routes: list[list[int]]) -> float:
    """The score of tours, recounted from the instance; ValueError if a tour is too long or a point counted twice."""
    inner = [point for route in routes for point in route[1:-1]]
    if len(inner) != len(set(inner)) or len(routes) > instance.teams:
        raise ValueError(f"{instance.name}: a point is visited twice, or there are too many tours")
    for route in routes:
        length = sum(math.dist((0.0,), (instance.distance[a, b],)) for a, b in itertools.pairwise(route))
        if length > instance.limit + ROUNDING or route[0] != 0 or route[-1] != len(instance.score) - 1:
            raise ValueError(f"{instance.name}: a tour is longer than {instance.limit} or ends elsewhere")
    return float(sum(instance.score[point] for point in inner))


def best_known(folder: Path) -> dict[str, float]:
    """Instance -> the larger of the published values in ``best_known.csv`` beside or above the instances."""
    for place in (folder / "best_known.csv", folder.parent / "best_known.csv"):
        if place.is_file():
            with place.open(encoding="utf-8", newline="") as file:
                return {
                    row["instance"]: max(
                        float(row[key]) for key in ("best_2007", "best_newer") if row.get(key)
                    )
                    for row in csv.DictReader(file)
                    if row.get("best_2007") or row.get("best_newer")
                }
    return {}


def instances_in(folder: Path, room: Path) -> list[Path]:
    """The instances of a folder and of its archives, which are unpacked into ``room``; FileNotFoundError if none."""
    for archive in sorted([*folder.rglob("*.tar.gz"), *folder.rglob("*.tgz")]):
        with tarfile.open(archive) as packed:
            packed.extractall(room / archive.name, filter="data")
    found = [path for place in (folder, room) for path in place.rglob("*.txt")]
    paths = {path.name: path for path in found if not path.name.lower().startswith("readme")}
    if not paths:
        raise FileNotFoundError(
            f"{folder} holds no instance (p4.2.a.txt) and no archive of them (set4.tar.gz)"
        )
    return [paths[name] for name in sorted(paths)]


def run_top(folder: Path, seconds: float, most: int = 0) -> dict[str, object]:
    """Every instance of a folder: value found, recounted, against the best known where there is one."""
    with tempfile.TemporaryDirectory() as room:
        return _run_all(instances_in(folder, Path(room)), best_known(folder), seconds, most)


def _run_all(paths: list[Path], known: dict[str, float], seconds: float, most: int) -> dict[str, object]:
    if most and len(paths) > most:
        paths = [paths[round(place * (len(paths) - 1) / (most - 1))] for place in range(most)]
    rows: list[dict[str, object]] = []
    gaps: list[float] = []
    for path in paths:
        try:
            instance = read_instance(path)
        except ValueError as error:
            rows.append({"instance": path.name, "error": str(error)})
            continue
        begun = CLOCK()
        if instance.distance[0, -1] > instance.limit:
            value = 0.0
        else:
            _, routes = solve(instance, seconds)
            value = check(instance, routes)
        row: dict[str, object] = {
            "instance": path.name,
            "value": value,
            "seconds": round(CLOCK() - begun, 2),
        }
        best = known.get(path.name)
        if best is not None:
            gap = 100.0 * (best - value) / best if best else 0.0
            row |= {"best_known": best, "gap_pct": round(gap, 3)}
            gaps.append(gap)
        rows.append(row)
    mean = round(sum(gaps) / len(gaps), 3) if gaps else None
    return {"bench": "rescue-top", "seconds": seconds, "instances": rows, "mean_gap_pct": mean}
