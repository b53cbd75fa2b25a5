"""What a crew does next, from the plan and the state on the ground: at most three instructions at a time; pure.

People in a corridor follow three lines, not thirty. An instruction is one trip of the accepted plan without what is
out, covered or given up already. Where a closed zone struck all of a crew's trips, the first trip of the proposed plan
is the answer at once, marked as waiting for acceptance; the accepted list itself stays as it is until somebody accepts.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from playbooks import safety
from playbooks.model import Incident, RescuePlan, Trip
from playbooks.site import Site
from sensors.model import Text

LIMIT = 3
"""Instructions shown to one crew at a time."""
DONE = frozenset({"out", "arrived", "covered", "cannot", "returned"})
"""States in which a holding needs no hand at its shelf any more."""
SHELVES = 6
"""Places named in one sentence; the rest is counted."""


class Instruction(Struct, frozen=True, kw_only=True):
    """One thing for one crew to do. Minutes count from the plan's ``made_at``.

    ``take`` and ``cover`` are holdings still to be done, in the order of the trip; ``leave_by_at`` is the
    latest moment to leave its last zone (Unix seconds; None where the plan does not say). ``kind`` ``leave``
    means come out and do nothing else; ``wait`` means nothing is released or left to do.
    """

    kind: Literal["trip", "leave", "wait"]
    crew: str
    number: int = 1
    zones: tuple[str, ...] = ()
    take: tuple[str, ...] = ()
    cover: tuple[str, ...] = ()
    people: int = 0
    kg: float = 0.0
    carries: int = 1
    from_min: float = 0.0
    minutes: float = 0.0
    leave_by_at: float | None = None
    way_in: tuple[str, ...] = ()  # zones passed on the way in where it is not the shortest one
    way_out: tuple[str, ...] = ()
    proposed: bool = False  # of a plan nobody has accepted yet: ask the head of the incident


def next_steps(
    plan: RescuePlan | None, state: Incident, crew: str, limit: int = LIMIT
) -> tuple[Instruction, ...]:
    """The crew's next instructions, at most ``limit``; never into a zone that is not cleared now.

    Always answers: with everyone out, a single ``leave`` while people are inside; with nothing to do, ``wait``.
    """
    if state.everyone_out_at is not None:
        return (Instruction(kind="leave" if safety.inside(state) else "wait", crew=crew),)
    if state.suspended or state.state == "closed":
        return (Instruction(kind="wait", crew=crew),)
    steps = _open_trips(plan, state, crew)[: max(0, limit)]
    if not steps and state.proposed is not None and state.proposed is not plan:
        steps = _open_trips(state.proposed, state, crew, proposed=True)[:1]
    return tuple(steps) or (Instruction(kind="wait", crew=crew),)


def _open_trips(
    plan: RescuePlan | None, state: Incident, crew: str, proposed: bool = False
) -> list[Instruction]:
    """The crew's trips that still have something to do, in order of time."""
    if plan is None:
        return []
    cleared = set(safety.cleared_zones(state))
    mine = sorted((trip for trip in plan.trips if trip.crew == crew), key=lambda trip: trip.from_min)
    found: list[Instruction] = []
    for trip in mine:
        if not set(trip.via or (trip.zone,)) <= cleared:
            continue
        waiting = [
            id_ for id_ in trip.holdings if id_ not in state.items or state.items[id_].state not in DONE
        ]
        if waiting:
            found.append(_instruction(plan, trip, waiting, len(found) + 1, proposed))
    return found


def _instruction(
    plan: RescuePlan, trip: Trip, waiting: list[str], number: int, proposed: bool
) -> Instruction:
    covered = set(trip.covered)
    leave = None if trip.leave_by_min is None else plan.made_at + trip.leave_by_min * 60.0
    return Instruction(
        kind="trip",
        crew=trip.crew,
        number=number,
        zones=trip.via or (trip.zone,),
        take=tuple(id_ for id_ in waiting if id_ not in covered),
        cover=tuple(id_ for id_ in waiting if id_ in covered),
        people=trip.people,
        kg=trip.kg,
        carries=trip.carries,
        from_min=trip.from_min,
        minutes=trip.minutes,
        leave_by_at=leave,
        way_in=trip.way_in,
        way_out=trip.way_out,
        proposed=proposed,
    )


def in_words(step: Instruction, site: Site) -> Text:
    """The instruction as one sentence with shelves, never titles: it may be read aloud or sent to anybody."""
    if step.kind == "leave":
        return Text("立即离开，到集合点清点人数。", "Leave now; be counted at the assembly point.")
    if step.kind == "wait":
        return Text("在集合点待命，不得进入。", "Wait at the assembly point; do not go in.")
    names = [site.zone_name(zone) for zone in step.zones]
    zh = "、".join(name.zh for name in names)
    en = ", then ".join(name.en for name in names)
    parts_zh, parts_en = [], []
    if step.take:
        places = _places(step.take, site)
        parts_zh.append(f"搬出 {places.zh}")
        parts_en.append(f"take out {places.en}")
    if step.cover:
        places = _places(step.cover, site)
        parts_zh.append(f"就地遮盖 {places.zh}")
        parts_en.append(f"cover in place {places.en}")
    if step.carries > 1:
        parts_zh.append(f"分 {step.carries} 趟")
        parts_en.append(f"in {step.carries} carries")
    ask = (
        Text("（新计划待采用，先问指挥）", " (of a plan not yet accepted: ask first)")
        if step.proposed
        else None
    )
    by, out = _by_way_of(step.way_in, site), _by_way_of(step.way_out, site)
    if out.zh:
        parts_zh.append(f"{out.zh}返回")
        parts_en.append(f"come out{out.en}")
    return Text(
        f"{by.zh}去 {zh}：{'；'.join(parts_zh)}。{ask.zh if ask else ''}",
        f"Go{by.en} to {en}: {'; '.join(parts_en)}.{ask.en if ask else ''}",
    )


def _by_way_of(way: tuple[str, ...], site: Site) -> Text:
    """The zones between the ends of a way that is not the shortest: whoever takes that one would meet a closed door."""
    names = [site.zone_name(zone) for zone in way[1:-1]]
    if not names:
        return Text("", "")
    return Text(
        f"经 {'、'.join(name.zh for name in names)} ", f" by way of {', '.join(name.en for name in names)}"
    )


def _places(ids: tuple[str, ...], site: Site) -> Text:
    named = []
    for id_ in ids[:SHELVES]:
        holding = site.holdings.get(id_)
        named.append(f"{holding.place or '?'} ({id_})" if holding else id_)
    more = len(ids) - SHELVES
    words = ", ".join(named)
    if more <= 0:
        return Text("、".join(named), words)
    return Text(f"{'、'.join(named)} 等 {len(ids)} 件", f"{words} and {more} more")
