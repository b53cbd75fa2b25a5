"""Response: alarms open incidents with their plans, people act on them, the rescue list follows; state in,
events out.

Holds no decision of its own beyond which incident an event belongs to and when a new rescue plan is due;
the rest is :func:`playbooks.incident.step` and :func:`playbooks.rescue.planner.plan`. Everything that
matters is in the incidents, so restoring them from the journal restores the response.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from msgspec.structs import replace

from alerts.model import Alarm, AlarmEvent, Person, Refused
from playbooks import incident as life
from playbooks import safety, tick, triage
from playbooks.acts import IncidentAct, OpenIncident
from playbooks.incident import RAISES, Acted, Evidence, Planned, Suspended, Time
from playbooks.model import Crew, Holding, Incident, IncidentEvent, Playbook, RescuePlan
from playbooks.rescue import spread
from playbooks.rescue.own import DEFAULT_OWN, OwnRescue
from playbooks.rescue.planner import Request, plan
from playbooks.rescue.problem import crews_from
from playbooks.rescue.search import Stop
from playbooks.site import Site
from sensors.model import Text, Zone

Outcomes = list[IncidentEvent | Refused]
MOST = 50
"""Holdings shown in an incident's ranking: events carry the whole incident, so the list is cut; the count
is kept."""
REPLAN = {
    "incident.opened": Text("事件开始", "the incident opened"),
    "incident.joined": Text("新的警报", "a new alarm joined"),
    "incident.zone_cleared": Text("区域放行", "a zone was cleared"),
    "incident.zone_closed": Text("区域关闭", "a zone was closed"),
    "incident.crew": Text("人手或时间变化", "people or time changed"),
}
OUT = frozenset({"out", "arrived", "covered", "cannot", "returned"})


class Response:
    """All incidents of one building. ``zones``, ``holdings`` and ``people`` are the folder's, by id."""

    def __init__(
        self,
        playbooks: Mapping[str, Playbook],
        holdings: Mapping[str, Holding],
        zones: Mapping[str, Zone],
        people: Mapping[str, Person],
        folder_revision: str = "",
        assembly: str = "",
        *,
        own: OwnRescue = DEFAULT_OWN,
        stop: Stop | None = None,
    ) -> None:
        self.playbooks = playbooks
        self.site = Site(zones, holdings, people, assembly or _outside(zones), folder_revision)
        self.incidents: dict[str, Incident] = {}
        self._own = own
        self._stop = stop
        self._stakes: dict[tuple[str, str], dict[str, triage.Stake]] = {}

    def restore(self, incident: Incident) -> None:
        """Take an incident as the journal's fold has it."""
        self.incidents[incident.id] = incident

    def open_incidents(self) -> list[Incident]:
        """Incidents that are not closed, oldest first."""
        found = (incident for incident in self.incidents.values() if incident.state != "closed")
        return sorted(found, key=lambda incident: (incident.opened_at, incident.id))

    # --- what comes in ----------------------------------------------------------------------------------

    def on_alarm(self, event: AlarmEvent, now: float) -> Outcomes:
        """An alarm changed: open, join, raise the level, close zones again, or note that the source is
        normal."""
        alarm = event.alarm
        events: Outcomes = []
        if alarm.fault:
            return events
        evident = event.kind in RAISES and alarm.active and not _put_aside(alarm)
        loud = evident and not alarm.muted_by
        if loud and not alarm.drill:
            events += self._suspend_drills(alarm, now)
        if alarm.drill and any(one.suspended and one.drill == alarm.drill for one in self.open_incidents()):
            return events
        mine = [one for one in self.open_incidents() if one.drill == alarm.drill]
        home = next((one for one in mine if self._belongs(one, alarm, loud)), None)
        for one in mine:
            joins = one is home or alarm.id in one.alarms
            if joins or evident:
                events += self._apply(one, Evidence(kind=event.kind, alarm=alarm, joins=joins), now)
        if home is None and loud and alarm.playbook:
            events += self._open_for(alarm, mine, now)
        return events

    def on_act(self, act: IncidentAct, by: str, now: float, alarms: Mapping[str, Alarm]) -> Outcomes:
        """A person acts; refused with words, or done, or (when it was done already) nothing."""
        if isinstance(act, OpenIncident):
            return self._open_by_hand(act, by, now, alarms)
        incident = self.incidents.get(act.incident)
        if incident is None:
            reason = Text(f"没有编号为 {act.incident} 的事件。", f"There is no incident {act.incident}.")
            return [Refused(about=act.incident, reason=reason, by=by)]
        events: Outcomes = []
        for alarm_id in incident.alarms:
            if alarm_id in alarms and incident.state != "closed":
                current = self.incidents[incident.id]
                look = Evidence(kind="alarm.seen", alarm=alarms[alarm_id], joins=True)
                events += self._apply(current, look, now)
        return events + self._apply(self.incidents[incident.id], Acted(what=act, by=by), now)

    def tick(self, now: float) -> Outcomes:
        """What time alone has to say: late steps, people inside too long."""
        events: Outcomes = []
        for one in self.open_incidents():
            events += self._apply(one, Time(), now)
        return events

    def next_due(self) -> float | None:
        """When :meth:`tick` will next have something to say (Unix seconds); None where it will not."""
        dues = (tick.next_due(one, self.site) for one in self.open_incidents())
        return min((due for due in dues if due is not None), default=None)

    # --- opening and joining --------------------------------------------------------------------------------

    def _belongs(self, incident: Incident, alarm: Alarm, loud: bool) -> bool:
        """Same hazard joins; an alarm that is already in stays in."""
        if alarm.id in incident.alarms:
            return True
        return loud and incident.threat in {alarm.hazard, self._threat(alarm)} - {""}

    def _threat(self, alarm: Alarm) -> str:
        playbook = self.playbooks.get(alarm.playbook)
        return playbook.threat if playbook else ""

    def _open_for(self, alarm: Alarm, running: list[Incident], now: float) -> Outcomes:
        playbook = self.playbooks.get(alarm.playbook)
        if playbook is None:
            reason = Text(
                f"没有预案 {alarm.playbook}，请人工启动事件。",
                f"There is no plan {alarm.playbook}: open one by hand.",
            )
            return [Refused(about=alarm.id, reason=reason)]
        if alarm.drill and self._in_earnest():
            return [self._no_drill_now(alarm.id, "system")]
        zones = (alarm.zone,) if alarm.zone in self.site.zones else ()
        incident, event = life.opened(
            playbook,
            zones,
            now,
            self.site,
            id_=self._new_id(playbook.threat, now),
            alarm=alarm,
            kind="drill" if alarm.drill else "incident",
            drill=alarm.drill,
            parent=running[0].id if running else "",
        )
        return self._started(incident, event, now)

    def _open_by_hand(self, act: OpenIncident, by: str, now: float, alarms: Mapping[str, Alarm]) -> Outcomes:
        playbook = self.playbooks.get(act.playbook)
        unknown = [zone for zone in act.zones if zone not in self.site.zones]
        if playbook is None or unknown:
            word = act.playbook if playbook is None else unknown[0]
            what = Text("预案", "plan") if playbook is None else Text("区域", "zone")
            reason = Text(f"没有{what.zh} {word}。", f"There is no {what.en} {word}.")
            return [Refused(about=word, reason=reason, by=by)]
        if act.kind != "incident" and self._in_earnest():
            return [self._no_drill_now(act.playbook, by)]
        real = next((one for one in alarms.values() if _calls(one)), None) if act.kind != "incident" else None
        if real is not None:
            reason = Text(
                f"真实警报“{real.name.zh}”尚无人确认，不能开始演练。",
                f"The real alarm {real.name.en!r} is not acknowledged yet: no drill can start.",
            )
            return [Refused(about=act.playbook, reason=reason, by=by)]
        drill = act.drill or ("" if act.kind == "incident" else f"{act.kind}-{act.playbook}")
        running = [one for one in self.open_incidents() if one.drill == drill and one.kind == act.kind]
        same = next((one for one in running if one.threat == playbook.threat), None)
        if same is not None:
            missing = tuple(zone for zone in act.zones if zone not in same.zones)
            return self._widen(same, missing, by, now) if missing else []
        incident, event = life.opened(
            playbook,
            tuple(dict.fromkeys(act.zones)),
            now,
            self.site,
            id_=self._new_id(playbook.threat, now),
            by=by,
            kind=act.kind,
            drill=drill,
            parent=running[0].id if running else "",
            note=act.note,
        )
        return self._started(incident, event, now)

    def _in_earnest(self) -> bool:
        """Whether a real incident is being fought; one that only dries does not keep people from practising."""
        return any(
            one.kind == "incident" and one.state in {"open", "contained"} for one in self.open_incidents()
        )

    def _no_drill_now(self, about: str, by: str) -> Refused:
        reason = Text(
            "真实事件正在处置，不能开始演练。", "A real incident is being handled: no drill can start."
        )
        return Refused(about=about, reason=reason, by=by)

    def _widen(self, incident: Incident, zones: tuple[str, ...], by: str, now: float) -> Outcomes:
        after, events = life.widened(incident, zones, by, now, self.site)
        self.incidents[after.id] = after
        return [*events, *self._replan(after, REPLAN["incident.joined"], now)]

    def _started(self, incident: Incident, event: IncidentEvent, now: float) -> Outcomes:
        self.incidents[incident.id] = incident
        return [event, *self._replan(incident, REPLAN["incident.opened"], now)]

    def _new_id(self, threat: str, now: float) -> str:
        base = f"{threat}-{datetime.fromtimestamp(now, UTC):%Y%m%d-%H%M%S}"
        name, number = base, 2
        while name in self.incidents:
            name, number = f"{base}-{number}", number + 1
        return name

    def _suspend_drills(self, alarm: Alarm, now: float) -> Outcomes:
        """A real alarm that asks for action ends play: every running drill is suspended."""
        events: Outcomes = []
        if not _asks(alarm):
            return events
        why = Text(f"真实警报，演练中止：{alarm.name.zh}", f"REAL alarm, drill suspended: {alarm.name.en}")
        for one in self.open_incidents():
            if one.kind != "incident":
                events += self._apply(one, Suspended(why=why), now)
        return events

    # --- one event through the pure step, then the plan -----------

    def _apply(self, incident: Incident, event: life.Event, now: float) -> Outcomes:
        after, events = life.step(incident, event, now, self.site)
        self.incidents[after.id] = after
        out: Outcomes = list(events)
        kinds = [one.kind for one in events if isinstance(one, IncidentEvent)]
        why = next((REPLAN[kind] for kind in reversed(kinds) if kind in REPLAN), None)
        if why is not None:
            out += self._replan(after, why, now)
        return out

    def _replan(self, incident: Incident, why: Text, now: float) -> Outcomes:
        """A new rescue plan from the state on the ground; proposed, or taken where there was none with
        trips."""
        made = self.plan_for(incident, now)
        after, events = life.step(incident, Planned(plan=made, why=why), now, self.site)
        self.incidents[after.id] = after
        return list(events)

    def plan_for(
        self, incident: Incident, now: float, stop: Stop | None = None, most: int = MOST
    ) -> RescuePlan:
        """The rescue plan for an incident as it stands."""
        request = self.request_for(incident, now, most)
        return plan(request, stop or self._stop)

    def request_for(self, incident: Incident, now: float, most: int = MOST) -> Request:
        """What the planner is asked for an incident: the holdings at stake that are not yet out."""
        zones, threat = self.site.zones, incident.threat
        reach = spread.reach(threat, zones, incident.zones)
        cleared = safety.cleared_zones(incident)
        gone = {id_ for id_, state in incident.items.items() if state.state in OUT}
        wanted = set(reach) | set(cleared)
        stakes = tuple(
            one
            for id_, one in self._stakes_for(threat, now).items()
            if one.holding.zone in wanted and id_ not in gone
        )
        # A release starts the table anew for its zone; ways between count from the last release.
        last = max((incident.access[zone].at for zone in cleared), default=now)
        since = {zone: incident.access[zone].at if zone in cleared else last for zone in reach}
        closes = {
            zone: max(0.0, at - (now - since[zone]) / 60.0)
            for zone, at in spread.closes(threat, reach).items()
        }
        return Request(
            made_at=now,
            threat=threat,
            stakes=stakes,
            zones=zones,
            assembly=self.site.assembly,
            cleared=cleared,
            blocked=frozenset(zone for zone in incident.access if zone not in cleared),
            crews=crews_now(incident, now),
            budget_min=time_left(incident, now),
            reach_min=reach,
            closes_min=closes,
            rules=self._own.rules,
            times=self._own.times,
            dry_kg=self._own.dry_kg,
            folder_revision=self.site.folder_revision,
            drill=incident.drill,
            most=most,
        )

    def _stakes_for(self, threat: str, now: float) -> dict[str, triage.Stake]:
        today = datetime.fromtimestamp(now, UTC).date().isoformat()
        key = (threat, today)
        if key not in self._stakes:
            self._stakes = {kept: one for kept, one in self._stakes.items() if kept[1] == today}
            holdings: Iterable[Holding] = self.site.holdings.values()
            self._stakes[key] = {h.id: triage.stake(h, threat, self._own.rules, today) for h in holdings}
        return self._stakes[key]


