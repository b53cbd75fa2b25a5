"""The plan to look at: what a new one would change, the ways on the floor plan, who does what when, value over time."""

from __future__ import annotations

import json
from collections.abc import Sequence

from dashboard.chart import steps as axis_steps
from dashboard.faces.chrome import card, drawer, empty
from dashboard.faces.rescue_carry import crew_ids, print_links
from dashboard.faces.rescue_plan import OVER, WAITING, crew_form, holding_title
from dashboard.html import button, esc, join, tag
from dashboard.plan import floor_svg
from dashboard.rescue_facts import question_and_curves
from dashboard.route_lines import Way, ways_of
from dashboard.scene import Scene
from playbooks.model import Incident, RescuePlan, Trip
from playbooks.rescue.difference import Difference, difference
from playbooks.rescue.series import Points, actual_points

SHOWN = 12
NAMED = 6


def picture(scene: Scene, incident: Incident) -> str:
    """The whole view."""
    plan = incident.plan
    parts = [proposal(scene, incident)]
    if plan is None:
        parts.append(card(scene.w("rescue.title"), empty(scene.w("rescue.no_plan")), key="none"))
        return join(parts)
    parts += [
        facts(scene, incident, plan),
        tag(
            "div",
            tag("div", gantt(scene, incident, plan), curves(scene, incident, plan), class_="sr-left"),
            tag("div", routes(scene, incident, plan), class_="sr-right"),
            class_="sr-halves",
        ),
    ]
    return join(parts)


# --- the new plan beside the old --------------------------------------------------------------------------------


def proposal(scene: Scene, incident: Incident) -> str:
    """What changes and why, with the button that takes it; the old plan stays below until then."""
    new, old, w = incident.proposed, incident.plan, scene.w
    if new is None:
        return ""
    accept = ""
    if scene.viewer.may("command") and incident.state != "closed":
        act = json.dumps({"type": "incident.accept_plan", "incident": incident.id})
        accept = button(w("rescue.accept"), kind="main", data_act=act, data_key="accept")
    else:
        accept = tag("p", esc(w("picture.coordinator_accepts")), class_="sr-empty")
    inside = [tag("p", tag("b", esc(w("rescue.proposed"))), " ", esc(w.of(new.basis)))]
    if old is not None:
        done = frozenset(id_ for id_, item in incident.items.items() if item.state not in {"waiting"})
        inside.append(changes(scene, difference(old, new, scene.site, done)))
    inside += [accept, tag("p", esc(w("picture.old_stays")), class_="sr-empty")]
    return tag("section", *inside, class_="sr-proposal", data_key="proposal")


def changes(scene: Scene, found: Difference) -> str:
    """The difference in lines: why first, then what comes in, falls out, and moves."""
    w = scene.w
    lines: list[str] = []
    if found.why:
        words = ("；" if scene.language == "zh" else "; ").join(w.of(one) for one in found.why)
        lines.append(tag("li", tag("b", esc(w("picture.why"))), " ", esc(words)))
    for sign, key, ids in (
        ("+", "picture.added", found.added),
        ("↑", "picture.earlier", found.earlier),
        ("↓", "picture.later", found.later),
        ("⇄", "picture.otherwise", found.otherwise),
    ):
        if ids:
            lines.append(
                tag("li", tag("b", esc(f"{sign} {w(key, n=len(ids))}")), " ", esc(_names(scene, ids)))
            )
    reasons: dict[str, list[str]] = {}
    for id_, why in found.dropped:
        reasons.setdefault(w.of(why), []).append(id_)
    for reason, ids_ in reasons.items():
        words = f"− {w('picture.dropped', n=len(ids_), why=reason)}"
        lines.append(tag("li", tag("b", esc(words)), " ", esc(_names(scene, ids_))))
    if not lines:
        lines.append(tag("li", esc(w("picture.same"))))
    return tag("ul", *lines, class_="sr-diff")


def _names(scene: Scene, ids: Sequence[str]) -> str:
    """The first few with their titles, the rest counted."""
    more = f" +{len(ids) - NAMED}" if len(ids) > NAMED else ""
    return ", ".join(_name(scene, id_) for id_ in ids[:NAMED]) + more


def _name(scene: Scene, holding: str) -> str:
    known = scene.building.holdings.get(holding)
    return f"{holding} {holding_title(scene, known)}" if known else holding


# --- the accepted plan --------------------------------------------------------------------------------------------


