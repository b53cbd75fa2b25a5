"""The register of key holdings: rows, imports, exports, defects."""

from __future__ import annotations

import io
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from playbooks.holdings import register
from playbooks.holdings.cells import OPEN
from playbooks.holdings.rows import COLUMNS, parse_row, row_of
from playbooks.model import Copy, Holding
from sensors.model import Text
from sensors.workbook import ERRORS
from tests.unit.playbooks import house

GOOD = {
    "id": "J001", "title": "清代契约 Qing deeds", "zone": "2b", "place": "排3架2层5", "grade": "1", "worth": "95",
    "form": "paper", "water": "3", "fire": "3", "units": "12", "unit_kg": "6.5", "people": "2", "carry_min": "4",
    "copy": "none", "checked_on": "2026/10/12",
}  # fmt: skip


def csv_of(*rows: dict[str, str], encoding: str = "utf-8", separator: str = ",") -> bytes:
    header = list(dict.fromkeys(key for row in rows for key in row))
    lines = [separator.join(header), *(separator.join(row.get(key, "") for key in header) for row in rows)]
    return "\n".join(lines).encode(encoding)


def imported(raw: bytes, name: str = "x.csv", **facts: object) -> register.Import:
    found = register.read(raw, name, **facts)  # type: ignore[arg-type]
    assert isinstance(found, register.Import), found
    return found


def test_a_row_becomes_a_holding() -> None:
    holding = parse_row(GOOD | {"keeper": "王芳", "copy": "digital|省馆|320|2026-05-01;microfilm"})
    assert isinstance(holding, Holding)
    assert (holding.grade, holding.unit_kg, holding.checked_on) == (1, 6.5, "2026-10-12")
    assert holding.copies == (
        Copy(medium="digital", place="省馆", distance_km=320.0, last_read_test="2026-05-01"),
        Copy(medium="microfilm"),
    )
    assert holding.extra == {"keeper": "王芳"}


@pytest.mark.parametrize(
    ("column", "value", "write"),
    [
        ("grade", "A", "1"),
        ("grade", "4", "1"),
        ("worth", "101", "60"),
        ("worth", "nan", "60"),
        ("units", "2.5", "12"),
        ("units", "many", "12"),
        ("unit_kg", "-1", "6"),
        ("people", "0", "2"),
        ("form", "papre", "paper"),
        ("water", "4", "2"),
        ("checked_on", "31.12.2026", "2026-10-12"),
        ("copy", "digital|x|far", "digital|x|320|2026-05-01"),
        ("action", "burn", "take"),
        ("size_cm", "40x30", "40x30x25"),
        ("id", "", "J001-003"),
    ],
)
def test_a_bad_cell_is_refused_with_what_to_write(column: str, value: str, write: str) -> None:
    problems = parse_row(GOOD | {column: value})
    assert isinstance(problems, list)
    assert [problem.column for problem in problems] == [column]
    assert problems[0].write == write
    assert problems[0].says.zh
    assert problems[0].says.en


def test_every_problem_of_a_row_is_named_at_once() -> None:
    problems = parse_row({"grade": "x", "form": "y", "worth": "z"})
    assert isinstance(problems, list)
    assert {problem.column for problem in problems} == {"id", "title", "zone", "grade", "form", "worth"}


def kept(word: str) -> bool:
    """Whether an import takes the word at all: neither a spreadsheet's error nor a damaged character."""
    return word not in ERRORS and "\ufffd" not in word


words = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12).map(str.strip).filter(kept)
numbers = st.floats(0.001, 4999, allow_nan=False)


@st.composite
def holdings(draw: st.DrawFn) -> Holding:
    clean = words.map(lambda word: word or "x")
    copies = draw(st.lists(st.tuples(st.sampled_from(["digital", "microfilm", "paper"]), words), max_size=3))
    return Holding(
        id=draw(clean), title=draw(clean), zone=draw(clean), place=draw(words), grade=draw(st.integers(1, 3)),
        worth=draw(st.floats(0, 100)), form=draw(st.sampled_from(["paper", "film", "magnetic", "seal"])),
        weak_to={"water": draw(st.integers(0, 3)), "fire": 1, "theft": 0, "climate": draw(st.integers(0, 3))},
        units=draw(st.integers(1, 999)), unit_kg=draw(numbers), people=draw(st.integers(1, 9)),
        carry_min=draw(st.floats(0, 99)), tools=draw(words), handling=Text(draw(words), draw(words)),
        cover=Text(draw(words), draw(words)), photo=draw(words), checked_on=draw(st.sampled_from(["", "2026-01-31"])),
        copies=tuple(Copy(medium=medium, place=place, distance_km=3.5) for medium, place in copies),
        secrecy=draw(words.filter(lambda word: word.casefold() not in OPEN)),
        action=draw(st.sampled_from(["take", "protect", "leave"])),
        irreplaceable=draw(st.booleans()), extra=draw(st.dictionaries(st.just("经手"), words.filter(bool), max_size=1)),
        keys=draw(words), skill=draw(words),
        size_cm=draw(st.sampled_from([None, (40.0, 30.5, 25.0)])), unit_wet_kg=draw(st.sampled_from([None, 9.25])),
    )  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(holdings())
def test_a_holding_survives_its_row_exactly(holding: Holding) -> None:
    assert parse_row(row_of(holding)) == holding


