"""Custody from shelf to store and back: every hand named, nothing lost between two hands; pure.

An item that is out is in somebody's hands until a receiver takes it; what is out and not received is the
missing list. Entries from paper keep the real time beside the time of typing. Two people who tick the same
holding are told of each other.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from playbooks import safety
from playbooks.acts import Item, Move
from playbooks.items import CONDITIONS, WET, Hand, ItemState
from playbooks.model import Holding, Incident
from playbooks.safety import Outcome, no, said
from playbooks.site import Site, listed

AWAY = frozenset({"out", "arrived", "covered"})
"""States from which a holding has still to come back: carried off, or covered where it stands."""
BEFORE_S = 86_400.0
"""An entry from paper may lie this far before the incident's opening: people act before somebody opens it."""
LATE_S = 60.0
"""Told this much after it happened, an entry shows both times."""
WATERY = frozenset({"water", "fire"})
"""Threats that wet holdings from the opening on (fire: sprinklers and hoses)."""
_STATE_WORDS = {
    "waiting": ("放回待运", "waiting again"),
    "out": ("已出库", "out"),
    "arrived": ("已到达", "arrived"),
    "covered": ("已就地保护", "covered in place"),
    "cannot": ("无法处理", "cannot be done"),
    "returned": ("已归架", "back on the shelf"),
}
WAITING = ItemState(state="waiting")


class Missing(Struct, frozen=True, kw_only=True):
    """A holding that left its shelf and that nobody has received: who had it last, since when."""

    holding: str
    by: str
    since_at: float
    to: str
    crate: str


def missing(incident: Incident) -> tuple[Missing, ...]:
    """Everything out but not arrived, longest first (C35)."""
    found = [
        Missing(
            holding=id_,
            by=item.out_by or item.by,
            since_at=item.out_at if item.out_at is not None else item.at,
            to=item.to,
            crate=item.crate,
        )
        for id_, item in incident.items.items()
        if item.state == "out"
    ]
    return tuple(sorted(found, key=lambda one: (one.since_at, one.holding)))


def away(incident: Incident) -> tuple[str, ...]:
    """Holdings that are not back yet: out, arrived somewhere, or under a cover (C38)."""
    return tuple(sorted(id_ for id_, item in incident.items.items() if item.state in AWAY))


def crates(incident: Incident) -> dict[str, tuple[str, ...]]:
    """Crate -> the holdings in it, in order of code."""
    found: dict[str, list[str]] = {}
    for id_, item in sorted(incident.items.items()):
        if item.crate:
            found.setdefault(item.crate, []).append(id_)
    return {code: tuple(found[code]) for code in sorted(found)}


def crate_code(words: str) -> str:
    """A crate's code as it is compared: letters and digits, upper case, without the label's prefix."""
    word = words.strip().upper()
    word = (word.rpartition("CRATE=")[2] or word).removeprefix("SR1C:")
    return "".join(letter for letter in word if letter.isalnum())[:12]


def whereabouts(item: ItemState) -> str:
    """Where an item is, as a place or zone id: on its shelf, or where it was last brought."""
    if item.hands:
        return item.hands[-1].to
    return item.to if item.state in {"out", "arrived"} and item.to else item.zone


# --- one tick -------------------------------------------------------------------------------------------


