"""Readings of one sensor and day as a small block of bytes, and back, bit for bit.

Columns of whole numbers (microseconds, decimal values as integers) are turned into differences or
differences of differences, split into byte planes and deflated: neighbouring readings differ little, so most
planes are zero. A value that is not a short decimal keeps its 64 bits. Pure functions; a round trip is
exact, which the sealer checks for every block before it lets go of the rows.
"""

from __future__ import annotations

import struct
import zlib
from functools import reduce
from itertools import pairwise

import msgspec
import numpy as np
import numpy.typing as npt

from ingest.series import Floats, Ints, Pile, SeriesDamagedError, Window, fold, pile_of, window_of

_VERSION = 1
_HEAD = struct.Struct("<BBqqq")  # order of differences, bytes per number, unit, first value, first difference
_BITS = 255  # not a decimal of few places: the 64 bits as they are
_PLACES = 7
_EXACT = float(2**53)


def _planes(numbers: Ints) -> tuple[int, bytes]:
    zigzag = ((numbers << 1) ^ (numbers >> 63)).view(np.uint64)
    width = (int(zigzag.max()).bit_length() + 7) // 8 if len(zigzag) else 0
    lanes = zigzag.astype("<u8").view(np.uint8).reshape(-1, 8)[:, :width]
    return width, lanes.T.tobytes()


def _unplaned(data: memoryview, width: int, count: int) -> Ints:
    lanes = np.zeros((count, 8), np.uint8)
    if width:
        lanes[:, :width] = np.frombuffer(data, np.uint8, width * count).reshape(width, count).T
    zigzag = lanes.reshape(-1).view("<u8").astype(np.uint64)
    return (zigzag >> np.uint64(1)).view(np.int64) ^ -(zigzag & np.uint64(1)).view(np.int64)


def _pack_ints(numbers: Ints, *, with_unit: bool = True) -> bytes:
    count = len(numbers)
    if count == 0:
        return _HEAD.pack(1, 0, 1, 0, 0)
    first = int(numbers[0])
    steps = numbers[1:] - numbers[:-1]
    if not steps.any():
        return _HEAD.pack(1, 0, 1, first, 0)
    unit = int(np.gcd.reduce(steps)) if with_unit and count > 1 else 1
    unit = abs(unit) or 1
    if unit > 1:
        steps = steps // unit
    second = steps[1:] - steps[:-1]
    order = 2 if count > 2 and _effort(second) < _effort(steps) else 1
    width, planes = _planes(second if order == 2 else steps)
    return _HEAD.pack(order, width, unit, first, int(steps[0]) if order == 2 else 0) + planes


def _effort(steps: Ints) -> float:
    return float(np.log2(1.0 + np.abs(steps.astype(np.float64))).sum())


def _unpack_ints(data: memoryview, count: int) -> tuple[Ints, int]:
    """The numbers and how many bytes they took."""
    order, width, unit, first, slope = _HEAD.unpack_from(data)
    numbers = np.empty(count, np.int64)
    if count == 0:
        return numbers, _HEAD.size
    kept = max(0, count - order)
    steps = _unplaned(data[_HEAD.size :], width, kept)
    if order == 2:
        steps = np.concatenate((np.array([slope], np.int64), steps)).cumsum()
    numbers[0] = first
    numbers[1:] = steps * unit if unit != 1 else steps
    return np.cumsum(numbers, out=numbers), _HEAD.size + width * kept


def decimals(values: Floats) -> tuple[int, Ints] | None:
    """The fewest decimal places that give every value back bit for bit, and the values as integers of that
    place.
    """
    for places in range(_PLACES):
        scaled = np.rint(values * 10.0**places)
        if len(scaled) and np.abs(scaled).max() >= _EXACT:
            return None
        if np.array_equal((scaled / 10.0**places).view(np.int64), values.view(np.int64)):
            return places, scaled.astype(np.int64)
    return None


def _pack_floats(values: Floats) -> bytes:
    found = decimals(values)
    if found is None:
        return bytes([_BITS]) + _pack_ints(values.view(np.int64), with_unit=False)
    return bytes([found[0]]) + _pack_ints(found[1])


def _unpack_floats(data: memoryview, count: int) -> tuple[Floats, int]:
    numbers, used = _unpack_ints(data[1:], count)
    if data[0] == _BITS:
        return numbers.view(np.float64), used + 1
    return numbers / 10.0 ** data[0], used + 1


