"""The candidates that the search does not see, as columns of numbers: a bound must count them too; pure."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from playbooks.rescue.problem import COVER_MIN, LOADED, Problem

LEAST = 1e-6
WEIGHTS = (0.0, 0.4)
"""A crew's minutes weigh (its capacity over the largest) to each of these powers in turn."""
Floats = NDArray[np.float64]


class Entry(Struct, gc=False):
    """What may be bought with minutes: value per minute, minutes, until when, and in which zone."""

    pace: float
    minutes: float
    until: float
    zone: str


class Kind(Struct, frozen=True, gc=False):
    """Crews of one kind: what they carry at once, and what their minutes weigh."""

    capacity: float
    weight: float


class LeftOut:
    """All left-out candidates that may be better than the worst one of the search.

    ``trunk`` are the ways without the doors of cleared zones, of which every crew walks ``once`` minutes anyway
    (:mod:`playbooks.rescue.bound`). ``worth`` is a holding's whole value, ``carry`` and ``cover`` the minutes at its
    shelf (infinite where it cannot be had that way), ``zone`` where it stands.
    """

    def __init__(self, problem: Problem, trunk: Mapping[str, float], once: float) -> None:
        capacity = max(team.capacity for team in problem.teams)
        covering = COVER_MIN * problem.shelf
        facts: dict[str, tuple[float, float, float]] = {}
        boost = 1.0
        for zone in problem.cleared:
            out = problem.minutes_to(zone)
            if math.isinf(out):
                continue
            facts[zone] = (out * (1.0 + LOADED), trunk.get(zone, 0.0), problem.until(zone))
            if out > 0.0:
                boost = max(boost, facts[zone][0] / max(LEAST, trunk.get(zone, 0.0) - once))
        # No shorter way and no weight lifts a pace by more than this, so the rest stays below the search's worst.
        least = min(team.capacity for team in problem.teams) / capacity
        floor = -problem.pruned_pace * least ** max(WEIGHTS) / boost
        seen = problem.pruned[: bisect_right(problem.pruned, (floor, len(problem.stakes), 0.0))]
        stakes = [problem.stakes[number] for _, number, _ in seen]
        self.zone = [one.holding.zone for one in stakes]
        known = np.array(seen).reshape(-1, 3)
        ways = np.array([facts[zone] for zone in self.zone]).reshape(-1, 3)
        self.share = problem.cover_share
        sheet = [self.share > 0.0 and (one.sheet or one.holding.action == "protect") for one in stakes]
        self.worth: Floats = -known[:, 0] * known[:, 2]
        covered = known[:, 2] == covering
        self.worth[covered] /= max(self.share, LEAST)
        self.kg: Floats = np.array([one.kg for one in stakes])
        self.carry: Floats = np.array(
            [
                one.holding.carry_min * problem.shelf if one.holding.action == "take" else math.inf
                for one in stakes
            ]
        )
        self.cover: Floats = np.where(sheet, covering, math.inf)
        self.whole: Floats = ways[:, 0]
        self.trunk: Floats = ways[:, 1]
        self.until: Floats = ways[:, 2]
        self.floor = problem.pruned_pace

    def entries(self, kinds: Sequence[Kind], way: Floats, rent: Mapping[str, float]) -> list[Entry]:
        """Those that are better than the worst candidate of the search where loads share these ways.

        A holding that can be carried or covered counts as one entry at the better pace of the two, for the larger
        value: that is above both. ``rent`` is what a minute inside a zone costs (:mod:`playbooks.rescue.rents`).
        """
        charge = np.array([rent.get(zone, 0.0) for zone in self.zone]) if rent else 0.0
        with np.errstate(invalid="ignore"):
            carrying = np.min(
                [kind.weight * (self.carry + way * self.kg / kind.capacity) for kind in kinds], axis=0
            )
            carried = np.where(np.isinf(self.carry), 0.0, self.worth - charge * self.carry)
            sheeted = np.where(np.isinf(self.cover), 0.0, self.worth * self.share - charge * self.cover)
        covering = min(kind.weight for kind in kinds) * self.cover
        pace = np.maximum(carried / (carrying + LEAST), sheeted / (covering + LEAST))
        value = np.maximum(carried, sheeted)
        return [
            Entry(float(pace[at]), float(value[at] / pace[at]), float(self.until[at]), self.zone[at])
            for at in np.flatnonzero(pace > max(self.floor, LEAST))
        ]
