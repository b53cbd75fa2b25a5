"""One holding on the phone: place, title, handling, how it stands, and what a thumb can say of it.

The buttons of every state are drawn; the browser shows those that fit how the row stands, together with what it
has not sent yet (``parts/ticks.js``), so that a row goes on working without a connection.
"""

from __future__ import annotations

from dashboard.faces.chrome import drawer
from dashboard.faces.rescue_plan import WAITING, facts_of, holding_title, is_cleared
from dashboard.html import button, esc, tag
from dashboard.scene import Scene
from playbooks.items import ItemState
from playbooks.model import Holding, Incident, Ranked
from playbooks.rescue.listing import numbers

CHIPS = ("dry", "damp", "wet", "broken")
"""Conditions that have a button of their own; the others can be chosen at the assembly point."""
REASONS = ("locked", "heavy", "absent", "late")
"""Reasons why something cannot be done, one tap each."""


def item_row(scene: Scene, incident: Incident, ranked: Ranked, *, next_: bool) -> str:
    """One holding: place, title, how to handle it, and the ways it can go."""
    w = scene.w
    holding = scene.building.holdings.get(ranked.holding)
    if holding is None:
        return ""
    state = incident.items.get(ranked.holding, WAITING)
    protect = ranked.act == "protect" or holding.id in covered_by(incident)
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
    tags = numbers(incident.plan) if incident.plan is not None else {}
    number = tags.get(ranked.holding, f"({ranked.rank})")
    return tag(
        "li",
        tag("span", ("▶ " if next_ else "") + number, class_="sr-rank"),
        tag("div", *lines, told(scene, state), *item_acts(scene, incident, holding, state, protect=protect)),
        class_=f"sr-item sr-is-{state.state}"
        + (" sr-next" if next_ else "")
        + (" sr-protect" if protect else ""),
        **row_facts(incident, holding.id, state),
        data_key=f"item-{ranked.holding}",
    )


def covered_by(incident: Incident) -> frozenset[str]:
    """Holdings that the accepted plan covers where they stand instead of carrying them."""
    trips = incident.plan.trips if incident.plan is not None else ()
    return frozenset(id_ for trip in trips for id_ in trip.covered)


def row_facts(incident: Incident, holding: str, state: ItemState) -> dict[str, str]:
    """What the browser needs to tick this row without asking: which holding, how it stands, how it looks."""
    return {
        "data_item": holding,
        "data_incident": incident.id,
        "data_state": state.state,
        "data_shown": state.state,
        "data_condition": state.condition,
    }


def told(scene: Scene, state: ItemState) -> str:
    """What was last said of it, by whom, when (both times where it was told late); then what waits to be sent."""
    w = scene.w
    mine = tag("p", "", class_="sr-mineline")
    if state.state == "waiting":
        return mine
    late = ""
    if state.said_at and state.said_at - state.at >= 60.0:
        late = " " + w("rescue.told_late", at=scene.clock(state.said_at, seconds=False))
    crate = f" · {w('rescue.in_crate', crate=state.crate)}" if state.crate else ""
    looks = f" · {w('condition.' + state.condition)}" if state.condition else ""
    return (
        tag(
            "p",
            tag("b", esc(w(f"rescue.is_{state.state}"))),
            esc(f" {scene.person_name(state.by)} {scene.clock(state.at)}{late}{looks}{crate} {state.note}"),
            tag("span", esc(w("rescue.wet")), class_="sr-tagged") if state.wet else "",
            class_="sr-toldline",
        )
        + mine
    )


def item_acts(
    scene: Scene, incident: Incident, holding: Holding, state: ItemState, *, protect: bool
) -> list[str]:
    """Buttons for every state it can be in, of which the browser shows those that fit; none without the right."""
    w = scene.w
    if not scene.viewer.may("tick") or incident.state == "closed":
        return []
    if state.state == "waiting" and not is_cleared(incident, holding.zone):
        return [
            tag("p", esc(w("rescue.zone_shut", zone=scene.zone_name(holding.zone))), class_="sr-shutline")
        ]
    start = [press(scene, holding.id, "out", "main"), press(scene, holding.id, "covered")]
    if protect:
        start = [press(scene, holding.id, "covered", "main"), press(scene, holding.id, "out")]
    return [
        group("waiting", *start, cannot(scene, holding.id)),
        group("out", press(scene, holding.id, "arrived", "main"), undo(scene, holding.id, "waiting")),
        group("arrived", undo(scene, holding.id, "out")),
        group("covered cannot", undo(scene, holding.id, "waiting", key="undone")),
        group("out arrived", looks_like(scene, holding.id, state)),
    ]


def group(when: str, *inner: str) -> str:
    """Buttons that belong to some states of a row."""
    return tag("div", *inner, class_="sr-itemacts", data_when=when)


def press(scene: Scene, holding: str, to: str, kind: str = "") -> str:
    """One state a holding can go to, in one tap."""
    return button(scene.w(f"rescue.do_{to}"), kind=kind, data_tick=to, data_key=f"tick-{holding}-{to}")


def undo(scene: Scene, holding: str, to: str, key: str = "") -> str:
    """One step back: from arrived to out, from out to waiting."""
    words = scene.w("rescue.do_waiting")
    return button(words, kind="undo", data_tick=to, data_key=f"undo-{holding}-{key or to}")


def cannot(scene: Scene, holding: str) -> str:
    """The reason in one tap, or in words."""
    w = scene.w
    quick = [
        button(w(f"rescue.cannot_{name}"), data_tick="cannot", data_note=w(f"rescue.cannot_{name}"),
               data_key=f"cannot-{holding}-{name}")
        for name in REASONS
    ]  # fmt: skip
    form = tag(
        "form",
        tag("label", esc(w("alarm.reason")), tag("input", name="note", required=True, maxlength="200")),
        tag("button", esc(w("rescue.do_cannot")), type="submit", class_="sr-button sr-main-button"),
        data_tick="cannot",
        data_key=f"cannot-{holding}",
        class_="sr-form",
    )
    inner = tag("div", *quick, class_="sr-bar")
    return drawer(w("rescue.do_cannot"), inner, form, key=f"drawer-cannot-{holding}")


def looks_like(scene: Scene, holding: str, state: ItemState) -> str:
    """How it looks on leaving or arriving, one tap; and the crate it lies in."""
    w = scene.w
    chips = [
        tag("button", esc(w(f"condition.{name}")), type="button", class_="sr-button sr-chip", data_tick="same",
            data_condition=name, aria_pressed="true" if state.condition == name else "false",
            data_key=f"looks-{holding}-{name}")
        for name in CHIPS
    ]  # fmt: skip
    form = tag(
        "form",
        tag(
            "label",
            esc(w("rescue.crate_code")),
            tag("input", name="crate", required=True, maxlength="12", autocapitalize="characters",
                autocomplete="off"),
        ),
        tag("button", esc(w("rescue.pack")), type="submit", class_="sr-button sr-main-button"),
        data_tick="same",
        data_key=f"pack-{holding}",
        class_="sr-form",
    )  # fmt: skip
    here = scene.choices.get("crate", "")
    quick = (
        button(
            w("rescue.pack_into", crate=here), data_tick="same", data_crate=here, data_key=f"into-{holding}"
        )
        if here
        else ""
    )
    return tag(
        "div",
        tag("span", esc(w("rescue.looks")), class_="sr-chipword"),
        *chips,
        quick,
        drawer(w("rescue.crate"), form, key=f"drawer-crate-{holding}"),
        class_="sr-chips",
        role="group",
        aria_label=w("rescue.looks"),
    )
