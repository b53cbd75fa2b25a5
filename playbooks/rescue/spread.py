"""When a hazard is expected in each zone, and how people walk; pure.

The spread is a planning table and says so: times per door and per floor below are assumptions of the
table, to be replaced by a site's own figures; a person's word (a zone cleared or closed) always wins over
it.
"""

from __future__ import annotations

import heapq
import math
import re
from collections.abc import Collection, Mapping

from msgspec import Struct

from sensors.model import Zone


class Spread(Struct, frozen=True, kw_only=True):
    """Minutes a hazard needs: through a door inside a compartment, into another one, to the floor below.

    ``closes_after_min``: how long after its arrival a zone can still be worked in; None: the hazard closes
    nothing.
    """

    door_min: float
    wall_min: float
    below_min: float | None = None
    closes_after_min: float | None = None


TABLE: dict[str, Spread] = {
    # A closed fire door of the usual class holds 60 min; 30 leaves half for a door that is not quite closed.
    "fire": Spread(door_min=3.0, wall_min=30.0, closes_after_min=0.0),
    "gas": Spread(door_min=5.0, wall_min=20.0, closes_after_min=0.0),
    "water": Spread(door_min=10.0, wall_min=15.0, below_min=20.0, closes_after_min=60.0),
    "intrusion": Spread(door_min=2.0, wall_min=5.0),
    "structure": Spread(door_min=10.0, wall_min=20.0, below_min=10.0, closes_after_min=30.0),
}
HORIZON_MIN = 180.0
_FLOOR = re.compile(r"(?P<below>^\s*(?:[bB]|-|负|地下)\s*)?(?P<number>\d+)")


def storey(floor: str) -> int | None:
    """The number of a floor by its usual names (B1, -1, 1F, F2, 三层 stays unknown); ground floor is 1."""
    found = _FLOOR.match(floor) or _FLOOR.search(floor)
    if found is None:
        return None
    number = int(found.group("number"))
    return -number + 1 if found.group("below") else number


def reach(threat: str, zones: Mapping[str, Zone], sources: Collection[str]) -> dict[str, float]:
    """Zone -> minutes from now until the hazard is expected there; zones it is not expected in are
    absent."""
    table = TABLE.get(threat)
    best: dict[str, float] = {}
    queue = [(0.0, zone) for zone in sorted(sources) if zone in zones]
    links = neighbours(zones)
    while queue:
        at, here = heapq.heappop(queue)
        if here in best:
            continue
        best[here] = at
        if table is None:
            continue
        for there in links.get(here, {}):
            if there in best or zones[there].kind == "outside":
                continue
            same = _compartment(zones[here]) == _compartment(zones[there])
            later = at + (table.door_min if same else table.wall_min)
            if later <= HORIZON_MIN:
                heapq.heappush(queue, (later, there))
        if table.below_min is not None:
            for there in _below(here, zones):
                if there not in best and at + table.below_min <= HORIZON_MIN:
                    heapq.heappush(queue, (at + table.below_min, there))
    return best


def closes(threat: str, reach_min: Mapping[str, float]) -> dict[str, float]:
    """Zone -> minutes from now after which nobody may be in it; the source itself closes by people's word
    only."""
    table = TABLE.get(threat)
    if table is None or table.closes_after_min is None:
        return {}
    return {zone: at + table.closes_after_min for zone, at in reach_min.items() if at > 0}


def neighbours(zones: Mapping[str, Zone]) -> dict[str, dict[str, float]]:
    """Zone -> neighbour -> walking time in minutes; a door leads both ways even if written once."""
    links: dict[str, dict[str, float]] = {zone: {} for zone in zones}
    for zone in zones.values():
        for door in zone.doors:
            if door.to in links:
                minutes = max(0.0, door.walk_s) / 60.0
                for one, other in ((zone.id, door.to), (door.to, zone.id)):
                    links[one][other] = min(minutes, links[one].get(other, minutes))
    return links


def ways(
    links: Mapping[str, Mapping[str, float]], start: str, blocked: Collection[str] = ()
) -> dict[str, tuple[float, tuple[str, ...]]]:
    """Zone -> (minutes on foot from ``start``, the zones passed, start first); blocked zones are never
    passed."""
    found: dict[str, tuple[float, tuple[str, ...]]] = {}
    queue: list[tuple[float, str, tuple[str, ...]]] = [(0.0, start, (start,))]
    while queue:
        minutes, here, path = heapq.heappop(queue)
        if here in found:
            continue
        found[here] = (minutes, path)
        for there, walk in links.get(here, {}).items():
            if there not in found and there not in blocked:
                heapq.heappush(queue, (minutes + walk, there, (*path, there)))
    return found


def lasting(
    links: Mapping[str, Mapping[str, float]],
    start: str,
    closes: Mapping[str, float],
    until: float,
    pace: float,
    blocked: Collection[str] = (),
) -> dict[str, tuple[float, tuple[str, ...]]]:
    """Zone -> (the latest moment to leave it and be at ``start`` by ``until``, the zones passed, start first).

    Every zone on the way is reached before it closes. A walk takes ``pace`` times its minutes. The latest moment
    only falls with every further door, so the largest label first is right (Dijkstra 1959, on bottlenecks).
    """
    found: dict[str, tuple[float, tuple[str, ...]]] = {}
    queue: list[tuple[float, float, str, tuple[str, ...]]] = [
        (-min(until, closes.get(start, math.inf)), 0.0, start, (start,))
    ]
    while queue:
        label, minutes, here, path = heapq.heappop(queue)
        if here in found:
            continue
        found[here] = (-label, path)
        for there, walk in links.get(here, {}).items():
            if there not in found and there not in blocked:
                latest = min(-label - walk * pace, closes.get(there, math.inf))
                heapq.heappush(queue, (-latest, minutes + walk, there, (*path, there)))
    return found


def _compartment(zone: Zone) -> str:
    return zone.compartment or zone.id


def _below(zone: str, zones: Mapping[str, Zone]) -> list[str]:
    here = storey(zones[zone].floor)
    if here is None:
        return []
    return [
        other.id for other in zones.values() if storey(other.floor) == here - 1 and other.kind != "outside"
    ]
