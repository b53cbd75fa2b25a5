"""The rule for frozen values on recorded rooms: quiet while they live, quick where a standstill is planted."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, datetime

import pytest

from sensors.life import DAY_S, Record
from sensors.model import Reading, Sensor, Text
from tests.shared import shared_path

Course = list[tuple[float, float]]


def recorded(name: str, column: str, step: float) -> Course:
    """A course of the TRH database (CC BY 4.0) as an instrument of that resolution would have shown it."""
    path = shared_path("data", "building-climate", f"{name}.csv.gz")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return [
        (
            datetime.strptime(row["t_UTC+2"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp(),
            round(round(float(row[column]) / step) * step, 6),
        )
        for row in rows
    ]


def frozen_at(course: Course, column: str) -> list[float]:
    """When the record began to call the sensor frozen."""
    every_s = course[1][0] - course[0][0]
    one = Record(
        Sensor(
            id="s", name=Text("甲", "one"), zone="z", quantity="temperature" if column == "T" else "humidity",
            topic="a", dialect="plain", every_s=every_s, silent_after_s=3 * every_s,
        )
    )  # fmt: skip
    found, before = [], False
    for at, value in course:
        one.take(Reading("s", value, at, at), at)
        if one.stuck and not before:
            found.append(at)
        before = one.stuck
    return found


@pytest.mark.parametrize(
    ("column", "step"),
    [("T", 0.01), ("T", 0.1), ("T", 0.5), ("T", 1.0), ("RH", 0.01), ("RH", 1.0), ("RH", 5.0)],
)
@pytest.mark.parametrize("name", ["R1_room", "R4_room1", "R5_room1", "R5_room2"])
def test_rooms_that_live_are_never_frozen_at_any_resolution(name: str, column: str, step: float) -> None:
    assert frozen_at(recorded(name, column, step), column) == []


@pytest.mark.parametrize(("column", "step", "days"), [("T", 0.1, 3.0), ("T", 0.5, 8.0), ("RH", 1.0, 5.0)])
@pytest.mark.parametrize("name", ["R4_room1", "R5_room1"])
def test_a_planted_standstill_is_found(name: str, column: str, step: float, days: float) -> None:
    course = recorded(name, column, step)
    at, value = course[3_000]
    stands = course[:3_000] + [(then, value) for then, _ in course[3_000:3_400]]
    (found,) = frozen_at(stands, column)
    assert 0.5 * DAY_S <= found - at <= days * DAY_S, (
        "not before a day of sameness, some of which may lie before"
    )
