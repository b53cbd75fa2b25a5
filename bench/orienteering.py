"""Team orienteering, the public yardstick of the planner's kind of search: who visits what within a time limit.

Chao's instances (n points with scores, m teams, one tour each of at most tmax). The same method as the planner's:
greedy insertion by value per minute, then ruin and rebuild until the time is over; routes seen on the way are kept and
recombined. Written on distance matrices, because here every point is a place of its own and nobody returns with a load.
"""

from __future__ import annotations

import csv
import itertools
import math
import random
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Floats = NDArray[np.float64]
EPS = 1e-9
CLOCK: Callable[[], float] = time.process_time
"""Seconds of this process's own processor time: the same on a machine that others use."""
POOL = 4000
WIPE = 0.1
"""Share of rounds in which whole tours are given up, so that teams may take other regions."""
STUCK = 120
"""After so many rounds without a better plan the routes seen are recombined, or the search begins anew."""
FRESH = 0.6
"""How often it begins anew instead of going on from the best plan: runs end in very different places."""
SLACK = 0.7
"""A round may lose up to this part of a mean score and still be gone on from."""


class Instance(Struct, frozen=True):
    """One instance: points with scores (the first is the start, the last the end), teams, limit of each tour."""

    name: str
    teams: int
    limit: float
    score: Floats
    distance: Floats


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


