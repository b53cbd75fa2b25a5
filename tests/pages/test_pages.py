"""Every page script in Streamlit's own test harness, with a fake desk, each role and language."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard import frame
from dashboard.world import World, use
from strongroom.clock import SetClock
from tests.fakes import house
from tests.fakes.world import PEOPLE, make_world

VIEWS = Path(dashboard.__file__).parent / "views"
NAMES = sorted(path.stem for path in VIEWS.glob("[a-z]*.py") if path.stem != "__init__")
Open = Callable[..., dict[str, Any]]


@pytest.fixture
def here(tmp_path: Path) -> World:
    made = make_world(tmp_path, house.water_board(later=True))
    assert isinstance(made.clock, SetClock)
    made.clock.move_to(house.NOW + 360)
    return made


@pytest.fixture
def open_page(here: World, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Run a page script as a role; what its component was given."""
    use(here)

    def opened(name: str, role: str, language: str = "zh", **choices: str) -> dict[str, Any]:
        user = here.users.get(role)
        sealed = here.door.admit(user, here.clock.now()) if user else ""
        monkeypatch.setattr(frame, "cookie", lambda: sealed)
        at = AppTest.from_file(str(VIEWS / f"{name}.py"), default_timeout=30)
        at.query_params["lang"] = language
        for key, value in choices.items():
            at.query_params[key] = value
        at.run()
        assert not at.exception, at.exception
        found = at.get("bidi_component")
        assert len(found) == 1, "a page is one live component"
        data: dict[str, Any] = json.loads(found[0].proto.json)
        return data

    return opened


def test_every_view_is_a_page() -> None:
    assert set(NAMES) == {
        "status",
        "alarms",
        "incident",
        "rescue",
        "phone",
        "trends",
        "drills",
        "setup",
        "wall",
    }


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_a_page_runs_and_proves_its_life(open_page: Open, name: str, language: str) -> None:
    for role in PEOPLE:
        data = open_page(name, role, language)
        assert data["drawn"] == house.NOW + 360 and data["beat_age"] == 0.5
        assert data["lang"] == language and data["page"] == name and data["user"] == role
        wanted = "漏水" if language == "zh" else "Water"
        assert wanted in data["html"]
        assert len(data["token"]) == 64


def test_an_ended_session_shows_nothing(here: World, open_page: Open) -> None:
    assert set(open_page("status", "nobody")) == {"ended", "drawn"}
    here.users.remove("archivist")
    assert "html" not in open_page("alarms", "archivist")


def test_looking_at_the_rescue_list_is_written_down(here: World, open_page: Open) -> None:
    open_page("rescue", "viewer")
    open_page("incident", "viewer")
    assert here.users.looks() == []
    open_page("rescue", "helper")
    open_page("incident", "coordinator")
    assert [one.user for one in here.users.looks()] == ["coordinator", "helper"]


def test_users_are_listed_for_administrators_only(open_page: Open) -> None:
    assert "strongroom user add" in open_page("setup", "administrator")["html"]
    assert "strongroom user add" not in open_page("setup", "coordinator")["html"]


def test_a_page_that_cannot_be_drawn_still_shows_the_alarms(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> str:
        raise KeyError("no such thing")

    monkeypatch.setattr("dashboard.faces.status.plan_card", fails)
    html = open_page("status", "archivist", "en")["html"]
    assert "This page could not be drawn" in html and "Water in a stack" in html
    assert "no such thing" not in html


def test_what_rings_is_the_most_urgent_unanswered_alarm(here: World, open_page: Open) -> None:
    assert open_page("status", "viewer")["ring"] == {"priority": 0, "at": 0.0}
    here.desk.now_board = house.water_board()  # type: ignore[attr-defined]
    assert open_page("status", "viewer")["ring"]["priority"] == 1


def test_choices_come_from_the_address(open_page: Open) -> None:
    assert "19.2 °C" in open_page("status", "viewer", "zh", floor="2F", zone="stack-2a")["html"]
    for bad in ("../../etc/passwd", "<script>", "no-such-zone"):
        data = open_page("status", "viewer", "zh", floor=bad, zone=bad, incident=bad, tab=bad)
        assert "<script>" not in data["html"]
