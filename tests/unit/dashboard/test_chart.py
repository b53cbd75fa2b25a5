"""Charts: gaps stay gaps, limits are where they belong, time ticks are whole hours of the building."""

from __future__ import annotations

import itertools
import re
from zoneinfo import ZoneInfo

from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from dashboard.chart import chart, gap_after, runs, steps
from dashboard.desk import Point

SHANGHAI = ZoneInfo("Asia/Shanghai")


def point(at: float, value: float = 20.0) -> Point:
    return Point(at, value, value, value)


def draw(points: list[Point], **more: object) -> str:
    facts: dict[str, object] = {
        "since": 0.0,
        "until": 86_400.0,
        "zone": SHANGHAI,
        "band": (None, 60.0),
        "unit": "%RH",
        "gap_s": 900.0,
        "alarms": [],
        "label": "humidity",
        "no_data": "no data",
        **more,
    }
    return chart(points, **facts)  # type: ignore[arg-type]


def test_points_over_a_gap_are_never_joined() -> None:
    early = [point(float(at)) for at in range(0, 36_000, 300)]
    late = [point(float(at)) for at in range(50_000, 86_400, 300)]
    drawn = draw(early + late)
    assert drawn.count("<polyline") == 2
    assert drawn.count('class="sr-gap"') == 1 and "no data" in drawn


def test_missing_ends_are_gaps_too() -> None:
    assert draw([point(40_000.0), point(40_300.0)]).count('class="sr-gap"') == 2


def test_ticks_are_whole_hours_of_the_building() -> None:
    labels = re.findall(r'class="sr-xtick"[^>]*>([^<]+)<', draw([point(1.0)]))
    assert labels and all(label.endswith(":00") for label in labels)
    assert labels[0] == "09:00"  # the epoch is 08:00 in Shanghai


def test_alarm_marks_carry_their_kind() -> None:
    assert "sr-alarmmark sr-m1" in draw([point(1.0)], alarms=[(43_200.0, "1"), (-5.0, "2")])
    assert "sr-m2" not in draw([point(1.0)], alarms=[(-5.0, "2")])


def test_gap_follows_the_sensors_own_pace() -> None:
    assert gap_after(60, 10) == 180
    assert gap_after(60, 5000) == 10_000


@given(st.lists(st.floats(0, 1e6), max_size=40), st.floats(1, 1e5))
def test_runs_keep_every_point_and_break_exactly_at_gaps(times: list[float], gap: float) -> None:
    points = [point(at) for at in sorted(times)]
    found = runs(points, gap)
    assert [p for run in found for p in run] == points
    for run in found:
        assert all(b.at - a.at <= gap for a, b in itertools.pairwise(run))
    for one, other in itertools.pairwise(found):
        assert other[0].at - one[-1].at > gap


@given(st.floats(-1e4, 1e4), st.floats(0.01, 1e4))
def test_axis_steps_lie_inside_and_are_few(low: float, reach: float) -> None:
    found = steps(low, low + reach)
    assert 1 <= len(found) <= 7
    assert all(low - 1e-6 <= value <= low + reach + 1e-6 for value in found)


@given(st.lists(st.tuples(st.floats(0, 86_400), st.floats(-1e6, 1e6)), max_size=30))
def test_any_values_make_well_formed_svg(values: list[tuple[float, float]]) -> None:
    drawn = draw([point(at, value) for at, value in sorted(values)], label='<b>"&')
    fromstring(drawn)
    assert "nan" not in drawn and "inf" not in drawn


def test_an_odd_label_is_escaped() -> None:
    assert "<b>" not in draw([point(1.0)], label="<b>")
