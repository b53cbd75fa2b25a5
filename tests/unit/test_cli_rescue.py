"""The commands ``strongroom holdings`` and ``strongroom rescue`` on the example building."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from playbooks.holdings import register
from playbooks.model import Incident, IncidentEvent, ItemState
from strongroom.cli import app
from strongroom.folder.load import load
from strongroom.journal import draft_incident
from strongroom.sitedb import Batch, SiteDb

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


def test_people_read_what_is_carried_what_is_covered_and_why_the_rest_stays(folder: Path) -> None:
    words = ("rescue", str(folder), "--threat", "water", "--zone", "stack-2b", "--seconds", "0.05")
    found, shown = last(run(*words, "--json")[1]), run(*words)[1]
    trips, left = found["trips"], found["left"]
    assert isinstance(trips, list) and isinstance(left, list)
    covered = [id_ for trip in trips for id_ in trip["covered"]]
    carried = [id_ for trip in trips for id_ in trip["holdings"] if id_ not in trip["covered"]]
    assert covered and left
    assert all(id_ in shown for id_ in covered + carried)
    assert ("carry out" in shown) == bool(carried) and "就地遮盖 cover in place" in shown
    reasons = {one["why"]["en"] for one in left}
    assert all(f"left ({sum(one['why']['en'] == why for one in left)})" in shown for why in reasons)


@pytest.mark.parametrize("minutes", ["18", "22", "25"])
def test_nobody_goes_back_for_what_the_same_trip_could_have_covered(folder: Path, minutes: str) -> None:
    """Value per minute falls with every cover, so a second trip looks good until the way is walked twice."""
    words = ("--zone", "stack-2b", "--cleared", "stack-2b", "--crews", "1", "--minutes", minutes)
    found = last(run("rescue", str(folder), "--threat", "water", *words, "--seconds", "0.2", "--json")[1])
    trips = found["trips"]
    assert isinstance(trips, list)
    assert [trip["zones"] for trip in trips] == [["stack-2b"]]
    assert found["bound"] <= 1.05 * found["value"]  # type: ignore[operator]


def test_a_zone_is_known_by_its_name_without_its_spaces(folder: Path) -> None:
    code, shown = run("rescue", str(folder), "--threat", "water", "--zone", "二层B库", "--seconds", "0")
    assert code == 0 and "Stack 2B" in shown
    code, shown = run("rescue", str(folder), "--threat", "water", "--zone", "stack 2b", "--seconds", "0")
    assert code == 0 and "Stack 2B" in shown


def test_an_empty_register_is_said(folder: Path) -> None:
    head = (folder / "holdings.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    (folder / "holdings.csv").write_text(head + "\n", encoding="utf-8")
    shutil.rmtree(folder / "drills")
    code, shown = run("rescue", str(folder), "--threat", "water", "--zone", "stack-2b", "--seconds", "0")
    assert code == 0 and "no key holdings" in shown


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


def test_what_if_says_what_would_help_for_every_hazard_and_crew_size(folder: Path) -> None:
    code, output = run("rescue", str(folder), "--zone", "stack-2b", "--what-if", "--json")
    assert code == 0
    rows = last(output)["zones"]
    assert isinstance(rows, list)
    cases = {(row["threat"], row["crews"]) for row in rows}
    assert cases == {(h, n) for h in ("fire", "water", "structure", "intrusion") for n in (1, 2, 4)}
    assert all(0 <= row["lost"] <= row["at_stake"] for row in rows)
    assert any(row["helps"] for row in rows)
    lost = {(row["threat"], row["crews"]): row["lost"] for row in rows}
    assert all(lost[hazard, 4] <= lost[hazard, 1] for hazard in ("fire", "water", "structure", "intrusion"))
    code, output = run("rescue", str(folder), "--zone", "stack-2b", "--what-if", "--crews", "3", "--json")
    assert {row["crews"] for row in last(output)["zones"]} == {3}  # type: ignore[attr-defined]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_directors_report_is_written_as_pdf_and_csv_without_titles(
    folder: Path, tmp_path: Path, language: str
) -> None:
    words = ("rescue", str(folder), "--zone", "film-3", "--what-if", "--crews", "1", "--language", language)
    for name in ("r.pdf", "r.csv"):
        assert run(*words, "--to", str(tmp_path / name))[0] == 0
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF-")
    table = (tmp_path / "r.csv").read_text(encoding="utf-8-sig").splitlines()
    assert ("预期损失" if language == "zh" else "expected loss") in table[0]
    assert len(table) == 1 + 4
    house = load(folder).building
    assert house is not None
    assert not [one.title for one in house.holdings.values() if one.secrecy and one.title in "".join(table)]
    assert run(*words, "--to", str(tmp_path / "r.docx"))[0] == 2


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (("--threat", "wter", "--zone", "stack-2b"), "water"),
        (("--threat", "water", "--zone", "二层Ｂ库"), "stack-2b"),
        (("--threat", "water", "--zone", "stack2b"), "stack-2b"),
        (("--threat", "water", "--zone", "stack-2b", "--cleared", "stack_2A"), "stack-2a"),
        (("--threat", "water", "--zone", "stack-2b", "--rules", "harward"), "harvard"),
    ],
)
def test_a_slip_in_a_name_is_answered_with_the_nearest(
    folder: Path, words: tuple[str, ...], near: str
) -> None:
    code, output = run("rescue", str(folder), *words, "--seconds", "0")
    assert code == 2
    assert f"Did you mean {near}" in output
    assert f"是不是 {near}" in output


def test_names_in_the_houses_language_are_taken(folder: Path) -> None:
    code, output = run(
        "rescue", str(folder), "--threat", "水", "--zone", "二层 B 库", "--seconds", "0", "--json"
    )
    assert code == 0
    assert last(output)["threat"] == "water"
    hostile = "\x1b[31m" + "库" * 5000
    code, output = run("rescue", str(folder), "--threat", "fire", "--zone", hostile)
    assert code == 2
    assert "\x1b" not in output
    assert len(output) < 6000


def test_times_are_defaults_until_measured_and_written_figures_count(folder: Path, tmp_path: Path) -> None:
    code, output = run("rescue-times", str(folder), "--json")
    assert code == 0
    assert last(output)["walk"]["default"] is True  # type: ignore[index]
    assert run("rescue-times", str(folder), "--data", str(tmp_path))[0] == 2
    (folder / "rescue.toml").write_text(
        '[walk]\nvalue = 1.8\nspread = 0.3\nsamples = 14\ndate = 2026-10-01\nsource = "drill K7"\n', "utf-8"
    )
    code, output = run("rescue-times", str(folder))
    assert "drill K7" in output
    words = ("rescue", str(folder), "--threat", "water", "--zone", "stack-2b", "--seconds", "0", "--json")
    slow = last(run(*words)[1])
    assert "measured" in slow["basis"]["en"]  # type: ignore[index]
    (folder / "rescue.toml").unlink()
    assert last(run(*words)[1])["value"] > slow["value"]  # type: ignore[operator]


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


def test_a_drills_ticks_become_the_sites_times(folder: Path, tmp_path: Path) -> None:
    house = load(folder).building
    assert house is not None
    kept = [one for one in house.holdings.values() if one.zone == "stack-2b"][:6]
    items = {
        one.id: ItemState(
            state="arrived",
            zone=one.zone,
            out_by="li",
            out_at=1e9 + 600.0 * n,
            received_at=1e9 + 600.0 * n + 300.0,
        )
        for n, one in enumerate(kept)
    }
    drilled = Incident(
        id="d1", reference="K7", kind="drill", threat="water", zones=("stack-2b",), alarms=(), level=3,
        opened_at=1e9, opened_by="wang", playbook=next(iter(house.playbooks.values())), items=items,
    )  # fmt: skip
    db = SiteDb(tmp_path / "site.db")
    db.commit(Batch(drafts=[draft_incident(IncidentEvent(kind="incident.item", incident=drilled, at=1e9))]))
    db.close()
    (folder / "rescue.toml").write_text(
        '# agreed in May\norder = "harvard"  # as the insurer asked\n\n'
        "[walk]  # by stopwatch\n# the trolley wheel was new\nvalue = 1.1  # first try\nsource = 'a \"guess\"'\n\n"
        '[[tier]]\ntests = ["grade1"]  # first\n\n[shelf]\n# from the old house\nvalue = 1.4\nsamples = 9\n',
        "utf-8",
    )
    code, output = run("rescue-times", str(folder), "--data", str(tmp_path), "--write", "--json")
    assert code == 0, output
    walk = last(output)["walk"]
    assert walk["samples"] == 6  # type: ignore[index]
    assert walk["source"] == "drill K7"  # type: ignore[index]
    again = load(folder).building
    assert again is not None
    assert again.rescue.times.walk.value == walk["value"]  # type: ignore[index]
    assert again.rescue.rules.id == "harvard"
    assert (again.rescue.times.shelf.value, again.rescue.times.shelf.samples) == (1.4, 9)
    text = (folder / "rescue.toml").read_text("utf-8")
    for comment in (
        "# agreed in May",
        "# as the insurer",
        "# by stopwatch",
        "# the trolley",
        "# first",
        "# from",
    ):
        assert comment in text


def test_an_import_leaves_a_register_that_the_folder_reads_as_it_was_taken_in(
    folder: Path, tmp_path: Path
) -> None:
    head = "id,title,zone,grade,form,materiel\n"
    (tmp_path / "odd.csv").write_text(head + "Ｊ９,契约,二层B库,1,paper,old oak\n", encoding="utf-8")
    code, output = run("holdings", "import", str(tmp_path / "odd.csv"), "--building", str(folder), "--write")
    assert code == 0, output
    assert "1 new" in output
    again = load(folder).building
    assert again is not None and again.holdings["J9"].zone == "stack-2b", "full-width ids and names of zones"
    assert again.holdings["J9"].extra == {"materiel": "old oak"}, "not taken for our materials"


def test_an_import_that_the_folder_could_not_read_back_is_taken_back(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (folder / "holdings.csv").read_bytes()
    (tmp_path / "one.csv").write_text("id,title,zone,grade,form\nN1,x,stack-2b,1,paper\n")
    good = register.export
    monkeypatch.setattr(register, "export", lambda kept: good(kept).replace(b"N1", b"N,1"))
    code, output = run("holdings", "import", str(tmp_path / "one.csv"), "--building", str(folder), "--write")
    assert code == 2 and "the register is unchanged" in output
    assert (folder / "holdings.csv").read_bytes() == before


def test_an_import_says_what_it_changes_and_what_a_replacement_removes(folder: Path, tmp_path: Path) -> None:
    assert run("holdings", "export", str(folder), str(tmp_path / "all.xlsx"))[0] == 0
    code, output = run("holdings", "import", str(tmp_path / "all.xlsx"), "--building", str(folder), "--json")
    preview = json.loads(output.splitlines()[-1])
    assert (code, preview["new"], preview["changed"], preview["not_in_file"]) == (0, 0, [], 0)
    (tmp_path / "one.csv").write_text(
        "编号,题名,库房,等级,载体\nJ001-003,改名,stack-2b,1,纸质\n", encoding="gb18030"
    )
    code, output = run(
        "holdings", "import", str(tmp_path / "one.csv"), "--building", str(folder), "--replace"
    )
    assert code == 0
    assert "already there with other contents: J001-003" in output
    assert "not in the file and removed" in output
    code, output = run("holdings", "import", str(tmp_path), "--building", str(folder))
    assert code == 2 and "cannot be read" in output


def test_a_register_that_cannot_be_written_is_said_not_thrown(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text(
        "id,title,zone,grade,form,photo\nN1,x,stack-2b,1,paper," + "p" * 3000 + ".jpg\n"
    )
    assert run("holdings", "import", str(tmp_path / "one.csv"), "--building", str(folder), "--write")[0] == 0
    assert run("holdings", "defects", str(folder))[0] == 1, "a name too long for a file is no traceback"
    (folder / "holdings.csv.new").mkdir()
    code, output = run("holdings", "import", str(tmp_path / "one.csv"), "--building", str(folder), "--write")
    assert code == 2 and "cannot be written" in output
