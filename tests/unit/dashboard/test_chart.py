"""Charts: gaps stay gaps, limits are where they belong, time ticks are whole hours of the building."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dashboard.chart import Band, Line, Sign, Span, chart, runs, steps
from dashboard.chart_ticks import time_ticks
from dashboard.desk import Point

SHANGHAI = ZoneInfo("Asia/Shanghai")


def point(at: float, value: float = 20.0) -> Point:
    return Point(at, value, value, value)


def draw(points: list[Point], *, gaps: Sequence[Span] = (), band: Band = (None, 60.0), **more: object) -> str:
    facts: dict[str, object] = {
        "since": 0.0,
        "until": 86_400.0,
        "zone": SHANGHAI,
        "unit": "%RH",
        "label": "humidity",
        "no_data": "no data",
        **more,
    }
    return chart([Line(points=points, gaps=gaps, band=band)], **facts)  # type: ignore[arg-type]


def test_points_over_a_gap_are_never_joined() -> None:
    early = [point(float(at)) for at in range(0, 36_000, 300)]
    late = [point(float(at)) for at in range(50_000, 86_400, 300)]
    drawn = draw(early + late, gaps=[(35_700.0, 50_000.0)])
    assert drawn.count("<polyline") == 2
    assert drawn.count('class="sr-gap"') == 1 and "no data" in drawn


def test_a_gap_inside_one_bucket_still_breaks_the_line_and_is_too_thin_for_a_box() -> None:
    drawn = draw([point(0.0), point(43_000.0), point(86_000.0)], gaps=[(50_000.0, 50_050.0)])
    assert drawn.count("<polyline") == 1 and drawn.count("<circle") == 1
    assert 'class="sr-gap"' not in drawn


def test_gaps_at_the_ends_are_drawn_inside_the_field() -> None:
    drawn = draw([point(40_000.0), point(40_300.0)], gaps=[(-9e9, 40_000.0), (40_300.0, 9e9)])
    boxes = re.findall(r'sr-gap" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', drawn)
    assert len(boxes) == 2
    assert all(float(x) >= 64 and float(x) + float(wide) <= 988.1 for x, wide in boxes)


def test_alarm_marks_carry_their_kind_and_say_how_many_they_are() -> None:
    near = [Sign(43_200.0 + n, "1", "Water") for n in range(4)]
    drawn = draw([point(1.0)], alarms=[*near, Sign(60_000.0, "F", "Silent"), Sign(-5.0, "2")])
    assert drawn.count("sr-alarmmark sr-m1") == 1 and "<title>Water × 4</title>" in drawn
    assert "sr-alarmmark sr-mF" in drawn and "<title>Silent</title>" in drawn
    assert "sr-m2" not in drawn


def test_ten_thousand_alarms_are_no_more_marks_than_there_is_room_for() -> None:
    drawn = draw([point(1.0)], alarms=[Sign(8.0 * n, "3") for n in range(10_000)])
    assert drawn.count("sr-alarmmark") <= 140


def test_what_happened_to_the_instrument_stands_on_the_chart() -> None:
    drawn = draw(
        [point(1.0)],
        instrument=[Sign(43_200.0, "C", "calibrated <li>"), Sign(-1.0, "R")],
        out=[(10_000, 20_000)],
    )
    assert drawn.count('class="sr-instrument"') == 1
    assert "<title>calibrated &lt;li&gt;</title>" in drawn
    assert drawn.count('class="sr-outspan"') == 1


def test_rooms_that_are_compared_keep_their_own_limits_and_letters() -> None:
    lines = [
        Line(points=[point(0.0, 20), point(900.0, 21)], band=(14.0, 24.0), letter="A"),
        Line(points=[point(0.0, 8), point(900.0, 9)], band=(None, 10.0), letter="B"),
    ]
    asked = {"since": 0.0, "until": 1000.0, "zone": SHANGHAI, "unit": "°C", "label": "x", "no_data": "y"}
    drawn = chart(lines, **asked)  # type: ignore[arg-type]
    assert drawn.count("sr-limit sr-line0") == 2 and drawn.count("sr-limit sr-line1") == 1
    assert 'class="sr-band"' not in drawn
    assert re.findall(r'sr-letter sr-line\d"[^>]*>(\w)<', drawn) == ["A", "B"]
    same = chart([replace(lines[0]), replace(lines[1], band=(14.0, 24.0))], **asked)  # type: ignore[arg-type]
    assert same.count('class="sr-band"') == 1 and "sr-limit sr-line" not in same


spans = st.lists(
    st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)).map(lambda two: tuple(sorted(two))), max_size=10
)


@given(st.lists(st.floats(0, 1e6), max_size=40, unique=True), spans)
def test_runs_keep_every_point_and_break_exactly_at_gaps(times: list[float], found: list[Span]) -> None:
    apart: list[Span] = []
    for start, end in sorted(found):
        if end > start and (not apart or start >= apart[-1][1]):
            apart.append((start, end))
    points = [point(at) for at in sorted(times)]
    made = runs(points, apart)
    assert [p for run in made for p in run] == points

    def parted(one: Point, other: Point) -> bool:
        return any(start < other.at and end > one.at for start, end in apart)

    assert not any(parted(a, b) for run in made for a, b in itertools.pairwise(run))
    assert all(parted(one[-1], other[0]) for one, other in itertools.pairwise(made))


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


@pytest.mark.parametrize(
    ("since", "days", "zone", "words"),
    [
        ("2026-03-01T00:00+08:00", 1, "Asia/Shanghai", ["03-01", "03:00", "06:00", "09:00", "12:00"]),
        ("2026-03-01T05:30+08:00", 7, "Asia/Shanghai", ["03-02", "03-03", "03-04", "03-05", "03-06"]),
        ("2026-01-15T00:00+08:00", 365, "Asia/Shanghai", ["2026-03", "2026-05", "2026-07", "2026-09"]),
        ("2026-03-29T00:00+01:00", 0.25, "Europe/Berlin", ["03-29", "01:00", "03:00", "04:00", "05:00"]),
        ("2026-10-25T00:00+02:00", 3.5, "Europe/Berlin", ["10-25", "12:00", "10-26", "12:00", "10-27"]),
        ("2020-02-01T00:00+00:00", 4000, "UTC", ["2022-01", "2024-01", "2026-01", "2028-01"]),
    ],
)
def test_the_axis_is_marked_at_wall_times_and_months(
    since: str, days: float, zone: str, words: list[str]
) -> None:
    start = datetime.fromisoformat(since).timestamp()
    found = time_ticks(start, start + days * 86_400, ZoneInfo(zone))
    assert [word for _, word in found][: len(words)] == words
    assert len(found) <= 10
    assert all(start <= at <= start + days * 86_400 for at, _ in found)
