"""What would these rules have done? The engine's own rules, alarms and ladders over stored history, on a
set clock.

The evaluator runs in several processes, each over sensors that no rule connects with those of another; its
verdicts come together in time order before one annunciator and one pager. Nobody was there to answer, so an
answer is assumed: every alarm is acknowledged ``answer_s`` after it was raised and, once its cause is gone,
reset.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from alerts.compile import selected_by
from alerts.evaluate import Evaluator
from alerts.quiet import DEVICE, LINK
from alerts.registry import Registry
from alerts.rule import Change, Rule
from ingest.series import Series
from sensors.model import Sensor, Text
from strongroom.arrivals import Arrivals, as_stored, heard, newcomers
from strongroom.audience import Audience, Message, Occurrence
from strongroom.builtin import OWN, with_builtins
from strongroom.model import Building

ANSWER_S = 600.0
LINKS = {rule.id: rule for rule in (LINK, DEVICE)}

Progress = Callable[[float], None]


class RuleOutcome(Struct, frozen=True, kw_only=True):
    """What one rule would have done. Durations in seconds; an alarm that still stands counts up to the end.

    ``messages`` that tell of at least one of its alarms; one message may tell of many.
    """

    rule: str
    name: Text
    alarms: int
    messages: int
    first_at: float | None
    last_at: float | None
    median_s: float | None
    longest_s: float | None
    total_s: float
    occurrences: tuple[Occurrence, ...]


class Outcome(Struct, frozen=True, kw_only=True):
    """A rehearsal: per rule in the order of the rules, then the chain's own; ``readings`` that were replayed.

    ``sent`` messages in all, ``messages`` the first of them. ``unheard`` are the sensors without any stored reading in
    that time: what they would have said, their silence included, is not known and not rehearsed. ``thinner`` are those
    of which less is stored than they say: silence shorter than three times the stored pace does not show.
    """

    from_at: float
    to_at: float
    revision: str
    readings: int
    thinned_until: float | None
    rules: tuple[RuleOutcome, ...]
    messages: tuple[Message, ...]
    sent: int = 0
    unheard: tuple[str, ...] = ()
    thinner: tuple[str, ...] = ()


class Judged(Struct, frozen=True):
    """What the evaluator said over one group of sensors."""

    changes: list[Change]
    readings: int
    thinned_until: float | None
    unheard: tuple[str, ...] = ()
    thinner: tuple[str, ...] = ()


class Difference(Struct, frozen=True, kw_only=True):
    """One rule before and after a change; an alarm is the same where both stood at one time in one scope."""

    rule: str
    old: RuleOutcome | None
    new: RuleOutcome | None
    only_old: tuple[Occurrence, ...]
    only_new: tuple[Occurrence, ...]


def groups(building: Building, count: int) -> list[tuple[str, ...]]:
    """Sensors in at most ``count`` groups of about equal load, none connected with another by any rule or
    zone.
    """
    registry = Registry(building.sensors, building.zones)
    parent = {name: name for name in building.sensors}

    def root(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    def connect(together: Iterable[str]) -> None:
        first = ""
        for name in together:
            first = first or root(name)
            parent[root(name)] = first

    by_zone: dict[str, list[str]] = defaultdict(list)
    for sensor in building.sensors.values():
        by_zone[sensor.zone].append(sensor.id)
    for names in by_zone.values():
        connect(names)
    for rule in with_builtins(building).values():
        by_scope: dict[str, list[str]] = defaultdict(list)
        for sensor in selected_by(rule, registry):
            by_scope[registry.scope_of(sensor, rule.scope)].append(sensor.id)
        for names in by_scope.values():
            connect(names)
    islands: dict[str, list[str]] = defaultdict(list)
    for name in building.sensors:
        islands[root(name)].append(name)

    def load(names: Sequence[str]) -> float:
        return sum(1.0 / max(building.sensors[name].every_s, 0.1) for name in names)

    piles: list[list[str]] = [[] for _ in range(max(1, count))]
    for island in sorted(islands.values(), key=load, reverse=True):
        min(piles, key=load).extend(island)
    return [tuple(pile) for pile in piles if pile]


def judge(
    series: Series,
    building: Building,
    sensors: Sequence[str],
    from_at: float,
    to_at: float,
    progress: Progress | None = None,
) -> Judged:
    """The rules over these sensors: every change of verdict, in order. ``progress`` is told how far it
    came.
    """
    spoke = heard(series, sensors, from_at, to_at)
    taken: dict[str, Sensor] = {
        name: as_stored(series, building.sensors[name], from_at, to_at) for name in sensors if name in spoke
    }
    evaluator = Evaluator(with_builtins(building), taken, building.zones, building.timezone)
    arrived = Arrivals(series, list(taken.values()), from_at, to_at)
    changes = evaluator.resume(from_at)
    later = newcomers(series, taken.values(), from_at)
    for name in sorted(later):
        changes += evaluator.set_aside(name, from_at)
    observe, tick, next_due = evaluator.observe, evaluator.tick, evaluator.next_due
    clock, count = from_at, 0
    for reached, arrivals in arrived.chunks():
        for now, reading in arrivals:
            if now > clock:
                clock = now
                due = next_due()
                while due is not None and due <= now:
                    changes += tick(due)
                    due = next_due()
            count += 1
            if later and reading.sensor in later:
                later.discard(reading.sensor)
                changes += evaluator.bring_back(reading.sensor, now)
            said = observe(reading, now)
            if said:
                changes += said
        if progress is not None:
            progress(reached)
    due = next_due()
    while due is not None and due <= to_at:
        changes += tick(due)
        due = next_due()
    return Judged(
        changes,
        count,
        arrived.thinned_until,
        tuple(name for name in sensors if name not in spoke),
        tuple(name for name, one in taken.items() if one != building.sensors[name]),
    )


def tell(
    building: Building, judged: Sequence[Judged], from_at: float, to_at: float, answer_s: float = ANSWER_S
) -> Outcome:
    """Alarms and messages that follow from what the evaluators said; ``answer_s`` below 0: nobody ever
    answers.
    """
    stage = Audience(building, answer_s)
    changes = sorted((change for one in judged for change in one.changes), key=lambda change: change.at)
    for change in changes:
        stage.until(change.at)
        stage.change(change)
    stage.until(to_at)
    thinned = [one.thinned_until for one in judged if one.thinned_until is not None]
    return Outcome(
        from_at=from_at,
        to_at=to_at,
        revision=building.revision,
        readings=sum(one.readings for one in judged),
        thinned_until=max(thinned, default=None),
        rules=_by_rule(with_builtins(building), stage.occurrences(), stage.sent_of, to_at),
        messages=tuple(stage.messages),
        sent=stage.sent,
        unheard=tuple(sorted(name for one in judged for name in one.unheard)),
        thinner=tuple(sorted(name for one in judged for name in one.thinner)),
    )


def _by_rule(
    rules: Mapping[str, Rule], occurrences: Sequence[Occurrence], sent: Mapping[str, int], to_at: float
) -> tuple[RuleOutcome, ...]:
    found: dict[str, list[Occurrence]] = {name: [] for name in rules}
    for one in occurrences:
        found.setdefault(one.rule, []).append(one)
    outcomes: list[RuleOutcome] = []
    for name, those in found.items():
        lengths = [(one.cleared_at or to_at) - one.raised_at for one in those]
        rule = rules.get(name) or OWN.get(name) or LINKS.get(name)
        outcomes.append(
            RuleOutcome(
                rule=name,
                name=rule.name if rule else Text(name, name),
                alarms=len(those),
                messages=sent.get(name, 0),
                first_at=those[0].raised_at if those else None,
                last_at=those[-1].raised_at if those else None,
                median_s=statistics.median(lengths) if lengths else None,
                longest_s=max(lengths, default=None),
                total_s=sum(lengths),
                occurrences=tuple(those),
            )
        )
    return tuple(outcomes)


def compare(old: Outcome, new: Outcome) -> list[Difference]:
    """Rule by rule, the changed ones first: what only the one or the other would have raised."""
    before = {one.rule: one for one in old.rules}
    after = {one.rule: one for one in new.rules}
    found: list[Difference] = []
    for name in dict.fromkeys((*after, *before)):
        was, will = before.get(name), after.get(name)
        theirs, ours = was.occurrences if was else (), will.occurrences if will else ()
        found.append(
            Difference(
                rule=name,
                old=was,
                new=will,
                only_old=_without(theirs, ours, old.to_at),
                only_new=_without(ours, theirs, new.to_at),
            )
        )
    return sorted(found, key=lambda one: -(len(one.only_old) + len(one.only_new)))


def _without(
    these: Sequence[Occurrence], those: Sequence[Occurrence], to_at: float
) -> tuple[Occurrence, ...]:
    by_scope: dict[str, list[Occurrence]] = defaultdict(list)
    for one in those:
        by_scope[one.scope].append(one)
    return tuple(
        one
        for one in these
        if not any(
            other.raised_at <= (one.cleared_at or to_at) and one.raised_at <= (other.cleared_at or to_at)
            for other in by_scope[one.scope]
        )
    )
