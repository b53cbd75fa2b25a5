"""All alarms of one building: from changes, acts and time to alarm events; pure.

Exactly one alarm is open per rule, scope and drill. Nothing here acknowledges, and nothing is forgotten: the fold of
the events is the state. Limits of noise (muting, chattering) mark alarms; whoever tells people reads the marks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from heapq import heappop, heappush

from alerts.acts import (
    Acknowledge,
    AlarmAct,
    CancelInvestigation,
    CommentAlarm,
    ConfirmSign,
    InService,
    OutOfService,
    Reset,
    ShelveAlarm,
    UnshelveAlarm,
)
from alerts.alarm import realarm_due, step
from alerts.birth import blank
from alerts.chatter import Chatter, Key
from alerts.happenings import (
    Acknowledged,
    Chattering,
    Cleared,
    Commented,
    Confirmed,
    Happening,
    Investigated,
    Met,
    Muted,
    Passed,
    ResetBy,
    Serviced,
    Shelved,
    Unclear,
    Unshelved,
)
from alerts.model import Alarm, AlarmEvent, Refused
from alerts.orphans import sort_out
from alerts.quiet import (
    BROKER_RULE,
    LINK,
    LINKS,
    RECOVERY_S,
    STARTUP_S,
    about_silence,
    parents_of,
)
from alerts.rule import Change, Rule, Verdict
from alerts.signs import sign_rule
from alerts.speakers import Speakers
from alerts.table import Table
from sensors.model import Sensor, Text, Zone

START = "start"  # muted_by of silence found in the start-up minute

Events = list[AlarmEvent | Refused]


class Annunciator:
    """Alarms of one building. ``alarms`` holds the open ones by id; closed ones leave it."""

    def __init__(
        self, rules: Mapping[str, Rule], zones: Mapping[str, Zone], sensors: Mapping[str, Sensor]
    ) -> None:
        self._rules = {**LINKS, **rules}
        self._zones = zones
        self._sensors = sensors
        self._table = Table()
        self._speakers = Speakers(self._table, self._rules, zones)
        self.alarms = self._table.alarms
        self._numbers: dict[Key, int] = {}
        self._references = 0
        self._verdicts: dict[Key, Verdict] = {}
        self._chatter = Chatter()
        self._held: dict[str, float] = {}  # alarm id -> when a silence held for a start or a link may speak
        self._due: list[tuple[float, str]] = []
        self._started_at: float | None = None

    # --- facts ----------------------------------------------------------------------------------------

    def on_change(self, change: Change, now: float) -> Events:
        """A rule's verdict changed."""
        self._start(now)
        rule = self._rules.get(change.rule)
        if rule is None:
            return []
        key = (change.drill, change.rule, change.scope)
        self._verdicts[key] = change.verdict
        alarm = self._table.current(*key)
        if change.verdict is Verdict.CLEAR:
            events = self._apply(alarm, Cleared(change), now)
            return events + self._heard(change, alarm, now) if about_silence(rule) else events
        if change.verdict is Verdict.UNKNOWN:
            return self._apply(alarm, Unclear(change), now)
        events = []
        muted_by = ""
        if about_silence(rule) and not change.drill:
            muted_by, events = self._root_cause(change, now)
        if alarm is not None and alarm.active:
            if muted_by != alarm.muted_by and change.parent and self._speakers.linked(alarm):
                events += self._apply(alarm, Muted(muted_by), now)  # another link than was thought
                alarm = self.alarms[alarm.id]
            return events + self._apply(alarm, Met(change, rule), now)
        muted_by = muted_by or self._speakers.find(
            rule, change.zone, change.drill, alarm.id if alarm is not None else ""
        )
        # Life safety is never held, so it never carries the mark that holds messages.
        chattering = self._chatter.note(key, now) and not rule.life_safety
        met = Met(change, rule, muted_by=muted_by, chattering=chattering)
        if alarm is None:
            name, reference = self._name(key)
            met = Met(
                change,
                rule,
                id=name,
                reference=reference,
                first_out=self._first_out(change.zone, change.drill),
                muted_by=muted_by,
                chattering=chattering,
            )
        return events + self._apply(alarm, met, now)

    def on_act(self, act: AlarmAct, by: str, now: float, roles: Iterable[str] = ()) -> Events:  # noqa: ARG002
        """A person did something. Whether their role may is decided before; here only whether it can be."""
        self._start(now)
        if isinstance(act, ConfirmSign):
            return self._sign(act, by, now)
        if isinstance(act, OutOfService | InService):
            return self._service(act, by, now)
        alarm = self.alarms.get(act.alarm)
        if alarm is None:
            words = Text(
                f"没有编号为“{act.alarm}”的未结警报。", f"There is no open alarm {act.alarm!r} any more."
            )
            return [Refused(about=act.alarm, by=by, reason=words)]
        match act:
            case Acknowledge(note=note):
                return self._apply(alarm, Acknowledged(by, note), now)
            case Reset(note=note):
                return self._apply(alarm, ResetBy(by, note, self._holds(alarm)), now)
            case ShelveAlarm(until_at=until_at, reason=reason):
                return self._apply(alarm, Shelved(by, until_at, reason), now)
            case UnshelveAlarm():
                return self._apply(alarm, Unshelved(by), now)
            case CancelInvestigation(reason=reason):
                return self._apply(alarm, Investigated(by, reason), now)
            case CommentAlarm(words=said):
                return self._apply(alarm, Commented(by, said), now)

    def tick(self, now: float) -> Events:
        """Shelves that end, re-alarms, investigations, and silences that were held long enough."""
        self._start(now)
        events: Events = []
        while self._due and self._due[0][0] <= now:
            _, name = heappop(self._due)
            alarm = self.alarms.get(name)
            if alarm is None:
                continue
            if name in self._held and self._held[name] <= now:
                del self._held[name]
                events += self._apply(alarm, Muted(self._speakers.of(alarm)), now)
                alarm = self.alarms.get(name)
            if alarm is not None and alarm.chattering and now >= self._calm_at(alarm):
                events += self._apply(alarm, Chattering(False), now)
                alarm = self.alarms.get(name)
            if alarm is not None:
                events += self._apply(alarm, Passed(self._realarm_s(alarm)), now)
            if (alarm := self.alarms.get(name)) is not None:
                self._plan(alarm)
        return events

    def next_due(self) -> float | None:
        """When :meth:`tick` is wanted next."""
        return self._due[0][0] if self._due else None

    def restore(self, alarm: Alarm) -> None:
        """Fold one stored state; the last one per id wins."""
        key = (alarm.drill, alarm.rule, alarm.scope)
        number = alarm.id.rpartition("#")[2]
        if number.isdigit():
            self._numbers[key] = max(self._numbers.get(key, 0), int(number))
        if alarm.reference[1:].isdigit():
            self._references = max(self._references, int(alarm.reference[1:]))
        if alarm.active:
            self._chatter.note(key, alarm.active_at)
            self._verdicts[key] = Verdict.UNKNOWN if alarm.unknown_since_at else Verdict.MET
        else:
            self._verdicts[key] = Verdict.CLEAR
        self._table.keep(alarm)
        if alarm.muted_by and alarm.id not in self._held and not self._speakers.stands(alarm.muted_by):
            self._held[alarm.id] = alarm.active_at + STARTUP_S
            heappush(self._due, (self._held[alarm.id], alarm.id))
        if alarm.id in self.alarms:
            self._plan(alarm)

    def reconcile(
        self,
        verdicts: Mapping[tuple[str, str], Verdict],
        now: float,
        *,
        own: Iterable[str] = (),
        parents: Iterable[str] = (),
    ) -> Events:
        """After all states are restored: hold the open alarms against what is evaluated now (rule, scope: verdict)."""
        self._start(now)
        ours = frozenset(own)
        kept = {key: said for key, said in self._verdicts.items() if key[0] or key[1] in {*LINKS, *ours}}
        self._verdicts = kept | {("", *place): verdict for place, verdict in verdicts.items()}
        events: Events = []
        found = sort_out(list(self.alarms.values()), verdicts, ours, self._sensors, frozenset(parents))
        for alarm, happening in found:
            events += self._apply(alarm, happening, now)
        return events

    def standing(self) -> set[tuple[str, str]]:
        """Rule and scope of every alarm that says that its rule is met."""
        said = (a for a in self.alarms.values() if a.active and a.unknown_since_at is None and not a.drill)
        return {(alarm.rule, alarm.scope) for alarm in said}

    # --- people ---------------------------------------------------------------------------------------

    def _service(self, act: OutOfService | InService, by: str, now: float) -> Events:
        rule = self._rules.get(act.rule)
        if rule is None:
            words = Text(f"没有规则“{act.rule}”。", f"There is no rule {act.rule!r}.")
            return [Refused(about=act.rule, by=by, reason=words)]
        key = ("", act.rule, act.scope)
        alarm = self._table.current(*key)
        if isinstance(act, InService):
            return self._apply(alarm, Serviced(by, None), now)
        if not act.reason.strip() or act.until_at <= now:
            words = Text(
                "屏蔽必须写明原因和将来的结束时间。",
                "Out of service needs a reason and an end in the future.",
            )
            return [Refused(about=f"{act.rule}@{act.scope}", by=by, reason=words)]
        if alarm is None:
            alarm = self._blank(rule, act.scope, now)
        return self._apply(alarm, Serviced(by, act.until_at, act.reason), now)

    def _sign(self, act: ConfirmSign, by: str, now: float) -> Events:
        """Someone saw it: the rule that confirms this hazard there is met by their word alone."""
        if act.zone not in self._zones:
            words = Text(f"没有区域“{act.zone}”。", f"There is no zone {act.zone!r}.")
            return [Refused(about=act.zone, by=by, reason=words)]
        rule, scope = sign_rule(act.zone, act.hazard, self._rules.values(), self._zones)
        self._rules.setdefault(rule.id, rule)
        key = ("", rule.id, scope)
        alarm = self._table.current(*key)
        events: Events = []
        if alarm is None or not alarm.active:
            seen = Text("有人亲眼确认", "Seen by a person's own eyes")
            change = Change(
                rule=rule.id, scope=scope, zone=act.zone, verdict=Verdict.MET, at=now, reason=seen
            )
            verdict = self._verdicts.get(key)
            events += self.on_change(change, now)
            if verdict is None:
                self._verdicts.pop(key)
            else:
                self._verdicts[key] = verdict
            alarm = self._table.current(*key)
        return events + self._apply(alarm, Confirmed(by, act.note), now)

    def _holds(self, alarm: Alarm) -> bool:
        """Whether the condition behind an alarm still holds or is unknown."""
        if alarm.rule not in self._rules:
            return False  # the rule is gone from the folder: nothing can hold it any more
        key = (alarm.drill, alarm.rule, alarm.scope)
        return self._verdicts.get(key, Verdict.CLEAR) is not Verdict.CLEAR

    # --- noise ----------------------------------------------------------------------------------------

    def _calm_at(self, alarm: Alarm) -> float:
        return self._chatter.calm_at((alarm.drill, alarm.rule, alarm.scope), alarm.active_at)

    def _first_out(self, zone: str, drill: str) -> bool:
        others = self._table.of_zone(zone)
        return not any(other.active and other.drill == drill and not other.fault for other in others)

    def _spread(self, source: Alarm, now: float) -> Events:
        """An alarm that mutes others came or went: mute or release what it covers."""
        rule = self._rules.get(source.rule)
        events: Events = []
        for muted_rule in rule.mutes if rule is not None else ():
            for alarm in self._table.of_rule(muted_rule):
                speaker = self._speakers.of(alarm)
                held = alarm.id in self._held or self._speakers.linked(alarm)
                if speaker != alarm.muted_by and not held:
                    events += self._apply(alarm, Muted(speaker), now)
        return events

    def _root_cause(self, change: Change, now: float) -> tuple[str, Events]:
        """Who speaks for a new silence: the broker's alarm, a lost link, the start-up minute, or nobody."""
        broker = self._table.current("", BROKER_RULE, "building")
        if broker is not None and broker.active:
            return broker.id, []
        if change.parent:
            rule = change.parent_rule or LINK.id
            link = self._table.current("", rule, change.parent)
            events: Events = []
            if link is None or not link.active:
                words = Text(
                    f"{change.parent} 后面的传感器全部没有数据",
                    f"Nothing behind {change.parent} is heard any more",
                )
                lost = Change(
                    rule=rule, scope=change.parent, zone="", verdict=Verdict.MET, at=now, reason=words
                )
                events = self.on_change(lost, now)
                link = self._table.current("", rule, change.parent)
            return (link.id if link is not None else ""), events
        if self._started_at is not None and now < self._started_at + STARTUP_S:
            return START, []
        return "", []

    def _heard(self, change: Change, alarm: Alarm | None, now: float) -> Events:
        """A silent sensor spoke: the link it comes through is back; its fellows get time to follow."""
        sensor = self._sensors.get(change.scope)
        links = [self.alarms.get(alarm.muted_by)] if alarm is not None else []
        if sensor is not None:
            links += [self._table.current("", LINK.id, parent) for parent in parents_of(sensor)]
        events: Events = []
        for name in {link.id: None for link in links if link is not None}:
            link = self.alarms[name]
            if link.rule not in LINKS or not link.active:
                continue
            back = Text(f"{link.scope} 恢复通信", f"{link.scope} is heard again")
            events += self.on_change(
                Change(rule=link.rule, scope=link.scope, zone="", verdict=Verdict.CLEAR, at=now, reason=back),
                now,
            )
        return events

    def _release_silences(self, source: Alarm, now: float) -> None:
        """Silences that a link or the broker spoke for may speak when their sensors had time to."""
        for child in list(self.alarms.values()):
            if child.muted_by == source.id and child.id not in self._held:
                sensor = self._sensors.get(child.scope)
                wait_s = max(RECOVERY_S, 1.5 * sensor.every_s if sensor is not None else 0.0)
                self._held[child.id] = now + wait_s
                heappush(self._due, (now + wait_s, child.id))

    # --- keeping --------------------------------------------------------------------------------------

    def _start(self, now: float) -> None:
        if self._started_at is None:
            self._started_at = now
            for alarm in self.alarms.values():
                if alarm.shelved is not None and alarm.shelved.at > now + 1.0:
                    heappush(self._due, (now, alarm.id))  # see alerts.alarm: its end cannot be relied on

    def _blank(self, rule: Rule, scope: str, now: float) -> Alarm:
        """An alarm that never was: the place where being out of service is written down."""
        key = ("", rule.id, scope)
        zone = self._sensors[scope].zone if scope in self._sensors else scope if scope in self._zones else ""
        name, reference = self._name(key)
        return blank(rule, id=name, reference=reference, scope=scope, zone=zone, now=now)

    def _name(self, key: Key) -> tuple[str, str]:
        """The next occurrence's id and its short reference."""
        drill, rule, scope = key
        number = self._numbers[key] = self._numbers.get(key, 0) + 1
        self._references += 1
        prefix = f"{drill}|" if drill else ""
        return f"{prefix}{rule}@{scope}#{number}", f"{'D' if drill else 'A'}{self._references}"

    def _apply(self, alarm: Alarm | None, happening: Happening, now: float) -> Events:
        before_active = alarm is not None and alarm.active
        after, events = step(alarm, happening, now)
        if after is None or not any(isinstance(event, AlarmEvent) for event in events):
            return events
        self._table.keep(after)
        self._plan(after)
        if after.muted_by == START and after.id not in self._held:
            self._held[after.id] = (self._started_at or now) + STARTUP_S
            heappush(self._due, (self._held[after.id], after.id))
        if after.active != before_active or isinstance(happening, Serviced):
            events += self._spread(after, now)
            if not after.active and after.rule in (*LINKS, BROKER_RULE):
                self._release_silences(after, now)
        return events

    def _realarm_s(self, alarm: Alarm) -> float:
        rule = self._rules.get(alarm.rule)
        return rule.realarm_s if rule is not None else 0.0

    def _plan(self, alarm: Alarm) -> None:
        """Remember when time alone will matter to this alarm."""
        if alarm.closed_at is not None:
            return
        dues = [
            alarm.shelved.until_at if alarm.shelved else None,
            alarm.out_of_service.until_at if alarm.out_of_service else None,
            alarm.investigate_until_at,
            realarm_due(alarm, self._realarm_s(alarm)),
            self._calm_at(alarm) if alarm.chattering else None,
            self._held.get(alarm.id),
        ]
        due = min((d for d in dues if d is not None), default=None)
        if due is not None:
            heappush(self._due, (due, alarm.id))
