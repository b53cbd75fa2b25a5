"""``strongroom roster``: shown, out to a calendar and back in, and never a folder that would not pass its check."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from strongroom.cli import app, load
from strongroom.clock import SystemClock
from strongroom.folder.load import load as load_folder

HOUSE = Path(__file__).resolve().parents[1] / "houses" / "small"
load("roster")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["roster", *map(str, arguments)])


@pytest.fixture
def house(tmp_path: Path) -> Path:
    return Path(shutil.copytree(HOUSE, tmp_path / "house"))


def calendar(*events: str) -> bytes:
    body = "".join(f"BEGIN:VEVENT\r\n{event}END:VEVENT\r\n" for event in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{body}END:VCALENDAR\r\n".encode()


def event(summary: str, start: str = "20270301T090000", end: str = "20270308T090000") -> str:
    return f"UID:{summary}-{start}\r\nDTSTART:{start}\r\nDTEND:{end}\r\nSUMMARY:{summary}\r\n"


def test_the_coming_shifts_are_shown_and_nothing_is_missing(house: Path) -> None:
    said = run("show", house, "--days", 20)
    assert said.exit_code == 0, said.output
    assert "王芳 Wang Fang" in said.stdout and "李强 Li Qiang" in said.stdout


def test_what_nobody_covers_is_shown_and_is_the_exit_status(house: Path) -> None:
    text = (house / "people.toml").read_text(encoding="utf-8")
    until = (datetime.now(UTC) + timedelta(days=10)).date()
    period = f'[[duty]]\nperson = "li"\nfrom = 2026-01-01T00:00:00\nuntil = {until}T00:00:00\n'
    (house / "people.toml").write_text(text[: text.index("[[duty]]")] + period, encoding="utf-8")
    said = run("show", house)
    assert said.exit_code == 1, said.output
    assert f"nobody is on-duty {until} 00:00" in said.stdout


def test_out_and_back_in_adds_nothing_twice(house: Path, tmp_path: Path) -> None:
    file = tmp_path / "roster.ics"
    assert run("export", house, file, "--days", 60).exit_code == 0
    first = run("import", house, file, "--write")
    assert first.exit_code == 0, first.output
    now = SystemClock().now()
    assert load_folder(house, now).building is not None
    again = run("import", house, file, "--write")
    assert "0 new" in again.stdout
    assert run("show", house).exit_code == 0


def test_an_event_becomes_a_duty_and_one_that_names_nobody_is_told(house: Path, tmp_path: Path) -> None:
    file = tmp_path / "roster.ics"
    file.write_bytes(calendar(event("Li Qiang"), event("somebody else")))
    said = run("import", house, file)
    assert said.exit_code == 1
    assert '[[duty]]\nperson = "li"\nfrom = 2027-03-01T09:00:00\nuntil = 2027-03-08T09:00:00\n' in said.stdout
    assert "somebody else" in said.output
    assert "2027-03-01" not in (house / "people.toml").read_text(encoding="utf-8"), "only shown"
    run("import", house, file, "--write", "--role", "fire-liaison")
    building = load_folder(house, SystemClock().now()).building
    assert building is not None
    assert [d.role for d in building.duties if d.person == "li"] == ["fire-liaison"]


def test_a_hostile_role_cannot_break_out_of_its_string(house: Path, tmp_path: Path) -> None:
    file = tmp_path / "roster.ics"
    evil = 'X-STRONGROOM-ROLE:a"\\n[[person]]\\nid="evil\r\n'
    file.write_bytes(calendar(event("Li Qiang") + evil))
    before = (house / "people.toml").read_text(encoding="utf-8")
    run("import", house, file, "--write")
    loaded = load_folder(house, SystemClock().now())
    assert loaded.building is not None and "evil" not in loaded.building.people
    text = (house / "people.toml").read_text(encoding="utf-8")
    assert text == before or "\n[[person]]\nid=" not in text[len(before) :]


@pytest.mark.parametrize("data", [b"", b"nonsense", b"BEGIN:VCALENDAR\r\n", b"\xff\xfe"])
def test_what_is_no_calendar_is_said(house: Path, tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "x.ics"
    file.write_bytes(data)
    said = run("import", house, file)
    assert said.exit_code in (0, 1) and "Traceback" not in said.output
    assert run("import", house, tmp_path / "missing.ics").exit_code == 2
    assert run("export", house, tmp_path / "no" / "where.ics").exit_code == 2
    assert run("show", tmp_path / "nothing").exit_code == 2
