"""抢救 Rescue: what comes out next, what is out, where is it? Phone first.

The list is confidential: it is drawn for those who have the right, and for helpers only once an open incident
(or drill) with a cleared zone releases it. Secret titles are never drawn for helpers.
"""

from __future__ import annotations

import json

from dashboard.faces.alarms import drawer
from dashboard.faces.chrome import card, empty
from dashboard.faces.rescue_plan import (
    OVER,
    WAITING,
    facts_of,
    holding_title,
    is_cleared,
    may_see,
    pending,
    place_of,
    planned,
    prepared,
    progress,
)
from dashboard.html import button, esc, join, tag
from dashboard.looks import chosen_incident
from dashboard.scene import Scene
from playbooks.items import ItemState
from playbooks.model import Holding, Incident, Ranked, RescuePlan


def face(scene: Scene) -> str:
    """The whole body."""
    incident = chosen_incident(scene)
    if not may_see(scene, incident):
        return tag(
            "div",
            card(scene.w("rescue.closed"), empty(scene.w("rescue.closed_means")), key="none"),
            class_="sr-one",
        )
    if incident is None or incident.state == "closed":
        return tag("div", standing_list(scene), class_="sr-one")
    return tag("div", work_list(scene, incident), class_="sr-one sr-narrow") + fixed_bar(scene, incident)


# --- the list to work from ----------------------------------------------------------------------------------


def work_list(scene: Scene, incident: Incident) -> str:
    """Rows of at least 56 px with the place largest; the next one opened wide."""
    w = scene.w
    plan = incident.plan
    if plan is None:
        words = w("rescue.waits_accept") if incident.proposed is not None else w("rescue.no_plan")
        link = tag(
            "a", esc(w("rescue.to_incident")), href="/incident", class_="sr-button", data_go="incident"
        )
        return card(w("rescue.title"), empty(words), tag("div", link, class_="sr-bar"), key="none")
    done, total = progress(incident, plan)
    where = scene.zone_names(incident.zones[:3])
    head = tag(
        "div",
        tag("h1", esc(f"{where} · {done}/{total}")),
        tag("p", esc(w.of(plan.basis)), class_="sr-empty"),
        tag("div", *_print_links(scene, incident, plan), class_="sr-bar"),
        class_="sr-workhead",
        data_key="workhead",
    )
    frozen = ""
    if incident.everyone_out_at is not None:
        frozen = tag(
            "p",
            esc(w("incident.everyone_is_out", at=scene.clock(incident.everyone_out_at))),
            class_="sr-outnow",
            role="alert",
        )
    waiting = pending(incident, plan)
    first_waiting = next(
        (r.holding for r in waiting if incident.items.get(r.holding, WAITING).state == "waiting"), ""
    )
    rows = join(item_row(scene, incident, r, next_=r.holding == first_waiting) for r in waiting)
    finished = [r for r in plan.ranking if incident.items.get(r.holding, WAITING).state in OVER]
    over = join(item_row(scene, incident, r, next_=False) for r in finished)
    done_part = (
        drawer(
            w("rescue.finished", n=len(finished)),
            tag("ol", over, class_="sr-work"),
            key="finished",
            keep=True,
        )
        if finished
        else ""
    )
    left = ""
    if plan.left:
        lines = join(
            tag(
                "li",
                tag("b", esc(one.holding)),
                " ",
                esc(_left_title(scene, one.holding)),
                tag("small", esc(scene.w.of(one.why))),
            )
            for one in plan.left
        )
        left = drawer(
            w("rescue.left_n", n=len(plan.left)),
            tag("ul", lines, class_="sr-leftlist"),
            key="left",
            keep=True,
        )
    rest = prepared(incident, plan)
    later = ""
    if not planned(plan):
        warning = tag("p", esc(w("rescue.nothing_cleared")), class_="sr-shutline", role="status")
        body = warning + tag(
            "ol", *(item_row(scene, incident, r, next_=False) for r in rest[:60]), class_="sr-work"
        )
    else:
        body = tag("ol", rows, class_="sr-work", data_key="work") if waiting else empty(w("rescue.all_done"))
        more = tag("ol", *(item_row(scene, incident, r, next_=False) for r in rest[:100]), class_="sr-work")
        later = drawer(w("rescue.not_planned", n=len(rest)), more, key="later", keep=True) if rest else ""
    return head + frozen + body + later + done_part + left


def _print_links(scene: Scene, incident: Incident, plan: RescuePlan) -> list[str]:
    """A list on paper for each zone of the plan, and the grab sheets."""
    known = scene.building.holdings
    zones = dict.fromkeys(known[one.holding].zone for one in plan.ranking if one.holding in known)
    first = [zone for zone in zones if zone in incident.zones] or list(zones)
    links = [
        (f"/print/rescue?incident={incident.id}&zone={zone}", scene.zone_name(zone)) for zone in first[:4]
    ]
    links += [
        (f"/print/cards?incident={incident.id}&zone={zone}", scene.w("rescue.cards")) for zone in first[:1]
    ]
    return [
        tag(
            "a",
            esc(f"{scene.w('rescue.print')} {words}"),
            href=to,
            class_="sr-button",
            target="_blank",
        )
        for to, words in links
    ]


def _left_title(scene: Scene, holding: str) -> str:
    known = scene.building.holdings.get(holding)
    return holding_title(scene, known) if known else ""


