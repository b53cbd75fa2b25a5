"""The life of an incident: ``step(incident, event, now, site) -> (incident, events)``; pure.

Every event carries the incident as it stands afterwards, so the journal's fold is "last one per id wins".
An act that would change nothing yields nothing (the same act twice equals once); an act that may not be
done yields a Refused with words. Zones and people inside are :mod:`playbooks.safety`, the readiness of
steps :mod:`playbooks.steps`.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from alerts.model import Alarm, Refused
from playbooks import custody, ending, people, safety, salvage, tick
from playbooks.acts import (
    AcceptPlan,
    AddStep,
    Advance,
    ClearZone,
    CloseIncident,
    CloseZone,
    ComeOut,
    EveryoneOut,
    GiveBack,
    GoIn,
    IncidentAct,
    Item,
    Move,
    OpenIncident,
    Say,
    SetCrew,
    StepDone,
    StepSkipped,
    StepUndone,
    TakeRole,
    Treat,
)
from playbooks.level import level
from playbooks.model import Access, Incident, IncidentEvent, Note, Playbook, RescuePlan
from playbooks.safety import Outcome, no, said
from playbooks.site import Site
from playbooks.steps import settle
from sensors.model import Text

SAME_WORDS_S = 60.0
"""The same words by the same person within this time are one line, not two."""


class Acted(Struct, frozen=True, kw_only=True):
    """A person did something."""

    what: IncidentAct
    by: str


class Evidence(Struct, frozen=True, kw_only=True):
    """An alarm of this building spoke; ``kind`` as in :class:`alerts.model.AlarmEvent`."""

    kind: str
    alarm: Alarm
    joins: bool  # of this incident's own hazard (otherwise it only closes zones)


class Planned(Struct, frozen=True, kw_only=True):
    """The planner answered. The first plan is taken at once, a later one waits for acceptance."""

    plan: RescuePlan
    why: Text


class Suspended(Struct, frozen=True, kw_only=True):
    """A real alarm came during a drill: play ends."""

    why: Text


class Time(Struct, frozen=True, kw_only=True):
    """Time went by."""


Event = Acted | Evidence | Planned | Suspended | Time
DANGERS = frozenset({"fire", "gas", "water", "structure", "intrusion"})
"""Hazards whose alarms close a released zone in incidents of any other hazard; dampness after a leak does not."""
RAISES = frozenset(
    {
        "alarm.raised", "alarm.returned", "alarm.worse", "alarm.confirmed", "alarm.realarmed",
        "alarm.unmuted", "alarm.unshelved", "alarm.in_service",
    }
)  # fmt: skip


def opened(
    playbook: Playbook,
    zones: tuple[str, ...],
    now: float,
    site: Site,
    *,
    id_: str,
    by: str = "system",
    alarm: Alarm | None = None,
    kind: Literal["incident", "drill", "tabletop"] = "incident",
    drill: str = "",
    parent: str = "",
    note: str = "",
) -> tuple[Incident, IncidentEvent]:
    """A new run of a plan (a copy of it): every zone closed for rescue, every step worked out."""
    rank, why = level(playbook.threat, alarm.stage if alarm else "", zones, site.zones, site.holdings)
    shut = Text("等待放行", "waiting for release")
    incident = settle(
        Incident(
            id=id_,
            reference=(alarm.reference if alarm else "") or id_,
            kind=kind,
            threat=playbook.threat,
            zones=zones,
            alarms=(alarm.id,) if alarm else (),
            level=rank,
            level_reason=why,
            opened_at=now,
            opened_by=by,
            playbook=playbook,
            access={zone: Access(state="closed", by=by, at=now, reason=shut.zh) for zone in zones},
            notes=(Note(by, now, note),) if note else (),
            parent=parent,
            drill=drill,
            sources={alarm.id: source_of(alarm)} if alarm else {},
        )
    )
    names = "、".join(site.zone_name(zone).zh for zone in zones)
    english = ", ".join(site.zone_name(zone).en for zone in zones)
    cause = f"（{alarm.name.zh}）" if alarm else ""
    because = f" ({alarm.name.en})" if alarm else ""
    return incident, said(
        "incident.opened",
        incident,
        now,
        by,
        f"{names}：启动预案“{playbook.title.zh}”{cause}；{why.zh}",
        f"{english}: plan “{playbook.title.en}” started{because}; {why.en}",
    )


def widened(
    incident: Incident, zones: tuple[str, ...], by: str, now: float, site: Site
) -> tuple[Incident, tuple[IncidentEvent | Refused, ...]]:
    """More zones belong to the incident; they are closed like the first."""
    names = "、".join(site.zone_name(zone).zh for zone in zones)
    english = ", ".join(site.zone_name(zone).en for zone in zones)
    after = replace(incident, zones=tuple(dict.fromkeys((*incident.zones, *zones))))
    joined = said("incident.joined", after, now, by, f"{names} 并入本事件", f"{english} joins this incident")
    closed, events = safety.close(after, zones, by, now, Text("等待放行", "waiting for release"), site)
    return closed, (joined, *events)


def source_of(alarm: Alarm) -> Literal["active", "normal", "unknown"]:
    """How the source stands: missing data is unknown, and unknown is not normal."""
    if alarm.unknown_since_at is not None:
        return "unknown"
    return "active" if alarm.active or alarm.latched else "normal"


def step(incident: Incident, event: Event, now: float, site: Site) -> Outcome:
    """The incident after one event, and what happened in order; unchanged with a Refused where it may not
    be."""
    match event:
        case Acted(what=what, by=by):
            return _acted(incident, what, by, now, site)
        case Evidence():
            return _evidence(incident, event, now, site)
        case Planned():
            return _planned(incident, event, now)
        case Suspended(why=why):
            if incident.suspended or incident.state == "closed":
                return incident, ()
            after = replace(incident, suspended=True)
            return after, (IncidentEvent(kind="incident.suspended", incident=after, at=now, reason=why),)
        case Time():
            return tick.time_passed(incident, now, site)


def _acted(incident: Incident, act: IncidentAct, by: str, now: float, site: Site) -> Outcome:
    if isinstance(act, OpenIncident):
        return incident, ()
    if incident.state == "closed":
        if isinstance(act, CloseIncident):
            return incident, ()
        if not isinstance(act, Say | ComeOut | Item | Move | Treat | GiveBack):
            return no(
                incident, by, "事件已结束，只能补记。", "The incident is closed; only notes can be added."
            )
    if incident.suspended and not isinstance(act, ComeOut | EveryoneOut | CloseIncident | Say | CloseZone):
        return no(incident, by, "演练已中止：有真实警报。", "The drill is suspended: a real alarm is on.")
    match act:
        case StepDone():
            return people.step_done(incident, act, by, now, site)
        case StepUndone():
            return people.step_undone(incident, act, by, now, site)
        case StepSkipped():
            return people.step_skipped(incident, act, by, now, site)
        case AddStep():
            return people.add_step(incident, act, by, now, site)
        case TakeRole():
            return people.take_role(incident, act, by, now, site)
        case Item():
            return custody.tick(incident, act, by, now, site)
        case Move():
            return custody.move(incident, act, by, now, site)
        case Treat():
            return salvage.treat(incident, act, by, now, site)
        case GiveBack():
            return salvage.give_back(incident, act, by, now, site)
        case ClearZone():
            return safety.clear_zone(incident, act, by, now, site)
        case CloseZone():
            return safety.close_zone(incident, act, by, now, site)
        case GoIn():
            return safety.go_in(incident, act, by, now, site)
        case ComeOut():
            return safety.come_out(incident, act, by, now, site)
        case EveryoneOut():
            return safety.everyone_out(incident, by, now, site)
        case SetCrew():
            return _set_crew(incident, act, by, now)
        case AcceptPlan():
            return _accept(incident, by, now, site)
        case Say():
            return _say(incident, act, by, now)
        case Advance():
            return ending.advance(incident, act, by, now)
        case CloseIncident():
            return ending.finish(incident, act, by, now, site)


def _evidence(incident: Incident, event: Evidence, now: float, site: Site) -> Outcome:
    alarm, outcome = event.alarm, list[IncidentEvent | Refused]()
    if incident.state == "closed":
        return incident, ()
    if event.joins and (alarm.id in incident.alarms or event.kind in RAISES):
        incident = _sources(incident, alarm, now, outcome)
    if event.kind not in RAISES or not alarm.active:
        return incident, tuple(outcome)
    if not event.joins and not alarm.life_safety and alarm.hazard not in DANGERS:
        return incident, tuple(outcome)
    if event.joins and (alarm.id not in incident.alarms or (alarm.zone and alarm.zone not in incident.zones)):
        incident = replace(
            incident,
            alarms=tuple(dict.fromkeys((*incident.alarms, alarm.id))),
            zones=tuple(dict.fromkeys((*incident.zones, alarm.zone))) if alarm.zone else incident.zones,
            state="open",
        )
        name = site.zone_name(alarm.zone)
        outcome.append(
            said(
                "incident.joined",
                incident,
                now,
                "system",
                f"{name.zh}：{alarm.name.zh} 并入本事件",
                f"{name.en}: {alarm.name.en} joins this incident",
            )
        )
    if event.joins:
        rank, why = level(incident.threat, alarm.stage, incident.zones, site.zones, site.holdings)
        if rank < incident.level:
            incident = replace(incident, level=rank, level_reason=why)
            outcome.append(
                IncidentEvent(kind="incident.level", incident=incident, at=now, by="system", reason=why)
            )
    hit = (
        site.neighbours(alarm.zone)
        if incident.threat in {"fire", "gas"} or alarm.hazard in {"fire", "gas"}
        else (alarm.zone,)
    )
    to_close = tuple(
        zone
        for zone in hit
        if zone in site.zones and (zone in incident.access or (event.joins and zone == alarm.zone))
    )
    reason = Text(f"新的证据：{alarm.name.zh}", f"new evidence: {alarm.name.en}")
    incident, closed = safety.close(incident, to_close, "system", now, reason, site)
    return incident, (*outcome, *closed)


def _sources(
    incident: Incident, alarm: Alarm, now: float, outcome: list[IncidentEvent | Refused]
) -> Incident:
    state = source_of(alarm)
    if incident.sources.get(alarm.id) == state:
        return incident
    known = alarm.id in incident.sources
    incident = replace(incident, sources={**incident.sources, alarm.id: state})
    words = {
        "active": ("仍在报警", "is active"),
        "normal": ("已恢复正常", "is back to normal"),
        "unknown": ("数据中断，状态未知", "stopped reporting: state unknown"),
    }[state]
    if known:
        outcome.append(
            said(
                "incident.source",
                incident,
                now,
                "system",
                f"{alarm.name.zh} {words[0]}",
                f"{alarm.name.en} {words[1]}",
            )
        )
    return incident


def _planned(incident: Incident, event: Planned, now: float) -> Outcome:
    if incident.state == "closed" or incident.everyone_out_at is not None:
        return incident, ()
    plan = event.plan
    current = incident.plan
    if current is None or not current.trips:
        if current is not None and _same(current, plan) and current.basis == plan.basis:
            return incident, ()
        after = replace(incident, plan=plan, proposed=None)
        return after, (IncidentEvent(kind="incident.planned", incident=after, at=now, reason=event.why),)
    if _same(current, plan):
        if incident.proposed is None:
            return incident, ()
        after = replace(incident, proposed=None)
        return after, (IncidentEvent(kind="incident.proposed", incident=after, at=now, reason=event.why),)
    if incident.proposed is not None and _same(incident.proposed, plan):
        return incident, ()
    after = replace(incident, proposed=plan)
    return after, (IncidentEvent(kind="incident.proposed", incident=after, at=now, reason=event.why),)


def _same(one: RescuePlan, other: RescuePlan) -> bool:
    return one.trips == other.trips and one.ranking == other.ranking and one.cleared == other.cleared


def _set_crew(incident: Incident, act: SetCrew, by: str, now: float) -> Outcome:
    total = sum(crew.people for crew in act.crews) if act.crews else act.people
    if (
        not 0 <= total <= 1000
        or not 0 <= act.budget_min <= 24 * 60
        or any(crew.people < 0 for crew in act.crews)
    ):
        return no(
            incident, by, "人数 0–1000，时间 0–1440 分钟。", "People 0 to 1000, time 0 to 1440 minutes."
        )
    if len({crew.id for crew in act.crews}) != len(act.crews):
        return no(incident, by, "每组要有不同的名称。", "Each crew needs a name of its own.")
    if (incident.people, incident.budget_min, incident.crews) == (total, act.budget_min, act.crews):
        return incident, ()
    running = now if incident.budget_at is not None else None
    after = replace(
        incident, people=total, budget_min=act.budget_min, crews=act.crews, budget_at=running, crews_at=now
    )
    minutes = f"{act.budget_min:g}"
    return after, (
        said(
            "incident.crew",
            after,
            now,
            by,
            f"可用 {total} 人，{minutes} 分钟",
            f"{total} people available for {minutes} min",
        ),
    )


def _accept(incident: Incident, by: str, now: float, site: Site) -> Outcome:
    if incident.proposed is None:
        if incident.plan is not None:
            return incident, ()
        return no(incident, by, "还没有抢救计划。", "There is no rescue plan yet.")
    after = replace(incident, plan=safety.strike(incident.proposed, incident), proposed=None)
    who = site.person_name(by)
    return after, (
        said("incident.accepted", after, now, by, f"{who.zh} 采用新计划", f"{who.en} accepted the new plan"),
    )


def _say(incident: Incident, act: Say, by: str, now: float) -> Outcome:
    words = act.words.strip()
    if not words:
        return no(incident, by, "请写下内容。", "Write something.")
    if any(n.by == by and n.words == words and now - n.at <= SAME_WORDS_S for n in incident.notes):
        return incident, ()
    after = replace(incident, notes=(*incident.notes, Note(by, now, words[:2000])))
    return after, (said("incident.note", after, now, by, words[:2000], words[:2000]),)
