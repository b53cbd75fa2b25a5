"""What the planner says of what it leaves is true, and on tiny cases nothing beats its bound and little its plan."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from playbooks.model import Crew
from playbooks.rescue.bound import upper_bound
from playbooks.rescue.planner import Request, by_the_list, plan, posed
from playbooks.rescue.problem import Problem
from playbooks.rescue.search import Search, rounds
from playbooks.triage import Stake
from tests.property.test_rescue_property import build

requests = st.builds(build, st.integers(0, 10**9))


def saved(request: Request, one: Stake, crews: tuple[Crew, ...] | None = None) -> bool:
    """Whether these crews, with nothing else to do, save this one holding."""
    alone = replace(request, stakes=(one,), crews=request.crews if crews is None else crews)
    return bool(plan(alone, rounds(3)).trips)


def together(crews: list[Crew], more: int = 0) -> Crew:
    return Crew(
        id="x",
        people=sum(crew.people for crew in crews) + more,
        arrives_min=max(crew.arrives_min for crew in crews),
        capacity_kg=sum(crew.capacity_kg or 15.0 * crew.people for crew in crews) + 15.0 * more,
        skills=tuple(sorted({skill for crew in crews for skill in crew.skills})),
    )


def check(request: Request, one: Stake, why: str) -> None:
    """One reason: without what it names the holding cannot be saved, with it it can."""
    if why.startswith("The time goes"):
        assert saved(request, one), why
        return
    assert not saved(request, one), why
    if why.startswith("Needs the skill: "):
        ready = {"skills": (one.holding.skill,), "arrives_min": 0.0, "capacity_kg": 1e9}
        assert saved(request, one, tuple(replace(crew, **ready) for crew in request.crews)), why
    elif "join crews " in why:
        ids = why.split("join crews ")[1].split(" and ")
        assert saved(request, one, (together([crew for crew in request.crews if crew.id in ids]),)), why
    elif ": call " in why:
        all_ = [crew for crew in request.crews if crew.people >= 2]
        assert saved(request, one, (together(all_, int(why.split()[-2])),)), why
    elif why.startswith("Too late"):
        longer = replace(request, budget_min=1e6, closes_min={})
        able = tuple(replace(crew, people=9, skills=("film",)) for crew in request.crews)
        assert saved(longer, one, able), why


@settings(max_examples=120, deadline=None)
@given(request=requests)
def test_what_a_reason_names_is_what_is_lacking(request: Request) -> None:
    stakes = {one.holding.id: one for one in request.stakes}
    told: dict[str, int] = {}
    for left in plan(request, rounds(5)).left:
        kind = left.why.en.split(":")[0]
        told[kind] = told.get(kind, 0) + 1
        if told[kind] <= 2:
            check(request, stakes[left.holding], left.why.en)


@settings(max_examples=80, deadline=None)
@given(request=requests)
def test_following_the_printed_list_is_never_better(request: Request) -> None:
    assert plan(request, rounds(0)).value >= round(by_the_list(request).value(), 3) - 0.002


def best_of_all(problem: Problem) -> float:
    """The best plan of one crew by trying every order of trips of at most two holdings."""
    search, options = Search(problem), [option for options in problem.options for option in options]

    def further(at: float, taken: frozenset[int]) -> float:
        best = 0.0
        free = [one for one in options if one.holding not in taken and problem.can(problem.teams[0], one)]
        for size in (1, 2):
            for trip in itertools.permutations(free, size):
                holdings = {one.holding for one in trip}
                leg = search.leg(0, list(trip), at) if len(holdings) == size else None
                if leg is not None:
                    best = max(best, leg.value + further(at + leg.minutes, taken | holdings))
        return best

    return further(problem.teams[0].start, frozenset())


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_a_tiny_case_is_solved_nearly_to_the_best_and_never_above_the_bound(seed: int) -> None:
    made = build(seed)
    crews = [crew for crew in made.crews if crew.people >= 2][:1]
    request = replace(made, stakes=made.stakes[:3], crews=tuple(crews))
    if not crews:
        assert plan(request).trips == ()
        return
    problem = posed(request, request.stakes)
    best = best_of_all(problem)
    assert best <= upper_bound(problem) + 1e-6
    assert plan(request, rounds(150)).value >= 0.85 * best - 0.002
