# ruff: noqa: E501 - rows of a table stay on one line
"""Each kind of mistake gives exactly one clear message, with its file and line, in both languages."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from strongroom.problems import render
from tests.folders import GOOD, changed, loaded


class Case(NamedTuple):
    file: str
    old: str
    new: str
    line: int
    says: str
    write: str
    severity: str = "error"


def case(name: str, *values: object) -> object:
    return pytest.param(Case(*values), id=name)  # type: ignore[arg-type]


AT = -1  # the problem stands where the change was made
B, S, R, P = "building.toml", "sensors.toml", "rules.toml", "people.toml"
H, W, D, V = "holdings.csv", "playbooks/water.toml", "drills/water-2b.toml", "plans/2F.svg"

CASES = [
    # --- references ----------------------------------------------------------------------------------
    case("zone-of-sensor", S, 'zone = "stack-2b"', 'zone = "stack-2B"', AT, 'no zone "stack-2B"', 'zone = "stack-2b"'),
    case("zone-of-door", B, 'to = "corridor-2"', 'to = "coridor-2"', AT, 'no zone "coridor-2"', 'to = "corridor-2"'),
    case("floor-of-zone", B, 'floor = "2F"', 'floor = "3F"', AT, 'no floor "3F"', 'floor = "2F"'),
    case("assembly", B, 'assembly = "yard"', 'assembly = "yrad"', AT, 'no zone "yrad"', 'assembly = "yard"'),
    case("playbook-of-rule", R, 'playbook = "water"', 'playbook = "wter"', AT, 'no playbook "wter"', 'playbook = "water"'),
    case("muted-rule", R, '["humid-stack"]', '["humid-stak"]', AT, 'no rule "humid-stak"', '"humid-stack"'),
    case("zone-in-condition", R, 'zone = "stack-2b"', 'zone = "stack2b"', AT, 'no zone "stack2b"', '"stack-2b"'),
    case("person-in-ladder", P, 'person = "wang", after', 'person = "wong", after', AT, 'no person "wong"', '"wang"'),
    case("person-in-duty", P, '["li", "wang"]', '["li", "wagn"]', AT, 'no person "wagn"', '"wang"'),
    case("zone-of-holding", H, "stack-2b,排3", "stack-2c,排3", AT, 'no zone "stack-2c"', "stack-2b"),
    case("step-of-branch", W, '= "valve"', '= "vlave"', AT, 'no step "vlave"', '"valve"'),
    case("step-after", W, '["power"]', '["powr"]', AT, 'no step "powr"', '"power"'),
    case("sensor-of-drill", D, '"2B-W1"', '"2B-W2"', AT, 'no sensor "2B-W2"', 'sensor = "2B-'),
    case("rule-of-drill", D, 'alarm = "water-in-stack"', 'alarm = "water-stack"', AT, 'no rule "water-stack"', '"water-in-stack"'),
    case("rule-in-act", D, "acknowledge water-in-stack", "acknowledge water-in-stak", AT, 'no rule "water-in-stak"',
         "acknowledge water-in-stack"),
    case("role-of-step", W, 'who = "archivist"', 'who = "archivists"', AT, 'role "archivists"', '"archivist"', "warning"),
    case("role-of-ladder", P, 'role = "coordinator"', 'role = "cordinator"', AT, 'role "cordinator"', '"coordinator"', "warning"),
    # --- ids -------------------------------------------------------------------------------------------
    case("id-twice", S, 'id = "2B-H1"', 'id = "2B-T1"', AT, "sensors.toml:2", 'id = "2B-T1-2"'),
    case("holding-twice", H, "J014-020", "J001-003", AT, "holdings.csv:2", "another id"),
    case("step-twice", W, "[[step]]\nid = \"cover\"", "[[step]]\nid = \"power\"\ndo.zh = \"等\"\ndo.en = \"Wait\"\nwho = \"guard\"\n\n[[step]]\nid = \"cover\"", 32,
         "playbooks/water.toml:9", "power-2"),
    case("ladder-twice", P, "priority = 3", "priority = 1", 20, "people.toml:15", "another priority"),
    case("key-twice", S, 'path = "temperature"', 'path = "temperature"\npath = "t"', 10, "line 9", "Keep one"),
    # --- keys, types, ranges -----------------------------------------------------------------------------
    case("unknown-key", S, "every_s = 60", "evry_s = 60", AT, 'no key "evry_s"', "every_s = 60"),
    case("key-required", S, 'topic = "city/2b/t1"', 'topik = "city/2b/t1"', AT, 'no key "topik"', 'topic = "city/2b/t1"'),
    case("key-in-condition", R, "above = 24, clear_at", "abve = 24, clear_at", AT, 'no key "abve"', "above = 24"),
    case("quantity-misspelt", R, '{ quantity = "humidity"', '{ qantity = "humidity"', AT, 'no key "qantity"', 'quantity = "humidity"'),
    case("key-too-late", B, 'kind = "outside"', 'kind = "outside"\nassembly = "yard"', 36, "above its first", 'assembly = "yard"'),
    case("inline-name", P, 'phone = "+8610000000002"', 'mobile = "+8610000000002"', AT, 'no key "mobile"', 'phone = "+86'),
    case("key-in-minutes", R, "for_s = 1800", "for_min = 30", AT, 'no key "for_min"', "for_s = 1800"),
    case("key-missing", S, 'topic = "city/2b/t1"\n', "", 1, "topic is missing", 'topic = "city/2b/t1"'),
    case("text-for-number", R, "for_s = 1800", 'for_s = "30 min"', AT, "number in s", "for_s = 1800"),
    case("number-for-text", B, 'id = "city"', "id = 7", AT, "put it in quotes", 'id = "7"'),
    case("negative", R, "for_s = 5", "for_s = -5", AT, "between 0 and", "for_s = 5"),
    case("not-a-number", R, "for_s = 5", "for_s = nan", AT, "ordinary number", "for_s = 0"),
    case("priority", R, "priority = 1", "priority = 4", AT, "between 1 and 3", "priority = 3"),
    case("flag-in-quotes", R, "latch = true", 'latch = "true"', AT, "true or false", "latch = true"),
    case("place-in-percent", S, "[0.31, 0.42]", "[31, 42]", AT, "0 to 1", "at = [0.31, 0.42]"),
    case("list-expected", P, 'roles = ["archivist", "guard"]', 'roles = "archivist, guard"', AT, "A list is wanted",
         'roles = ["archivist", "guard"]'),
    case("name-in-one-language", R, 'name.en = "Water in a stack"\n', "", 3, "name.en is missing", "name.en", "warning"),
    case("zone-kind", B, 'kind = "circulation"', 'kind = "circulaton"', AT, "looks like the known kind", 'kind = "circulation"', "warning"),
    case("timezone", B, "Asia/Shanghai", "Asia/Beijing", AT, "no such time zone", "timezone ="),
    case("timezone-offset", B, "Asia/Shanghai", "UTC+8", AT, "no such time zone", '"Asia/Shanghai"'),
    case("language", B, '["zh", "en"]', '["zh", "de"]', AT, "zh and en", 'languages = ["zh", "en"]'),
    case("silent-too-soon", S, "silent_after_s = 1800", "silent_after_s = 100", AT, "shorter than every_s", "1800", "warning"),
    case("dialect", S, 'dialect = "words"', 'dialect = "zigbe2mqtt"', AT, "no dialect", 'dialect = "zigbee2mqtt"'),
    case("wildcard", S, '"city/2b/w1/state"', '"city/+/w1/state"', AT, "wildcards", "topic ="),
    case("threat", W, 'threat = "water"', 'threat = "flooding"', AT, "may be fire", 'threat = "'),
    case("step-kind", W, 'kind = "rescue"', 'kind = "resuce"', AT, "rescue", 'kind = "rescue"'),
    case("drill-mode", D, 'mode = "test"', 'mode = "tset"', AT, "test", 'mode = "test"'),
    # --- quantities and units ------------------------------------------------------------------------------
    case("quantity", S, '"temperature"\ntopic', '"temprature"\ntopic', AT, 'no quantity "temprature"', 'quantity = "temperature"'),
    case("unit", S, 'path = "humidity"', 'path = "humidity"\nunit = "hPa"', 23, "no unit of", 'unit = "%RH"'),
    case("fahrenheit", R, "above = 24, clear_at = 23.5", "above = 104", AT, "°F", "above = 40"),
    case("share-of-one", R, "above = 60, clear_at = 57", "above = 0.6", AT, "share of one", "above = 60"),
    case("limit-and-clearing", R, "clear_at = 57", "clear_at = 62", AT, "62 %RH, above its limit of 60 %RH", "clear_at = 58"),
    case("limit-of-a-contact", R, 'is = "wet"', "above = 1", AT, "two states", 'is = "wet"'),
    case("state-of-a-number", R, "above = 24, clear_at = 23.5", 'is = "hot"', AT, 'no state "hot"', "above ="),
    case("state-word", R, 'is = "wet"', 'is = "moist-ish"', AT, "dry", 'is = "wet"'),
    case("nothing-compared", R, ', is = "wet"', "", AT, "what to compare", 'is = "wet"'),
    case("value-in-drill", D, 'value = "wet"', 'value = "soggy"', AT, "no value of", 'value = "wet"'),
    case("act-in-drill", D, "acknowledge water-in-stack", "acknowlege water-in-stack", AT, "Unknown act", "acknowledge"),
    # --- how it is written -----------------------------------------------------------------------------------
    case("wide-quotes", R, 'name.zh = "库房漏水"', "name.zh = “库房漏水”", AT, "full-width", 'name.zh = "库房漏水"'),
    case("wide-closing-quote", R, 'name.zh = "库房漏水"', 'name.zh = "库房漏水”', AT, "full-width", 'name.zh = "库房漏水"'),
    case("wide-comma", S, "[0.31, 0.42]", "[0.31， 0.42]", AT, "，", "at = [0.31, 0.42]"),
    case("wide-equals", S, "every_s = 60", "every_s ＝ 60", AT, "＝", "every_s = 60"),
    case("wide-colon", S, "every_s = 60", "every_s：60", AT, "：", "every_s = 60"),
    case("wide-space", S, "every_s = 60", "every_s\u3000= 60", AT, "wide space", "every_s = 60"),
    case("wide-brackets", S, "[[sensor]]\nid = \"2B-H1\"", "【【sensor】】\nid = \"2B-H1\"", AT, "【", "[[sensor]]"),
    case("wide-digits", S, "every_s = 60", "every_s = ６０", AT, "６", "every_s = 60"),
    case("wide-letters-in-id", P, '["archivist", "guard"]', '["archivist", "ｇuard"]', AT, "full-width", '"guard"'),
    case("no-quotes", S, 'zone = "stack-2b"', "zone = stack-2b", AT, "double quotes", 'zone = "stack-2b"'),
    case("no-closing-quote", S, 'zone = "stack-2b"', 'zone = "stack-2b', AT, "closing quote", 'zone = "stack-2b"'),
    case("no-equals", S, 'zone = "stack-2b"', 'zone "stack-2b"', AT, "joined by =", 'zone = "stack-2b"'),
    case("yaml-colon", S, 'zone = "stack-2b"', 'zone: "stack-2b"', AT, "joined by =", 'zone = "stack-2b"'),
    case("colon-inside", B, 'to = "yard"', 'to: "yard"', AT, "joined by =", 'to = "yard"'),
    case("python-true", R, "latch = true", "latch = True", AT, "true and false", "latch = true"),
    case("decimal-comma", S, "every_s = 60", "every_s = 60,5", AT, "decimal", "every_s = 60.5"),
    case("unit-behind-number", R, "for_s = 1800", "for_s = 30 min", AT, "without its unit", "for_s = 1800"),
    case("open-bracket", S, "[0.31, 0.42]", "[0.31, 0.42", AT, "not closed", "at = [0.31, 0.42]"),
    case("half-header", S, "[[sensor]]\nid = \"2B-H1\"", "[sensor]]\nid = \"2B-H1\"", AT, "brackets", "[[sensor]]"),
    case("single-header", S, "[[sensor]]\nid = \"2B-H1\"", "[sensor]\nid = \"2B-H1\"", AT, "bracket", "[[sensor]]"),
    case("backslash", S, '"city/2b/t1"\ndialect = "json"\npath = "temperature"', '"city\\x2b"\ndialect = "json"\npath = "temperature"',
         AT, "escape", "city\\\\x2b"),
    # --- people --------------------------------------------------------------------------------------------
    case("phone-without-country", P, '"+8610000000002"', '"13800000002"', AT, "E.164", "+8613800000002"),
    case("phone-with-spaces", P, '"+8610000000002"', '"+86 138 0000 0002"', AT, "E.164", "+8613800000002"),
    case("phone-as-number", P, '"+8610000000002"', "13800000002", AT, "in quotes", "+8613800000002"),
    case("phone-twice", P, "+8610000000002", "+8610000000001", AT, 'same number as "wang"', "own number", "warning"),
    case("no-phone", P, 'phone = "+8610000000002"\n', "", 8, "Without a phone", "phone =", "warning"),
    case("hand-over", P, '"Mon 09:00"', '"Monday at 9"', AT, "short name", '"Mon 09:00"'),
    case("rung-of-nobody", P, '{ person = "wang", after_min = 0 }', "{ after_min = 0 }", AT, "exactly one", 'role = "on-duty"'),
    case("no-ladder", P, "priority = 3", "priority = 2", 0, "No ladder for priority 3", "[[ladder]]", "warning"),
    case("roster-gap", P, 'weekly = "Mon 09:00"\norder = ["li", "wang"]',
         'person = "li"\nfrom = 2026-11-20T09:00:00\nuntil = 2026-12-01T09:00:00', 0,
         "from 2026-12-01 09:00 to", "extend the one on line 23", "warning"),
    case("duty-ends-first", P, 'weekly = "Mon 09:00"\norder = ["li", "wang"]\n',
         'weekly = "Mon 09:00"\norder = ["li", "wang"]\n\n[[duty]]\nkind = "absence"\nperson = "li"\n'
         "from = 2026-12-02T09:00:00\nuntil = 2026-12-01T09:00:00\n", 31, "does not end after", "until ="),
    # --- rules against sensors ---------------------------------------------------------------------------------
    case("rule-without-sensor", R, '"humidity", zone_kind = "stack"', '"humidity", zone_kind = "circulation"', AT,
         "No sensor fits", "sensors.toml", "warning"),
    case("no-advice", R, 'consequence.zh = "底层案卷 10 分钟内浸水。"\nconsequence.en = "Bottom shelves soak within 10 minutes."\n',
         "", 7, "consequence is missing", "consequence.zh", "warning"),
    # --- plans of action -----------------------------------------------------------------------------------------
    case("by-heart-too-long", W, "Cut power to the zone.", "Go to the corridor and cut the power to the whole zone.", 11,
         "at most 7 words", "shorter", "warning"),
    case("ask-without-branch", W, 'branch = { "管道 pipe" = "valve", "屋顶 roof" = "cover" }\n', "", 16, "branch is missing", "branch ="),
    case("step-after-itself", W, '["power"]', '["valve"]', AT, "wait for itself", "after ="),
    case("unknown-answer", W, '["power"]', '["source=sea"]', AT, 'no answer "sea"', "source=pipe"),
    # --- holdings ---------------------------------------------------------------------------------------------
    case("grade", H, ",1,95,", ",A,95,", AT, "Grades are 1", "1"),
    case("worth", H, ",1,95,", ",1,950,", AT, "0 – 100", "60"),
    case("material", H, ",60,paper,", ",60,papper,", AT, "papper", "paper"),
    case("date", H, "2026-10-12", "12.10.26x", AT, "year-month-day", "2026-10-12"),
    case("no-place", H, "排3架2层5", "", AT, "no place", "place", "warning"),
    case("comma-in-title", H, "清代契约文书 Qing deeds", "清代契约文书, Qing deeds", AT, "cells", "quotes"),
    case("open-quote", H, "城建蓝图 Blueprints", '"城建蓝图 Blueprints', AT, "quotes", '""'),
    case("column-misspelt", H, "id,title,zone", "id,title,zoen", AT, 'no column "zoen"', "zone"),
    case("chinese-column", H, "id,title,zone", "档号,title,zone", AT, "no column", "id"),
    case("wide-zone", H, "stack-2b,排3", "stack－2b,排3", AT, "full-width", "stack-2b"),
    # --- drawings -----------------------------------------------------------------------------------------------
    case("zone-without-shape", V, 'id="corridor-2"', 'id="corridor2"', 0, "no shape", "corridor", "warning"),
    case("script", V, "</svg>", "<script>alert(1)</script></svg>", AT, "a script", "Remove"),
    case("event-attribute", V, '<rect id="stack-2b"', '<rect onclick="x()" id="stack-2b"', AT, "onclick", "Remove"),
    case("foreign-object", V, "</svg>", "<foreignObject><div/></foreignObject></svg>", AT, "foreign", "Remove"),
    case("outside-reference", V, '<rect id="stack-2b"', '<rect fill="url(http://x.example/a)" id="stack-2b"', AT, "outside", "Remove"),
    case("broken-xml", V, "</svg>", "", 5, "well-formed", "plain SVG"),
    case("no-view-box", V, ' viewBox="0 0 100 60"', "", AT, "viewBox", "viewBox"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_one_mistake_gives_one_clear_message(case: Case, tmp_path: Path) -> None:
    found = loaded(tmp_path, changed(case.file, case.old, case.new))
    shown = render(found.problems, "en")
    if case.file == V and case.says == "no shape":
        assert found.problems[0].file == B and found.problems[0].line == 23
    else:
        assert found.problems and found.problems[0].file == case.file, shown
        line = (
            GOOD[case.file][: GOOD[case.file].index(case.old)].count("\n") + 1
            if case.line == AT
            else case.line
        )
        assert found.problems[0].line == line, shown
    assert len(found.problems) == 1, shown
    problem = found.problems[0]
    assert problem.severity == case.severity, shown
    assert case.says in problem.says.en, shown
    assert case.write in problem.write.en, shown
    assert problem.says.zh and problem.says.zh != problem.says.en
    assert any("\u4e00" <= mark <= "\u9fff" for mark in problem.says.zh)
    assert problem.write.zh
    assert (found.building is None) == (case.severity == "error")


@pytest.mark.parametrize("name", ["building.toml", "sensors.toml", "rules.toml", "people.toml"])
def test_a_missing_file_is_named_and_nothing_else(name: str, tmp_path: Path) -> None:
    found = loaded(tmp_path, {name: None})
    errors = [problem for problem in found.problems if problem.severity == "error"]
    assert [problem.file for problem in errors] == [name], render(found.problems, "en")
    assert "is missing" in errors[0].says.en and "缺少文件" in errors[0].says.zh


def test_a_misnamed_file_is_recognised(tmp_path: Path) -> None:
    found = loaded(tmp_path, {"rules.toml": None, "Rules.TOML": GOOD["rules.toml"]})
    assert "Rename Rules.TOML to rules.toml" in render(found.problems, "en")


@pytest.mark.parametrize(
    ("encoding", "named"), [("gbk", "GBK"), ("gb18030", "GBK"), ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16")]
)
@pytest.mark.parametrize("name", ["sensors.toml", "holdings.csv"])
def test_a_foreign_encoding_is_named_once(name: str, encoding: str, named: str, tmp_path: Path) -> None:
    found = loaded(tmp_path, {name: GOOD[name].encode(encoding)})
    assert len(found.problems) == 1, render(found.problems, "en")
    assert found.problems[0].file == name and named in found.problems[0].says.en
    assert "UTF-8" in found.problems[0].write.zh


def test_a_byte_order_mark_and_windows_line_ends_are_no_problem(tmp_path: Path) -> None:
    files: dict[str, str | bytes | None] = {
        name: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode() for name, text in GOOD.items()
    }
    assert loaded(tmp_path, files).problems == ()


def test_no_list_of_holdings_is_a_warning(tmp_path: Path) -> None:
    found = loaded(tmp_path, {"holdings.csv": None})
    assert [problem.severity for problem in found.problems] == ["warning"] and found.building is not None


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    from strongroom.folder.load import load

    found = load(tmp_path / "nowhere")
    assert found.building is None and "no such folder" in found.problems[0].says.en


def test_a_plan_outside_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.svg").write_text(GOOD["plans/2F.svg"], encoding="utf-8")
    folder = tmp_path / "house"
    found = loaded(folder, changed("building.toml", "plans/2F.svg", "../secret.svg"))
    assert any("outside the building folder" in problem.says.en for problem in found.problems)
    assert found.building is None
