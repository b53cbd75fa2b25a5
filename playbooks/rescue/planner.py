"""``plan(request, stop) -> RescuePlan``: the rescue planner's front door; pure and deterministic.

The value of a plan is the value of the holdings it saves (:mod:`playbooks.triage`); the rules that no
search may bend are in the problem itself (:mod:`playbooks.rescue.problem`): cleared zones only, two people
at least, out before closing minus a margin, stretched times, people limits. What is left is explained
holding by holding.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct

from playbooks.model import Crew, Left, RescuePlan, Trip
from playbooks.rescue.bound import upper_bound
from playbooks.rescue.problem import Problem, pose
from playbooks.rescue.search import Leg, Search, Stop, rounds
from playbooks.triage import DEFAULT, THREATS, RuleSet, Stake, order, ranked
from sensors.model import Text, Zone

STRETCH = 1.15
MARGIN_MIN = 3.0
QUICK = 40
"""Rounds of improvement for the wall: the first answer is there at once, longer searches are a command's
affair."""


class Request(Struct, frozen=True, kw_only=True):
    """What a plan is made from. Minutes count from ``made_at``; ``stakes`` exclude what is already out or
    covered.

    ``reach_min`` zone -> minutes until the hazard is there; ``closes_min`` zone -> minutes until nobody
    may be in it; ``blocked`` zones may not even be passed. ``most`` cuts the ranking and the list of what
    is left (0: whole).
    """

    made_at: float
    threat: str
    stakes: tuple[Stake, ...]
    zones: Mapping[str, Zone]
    assembly: str
    cleared: tuple[str, ...]
    crews: tuple[Crew, ...]
    budget_min: float
    blocked: frozenset[str] = frozenset()
    reach_min: Mapping[str, float] = {}
    closes_min: Mapping[str, float] = {}
    rules: RuleSet = DEFAULT
    stretch: float = STRETCH
    margin_min: float = MARGIN_MIN
    folder_revision: str = ""
    drill: str = ""
    most: int = 0
    seed: int = 0


def plan(request: Request, stop: Stop | None = None) -> RescuePlan:
    """The plan for a request; ``stop`` ends the improvement (default: a fixed number of rounds)."""
    stakes = order(request.stakes, request.threat, request.reach_min, request.rules)
    problem, left = pose(
        stakes,
        threat=request.threat,
        zones=request.zones,
        assembly=request.assembly,
        cleared=request.cleared,
        blocked=request.blocked,
        closes=request.closes_min,
        crews=request.crews,
        budget_min=request.budget_min,
        margin_min=request.margin_min,
        stretch=request.stretch,
    )
    search = Search(problem, request.seed)
    search.greedy()
    search.improve(stop or rounds(QUICK))
    trips = tuple(_trip(problem, crew, leg) for crew, line in enumerate(search.lines) for leg in line)
    left += _left_behind(problem, search, {one.holding for one in left})
    places = {one.holding.id: place for place, one in enumerate(stakes)}
    left.sort(key=lambda one: places[one.holding])
    most = request.most or None
    return RescuePlan(
        made_at=request.made_at,
        basis=_basis(request),
        threat=request.threat,
        cleared=tuple(sorted(request.cleared)),
        people=sum(crew.people for crew in request.crews),
        budget_min=request.budget_min,
        ranking=ranked(stakes, request.threat, request.reach_min, request.rules, request.most),
        trips=tuple(sorted(trips, key=lambda trip: (trip.from_min, trip.crew))),
        left=tuple(left[:most]),
        folder_revision=request.folder_revision,
        drill=request.drill,
        crews=request.crews,
        value=round(search.value(), 3),
        bound=round(max(search.value(), upper_bound(problem)), 3),
        listed=len(stakes),
    )


def _trip(problem: Problem, crew: int, leg: Leg) -> Trip:
    covered = tuple(problem.stakes[o.holding].holding.id for o in leg.options if o.act == "protect")
    return Trip(
        crew=problem.teams[crew].id,
        zone=problem.zones[leg.options[0].zone],
        holdings=tuple(problem.stakes[option.holding].holding.id for option in leg.options),
        people=problem.teams[crew].people,
        from_min=round(leg.start, 2),
        minutes=round(leg.minutes, 2),
        kg=round(leg.kg, 1),
        act="protect" if len(covered) == len(leg.options) else "take",
        covered=covered,
        carries=leg.carries,
        via=tuple(dict.fromkeys(problem.zones[option.zone] for option in leg.options)),
    )


def _left_behind(problem: Problem, search: Search, said: Collection[str]) -> list[Left]:
    """Why each holding that could have been carried is not in a trip."""
    left = []
    for zone, options in enumerate(problem.options):
        for option in options:
            one = problem.stakes[option.holding]
            if search.taken[option.holding] or one.holding.id in said or option.act == "protect":
                continue
            left.append(Left(one.holding.id, _why_left(problem, zone, option.shelf)))
    covered_only = {
        problem.stakes[option.holding].holding.id: zone
        for zone, options in enumerate(problem.options)
        for option in options
        if not search.taken[option.holding] and problem.stakes[option.holding].holding.action == "protect"
    }
    left += [Left(holding, _why_left(problem, zone, 0.0)) for holding, zone in covered_only.items()]
    return left


def _why_left(problem: Problem, zone: int, shelf: float) -> Text:
    earliest = min((team.start for team in problem.teams), default=0.0)
    needed = earliest + problem.out[zone] + shelf
    if needed > problem.leave_by[zone]:
        by = max(0.0, problem.leave_by[zone])
        return Text(
            f"来不及：最迟 {by:.0f} 分钟须离开，需要 {needed:.0f} 分钟",
            f"Too late: out by minute {by:.0f}, it takes until {needed:.0f}",
        )
    return Text("时间用于每分钟价值更高的档案", "The time goes to holdings worth more per minute")


def _basis(request: Request) -> Text:
    people = sum(crew.people for crew in request.crews)
    threat = THREATS.get(request.threat, Text(request.threat, request.threat))
    names = [request.zones[zone].name for zone in sorted(request.cleared) if zone in request.zones]
    zh = "、".join(name.zh for name in names) or "无（尚未放行）"
    en = ", ".join(name.en for name in names) or "none yet"
    minutes = f"{request.budget_min:g}"
    slower = f"{(request.stretch - 1) * 100:.0f}"
    return Text(
        f"{threat.zh}；放行区域：{zh}；{people} 人，{len(request.crews)} 组，{minutes} 分钟；"
        f"时间放宽 {slower}%",
        f"{threat.en}; cleared: {en}; {people} people in {len(request.crews)} crews, {minutes} min; "
        f"times stretched by {slower} %",
    )
