"""From stakes to a problem: who can carry what at all, and of that only what can be worth it; pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from playbooks.holdings.materials import most_delicate
from playbooks.model import Crew
from playbooks.rescue.problem import (
    COVER_MIN,
    COVER_SHARE,
    LOADED,
    PROSPECT,
    UNDRIED,
    UNLIKELY,
    Option,
    Problem,
    strongest,
    teams_of,
)
from playbooks.triage import Stake
from sensors.model import Zone

FEWEST = 300
"""So many candidates are kept in any case."""
MANY = 10**6
"""People in a room without a limit."""
EPS = 1e-9


def pose(
    stakes: Sequence[Stake],
    *,
    threat: str,
    zones: Mapping[str, Zone],
    assembly: str,
    cleared: Collection[str],
    blocked: Collection[str],
    closes: Mapping[str, float],
    crews: Sequence[Crew],
    budget_min: float,
    margin_min: float,
    stretch: float,
    likely: Mapping[str, float],
    prospect: float = PROSPECT,
    walk: float = 1.0,
    shelf: float = 1.0,
    dry_kg: float | None = None,
) -> Problem:
    """The problem for these stakes: only what can be carried at all, and of that only what can be worth it.

    Candidates are taken by value per minute until they would fill the crews' time three times over, and of one room
    no more than fill three times the minutes that the people allowed in it have there: a room that two crews may enter
    must not keep ten others from work elsewhere. The rest has no prospect and is left out of the search (the bound
    still counts it through ``pruned`` and ``pruned_pace``).
    """
    teams = teams_of(crews)
    wanted = set(cleared) & set(zones)
    problem = Problem(stakes, teams, budget_min, stretch * walk, stretch * shelf)
    problem.cleared = frozenset(wanted)
    problem.lay_ways(zones, assembly, set(blocked) - wanted, closes, margin_min)
    if not teams:
        return problem
    hands = strongest(teams)
    capacity = max(team.capacity for team in teams)
    first = min(team.start for team in teams)
    share = problem.cover_share = COVER_SHARE.get(threat, 0.0)
    covering = COVER_MIN * problem.shelf
    facts: dict[str, tuple[float, float, int, float, float]] = {}
    # zone -> (chance, minutes of walk per kg, people allowed, longest minutes at a shelf in time, and with a load)
    for zone in wanted:
        if not math.isinf(problem.minutes_to(zone)):
            facts[zone] = (
                likely.get(zone, UNLIKELY),
                problem.minutes_to(zone) * (1.0 + LOADED) / capacity,
                problem.people_limit(zone) or MANY,
                problem.stay(zone, first, loaded=False) + EPS,
                problem.stay(zone, first, loaded=True) + EPS,
            )
    sheets, work = covering if share else 0.0, problem.shelf
    fit: list[tuple[float, int, float]] = []  # less value per minute last, stake, minutes
    for number, one in enumerate(stakes):
        holding = one.holding
        fact = facts.get(holding.zone)
        if fact is None or not one.harm or holding.action == "leave":
            continue
        chance, way, limit, free, loaded = fact
        most = min(limit, hands.get(holding.skill, 0))
        if most < 2:
            continue
        value, shelf = one.value * chance, holding.carry_min * work
        minutes = shelf + way * one.kg + 1e-6
        longest = loaded if one.kg else free
        takes = holding.action == "take" and holding.people <= most and shelf <= longest
        covers = one.sheet and 0.0 < sheets <= free
        if takes and not (covers and share * minutes > sheets):
            fit.append((-value / minutes, number, minutes))
        elif covers:
            fit.append((-value * share / sheets, number, sheets))
    fit.sort()
    spare = prospect * sum(max(0.0, budget_min - team.start) for team in teams)
    room = {zone: minutes for zone, minutes in problem.room_minutes().items() if minutes > 0.0}
    least = {zone: (1.0 - prospect) * minutes for zone, minutes in room.items()}
    kept: list[int] = []
    crowded: list[tuple[float, int, float]] = []
    for place, entry in enumerate(fit):
        _, number, minutes = entry
        zone = stakes[number].holding.zone
        fills = minutes
        if zone in room and len(fit) > FEWEST:
            if room[zone] < least[zone]:
                crowded.append(entry)
                continue
            fills = min(
                minutes, max(0.0, room[zone])
            )  # what is beyond the room's minutes fills nobody's time
            room[zone] -= minutes
        spare -= fills
        if spare < 0 and len(kept) >= FEWEST:
            problem.pruned_pace = -entry[0]
            crowded += fit[place:]
            break
        kept.append(number)
    problem.pruned = crowded
    problem.enter(sorted({stakes[number].holding.zone for number in kept}))
    if threat == "water" and dry_kg is not None:
        problem.undried = beyond_drying(
            stakes, kept, dry_kg, {zone for zone in wanted if likely.get(zone, 0.0) >= 1.0}
        )
    places: dict[str, list[int]] = {}
    for number, zone in enumerate(problem.zones):
        places.setdefault(zone, []).append(number)
    for number in kept:
        zone = stakes[number].holding.zone
        for place in places[zone]:
            problem.options[place] += _options(problem, number, place, share, facts[zone][0])
    return problem


def beyond_drying(
    stakes: Sequence[Stake], candidates: Sequence[int], dry_kg: float, wet_zones: Collection[str]
) -> frozenset[int]:
    """Candidates in zones where the water is already that could not be frozen or dried in time afterwards.

    The capacity goes to the best value per wet kilogram. What is covered in place needs none.
    """
    soaked = [number for number in candidates if stakes[number].holding.zone in wet_zones]
    soaked.sort(key=lambda number: (-stakes[number].value / max(0.01, wet_kg(stakes[number])), number))
    beyond = set[int]()
    for number in soaked:
        if wet_kg(stakes[number]) <= dry_kg + 1e-9:
            dry_kg -= wet_kg(stakes[number])
        else:
            beyond.add(number)
    return frozenset(beyond)


def wet_kg(one: Stake) -> float:
    """What a holding weighs soaked: the register's figure, else its material's."""
    holding = one.holding
    if holding.unit_wet_kg is not None:
        return holding.units * holding.unit_wet_kg
    return one.kg * (1.0 + most_delicate(holding.form, holding.materials).soak)


def _options(problem: Problem, number: int, zone: int, share: float, chance: float) -> list[Option]:
    one = problem.stakes[number]
    holding, worth = one.holding, one.value * chance
    found: list[Option] = []
    if holding.action == "take":
        shelf = holding.carry_min * problem.shelf
        value = worth * (UNDRIED if number in problem.undried else 1.0)
        found.append(Option(number, zone, "take", value, shelf, one.kg, holding.people, holding.skill))
    if share and one.sheet:
        people = min(2, holding.people)
        value, shelf = worth * share, COVER_MIN * problem.shelf
        found.append(Option(number, zone, "protect", value, shelf, 0.0, people, holding.skill))
    return found
