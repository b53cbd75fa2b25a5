"""The register of key holdings: import with preview and refusals, export with exact round trip, defects;
pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Literal

from msgspec import Struct

from playbooks.holdings import tables
from playbooks.holdings.columns import guess
from playbooks.holdings.rows import COLUMNS, OPTIONAL, REQUIRED, RowProblem, parse_row, row_of
from playbooks.model import Holding
from playbooks.triage import safe_copy
from sensors.model import Text

STALE_DAYS = 365
"""A place or photo checked longer ago than this is a defect (planning assumption, once a year)."""
HEAVY_KG = 25.0
"""A container heavier than this is not for one person (UK HSE guide figure for men at waist height)."""
IMPORTANT_GRADE = 2
DefectKind = Literal[
    "no-place",
    "no-photo",
    "never-checked",
    "stale-check",
    "no-copy",
    "unknown-zone",
    "heavy",
    "no-weakness",
    "no-handling",
]


class BadRow(Struct, frozen=True):
    """A refused row: its line in the file, the id where it had one, and every problem."""

    line: int
    id: str
    problems: tuple[RowProblem, ...]


class Import(Struct, frozen=True, kw_only=True):
    """A preview: what would come in, what is refused and why, which columns mean what. Nothing is written
    yet."""

    holdings: tuple[Holding, ...]
    bad: tuple[BadRow, ...]
    mapping: dict[str, str]  # their column -> ours
    kept: tuple[str, ...]  # columns kept as extra
    missing: tuple[str, ...]  # required columns that no column of theirs is
    encoding: str
    rows: int


class Defect(Struct, frozen=True):
    """Something that would hurt on the day, and what to do about it."""

    kind: DefectKind
    holding: str
    says: Text
    do: Text


def read(
    raw: bytes,
    name: str,
    mapping: Mapping[str, str] | None = None,
    zones: Collection[str] | None = None,
    progress: tables.Progress | None = None,
) -> Import | Text:
    """Preview an import. ``mapping`` (their column -> ours; "" drops one) overrides the guess.

    ``zones`` are the building's; None leaves them unchecked. A row is refused whole, never half taken; the
    second row with an id that was already there is refused too. ``progress`` hears the rows read so far.
    """
    sheet = tables.read_sheet(raw, name, progress)
    if isinstance(sheet, Text):
        return sheet
    meant = guess(sheet.header) | {
        theirs: ours for theirs, ours in (mapping or {}).items() if theirs in sheet.header
    }
    columns = [meant.get(theirs, theirs) for theirs in sheet.header]
    missing = tuple(column for column in REQUIRED if column not in columns)
    good: dict[str, Holding] = {}
    bad: list[BadRow] = []
    lines: dict[str, int] = {}
    for row in sheet.rows:
        cells = {column: cell for column, cell in zip(columns, row.cells, strict=False) if column}
        parsed = parse_row(cells)
        if isinstance(parsed, list):
            bad.append(BadRow(row.number, cells.get("id", "").strip(), tuple(parsed)))
            continue
        problem = _in_place(parsed, lines, zones)
        if problem is not None:
            bad.append(BadRow(row.number, parsed.id, (problem,)))
            continue
        lines[parsed.id] = row.number
        good[parsed.id] = parsed
    ours = set(COLUMNS + OPTIONAL)
    return Import(
        holdings=tuple(good.values()),
        bad=tuple(bad),
        mapping={theirs: column for theirs, column in meant.items() if column},
        kept=tuple(column for column in columns if column and column not in ours),
        missing=missing,
        encoding=sheet.encoding,
        rows=len(sheet.rows),
    )


def _in_place(parsed: Holding, lines: Mapping[str, int], zones: Collection[str] | None) -> RowProblem | None:
    if parsed.id in lines:
        says = Text(
            f"编号 {parsed.id} 在第 {lines[parsed.id]} 行已有。",
            f"The id {parsed.id} is already in line {lines[parsed.id]}.",
        )
        return RowProblem("id", parsed.id, says, f"{parsed.id}-2")
    if zones is not None and parsed.zone not in zones:
        known = ", ".join(sorted(zones)[:12])
        says = Text(
            f"没有区域“{parsed.zone}”。现有：{known}", f'There is no zone "{parsed.zone}". Known: {known}'
        )
        return RowProblem("zone", parsed.zone, says, min(zones, default=""))
    return None


def merge(present: Iterable[Holding], coming: Iterable[Holding]) -> tuple[Holding, ...]:
    """The register with rows of the same id replaced and new ones added at the end."""
    return tuple(({one.id: one for one in present} | {one.id: one for one in coming}).values())


def export(
    holdings: Sequence[Holding],
    form: Literal["csv", "xlsx"] = "csv",
    progress: tables.Progress | None = None,
) -> bytes:
    """The register as a file; reading it back gives the same holdings, extra columns included."""
    extra = dict.fromkeys(key for one in holdings for key in one.extra)
    filled: set[str] = set()
    for one in holdings:
        row = row_of(one)
        filled.update(column for column in OPTIONAL if row[column])
    used = [column for column in OPTIONAL if column in filled]
    header = [*COLUMNS, *used, *(key for key in extra if key not in COLUMNS and key not in OPTIONAL)]

    def lines() -> Iterator[list[str]]:
        for number, one in enumerate(holdings, 1):
            row = row_of(one)
            yield [row.get(column, "") for column in header]
            if progress is not None and number % tables.TELL_ROWS == 0:
                progress(number)

    cells = lines()
    return tables.write_csv(header, cells) if form == "csv" else tables.write_xlsx(header, cells)


def defects(
    holdings: Iterable[Holding],
    today: str,
    zones: Collection[str] | None = None,
    photos: Collection[str] | None = None,
) -> list[Defect]:
    """What is wrong with the register on ``today`` (ISO date); ``photos`` are the files that exist (None:
    unchecked)."""
    found: list[Defect] = []
    for one in holdings:
        found += _defects_of(one, today, zones, photos)
    return found


def _defects_of(
    one: Holding, today: str, zones: Collection[str] | None, photos: Collection[str] | None
) -> Iterable[Defect]:
    if not one.place.strip():
        yield _defect(
            "no-place", one, "没有架位", "No shelf is given", "写明排、架、层", "Write row, bay and shelf"
        )
    if zones is not None and one.zone not in zones:
        yield _defect(
            "unknown-zone",
            one,
            f"没有区域 {one.zone}",
            f"There is no zone {one.zone}",
            "改正区域",
            "Correct the zone",
        )
    if not one.photo.strip() or (photos is not None and one.photo not in photos):
        yield _defect(
            "no-photo", one, "没有照片", "There is no photo", "拍照并写入文件名", "Take one, name its file"
        )
    age = _age_days(one.checked_on, today)
    if age is None:
        yield _defect(
            "never-checked",
            one,
            "从未核查",
            "Never checked",
            "到架核对并写日期",
            "Check at the shelf, write the date",
        )
    elif age > STALE_DAYS:
        yield _defect(
            "stale-check",
            one,
            f"上次核查已过 {age} 天",
            f"Last checked {age} days ago",
            "到架核对并写日期",
            "Check at the shelf, write the date",
        )
    if one.grade <= IMPORTANT_GRADE and not any(
        safe_copy(one, index, today) for index in range(len(one.copies))
    ):
        yield _defect(
            "no-copy",
            one,
            f"{one.grade} 级档案没有近期验证过的异地异质副本",
            f"Grade {one.grade} without a tested off-site copy on another medium",
            "制作异地异质副本并测试可读性",
            "Make one off site on another medium and test that it reads",
        )
    if one.unit_kg > HEAVY_KG and one.people < 2:
        yield _defect(
            "heavy",
            one,
            f"每件 {one.unit_kg:g} kg 却只配 1 人",
            f"{one.unit_kg:g} kg for one person",
            "改为 2 人",
            "Write 2 people",
        )
    if not one.weak_to or not any(one.weak_to.values()):
        yield _defect(
            "no-weakness",
            one,
            "没有填写怕什么",
            "No vulnerability is given",
            "填写 water、fire 等栏",
            "Fill in water, fire …",
        )
    if one.grade == 1 and not (one.handling.zh or one.handling.en):
        yield _defect(
            "no-handling", one, "没有搬运要求", "No handling advice", "写一句怎么搬", "Write how to carry it"
        )


def _defect(kind: DefectKind, one: Holding, zh: str, en: str, do_zh: str, do_en: str) -> Defect:
    return Defect(kind, one.id, Text(zh, en), Text(do_zh, do_en))


def _age_days(checked_on: str, today: str) -> int | None:
    try:
        return (date.fromisoformat(today) - date.fromisoformat(checked_on)).days
    except ValueError:
        return None