def _pack_raw(raw: Floats, values: Floats) -> bytes:
    """Values before calibration: absent, a difference of decimals (a constant offset costs nothing), or as
    they are.
    """
    known = ~np.isnan(raw)
    if not known.any():
        return b"\x00"
    mask = np.packbits(known).tobytes()
    filled = np.where(known, raw, values)
    both = decimals(np.concatenate((filled, values)))
    if both is None:
        return b"\x02" + mask + _pack_floats(filled)
    places, numbers = both
    return b"\x01" + mask + bytes([places]) + _pack_ints(numbers[: len(raw)] - numbers[len(raw) :])


def _unpack_raw(data: memoryview, values: Floats) -> tuple[Floats, int]:
    count = len(values)
    if data[0] == 0:
        return np.full(count, np.nan), 1
    size = 1 + (count + 7) // 8
    known = np.unpackbits(np.frombuffer(data[1:size], np.uint8), count=count).astype(bool)
    if data[0] == 2:
        filled, used = _unpack_floats(data[size:], count)
    else:
        scale = 10.0 ** data[size]
        numbers, used = _unpack_ints(data[size + 1 :], count)
        filled = (np.rint(values * scale) + numbers) / scale
        used += 1
    return np.where(known, filled, np.nan), size + used


def _deflated(count: int, body: bytes) -> bytes:
    rest = struct.pack("<BI", _VERSION, count) + zlib.compress(body, 6)
    return struct.pack("<I", zlib.crc32(rest)) + rest


def _inflated(data: bytes) -> tuple[int, memoryview]:
    try:
        checksum, version, count = struct.unpack_from("<IBI", data)
        if version != _VERSION or zlib.crc32(memoryview(data)[4:]) != checksum:
            raise SeriesDamagedError("a stored block does not match its checksum")
        return count, memoryview(zlib.decompress(memoryview(data)[9:]))
    except (struct.error, zlib.error) as error:
        raise SeriesDamagedError(f"a stored block cannot be read: {error}") from error


def matches(data: bytes) -> bool:
    """Whether a block is what was written."""
    try:
        _inflated(data)
    except SeriesDamagedError:
        return False
    return True


def pack(window: Window) -> bytes:
    """The readings as bytes."""
    drill = msgspec.json.encode({str(place): name for place, name in window.drill.items()})
    codes = window.quality.astype(np.int64)
    body = b"".join(
        (
            _pack_ints(window.at_us),
            _pack_floats(window.value),
            _pack_ints(codes),
            _pack_ints(window.delay_s),
            _pack_raw(window.raw, window.value),
            drill,
        )
    )
    return _deflated(len(window), body)


def unpack(sensor: str, data: bytes) -> Window:
    """The very readings that were packed; :class:`SeriesDamagedError` when the bytes are not what was
    written.
    """
    count, body = _inflated(data)
    at_us, used = _unpack_ints(body, count)
    body = body[used:]
    value, used = _unpack_floats(body, count)
    body = body[used:]
    codes, used = _unpack_ints(body, count)
    body = body[used:]
    delay, used = _unpack_ints(body, count)
    body = body[used:]
    raw, used = _unpack_raw(body, value)
    drill = msgspec.json.decode(body[used:], type=dict[str, str])
    return Window(
        sensor=sensor,
        at_us=at_us,
        value=value,
        quality=codes.astype(np.uint8),
        delay_s=delay,
        raw=raw,
        drill={int(place): name for place, name in drill.items()},
    )


def same(one: Window, other: Window) -> bool:
    """Equal bit for bit in every column."""
    return (
        one.sensor == other.sensor
        and np.array_equal(one.at_us, other.at_us)
        and np.array_equal(one.value.view(np.int64), other.value.view(np.int64))
        and np.array_equal(one.quality, other.quality)
        and np.array_equal(one.delay_s, other.delay_s)
        and np.array_equal(one.raw, other.raw, equal_nan=True)
        and one.drill == other.drill
    )


