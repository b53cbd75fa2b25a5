"""Value saved over time: of a plan, of following the printed list, with the bound no plan can pass; pure."""

from __future__ import annotations

from msgspec import Struct

from playbooks.model import Incident, RescuePlan
from playbooks.rescue.planner import Request, by_the_list
from playbooks.rescue.problem import COVER_SHARE, UNLIKELY, likelihood
from playbooks.rescue.search import Search

Points = tuple[tuple[float, float], ...]
"""Steps (minute, value saved until then), rising; the first is (0, 0)."""


class ValueSeries(Struct, frozen=True, kw_only=True):
    """Minutes from the plan's making against value in the plan's units; ``bound`` is for the whole time."""

    plan: Points
    listed: Points
    bound: float
    budget_min: float


def value_series(plan: RescuePlan, request: Request) -> ValueSeries:
    """Both curves for the question the plan answers. ``request`` is what the planner was asked."""
    return ValueSeries(
        plan=plan_points(plan, request),
        listed=search_points(by_the_list(request)),
        bound=plan.bound,
        budget_min=plan.budget_min,
    )


def plan_points(plan: RescuePlan, request: Request) -> Points:
    """A trip's value counts when it is over: boxes on the way are not saved yet."""
    worth = {one.holding.id: one.value for one in request.stakes}
    zone = {one.holding.id: one.holding.zone for one in request.stakes}
    likely = likelihood(request.reach_min)
    share = COVER_SHARE.get(plan.threat, 0.0)
    gains: list[tuple[float, float]] = []
    for trip in plan.trips:
        value = sum(
            worth.get(id_, 0.0)
            * likely.get(zone.get(id_, ""), UNLIKELY)
            * (share if id_ in trip.covered else 1.0)
            for id_ in trip.holdings
        )
        gains.append((trip.from_min + trip.minutes, value))
    return _steps(gains)


def search_points(search: Search) -> Points:
    """The same for a search's timelines."""
    gains = [
        (leg.start + leg.minutes, sum(option.value for option in leg.options))
        for line in search.lines
        for leg in line
    ]
    return _steps(gains)


def _steps(gains: list[tuple[float, float]]) -> Points:
    points = [(0.0, 0.0)]
    total = 0.0
    for minute, value in sorted(gains):
        total += value
        points.append((round(minute, 2), round(total, 3)))
    return tuple(points)


def actual_points(incident: Incident, request: Request) -> Points:
    """What was really out or covered, when, in the same units: from the ticks, counted from the plan's making."""
    likely = likelihood(request.reach_min)
    share = COVER_SHARE.get(request.threat, 0.0)
    gains: list[tuple[float, float]] = []
    for one in request.stakes:
        item = incident.items.get(one.holding.id)
        if item is None or item.state not in {"out", "arrived", "covered", "returned"}:
            continue
        at = item.at if item.state == "covered" or item.out_at is None else item.out_at
        value = one.value * likely.get(one.holding.zone, UNLIKELY)
        covered = item.state == "covered"
        gains.append((max(0.0, (at - request.made_at) / 60.0), value * share if covered else value))
    return _steps(gains)
