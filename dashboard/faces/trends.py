"""趋势 Trends: since when, how fast, was the sensor alive?"""

from __future__ import annotations

import json

from dashboard.chart import chart, gap_after
from dashboard.desk import Point
from dashboard.faces.chrome import card, empty
from dashboard.html import esc, join, tag
from dashboard.looks import kind_of, limits, reading_words, sensor_words, standing
from dashboard.scene import Scene
from sensors.model import Sensor
from sensors.quantities import quantity
from strongroom.journal import AlarmData, decode

SPANS = {"3h": 3 * 3600.0, "24h": 86_400.0, "7d": 7 * 86_400.0, "30d": 30 * 86_400.0, "1y": 365 * 86_400.0}
REDRAW_S = 30.0
POINTS = 480


def face(scene: Scene) -> str:
    """The whole body: choices, then one chart for each measured quantity of the zone."""
    zone = _chosen_zone(scene)
    # A house that has just begun to listen has nothing of yesterday to show.
    young = scene.board is not None and scene.now - scene.board.started_at < 2 * SPANS["3h"]
    span = scene.choices.get("span", "")
    span = span if span in SPANS else ("3h" if young else "24h")
    tabs = tag(
        "div", join(_span_tab(scene, name, name == span) for name in SPANS), class_="sr-tabs", role="tablist"
    )
    sensors = _sensors(scene, zone)
    if not sensors:
        return tag(
            "div",
            _zones(scene, zone),
            tabs,
            card("", empty(scene.w("trends.no_numbers")), key="none"),
            class_="sr-one",
        )
    # Redrawn every half minute, not with every refresh: the moment is rounded, so the HTML stays the same.
    until = scene.now - scene.now % REDRAW_S + REDRAW_S
    charts = join(_chart(scene, sensor, until - SPANS[span], until) for sensor in sensors)
    return tag("div", _zones(scene, zone), tabs, charts, class_="sr-one")


def _sensors(scene: Scene, zone: str) -> list[Sensor]:
    found = [s for s in scene.building.sensors.values() if s.zone == zone]
    numbers = [s for s in found if not ((known := quantity(s.quantity)) and known.contact)]
    return sorted(numbers, key=lambda s: (s.quantity, s.id))[:12]


def _chosen_zone(scene: Scene) -> str:
    """The zone in the address, else where something stands, else the first with numbers."""
    wanted = scene.choices.get("zone", "")
    if wanted in scene.building.zones:
        return wanted
    for alarm in standing(scene.board):
        if alarm.cause is not None and _sensors(scene, alarm.zone):
            return alarm.zone
    return next((zone for zone in scene.building.zones if _sensors(scene, zone)), "")


def _zones(scene: Scene, here: str) -> str:
    links = join(
        tag(
            "a",
            esc(scene.w.of(zone.name)),
            href=f"?zone={zone.id}",
            class_="sr-chip" + (" sr-here" if zone.id == here else ""),
            aria_current="true" if zone.id == here else None,
            data_set=json.dumps({"zone": zone.id}),
            data_key=f"z-{zone.id}",
        )
        for zone in scene.building.zones.values()
        if _sensors(scene, zone.id)
    )
    return tag("nav", links, class_="sr-chips", aria_label=scene.w("trends.zones"), data_key="zones")


def _span_tab(scene: Scene, name: str, here: bool) -> str:
    return tag(
        "a",
        esc(scene.w(f"trends.span_{name}")),
        href=f"?span={name}",
        role="tab",
        aria_selected="true" if here else "false",
        class_="sr-tab" + (" sr-here" if here else ""),
        data_set=json.dumps({"span": name}),
        data_key=f"span-{name}",
    )


def _chart(scene: Scene, sensor: Sensor, since: float, until: float) -> str:
    w = scene.w
    points = scene.desk.history(sensor.id, since, until, POINTS)
    latest = scene.board.latest.get(sensor.id) if scene.board else None
    age = ""
    if latest is not None and latest.measured_at is not None:
        age = tag(
            "time", esc(scene.span(scene.now - latest.measured_at)), data_since=f"{latest.measured_at:.1f}"
        )
    now = tag(
        "span",
        tag("b", esc(reading_words(scene, sensor, latest))),
        " ",
        age,
        esc(f" · {words}" if (words := sensor_words(scene, latest)) else ""),
        class_="sr-nowvalue",
    )
    known = quantity(sensor.quantity)
    unit = known.unit if known else sensor.unit
    if points is None:
        return card(w.of(sensor.name), empty(w("trends.no_store")), key=f"c-{sensor.id}", more=now)
    if not points:
        return card(w.of(sensor.name), empty(w("trends.no_data_yet")), key=f"c-{sensor.id}", more=now)
    low, high = limits(scene.building, sensor)
    label = w("trends.label", name=w.of(sensor.name), low=_least(points, unit), high=_most(points, unit))
    drawn = chart(
        points,
        since=since,
        until=until,
        zone=scene.zone,
        band=(low, high),
        unit=unit,
        gap_s=gap_after(sensor.every_s, (until - since) / POINTS),
        alarms=_marks(scene, sensor, since),
        label=label,
        no_data=w("trends.no_data"),
    )
    words = tag("p", esc(label), class_="sr-empty")
    return card(w.of(sensor.name), drawn, words, key=f"c-{sensor.id}", more=now)


def _least(points: list[Point], unit: str) -> str:
    return f"{min(p.low for p in points):.1f} {unit}".strip()


def _most(points: list[Point], unit: str) -> str:
    return f"{max(p.high for p in points):.1f} {unit}".strip()


def _marks(scene: Scene, sensor: Sensor, since: float) -> list[tuple[float, str]]:
    marks: list[tuple[float, str]] = []
    for entry in scene.desk.entries(kind="alarm.raised", limit=300):
        if entry.at < since:
            break
        data = decode(entry)
        if (
            isinstance(data, AlarmData)
            and data.alarm.cause is not None
            and data.alarm.cause.sensor == sensor.id
        ):
            marks.append((entry.at, kind_of(data.alarm)))
    return marks
