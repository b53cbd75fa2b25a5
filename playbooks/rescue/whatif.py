"""Before it happens: for a zone and a hazard, what would be saved, what never can be, and what would help
most; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from playbooks.model import Copy, Crew, Holding, RescuePlan
from playbooks.rescue import spread
from playbooks.rescue.own import DEFAULT_OWN, OwnRescue
from playbooks.rescue.planner import Request, plan, posed
from playbooks.rescue.problem import COVER_SHARE, UNLIKELY, crews_from, likelihood
from playbooks.rescue.reasons import reachable
from playbooks.triage import Stake, stake
from sensors.model import Text, Zone

HAZARDS = ("fire", "water", "structure", "intrusion")
SIZES = (1, 2, 4)
"""Crews of two that a report goes through."""
MOST_MOVED = 10
"""So many holdings are proposed to be moved or copied."""
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
    """Something that could be done beforehand, the value it would save, and the holdings it is about.

    ``best``: these holdings were chosen because it helps most to do it for them.
    """

    what: Text
    saves: float
    holdings: tuple[str, ...] = ()
    best: bool = False


class Loss(Struct, frozen=True, kw_only=True):
    """One zone under one hazard with so many crews of two. ``never`` are holdings that no crew whatever can save in
    time, best first."""

    crews: int
    zone: str
    threat: str
    at_stake: float
    saved: float
    lost: float
    never: tuple[str, ...]
    helps: tuple[Help, ...]


def request(
    ask: Question,
    zones: Mapping[str, Zone],
    holdings: Mapping[str, Holding],
    known: Mapping[str, Stake] = {},
) -> Request:
    """The planner's request for a question about holdings the hazard is expected to reach.

    ``known`` are stakes under the same hazard and rules that need not be found again.
    """
    reach = spread.reach(ask.threat, zones, ask.sources)
    burning = set(ask.sources) if ask.threat in {"fire", "gas"} else set[str]()
    cleared = ask.cleared if ask.cleared is not None else tuple(zone for zone in reach if zone not in burning)
    stakes = tuple(
        found
        if (found := known.get(one.id)) is not None and found.holding is one
        else stake(one, ask.threat, ask.own.rules, ask.today)
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


def survey(
    ask: Question,
    zones: Mapping[str, Zone],
    holdings: Mapping[str, Holding],
    sizes: Sequence[int] = (),
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Loss, ...]:
    """Every zone that holds something (or only ``ask.sources``) under every hazard with every number of crews,
    worst loss first. ``progress`` hears how many of how many are done."""
    stores = sorted({one.zone for one in holdings.values()} & set(zones))
    cases = [
        replace(ask, threat=threat, sources=(zone,), cleared=None, crews=crews)
        for zone in ask.sources or tuple(stores)
        for threat in HAZARDS
        for crews in sizes or (ask.crews,)
    ]
    known = {
        threat: {one.id: stake(one, threat, ask.own.rules, ask.today) for one in holdings.values()}
        for threat in HAZARDS
    }
    found = []
    for number, case in enumerate(cases, 1):
        found.append(loss(case, zones, holdings, known[case.threat]))
        if progress is not None:
            progress(number, len(cases))
    return tuple(sorted(found, key=lambda one: (-one.lost, one.zone, one.threat, one.crews)))


def loss(
    ask: Question,
    zones: Mapping[str, Zone],
    holdings: Mapping[str, Holding],
    known: Mapping[str, Stake] = {},
) -> Loss:
    """What one hazard in one zone would cost, and what would help: a crew more, covers, copies, moving the
    best."""
    asked = request(ask, zones, holdings, known)
    made = _trips_only(asked)
    threatened = at_stake(asked)
    lost = threatened - made.value
    return Loss(
        crews=ask.crews,
        zone=ask.sources[0] if ask.sources else "",
        threat=ask.threat,
        at_stake=round(threatened, 1),
        saved=round(made.value, 1),
        lost=round(max(0.0, lost), 1),
        never=never_in_time(asked),
        helps=_helps(ask, asked, made, lost, zones, holdings),
    )


def _trips_only(asked: Request) -> RescuePlan:
    """The plan without its sentences: nobody reads the ranking of every case."""
    return plan(replace(asked, most=1))


def at_stake(asked: Request) -> float:
    """The value of everything at stake, each weighed with the chance that the hazard gets there, as plans weigh it."""
    likely = likelihood(asked.reach_min)
    return sum(one.value * likely.get(one.holding.zone, UNLIKELY) for one in asked.stakes)


def never_in_time(asked: Request) -> tuple[str, ...]:
    """Holdings of value that nobody could save, best first: not with any number of people ready at the start.

    What the register says to leave is left on purpose and is not among them.
    """
    skills = tuple(sorted({one.holding.skill for one in asked.stakes} - {""}))
    most = max((one.holding.people for one in asked.stakes), default=2)
    everybody = Crew(id="all", people=max(2, most), capacity_kg=1e9, skills=skills)
    problem = posed(replace(asked, crews=(everybody,)), asked.stakes)
    wanted = (one for one in asked.stakes if one.harm and one.holding.action != "leave")
    lost = [one for one in wanted if not reachable(problem, one, asked.threat)]
    return tuple(one.holding.id for one in sorted(lost, key=lambda one: (-one.value, one.holding.id)))


def _helps(
    ask: Question,
    asked: Request,
    made: RescuePlan,
    lost: float,
    zones: Mapping[str, Zone],
    holdings: Mapping[str, Holding],
) -> tuple[Help, ...]:
    """Loss avoided by each measure, largest first, each found by planning again with that change alone."""

    def avoided(changed: Mapping[str, Holding], crews: tuple[Crew, ...] = ()) -> float:
        again = request(ask, zones, changed, stakes)
        again = replace(again, crews=crews or again.crews)
        return lost - (at_stake(again) - _trips_only(again).value)

    def worst(change: Callable[[Stake], float]) -> tuple[str, ...]:
        """The holdings that stay behind for which a change avoids most loss, as likely as the hazard gets there."""
        gains = [(likely.get(one.holding.zone, UNLIKELY) * change(one), one.holding.id) for one in behind]
        best = sorted(((-gain, id_) for gain, id_ in gains if gain > 0.0))[:MOST_MOVED]
        return tuple(id_ for _, id_ in best)

    stakes = {one.holding.id: one for one in asked.stakes}
    likely = likelihood(asked.reach_min)
    saved = {id_ for trip in made.trips for id_ in trip.holdings}
    behind = [one for one in asked.stakes if one.holding.id not in saved and one.holding.action != "leave"]
    bare = tuple(
        one.holding.id for one in asked.stakes if one.harm and not one.sheet and one.holding.action == "take"
    )
    moved = worst(lambda one: one.value)
    copied = worst(
        lambda one: one.value - stake(_copied(one, ask), ask.threat, ask.own.rules, ask.today).value
    )
    found = [
        Help(Text("多一个两人小组", "one more crew of two"), avoided(holdings, crews_from(2 * ask.crews + 2)))
    ]
    if ask.crews > 1 and any(one.holding.people > 2 for one in asked.stakes):
        pairs = tuple(replace(crew, people=4) for crew in crews_from(2 * (ask.crews // 2)))
        rest = crews_from(2 * ask.crews)[len(pairs) :][: ask.crews % 2]
        found.append(
            Help(
                Text("两个小组合成四人小组", "join the crews two by two"),
                avoided(holdings, (*pairs, *rest)),
                tuple(one.holding.id for one in asked.stakes if one.holding.people > 2),
            )
        )
    if ask.threat in COVER_SHARE and bare:
        sheeted = dict(holdings) | {id_: replace(holdings[id_], cover=_SHEET) for id_ in bare}
        found.append(
            Help(Text("给没有盖布的备好盖布", "covers at hand where there are none"), avoided(sheeted), bare)
        )
    if moved:
        kept = {id_: one for id_, one in holdings.items() if id_ not in moved}
        found.append(
            Help(
                Text(
                    f"移走救不出的最重要档案（至多 {MOST_MOVED} 件）",
                    f"move the best left behind ({MOST_MOVED} at most)",
                ),
                avoided(kept),
                moved,
                best=True,
            )
        )
    if copied:
        safe = dict(holdings) | {id_: _copied(stakes[id_], ask) for id_ in copied}
        found.append(
            Help(
                Text(
                    f"给救不出的最重要档案做异地异质副本（至多 {MOST_MOVED} 件）",
                    f"copy the best left behind off site ({MOST_MOVED} at most)",
                ),
                avoided(safe),
                copied,
                best=True,
            )
        )
    kept_helps = (replace(one, saves=round(one.saves, 1)) for one in found if one.saves > 0.05)
    return tuple(sorted(kept_helps, key=lambda one: -one.saves))


def _copied(one: Stake, ask: Question) -> Holding:
    """The holding with one copy more: on film, which no register calls its own medium, far away and read today."""
    proof = Copy(
        medium="off-site", place="off-site", distance_km=300.0, last_read_test=ask.today or "9999-12-31"
    )
    return replace(one.holding, copies=(*one.holding.copies, proof))
