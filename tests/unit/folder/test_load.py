"""The good folder becomes a Building; small things that are easily lost are kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from playbooks.model import Branch
from sensors.model import Text
from strongroom.folder.ledger import Ledger
from strongroom.folder.load import digest, load
from strongroom.folder.plans import read_plan
from strongroom.folder.source import Source
from strongroom.problems import render
from tests.folders import GOOD, NOW, changed, loaded, write
from tests.shared import shared_path


def test_the_good_folder_has_no_problem(tmp_path: Path) -> None:
    found = loaded(tmp_path)
    assert found.problems == ()
    building = found.building
    assert building is not None
    assert building.sensors["2B-W1"].quantity == "water_leak"
    assert building.sensors["2B-T1"].at == (0.31, 0.42)
    assert building.rules["water-in-stack"].playbook == "water"
    assert building.duties[0].weekly == "Mon 09:00" and building.duties[0].order == ("li", "wang")
    assert building.holdings["J014-020"].units == 30
    assert building.drills["water-2b"].script[1].does == "acknowledge water-in-stack"
    assert 'id="stack-2b"' in building.plans["2F"]
    assert building.revision == building.rules["humid-stack"].revision == building.playbooks["water"].revision


def test_a_question_can_always_be_answered_unknown(tmp_path: Path) -> None:
    building = loaded(tmp_path).building
    assert building is not None
    assert building.playbooks["water"].steps[1].branches == (
        Branch(answer="pipe", label=Text("管道", "pipe"), to="valve"),
        Branch(answer="roof", label=Text("屋顶", "roof"), to="cover"),
        Branch(answer="unknown", label=Text("不清楚", "Unknown"), to=""),
    )


def test_the_recognition_can_be_left_to_the_messages(tmp_path: Path) -> None:
    found = loaded(tmp_path, changed("sensors.toml", 'dialect = "json"', 'dialect = "auto"'))
    assert found.building is not None
    assert "auto" in {sensor.dialect for sensor in found.building.sensors.values()}


def test_the_full_form_of_a_branch(tmp_path: Path) -> None:
    full = (
        '[[step.branch]]\nanswer = "pipe"\nlabel.zh = "管道"\nlabel.en = "Pipe"\nto = "valve"\n'
        '[[step.branch]]\nanswer = "unknown"\nto = "cover"\n'
    )
    old = 'branch = { "管道 pipe" = "valve", "屋顶 roof" = "cover" }\n'
    found = loaded(tmp_path, changed("playbooks/water.toml", old, full))
    assert found.problems == () and found.building is not None
    assert [(b.answer, b.to) for b in found.building.playbooks["water"].steps[1].branches] == [
        ("pipe", "valve"),
        ("unknown", "cover"),
    ]


def test_the_revision_is_of_the_files_alone(tmp_path: Path) -> None:
    first = digest(write(tmp_path / "a", {}))
    assert digest(write(tmp_path / "b", {})) == first
    assert digest(write(tmp_path / "c", changed("rules.toml", "for_s = 5", "for_s = 6"))) != first
    (tmp_path / "a" / "notes.md").write_text("of no concern", encoding="utf-8")
    assert digest(tmp_path / "a") == first


def test_without_floors_they_are_taken_from_the_zones(tmp_path: Path) -> None:
    floor = '[[floor]]\nid = "2F"\nname.zh = "二层"\nname.en = "Second floor"\nplan = "plans/2F.svg"\n'
    found = loaded(tmp_path, changed("building.toml", floor, ""))
    assert found.problems == () and found.building is not None
    assert [(f.id, f.plan) for f in found.building.floors] == [("2F", "plans/2F.svg")]


def test_the_roster_is_only_checked_when_the_day_is_known(tmp_path: Path) -> None:
    old = 'weekly = "Mon 09:00"\norder = ["li", "wang"]'
    short = 'person = "li"\nfrom = 2026-11-20T09:00:00\nuntil = 2026-12-01T09:00:00'
    folder = write(tmp_path, changed("people.toml", old, short))
    assert load(folder).problems == ()
    assert "Nobody is on duty from 2026-12-01 09:00" in load(folder, NOW).problems[0].says.en


def test_the_folder_printed_in_the_design_is_accepted_as_it_stands(tmp_path: Path) -> None:
    design = shared_path("design.md").read_text(encoding="utf-8")
    section = design[design.index("## 2.11") : design.index("## 2.12")]
    for name, text in re.findall(r"`([\w/.\-]+\.(?:toml|csv))`[^\n]*\n```\w+\n(.*?)```", section, re.DOTALL):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    found = load(tmp_path, NOW)
    assert not [problem for problem in found.problems if problem.severity == "error"], render(
        found.problems, "en"
    )
    assert found.building is not None and len(found.building.zones) == 3


@pytest.mark.parametrize("language", ["zh", "en"])
def test_one_syntax_error_hides_nothing_and_causes_no_flood(language: str, tmp_path: Path) -> None:
    files = changed("building.toml", 'id = "stack-2b"', "id = = =")
    files |= changed("rules.toml", "priority = 1", "priority = 9")
    files |= changed("people.toml", '"+8610000000002"', '"13800000002"')
    found = loaded(tmp_path, files)
    shown = render(found.problems, language)
    assert [problem.file for problem in found.problems] == ["building.toml", "people.toml", "rules.toml"], (
        shown
    )


def test_an_unfinished_string_costs_only_what_it_swallowed(tmp_path: Path) -> None:
    files = changed("sensors.toml", 'path = "humidity"', 'path = """humidity')
    files |= changed("sensors.toml", 'zone = "stack-2b"', 'zone = "stack-2b"') | files
    found = loaded(tmp_path, files)
    assert len(found.problems) == 1, render(found.problems, "en")
    assert found.problems[0].line == 22 and "never ends" in found.problems[0].says.en


