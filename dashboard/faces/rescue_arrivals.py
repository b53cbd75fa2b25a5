"""The assembly point: what is missing, what arrived, what lies in which crate, and what comes from paper."""

from __future__ import annotations

import json

from dashboard.faces.chrome import card, drawer, empty
from dashboard.faces.rescue_find import LABEL, finder, not_known
from dashboard.faces.rescue_plan import holding_title
from dashboard.faces.rescue_row import CHIPS, group, looks_like, press, row_facts, told, undo
from dashboard.html import button, esc, join, tag
from dashboard.scene import Scene
from playbooks import custody
from playbooks.custody import Missing
from playbooks.items import CONDITIONS, ItemState
from playbooks.model import Incident
from playbooks.sheets import spot

SHOWN = 60
LONG_S = 900.0
"""Out and not received for this long: people go and look."""
PLACES = ("freezer", "drying-room", "specialist", "store")


def arrivals(scene: Scene, incident: Incident) -> str:
    """The whole view; with a crate in the address (its QR code was scanned) that crate comes first."""
    code = custody.crate_code(scene.choices.get("crate", ""))
    wanted = scene.choices.get("find", "").strip().removeprefix("SR1:")
    parts = [finder(scene, wanted or code)]
    if wanted and wanted not in incident.items and not code:
        if wanted in scene.building.holdings:
            parts.append(unknown_yet(scene, incident, wanted))
        elif LABEL.fullmatch(custody.crate_code(wanted)) or custody.crate_code(wanted) in custody.crates(
            incident
        ):
            code = custody.crate_code(wanted)
        else:
            parts.append(not_known(scene, incident, wanted))
    if code:
        parts.append(crate_card(scene, incident, code))
    if wanted in incident.items:
        parts.append(card(wanted, tag("ol", row(scene, incident, wanted), class_="sr-work"), key="found"))
    parts += [
        missing_card(scene, incident),
        crates_card(scene, incident),
        arrived_card(scene, incident),
        paper_card(scene, incident),
        prints(scene, incident),
    ]
    return join(parts)


def unknown_yet(scene: Scene, incident: Incident, holding: str) -> str:
    """A holding that nobody has ticked yet stands on the table: it arrived all the same."""
    w = scene.w
    state = ItemState(state="waiting")
    words = tag("p", esc(w("custody.not_ticked")))
    acts = group("waiting", press(scene, holding, "arrived", "main")) if scene.viewer.may("tick") else ""
    facts = row_facts(incident, holding, state)
    body = tag(
        "div", words, told(scene, state), acts, class_="sr-item sr-flat", **facts, data_key=f"new-{holding}"
    )
    return card(_name(scene, holding), body, key="found")


def _name(scene: Scene, holding: str) -> str:
    known = scene.building.holdings.get(holding)
    return f"{holding} {holding_title(scene, known)}" if known else holding


# --- missing --------------------------------------------------------------------------------------------------


def missing_card(scene: Scene, incident: Incident) -> str:
    """Out, and nobody has received it; what is long on its way is marked."""
    w = scene.w
    lost = custody.missing(incident)
    title = w("custody.missing", n=len(lost))
    if not lost:
        return card(title, empty(w("custody.none_missing")), key="missing")
    rows = tag("ol", *(_missing_row(scene, incident, one) for one in lost[:SHOWN]), class_="sr-work")
    return card(title, rows, key="missing")


def _missing_row(scene: Scene, incident: Incident, one: Missing) -> str:
    age = scene.now - one.since_at
    late = age >= LONG_S
    words = scene.w("custody.long_gone" if late else "custody.on_the_way", span=scene.span(age))
    mark = tag(
        "span", esc(("▲ " if late else "→ ") + words), class_="sr-tagged" + (" sr-lategone" if late else "")
    )
    return row(scene, incident, one.holding, mark)


def row(scene: Scene, incident: Incident, holding: str, mark: str = "") -> str:
    """One holding on its way, with what the person at the table says of it."""
    state = incident.items[holding]
    acts = ""
    if scene.viewer.may("tick") and incident.state != "closed":
        acts = join(
            (
                group("out", press(scene, holding, "arrived", "main")),
                group("arrived", undo(scene, holding, "out")) if _at_table(state) else "",
                group("out arrived", looks_like(scene, holding, state)),
            )
        )
    where = scene.w.of(spot(custody.whereabouts(state), scene.site))
    lines = [
        tag("p", tag("b", esc(_name(scene, holding))), mark),
        tag("p", esc(scene.w("custody.now_at", place=where)), class_="sr-empty"),
        told(scene, state),
        acts,
        chain(scene, state, holding),
    ]
    return tag(
        "li",
        tag("div", *lines),
        class_=f"sr-item sr-flat sr-is-{state.state}",
        **row_facts(incident, holding, state),
        data_key=f"at-{holding}",
    )


def _at_table(state: ItemState) -> bool:
    """Whether its last hand was the arrival: what was handed on since is not taken back by a tap."""
    return not state.hands or state.hands[-1].act == "arrived"


