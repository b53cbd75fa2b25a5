"""How many messages one person gets: grouping by zone and minute, storm limits, chattering (C21). Pure.

Per person. The first message of a zone goes at once, unless two messages already went to this person within
the minute: then everything that waits goes together when the minute is over. Further messages of a zone are
grouped by the minute. In a storm, and for further messages always, there are at most three in five minutes.
One rule and place pages a person at most three times an hour. Life safety waits for none of these: only a
second alarm of the same zone and hazard, no worse than what the person was told within the minute, joins the
next message, and from the sixth life-safety message within a minute on they go together.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from alerts.model import Alarm, Notice, Spoken

MINUTE_S = 60.0
STORM_WINDOW_S = 300.0
STORM_MESSAGES = 3
STORM_STARTS = 10  # alarms in the window that make a storm (ISA-18.2 calls 10 in 10 minutes a flood)
AT_ONCE = 2  # messages a person may get within a minute before the rest is put together
LIFE_AT_ONCE = 5
CHATTER_WINDOW_S = 3600.0
CHATTER_PAGES = 3


class Held(Struct, frozen=True, kw_only=True):
    """A step of an alarm's escalation that one person has not been told of yet."""

    spoken: Spoken
    alarm: Alarm
    since_at: float
    channel: str = ""
    each_confirms: bool = False


class Told(Struct, frozen=True, kw_only=True):
    """A message this person got: when, about which zones and hazards, how bad."""

    at: float
    zones: frozenset[str]
    priority: int
    life: frozenset[tuple[str, str, str]]  # (zone, hazard, stage) of the life-safety alarms in it
    turns: frozenset[tuple[str, str, int]]  # (rule and scope, alarm, turn)


class Release(Struct, frozen=True, kw_only=True):
    """What goes now, one message per group, and when to look again (None: nothing waits)."""

    groups: tuple[tuple[Held, ...], ...]
    again_at: float | None


def worst_first(held: Held) -> tuple[object, ...]:
    """Sort key: life safety, priority, confirmed before suspected, real trouble before faults, oldest."""
    a = held.alarm
    return (
        not a.life_safety,
        a.priority,
        a.stage != "confirmed",
        a.fault,
        a.raised_at,
        a.id,
        held.spoken.rung,
    )


def place_of(alarm_id: str) -> str:
    """The rule and scope of an occurrence (its id without the number)."""
    return alarm_id.rsplit("#", 1)[0]


def told(notice: Notice) -> Told:
    """What ``notice`` told its person."""
    return Told(
        at=notice.due_at,
        zones=frozenset(notice.zones),
        priority=notice.priority,
        life=frozenset(notice.life),
        turns=frozenset((place_of(s.alarm), s.alarm, s.turn) for s in notice.spoken),
    )


def release(held: Sequence[Held], recent: Sequence[Told], storm_until: float, now: float) -> Release:
    """Which of ``held`` one person is told now.

    ``recent`` is what they were told within the hour, oldest first; ``storm_until`` when the present
    storm ends (in the past: there is none).
    """
    waits: list[float] = []
    ready: list[Held] = []
    for item in sorted(held, key=worst_first):
        until = _chattering_until(item, recent, now)
        if until is None:
            ready.append(item)
        else:
            waits.append(until)
    if not ready:
        return Release(groups=(), again_at=min(waits, default=None))

    minute = [t for t in recent if now - t.at < MINUTE_S]
    window = [t for t in recent if now - t.at < STORM_WINDOW_S]
    groups: list[tuple[Held, ...]] = []
    zones = list(dict.fromkeys(h.alarm.zone for h in ready))
    left: list[tuple[Held, ...]] = []
    for zone in zones:
        group = tuple(h for h in ready if h.alarm.zone == zone)
        if _urgent(group, minute):
            groups.append(group)
        else:
            left.append(group)

    storm = now < storm_until
    for group in left:
        sent = len(groups)
        zone = group[0].alarm.zone
        zone_told = [t for t in minute if zone in t.zones and t.priority <= group[0].alarm.priority]
        known = any(zone in t.zones for t in recent)
        if zone_told:
            waits.append(zone_told[-1].at + MINUTE_S)
        elif len(minute) + sent >= AT_ONCE:
            waits.append((minute[-AT_ONCE].at if len(minute) >= AT_ONCE else now) + MINUTE_S)
        elif (storm or known) and len(window) + sent >= STORM_MESSAGES:
            waits.append(
                (window[-STORM_MESSAGES].at if len(window) >= STORM_MESSAGES else now) + STORM_WINDOW_S
            )
        else:
            groups.append(group)
    gone = {id(h) for g in groups for h in g}
    rest = tuple(h for h in ready if id(h) not in gone)
    if rest and groups and _minute_over(rest, minute):
        # Whoever gets a message now gets everything that waits in it: nothing is left for a later one.
        groups[-1] = tuple(sorted((*groups[-1], *rest), key=worst_first))
        rest = ()
    return Release(groups=tuple(groups), again_at=min(waits, default=None) if rest or waits else None)


def _minute_over(rest: Sequence[Held], minute: Sequence[Told]) -> bool:
    """Whether the last of several groups may carry the others too: more of them than may go at once."""
    return len({h.alarm.zone for h in rest}) + len(minute) >= AT_ONCE


def _urgent(group: Sequence[Held], minute: Sequence[Told]) -> bool:
    """Life safety that this person does not know of, or knows of as less bad."""
    known = {mark for t in minute for mark in t.life}
    if sum(1 for t in minute if t.life) >= LIFE_AT_ONCE:
        return False
    for item in group:
        a = item.alarm
        if a.life_safety and not {(a.zone, a.hazard, a.stage), (a.zone, a.hazard, "confirmed")} & known:
            return True
    return False


def _chattering_until(item: Held, recent: Sequence[Told], now: float) -> float | None:
    """Until when this alarm has been told often enough; None if it may be told."""
    if item.alarm.life_safety:
        return None
    place = place_of(item.alarm.id)
    pages: dict[tuple[str, int], float] = {}
    for t in recent:
        if now - t.at < CHATTER_WINDOW_S:
            for where, alarm, turn in t.turns:
                if where == place:
                    pages.setdefault((alarm, turn), t.at)
    if (item.spoken.alarm, item.spoken.turn) in pages or len(pages) < CHATTER_PAGES:
        return None
    return sorted(pages.values())[-CHATTER_PAGES] + CHATTER_WINDOW_S
