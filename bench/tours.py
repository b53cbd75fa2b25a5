"""Tours on a distance matrix: greedy insertion, shortening, and ways of making room.

Every point is a place of its own and nobody returns with a load. Two of the ways go through tours that are too long
for a moment, points forced in and tails of two tours exchanged: then the worst points by score per length leave.
"""

from __future__ import annotations

import itertools
import math
import random
import time
from collections.abc import Callable, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Route = list[int]
State = tuple[list[Route], list[float]]
EPS = 1e-9
CLOCK: Callable[[], float] = time.process_time
"""Seconds of this process's own processor time: the same on a machine that others use."""
TAILS, FORCED, WIPED, STRETCHED, AROUND = 0.2, 0.4, 0.04, 0.14, 0.14
"""How often a round exchanges tails, forces points in, gives up whole tours, a stretch of each, a region; else
points at random."""
SEEDS = (1, 2, 3)
"""So many points at random begin a tour."""
SHARES = (0.1, 0.2, 0.4)
"""A ruin takes up to twice such a share of the points."""
POWERS = (0.7, 1.0, 1.4)
NOISES = (0.3, 0.6, 1.0)


class Instance(Struct, frozen=True):
    """One instance: points with scores (the first is the start, the last the end), teams, limit of each tour."""

    name: str
    teams: int
    limit: float
    score: Floats
    distance: Floats


class Block:
    """The edges of one tour while points are inserted: what each free point would cost and yield in each of them."""

    def __init__(self, route: Route, spare: float, room: int, ways: Floats, gain: Floats, d: Floats) -> None:
        edges = len(route) - 1
        self.before, self.after = route[:-1], route[1:]
        self.cost = np.empty((edges + room, len(gain)))
        self.rate = np.empty((edges + room, len(gain)))
        cost, rate = self.cost[:edges], self.rate[:edges]
        np.add(ways[self.before], ways[self.after], out=cost)
        cost -= d[self.before, self.after][:, None]
        np.divide(gain, cost + 0.05, out=rate)
        np.putmask(rate, cost > spare, -1.0)
        self.look()

    def look(self) -> None:
        """Find the best edge and point."""
        rate = self.rate[: len(self.before)]
        place = int(rate.argmax())
        self.best = float(rate.item(place))
        self.edge, self.column = divmod(place, rate.shape[1])

    def split(self, point: int, spare: float, ways: Floats, gain: Floats, lengths: list[list[float]]) -> None:
        """Put the point on the best edge: two edges stand for it now."""
        a, b, edges = self.before[self.edge], self.after[self.edge], len(self.before)
        self.after[self.edge] = point
        self.before.append(point)
        self.after.append(b)
        for row, x, y in ((self.edge, a, point), (edges, point, b)):
            np.add(ways[x], ways[y], out=self.cost[row])
            self.cost[row] -= lengths[x][y]
            np.divide(gain, self.cost[row] + 0.05, out=self.rate[row])
        np.putmask(self.rate[: edges + 1], self.cost[: edges + 1] > spare, -1.0)
        self.look()


