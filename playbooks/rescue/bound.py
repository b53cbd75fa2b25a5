"""An upper bound: no plan whatever can save more; pure.

Relaxation: a holding may be carried in fractions, pays only its share of a walk by the strongest crew (the
load's share of one carry), and all crews together are one pool of minutes. Up to each closing time only so
many crew-minutes exist, so the fractions are limited by nested capacities; for nested capacities taking by
value per minute is optimal (a polymatroid: Edmonds 1970, the greedy algorithm). Every real plan is one
choice of such fractions, hence a bound.
"""

from __future__ import annotations

import numpy as np

from playbooks.rescue.problem import Problem


def upper_bound(problem: Problem) -> float:
    """Value that no plan of this problem can exceed."""
    if not problem.teams:
        return 0.0
    capacity = max(team.capacity for team in problem.teams)
    best: dict[int, tuple[float, float, float]] = {}  # holding -> (value per minute, minutes, leave by)
    whole: dict[int, float] = {}
    for zone, options in enumerate(problem.options):
        walk = problem.out[zone] + problem.back[zone]
        latest = problem.leave_by[zone]
        for option in options:
            if not any(problem.can(team, option) for team in problem.teams):
                continue
            minutes = option.shelf + walk * option.kg / capacity + 1e-6
            if latest < option.shelf + problem.out[zone]:
                continue
            whole[option.holding] = max(whole.get(option.holding, 0.0), option.value)
            pace = option.value / minutes
            if option.holding not in best or pace > best[option.holding][0]:
                best[option.holding] = (pace, minutes, latest + problem.back[zone])
    if not best:
        return 0.0
    # A holding with two ways to be saved: its best pace, but never more than its larger value.
    entries = sorted(
        ((pace, whole[holding] / pace, until) for holding, (pace, _, until) in best.items()), reverse=True
    )
    deadlines = np.array(sorted({min(until, problem.budget) for _, _, until in entries}))
    starts = [team.start for team in problem.teams]
    room = np.array([sum(max(0.0, deadline - start) for start in starts) for deadline in deadlines])
    total = 0.0
    for pace, minutes, until in entries:
        first = int(np.searchsorted(deadlines, min(until, problem.budget)))
        use = min(minutes, float(room[first:].min()))
        if use > 0.0:
            room[first:] -= use
            total += pace * use
            if room[-1] <= 1e-9:
                return total
    if problem.pruned_pace:
        total += float(room[-1]) * problem.pruned_pace
    return total
