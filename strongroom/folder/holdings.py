"""holdings.csv: the key holdings, one row each, as archivists keep them in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from msgspec import Struct

from playbooks.holdings.cells import cleaned
from playbooks.holdings.columns import CHINESE
from playbooks.holdings.rows import KNOWN, REQUIRED, parse_row
from playbooks.model import Holding
from sensors.model import Text
from strongroom.folder import punctuation
from strongroom.folder.ledger import Ledger, Spot
from strongroom.folder.source import Source

FILE = "holdings.csv"
_SEPARATORS = {
    ";": Text("分号", "semicolons"),
    "\t": Text("制表符", "tabs"),
    "，": Text("全角逗号", "full-width commas"),
    "|": Text("竖线", "vertical bars"),
}


class Register(Struct, frozen=True):
    """The holdings and where each stands."""

    holdings: dict[str, Holding]
    spots: dict[str, Spot]


class _Row(Struct, frozen=True):
    line: int
    cells: list[str]


def read_holdings(source: Source, folder: Path, ledger: Ledger) -> Register:
    """All holdings; problems go to the ledger."""
    rows = _rows(source, ledger)
    header = next(rows, None)
    holdings: dict[str, Holding] = {}
    spots: dict[str, Spot] = {}
    if header is None:
        ledger.error(
            Spot(source.file),
            Text("文件是空的。", "The file is empty."),
            Text(
                f"第一行写列名：{','.join(REQUIRED)} …",
                f"Its first line names the columns: {','.join(REQUIRED)} …",
            ),
        )
        return Register(holdings, spots)
    columns = _columns(header, source.file, ledger)
    if not set(REQUIRED) <= set(columns):
        ledger.incomplete("holding")
        return Register(holdings, spots)
    for row in rows:
        cells = _matched(row, columns, source.file, ledger)
        if not cells:
            continue
        holding = _holding(cells, row.line, source.file, folder, ledger)
        if holding is not None and holding.id not in holdings:
            holdings[holding.id] = holding
            spots[holding.id] = Spot(source.file, row.line, f'holding "{holding.id}"')
    return Register(holdings, spots)


# --- cells -------------------------------------------------------------------------------------------


def _rows(source: Source, ledger: Ledger) -> Iterator[_Row]:
    """Rows with cells, each with the line it begins on; a quote that never closes costs only its own line."""
    lines = source.text.replace("\x00", "\ufffd").split("\n")
    separator = _separator(source.file, lines, ledger)
    at = 0
    while at < len(lines):
        if not lines[at].strip(f" {separator}\t"):
            at += 1
            continue
        following = (f"{lines[index]}\n" for index in range(at, len(lines)))
        reader = csv.reader(following, delimiter=separator, strict=True)
        try:
            cells = next(reader)
        except (csv.Error, StopIteration):
            ledger.error(
                Spot(source.file, at + 1, lines[at][:60]),
                Text("这一行的引号没有配对。", "The quotes on this line do not match."),
                Text('含逗号的文字整格加引号，格内的引号写两遍：""',
                     'Put quotes around a cell that holds a comma, and double a quote inside it: ""'),
            )  # fmt: skip
            ledger.incomplete("holding")
            at += 1
            continue
        yield _Row(at + 1, [cell.strip() for cell in cells])
        at += reader.line_num


def _separator(file: str, lines: list[str], ledger: Ledger) -> str:
    header = next((line for line in lines if line.strip()), "")
    if header.count(",") >= len(REQUIRED) - 1:
        return ","
    for mark, name in _SEPARATORS.items():
        if header.count(mark) >= len(REQUIRED) - 1:
            ledger.error(
                Spot(file, 1),
                Text(f"各列用{name.zh}隔开，应为英文逗号。", f"Columns are separated by {name.en}, not commas."),
                Text("在表格软件中另存为“CSV UTF-8（逗号分隔）”。",
                     'Save it from the spreadsheet as "CSV UTF-8 (comma separated)".'),
            )  # fmt: skip
            return mark
    return ","


def _columns(header: _Row, file: str, ledger: Ledger) -> list[str]:
    columns: list[str] = []
    meant: dict[str, str] = {}
    for written in map(cleaned, header.cells):
        plain = punctuation.plain(written)
        name = plain if plain in KNOWN else plain.casefold() if plain.casefold() in KNOWN else written
        near = CHINESE.get(written) or (_close(written) if written and written not in KNOWN else "")
        if name not in KNOWN and near and near not in header.cells and near not in meant:
            meant[near] = written
            name = near
        columns.append(name)
    for name in REQUIRED:
        if name not in columns:
            strangers = [column for column in columns if column not in KNOWN]
            likely = get_close_matches(name, strangers, n=1, cutoff=0.6)
            if likely:
                columns[columns.index(likely[0])] = name
                meant[name] = likely[0]
    for name, written in meant.items():
        report = ledger.error if name in REQUIRED else ledger.warn
        report(
            Spot(file, header.line, f'column "{written}"'),
            Text(f"没有“{written}”这一列。", f'There is no column "{written}".'),
            Text(f"列名改为：{name}", f"Write the column name: {name}"),
        )
    for name in dict.fromkeys(name for name in columns if name and columns.count(name) > 1):
        ledger.error(
            Spot(file, header.line, f'column "{name}"'),
            Text(f"列“{name}”出现了两次。", f'The column "{name}" is there twice.'),
            Text("删去一列。", "Remove one of them."),
        )
    for name in REQUIRED:
        if name not in columns:
            ledger.error(
                Spot(file, header.line),
                Text(f"缺少列“{name}”。", f'The column "{name}" is missing.'),
                Text(f"在第一行补上列名：{name}", f"Add this column name to the first line: {name}"),
            )
    return columns


def _close(written: str) -> str:
    """A known column that differs by a slip only; columns of the archive's own are left alone."""
    near = get_close_matches(written.casefold(), KNOWN, n=1, cutoff=0.78)
    return near[0] if near else ""


