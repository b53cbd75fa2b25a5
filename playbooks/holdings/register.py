"""The register of key holdings: import with preview and refusals, export with exact round trip, defects;
pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Literal

from msgspec import Struct

from playbooks.holdings import tables
from playbooks.holdings.cells import RowProblem, near
from playbooks.holdings.columns import guess
from playbooks.holdings.refused import Places, torn
from playbooks.holdings.rows import COLUMNS, LONGEST_ID, OPTIONAL, REQUIRED, parse_row, row_of
from playbooks.model import Holding
from playbooks.triage import safe_copy
from sensors.model import Text

STALE_DAYS = 365
"""A place or photo checked longer ago than this is a defect (planning assumption, once a year)."""
LONGEST_CELL = 32_767
HEAVY_KG = 25.0
"""A container heavier than this is not for one person (UK HSE guide figure for men at waist height)."""
IMPORTANT_GRADE = 2
DefectKind = Literal[
    "no-place",
    "no-photo",
    "never-checked",
    "stale-check",
    "future-check",
    "no-copy",
    "unknown-zone",
    "heavy",
    "no-weakness",
    "no-handling",
]


KINDS: Mapping[DefectKind, Text] = {
    "no-place": Text("没有架位", "without a shelf"),
    "no-photo": Text("没有照片", "without a photo"),
    "never-checked": Text("从未核查", "never checked"),
    "stale-check": Text("一年以上未核查", "not checked for a year"),
    "future-check": Text("核查日期在将来", "checked in the future"),
    "no-copy": Text("没有近期验证过的异地异质副本", "without a tested off-site copy on another medium"),
    "unknown-zone": Text("区域不存在", "in a zone that is not there"),
    "heavy": Text("过重却只配一人", "too heavy for the one person given"),
    "no-weakness": Text("没有填写怕什么", "without any vulnerability"),
    "no-handling": Text("没有搬运要求", "without handling advice"),
}
"""What is wrong, in words that stand behind a number."""


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
    sheet: str = ""  # of a workbook: the sheet that was read
    others: tuple[str, ...] = ()  # its sheets that hold something and were not read


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
    *,
    named: Mapping[str, str] | None = None,
    plain: Callable[[str], str] = str,
) -> Import | Text:
    """Preview an import. ``mapping`` (their column -> ours; "" drops one) overrides the guess.

    ``zones`` are the building's; None leaves them unchecked; ``named`` are their names -> ids, ``plain`` makes ids such
    as the folder takes. A row is refused whole, never half taken; the second row with an id that was already there is
    refused too. ``progress`` hears the rows read so far.
    """
    sheet = tables.read_sheet(raw, name, progress)
    if isinstance(sheet, Text):
        return sheet
    asked = dict(mapping or {})
    wrong = _mapped_wrong(asked, sheet.header)
    if wrong is not None:
        return wrong
    free = [theirs for theirs in sheet.header if theirs not in asked]
    meant = {theirs: ours for theirs, ours in guess(free).items() if ours not in asked.values()} | asked
    columns = [meant.get(theirs, theirs) for theirs in sheet.header]
    missing = tuple(column for column in REQUIRED if column not in columns)
    places = Places(zones, named or {})
    good: dict[str, Holding] = {}
    bad: list[BadRow] = []
    lines: dict[str, int] = {}
    for row in sheet.rows:
        cells = {column: cell for column, cell in zip(columns, row.cells, strict=False) if column}
        for column in ("id", "zone"):
            if column in cells:
                cells[column] = plain(cells[column])
        if "zone" in cells:
            cells["zone"] = places.id_of(cells["zone"])
        problems = torn(row, sheet, columns, cells) if not missing else ()
        parsed = problems or parse_row(cells)
        if isinstance(parsed, Holding):
            problem = _in_place(parsed, lines, places)
            parsed = (problem,) if problem is not None else parsed
        if isinstance(parsed, Holding):
            lines[parsed.id] = row.number
            good[parsed.id] = parsed
        else:
            bad.append(BadRow(row.number, cells.get("id", "").strip()[:LONGEST_ID], tuple(parsed)))
    ours = set(COLUMNS + OPTIONAL)
    return Import(
        holdings=tuple(good.values()),
        bad=tuple(bad),
        mapping={theirs: column for theirs, column in meant.items() if column},
        kept=tuple(column for column in columns if column and column not in ours),
        missing=missing,
        encoding=sheet.encoding,
        rows=len(sheet.rows),
        sheet=sheet.sheet,
        others=sheet.others,
    )


def _mapped_wrong(asked: Mapping[str, str], header: Sequence[str]) -> Text | None:
    """What is wrong with a mapping: a column that is not there, none of ours, or one of ours twice."""
    for theirs, ours in asked.items():
        if theirs not in header:
            listed = ", ".join(name for name in header if name)[:400]
            return Text(
                f"文件中没有“{theirs}”这一列。现有：{listed}",
                f'The file has no column "{theirs}". It has: {listed}',
            )
        if ours and ours not in COLUMNS + OPTIONAL:
            meant = near(ours, [*COLUMNS, *OPTIONAL], "title")
            return Text(
                f"没有“{ours}”这一栏。是不是 {meant}？",
                f'There is no column "{ours}" of ours. Did you mean {meant}?',
            )
        if ours and list(asked.values()).count(ours) > 1:
            return Text(f"两列都对应到 {ours}。", f"Two columns are mapped to {ours}: only one can be.")
    return None


def _in_place(parsed: Holding, lines: Mapping[str, int], places: Places) -> RowProblem | None:
    if parsed.id in lines:
        says = Text(
            f"编号 {parsed.id} 在第 {lines[parsed.id]} 行已有。",
            f"The id {parsed.id} is already in line {lines[parsed.id]}.",
        )
        return RowProblem("id", parsed.id, says, f"{parsed.id}-2")
    return places.problem(parsed.zone)


def merge(present: Iterable[Holding], coming: Iterable[Holding]) -> tuple[Holding, ...]:
    """The register with rows of the same id replaced and new ones added at the end."""
    return tuple(({one.id: one for one in present} | {one.id: one for one in coming}).values())


class Change(Struct, frozen=True):
    """What an import would do to the register: ids that are new, that hold something else now, and that the file does
    not have; and how many rows say what is known already."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    absent: tuple[str, ...]
    same: int


