"""Everything that is wrong with a sensor is on the wall, on the plan, in the room's list and beside its trend."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from dashboard.faces import status, trends, wall
from dashboard.looks import sensor_mark, sensor_names, sensor_tally, sensor_words
from dashboard.plan import floor_svg
from dashboard.scene import Scene
from sensors.model import Text
from sensors.state import WORDS, Freshness, Trouble
from strongroom.model import Latest
from tests.fakes import house
from tests.fakes.world import make_world, scene

SENSOR = "2B-H1"
ZONE = house.BUILDING.sensors[SENSOR].zone
FLOOR = next(one for one in house.BUILDING.floors if one.id == house.BUILDING.zones[ZONE].floor)


def shown(tmp_path: Path, language: str = "en", **choices: str) -> tuple[Scene, Latest]:
    """A quiet house in which one sensor suffers from ``state`` and ``troubles``."""
    quiet = house.board()
    state, troubles = choices.pop("state", "fresh"), tuple(choices.pop("troubles", "").split())
    said = [WORDS[Trouble(one)] for one in troubles] or [WORDS[Freshness(state)]]
    words = Text("；".join(one.zh for one in said), "; ".join(one.en for one in said))
    latest = msgspec.structs.replace(quiet.latest[SENSOR], state=state, troubles=troubles, words=words)
    board = msgspec.structs.replace(quiet, latest={**quiet.latest, SENSOR: latest})
    return scene(make_world(tmp_path, board), "coordinator", language, **choices), latest


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("trouble", list(Trouble))
def test_every_trouble_has_its_word_on_every_screen(tmp_path: Path, trouble: Trouble, language: str) -> None:
    here, _ = shown(tmp_path, language, troubles=trouble.value)
    word = WORDS[trouble].in_(language)
    here.choices["zone"] = ZONE
    assert word in plain(status.zone_card(here, ZONE))
    assert f"{word} 1" in plain(status.chain(here))
    assert word in plain(wall.face(here))
    assert word in plain(trends.face(here))
    assert f" · {word}</title>" in floor_svg(here, FLOOR)


@pytest.mark.parametrize(
    ("state", "troubles", "mark"),
    [
        ("fresh", "", ""),
        ("late", "", ""),
        ("fresh", "low_battery", "minor"),
        ("fresh", "offline self_test", "minor"),
        ("fresh", "tamper low_battery", "tamper"),
        ("fresh", "disagrees", "disagrees"),
        ("silent", "tamper", "silent"),
        ("never", "", "never"),
    ],
)
def test_what_still_watches_is_marked_less_than_what_does_not(
    tmp_path: Path, state: str, troubles: str, mark: str
) -> None:
    here, latest = shown(tmp_path, state=state, troubles=troubles)
    assert sensor_mark(latest) == mark
    drawn = floor_svg(here, FLOOR)
    dot = re.search(rf'<[a-z:]+ class="([^"]*)"[^>]*data-key="dot-{SENSOR}"', drawn)
    assert dot is not None
    assert ("sr-bad" in dot[1]) is bool(mark)


def test_a_sensor_nobody_knows_anything_of_is_never_well(tmp_path: Path) -> None:
    here, _ = shown(tmp_path)
    assert sensor_words(here, None) == "never reported"
    assert sensor_names(here, None) == "never reported"
    assert sensor_mark(None) == "never"


def test_all_well_needs_no_words(tmp_path: Path) -> None:
    here, latest = shown(tmp_path)
    assert (sensor_words(here, latest), sensor_tally(here), sensor_names(here, latest)) == ("", "", "fresh")
