"""The ways of the trips on a floor's plan: a line a crew, told apart by dash and name, never by colour alone. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

from msgspec import Struct

from playbooks.model import Trip
from playbooks.rescue.spread import neighbours, ways
from sensors.model import Zone

SVG = "http://www.w3.org/2000/svg"
DASHES = ("", "10 6", "2 5", "14 5 2 5", "6 3 2 3 2 3")
"""Solid, dashed, dotted, dash-dot, dash-dot-dot: readable in black and white; more crews begin again."""


class Way(Struct, frozen=True, kw_only=True):
    """One crew's way over the building: zones in order from the assembly point and back out of its rooms;
    ``stops`` zone -> the numbers of the trips that work there."""

    crew: str
    number: int
    zones: tuple[tuple[str, ...], ...]
    stops: Mapping[str, tuple[int, ...]]


def ways_of(
    trips: Sequence[Trip], zones: Mapping[str, Zone], assembly: str, blocked: frozenset[str]
) -> list[Way]:
    """Each crew's way to the rooms of its trips by the shortest open walk, or by the one its trip names."""
    links = neighbours(zones)
    found: list[Way] = []
    crews = list(dict.fromkeys(trip.crew for trip in sorted(trips, key=lambda trip: trip.crew)))
    for number, crew in enumerate(crews):
        mine = sorted((trip for trip in trips if trip.crew == crew), key=lambda trip: trip.from_min)
        paths: list[tuple[str, ...]] = []
        stops: dict[str, tuple[int, ...]] = {}
        for count, trip in enumerate(mine, 1):
            here = assembly
            for zone in trip.via or (trip.zone,):
                _, path = ways(links, here, blocked - set(trip.via or (trip.zone,))).get(zone, (0.0, ()))
                if here == assembly and trip.way_in:
                    path = trip.way_in
                if path and path not in paths:
                    paths.append(tuple(path))
                stops[zone] = (*stops.get(zone, ()), count)
                here = zone
            if trip.way_out and trip.way_out not in paths and trip.way_out[::-1] not in paths:
                paths.append(trip.way_out)
        found.append(Way(crew=crew, number=number, zones=tuple(paths), stops=stops))
    return found


def draw(
    over: ET.Element,
    middles: Mapping[str, tuple[float, float]],
    width: float,
    ways_: Sequence[Way],
    word: str,
) -> None:
    """Draw the ways between the middles of the rooms of this floor; ``width`` of the plan gives the scale.

    A crew's label stands in each room it works in, with the numbers of its trips.
    """
    group = ET.SubElement(over, f"{{{SVG}}}g", {"class": "sr-ways"})
    unit = width * 0.0165
    apart = {way.crew: (way.number - (len(ways_) - 1) / 2) * unit * 0.6 for way in ways_}
    for way in ways_:
        for path in way.zones:
            points = _beside([middles[zone] for zone in path if zone in middles], apart[way.crew])
            if len(points) < 2:
                continue
            words = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            line = {"points": words, "class": "sr-way", "stroke-width": f"{unit * 0.24:.1f}"}
            dash = DASHES[way.number % len(DASHES)]
            if dash:
                line["stroke-dasharray"] = " ".join(f"{float(part) * unit / 12:.1f}" for part in dash.split())
            ET.SubElement(group, f"{{{SVG}}}polyline", line)
    drawn: dict[str, int] = {}
    for way in ways_:
        for zone, numbers in way.stops.items():
            if zone not in middles:
                continue
            row = drawn.get(zone, 0)
            drawn[zone] = row + 1
            x, y = middles[zone]
            label = f"{word}{way.crew}: {', '.join(str(n) for n in numbers)}"
            _plate(group, x, y + row * unit * 1.7, unit, label)


def _beside(points: Sequence[tuple[float, float]], apart: float) -> list[tuple[float, float]]:
    """The same way, ``apart`` to one side of it, so that crews on one way are seen side by side."""
    found: list[tuple[float, float]] = []
    for number, (x, y) in enumerate(points):
        before, after = points[max(0, number - 1)], points[min(len(points) - 1, number + 1)]
        dx, dy = after[0] - before[0], after[1] - before[1]
        length = math.hypot(dx, dy) or 1.0
        found.append((x - dy / length * apart, y + dx / length * apart))
    return found


def _plate(group: ET.Element, x: float, y: float, unit: float, words: str) -> None:
    wide = unit * (1.2 + sum(1.0 if ord(letter) > 0x2E7F else 0.58 for letter in words))
    box = {
        "x": f"{x - wide / 2:.1f}", "y": f"{y - unit * 0.8:.1f}", "width": f"{wide:.1f}",
        "height": f"{unit * 1.6:.1f}", "rx": f"{unit * 0.25:.1f}", "class": "sr-wayplate",
        "stroke-width": f"{unit * 0.14:.1f}",
    }  # fmt: skip
    ET.SubElement(group, f"{{{SVG}}}rect", box)
    text = {"x": f"{x:.1f}", "y": f"{y + unit * 0.36:.1f}", "font-size": f"{unit:.1f}", "class": "sr-wayword"}
    ET.SubElement(group, f"{{{SVG}}}text", text).text = words
