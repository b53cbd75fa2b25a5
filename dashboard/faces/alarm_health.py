"""Alarms, the health tab: how the alarm system itself is doing over thirty days, and whom to ask about it (C44)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from urllib.parse import quote

from alerts.health import AlarmHealth, Figure
from alerts.model import Alarm
from dashboard.faces.chrome import card, empty
from dashboard.html import esc, join, mark, tag
from dashboard.scene import Scene

LISTED = 20

ROOMS_NAMED = 3


def health(scene: Scene) -> str:
    """Figures with their targets, the most frequent alarms, and what stands, chatters or was put aside."""
    w = scene.w
    found = scene.desk.health()
    if found is None:
        return card(w("health.title"), empty(w("health.none")), key="health")
    return tag(
        "div",
        tag("div", _figures(scene, found), _split(scene, found), class_="sr-left"),
        tag("div", _top(scene, found), _lists(scene, found), class_="sr-left"),
        class_="sr-halves",
    )


def _figures(scene: Scene, found: AlarmHealth) -> str:
    w = scene.w
    titles = (tag("th", esc(w(f"health.col_{name}")), scope="col") for name in ("what", "now", "target"))
    table = tag(
        "table",
        tag("thead", tag("tr", *titles)),
        tag("tbody", *(_figure(scene, one) for one in found.figures)),
        class_="sr-table",
    )
    hours = (found.until_at - found.from_at) / 3600.0
    span = w("health.days", n=round(hours / 24)) if hours >= 48 else w("health.hours", n=max(1, round(hours)))
    words = w("health.period", since=scene.clock(found.from_at, seconds=False), span=span, n=found.alarms)
    source = tag("p", esc(w("health.source")), class_="sr-empty")
    return card(w("health.title"), tag("p", esc(words)), table, source, key="health")


def _figure(scene: Scene, one: Figure) -> str:
    w = scene.w
    bad = one.judged and not one.good
    value = f"{one.value:.0f}" if one.value == int(one.value) else f"{one.value:.1f}"
    unit = w("health.per_hour") if one.unit == "1/h" else one.unit
    said = f"{value} {unit}".strip()
    if not one.judged:
        said += f" · {w('health.too_early')}"
    elif bad:
        said += f" · {w('health.missed')}"
    return tag(
        "tr",
        tag("th", mark("F", size=18) + " " if bad else "", esc(w.of(one.name)), scope="row"),
        tag("td", esc(said)),
        tag("td", esc(w.of(one.target))),
        class_="sr-faulty" if bad else None,
        data_key=f"figure-{one.id}",
    )


def _split(scene: Scene, found: AlarmHealth) -> str:
    """Urgent, high, low: how they were, beside how they should be."""
    w = scene.w
    total = sum(found.split)
    if not total:
        return ""
    parts = join(
        tag("span", mark(kind, size=20), esc(f" {w('kind.' + kind)} {count} ({count * 100 // total} %)"))
        for kind, count in zip(("1", "2", "3"), found.split, strict=True)
    )
    return card(
        w("health.split"),
        tag("p", parts, class_="sr-legend"),
        tag("p", esc(w("health.split_target")), class_="sr-empty"),
        key="split",
    )


def _place(scene: Scene, rule: str, scope: str) -> str:
    """A rule at its place, in words; the ids where the folder does not know them any more."""
    house, w = scene.building, scene.w
    known = house.rules.get(rule)
    name = w.of(known.name) if known else rule
    sensor = house.sensors.get(scope)
    where = w.of(sensor.name) if sensor else scene.zone_name(scope)
    if rooms := [zone.id for zone in house.zones.values() if zone.compartment == scope]:
        where = scene.zone_names(rooms[:ROOMS_NAMED]) + (" …" if len(rooms) > ROOMS_NAMED else "")
    return f"{where} · {name}" if where and where != rule else name


def _top(scene: Scene, found: AlarmHealth) -> str:
    w = scene.w
    if not found.top:
        return card(w("health.top"), empty(w("health.quiet")), key="top")
    rows = join(
        tag(
            "tr",
            tag("th", esc(_place(scene, one.rule, one.scope)), scope="row"),
            tag("td", esc(f"{one.count} ({one.share * 100:.0f} %)"), class_="sr-num"),
            data_key=f"top-{one.rule}-{one.scope}",
        )
        for one in found.top
    )
    return card(w("health.top"), tag("table", tag("tbody", rows), class_="sr-table"), key="top")


def _lists(scene: Scene, found: AlarmHealth) -> str:
    """What stands for over a day, chatters, flashes, or is kept quiet by somebody; each named."""
    w = scene.w
    open_alarms = {alarm.id: alarm for alarm in (scene.board.alarms if scene.board else ())}
    parts: list[str] = []
    for name, ids in (
        ("stale", found.stale),
        ("shelved", found.shelved),
        ("out_of_service", found.out_of_service),
    ):
        if rows := _open(scene, ids, open_alarms):
            parts.append(tag("p", tag("b", esc(w(f"health.{name}")))) + tag("ul", rows, class_="sr-goals"))
    for name, places in (("chattering", found.chattering), ("fleeting", found.fleeting)):
        if places:
            rows = join(
                tag("li", esc(_place(scene, *place.partition("@")[::2]))) for place in places[:LISTED]
            )
            parts.append(tag("p", tag("b", esc(w(f"health.{name}")))) + tag("ul", rows, class_="sr-goals"))
    return card(w("health.attention"), join(parts) or empty(w("health.nothing")), key="attention")


def _open(scene: Scene, ids: Iterable[str], known: dict[str, Alarm]) -> str:
    """Open alarms by name, each with a way to its explanation."""
    rows: list[str] = []
    for name in list(ids)[:LISTED]:
        alarm = known.get(name)
        if alarm is None:
            continue
        shelf = alarm.out_of_service or alarm.shelved
        until = (
            scene.w(
                "health.until", who=scene.person_name(shelf.by), at=scene.clock(shelf.until_at, seconds=False)
            )
            if shelf
            else scene.w("alarm.since", at=scene.clock(alarm.active_at or alarm.raised_at, seconds=False))
        )
        link = tag(
            "a",
            esc(f"{scene.zone_name(alarm.zone)} · {scene.w.of(alarm.name)}"),
            href=f"/alarms?tab=health&alarm={quote(alarm.id, safe='')}",
            data_set=json.dumps({"alarm": alarm.id}),
        )
        rows.append(tag("li", link, esc(f" · {until}")))
    return join(rows)
