"""What the views of the Trends page share: spans, chips, courses, figures in words and files to take along."""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

from dashboard.desk import Course
from dashboard.html import esc, join, tag
from dashboard.looks import limits
from dashboard.scene import Scene
from sensors.model import Sensor
from sensors.quantities import quantity
from strongroom.api_described import PREFIX

SPANS = {
    "3h": 3 * 3600.0,
    "24h": 86_400.0,
    "7d": 7 * 86_400.0,
    "30d": 30 * 86_400.0,
    "1y": 365 * 86_400.0,
}
REDRAW_S = 30.0
POINTS = 480


def span_of(scene: Scene) -> str:
    """The span in the address; a house that has just begun to listen has nothing of yesterday to show."""
    young = scene.board is not None and scene.now - scene.board.started_at < 2 * SPANS["3h"]
    span = scene.choices.get("span", "")
    return span if span in SPANS else ("3h" if young else "24h")


def moments(scene: Scene) -> tuple[float, float]:
    """From when to when. Rounded, so that nothing is read or drawn again with every refresh: half a minute at least,
    half a point of the chart where that is longer."""
    span_s = SPANS[span_of(scene)]
    step = max(REDRAW_S, span_s / POINTS / 2 // REDRAW_S * REDRAW_S)
    until = scene.now - scene.now % step + step
    return until - span_s, until


def span_tabs(scene: Scene) -> str:
    """How far back."""
    here = span_of(scene)
    tabs = join(
        tag(
            "a",
            esc(scene.w(f"trends.span_{name}")),
            href=f"?span={name}",
            role="tab",
            aria_selected="true" if name == here else "false",
            class_="sr-tab" + (" sr-here" if name == here else ""),
            data_set=json.dumps({"span": name}),
            data_key=f"span-{name}",
        )
        for name in SPANS
    )
    return tag("div", tabs, class_="sr-tabs", role="tablist", aria_label=scene.w("trends.spans"))


def chip(words: str, choice: dict[str, str], key: str, *, on: bool) -> str:
    """One choice of several; it goes into the address."""
    return tag(
        "a",
        esc(words),
        href="?" + urlencode(choice),
        class_="sr-chip" + (" sr-here" if on else ""),
        aria_current="true" if on else None,
        data_set=json.dumps(choice),
        data_key=key,
    )


def measuring(scene: Scene, zone: str) -> list[Sensor]:
    """The sensors of a zone that measure a number."""
    found = [one for one in scene.building.sensors.values() if one.zone == zone]
    numbers = [one for one in found if not ((known := quantity(one.quantity)) and known.contact)]
    return sorted(numbers, key=lambda one: (one.quantity, one.id))


def course_of(scene: Scene, sensor: Sensor, since: float, until: float) -> Course | None:
    """What the sensor measured; None where no store answers."""
    return scene.desk.course(sensor.id, since, until, POINTS)


def extremes(course: Course) -> tuple[float, float]:
    """Lowest and highest of a course that has points."""
    return min(point.low for point in course.points), max(point.high for point in course.points)


def figures_of(scene: Scene, sensor: Sensor, course: Course) -> str:
    """The limits of the room, and how long nothing was known."""
    w = scene.w
    low, high = limits(scene.building, sensor)
    known = quantity(sensor.quantity)
    unit = known.unit if known else sensor.unit
    if low is not None and high is not None:
        band = w("trends.band", low=f"{low:g}", high=f"{high:g}", unit=unit)
    elif high is not None:
        band = w("trends.band_high", high=f"{high:g}", unit=unit)
    elif low is not None:
        band = w("trends.band_low", low=f"{low:g}", unit=unit)
    else:
        band = w("trends.no_band")
    missing = sum(end - start for start, end in course.gaps)
    gaps = w("trends.gaps", n=len(course.gaps), span=scene.span(missing)) if course.gaps else ""
    return " · ".join(part for part in (band, gaps) if part)


def files(scene: Scene, sensor: Sensor, course: Course, since: float, until: float) -> str:
    """The same as files: exactly what the chart shows, and every reading behind it."""
    w = scene.w
    width = course.width_s
    links: list[tuple[str, str]] = []
    if width:
        begin, end = since // width * width, -(-until // width) * width
        links.append((w("trends.file_shown"), _address(scene, sensor, begin, end, "csv", width)))
    links.append((w("trends.file_all"), _address(scene, sensor, since, until, "csv")))
    links.append((w("trends.file_parquet"), _address(scene, sensor, since, until, "parquet")))
    made = join(
        tag("a", esc(words), href=address, download=True, class_="sr-filelink") for words, address in links
    )
    return tag("p", tag("span", esc(w("trends.files"))), made, class_="sr-files")


def _address(
    scene: Scene, sensor: Sensor, since: float, until: float, form: str, width_s: float = 0.0
) -> str:
    """Where the API gives it; single readings where there is no width."""
    asked = {"from": f"{since:.3f}", "to": f"{until:.3f}", "format": form}
    asked |= {"every": f"{width_s:g}"} if width_s else {}
    asked |= {"download": "1", "marks": "1", "lang": scene.language}
    what = "stats" if width_s else "readings"
    return f"{PREFIX}/sensors/{quote(sensor.id, safe='')}/{what}?{urlencode(asked)}"