def tick(incident: Incident, act: Item, by: str, now: float, site: Site) -> Outcome:
    """Mark a holding; custody gathers: who took it out when, who received it, how it looked, since when wet."""
    holding = site.holdings.get(act.holding)
    if holding is None:
        return no(incident, by, f"目录中没有 {act.holding}。", f"There is no holding {act.holding}.")
    at = real_time(incident, act.at, now)
    if at is None:
        return bad_time(incident, by)
    if act.condition and act.condition not in CONDITIONS:
        return bad_condition(incident, by)
    before = incident.items.get(act.holding, WAITING)
    if act.state == before.state and not _adds(act, before):
        return _same(incident, act, by, before, site)
    if act.state == "out" and before.state == "arrived" and act.was == "arrived":
        return _not_arrived(incident, act, by, before, now)
    late = _earlier(incident, act, by, before, at, now, holding)
    if late is not None:
        return late
    clash = _clash(incident, act, by, before, site)
    if clash is not None:
        return clash
    if act.state in {"out", "covered"} and not safety.may_be_out(incident, holding.zone, at):
        name = site.zone_name(holding.zone)
        return no(
            incident,
            by,
            f"{name.zh} 未放行，不能搬出或覆盖。",
            f"{name.en} is not released: nothing there can be taken out or covered.",
        )
    if act.state == "cannot" and not act.note.strip():
        return no(incident, by, "做不到的原因是什么？", "Say why it cannot be done.")
    item = _filled(before, act, by, at, now, holding, site, incident)
    after = replace(incident, items={**incident.items, act.holding: item})
    zh, en = _STATE_WORDS[act.state]
    tail = f"：{act.note}" if act.note else ""
    when = _late(at, now)
    return after, (
        said(
            "incident.item",
            after,
            now,
            by,
            f"{act.holding} {zh}{when[0]}{tail}",
            f"{act.holding} {en}{when[1]}{tail.replace('：', ': ')}",
        ),
    )


def _not_arrived(incident: Incident, act: Item, by: str, before: ItemState, now: float) -> Outcome:
    """An arrival taken back, as long as it was not handed on: the holding is on its way again."""
    if before.hands and before.hands[-1].act != "arrived":
        return no(
            incident,
            by,
            f"{act.holding} 已转交，不能撤销到达。",
            f"{act.holding} was handed on: its arrival cannot be undone.",
        )
    hands = before.hands[:-1]
    at = before.out_at if before.out_at is not None else now
    item = replace(
        before, state="out", by=by, at=at, said_at=now, received_by="", received_at=None, hands=hands
    )
    after = replace(incident, items={**incident.items, act.holding: item})
    return after, (
        said("incident.item", after, now, by, f"{act.holding} 撤销到达", f"{act.holding}: arrival undone"),
    )


def _adds(act: Item, before: ItemState) -> bool:
    """Whether a tick of the same state says something new."""
    return (
        (act.wet and not before.wet)
        or act.to not in {"", before.to}
        or act.note not in {"", before.note}
        or act.received_by not in {"", before.received_by}
        or act.condition not in {"", before.condition}
        or crate_code(act.crate) not in {"", before.crate}
    )


def _same(incident: Incident, act: Item, by: str, before: ItemState, site: Site) -> Outcome:
    """The same tick again: harmless from the same hands, said plainly to somebody else."""
    doer = act.who.strip() or by
    if before.state == "waiting" or doer in {before.by, before.out_by, before.received_by} or not act.was:
        return incident, ()
    who, words = site.person_name(before.by), _STATE_WORDS[before.state]
    return no(
        incident,
        by,
        f"{act.holding} {who.zh} 已标记为{words[0]}，无需再标。",
        f"{act.holding}: {who.en} has marked it {words[1]} already. Nothing to do.",
    )


def _earlier(
    incident: Incident, act: Item, by: str, before: ItemState, at: float, now: float, holding: Holding
) -> Outcome | None:
    """News from paper about what came before the last hand: it fills the chain and turns nothing back."""
    if act.state not in {"out", "arrived"} or not before.hands or at >= before.hands[-1].at:
        return None
    doer = act.who.strip() or by
    if any(hand.act == act.state and hand.at == at and hand.by == doer for hand in before.hands):
        return incident, ()
    out = act.state == "out"
    hand = Hand(
        act="out" if out else "arrived", at=at, said_at=now, by=doer, said_by=by,
        origin=_shelf(holding) if out else before.zone, to=act.to or before.hands[-1].origin,
        condition=act.condition, receiver="" if out else act.received_by, crate=crate_code(act.crate), note=act.note,
    )  # fmt: skip
    item = replace(before, hands=tuple(sorted((*before.hands, hand), key=lambda one: one.at)))
    if out and (before.out_at is None or at < before.out_at):
        item = replace(item, out_at=at, out_by=doer)
    if not out and (before.received_at is None or at < before.received_at):
        item = replace(item, received_at=at)
    after = replace(incident, items={**incident.items, act.holding: item})
    zh, en = _STATE_WORDS[act.state]
    when = _late(at, now)
    return after, (
        said("incident.item", after, now, by, f"{act.holding} {zh}{when[0]}", f"{act.holding} {en}{when[1]}"),
    )


