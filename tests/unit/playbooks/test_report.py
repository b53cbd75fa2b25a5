"""The incident report: complete, escaped, from the record alone."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from playbooks.acts import ClearZone, GoIn, IncidentAct, Item, Say, StepDone
from playbooks.drill import Event, judge
from playbooks.model import Drill, Expect, IncidentEvent
from playbooks.paper import Stamp
from playbooks.report import incident_report
from sensors.model import Text
from tests.unit.playbooks import house

NOW = 1_790_000_000.0
STAMP = Stamp(site=Text("市档案馆", "City Archive"), revision="7f3a", printed_on="2026-11-23")


def record(words: str = "pump is running") -> tuple[list[Event], str]:
    response = house.response()
    alarm = house.raised(house.alarm(), at=NOW)
    log: list[Event] = [alarm]
    log += [one for one in response.on_alarm(alarm, NOW) if isinstance(one, IncidentEvent)]
    id_ = next(iter(response.incidents))
    acts: tuple[IncidentAct, ...] = (
        StepDone(incident=id_, step="power"),
        ClearZone(incident=id_, zone="2b", reason="power off"),
        GoIn(incident=id_, zone="2b", persons=("wang", "li")),
        Item(incident=id_, holding="deeds", state="out", wet=True),
        Item(incident=id_, holding="deeds", state="arrived", received_by="zhao"),
        Say(incident=id_, words=words),
    )
    for number, act in enumerate(acts, 1):
        at = NOW + 60 * number
        log += [one for one in response.on_act(act, "wang", at, {}) if isinstance(one, IncidentEvent)]
    return log, id_


def when(at: float) -> str:
    return f"T+{at - NOW:.0f}"


def test_the_report_tells_the_whole_story() -> None:
    log, id_ = record()
    html = incident_report(log, id_, house.response().site, STAMP, when)
    for words in (
        "库房漏水",
        "K7",
        "T+0",
        "power off",
        "王芳",
        "deeds",
        "zhao",
        "pump is running",
        "时间线",
        "未登记出来",
        "7f3a",
    ):
        assert words in html, words
    assert html == incident_report(log, id_, house.response().site, STAMP, when)


def test_hostile_words_and_secret_titles_do_not_get_through() -> None:
    log, id_ = record("<script>alert(1)</script>")
    response = house.response(
        holdings=house.HOLDINGS | {"deeds": house.holding("deeds", title="绝密", secrecy="机密")}
    )
    html = incident_report(log, id_, response.site, replace(STAMP, for_outside=True), when)
    assert "<script" not in html
    assert "绝密" not in html


def test_a_drill_report_bears_its_judgement_and_an_unknown_incident_is_an_error() -> None:
    log, id_ = record()
    judged = judge(
        Drill(id="d", title=house.text("d"), mode="test", script=(), expect=(Expect(at_s=5, step="valve"),)),
        log,
        NOW,
    )
    html = incident_report(log, id_, house.response().site, replace(STAMP, drill=True), when, judged)
    assert "Never happened" in html
    assert "【演练】 DRILL" in html
    with pytest.raises(KeyError):
        incident_report(log, "nope", house.response().site, STAMP, when)
