"""The register's spreadsheets: a heading and rows of text, and back. Bytes in, bytes out; pure."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable, Sequence

from msgspec import Struct
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from sensors.model import Text
from sensors.spreadsheet import TELL_ROWS, Line, Progress, read_grid

__all__ = ["TELL_ROWS", "Progress", "Sheet", "read_sheet", "write_csv", "write_xlsx"]


class Sheet(Struct, frozen=True):
    """A spreadsheet whose first line that is not blank heads the columns. ``encoding`` says how it was read."""

    header: tuple[str, ...]
    rows: tuple[Line, ...]
    encoding: str


def read_sheet(raw: bytes, name: str, progress: Progress | None = None) -> Sheet | Text:
    """The first sheet of an XLSX, or a CSV, or why it cannot be read. ``progress`` hears the lines read so far."""
    grid = read_grid(raw, name, progress=progress)
    if isinstance(grid, Text):
        return grid
    filled = [line for line in grid.lines if any(cell.strip() for cell in line.cells)]
    header = tuple(cell.strip() for cell in filled[0].cells)
    rows = filled[1:]
    if grid.encoding == "xlsx":
        # A workbook leaves empty last cells out; in a CSV a short row is a slip.
        rows = [
            Line(line.number, line.cells + ("",) * (len(header) - len(line.cells)))
            if len(line.cells) < len(header)
            else line
            for line in rows
        ]
    return Sheet(header, tuple(rows), grid.encoding)


def write_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A CSV that every spreadsheet opens: UTF-8 with a byte-order mark, commas, CRLF."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def write_xlsx(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A workbook whose cells are all text, so that nothing is taken for a formula, a number or a date."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("holdings")

    def text(value: str) -> object:
        if not value.startswith("="):
            return value or None  # the library keeps a str as text; only "=" would become a formula
        cell = WriteOnlyCell(sheet, value=value)
        cell.data_type = "s"
        return cell

    for cells in itertools.chain((header,), rows):
        sheet.append([text(value) for value in cells])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
