"""The list people carry by: the next holdings in large rows, or the next three instructions of one crew.

Every row works without a connection: a tick shows at once as waiting to be sent, the buttons that follow
from it appear, and everything is sent by itself later (``parts/ticks.js``).
"""

from __future__ import annotations

import json

from dashboard.faces.chrome import card, drawer, empty
from dashboard.faces.rescue_plan import OVER, WAITING, holding_title, pending, prepared, progress
from dashboard.faces.rescue_row import item_row
from dashboard.html import button, esc, join, tag
from dashboard.scene import Scene
from playbooks.model import Incident, RescuePlan
from playbooks.rescue.instructions import Instruction, in_words, next_steps
from playbooks.rescue.listing import planned

SHOWN = 20
"""Rows drawn in full; what follows is behind a drawer, so that the page stays light on a bad line."""


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
    crew = scene.choices.get("crew", "")
    known = crew_ids(plan)
    parts = [head(scene, incident, plan), new_plan_line(scene, incident), crew_tabs(scene, known, crew)]
    if incident.everyone_out_at is not None:
        words = w("incident.everyone_is_out", at=scene.clock(incident.everyone_out_at))
        parts.append(tag("p", esc(words), class_="sr-outnow", role="alert"))
    if crew in known:
        parts.append(crew_view(scene, incident, plan, crew))
    else:
        parts += [body(scene, incident, plan), finished(scene, incident, plan), left(scene, plan)]
    return join(parts)


def crew_ids(plan: RescuePlan) -> list[str]:
    """Crews of the plan, in order: those named, else those its trips name."""
    named = [crew.id for crew in plan.crews]
    return list(dict.fromkeys([*named, *sorted({trip.crew for trip in plan.trips})]))


def head(scene: Scene, incident: Incident, plan: RescuePlan) -> str:
    """Where, how far, on what it rests, and the paper."""
    done, total = progress(incident, plan)
    where = scene.zone_names(incident.zones[:3])
    return tag(
        "div",
        tag("h1", esc(f"{where} · {done}/{total}")),
        tag("p", esc(scene.w.of(plan.basis)), class_="sr-empty"),
        drawer(
            scene.w("rescue.print"),
            tag("div", *print_links(scene, incident, plan), class_="sr-bar"),
            key="prints",
            keep=True,
        ),
        class_="sr-workhead",
        data_key="workhead",
    )


def new_plan_line(scene: Scene, incident: Incident) -> str:
    """A new plan waits; this list stays the valid one until somebody accepts it."""
    if incident.proposed is None:
        return ""
    words = tag("p", tag("b", esc(scene.w("rescue.new_waits"))))
    link = tag(
        "a",
        esc(scene.w("rescue.see_difference")),
        href="?view=plan",
        class_="sr-button",
        data_set=json.dumps({"view": "plan"}),
        data_key="see-difference",
    )
    return tag("div", words, link, class_="sr-proposal", role="status", data_key="newplan")


def print_links(scene: Scene, incident: Incident, plan: RescuePlan) -> list[str]:
    """The list and the grab sheets in this very order, one list a zone, and the same for helpers from outside."""
    w, here = scene.w, f"incident={incident.id}"
    links = [
        (f"/print/rescue?{here}", w("rescue.print_list")),
        (f"/print/cards?{here}", w("rescue.cards")),
    ]
    if scene.viewer.may("rescue"):
        links += [
            (f"/print/rescue?{here}&outside=1", w("rescue.print_outside")),
            (f"/print/cards?{here}&outside=1", w("rescue.cards_outside")),
        ]
    known = scene.building.holdings
    zones = dict.fromkeys(known[one.holding].zone for one in plan.ranking if one.holding in known)
    first = [zone for zone in zones if zone in incident.zones] or list(zones)
    links += [(f"/print/rescue?{here}&zone={zone}", scene.zone_name(zone)) for zone in first[:4]]
    return [tag("a", esc(words), href=to, class_="sr-button", target="_blank") for to, words in links]


def crew_tabs(scene: Scene, known: list[str], here: str) -> str:
    """Whose list this is: everybody's, or one crew's next steps."""
    if not known:
        return ""
    chosen = here if here in known else ""
    links = join(
        tag(
            "a",
            esc(scene.w("rescue.crew_all") if not crew else scene.w("rescue.crew_n", crew=crew)),
            href=f"?crew={crew}",
            aria_current="true" if crew == chosen else None,
            class_="sr-tab" + (" sr-here" if crew == chosen else ""),
            data_set=json.dumps({"crew": crew}),
            data_key=f"crew-{crew}",
        )
        for crew in ("", *known)
    )
    return tag("nav", links, class_="sr-tabs", aria_label=scene.w("rescue.crews"), data_key="crews")


# --- one crew -----------------------------------------------------------------------------------------------


