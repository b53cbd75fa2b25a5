"""The chain from a wet rope to an answered message and a rescue list, through the real engine on a set clock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from alerts.model import Alarm, NoticeState
from strongroom.core import Core
from strongroom.journal import AlarmData, IncidentData, NoticeData, decode
from strongroom.model import Building
from strongroom.rehearse import Rehearsal, next_wall_time, rehearse
from strongroom.sitedb import SiteDb, SiteReader

Open = Callable[[], Rehearsal]


def water(rehearsal: Rehearsal) -> list[Alarm]:
    alarms = rehearsal.engine.core.annunciator.alarms.values()
    return [alarm for alarm in alarms if alarm.rule == "water-in-stack"]


def texts(rehearsal: Rehearsal) -> list[str]:
    return [paper.words for paper in rehearsal.paper.trail]


def test_a_quiet_house_stays_quiet(house: Open) -> None:
    rehearsal = house()
    rehearsal.run(600)
    assert rehearsal.engine.core.annunciator.alarms == {}
    assert rehearsal.paper.trail == []


def test_water_becomes_alarm_message_incident_and_rescue_list_within_seconds(house: Open) -> None:
    rehearsal = house()
    rehearsal.show("2B-W1", "wet")
    rehearsal.run(10)
    (alarm,) = water(rehearsal)
    assert alarm.active
    assert alarm.acked is None
    assert alarm.zone == "stack-2b"
    first = texts(rehearsal)[0]
    assert alarm.reference in first or rehearsal.paper.trail[0].notice.reference == alarm.reference
    assert "二层 B 库" in first
    (incident,) = rehearsal.engine.core.response.incidents.values()
    assert incident.zones == ("stack-2b",)
    assert incident.playbook.id == "water"
    plan = incident.plan or incident.proposed
    assert plan is not None
    ranked = [one.holding for one in plan.ranking]
    wet = [holding for holding in ranked if holding != "M001"]
    assert set(wet) == {"J001-003", "J014-020", "P001"}
    assert wet[-1] == "J014-020", "grade 2 after both of grade 1"
    assert ranked[-1] == "M001", "the next room after the wet one"
    assert all(one.why.zh and one.why.en for one in plan.ranking)
    assert plan.trips == (), "no trip into a zone that nobody has cleared"


def test_nobody_answers_so_the_next_rung_is_told_and_acknowledging_stops_it(house: Open) -> None:
    rehearsal = house()
    rehearsal.show("2B-W1", "wet")
    rehearsal.run(60)
    told = {paper.notice.person for paper in rehearsal.paper.trail}
    rehearsal.run(180)
    later = {paper.notice.person for paper in rehearsal.paper.trail}
    assert told < later, "the coordinator after three minutes"
    (alarm,) = water(rehearsal)
    assert rehearsal.do("wang", "acknowledge water-in-stack") is None
    rehearsal.run(5)
    sent = len(rehearsal.paper.trail)
    rehearsal.run(1200)
    pages = [p for p in rehearsal.paper.trail[sent:] if p.notice.reference == alarm.reference]
    assert pages == []
    (alarm,) = water(rehearsal)
    assert alarm.active, "acknowledging never clears"


def test_missing_data_never_clears_and_sends_no_all_clear(house: Open) -> None:
    rehearsal = house()
    rehearsal.show("2B-W1", "wet")
    rehearsal.run(30)
    rehearsal.run(1800, silent=True)
    (alarm,) = water(rehearsal)
    assert alarm.active
    assert alarm.unknown_since_at is not None
    kinds = {entry.kind for entry in rehearsal.entries() if entry.about == alarm.id}
    assert "alarm.cleared" not in kinds


def test_silence_is_alarmed_within_its_limit_and_half_a_minute(house: Open) -> None:
    rehearsal = house()
    rehearsal.run(235, silent=True)
    assert not [a for a in rehearsal.engine.core.annunciator.alarms.values() if a.rule == "sensor-silent"]
    rehearsal.run(95, silent=True)
    alarms = rehearsal.engine.core.annunciator.alarms.values()
    silent = {a.scope: a.priority for a in alarms if a.rule in ("sensor-silent", "guard-silent")}
    assert silent == {name: 2 if name.endswith("S1") else 3 for name in rehearsal.building.sensors}


@pytest.mark.parametrize("second", [0, 1, 3, 4, 5, 6, 7, 8, 12, 30, 179, 181])
def test_killed_at_any_second_there_is_one_alarm_and_one_reference(house: Open, second: int) -> None:
    rehearsal = house()
    rehearsal.show("2B-W1", "wet")
    rehearsal.run(second)
    rehearsal.restart()
    rehearsal.run(300 - second)
    (alarm,) = water(rehearsal)
    raised = [e for e in rehearsal.entries() if e.kind == "alarm.raised" and "water" in e.about]
    assert len(raised) == 1
    pages = [p.notice for p in rehearsal.paper.trail if alarm.id in p.notice.about or p.notice.priority == 1]
    assert pages, "the message was sent at least once"
    assert {notice.reference for notice in pages} == {alarm.reference}
    assert len(rehearsal.engine.core.response.incidents) == 1


def test_a_delay_keeps_its_credit_over_a_restart(house: Open) -> None:
    rehearsal = house()
    rehearsal.show("2A-H1", 66.0)
    rehearsal.run(1750)
    rehearsal.restart()
    assert "humid-stack" not in {alarm.rule for alarm in rehearsal.engine.core.annunciator.alarms.values()}
    rehearsal.run(120)
    rules = {alarm.rule for alarm in rehearsal.engine.core.annunciator.alarms.values()}
    assert "humid-stack" in rules, "fires after the rest of its half hour, not after a new one"


def test_the_fold_of_the_journal_is_the_live_state(house: Open, tmp_path: Path) -> None:
    rehearsal = house()
    rehearsal.show("2B-W1", "wet")
    rehearsal.show("2A-S1", 1.0)
    rehearsal.run(200)
    rehearsal.do("wang", "acknowledge water-in-stack")
    rehearsal.do("wang", "step power")
    rehearsal.run(30)
    live = rehearsal.engine.core
    db = SiteDb(tmp_path / "data" / "site.db")
    again = Core(
        rehearsal.building,
        rehearsal.clock.now(),
        latest=db.latest(),
        rule_states=db.rule_states(),
        journal=db.entries(),
    )
    assert again.annunciator.alarms == live.annunciator.alarms
    assert again.response.incidents == live.response.incidents
    assert again.pager.notices == live.pager.notices
    assert again.latest == live.latest


def test_everything_people_did_survives(house: Open) -> None:
    rehearsal = house()
    rehearsal.show("2B-W1", "wet")
    rehearsal.run(20)
    rehearsal.do("wang", "acknowledge water-in-stack")
    rehearsal.do("li", "step power")
    rehearsal.run(2)
    rehearsal.restart()
    rehearsal.run(2)
    (alarm,) = water(rehearsal)
    assert alarm.acked is not None
    assert alarm.acked.by == "wang"
    (incident,) = rehearsal.engine.core.response.incidents.values()
    assert incident.steps["power"].state == "done"
    assert incident.steps["power"].by == "li"


def test_the_board_shows_it_all(house: Open, tmp_path: Path) -> None:
    rehearsal = house()
    rehearsal.show("2B-W1", "wet")
    rehearsal.run(20)
    board = SiteReader(tmp_path / "data" / "site.db").board()
    assert board is not None
    assert [alarm.rule for alarm in board.alarms] == ["water-in-stack"]
    assert len(board.incidents) == 1
    assert {notice.state for notice in board.notices if notice.kind == "page"} == {NoticeState.DELIVERED}
    assert board.latest["2B-W1"].value == 1.0
    assert board.latest["2B-W1"].state == "fresh"
    assert board.on_duty
    assert board.health.broker_connected
    assert msgspec.json.decode(msgspec.json.encode(board), type=type(board)) == board


def test_every_message_is_journaled_before_it_is_sent(house: Open) -> None:
    rehearsal = house()
    rehearsal.show("2B-W1", "wet")
    rehearsal.run(20)
    sending = {e.about for e in rehearsal.entries() if e.kind == "notice.sending"}
    assert {paper.notice.id for paper in rehearsal.paper.trail} <= sending


def test_the_drill_of_the_folder_passes(building: Building, tmp_path: Path) -> None:
    drill = building.drills["water-2b"]
    start = next_wall_time(drill.starts, building.timezone, 1_764_640_800.0)
    report = rehearse(building, drill, tmp_path / "drill", start)
    assert report.passed, [line.says.en for line in report.lines]
    assert report.rating == "P"


def test_a_drill_that_expects_the_wrong_thing_fails(building: Building, tmp_path: Path) -> None:
    drill = building.drills["water-2b"]
    late = msgspec.structs.replace(drill.expect[0], at_s=2.0)
    broken = msgspec.structs.replace(drill, expect=(late, *drill.expect[1:]))
    report = rehearse(building, broken, tmp_path / "drill", 1_764_640_800.0)
    assert not report.passed


def test_entries_carry_reasons_in_both_languages(house: Open) -> None:
    rehearsal = house()
    rehearsal.show("2B-W1", "wet")
    rehearsal.run(20)
    found = [decode(entry) for entry in rehearsal.entries()]
    reasons = [d.reason for d in found if isinstance(d, AlarmData | NoticeData | IncidentData)]
    assert reasons
    assert all(reason.zh and reason.en for reason in reasons)
