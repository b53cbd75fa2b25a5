"""An upper bound: no plan whatever can save more; pure.

Relaxation: a holding may be carried in fractions, pays only its share of a walk by the strongest crew (the
load's share of one carry), and all crews together are one pool of minutes. Up to each closing time only so
many crew-minutes exist, so the fractions are limited by nested capacities; for nested capacities taking by
value per minute is optimal (a polymatroid: Edmonds 1970, the greedy algorithm). Every real plan is one
choice of such fractions, hence a bound.

The crews' minutes are not alike: who carries more needs fewer ways. So every crew's minutes are weighed (a surrogate
constraint: Glover 1968), a holding costs what it costs the crew to whom it is cheapest in weighed minutes, and any
weights between 0 and 1 give a bound; a few are tried and the smallest is kept.

Walks are counted in two ways, and the smaller bound is printed. Either a holding pays its load's share of the
whole way; or a zone that is worked in at all pays once for going in and out of its door (a fixed charge: its
best holdings are taken together as one entry), every crew pays once for the way to the nearest zone and back, and
loads share what is left of the way. The first is close where much is carried, the second where much is covered in
place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from playbooks.rescue.problem import COVER_MIN, LOADED, UNDRIED, Problem

_LEAST = 1e-6
WEIGHTS = (0.0, 0.25, 0.5)
"""A crew's minutes weigh (its capacity over the largest) to each of these powers in turn."""
_Floats = NDArray[np.float64]


class _Entry(Struct, gc=False):
    """What may be bought with minutes: value per minute, minutes, until when, and in which zone."""

    pace: float
    minutes: float
    until: float
    zone: str


class _Kind(Struct, frozen=True, gc=False):
    """Crews of one kind: what they carry at once, and what their minutes weigh."""

    capacity: float
    weight: float


class _LeftOut:
    """The candidates that the search does not see, as columns: a bound must count them too."""

    def __init__(self, problem: Problem, trunk: Mapping[str, float]) -> None:
        capacity = max(team.capacity for team in problem.teams)
        covering = COVER_MIN * problem.shelf
        facts: dict[str, tuple[float, float, float]] = {}
        self.zone = [problem.stakes[number].holding.zone for _, number, _ in problem.pruned]
        for zone in set(self.zone):
            out = problem.minutes_to(zone)
            until = max(problem.latest(zone) + out * LOADED, problem.latest(zone, loaded=False) + out)
            facts[zone] = (out * (1.0 + LOADED), trunk.get(zone, 0.0), until)
        known = np.array(problem.pruned)
        ways = np.array([facts[zone] for zone in self.zone])
        minutes = known[:, 2]
        kg = np.array([problem.stakes[number].kg for _, number, _ in problem.pruned])
        covered = minutes == covering
        self.kg: _Floats = np.where(covered, 0.0, kg)
        # What is covered could be carried out instead: its whole value at the pace of covering is above both.
        whole = np.where(covered, 1.0 / max(problem.cover_share, _LEAST), 1.0)
        self.value: _Floats = -known[:, 0] * minutes * whole
        self.shelf: _Floats = np.maximum(_LEAST, minutes * whole - ways[:, 0] * self.kg / capacity)
        self.whole: _Floats = ways[:, 0]
        self.trunk: _Floats = ways[:, 1]
        self.until: _Floats = ways[:, 2]
        self.floor = problem.pruned_pace

    def entries(self, kinds: Sequence[_Kind], way: _Floats) -> list[_Entry]:
        """Those that are better than the worst candidate of the search where loads share these ways."""
        cost = np.min([kind.weight * (self.shelf + way * self.kg / kind.capacity) for kind in kinds], axis=0)
        pace = self.value / cost
        return [
            _Entry(float(pace[at]), float(cost[at]), float(self.until[at]), self.zone[at])
            for at in np.flatnonzero(pace > self.floor)
        ]


def upper_bound(problem: Problem) -> float:
    """Value that no plan of this problem can exceed."""
    if not problem.teams or not problem.zones:
        return 0.0
    whole = {zone: problem.minutes_to(zone) * (1.0 + LOADED) for zone in problem.zones}
    trunk = {zone: minutes * (1.0 + LOADED) for zone, minutes in problem.trunks().items()}
    left = _LeftOut(problem, trunk) if problem.pruned else None
    most = max(team.capacity for team in problem.teams)
    capacities = sorted({team.capacity for team in problem.teams})
    once = min((trunk[zone] for zone in problem.cleared if zone in trunk), default=0.0) * 2.0 / (1.0 + LOADED)
    beyond = {zone: minutes - once for zone, minutes in trunk.items()}
    found = []
    for power in WEIGHTS if len(capacities) > 1 else WEIGHTS[:1]:
        kinds = [_Kind(capacity, (capacity / most) ** power) for capacity in capacities]
        least = min(kind.weight for kind in kinds)
        door = {zone: least * minutes for zone, minutes in problem.door.items()}
        entries = _items(problem, whole, kinds) + (left.entries(kinds, left.whole) if left else [])
        found.append(_spend(problem, entries, most, power, 0.0))
        rest = _items(problem, beyond, kinds)
        rest += left.entries(kinds, left.trunk - once) if left else []
        found.append(_spend(problem, _with_doors(rest, door), most, power, once))
    return min(found)


