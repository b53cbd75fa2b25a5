"""Stored readings as tables for people and programs: slices of a series as CSV, JSON or Parquet."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Protocol
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import Struct

from ingest.series import QUALITIES, Series, Stats, Window
from sensors.model import Text
from strongroom.cells import safe_cell

DAY_S = 86400.0
SLICE_S = DAY_S  # of single readings: a day of one sensor every second is 86,400 rows
SLICE_ROWS = 20_000  # of statistics
WIDEST_S = 32 * DAY_S  # a store may have to look at every reading for them
LEAP = 8  # slices at once where nothing was found before: years without a reading are soon passed over

READING_COLUMNS = ("time", "unix", "value", "quality", "delay_s", "raw", "drill")
STATS_COLUMNS = ("time", "unix", "min", "mean", "max", "count")
FORMATS = ("csv", "json", "parquet")

Row = tuple[Any, ...]


class Extract(Struct, frozen=True, kw_only=True):
    """What is asked of a store: one sensor, a half-open range, and the width of statistics (0: single readings)."""

    sensor: str
    from_at: float
    to_at: float
    every_s: float = 0.0
    timezone: str = "UTC"
    marks: tuple[tuple[float, str], ...] = ()  # what happened to the instrument, in order of time

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns; ``unix`` is seconds UTC, ``time`` the same with the building's offset.

        ``mark`` is there where something happened to the instrument: the first row after it says what.
        """
        columns = STATS_COLUMNS if self.every_s else READING_COLUMNS
        return (*columns, "mark") if self.marks else columns


