"""事件 Incident: what do we do now, who does it, who is inside?"""

from __future__ import annotations

import json

from dashboard.faces.chrome import card, drawer
from dashboard.faces.inside import inside, roles, zones
from dashboard.faces.rescue_plan import plan_summary
from dashboard.faces.steps import steps
from dashboard.faces.timeline import timeline
from dashboard.html import button, esc, join, tag
from dashboard.looks import chosen_incident, open_incidents
from dashboard.scene import Scene
from playbooks.model import Incident


def face(scene: Scene) -> str:
    """The whole body."""
    incident = chosen_incident(scene)
    if incident is None:
        return tag("div", none_open(scene), past(scene), class_="sr-one")
    parts = [others(scene, incident), title(scene, incident), leave_at_once(scene, incident)]
    columns = tag(
        "div",
        tag("div", steps(scene, incident), class_="sr-left"),
        tag("div", inside(scene, incident), zones(scene, incident), roles(scene, incident), class_="sr-left"),
        tag("div", plan_summary(scene, incident), class_="sr-left"),
        class_="sr-three",
    )
    end = tag("div", timeline(scene, incident), class_="sr-one")
    return join(parts) + columns + end


# --- nothing going on ---------------------------------------------------------------------------------------


def none_open(scene: Scene) -> str:
    """No incident: say so, and how one is opened by hand."""
    w = scene.w
    words = tag("p", esc(w("incident.none_means")), class_="sr-empty")
    if not scene.viewer.may("steps") or not scene.building.playbooks:
        return card(w("incident.none"), words, key="none")
    books = join(tag("option", esc(w.of(p.title)), value=p.id) for p in scene.building.playbooks.values())
    places = join(tag("option", esc(w.of(z.name)), value=z.id) for z in scene.building.zones.values())
    form = tag(
        "form",
        tag("label", esc(w("incident.playbook")), tag("select", books, name="playbook")),
        tag("label", esc(w("incident.zone")), tag("select", places, name="zones", data_kind="only")),
        tag("label", esc(w("incident.note")), tag("input", name="note", maxlength="300")),
        tag("button", esc(w("incident.open")), type="submit", class_="sr-button sr-main-button"),
        data_act=json.dumps({"type": "incident.open"}),
        data_key="open-form",
        class_="sr-form",
    )
    return card(w("incident.none"), words, drawer(w("incident.open_by_hand"), form, key="open"), key="none")


def past(scene: Scene) -> str:
    """Incidents that are over, newest first."""
    done = [i for i in (scene.board.incidents if scene.board else ()) if i.state == "closed"]
    if not done:
        return ""
    rows = join(
        tag(
            "li",
            tag(
                "a",
                esc(
                    f"{scene.clock(i.opened_at)} · {scene.w.of(i.playbook.title)} · {scene.zone_names(i.zones)}"
                ),
                href=f"?incident={i.id}",
                data_set=json.dumps({"incident": i.id}),
            ),
            class_="sr-row",
            data_key=f"past-{i.id}",
        )
        for i in sorted(done, key=lambda i: -i.opened_at)[:20]
    )
    return card(scene.w("incident.past"), tag("ul", rows), key="past")


def others(scene: Scene, here: Incident) -> str:
    """Tabs where more than one incident is open."""
    found = open_incidents(scene.board)
    if len(found) < 2 and here in found:
        return ""
    tabs = join(
        tag(
            "a",
            esc(f"{scene.w.of(i.playbook.title)} · {scene.zone_name(i.zones[0]) if i.zones else ''}"),
            href=f"?incident={i.id}",
            role="tab",
            aria_selected="true" if i.id == here.id else "false",
            class_="sr-tab" + (" sr-here" if i.id == here.id else ""),
            data_set=json.dumps({"incident": i.id}),
            data_key=f"tab-{i.id}",
        )
        for i in found
    )
    return tag("div", tabs, class_="sr-tabs sr-inset", role="tablist", data_key="incidents") if tabs else ""


