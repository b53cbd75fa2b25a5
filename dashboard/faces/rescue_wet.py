"""Wet holdings: how long each has, what to do with it step by step, and its way back to the shelf."""

from __future__ import annotations

import json

from dashboard.faces.chrome import card, drawer, empty
from dashboard.faces.rescue_arrivals import chain
from dashboard.faces.rescue_plan import holding_title
from dashboard.html import button, esc, join, mark, tag
from dashboard.scene import Scene
from playbooks import custody, salvage
from playbooks.holdings.treatment import DRY_PCT, method, takes_water
from playbooks.items import Care, ItemState, Treatment
from playbooks.model import Holding, Incident
from playbooks.salvage import WetClock
from playbooks.sheets import spot

SHOWN = 60
KINDS = {"over": "1", "soon": "2", "running": "3"}
"""Clock level -> the mark of alarms it wears: square 1, triangle up 2, triangle down 3."""
PLAIN: tuple[Treatment, ...] = ("freeze", "keep-wet", "rinse", "air-dry", "freeze-dry")
FROZEN: tuple[Treatment, ...] = ("thaw", "freeze-dry")


def wet_count(scene: Scene, incident: Incident) -> int:
    """Wet holdings whose clock still runs."""
    return sum(1 for one in salvage.clocks(incident, scene.site, scene.now) if one.level != "safe")


def wet_list(scene: Scene, incident: Incident) -> str:
    """Clocks in order of urgency, then what is safe and waits for its return, then what is back."""
    w = scene.w
    clocks = salvage.clocks(incident, scene.site, scene.now)
    running = [one for one in clocks if one.level != "safe"]
    parts = [stable_card(scene, incident)]
    if running:
        rows = tag("ol", *(wet_row(scene, incident, one) for one in running[:SHOWN]), class_="sr-work")
        parts.append(card(w("wet.running", n=len(running)), tag("p", esc(w("wet.means")), class_="sr-empty"), rows,
                          key="wet"))  # fmt: skip
    else:
        parts.append(card(w("wet.running", n=0), empty(w("wet.none")), key="wet"))
    safe = [one for one in clocks if one.level == "safe"]
    if safe:
        rows = tag("ol", *(wet_row(scene, incident, one) for one in safe[:SHOWN]), class_="sr-work")
        parts.append(card(w("wet.safe", n=len(safe)), rows, key="safe"))
    known = {one.holding for one in clocks}
    others = [id_ for id_ in custody.away(incident) if id_ not in known]
    if others:
        rows = tag("ol", *(dry_row(scene, incident, id_) for id_ in others[:SHOWN]), class_="sr-work")
        parts.append(card(w("wet.dry_away", n=len(others)), rows, key="away"))
    back = [id_ for id_, item in incident.items.items() if item.state == "returned"]
    if back:
        lines = join(
            tag("li", esc(f"{id_} · {scene.clock(incident.items[id_].at, seconds=False)}"),
                chain(scene, incident.items[id_], id_))
            for id_ in sorted(back)
        )  # fmt: skip
        inner = tag("ul", lines, class_="sr-leftlist")
        parts.append(drawer(w("wet.back", n=len(back)), inner, key="back", keep=True))
    return join(parts)


def stable_card(scene: Scene, incident: Incident) -> str:
    """How far the way back is: the run stays stable until everything is on its shelf."""
    w = scene.w
    away = custody.away(incident)
    back = sum(1 for item in incident.items.values() if item.state == "returned")
    if not away and not back:
        return ""
    words = w("wet.progress", back=back, total=back + len(away))
    why = w("wet.stays") if away else w("wet.all_back")
    bar = tag("progress", max=str(back + len(away)), value=str(back), aria_label=words, class_="sr-progress")
    return tag(
        "section", tag("p", tag("b", esc(words))), bar, tag("p", esc(why), class_="sr-empty"), class_="sr-card",
        data_key="stable",
    )  # fmt: skip


