"""Spreadsheets as lines of text cells: CSV in the encodings people's software writes, and XLSX. Bytes in; pure."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta

from msgspec import Struct
from openpyxl import load_workbook

from sensors.model import Text

MOST_ROWS = 1_000_000
MOST_BYTES = 200 * 1024 * 1024
UNPACKED_BYTES = 1024 * 1024 * 1024
"""A workbook that unpacks to more than this is refused: it is a bomb or no table."""
TELL_ROWS = 5_000
"""Progress is told every so many lines."""
Progress = Callable[[int], None]
SEPARATORS = ",;\t"
SAMPLE_LINES = 400
_LONGEST_CELL = 10 * 1024 * 1024
_CHINESE_WORD = re.compile("[\u4e00-\u9fff]{2}")


class Line(Struct, frozen=True, gc=False):
    """One line of a spreadsheet: its number as people see it, and its cells as text."""

    number: int
    cells: tuple[str, ...]


class Grid(Struct, frozen=True):
    """A spreadsheet as text, blank lines included. ``encoding`` says how the bytes were read."""

    lines: tuple[Line, ...]
    encoding: str


Score = Callable[[Sequence[tuple[str, ...]]], int]
"""How well the first lines read when cut one way; the best cut is taken."""


def widest(lines: Sequence[tuple[str, ...]]) -> int:
    """The usual score: how many cells the first line that is not blank has."""
    return next((len(cells) for cells in lines if any(cell.strip() for cell in cells)), 0)


def read_grid(raw: bytes, name: str, score: Score = widest, progress: Progress | None = None) -> Grid | Text:
    """The first sheet of an XLSX, or a CSV, or why it cannot be read.

    A CSV may be UTF-8, UTF-16 with its mark, GB18030 or Windows-1252, with comma, semicolon or tab. Files that
    end in .xls and are text inside, as several loggers write them, are read as the text they are. ``progress``
    hears the lines read so far.
    """
    if len(raw) > MOST_BYTES:
        return Text("文件超过 200 MB。", "The file is larger than 200 MB.")
    if raw[:4] == b"PK\x03\x04":
        return _read_xlsx(raw, progress)
    if raw[:4] == b"\xd0\xcf\x11\xe0" or name.casefold().endswith(".xlsx"):
        return Text("请另存为 .xlsx 或 CSV UTF-8。", "Save it as .xlsx or as CSV UTF-8.")
    return _read_csv(raw, score, progress)


def decoded(raw: bytes) -> tuple[str, str] | None:
    """The text of a file and the encoding it was read with; None where it is no text.

    The same bytes are often both GB18030 and Windows-1252 (``°C`` reads as a rare Chinese character). Chinese
    it is where two Chinese characters stand together, as in every Chinese word for a column.
    """
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _as(raw, "utf-16")
    found = _as(raw, "utf-8-sig")
    if found is not None:
        return found
    chinese = _as(raw, "gb18030")
    if chinese is not None and _CHINESE_WORD.search(chinese[0]):
        return chinese
    return _as(raw, "cp1252") or chinese


def _as(raw: bytes, codec: str) -> tuple[str, str] | None:
    try:
        return raw.decode(codec), codec
    except UnicodeDecodeError:
        return None


def _read_csv(raw: bytes, score: Score, progress: Progress | None) -> Grid | Text:
    found = decoded(raw)
    if found is None:
        return Text("看不懂文件的编码，请另存为 CSV UTF-8。", "Unknown encoding: save it as CSV UTF-8.")
    text, codec = found
    lines = text.replace("\x00", "").splitlines(keepends=True)
    previous = csv.field_size_limit(_LONGEST_CELL)
    try:
        separator = max(SEPARATORS, key=lambda cut: score(_cells(lines[:SAMPLE_LINES], cut)))
        reader = csv.reader(lines, delimiter=separator)
        return _grid((Line(reader.line_num, tuple(cells)) for cells in reader), codec, progress)
    except csv.Error as error:
        return Text(f"表格在某处断裂：{error}", f"The table is broken: {error}")
    finally:
        csv.field_size_limit(previous)


def _cells(lines: Iterable[str], separator: str) -> list[tuple[str, ...]]:
    return [tuple(cells) for cells in csv.reader(lines, delimiter=separator)]


def _read_xlsx(raw: bytes, progress: Progress | None) -> Grid | Text:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > UNPACKED_BYTES:
                return Text("工作簿解压后过大。", "The workbook unpacks to too much.")
        book = load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
        rows = book.worksheets[0].iter_rows(values_only=True)
        return _grid(_numbered(rows), "xlsx", progress)
    except Exception as error:
        return Text(
            f"工作簿无法读取（{type(error).__name__}），请另存为 CSV UTF-8。",
            f"The workbook cannot be read ({type(error).__name__}): save it as CSV UTF-8.",
        )


def _numbered(rows: Iterable[Sequence[object]]) -> Iterator[Line]:
    for number, values in enumerate(rows, 1):
        yield Line(number, tuple(as_text(value) for value in values))


def as_text(value: object) -> str:
    """A cell as somebody would have typed it. Times are whole seconds: a workbook keeps days as fractions, so
    that 00:30 comes out as 00:29:59.99."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        whole = value.replace(microsecond=0) + timedelta(seconds=value.microsecond >= 500_000)
        midnight = (whole.hour, whole.minute, whole.second) == (0, 0, 0)
        return whole.date().isoformat() if midnight else whole.isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value)


def _grid(lines: Iterable[Line], encoding: str, progress: Progress | None) -> Grid | Text:
    kept: list[Line] = []
    for line in lines:
        kept.append(line)
        if progress is not None and len(kept) % TELL_ROWS == 0:
            progress(len(kept))
        if len(kept) > MOST_ROWS:
            return Text("超过一百万行。", "More than a million rows.")
    if not any(cell.strip() for line in kept for cell in line.cells):
        return Text("文件是空的。", "The file is empty.")
    return Grid(tuple(kept), encoding)
