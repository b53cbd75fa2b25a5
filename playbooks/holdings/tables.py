"""Spreadsheets to rows of text and back: CSV in the encodings archives use, and XLSX. Bytes in, bytes out;
pure."""

from __future__ import annotations

import csv
import io
import itertools
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime

from msgspec import Struct
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell

from sensors.model import Text

MOST_ROWS = 1_000_000
MOST_BYTES = 200 * 1024 * 1024
UNPACKED_BYTES = 1024 * 1024 * 1024
"""A workbook that unpacks to more than this is refused: it is a bomb or no register."""
TELL_ROWS = 5_000
"""Progress is told every so many rows."""
Progress = Callable[[int], None]
_CSV_CODECS = ("utf-8-sig", "gb18030")


class TableRow(Struct, frozen=True):
    """One line of a spreadsheet: its number as people see it, and its cells as text."""

    line: int
    cells: tuple[str, ...]


class Sheet(Struct, frozen=True):
    """A spreadsheet as text. ``encoding`` says how the bytes were read."""

    header: tuple[str, ...]
    rows: tuple[TableRow, ...]
    encoding: str


def read_sheet(raw: bytes, name: str, progress: Progress | None = None) -> Sheet | Text:
    """The first sheet of an XLSX, or a CSV (UTF-8 or GB18030; comma, semicolon or tab), or why it cannot
    be read. ``progress`` is told the number of rows read so far, every :data:`TELL_ROWS`."""
    if len(raw) > MOST_BYTES:
        return Text("文件超过 200 MB。", "The file is larger than 200 MB.")
    if raw[:4] == b"PK\x03\x04":
        return _read_xlsx(raw, progress)
    if name.casefold().endswith((".xls", ".xlsx")) or raw[:4] == b"\xd0\xcf\x11\xe0":
        return Text("请另存为 .xlsx 或 CSV UTF-8。", "Save it as .xlsx or as CSV UTF-8.")
    return _read_csv(raw, progress)


def _read_csv(raw: bytes, progress: Progress | None) -> Sheet | Text:
    for codec in _CSV_CODECS:
        try:
            text = raw.decode(codec)
            break
        except UnicodeDecodeError:
            continue
    else:
        return Text("看不懂文件的编码，请另存为 CSV UTF-8。", "Unknown encoding: save it as CSV UTF-8.")
    lines = text.replace("\x00", "").splitlines(keepends=True)
    first = next((line for line in lines if line.strip()), "")
    separator = max(",;\t", key=first.count)
    previous = csv.field_size_limit(10 * 1024 * 1024)
    try:
        reader = csv.reader(lines, delimiter=separator)
        rows = _numbered((list(cells), reader) for cells in reader)
        return _sheet(rows, codec, progress)
    except csv.Error as error:
        return Text(f"表格在某处断裂：{error}", f"The table is broken: {error}")
    finally:
        csv.field_size_limit(previous)


def _numbered(entries: Iterator[tuple[list[str], object]]) -> Iterator[TableRow]:
    for cells, reader in entries:
        yield TableRow(getattr(reader, "line_num", 0), tuple(cells))


def _read_xlsx(raw: bytes, progress: Progress | None) -> Sheet | Text:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > UNPACKED_BYTES:
                return Text("工作簿解压后过大。", "The workbook unpacks to too much.")
        book = load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = (
            TableRow(number, tuple(_as_text(value) for value in values))
            for number, values in enumerate(sheet.iter_rows(values_only=True), 1)
        )
        return _sheet(rows, "xlsx", progress)
    except Exception as error:
        return Text(
            f"工作簿无法读取（{type(error).__name__}），请另存为 CSV UTF-8。",
            f"The workbook cannot be read ({type(error).__name__}): save it as CSV UTF-8.",
        )


def _as_text(value: object) -> str:
    """A cell as somebody would have typed it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return (
            value.date().isoformat()
            if (value.hour, value.minute, value.second) == (0, 0, 0)
            else value.isoformat()
        )
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _sheet(rows: Iterable[TableRow], encoding: str, progress: Progress | None) -> Sheet | Text:
    header: tuple[str, ...] | None = None
    found: list[TableRow] = []
    for row in rows:
        if not any(cell.strip() for cell in row.cells):
            continue
        if header is None:
            header = tuple(cell.strip() for cell in row.cells)
            continue
        # A workbook leaves empty last cells out; in a CSV a short row is a slip.
        missing = len(header) - len(row.cells) if encoding == "xlsx" else 0
        found.append(TableRow(row.line, row.cells + ("",) * missing) if missing > 0 else row)
        if progress is not None and len(found) % TELL_ROWS == 0:
            progress(len(found))
        if len(found) > MOST_ROWS:
            return Text("超过一百万行。", "More than a million rows.")
    if header is None:
        return Text("文件是空的，第一行要写列名。", "The file is empty; its first line names the columns.")
    return Sheet(header, tuple(found), encoding)


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
