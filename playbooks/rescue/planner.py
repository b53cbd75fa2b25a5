"""``plan(request, stop) -> RescuePlan``: the rescue planner's front door; pure and deterministic.

The value of a plan is the value of the holdings it saves (:mod:`playbooks.triage`); the rules that no
search may bend are in the problem itself (:mod:`playbooks.rescue.problem`): cleared zones only, two people
at least, out before closing minus a margin, stretched times, people limits. What is left is explained
holding by holding.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from playbooks.model import Crew, Left, RescuePlan, Trip
from playbooks.rescue.bound import upper_bound
from playbooks.rescue.measured import DEFAULT_TIMES, SiteTimes
from playbooks.rescue.posing import pose
from playbooks.rescue.printed import idle, printed_list
from playbooks.rescue.problem import PROSPECT, Problem, likelihood
from playbooks.rescue.reasons import reason_left
from playbooks.rescue.search import Leg, Search, Stop, rounds
from playbooks.triage import DEFAULT, THREATS, RuleSet, Stake, order, ranked
from sensors.model import Text, Zone

MARGIN_MIN = 3.0
MOST_NAMES = 8
QUICK = 40
"""Rounds of improvement for the wall: the first answer is there at once, longer searches are a command's
affair."""
MOST_ROUNDS, WORK = 400, 8000
"""A small problem gets more rounds in the same time: so many options looked at in all."""
PAGE = 1000
"""So much of the printed list is looked at first."""
CLOSE, LAST_MINUTES = 0.9, 0.1
"""A tenth of the crews' minutes, spent on what comes late in the list, makes no tenth of the value of a plan."""


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
    times: SiteTimes = DEFAULT_TIMES
    stretch: float | None = None  # None: from the spread of the site's times (15 % by default)
    dry_kg: float | None = None
    margin_min: float = MARGIN_MIN
    folder_revision: str = ""
    drill: str = ""
    most: int = 0
    seed: int = 0