def wet_row(scene: Scene, incident: Incident, one: WetClock) -> str:
    """One clock: shape, word and time left; the steps of its material; what can be written down."""
    w = scene.w
    item = incident.items[one.holding]
    holding = scene.building.holdings.get(one.holding)
    title = f"{one.holding} {holding_title(scene, holding)}" if holding else one.holding
    where = w.of(spot(custody.whereabouts(item), scene.site))
    lines = [
        tag("p", tag("b", esc(title))),
        tag("p", esc(w("custody.now_at", place=where)), class_="sr-empty"),
        steps(scene, holding, one.holding),
        history(scene, item.care),
        *(acts(scene, incident, one, item, holding)),
        chain(scene, item, one.holding),
    ]
    return tag(
        "li",
        clock_head(scene, one, item),
        tag("div", *lines),
        class_=f"sr-item sr-flat sr-wet sr-wet-{one.level}",
        data_key=f"wet-{one.holding}",
    )


def clock_head(scene: Scene, one: WetClock, item: ItemState) -> str:
    """Time left in digits, with shape, colour and word."""
    w = scene.w
    look = (
        tag("span", esc(w("wet.mould" if salvage.mouldy(item) else "wet.look")), class_="sr-tagged")
        if one.look
        else ""
    )
    since = tag(
        "small", esc(w("wet.since", at=scene.clock(one.wet_at, seconds=False), hours=f"{one.window_h:g}"))
    )
    if one.left_s is None:
        words = w(f"wet.safe_{item.safe}", at=scene.clock(item.safe_at or 0.0, seconds=False))
        return tag("p", tag("b", "✔ ", esc(words)), look, class_="sr-wethead")
    left = scene.span(abs(one.left_s))
    words = w("wet.over_by", span=left) if one.level == "over" else w("wet.left", span=left)
    kind = KINDS[one.level]
    return tag(
        "p",
        mark(kind, size=34, label=w(f"wet.level_{one.level}")),
        tag("b", esc(words), class_="sr-wetleft"),
        tag("span", esc(w(f"wet.level_{one.level}"))),
        look,
        since,
        class_="sr-wethead",
    )


def steps(scene: Scene, holding: Holding | None, key: str) -> str:
    """What to do with this material, in order; what never to do stands first."""
    w = scene.w
    form, also = (holding.form, holding.materials) if holding else ("paper", ())
    material, way = method(form, also)
    never = [
        tag("li", esc(f"✘ {w('wet.never', what=w('treat.' + what))} {w.of(why)}"), class_="sr-never")
        for what, why in way.never.items()
    ]
    lines = [tag("li", esc(w.of(step))) for step in way.steps]
    source = tag("p", esc(w("wet.source", source=way.source)), class_="sr-empty")
    inner = tag("ul", *never, class_="sr-nevers") + tag("ol", *lines, class_="sr-salvage") + source
    return drawer(w("wet.steps", material=w.of(material.name)), inner, key=f"steps-{key}", keep=True)


def history(scene: Scene, care: tuple[Care, ...]) -> str:
    """What was done to it."""
    if not care:
        return ""
    w = scene.w
    lines = [
        tag(
            "li",
            esc(
                " · ".join(
                    part
                    for part in (
                        scene.clock(one.at, seconds=False),
                        w(f"treat.{one.what}"),
                        f"{one.moisture_pct:g} %" if one.moisture_pct is not None else "",
                        scene.person_name(one.by),
                        one.note,
                    )
                    if part
                )
            ),
        )
        for one in care
    ]
    return tag("ul", *lines, class_="sr-chain")


def acts(
    scene: Scene, incident: Incident, one: WetClock, item: ItemState, holding: Holding | None
) -> list[str]:
    """The treatments its material allows, the meter, the specialist, the look, and the way back."""
    w = scene.w
    if not scene.viewer.may("tick"):
        return []
    base: dict[str, object] = {"type": "incident.treat", "incident": incident.id, "holdings": [one.holding]}

    def press(what: str, kind: str = "") -> str:
        act = json.dumps({**base, "what": what})
        return button(w(f"treat.do_{what}"), kind=kind, data_act=act, data_key=f"treat-{one.holding}-{what}")

    offered = FROZEN if item.safe == "freeze" else PLAIN if not item.safe else ()
    allowed = [what for what in offered if salvage.may_be_given(what, holding)]
    material, _ = method(holding.form, holding.materials) if holding else method("paper")
    best = material.treatment if material.treatment in allowed else ""
    absorbs = holding is None or takes_water(holding.form, holding.materials)
    specialist = _noted(scene, base, one.holding, "specialist", w("wet.which_specialist"))
    first: list[str] = []
    if item.safe in {"dry", "specialist"}:
        first.append(give_back(scene, incident, one.holding, one_tap=item.safe == "dry"))
    elif best:
        first.append(press(best, "main"))
    elif not item.safe:
        first.append(specialist)
    if item.safe != "dry":
        first.append(_dry(scene, base, one.holding) if absorbs else press("dry"))
    first.append(press("checked"))
    others = [press(what) for what in allowed if what != best]
    if not item.safe and best:
        others.append(specialist)
    others.append(_noted(scene, base, one.holding, "mould", w("wet.mould_where")))
    inner = tag("div", *others, class_="sr-itemacts sr-on")
    more = drawer(w("wet.other"), inner, key=f"other-{one.holding}", keep=True)
    return [tag("div", *first, class_="sr-itemacts sr-on"), more]


