"""Trends, the second view: one quantity in several rooms, each with its own limits."""

from __future__ import annotations

from collections import Counter

from dashboard.chart import LETTERS, Line, chart
from dashboard.desk import Course
from dashboard.faces.chrome import card, empty
from dashboard.faces.trends_parts import (
    chip,
    course_of,
    extremes,
    figures_of,
    files,
    measuring,
    moments,
    span_tabs,
)
from dashboard.html import esc, join, tag
from dashboard.looks import limits
from dashboard.scene import Scene
from sensors.model import Sensor
from sensors.quantities import quantity

MOST_ROOMS = len(LETTERS)
AT_FIRST = 3


def comparison(scene: Scene) -> str:
    """Choices of quantity and rooms, the chart, and each room in words."""
    w = scene.w
    rooms = _rooms(scene)
    found = _quantities(rooms)
    if not found:
        return card("", empty(w("trends.nothing_to_compare")), key="none")
    wanted = scene.choices.get("q", "")
    name = wanted if wanted in found else found[0]
    offered = {
        zone: next(one for one in sensors if one.quantity == name)
        for zone, sensors in rooms.items()
        if any(one.quantity == name for one in sensors)
    }
    chosen = _chosen(scene, offered)
    known = quantity(name)
    title = w.of(known.name) if known else name
    quantities = tag(
        "nav",
        *(
            chip(w.of(of.name) if (of := quantity(one)) else one, {"q": one}, f"q-{one}", on=one == name)
            for one in found
        ),
        class_="sr-chips",
        aria_label=w("trends.quantities"),
        data_key="quantities",
    )
    return join(
        (
            quantities,
            _room_chips(scene, offered, chosen),
            span_tabs(scene),
            _chart(scene, title, offered, chosen),
        )
    )


def _rooms(scene: Scene) -> dict[str, list[Sensor]]:
    found = {zone: measuring(scene, zone) for zone in scene.building.zones}
    return {zone: sensors for zone, sensors in found.items() if sensors}


def _quantities(rooms: dict[str, list[Sensor]]) -> list[str]:
    """What at least two rooms measure, the commonest first."""
    counts = Counter(name for sensors in rooms.values() for name in {one.quantity for one in sensors})
    return [name for name, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])) if count > 1]


def _chosen(scene: Scene, offered: dict[str, Sensor]) -> list[str]:
    """Rooms in the address; without any the first few."""
    given = [zone for zone in scene.choices.get("rooms", "").split(",") if zone in offered]
    return list(dict.fromkeys(given))[:MOST_ROOMS] or list(offered)[:AT_FIRST]


def _room_chips(scene: Scene, offered: dict[str, Sensor], chosen: list[str]) -> str:
    """A tap adds a room or takes it away; the last one stays."""
    full = len(chosen) >= MOST_ROOMS
    made: list[str] = []
    for zone in offered:
        on = zone in chosen
        others = [one for one in chosen if one != zone]
        rooms = (others or chosen) if on else ([*chosen[1:], zone] if full else [*chosen, zone])
        letter = f"{LETTERS[chosen.index(zone)]} " if on else ""
        made.append(chip(letter + scene.zone_name(zone), {"rooms": ",".join(rooms)}, f"room-{zone}", on=on))
    words = scene.w("trends.rooms", most=MOST_ROOMS)
    return tag("nav", *made, class_="sr-chips", aria_label=words, data_key="rooms")


def _chart(scene: Scene, title: str, offered: dict[str, Sensor], chosen: list[str]) -> str:
    w = scene.w
    since, until = moments(scene)
    courses = {zone: course_of(scene, offered[zone], since, until) for zone in chosen}
    if all(course is None for course in courses.values()):
        return card(title, empty(w("trends.no_store")), key="compare")
    lines = [
        Line(
            points=course.points,
            gaps=course.gaps,
            band=limits(scene.building, offered[zone]),
            letter=LETTERS[number],
        )
        for number, zone in enumerate(chosen)
        if (course := courses[zone] or Course()) is not None
    ]
    known = quantity(offered[chosen[0]].quantity)
    drawn = chart(
        lines,
        since=since,
        until=until,
        zone=scene.zone,
        unit=known.unit if known else offered[chosen[0]].unit,
        label=f"{title}: {scene.zone_names(chosen)}",
        no_data=w("trends.no_data"),
    )
    rows = join(
        _row(scene, number, offered[zone], courses[zone], since, until) for number, zone in enumerate(chosen)
    )
    body = tag("div", drawn, class_="sr-chartbox")
    return card(title, body, tag("ul", rows, class_="sr-compared"), key="compare")


def _row(scene: Scene, number: int, sensor: Sensor, course: Course | None, since: float, until: float) -> str:
    w = scene.w
    known = quantity(sensor.quantity)
    unit = known.unit if known else sensor.unit
    if course is None or not course.points:
        said, taken = w("trends.no_data_yet"), ""
    else:
        low, high = extremes(course)
        mean = sum(point.value for point in course.points) / len(course.points)
        said = w("trends.room_figures", low=f"{low:.1f}", mean=f"{mean:.1f}", high=f"{high:.1f}", unit=unit)
        taken = files(scene, sensor, course, since, until)
    band = figures_of(scene, sensor, course or Course())
    sample = (
        f'<svg class="sr-sample" viewBox="0 0 44 16" aria-hidden="true">'
        f'<polyline class="sr-line sr-line{number}" points="1,8 43,8"/></svg>'
    )
    return tag(
        "li",
        tag("b", esc(LETTERS[number]), sample, esc(scene.zone_name(sensor.zone))),
        tag("span", esc(f"{w.of(sensor.name)} · {said}")),
        tag("span", esc(band), class_="sr-empty"),
        taken,
        data_key=f"row-{sensor.id}",
    )
