"""Files as archives really have them: titles, merged and broken cells, CSV that lost its quotes, bombs."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable
from datetime import date

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from playbooks.holdings import register
from playbooks.holdings.cells import day_of
from playbooks.holdings.rows import parse_row
from playbooks.model import Holding
from sensors.model import Text
from tests.unit.playbooks.test_register import GOOD, csv_of, imported

HEAD = ["编号", "题名", "库房", "等级", "载体", "重量（kg）", "核查日期"]
ROW = ["J1", "契约", "2b", "一级", "纸质", 6.5, date(2026, 10, 12)]


def book(fill: Callable[[Worksheet], None], *more: str) -> bytes:
    made = Workbook()
    sheet = made.active
    assert isinstance(sheet, Worksheet)
    fill(sheet)
    for name in more:
        made.create_sheet(name).append(["说明", "如下"])
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def rows(*lines: list[object]) -> Callable[[Worksheet], None]:
    def fill(sheet: Worksheet) -> None:
        for line in lines:
            sheet.append(line)

    return fill


def edited(raw: bytes, part: str, old: bytes, new: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in source.namelist():
            content = source.read(name)
            if name == part:
                assert old in content
                content = content.replace(old, new, 1)
            made.writestr(name, content)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def test_a_title_above_the_heading_and_units_in_headings_are_understood() -> None:
    found = imported(book(rows(["重点档案目录"], [], HEAD, ROW)), "a.xlsx")
    assert found.bad == ()
    (one,) = found.holdings
    assert (one.id, one.zone, one.grade, one.unit_kg, one.checked_on) == ("J1", "2b", 1, 6.5, "2026-10-12")
    assert found.mapping["重量（kg）"] == "unit_kg"


def test_another_unit_in_a_heading_is_not_taken_for_ours() -> None:
    found = imported(book(rows([*HEAD[:5], "重量（斤）"], [*ROW[:5], 12])), "a.xlsx")
    assert "重量（斤）" not in found.mapping
    assert found.holdings[0].extra == {"重量（斤）": "12"}


def test_the_sheet_that_holds_the_register_is_read_and_the_others_are_named() -> None:
    made = Workbook()
    cover = made.active
    assert isinstance(cover, Worksheet)
    cover.title = "封面"
    cover.append(["某某档案馆", "2026"])
    made.create_sheet("空")
    for line in (HEAD, ROW):
        made.create_sheet("目录") if "目录" not in made.sheetnames else None
        made["目录"].append(line)
    hidden = made.create_sheet("旧")
    hidden.append(HEAD)
    hidden.sheet_state = "hidden"
    out = io.BytesIO()
    made.save(out)
    found = imported(out.getvalue(), "a.xlsx")
    assert (found.sheet, found.others) == ("目录", ("封面",))
    assert [one.id for one in found.holdings] == ["J1"]


def test_error_cells_uncalculated_formulas_and_merged_cells_refuse_their_rows_alone() -> None:
    def fill(sheet: Worksheet) -> None:
        for line in (HEAD, ROW, *(["J" + str(n), *ROW[1:]] for n in range(2, 7))):
            sheet.append(line)
        sheet["F3"] = "=1/0"
        sheet["B4"] = "=A4&A3"
        sheet.merge_cells("C5:C6")

    raw = edited(
        book(fill), SHEET, b'<c r="F3"><f>1/0</f><v /></c>', b'<c r="F3" t="e"><f>1/0</f><v>#DIV/0!</v></c>'
    )
    found = imported(raw, "a.xlsx")
    said = [(bad.line, bad.problems[0].column, bad.problems[0].value) for bad in found.bad]
    assert said == [(3, "unit_kg", "#DIV/0!"), (4, "title", ""), (6, "zone", "C5:C6")]
    assert all(bad.problems[0].says.zh and bad.problems[0].write for bad in found.bad)
    assert [one.id for one in found.holdings] == ["J1", "J4", "J6"]


def test_a_sheet_that_is_not_plain_is_read_all_the_same_only_slower() -> None:
    raw = edited(
        book(rows(HEAD, ROW, ["J2", "#N/A", *ROW[2:]])), SHEET, b"<sheetData>", b"<!-- x --><sheetData>"
    )
    found = imported(raw, "a.xlsx")
    assert [one.id for one in found.holdings] == ["J1"]
    assert [(bad.line, bad.problems[0].column) for bad in found.bad] == [(3, "title")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'),
        (b"</sheetData>", b"<row r=\"1048576\"><c r='XFD1048576'><v>1</v></c></row></sheetData>"),
        (b'<dimension ref="A1:G2"', b'<dimension ref="A1:XFD1048576"'),
        (
            b"</sheetData>",
            b'<row r="3">' + b"<c/>" * 16_000 + b"</row>" + b"<row/>" * 200_000 + b"</sheetData>",
        ),
    ],
)
def test_a_sheet_as_large_as_a_country_costs_no_memory_and_little_time(old: bytes, new: bytes) -> None:
    raw = edited(book(rows(HEAD, ROW)), SHEET, old, new)
    begun = time.process_time()
    found = register.read(raw, "a.xlsx")
    assert time.process_time() - begun < 20
    assert isinstance(found, Text) or [one.id for one in found.holdings] == ["J1"]


def test_a_workbook_that_lies_about_its_size_is_refused() -> None:
    raw = bytearray(book(rows(HEAD, ROW)))
    at = raw.rfind(b"PK\x01\x02", 0, raw.rfind(SHEET.encode()))
    raw[at + 24 : at + 28] = (64).to_bytes(4, "little")
    found = register.read(bytes(raw), "a.xlsx")
    assert isinstance(found, Text) and "BadZipFile" in found.en


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made, made.open("xl/workbook.xml", "w") as part:
        for _ in range(1100):
            part.write(b"\0" * (1 << 20))
    begun = time.process_time()
    found = register.read(out.getvalue(), "a.xlsx")
    assert isinstance(found, Text) and "unpacks to too much" in found.en
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    ("raw", "name", "words"),
    [
        (b"\xd0\xcf\x11\xe0" + b"x" * 600 + "EncryptedPackage".encode("utf-16-le"), "a.xlsx", "password"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 600, "a.xlsx", "old .xls"),
        (b"<html><table><tr><td>x</td></tr></table></html>", "a.xls", "web page"),
        (b"id,title\n", "a.xlsx", "is no workbook"),
        (b"", "a.csv", "empty"),
    ],
)
def test_what_is_no_table_is_named_for_what_it_is(raw: bytes, name: str, words: str) -> None:
    found = register.read(raw, name)
    assert isinstance(found, Text) and words in found.en and found.zh


def test_a_quote_that_never_closes_costs_its_own_row_not_all_that_follow() -> None:
    lines = csv_of(*(GOOD | {"id": f"J{n}"} for n in range(1, 6))).decode().split("\n")
    lines[2] = lines[2].replace("清代契约", '"清代契约')
    found = imported("\n".join(lines).encode())
    assert [one.id for one in found.holdings] == ["J1", "J3", "J4", "J5"]
    assert [(bad.line, bad.problems[0].says.en) for bad in found.bad] == [
        (3, "The quotes of this row do not match.")
    ]


def test_a_comma_that_splits_a_cell_refuses_the_row_instead_of_moving_its_cells() -> None:
    raw = "id,title,zone,grade,form\nJ1,契约,红契,2b,1,paper\nJ2,契约,2b,1,paper,,\n".encode()
    found = imported(raw)
    assert [(bad.line, "6 cells" in bad.problems[0].says.en) for bad in found.bad] == [(2, True)]
    assert [one.id for one in found.holdings] == ["J2"]


def test_rows_that_excel_wrote_without_their_empty_last_cells_are_whole() -> None:
    found = imported("id,title,zone,grade,form,tools,说明\nJ1,契约,2b,1,paper\n".encode())
    assert found.bad == () and found.holdings[0].extra == {}


@pytest.mark.parametrize("mark", ["\u2028", "\x85", "\x0b", "\x1e"])
def test_odd_line_marks_inside_a_cell_end_no_row(mark: str) -> None:
    found = imported(csv_of(GOOD | {"title": f"上{mark}下"}, GOOD | {"id": "J2"}))
    assert len(found.holdings) == 2 and found.bad == ()
    assert register.read(register.export(found.holdings), "a.csv").holdings == found.holdings  # type: ignore[union-attr]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "gb18030", "utf-8-sig"])
def test_the_encodings_of_spreadsheets_are_told_apart(encoding: str) -> None:
    found = imported(csv_of(GOOD | {"title": "特藏库 㐂 𠮷"}, encoding=encoding, separator="\t"))
    assert found.holdings[0].title == "特藏库 㐂 𠮷"


def test_utf8_with_a_broken_byte_is_not_read_as_chinese_of_another_kind() -> None:
    raw = csv_of(*(GOOD | {"id": f"J{n}"} for n in range(9))).replace(
        "契约".encode(), "契".encode() + b"\xe7\xba", 1
    )
    found = imported(raw)
    assert [(bad.line, bad.problems[0].column) for bad in found.bad] == [(2, "title")]
    assert {one.title for one in found.holdings} == {GOOD["title"]}


def test_cells_as_people_type_them() -> None:
    found = parse_row(
        GOOD
        | {"grade": "１", "units": "１２盒", "unit_kg": "６.５ kg", "people": "2人", "checked_on": "2026年1月5日",
           "size_cm": "４０×３０×２５厘米", "copy": "已数字化|省馆|320公里|20260501", "irreplaceable": "√",
           "secrecy": "公开"}
    )  # fmt: skip
    assert isinstance(found, Holding), found
    assert (found.grade, found.units, found.unit_kg, found.people) == (1, 12, 6.5, 2)
    assert (found.checked_on, found.size_cm, found.irreplaceable, found.secrecy) == (
        "2026-01-05", (40.0, 30.0, 25.0), True, "",
    )  # fmt: skip
    assert (found.copies[0].medium, found.copies[0].distance_km, found.copies[0].last_read_test) == (
        "digital", 320.0, "2026-05-01",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("word", "medium"), [("否", ()), ("未数字化", ()), ("-", ()), ("有", None), ("yes", None)]
)
def test_no_is_no_copy_and_yes_is_asked_which(word: str, medium: tuple[()] | None) -> None:
    found = parse_row(GOOD | {"copy": word})
    if medium is None:
        assert isinstance(found, list) and found[0].column == "copy"
    else:
        assert isinstance(found, Holding) and found.copies == medium, (
            "a word for none must not lower its rank"
        )


@pytest.mark.parametrize(
    ("word", "day"),
    [
        ("2026-10-12", "2026-10-12"), ("2026/1/5", "2026-01-05"), ("20261012", "2026-10-12"), ("46307", "2026-10-12"),
        ("2026-10-12T08:30:00", "2026-10-12"), ("26-10-12", ""), ("10/12/26", ""), ("0026-10-12", ""),
        ("2026-13-01", ""),
        ("12345", ""), ("2026", ""),
    ],
)  # fmt: skip
def test_a_date_is_a_whole_date_or_none(word: str, day: str) -> None:
    assert day_of(word) == day


@pytest.mark.parametrize("id_", ["1.23457E+11", "2.0260001000100013e+17"])
def test_an_id_that_a_spreadsheet_rounded_is_refused(id_: str) -> None:
    found = imported(csv_of(GOOD | {"id": id_}))
    assert found.bad[0].problems[0].column == "id" and "rounded" in found.bad[0].problems[0].says.en


def test_a_long_number_in_a_workbook_is_seen_to_have_lost_its_digits() -> None:
    found = imported(book(rows(HEAD, [202600010001000123, *ROW[1:]])), "a.xlsx")
    assert "rounded" in found.bad[0].problems[0].says.en


def test_columns_without_a_name_and_names_given_twice_lose_nothing() -> None:
    raw = "id,title,zone,grade,form,备注,,备注,\nJ1,契约,2b,1,paper,甲,乙,丙,\n".encode()
    found = imported(raw)
    assert found.holdings[0].extra == {"备注": "甲", "column 7": "乙", "备注 (2)": "丙"}
    assert imported(register.export(found.holdings)).holdings == found.holdings


def test_zones_may_be_written_by_their_names_and_a_slip_is_answered_with_the_nearest() -> None:
    named = {"二层 B 库": "stack-2b", "Stack 2B": "stack-2b", "Yard": "yard"}
    raw = csv_of(
        GOOD | {"zone": "二层B库"},
        GOOD | {"id": "J2", "zone": "stack 2b"},
        GOOD | {"id": "J3", "zone": "二层C库"},
    )
    found = imported(raw, zones={"stack-2b", "yard"}, named=named)
    assert [one.zone for one in found.holdings] == ["stack-2b", "stack-2b"]
    assert found.bad[0].problems[0].write == "stack-2b"


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"题": "title"}, "no column"),
        ({"title": "titel"}, "Did you mean title"),
        ({"id": "place", "title": "place"}, "Two"),
    ],
)
def test_a_mapping_that_means_nothing_is_said_so(mapping: dict[str, str], words: str) -> None:
    found = register.read(csv_of(GOOD), "a.csv", mapping)
    assert isinstance(found, Text) and words in found.en


def test_a_heading_is_no_formula_either() -> None:
    found = imported(csv_of(GOOD | {"=cmd|' /C calc'!A0": "x", "＝1+1": "y"}))
    raw = register.export(found.holdings)
    heading = raw.decode("utf-8-sig").splitlines()[0]
    assert ",=" not in heading and ",＝" not in heading
    assert imported(raw).holdings == found.holdings
    assert imported(register.export(found.holdings, "xlsx"), "a.xlsx").holdings == found.holdings


def test_text_that_looks_like_an_escape_of_a_workbook_survives_it() -> None:
    found = imported(csv_of(GOOD | {"title": "_x0041_ _x005F_ A"}))
    assert imported(register.export(found.holdings, "xlsx"), "a.xlsx").holdings == found.holdings


def test_what_an_import_changes_is_told() -> None:
    first = imported(csv_of(GOOD, GOOD | {"id": "J2"}, GOOD | {"id": "J3"})).holdings
    coming = imported(csv_of(GOOD, GOOD | {"id": "J2", "units": "9"}, GOOD | {"id": "J4"})).holdings
    found = register.change({one.id: one for one in first}, coming)
    assert (found.new, found.changed, found.absent, found.same) == (("J4",), ("J2",), ("J3",), 1)


def test_a_cell_too_long_for_a_workbook_is_said_before_it_is_cut() -> None:
    one = parse_row(GOOD | {"说明": "长" * 40_000})
    assert isinstance(one, Holding)
    said = register.too_long([one])
    assert said is not None and "J001" in said.en
    assert imported(register.export([one])).holdings == (one,)


def test_a_check_that_is_still_to_come_is_a_defect() -> None:
    one = parse_row(GOOD | {"checked_on": "2062-10-12"})
    assert isinstance(one, Holding)
    assert "future-check" in {defect.kind for defect in register.defects([one], "2026-11-23")}