def chain(scene: Scene, state: ItemState, holding: str) -> str:
    """Custody hand by hand, both times where it was told late."""
    if not state.hands:
        return ""
    w, site = scene.w, scene.site
    lines = []
    for hand in state.hands:
        late = ""
        if hand.said_at - hand.at >= custody.LATE_S:
            late = w("rescue.told_late", at=scene.clock(hand.said_at, seconds=False))
        facts = [
            scene.clock(hand.at, seconds=False),
            late,
            f"{w.of(spot(hand.origin, site))} → {w.of(spot(hand.to, site))}",
            w("custody.given", who=scene.person_name(hand.by)),
            w("custody.typed", who=scene.person_name(hand.said_by)) if hand.said_by != hand.by else "",
            w("custody.taken", who=scene.person_name(hand.receiver)) if hand.receiver else "",
            w(f"condition.{hand.condition}") if hand.condition in CONDITIONS else "",
            w("rescue.in_crate", crate=hand.crate) if hand.crate else "",
            hand.note,
        ]
        lines.append(tag("li", esc(" · ".join(one for one in facts if one))))
    return drawer(
        w("custody.chain", n=len(lines)),
        tag("ol", *lines, class_="sr-chain"),
        key=f"chain-{holding}",
        keep=True,
    )


# --- crates ---------------------------------------------------------------------------------------------------


def crate_card(scene: Scene, incident: Incident, code: str) -> str:
    """One crate: what is in it, receiving it here, moving it on, and what else may go in."""
    w = scene.w
    inside = custody.crates(incident).get(code, ())
    title = w("custody.crate_n", crate=code, n=len(inside))
    parts: list[str] = []
    if not inside:
        parts.append(empty(w("custody.crate_empty")))
    else:
        lines = join(
            tag(
                "li",
                tag("b", esc(_name(scene, id_))),
                " ",
                esc(w(f"rescue.is_{incident.items[id_].state}")),
                esc(f" {scene.clock(incident.items[id_].at, seconds=False)}"),
            )
            for id_ in inside
        )
        parts.append(tag("ul", lines, class_="sr-leftlist"))
    if scene.viewer.may("tick") and incident.state != "closed":
        if inside:
            parts.append(_receive(scene, incident, code))
            parts.append(drawer(w("custody.move_on"), move_form(scene, incident, code), key=f"move-{code}"))
        loose = [one.holding for one in custody.missing(incident) if not one.crate]
        if loose:
            parts.append(tag("p", tag("b", esc(w("custody.put_in", crate=code))), class_="sr-sub"))
            parts.append(
                tag("ul", *(_into(scene, incident, id_, code) for id_ in loose[:20]), class_="sr-puts")
            )
    return card(title, *parts, key=f"crate-{code}", kind="sr-cratecard")


def _into(scene: Scene, incident: Incident, holding: str, code: str) -> str:
    state = incident.items[holding]
    inner = button(_name(scene, holding), data_tick="same", data_crate=code, data_key=f"put-{holding}")
    return tag(
        "li",
        group("out", inner),
        tag("p", "", class_="sr-mineline"),
        class_="sr-item sr-flat",
        **row_facts(incident, holding, state),
        data_key=f"loose-{holding}",
    )


def _receive(scene: Scene, incident: Incident, code: str) -> str:
    """Everything in the crate is here, in one tap, with how it looks if that is one word for all."""
    w = scene.w
    base = {"type": "incident.move", "incident": incident.id, "crate": code, "to": scene.building.assembly}
    acts = [
        button(w("custody.receive"), kind="main", data_act=json.dumps(base), data_key=f"receive-{code}"),
        *(
            button(
                w("custody.receive_as", looks=w(f"condition.{name}")),
                data_act=json.dumps({**base, "condition": name}),
                data_key=f"receive-{code}-{name}",
            )
            for name in CHIPS[:3]
        ),
    ]
    return tag("div", *acts, class_="sr-itemacts sr-on")


def move_form(scene: Scene, incident: Incident, crate: str = "", holdings: tuple[str, ...] = ()) -> str:
    """On to the freezer, the drying room, a specialist or a store: where to, to whom."""
    w = scene.w
    places = join(tag("option", value=w(f"custody.place_{name}")) for name in PLACES)
    names = join(tag("option", value=one.id, label=w.of(one.name)) for one in scene.building.people.values())
    act: dict[str, object] = {"type": "incident.move", "incident": incident.id, "crate": crate}
    chosen = ""
    if not crate:
        act.pop("crate")
        boxes = join(
            tag(
                "label",
                tag("input", type="checkbox", name="holdings", value=id_, data_kind="list"),
                esc(f" {id_}"),
            )
            for id_ in holdings
        )
        chosen = tag("fieldset", tag("legend", esc(w("custody.which"))), boxes, class_="sr-checks")
    key = crate or "some"
    return tag(
        "form",
        chosen,
        tag(
            "label",
            esc(w("custody.where_to")),
            tag("input", name="to", required=True, maxlength="80", list=f"places-{key}"),
            tag("datalist", places, id=f"places-{key}"),
        ),
        tag(
            "label",
            esc(w("custody.receiver")),
            tag("input", name="received_by", required=True, maxlength="80", list=f"people-{key}"),
            tag("datalist", names, id=f"people-{key}"),
        ),
        condition_field(scene),
        tag("button", esc(w("custody.move")), type="submit", class_="sr-button sr-main-button"),
        data_act=json.dumps(act),
        data_key=f"moveform-{key}",
        class_="sr-form",
    )