def test_a_zone_declared_under_a_wrong_name_is_one_mistake(tmp_path: Path) -> None:
    found = loaded(tmp_path, changed("building.toml", 'id = "stack-2b"', 'id = "stack-2c"'))
    errors = [problem for problem in found.problems if problem.severity == "error"]
    assert len(errors) == 1, render(found.problems, "en")
    assert (errors[0].file, errors[0].line) == ("sensors.toml", 5)
    assert "6 other places: sensors.toml:18, " in errors[0].says.en


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("building.toml", "zone"),
        ("sensors.toml", "sensor"),
        ("rules.toml", "rule"),
        ("playbooks/water.toml", "step"),
    ],
)
def test_tables_in_the_plural_are_one_mistake(file: str, name: str, tmp_path: Path) -> None:
    found = loaded(tmp_path, {file: GOOD[file].replace(f"[[{name}]]", f"[[{name}s]]")})
    assert len(found.problems) == 1, render(found.problems, "en")
    assert found.problems[0].write.en == f"Write: [[{name}]]"


def test_a_key_below_the_tables_is_one_mistake(tmp_path: Path) -> None:
    text = GOOD["building.toml"].replace('timezone = "Asia/Shanghai"\n', "") + 'timezone = "Asia/Shanghai"\n'
    found = loaded(tmp_path, {"building.toml": text})
    assert len(found.problems) == 1, render(found.problems, "en")
    assert "above its first [[…]]" in found.problems[0].says.en


def test_chinese_brackets_in_names_and_topics_are_content(tmp_path: Path) -> None:
    files = changed("people.toml", '["archivist", "guard"]', '["archivist", "guard", "馆长（代）"]')
    files |= changed("sensors.toml", "city/2b/w1/state", "档案馆/二层（东）/漏水，绳")
    assert loaded(tmp_path, files).problems == ()


def test_a_missing_plan_is_one_mistake(tmp_path: Path) -> None:
    files = changed("drills/water-2b.toml", 'told = "coordinator"', 'step = "power"')
    found = loaded(tmp_path, {**files, "playbooks/water.toml": None})
    assert [problem.file for problem in found.problems] == ["rules.toml"], render(found.problems, "en")


def test_a_sensor_copied_whole_is_one_mistake(tmp_path: Path) -> None:
    first = GOOD["sensors.toml"].split("\n\n")[0]
    found = loaded(tmp_path, {"sensors.toml": GOOD["sensors.toml"] + "\n" + first + "\n"})
    assert len(found.problems) == 1, render(found.problems, "en")
    assert "sensors.toml:2" in found.problems[0].says.en