def change(present: Mapping[str, Holding], coming: Iterable[Holding]) -> Change:
    """The rows that come in against the register as it is."""
    listed = {one.id: one for one in coming}
    both = [id_ for id_ in listed if id_ in present]
    changed = tuple(id_ for id_ in both if listed[id_] != present[id_])
    return Change(
        new=tuple(id_ for id_ in listed if id_ not in present),
        changed=changed,
        absent=tuple(id_ for id_ in present if id_ not in listed),
        same=len(both) - len(changed),
    )


def too_long(holdings: Iterable[Holding]) -> Text | None:
    """The first cell that a workbook cannot hold (32,767 characters: Excel specifications and limits)."""
    for one in holdings:
        for column, cell in row_of(one).items():
            if len(cell) > LONGEST_CELL:
                return Text(
                    f"{one.id} 的 {column} 超过 {LONGEST_CELL} 个字符，工作簿放不下；请导出 CSV。",
                    f"{column} of {one.id} has over {LONGEST_CELL} characters, more than a workbook holds: use CSV.",
                )
    return None


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
    # Beside columns of the archive's own all of ours stand, so that none of theirs is taken for one of ours misspelt.
    used = [column for column in OPTIONAL if column in filled or extra]
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
    elif age < -1:
        yield _defect(
            "future-check",
            one,
            f"核查日期 {one.checked_on} 在将来",
            f"Checked on {one.checked_on}, which is still to come",
            "改正日期",
            "Correct the date",
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