class Tours:
    """One tour a team, as lists of points from start to end, and the points still free."""

    def __init__(self, instance: Instance, seed: int = 0) -> None:
        self.it = instance
        self.rng = random.Random(seed)
        self.noise = np.random.default_rng(seed)
        self.last = len(instance.score) - 1
        count = len(instance.score)
        direct = float(instance.distance[0, self.last])
        self.routes: list[list[int]] = [[0, self.last] for _ in range(instance.teams)]
        self.length = [direct] * instance.teams
        # A point too far even for a tour of its own is never a candidate.
        around = instance.distance[0] + instance.distance[:, self.last]
        self.free = (
            (around <= instance.limit + EPS) & (np.arange(count) != 0) & (np.arange(count) != self.last)
        )
        self.free &= instance.score > 0

    def _price(self, team: int, points: NDArray[np.int64]) -> tuple[Floats, NDArray[np.int64]]:
        """Cheapest extra length and place of these points in one tour."""
        distance, route = self.it.distance, self.routes[team]
        cost = distance[points[:, None], route]
        cost = cost[:, :-1] + cost[:, 1:] - distance[route[:-1], route[1:]]
        place = cost.argmin(axis=1)
        return cost[np.arange(len(points)), place], place

    def value(self) -> float:
        """Score collected."""
        return float(sum(self.it.score[route].sum() for route in self.routes))

    def insert_all(self, power: float, noise: float) -> set[int]:
        """Insert points by score^power per extra length while any fits; the tours that changed."""
        points = np.flatnonzero(self.free)
        changed = set[int]()
        if not len(points):
            return changed
        distance, limit = self.it.distance, self.it.limit + EPS
        gain = self.it.score[points] ** power
        if noise:
            gain = gain * np.exp(self.noise.normal(0.0, noise, len(points)))
        priced = [self._price(team, points) for team in range(self.it.teams)]
        extra = np.array([price for price, _ in priced])
        places = np.array([place for _, place in priced])
        spare = limit - np.array(self.length)
        while True:
            rate = np.where(extra <= spare[:, None], gain / (extra + 0.05), -1.0)
            best = int(rate.argmax())
            team, column = divmod(best, len(points))
            if rate[team, column] < 0.0:
                return changed
            point, place = int(points[column]), int(places[team, column])
            route = self.routes[team]
            route.insert(place + 1, point)
            self.length[team] += float(extra[team, column])
            spare[team] -= extra[team, column]
            self.free[point] = False
            changed.add(team)
            extra[:, column] = np.inf
            # Only the edge that was cut matters: its points are priced anew, the others may gain by the two new edges.
            mine, where = extra[team], places[team]
            stale = np.flatnonzero((where == place) & (mine < np.inf))
            where[where > place] += 1
            for edge in (place, place + 1):
                a, b = route[edge], route[edge + 1]
                cost = distance[a, points] + distance[b, points] - distance[a, b]
                better = (cost < mine) & (mine < np.inf)
                mine[better] = cost[better]
                where[better] = edge
            if len(stale):
                mine[stale], where[stale] = self._price(team, points[stale])

    def remove(self, team: int, points: set[int]) -> None:
        """Take points out of a tour."""
        route = [point for point in self.routes[team] if point not in points]
        self.routes[team] = route
        self.length[team] = float(self.it.distance[route[:-1], route[1:]].sum())
        self.free[list(points)] = True

    def shorten(self, team: int) -> bool:
        """2-opt and or-opt until neither helps; True if the tour became shorter."""
        before = self.length[team]
        while self._two_opt(team) or self._or_opt(team):
            pass
        return self.length[team] < before - EPS

    def _two_opt(self, team: int) -> bool:
        route, d = np.array(self.routes[team]), self.it.distance
        if len(route) < 4:
            return False
        a, b = route[:-1], route[1:]
        edge = d[a, b]
        gain = edge[:, None] + edge[None, :] - d[np.ix_(a, a)] - d[np.ix_(b, b)]
        gain = np.triu(gain, 1)
        best = int(gain.argmax())
        i, j = divmod(best, len(a))
        if gain[i, j] <= 1e-7:
            return False
        self.routes[team][i + 1 : j + 1] = self.routes[team][i + 1 : j + 1][::-1]
        self.length[team] -= float(gain[i, j])
        return True

    def _or_opt(self, team: int) -> bool:
        """Move one point to its best other place in the tour."""
        route, d = np.array(self.routes[team]), self.it.distance
        if len(route) < 4:
            return False
        inner, before, after = route[1:-1], route[:-2], route[2:]
        saved = d[before, inner] + d[inner, after] - d[before, after]
        a, b = route[:-1], route[1:]
        cost = d[np.ix_(a, inner)] + d[np.ix_(b, inner)] - d[a, b][:, None]
        index = np.arange(len(inner))
        cost[index, index] = np.inf
        cost[index + 1, index] = np.inf
        gain = saved[None, :] - cost
        best = int(gain.argmax())
        edge, point = divmod(best, len(inner))
        if gain[edge, point] <= 1e-7:
            return False
        moved = self.routes[team].pop(point + 1)
        self.routes[team].insert(edge + 1 if edge < point + 1 else edge, moved)
        self.length[team] -= float(gain[edge, point])
        return True

    def rebuild(self, power: float, noise: float) -> None:
        """Insert, shorten what changed, and insert again while shortening made room."""
        changed = self.insert_all(power, noise)
        while changed:
            shorter = [self.shorten(team) for team in sorted(changed)]
            if not any(shorter):
                return
            changed = self.insert_all(power, 0.0)

    def ruin(self, share: float) -> None:
        """Take out a stretch of each tour, or points near a random one, or random points."""
        rng, kind = self.rng, self.rng.random()
        if kind < WIPE:
            for team in rng.sample(range(len(self.routes)), rng.randint(1, len(self.routes))):
                self.remove(team, set(self.routes[team][1:-1]))
            return
        if kind < 0.45:
            for team, route in enumerate(self.routes):
                inner = len(route) - 2
                if inner > 0:
                    length = max(1, round(rng.random() * 2 * share * inner))
                    start = rng.randrange(1, inner + 1)
                    self.remove(team, set(route[start : min(inner + 1, start + length)]))
            return
        visited = [point for route in self.routes for point in route[1:-1]]
        if not visited:
            return
        count = max(1, round(rng.random() * 2 * share * len(visited)))
        if kind < 0.8:
            near = self.it.distance[rng.randrange(1, self.last)]
            visited.sort(key=lambda point: near[point] * (1.0 + 0.3 * rng.random()))
            gone = set(visited[:count])
        else:
            gone = set(rng.sample(visited, min(count, len(visited))))
        for team, route in enumerate(self.routes):
            mine = gone.intersection(route)
            if mine:
                self.remove(team, mine)

    def state(self) -> tuple[list[list[int]], list[float]]:
        """A copy of the tours."""
        return [list(route) for route in self.routes], list(self.length)

    def set(self, state: tuple[list[list[int]], list[float]]) -> None:
        """Go back to a copy."""
        for team, route in enumerate(state[0]):
            if route != self.routes[team]:
                self.free[self.routes[team][1:-1]] = True
        for team, (route, length) in enumerate(zip(*state, strict=True)):
            self.length[team] = length
            if route != self.routes[team]:
                self.routes[team] = list(route)
            self.free[route[1:-1]] = False


