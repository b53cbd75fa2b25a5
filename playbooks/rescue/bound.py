"""An upper bound: no plan whatever can save more; pure.

Relaxation: a holding may be carried in fractions, pays only its share of a walk by the strongest crew (the
load's share of one carry), and all crews together are one pool of minutes. Up to each closing time only so
many crew-minutes exist, so the fractions are limited by nested capacities; for nested capacities taking by
value per minute is optimal (a polymatroid: Edmonds 1970, the greedy algorithm). Every real plan is one
choice of such fractions, hence a bound.

Walks are counted in two ways, and the smaller bound is printed. Either a holding pays its load's share of the
whole way; or a zone that is worked in at all pays once for going in and out of its door (a fixed charge: its
best holdings are taken together as one entry), and loads share what is left of the way. The first is close where
much is carried, the second where much is covered in place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct

from playbooks.rescue.problem import COVER_MIN, LOADED, Problem

_LEAST = 1e-6


class _Entry(Struct, gc=False):
    """What may be bought with minutes: value per minute, minutes, and until when they must be spent."""

    pace: float
    minutes: float
    until: float


class _Item(Struct, gc=False):
    """One holding at its best pace: value per minute, minutes, until when, and the zone it is in."""

    pace: float
    minutes: float
    until: float
    zone: str


def upper_bound(problem: Problem) -> float:
    """Value that no plan of this problem can exceed."""
    if not problem.teams or not problem.zones:
        return 0.0
    whole = {zone: problem.minutes_to(zone) * (1.0 + LOADED) for zone in problem.zones}
    shared = _spend(problem, _sorted(_items(problem, whole)), problem.pruned_pace)
    trunk = {zone: minutes * (1.0 + LOADED) for zone, minutes in problem.trunks().items()}
    rooms: dict[str, list[_Entry]] = {}
    for item in (*_items(problem, trunk), *_left_out(problem, trunk)):
        rooms.setdefault(item.zone, []).append(_Entry(item.pace, item.minutes, item.until))
    charged: list[_Entry] = []
    for zone, entries in rooms.items():
        charged += _charged(_sorted(entries), problem.door.get(zone, 0.0))
    return min(shared, _spend(problem, _sorted(charged), problem.pruned_pace))


def _sorted(entries: Sequence[_Item] | Sequence[_Entry]) -> list[_Entry]:
    by_pace = sorted(entries, key=lambda entry: -entry.pace)
    return [
        entry if isinstance(entry, _Entry) else _Entry(entry.pace, entry.minutes, entry.until)
        for entry in by_pace
    ]


def _items(problem: Problem, walk: Mapping[str, float]) -> list[_Item]:
    """Every candidate at its best pace, its load sharing these walks (minutes for a whole carry)."""
    capacity = max(team.capacity for team in problem.teams)
    best: dict[int, _Item] = {}
    most: dict[int, float] = {}
    for zone, options in enumerate(problem.options):
        per_kg = walk[problem.zones[zone]] / capacity
        for option in options:
            if not any(problem.can(team, option) for team in problem.teams):
                continue
            carried = bool(option.kg)
            latest = (problem.leave_by if carried else problem.leave_free)[zone]
            if latest < option.shelf + problem.out[zone]:
                continue
            until = latest + (problem.back if carried else problem.out)[zone]
            pace = option.value / (option.shelf + per_kg * option.kg + _LEAST)
            known = best.get(option.holding)
            most[option.holding] = max(most.get(option.holding, 0.0), option.value)
            if known is None or pace > known.pace:
                until = until if known is None else max(until, known.until)
                best[option.holding] = _Item(pace, 0.0, until, problem.zones[zone])
            else:
                known.until = max(known.until, until)
    for holding, item in best.items():
        # A holding with two ways to be saved: its best pace, but never more than its larger value.
        item.minutes = most[holding] / item.pace
    return list(best.values())


def _left_out(problem: Problem, trunk: Mapping[str, float]) -> list[_Item]:
    """Candidates left out of the search that are better than its worst one where loads share only the trunk."""
    capacity = max(team.capacity for team in problem.teams)
    sheet = COVER_MIN * problem.stretch
    facts: dict[str, tuple[float, float, float]] = {}
    found: list[_Item] = []
    for pace, number, minutes in problem.pruned:
        one = problem.stakes[number]
        zone = one.holding.zone
        if zone not in facts:
            out = problem.minutes_to(zone)
            off = (out * (1.0 + LOADED) - trunk.get(zone, 0.0)) / capacity
            facts[zone] = (off, problem.latest(zone) + out * LOADED, problem.latest(zone, loaded=False) + out)
        off, until, until_free = facts[zone]
        least = minutes if minutes == sheet else max(_LEAST, minutes - off * one.kg)
        better = -pace * minutes / least
        if better > problem.pruned_pace:
            found.append(_Item(better, least, max(until, until_free), zone))
    return found


def _charged(entries: list[_Entry], charge: float) -> list[_Entry]:
    """The entries of one zone with its charge: the first so many as one, at the best pace that they reach together.

    That is the upper concave envelope of the zone's value over the minutes spent on it, so no fraction of the
    charge can be had for less.
    """
    value, minutes, until, best = 0.0, charge, 0.0, _Entry(0.0, charge, 0.0)
    taken = 0
    for number, entry in enumerate(entries, 1):
        if entry.pace <= best.pace:
            break
        value += entry.pace * entry.minutes
        minutes += entry.minutes
        until = max(until, entry.until)
        best, taken = _Entry(value / minutes, minutes, until), number
    return [best, *entries[taken:]]


def _spend(problem: Problem, entries: list[_Entry], pruned: float) -> float:
    """The crews' minutes spent on the best entries; below ``pruned`` value per minute, on what was left out."""
    if not entries:
        return 0.0
    budget = problem.budget
    deadlines = np.array(sorted({budget, *(min(entry.until, budget) for entry in entries)}))
    starts = [team.start for team in problem.teams]
    room = np.array([sum(max(0.0, deadline - start) for start in starts) for deadline in deadlines])
    total = 0.0
    for entry in entries:
        if entry.pace < pruned:
            break
        first = int(np.searchsorted(deadlines, min(entry.until, budget)))
        use = min(entry.minutes, float(room[first:].min()))
        if use > 0.0:
            room[first:] -= use
            total += entry.pace * use
            if room[-1] <= 1e-9:
                return total
    return total + max(0.0, float(room[-1])) * pruned
