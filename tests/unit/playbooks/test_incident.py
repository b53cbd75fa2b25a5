"""The rules of an incident (C27 to C33), one behaviour a test."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from alerts.model import Refused, Shelf, Signed
from playbooks.acts import (
    AcceptPlan,
    AddStep,
    ClearZone,
    CloseIncident,
    CloseZone,
    ComeOut,
    EveryoneOut,
    GoIn,
    IncidentAct,
    Item,
    OpenIncident,
    Say,
    SetCrew,
    StepDone,
    StepSkipped,
    StepUndone,
    TakeRole,
)
from playbooks.model import Incident, IncidentEvent, Playbook, Step
from playbooks.response import Response
from sensors.model import Text
from tests.unit.playbooks import house

NOW = 1_790_000_000.0


def opened(**facts: object) -> tuple[Response, str]:
    response = house.response(**facts)
    response.on_alarm(house.raised(house.alarm()), NOW)
    return response, next(iter(response.incidents))


def do(
    response: Response, act: IncidentAct, by: str = "wang", at: float = NOW + 10, **alarms: object
) -> list[str]:
    """Kinds of what happened; a refusal shows as "refused"."""
    out = response.on_act(act, by, at, {a.id: a for a in alarms.values()})  # type: ignore[attr-defined]
    return [one.kind if isinstance(one, IncidentEvent) else "refused" for one in out]


def clear(
    response: Response, id_: str, zone: str = "2b", by: str = "wang", at: float = NOW + 10
) -> list[str]:
    return do(response, ClearZone(incident=id_, zone=zone, reason="power off"), by, at)


# --- C27: a playbook starts itself ---------------------------------------------------------------------------


def test_an_alarm_opens_its_incident_with_its_plan_and_the_ranked_list_at_once() -> None:
    response = house.response()
    events = response.on_alarm(house.raised(house.alarm()), NOW)
    assert [one.kind for one in events if isinstance(one, IncidentEvent)] == [
        "incident.opened",
        "incident.planned",
    ]
    incident = next(iter(response.incidents.values()))
    assert incident.playbook == house.WATER
    assert incident.reference == "K7"
    assert incident.plan is not None
    assert incident.plan.ranking[0].holding == "deeds"
    assert "Grade 1" in incident.plan.ranking[0].why.en
    assert "一级" in incident.plan.ranking[0].why.zh
    assert incident.plan.trips == ()


def test_the_same_hazard_joins_raises_the_level_and_another_hazard_opens_a_child() -> None:
    response, first = opened()
    response.on_alarm(house.raised(house.alarm(zone="2a")), NOW + 60)
    assert list(response.incidents) == [first]
    assert response.incidents[first].zones == ("2b", "2a")
    fire = house.alarm(rule="fire-2b", hazard="fire", playbook="fire", stage="confirmed")
    events = response.on_alarm(house.raised(fire), NOW + 90)
    child = next(one for one in response.incidents.values() if one.threat == "fire")
    assert child.parent == first
    assert child.level == 2
    assert any(isinstance(one, IncidentEvent) and one.kind == "incident.opened" for one in events)


def test_a_worse_alarm_raises_the_level_and_nothing_lowers_it() -> None:
    response = house.response()
    pre = house.alarm(rule="smoke", hazard="fire", playbook="fire", stage="prealarm")
    response.on_alarm(house.raised(pre), NOW)
    id_ = next(iter(response.incidents))
    before = response.incidents[id_].level
    events = response.on_alarm(house.raised(replace(pre, stage="confirmed"), "alarm.confirmed"), NOW + 5)
    assert response.incidents[id_].level == 2 < before
    assert "incident.level" in [one.kind for one in events if isinstance(one, IncidentEvent)]
    response.on_alarm(house.raised(pre, "alarm.worse"), NOW + 9)
    assert response.incidents[id_].level == 2


def test_the_same_alarm_event_twice_opens_one_incident() -> None:
    response, _ = opened()
    assert response.on_alarm(house.raised(house.alarm()), NOW + 1) == []
    assert len(response.incidents) == 1


def test_faults_and_shelved_alarms_open_nothing_and_a_missing_plan_is_said() -> None:
    response = house.response()
    assert response.on_alarm(house.raised(house.alarm(fault=True)), NOW) == []
    shelf = Shelf(by="li", at=NOW, until_at=NOW + 60, reason="test")
    assert response.on_alarm(house.raised(house.alarm(shelved=shelf)), NOW) == []
    out = response.on_alarm(house.raised(house.alarm(playbook="flood", hazard="flood")), NOW)
    assert isinstance(out[0], Refused)
    assert "flood" in out[0].reason.zh


def test_the_run_keeps_the_plan_it_started_with() -> None:
    response, id_ = opened()
    other = Response({"water": replace(house.WATER, steps=())}, house.HOLDINGS, house.ZONES, house.PEOPLE)
    other.restore(response.incidents[id_])
    assert other.incidents[id_].playbook == house.WATER


def test_opening_by_hand_twice_is_once_and_more_zones_join() -> None:
    response = house.response()
    act = OpenIncident(playbook="water", zones=("2b",))
    assert do(response, act)[0] == "incident.opened"
    assert do(response, act) == []
    assert do(response, OpenIncident(playbook="water", zones=("2a",)))[0] == "incident.joined"
    assert do(response, OpenIncident(playbook="nope", zones=("2b",))) == ["refused"]


# --- C29: nobody enters before release ------------------------------------------------------------------------


def test_a_zone_is_closed_until_a_named_person_with_the_role_and_a_reason_releases_it() -> None:
    response, id_ = opened()
    go = GoIn(incident=id_, zone="2b", persons=("wang", "li"))
    assert do(response, go) == ["refused"]
    assert clear(response, id_, by="li") == ["refused"]
    assert clear(response, id_, by="nobody") == ["refused"]
    assert clear(response, id_, by="system") == ["refused"]
    assert do(response, ClearZone(incident=id_, zone="2b", reason=" ")) == ["refused"]
    assert clear(response, id_)[0] == "incident.zone_cleared"
    assert clear(response, id_) == []
    assert do(response, go) == ["incident.in"]


def test_time_alone_never_releases_anything() -> None:
    response, id_ = opened()
    for hours in range(1, 200):
        response.tick(NOW + hours * 3600)
    assert response.incidents[id_].access["2b"].state == "closed"


def test_new_evidence_closes_the_zone_again_and_strikes_its_trips_at_once() -> None:
    response, id_ = opened()
    do(response, SetCrew(incident=id_, people=4, budget_min=30))
    clear(response, id_)
    assert response.incidents[id_].plan.trips  # type: ignore[union-attr]
    second = house.alarm(id="water-in-stack@2b#2")
    response.on_alarm(house.raised(second), NOW + 60)
    incident = response.incidents[id_]
    assert incident.access["2b"].state == "closed"
    assert incident.plan is not None
    assert incident.plan.trips == ()
    assert do(response, GoIn(incident=id_, zone="2b", persons=("wang", "li"))) == ["refused"]


def test_evidence_of_another_hazard_and_of_the_compartment_closes_too() -> None:
    response, id_ = opened()
    clear(response, id_)
    fire = house.alarm(zone="2a", rule="smoke", hazard="fire", playbook="fire")
    response.on_alarm(house.raised(fire), NOW + 60)
    assert response.incidents[id_].access["2b"].state == "closed"


def test_no_item_leaves_a_zone_that_was_never_released_but_what_is_carried_at_withdrawal_counts() -> None:
    response, id_ = opened()
    out = Item(incident=id_, holding="deeds", state="out")
    assert do(response, out) == ["refused"]
    clear(response, id_, at=NOW + 20)
    do(response, CloseZone(incident=id_, zone="2b", reason="smoke"), at=NOW + 60)
    assert do(response, out, at=NOW + 90) == ["incident.item"]
    late = Item(incident=id_, holding="annals", state="out")
    assert do(response, late, at=NOW + 60 + 3600) == ["refused"]


def test_a_plan_can_add_holds_but_not_remove_the_release() -> None:
    held = Playbook(
        id="water", title=house.text("w"), threat="water", stop_when=house.text("s"),
        steps=(Step(id="iso", do=Text("断电确认", "Power isolated"), who="guard", kind="hold", released_by=("guard",)),
               Step(id="cover", do=house.text("cover"), who="archivist")),
    )  # fmt: skip
    response = Response({"water": held}, house.HOLDINGS, house.ZONES, house.PEOPLE, "r", "park")
    response.on_alarm(house.raised(house.alarm()), NOW)
    id_ = next(iter(response.incidents))
    assert clear(response, id_, by="zhao") == ["refused"]  # the hold is open
    assert do(response, StepDone(incident=id_, step="cover")) == ["refused"]
    assert do(response, StepDone(incident=id_, step="iso", note="off"), by="li") == ["refused"]
    assert do(response, StepDone(incident=id_, step="iso"), by="zhao") == ["refused"]
    assert do(response, StepSkipped(incident=id_, step="iso", note="hurry"), by="wang") == ["refused"]
    assert do(response, StepDone(incident=id_, step="iso", note="breaker 4 off"), by="zhao") == [
        "incident.step"
    ]
    assert response.incidents[id_].access["2b"].state == "closed"
    assert clear(response, id_, by="zhao")[0] == "incident.zone_cleared"
    do(response, StepUndone(incident=id_, step="iso", note="switched on again"), by="zhao")
    assert response.incidents[id_].access["2b"].state == "closed"


# --- C30: people inside are counted ------------------------------------------------------------------------------


def test_nobody_goes_in_alone_or_beyond_the_limit_and_coming_out_is_never_refused() -> None:
    response, id_ = opened()
    clear(response, id_)
    assert do(response, GoIn(incident=id_, zone="2b", persons=("wang",))) == ["refused"]
    assert do(response, GoIn(incident=id_, zone="2b", persons=("a", "b", "c", "d", "e"))) == ["refused"]
    assert do(response, GoIn(incident=id_, zone="2b", persons=("wang", "li"))) == ["incident.in"]
    assert do(response, GoIn(incident=id_, zone="2b", persons=("wang", "li"))) == []
    assert do(response, GoIn(incident=id_, zone="2b", persons=("zhao",))) == ["incident.in"]
    out = response.on_act(ComeOut(incident=id_, zone="2b", person="li"), "li", NOW + 30, {})
    assert isinstance(out[0], IncidentEvent)
    assert do(response, ComeOut(incident=id_, zone="2b", person="li")) == []
    out = response.on_act(ComeOut(incident=id_, zone="", person="zhao"), "zhao", NOW + 31, {})
    assert "王芳 独自在内" in out[0].reason.zh


def test_everyone_out_closes_all_and_counts_heads_and_happens_once() -> None:
    response, id_ = opened()
    clear(response, id_)
    do(response, GoIn(incident=id_, zone="2b", persons=("wang", "li")))
    out = response.on_act(EveryoneOut(incident=id_), "li", NOW + 60, {})
    assert "王芳" in out[0].reason.zh
    incident = response.incidents[id_]
    assert all(access.state == "closed" for access in incident.access.values())
    assert incident.plan is not None
    assert incident.plan.trips == ()
    assert sum(1 for p in incident.inside if p.out_at is None) == 2
    assert do(response, EveryoneOut(incident=id_)) == []
    assert do(response, CloseIncident(incident=id_, override=True, note="x")) == ["refused"]


def test_a_long_stay_is_said_once() -> None:
    response, id_ = opened()
    clear(response, id_)
    do(response, GoIn(incident=id_, zone="2b", persons=("wang", "li")), at=NOW + 10)
    assert response.next_due() is not None
    kinds = [one.kind for one in response.tick(NOW + 10 + 1200) if isinstance(one, IncidentEvent)]
    assert "incident.overtime" in kinds
    assert "incident.overtime" not in [getattr(one, "kind", "") for one in response.tick(NOW + 10 + 1300)]


# --- steps, roles, closing ----------------------------------------------------------------------------------------


def test_a_question_opens_its_branch_and_drops_what_lies_between() -> None:
    response, id_ = opened()
    states = response.incidents[id_].steps
    assert (states["power"].state, states["valve"].state) == ("ready", "waiting")
    assert do(response, StepDone(incident=id_, step="valve")) == ["refused"]
    assert do(response, StepDone(incident=id_, step="source", answer="volcano")) == ["refused"]
    assert do(response, StepDone(incident=id_, step="source", answer="屋顶")) == ["incident.step"]
    states = response.incidents[id_].steps
    assert (states["valve"].state, states["cover"].state) == ("skipped", "ready")
    do(response, StepDone(incident=id_, step="source", answer="pipe"))
    assert response.incidents[id_].steps["valve"].state == "ready"
    do(response, StepUndone(incident=id_, step="source", note="wrong"))
    assert response.incidents[id_].steps["valve"].state == "waiting"


def test_late_steps_are_said_once() -> None:
    response, _ = opened()
    assert response.next_due() == NOW + 120
    events = response.tick(NOW + 121)
    assert [one.kind for one in events if isinstance(one, IncidentEvent)] == ["incident.late"]
    assert response.tick(NOW + 122) == []
    assert response.next_due() == NOW + 300


def test_closing_needs_the_steps_a_normal_source_or_a_signed_override() -> None:
    response, id_ = opened()
    close = CloseIncident(incident=id_)
    for step in ("power", "valve", "cover"):
        do(response, StepDone(incident=id_, step="source", answer="pipe"))
        do(response, StepDone(incident=id_, step=step))
    assert do(response, close) == ["refused"]  # still active
    unknown = replace(house.alarm(), unknown_since_at=NOW + 5)
    response.on_alarm(house.raised(unknown, "alarm.unknown"), NOW + 20)
    assert do(response, close) == ["refused"]  # no data is not normal
    assert do(response, CloseIncident(incident=id_, override=True), by="wang") == ["refused"]  # no reason
    assert do(response, CloseIncident(incident=id_, override=True, note="dry"), by="li") == ["refused"]
    well = replace(house.alarm(), active=False, cleared_at=NOW + 30)
    response.on_alarm(house.raised(well, "alarm.cleared"), NOW + 30)
    assert do(response, close) == ["incident.closed"]
    assert do(response, close) == []
    assert do(response, StepDone(incident=id_, step="power")) == ["refused"]


def test_an_override_is_signed_by_the_head_with_a_reason() -> None:
    response, id_ = opened()
    act = CloseIncident(incident=id_, override=True, note="room inspected, rope broken")
    assert do(response, act, by="wang") == ["incident.closed"]
    assert response.incidents[id_].closed_note == "room inspected, rope broken"


def test_a_role_changes_hands_only_after_the_summary() -> None:
    response, id_ = opened()
    take = TakeRole(incident=id_, role="archivist")
    assert do(response, TakeRole(incident=id_, role="coordinator"), by="li") == ["refused"]
    assert do(response, take, by="li") == ["incident.role"]
    out = response.on_act(take, "wang", NOW + 20, {})
    assert isinstance(out[0], Refused)
    assert "李强" in out[0].reason.zh
    assert do(response, replace(take, confirmed=True), by="wang") == ["incident.role"]
    assert response.incidents[id_].roles["archivist"] == "wang"


def test_a_step_outside_the_plan_is_added_by_the_head_only() -> None:
    response, id_ = opened()
    act = AddStep(incident=id_, step=Step(id="pump", do=house.text("bring the pump"), who="guard"))
    assert do(response, act, by="li") == ["refused"]
    assert do(response, act) == ["incident.step"]
    assert do(response, act) == []
    assert [step.id for step in response.incidents[id_].added] == ["pump"]


# --- C33: the right things first -----------------------------------------------------------------------------------


def test_a_new_plan_is_proposed_and_the_old_one_stays_until_accepted() -> None:
    response, id_ = opened()
    clear(response, id_)
    old = response.incidents[id_].plan
    assert old is not None
    assert old.trips
    assert "incident.proposed" in do(response, SetCrew(incident=id_, people=6, budget_min=25))
    assert response.incidents[id_].plan == old
    assert response.incidents[id_].proposed is not None
    assert do(response, AcceptPlan(incident=id_)) == ["incident.accepted"]
    assert response.incidents[id_].plan != old
    assert do(response, AcceptPlan(incident=id_)) == []


def test_what_is_out_is_not_planned_again_and_the_time_runs() -> None:
    response, id_ = opened()
    clear(response, id_)
    do(response, Item(incident=id_, holding="deeds", state="out"))
    do(response, SetCrew(incident=id_, people=6, budget_min=25))
    proposed = response.incidents[id_].proposed
    assert proposed is not None
    assert "deeds" not in {one.holding for one in proposed.ranking}
    clear(response, id_, zone="2a", at=NOW + 610)
    proposed = response.incidents[id_].proposed
    assert proposed is not None
    assert 14.0 < proposed.budget_min < 16.0


# --- C35, C40 and the record -----------------------------------------------------------------------------------------


def test_custody_gathers_who_took_it_out_and_who_received_it() -> None:
    response, id_ = opened()
    clear(response, id_)
    do(
        response,
        Item(incident=id_, holding="deeds", state="out", wet=True, at=NOW + 15),
        by="li",
        at=NOW + 100,
    )
    do(
        response,
        Item(incident=id_, holding="deeds", state="arrived", received_by="zhao"),
        by="wang",
        at=NOW + 200,
    )
    item = response.incidents[id_].items["deeds"]
    assert (item.out_by, item.out_at, item.received_by, item.received_at) == (
        "li",
        NOW + 15,
        "zhao",
        NOW + 200,
    )
    assert item.wet_at == NOW, "it may be wet since the alarm: the earliest moment counts"
    assert item.to == "park"
    assert do(response, Item(incident=id_, holding="nope", state="out")) == ["refused"]
    assert do(response, Item(incident=id_, holding="annals", state="cannot")) == ["refused"]


def test_a_real_alarm_suspends_the_drill() -> None:
    response = house.response()
    response.on_alarm(house.raised(house.alarm(drill="d1")), NOW)
    drill = next(iter(response.incidents))
    assert response.incidents[drill].kind == "drill"
    response.on_alarm(house.raised(house.alarm(zone="1a")), NOW + 5)
    assert response.incidents[drill].suspended
    assert do(response, ClearZone(incident=drill, zone="2b", reason="x")) == ["refused"]
    real = next(one for one in response.incidents.values() if one.kind == "incident")
    assert real.parent == ""


def test_after_a_real_alarm_the_drill_opens_nothing_more_and_none_can_start() -> None:
    response = house.response()
    response.on_alarm(house.raised(house.alarm(drill="d1")), NOW)
    response.on_alarm(house.raised(house.alarm(zone="1a")), NOW + 5)
    assert response.on_alarm(house.raised(house.alarm(zone="2a", drill="d1")), NOW + 6) == []
    out = response.on_alarm(house.raised(house.alarm(zone="2a", drill="d2")), NOW + 7)
    assert isinstance(out[0], Refused)
    assert do(response, OpenIncident(playbook="water", zones=("2b",), kind="tabletop")) == ["refused"]
    assert len(response.incidents) == 2


@pytest.mark.parametrize(
    ("change", "starts"),
    [
        ({}, False),
        ({"priority": 3, "playbook": "", "life_safety": True}, False),
        ({"acked": Signed("li", NOW)}, True),
        ({"active": False}, True),
        ({"priority": 3, "playbook": ""}, True),
        ({"fault": True}, True),
        ({"muted_by": "power@1f#1"}, True),
        ({"shelved": Shelf("li", NOW, NOW + 600, "known")}, True),
    ],
)
def test_no_drill_starts_while_a_real_alarm_calls_for_somebody(change: dict[str, Any], starts: bool) -> None:
    response = house.response()
    real = replace(house.alarm(zone="1a"), **{"playbook": "", **change})
    out = response.on_act(
        OpenIncident(playbook="water", zones=("2b",), kind="drill"), "wang", NOW, {real.id: real}
    )
    assert (not isinstance(out[0], Refused)) == starts
    if isinstance(out[0], Refused):
        assert (
            out[0].reason.en
            == f"The real alarm {real.name.en!r} is not acknowledged yet: no drill can start."
        )
    incident = response.on_act(OpenIncident(playbook="water", zones=("2b",)), "wang", NOW, {real.id: real})
    assert not isinstance(incident[0], Refused), "a real incident may be opened at any time"


def test_a_consequence_that_is_muted_still_closes_the_zone_but_dampness_does_not() -> None:
    response, id_ = opened()
    clear(response, id_)
    damp = house.alarm(rule="humid", hazard="climate", playbook="", priority=3)
    response.on_alarm(house.raised(damp), NOW + 60)
    assert response.incidents[id_].access["2b"].state == "cleared"
    muted = house.alarm(id="smoke@2b#1", rule="smoke", hazard="fire", playbook="", muted_by="panel")
    response.on_alarm(house.raised(muted), NOW + 61)
    assert response.incidents[id_].access["2b"].state == "closed"


def test_the_last_event_of_each_incident_is_the_whole_state() -> None:
    response, id_ = opened()
    log: list[IncidentEvent] = []
    acts: tuple[IncidentAct, ...] = (
        ClearZone(incident=id_, zone="2b", reason="dry"),
        GoIn(incident=id_, zone="2b", persons=("wang", "li")),
        Item(incident=id_, holding="deeds", state="out"),
        Say(incident=id_, words="fire brigade is here"),
        EveryoneOut(incident=id_),
    )
    for number, act in enumerate(acts):
        log += [
            one for one in response.on_act(act, "wang", NOW + number, {}) if isinstance(one, IncidentEvent)
        ]
    folded: dict[str, Incident] = {}
    for event in log:
        folded[event.incident.id] = event.incident
    assert folded == response.incidents
    other = house.response()
    for incident in folded.values():
        other.restore(incident)
    assert other.next_due() == response.next_due()
