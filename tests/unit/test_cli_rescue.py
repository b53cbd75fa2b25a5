"""The commands ``strongroom holdings`` and ``strongroom rescue`` on the example building."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from playbooks.holdings import register
from strongroom.cli import app
from strongroom.folder.load import load

DEMO = Path(__file__).resolve().parents[2] / "buildings" / "demo"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DEMO, tmp_path / "demo"))


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result.exit_code, result.output


def last(output: str) -> dict[str, object]:
    found = json.loads(output.strip().splitlines()[-1])
    assert isinstance(found, dict)
    return found


def test_the_plan_names_trips_what_is_left_and_its_bound(folder: Path) -> None:
    code, output = run(
        "rescue", str(folder), "--threat", "water", "--zone", "stack-2b", "--seconds", "0.05", "--json"
    )
    assert code == 0
    found = last(output)
    assert found["trips"]
    assert 0 < found["printed_list_value"] <= found["value"] <= found["bound"]  # type: ignore[operator]
    ranking = found["ranking"]
    assert isinstance(ranking, list)
    assert ranking[0]["why"]["zh"]
    moved = {id_ for trip in found["trips"] for id_ in trip["holdings"]}  # type: ignore[attr-defined]
    assert moved.isdisjoint({one["holding"] for one in found["left"]})  # type: ignore[attr-defined]


def test_a_burning_room_is_never_entered_and_only_cleared_zones_are(folder: Path) -> None:
    words = ("rescue", str(folder), "--threat", "fire", "--zone", "stack-2b", "--seconds", "0", "--json")
    found = last(run(*words)[1])
    assert all("stack-2b" not in trip["zones"] for trip in found["trips"])  # type: ignore[attr-defined]
    found = last(run(*words, "--cleared", "stack-2a")[1])
    assert {zone for trip in found["trips"] for zone in trip["zones"]} <= {"stack-2a"}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "words",
    [
        ("--threat", "dragon", "--zone", "stack-2b"),
        ("--threat", "fire", "--zone", "moon"),
        ("--threat", "fire"),
        ("--threat", "fire", "--zone", "stack-2b", "--rules", "mine"),
    ],
)
def test_wrong_words_are_answered_in_both_languages(folder: Path, words: tuple[str, ...]) -> None:
    code, output = run("rescue", str(folder), *words)
    assert code == 2
    assert "·" in output


def test_what_if_says_what_would_help(folder: Path) -> None:
    code, output = run("rescue", str(folder), "--zone", "stack-2b", "--what-if", "--json")
    assert code == 0
    rows = last(output)["zones"]
    assert isinstance(rows, list)
    assert {row["threat"] for row in rows} == {"fire", "water", "intrusion"}
    assert all(row["lost"] <= row["at_stake"] for row in rows)
    assert any(row["helps"] for row in rows)


def test_import_previews_refuses_by_line_and_writes_only_when_told(folder: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "new.csv"
    sheet.write_text(
        "档号,题名,库房,等级,载体\nZ1,新卷,stack-2b,2,纸质\nZ2,坏卷,moon,2,纸质\n", encoding="gb18030"
    )
    before = (folder / "holdings.csv").read_bytes()
    code, output = run("holdings", "import", str(sheet), "--building", str(folder), "--json")
    found = last(output)
    assert (code, found["good"], found["refused"], found["written"]) == (1, 1, 1, 0)
    assert found["problems"][0]["line"] == 3  # type: ignore[index]
    assert (folder / "holdings.csv").read_bytes() == before
    run("holdings", "import", str(sheet), "--building", str(folder), "--write")
    house = load(folder).building
    assert house is not None
    assert house.holdings["Z1"].title == "新卷"
    assert len(house.holdings) == len(before.decode("utf-8-sig").strip().splitlines())


def test_export_reads_back_exactly_and_defects_are_listed(folder: Path, tmp_path: Path) -> None:
    for name in ("r.csv", "r.xlsx"):
        code, _ = run("holdings", "export", str(folder), str(tmp_path / name))
        assert code == 0
        again = register.read((tmp_path / name).read_bytes(), name)
        house = load(folder).building
        assert house is not None
        assert isinstance(again, register.Import)
        assert list(again.holdings) == list(house.holdings.values())
    assert run("holdings", "export", str(folder), str(tmp_path / "r.pdf"))[0] == 2
    code, output = run("holdings", "defects", str(folder), "--json")
    assert code in {0, 1}
    assert "defects" in last(output)
    assert run("holdings", "import", str(tmp_path / "none.csv"), "--building", str(folder))[0] == 2


def test_one_command_writes_everything_that_hangs_on_the_wall(folder: Path, tmp_path: Path) -> None:
    code, output = run("cards", str(folder), "--to", str(tmp_path / "out"), "--drill", "--json")
    assert code == 0
    found = last(output)
    names = set(found["files"])  # type: ignore[call-overload]
    assert {
        "grab-sheets.html",
        "contacts.html",
        "entry-log.html",
        "inventory.html",
        "plan-water.html",
    } <= names
    assert any(name.startswith("zone-") for name in names)
    for name in names:
        html = (tmp_path / "out" / name).read_text(encoding="utf-8")
        assert str(found["revision"]) in html
        assert "【演练】 DRILL" in html
    code, output = run("cards", str(folder), "--to", str(tmp_path / "fire"), "--outside", "--json")
    assert "contacts.html" not in last(output)["files"]  # type: ignore[operator]
    house = load(folder).building
    assert house is not None
    secret = [one.title for one in house.holdings.values() if one.secrecy]
    printed = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "fire").iterdir())
    assert secret
    assert not [title for title in secret if title in printed]


def test_incidents_without_a_database_are_said_to_be_missing(folder: Path, tmp_path: Path) -> None:
    code, output = run("incident", str(folder), "--data", str(tmp_path))
    assert code == 2
    assert "no database" in output
