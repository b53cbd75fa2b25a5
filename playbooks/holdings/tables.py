"""The register's spreadsheets: a heading and rows of text, and back. Bytes in, bytes out; pure."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from playbooks.holdings.cells import cleaned, guarded
from playbooks.holdings.columns import named
from sensors.model import Text
from sensors.spreadsheet import TELL_ROWS, Flaw, Grid, Line, Progress, read_grid

__all__ = ["TELL_ROWS", "Progress", "Sheet", "read_sheet", "write_csv", "write_xlsx"]
HEAD_LINES = 20
"""A heading is looked for in so many first lines: many a register has its title above it."""
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


class Sheet(Struct, frozen=True):
    """A register's columns and rows. ``encoding`` says how it was read, ``sheet`` and ``others`` which sheet of a
    workbook; ``flaws`` as in :class:`~sensors.grid.Grid`."""

    header: tuple[str, ...]
    rows: tuple[Line, ...]
    encoding: str
    sheet: str = ""
    others: tuple[str, ...] = ()
    flaws: Mapping[tuple[int, int], Flaw] = {}


def read_sheet(raw: bytes, name: str, progress: Progress | None = None) -> Sheet | Text:
    """The sheet of an XLSX that looks most like a register, or a CSV, or why it cannot be read.

    ``progress`` hears the lines read so far.
    """
    grid = read_grid(raw, name, _looks_like_one, progress)
    if isinstance(grid, Text):
        return grid
    filled = [line for line in grid.lines if any(cell.strip() for cell in line.cells)]
    top = max(range(min(len(filled), HEAD_LINES)), key=lambda at: (named(filled[at].cells), -at))
    if named(filled[top].cells) < 2:
        top = 0
    rows = tuple(filled[top + 1 :])
    header = _header(filled[top].cells, rows, grid)
    # Spreadsheets leave out empty cells at the end of a row, in CSV files too.
    rows = tuple(
        Line(line.number, line.cells + ("",) * (len(header) - len(line.cells)), line.broken)
        if len(line.cells) < len(header)
        else line
        for line in rows
    )
    return Sheet(header, rows, grid.encoding, grid.sheet, grid.others, grid.flaws)


def _looks_like_one(lines: Sequence[tuple[str, ...]]) -> int:
    """How many of our columns a heading among these lines names; then how wide the first line is."""
    filled = [cells for cells in lines if any(cell.strip() for cell in cells)][:HEAD_LINES]
    return 1000 * max(map(named, filled), default=0) + min(999, max(map(len, filled[:1]), default=0))


def _header(cells: tuple[str, ...], rows: Sequence[Line], grid: Grid) -> tuple[str, ...]:
    """Names for all columns: those without a heading are counted where something stands in them, a name that is there
    twice gets a number. Nothing an archive keeps is lost for want of a heading."""
    wide = len(cells)
    if grid.encoding == "xlsx":  # there rows may be wider than their heading; in a CSV that is a slip
        wide = max(wide, max((len(line.cells) for line in rows), default=0))
    names = [cleaned(cell) for cell in cells] + [""] * (wide - len(cells))
    bare = [at for at, name in enumerate(names) if not name]
    for at in bare:
        if any(len(line.cells) > at and line.cells[at].strip() for line in rows):
            names[at] = f"column {at + 1}"
    seen: dict[str, int] = {}
    for at, name in enumerate(names):
        seen[name] = seen.get(name, 0) + 1
        if name and seen[name] > 1:
            names[at] = f"{name} ({seen[name]})"
    return tuple(names)


def write_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A CSV that every spreadsheet opens: UTF-8 with a byte-order mark, commas, CRLF."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([guarded(name) for name in header])
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def write_xlsx(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A workbook whose cells are all text, so that nothing is taken for a formula, a number or a date."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("holdings")

    def text(value: str) -> object:
        value = _ESCAPED.sub("_x005F_", value)  # ISO/IEC 29500-1, 22.9.2.19: _x0041_ would read as A
        if not value.startswith("="):
            return value or None  # the library keeps a str as text; only "=" would become a formula
        cell = WriteOnlyCell(sheet, value=value)
        cell.data_type = "s"
        return cell

    for cells in itertools.chain(([guarded(name) for name in header],), rows):
        sheet.append([text(value) for value in cells])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
