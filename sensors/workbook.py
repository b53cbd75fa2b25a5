"""XLSX workbooks as lines of text cells, quickly where their parts are plain, safely always. Bytes in; pure.

A workbook is hostile: parts that unpack to gigabytes, a single cell in the last column of the last row, names that lie
about sizes. So every part is unpacked here up to a limit and looked at; where each row and cell says plainly where it
stands and the table is of a size that can be held, the parts go, repacked, to a compiled reader that builds the whole
table in memory (python-calamine). Anything else is read row by row by openpyxl, which is slower by far.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from defusedxml.ElementTree import fromstring
from msgspec import Struct
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from sensors.grid import MOST_COLUMNS, MOST_ROWS, Flaw, Grid, Line, Progress, Score, gathered, too_wide
from sensors.model import Text

UNPACKED_BYTES = 1024 * 1024 * 1024
"""A workbook that unpacks to more than this is refused: it is a bomb or no table."""
MOST_PARTS = 5_000
MOST_CELLS = 20_000_000
"""Cells of a table held whole in memory (planning assumption: 100,000 rows of a register are 3.5 million)."""
MOST_FLAWS = 200_000
HEAD_LINES = 20
"""So many lines of a sheet are looked at to see which sheet is meant."""
ERRORS = frozenset(
    {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!"}
)
"""Error values of a spreadsheet (ISO/IEC 29500-1, 18.17.3, and two newer ones)."""
_NEEDED = re.compile(
    r"(\[Content_Types\]\.xml|_rels/\.rels|xl/_rels/workbook\.xml\.rels|xl/(workbook|styles|sharedStrings)\.xml"
    r"|xl/worksheets/[^/]+\.xml)"
)
_ANY_ROW, _PLAIN_ROW = re.compile(rb"<row[\s/>]"), re.compile(rb'<row r="[1-9][0-9]{0,6}"')
_ANY_CELL = re.compile(rb"<c[\s/>]")
_PLAIN_COLUMN = re.compile(rb'<c r="([A-Z]{1,3})[1-9][0-9]{0,6}"')
_PLAIN_NUMBER = re.compile(rb'<c r="[A-Z]{1,3}([1-9][0-9]{0,6})"')
_CELL = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"([^>]*[^/])?>(.*?)</c>', re.DOTALL)
_MERGED = re.compile(rb'<mergeCell ref="([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"')
_VALUE = re.compile(rb"<v>([^<]+)</v>")
_OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


class _Part(Struct, frozen=True):
    """What was found in the text of one sheet."""

    rows: int
    columns: int
    flaws: dict[tuple[int, int], Flaw]


def read_workbook(raw: bytes, score: Score, progress: Progress | None = None) -> Grid | Text:
    """The visible sheet whose first lines score best, or why nothing can be read."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > UNPACKED_BYTES or len(entries) > MOST_PARTS:
                return Text("工作簿解压后过大。", "The workbook unpacks to too much.")
            if "xl/workbook.xml" not in archive.namelist():
                return Text(
                    "压缩包里没有 Excel 工作簿。请另存为 .xlsx 或 CSV UTF-8。",
                    "There is no Excel workbook inside: save it as .xlsx or as CSV UTF-8.",
                )
            plain = _repacked(archive)
        if plain is not None:
            return _quickly(*plain, score, progress)
        return _row_by_row(raw, score, progress)
    except MemoryError:
        return Text("工作簿解压后过大。", "The workbook unpacks to too much.")
    except Exception as error:
        return _unreadable(error)
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # how a compiled reader gives up
            raise
        return _unreadable(error)


def _unreadable(error: BaseException) -> Text:
    return Text(
        f"工作簿无法读取（{type(error).__name__}），请另存为 CSV UTF-8。",
        f"The workbook cannot be read ({type(error).__name__}): save it as CSV UTF-8.",
    )


# --- which sheets there are, and what is in them ---------------------------------------------------------


