"""The rescue plan in short, as the incident page shows it; who may see it, and the words both pages share."""

from __future__ import annotations

import json

from dashboard.faces.chrome import card, drawer, empty
from dashboard.html import button, esc, join, tag
from dashboard.scene import Scene
from playbooks.items import ItemState
from playbooks.model import Holding, Incident, Ranked, RescuePlan
from playbooks.rescue.listing import in_order, numbers, planned

WAITING = ItemState(state="waiting")
OVER = frozenset({"arrived", "covered", "cannot", "returned"})


def released(incident: Incident | None) -> bool:
    """Whether an incident releases its list: it is open and somebody cleared a zone. Closing the zone again does not
    hide the list from those who hold boxes in their hands."""
    return (
        incident is not None
        and incident.state != "closed"
        and any(a.state == "cleared" or a.cleared_at is not None for a in incident.access.values())
    )


def may_see(scene: Scene, incident: Incident | None) -> bool:
    """Whether the viewer may see the rescue list now."""
    return scene.viewer.may("rescue") or (scene.viewer.may("tick") and released(incident))


def holding_title(scene: Scene, holding: Holding) -> str:
    """A title, or only its reference where it is secret and the viewer has no standing right to the list."""
    if holding.secrecy and not scene.viewer.may("rescue"):
        return scene.w("rescue.secret")
    return holding.title


def plan_summary(scene: Scene, incident: Incident) -> str:
    """The rescue plan as the incident page shows it."""
    w = scene.w
    if not may_see(scene, incident):
        return card(w("rescue.title"), empty(w("rescue.closed_means")), key="rescue")
    parts: list[str] = []
    if incident.proposed is not None and incident.proposed != incident.plan:
        parts.append(_proposal(scene, incident, incident.proposed))
    plan = incident.plan
    if plan is None and incident.proposed is None:
        parts.append(empty(w("rescue.no_plan")))
    if plan is not None:
        parts.append(_plan_body(scene, incident, plan))
    if scene.viewer.may("command") and incident.state != "closed":
        parts.append(crew_form(scene, incident))
    link = tag(
        "a",
        esc(w("rescue.open_list")),
        href=f"/rescue?incident={incident.id}",
        class_="sr-button",
        data_go="rescue",
        data_choices=json.dumps({"incident": incident.id}),
    )
    return card(w("rescue.title"), *parts, tag("div", link, class_="sr-bar"), key="rescue")


def _proposal(scene: Scene, incident: Incident, plan: RescuePlan) -> str:
    w = scene.w
    accept = ""
    if scene.viewer.may("command") and incident.state != "closed":
        act = json.dumps({"type": "incident.accept_plan", "incident": incident.id})
        accept = button(w("rescue.accept"), kind="main", data_act=act, data_key="accept")
    head = tag("p", tag("b", esc(w("rescue.proposed"))), " ", esc(w.of(plan.basis)))
    counts = tag(
        "p",
        esc(
            w(
                "rescue.proposed_facts",
                takes=sum(1 for r in plan.ranking if r.act == "take"),
                left=len(plan.left),
            )
        ),
    )
    see = tag(
        "a",
        esc(w("rescue.see_difference")),
        href=f"/rescue?incident={incident.id}&view=plan",
        class_="sr-button",
        data_go="rescue",
        data_choices=json.dumps({"incident": incident.id, "view": "plan"}),
    )
    return tag(
        "div",
        head,
        counts,
        tag("div", accept, see, class_="sr-bar"),
        class_="sr-proposal",
        data_key="proposal",
    )


def progress(incident: Incident, plan: RescuePlan) -> tuple[int, int]:
    """How many of the planned (or already touched) holdings are on their way or dealt with, of how many."""
    touched = [h for h, state in incident.items.items() if state.state != "waiting"]
    return len(touched), len(dict.fromkeys([*planned(plan), *touched]))


def pending(incident: Incident, plan: RescuePlan) -> list[Ranked]:
    """What is being carried, then what the plan carries next."""
    known = {ranked.holding: ranked for ranked in plan.ranking}
    carried = [h for h, state in incident.items.items() if state.state == "out"]
    order = dict.fromkeys([*carried, *planned(plan)])
    return [known[h] for h in order if h in known and incident.items.get(h, WAITING).state not in OVER]


