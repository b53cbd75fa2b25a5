"""The pace card: figures in force beside what drills measured, defaults named as defaults."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from dashboard.faces import drills
from playbooks.items import ItemState
from playbooks.rescue.measured import Figure, SiteTimes
from sensors.model import Door, Text, Zone
from strongroom.model import Board, Building
from tests.fakes import house
from tests.fakes.desk import FakeDesk
from tests.fakes.world import make_world, scene


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def drawn(tmp_path: Path, building: Building, board: Board, role: str = "coordinator") -> str:
    here = replace(make_world(tmp_path, board), desk=FakeDesk(building, board))
    return text_of(drills.face(scene(here, role, "en")))


def drilled(ticks: int) -> Board:
    """One drill in which so many holdings came out a minute apart and arrived two minutes later."""
    kept = [one for one in house.BUILDING.holdings.values() if one.zone == "stack-2b"]
    run = replace(
        house.water_board().incidents[0],
        kind="drill",
        reference="K7",
        items={
            one.id: ItemState(
                state="arrived",
                zone="stack-2b",
                out_by="li",
                out_at=house.NOW + 60.0 * n,
                received_at=house.NOW + 60.0 * n + 120.0,
            )
            for n, one in enumerate(kept[:ticks])
        },
    )
    return house.board(7, incidents=(run,))


@pytest.mark.parametrize(
    ("language", "default", "few"),
    [("en", "planning assumption", "too few samples"), ("zh", "规划假设", "样本太少")],
)
def test_a_default_says_that_it_is_one(tmp_path: Path, language: str, default: str, few: str) -> None:
    text = text_of(drills.face(scene(make_world(tmp_path, house.board(7)), language=language)))
    assert text.count(default) == 2
    assert text.count(few) == 2
    assert "--write" not in text


def test_figures_of_the_folder_say_spread_number_day_and_source(tmp_path: Path) -> None:
    times = SiteTimes(
        walk=Figure(value=1.4, spread=0.2, samples=12, date="2026-10-01", source="drill K5"),
        boxes_per_min=0.8,
    )
    known = replace(house.BUILDING, rescue=replace(house.BUILDING.rescue, times=times))
    text = drawn(tmp_path, known, house.board(7))
    for words in ("1.4 × the plan", "±20 %, 12 samples", "2026-10-01", "drill K5", "0.8"):
        assert words in text


def test_a_drill_with_enough_ticks_shows_what_it_measured_and_how_to_take_it_over(tmp_path: Path) -> None:
    zones = dict(house.BUILDING.zones)
    zones["stack-2b"] = replace(zones["stack-2b"], doors=(Door("car-park", 80.0),))
    outside = Zone(id="car-park", name=Text("停车场", "Car park"), kind="outside", floor="1F")
    known = replace(house.BUILDING, zones={**zones, "car-park": outside})
    ticks = len(house.BUILDING.holdings)
    assert ticks >= 5
    text = drawn(tmp_path, known, drilled(ticks))
    assert f"1 × the plan spread ±0 %, {ticks} samples" in text
    assert "drill K7" in text
    assert "--write" in text
    assert "--write" not in drawn(tmp_path / "other", known, drilled(ticks), "viewer")
    assert "drill K7" not in drawn(tmp_path / "few", known, drilled(4))