def facts(scene: Scene, incident: Incident, plan: RescuePlan) -> str:
    """When it was made, on what it rests, the value against the list and the bound; crews and paper."""
    w = scene.w
    words = [
        tag(
            "p",
            esc(w("picture.made", at=scene.clock(plan.made_at, seconds=False))),
            " ",
            esc(w.of(plan.basis)),
        )
    ]
    if plan.trips:
        _, series = question_and_curves(scene.building, incident, plan)
        listed = series.listed[-1][1]
        share = f"{100 * plan.value / plan.bound:.0f}" if plan.bound > 0 else "–"
        told = w("picture.value_list_saves_nothing", value=f"{plan.value:.1f}", share=share)
        if listed > 0:
            times = f"{plan.value / listed:.2f}"
            told = w("picture.value", value=f"{plan.value:.1f}", times=times, share=share)
        words.append(tag("p", tag("b", esc(told))))
    acts = [
        drawer(
            w("rescue.print"), tag("div", *print_links(scene, incident, plan), class_="sr-bar"), key="prints"
        )
    ]
    if scene.viewer.may("command") and incident.state != "closed":
        acts.append(crew_form(scene, incident))
    return card(w("picture.plan"), *words, tag("div", *acts, class_="sr-bar"), key="planfacts")


def _done(incident: Incident, trip: Trip) -> bool:
    return all(incident.items.get(id_, WAITING).state in OVER | {"out"} for id_ in trip.holdings)


def gantt(scene: Scene, incident: Incident, plan: RescuePlan) -> str:
    """One line a crew: its trips over the plan's minutes, done ones ticked, covering hatched, and where now is."""
    w = scene.w
    if not plan.trips:
        return card(w("picture.gantt"), empty(w("picture.no_trips")), key="gantt")
    end = max(plan.budget_min, *(trip.from_min + trip.minutes for trip in plan.trips), 1.0)
    now = (scene.now - plan.made_at) / 60.0
    rows: list[str] = []
    for crew in crew_ids(plan):
        mine = sorted((trip for trip in plan.trips if trip.crew == crew), key=lambda trip: trip.from_min)
        bars = join(_bar(scene, incident, trip, count, end) for count, trip in enumerate(mine, 1))
        line = (
            tag("i", "", class_="sr-nowline", style=f"left:{min(100.0, 100 * now / end):.1f}%")
            if now >= 0
            else ""
        )
        lines = join(_trip_line(scene, incident, plan, trip, count) for count, trip in enumerate(mine, 1))
        rows.append(
            tag(
                "div",
                tag("b", esc(w("rescue.crew_n", crew=crew))),
                tag("div", bars, line, class_="sr-track2", aria_hidden="true"),
                drawer(w("picture.trips", n=len(mine)), tag("ol", lines, class_="sr-triplist"),
                       key=f"trips-{crew}", keep=True),
                class_="sr-ganttrow",
                data_key=f"gantt-{crew}",
            )
        )  # fmt: skip
    ticks = join(
        tag("span", esc(f"{minute:g}"), style=f"left:{100 * minute / end:.1f}%")
        for minute in axis_steps(0.0, end, 6)
    )
    axis = tag("div", tag("b", esc(w("picture.minutes"))), tag("div", ticks, class_="sr-axis"), class_="sr-ganttrow",
               aria_hidden="true")  # fmt: skip
    legend = tag("p", esc(w("picture.gantt_legend")), class_="sr-empty")
    return card(w("picture.gantt"), *rows, axis, legend, key="gantt")


def _bar(scene: Scene, incident: Incident, trip: Trip, count: int, end: float) -> str:
    done = _done(incident, trip)
    names = "sr-bar2" + (" sr-done" if done else "") + (" sr-cover" if trip.act == "protect" else "")
    style = f"left:{100 * trip.from_min / end:.2f}%;width:{max(1.5, 100 * trip.minutes / end):.2f}%"
    return tag("span", esc(f"✔{count}" if done else str(count)), class_=names, style=style,
               title=scene.zone_names(trip.via or (trip.zone,)))  # fmt: skip


def _trip_line(scene: Scene, incident: Incident, plan: RescuePlan, trip: Trip, count: int) -> str:
    w = scene.w
    leave = ""
    if trip.leave_by_min is not None:
        leave = " · " + w(
            "rescue.leave_by", at=scene.clock(plan.made_at + trip.leave_by_min * 60, seconds=False)
        )
    words = w(
        "picture.trip",
        start=scene.clock(plan.made_at + trip.from_min * 60, seconds=False),
        minutes=f"{trip.minutes:.0f}",
        zones=scene.zone_names(trip.via or (trip.zone,)),
        n=len(trip.holdings),
        kg=f"{trip.kg:g}",
    )
    tick = "✔ " if _done(incident, trip) else ""
    ids = ", ".join(trip.holdings[:SHOWN]) + ("…" if len(trip.holdings) > SHOWN else "")
    return tag("li", tag("b", f"{count}"), " ", esc(f"{tick}{words}{leave} "), tag("small", esc(ids)))


# --- the floor plan -----------------------------------------------------------------------------------------------


