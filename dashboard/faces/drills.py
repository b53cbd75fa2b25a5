"""演练 Drills: when did we last practise, what is rehearsed, and how one is told."""

from __future__ import annotations

import json

import msgspec
from msgspec import Struct

from dashboard.faces.chrome import card, drawer, empty
from dashboard.faces.pace import pace
from dashboard.html import esc, join, tag
from dashboard.scene import Scene
from playbooks.model import Drill, Expect, Play
from strongroom.model import DrillHeld

RATINGS = ("P", "S", "M", "U")
"""Performed without challenges, with some, with major ones, unable (HSEEP)."""


def face(scene: Scene) -> str:
    """The whole body."""
    w = scene.w
    drills = list(scene.building.drills.values())
    running = scene.board.drill if scene.board else ""
    parts = [_running(scene, running)] if running else []
    if not drills:
        parts.append(card(w("drills.title"), empty(w("drills.none")), key="none"))
    last = _last_runs(scene)
    parts += [_drill(scene, drill, last.get(drill.id)) for drill in drills]
    parts.append(pace(scene))
    return tag("div", *parts, class_="sr-one")


def _running(scene: Scene, running: str) -> str:
    drill = scene.building.drills.get(running)
    name = scene.w.of(drill.title) if drill else running
    return card(scene.w("drills.running", name=name), key="running", kind="sr-drilled")


class Held(Struct, frozen=True):
    """When a drill was last practised, how it went, and who says so."""

    at: float
    rating: str = ""
    by: str = ""


def _last_runs(scene: Scene) -> dict[str, Held]:
    """When each drill was last practised: from what was told, and from runs of its own incidents in the journal."""
    found: dict[str, Held] = {}
    for entry in scene.desk.entries(kind="drill.held", limit=500):
        try:
            what = msgspec.json.decode(entry.data, type=DrillHeld)
        except (msgspec.MsgspecError, UnicodeDecodeError):  # as in strongroom.journal.decode
            continue
        known = found.get(what.drill)
        if known is None or what.held_at > known.at:
            found[what.drill] = Held(what.held_at, what.rating, entry.by)
    for run in scene.board.incidents if scene.board else ():
        known = found.get(run.drill)
        if run.kind != "incident" and run.drill and (known is None or run.opened_at > known.at):
            found[run.drill] = Held(run.opened_at, "", run.opened_by)
    return found


def _drill(scene: Scene, drill: Drill, last: Held | None) -> str:
    w = scene.w
    when = w("drills.never")
    if last is not None:
        rating = f" · {w('drills.rating_' + last.rating)}" if last.rating in RATINGS else ""
        when = w("drills.last", at=scene.clock(last.at, seconds=False)) + rating
    facts = tag(
        "p",
        tag("span", esc(w(f"drills.mode_{drill.mode}"))),
        tag("span", esc(when)),
        tag("span", esc(w("drills.counts", plays=len(drill.script), expects=len(drill.expect)))),
        class_="sr-factline",
    )
    goals = join(tag("li", esc(w.of(goal))) for goal in drill.objectives)
    tell = ""
    if scene.viewer.may("command"):
        now = scene.local(scene.now).strftime("%Y-%m-%dT%H:%M")
        ratings = tag("option", esc(w("drills.unrated")), value="") + join(
            tag("option", esc(w(f"drills.rating_{one}")), value=one) for one in RATINGS
        )
        form = tag(
            "form",
            tag(
                "label",
                esc(w("drills.held_at")),
                tag("input", type="datetime-local", name="at_local", value=now, max=now, required=True),
            ),
            tag("label", esc(w("drills.how")), tag("select", ratings, name="rating")),
            tag("label", esc(w("incident.note")), tag("input", name="note", maxlength="300")),
            tag("button", esc(w("drills.tell")), type="submit", class_="sr-button sr-main-button"),
            data_act=json.dumps({"type": "drill.held", "drill": drill.id}),
            data_key=f"held-{drill.id}",
            class_="sr-form",
        )
        desk = tag(
            "p",
            esc(w("drills.at_desk")),
            " ",
            tag("code", esc(f"strongroom drill … {drill.id} --data … --by …")),
        )
        tell = drawer(w("drills.practised"), form, desk, key=f"tell-{drill.id}")
    script = drawer(w("drills.script"), _script(scene, drill), key=f"script-{drill.id}", keep=True)
    return card(
        w.of(drill.title),
        facts,
        tag("ul", goals, class_="sr-goals") if goals else "",
        tag("div", tell, script, class_="sr-bar"),
        key=f"drill-{drill.id}",
    )


def _script(scene: Scene, drill: Drill) -> str:
    """What happens and what is expected, in one order of time."""
    lines = [(play.at_s, scene.w("drills.happens"), _play(scene, play)) for play in drill.script]
    lines += [(expect.at_s, scene.w("drills.expected"), _expect(scene, expect)) for expect in drill.expect]
    rows = join(
        tag("tr", tag("td", esc(_minute(at)), class_="sr-num"), tag("td", esc(kind)), tag("td", esc(words)))
        for at, kind, words in sorted(lines, key=lambda line: line[0])
    )
    return tag("div", tag("table", tag("tbody", rows), class_="sr-table"), class_="sr-scroll")


def _minute(seconds: float) -> str:
    return f"{int(seconds) // 60:02d}:{int(seconds) % 60:02d}"


def _play(scene: Scene, play: Play) -> str:
    if play.sensor:
        sensor = scene.building.sensors.get(play.sensor)
        return f"{scene.w.of(sensor.name) if sensor else play.sensor} = {play.value}"
    return f"{scene.person_name(play.person)}: {play.does}"


def _expect(scene: Scene, expect: Expect) -> str:
    rule = scene.building.rules.get(expect.alarm)
    parts = [
        scene.w.of(rule.name) if rule else expect.alarm,
        scene.zone_name(expect.zone) if expect.zone else "",
        expect.state,
        scene.w("drills.told", who=scene.role_name(expect.told)) if expect.told else "",
        scene.w("drills.incident", name=expect.incident) if expect.incident else "",
        scene.w("drills.step", name=expect.step) if expect.step else "",
    ]
    words = " · ".join(part for part in parts if part)
    return scene.w("drills.absent", words=words) if expect.absent else words
