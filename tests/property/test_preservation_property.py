"""Shares, swings and risks against slow and plain computation, over gaps and uneven sampling."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.climate import SENSITIVITY, Mould, preservation_index
from sensors.preservation import at_times, curve, days, in_band, mean, risk, widest_swing

GAP = 900.0
SENSITIVE = SENSITIVITY["sensitive"]


@st.composite
def sampled(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    steps = draw(
        st.lists(st.sampled_from([1.0, 60.0, 299.0, 300.0, 899.0, 900.0, 901.0, 5000.0]), max_size=60)
    )
    at = np.cumsum(np.array([draw(st.sampled_from([0.0, 500.0, 4000.0])), *steps]))
    values = draw(st.lists(st.integers(-200, 800).map(lambda n: n / 10), min_size=len(at), max_size=len(at)))
    return at, np.array(values)


@settings(max_examples=80, deadline=None)
@given(sampled(), st.floats(0, 60), st.floats(0, 20))
def test_share_of_time_in_band_equals_fine_sampling(
    data: tuple[np.ndarray, np.ndarray], low: float, width: float
) -> None:
    at, value = data
    end = float(at[-1]) + 600
    course = curve(at, value, 0.0, end, GAP)
    share = in_band(course, low, low + width)
    grid = np.arange(0.5, end, 1.0)
    fine = at_times(course, grid)
    known = ~np.isnan(fine)
    assert share.known_s == pytest.approx(known.sum(), abs=len(at) + 2)
    inside = (fine >= low) & (fine <= low + width)
    assert share.inside_s == pytest.approx(inside.sum(), abs=2 * len(at) + 2)
    assert share.below_s == pytest.approx((fine < low).sum(), abs=2 * len(at) + 2)
    assert share.inside_s + share.below_s + share.above_s == pytest.approx(share.known_s, abs=1e-6)
    if known.any() and (average := mean(course)) is not None:
        assert average == pytest.approx(fine[known].mean(), abs=1.0)


@settings(max_examples=80, deadline=None)
@given(sampled(), st.sampled_from([300.0, 3600.0, 86400.0]))
def test_widest_swing_equals_trying_every_pair(data: tuple[np.ndarray, np.ndarray], within: float) -> None:
    at, value = data
    found = widest_swing(at, value, within)
    best = max(
        abs(value[i] - value[j]) for i in range(len(at)) for j in range(i, len(at)) if at[j] - at[i] <= within
    )
    assert found is not None
    assert found.size == pytest.approx(best)
    assert found.to_at - found.from_at <= within


def test_uneven_sampling_does_not_weigh_more() -> None:
    """A sensor that reports every second while it is bad, and every five minutes while good."""
    good = np.arange(0, 3600, 300.0)
    bad = np.arange(3600, 3900, 1.0)
    at = np.concatenate((good, bad, np.arange(3900, 7200, 300.0)))
    value = np.where((at >= 3600) & (at < 3900), 70.0, 50.0)
    share = in_band(curve(at, value, 0, 7200, GAP), 45, 60)
    assert share.per_cent is not None
    assert 92 < share.per_cent < 96
    assert (value == 50).mean() < 0.1


def test_a_gap_is_neither_good_nor_bad() -> None:
    at = np.array([0.0, 300.0, 600.0, 9000.0, 9300.0])
    share = in_band(curve(at, np.full(5, 50.0), 0, 9600, GAP), 45, 60)
    assert share.known_s == 600 + 600
    assert share.per_cent == 100
    nothing = in_band(curve(np.array([]), np.array([]), 0, 9600, GAP), 45, 60)
    assert nothing.per_cent is None
    assert mean(curve(np.array([]), np.array([]), 0, 9600, GAP)) is None


def test_the_edge_of_the_band_belongs_to_it_and_open_sides_have_no_limit() -> None:
    at = np.arange(0, 3000, 300.0)
    for level, low, high, part in (
        (45, 45, 60, 100),
        (60, 45, 60, 100),
        (60.1, 45, 60, 0),
        (99, 45, None, 100),
    ):
        share = in_band(curve(at, np.full(len(at), level), 0, 3000, GAP), low, high)
        assert share.per_cent == part
    rising = in_band(curve(np.array([0.0, 800.0]), np.array([40.0, 80.0]), 0, 801, GAP), 50, 60)
    assert rising.below_s == pytest.approx(200, abs=0.5)
    assert rising.inside_s == pytest.approx(200, abs=0.5)


def test_days_take_their_midnights_from_the_caller() -> None:
    at = np.arange(0, 49 * 3600, 600.0)
    value = np.where(at < 23 * 3600, 20.0, 22.0) + np.where(at == 30 * 3600, 3.0, 0.0)
    found = days(curve(at, value, 0, 49 * 3600, GAP), [0, 23 * 3600, 47 * 3600, 71 * 3600])
    assert [d.to_at - d.from_at for d in found] == [23 * 3600, 24 * 3600, 24 * 3600]
    assert found[1].swing == pytest.approx(3.0)
    assert found[2].known_s == 2 * 3600
    empty = days(curve(at, value, 0, 49 * 3600, GAP), [100 * 3600, 124 * 3600])
    assert empty[0].swing is None


def test_risk_of_a_month_at_one_climate_and_of_unknown_hours() -> None:
    day = 86400.0
    at = np.arange(0, 30 * day, 600.0)
    warm = curve(at, np.full(len(at), 25.0), 0, 30 * day, GAP)
    damp = curve(at, np.full(len(at), 95.0), 0, 30 * day, GAP)
    found = risk(warm, damp, 0, 30 * day, SENSITIVE, Mould())
    assert found.known_h == 720
    assert found.twpi == pytest.approx(preservation_index(25, 95))
    assert 1 < found.mould_peak < 2
    assert found.mould_h == 720
    half = curve(at[at < 15 * day], np.full((at < 15 * day).sum(), 95.0), 0, 15 * day, GAP)
    part = risk(warm, half, 0, 30 * day, SENSITIVE, Mould(0.5))
    assert part.unknown_h == pytest.approx(360, abs=1)
    none = risk(warm, curve(np.array([]), np.array([]), 0, day, GAP), 0, 30 * day, SENSITIVE, Mould(0.7))
    assert (none.twpi, none.lifetime, none.moisture_low, none.mould.index) == (None, None, None, 0.7)


def test_twpi_of_two_halves_is_harmonic() -> None:
    at = np.arange(0, 1000 * 3600, 600.0)
    first = at < 500 * 3600
    found = risk(
        curve(at, np.where(first, 20.0, 28.0), 0, 1000 * 3600, GAP),
        curve(at, np.where(first, 50.0, 60.0), 0, 1000 * 3600, GAP),
        0,
        1000 * 3600,
        SENSITIVE,
        Mould(),
    )
    assert found.twpi == pytest.approx(19.8, abs=0.05)
    assert found.moisture_low == pytest.approx(9.27, abs=0.01)