def _matched(row: _Row, columns: list[str], file: str, ledger: Ledger) -> dict[str, str]:
    """Cells by column; nothing for a row with too many cells, for nobody knows where they belong."""
    cells = list(row.cells)
    while len(cells) > len(columns) and not cells[-1]:
        cells.pop()
    if len(cells) > len(columns):
        ledger.error(
            Spot(file, row.line, cells[0][:60]),
            Text(f"这一行有 {len(cells)} 格，表头只有 {len(columns)} 列。",
                 f"This line has {len(cells)} cells, the header {len(columns)} columns."),
            Text('文字中有逗号时，整格加英文引号："…，…"', 'Put quotes around a cell that holds a comma: "…, …"'),
        )  # fmt: skip
        ledger.incomplete("holding")
        return {}
    if len(cells) < len(columns) - 1 or (len(cells) < len(columns) and len(cells) < len(REQUIRED)):
        ledger.warn(
            Spot(file, row.line, cells[0][:60]),
            Text(f"这一行只有 {len(cells)} 格，表头有 {len(columns)} 列。",
                 f"This line has only {len(cells)} cells, the header {len(columns)} columns."),
            Text("空的格也要写逗号。", "Empty cells need their comma too."),
        )  # fmt: skip
    found: dict[str, str] = {}
    for column, cell in zip(columns, cells, strict=False):
        if column and column not in found:
            found[column] = cell
    return found


# --- rows --------------------------------------------------------------------------------------------


def _holding(cells: dict[str, str], line: int, file: str, folder: Path, ledger: Ledger) -> Holding | None:
    for column in ("id", "zone"):
        value = cells.get(column, "")
        wide = punctuation.wide_characters(value)
        if wide:
            fixed = punctuation.plain(value)
            ledger.error(
                Spot(file, line, f'column "{column}"  "{value}"'),
                Text(f"含有全角字符 {punctuation.named(wide, 'zh')} 。",
                     f"It holds full-width characters {punctuation.named(wide, 'en')} ."),
                Text(f"改为：{fixed}", f"Write: {fixed}"),
            )  # fmt: skip
            cells = {**cells, column: fixed}
    parsed = parse_row(cells)
    name = cells.get("id", "")
    spot = Spot(file, line, f'holding "{name}"')
    if name:
        ledger.declare("holding", name, spot)
    if cells.get("zone"):
        zone = Spot(file, line, f'column "zone"  "{cells["zone"]}"')
        ledger.refer("zone", cells["zone"], zone, lambda near: Text(f"改为：{near}", f"Write: {near}"))
    _doubts(cells, spot, folder, ledger)
    if isinstance(parsed, list):
        for problem in parsed:
            shown = f'column "{problem.column}"' + (f'  "{problem.value}"' if problem.value else "")
            ledger.error(
                Spot(file, line, shown),
                problem.says,
                Text(f"改为：{problem.write}", f"Write: {problem.write}") if problem.write else None,
            )
        return None
    return parsed


def _doubts(cells: dict[str, str], spot: Spot, folder: Path, ledger: Ledger) -> None:
    photo = cells.get("photo", "")
    if not cells.get("place"):
        ledger.warn(
            spot,
            Text("没有写存放位置，抢救时找不到。", "It has no place, so nobody will find it in time."),
            Text(
                "在 place 列写明架位，例如：排3架2层5",
                "Fill the column place, for example: row 3 bay 2 shelf 5",
            ),
        )
    if photo and not is_inside(folder, photo):
        ledger.warn(
            spot,
            Text(f"没有照片文件 {photo}。", f"There is no photo file {photo}."),
            Text("放入照片，或清空 photo 一格。", "Add the photo, or empty the cell photo."),
        )


def is_inside(folder: Path, name: str) -> bool:
    """Whether a name in the register is a file of the folder; no name leads out of it."""
    try:
        path = (folder / name).resolve()
        return path.is_relative_to(folder.resolve()) and path.is_file()
    except (OSError, ValueError):
        return False