# --- head ---------------------------------------------------------------------------------------------------


def title(scene: Scene, incident: Incident) -> str:
    """What, where, since when, how long; leave at once and close."""
    w = scene.w
    where = scene.zone_names(incident.zones)
    over = incident.state == "closed"
    elapsed = (
        tag("span", esc(w("incident.closed_at", at=scene.clock(incident.closed_at or 0))))
        if over
        else tag(
            "span", esc(w("incident.elapsed")), " ", tag("b", "", data_elapsed=f"{incident.opened_at:.1f}")
        )
    )
    facts = tag(
        "p",
        tag("span", esc(w("incident.since", at=scene.clock(incident.opened_at)))),
        elapsed,
        tag("span", esc(w("incident.level", level=incident.level))),
        tag("span", esc(w(f"incident.state_{incident.state}"))),
        tag("span", esc(w("alarm.reference", reference=incident.reference))),
        class_="sr-factline",
    )
    kind = (
        ""
        if incident.kind == "incident"
        else tag("span", esc(w(f"incident.kind_{incident.kind}")), class_="sr-tagged sr-drilltag")
    )
    words = tag("h1", esc(f"{w.of(incident.playbook.title)} · {where}"), kind)
    acts = "" if over else tag("div", *_head_acts(scene, incident), class_="sr-bar")
    drill = " sr-drilled" if incident.kind != "incident" else ""
    return tag("section", tag("div", words, facts), acts, class_="sr-inchead" + drill, data_key="inchead")


def _head_acts(scene: Scene, incident: Incident) -> list[str]:
    w, viewer = scene.w, scene.viewer
    acts: list[str] = []
    if viewer.may("tick"):
        sure = tag(
            "div",
            tag("p", esc(w("incident.everyone_out_means"))),
            button(
                "全部撤离 EVERYONE OUT",
                kind="danger",
                data_act=json.dumps({"type": "incident.everyone_out", "incident": incident.id}),
                data_key="everyone-out-now",
            ),
            class_="sr-form",
        )
        acts.append(drawer("撤离 Everyone out", sure, key="everyone-out", kind="sr-danger"))
    if viewer.may("command"):
        steps_on = {"open": "contained", "contained": "recovering"}.get(incident.state)
        if steps_on:
            act = json.dumps({"type": "incident.advance", "incident": incident.id, "state": steps_on})
            acts.append(button(w(f"incident.to_{steps_on}"), data_act=act, data_key="advance"))
        form = tag(
            "form",
            tag(
                "label",
                esc(w("incident.close_note")),
                tag("input", name="note", maxlength="300", required=True),
            ),
            tag(
                "label",
                tag("input", type="checkbox", name="override", data_kind="flag"),
                tag("span", esc(w("incident.override"))),
                class_="sr-check",
            ),
            tag("button", esc(w("incident.close")), type="submit", class_="sr-button sr-main-button"),
            data_act=json.dumps({"type": "incident.close", "incident": incident.id}),
            data_key="close-form",
            class_="sr-form",
        )
        acts.append(drawer(w("incident.close"), form, key="close"))
    return acts


def leave_at_once(scene: Scene, incident: Incident) -> str:
    """When to leave at once, both languages, always in view."""
    if incident.state == "closed":
        return ""
    first, second = incident.playbook.stop_when.zh, incident.playbook.stop_when.en
    if scene.language == "en":
        first, second = second, first
    out = ""
    if incident.everyone_out_at is not None:
        out = tag(
            "p",
            esc(scene.w("incident.everyone_is_out", at=scene.clock(incident.everyone_out_at))),
            class_="sr-outnow",
            role="alert",
        )
    words = tag(
        "p", tag("b", esc(scene.w("incident.leave_if"))), " ", esc(first), tag("small", esc(f" {second}"))
    )
    return tag("section", out, words, class_="sr-leave", data_key="leave-if")