def _asks(alarm: Alarm) -> bool:
    """Whether somebody has to come: urgent, high, life safety, or with a plan of its own."""
    return alarm.priority <= 2 or alarm.life_safety or bool(alarm.playbook)


def _calls(alarm: Alarm) -> bool:
    """Whether a real alarm calls for somebody and nobody has answered."""
    quiet = alarm.fault or alarm.drill or alarm.muted_by or _put_aside(alarm)
    return alarm.active and alarm.acked is None and not quiet and _asks(alarm)


def crews_now(incident: Incident, now: float) -> tuple[Crew, ...]:
    """The crews with the minutes until each is free: still to arrive, or on a trip whose load is not yet at the
    assembly point."""
    said = incident.crews_at
    crews = incident.crews or crews_from(incident.people)
    plan, items = incident.plan, incident.items
    free: dict[str, float] = {}
    for crew in crews:
        gone = (now - said) / 60.0 if said is not None and incident.crews else 0.0
        free[crew.id] = max(0.0, crew.arrives_min - gone)
    for trip in plan.trips if plan is not None else ():
        under_way = any(id_ in items and items[id_].state == "out" for id_ in trip.holdings)
        if plan is not None and under_way and trip.crew in free:
            back = (plan.made_at - now) / 60.0 + trip.from_min + trip.minutes
            free[trip.crew] = max(free[trip.crew], back)
    return tuple(replace(crew, arrives_min=round(free[crew.id], 2)) for crew in crews)


def time_left(incident: Incident, now: float) -> float:
    """Minutes left of the commander's time, which runs from the first release or the last word on it."""
    if incident.budget_at is None:
        return incident.budget_min
    return max(0.0, incident.budget_min - (now - incident.budget_at) / 60.0)


def _put_aside(alarm: Alarm) -> bool:
    """Shelved or out of service: people know, and decided. A muted one (a consequence) still closes zones."""
    return alarm.shelved is not None or alarm.out_of_service is not None


def _outside(zones: Mapping[str, Zone]) -> str:
    """The first zone of kind "outside": the assembly point where the folder names none."""
    return next((zone.id for zone in zones.values() if zone.kind == "outside"), "")
