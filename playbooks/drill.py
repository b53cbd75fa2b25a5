"""Drills: the script as moments in time, and the judgement from the record alone; pure.

:func:`moments` lays a script out for whoever runs it on a set or real clock; :func:`judge` reads what
happened (the events of alarms, notices and incidents) and gives points, measures and findings. Judging
twice gives the same report. Ratings follow the HSEEP letters: P performed without challenges, S with some,
M with major ones, U unable.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from alerts.model import Alarm, AlarmEvent, Ladder, Notice, NoticeEvent, Person
from playbooks.measures import Measures, measure
from playbooks.model import Drill, Expect, Incident, IncidentEvent, Play
from sensors.model import Text

Event = AlarmEvent | NoticeEvent | IncidentEvent
MOST_MOMENTS = 100_000
LATE_SHARE = 0.5
"""Part of the points for what came true late, but before the drill ended."""
BANDS = ((90.0, "P"), (70.0, "S"), (40.0, "M"), (0.0, "U"))
CHINESE = {"P": "优", "S": "良", "M": "中", "U": "差"}


class Moment(Struct, frozen=True, kw_only=True):
    """One thing that happens at ``at_s`` of the drill clock: a sensor's value, or a person's act in
    words."""

    at_s: float
    sensor: str = ""
    value: str | float | None = None
    person: str = ""
    does: str = ""


class Line(Struct, frozen=True, kw_only=True):
    """One expectation against what happened. ``at_s`` when it came true (drill clock), None where it never
    did."""

    expect: Expect
    met: Literal["in time", "late", "missed"]
    at_s: float | None
    points: float
    says: Text


class DrillReport(Struct, frozen=True, kw_only=True):
    """The judgement of one run. ``score`` 0..100 from the expectations; ``gate`` says what capped the
    rating at U."""

    drill: str
    title: Text
    started_at: float
    ended_at: float
    score: float
    rating: str
    passed: bool
    lines: tuple[Line, ...]
    measures: Measures
    gate: tuple[Text, ...] = ()
    findings: tuple[Text, ...] = ()


def moments(drill: Drill) -> list[Moment]:
    """The script in order of time, repeats (``every_s`` until ``until_s``) written out, at most 100,000
    moments.

    A repeat without an end goes on until the last expectation or play of the drill.
    """
    end = duration_s(drill)
    found: list[tuple[float, int, Moment]] = []
    for place, play in enumerate(drill.script):
        for at in _times(play, end):
            found.append(
                (
                    at,
                    place,
                    Moment(at_s=at, sensor=play.sensor, value=play.value, person=play.person, does=play.does),
                )
            )
            if len(found) >= MOST_MOMENTS:
                break
    found.sort(key=lambda entry: entry[:2])
    return [moment for _, _, moment in found[:MOST_MOMENTS]]


def _times(play: Play, end: float) -> Iterable[float]:
    if play.every_s <= 0:
        return (play.at_s,)
    until = play.until_s or end
    count = min(MOST_MOMENTS, 1 + max(0, math.floor((until - play.at_s) / play.every_s + 1e-9)))
    return (play.at_s + number * play.every_s for number in range(count))


def duration_s(drill: Drill) -> float:
    """How long the drill lasts on its own clock: to its last play or expectation."""
    ends = [max(play.at_s, play.until_s) for play in drill.script] + [expect.at_s for expect in drill.expect]
    return max(ends, default=0.0)


def judge(
    drill: Drill,
    events: Iterable[Event],
    started_at: float,
    *,
    people: Mapping[str, Person] | None = None,
    ladders: Sequence[Ladder] = (),
    outside_called: Sequence[str] = (),
    refused: Sequence[Text] = (),
) -> DrillReport:
    """The report of a run from its record. ``outside_called`` are outside numbers really reached (must be
    none).

    ``refused`` are the refusals people met, listed as findings: a refused entry is the system doing its
    work.
    """
    record = sorted(events, key=lambda event: event.at)
    ended = started_at + duration_s(drill)
    ended = max([ended, *(event.at for event in record)])
    lines = tuple(_line(expect, record, started_at, people or {}, ladders) for expect in drill.expect)
    possible = sum(line.expect.points for line in lines)
    score = 100.0 * sum(line.points for line in lines) / possible if possible else 100.0
    measures = measure(record, started_at)
    gate = _gate(measures, record, outside_called)
    rating = "U" if gate else next(letter for limit, letter in BANDS if score >= limit - 1e-9)
    findings = (
        tuple(line.says for line in lines if line.met != "in time") + measures.findings + tuple(refused)
    )
    return DrillReport(
        drill=drill.id,
        title=drill.title,
        started_at=started_at,
        ended_at=ended,
        score=round(score, 1),
        rating=rating,
        passed=not gate and all(line.met == "in time" for line in lines),
        lines=lines,
        measures=measures,
        gate=gate,
        findings=findings,
    )


def _gate(measures: Measures, record: Sequence[Event], outside_called: Sequence[str]) -> tuple[Text, ...]:
    """What caps the result whatever the points (safety)."""
    found = [
        Text(f"未放行即进入：{who}", f"Entry without release: {who}")
        for who in measures.entries_without_release
    ]
    found += [
        Text(f"演练中真的拨打了外部号码：{who}", f"An outside number was really called: {who}")
        for who in outside_called
    ]
    hidden = {
        event.incident.id
        for event in record
        if isinstance(event, IncidentEvent) and event.incident.kind != "incident" and not event.incident.drill
    }
    found += [
        Text(f"演练事件没有演练标记：{id_}", f"A drill's incident bears no drill mark: {id_}")
        for id_ in sorted(hidden)
    ]
    return tuple(found)


# --- one expectation ---------------------------------------------------------------------------------------


def _line(
    expect: Expect,
    record: Sequence[Event],
    started_at: float,
    people: Mapping[str, Person],
    ladders: Sequence[Ladder],
) -> Line:
    """Whether it held at its moment; otherwise when it first came true afterwards."""
    due = started_at + expect.at_s
    state = _World(people, ladders)
    seen = [event for event in record if event.at <= due]
    for event in seen:
        state.take(event)
    held = state.shows(expect)
    what = _what(expect)
    if expect.absent:
        if not held:
            return Line(expect=expect, met="in time", at_s=expect.at_s, points=expect.points, says=what)
        says = Text(f"不应出现却出现了：{what.zh}", f"Should not have been: {what.en}")
        return Line(expect=expect, met="missed", at_s=None, points=0.0, says=says)
    if held:
        return Line(expect=expect, met="in time", at_s=expect.at_s, points=expect.points, says=what)
    for event in record[len(seen) :]:
        state.take(event)
        if state.shows(expect):
            at = event.at - started_at
            says = Text(
                f"{what.zh}：第 {at:.0f} 秒才做到（要求第 {expect.at_s:.0f} 秒）",
                f"{what.en}: only after {at:.0f} s (expected by {expect.at_s:.0f} s)",
            )
            return Line(expect=expect, met="late", at_s=at, points=expect.points * LATE_SHARE, says=says)
    says = Text(f"没有做到：{what.zh}", f"Never happened: {what.en}")
    return Line(expect=expect, met="missed", at_s=None, points=0.0, says=says)


def _what(expect: Expect) -> Text:
    zone = f" {expect.zone}" if expect.zone else ""
    state = f" {expect.state}" if expect.state else ""
    if expect.told:
        return Text(f"已通知 {expect.told}", f"{expect.told} was told")
    if expect.step:
        return Text(f"步骤 {expect.step}{state or ' done'}", f"Step {expect.step}{state or ' done'}")
    if expect.incident:
        return Text(f"事件 {expect.incident}{zone}{state}", f"Incident {expect.incident}{zone}{state}")
    return Text(f"警报 {expect.alarm}{zone}{state}", f"Alarm {expect.alarm}{zone}{state}")


class _World:
    """What stands at one moment of the record."""

    def __init__(self, people: Mapping[str, Person], ladders: Sequence[Ladder]) -> None:
        self._people = people
        self._ladders = {ladder.priority: ladder for ladder in ladders}
        self._alarms: dict[str, Alarm] = {}
        self._notices: dict[str, Notice] = {}
        self._incidents: dict[str, Incident] = {}

    def take(self, event: Event) -> None:
        """One event further."""
        match event:
            case AlarmEvent(alarm=alarm):
                self._alarms[alarm.id] = alarm
            case NoticeEvent(notice=notice):
                self._notices[notice.id] = notice
            case IncidentEvent(incident=incident):
                self._incidents[incident.id] = incident

    def shows(self, expect: Expect) -> bool:
        """Whether the expectation is true now."""
        if expect.told:
            return any(self._told(notice, expect.told) for notice in self._notices.values())
        if expect.step:
            return any(self._step(incident, expect) for incident in self._incidents.values())
        if expect.incident:
            return any(self._incident(incident, expect) for incident in self._incidents.values())
        return any(self._alarm(alarm, expect) for alarm in self._alarms.values())

    def _alarm(self, alarm: Alarm, expect: Expect) -> bool:
        if alarm.rule != expect.alarm or (expect.zone and expect.zone not in {alarm.zone, alarm.scope}):
            return False
        return (alarm.closed_at is None) if not expect.state else expect.state in alarm_states(alarm)

    def _incident(self, incident: Incident, expect: Expect) -> bool:
        if expect.incident not in {incident.playbook.id, incident.threat, incident.id}:
            return False
        if expect.zone and expect.zone not in incident.zones:
            return False
        return not expect.state or incident.state == expect.state

    def _step(self, incident: Incident, expect: Expect) -> bool:
        state = incident.steps.get(expect.step)
        return state is not None and state.state == (expect.state or "done")

    def _told(self, notice: Notice, whom: str) -> bool:
        if notice.state == "cancelled":
            return False
        if notice.person == whom:
            return True
        ladder = self._ladders.get(notice.priority)
        if ladder is not None and 0 <= notice.rung < len(ladder.rungs):
            return whom in {ladder.rungs[notice.rung].role, ladder.rungs[notice.rung].person}
        person = self._people.get(notice.person)
        return person is not None and whom in person.roles


def alarm_states(alarm: Alarm) -> frozenset[str]:
    """Every name that fits an alarm: its facts are independent of each other (ISA-18.2)."""
    names: set[str] = set()
    if alarm.closed_at is not None:
        return frozenset({"normal"})
    if alarm.shelved is not None:
        names.add("shelved")
    if alarm.muted_by:
        names.add("suppressed")
    if alarm.latched:
        names.add("latched")
    names.add("acknowledged" if alarm.acked is not None else "unacknowledged")
    if not alarm.active:
        names.add("cleared")
        if alarm.acked is not None and not alarm.latched:
            names.add("normal")
    return frozenset(names)