def merged(older: Window, newer: Window) -> Window:
    """Both together by measurement time; where both have a reading, ``newer`` wins."""
    if not len(older):
        return newer
    if not len(newer):
        return older
    after = bool(newer.at_us[0] > older.at_us[-1])  # the usual case, and much the cheaper one
    kept = np.ones(len(older), bool) if after else ~np.isin(older.at_us, newer.at_us)
    at_us = np.concatenate((older.at_us[kept], newer.at_us))
    order = np.argsort(at_us, kind="stable")
    drill: dict[int, str] = {}
    if older.drill or newer.drill:
        names = [older.drill.get(int(i), "") for i in np.flatnonzero(kept)]
        names += [newer.drill.get(i, "") for i in range(len(newer))]
        drill = {place: names[int(i)] for place, i in enumerate(order) if names[int(i)]}
    return Window(
        sensor=older.sensor,
        at_us=at_us[order],
        value=np.concatenate((older.value[kept], newer.value))[order],
        quality=np.concatenate((older.quality[kept], newer.quality))[order],
        delay_s=np.concatenate((older.delay_s[kept], newer.delay_s))[order],
        raw=np.concatenate((older.raw[kept], newer.raw))[order],
        drill=drill,
    )


def chained(windows: list[Window]) -> Window:
    """Windows of one sensor, each later than the one before, as one."""
    if len(windows) == 1:
        return windows[0]
    drill: dict[int, str] = {}
    base = 0
    for window in windows:
        drill.update({base + place: name for place, name in window.drill.items()})
        base += len(window)
    return Window(
        sensor=windows[0].sensor,
        at_us=np.concatenate([w.at_us for w in windows]),
        value=np.concatenate([w.value for w in windows]),
        quality=np.concatenate([w.quality for w in windows]),
        delay_s=np.concatenate([w.delay_s for w in windows]),
        raw=np.concatenate([w.raw for w in windows]),
        drill=drill,
    )


def gathered(sensor: str, windows: list[Window]) -> Window:
    """Windows of one sensor in the order of writing as one; where several have a reading, the last one wins."""
    held = [window for window in windows if len(window)]
    if not held:
        return window_of(sensor, [])
    if all(later.at_us[0] > earlier.at_us[-1] for earlier, later in pairwise(held)):
        return chained(held)
    return reduce(merged, held)


def masked(window: Window, kept: npt.NDArray[np.bool_]) -> Window:
    """Only the readings marked in ``kept``."""
    names = [window.drill.get(int(i), "") for i in np.flatnonzero(kept)] if window.drill else []
    return Window(
        sensor=window.sensor,
        at_us=window.at_us[kept],
        value=window.value[kept],
        quality=window.quality[kept],
        delay_s=window.delay_s[kept],
        raw=window.raw[kept],
        drill={place: name for place, name in enumerate(names) if name},
    )


def between(window: Window, from_us: int, to_us: int) -> Window:
    """The part of the window with ``from_us`` <= time < ``to_us``."""
    start, stop = (int(i) for i in np.searchsorted(window.at_us, (from_us, to_us)))
    if start == 0 and stop == len(window):
        return window
    return Window(
        sensor=window.sensor,
        at_us=window.at_us[start:stop],
        value=window.value[start:stop],
        quality=window.quality[start:stop],
        delay_s=window.delay_s[start:stop],
        raw=window.raw[start:stop],
        drill={i - start: name for i, name in window.drill.items() if start <= i < stop},
    )


def pack_pile(pile: Pile) -> bytes:
    """A roll-up as bytes."""
    body = b"".join(
        (
            _pack_ints(pile.at_us),
            _pack_floats(pile.low),
            _pack_floats(pile.high),
            _pack_floats(pile.total),
            _pack_ints(pile.count),
        )
    )
    return _deflated(len(pile), body)


def unpack_pile(data: bytes) -> Pile:
    """The roll-up that was packed."""
    count, body = _inflated(data)
    at_us, used = _unpack_ints(body, count)
    body = body[used:]
    low, used = _unpack_floats(body, count)
    body = body[used:]
    high, used = _unpack_floats(body, count)
    body = body[used:]
    total, used = _unpack_floats(body, count)
    counts, _ = _unpack_ints(body[used:], count)
    return Pile(at_us, low, high, total, counts)


def rolled_up(at_us: Ints, value: Floats, every_us: int) -> Pile:
    """A roll-up of readings; sums of decimals are exact decimals, which also keeps them short."""
    folded = fold(pile_of(at_us, value), every_us)
    found = decimals(value) if len(value) else None
    if found is None:
        return folded
    places, numbers = found
    start = at_us // every_us
    edge = np.concatenate(([0], np.flatnonzero(np.diff(start)) + 1))
    total = np.add.reduceat(numbers, edge) / 10.0**places
    return Pile(folded.at_us, folded.low, folded.high, total, folded.count)