def _shelf(holding: Holding) -> str:
    """Zone and shelf as custody writes them: the zone's id, a space, the place of the register."""
    return f"{holding.zone} {holding.place}".strip()


def _clash(incident: Incident, act: Item, by: str, before: ItemState, site: Site) -> Outcome | None:
    """Somebody changed it since this person looked: their tick is not laid over the other's."""
    if not act.was or before.state in {act.was, act.state}:
        return None
    who, words = site.person_name(before.by), _STATE_WORDS[before.state]
    wanted = _STATE_WORDS[act.state]
    return no(
        incident,
        by,
        f"{act.holding} 此间 {who.zh} 标记为{words[0]}；您的“{wanted[0]}”没有记入，请核对后再标。",
        f"{act.holding}: meanwhile {who.en} marked it {words[1]}. Your “{wanted[1]}” was not taken: look, then tick "
        "again.",
    )


def _filled(
    before: ItemState,
    act: Item,
    by: str,
    at: float,
    now: float,
    holding: Holding,
    site: Site,
    incident: Incident,
) -> ItemState:
    if before.state == "returned":
        before = replace(before, wet=False, wet_at=None, safe="", safe_at=None, warned="", condition="")
    doer = act.who.strip() or by
    condition = act.condition or before.condition
    wet = act.wet or before.wet or condition in WET
    crate = crate_code(act.crate) or before.crate
    to = act.to or before.to or (holding.to or site.assembly if act.state in {"out", "arrived"} else "")
    hands = before.hands
    if act.state in {"out", "arrived"} and act.state != before.state:
        hand = Hand(
            act=act.state, at=at, said_at=now, by=doer, said_by=by,
            origin=whereabouts(before) if before.hands else _shelf(holding), to=to, condition=condition,
            receiver=(act.received_by or by) if act.state == "arrived" else "", crate=crate, note=act.note,
        )  # fmt: skip
        hands = (*hands, hand)
    elif act.state == "waiting":
        hands = ()
    out = act.state == "out" and before.state != "out"
    in_ = act.state == "arrived"
    if act.state == "waiting":
        before = replace(before, out_by="", out_at=None, received_by="", received_at=None)
    return replace(
        before,
        state=act.state,
        by=by,
        at=at,
        said_at=now,
        note=act.note or before.note,
        to=to if act.state != "waiting" else "",
        wet=wet,
        out_by=doer if out else before.out_by,
        out_at=at if out else before.out_at,
        received_by=(act.received_by or before.received_by or by) if in_ else before.received_by,
        received_at=(before.received_at or at) if in_ else before.received_at,
        wet_at=_wet_at(before, act, wet, at, incident),
        condition=condition,
        zone=before.zone or holding.zone,
        crate="" if act.state == "waiting" else crate,
        hands=hands,
    )


def _wet_at(before: ItemState, act: Item, wet: bool, at: float, incident: Incident) -> float | None:
    """Since when it is wet: as told; else, under water or fire, since the opening - the earliest it can have been."""
    if act.wet_at is not None:
        return min(act.wet_at, at)
    if before.wet_at is not None:
        return before.wet_at
    if not wet:
        return None
    return min(at, incident.opened_at) if incident.threat in WATERY else at


# --- handing on -----------------------------------------------------------------------------------------


