"""Made-up archives for measurements: rooms, doors, holdings, a fire, crews; the same for the same seed."""

from __future__ import annotations

import random

from msgspec import Struct
from msgspec.structs import replace

from playbooks.model import Copy, Crew, Holding
from playbooks.rescue import spread
from playbooks.rescue.planner import Request
from playbooks.triage import stake
from sensors.model import Door, Text, Zone

ROOMS = {200: 10, 1000: 30, 5000: 80, 20000: 200}
CREWS = {200: 2, 1000: 4, 5000: 8, 20000: 12}
_COPY = Copy(medium="digital", place="b", distance_km=300.0, last_read_test="2026-05-01")
_FORMS = ("paper", "paper", "paper", "volume", "photo", "film", "magnetic", "map")


class Case(Struct, frozen=True, kw_only=True):
    """One instance and its name."""

    name: str
    request: Request


def building(rooms: int, rng: random.Random) -> dict[str, Zone]:
    """Rooms along one corridor a floor, ten to twenty rooms a floor, two rooms a compartment, stairs, a
    car park."""
    per_floor = min(20, max(5, rooms // 5))
    zones: dict[str, Zone] = {}
    floors = -(-rooms // per_floor)
    for floor in range(1, floors + 1):
        down = "car-park" if floor == 1 else f"corridor-{floor - 1}"
        corridor = f"corridor-{floor}"
        zones[corridor] = Zone(
            id=corridor,
            name=Text(corridor, corridor),
            kind="circulation",
            floor=f"{floor}F",
            doors=(Door(down, 25.0),),
        )
        for number in range(per_floor):
            if sum(1 for zone in zones.values() if zone.kind == "stack") == rooms:
                break
            name = f"{floor}-{number:02d}"
            zones[name] = Zone(
                id=name,
                name=Text(name, name),
                kind="stack",
                floor=f"{floor}F",
                doors=(Door(corridor, 6.0 + 4.0 * number + rng.uniform(0, 4)),),
                compartment=f"{floor}-{number // 2}",
            )
    zones["car-park"] = Zone(id="car-park", name=Text("停车场", "Car park"), kind="outside", floor="1F")
    return zones


def holdings(count: int, zones: list[str], rng: random.Random) -> list[Holding]:
    """Key holdings: 10 % grade 1, 30 % grade 2; rooms unevenly filled; boxes of 3 to 9 kg; a third
    copied."""
    weights = [rng.uniform(0.3, 2.0) for _ in zones]
    places = rng.choices(zones, weights, k=count)
    found = []
    for number, zone in enumerate(places):
        grade = rng.choices((1, 2, 3), (1, 3, 6))[0]
        copied = rng.random() < 0.35
        found.append(
            Holding(
                id=f"H{number:05d}",
                title=f"案卷 {number}",
                zone=zone,
                place=f"{number % 40}-{number % 7}",
                grade=grade,
                worth=float(rng.randint(0, 100)),
                form=rng.choice(_FORMS),
                weak_to={
                    "fire": rng.choice((1, 2, 3, 3)),
                    "water": rng.choice((1, 2, 3, 3)),
                    "theft": 1,
                    "climate": 1,
                },
                units=rng.choice((1, 1, 1, 2, 2, 3, 4, 6, 10)),
                unit_kg=round(rng.uniform(3.0, 9.0), 1),
                people=rng.choice((1, 2, 2)),
                carry_min=round(rng.uniform(0.5, 4.0), 1),
                cover=Text("盖防水布", "sheet") if rng.random() < 0.3 else Text("", ""),
                copies=(Copy(medium="digital", place="b", distance_km=300.0, last_read_test="2026-05-01"),)
                if copied
                else (),
            )
        )
    return found


def limited(zones: dict[str, Zone], rng: random.Random) -> dict[str, Zone]:
    """The same building with small rooms: in four of five only two to six people at once."""
    return {
        name: replace(zone, people_limit=rng.choice((0, 2, 2, 4, 6))) if zone.kind == "stack" else zone
        for name, zone in zones.items()
    }


def case(count: int, threat: str, seed: int, limits: bool = False) -> Case:
    """One emergency: a source room, everything else released, crews arriving one after another, 60
    minutes; with ``limits`` only so many people may be in a room at once."""
    rng = random.Random(f"{count}-{threat}-{seed}")
    zones = building(ROOMS.get(count, max(10, count // 100)), rng)
    rooms = [zone.id for zone in zones.values() if zone.kind == "stack"]
    kept = holdings(count, rooms, rng)
    source = rng.choice(rooms)
    reach = spread.reach(threat, zones, (source,))
    closes = spread.closes(threat, reach)
    crews = tuple(
        Crew(
            id=f"c{number + 1}",
            people=rng.choice((2, 2, 3)),
            arrives_min=round(number * rng.uniform(0, 4), 1),
        )
        for number in range(CREWS.get(count, max(2, count // 1500)))
    )
    if limits:
        zones = limited(zones, random.Random(f"limits-{count}-{seed}"))
    cleared = tuple(room for room in rooms if threat != "fire" or room != source)
    return Case(
        name=f"{threat}-{count}-{seed}" + ("-limits" if limits else ""),
        request=Request(
            made_at=0.0,
            threat=threat,
            stakes=tuple(stake(one, threat) for one in kept),
            zones=zones,
            assembly="car-park",
            cleared=cleared,
            blocked=frozenset({source}) if threat == "fire" else frozenset(),
            crews=crews,
            budget_min=60.0,
            reach_min=reach,
            closes_min=closes,
            most=100,
        ),
    )
