"""The register's spreadsheets: a heading and rows of text, and back. Bytes in, bytes out; pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from msgspec import Struct
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from sensors.model import Text
from sensors.spreadsheet import Line, read_grid


class Sheet(Struct, frozen=True):
    """A spreadsheet whose first line that is not blank heads the columns. ``encoding`` says how it was read."""

    header: tuple[str, ...]
    rows: tuple[Line, ...]
    encoding: str


def read_sheet(raw: bytes, name: str) -> Sheet | Text:
    """The first sheet of an XLSX, or a CSV, or why it cannot be read."""
    grid = read_grid(raw, name)
    if isinstance(grid, Text):
        return grid
    filled = [line for line in grid.lines if any(cell.strip() for cell in line.cells)]
    header = tuple(cell.strip() for cell in filled[0].cells)
    return Sheet(header, tuple(filled[1:]), grid.encoding)


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
    for cells in (header, *rows):
        line = []
        for value in cells:
            cell = WriteOnlyCell(sheet, value=value)
            cell.data_type = "s"
            line.append(cell)
        sheet.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
