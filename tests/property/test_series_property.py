"""What must hold for any readings: exact blocks, honest statistics, sealing that never loses."""

from __future__ import annotations

import math
import struct
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.series import QUALITIES, QUALITY_CODE, TRUSTED, SeriesDamagedError, Window, micros, window_of
from ingest.series_block import between, merged, pack, pack_pile, rolled_up, same, unpack, unpack_pile
from ingest.series_memory import MemorySeries
from ingest.series_seal import Retention
from ingest.series_sqlite import SqliteSeries
from sensors.model import Reading

T0 = 1_790_000_000.0 // 86400 * 86400
DAY = 86400.0

decimal = st.integers(-5000, 5000).map(lambda n: n / 100)
wild = st.floats(allow_nan=False, allow_infinity=False)
times = st.one_of(
    st.integers(0, 4 * 86400 * 1_000_000).map(lambda us: T0 + us / 1e6),
    st.integers(0, 4 * 144).map(lambda n: T0 + 600.0 * n),
)
reading = st.builds(
    lambda at, value, quality, delay, raw, drill: Reading(
        "s", value + 0.0, at, at + delay, quality, raw, drill
    ),
    times,
    st.one_of(decimal, wild),
    st.sampled_from(QUALITIES),
    st.integers(-4000, 10_000_000),
    st.one_of(st.none(), decimal, wild),
    st.sampled_from(["", "", "", "春季演练"]),
)


def in_order(readings: list[Reading]) -> Window:
    folded = {micros(r.measured_at): r for r in readings}
    return window_of("s", [folded[us] for us in sorted(folded)])


@settings(deadline=None)
@given(st.lists(reading, max_size=60))
def test_a_block_gives_back_every_bit(readings: list[Reading]) -> None:
    window = in_order(readings)
    assert same(unpack("s", pack(window)), window)