def routes(scene: Scene, incident: Incident, plan: RescuePlan) -> str:
    """Every floor a trip touches, with the ways; trips that are done are left out."""
    w = scene.w
    todo = [trip for trip in plan.trips if not _done(incident, trip)]
    if not todo:
        return card(w("picture.routes"), empty(w("picture.no_routes")), key="routes")
    cleared = {zone for zone, access in incident.access.items() if access.state == "cleared"}
    blocked = frozenset(incident.access) - cleared
    found = ways_of(todo, scene.building.zones, scene.building.assembly, blocked)
    drawings = join(
        tag(
            "figure",
            tag("figcaption", esc(w.of(floor.name))),
            tag("div", floor_svg(scene, floor, controls=False, routes=found), class_="sr-drawing",
                data_key=f"way-{floor.id}"),
        )
        for floor in scene.building.floors
        if floor.id in _floors(scene, found)
    )  # fmt: skip
    lines = join(tag("li", esc(_way_words(scene, way))) for way in found)
    legend = tag("ul", lines, class_="sr-waylist")
    return card(w("picture.routes"), drawings, legend, tag("p", esc(w("picture.routes_means")), class_="sr-empty"),
                key="routes")  # fmt: skip


def _floors(scene: Scene, found: Sequence[Way]) -> set[str]:
    """Floors where somebody works; what is only passed is not drawn."""
    return {
        scene.building.zones[zone].floor
        for way in found
        for zone in way.stops
        if zone in scene.building.zones
    }


def _way_words(scene: Scene, way: Way) -> str:
    stops = ("；" if scene.language == "zh" else "; ").join(
        f"{', '.join(str(n) for n in numbers)} → {scene.zone_name(zone)}"
        for zone, numbers in way.stops.items()
    )
    return f"{scene.w('rescue.crew_n', crew=way.crew)}: {stops}"


# --- value over time ----------------------------------------------------------------------------------------------

_W, _H, _L, _R, _T, _B = 640.0, 300.0, 46.0, 16.0, 18.0, 34.0


def curves(scene: Scene, incident: Incident, plan: RescuePlan) -> str:
    """Value saved by the plan, by following the printed list, by what was really ticked, and the bound."""
    w = scene.w
    if not plan.trips:
        return ""
    request, series = question_and_curves(scene.building, incident, plan)
    really = actual_points(incident, request)
    end = max(series.budget_min, series.plan[-1][0], 1.0)
    top = max(series.bound, series.plan[-1][1], 1e-9) * 1.08

    def x(minute: float) -> float:
        return _L + (_W - _L - _R) * min(1.0, minute / end)

    def y(value: float) -> float:
        return _H - _B - (_H - _T - _B) * value / top

    def stairs(points: Points, until: float) -> str:
        path, last = [], 0.0
        for minute, value in points:
            path += [f"{x(minute):.1f},{y(last):.1f}", f"{x(minute):.1f},{y(value):.1f}"]
            last = value
        return " ".join([*path, f"{x(until):.1f},{y(last):.1f}"])

    grid = join(
        f'<line x1="{_L}" x2="{_W - _R}" y1="{y(v):.1f}" y2="{y(v):.1f}" class="sr-grid"/>'
        f'<text x="{_L - 6}" y="{y(v) + 5:.1f}" text-anchor="end">{v:g}</text>'
        for v in axis_steps(0.0, top, 4)
    )
    minutes = join(
        f'<text x="{x(m):.1f}" y="{_H - 12}" text-anchor="middle">{m:g}</text>'
        for m in axis_steps(0.0, end, 6)
    )
    now = (scene.now - plan.made_at) / 60.0
    lines = [
        f'<line x1="{_L}" x2="{_W - _R}" y1="{y(series.bound):.1f}" y2="{y(series.bound):.1f}" class="sr-bound"/>',
        f'<polyline points="{stairs(series.listed, end)}" class="sr-listed"/>',
        f'<polyline points="{stairs(series.plan, end)}" class="sr-planned"/>',
    ]
    if len(really) > 1:
        lines.append(
            f'<polyline points="{stairs(really, min(end, max(now, really[-1][0])))}" class="sr-really"/>'
        )
    if 0 <= now <= end:
        lines.append(
            f'<line x1="{x(now):.1f}" x2="{x(now):.1f}" y1="{_T}" y2="{_H - _B}" class="sr-nowmark"/>'
        )
    values = {
        "bound": series.bound, "planned": series.plan[-1][1], "listed": series.listed[-1][1],
        "really": really[-1][1],
    }  # fmt: skip
    spoken = "; ".join(f"{w('picture.line_' + name)} {value:.1f}" for name, value in values.items())
    svg = (
        f'<svg class="sr-value-chart" viewBox="0 0 {_W:g} {_H:g}" role="img" aria-label="{esc(spoken)}">'
        f"{grid}{minutes}{''.join(lines)}</svg>"
    )
    keys = join(
        tag(
            "span",
            f'<svg class="sr-value-chart" width="44" height="12" aria-hidden="true"><line x1="0" x2="44" y1="6" y2="6" '
            f'class="sr-{name}"/></svg>',
            esc(f" {w('picture.line_' + name)} {values[name]:.1f}"),
            class_="sr-key",
        )
        for name in ("bound", "planned", "listed", "really")
    )
    words = tag("p", esc(w("picture.value_means")), class_="sr-empty")
    return card(w("picture.curves"), svg, tag("p", keys, class_="sr-legend"), words, key="curves")