def item_row(scene: Scene, incident: Incident, ranked: Ranked, *, next_: bool) -> str:
    """One holding: place, title, how to handle it, and the four ways it can go."""
    w = scene.w
    holding = scene.building.holdings.get(ranked.holding)
    if holding is None:
        return ""
    state = incident.items.get(ranked.holding, WAITING)
    told = ""
    if state.state != "waiting":
        told = tag(
            "p",
            tag("b", esc(w(f"rescue.is_{state.state}"))),
            esc(f" {scene.person_name(state.by)} {scene.clock(state.at)} {state.note}"),
            tag("span", esc(w("rescue.wet")), class_="sr-tagged") if state.wet else "",
        )
    protect = ranked.act == "protect"
    lines = [
        tag(
            "p", esc(holding.place), tag("small", esc(f" {scene.zone_name(holding.zone)}")), class_="sr-place"
        ),
        tag("p", tag("b", esc(f"{holding.id} {holding_title(scene, holding)}"))),
        tag("p", esc(facts_of(scene, holding, ranked))),
    ]
    care = w.of(holding.cover if protect else holding.handling)
    if care:
        lines.append(tag("p", esc(("☂ " if protect else "") + care), class_="sr-care"))
    lines.append(tag("p", esc(w("rescue.why", why=w.of(ranked.why))), class_="sr-whyline"))
    acts = tag("div", *_item_acts(scene, incident, holding, ranked, state), class_="sr-itemacts")
    return tag(
        "li",
        tag("span", ("▶ " if next_ else "") + place_of(incident, ranked), class_="sr-rank"),
        tag("div", *lines, told, acts),
        class_=f"sr-item sr-is-{state.state}"
        + (" sr-next" if next_ else "")
        + (" sr-protect" if protect else ""),
        data_key=f"item-{ranked.holding}",
    )


def _item_acts(
    scene: Scene, incident: Incident, holding: Holding, ranked: Ranked, state: ItemState
) -> list[str]:
    w = scene.w
    if not scene.viewer.may("tick") or incident.state == "closed":
        return []
    if state.state == "waiting" and not is_cleared(incident, holding.zone):
        return [
            tag("p", esc(w("rescue.zone_shut", zone=scene.zone_name(holding.zone))), class_="sr-shutline")
        ]
    base = {"type": "incident.item", "incident": incident.id, "holding": ranked.holding}

    def press(to: str, kind: str = "") -> str:
        act = json.dumps({**base, "state": to})
        return button(w(f"rescue.do_{to}"), kind=kind, data_act=act, data_key=f"tick-{ranked.holding}-{to}")

    cannot = drawer(
        w("rescue.do_cannot"),
        tag(
            "form",
            tag("label", esc(w("alarm.reason")), tag("input", name="note", required=True, maxlength="200")),
            tag("button", esc(w("rescue.do_cannot")), type="submit", class_="sr-button sr-main-button"),
            data_act=json.dumps({**base, "state": "cannot"}),
            data_key=f"cannot-{ranked.holding}",
            class_="sr-form",
        ),
        key=f"drawer-cannot-{ranked.holding}",
    )
    if state.state == "waiting":
        if ranked.act == "protect":
            return [press("covered", "main"), press("out"), cannot]
        return [press("out", "main"), press("covered"), cannot]
    if state.state == "out":
        return [press("arrived", "main"), _wet(scene, base, ranked), press("waiting")]
    return [press("waiting")]


def _wet(scene: Scene, base: dict[str, str], ranked: Ranked) -> str:
    act = json.dumps({**base, "state": "arrived", "wet": True})
    return button(scene.w("rescue.do_arrived_wet"), data_act=act, data_key=f"tick-{ranked.holding}-wet")


def fixed_bar(scene: Scene, incident: Incident) -> str:
    """What must always be under the thumb: I am out, and everybody out."""
    if not scene.viewer.may("tick"):
        return ""
    mine = [p for p in incident.inside if p.person == scene.viewer.person and p.out_at is None]
    parts: list[str] = []
    for presence in mine[:1]:
        act = json.dumps(
            {
                "type": "incident.come_out",
                "incident": incident.id,
                "zone": presence.zone,
                "person": presence.person,
            }
        )
        parts.append(button("我出来了 I am out", kind="main", data_act=act, data_key="me-out"))
    to = tag(
        "a",
        "进入/离开 In/out",
        href="/incident",
        class_="sr-button",
        data_go="incident",
        data_choices=json.dumps({"incident": incident.id}),
    )
    help_act = json.dumps({"type": "incident.say", "incident": incident.id, "words": "求助 HELP"})
    parts += [to, button("求助 Help", kind="danger", data_act=help_act, data_key="help")]
    return tag("div", *parts, class_="sr-fixed", data_key="fixed")


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
        for h in holdings[:300]
    )
    titles = join(
        tag("th", esc(w(f"rescue.col_{name}")), scope="col") for name in ("grade", "what", "where", "how")
    )
    table = tag("table", tag("thead", tag("tr", titles)), tag("tbody", rows), class_="sr-table")
    words = tag("p", esc(w("rescue.standing_means")), class_="sr-empty")
    return card(
        w("rescue.standing", n=len(holdings)), words, tag("div", table, class_="sr-scroll"), key="standing"
    )