def _sheets(archive: zipfile.ZipFile) -> dict[str, str]:
    """The visible sheets in their order: name -> part."""
    links = {
        str(link.get("Id")): posixpath.normpath(posixpath.join("/xl", str(link.get("Target")))).lstrip("/")
        for link in fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    }
    found: dict[str, str] = {}
    for node in fromstring(archive.read("xl/workbook.xml")).iter():
        if node.tag.rpartition("}")[2] == "sheet" and node.get("state", "visible") == "visible":
            found[str(node.get("name"))] = links.get(str(node.get(_OFFICE)), "")
    return found


def _repacked(archive: zipfile.ZipFile) -> tuple[bytes, dict[str, _Part]] | None:
    """The parts that hold the table, each unpacked to no more than it claims, and what was found in the sheets by
    name; None where a sheet is not plain."""
    sheets = _sheets(archive)
    parts: dict[str, _Part] = {}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as fresh:
        for name in dict.fromkeys(archive.namelist()):
            if not _NEEDED.fullmatch(name):
                continue
            content = archive.read(name)
            if name in sheets.values():
                part = _looked_at(content)
                if part is None:
                    return None
                parts[name] = part
            elif name.startswith("xl/worksheets/"):
                continue
            fresh.writestr(name, content)
    if not sheets or any(part not in parts for part in sheets.values()):
        return None
    return out.getvalue(), {name: parts[part] for name, part in sheets.items()}


def _looked_at(content: bytes) -> _Part | None:
    """The size of a sheet and the cells in it without a value of their own; None where its text is not plain."""
    if b"<!" in content or b"\x00" in content[:200]:
        return None
    columns: set[bytes] = set()
    numbers: set[bytes] = set()
    flaws: dict[tuple[int, int], Flaw] = {}
    for block in _blocks(content):
        found = _PLAIN_COLUMN.findall(block)
        columns.update(found)
        numbers.update(_PLAIN_NUMBER.findall(block))
        if len(found) != len(_ANY_CELL.findall(block)):
            return None
        if len(_PLAIN_ROW.findall(block)) != len(_ANY_ROW.findall(block)):
            return None
        if b't="e"' in block or b"<f" in block:
            flaws.update(_valueless(block))
    height = max(map(int, numbers), default=0)
    width = max(map(_column, columns), default=-1) + 1
    if height * width > MOST_CELLS or len(flaws) > MOST_FLAWS:
        return None
    tail = content[content.rfind(b"</sheetData>") :] if b"<mergeCell " in content else b""
    for left, top, right, bottom in _MERGED.findall(tail):
        _merged(flaws, (left, top, right, bottom), height, width)
    return _Part(height, width, flaws)


def _blocks(content: bytes, size: int = 1 << 20) -> Iterator[bytes]:
    """The text in pieces that end where a row ends."""
    at = 0
    while at < len(content):
        end = content.find(b"</row>", at + size)
        end = len(content) if end < 0 else end + 6
        yield content[at:end]
        at = end


def _valueless(block: bytes) -> Iterator[tuple[tuple[int, int], Flaw]]:
    for letters, digits, attributes, inside in _CELL.findall(block):
        spot = (int(digits), _column(letters))
        if b't="e"' in attributes:
            word = _VALUE.search(inside)
            yield spot, Flaw("error", word.group(1).decode("utf-8", "replace")[:20] if word else "#N/A")
        elif b"<f" in inside and b't="str"' not in attributes and not _VALUE.search(inside):
            yield spot, Flaw("uncalculated", "")


def _merged(
    flaws: dict[tuple[int, int], Flaw], ends: tuple[bytes, bytes, bytes, bytes], height: int, width: int
) -> None:
    """Every cell of a merged range but the first holds nothing of its own."""
    left, top, right, bottom = _column(ends[0]), int(ends[1]), _column(ends[2]), int(ends[3])
    word = f"{ends[0].decode()}{top}:{ends[2].decode()}{bottom}"
    for row in range(top, min(bottom, height) + 1):
        for column in range(left, min(right, width - 1) + 1):
            if (row, column) != (top, left) and len(flaws) < MOST_FLAWS:
                flaws[(row, column)] = Flaw("merged", word)