@settings(deadline=None)
@given(st.lists(reading, min_size=1, max_size=30), st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_is_noticed(readings: list[Reading], place: int, flip: int) -> None:
    data = bytearray(pack(in_order(readings)))
    place = place % len(data)
    data[place] ^= flip
    with pytest.raises(SeriesDamagedError):
        unpack("s", bytes(data))


@settings(deadline=None)
@given(st.lists(reading, max_size=40), st.lists(reading, max_size=40))
def test_merging_is_what_a_dictionary_does(older: list[Reading], newer: list[Reading]) -> None:
    assert same(merged(in_order(older), in_order(newer)), in_order(older + newer))


@settings(deadline=None)
@given(st.lists(reading, max_size=40), times, times)
def test_cutting_a_window_keeps_what_lies_between(readings: list[Reading], one: float, other: float) -> None:
    low, high = sorted((micros(one), micros(other)))
    expected = [r for r in readings if low <= micros(r.measured_at) < high]
    assert same(between(in_order(readings), low, high), in_order(expected))


@settings(deadline=None)
@given(st.lists(reading, max_size=60), st.sampled_from([300, 3600]))
def test_a_roll_up_gives_back_every_bit(readings: list[Reading], every_s: int) -> None:
    window = in_order(readings)
    kept = (window.quality < TRUSTED) & (np.abs(window.value) < 1e150)
    pile = rolled_up(window.at_us[kept], window.value[kept], every_s * 1_000_000)
    back = unpack_pile(pack_pile(pile))
    for name in ("at_us", "count"):
        assert getattr(back, name).tolist() == getattr(pile, name).tolist()
    for name in ("low", "high", "total"):
        assert [struct.pack("d", x) for x in getattr(back, name)] == [
            struct.pack("d", x) for x in getattr(pile, name)
        ]


def brute(readings: list[Reading], from_at: float, to_at: float, every_s: float) -> dict[float, list[float]]:
    kept = {micros(r.measured_at): r for r in readings}
    found: dict[float, list[float]] = {}
    for us in sorted(kept):
        if micros(from_at) <= us < micros(to_at) and QUALITY_CODE[kept[us].quality] < TRUSTED:
            found.setdefault(us // micros(every_s) * micros(every_s) / 1e6, []).append(kept[us].value)
    return found


sane = reading.filter(lambda r: abs(r.value) < 1e9)
ends = st.one_of(times, st.integers(0, 96).map(lambda n: T0 + 3600.0 * n))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(sane, max_size=120),
    st.lists(sane, max_size=20),
    ends,
    ends,
    st.sampled_from([60.0, 300.0, 777.0, 3600.0, 10800.0, 86400.0]),
    st.floats(T0, T0 + 6 * DAY),
)
def test_statistics_are_those_of_the_readings_however_much_is_sealed(
    first: list[Reading], then: list[Reading], one: float, other: float, every_s: float, now: float
) -> None:
    low, high = sorted((one, other))
    with TemporaryDirectory() as folder:
        store = SqliteSeries(Path(folder) / "readings.db")
        memory = MemorySeries()
        for batch in (first, then):
            store.write(batch)
            memory.write(batch)
            while store.upkeep(now, 3):
                pass
        expected = brute(first + then, low, high, every_s)
        for stats in (store.downsample("s", low, high, every_s), memory.downsample("s", low, high, every_s)):
            assert stats.at.tolist() == sorted(expected)
            assert stats.count.tolist() == [len(expected[at]) for at in sorted(expected)]
            assert stats.min.tolist() == [min(expected[at]) for at in sorted(expected)]
            assert stats.max.tolist() == [max(expected[at]) for at in sorted(expected)]
            for mean, at in zip(stats.mean, sorted(expected), strict=True):
                scale = max(abs(v) for v in expected[at])
                assert math.isclose(
                    mean, math.fsum(expected[at]) / len(expected[at]), abs_tol=1e-9 * (scale + 1)
                )
        assert same(store.window("s", low, high), memory.window("s", low, high))
        assert store.latest() == memory.latest()
        gaps = [s.coverage("s", low, high, 3600).gaps for s in (store, memory)]
        assert gaps[0] == gaps[1]
        store.close()


steps = st.lists(
    st.one_of(st.lists(sane, max_size=30), st.sampled_from([0.0, 1.5 * DAY, 9 * DAY])), min_size=1, max_size=8
)


@settings(max_examples=80, deadline=None)
@given(steps, st.integers(1, 12), st.integers(1, 6), st.integers(5, 60))
def test_rows_parts_tail_and_blocks_answer_as_one(
    done: list[list[Reading] | float], large: int, part_at: int, fold_at: int
) -> None:
    """Whatever goes to the tail, is folded into rows or parts, or sealed meanwhile: the answers are memory's."""
    with (
        TemporaryDirectory() as folder,
        patch("ingest.series_sqlite.LARGE", large),
        patch("ingest.series_sqlite.FOLD_AT", fold_at),
        patch("ingest.series_rows.PART_AT", part_at),
    ):
        store = SqliteSeries(Path(folder) / "readings.db")
        memory = MemorySeries()
        for step in done:
            if isinstance(step, float):
                while store.upkeep(T0 + step, 3):
                    pass
            else:
                store.write(step)
                memory.write(step)
            assert same(store.window("s", T0, T0 + 5 * DAY), memory.window("s", T0, T0 + 5 * DAY))
            assert same(store.window("s", T0 + 3600, T0 + DAY), memory.window("s", T0 + 3600, T0 + DAY))
            assert store.latest() == memory.latest()
            found, wanted = (s.downsample("s", T0, T0 + 5 * DAY, 3600.0) for s in (store, memory))
            assert (found.at.tolist(), found.count.tolist()) == (wanted.at.tolist(), wanted.count.tolist())
            assert (found.min.tolist(), found.max.tolist()) == (wanted.min.tolist(), wanted.max.tolist())
        store.close()


@settings(max_examples=30, deadline=None)
@given(st.lists(sane, max_size=150), st.lists(sane, max_size=10))
def test_thinning_keeps_counts_and_extremes(readings: list[Reading], late: list[Reading]) -> None:
    with TemporaryDirectory() as folder:
        store = SqliteSeries(Path(folder) / "r.db", retention=Retention(raw_days=10, five_minute_days=100))
        store.write([*readings, Reading("s", 1.0, T0 + 90 * DAY, T0 + 90 * DAY)])
        expected = brute(readings, T0, T0 + 5 * DAY, 86400.0)
        for now in (T0 + 5 * DAY, T0 + 50 * DAY, T0 + 400 * DAY):
            while store.upkeep(now):
                pass
            stats = store.downsample("s", T0, T0 + 5 * DAY, 86400.0)
            assert stats.at.tolist() == sorted(expected)
            assert stats.count.tolist() == [len(expected[at]) for at in sorted(expected)]
            assert stats.max.tolist() == [max(expected[at]) for at in sorted(expected)]
        for _ in range(2):  # readings that come after the thinning fill empty hours and never count twice
            store.write(late)
            counts = store.downsample("s", T0, T0 + 5 * DAY, 3600.0).count.sum()
            while store.upkeep(T0 + 400 * DAY):
                pass
            assert store.downsample("s", T0, T0 + 5 * DAY, 3600.0).count.sum() == counts
        store.close()