def crew_view(scene: Scene, incident: Incident, plan: RescuePlan, crew: str) -> str:
    """At most three instructions, the first with its rows; what is already in hands stays in reach."""
    steps = next_steps(plan, incident, crew)
    rows: list[str] = [instruction(scene, step, first=number == 0) for number, step in enumerate(steps)]
    now = [*steps[0].take, *steps[0].cover] if steps and not steps[0].proposed else []
    carried = _in_hands(incident, plan, crew)
    ranked = {one.holding: one for one in plan.ranking}
    lines = [ranked[id_] for id_ in dict.fromkeys([*carried, *now]) if id_ in ranked]
    nexts = next((one.holding for one in lines if _state(incident, one.holding) == "waiting"), "")
    items = tag(
        "ol",
        *(item_row(scene, incident, one, next_=one.holding == nexts) for one in lines),
        class_="sr-work",
        data_key="work",
    )
    return tag("ol", *rows, class_="sr-steps3", data_key="steps3") + (items if lines else "")


def instruction(scene: Scene, step: Instruction, *, first: bool) -> str:
    """One instruction in one sentence, with the latest moment to leave."""
    by = ""
    if step.leave_by_at is not None:
        count = tag("b", esc(scene.span(step.leave_by_at - scene.now)), data_until=f"{step.leave_by_at:.1f}")
        by = tag(
            "p", esc(scene.w("rescue.leave_by", at=scene.clock(step.leave_by_at, seconds=False))), " ", count
        )
    facts = ""
    if step.kind == "trip":
        facts = tag(
            "small",
            esc(
                scene.w("rescue.trip_facts", people=step.people, kg=f"{step.kg:g}", min=f"{step.minutes:.0f}")
            ),
        )
    return tag(
        "li",
        tag("span", str(step.number) if step.kind == "trip" else "!", class_="sr-rank"),
        tag("div", tag("p", esc(scene.w.of(in_words(step, scene.site)))), facts, by),
        class_="sr-step3" + (" sr-next" if first else "") + (" sr-asked" if step.proposed else ""),
        data_key=f"step3-{step.number}",
    )


def _in_hands(incident: Incident, plan: RescuePlan, crew: str) -> list[str]:
    """Holdings of this crew's trips that are out and have not arrived."""
    mine = [id_ for trip in plan.trips if trip.crew == crew for id_ in trip.holdings]
    return [id_ for id_ in mine if _state(incident, id_) == "out"]


def _state(incident: Incident, holding: str) -> str:
    return incident.items.get(holding, WAITING).state


# --- everybody's list -----------------------------------------------------------------------------------------


def body(scene: Scene, incident: Incident, plan: RescuePlan) -> str:
    """What is carried and what comes next; without a cleared zone the order to prepare."""
    w = scene.w
    rest = prepared(incident, plan)
    if not planned(plan):
        warning = tag("p", esc(w("rescue.nothing_cleared")), class_="sr-shutline", role="status")
        rows = (item_row(scene, incident, r, next_=False) for r in rest[: SHOWN * 2])
        return warning + tag("ol", *rows, class_="sr-work")
    waiting = pending(incident, plan)
    next_ = next((r.holding for r in waiting if _state(incident, r.holding) == "waiting"), "")
    rows_ = [item_row(scene, incident, r, next_=r.holding == next_) for r in waiting]
    parts = [
        tag("ol", *rows_[:SHOWN], class_="sr-work", data_key="work")
        if waiting
        else empty(w("rescue.all_done"))
    ]
    if len(rows_) > SHOWN:
        more = tag("ol", *rows_[SHOWN : SHOWN * 3], class_="sr-work")
        parts.append(drawer(w("rescue.more_planned", n=len(rows_) - SHOWN), more, key="more", keep=True))
    if rest:
        lines = tag(
            "ol", *(item_row(scene, incident, r, next_=False) for r in rest[:SHOWN]), class_="sr-work"
        )
        parts.append(drawer(w("rescue.not_planned", n=len(rest)), lines, key="later", keep=True))
    return join(parts)


def finished(scene: Scene, incident: Incident, plan: RescuePlan) -> str:
    """What was dealt with; each can still be taken back."""
    done = [r for r in plan.ranking if _state(incident, r.holding) in OVER]
    # What left before this plan was made is no longer in its ranking.
    ranked = {r.holding for r in plan.ranking}
    gone = [id_ for id_, item in incident.items.items() if item.state in OVER and id_ not in ranked]
    if not done and not gone:
        return ""
    rows = join(item_row(scene, incident, r, next_=False) for r in done[-SHOWN:])
    more = tag("p", esc(", ".join(gone[:40])), class_="sr-empty") if gone else ""
    words = scene.w("rescue.finished", n=len(done) + len(gone))
    return drawer(words, tag("ol", rows, class_="sr-work"), more, key="finished", keep=True)


def left(scene: Scene, plan: RescuePlan) -> str:
    """What the plan leaves, and why."""
    if not plan.left:
        return ""
    lines = join(
        tag(
            "li",
            tag("b", esc(one.holding)),
            " ",
            esc(_title(scene, one.holding)),
            tag("small", esc(scene.w.of(one.why))),
        )
        for one in plan.left
    )
    words = scene.w("rescue.left_n", n=len(plan.left))
    return drawer(words, tag("ul", lines, class_="sr-leftlist"), key="left", keep=True)


def _title(scene: Scene, holding: str) -> str:
    known = scene.building.holdings.get(holding)
    return holding_title(scene, known) if known else ""


# --- under the thumb ----------------------------------------------------------------------------------------


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
