"""Drill scripts as moments and acts, and the judgement from the record."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from alerts.acts import Acknowledge, ConfirmSign, ShelveAlarm
from alerts.model import AlarmEvent, Ladder, Notice, NoticeEvent, NoticeState, Rung, Signed
from playbooks.acts import ClearZone, CloseIncident, ComeOut, GoIn, IncidentAct, Item, OpenIncident, StepDone
from playbooks.doing import VERBS, Doing, act_of, read
from playbooks.drill import Event, Moment, duration_s, judge, moments
from playbooks.model import Access, Drill, Expect, IncidentEvent, Play, Presence
from playbooks.response import Response
from sensors.model import Text
from tests.unit.playbooks import house

NOW = 1_790_000_000.0


def drill(script: tuple[Play, ...] = (), expect: tuple[Expect, ...] = ()) -> Drill:
    return Drill(id="d1", title=Text("漏水演练", "Water drill"), mode="test", script=script, expect=expect)


# --- the script -----------------------------------------------------------------------------------------------


def test_repeats_are_written_out_in_order_of_time() -> None:
    made = moments(
        drill(
            (
                Play(at_s=0, sensor="w", value="wet", every_s=30, until_s=90),
                Play(at_s=40, person="li", does="accept"),
            )
        )
    )
    assert [moment.at_s for moment in made] == [0, 30, 40, 60, 90]
    assert made[2] == Moment(at_s=40, person="li", does="accept")


def test_a_repeat_without_end_goes_on_to_the_end_of_the_drill_and_is_bounded() -> None:
    one = drill((Play(at_s=0, sensor="w", value=1.0, every_s=10),), (Expect(at_s=35, alarm="x"),))
    assert [moment.at_s for moment in moments(one)] == [0, 10, 20, 30]
    assert duration_s(one) == 35
    mad = drill((Play(at_s=0, sensor="w", value=1.0, every_s=0.0001, until_s=1e6),))
    assert len(moments(mad)) == 100_000


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.id)
def test_every_example_reads_in_both_languages(verb: object) -> None:
    doing = read(verb.example)  # type: ignore[attr-defined]
    assert isinstance(doing, Doing)
    for word in verb.words:  # type: ignore[attr-defined]
        same = read(verb.example.replace(verb.id, word, 1))  # type: ignore[attr-defined]
        assert same == doing


@pytest.mark.parametrize(
    "words", ["", "dance", "clear", "clear 2b", "crew many 20", "shelve x soon", "advance nowhere"]
)
def test_words_that_mean_nothing_are_answered_with_what_to_write(words: str) -> None:
    answer = read(words)
    assert isinstance(answer, Text)
    assert answer.zh
    assert answer.en


def act(words: str, response: Response | None = None, drill_id: str = "d1", **facts: object) -> object:
    doing = read(words)
    assert isinstance(doing, Doing), doing
    alarms = {
        one.id: one
        for one in (house.alarm(drill="d1"), house.alarm(id="real"), house.alarm(zone="2a", drill="d1"))
    }
    return act_of(doing, alarms, response.incidents if response else {}, NOW, drill_id, **facts)  # type: ignore[arg-type]


def started() -> tuple[Response, str]:
    response = house.response()
    response.on_alarm(house.raised(house.alarm(drill="d1")), NOW)
    return response, next(iter(response.incidents))


def test_alarm_words_find_the_drills_own_alarm() -> None:
    assert act("acknowledge water-in-stack seen") == Acknowledge(alarm="water-in-stack@2a#1", note="seen")
    shelved = act("shelve water-in-stack 30 repair")
    assert isinstance(shelved, ShelveAlarm)
    assert shelved.until_at == NOW + 1800
    assert isinstance(act("acknowledge nothing"), Text)
    assert act("confirm 2b fire flames") == ConfirmSign(zone="2b", hazard="fire", note="flames")


def test_incident_words_become_acts_on_the_running_incident() -> None:
    response, id_ = started()
    expected: dict[str, IncidentAct] = {
        "step source pipe": StepDone(incident=id_, step="source", answer="pipe"),
        "step power off now": StepDone(incident=id_, step="power", note="off now"),
        "clear 2b power off": ClearZone(incident=id_, zone="2b", reason="power off"),
        "go-in 2b wang li": GoIn(incident=id_, zone="2b", persons=("wang", "li")),
        "come-out wang": ComeOut(incident=id_, zone="", person="wang"),
        "出库 deeds": Item(incident=id_, holding="deeds", state="out"),
        "close all dry": CloseIncident(incident=id_, note="all dry"),
        "override inspected": CloseIncident(incident=id_, note="inspected", override=True),
    }
    for words, wanted in expected.items():
        assert act(words, response) == wanted, words
    assert isinstance(act("clear 2b dry", response, "another-drill"), Text)
    opened = act("open water 2b", drill_id="d1")
    assert isinstance(opened, OpenIncident)
    assert opened.kind == "drill"


# --- the judgement ----------------------------------------------------------------------------------------------


def record() -> list[Event]:
    """A water drill played through the response: alarm, notice, incident, release, entry, first item."""
    response = house.response()
    alarm = house.alarm(drill="d1", raised_at=NOW + 5)
    log: list[Event] = [AlarmEvent(kind="alarm.raised", alarm=alarm, at=NOW + 5)]
    log += [one for one in response.on_alarm(house.raised(alarm), NOW + 5) if isinstance(one, IncidentEvent)]
    notice = Notice(id="n1", about=alarm.id, reference="K7", person="li", channel="sms", words="…", reason=Text("", ""),
                    rung=0, due_at=NOW + 6, state=NoticeState.SENT, priority=1)  # fmt: skip
    log.append(NoticeEvent(kind="notice.sent", notice=notice, at=NOW + 7))
    acked = replace(alarm, acked=Signed("wang", NOW + 60))
    log.append(AlarmEvent(kind="alarm.acknowledged", alarm=acked, at=NOW + 60, by="wang"))
    for at, by, words in (
        (70, "zhao", "step power"),
        (100, "wang", "clear 2b power off"),
        (120, "wang", "go-in 2b wang li"),
        (400, "li", "out annals"),
        (500, "li", "out deeds"),
        (600, "wang", "arrived deeds"),
    ):
        doing = read(words)
        assert isinstance(doing, Doing)
        made = act_of(doing, {}, response.incidents, NOW + at, "d1")
        assert not isinstance(made, Text)
        for one in response.on_act(made, by, NOW + at, {}):  # type: ignore[arg-type]
            assert isinstance(one, IncidentEvent), one
            log.append(one)
    return log


LADDER = Ladder(priority=1, rungs=(Rung(role="on-duty"), Rung(role="coordinator", after_min=3.0)))


def test_expectations_score_full_late_half_and_missed_nothing() -> None:
    script = drill(
        expect=(
            Expect(at_s=10, alarm="water-in-stack", zone="2b", state="unacknowledged"),
            Expect(at_s=15, told="on-duty"),
            Expect(at_s=15, told="li"),
            Expect(at_s=15, told="coordinator", absent=True),
            Expect(at_s=20, incident="water", zone="2b", state="open"),
            Expect(at_s=60, step="power"),  # came at 70 s
            Expect(at_s=300, alarm="water-in-stack", state="acknowledged"),
            Expect(at_s=300, step="valve"),  # never
        )
    )
    report = judge(script, record(), NOW, people=house.PEOPLE, ladders=(LADDER,))
    assert [line.met for line in report.lines] == ["in time"] * 5 + ["late", "in time", "missed"]
    assert report.score == pytest.approx(100 * 6.5 / 8, abs=0.1)
    assert report.rating == "S"
    assert not report.passed
    assert any("power" in words.en for words in report.findings)
    assert judge(script, record(), NOW, people=house.PEOPLE, ladders=(LADDER,)) == report


def test_all_met_passes() -> None:
    report = judge(drill(expect=(Expect(at_s=10, alarm="water-in-stack"),)), record(), NOW)
    assert report.passed
    assert (report.score, report.rating) == (100.0, "P")


def test_measures_come_from_the_record() -> None:
    found = judge(drill(), record(), NOW).measures
    assert (found.detect_s, found.opened_s, found.first_message_s) == (5.0, 0.0, 2.0)
    assert (found.answered_s, found.cleared_s, found.first_out_s) == (55.0, 95.0, 395.0)
    assert (found.items_out, found.people_told) == (2, 1)
    assert found.out_of_order == 1.0  # annals (grade 3) went before the deeds
    assert found.custody_open == ("annals",)
    assert set(found.still_inside) == {"wang", "li"}
    power = next(step for step in found.steps if step.step == "power")
    assert power.took_s == 65.0


def test_a_breach_of_safety_caps_the_result_whatever_the_points() -> None:
    log = record()
    last = next(one for one in log if isinstance(one, IncidentEvent) and one.kind == "incident.in")
    ghost = Presence(person="eve", zone="2a", in_at=last.at)
    bad = replace(last.incident, inside=(ghost,), access={"2a": Access(state="closed")})
    report = judge(
        drill(expect=(Expect(at_s=10, alarm="water-in-stack"),)), [*log, replace(last, incident=bad)], NOW
    )
    assert report.score == 100.0
    assert report.rating == "U"
    assert "eve" in report.gate[0].en
    called = judge(drill(), record(), NOW, outside_called=["119"])
    assert called.rating == "U"
