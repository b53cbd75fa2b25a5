"""What a minute inside a crowded room is worth; pure.

A room that few people may enter at once has only so many crew-minutes, however many crews wait at its door. A bound
that pools the minutes of all crews must know that: every minute inside such a room pays a *rent*, and the rents of all
minutes that the room has are added to the bound (Lagrangian relaxation: Geoffrion 1974). Any rents that are not
negative give a bound; good ones are those at which the best use of the crews' minutes just fills the rooms.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from playbooks.rescue.left_out import LEAST, Floats, LeftOut
from playbooks.rescue.problem import LOADED, Problem

ROWS = 2_000
"""So many holdings are enough to find good rents; of more, every so-many-th is looked at."""
ROUNDS = 24


def rents(problem: Problem, left: LeftOut | None, room: Mapping[str, float]) -> dict[str, float]:
    """Zone -> value per minute inside it, for the zones that would otherwise be more than full."""
    value, cost, inside, zone, names = _rows(problem, left)
    if not len(value):
        return {}
    spent = np.bincount(zone, inside, minlength=len(names))
    tight = {at: room[name] for at, name in enumerate(names) if name in room and spent[at] > room[name]}
    if not tight:
        return {}
    budget = sum(max(0.0, problem.budget - team.start) for team in problem.teams)
    step = -(-len(value) // ROWS)
    part = slice(None, None, step)
    order = [(names[at], np.flatnonzero(zone[part] == at), minutes / step) for at, minutes in tight.items()]
    value, cost, inside = value[part], cost[part], inside[part]
    low, high = 0.0, float((value / cost).max())
    charge: Floats = np.zeros(len(value))
    best, found = math.inf, dict[str, float]()
    for _ in range(ROUNDS):
        price = (low + high) / 2.0  # of a crew's minute
        gain = value - price * cost
        total = price * budget / step
        for _, rows, minutes in order:
            charge[rows] = rent = _rent(gain[rows], inside[rows], minutes)
            total += rent * minutes
        net = gain - charge * inside
        total += float(net[net > 0.0].sum())
        if total < best:
            best = total
            found = {name: float(charge[rows[0]]) for name, rows, _ in order if len(rows)}
        over = float(cost[net > 0.0].sum()) > budget / step
        low, high = (price, high) if over else (low, price)
    return {name: rent for name, rent in found.items() if rent > 0.0}


def _rent(gain: Floats, inside: Floats, minutes: float) -> float:
    """The gain per minute inside of the first row that no longer finds room."""
    worth = gain / inside
    order = np.argsort(-worth, kind="stable")
    full = int(np.searchsorted(np.cumsum(inside[order]), minutes, side="right"))
    return max(0.0, float(worth[order[full]])) if full < len(order) else 0.0


def _rows(
    problem: Problem, left: LeftOut | None
) -> tuple[Floats, Floats, Floats, NDArray[np.intp], list[str]]:
    """Every holding at its better way: value, minutes with its share of the walk, minutes inside, and its zone."""
    most = max(team.capacity for team in problem.teams)
    best: dict[int, tuple[float, float, float, int]] = {}
    for zone, options in enumerate(problem.options):
        way = problem.out[zone] * (1.0 + LOADED) / most
        for option in options:
            minutes = option.shelf + way * option.kg + LEAST
            known = best.get(option.holding)
            if known is None or option.value / minutes > known[0] / known[1]:
                best[option.holding] = (option.value, minutes, option.shelf + LEAST, zone)
    table = np.array(list(best.values())).reshape(-1, 4)
    value, cost, inside, zones = table[:, 0], table[:, 1], table[:, 2], table[:, 3].astype(np.intp)
    names = list(problem.zones)
    if left is not None and left.zone:
        carrying = left.carry + left.whole * left.kg / most + LEAST
        carries = left.worth / carrying >= left.worth * left.share / (left.cover + LEAST)
        place = {name: at for at, name in enumerate(dict.fromkeys([*names, *left.zone]))}
        names = list(place)
        value = np.append(value, np.where(carries, left.worth, left.worth * left.share))
        cost = np.append(cost, np.where(carries, carrying, left.cover + LEAST))
        inside = np.append(inside, np.where(carries, left.carry, left.cover) + LEAST)
        zones = np.append(zones, np.array([place[name] for name in left.zone], dtype=np.intp))
    return value, cost, inside, zones, names