def _dry(scene: Scene, base: dict[str, object], holding: str) -> str:
    w = scene.w
    form = tag(
        "form",
        tag(
            "label",
            esc(w("wet.meter", most=f"{DRY_PCT:g}")),
            tag("input", name="moisture_pct", type="number", min="0", max="100", step="0.1", required=True,
                inputmode="decimal", data_kind="number"),
        ),
        tag("button", esc(w("treat.do_dry")), type="submit", class_="sr-button sr-main-button"),
        data_act=json.dumps({**base, "what": "dry"}),
        data_key=f"dryform-{holding}",
        class_="sr-form",
    )  # fmt: skip
    return drawer(w("treat.do_dry"), form, key=f"dry-{holding}")


def _noted(scene: Scene, base: dict[str, object], holding: str, what: Treatment, words: str) -> str:
    form = tag(
        "form",
        tag("label", esc(words), tag("input", name="note", required=True, maxlength="200")),
        tag("button", esc(scene.w(f"treat.do_{what}")), type="submit", class_="sr-button sr-main-button"),
        data_act=json.dumps({**base, "what": what}),
        data_key=f"{what}form-{holding}",
        class_="sr-form",
    )
    return drawer(scene.w(f"treat.do_{what}"), form, key=f"{what}-{holding}")


def give_back(scene: Scene, incident: Incident, holding: str, *, one_tap: bool = True) -> str:
    """Back to its own shelf in one tap, or to another place in words; a specialist's work is told in words."""
    w = scene.w
    if not scene.viewer.may("steps"):
        return ""
    base = {"type": "incident.give_back", "incident": incident.id, "holdings": [holding]}
    own = scene.building.holdings.get(holding)
    shelf = own.place if own else ""
    same = ""
    if one_tap:
        words = w("wet.to_shelf", shelf=shelf)
        same = button(words, kind="main", data_act=json.dumps(base), data_key=f"shelf-{holding}")
    form = tag(
        "form",
        tag("label", esc(w("wet.new_place")), tag("input", name="place", maxlength="80")),
        tag("label", esc(w("incident.note")), tag("input", name="note", maxlength="200")),
        tag("button", esc(w("wet.give_back")), type="submit", class_="sr-button sr-main-button"),
        data_act=json.dumps(base),
        data_key=f"backform-{holding}",
        class_="sr-form",
    )
    return drawer(w("wet.give_back"), same, form, key=f"back-{holding}", kind="sr-main-button")


def dry_row(scene: Scene, incident: Incident, holding: str) -> str:
    """A holding that stayed dry and is still away, or lies under its cover."""
    w = scene.w
    item = incident.items[holding]
    known = scene.building.holdings.get(holding)
    title = f"{holding} {holding_title(scene, known)}" if known else holding
    where = w.of(spot(custody.whereabouts(item), scene.site))
    wet = json.dumps(
        {
            "type": "incident.item",
            "incident": incident.id,
            "holding": holding,
            "state": item.state,
            "wet": True,
        }
    )
    buttons = ""
    if scene.viewer.may("tick"):
        found = button(w("wet.found_wet"), data_act=wet, data_key=f"foundwet-{holding}")
        buttons = tag("div", give_back(scene, incident, holding), found, class_="sr-itemacts sr-on")
    return tag(
        "li",
        tag(
            "div",
            tag("p", tag("b", esc(title))),
            tag(
                "p",
                esc(f"{w('rescue.is_' + item.state)} · {w('custody.now_at', place=where)}"),
                class_="sr-empty",
            ),
            buttons,
            chain(scene, item, holding),
        ),
        class_="sr-item sr-flat",
        data_key=f"dry-{holding}",
    )
