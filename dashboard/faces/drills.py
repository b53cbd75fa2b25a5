"""演练 Drills: when did we last practise, what is rehearsed, and how to begin and end one."""

from __future__ import annotations

import json

import msgspec

from dashboard.faces.alarms import drawer
from dashboard.faces.chrome import card, empty
from dashboard.html import button, esc, join, tag
from dashboard.scene import Scene
from playbooks.model import Drill, Expect, Play


def face(scene: Scene) -> str:
    """The whole body."""
    w = scene.w
    drills = list(scene.building.drills.values())
    running = scene.board.drill if scene.board else ""
    parts = [_running(scene, running)] if running else []
    if not drills:
        parts.append(card(w("drills.title"), empty(w("drills.none")), key="none"))
    last = _last_runs(scene)
    parts += [_drill(scene, drill, running, last.get(drill.id)) for drill in drills]
    return tag("div", *parts, class_="sr-one")


def _running(scene: Scene, running: str) -> str:
    drill = scene.building.drills.get(running)
    stop = ""
    if scene.viewer.may("command"):
        stop = button(
            scene.w("drills.stop"), kind="main", data_act=json.dumps({"type": "drill.stop"}), data_key="stop"
        )
    name = scene.w.of(drill.title) if drill else running
    return card(
        scene.w("drills.running", name=name),
        tag("div", stop, class_="sr-bar"),
        key="running",
        kind="sr-drilled",
    )


def _last_runs(scene: Scene) -> dict[str, float]:
    """When each drill was last begun, from the journal."""
    found: dict[str, float] = {}
    for entry in scene.desk.entries(kind="drill.started", limit=500):
        name = entry.about
        try:
            facts = msgspec.json.decode(entry.data)
        except msgspec.MsgspecError:
            facts = {}
        if isinstance(facts, dict):
            name = str(facts.get("drill", entry.about))
        found.setdefault(name, entry.at)
    return found


def _drill(scene: Scene, drill: Drill, running: str, last: float | None) -> str:
    w = scene.w
    when = w("drills.last", at=scene.clock(last, seconds=False)) if last else w("drills.never")
    facts = tag(
        "p",
        tag("span", esc(w(f"drills.mode_{drill.mode}"))),
        tag("span", esc(when)),
        tag("span", esc(w("drills.counts", plays=len(drill.script), expects=len(drill.expect)))),
        class_="sr-factline",
    )
    goals = join(tag("li", esc(w.of(goal))) for goal in drill.objectives)
    start = ""
    if scene.viewer.may("command") and drill.mode != "test" and not running:
        sure = tag(
            "div",
            tag("p", esc(w("drills.start_live" if drill.mode == "live" else "drills.start_table"))),
            tag("p", esc(w.of(drill.announce))) if drill.announce.zh else "",
            button(
                w("drills.start"),
                kind="main",
                data_act=json.dumps({"type": "drill.start", "drill": drill.id}),
                data_key=f"start-{drill.id}",
            ),
            class_="sr-form",
        )
        start = drawer(w("drills.start"), sure, key=f"begin-{drill.id}")
    script = drawer(w("drills.script"), _script(scene, drill), key=f"script-{drill.id}", keep=True)
    return card(
        w.of(drill.title),
        facts,
        tag("ul", goals, class_="sr-goals") if goals else "",
        tag("div", start, script, class_="sr-bar"),
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
