"""Answers of the HTTP API as JSON, CSV or Parquet: which form is asked for, and how it is given.

A form is chosen by ``format=`` or, without it, by the ``Accept`` header (RFC 9110 section 12.5.1); JSON is the
default. ``download=1`` makes the answer a file: it has a name people can read, holds the whole range instead
of a page, and as CSV begins with the byte-order mark without which spreadsheets misread Chinese.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct
from starlette.background import BackgroundTask
from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response, StreamingResponse

from sensors.model import Text
from strongroom.history import (
    CsvWriter,
    Extract,
    JsonWriter,
    NoParquetError,
    ParquetWriter,
    Row,
    Writer,
    csv_table,
)

TYPES = {
    "json": "application/json",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
}
_NAMES = {kind: name for name, kind in TYPES.items()} | {
    "application/*": "json",
    "text/*": "csv",
    "*/*": "json",
}
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Vary": "Accept, Cookie"}


class RefusedError(Exception):
    """A request that is not answered: the HTTP status and why, in both languages."""

    def __init__(self, status: int, words: Text) -> None:
        super().__init__(words.en)
        self.status = status
        self.words = words


class Answer(Struct, frozen=True, kw_only=True):
    """What a route found: the JSON value, the same as a table, and the address of the next page (empty: none)."""

    value: dict[str, Any]
    columns: tuple[str, ...]
    rows: Sequence[Row]
    name: str
    following: str = ""


class Whole(Struct, frozen=True, kw_only=True):
    """A whole range for a file, slice by slice."""

    extract: Extract
    slices: Iterator[tuple[float, list[Row]]]
    name: str


def wanted(given: str, accept: str) -> str:
    """json, csv or parquet. :class:`RefusedError` 400 for another ``format``, 406 where nothing accepted is there."""
    if given:
        if given not in TYPES:
            words = Text(f"format 请写 {'、'.join(TYPES)}", f"format is one of {', '.join(TYPES)}")
            raise RefusedError(400, words)
        return given
    best, found = 0.0, ""
    for part in accept.split(",") if accept.strip() else ["*/*"]:
        kind, _, rest = part.strip().partition(";")
        weight = next((_weight(one) for one in rest.split(";") if one.strip().startswith("q=")), 1.0)
        name = _NAMES.get(kind.strip().lower(), "")
        if name and weight > best:
            best, found = weight, name
    if not found:
        zh, en = "、".join(TYPES.values()), ", ".join(TYPES.values())
        raise RefusedError(406, Text(f"Accept 请写 {zh} 之一", f"Accept one of {en}"))
    return found


def _weight(word: str) -> float:
    try:
        return float(word.strip().removeprefix("q="))
    except ValueError:
        return 0.0


def page(answer: Answer, form: str) -> Response:
    """One page of an answer; the next one is named by a ``Link`` header (RFC 8288) in every form."""
    headers = dict(HEADERS)
    if answer.following:
        headers["Link"] = f'<{answer.following}>; rel="next"'
    if form == "json":
        return Response(msgspec.json.encode(answer.value), 200, headers, TYPES["json"])
    if form == "csv":
        out = io.StringIO()
        csv_table(out, answer.columns, answer.rows)
        return Response(out.getvalue(), 200, headers, f"{TYPES['csv']}; charset=utf-8; header=present")
    raise RefusedError(400, Text("这里没有 Parquet，请写 format=csv", "no Parquet of this; write format=csv"))


def file_of(whole: Whole, form: str) -> Response:
    """The whole range as a file to keep. Only one slice of CSV or JSON is held at once; Parquet is made on disk first.

    The first slice is read before anything is answered, so that a store that is away is still told as 503.
    """
    name = f"{whole.name}.{form}"
    headers = {**HEADERS, "Content-Disposition": _attachment(name)}
    if form == "parquet":
        path = parquet_file(whole.extract, whole.slices)
        tidy = BackgroundTask(path.unlink, missing_ok=True)
        return FileResponse(path, 200, headers, TYPES["parquet"], background=tidy)
    first = next(whole.slices, (whole.extract.to_at, []))
    parts = _parts(whole, first, form)
    kind = f"{TYPES['csv']}; charset=utf-8" if form == "csv" else TYPES["json"]
    return StreamingResponse(parts, 200, headers, kind)


def _parts(whole: Whole, first: tuple[float, list[Row]], form: str) -> Iterator[bytes]:
    out = io.StringIO()
    writer: Writer = CsvWriter(out, whole.extract) if form == "csv" else JsonWriter(out, whole.extract)
    if form == "csv":
        yield b"\xef\xbb\xbf"

    def written() -> bytes:
        text = out.getvalue()
        out.seek(0)
        out.truncate()
        return text.encode()

    writer.rows(first[1])
    yield written()
    for _, rows in whole.slices:
        writer.rows(rows)
        if out.tell():
            yield written()
    writer.close()
    yield written()


def parquet_file(extract: Extract, slices: Iterator[tuple[float, list[Row]]]) -> Path:
    """The slices as a Parquet file in the system's temporary folder; the caller removes it."""
    with tempfile.NamedTemporaryFile(prefix="strongroom-", suffix=".parquet", delete=False) as made:
        path = Path(made.name)
    try:
        writer = ParquetWriter(path, extract)
        for _, rows in slices:
            writer.rows(rows)
        writer.close()
    except NoParquetError as error:
        path.unlink(missing_ok=True)
        raise RefusedError(400, error.words) from None
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _attachment(name: str) -> str:
    """RFC 6266: the name for everybody, and an ASCII one for programs of old."""
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "_" for sign in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def accept_of(headers: Headers) -> str:
    """The ``Accept`` header, all of its lines."""
    return ",".join(headers.getlist("accept"))
