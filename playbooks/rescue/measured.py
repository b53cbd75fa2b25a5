"""Walking and shelf times as drills and incidents measured them, against what the plan expected; pure.

Nobody publishes minutes per shelf metre, so a site measures its own: every holding ticked out and arrived gives two
samples. *Walk*: from the last box taken off the shelf to the assembly point, against the loaded way by the building's
doors; boxes of one load are one walk. Tabletop exercises measure nothing: nobody walks. *Shelf*: from one tick to the
next by the same hand in the same zone, against the register's minutes. A site's figure is the median ratio; its spread
the half distance of the quartiles over the median. Below :data:`ENOUGH` samples the default stands, and is shown as a
default.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from playbooks.model import Holding, Incident
from playbooks.rescue.problem import LOADED
from playbooks.rescue.spread import neighbours, ways
from sensors.model import Text, Zone

ENOUGH = 5
"""Samples from which a measured figure replaces the default (planning assumption)."""
LAST = 5
"""So many of the last drills and incidents count: people, trolleys and shelves change."""
LEAST, MOST = 0.2, 5.0
"""Ratios outside are a forgotten tick or a tick made later, not a measurement."""
TOGETHER_S = 45.0
"""What the same hands bring arrives together when it is ticked within so long (planning assumption)."""
MOST_SPREAD = 2.0
DEFAULT_SPREAD = 0.25
"""The spread of times for which the planner's 15 % stretch was measured (docs/rescue.md)."""
_UNKNOWN = Text("默认值（规划假设）", "default (planning assumption)")


class Sample(Struct, frozen=True, kw_only=True):
    """One holding's walk or shelf time, planned and taken (minutes)."""

    what: str  # "walk" or "shelf"
    holding: str
    planned_min: float
    took_min: float
    boxes: int = 1


class Figure(Struct, frozen=True, kw_only=True):
    """A site parameter: ``value`` times what the building and the register say.

    ``spread`` is relative (0.25: half of the samples lie within a quarter of the middle); ``samples`` 0 marks a
    default; ``date`` ISO; ``source`` the incident or drill.
    """

    value: float = 1.0
    spread: float = DEFAULT_SPREAD
    samples: int = 0
    date: str = ""
    source: str = ""

    @property
    def is_default(self) -> bool:
        """Whether nobody has measured it."""
        return self.samples == 0


class SiteTimes(Struct, frozen=True, kw_only=True):
    """What a site knows of its own pace. ``boxes_per_min`` is shown only: the planner works with the two ratios."""

    walk: Figure = Figure()
    shelf: Figure = Figure()
    boxes_per_min: float | None = None

    def stretch(self) -> float:
        """What planned times are stretched by: 15 % at a spread of 25 %, in proportion, 5 % at least, 50 % at most."""
        spread = max(self.walk.spread, self.shelf.spread)
        return 1.0 + min(0.5, max(0.05, 0.6 * spread))


DEFAULT_TIMES = SiteTimes()


def samples_of(
    incident: Incident, holdings: Mapping[str, Holding], zones: Mapping[str, Zone], assembly: str
) -> tuple[Sample, ...]:
    """What one incident or drill measured, in the order of its ticks."""
    found = ways(neighbours(zones), assembly)
    out = sorted(
        (state.out_at, id_)
        for id_, state in incident.items.items()
        if state.out_at is not None and id_ in holdings
    )
    samples = _walks(out, incident, holdings, found)
    last: dict[tuple[str, str], float] = {}
    for at, id_ in out:
        holding, state = holdings[id_], incident.items[id_]
        zone = state.zone or holding.zone
        before = last.get((state.out_by, zone))
        if before is not None and at > before and not _walked_between(incident, state.out_by, before, at):
            samples.append(
                Sample(
                    what="shelf",
                    holding=id_,
                    planned_min=holding.carry_min,
                    took_min=(at - before) / 60.0,
                    boxes=holding.units,
                )
            )
        last[(state.out_by, zone)] = at
    return tuple(
        one for one in samples if one.planned_min > 0 and LEAST <= one.took_min / one.planned_min <= MOST
    )


