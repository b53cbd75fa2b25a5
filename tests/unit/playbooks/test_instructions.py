"""What a crew is told next: at most three things, never into a closed zone, an answer in every state."""

from __future__ import annotations

from msgspec.structs import replace

from playbooks.acts import ClearZone, CloseZone, EveryoneOut, GoIn, IncidentAct, Item, SetCrew
from playbooks.model import Crew, Incident
from playbooks.rescue.instructions import in_words, next_steps
from playbooks.response import Response
from tests.unit.playbooks import house

NOW = 1_790_000_000.0


def do(response: Response, act: IncidentAct, at: float = NOW + 10) -> None:
    response.on_act(act, "wang", at, {})


def running() -> tuple[Response, str]:
    """A leak, both rooms released, one crew, twelve holdings that take several trips."""
    kept = {
        f"h{number:02d}": house.holding(f"h{number:02d}", zone="2b" if number % 2 else "2a", unit_kg=14.0)
        for number in range(12)
    }
    response = house.response(holdings=kept)
    response.on_alarm(house.raised(house.alarm()), NOW)
    id_ = next(iter(response.incidents))
    do(response, SetCrew(incident=id_, people=2, budget_min=120, crews=(Crew(id="A", people=2),)))
    for zone in ("2b", "2a"):
        do(response, ClearZone(incident=id_, zone=zone, reason="power off"))
    incident = response.incidents[id_]
    assert incident.proposed is not None
    response.restore(replace(incident, plan=incident.proposed, proposed=None))
    return response, id_


def asked(incident: Incident, crew: str = "A", limit: int = 3) -> tuple[str, ...]:
    return tuple(step.kind for step in next_steps(incident.plan, incident, crew, limit))


def test_a_crew_is_told_at_most_three_trips_in_the_order_of_the_plan() -> None:
    response, id_ = running()
    incident = response.incidents[id_]
    assert incident.plan is not None
    assert len(incident.plan.trips) > 3
    steps = next_steps(incident.plan, incident, "A")
    assert [step.number for step in steps] == [1, 2, 3]
    assert [step.take for step in steps] == [trip.holdings for trip in incident.plan.trips[:3]]
    assert len(next_steps(incident.plan, incident, "A", limit=1)) == 1
    assert asked(incident, "nobody of that name") == ("wait",)
    first = steps[0]
    assert first.leave_by_at is not None
    assert first.leave_by_at <= incident.plan.made_at + 120 * 60


def test_what_is_out_or_given_up_is_not_asked_for_again() -> None:
    response, id_ = running()
    first = next_steps(response.incidents[id_].plan, response.incidents[id_], "A")[0]
    do(response, Item(incident=id_, holding=first.take[0], state="out"))
    incident = response.incidents[id_]
    now = next_steps(incident.plan, incident, "A")[0]
    assert first.take[0] not in now.take
    assert now.take == first.take[1:] or now.zones
    for id_left in first.take[1:]:
        do(response, Item(incident=id_, holding=id_left, state="cannot", note="stuck"))
    after = next_steps(response.incidents[id_].plan, response.incidents[id_], "A")[0]
    assert not set(first.take) & set(after.take)


def test_a_crew_whose_trips_were_struck_gets_the_proposals_first_trip_at_once_and_the_others_keep_theirs() -> (
    None
):
    response, id_ = running()
    do(
        response,
        SetCrew(
            incident=id_, people=4, budget_min=60, crews=(Crew(id="A", people=2), Crew(id="B", people=2))
        ),
    )
    incident = response.incidents[id_]
    assert incident.proposed is not None
    one_room_each = tuple(
        trip for trip in incident.proposed.trips if trip.via == (("2a",) if trip.crew == "A" else ("2b",))
    )
    assert {trip.crew for trip in one_room_each} == {"A", "B"}
    response.restore(replace(incident, plan=replace(incident.proposed, trips=one_room_each), proposed=None))
    do(response, CloseZone(incident=id_, zone="2a", reason="ceiling"), NOW + 60)
    incident = response.incidents[id_]
    steps = next_steps(incident.plan, incident, "A")
    assert [(step.zones, step.proposed) for step in steps] == [(("2b",), True)]
    assert not any(step.proposed for step in next_steps(incident.plan, incident, "B"))
    words = in_words(steps[0], response.site)
    assert "二层 B 库" in words.zh
    assert "not yet accepted" in words.en
    do(response, CloseZone(incident=id_, zone="2b", reason="ceiling"), NOW + 90)
    assert asked(response.incidents[id_]) == ("wait",)


def test_everyone_out_is_the_only_instruction_while_people_are_inside() -> None:
    response, id_ = running()
    do(response, GoIn(incident=id_, zone="2b", persons=("wang", "li")))
    do(response, EveryoneOut(incident=id_))
    steps = next_steps(response.incidents[id_].plan, response.incidents[id_], "A")
    assert [step.kind for step in steps] == ["leave"]
    assert "立即离开" in in_words(steps[0], response.site).zh


def test_titles_are_never_in_the_words() -> None:
    response, id_ = running()
    for step in next_steps(response.incidents[id_].plan, response.incidents[id_], "A"):
        words = in_words(step, response.site)
        assert "案卷" not in words.zh + words.en
        assert "1-1" in words.zh
