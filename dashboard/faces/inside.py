"""People and places of an incident: who is inside, which zones are cleared, who holds which role."""

from __future__ import annotations

import json

from dashboard.faces.chrome import card, drawer, empty
from dashboard.faces.steps import WAITING
from dashboard.html import button, esc, join, tag
from dashboard.scene import Scene
from playbooks.model import Incident


def inside(scene: Scene, incident: Incident) -> str:
    """Who is inside, since when; nobody goes in alone."""
    w = scene.w
    here = [p for p in incident.inside if p.out_at is None]
    rows = join(
        tag(
            "li",
            tag(
                "span",
                tag("b", esc(scene.person_name(p.person))),
                tag(
                    "small",
                    esc(f" {scene.zone_name(p.zone)} · {w('incident.in_since', at=scene.clock(p.in_at))} "),
                ),
                tag("time", "", data_elapsed=f"{p.in_at:.1f}"),
                class_="sr-what",
            ),
            button(
                "出来 Out",
                data_act=json.dumps(
                    {"type": "incident.come_out", "incident": incident.id, "zone": p.zone, "person": p.person}
                ),
                data_key=f"out-{p.person}-{p.zone}",
            )
            if scene.viewer.may("tick")
            else "",
            class_="sr-row sr-presence",
            data_key=f"in-{p.person}-{p.zone}",
        )
        for p in here
    )
    body = tag("ul", rows) if here else empty(w("incident.nobody_inside"))
    cleared = [zone for zone, access in incident.access.items() if access.state == "cleared"]
    go = ""
    if scene.viewer.may("tick") and incident.state != "closed":
        go = _go_in(scene, incident, cleared) if cleared else empty(w("incident.nowhere_cleared"))
    return card(w("incident.inside", n=len(here)), body, go, key="inside")


def _go_in(scene: Scene, incident: Incident, cleared: list[str]) -> str:
    w = scene.w
    busy = {p.person for p in incident.inside if p.out_at is None}
    places = join(tag("option", esc(scene.zone_name(z) + _limit(scene, z)), value=z) for z in cleared)
    names = join(
        tag(
            "label",
            tag("input", type="checkbox", name="persons", value=person.id, data_kind="list"),
            tag("span", esc(w.of(person.name))),
            class_="sr-check",
        )
        for person in scene.building.people.values()
        if person.id not in busy
    )
    form = tag(
        "form",
        tag("label", esc(w("incident.zone")), tag("select", places, name="zone")),
        tag("fieldset", tag("legend", esc(w("incident.who_goes"))), names),
        tag("button", "进入 Go in", type="submit", class_="sr-button sr-main-button"),
        data_act=json.dumps({"type": "incident.go_in", "incident": incident.id}),
        data_key="go-form",
        class_="sr-form",
    )
    return drawer("进入 Go in", form, key="go-in")


def _limit(scene: Scene, zone: str) -> str:
    known = scene.building.zones.get(zone)
    return f" ({scene.w('incident.at_most', n=known.people_limit)})" if known and known.people_limit else ""


def zones(scene: Scene, incident: Incident) -> str:
    """Which zones may be entered; closed until a named person clears them."""
    w = scene.w
    everywhere = list(dict.fromkeys((*incident.zones, *incident.access)))
    rows: list[str] = []
    for zone in everywhere:
        access = incident.access.get(zone)
        cleared = access is not None and access.state == "cleared"
        facts = ""
        # The engine's own "waits for release" says no more than the word beside it.
        if access is not None and access.by not in ("", "system"):
            facts = f"{scene.person_name(access.by)} {scene.clock(access.at, seconds=False)} {access.reason}"
        act = ""
        if cleared and scene.viewer.may("steps"):
            act = _zone_form(scene, incident, zone, "incident.close_zone", w("incident.close_zone"))
        elif not cleared and scene.viewer.may("command"):
            act = _zone_form(scene, incident, zone, "incident.clear_zone", "放行 Clear")
        rows.append(
            tag(
                "li",
                tag(
                    "span",
                    tag("b", esc(scene.zone_name(zone)), esc(_limit(scene, zone))),
                    tag(
                        "span",
                        esc(w("incident.cleared" if cleared else "incident.closed")),
                        class_="sr-tagged" + ("" if cleared else " sr-shut"),
                    ),
                    tag("small", esc(facts)) if facts else "",
                    class_="sr-what",
                ),
                act if incident.state != "closed" else "",
                class_="sr-row sr-presence",
                data_key=f"zone-{zone}",
            )
        )
    return card(w("incident.zones"), tag("ul", *rows), key="zones")


def _zone_form(scene: Scene, incident: Incident, zone: str, kind: str, words: str) -> str:
    form = tag(
        "form",
        tag(
            "label",
            esc(scene.w("incident.zone_reason")),
            tag("input", name="reason", required=True, maxlength="300"),
        ),
        tag("button", esc(words), type="submit", class_="sr-button sr-main-button"),
        data_act=json.dumps({"type": kind, "incident": incident.id, "zone": zone}),
        data_key=f"{kind}-{zone}",
        class_="sr-form",
    )
    return drawer(words, form, key=f"drawer-{kind}-{zone}")


def roles(scene: Scene, incident: Incident) -> str:
    """Who holds which role of the plan."""
    wanted = dict.fromkeys([step.who for step in incident.playbook.steps if step.who] + list(incident.roles))
    rows = join(
        tag(
            "li",
            tag(
                "span",
                tag("b", esc(scene.role_name(role))),
                " ",
                esc(scene.person_name(incident.roles[role]))
                if incident.roles.get(role)
                else tag("small", esc(scene.w("incident.role_free"))),
            ),
            _take(scene, incident, role),
            class_="sr-row sr-presence",
            data_key=f"r-{role}",
        )
        for role in wanted
    )
    return card(scene.w("incident.roles"), tag("ul", rows), key="roles") if rows else ""


def _take(scene: Scene, incident: Incident, role: str) -> str:
    """Take a free role with one tap; take one over only after its holder and the open steps were shown."""
    holder = incident.roles.get(role, "")
    if not scene.viewer.may("steps") or holder == scene.viewer.person or incident.state == "closed":
        return ""
    act = {"type": "incident.take_role", "incident": incident.id, "role": role}
    if not holder:
        return button(scene.w("incident.take_role"), data_act=json.dumps(act), data_key=f"role-{role}")
    mine = [
        scene.w.of(step.do)
        for step in incident.playbook.steps
        if step.who == role and incident.steps.get(step.id, WAITING).state in ("ready", "waiting")
    ]
    sure = tag(
        "div",
        tag("p", esc(scene.w("incident.take_over_means", who=scene.person_name(holder), n=len(mine)))),
        tag("ul", *(tag("li", esc(words)) for words in mine), class_="sr-goals"),
        button(
            scene.w("incident.take_over"),
            kind="main",
            data_act=json.dumps({**act, "confirmed": True}),
            data_key=f"over-{role}",
        ),
        class_="sr-form",
    )
    return drawer(scene.w("incident.take_over"), sure, key=f"take-{role}")
