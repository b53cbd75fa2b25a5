"""Times as devices write them: with and without zone, before synchronisation, in s, ms, µs and ns."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from sensors.times import Clock

SHANGHAI = ZoneInfo("Asia/Shanghai")
ARRIVAL = 1_709_280_000.0  # 2024-03-01 08:00:00 UTC, 16:00:00 in Shanghai


@pytest.mark.parametrize(
    "told",
    [
        1_709_280_000,
        1_709_280_000.0,
        1_709_280_000_000,
        1_709_280_000_000_000,
        1_709_280_000_000_000_000,
        "1709280000",
        "1709280000000",
        "2024-03-01T08:00:00Z",
        "2024-03-01T08:00:00.000000000Z",
        "2024-03-01T16:00:00+08:00",
        "2024-03-01 16:00:00 +0800",
        "20240301T080000Z",
        "08:00:00 03/01/2024 UTC",
        "16:00:00 03/01/2024 UTC+8",
        "16:00:00 03/01/2024 UTC+08:00",
        "2024-03-01T08:00:00",
        "2024-03-01 16:00:00",
        "2024/03/01 16:00:00",
    ],
)
def test_every_spelling_of_the_same_moment(told: object) -> None:
    assert Clock(SHANGHAI, ARRIVAL).read(told) == ARRIVAL


@pytest.mark.parametrize(
    "told",
    [
        *(2.46, 4.32, 0, -1, 86_400, "1970-01-01T00:00:00Z", 5e9, 1e30, float("nan"), float("inf")),
        *(True, None, [], {}, "", "now", "2024-13-01T00:00:00Z", "2024-03-01T08:00:00qq", "9" * 70),
        "0001-01-01T00:00:00Z",
        "2024-02-30 08:00:00",
    ],
)
def test_what_is_no_time_is_none(told: object) -> None:
    assert Clock(SHANGHAI, ARRIVAL).read(told) is None


def test_a_time_without_zone_that_fits_neither_is_not_believed() -> None:
    assert Clock(SHANGHAI, ARRIVAL).read("2024-03-01T03:00:00") is None


def test_a_time_with_zone_may_be_old() -> None:
    assert Clock(SHANGHAI, ARRIVAL).read("2023-03-01T08:00:00Z") == 1_677_657_600.0