@settings(max_examples=25, deadline=None)
@given(st.lists(holdings(), min_size=1, max_size=6, unique_by=lambda one: one.id))
def test_a_register_survives_both_kinds_of_file_exactly(some: list[Holding]) -> None:
    for form in ("csv", "xlsx"):
        raw = register.export(some, form)  # type: ignore[arg-type]
        found = imported(raw, f"r.{form}")
        assert found.bad == ()
        assert list(found.holdings) == some
        assert register.export(found.holdings, form) == raw or form == "xlsx"  # type: ignore[arg-type]


def test_formulas_are_text_in_every_spreadsheet_and_come_back_as_they_were() -> None:
    holding = parse_row(GOOD | {"title": '=HYPERLINK("http://x")', "keeper": "+1"})
    assert isinstance(holding, Holding)
    raw = register.export([holding]).decode("utf-8-sig")
    assert ",=HYPERLINK" not in raw
    assert imported(register.export([holding])).holdings == (holding,)


def test_chinese_excel_files_and_other_separators_are_read() -> None:
    for encoding, separator in (("gb18030", ","), ("utf-8-sig", ";"), ("utf-8", "\t")):
        found = imported(csv_of(GOOD, encoding=encoding, separator=separator))
        assert [one.title for one in found.holdings] == ["清代契约 Qing deeds"]


def test_their_columns_are_mapped_and_the_mapping_can_be_corrected() -> None:
    raw = "档号,题名,库房,等级,载体,Shelf,说明\nA1,契约,2b,一级,纸质,3-2,红木箱\n".encode()
    found = imported(raw)
    assert found.mapping["Shelf"] == "place"
    assert found.holdings[0].grade == 1
    assert found.holdings[0].form == "paper"
    assert found.holdings[0].extra == {"说明": "红木箱"}
    assert imported(raw, mapping={"说明": "handling_zh"}).holdings[0].handling.zh == "红木箱"


def test_bad_rows_are_refused_alone_with_their_line() -> None:
    found = imported(csv_of(GOOD, GOOD, GOOD | {"id": "J2", "grade": "9"}, GOOD | {"id": "J3", "zone": "moon"}),
                     zones={"2b"})  # fmt: skip
    assert [one.id for one in found.holdings] == ["J001"]
    assert [(bad.line, bad.problems[0].column) for bad in found.bad] == [(3, "id"), (4, "grade"), (5, "zone")]


def test_a_workbook_with_numbers_and_dates_reads_like_typed_text() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["id", "title", "zone", "grade", "form", "units", "unit_kg"])
    sheet.append([7, "x", "2b", 1, "film", 12.0, 6.5])
    out = io.BytesIO()
    book.save(out)
    holding = imported(out.getvalue(), "r.xlsx").holdings[0]
    assert (holding.id, holding.units, holding.unit_kg) == ("7", 12, 6.5)


@pytest.mark.parametrize("raw", [b"PK\x03\x04rubbish", b"", b"\xff\xfe\x00", b"\xd0\xcf\x11\xe0old"])
def test_rubbish_is_said_to_be_rubbish(raw: bytes) -> None:
    found = register.read(raw, "x.xlsx" if raw[:1] == b"\xd0" else "x.csv")
    if isinstance(found, register.Import):
        assert found.missing
    else:
        assert found.zh
        assert found.en


def test_defects_name_what_would_hurt_on_the_day() -> None:
    bare = parse_row({"id": "a", "title": "t", "zone": "2b", "grade": "1", "form": "paper", "unit_kg": "30"})
    assert isinstance(bare, Holding)
    kinds = {one.kind for one in register.defects([bare], "2026-11-23", {"2b"})}
    assert kinds == {
        "no-place",
        "no-photo",
        "never-checked",
        "no-copy",
        "heavy",
        "no-weakness",
        "no-handling",
    }
    sound = parse_row(GOOD | {"photo": "a.jpg", "copy": "digital|省馆|320|2026-05-01", "handling_zh": "平放"})
    assert isinstance(sound, Holding)
    assert register.defects([sound], "2026-11-23", {"2b"}, {"a.jpg"}) == []
    assert [one.kind for one in register.defects([sound], "2028-01-01", {"2b"})] == ["stale-check", "no-copy"]
    assert [one.kind for one in register.defects([sound], "2026-11-23", {"x"}, set())] == [
        "unknown-zone",
        "no-photo",
    ]


def test_a_hundred_thousand_rows_are_read_and_written_without_pain() -> None:
    row = row_of(parse_row(GOOD))  # type: ignore[arg-type]
    line = ",".join(row[column] for column in COLUMNS[1:])
    raw = (",".join(COLUMNS) + "\n" + "\n".join(f"J{n},{line}" for n in range(100_000))).encode()
    begun = time.process_time()
    found = imported(raw)
    assert len(found.holdings) == 100_000
    assert len(register.export(found.holdings)) > 1_000_000
    assert time.process_time() - begun < 60


def test_progress_is_told_and_a_formula_stays_text_in_a_workbook() -> None:
    many = [house.holding(f"h{n}", title=f"=SUM({n})" if n % 7 == 0 else f"卷 {n}") for n in range(5_200)]
    told: list[int] = []
    raw = register.export(many, "xlsx", told.append)
    assert told == [5_000]
    told.clear()
    again = register.read(raw, "a.xlsx", progress=told.append)
    assert isinstance(again, register.Import)
    assert told == [5_000]
    assert list(again.holdings) == many
