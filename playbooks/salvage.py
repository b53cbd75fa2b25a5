"""What wet holdings need and how long they have; the acts that treat them and bring them back; pure.

The clock of a holding runs from wetting until it is frozen, measured dry or with a specialist; thawing starts
it afresh. Its end is the shorter of 48 hours (mould; US National Archives) and the window of its most delicate
material. No timer treats, releases or gives back anything: time only says so.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from alerts.model import Refused
from playbooks import custody, safety
from playbooks.acts import GiveBack, Treat
from playbooks.holdings.materials import most_delicate
from playbooks.holdings.treatment import DRY_PCT, forbidden, takes_water
from playbooks.items import CONDITIONS, WET, Care, Hand, ItemState, Treatment
from playbooks.model import Holding, Incident, IncidentEvent
from playbooks.safety import Outcome, no, said
from playbooks.site import Site, listed

MOULD_H = 48.0
"""Hours from wetting to mould (freeze or dry within 48 h: US National Archives, GOHSEP)."""
SOON = 0.25
"""The last quarter of a window is "soon" (planning assumption)."""
AGAIN_S = 60.0
"""The same treatment by the same person within this time is one, not two."""
LOOK_H = 24.0
"""A wet holding that nobody looked at for so long is due for a look (planning assumption)."""
STOPS: dict[str, Literal["freeze", "dry", "specialist"]] = {
    "freeze": "freeze",
    "freeze-dry": "freeze",
    "dry": "dry",
    "specialist": "specialist",
}
"""Treatments that stop the clock; freeze-drying starts from frozen goods and keeps them so."""
WORDS: dict[str, tuple[str, str]] = {
    "freeze": ("冷冻", "frozen"),
    "thaw": ("解冻", "thawed"),
    "keep-wet": ("保持湿润", "kept wet"),
    "rinse": ("冲洗", "rinsed"),
    "air-dry": ("开始晾干", "laid out to dry"),
    "freeze-dry": ("真空冷冻干燥", "freeze-drying"),
    "dry": ("测定已干", "measured dry"),
    "specialist": ("交专家", "with a specialist"),
    "mould": ("发现霉", "mould found"),
    "checked": ("看过，无霉", "looked at, no mould"),
}


class WetClock(Struct, frozen=True, kw_only=True):
    """How one wet holding stands: ``left_s`` until its window ends (negative: over; None: stopped)."""

    holding: str
    level: Literal["running", "soon", "over", "safe"]
    wet_at: float
    window_h: float
    left_s: float | None
    look: bool  # nobody looked at it for a day, or mould was found


def clock(id_: str, item: ItemState, holding: Holding | None, now: float) -> WetClock | None:
    """The clock of one item; None where it is not wet or already back."""
    if item.wet_at is None or item.state == "returned":
        return None
    window = window_h(holding)
    looked = max((care.at for care in item.care), default=item.wet_at)
    look = mouldy(item) or (item.safe not in {"freeze", "specialist"} and now - looked > LOOK_H * 3600.0)
    if item.safe:
        return WetClock(
            holding=id_, level="safe", wet_at=item.wet_at, window_h=window, left_s=None, look=look
        )
    left = item.wet_at + window * 3600.0 - now
    level: Literal["running", "soon", "over"] = (
        "over" if left <= 0 else "soon" if left <= window * 3600.0 * SOON else "running"
    )
    return WetClock(holding=id_, level=level, wet_at=item.wet_at, window_h=window, left_s=left, look=look)


def window_h(holding: Holding | None) -> float:
    """Hours until wet damage is final: 48, or less where one of its materials dies sooner."""
    if holding is None:
        return MOULD_H
    return min(MOULD_H, most_delicate(holding.form, holding.materials).wet_h)


def mouldy(item: ItemState) -> bool:
    """Whether mould was found and nothing since says that it is gone."""
    for care in reversed(item.care):
        if care.what in {"checked", "specialist", "freeze"}:
            return False
        if care.what == "mould":
            return True
    return False


def clocks(incident: Incident, site: Site, now: float) -> tuple[WetClock, ...]:
    """Every wet clock of an incident, the most urgent first; what is safe comes last."""
    found = [
        one
        for id_, item in incident.items.items()
        if (one := clock(id_, item, site.holdings.get(id_), now)) is not None
    ]
    return tuple(sorted(found, key=lambda one: (one.left_s is None, one.left_s or 0.0, one.holding)))


def treat(incident: Incident, act: Treat, by: str, now: float, site: Site) -> Outcome:
    """Record a treatment; refused where it would destroy the material, or where "dry" was only felt."""
    chosen = custody.chosen(incident, act.holdings, act.crate)
    if not chosen:
        return custody.nothing(incident, act.crate, by)
    at = custody.real_time(incident, act.at, now)
    if at is None:
        return custody.bad_time(incident, by)
    if act.what == "specialist" and not act.note.strip():
        return no(incident, by, "交给哪位专家？请写明。", "Which specialist has it? Write the name.")
    for id_ in chosen:
        why = _not_so(act, incident.items[id_], site.holdings.get(id_))
        if why is not None:
            return no(incident, by, f"{id_}：{why[0]}", f"{id_}: {why[1]}")
    changed: dict[str, ItemState] = {}
    for id_ in chosen:
        item = incident.items[id_]
        care = Care(
            what=act.what, at=at, said_at=now, by=act.who.strip() or by, said_by=by, note=act.note.strip(),
            moisture_pct=act.moisture_pct,
        )  # fmt: skip
        if any(_told(old, care) for old in item.care):
            continue
        changed[id_] = _treated(item, care)
    if not changed:
        return incident, ()
    after = replace(incident, items={**incident.items, **changed})
    zh, en = WORDS[act.what]
    ids = listed(tuple(changed))
    tail = f"：{act.note.strip()}" if act.note.strip() else ""
    pct = f" {act.moisture_pct:g}%" if act.moisture_pct is not None else ""
    return after, (
        said(
            "incident.treated",
            after,
            now,
            by,
            f"{ids} {zh}{pct}{tail}",
            f"{ids} {en}{pct}{tail.replace('：', ': ')}",
        ),
    )


def _told(old: Care, new: Care) -> bool:
    """Whether this was said already: a second tap within a minute, or the same entry from paper again."""
    same = (old.what, old.by, old.note, old.moisture_pct) == (new.what, new.by, new.note, new.moisture_pct)
    return same and abs(old.at - new.at) < AGAIN_S


def _treated(item: ItemState, care: Care) -> ItemState:
    """The item after one treatment: the clock stops, starts afresh on thawing, or goes on."""
    after = replace(item, care=tuple(sorted((*item.care, care), key=lambda one: one.at)))
    if care is not after.care[-1]:
        return after  # told late, something newer is already known
    wet_at = item.wet_at if item.wet_at is not None else (None if care.what == "dry" else care.at)
    after = replace(after, wet=True, wet_at=wet_at)
    stop = STOPS.get(care.what)
    if stop is not None:
        return replace(after, safe=stop, safe_at=care.at)
    thawed = item.safe == "freeze" and care.what in {"thaw", "air-dry", "rinse", "keep-wet"}
    again = item.safe == "dry" and care.what in {"rinse", "keep-wet"}
    if thawed or again:
        return replace(after, safe="", safe_at=None, wet_at=care.at, warned="")
    return after


def _not_so(act: Treat, item: ItemState, holding: Holding | None) -> tuple[str, str] | None:
    """Why this treatment cannot be written down for this item; None where it can."""
    if holding is None:
        return None
    ban = forbidden(act.what, holding.form, holding.materials)
    if ban is not None:
        return ban.zh, ban.en
    if act.what == "thaw" and item.safe != "freeze":
        return "它没有冷冻。", "it is not frozen."
    if act.what != "dry":
        return None
    if mouldy(item):
        return "有霉：先处理并复查。", "there is mould: treat it and look again first."
    if not takes_water(holding.form, holding.materials):
        return None
    if act.moisture_pct is None:
        return (
            f"摸着干不算干：请填仪器读数（不高于 {DRY_PCT:g}%）。",
            f"dry to the touch is not dry: write the meter's reading (at most {DRY_PCT:g} %).",
        )
    if not 0 <= act.moisture_pct <= DRY_PCT:
        return (
            f"{act.moisture_pct:g}% 还不干（不高于 {DRY_PCT:g}% 才算干）。",
            f"{act.moisture_pct:g} % is not dry yet (at most {DRY_PCT:g} %).",
        )
    return None


# --- back on the shelf ----------------------------------------------------------------------------------


def give_back(incident: Incident, act: GiveBack, by: str, now: float, site: Site) -> Outcome:
    """Back on the shelf, or uncovered: only into a released zone, never wet, never with mould."""
    chosen = custody.chosen(incident, act.holdings, act.crate)
    if not chosen:
        return custody.nothing(incident, act.crate, by)
    at = custody.real_time(incident, act.at, now)
    if at is None:
        return custody.bad_time(incident, by)
    if act.condition and act.condition not in CONDITIONS:
        return custody.bad_condition(incident, by)
    left = [id_ for id_ in chosen if incident.items[id_].state != "returned"]
    for id_ in left:
        why = _stays_away(act, incident, id_, site)
        if why is not None:
            return no(incident, by, f"{id_}：{why[0]}", f"{id_}: {why[1]}")
    if not left:
        return incident, ()
    changed: dict[str, ItemState] = {}
    for id_ in left:
        item, holding = incident.items[id_], site.holdings.get(id_)
        place = act.place.strip() or (holding.place if holding else "")
        hand = Hand(
            act="returned", at=at, said_at=now, by=act.who.strip() or by, said_by=by,
            origin=custody.whereabouts(item), to=place, condition=act.condition or item.condition,
            receiver=by, crate=item.crate, note=act.note.strip(),
        )  # fmt: skip
        changed[id_] = replace(
            item, state="returned", by=by, at=at, said_at=now, to=place, crate="", hands=(*item.hands, hand),
            condition=hand.condition, note=act.note.strip() or item.note,
        )  # fmt: skip
    after = replace(incident, items={**incident.items, **changed})
    ids = listed(tuple(changed))
    events: list[IncidentEvent | Refused] = [
        said("incident.returned", after, now, by, f"{ids} 已归架", f"{ids} back on the shelf")
    ]
    if not custody.away(after):
        events.append(
            said("incident.returned", after, now, by, "全部已归架", "Everything is back on the shelf")
        )
    return after, tuple(events)


def _stays_away(act: GiveBack, incident: Incident, id_: str, site: Site) -> tuple[str, str] | None:
    item, holding = incident.items[id_], site.holdings.get(id_)
    if item.state in {"waiting", "cannot"}:
        return "没有搬出也没有覆盖。", "it was neither taken out nor covered."
    zone = holding.zone if holding else item.zone
    if not act.place.strip() and zone and safety.access(incident, zone).state != "cleared":
        name = site.zone_name(zone)
        return (
            f"{name.zh} 未放行；换地方请写新位置。",
            f"{name.en} is not released; for another place write which.",
        )
    if act.condition in WET:
        return "还湿着，不能上架。", "it is wet: it cannot go back."
    if mouldy(item) or act.condition == "mould":
        return "有霉，不能上架。", "there is mould: it cannot go back."
    if item.wet_at is not None and item.safe != "dry" and not _from_specialist(item, act):
        return (
            "湿件未测定为干，不能上架。",
            "it was wet and was not measured dry: it cannot go back.",
        )
    return None


def _from_specialist(item: ItemState, act: GiveBack) -> bool:
    """A specialist gives it back treated: their word, in the note, stands for the meter."""
    return item.safe == "specialist" and bool(act.note.strip())


# --- time -------------------------------------------------------------------------------------------------


def overdue(incident: Incident, now: float, site: Site) -> Outcome:
    """Says once for each wet item that its window is nearly or wholly over."""
    said_of: dict[str, Literal["", "soon", "over"]] = {}
    for one in clocks(incident, site, now):
        before = incident.items[one.holding].warned
        if one.level == "over" and before != "over":
            said_of[one.holding] = "over"
        elif one.level == "soon" and before == "":
            said_of[one.holding] = "soon"
    if not said_of:
        return incident, ()
    items = {id_: replace(incident.items[id_], warned=level) for id_, level in said_of.items()}
    after = replace(incident, items={**incident.items, **items})
    events: list[IncidentEvent | Refused] = []
    for level, zh, en in (
        ("over", "浸湿时限已过，仍须立即处理", "wet window is over: treat it now all the same"),
        ("soon", "浸湿时限将到", "wet window nearly over"),
    ):
        ids = [id_ for id_, word in said_of.items() if word == level]
        if ids:
            names = listed(tuple(ids[:10])) + (f" +{len(ids) - 10}" if len(ids) > 10 else "")
            events.append(said("incident.wet_clock", after, now, "system", f"{names} {zh}", f"{names}: {en}"))
    return after, tuple(events)


def next_due(incident: Incident, site: Site) -> float | None:
    """When a wet clock will next have something to say; None where none will."""
    dues: list[float] = []
    for one in clocks(incident, site, incident.opened_at):
        if one.left_s is None:
            continue
        warned = incident.items[one.holding].warned
        end = one.wet_at + one.window_h * 3600.0
        if warned == "":
            dues.append(end - one.window_h * 3600.0 * SOON)
        if warned != "over":
            dues.append(end)
    return min(dues, default=None)


def may_be_given(what: Treatment, holding: Holding | None) -> bool:
    """Whether a page should offer this treatment at all."""
    return holding is None or forbidden(what, holding.form, holding.materials) is None