def _items(problem: Problem, walk: Mapping[str, float], kinds: Sequence[_Kind]) -> list[_Entry]:
    """Every candidate as entries of falling pace, its load sharing these walks (minutes for a whole carry)."""
    ways: dict[int, list[tuple[float, float]]] = {}  # holding -> (minutes, value) of each way to save it
    until: dict[int, tuple[float, str]] = {}
    least = min(kind.weight for kind in kinds)
    for zone, options in enumerate(problem.options):
        way, name = walk[problem.zones[zone]], problem.zones[zone]
        for option in options:
            carried = bool(option.kg)
            latest = (problem.leave_by if carried else problem.leave_free)[zone]
            if latest < option.shelf + problem.out[zone]:
                continue
            value = option.value
            if carried:
                cost = min(kind.weight * (option.shelf + way * option.kg / kind.capacity) for kind in kinds)
                if option.holding in problem.undried:
                    value /= UNDRIED  # another plan might give it a place in the freezer
            else:
                cost = least * option.shelf
            last = latest + (problem.back if carried else problem.out)[zone]
            ways.setdefault(option.holding, []).append((cost + _LEAST, value))
            until[option.holding] = (max(last, until.get(option.holding, (0.0, name))[0]), name)
    found: list[_Entry] = []
    for holding, known in ways.items():
        last, name = until[holding]
        found += [_Entry(value / minutes, minutes, last, name) for minutes, value in _hull(known)]
    return found


def _hull(ways: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Of the ways to save one holding, the steps (further minutes, further value) of falling value per minute.

    A fraction of a holding can be covered and the rest carried out: the upper concave envelope of both.
    """
    cheap, *others = sorted(ways)
    if not others:
        return [cheap]
    dear = others[-1]
    if dear[1] <= cheap[1]:
        return [cheap]
    if dear[1] / dear[0] >= cheap[1] / cheap[0]:
        return [dear]
    return [cheap, (dear[0] - cheap[0], dear[1] - cheap[1])]


def _with_doors(entries: Sequence[_Entry], door: Mapping[str, float]) -> list[_Entry]:
    rooms: dict[str, list[_Entry]] = {}
    for entry in entries:
        rooms.setdefault(entry.zone, []).append(entry)
    found: list[_Entry] = []
    for zone, own in rooms.items():
        found += _charged(own, door.get(zone, 0.0))
    return found


def _charged(entries: list[_Entry], charge: float) -> list[_Entry]:
    """The entries of one zone with its charge: the first so many as one, at the best pace that they reach together.

    That is the upper concave envelope of the zone's value over the minutes spent on it, so no fraction of the
    charge can be had for less.
    """
    entries.sort(key=lambda entry: -entry.pace)
    value, minutes, until, best = 0.0, charge, 0.0, _Entry(0.0, charge, 0.0, entries[0].zone)
    taken = 0
    for number, entry in enumerate(entries, 1):
        if entry.pace <= best.pace:
            break
        value += entry.pace * entry.minutes
        minutes += entry.minutes
        until = max(until, entry.until)
        best, taken = _Entry(value / minutes, minutes, until, entry.zone), number
    return [best, *entries[taken:]]


def _spend(problem: Problem, entries: list[_Entry], most: float, power: float, once: float) -> float:
    """The crews' weighed minutes spent on the best entries, and on what is left out once that may be better.

    ``once`` are the minutes that every crew walks at least.
    """
    entries.sort(key=lambda entry: -entry.pace)
    budget = problem.budget
    deadlines = np.array(sorted({budget, *(min(entry.until, budget) for entry in entries)}))
    room = np.zeros(len(deadlines))
    for team in problem.teams:
        room += (team.capacity / most) ** power * np.maximum(0.0, deadlines - team.start - once)
    total = 0.0
    for entry in entries:
        if entry.pace < problem.pruned_pace:
            break
        first = int(np.searchsorted(deadlines, min(entry.until, budget)))
        use = min(entry.minutes, float(room[first:].min()))
        if use > 0.0:
            room[first:] -= use
            total += entry.pace * use
            if room[-1] <= 1e-9:
                return total
    return total + max(0.0, float(room[-1])) * problem.pruned_pace
