"""Calculated quantities against their test values, and the traps that published code fell into."""

from __future__ import annotations

import pytest

from sensors.climate import (
    SENSITIVITY,
    Mould,
    absolute_humidity,
    critical_humidity,
    dew_point,
    ice_pressure,
    lifetime_multiplier,
    moisture_content,
    mould_after,
    mould_limit,
    preservation_index,
    surface_humidity,
    vapour_pressure,
    weighted_preservation_index,
)

SENSITIVE, VERY = SENSITIVITY["sensitive"], SENSITIVITY["very sensitive"]


@pytest.mark.parametrize(
    ("temperature", "humidity", "dew", "absolute", "index"),
    [
        (20, 50, 9.26, 8.62, 41.8),
        (14, 45, 2.25, 5.42, 100.6),
        (24, 60, 15.76, 13.03, 21.1),
        (18, 40, 4.19, 6.13, 67.3),
        (25, 75, 20.26, 17.23, 15.0),
    ],
)
def test_test_values(temperature: float, humidity: float, dew: float, absolute: float, index: float) -> None:
    assert dew_point(temperature, humidity) == pytest.approx(dew, abs=0.006)
    assert absolute_humidity(temperature, humidity) == pytest.approx(absolute, abs=0.006)
    assert preservation_index(temperature, humidity) == pytest.approx(index, abs=0.06)


@pytest.mark.parametrize(
    ("temperature", "humidity", "content"),
    [
        (20, 50, 9.27),
        (24, 60, 10.87),
        # Reference cases of the Image Permanence Institute, whose table differs by up to 0.15 points.
        (27.5, 74, 13.8),
        (32.5, 80, 15.4),
        (20, 70, 13.1),
        (23.5, 52.5, 9.6),
        (14, 30.5, 6.4),
        (-13, 33, 6.6),
    ],
)
def test_moisture_content(temperature: float, humidity: float, content: float) -> None:
    assert moisture_content(temperature, humidity) == pytest.approx(content, abs=0.16)


def test_moisture_content_to_its_test_values() -> None:
    assert moisture_content(20, 50) == pytest.approx(9.27, abs=0.006)
    assert moisture_content(24, 60) == pytest.approx(10.87, abs=0.006)


def test_pressure_over_ice_meets_that_over_water_at_freezing() -> None:
    assert ice_pressure(0) == pytest.approx(vapour_pressure(0), rel=0.002)
    assert ice_pressure(-10) < vapour_pressure(-10)


def test_a_cold_wall_is_damper_and_at_the_dew_point_wet() -> None:
    assert surface_humidity(20, 50, 20) == pytest.approx(50)
    assert surface_humidity(20, 50, 14) > 70
    assert surface_humidity(20, 50, dew_point(20, 50)) == pytest.approx(100, abs=0.01)


def test_preservation_index_does_not_run_away_in_dry_air() -> None:
    assert preservation_index(23, 2.5) == preservation_index(23, 20)


def test_weighted_index_is_the_harmonic_mean() -> None:
    parts = [(1.0, preservation_index(20, 50)), (1.0, preservation_index(28, 60))]
    assert preservation_index(28, 60) == pytest.approx(13.0, abs=0.06)
    assert weighted_preservation_index(parts) == pytest.approx(19.8, abs=0.05)
    assert weighted_preservation_index([]) is None


def test_lifetime_multiplier() -> None:
    assert lifetime_multiplier(20, 50) == pytest.approx(1.0)
    # exponent 1.3 and kilojoules: published code had 1/3 and 100 J
    assert lifetime_multiplier(20, 25) == pytest.approx(2**1.3)
    assert lifetime_multiplier(15, 50) == pytest.approx(2.04, abs=0.01)
    assert lifetime_multiplier(15, 50, 70_000) == pytest.approx(1.646, abs=0.01)
    assert lifetime_multiplier(20, 0) == lifetime_multiplier(20, 1)


@pytest.mark.parametrize(("temperature", "limit"), [(14, 78.4), (20, 75.6), (25, 74.5)])
def test_mould_limit(temperature: float, limit: float) -> None:
    assert mould_limit(temperature) == pytest.approx(limit, abs=0.05)
    assert mould_limit(temperature, 4) > mould_limit(temperature, 1) > mould_limit(temperature)


@pytest.mark.parametrize(
    ("temperature", "critical"), [(5, 88.0), (10, 82.0), (15, 80.0), (30, 80.0), (-1, 100)]
)
def test_critical_humidity(temperature: float, critical: float) -> None:
    assert critical_humidity(temperature, SENSITIVE) == pytest.approx(critical, abs=0.05)


def days_to_one(temperature: float, humidity: float, sensitivity: object, limit: int = 60) -> float | None:
    mould = Mould()
    for hour in range(limit * 24):
        mould = mould_after(mould, temperature, humidity, 1, sensitivity)  # type: ignore[arg-type]
        if mould.index >= 1:
            return (hour + 1) / 24
    return None


def test_days_until_mould_can_be_seen_with_a_microscope() -> None:
    assert days_to_one(25, 95, SENSITIVE) == pytest.approx(20.6, abs=0.1)
    assert days_to_one(20, 90, SENSITIVE) == pytest.approx(51, abs=0.5)
    assert days_to_one(24, 85, SENSITIVE) is None
    assert days_to_one(20, 97, VERY) == pytest.approx(10.4, abs=0.1)


def test_mould_declines_first_then_pauses_then_slowly() -> None:
    start = Mould(2.0)
    after = [mould_after(start, 20, 50, hours, SENSITIVE).index for hours in (6, 24, 48)]
    assert after == pytest.approx([2 - 0.008, 2 - 0.008, 2 - 0.008 - 0.016])
    half = mould_after(start, 20, 50, 48, SENSITIVE, decline=0.5)
    assert half.index == pytest.approx(2 - 0.012)
    assert mould_after(Mould(0.001), 20, 40, 500, SENSITIVE).index == 0.0


def test_steps_do_not_matter_and_growth_ends_the_dry_spell() -> None:
    whole = mould_after(Mould(), 25, 95, 240, SENSITIVE)
    parts = Mould()
    for _ in range(240):
        parts = mould_after(parts, 25, 95, 1, SENSITIVE)
    assert whole == parts
    dry = mould_after(whole, 25, 50, 10, SENSITIVE)
    assert dry.dry_h == 10
    assert mould_after(dry, 25, 95, 1, SENSITIVE).dry_h == 0


def test_no_growth_in_frost_and_heat_but_a_finite_index_at_saturation() -> None:
    for temperature in (-5, 0, 50, 60):
        assert mould_after(Mould(1.0), temperature, 100, 24, SENSITIVE).index < 1.0
    assert 0 < mould_after(Mould(), 0.5, 100, 24 * 365, SENSITIVE).index <= 6


@pytest.mark.parametrize(("temperature", "humidity"), [(20, -1), (20, 101), (-300, 50), (20, float("nan"))])
def test_what_is_no_air_is_an_error(temperature: float, humidity: float) -> None:
    with pytest.raises(ValueError, match="no state of air"):
        absolute_humidity(temperature, humidity)


def test_no_dew_point_without_water() -> None:
    with pytest.raises(ValueError, match="no dew point"):
        dew_point(20, 0)
