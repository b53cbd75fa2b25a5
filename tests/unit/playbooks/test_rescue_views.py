"""The order on screen and paper, what a new plan changes, value over time: pure, from real plans."""

from __future__ import annotations

from msgspec.structs import replace

from playbooks.acts import AcceptPlan, ClearZone, Item, SetCrew
from playbooks.rescue.difference import difference
from playbooks.rescue.listing import in_order, numbers, planned
from playbooks.rescue.planner import by_the_list
from playbooks.rescue.series import value_series
from tests.unit.playbooks import house

NOW = 1_790_000_000.0


def test_paper_and_screen_share_one_order_and_its_numbers() -> None:
    response = house.response()
    response.on_alarm(house.raised(house.alarm(), at=NOW), NOW)
    (id_,) = response.incidents
    response.on_act(ClearZone(incident=id_, zone="2b", reason="safe"), "wang", NOW + 60, {})
    plan = response.incidents[id_].plan
    assert plan is not None and plan.trips
    order = [one.holding for one in in_order(plan)]
    assert tuple(order[: len(planned(plan))]) == planned(plan)
    assert sorted(order) == sorted(one.holding for one in plan.ranking)
    tags = numbers(plan)
    assert [tags[id_] for id_ in planned(plan)] == [str(n) for n in range(1, len(planned(plan)) + 1)]
    assert all(tags[id_].startswith("(") for id_ in order[len(planned(plan)) :])


def test_a_new_plan_says_what_changes_and_why() -> None:
    response = house.response()
    response.on_alarm(house.raised(house.alarm(), at=NOW), NOW)
    (id_,) = response.incidents
    response.on_act(ClearZone(incident=id_, zone="2b", reason="safe"), "wang", NOW + 60, {})
    response.on_act(Item(incident=id_, holding="deeds", state="out"), "li", NOW + 120, {})
    response.on_act(ClearZone(incident=id_, zone="2a", reason="safe"), "wang", NOW + 240, {})
    response.on_act(SetCrew(incident=id_, people=4, budget_min=30), "wang", NOW + 250, {})
    incident = response.incidents[id_]
    assert incident.plan is not None and incident.proposed is not None, "the old one stays in view"
    found = difference(incident.plan, incident.proposed, response.site, frozenset({"deeds"}))
    assert {"plans", "films"} <= set(found.added)
    assert "deeds" not in [id_ for id_, _ in found.dropped], "what is out is not dropped"
    why = " / ".join(one.en for one in found.why)
    assert "Stack 2A is cleared now" in why and "people 2 → 4, crews 1 → 2" in why
    assert "time 20 → 30 min" in why
    response.on_act(AcceptPlan(incident=id_), "wang", NOW + 260, {})
    assert response.incidents[id_].proposed is None


def test_what_falls_out_has_a_reason_and_order_counts_from_two_places() -> None:
    response = house.response()
    response.on_alarm(house.raised(house.alarm(), at=NOW), NOW)
    (id_,) = response.incidents
    for zone in ("2b", "2a"):
        response.on_act(ClearZone(incident=id_, zone=zone, reason="safe"), "wang", NOW + 60, {})
    old = response.incidents[id_].proposed or response.incidents[id_].plan
    assert old is not None
    kept = tuple(trip for trip in old.trips if "films" not in trip.holdings)
    new = replace(old, trips=kept, cleared=("2b",))
    found = difference(old, new, response.site)
    gone = dict(found.dropped)
    assert "films" in gone and gone["films"].en == "Stack 2A was closed"
    assert difference(old, old, response.site).earlier == ()
    assert difference(old, old, response.site).why == ()


def test_the_curves_end_at_the_plans_value_and_stay_under_the_bound() -> None:
    response = house.response()
    response.on_alarm(house.raised(house.alarm(), at=NOW), NOW)
    (id_,) = response.incidents
    for zone in ("2b", "2a"):
        response.on_act(ClearZone(incident=id_, zone=zone, reason="safe"), "wang", NOW + 60, {})
    incident = response.incidents[id_]
    plan = incident.proposed or incident.plan
    assert plan is not None
    request = response.request_for(incident, NOW + 60)
    series = value_series(plan, request)
    assert series.plan[0] == (0.0, 0.0)
    assert abs(series.plan[-1][1] - plan.value) < 0.01
    assert abs(series.listed[-1][1] - by_the_list(request).value()) < 0.01
    assert series.plan[-1][1] <= series.bound + 1e-6
    for points in (series.plan, series.listed):
        assert list(points) == sorted(points)