class Tours:
    """One tour a team, as lists of points from start to end, and which team has each point."""

    def __init__(self, instance: Instance, seed: int = 0) -> None:
        self.it = instance
        self.rng = random.Random(seed)
        self.noise = np.random.default_rng(seed)
        self.last = len(instance.score) - 1
        self.ways: list[list[float]] = instance.distance.tolist()
        self.score: list[float] = instance.score.tolist()
        # A point too far even for a tour of its own is never a candidate.
        around = instance.distance[0] + instance.distance[:, self.last]
        fit = (around <= instance.limit + EPS) & (instance.score > 0)
        fit[[0, self.last]] = False
        self.points: list[int] = np.flatnonzero(fit).tolist()
        self.near = {
            point: [
                other for other in np.argsort(instance.distance[point], kind="stable").tolist() if fit[other]
            ]
            for point in self.points
        }
        self.routes: list[Route] = [[0, self.last] for _ in range(instance.teams)]
        self.length = [self.ways[0][self.last]] * instance.teams
        self.team = [-1] * len(self.score)

    def value(self) -> float:
        """Score collected."""
        return sum(self.score[point] for route in self.routes for point in route)

    def measured(self, route: Route) -> float:
        """The length of a route."""
        return sum(self.ways[a][b] for a, b in itertools.pairwise(route))

    # --- building ---------------------------------------------------------------------------------------

    def insert_all(self, power: float, noise: float) -> set[int]:
        """Insert points by score^power per extra length while any fits; the tours that changed."""
        changed = set[int]()
        free = [point for point in self.points if self.team[point] < 0]
        if not free:
            return changed
        limit = self.it.limit + EPS
        ways = self.it.distance[:, free]
        gain = self.it.score[free] ** power
        if noise:
            gain = gain * np.exp(self.noise.normal(0.0, noise, len(free)))
        blocks = [
            Block(route, limit - length, len(free), ways, gain, self.it.distance)
            for route, length in zip(self.routes, self.length, strict=True)
        ]
        while True:
            team = max(range(len(blocks)), key=lambda number: blocks[number].best)
            block = blocks[team]
            if block.best < 0.0:
                return changed
            column, edge = block.column, block.edge
            point, before, after = free[column], block.before[edge], block.after[edge]
            route = self.routes[team]
            route.insert(route.index(before) + 1, point)
            self.length[team] += self.ways[before][point] + self.ways[point][after] - self.ways[before][after]
            self.team[point] = team
            changed.add(team)
            gain[column] = -1e9  # taken: no new edge may count on it
            for other in blocks:
                other.rate[: len(other.before), column] = -1.0
            block.split(point, limit - self.length[team], ways, gain, self.ways)
            for other in blocks:
                if other is not block and other.best >= 0.0 and other.column == column:
                    other.look()

    def shorten(self, team: int) -> bool:
        """2-opt and moves of one point until neither helps; True if the tour became shorter."""
        route = self.routes[team]
        edges, better = len(route) - 1, False
        if edges < 3:
            return False
        index = np.arange(edges - 1)
        while True:
            d = self.it.distance[route][:, route]
            edge = d.diagonal(1)
            turned = edge[:, None] + edge - d[:-1, :-1] - d[1:, 1:]
            turned.ravel()[:: edges + 1] = 0.0
            moved = edge[:-1] + edge[1:] - d.diagonal(2) - (d[:-1, 1:-1] + d[1:, 1:-1] - edge[:, None])
            moved[index, index] = moved[index + 1, index] = -1.0
            turn, move = int(turned.argmax()), int(moved.argmax())
            if max(turned.item(turn), moved.item(move)) <= 1e-7:
                return better
            better = True
            if turned.item(turn) >= moved.item(move):
                low, high = sorted(divmod(turn, edges))
                route[low + 1 : high + 1] = route[low + 1 : high + 1][::-1]
                self.length[team] -= turned.item(turn)
            else:
                place, inner = divmod(move, edges - 1)
                point = route.pop(inner + 1)
                route.insert(place + 1 if place < inner + 1 else place, point)
                self.length[team] -= moved.item(move)

    def rebuild(self, power: float, noise: float) -> None:
        """Insert, shorten what changed, and insert again while shortening made room."""
        changed = self.insert_all(power, noise)
        while changed and sum(self.shorten(team) for team in sorted(changed)):
            changed = self.insert_all(power, 0.0)

    # --- ruining ----------------------------------------------------------------------------------------

    def cut(self, team: int, points: set[int]) -> None:
        """Take points out of a tour."""
        for point in points:
            self.team[point] = -1
        self.put(team, [point for point in self.routes[team] if point not in points])

    def put(self, team: int, route: Route) -> None:
        """Let a tour be this route."""
        self.routes[team] = route
        self.length[team] = self.measured(route)
        for point in route[1:-1]:
            self.team[point] = team

    def clear(self, teams: Sequence[int]) -> None:
        """Give up whole tours."""
        for team in teams:
            self.cut(team, set(self.routes[team][1:-1]))

    def plant(self, teams: Sequence[int]) -> None:
        """Begin these tours anew, each with a few points at random: other regions than greedy insertion goes to."""
        self.clear(teams)
        for team in teams:
            for _ in range(self.rng.choice(SEEDS)):
                point = self.rng.choice(self.points)
                extra, edge = self._cheapest(team, point)
                if self.team[point] < 0 and self.length[team] + extra <= self.it.limit + EPS:
                    self.routes[team].insert(edge + 1, point)
                    self.length[team] += extra
                    self.team[point] = team

    def begin(self, starts: int) -> None:
        """Give everything up and go on from the best of so many beginnings."""
        found: list[tuple[float, State]] = []
        for _ in range(starts):
            self.plant(range(len(self.routes)))
            self.rebuild(1.0, 0.6)
            found.append((self.value(), self.state()))
        self.set(max(found, key=lambda one: one[0])[1])

    def ruin(self, share: float) -> None:
        """One of six ways of making room; a tour is never left too long."""
        rng, kind = self.rng, self.rng.random()
        teams = range(len(self.routes))
        kind -= TAILS
        if kind < 0:
            self.exchange_tails()
            return
        kind -= FORCED
        if kind < 0:
            self.force()
            return
        kind -= WIPED
        if kind < 0:
            self.plant(rng.sample(teams, rng.randint(1, len(teams))))
            return
        kind -= STRETCHED
        if kind < 0:
            for team in teams:
                inner = len(self.routes[team]) - 2
                if inner > 0:
                    start, length = (
                        rng.randrange(1, inner + 1),
                        max(1, round(rng.random() * 2 * share * inner)),
                    )
                    self.cut(team, set(self.routes[team][start : min(inner + 1, start + length)]))
            return
        visited = [point for point in self.points if self.team[point] >= 0]
        count = max(1, round(rng.random() * 2 * share * len(visited)))
        if kind - AROUND < 0:
            away = self.ways[rng.choice(self.points)]
            visited.sort(key=lambda point: away[point] * (1.0 + 0.3 * rng.random()))
        else:
            rng.shuffle(visited)
        gone: dict[int, set[int]] = {}
        for point in visited[:count]:
            gone.setdefault(self.team[point], set()).add(point)
        for team, points in gone.items():
            self.cut(team, points)

    def force(self) -> None:
        """A free point and a few of its neighbours go into one tour, whatever they cost; others leave it."""
        rng = self.rng
        free = [point for point in self.points if self.team[point] < 0]
        if not free:
            return
        first, most = rng.choice(free), rng.randint(1, 5)
        team = rng.randrange(len(self.routes)) if rng.random() < 0.3 else -1
        if team >= 0:  # a tour at random may also take them from the others
            around = [point for point in self.near[first][: 2 * most] if self.team[point] != team]
        else:
            team = min(range(len(self.routes)), key=lambda number: self._cheapest(number, first)[0])
            around = [point for point in self.near[first][: 2 * most] if self.team[point] < 0]
        chosen = {first}
        for point in (first, *[point for point in around if point != first][: most - 1]):
            if self.team[point] >= 0:
                self.cut(self.team[point], {point})
            extra, edge = self._cheapest(team, point)
            self.routes[team].insert(edge + 1, point)
            self.length[team] += extra
            self.team[point] = team
            chosen.add(point)
        self.shorten(team)
        self.drop(team, chosen)

    def _cheapest(self, team: int, point: int) -> tuple[float, int]:
        """Least extra length of a point in one tour, and the edge."""
        d, route = self.ways, self.routes[team]
        return min(
            (d[a][point] + d[point][b] - d[a][b], edge)
            for edge, (a, b) in enumerate(itertools.pairwise(route))
        )

    def exchange_tails(self) -> None:
        """Two tours go on as each other from near points on; what is then too long loses its worst points."""
        if len(self.routes) < 2:
            return
        rng = self.rng
        one, two = rng.sample(range(len(self.routes)), 2)
        first, second = self.routes[one], self.routes[two]
        if len(first) < 3 or len(second) < 3:
            return
        cut = rng.randrange(len(first) - 1)
        away = self.ways[first[cut]]
        near = sorted(
            range(1, len(second)), key=lambda place: away[second[place]] * (1.0 + 0.5 * rng.random())
        )
        join = rng.choice(near[:3])
        if rng.random() < 0.3:
            mine = [*first[: cut + 1], *second[1:join][::-1], self.last]
            theirs = [0, *first[cut + 1 : -1][::-1], *second[join:]]
        else:
            mine, theirs = first[: cut + 1] + second[join:], second[:join] + first[cut + 1 :]
        for team, route in ((one, mine), (two, theirs)):
            self.put(team, route)
            self.shorten(team)
            self.drop(team, set())

    def drop(self, team: int, kept: set[int]) -> None:
        """While a tour is too long, its worst point by score per length saved leaves; ``kept`` ones last."""
        d, route, limit = self.ways, self.routes[team], self.it.limit + EPS
        worth = {point: self.score[point] * math.exp(self.rng.gauss(0.0, 0.3)) for point in route}
        while self.length[team] > limit:
            worst: tuple[float, int, float] | None = None
            for place in range(1, len(route) - 1):
                before, point, after = route[place - 1 : place + 2]
                if point not in kept:
                    saved = d[before][point] + d[point][after] - d[before][after]
                    rate = worth[point] / (saved + 0.05)
                    if worst is None or rate < worst[0]:
                        worst = (rate, place, saved)
            if worst is None:
                self.cut(team, set(route[1:-1]))
                return
            self.team[route.pop(worst[1])] = -1
            self.length[team] -= worst[2]

    # --- states -----------------------------------------------------------------------------------------

    def state(self) -> State:
        """A copy of the tours."""
        return [list(route) for route in self.routes], list(self.length)

    def set(self, state: State) -> None:
        """Go back to a copy."""
        for route in self.routes:
            for point in route:
                self.team[point] = -1
        for team, (route, length) in enumerate(zip(*state, strict=True)):
            self.routes[team], self.length[team] = list(route), length
            for point in route[1:-1]:
                self.team[point] = team

    def cross(self, one: list[Route], two: list[Route]) -> None:
        """Some whole routes of one plan, and of the other those that overlap least, without what is there already."""
        teams = len(one)
        taken = self.rng.sample(one, self.rng.randint(1, teams - 1))
        have = {point for route in taken for point in route[1:-1]}
        rest = sorted(two, key=lambda route: sum(point in have for point in route))[: teams - len(taken)]
        mixed = [list(route) for route in taken] + [[p for p in route if p not in have] for route in rest]
        self.set((mixed, [self.measured(route) for route in mixed]))
        for team in range(teams):
            self.shorten(team)
        self.rebuild(1.0, 0.1)
