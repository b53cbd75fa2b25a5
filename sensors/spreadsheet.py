"""Spreadsheets as lines of text cells: CSV in the encodings people's software writes, and XLSX. Bytes in; pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from sensors.grid import (
    MOST_COLUMNS,
    TELL_ROWS,
    Flaw,
    Grid,
    Line,
    Progress,
    Score,
    gathered,
    too_wide,
    widest,
)
from sensors.model import Text
from sensors.workbook import read_workbook

__all__ = ["TELL_ROWS", "Flaw", "Grid", "Line", "Progress", "Score", "decoded", "read_grid", "widest"]

MOST_BYTES = 200 * 1024 * 1024
SEPARATORS = ",;\t"
SAMPLE_LINES = 400
_LONGEST_CELL = 10 * 1024 * 1024
_CHINESE_WORD = re.compile("[\u4e00-\u9fff]{2}")
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_WEB_PAGE = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*(?:<!doctype html|<html|<table|<\?xml)", re.IGNORECASE)
_DAMAGED_SHARE = 0.05
"""UTF-8 in which up to this share of the characters beyond ASCII is damaged is still UTF-8; of another encoding read as
UTF-8 nearly all are (planning assumption)."""


def read_grid(raw: bytes, name: str, score: Score = widest, progress: Progress | None = None) -> Grid | Text:
    """The best sheet of an XLSX by ``score``, or a CSV, or why it cannot be read.

    A CSV may be UTF-8, UTF-16, GB18030 or Windows-1252, with comma, semicolon or tab. Files that end in .xls and
    are text inside, as several loggers write them, are read as the text they are. ``progress`` hears the lines
    read so far.
    """
    if len(raw) > MOST_BYTES:
        return Text("文件超过 200 MB。", "The file is larger than 200 MB.")
    if raw[:4] == b"PK\x03\x04":
        return read_workbook(raw, score, progress)
    if raw[:4] == b"\xd0\xcf\x11\xe0":
        return _old_or_locked(raw)
    if _WEB_PAGE.match(raw[:200]):
        return Text(
            "这是网页或 XML，不是表格。请用表格软件打开后另存为 .xlsx 或 CSV UTF-8。",
            "This is a web page or XML, not a table: open it in a spreadsheet and save it as .xlsx or CSV UTF-8.",
        )
    if name.casefold().endswith(".xlsx"):
        return Text(
            "这个文件不是工作簿，只是以 .xlsx 结尾。请另存为 .xlsx 或 CSV UTF-8。",
            "The file ends in .xlsx but is no workbook: save it as .xlsx or as CSV UTF-8.",
        )
    return _read_csv(raw, score, progress)


def _old_or_locked(raw: bytes) -> Text:
    if _LOCKED in raw:
        return Text(
            "工作簿有密码。请在表格软件中取消密码后保存，或另存为 CSV UTF-8。",
            "The workbook has a password: save it without one, or as CSV UTF-8.",
        )
    return Text(
        "这是旧式 .xls 工作簿。请在表格软件中另存为 .xlsx 或 CSV UTF-8。",
        "This is an old .xls workbook, whatever its name: save it as .xlsx or as CSV UTF-8.",
    )


def decoded(raw: bytes) -> tuple[str, str] | None:
    """The text of a file and the encoding it was read with; None where it is no text.

    The same bytes are often both GB18030 and Windows-1252 (``°C`` reads as a rare Chinese character). Chinese
    it is where two Chinese characters stand together, as in every Chinese word for a column. UTF-8 with a few damaged
    bytes stays UTF-8, with U+FFFD where they were: read as GB18030 every word of it would turn into another.
    """
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _as(raw, "utf-16")
    if b"\x00" in raw[:4096]:
        low, high = raw[:4096:2].count(0), raw[1:4096:2].count(0)
        if max(low, high) > 4 * min(low, high):
            return _as(raw, "utf-16-le" if high > low else "utf-16-be")
    found = _as(raw, "utf-8-sig")
    if found is not None:
        return found
    damaged = raw.decode("utf-8-sig", "replace")
    beyond = sum(not char.isascii() for char in damaged)
    if damaged.count("\ufffd") <= _DAMAGED_SHARE * beyond:
        return damaged, "utf-8-sig"
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
    # Only line ends end a line: other marks of a new line or page (U+2028, U+0085) stand inside cells.
    lines = list(io.StringIO(text.replace("\x00", ""), newline=""))
    previous = csv.field_size_limit(_LONGEST_CELL)
    try:
        separator = max(SEPARATORS, key=lambda cut: score(_cells(lines[:SAMPLE_LINES], cut)))
        if any(line.count(separator) > MOST_COLUMNS for line in lines):
            return too_wide()
        return gathered(_rows(lines, separator), codec, progress)
    finally:
        csv.field_size_limit(previous)


def _rows(lines: Sequence[str], separator: str) -> Iterator[Line]:
    """Rows with their numbers. A quote that never closes, or closes amid words, costs its own line alone: read on
    without complaint it would swallow the rows that follow."""
    at = number = 0
    while at < len(lines):
        reader = csv.reader(_following(lines, at), delimiter=separator, strict=True)
        read = 0
        try:
            for cells in reader:
                number += 1
                read = reader.line_num
                yield Line(number, tuple(cells))
            return
        except csv.Error:
            number += 1
            at += read
            yield Line(number, next(iter(_cells(lines[at : at + 1], separator)), ("?",)), broken=True)
            at += 1


def _following(lines: Sequence[str], at: int) -> Iterator[str]:
    return (lines[index] for index in range(at, len(lines)))


def _cells(lines: Iterable[str], separator: str) -> list[tuple[str, ...]]:
    try:
        return [tuple(cells) for cells in csv.reader(lines, delimiter=separator)]
    except csv.Error:
        return []