def plan(request: Request, stop: Stop | None = None) -> RescuePlan:
    """The plan for a request; ``stop`` ends the improvement (default: a fixed number of rounds)."""
    problem = posed(request, request.stakes)
    search = Search(problem, request.seed)
    search.greedy()
    stop = stop or rounds(max(QUICK, min(MOST_ROUNDS, WORK // max(1, sum(map(len, problem.options))))))
    search.improve(stop)
    bound = upper_bound(problem)
    # The ranking is for the eye and comes after the trips: nobody waits for 20,000 sentences to start carrying.
    stakes = order(request.stakes, request.threat, request.reach_min, request.rules)
    listed = _listed(request, stakes, CLOSE * search.value())
    if listed.value() > search.value():  # rare, and only where next to nothing can be chosen
        search, problem = listed, listed.problem
        search.improve(stop)
    carried = {
        problem.stakes[o.holding].holding.id for line in search.lines for leg in line for o in leg.options
    }
    places = {place for place, one in enumerate(stakes) if one.holding.id in carried}
    trips = tuple(_trip(problem, crew, leg) for crew, line in enumerate(search.lines) for leg in line)
    return RescuePlan(
        made_at=request.made_at,
        basis=_basis(request),
        threat=request.threat,
        cleared=tuple(sorted(request.cleared)),
        people=sum(crew.people for crew in request.crews),
        budget_min=request.budget_min,
        ranking=ranked(stakes, request.threat, request.reach_min, request.rules, request.most, places),
        trips=tuple(sorted(trips, key=lambda trip: (trip.from_min, trip.crew))),
        left=_left_behind(problem, stakes, carried, request.most),
        folder_revision=request.folder_revision,
        drill=request.drill,
        crews=request.crews,
        value=round(search.value(), 3),
        bound=round(max(search.value(), bound), 3),
        listed=len(stakes),
        undried=tuple(
            problem.stakes[o.holding].holding.id
            for line in search.lines
            for leg in line
            for o in leg.options
            if o.act == "take" and o.holding in problem.undried
        ),
    )


def posed(request: Request, stakes: Sequence[Stake], prospect: float = PROSPECT) -> Problem:
    """The request in numbers; ``prospect`` is how many times over candidates may fill the crews' time."""
    return pose(
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
        stretch=stretch_of(request),
        walk=request.times.walk.value,
        shelf=request.times.shelf.value,
        dry_kg=request.dry_kg,
        likely=likelihood(request.reach_min),
        prospect=prospect,
    )


def stretch_of(request: Request) -> float:
    """What planned times are multiplied by so that people are out in time in spite of their spread."""
    return request.times.stretch() if request.stretch is None else request.stretch


def by_the_list(request: Request) -> Search:
    """What following the printed list would save, under the same rules and times: the yardstick."""
    return _listed(request, order(request.stakes, request.threat, request.reach_min, request.rules))


def _listed(request: Request, stakes: Sequence[Stake], enough: float = 0.0) -> Search:
    """The printed list followed: of a long one only as far as people get, which changes nothing.

    Nor is it followed to the end while it saves less than ``enough`` and only some last minutes are left. What can be
    dried afterwards depends on the whole list, so that is looked at whole.
    """
    if request.dry_kg is None and len(stakes) > PAGE:
        search = printed_list(posed(request, stakes[:PAGE], math.inf))
        unspent = idle(search)
        if not unspent or (unspent < LAST_MINUTES and search.value() < enough):
            return search
    return printed_list(posed(request, stakes, math.inf))


def _trip(problem: Problem, crew: int, leg: Leg) -> Trip:
    way_in = problem.passed[leg.options[0].zone][0].zones
    last = leg.options[-1].zone
    way_out = problem.passed[last][1].zones
    covered = tuple(problem.stakes[o.holding].holding.id for o in leg.options if o.act == "protect")
    return Trip(
        crew=problem.teams[crew].id,
        zone=problem.zones[leg.options[0].zone],
        holdings=tuple(problem.stakes[option.holding].holding.id for option in leg.options),
        people=max(problem.hands(problem.teams[crew], option.zone) for option in leg.options),
        from_min=round(leg.start, 2),
        minutes=round(leg.minutes, 2),
        kg=round(leg.kg, 1),
        act="protect" if len(covered) == len(leg.options) else "take",
        covered=covered,
        carries=leg.carries,
        via=tuple(dict.fromkeys(problem.zones[option.zone] for option in leg.options)),
        leave_by_min=round((problem.leave_by if leg.kg else problem.leave_free)[last], 2),
        way_in=way_in if way_in != problem.shortest(leg.options[0].zone) else (),
        way_out=way_out[::-1] if way_out != problem.shortest(last) else (),
    )


def _left_behind(
    problem: Problem, stakes: Sequence[Stake], carried: Collection[str], most: int
) -> tuple[Left, ...]:
    """The first ``most`` (0: all) holdings in rank order that no trip takes, each with its reason."""
    left: list[Left] = []
    for one in stakes:
        if one.holding.id not in carried:
            left.append(Left(one.holding.id, reason_left(problem, one)))
            if most and len(left) >= most:
                break
    return tuple(left)


def _basis(request: Request) -> Text:
    people = sum(crew.people for crew in request.crews)
    threat = THREATS.get(request.threat, Text(request.threat, request.threat))
    holding = {one.holding.zone for one in request.stakes}
    names = [
        request.zones[zone].name for zone in sorted(request.cleared) if zone in holding & set(request.zones)
    ]
    more = len(names) - MOST_NAMES
    zh = "、".join(name.zh for name in names[:MOST_NAMES]) or "无（尚未放行）"
    en = ", ".join(name.en for name in names[:MOST_NAMES]) or "none yet"
    if more > 0:
        zh, en = f"{zh} 等 {len(names)} 处", f"{en} and {more} more"
    crews = "1 crew" if len(request.crews) == 1 else f"{len(request.crews)} crews"
    minutes = f"{request.budget_min:.0f}"
    slower = f"{(stretch_of(request) - 1) * 100:.0f}"
    times = request.times
    measured = not (times.walk.is_default and times.shelf.is_default)
    paces = Text("实测", "measured") if measured else Text("默认值", "default")
    return Text(
        f"{threat.zh}；放行区域：{zh}；{people} 人，{len(request.crews)} 组，{minutes} 分钟；"
        f"时间放宽 {slower}%（{paces.zh}）",
        f"{threat.en}; cleared: {en}; {people} people in {crews}, {minutes} min; "
        f"times stretched by {slower} % ({paces.en})",
    )