def prepared(incident: Incident, plan: RescuePlan) -> list[Ranked]:
    """The rest of the ranking: not in the plan, because its zone is closed or the time does not reach."""
    mine = set(planned(plan))
    return [
        ranked
        for ranked in in_order(plan)
        if ranked.act != "leave"
        and ranked.holding not in mine
        and incident.items.get(ranked.holding, WAITING).state == "waiting"
    ]


def is_cleared(incident: Incident, zone: str) -> bool:
    """Whether people may be in a zone now."""
    access = incident.access.get(zone)
    return access is not None and access.state == "cleared"


def _plan_body(scene: Scene, incident: Incident, plan: RescuePlan) -> str:
    w = scene.w
    done, total = progress(incident, plan)
    head = tag(
        "p",
        tag(
            "b",
            esc(
                w("rescue.progress", done=done, total=total)
                if total
                else w("rescue.ranked", n=len(plan.ranking))
            ),
        ),
        " · ",
        esc(w("rescue.minutes", n=f"{max((t.from_min + t.minutes for t in plan.trips), default=0):.0f}")),
    )
    shown = pending(incident, plan)
    warning = ""
    if not planned(plan):
        warning = tag("p", esc(w("rescue.nothing_cleared")), class_="sr-shutline")
        shown = prepared(incident, plan)
    rows = join(_summary_row(scene, incident, ranked) for ranked in shown[:6])
    left = ""
    if plan.left:
        words = "; ".join(
            f"{one.holding} {scene.w.of(one.why)}"
            for one in plan.left[:4]
            if one.holding in scene.building.holdings
        )
        more = f" (+{len(plan.left) - 4})" if len(plan.left) > 4 else ""
        left = tag("p", tag("b", esc(w("rescue.left"))), " ", esc(words + more), class_="sr-empty")
    basis = tag("p", tag("b", esc(w("rescue.basis"))), " ", esc(w.of(plan.basis)), class_="sr-empty")
    return head + warning + tag("ol", rows, class_="sr-items") + left + basis


def _summary_row(scene: Scene, incident: Incident, ranked: Ranked) -> str:
    holding = scene.building.holdings.get(ranked.holding)
    if holding is None:
        return ""
    state = incident.items.get(ranked.holding, WAITING).state
    facts = facts_of(scene, holding, ranked)
    number = numbers(incident.plan).get(ranked.holding, "") if incident.plan is not None else ""
    tail = tag("span", esc(scene.w(f"rescue.is_{state}")), class_="sr-tagged") if state != "waiting" else ""
    return tag(
        "li",
        tag("span", esc(number), class_="sr-rank"),
        tag(
            "span",
            tag("b", esc(f"{holding.id} {holding_title(scene, holding)}"), tail),
            tag("small", esc(f"{scene.zone_name(holding.zone)} · {holding.place} · {facts}")),
            tag("small", esc(scene.w.of(ranked.why)), class_="sr-whyline"),
            class_="sr-what",
        ),
        data_key=f"sum-{ranked.holding}",
    )


def facts_of(scene: Scene, holding: Holding, ranked: Ranked | None) -> str:
    w = scene.w
    people = ranked.people if ranked else holding.people
    parts = [
        w("rescue.people", n=people),
        w("rescue.boxes", n=holding.units, kg=f"{holding.unit_kg:g}"),
        w("rescue.minutes", n=f"{ranked.minutes if ranked and ranked.minutes else holding.carry_min:.0f}"),
    ]
    if holding.tools:
        parts.append(w("rescue.tools", tools=holding.tools))
    return " · ".join(parts)


def crew_form(scene: Scene, incident: Incident) -> str:
    """How many can carry and for how long: leads to a proposed plan."""
    w = scene.w
    form = tag(
        "form",
        tag(
            "label",
            esc(w("rescue.crew")),
            tag(
                "input",
                name="people",
                type="number",
                min="0",
                max="200",
                value=str(incident.people),
                data_kind="number",
                required=True,
            ),
        ),
        tag(
            "label",
            esc(w("rescue.budget")),
            tag(
                "input",
                name="budget_min",
                type="number",
                min="1",
                max="600",
                value=f"{incident.budget_min:g}",
                data_kind="number",
                required=True,
            ),
        ),
        tag("button", esc(w("rescue.replan")), type="submit", class_="sr-button sr-main-button"),
        data_act=json.dumps({"type": "incident.set_crew", "incident": incident.id}),
        data_key="crew-form",
        class_="sr-form",
    )
    return drawer(w("rescue.replan"), form, key="crew")