def solve(instance: Instance, seconds: float, seed: int = 0) -> tuple[float, list[list[int]]]:
    """The best score found in so many seconds, and its tours."""
    end = CLOCK() + seconds
    tours = Tours(instance, seed)
    rng = tours.rng
    tours.rebuild(1.0, 0.0)
    now = best = tours.value()
    spent = sum(tours.length)
    best_state = kept = tours.state()
    pool: dict[frozenset[int], tuple[float, list[int]]] = {}
    since = 0
    mean = float(instance.score[instance.score > 0].mean())
    while CLOCK() < end:
        tours.ruin(rng.choice((0.1, 0.2, 0.4)))
        tours.rebuild(rng.choice((0.7, 1.0, 1.4)), rng.choice((0.3, 0.6, 1.0)))
        value, length = tours.value(), sum(tours.length)
        since += 1
        for route in tours.routes:
            key = frozenset(route)
            if len(pool) < POOL and key not in pool:
                pool[key] = (float(instance.score[route].sum()), list(route))
        tied = value > now - EPS and length <= spent + EPS
        if value > now + EPS or tied or value > now - mean * SLACK * rng.random() ** 2:
            now, spent, kept = value, length, tours.state()
            if value > best + EPS:
                best, best_state, since = value, tours.state(), 0
        else:
            tours.set(kept)
        if since > STUCK:
            since = 0
            mixed = recombine(pool, instance.teams, best)
            if mixed is not None:
                lengths = [float(instance.distance[r[:-1], r[1:]].sum()) for r in mixed]
                tours.set((mixed, lengths))
                tours.rebuild(1.0, 0.0)
                best, best_state = tours.value(), tours.state()
            elif rng.random() < FRESH:
                for team, route in enumerate(tours.routes):
                    tours.remove(team, set(route[1:-1]))
                tours.rebuild(1.0, 0.6)
            else:
                tours.set(best_state)
            now, spent, kept = tours.value(), sum(tours.length), tours.state()
    return best, best_state[0]


def recombine(
    pool: dict[frozenset[int], tuple[float, list[int]]], teams: int, best: float
) -> list[list[int]] | None:
    """Disjoint routes seen on the way that together beat the best; None where there are none (greedy depth search)."""
    ends = frozenset.intersection(*pool) if pool else frozenset[int]()
    routes = sorted(
        ((value, key - ends, route) for key, (value, route) in pool.items()), key=lambda one: -one[0]
    )[:250]
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
            if value + gain * (teams - len(chosen)) <= best + EPS or next(budget) > 20_000:
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
        if length > instance.limit + 1e-6 or route[0] != 0 or route[-1] != len(instance.score) - 1:
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


def run_top(folder: Path, seconds: float, most: int = 0) -> dict[str, object]:
    """Every instance of a folder: value found, recounted, against the best known where there is one."""
    known = best_known(folder)
    paths = sorted(path for path in folder.rglob("*.txt") if not path.name.lower().startswith("readme"))
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