def condition_field(scene: Scene) -> str:
    """How it looks, in our words; empty where nobody looked."""
    options = join(tag("option", esc(scene.w(f"condition.{name}")), value=name) for name in CONDITIONS)
    none = tag("option", esc(scene.w("custody.not_looked")), value="")
    return tag("label", esc(scene.w("rescue.looks")), tag("select", none, options, name="condition"))


def crates_card(scene: Scene, incident: Incident) -> str:
    """Every crate with what is in it and whether it is all here."""
    w = scene.w
    found = custody.crates(incident)
    if not found:
        return card(w("custody.crates", n=0), empty(w("custody.no_crates")), key="crates")
    rows = []
    for code, inside in found.items():
        here = sum(1 for id_ in inside if incident.items[id_].state == "arrived")
        rows.append(
            tag(
                "li",
                tag(
                    "a",
                    tag("b", esc(code)),
                    esc(f" {w('custody.crate_facts', n=len(inside), here=here)}"),
                    href=f"?view=arrivals&crate={code}",
                    class_="sr-button",
                    data_set=json.dumps({"crate": code, "find": ""}),
                    data_key=f"crate-{code}",
                ),
            )
        )
    return card(w("custody.crates", n=len(found)), tag("ul", *rows, class_="sr-puts"), key="crates")


# --- arrived --------------------------------------------------------------------------------------------------


def arrived_card(scene: Scene, incident: Incident) -> str:
    """The inventory: where each holding is, who took it; and handing several on at once."""
    w = scene.w
    here = sorted(
        (id_ for id_, item in incident.items.items() if item.state == "arrived"),
        key=lambda id_: (-(incident.items[id_].received_at or 0.0), id_),
    )
    title = w("custody.arrived", n=len(here))
    if not here:
        return card(title, empty(w("custody.none_arrived")), key="arrived")
    rows = tag("ol", *(row(scene, incident, id_) for id_ in here[:SHOWN]), class_="sr-work")
    move = ""
    if scene.viewer.may("tick") and incident.state != "closed":
        form = move_form(scene, incident, holdings=tuple(sorted(here)[:SHOWN]))
        move = drawer(w("custody.move_several"), form, key="move-some")
    return card(title, move, rows, key="arrived")


# --- from paper -----------------------------------------------------------------------------------------------


def paper_card(scene: Scene, incident: Incident) -> str:
    """What was written by hand while the screens were away: its real time, and who did it."""
    w = scene.w
    if not scene.viewer.may("tick") or incident.state == "closed":
        return ""
    known = join(
        tag("option", value=one.id, label=holding_title(scene, one))
        for one in list(scene.building.holdings.values())[:2000]
    )
    states = join(
        tag("option", esc(w(f"rescue.is_{name}")), value=name)
        for name in ("out", "arrived", "covered", "cannot")
    )
    latest = scene.local(scene.now).strftime("%Y-%m-%dT%H:%M")
    form = tag(
        "form",
        tag(
            "label",
            esc(w("custody.holding")),
            tag("input", name="holding", required=True, list="paper-holdings", autocomplete="off"),
            tag("datalist", known, id="paper-holdings"),
        ),
        tag("label", esc(w("custody.state")), tag("select", states, name="state")),
        tag(
            "label",
            esc(w("custody.real_time")),
            tag("input", type="datetime-local", name="at_local", required=True, value=latest, max=latest),
        ),
        tag("label", esc(w("custody.who")), tag("input", name="who", required=True, maxlength="60")),
        tag("label", esc(w("custody.receiver_if")), tag("input", name="received_by", maxlength="60")),
        condition_field(scene),
        tag("label", esc(w("rescue.crate_code")), tag("input", name="crate", maxlength="12")),
        tag("label", esc(w("incident.note")), tag("input", name="note", maxlength="200")),
        tag("button", esc(w("custody.enter")), type="submit", class_="sr-button sr-main-button"),
        data_act=json.dumps({"type": "incident.item", "incident": incident.id}),
        data_key="paper-form",
        class_="sr-form",
    )
    inner = tag("p", esc(w("custody.paper_means")), class_="sr-empty")
    return card("", drawer(w("custody.from_paper"), inner, form, key="paper"), key="papercard")


def prints(scene: Scene, incident: Incident) -> str:
    """Paper for the table."""
    w = scene.w
    links = (
        (f"/print/custody?incident={incident.id}", w("rescue.print_custody")),
        (f"/print/crates?incident={incident.id}&series=A&count=16", w("rescue.print_crates")),
        ("/print/inventory", w("rescue.print_inventory")),
    )
    return tag(
        "div",
        *(tag("a", esc(words), href=to, class_="sr-button", target="_blank") for to, words in links),
        class_="sr-bar",
        data_key="prints",
    )
