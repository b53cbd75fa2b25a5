"""Whatever alarms and people do, in any order: the record is the state, twice is once, nobody enters before release."""

from __future__ import annotations

import random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.model import AlarmEvent
from playbooks import custody
from playbooks.acts import (
    AcceptPlan,
    Advance,
    ClearZone,
    CloseIncident,
    CloseZone,
    ComeOut,
    EveryoneOut,
    GiveBack,
    GoIn,
    IncidentAct,
    Item,
    Move,
    OpenIncident,
    Say,
    SetCrew,
    StepDone,
    StepSkipped,
    StepUndone,
    TakeRole,
    Treat,
)
from playbooks.model import Incident, IncidentEvent
from playbooks.response import Outcomes, Response
from tests.unit.playbooks import house

ZONES = ("2b", "2a", "1a", "moon")
PEOPLE = ("wang", "li", "zhao", "stranger")
STEPS = ("power", "source", "valve", "cover", "call", "nothing")
KINDS = (
    "alarm.raised",
    "alarm.returned",
    "alarm.cleared",
    "alarm.unknown",
    "alarm.worse",
    "alarm.acknowledged",
)


def some_act(rng: random.Random, incident: str) -> IncidentAct:
    zone, person, step = rng.choice(ZONES), rng.choice(PEOPLE), rng.choice(STEPS)
    note = rng.choice(("", "because"))
    item = rng.choice(("deeds", "plans", "annals", "nope"))
    choices: tuple[IncidentAct, ...] = (
        OpenIncident(playbook=rng.choice(("water", "fire", "none")), zones=(zone,)),
        StepDone(
            incident=incident,
            step=step,
            answer=rng.choice(("", "pipe", "roof")),
            second=rng.choice(("", "li")),
        ),
        StepUndone(incident=incident, step=step, note=note),
        StepSkipped(incident=incident, step=step, note=note),
        TakeRole(incident=incident, role=rng.choice(("coordinator", "guard")), confirmed=rng.random() < 0.5),
        ClearZone(incident=incident, zone=zone, reason=note),
        ClearZone(incident=incident, zone="2b", reason="power off"),
        CloseZone(incident=incident, zone=zone, reason=note),
        GoIn(incident=incident, zone=zone, persons=tuple(rng.sample(PEOPLE, rng.randint(0, 3)))),
        GoIn(incident=incident, zone="2b", persons=("wang", "li")),
        ComeOut(incident=incident, zone="", person=rng.choice(("wang", "li"))),
        StepDone(incident=incident, step=rng.choice(("power", "source", "valve")), answer="pipe"),
        ComeOut(incident=incident, zone=rng.choice((zone, "")), person=person),
        EveryoneOut(incident=incident),
        Item(
            incident=incident,
            holding=item,
            state=rng.choice(("out", "arrived", "covered", "cannot")),
            note=note,
            was=rng.choice(("", "", "waiting", "out")),
            crate=rng.choice(("", "", "K7")),
            condition=rng.choice(("", "wet", "dry")),
        ),
        Move(incident=incident, holdings=(item,), to=rng.choice(("park", "freezer", "")), received_by=person),
        Move(incident=incident, crate="K7", to="park"),
        Treat(
            incident=incident,
            holdings=(item,),
            what=rng.choice(("freeze", "thaw", "air-dry", "dry", "mould", "checked", "specialist")),
            note=note,
            moisture_pct=rng.choice((None, 6.0, 15.0)),
        ),
        GiveBack(incident=incident, holdings=(item,), note=note),
        SetCrew(incident=incident, people=rng.choice((0, 1, 4, 7)), budget_min=rng.choice((0.0, 10.0, 40.0))),
        AcceptPlan(incident=incident),
        Say(incident=incident, words=rng.choice(("", "water stops"))),
        Advance(incident=incident, state=rng.choice(("contained", "recovering", "open"))),
        CloseIncident(incident=incident, note=note, override=rng.random() < 0.3),
    )
    common = (ClearZone, GoIn, ComeOut, StepDone, Item, SetCrew, AcceptPlan)
    weights = [3 if isinstance(one, common) else 1 for one in choices]
    return rng.choices(choices, weights)[0]


def some_alarm(rng: random.Random) -> AlarmEvent:
    kind = rng.choice(KINDS)
    rule, hazard = rng.choice((("water-in-stack", "water"), ("smoke", "fire")))
    alarm = house.alarm(
        zone=rng.choice(("2b", "2a", "1a")), rule=rule, hazard=hazard, playbook=hazard,
        active=kind != "alarm.cleared", unknown_since_at=1.0 if kind == "alarm.unknown" else None,
    )  # fmt: skip
    return AlarmEvent(kind=kind, alarm=alarm, at=0.0)


def hold(folded: dict[str, Incident], outcomes: Outcomes) -> None:
    for one in outcomes:
        if isinstance(one, IncidentEvent):
            assert one.reason.zh or one.kind == "incident.note"
            folded[one.incident.id] = one.incident
        else:
            assert one.reason.zh
            assert one.reason.en


def check(response: Response) -> None:
    for incident in response.incidents.values():
        lost = {one.holding for one in custody.missing(incident)}
        for id_, item in incident.items.items():
            if item.state in {"out", "arrived"}:
                assert item.hands, f"{id_} moved without a hand"
                assert id_ in lost or item.hands[-1].receiver, f"{id_} is neither received nor missing"
            if item.state == "returned":
                assert item.wet_at is None or item.safe, f"{id_} went back wet"
        cleared = {zone for zone, access in incident.access.items() if access.state == "cleared"}
        for plan in (incident.plan, incident.proposed):
            if plan is not None:
                assert {zone for trip in plan.trips for zone in trip.via} <= cleared
                assert set(plan.cleared) <= cleared
        for zone in cleared:
            assert incident.access[zone].by in house.PEOPLE
            assert incident.access[zone].reason
        if incident.state == "closed":
            assert not [p for p in incident.inside if p.out_at is None]


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 10**9))
def test_the_record_is_the_state_and_twice_is_once(seed: int) -> None:
    rng = random.Random(seed)
    response = house.response()
    folded: dict[str, Incident] = {}
    now = 1_790_000_000.0
    for _ in range(rng.randint(10, 60)):
        now += rng.choice((1.0, 30.0, 400.0))
        if rng.random() < 0.12 or not response.incidents:
            event = some_alarm(rng)
            hold(folded, response.on_alarm(event, now))
            assert not [one for one in response.on_alarm(event, now) if isinstance(one, IncidentEvent)]
        elif rng.random() < 0.1:
            hold(folded, response.tick(now))
            assert response.tick(now) == []
        else:
            running = [one.id for one in response.open_incidents()] or ["none"]
            by = rng.choices(PEOPLE, (6, 2, 2, 1))[0]
            entries = {id_: one.inside for id_, one in response.incidents.items()}
            act = some_act(rng, rng.choice(running))
            hold(folded, response.on_act(act, by, now, {}))
            for id_, one in response.incidents.items():
                for presence in one.inside[len(entries.get(id_, ())) :]:
                    assert one.access[presence.zone].state == "cleared"
            standing = dict(response.incidents)
            response.on_act(act, by, now, {})
            assert response.incidents == standing, act
        check(response)
        assert folded == response.incidents
    again = house.response()
    for incident in folded.values():
        again.restore(msgspec.json.decode(msgspec.json.encode(incident), type=Incident))
    assert again.incidents == response.incidents
    assert again.next_due() == response.next_due()
