"""Before it happens: for a zone and a hazard, what would be saved, what never can be, and what would help
most; pure."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from playbooks.model import Copy, Holding
from playbooks.rescue import spread
from playbooks.rescue.own import DEFAULT_OWN, OwnRescue
from playbooks.rescue.planner import Request, plan
from playbooks.rescue.problem import crews_from
from playbooks.rescue.search import rounds
from playbooks.triage import Stake, safe_copy, stake
from sensors.model import Text, Zone

ROUNDS = 60
HAZARDS = ("fire", "water", "intrusion")
_SHEET = Text("备好防水布", "sheet at hand")


class Question(Struct, frozen=True, kw_only=True):
    """A hazard in some zones, so many crews of two, so many minutes. ``cleared`` None: all but a burning
    zone."""

    threat: str
    sources: tuple[str, ...]
    cleared: tuple[str, ...] | None = None
    crews: int = 2
    minutes: float = 20.0
    own: OwnRescue = DEFAULT_OWN
    today: str = ""
    assembly: str = ""
    folder_revision: str = ""
    at: float = 0.0


class Help(Struct, frozen=True):
    """Something that could be done beforehand and the value it would save."""

    what: Text
    saves: float


class Loss(Struct, frozen=True, kw_only=True):
    """One zone under one hazard. ``never`` are holdings that no crew can fetch in time, best first."""

    zone: str
    threat: str
    at_stake: float
    saved: float
    lost: float
    never: tuple[str, ...]
    helps: tuple[Help, ...]


def request(ask: Question, zones: Mapping[str, Zone], holdings: Mapping[str, Holding]) -> Request:
    """The planner's request for a question about holdings the hazard is expected to reach."""
    reach = spread.reach(ask.threat, zones, ask.sources)
    burning = set(ask.sources) if ask.threat in {"fire", "gas"} else set[str]()
    cleared = ask.cleared if ask.cleared is not None else tuple(zone for zone in reach if zone not in burning)
    stakes = tuple(
        stake(one, ask.threat, ask.own.rules, ask.today)
        for one in holdings.values()
        if one.zone in reach or one.zone in cleared
    )
    assembly = ask.assembly or next((zone.id for zone in zones.values() if zone.kind == "outside"), "")
    return Request(
        made_at=ask.at,
        threat=ask.threat,
        stakes=stakes,
        zones=zones,
        assembly=assembly,
        cleared=cleared,
        blocked=frozenset(burning - set(cleared)),
        crews=crews_from(2 * ask.crews),
        budget_min=ask.minutes,
        reach_min=reach,
        closes_min=spread.closes(ask.threat, reach),
        rules=ask.own.rules,
        times=ask.own.times,
        dry_kg=ask.own.dry_kg,
        folder_revision=ask.folder_revision,
    )


def survey(ask: Question, zones: Mapping[str, Zone], holdings: Mapping[str, Holding]) -> tuple[Loss, ...]:
    """Every zone that holds something (or only ``ask.sources``) under every hazard, worst loss first."""
    stores = sorted({one.zone for one in holdings.values()} & set(zones))
    places = ask.sources or tuple(stores)
    found = [
        loss(replace(ask, threat=threat, sources=(zone,), cleared=None), zones, holdings)
        for zone in places
        for threat in HAZARDS
    ]
    return tuple(sorted(found, key=lambda one: (-one.lost, one.zone, one.threat)))


def loss(ask: Question, zones: Mapping[str, Zone], holdings: Mapping[str, Holding]) -> Loss:
    """What one hazard in one zone would cost, and what would help: a crew more, covers, copies, moving the
    best."""
    asked = request(ask, zones, holdings)
    made = plan(asked, rounds(ROUNDS))
    total = sum(one.value for one in asked.stakes)
    alone = plan(replace(asked, crews=crews_from(200), stakes=asked.stakes), rounds(0))
    never = tuple(one.holding for one in alone.left if _value(asked.stakes).get(one.holding, 0.0) > 0)
    return Loss(
        zone=ask.sources[0] if ask.sources else "",
        threat=ask.threat,
        at_stake=round(total, 1),
        saved=round(made.value, 1),
        lost=round(total - made.value, 1),
        never=never,
        helps=_helps(ask, asked, total - made.value, zones, holdings),
    )


def _value(stakes: tuple[Stake, ...]) -> dict[str, float]:
    return {one.holding.id: one.value for one in stakes}


def _helps(
    ask: Question, asked: Request, lost: float, zones: Mapping[str, Zone], holdings: Mapping[str, Holding]
) -> tuple[Help, ...]:
    """Loss avoided by each measure, largest first."""

    def lost_with(changed: Mapping[str, Holding], crews: int) -> float:
        again = request(replace(ask, crews=crews), zones, changed)
        return sum(one.value for one in again.stakes) - plan(again, rounds(ROUNDS)).value

    at_stake = {one.holding.id: one for one in asked.stakes}
    sheeted = {
        id_: replace(one, cover=_SHEET) if id_ in at_stake and not (one.cover.zh or one.cover.en) else one
        for id_, one in holdings.items()
    }
    here = [at_stake[id_] for id_ in at_stake if at_stake[id_].holding.zone in ask.sources]
    best = {one.holding.id for one in sorted(here, key=lambda one: -one.value)[:10]}
    moved = {id_: one for id_, one in holdings.items() if id_ not in best}
    proof = Copy(medium="off-site", place="off-site", distance_km=300.0, last_read_test=ask.today)
    copied = {
        id_: replace(one, copies=(*one.copies, proof)) if id_ in best and not _safe(one, ask.today) else one
        for id_, one in holdings.items()
    }
    found = (
        Help(Text("多一个两人小组", "one more crew of two"), lost - lost_with(holdings, ask.crews + 1)),
        Help(
            Text("给没有盖布的备好盖布", "covers at hand where there are none"),
            lost - lost_with(sheeted, ask.crews),
        ),
        Help(
            Text("把最重要的 10 件移到别处", "move the ten best elsewhere"),
            lost - lost_with(moved, ask.crews),
        ),
        Help(
            Text("给最重要的 10 件做异地异质副本", "copy the ten best off site"),
            lost - lost_with(copied, ask.crews),
        ),
    )
    kept = (replace(one, saves=round(one.saves, 1)) for one in found if one.saves > 0.05)
    return tuple(sorted(kept, key=lambda one: -one.saves))


def _safe(one: Holding, today: str) -> bool:
    return any(safe_copy(one, index, today) for index in range(len(one.copies)))
