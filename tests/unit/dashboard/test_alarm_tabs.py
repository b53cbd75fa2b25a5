"""The tabs of the Alarms page: history that leads on, health with its targets, what nothing watches."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from alerts.health import alarm_health
from alerts.model import AlarmEvent, Shelf
from dashboard.faces import alarms
from strongroom.journal import chain, draft_alarm
from strongroom.model import Board
from tests.fakes import house
from tests.fakes.desk import FakeDesk
from tests.fakes.world import make_world, scene
from tests.unit.dashboard.test_faces import text_of

DAY = 86_400.0


def page(tmp_path: Path, desk: FakeDesk, language: str = "en", role: str = "helper", **choices: str) -> str:
    here = msgspec.structs.replace(make_world(tmp_path), desk=desk)
    return alarms.face(scene(here, role, language, "alarms", **choices))


def flooded(count: int, board: Board) -> FakeDesk:
    """A desk whose journal holds so many alarms within ten minutes, two days ago."""
    desk = FakeDesk(house.BUILDING, board)
    events = [
        AlarmEvent(
            kind="alarm.raised",
            alarm=house.alarm("humid-stack", "stack-2a", n, priority=3),
            at=house.NOW - 2 * DAY + n,
        )
        for n in range(count)
    ]
    desk.journal = [chain("", seq, draft_alarm(event)) for seq, event in enumerate(events, 1)]
    desk.figures = alarm_health(events, board.alarms, house.NOW - 30 * DAY, house.NOW)
    return desk


def test_health_gives_every_figure_with_its_target_and_says_what_is_missed(tmp_path: Path) -> None:
    html = page(tmp_path, flooded(120, house.board()), tab="health")
    words = text_of(html)
    assert words.count("data-key") == 0 and html.count('data-key="figure-') == 9
    assert re.search(r"Most in ten minutes 120 · target missed at most 10", words)
    assert re.search(r"Share of the top ten 100 % · target missed at most 5 %", words)
    assert "(30 days): alarms 120" in words
    assert "Stack 2A · Humidity high in a stack" in words or "Stack 2A ·" in words
    assert re.search(r"Low 120 \(100 %\)", words)


def test_few_alarms_are_no_reason_to_blame_the_ten_most_frequent(tmp_path: Path) -> None:
    words = text_of(page(tmp_path, flooded(5, house.board()), tab="health"))
    assert "Share of the top ten 100 % · too early to say" in words
    assert "target missed" not in words


def test_what_stands_for_a_day_and_what_was_shelved_is_named_with_its_owner(tmp_path: Path) -> None:
    old = house.alarm(
        "humid-stack", "stack-2a", 1, raised_at=house.NOW - 3 * DAY, active_at=house.NOW - 3 * DAY
    )
    shelf = Shelf("wang", house.NOW - 60, house.NOW + 3600, "空调检修")
    put = house.alarm("warm-stack", "film-store", 2, shelved=shelf)
    board = msgspec.structs.replace(house.board(), alarms=(old, put))
    desk = flooded(1, board)
    html = page(tmp_path, desk, tab="health")
    words = text_of(html)
    assert "Active for over 24 hours" in words and "Shelved" in words
    assert "Wang Fang, until" in words
    assert f'"alarm": "{old.id}"' in html.replace("&quot;", '"')


@pytest.mark.parametrize(("language", "words"), [("zh", "才有统计"), ("en", "Figures come with")])
def test_the_first_day_has_no_figures_and_says_so(tmp_path: Path, language: str, words: str) -> None:
    assert words in text_of(page(tmp_path, FakeDesk(house.BUILDING, house.board()), language, tab="health"))


def test_history_leads_on_and_every_row_to_its_explanation(tmp_path: Path) -> None:
    desk = flooded(250, house.board())
    html = page(tmp_path, desk, tab="history")
    assert html.count("<tr data-key") == alarms.ROWS
    assert "rows=200" in html and "alarm=humid-stack%40stack-2a%23249" in html
    assert page(tmp_path / "2", desk, tab="history", rows="300").count("<tr data-key") == 250
    assert "rows=" not in page(tmp_path / "3", desk, tab="history", rows="300")
    for nonsense in ("0", "-1", "x", "٣", "9" * 30):
        assert "<table" in page(tmp_path / nonsense[:2], desk, tab="history", rows=nonsense)


def test_a_drill_in_the_history_is_marked(tmp_path: Path) -> None:
    desk = FakeDesk(house.BUILDING, house.board())
    event = AlarmEvent(kind="alarm.raised", alarm=house.alarm(drill="water-2b"), at=house.NOW)
    desk.journal = [chain("", 1, draft_alarm(event))]
    assert "演练 DRILL" in page(tmp_path, desk, tab="history")


@pytest.mark.parametrize(("language", "words"), [("zh", "从未校准"), ("en", "Never calibrated")])
def test_what_nothing_watches_is_a_tab_for_everybody_with_who_put_it_aside(
    tmp_path: Path, language: str, words: str
) -> None:
    shelf = Shelf("wang", house.NOW - 60, house.NOW + 3600, "空调检修")
    board = msgspec.structs.replace(
        house.board(), alarms=(house.alarm("warm-stack", "film-store", 2, shelved=shelf),)
    )
    found = text_of(page(tmp_path, FakeDesk(house.BUILDING, board), language, "viewer", tab="unwatched"))
    assert words in found and "空调检修" in found
    assert ("王芳" if language == "zh" else "Wang Fang") in found


@pytest.mark.parametrize(("language", "dots"), [("zh", " …"), ("en", " …")])
@pytest.mark.parametrize("rooms", [1, 3, 4])
def test_a_compartment_among_the_most_frequent_is_told_by_its_rooms(
    tmp_path: Path, language: str, dots: str, rooms: int
) -> None:
    chosen = [name for name, zone in house.BUILDING.zones.items() if zone.kind != "outside"][:rooms]
    zones = {
        name: msgspec.structs.replace(zone, compartment="FC-7" if name in chosen else "")
        for name, zone in house.BUILDING.zones.items()
    }
    rule = next(iter(house.BUILDING.rules.values()))
    alarm = msgspec.structs.replace(house.alarm("humid-stack", "stack-2a", 1), rule=rule.id, scope="FC-7")
    events = [AlarmEvent(kind="alarm.raised", alarm=alarm, at=house.NOW - DAY)]
    desk = FakeDesk(msgspec.structs.replace(house.BUILDING, zones=zones), house.board())
    desk.figures = alarm_health(events, (), house.NOW - 30 * DAY, house.NOW)
    words = text_of(page(tmp_path, desk, language, tab="health"))
    names = [zones[name].name.in_(language) for name in chosen]
    joined = ("、" if language == "zh" else ", ").join(names[:3])
    assert f"{joined}{dots if rooms > 3 else ''} · {rule.name.in_(language)}" in words
    assert "FC-7" not in words
