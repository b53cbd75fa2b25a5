"""趋势 Trends: since when, how fast, was the sensor alive? One room, or one quantity in several rooms."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from urllib.parse import quote

from dashboard.chart import Line, Sign, Span, chart
from dashboard.faces.chrome import card, empty
from dashboard.faces.trends_compare import comparison
from dashboard.faces.trends_parts import (
    SPANS,
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
from dashboard.looks import limits, reading_words, sensor_words, standing
from dashboard.scene import Scene
from sensors.model import Sensor
from sensors.quantities import quantity
from strongroom.instruments.records import Record, records_of
from strongroom.instruments.service import BACK, OUT

CLIMATE = ("temperature", "humidity")
MOST_CHARTS = 12
MOST_RECORDS = 200
ALARMS_LISTED = 30
# What stands beside an event of the instrument on the chart; the words are in the list below it.
SIGNS = {
    "sensor.adopted": "+",
    "sensor.replaced": "R",
    "sensor.moved_away": "M",
    "sensor.moved_in": "M",
    "sensor.calibrated": "C",
    OUT: "×",
    BACK: "○",
}
EARLIER = ("", "before", "year")


def face(scene: Scene) -> str:
    """The whole body: choices, then one chart for each measured quantity of the zone, or the comparison."""
    comparing = scene.choices.get("view", "") == "compare"
    views = tag(
        "div",
        *(_view(scene, name, (name == "compare") is comparing) for name in ("room", "compare")),
        class_="sr-tabs",
        role="tablist",
        aria_label=scene.w("trends.views"),
    )
    if comparing:
        return tag("div", views, comparison(scene), class_="sr-one")
    zone = _chosen_zone(scene)
    sensors = measuring(scene, zone)[:MOST_CHARTS]
    if not sensors:
        body = card("", empty(scene.w("trends.no_numbers")), key="none")
    else:
        body = join(_chart(scene, sensor) for sensor in sensors)
    return tag("div", views, _zones(scene, zone), span_tabs(scene), _earlier(scene), body, class_="sr-one")


def _view(scene: Scene, name: str, here: bool) -> str:
    return tag(
        "a",
        esc(scene.w(f"trends.view_{name}")),
        href=f"?view={name}",
        role="tab",
        aria_selected="true" if here else "false",
        class_="sr-tab" + (" sr-here" if here else ""),
        data_set=json.dumps({"view": "" if name == "room" else name}),
        data_key=f"view-{name}",
    )


def _chosen_zone(scene: Scene) -> str:
    """The zone in the address, else where something stands, else the first with climate, else any with numbers."""
    wanted = scene.choices.get("zone", "")
    if wanted in scene.building.zones:
        return wanted
    for alarm in standing(scene.board):
        if alarm.cause is not None and measuring(scene, alarm.zone):
            return alarm.zone
    found = {zone: measuring(scene, zone) for zone in scene.building.zones}
    climate = (zone for zone, sensors in found.items() if any(one.quantity in CLIMATE for one in sensors))
    return next(climate, next((zone for zone, sensors in found.items() if sensors), ""))


def _zones(scene: Scene, here: str) -> str:
    links = join(
        chip(scene.w.of(zone.name), {"zone": zone.id}, f"z-{zone.id}", on=zone.id == here)
        for zone in scene.building.zones.values()
        if measuring(scene, zone.id)
    )
    return tag("nav", links, class_="sr-chips", aria_label=scene.w("trends.zones"), data_key="zones")


def _earlier(scene: Scene) -> str:
    """The same room over another stretch of time, drawn behind."""
    here = _against(scene)
    links = join(
        chip(scene.w(f"trends.against_{name or 'none'}"), {"against": name}, f"a-{name}", on=name == here)
        for name in EARLIER
    )
    return tag("nav", links, class_="sr-chips", aria_label=scene.w("trends.against"), data_key="against")


def _against(scene: Scene) -> str:
    wanted = scene.choices.get("against", "")
    return wanted if wanted in EARLIER else ""


def _chart(scene: Scene, sensor: Sensor) -> str:
    w = scene.w
    since, until = moments(scene)
    course = course_of(scene, sensor, since, until)
    now = _now(scene, sensor)
    title, key = w.of(sensor.name), f"c-{sensor.id}"
    if course is None:
        return card(title, empty(w("trends.no_store")), key=key, more=now)
    records = _records(scene, sensor)
    if not course.points:
        nothing = empty(w("trends.no_data_yet"))
        return card(title, nothing, _told(scene, records, since), key=key, more=now)
    known = quantity(sensor.quantity)
    unit = known.unit if known else sensor.unit
    low, high = extremes(course)
    label = w("trends.label", name=title, low=f"{low:.1f} {unit}".strip(), high=f"{high:.1f} {unit}".strip())
    alarms = [
        Sign(one.at, one.kind, f"{scene.clock(one.at)} {w.of(one.name)}")
        for one in scene.desk.raised(since)
        if sensor.id in one.sensors and one.at <= until
    ]
    line = Line(points=course.points, gaps=course.gaps, band=limits(scene.building, sensor))
    older = _older(scene, sensor, since, until)
    drawn = chart(
        [line, *older],
        since=since,
        until=until,
        zone=scene.zone,
        unit=unit,
        alarms=alarms,
        instrument=[
            Sign(one.at, SIGNS[one.kind], f"{scene.clock(one.at)} {w.of(one.words())}") for one in records
        ],
        out=_out(records, scene.now),
        label=label,
        no_data=w("trends.no_data"),
    )
    words = tag("p", esc(label), " · ", esc(figures_of(scene, sensor, course)), class_="sr-empty")
    return card(
        title,
        tag("div", drawn, class_="sr-chartbox"),
        words,
        _alarms(scene, sensor, since, until),
        _told(scene, records, since),
        files(scene, sensor, course, since, until),
        key=key,
        more=now,
    )


def _older(scene: Scene, sensor: Sensor, since: float, until: float) -> list[Line]:
    """The same sensor earlier, moved to where it is compared."""
    against = _against(scene)
    if not against:
        return []
    shift = SPANS["1y"] if against == "year" else until - since
    course = course_of(scene, sensor, since - shift, until - shift)
    if course is None or not course.points:
        return []
    band = limits(scene.building, sensor)
    points = [
        type(p)(
            p.at + shift, p.value, p.value, p.value
        )  # without its reach: two of them would cover each other
        for p in course.points
    ]
    gaps = [(start + shift, end + shift) for start, end in course.gaps]
    return [Line(points=points, gaps=gaps, band=band)]


def _now(scene: Scene, sensor: Sensor) -> str:
    latest = scene.board.latest.get(sensor.id) if scene.board else None
    age = ""
    if latest is not None and latest.measured_at is not None:
        age = tag(
            "time", esc(scene.span(scene.now - latest.measured_at)), data_since=f"{latest.measured_at:.1f}"
        )
    return tag(
        "span",
        tag("b", esc(reading_words(scene, sensor, latest))),
        " ",
        age,
        esc(f" · {words}" if (words := sensor_words(scene, latest)) else ""),
        class_="sr-nowvalue",
    )


# --- what happened meanwhile ------------------------------------------------------------------------------


def _alarms(scene: Scene, sensor: Sensor, since: float, until: float) -> str:
    """The marks in words, for whoever has no pointer: the newest first, each leads to its explanation."""
    w = scene.w
    found = [one for one in scene.desk.raised(since) if sensor.id in one.sensors and one.at <= until]
    if not found:
        return ""
    counts = Counter(w.of(one.name) for one in found)
    said = " · ".join(f"{name} {count}" for name, count in counts.most_common(4))
    rows = (
        tag(
            "li",
            tag("time", esc(scene.clock(one.at))),
            tag(
                "a",
                esc(w.of(one.name)),
                href=f"/alarms?alarm={quote(one.alarm, safe='')}",
                data_go="alarms",
                data_choices=json.dumps({"alarm": one.alarm}),
            ),
            data_key=f"r-{sensor.id}-{one.alarm}-{one.at:.0f}",
        )
        for one in found[: -ALARMS_LISTED - 1 : -1]
    )
    return tag(
        "details",
        tag("summary", esc(w("trends.alarms", n=len(found), words=said))),
        tag("ul", *rows, class_="sr-marklist"),
        class_="sr-marks",
        data_key=f"alarms-{sensor.id}",
        data_keep=True,
    )


def _records(scene: Scene, sensor: Sensor) -> list[Record]:
    entries = scene.desk.entries(about=sensor.id, kind="sensor.", limit=MOST_RECORDS)
    return sorted(records_of(entries), key=lambda one: one.at)


def _told(scene: Scene, records: Sequence[Record], since: float) -> str:
    """What was done to the instrument in this stretch of time, with the sign it has on the chart."""
    rows = [
        tag(
            "li",
            tag("b", esc(SIGNS[one.kind]), class_="sr-sign"),
            tag("time", esc(scene.clock(one.at, seconds=False))),
            tag("span", esc(f"{scene.w.of(one.words())} · {scene.person_name(one.by)}")),
        )
        for one in records
        if one.at >= since
    ]
    return tag("ul", *rows, class_="sr-marklist") if rows else ""


def _out(records: Sequence[Record], now: float) -> list[Span]:
    """Stretches out of service: from the act until the return, the end that was set, or now."""
    found: list[Span] = []
    since: Record | None = None
    for one in records:
        if one.kind == OUT:
            since = since or one
        elif one.kind == BACK and since is not None:
            found.append((since.at, one.at))
            since = None
    if since is not None:
        found.append((since.at, min(now, since.until_at or now)))
    return found
