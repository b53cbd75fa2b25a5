"""Exports torn, shuffled and overwritten: reading them never raises, and never makes up a value."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.loggers.read import Export, read_export
from sensors.quantities import QUANTITIES

SAMPLES = {
    one.name: one.read_bytes()
    for one in sorted((Path(__file__).parents[1] / "samples" / "loggers").iterdir())
}
NOW = 1_795_400_000.0
junk = st.binary(max_size=12) | st.sampled_from(
    [
        b";",
        b",",
        b"\n",
        b'"',
        b"\t",
        b"99/99/9999",
        b"1e999",
        b"nan",
        "°".encode(),
        b"\xff",
        b"2026-03-01 25:00",
    ]
)


@st.composite
def torn(draw: st.DrawFn) -> tuple[str, bytes]:
    """A sample with pieces cut out, put in or repeated."""
    name = draw(st.sampled_from(sorted(SAMPLES)))
    raw = SAMPLES[name]
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(raw)))
        stop = draw(st.integers(start, min(len(raw), start + 40)))
        raw = raw[:start] + draw(junk | st.just(raw[start:stop] * 2)) + raw[stop:]
    return name, raw


@settings(max_examples=400, deadline=None)
@given(torn())
def test_torn_exports_are_read_or_refused(given: tuple[str, bytes]) -> None:
    name, raw = given
    found = read_export(raw, name, zone=UTC, now=NOW)
    if not isinstance(found, Export):
        assert found.zh
        assert found.en
        return
    for channel in found.channels:
        assert len(channel.at) == len(channel.value) == len(channel.line) == len(set(channel.at))
        assert all(0 < at <= NOW for at in channel.at)
        if channel.quantity:
            assert all(QUANTITIES[channel.quantity].believable(value) for value in channel.value)
        else:
            assert all(value - value == 0 for value in channel.value)