def move(incident: Incident, act: Move, by: str, now: float, site: Site) -> Outcome:
    """From hand to hand: holdings, or a whole crate, arrive at a place with a receiver."""
    wanted = chosen(incident, act.holdings, act.crate)
    if not wanted:
        return nothing(incident, act.crate, by)
    at = real_time(incident, act.at, now)
    if at is None:
        return bad_time(incident, by)
    if act.condition and act.condition not in CONDITIONS:
        return bad_condition(incident, by)
    if not act.to.strip():
        return no(incident, by, "送到哪里？", "Where to?")
    stay = [id_ for id_ in wanted if incident.items[id_].state not in {"out", "arrived"}]
    if stay:
        return no(
            incident, by, f"{stay[0]} 没有搬出，不能转移。", f"{stay[0]} is not out: it cannot be moved."
        )
    to, receiver = act.to.strip(), act.received_by.strip() or by
    changed: dict[str, ItemState] = {}
    for id_ in wanted:
        item = incident.items[id_]
        if item.state == "arrived" and item.hands and (item.hands[-1].to, item.hands[-1].receiver) == (
            to, receiver,
        ):  # fmt: skip
            continue
        condition = act.condition or item.condition
        wet = item.wet or condition in WET
        hand = Hand(
            act="arrived" if item.state == "out" else "moved", at=at, said_at=now, by=act.who.strip() or by,
            said_by=by, origin=whereabouts(item), to=to, condition=condition, receiver=receiver,
            crate=item.crate, note=act.note.strip(),
        )  # fmt: skip
        changed[id_] = replace(
            item, state="arrived", by=by, at=at, said_at=now, to=to, received_by=receiver,
            received_at=at if item.received_at is None else item.received_at, condition=condition, wet=wet,
            wet_at=_wet_at(item, Item(incident=incident.id, holding=id_, state="arrived"), wet, at, incident),
            hands=(*item.hands, hand),
        )  # fmt: skip
    if not changed:
        return incident, ()
    after = replace(incident, items={**incident.items, **changed})
    ids = listed(tuple(changed))
    name, who, when = site.zone_name(to), site.person_name(receiver), _late(at, now)
    crate = (f"箱 {crate_code(act.crate)}：", f"Crate {crate_code(act.crate)}: ") if act.crate else ("", "")
    return after, (
        said(
            "incident.moved",
            after,
            now,
            by,
            f"{crate[0]}{ids} 送到 {name.zh}，{who.zh} 接收{when[0]}",
            f"{crate[1]}{ids} brought to {name.en}, received by {who.en}{when[1]}",
        ),
    )


# --- shared with treatment and return --------------------------------------------------------------------


def chosen(incident: Incident, holdings: tuple[str, ...], crate: str) -> tuple[str, ...]:
    """The items an act names: by id, by crate, or both; unknown ones are left out."""
    code = crate_code(crate)
    packed = crates(incident).get(code, ()) if code else ()
    return tuple(id_ for id_ in dict.fromkeys((*holdings, *packed)) if id_ in incident.items)


def nothing(incident: Incident, crate: str, by: str) -> Outcome:
    """Refused: the act names nothing that is on its way."""
    if crate_code(crate):
        code = crate_code(crate)
        return no(incident, by, f"箱 {code} 里没有登记任何档案。", f"Nothing is recorded in crate {code}.")
    return no(incident, by, "没有这样的在途档案。", "No such holding is on its way.")


def real_time(incident: Incident, told: float | None, now: float) -> float | None:
    """When it really happened; ``now`` where nobody says. None for a time that cannot be."""
    if told is None:
        return now
    if told < incident.opened_at - BEFORE_S:
        return None
    return min(told, now)


def bad_time(incident: Incident, by: str) -> Outcome:
    """Refused: a time long before the incident."""
    return no(
        incident,
        by,
        "时间早于事件开始一天以上，请核对。",
        "That is more than a day before the incident began.",
    )


def bad_condition(incident: Incident, by: str) -> Outcome:
    """Refused: a condition we have no word for."""
    known = ", ".join(CONDITIONS)
    return no(incident, by, f"状况只能是：{known}。", f"The condition is one of: {known}.")


def _late(at: float, now: float) -> tuple[str, str]:
    """A mark for what was told later than it happened; the times themselves are in the item."""
    if now - at < LATE_S:
        return "", ""
    minutes = f"{(now - at) / 60:.0f}"
    return f"（补记，{minutes} 分钟前）", f" (told late, {minutes} min ago)"
