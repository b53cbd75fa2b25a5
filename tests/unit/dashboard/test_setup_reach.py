"""The Setup page shows what the last test of everyone proved, and lets the right people test now."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from alerts.model import Duty, Notice, NoticeState
from dashboard.acts import NotAllowedError, act_of
from dashboard.faces.setup_reach import gaps, proof
from dashboard.world import World
from sensors.model import Text
from strongroom.model import TestContact
from tests.fakes import house
from tests.fakes.world import make_world, scene, viewer


def notice(person: str, channel: str, state: NoticeState, kind: str = "test", **more: object) -> Notice:
    given: dict[str, object] = {
        "id": f"{kind}:{person}/{channel}",
        "about": "",
        "reference": "",
        "person": person,
        "channel": channel,
        "words": "x" if kind == "test" else "",
        "reason": Text("", ""),
        "rung": -1,
        "due_at": house.NOW - 3600.0,
        "state": state,
        "kind": kind,
        **more,
    }
    return Notice(**given)  # type: ignore[arg-type]


def world(tmp_path: Path, *notices: Notice) -> World:
    return make_world(tmp_path, replace(house.water_board(later=True), notices=notices))


def test_the_last_test_of_each_channel_is_shown_and_what_failed_is_marked(tmp_path: Path) -> None:
    here = world(
        tmp_path,
        notice("li", "sms", NoticeState.DELIVERED),
        notice("wang", "sms", NoticeState.EXPIRED, error="30036"),
        notice(
            "zhao",
            "sms",
            NoticeState.NOTED,
            kind="trouble",
            fault="opted_out",
            reason=Text("发送 START 恢复", "a text of START cures it"),
        ),
        notice("", "", NoticeState.NOTED, kind="canary"),
    )
    page = proof(scene(here, "administrator", "en"))
    rows = {part.split('"')[0]: part for part in page.split('data-key="proof-')[1:]}
    assert "sr-mF" not in rows["li"] and "2026-11-23 13:32" in rows["li"]
    assert "sr-mF" in rows["wang"] and "30036" in rows["wang"]
    assert "a text of START cures it" in rows["zhao"]
    assert next(iter(rows)) == "zhao", "what does not work comes first"
    assert "last came from the sensor through its rule at 2026-11-23 13:32" in page


def test_before_anything_was_tested_that_is_said(tmp_path: Path) -> None:
    page = proof(scene(world(tmp_path), "viewer", "en"))
    assert "No daily test signal has come through yet." in page
    assert "not tested yet" in page
    assert "data-act" not in page, "a viewer tests nobody"


def test_administrators_test_anybody_and_others_themselves(tmp_path: Path) -> None:
    here = world(tmp_path)
    house_, board = here.desk.building(), here.desk.board()
    asked = {"id": "act-00000001", "type": "contact.test", "person": "li"}
    for role in ("administrator", "archivist"):  # the archivist is Li
        act = act_of(asked, viewer(here, role), house_, board, house.NOW)
        assert act.what == TestContact(person="li")
    with pytest.raises(NotAllowedError):
        act_of(asked, viewer(here, "coordinator"), house_, board, house.NOW)
    assert "data-act" in proof(scene(here, "administrator"))
    assert proof(scene(here, "archivist")).count("data-act") == 1


def test_what_nobody_covers_is_listed(tmp_path: Path) -> None:
    here = world(tmp_path)
    assert "covered" in gaps(scene(here, "viewer", "en"))
    short = Duty(person="li", from_="2026-11-01T00:00", until="2026-12-01T09:00")
    here.desk.house = replace(house.BUILDING, duties=(short,))
    page = gaps(scene(here, "viewer", "en"))
    assert "nobody is on-duty 2026-12-01 09:00" in page
    assert "12-01 09:00" in gaps(scene(here, "viewer", "zh"))