def test_a_broken_byte_in_a_utf8_file_is_named_with_its_line(tmp_path: Path) -> None:
    raw = GOOD["sensors.toml"].encode().replace("漏水绳".encode(), b"\xe9\xe9")
    found = loaded(tmp_path, {"sensors.toml": raw})
    assert len(found.problems) == 1 and found.problems[0].line == 28, render(found.problems, "en")
    assert "not UTF-8" in found.problems[0].says.en


def test_a_line_that_cannot_be_read_is_shown_with_its_item(tmp_path: Path) -> None:
    found = loaded(tmp_path, changed("rules.toml", 'name.zh = "库房漏水"', "name.zh = “库房漏水”"))
    assert found.problems[0].where == 'rule "water-in-stack"'
    found = loaded(tmp_path, changed("rules.toml", "for_s = 1800", "for_s = = 1800"))
    assert found.problems[0].where.startswith('rule "humid-stack"  for_s')


HOSTILE = """\
<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
     xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" viewBox="0 0 9 9" onload="alert(1)">
  <metadata><x/></metadata><inkscape:grid/>
  <style>@import url(http://x.example/a.css);</style>
  <g id="stack-2b" inkscape:label="x" style="fill:#c9c9c9;background:url(javascript:alert(1));-moz-binding:url(x)">
    <a xlink:href="javascript:alert(1)"><rect id="inner" width="1" height="1"/></a>
    <use href="#stack-2b"/><image href="http://x.example/t.png"/>
    <animate attributeName="href" to="javascript:alert(1)"/>
    <path d="M0 0h9v9z" fill="url(#local)" ONCLICK="x()"/>
  </g>
</svg>
"""


def test_a_hostile_drawing_is_named_and_cleaned() -> None:
    ledger = Ledger()
    plan = read_plan(Source("plans/2F.svg", HOSTILE), ledger)
    assert plan is not None
    for word in (
        "script",
        "onload",
        "import",
        "animate",
        "image",
        "use",
        "href",
        "inkscape",
        "metadata",
        "ONCLICK",
        "moz",
    ):
        assert word not in plan.svg
    assert 'fill="#c9c9c9"' in plan.svg and 'fill="url(#local)"' in plan.svg
    assert plan.shapes == {"stack-2b"}
    assert {problem.line for problem in ledger.problems if problem.severity == "error"} == {2, 6, 7, 8, 9, 10}


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">&a;</svg>',
        '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
        "<svg>" + "<g>" * 100 + "</g>" * 100 + "</svg>",
        "<html/>",
        "",
        "not xml",
        GOOD["rules.toml"],
    ],
)
def test_what_is_no_plan_is_refused_in_words(text: str) -> None:
    ledger = Ledger()
    assert read_plan(Source("plans/2F.svg", text), ledger) is None
    assert len(ledger.problems) == 1 and ledger.problems[0].severity == "error"


def test_an_urgent_ladder_without_a_word_on_it_still_pages_forgotten_alarms_again(tmp_path: Path) -> None:
    building = loaded(tmp_path).building
    assert building is not None
    assert building.ladders[0].forgotten_min is None, "None is the default of 30 minutes, 0 would be never"


@pytest.mark.parametrize("asked", ["回复 STOP 确认", "Reply YES to confirm"])
def test_a_text_that_asks_for_a_word_carriers_keep_is_refused(tmp_path: Path, asked: str) -> None:
    folder = write(tmp_path, GOOD)
    rules = folder / "rules.toml"
    text = re.sub(r'advice\.zh = ".*"', f'advice.zh = "{asked}"', rules.read_text(encoding="utf-8"), count=1)
    rules.write_text(text, encoding="utf-8")
    (problem,) = load(folder).problems
    assert problem.severity == "error"
    assert "carriers keep" in problem.says.en


@pytest.mark.parametrize("name", ["building.toml", "sensors.toml", "rules.toml", "people.toml"])
def test_an_empty_file_is_one_mistake_and_not_a_flood(tmp_path: Path, name: str) -> None:
    problems = load(write(tmp_path, {name: ""}), NOW).problems
    errors = [problem for problem in problems if problem.severity == "error"]
    assert [(problem.file, problem.line) for problem in errors] == [(name, 0)]
    assert "空" in errors[0].says.zh
    assert "empty" in errors[0].says.en
