"""What pages say, to whom: confidentiality, empty states, hostile words, wrong order."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from alerts.model import Alarm, AlarmEvent, NoticeEvent, NoticeState
from dashboard import looks
from dashboard.faces import alarms, chrome, drills, incident, phone, rescue, setup, status, trends, wall
from dashboard.printing import sheet
from dashboard.scene import Scene
from playbooks.model import Access, IncidentEvent
from sensors.model import Text
from strongroom.journal import chain, draft_alarm, draft_incident, draft_notice
from strongroom.model import Board
from strongroom.problems import Problem
from tests.fakes import house
from tests.fakes.world import make_world, scene

FACES: dict[str, Callable[[Scene], str]] = {
    "status": status.face,
    "alarms": alarms.face,
    "incident": incident.face,
    "rescue": rescue.face,
    "phone": phone.face,
    "trends": trends.face,
    "drills": drills.face,
    "setup": setup.face,
    "wall": wall.face,
}
BOARDS: dict[str, Callable[[], Board | None]] = {
    "first run": lambda: None,
    "quiet": house.board,
    "water": house.water_board,
    "later": lambda: house.water_board(later=True),
    "fire": house.fire_board,
    "no broker": house.broker_board,
    "drill": house.drill_board,
    "salvage": house.salvage_board,
    "replan": house.replan_board,
}
ROLES = ("viewer", "helper", "archivist", "coordinator", "administrator")


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("moment", BOARDS)
def test_every_page_draws_at_every_moment(tmp_path: Path, moment: str, language: str, role: str) -> None:
    here = make_world(tmp_path, BOARDS[moment]())
    for name, face in FACES.items():
        at = scene(here, role, language, name)
        html = face(at) if name == "wall" else chrome.page(at, face(at) if at.board else "")
        assert "{" not in text_of(html), f"{name}: a hole was left open"
        assert len(text_of(html)) > 20


def test_a_confirmed_fire_stands_before_its_older_pre_alarm() -> None:
    first = house.fire_board().alarms[0]
    early = msgspec.structs.replace(first, id="a#1", stage="prealarm", raised_at=100.0, acked=None)
    sure = msgspec.structs.replace(first, id="b#1", stage="confirmed", raised_at=101.0, acked=None)
    leak = msgspec.structs.replace(first, id="c#1", stage="", raised_at=90.0, acked=None)
    board = msgspec.structs.replace(house.board(), alarms=(leak, early, sure))
    assert [one.id for one in looks.standing(board)] == ["b#1", "c#1", "a#1"]


@pytest.mark.parametrize(("language", "words"), [("zh", "磁盘报错：满了"), ("en", "the disk says: full")])
def test_a_disk_in_trouble_is_told_in_the_language_of_the_page(
    tmp_path: Path, language: str, words: str
) -> None:
    quiet = house.board()
    bad = Text("磁盘报错：满了", "the disk says: full")
    board = msgspec.structs.replace(quiet, health=msgspec.structs.replace(quiet.health, store_trouble=bad))
    shown = text_of(status.face(scene(make_world(tmp_path, board), language=language)))
    assert words in shown
    shown = text_of(status.face(scene(make_world(tmp_path, quiet), language=language)))
    assert words not in shown


def test_first_run_says_that_the_engine_starts(tmp_path: Path) -> None:
    at = scene(make_world(tmp_path, None), language="en")
    assert "The engine is starting" in chrome.page(at, "")


def test_all_normal_still_shows_that_we_look(tmp_path: Path) -> None:
    words = text_of(chrome.banner(scene(make_world(tmp_path, house.board()))))
    assert "10/10" in words and "All normal" in words


def test_missing_data_is_never_normal(tmp_path: Path) -> None:
    board = house.board()
    silent = msgspec.structs.replace(board.latest["2A-T1"], state="silent")
    board = msgspec.structs.replace(board, latest={**board.latest, "2A-T1": silent})
    words = text_of(chrome.banner(scene(make_world(tmp_path, board), language="en")))
    assert "All normal" not in words and "9/10" in words


def test_a_lost_broker_is_the_banner(tmp_path: Path) -> None:
    assert "broker" in text_of(
        chrome.banner(scene(make_world(tmp_path, house.broker_board()), language="en"))
    )


def test_most_urgent_first_then_unacknowledged(tmp_path: Path) -> None:
    here = make_world(tmp_path, house.fire_board())
    html = status.alarm_list(scene(here, language="en"))
    assert html.index("Confirmed fire") < html.index("Smoke pre-alarm")


def _act_types(html: str) -> set[str]:
    found = re.findall(r'data-act="([^"]*)"', html)
    ticks = {"incident.item"} if "data-tick=" in html else set()
    return {json.loads(text.replace("&quot;", '"'))["type"] for text in found} | ticks


def test_acts_shown_fit_the_role(tmp_path: Path) -> None:
    here = make_world(tmp_path, house.water_board(later=True))
    shown = {role: _act_types(incident.face(scene(here, role))) for role in ROLES}
    assert shown["viewer"] == set()
    assert "incident.item" not in shown["viewer"]
    assert {"incident.everyone_out", "incident.come_out", "incident.go_in"} <= shown["helper"]
    assert "incident.clear_zone" not in shown["archivist"]
    assert {"incident.clear_zone", "incident.close"} <= shown["coordinator"]


def test_rescue_list_is_closed_to_helpers_until_released(tmp_path: Path) -> None:
    before = make_world(tmp_path / "a", house.water_board())
    assert "Qing deeds" not in rescue.face(scene(before, "helper"))
    closed = house.incident(access={"stack-2b": Access(state="closed")})
    shut = make_world(
        tmp_path / "b", msgspec.structs.replace(house.water_board(later=True), incidents=(closed,))
    )
    assert "Qing deeds" not in rescue.face(scene(shut, "helper"))
    assert "Qing deeds" not in incident.face(scene(shut, "helper"))
    after = make_world(tmp_path / "c", house.water_board(later=True))
    assert "Qing deeds" in rescue.face(scene(after, "helper"))
    assert "Qing deeds" not in rescue.face(scene(after, "viewer"))
    assert "Qing deeds" not in incident.face(scene(after, "viewer"))


def test_nothing_invites_into_a_zone_that_is_not_cleared(tmp_path: Path) -> None:
    closed = house.incident(access={"stack-2b": Access(state="closed")}, inside=(), items={})
    bare = msgspec.structs.replace(closed, plan=msgspec.structs.replace(closed.plan, trips=(), cleared=()))
    here = make_world(tmp_path, msgspec.structs.replace(house.water_board(later=True), incidents=(bare,)))
    html = rescue.face(scene(here, "coordinator", "en"))
    assert "No zone is cleared: nobody goes in" in html and "Qing deeds" in html
    assert "incident.item" not in _act_types(html)
    assert "sr-next" not in html


def test_what_is_being_carried_comes_first_then_the_trips_in_order(tmp_path: Path) -> None:
    here = make_world(tmp_path, house.water_board(later=True))
    html = rescue.face(scene(here, "coordinator", "en"))
    work = html[: html.index('data-key="later"')]
    places = [work.index(f'data-key="item-{name}"') for name in ("J001-003", "M002", "J031")]
    assert places == sorted(places)
    assert 'data-key="item-J014-020"' in html[html.index('data-key="later"') :]


def test_the_timeline_names_holdings_only_to_those_who_may_see_them(tmp_path: Path) -> None:
    here = make_world(tmp_path, house.water_board(later=True))
    event = IncidentEvent(
        kind="incident.item",
        incident=house.incident(),
        at=house.NOW,
        reason=Text("J001-003 已出库", "J001-003 out"),
    )
    here.desk.journal.append(chain("", 1, draft_incident(event)))  # type: ignore[attr-defined]
    assert "J001-003 out" in incident.timeline(scene(here, "helper", "en"), house.incident())
    assert "J001-003 out" not in incident.timeline(scene(here, "viewer", "en"), house.incident())


@pytest.mark.parametrize("kind", ["moved", "treated", "returned", "wet_clock"])
def test_what_became_of_holdings_is_told_only_to_those_who_may_see_them(tmp_path: Path, kind: str) -> None:
    here = make_world(tmp_path, house.water_board(later=True))
    words = Text("J001-003 去向", "J001-003 whereabouts")
    event = IncidentEvent(kind=f"incident.{kind}", incident=house.incident(), at=house.NOW, reason=words)
    here.desk.journal.append(chain("", 1, draft_incident(event)))  # type: ignore[attr-defined]
    assert "whereabouts" in incident.timeline(scene(here, "archivist", "en"), house.incident())
    assert "whereabouts" not in incident.timeline(scene(here, "viewer", "en"), house.incident())


def test_problems_of_the_register_are_counted_but_not_told_to_everybody(tmp_path: Path) -> None:
    here = make_world(tmp_path, house.water_board(later=True))
    where = Text("没有照片文件 宝玺.jpg。", "There is no photo file great-seal.jpg.")
    found = [
        Problem(file="holdings.csv", line=3, says=where),
        Problem(file="rules.toml", line=1, says=Text("乙", "other")),
    ]
    told = setup.folder(scene(here, "archivist", "en"), found)
    hidden = setup.folder(scene(here, "viewer", "en"), found)
    assert "great-seal" in told and "great-seal" not in hidden
    assert "1 problems in the register" in hidden and "other" in hidden


def test_secret_titles_are_hidden_from_helpers(tmp_path: Path) -> None:
    here = make_world(tmp_path, house.water_board(later=True))
    assert "会议纪要" in rescue.face(scene(here, "archivist"))
    assert "会议纪要" not in rescue.face(scene(here, "helper"))
    assert "M002" in rescue.face(scene(here, "helper"))


def test_phone_numbers_are_masked_but_for_those_with_the_right(tmp_path: Path) -> None:
    here = make_world(tmp_path, house.water_board())
    assert "+8613800000001" in setup.face(scene(here, "coordinator"))
    for role in ("viewer", "helper", "archivist"):
        assert "+8613800000001" not in setup.face(scene(here, role))
        assert "+447700900123" not in phone.face(scene(here, role))


def test_people_see_only_messages_to_themselves(tmp_path: Path) -> None:
    here = make_world(tmp_path, house.water_board())
    assert "二层 B 库漏水" not in phone.face(scene(here, "helper"))
    assert "二层 B 库漏水" in phone.face(scene(here, "coordinator"))


def test_a_demonstration_shows_every_phone_plainly_marked(tmp_path: Path) -> None:
    html = phone.face(scene(make_world(tmp_path, house.water_board(), demo="t"), "viewer"))
    assert "PAPER TRAIL, NOT SENT" in html and "URGENT Water" in html and "reply.received" in html


def test_a_record_of_a_decision_is_no_message(tmp_path: Path) -> None:
    noted = house.notice("wang", 9, NoticeState.NOTED, words="课程 course")
    here = make_world(tmp_path, house.board(notices=(noted,)), demo="t")
    assert "course" not in phone.face(scene(here))


def test_stories_are_offered_in_a_demonstration_only(tmp_path: Path) -> None:
    assert "data-story" not in status.face(scene(make_world(tmp_path / "a", house.board())))
    html = status.face(scene(make_world(tmp_path / "b", house.board(), demo="t")))
    assert set(re.findall(r'data-story="(\w+)"', html)) == {"water", "fire", "intrusion", "climate"}


def test_life_safety_cannot_be_shelved_and_urgent_only_by_command(tmp_path: Path) -> None:
    def acts(alarm: Alarm, role: str) -> set[str]:
        here = make_world(tmp_path, house.board(alarms=(alarm,)))
        return _act_types(alarms.face(scene(here, role)))

    assert "alarm.shelve" not in acts(house.alarm(life_safety=True), "coordinator")
    assert "alarm.shelve" not in acts(house.alarm(), "archivist")
    assert "alarm.shelve" in acts(house.alarm(), "coordinator")
    assert "alarm.shelve" in acts(house.alarm("humid-stack"), "archivist")


def test_an_investigation_shows_its_time_and_can_be_called_off(tmp_path: Path) -> None:
    looked = house.alarm("humid-stack", investigate_until_at=house.NOW + 90, hazard="fire")
    html = alarms.face(scene(make_world(tmp_path, house.board(alarms=(looked,))), "archivist", "en"))
    assert f'data-until="{house.NOW + 90:.1f}"' in html
    assert {"alarm.cancel_investigation", "alarm.confirm"} <= _act_types(html)


def test_a_role_is_taken_over_only_after_its_holder_was_shown(tmp_path: Path) -> None:
    here = make_world(tmp_path, house.water_board(later=True))
    html = incident.face(scene(here, "archivist", "en"))
    over = [act for act in re.findall(r'data-act="([^"]*)"', html) if "take_role" in act]
    acts = [json.loads(text.replace("&quot;", '"')) for text in over]
    assert {(act["role"], act.get("confirmed", False)) for act in acts} == {
        ("coordinator", True),
        ("archivist", False),
    }
    assert "Wang Fang holds this role now" in html


def test_hostile_words_stay_words(tmp_path: Path) -> None:
    bad = '<img src=x onerror="alert(1)">'
    evil = house.alarm(name=Text(bad, bad), reason=Text(bad, bad), advice=Text(bad, bad), reference=bad)
    held = msgspec.structs.replace(house.HOLDINGS["J001-003"], title=bad, place=bad)
    board = msgspec.structs.replace(
        house.water_board(later=True), alarms=(evil,), notices=(house.notice("wang", 1, words=bad),)
    )
    here = make_world(tmp_path, board, demo="t")
    here.desk.house = msgspec.structs.replace(  # type: ignore[attr-defined]
        house.BUILDING, holdings={**house.HOLDINGS, "J001-003": held}
    )
    for name, face in FACES.items():
        at = scene(here, page=name)
        assert "<img" not in chrome.page(at, face(at)), name


def test_history_comes_from_the_journal(tmp_path: Path) -> None:
    here = make_world(tmp_path, house.board())
    event = AlarmEvent(kind="alarm.raised", alarm=house.alarm(), at=house.NOW - 27)
    here.desk.journal.append(chain("", 1, draft_alarm(event)))  # type: ignore[attr-defined]
    html = alarms.face(scene(here, language="en", tab="history"))
    assert "Water in a stack" in html and "raised" in html


def test_an_alarm_is_explained_from_the_journal(tmp_path: Path) -> None:
    wet = house.alarm(cause=house.WET, rule_revision="r7")
    here = make_world(tmp_path, house.board(alarms=(wet,)))
    raised = AlarmEvent(kind="alarm.raised", alarm=wet, at=house.NOW - 27, reason=wet.reason)
    told = NoticeEvent(
        kind="notice.sent", notice=house.notice("wang", 1), at=house.NOW - 20, reason=Text("值班", "on duty")
    )
    here.desk.journal += [  # type: ignore[attr-defined]
        chain("", 1, draft_alarm(raised)),
        chain("", 2, draft_notice(told)),
    ]
    words = text_of(alarms.face(scene(here, "viewer", "en", alarm=wet.id)))
    for said in ("Why: Stack 2B", "water-in-stack", "r7", "raised", "Wang Fang"):
        assert said in words, said
    assert "Why: Stack 2B" not in text_of(alarms.face(scene(here, "viewer", "en", alarm="no-such")))


@pytest.mark.parametrize(
    ("kind", "may"),
    [
        ("rescue", {"helper", "archivist", "coordinator"}),
        ("cards", {"helper", "archivist", "coordinator"}),
        ("contacts", {"coordinator", "administrator"}),
        ("playbook", set(ROLES)),
        ("entry", set(ROLES)),
        ("inventory", set(ROLES)),
        ("no-such", set()),
    ],
)
def test_paper_is_for_those_who_may_see_it(tmp_path: Path, kind: str, may: set[str]) -> None:
    here = make_world(tmp_path, house.water_board(later=True))
    printed = {role: sheet(scene(here, role), kind) for role in ROLES}
    assert {role for role, text in printed.items() if text} == may
    assert "会议纪要" not in printed["helper"]
    if kind in ("rescue", "cards"):
        assert "会议纪要" in printed["archivist"] and "Qing deeds" in printed["helper"]


def test_without_an_incident_the_list_is_printed_by_grade_for_those_with_the_right(tmp_path: Path) -> None:
    here = make_world(tmp_path, house.board())
    assert sheet(scene(here, "helper"), "rescue") == ""
    text = sheet(scene(here, "archivist"), "rescue")
    assert text.index("J001-003") < text.index("J014-020")


def test_unwatched_zones_name_their_holdings(tmp_path: Path) -> None:
    board = house.board()
    latest = {sid: msgspec.structs.replace(one, state="silent") for sid, one in board.latest.items()}
    words = text_of(
        setup.face(scene(make_world(tmp_path, msgspec.structs.replace(board, latest=latest)), language="en"))
    )
    assert re.search(r"Stack 2B\s+all 3 sensors silent · 5 key holdings", words)


def test_wall_has_no_navigation_and_no_acts_without_pin(tmp_path: Path) -> None:
    here = make_world(tmp_path, house.water_board())
    html = wall.face(scene(here, "coordinator"), here.users.everyone())
    assert "<nav" not in html and _act_types(html) == set()
    here.users.set_pin("archivist", "246810")
    html = wall.face(scene(here, "viewer"), here.users.everyone())
    assert _act_types(html) == {"alarm.acknowledge"} and 'data-path="/pin"' in html