def slices(series: Series, extract: Extract) -> Iterator[tuple[float, list[Row]]]:
    """The rows in order, slice by slice, each with how far in time it reaches; nothing large is held at once.

    Statistics of whole days are those of the building's calendar, from midnight to midnight; of seven days, of weeks
    that begin on Monday. Other widths begin at multiples since 1970-01-01 UTC.
    """
    every_s = extract.every_s
    days = round(every_s / DAY_S) if every_s and every_s % DAY_S == 0 else 0
    width = min(every_s * SLICE_ROWS, max(every_s, WIDEST_S // every_s * every_s)) if every_s else SLICE_S
    start, leap = extract.from_at, 1
    zone = ZoneInfo(extract.timezone)
    waiting = [mark for mark in extract.marks if extract.from_at <= mark[0] < extract.to_at]
    while start < extract.to_at:
        if days:
            edges = calendar(start, days, max(1, round(WIDEST_S / every_s)) * leap, zone)
            stop = min(edges[-1], extract.to_at)
            rows = stats_rows(in_days(series, extract.sensor, start, stop, edges), zone)
        else:
            stop = min((start // width + leap) * width, extract.to_at)
            if every_s:
                rows = stats_rows(series.downsample(extract.sensor, start, stop, every_s), zone)
            else:
                rows = reading_rows(series.window(extract.sensor, start, stop), zone)
        leap = 1 if rows else min(leap * 2, LEAP)
        if extract.marks:
            rows, waiting = _marked(rows, waiting, every_s)
        yield stop, rows
        start = stop


def calendar(at: float, days: int, count: int, zone: ZoneInfo) -> list[float]:
    """Where the stretch of so many days that a moment lies in begins, and the ``count`` ones after it begin."""
    ordinal = datetime.fromtimestamp(at, zone).toordinal()
    first = ordinal - (ordinal - 1) % days  # day 1 of the calendar was a Monday
    return [
        datetime.combine(date.fromordinal(first + days * number), time(), zone).timestamp()
        for number in range(count + 1)
    ]


def in_days(series: Series, sensor: str, from_at: float, to_at: float, edges: Sequence[float]) -> Stats:
    """Statistics between calendar ``edges``, from those of hours, or of quarters where a midnight is no whole hour."""
    step = 3600.0 if all(edge % 3600.0 == 0.0 for edge in edges) else 900.0
    fine = series.downsample(sensor, from_at, to_at, step)
    if not len(fine):
        return fine
    at = np.array(edges)
    place = np.searchsorted(at, np.maximum(fine.at, edges[0]), "right") - 1
    first = np.concatenate(([0], np.flatnonzero(np.diff(place)) + 1))
    count = np.add.reduceat(fine.count, first)
    return Stats(
        at=at[place[first]],
        min=np.minimum.reduceat(fine.min, first),
        mean=np.add.reduceat(fine.mean * fine.count, first) / count,
        max=np.maximum.reduceat(fine.max, first),
        count=count,
    )


def _marked(
    rows: list[Row], waiting: list[tuple[float, str]], every_s: float
) -> tuple[list[Row], list[tuple[float, str]]]:
    """Rows with what happened since the row before; marks that no row has come to yet wait for the next slice."""
    found: list[Row] = []
    left = list(waiting)
    for row in rows:
        due = [words for at, words in left if at < row[1] + every_s or at == row[1]]
        left = left[len(due) :]
        found.append((*row, " | ".join(due) or None))
    return found, left


def stats_rows(stats: Stats, zone: ZoneInfo) -> list[Row]:
    """Buckets as rows of :data:`STATS_COLUMNS`."""
    columns = zip(
        stats.at.tolist(),
        stats.min.tolist(),
        stats.mean.tolist(),
        stats.max.tolist(),
        stats.count.tolist(),
        strict=True,
    )
    return [(_wall(at, zone), at, low, round(mean, 6), high, count) for at, low, mean, high, count in columns]


def reading_rows(window: Window, zone: ZoneInfo) -> list[Row]:
    """Readings as rows of :data:`READING_COLUMNS`."""
    columns = zip(
        window.at.tolist(),
        window.value.tolist(),
        window.quality.tolist(),
        window.delay_s.tolist(),
        window.raw.tolist(),
        strict=True,
    )
    return [
        (
            _wall(at, zone),
            at,
            value,
            QUALITIES[code].value,
            delay,
            None if math.isnan(raw) else raw,
            window.drill.get(place) if window.drill else None,
        )
        for place, (at, value, code, delay, raw) in enumerate(columns)
    ]


def _wall(at: float, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone(zone).isoformat(timespec="milliseconds")


class Writer(Protocol):
    """Takes slices of rows, then ends the file."""

    def rows(self, rows: list[Row]) -> None:
        """Append."""

    def close(self) -> None:
        """Finish; without this the file is not whole."""


def csv_table(out: IO[str], columns: Sequence[str], rows: Iterable[Row]) -> None:
    """RFC 4180 with a header line (none where there are no columns), and no cell that a spreadsheet would run."""
    table = csv.writer(out, lineterminator="\n")
    if columns:
        table.writerow(columns)
    table.writerows(tuple(safe_cell(cell) if isinstance(cell, str) else cell for cell in row) for row in rows)


class CsvWriter:
    """A table by :func:`csv_table`, the sensor in the first column."""

    def __init__(self, out: IO[str], extract: Extract) -> None:
        self._out = out
        self._sensor = extract.sensor
        csv_table(out, ("sensor", *extract.columns), ())

    def rows(self, rows: list[Row]) -> None:
        """Append."""
        csv_table(self._out, (), ((self._sensor, *row) for row in rows))

    def close(self) -> None:
        """Nothing to finish."""


class JsonWriter:
    """One JSON object: what was asked, and an array of rows as objects."""

    def __init__(self, out: IO[str], extract: Extract) -> None:
        self._out = out
        self._columns = extract.columns
        self._first = True
        head = {
            "sensor": extract.sensor,
            "from": extract.from_at,
            "to": extract.to_at,
            "every_s": extract.every_s or None,
            **(
                {"marks": [{"at": at, "words": words} for at, words in extract.marks]}
                if extract.marks
                else {}
            ),
        }
        out.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "rows": [')

    def rows(self, rows: list[Row]) -> None:
        """Append."""
        for row in rows:
            self._out.write(
                ("\n" if self._first else ",\n") + json.dumps(dict(zip(self._columns, row, strict=True)))
            )
            self._first = False

    def close(self) -> None:
        """Close the brackets."""
        self._out.write("\n]}\n")


class NoParquetError(ValueError):
    """Parquet is asked for where pyarrow is not installed; ``words`` say what to do instead."""

    def __init__(self) -> None:
        self.words = Text(
            "本机没有安装 pyarrow，不能写 Parquet；请写 csv",
            "pyarrow is not installed here, so there is no Parquet; write csv",
        )
        super().__init__(f"{self.words.zh} · {self.words.en}")


class ParquetWriter:
    """Apache Parquet with the sensor as metadata and UTC timestamps in microseconds.

    Raises :class:`NoParquetError` where pyarrow is not installed.
    """

    def __init__(self, path: Path, extract: Extract) -> None:
        # pyarrow comes without type information; it is loaded only where Parquet is wanted.
        try:
            pa: Any = import_module("pyarrow")
            pq: Any = import_module("pyarrow.parquet")
        except ImportError:
            raise NoParquetError from None
        self._pa = pa
        kinds = {
            "quality": pa.string(),
            "drill": pa.string(),
            "mark": pa.string(),
            "delay_s": pa.int64(),
            "count": pa.int64(),
        }
        fields = [("at", pa.timestamp("us", tz="UTC"))]
        fields += [(name, kinds.get(name, pa.float64())) for name in extract.columns[2:]]
        self._schema = pa.schema(fields, metadata={"sensor": extract.sensor, "timezone": extract.timezone})
        self._file = pq.ParquetWriter(path, self._schema)

    def rows(self, rows: list[Row]) -> None:
        """Append as one row group."""
        if not rows:
            return
        columns = list(zip(*rows, strict=True))
        at = [round(unix * 1_000_000) for unix in columns[1]]
        arrays = [
            self._pa.array(column, type=field.type)
            for column, field in zip([at, *columns[2:]], self._schema, strict=True)
        ]
        self._file.write_table(self._pa.Table.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        """Write the footer."""
        self._file.close()
