"""The tail of the embedded store: large batches as one row each, until they are folded by sensor and day.

A batch of a thousand readings of five hundred sensors touches a page of every sensor, and each page touched goes
whole into the write-ahead log; as one blob the batch takes ten. What lies in the tail was written after everything
else, so it wins wherever both have a reading. Folding (:func:`ingest.series_rows.fold_tail`) is what is dear; it is
done once for many batches.
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

from ingest.series import (
    FARTHEST_S,
    MICRO,
    QUALITY_CODE,
    Codes,
    Floats,
    Ints,
    SeriesDamagedError,
    Window,
    check,
)
from sensors.model import Reading

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS tail (n INTEGER PRIMARY KEY, points INTEGER NOT NULL, data BLOB NOT NULL);"
)
LARGE = 500  # readings in one batch from which on it goes to the tail; a live building's second is less
FOLD_AT = 50_000  # readings in the tail before the writer folds them in

_HEAD = struct.Struct("<II")  # checksum, number of readings
_ROW = 8 + 8 + 8 + 8 + 8 + 1  # bytes of one reading: series, time, value, delay, raw, quality


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
        mine = self._at(places).in_order()
        return mine.cut(0, len(mine.at_us), sensor)

    def in_order(self) -> Columns:
        """By sensor and time; of several of one sensor at one time only the one written last."""
        order = np.lexsort((self.at_us, self.series))  # stable
        at, series = self.at_us[order], self.series[order]
        last = np.append((at[1:] != at[:-1]) | (series[1:] != series[:-1]), True)
        return self._at(order[last] if len(order) else order)

    def _at(self, places: Ints) -> Columns:
        names: dict[int, str] = {}
        if self.drill:
            names = {n: self.drill[int(i)] for n, i in enumerate(places) if int(i) in self.drill}
        return Columns(
            self.series[places],
            self.at_us[places],
            self.value[places],
            self.delay_s[places],
            self.raw[places],
            self.quality[places],
            names,
        )

    def cut(self, start: int, stop: int, sensor: str) -> Window:
        """Places ``start`` to ``stop`` as readings of one sensor."""
        return Window(
            sensor=sensor,
            at_us=self.at_us[start:stop],
            value=self.value[start:stop],
            quality=self.quality[start:stop],
            delay_s=self.delay_s[start:stop],
            raw=self.raw[start:stop],
            drill={i - start: name for i, name in self.drill.items() if start <= i < stop}
            if self.drill
            else {},
        )


def pack_tail(ids: dict[str, int], readings: Sequence[Reading]) -> bytes:
    """A batch as bytes; ``ids`` are the numbers of its sensors. Raises as :func:`ingest.series.check` does."""
    count = len(readings)
    at = np.array([r.measured_at for r in readings], "<f8")
    value = np.array([r.value for r in readings], "<f8")
    if not ((np.abs(at) <= FARTHEST_S).all() and np.isfinite(value).all()):
        check(readings)  # which one it is
    delay = np.array([r.received_at for r in readings], "<f8") - at
    delay[~(np.abs(delay) <= FARTHEST_S)] = 0.0
    drill = {str(place): r.drill for place, r in enumerate(readings) if r.drill}
    body = b"".join(
        (
            np.array([ids[r.sensor] for r in readings], "<i8").tobytes(),
            np.rint(at * MICRO).astype("<i8").tobytes(),
            (value + 0.0).tobytes(),  # minus nought becomes nought
            np.rint(delay).astype("<i8").tobytes(),
            np.array([math.nan if r.raw is None else r.raw for r in readings], "<f8").tobytes(),
            np.array([QUALITY_CODE[r.quality] for r in readings], np.uint8).tobytes(),
            msgspec.json.encode(drill) if drill else b"",
        )
    )
    return _HEAD.pack(zlib.crc32(body), count) + body


def tail_matches(data: bytes) -> bool:
    """Whether a batch of the tail is what was written."""
    return (
        len(data) >= _HEAD.size and zlib.crc32(memoryview(data)[_HEAD.size :]) == _HEAD.unpack_from(data)[0]
    )


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
        if not tail_matches(blob):
            raise SeriesDamagedError("a batch in the tail does not match its checksum")
        _, count = _HEAD.unpack_from(blob)
        body = memoryview(blob)[_HEAD.size :]
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
