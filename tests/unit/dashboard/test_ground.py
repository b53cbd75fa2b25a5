"""The rescue page's four views: who sees and may do what, order, crates, clocks, changes, paper."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import msgspec
import pytest

from dashboard.acts import NotAllowedError, act_of
from dashboard.faces import drills, rescue
from dashboard.printing import sheet
from dashboard.route_lines import ways_of
from dashboard.scene import Scene
from playbooks.acts import Item, Move
from playbooks.model import Incident, Trip
from playbooks.rescue.listing import in_order
from strongroom.journal import chain, draft_held
from strongroom.model import DrillHeld
from tests.fakes import house
from tests.fakes.world import make_world, scene, viewer

VIEWS = ("carry", "arrivals", "wet", "plan")
BOARDS = {
    "later": lambda: house.water_board(later=True),
    "salvage": house.salvage_board,
    "replan": house.replan_board,
}


def text_of(html: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html)))


def opened(
    tmp_path: Path, board: str, role: str = "coordinator", language: str = "en", **choices: str
) -> Scene:
    return scene(make_world(tmp_path, BOARDS[board]()), role, language, "rescue", **choices)


def incident_of(at: Scene) -> Incident:
    assert at.board is not None
    return at.board.incidents[0]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("role", ["helper", "coordinator"])
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("board", BOARDS)
def test_every_view_draws_in_both_languages_without_holes_and_without_secrets(
    tmp_path: Path, board: str, view: str, role: str, language: str
) -> None:
    html = rescue.face(opened(tmp_path, board, role, language, view=view))
    words = text_of(html)
    assert "{" not in words and len(words) > 60
    assert ("会议纪要" in html) <= (role == "coordinator"), "secret titles never reach helpers"
    if language == "en":
        ours = re.sub(r"[\u4e00-\u9fff（）、，。]+ ?", "", words)
        assert len(ours) > len(words) * 0.5, "English pages speak English; only names may be Chinese"


@pytest.mark.parametrize("view", VIEWS)
def test_a_viewer_sees_no_list_and_nobody_acts_without_the_right(tmp_path: Path, view: str) -> None:
    html = rescue.face(opened(tmp_path, "salvage", "viewer", view=view))
    assert "Qing deeds" not in html and "data-tick" not in html and "data-act" not in html


def test_the_tabs_count_what_is_missing_and_wet(tmp_path: Path) -> None:
    html = rescue.face(opened(tmp_path, "salvage", view="carry"))
    badges = dict(re.findall(r'data-key="view-(\w+)"[^>]*>[^<]*<b class="sr-badge">(\d+)', html))
    assert badges == {"arrivals": "1", "wet": "2"}


def test_a_stable_run_opens_on_its_wet_clocks(tmp_path: Path) -> None:
    html = rescue.face(opened(tmp_path, "salvage"))
    assert "Wet clocks running: 2" in html
    assert "0 of 5 back on the shelf" in text_of(html)


def test_wet_clocks_come_by_urgency_with_shape_word_and_time(tmp_path: Path) -> None:
    html = rescue.face(opened(tmp_path, "salvage", view="wet"))
    order = re.findall(r'data-key="wet-([^"]+)"', html)
    assert order == ["J014-020", "J001-003", "J031"]
    first = html[html.index('data-key="wet-J014-020"') - 200 : html.index('data-key="wet-J001-003"')]
    assert 'aria-label="over: treat now"' in first and "mould" in first
    assert "18 h" in html or "17 h" in html
    assert "Back to the shelf" in html[html.index('data-key="wet-J031"') :]


def test_nothing_offers_to_freeze_what_freezing_destroys(tmp_path: Path) -> None:
    at = opened(tmp_path, "salvage", view="wet")
    glass = msgspec.structs.replace(at.building.holdings["J001-003"], form="glass")
    holdings = {**at.building.holdings, "J001-003": glass}
    at.building = msgspec.structs.replace(at.building, holdings=holdings)
    html = rescue.face(at)
    acts = [json.loads(unescape(one)) for one in re.findall(r'data-act="([^"]*)"', html)]
    whats = {act["what"] for act in acts if act.get("holdings") == ["J001-003"] and "what" in act}
    assert "freeze" not in whats and "air-dry" in whats
    assert "Never freeze" in html


def test_missing_things_stand_first_with_who_had_them_and_both_times(tmp_path: Path) -> None:
    words = text_of(rescue.face(opened(tmp_path, "salvage", view="arrivals")))
    assert words.index("Missing: 1 out, not arrived") < words.index("Arrived: 3")
    part = words[words.index("Missing: 1") : words.index("Crates:")]
    assert "M002" in part and "go and look" in part and "老张" in part and "told at" in part


def test_a_scanned_crate_opens_with_its_content_and_one_tap_receives_it(tmp_path: Path) -> None:
    html = rescue.face(opened(tmp_path, "salvage", "helper", view="arrivals", crate="a01"))
    assert "Crate A01 · 1 inside" in html
    acts = [json.loads(unescape(one)) for one in re.findall(r'data-act="([^"]*)"', html)]
    assert {"type": "incident.move", "incident": "inc-1", "crate": "A01", "to": "car-park"} in acts
    assert "Put into crate A01" in html, "what is loose can be packed"
    typed = rescue.face(opened(tmp_path / "b", "salvage", "helper", view="arrivals", find="SR1C:A01"))
    assert "Crate A01 · 1 inside" in typed
    empty = rescue.face(opened(tmp_path / "c", "salvage", "helper", view="arrivals", crate="Z9"))
    assert "Nothing is recorded in this crate yet" in empty


def test_a_crew_sees_at_most_three_instructions_without_titles(tmp_path: Path) -> None:
    at = opened(tmp_path, "later", "helper", crew="B")
    html = rescue.face(at)
    steps = html[html.index("sr-steps3") : html.index("</ol>", html.index("sr-steps3"))]
    assert 1 <= steps.count("<li") <= 3
    assert "排5-架1-层3" in steps and "会议纪要" not in steps
    assert "sr-work" in html and 'data-item="M002"' in html and 'data-item="J001-003"' not in html


def test_the_old_plan_stays_and_the_difference_says_what_and_why(tmp_path: Path) -> None:
    carry = rescue.face(opened(tmp_path, "replan", view="carry"))
    assert "Until it is accepted, this list counts" in carry
    assert 'data-item="M002"' in carry, "the old list is still the one to work by"
    words = text_of(rescue.face(opened(tmp_path / "b", "replan", view="plan")))
    assert "people 4 → 6, crews 2 → 3" in words
    assert (
        "2 more: J014-020" in words
        and "1 dropped (The time goes to holdings worth more per minute): M002" in words
    )
    assert words.index("Proposed plan") < words.index("The plan in force")
    helper = rescue.face(opened(tmp_path / "c", "replan", "helper", view="plan"))
    assert "incident.accept_plan" not in helper and "The coordinator accepts it" in helper


def test_the_picture_is_readable_without_colour(tmp_path: Path) -> None:
    html = rescue.face(opened(tmp_path, "later", view="plan"))
    assert "sr-wayword" in html and ">Crew B: 1<" in html
    assert 'class="sr-listed"' in html and "printed list" in html and "bound" in html
    assert re.search(r'role="img" aria-label="bound [\d.]+; this plan', html)
    trips = [
        Trip(crew=crew, zone="stack-2b", holdings=(), people=2, from_min=0, minutes=1, kg=1) for crew in "ABC"
    ]
    zones = {
        **house.ZONES,
        "car-park": msgspec.structs.replace(house.ZONES["guard"], id="car-park", doors=()),
    }
    assert [way.number for way in ways_of(trips, zones, "car-park", frozenset())] == [0, 1, 2]


def test_screen_list_and_sheets_share_one_order(tmp_path: Path) -> None:
    at = opened(tmp_path, "later")
    plan = incident_of(at).plan
    assert plan is not None
    order = [one.holding for one in in_order(plan)]
    assert order != [one.holding for one in plan.ranking], "the case must tell the orders apart"
    screen = re.findall(r'data-item="([^"]+)"', rescue.face(at))
    assert screen[:3] == order[:3]
    listed = re.findall(r"<br>([A-Z][\d-]+)</td>", sheet(at, "rescue"))
    assert listed == order
    cards = re.findall(r'class="what">[^<]*· ([A-Z][\d-]+)<', sheet(at, "cards"))
    assert cards == order
    assert "3/5" in sheet(at, "cards") and "(3)/5" in sheet(at, "cards")


def test_prints_for_outside_hide_secret_titles_whoever_prints(tmp_path: Path) -> None:
    inside = opened(tmp_path, "later", "archivist")
    assert "会议纪要" in sheet(inside, "rescue") and "会议纪要" in sheet(inside, "cards")
    outside = opened(tmp_path / "b", "later", "archivist", outside="1")
    for kind in ("rescue", "cards", "custody"):
        assert "会议纪要" not in sheet(outside, kind)


def test_crate_labels_lead_back_to_the_page_and_custody_names_both_times(tmp_path: Path) -> None:
    at = opened(tmp_path, "salvage", "helper", series="b", count="10")
    labels = sheet(at, "crates", "https://archive.example/")
    assert labels.count('class="label"') == 10 and ">B07<" in labels and labels.count("<svg") == 10
    assert labels != sheet(at, "crates", "http://127.0.0.1:8501/"), (
        "no phone can open the machine's own address"
    )
    paper = text_of(sheet(at, "custody"))
    assert "1 missing" in paper and "补记 told" in paper and "会议纪要" not in paper
    assert sheet(opened(tmp_path / "b", "salvage", "viewer"), "custody") == ""


def test_a_tick_that_waited_keeps_its_own_time(tmp_path: Path) -> None:
    here = make_world(tmp_path, house.water_board(later=True))
    who, building = viewer(here, "helper"), here.desk.building()
    base = {
        "id": "act-00000001",
        "type": "incident.item",
        "incident": "inc-1",
        "holding": "M002",
        "state": "out",
    }
    waited = act_of({**base, "ago_s": 300.0, "was": "waiting"}, who, building, None, house.NOW)
    assert isinstance(waited.what, Item)
    assert (waited.what.at, waited.at, waited.what.was) == (house.NOW - 300, house.NOW, "waiting")
    seen = {"seen_at": house.NOW - 400.0}
    for told, at in ((300.0, house.NOW - 300), (3 * 86_400.0, house.NOW - 400)):
        dated = act_of({**base, "ago_s": told, **seen}, who, building, None, house.NOW)
        assert isinstance(dated.what, Item) and dated.what.at == at, "no older than the page it was ticked on"
    ahead = act_of({**base, "ago_s": 300.0, "seen_at": house.NOW + 9e9}, who, building, None, house.NOW)
    assert isinstance(ahead.what, Item) and ahead.what.at == house.NOW - 300
    quick = act_of({**base, "ago_s": 0.4}, who, building, None, house.NOW)
    assert isinstance(quick.what, Item) and quick.what.at is None
    paper = act_of({**base, "at_local": "2026-11-23T14:02", "who": "老张"}, who, building, None, house.NOW)
    assert isinstance(paper.what, Item) and paper.what.at == house.NOW - 30 * 60 - 7
    with pytest.raises(NotAllowedError, match="Write the time"):
        act_of({**base, "at_local": "yesterday"}, who, building, None, house.NOW)
    with pytest.raises(NotAllowedError, match="60 days"):
        act_of({**base, "at_local": "2026-01-01T00:00"}, who, building, None, house.NOW)


def test_only_an_archivist_puts_things_back_on_the_shelf(tmp_path: Path) -> None:
    here = make_world(tmp_path, house.salvage_board())
    building = here.desk.building()
    back = {"id": "act-00000002", "type": "incident.give_back", "incident": "inc-1", "holdings": ["J031"]}
    with pytest.raises(NotAllowedError):
        act_of(back, viewer(here, "helper"), building, None, house.NOW)
    act_of(back, viewer(here, "archivist"), building, None, house.NOW)
    move = {
        "id": "act-00000003",
        "type": "incident.move",
        "incident": "inc-1",
        "crate": "A01",
        "to": "freezer",
    }
    assert isinstance(act_of(move, viewer(here, "helper"), building, None, house.NOW).what, Move)


def test_last_practised_is_what_the_journal_says(tmp_path: Path) -> None:
    here = make_world(tmp_path, house.board())
    never = drills.face(scene(here, "coordinator", "en"))
    assert "never practised" in never and "drill.start" not in never, (
        "nothing is offered that the engine refuses"
    )
    for number, days in enumerate((30, 3, 400), 1):
        held = DrillHeld(drill="water-2b", held_at=house.NOW - days * 86_400, rating="S")
        here.desk.journal.append(chain("", number, draft_held(held, "wang", house.NOW)))  # type: ignore[attr-defined]
    words = text_of(drills.face(scene(here, "coordinator", "en")))
    assert "last 2026-11-20 14:32 · with some challenges" in words
    told = {"id": "act-00000004", "type": "drill.held", "drill": "water-2b", "at_local": "2026-11-23T10:00"}
    act = act_of(told, viewer(here, "coordinator"), here.desk.building(), None, house.NOW)
    assert isinstance(act.what, DrillHeld) and house.NOW - act.what.held_at == 4 * 3600 + 32 * 60 + 7
    with pytest.raises(NotAllowedError):
        act_of(told, viewer(here, "archivist"), here.desk.building(), None, house.NOW)


def test_a_mistyped_number_is_answered_with_the_nearest_not_with_an_empty_crate(tmp_path: Path) -> None:
    html = rescue.face(opened(tmp_path, "salvage", "helper", view="arrivals", find="J0O1-003"))
    assert "neither a crate in use nor a holding" in html and 'data-key="near-J001-003"' in html
    assert "crate-J0O1003" not in html
    fresh = rescue.face(opened(tmp_path / "b", "salvage", "helper", view="arrivals", find="b07"))
    assert 'data-key="crate-B07"' in fresh, "a label not used yet is an empty crate"


@pytest.mark.parametrize(("role", "words"), [("helper", "is not released"), ("viewer", "not for your role")])
def test_who_may_not_see_the_list_is_told_whether_waiting_helps(
    tmp_path: Path, role: str, words: str
) -> None:
    here = make_world(tmp_path, house.board(7))
    assert words in rescue.face(scene(here, role, "en", "rescue"))


def test_without_an_incident_the_register_says_what_is_to_be_mended(tmp_path: Path) -> None:
    here = make_world(tmp_path, house.board(7))
    words = text_of(rescue.face(scene(here, "archivist", "en", "rescue")))
    assert "without a photo" in words and "To mend in the register" in words
    assert "To mend" not in text_of(rescue.face(scene(here, "helper", "en", "rescue")))
