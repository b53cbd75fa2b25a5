"""``strongroom explain`` tells the whole story of an alarm out of the journal, and so does its page (C15)."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from strongroom.cli import app, load
from strongroom.datadir import keep_last_good
from strongroom.rehearse import Rehearsal


@pytest.fixture
def night(house: Callable[[], Rehearsal]) -> Rehearsal:
    """Water in a stack: somebody is told, one of them acknowledges."""
    opened = house()
    opened.show("2A-W1", "wet")
    opened.run(30)
    assert opened.do("li", "acknowledge water-in-stack") is None
    opened.run(5)
    keep_last_good(opened.building, opened._data)
    return opened


def explain(night: Rehearsal, *more: str) -> tuple[int, str]:
    load("explain")
    done = CliRunner().invoke(app, ["explain", str(night._data), *more])
    return done.exit_code, done.output


@pytest.mark.parametrize("asked", ["water-in-stack@stack-2a#1", "water-in-stack@stack-2a", "A1", "a1"])
def test_an_alarm_is_found_by_id_place_and_reference(night: Rehearsal, asked: str) -> None:
    status, said = explain(night, asked)
    assert status == 0, said
    assert "water-in-stack@stack-2a#1" in said.splitlines()[0]


def test_it_says_samples_rule_delay_course_and_people(night: Rehearsal) -> None:
    _, said = explain(night, "A1")
    for word in (
        "2A-W1  ",
        ": wet",
        f"revision {night.building.revision}",
        "must last 5 s",
        "acknowledged",
        "(wang): told (SMS",
    ):
        assert word in said, (word, said)
    assert "(chen): not told" in said
    status, chinese = explain(night, "A1", "--lang", "zh")
    assert status == 0
    assert "依据的读数" in chinese and "must last" not in chinese
    assert "漏水" in chinese and "已通知（短信" in chinese
    for word in ("system", "delivered", "sms", "paper"):
        assert word not in chinese, (word, chinese)


def test_programs_get_one_json_object(night: Rehearsal) -> None:
    _, said = explain(night, "A1", "--json")
    found = json.loads(said)
    assert found["alarm"]["reference"] == "A1"
    assert {"samples", "course", "told", "people", "rule", "state"} <= set(found)


def test_what_does_not_exist_is_said_in_words(night: Rehearsal) -> None:
    status, said = explain(night, "A99")
    assert status == 2
    assert "no such alarm" in said
    status, said = explain(night, "A1", "--lang", "fr")
    assert status == 2
