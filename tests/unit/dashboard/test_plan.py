"""The plan: rooms of the operator's drawing with marks, bands and words; the same input gives the same text."""

from __future__ import annotations

import os
import re
from pathlib import Path

import msgspec
import pytest
from defusedxml.ElementTree import fromstring

from dashboard.plan import floor_svg, width_of
from sensors.model import Text
from tests.fakes import house
from tests.fakes.world import make_world, scene

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "dashboard"
FLOORS = {floor.id: floor for floor in house.BUILDING.floors}
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("floor", ["2F", "B1"])
def test_plan_is_as_agreed(tmp_path: Path, floor: str, language: str) -> None:
    drawn = floor_svg(scene(make_world(tmp_path, house.water_board()), language=language), FLOORS[floor])
    path = GOLDEN / f"plan-{floor}-{language}.svg"
    if os.environ.get("STRONGROOM_GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(drawn + "\n", encoding="utf-8")
    assert drawn + "\n" == path.read_text(encoding="utf-8")


def test_a_wet_room_is_marked_named_and_can_be_opened(tmp_path: Path) -> None:
    root = fromstring(
        floor_svg(scene(make_world(tmp_path, house.water_board()), language="en"), FLOORS["2F"])
    )
    room = next(element for element in root.iter() if element.get("id") == "stack-2b")
    assert room.get("tabindex") == "0" and room.get("role") == "link"
    assert "Stack 2B" in room.get("aria-label", "") and "Urgent" in room.get("aria-label", "")
    edges = [element for element in root.iter() if element.get("data-key") == "edge-stack-2b"]
    assert (
        len(edges) == 1 and "sr-k1" in edges[0].get("class", "") and "sr-unacked" in edges[0].get("class", "")
    )
    marks = [e for e in root.iter() if "sr-mark" in e.get("class", "").split()]
    assert {mark.find(f"{SVG}text").text for mark in marks} == {"1", "3"}


def test_a_room_inside_a_moved_group_keeps_its_place(tmp_path: Path) -> None:
    drawn = floor_svg(scene(make_world(tmp_path, house.water_board())), FLOORS["2F"])
    found = re.search(r'data-key="over-film-store"><text class="sr-name[^"]*" x="([\d.]+)"', drawn)
    assert found is not None
    assert 710 < float(found[1]) < 980


def test_a_silent_sensor_is_a_fault_mark_not_a_value(tmp_path: Path) -> None:
    drawn = floor_svg(scene(make_world(tmp_path, house.water_board())), FLOORS["2F"])
    assert "T –" in drawn
    assert "13.4" not in drawn
    assert "sr-dot sr-bad" in drawn


def test_healthy_sensors_lie_below_the_numbers_and_suffering_ones_above(tmp_path: Path) -> None:
    drawn = floor_svg(scene(make_world(tmp_path, house.water_board())), FLOORS["2F"])
    first_label, last_label = drawn.index('data-key="over-'), drawn.rindex('data-key="over-')
    healthy = [found.start() for found in re.finditer('class="sr-dot"', drawn)]
    suffering = [found.start() for found in re.finditer('class="sr-dot sr-bad', drawn)]
    assert healthy and max(healthy) < first_label
    assert suffering and min(suffering) > last_label


def test_a_floor_without_drawing_still_shows_its_rooms(tmp_path: Path) -> None:
    root = fromstring(floor_svg(scene(make_world(tmp_path, house.board())), FLOORS["B1"]))
    assert {e.get("id") for e in root.iter() if e.get("id")} == {"plant", "stack-b1", "corridor-B"}


def test_names_with_markup_stay_words(tmp_path: Path) -> None:
    bad = msgspec.structs.replace(
        house.ZONES["guard"], name=Text("<script>alert(1)</script>", '"><img src=x>')
    )
    building = msgspec.structs.replace(house.BUILDING, zones={**house.ZONES, "guard": bad})
    here = make_world(tmp_path, house.board())
    here.desk.house = building  # type: ignore[attr-defined]
    drawn = floor_svg(scene(here), FLOORS["1F"])
    assert "<script" not in drawn and "<img" not in drawn
    fromstring(drawn)


def test_width_counts_chinese_as_wide() -> None:
    assert width_of("库房") == pytest.approx(2.0)
    assert width_of("ab") < 1.5