def _column(letters: bytes) -> int:
    """A column's number from 0: A is 0, AA is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


# --- the two readers ----------------------------------------------------------------------------------------


def _quickly(raw: bytes, parts: Mapping[str, _Part], score: Score, progress: Progress | None) -> Grid | Text:
    if any(part.columns > MOST_COLUMNS for part in parts.values()):
        return too_wide()
    book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
    try:
        tables = {
            name: book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            for name, part in parts.items()
            if part.rows
        }
    finally:
        book.close()
    chosen, others = _best(
        {name: _texts(rows[: HEAD_LINES * 5], HEAD_LINES) for name, rows in tables.items()}, score
    )
    if not chosen:
        return Text("文件是空的。", "The file is empty.")
    flaws = parts[chosen].flaws
    errors: dict[int, list[tuple[int, str]]] = {}
    for (row, column), flaw in flaws.items():
        if flaw.kind == "error":
            errors.setdefault(row, []).append((column, flaw.word))
    lines = _numbered(tables.pop(chosen), errors)
    return _named(gathered(lines, "xlsx", progress), chosen, others, flaws)


def _row_by_row(raw: bytes, score: Score, progress: Progress | None) -> Grid | Text:
    book = load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
    sheets = {one.title: one for one in book.worksheets if one.sheet_state == "visible"}
    for sheet in sheets.values():
        sheet.reset_dimensions()  # a sheet that claims a million wide rows would have them filled up
    heads = {name: _texts(one.iter_rows(values_only=True), HEAD_LINES) for name, one in sheets.items()}
    chosen, others = _best(heads, score)
    if not chosen:
        return Text("文件是空的。", "The file is empty.")
    grid = gathered(_numbered(sheets[chosen].iter_rows(values_only=True), {}), "xlsx", progress)
    if isinstance(grid, Text):
        return grid
    flaws = {
        (line.number, column): Flaw("error", cell)
        for line in grid.lines
        for column, cell in enumerate(line.cells)
        if cell in ERRORS
    }
    return _named(grid, chosen, others, flaws)


def _texts(rows: Iterable[Sequence[object]], most: int) -> list[tuple[str, ...]]:
    """The first lines that are not blank."""
    found: list[tuple[str, ...]] = []
    for line in _numbered(rows, {}):
        if any(cell.strip() for cell in line.cells):
            found.append(line.cells)
        if len(found) >= most or line.number > MOST_ROWS:
            break
    return found


def _best(heads: Mapping[str, list[tuple[str, ...]]], score: Score) -> tuple[str, tuple[str, ...]]:
    """The sheet that reads best, the first where several do; and the others that hold something."""
    filled = [name for name, head in heads.items() if head]
    chosen = max(filled, key=lambda name: score(heads[name]), default="")
    return chosen, tuple(name for name in filled if name != chosen)


def _named(
    grid: Grid | Text, sheet: str, others: tuple[str, ...], flaws: Mapping[tuple[int, int], Flaw]
) -> Grid | Text:
    return grid if isinstance(grid, Text) else Grid(grid.lines, grid.encoding, sheet, others, flaws)


def _numbered(
    rows: Iterable[Sequence[object]], errors: Mapping[int, Sequence[tuple[int, str]]]
) -> Iterator[Line]:
    """Rows as text without the empty cells at their end; ``errors`` are put in where a reader left them out."""
    for number, values in enumerate(rows, 1):
        cells = [value if type(value) is str else as_text(value) for value in values]
        for column, word in errors.get(number, ()):
            cells[column] = word
        while cells and not cells[-1]:
            cells.pop()
        yield Line(number, tuple(cells))


def as_text(value: object) -> str:
    """A cell as somebody would have typed it. Times are whole seconds: a workbook keeps days as fractions, so
    that 00:30 comes out as 00:29:59.99."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and abs(value) < 1e15 and value == int(value):
        return str(int(value))
    if isinstance(value, datetime):
        whole = value.replace(microsecond=0) + timedelta(seconds=value.microsecond >= 500_000)
        midnight = (whole.hour, whole.minute, whole.second) == (0, 0, 0)
        return whole.date().isoformat() if midnight else whole.isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value)
