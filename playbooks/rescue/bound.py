"""An upper bound: no plan whatever can save more; pure.

Relaxation: a holding may be carried in fractions, pays only its share of a walk by the strongest crew (the
load's share of one carry), and all crews together are one pool of minutes (minutes inside a room that few may enter
pay a rent: :mod:`playbooks.rescue.rents`). Up to each closing time only so
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

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from playbooks.rescue.left_out import LEAST, WEIGHTS, Entry, Kind, LeftOut
from playbooks.rescue.problem import LOADED, UNDRIED, Problem
from playbooks.rescue.rents import rents


def upper_bound(problem: Problem) -> float:
    """Value that no plan of this problem can exceed."""
    if not problem.teams or not problem.zones:
        return 0.0
    whole = {zone: problem.minutes_to(zone) * (1.0 + LOADED) for zone in problem.zones}
    trunk = {zone: minutes * (1.0 + LOADED) for zone, minutes in problem.trunks().items()}
    most = max(team.capacity for team in problem.teams)
    capacities = sorted({team.capacity for team in problem.teams})
    once = min((trunk[zone] for zone in problem.cleared if zone in trunk), default=0.0) * 2.0 / (1.0 + LOADED)
    beyond = {zone: minutes - once for zone, minutes in trunk.items()}
    left = LeftOut(problem, trunk, once) if problem.pruned else None
    room = problem.room_minutes()
    rent = rents(problem, left, room)
    paid = sum(rate * room[zone] for zone, rate in rent.items())
    found = []
    for power in WEIGHTS if len(capacities) > 1 else WEIGHTS[:1]:
        kinds = [Kind(capacity, (capacity / most) ** power) for capacity in capacities]
        least = min(kind.weight for kind in kinds)
        door = {zone: least * minutes for zone, minutes in problem.door.items()}
        entries = _items(problem, whole, kinds, rent) + (
            left.entries(kinds, left.whole, rent) if left else []
        )
        found.append(paid + _spend(problem, entries, most, power, 0.0))
        rest = _items(problem, beyond, kinds, rent)
        rest += left.entries(kinds, left.trunk - once, rent) if left else []
        found.append(paid + _spend(problem, _with_doors(rest, door), most, power, once))
    if not problem.pruned:
        found.append(_by_rooms(problem))
    return min(found)


def _by_rooms(problem: Problem) -> float:
    """What all rooms could give with crews without number: a room with a people limit has only so many minutes."""
    first = min(team.start for team in problem.teams)
    total = 0.0
    still = dict.fromkeys(problem.zones, 0.0)
    entries = sorted(_items(problem, still, [Kind(1.0, 1.0)], {}), key=lambda entry: -entry.pace)
    room = {}
    for number, zone in enumerate(problem.zones):
        pairs = problem.limit[number] // 2 if problem.limit[number] else len(problem.teams)
        window = problem.latest(zone, loaded=False) - problem.minutes_to(zone) - first
        room[zone] = pairs * max(0.0, window) + LEAST * len(entries)
    for entry in entries:
        use = min(entry.minutes, room[entry.zone])
        room[entry.zone] -= use
        total += entry.pace * use
    return total


def _items(
    problem: Problem, walk: Mapping[str, float], kinds: Sequence[Kind], rent: Mapping[str, float]
) -> list[Entry]:
    """Every candidate as entries of falling pace, its load sharing these walks (minutes for a whole carry) and its
    minutes at the shelf paying the zone's rent."""
    ways: dict[int, set[tuple[float, float]]] = {}  # holding -> (minutes, value) of each way to save it
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
            value -= rent.get(name, 0.0) * option.shelf
            if value <= 0.0:
                continue
            last = latest + (problem.back if carried else problem.free)[zone]
            ways.setdefault(option.holding, set()).add((cost + LEAST, value))
            until[option.holding] = (max(last, until.get(option.holding, (0.0, name))[0]), name)
    found: list[Entry] = []
    for holding, known in ways.items():
        last, name = until[holding]
        found += [Entry(value / minutes, minutes, last, name) for minutes, value in _hull(known)]
    return found


def _hull(ways: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
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


def _with_doors(entries: Sequence[Entry], door: Mapping[str, float]) -> list[Entry]:
    rooms: dict[str, list[Entry]] = {}
    for entry in entries:
        rooms.setdefault(entry.zone, []).append(entry)
    found: list[Entry] = []
    for zone, own in rooms.items():
        found += _charged(own, door.get(zone, 0.0))
    return found


def _charged(entries: list[Entry], charge: float) -> list[Entry]:
    """The entries of one zone with its charge: the first so many as one, at the best pace that they reach together.

    That is the upper concave envelope of the zone's value over the minutes spent on it, so no fraction of the
    charge can be had for less.
    """
    entries.sort(key=lambda entry: -entry.pace)
    value, minutes, until, best = 0.0, charge, 0.0, Entry(0.0, charge, 0.0, entries[0].zone)
    taken = 0
    for number, entry in enumerate(entries, 1):
        if entry.pace <= best.pace:
            break
        value += entry.pace * entry.minutes
        minutes += entry.minutes
        until = max(until, entry.until)
        best, taken = Entry(value / minutes, minutes, until, entry.zone), number
    return [best, *entries[taken:]]


def _spend(problem: Problem, entries: list[Entry], most: float, power: float, once: float) -> float:
    """The crews' weighed minutes spent on the best entries, and on what is left out once that may be better.

    ``once`` are the minutes that every crew walks at least.
    """
    entries.sort(key=lambda entry: -entry.pace)
    budget = problem.budget
    deadlines = np.array(sorted({budget, *(min(entry.until, budget) for entry in entries)}))
    room = np.full(len(deadlines), LEAST * len(entries))  # each entry costs that much more than in truth
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
