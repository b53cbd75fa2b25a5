"""抢救 Rescue: what comes out next, what arrived, what is wet, how the plan stands. Phone first.

The list is confidential: it is drawn for those who have the right, and for helpers only once an open incident
(or drill) with a cleared zone releases it. Secret titles are never drawn for helpers.
"""

from __future__ import annotations

import json

from dashboard.faces.chrome import card, drawer, empty
from dashboard.faces.rescue_arrivals import arrivals
from dashboard.faces.rescue_carry import fixed_bar, work_list
from dashboard.faces.rescue_picture import picture
from dashboard.faces.rescue_plan import facts_of, holding_title, may_see
from dashboard.faces.rescue_wet import wet_count, wet_list
from dashboard.html import esc, join, tag
from dashboard.looks import chosen_incident
from dashboard.rescue_facts import wants_of
from dashboard.scene import Scene
from playbooks import custody
from playbooks.holdings.register import KINDS
from playbooks.model import Incident

STANDING = 300
"""So many holdings are drawn without an incident; the register itself is the folder's file."""
VIEWS = ("carry", "arrivals", "wet", "plan")


def face(scene: Scene) -> str:
    """The whole body."""
    incident = chosen_incident(scene)
    if not may_see(scene, incident):
        # Whoever may never tick waits for nothing.
        why = "closed" if scene.viewer.may("tick") else "not_yours"
        return tag(
            "div",
            card(scene.w(f"rescue.{why}"), empty(scene.w(f"rescue.{why}_means")), key="none"),
            class_="sr-one",
        )
    if incident is None or (incident.state == "closed" and not incident.items):
        return tag("div", standing_list(scene), class_="sr-one")
    view = view_of(scene, incident)
    body = {"carry": work_list, "arrivals": arrivals, "wet": wet_list, "plan": picture}[view](scene, incident)
    wide = "sr-one" if view == "plan" else "sr-one sr-narrow"
    bar = fixed_bar(scene, incident) if incident.state != "closed" else ""
    return tag("div", tabs(scene, incident, view), body, class_=wide) + bar


def view_of(scene: Scene, incident: Incident) -> str:
    """The view in the address; before anybody chose, what the incident is about now."""
    wanted = scene.choices.get("view", "")
    if wanted in VIEWS:
        return wanted
    return "wet" if incident.state in {"recovering", "closed"} else "carry"


def tabs(scene: Scene, incident: Incident, here: str) -> str:
    """The four views, each with the number that matters in it."""
    counts = {
        "arrivals": len(custody.missing(incident)),
        "wet": wet_count(scene, incident),
        "plan": 1 if incident.proposed is not None else 0,
    }
    links = join(
        tag(
            "a",
            esc(scene.w(f"rescue.view_{name}")),
            tag("b", str(counts[name]), class_="sr-badge") if counts.get(name) else "",
            href=f"?view={name}",
            role="tab",
            aria_selected="true" if name == here else "false",
            class_="sr-tab" + (" sr-here" if name == here else ""),
            data_set=json.dumps({"view": name, "crate": "", "find": ""}),
            data_key=f"view-{name}",
        )
        for name in VIEWS
    )
    words = scene.w("rescue.title")
    return tag("div", links, class_="sr-tabs sr-views", role="tablist", aria_label=words, data_key="views")


# --- nothing going on: the standing order -------------------------------------------------------------------


def standing_list(scene: Scene) -> str:
    """Without an incident: the key holdings by grade and worth, for those who have the right."""
    w = scene.w
    holdings = sorted(scene.building.holdings.values(), key=lambda h: (h.grade, -h.worth, h.id))
    if not holdings:
        return card(w("rescue.title"), empty(w("rescue.no_holdings")), key="none")
    rows = join(
        tag(
            "tr",
            tag("td", str(h.grade), class_="sr-num"),
            tag("th", esc(f"{h.id} {holding_title(scene, h)}"), scope="row"),
            tag("td", esc(f"{scene.zone_name(h.zone)} · {h.place}")),
            tag("td", esc(facts_of(scene, h, None))),
            data_key=f"h-{h.id}",
        )
        for h in holdings[:STANDING]
    )
    titles = join(
        tag("th", esc(w(f"rescue.col_{name}")), scope="col") for name in ("grade", "what", "where", "how")
    )
    table = tag("table", tag("thead", tag("tr", titles)), tag("tbody", rows), class_="sr-table")
    words = tag("p", esc(w("rescue.standing_means")), class_="sr-empty")
    more = (
        tag("p", esc(w("rescue.standing_more", n=STANDING)), class_="sr-empty")
        if len(holdings) > STANDING
        else ""
    )
    links = join(
        tag(
            "a",
            esc(w("rescue.cards" if kind == "cards" else f"rescue.print_{kind}")),
            href=f"/print/{'rescue' if kind == 'list' else kind}",
            class_="sr-button",
            target="_blank",
        )
        for kind in ("list", "cards", "crates", "inventory")
    )
    return card(
        w("rescue.standing", n=len(holdings)),
        words,
        tag("div", links, class_="sr-bar"),
        wants(scene),
        tag("div", table, class_="sr-scroll"),
        more,
        key="standing",
    )


def wants(scene: Scene) -> str:
    """What is wrong with the register, counted by kind, worst for the day first; which holdings, on opening."""
    w = scene.w
    found = wants_of(scene.building, scene.local(scene.now).strftime("%Y-%m-%d"))
    if not found:
        return tag("p", esc(w("rescue.no_wants")), class_="sr-empty")
    order = sorted(found, key=lambda kind: (kind != "no-copy", -len(found[kind]), kind))
    lines = join(
        tag(
            "li",
            tag("b", esc(f"{len(found[kind])} × {w.of(KINDS[kind])}")),
            " ",
            esc(w.of(found[kind][0].do)),
            tag("small", esc(" " + ", ".join(one.holding for one in found[kind][:12]))),
            tag("small", esc(f" +{len(found[kind]) - 12}")) if len(found[kind]) > 12 else "",
        )
        for kind in order
    )
    words = w("rescue.wants", n=sum(map(len, found.values())))
    return drawer(words, tag("ul", lines, class_="sr-leftlist"), key="wants", keep=True)
