"""Trends: what is drawn of a year is bounded, rooms are compared with their own limits, files hold what is shown."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from alerts.rule import Select, Threshold
from dashboard.desk import Course, Point, Raised
from dashboard.faces import trends
from dashboard.faces.trends_parts import POINTS, SPANS, moments
from sensors.model import Text
from strongroom.instruments.records import Record, draft_record
from strongroom.journal import chain
from tests.fakes import house
from tests.fakes.desk import FakeDesk
from tests.fakes.world import make_world, scene

YEAR = SPANS["1y"]


class Asked(FakeDesk):
    """A desk that notes what charts ask for."""

    def __init__(self) -> None:
        super().__init__(house.BUILDING, house.board())
        self.calls: list[tuple[str, float, float, int]] = []

    def course(self, sensor: str, since: float, until: float, points: int = 600) -> Course | None:
        self.calls.append((sensor, since, until, points))
        step = (until - since) / points
        made = tuple(Point(since + step * n, 20.0 + n % 3, 19.5, 23.0) for n in range(points))
        gaps = tuple((since + step * (n + 0.4), since + step * (n + 0.5)) for n in range(0, points, 40))
        return Course(made, gaps, step)


def drawn(tmp_path: Path, desk: FakeDesk, language: str = "en", **choices: str) -> str:
    here = msgspec.structs.replace(make_world(tmp_path), desk=desk)
    return trends.face(scene(here, language=language, page="trends", **choices))


def test_a_year_is_asked_for_once_a_sensor_and_drawn_in_bounded_pieces(tmp_path: Path) -> None:
    desk = Asked()
    desk.alarms = [
        Raised(house.NOW - 600.0 * n, "a", "3", Text("热", "Warm"), ("2B-T1",)) for n in range(20_000)
    ][::-1]
    html = drawn(tmp_path, desk, zone="stack-2b", span="1y")
    sensors = [call[0] for call in desk.calls]
    assert len(sensors) == len(set(sensors)) <= trends.MOST_CHARTS
    assert {call[3] for call in desk.calls} == {POINTS}
    charts = re.findall(r"<svg class=\"sr-chart\".*?</svg>", html)
    assert charts and all(len(one) < 80_000 for one in charts)
    assert html.count("sr-alarmmark") <= 140 * len(charts)
    assert html.count('<li data-key="r-') <= trends.ALARMS_LISTED * len(charts)


def test_the_same_stretch_is_asked_for_at_every_refresh_until_half_a_point_has_passed(tmp_path: Path) -> None:
    for span, still in (("3h", 20.0), ("1y", 15_000.0)):
        desk = Asked()
        first = house.NOW - house.NOW % 32_850.0 + 1.0
        for later in (0.0, 2.0, still):
            desk.now_board = msgspec.structs.replace(house.board(), at=first + later)
            drawn(tmp_path / span / str(later), desk, zone="stack-2b", span=span)
        assert len(set(desk.calls)) == len({call[0] for call in desk.calls}), span


def test_the_file_is_what_the_chart_shows(tmp_path: Path) -> None:
    html = drawn(tmp_path, Asked(), zone="stack-2b", span="1y")
    links = [urlsplit(link.replace("&amp;", "&")) for link in re.findall(r'href="(/api/[^"]+)"', html)]
    shown = next(link for link in links if link.path.endswith("/stats"))
    asked = {name: values[0] for name, values in parse_qs(shown.query).items()}
    width = float(asked["every"])
    since, until = moments(scene(make_world(tmp_path / "b", house.board()), page="trends", span="1y"))
    assert float(asked["from"]) <= since and float(asked["to"]) >= until
    assert float(asked["from"]) % width == pytest.approx(0, abs=0.01) and width == pytest.approx(
        YEAR / POINTS
    )
    assert (asked["download"], asked["marks"], asked["lang"], asked["format"]) == ("1", "1", "en", "csv")
    whole = next(link for link in links if link.path.endswith("/readings"))
    assert "every" not in parse_qs(whole.query)


def test_what_was_done_to_the_instrument_is_on_the_chart_and_in_words(tmp_path: Path) -> None:
    desk = Asked()
    records = [
        Record(
            kind="sensor.calibrated", sensor="2B-T1", at=house.NOW - 5000, by="li", new={"offset": "+0.2"}
        ),
        Record(
            kind="sensor.out_of_service",
            sensor="2B-T1",
            at=house.NOW - 4000,
            by="wang",
            until_at=house.NOW + 99,
        ),
        Record(kind="sensor.in_service", sensor="2B-T1", at=house.NOW - 3000, by="wang"),
        Record(kind="sensor.replaced", sensor="2A-T1", at=house.NOW - 3000, by="wang"),
    ]
    desk.journal = [chain("", number, draft_record(one)) for number, one in enumerate(records, 1)]
    html = drawn(tmp_path, desk, zone="stack-2b", span="3h")
    assert html.count('class="sr-instrument"') == 3 and html.count('class="sr-outspan"') == 1
    assert "calibrated: offset" in html and "out of service" in html
    assert "device replaced" not in html
    assert "校准" in drawn(tmp_path / "zh", desk, "zh", zone="stack-2b", span="3h")


def test_rooms_are_compared_with_their_own_limits(tmp_path: Path) -> None:
    desk = Asked()
    cold = msgspec.structs.replace(
        house.RULES["warm-stack"],
        id="cold-film",
        when=Threshold(select=Select(sensors=("FS-T1",)), above=True, limit=21.0, clear_at=20.0),
    )
    desk.house = msgspec.structs.replace(house.BUILDING, rules=house.BUILDING.rules | {cold.id: cold})
    html = drawn(tmp_path, desk, view="compare", q="temperature", rooms="film-store,stack-2b", span="7d")
    assert [call[0] for call in desk.calls] == ["FS-T1", "2B-T1"]
    assert re.findall(r'sr-letter sr-line(\d)"[^>]*>(\w)<', html) == [("0", "A"), ("1", "B")]
    assert html.count("sr-limit sr-line0") + html.count("sr-limit sr-line1") > 0
    assert html.count("limit") >= 2 and html.count('data-key="row-') == 2


def test_a_tap_adds_a_room_takes_it_away_and_never_more_than_there_are_letters(tmp_path: Path) -> None:
    html = drawn(tmp_path, Asked(), view="compare", q="temperature", rooms="stack-2b")
    assert "rooms&quot;: &quot;stack-2b&quot;" in html, "the last room stays"
    assert re.search(r"rooms&quot;: &quot;stack-2b,[\w-]+&quot;", html)
    nonsense = drawn(tmp_path / "n", Asked(), view="compare", q="no-such", rooms="<b>,x,x")
    assert "<b>,x" not in nonsense and "sr-chart" in nonsense


def test_the_same_room_a_stretch_before_is_drawn_behind(tmp_path: Path) -> None:
    desk = Asked()
    html = drawn(tmp_path, desk, zone="film-store", span="24h", against="before")
    spans = {(call[1], call[2]) for call in desk.calls}
    assert len(spans) == 2 and max(spans)[0] == min(spans)[1]
    assert "sr-line sr-line1" in html
    desk.calls.clear()
    drawn(tmp_path / "y", desk, zone="film-store", span="24h", against="year")
    assert max(c[1] for c in desk.calls) - min(c[1] for c in desk.calls) == YEAR


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_store_that_is_away_and_a_room_without_readings_are_said(tmp_path: Path, language: str) -> None:
    desk = FakeDesk(house.BUILDING, house.board())
    for view in ({}, {"view": "compare"}):
        away = drawn(tmp_path / str(len(view)), desk, language, **view)
        assert ("历史" if language == "zh" else "history store") in away
    desk.series = {}
    for number, view in enumerate(({}, {"view": "compare"})):
        none = drawn(tmp_path / f"e{number}", desk, language, **view)
        assert ("没有数据" if language == "zh" else "No data in this stretch") in none
