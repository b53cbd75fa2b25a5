"""The tail of the embedded store: large batches as one row each, until they are folded into rows by sensor.

A batch of a thousand readings of five hundred sensors touches a page of every sensor, and each page touched goes
whole into the write-ahead log; as one blob the batch takes ten. What lies in the tail was written after everything in
the rows, so it wins wherever both have a reading.
"""

from __future__ import annotations

import math
import sqlite3
import struct
import zlib
from collections.abc import Sequence

import msgspec
import numpy as np
from msgspec import Struct

from ingest.series import MICRO, QUALITY_CODE, Codes, Floats, Ints, SeriesDamagedError, Window, delay_s
from sensors.model import Reading

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS tail (n INTEGER PRIMARY KEY, points INTEGER NOT NULL, data BLOB NOT NULL);"
)
LARGE = 500  # readings in one batch from which on it goes to the tail; a live building's second is less
FOLD_AT = 100_000  # readings in the tail before the writer folds them in

_HEAD = struct.Struct("<II")  # checksum, number of readings
_ROW = 8 + 8 + 8 + 8 + 8 + 1  # bytes of one reading: series, time, value, delay, raw, quality
PUT_ROW = (
    "INSERT OR REPLACE INTO recent (series, at, value, quality, delay, raw, drill) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)


class Columns(Struct, frozen=True, eq=False):
    """Readings of several sensors in columns, in the order of writing; ``drill`` by position."""

    series: Ints
    at_us: Ints
    value: Floats
    delay_s: Ints
    raw: Floats
    quality: Codes
    drill: dict[int, str]

    def of(self, series: int, from_us: int, to_us: int, sensor: str) -> Window:
        """The readings of one sensor in a range, by time; of several at one time the one written last."""
        places = np.flatnonzero((self.series == series) & (self.at_us >= from_us) & (self.at_us < to_us))
        places = places[np.argsort(self.at_us[places], kind="stable")]
        at = self.at_us[places]
        places = places[np.append(at[1:] != at[:-1], True)] if len(places) else places
        names = {place: self.drill[int(i)] for place, i in enumerate(places) if int(i) in self.drill}
        return Window(
            sensor=sensor,
            at_us=self.at_us[places],
            value=self.value[places],
            quality=self.quality[places],
            delay_s=self.delay_s[places],
            raw=self.raw[places],
            drill=names if self.drill else {},
        )


def pack_tail(ids: dict[str, int], readings: Sequence[Reading]) -> bytes:
    """A batch as bytes; ``ids`` are the numbers of its sensors."""
    count = len(readings)
    drill = {str(place): r.drill for place, r in enumerate(readings) if r.drill}
    body = b"".join(
        (
            np.fromiter((ids[r.sensor] for r in readings), "<i8", count).tobytes(),
            np.rint(np.fromiter((r.measured_at for r in readings), "<f8", count) * MICRO)
            .astype("<i8")
            .tobytes(),
            (np.fromiter((r.value for r in readings), "<f8", count) + 0.0).tobytes(),
            np.fromiter((delay_s(r) for r in readings), "<i8", count).tobytes(),
            np.fromiter((math.nan if r.raw is None else r.raw for r in readings), "<f8", count).tobytes(),
            np.fromiter((QUALITY_CODE[r.quality] for r in readings), np.uint8, count).tobytes(),
            msgspec.json.encode(drill) if drill else b"",
        )
    )
    return _HEAD.pack(zlib.crc32(body), count) + body


def read_tail(base: sqlite3.Connection) -> Columns | None:
    """Everything in the tail, oldest batch first; None when it is empty.

    Raises :class:`SeriesDamagedError` for a batch that does not match its checksum.
    """
    blobs = [bytes(data) for (data,) in base.execute("SELECT data FROM tail ORDER BY n")]
    if not blobs:
        return None
    parts: list[list[np.ndarray]] = []
    drill: dict[int, str] = {}
    base_at = 0
    for blob in blobs:
        checksum, count = _HEAD.unpack_from(blob)
        body = memoryview(blob)[_HEAD.size :]
        if zlib.crc32(body) != checksum:
            raise SeriesDamagedError("a batch in the tail does not match its checksum")
        kinds = ("<i8", "<i8", "<f8", "<i8", "<f8", "u1")
        starts = (0, 8, 16, 24, 32, 40)
        parts.append(
            [
                np.frombuffer(body, kind, count, start * count)
                for kind, start in zip(kinds, starts, strict=True)
            ]
        )
        if len(body) > _ROW * count:
            named = msgspec.json.decode(body[_ROW * count :], type=dict[str, str])
            drill.update({base_at + int(place): name for place, name in named.items()})
        base_at += count
    series, at_us, value, delay, raw, quality = (np.concatenate(one) for one in zip(*parts, strict=True))
    return Columns(series, at_us, value, delay, raw, quality, drill)


def fold_tail(base: sqlite3.Connection) -> int:
    """Make rows of everything in the tail, inside the caller's transaction; how many readings."""
    found = read_tail(base)
    if found is None:
        return 0
    order = np.lexsort(
        (found.at_us, found.series)
    )  # stable: of several at one time the last one written stays
    names = [found.drill.get(int(i)) for i in order] if found.drill else [None] * len(order)
    rows = zip(
        found.series[order].tolist(),
        found.at_us[order].tolist(),
        found.value[order].tolist(),
        found.quality[order].tolist(),
        found.delay_s[order].tolist(),
        found.raw[order].tolist(),  # SQLite keeps a NaN as NULL
        names,
        strict=True,
    )
    base.executemany(PUT_ROW, rows)
    base.execute("DELETE FROM tail")
    return len(order)
