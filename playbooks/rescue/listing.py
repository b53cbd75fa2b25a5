"""The order people work by, one for screen and paper: the plan's trips first, then the rest by rank; pure."""

from __future__ import annotations

from playbooks.model import Ranked, RescuePlan


def planned(plan: RescuePlan) -> tuple[str, ...]:
    """Holdings of the plan's trips in the order they are carried; none where no zone is cleared."""
    trips = sorted(plan.trips, key=lambda trip: (trip.from_min, trip.crew))
    return tuple(dict.fromkeys(holding for trip in trips for holding in trip.holdings))


def in_order(plan: RescuePlan) -> tuple[Ranked, ...]:
    """The whole ranking in the order of work: what is carried, as it is carried; then the others by rank."""
    known = {one.holding: one for one in plan.ranking}
    carried = [known[id_] for id_ in planned(plan) if id_ in known]
    mine = {one.holding for one in carried}
    rest = sorted((one for one in plan.ranking if one.holding not in mine), key=lambda one: one.rank)
    return (*carried, *rest)


def numbers(plan: RescuePlan) -> dict[str, str]:
    """Holding -> the number it bears on screen and paper: its place in the plan, or its rank in brackets."""
    places = {id_: str(number) for number, id_ in enumerate(planned(plan), 1)}
    return {one.holding: places.get(one.holding, f"({one.rank})") for one in plan.ranking} | places