def _walks(
    out: Iterable[tuple[float, str]],
    incident: Incident,
    holdings: Mapping[str, Holding],
    ways_out: Mapping[str, tuple[float, tuple[str, ...]]],
) -> list[Sample]:
    """One walk for each load: what the same hands took from one zone and what arrived together. It begins when its last
    box was taken: before that its carriers stood at the shelf."""
    loads: dict[tuple[str, str], list[tuple[float, float, str]]] = {}
    for at, id_ in out:
        state = incident.items[id_]
        if state.received_at is not None and state.received_at > at:
            zone = state.zone or holdings[id_].zone
            loads.setdefault((state.out_by, zone), []).append((state.received_at, at, id_))
    samples: list[Sample] = []
    for (_, zone), boxes in loads.items():
        if zone not in ways_out:
            continue
        load: list[tuple[float, float, str]] = []
        for box in (*sorted(boxes), (math.inf, math.inf, "")):
            if load and box[0] - load[0][0] > TOGETHER_S:
                left, id_ = max((at, name) for _, at, name in load)
                if load[0][0] > left:
                    planned = ways_out[zone][0] * LOADED
                    took = (load[0][0] - left) / 60.0
                    samples.append(Sample(what="walk", holding=id_, planned_min=planned, took_min=took))
                load = []
            load.append(box)
    return samples


def _walked_between(incident: Incident, by: str, since: float, until: float) -> bool:
    """Whether something arrived between two ticks: then the time between is a way, not work at the shelf."""
    return any(
        state.received_at is not None and since < state.received_at <= until and state.out_by == by
        for state in incident.items.values()
    )


def figure(what: str, samples: Iterable[Sample], date: str, source: str) -> Figure:
    """The site's figure from these samples; the default while they are too few."""
    ratios = [one.took_min / one.planned_min for one in samples if one.what == what]
    if len(ratios) < ENOUGH:
        return Figure()
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return Figure(
        value=round(middle, 3),
        spread=min(MOST_SPREAD, round((high - low) / 2.0 / middle, 3)),
        samples=len(ratios),
        date=date,
        source=source,
    )


def site_times(samples: Iterable[Sample], date: str, source: str) -> SiteTimes:
    """Both figures and the boxes a minute at the shelf."""
    known = list(samples)
    shelf = [one for one in known if one.what == "shelf"]
    minutes = sum(one.took_min for one in shelf)
    return SiteTimes(
        walk=figure("walk", known, date, source),
        shelf=figure("shelf", known, date, source),
        boxes_per_min=max(0.01, round(sum(one.boxes for one in shelf) / minutes, 2))
        if len(shelf) >= ENOUGH
        else None,
    )


def measured_in(
    incidents: Iterable[Incident],
    holdings: Mapping[str, Holding],
    zones: Mapping[str, Zone],
    assembly: str,
    day: Callable[[float], str],
    last: int = LAST,
) -> SiteTimes:
    """What the ``last`` incidents and drills with ticks measured together; ``day`` writes a moment as an ISO date."""
    real = (one for one in incidents if one.items and one.kind != "tabletop")
    chosen = sorted(real, key=lambda one: one.opened_at)[-last:]
    samples = [sample for one in chosen for sample in samples_of(one, holdings, zones, assembly)]
    date = day(chosen[-1].opened_at) if chosen else ""
    return site_times(samples, date, ", ".join(f"{one.kind} {one.reference}" for one in chosen))


def in_words(what: Text, known: Figure) -> Text:
    """One figure as a sentence, a default named as one."""
    if known.is_default:
        return Text(
            f"{what.zh}：{known.value:g} 倍，{_UNKNOWN.zh}",
            f"{what.en}: {known.value:g} times, {_UNKNOWN.en}",
        )
    share = f"{known.spread * 100:.0f}"
    return Text(
        f"{what.zh}：计划的 {known.value:g} 倍，离散 ±{share}%，{known.samples} 次，{known.date}，{known.source}",
        f"{what.en}: {known.value:g} times the plan, spread ±{share} %, {known.samples} samples, "
        f"{known.date}, {known.source}",
    )
