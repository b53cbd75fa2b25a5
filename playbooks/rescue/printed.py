"""The printed list as the yardstick: what is saved by carrying in order of grade, as a paper list says;
pure."""

from __future__ import annotations

import math

from playbooks.rescue.problem import Option, Problem
from playbooks.rescue.search import Search


def printed_list(problem: Problem) -> Search:
    """Timelines of crews that follow the list: tier, then what the hazard reaches first, then harm.

    Whoever is free takes the next holding of the list that can still be reached, together with those that
    stand next on the list in the same room, as far as the load allows. Nobody looks at minutes, walks or
    closing times beyond that.
    """
    search = Search(problem)
    queue = _listed(problem)
    while True:
        free = sorted(range(len(problem.teams)), key=lambda crew: (search.free_at(crew), crew))
        if not any(_next(search, crew, queue) for crew in free):
            return search


def idle(search: Search) -> float:
    """The share of all crews' minutes that are left to those who could still go to the nearest room and back."""
    problem = search.problem
    least = 2.0 * min(problem.out, default=math.inf)
    whole = sum(max(0.0, problem.budget - team.start) for team in problem.teams)
    left = (problem.budget - search.free_at(crew) for crew in range(len(search.lines)))
    return sum(minutes for minutes in left if minutes > least) / whole if whole else 0.0


def _listed(problem: Problem) -> list[Option]:
    """Options in the order of the ranked list; covering only what the register says not to carry."""
    takes = [o for options in problem.options for o in options if o.act == "take"]
    kept = {option.holding for option in takes}
    covers = [o for options in problem.options for o in options if o.holding not in kept]
    return sorted([*takes, *covers], key=lambda option: option.holding)


def _next(search: Search, crew: int, queue: list[Option]) -> bool:
    """Send this crew for the first listed holding it can fetch; False where there is none."""
    problem = search.problem
    team = problem.teams[crew]
    for place, option in enumerate(queue):
        if search.taken[option.holding] or not problem.can(team, option):
            continue
        if search.free_at(crew) + problem.out[option.zone] + option.shelf > problem.leave_free[option.zone]:
            continue
        chosen = [option]
        for more in queue[place + 1 :]:
            if more.zone != option.zone and problem.room[more.zone] == problem.room[option.zone]:
                continue  # the same room by its other way
            kg = sum(o.kg for o in chosen) + more.kg
            if more.zone != option.zone or kg > problem.load(team, option.zone):
                break
            if problem.can(team, more) and not search.taken[more.holding]:
                chosen.append(more)
        while chosen:
            leg = search.placed(crew, chosen, search.free_at(crew))
            if leg is not None:
                search.book(crew, leg)
                del queue[place]
                return True
            chosen.pop()
    return False
