"""What must hold after every event, said of the raw world: messages, people, shelves, the provider.

Nothing here asks the engine why: the alarms a condition owes, the proof a clearing needs and the moments a shelf ends
are worked out anew from what was sent and when. Only lower bounds oblige and only upper bounds forbid, so that what is
left to the engine's discretion (rounding, one lost sample) is never called wrong.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct

from alerts.model import Alarm, Notice, NoticeState
from alerts.sensor_rules import GUARD_SILENT, SILENT
from playbooks.model import Incident
from sensors.model import RawMessage
from strongroom.core import Core
from strongroom.instruments.acts import LONGEST_OUT_S
from strongroom.instruments.records import Record, record_of
from strongroom.instruments.service import OUT
from strongroom.journal import AlarmData, IncidentData, NoticeData, decode
from strongroom.model import Entry
from tests.simulation.site import DEVICES, NIGHT, SMALL_HOURS, quantity_of, silent_after_s, zone_of

S = NoticeState
SHELF_S = 8 * 3600.0 + 61.0
LATE_S = 300.0  # a reading older than that starts and clears nothing
CRASH_COSTS_S = 5.0  # credit that a crash may cost (docs/rules.md)
RAISED = frozenset({"alarm.raised", "alarm.returned"})
ARRIVED = frozenset({S.ACCEPTED, S.RINGING, S.SENT, S.DELIVERED})  # what only a provider that has it can say
COMPARTMENT = {"stack-a": "ab", "stack-b": "ab", "corridor": "ab"}
DEVICE_OF = {sensor: device for device in DEVICES for sensor in device.sensors}
SENSORS = tuple(DEVICE_OF)


class InvariantError(AssertionError):
    """An invariant does not hold."""


class Must(Struct, frozen=True):
    """A rule as its author meant it: which values are the condition, which are safely out of it, and for how long."""

    rule: str
    quantity: str
    met: Callable[[float], bool]
    clear: Callable[[float], bool]
    for_s: float = 0.0
    clear_for_s: float = 0.0
    hours: tuple[str, str] | None = None
    place: str = "zone"


def _is(value: float) -> Callable[[float], bool]:
    return lambda v: v == value


def _over(limit: float) -> Callable[[float], bool]:
    return lambda v: v > limit


def _under(limit: float) -> Callable[[float], bool]:
    return lambda v: v < limit


MUSTS = (
    Must("fire-prealarm", "smoke", _is(1.0), _is(0.0), place="compartment"),
    Must("fire-confirmed", "manual_call_point", _is(1.0), _is(0.0), place="compartment"),
    Must("fire-confirmed", "fire_confirmed", _is(1.0), _is(0.0), place="compartment"),
    Must("air", "oxygen", _under(19.0), _over(19.5), 120.0, 600.0),
    Must("water", "water_leak", _is(1.0), _is(0.0), 5.0),
    Must("heat", "temperature", _over(32.0), _under(30.0), 1800.0, 1800.0),
    Must("damp", "humidity", _over(70.0), _under(66.0), 3600.0, 1800.0),
    Must("power", "mains", _is(0.0), _is(1.0), 10.0),
    Must("door-night", "contact_open", _is(1.0), _is(0.0), hours=(NIGHT.from_, NIGHT.until)),
    Must(
        "door-rounds", "contact_open", _is(1.0), _is(0.0), 60.0, hours=(SMALL_HOURS.from_, SMALL_HOURS.until)
    ),
)
ALONE = frozenset(
    {"air", "water", "heat", "damp", "power", "door-night", "door-rounds"}
)  # nothing else can raise them


class Probe:
    """What one sensor has shown, live, as far as anybody can prove it."""

    def __init__(self, every_s: float) -> None:
        self.every_s = every_s
        self.value: float | None = None
        self.at = 0.0  # true time of the newest live sample
        self.told_at = -1.0  # its time of measurement
        self.alive_at = 0.0  # when it last proved to be alive, also by a late word
        self.gaps: deque[float] = deque(maxlen=15)
        self.epoch = 0
        self.out: Record | None = None  # out of service: by whom, why, until when
        self.meanwhile: tuple[float, float, float] | None = (
            None  # what it showed while it was out: value, told, at
        )

    @property
    def pace_s(self) -> float:
        """A pace that the engine surely allows for: the quickest of late."""
        return 0.95 * min(self.every_s, *self.gaps) if self.gaps else 0.95 * self.every_s


class Run:
    """For how long a condition has held at one sensor: surely (``least_s``) and at the very most (``most_s``)."""

    def __init__(self) -> None:
        self.on = False
        self.met = False  # or between the limits since
        self.clear = False
        self.since = 0.0
        self.least_s = 0.0
        self.most_s = 0.0
        self.off_s = 0.0  # at the most, safely out of the condition
        self.ended_s = 0.0  # how long it had lasted at the most when it ended
        self.ended_at = 0.0
        self.met_at = -1.0
        self.clear_at = -1.0

    def sample(self, must: Must, value: float, at: float, gap: float, least: float, most: float) -> None:
        """One more live sample, ``gap`` seconds after the last. Between the two limits the last word holds."""
        was_on, was_met, was_clear = self.on, self.met, self.clear
        self.on = must.met(value)
        self.clear = must.clear(value) or (was_clear and not self.on)
        self.met = self.on or (was_met and not self.clear)
        if self.on:
            self.least_s += least if was_on else 0.0
            self.since = self.since if was_on else at
            self.met_at = at
        else:
            self.least_s = 0.0
        if was_met:
            self.most_s += most
            self.ended_s, self.ended_at = self.most_s, at
        if not self.met:
            self.most_s = 0.0
        if self.clear:
            self.off_s += most if was_clear else 0.0
            self.clear_at = at
        else:
            self.off_s = 0.0


class Oracle:
    """Fed with everything that happens; :meth:`check` raises :class:`InvariantError`."""

    def __init__(self, timezone: str, *, marks: bool = True) -> None:
        self._zone = timezone
        self.probes = {name: Probe(DEVICE_OF[name].every_s) for name in SENSORS}
        self.runs = {
            (n, name): Run()
            for n, must in enumerate(MUSTS)
            for name in SENSORS
            if quantity_of(name) == must.quantity
        }
        self.faults: list[str] = []
        self._begun: list[Incident] = []
        self._ended: set[str] = (
            set()
        )  # drills that ran when a real alarm asked for somebody, since the last look
        self.may: Counter[tuple[str, str]] = Counter()  # (person, alarm) that may be acknowledged
        self.alarms: dict[str, Alarm] = {}
        self.active_at: dict[str, float] = {}  # alarm -> true time at which it was seen to become active
        self.notices: dict[str, Notice] = {}
        self.incidents: dict[str, object] = {}
        self.references: dict[str, str] = {}
        self.raised: dict[str, str] = {}  # rule@scope -> id of the open alarm
        self.called: dict[tuple[str, int], str] = {}
        self.took: Callable[[str], bool] = lambda notice: True  # whether the provider has a message
        self.unsaid: dict[str, float] = {}  # life-safety alarms nobody has been told of, and since when
        self.spoken: set[str] = set()
        self.owing: Counter[tuple[str, bytes]] = Counter()  # messages published and not yet decided
        self._marks = marks  # whether the broker says which messages it delivers again
        self._last: tuple[str, bytes] | None = None  # the message that was kept last
        self._excused: Counter[tuple[str, bytes]] = Counter()  # messages that may be left out
        self._drills: dict[str, Incident] = {}  # those that run
        self._earnest: set[str] = set()  # incidents that are being fought
        self.epoch = 0
        self.up_since = 0.0
        self.up_s = 0.0  # for how long somebody could have been told
        self.bent_at = -1e12  # when a start last took over a clock that had been moved
        self.events = 0

    # --- what happens -----------------------------------------------------------------------------------

    def published(self, topic: str, payload: bytes) -> None:
        """The broker has a message."""
        self.owing[topic, payload] += 1

    def decided(self, raw: RawMessage, at: float, engine_at: float, wall_at: float) -> None:
        """What the engine decided from a message is durable. ``at`` true time, the others as its clocks show them."""
        if not raw.retained:
            self._last = key = (raw.topic, raw.payload)
            self.owing[key] -= 1
            if self.owing[key] < 0:
                self.faults.append(f"a message on {raw.topic} counted twice")
            elif not self.owing[key]:
                del self.owing[key]
        try:
            body = json.loads(raw.payload)
        except ValueError:
            return
        if not isinstance(body, dict) or raw.retained:
            return
        told = body.get("ts", engine_at)
        for sensor, value in body.items():
            probe = self.probes.get(sensor)
            if probe is None or value == -127.0 or told - max(engine_at, wall_at) > LATE_S:
                continue
            if probe.out is not None:
                probe.meanwhile = (value, told, at)
                continue
            age = min(engine_at, wall_at) - told
            probe.alive_at = max(probe.alive_at, at if age <= LATE_S else at - age)
            if age > LATE_S:
                continue
            older = told < probe.told_at or (told == probe.told_at and value == probe.value)
            if "ts" in body and older and probe.told_at <= engine_at + LATE_S:
                continue  # an older or the very same measurement
            self._sample(sensor, probe, value, told, at)

    def _sample(self, sensor: str, probe: Probe, value: float, told: float, at: float) -> None:
        known, gap = probe.value is not None, at - probe.at
        together = known and probe.epoch == self.epoch
        if known:
            probe.gaps.append(gap)
        least = gap if together and gap <= 2.4 * probe.pace_s else 0.0
        most = gap if known and gap <= 2.6 * probe.every_s + 1.0 else 0.0
        for n, must in enumerate(MUSTS):
            run = self.runs.get((n, sensor))
            if run is not None:
                run.sample(must, value, at, min(gap, 2.6 * probe.every_s), least, most)
        probe.value, probe.at, probe.told_at, probe.epoch = value, at, told, self.epoch

    def _service(self, record: Record, at: float, engine_at: float) -> None:
        """A sensor went out of service, or came back: what it showed meanwhile proves something only now."""
        probe = self.probes[record.sensor]
        if record.kind == OUT:
            if not record.by or record.by == "system" or not record.reason:
                raise InvariantError(f"{record.sensor} is out of service without an owner or a reason")
            if not engine_at - 1.0 <= record.until_at <= engine_at + LONGEST_OUT_S + 61.0:
                raise InvariantError(f"{record.sensor} is out of service until {record.until_at}")
            probe.out, probe.meanwhile = record, None
            for (_, sensor), run in self.runs.items():
                if sensor == record.sensor:
                    run.on, run.least_s = False, 0.0
            return
        if probe.out is None:
            raise InvariantError(f"{record.sensor} came back and was never out")
        if record.by == "system" and record.at < probe.out.until_at:
            raise InvariantError(f"{record.sensor} came back before its time and by nobody")
        probe.out = None
        probe.alive_at = at
        if probe.meanwhile is not None:
            value, told, heard_at = probe.meanwhile
            age, limit_s = at - heard_at, silent_after_s(record.sensor)
            if age <= limit_s + 60.0:
                self._sample(record.sensor, probe, value, max(told, probe.told_at), at)
            if age > limit_s - 60.0:  # it may be taken for a word, and need not
                for (_, sensor), run in self.runs.items():
                    if sensor == record.sensor:
                        run.on, run.least_s = False, 0.0

    def linked(self) -> None:
        """The connection stands again. A broker that marks nothing begins to count anew: a first message that says what
        the last one kept said looks like its repeat, and says nothing new.
        """
        if not self._marks and self._last is not None:
            self._excused[self._last] = 1

    def started(self, at: float, *, bent: bool) -> None:
        """The engine is up again; ``bent``: on a clock that differs from the one it had."""
        self.up_since = at
        self.epoch += 1
        if bent:
            self.bent_at = at

    def died(self) -> None:
        """The engine is gone: what it had counted of a delay may be partly lost."""
        self.epoch += 1
        for (_, sensor), run in self.runs.items():
            run.least_s = max(0.0, run.least_s - CRASH_COSTS_S - 2.4 * self.probes[sensor].every_s)

    def acknowledges(self, who: str, *alarms: str) -> None:
        """A person did what acknowledges these alarms, if the engine hears of it."""
        self.may.update((who, alarm) for alarm in alarms)

    def calls(self, notice: Notice) -> None:
        """The provider is called with a message (its answer is not known yet)."""
        if notice.drill:
            self.faults.append(f"{notice.id} tells people of a drill")
        kept = self.notices.get(notice.id)
        if kept is None or kept.state is not S.SENDING or kept.tries != notice.tries:
            self.faults.append(f"{notice.id} was sent before that was in the journal")
        self.spoken.update(spoken.alarm for spoken in notice.spoken)
        if (notice.id, notice.tries) in self.called:
            self.faults.append(f"{notice.id} try {notice.tries} was handed over twice")
        earlier = self.called.get((notice.id, 0))
        if earlier is not None and earlier != notice.reference:
            self.faults.append(f"{notice.id}: a repeat says {notice.reference} and not {earlier}")
        self.called[notice.id, 0] = self.called[notice.id, notice.tries] = notice.reference
        for alarm in dict.fromkeys(spoken.alarm for spoken in notice.spoken):
            reference = self.references.get(alarm)
            if reference is not None and len(notice.spoken) == 1 and notice.kind == "page":
                unsaid = notice.channel == "sms" and reference not in notice.words
                if unsaid or notice.reference != reference:
                    self.faults.append(f"{notice.id} does not carry the reference {reference} of {alarm}")

    # --- the journal --------------------------------------------------------------------------------------

    def journal(self, entries: list[Entry], at: float, engine_at: float) -> list[tuple[str, Alarm]]:
        """Fold what was committed; returns what happened to alarms."""
        happened: list[tuple[str, Alarm]] = []
        for entry in entries:
            self.events += 1
            match decode(entry):
                case AlarmData(_, alarm):
                    self._alarm(entry, alarm, at, engine_at)
                    happened.append((entry.kind, alarm))
                case NoticeData(_, notice):
                    self.notices[notice.id] = notice
                    if notice.state in ARRIVED and not self.took(notice.id):
                        raise InvariantError(f"{notice.id} is {notice.state} and the provider never had it")
                case IncidentData(_, incident):
                    self._incident(incident)
                case _ if (record := record_of(entry)) is not None:
                    self._service(record, at, engine_at)
                case _:
                    pass
        return happened

    def begun(self) -> list[Incident]:
        """Incidents and drills that began since last asked."""
        begun, self._begun = self._begun, []
        return begun

    def _incident(self, incident: Incident) -> None:
        """Drills run beside the real thing, never in its place."""
        before = self.incidents.get(incident.id)
        self.incidents[incident.id] = incident
        if before is None:
            self._begun.append(incident)
        self._earnest.discard(incident.id)
        if incident.kind == "incident":
            if incident.state in ("open", "contained"):
                self._earnest.add(incident.id)
            return
        if before is None and self._earnest:
            raise InvariantError(f"the drill {incident.id} began while {next(iter(self._earnest))} is fought")
        calling = [one.id for one in self.alarms.values() if one.active and one.acked is None and _asks(one)]
        if before is None and calling:
            raise InvariantError(f"the drill {incident.id} began while {calling[0]} calls")
        if incident.alarms:
            raise InvariantError(f"the drill {incident.id} took the real alarm {incident.alarms[0]}")
        if isinstance(before, Incident) and before.suspended and before.steps != incident.steps:
            raise InvariantError(f"the drill {incident.id} went on although it is suspended")
        if incident.state == "closed":
            self._drills.pop(incident.id, None)
        else:
            self._drills[incident.id] = incident

    def _alarm(self, entry: Entry, alarm: Alarm, at: float, engine_at: float) -> None:
        before = self.alarms.get(alarm.id)
        key = f"{alarm.rule}@{alarm.scope}"
        if self.references.get(alarm.id, alarm.reference) != alarm.reference:
            raise InvariantError(f"{alarm.id} changed its reference")
        if before is None:
            if key in self.raised:
                raise InvariantError(f"{alarm.id} opened while {self.raised[key]} stands")
            if alarm.id not in self.references and alarm.reference in self.references.values():
                raise InvariantError(f"{alarm.id}: the reference {alarm.reference} is somebody else's")
            self.raised[key] = alarm.id
            self.references[alarm.id] = alarm.reference
        if alarm.acked is not None and (before is None or before.acked is None):
            who = (alarm.acked.by, alarm.id)
            if not self.may[who]:
                raise InvariantError(
                    f"{alarm.id} is acknowledged by {alarm.acked.by or 'nobody'}, who did nothing"
                )
            self.may[who] -= 1
        was_active = before is not None and before.active
        if alarm.active and not was_active:
            self.active_at[alarm.id] = at
            if entry.by == "system" and not alarm.unverified:
                self._rose(alarm, at)
        elif was_active and not alarm.active:
            if entry.kind == "alarm.cleared":
                self._cleared(alarm, at, engine_at)
            elif entry.kind != "alarm.reset":
                raise InvariantError(f"{alarm.id} went by {entry.kind}")
        if entry.kind in RAISED and alarm.active and _asks(alarm):
            self._ended.update(self._drills)
        if before is not None and before.comments != alarm.comments[: len(before.comments)]:
            raise InvariantError(f"{alarm.id}: what was said about it changed")
        if alarm.closed_at is None:
            self.alarms[alarm.id] = alarm
        else:
            self.alarms.pop(alarm.id, None)
            self.raised.pop(key, None)

    def _cleared(self, alarm: Alarm, at: float, engine_at: float) -> None:
        """Silence clears nothing, and neither does a sample that is not safely out of the condition."""
        for n, must in enumerate(MUSTS):
            if must.rule != alarm.rule or not self._armed(must, engine_at):
                continue
            runs = {s: self.runs[n, s] for s in self._of(must, alarm.scope)}
            for sensor, run in runs.items():
                if run.on and run.clear_at != at:
                    raise InvariantError(
                        f"{alarm.id} cleared although {sensor} shows {self.probes[sensor].value}"
                    )
            if must.rule not in ALONE:
                continue
            since = self.active_at.get(alarm.id, at)
            if not any(run.clear_at >= since for run in runs.values()):
                raise InvariantError(f"{alarm.id} cleared although no sensor said so")
            if must.clear_for_s:
                off_s = max(run.off_s for run in runs.values())
                if off_s < must.clear_for_s - 1.0:
                    raise InvariantError(
                        f"{alarm.id} cleared after {off_s:.0f} s instead of {must.clear_for_s:.0f}"
                    )

    def _rose(self, alarm: Alarm, at: float) -> None:
        """Nothing is an alarm without its samples, or before its delay."""
        for n, must in enumerate(MUSTS):
            if must.rule != alarm.rule or must.rule not in ALONE:
                continue
            most_s = -1.0
            for sensor in self._of(must, alarm.scope):
                run, probe = self.runs[n, sensor], self.probes[sensor]
                if run.met:
                    most_s = max(most_s, run.most_s + at - probe.at)
                if run.ended_at == at:
                    most_s = max(most_s, run.ended_s)
                if run.met_at == at:
                    most_s = max(most_s, 0.0)
            if most_s < 0.0:
                raise InvariantError(f"{alarm.id} rose although no live sample showed it")
            if most_s < must.for_s - 1.0:
                raise InvariantError(f"{alarm.id} rose after {most_s:.0f} s instead of {must.for_s:.0f}")

    # --- after every event ----------------------------------------------------------------------------------

    def check(self, core: Core, at: float, engine_at: float, *, quiet: bool) -> None:
        """Everything that must hold now. ``quiet``: no message is on its way to the engine."""
        if self.faults:
            raise InvariantError(self.faults[0])
        self._fold(core)
        for alarm in self.alarms.values():
            self._aside(alarm, engine_at)
        self._practised()
        self._out(engine_at)
        if quiet:
            for key in [key for key in self._excused if self.owing[key] > 0]:
                self.owing[key] -= 1
                self._excused[key] -= 1
            self.owing, self._excused = +self.owing, +self._excused
            if self.owing:
                raise InvariantError(f"a message was lost: {next(iter(self.owing))}")
            self._owed(at, engine_at)
            self._unheard(at)
        self._said()

    def _practised(self) -> None:
        """A real alarm that asks for somebody ends the play."""
        ended, self._ended = self._ended, set()
        for name in ended & self._drills.keys():
            if not self._drills[name].suspended:
                raise InvariantError(f"the drill {name} goes on beside a real alarm")

    def _out(self, engine_at: float) -> None:
        for sensor, probe in self.probes.items():
            if probe.out is None:
                continue
            if probe.out.until_at < engine_at - 2.0:
                raise InvariantError(f"{sensor} is still out of service")
            for rule in (SILENT, GUARD_SILENT):
                name = self.raised.get(f"{rule}@{sensor}")
                if name is not None and self.alarms[name].active:
                    raise InvariantError(f"{sensor} is out of service and its silence is an alarm")

    def _fold(self, core: Core) -> None:
        live = core.annunciator.alarms
        if live != self.alarms:
            odd = next(i for i in {*live, *self.alarms} if live.get(i) != self.alarms.get(i))
            raise InvariantError(f"the journal and the engine differ about {odd}")
        for name in core.pager.book.open:
            if core.pager.notices[name] != self.notices.get(name):
                raise InvariantError(f"the journal and the engine differ about the message {name}")
        if core.response.incidents != self.incidents:
            known = core.response.incidents
            odd = next(i for i in {*known, *self.incidents} if known.get(i) != self.incidents.get(i))
            if getattr(self.incidents.get(odd), "closed_at", None) is None:
                raise InvariantError(f"the journal and the engine differ about the incident {odd}")

    def whole_fold(self, core: Core) -> None:
        """The same for every message the engine still remembers."""
        for name, notice in core.pager.notices.items():
            if self.notices.get(name) != notice:
                raise InvariantError(f"the journal and the engine differ about the message {name}")

    def _aside(self, alarm: Alarm, now: float) -> None:
        shelf = alarm.shelved
        if shelf is not None:
            if shelf.until_at < now - 2.0:
                raise InvariantError(f"{alarm.id} is still on its shelf")
            if shelf.until_at - shelf.at > SHELF_S or alarm.life_safety or not shelf.by or not shelf.reason:
                raise InvariantError(f"{alarm.id} must not be on such a shelf: {shelf}")
        out = alarm.out_of_service
        if out is not None and (out.until_at < now - 2.0 or not out.by or not out.reason):
            raise InvariantError(f"{alarm.id} is still out of service: {out}")
        if alarm.life_safety and (alarm.muted_by or alarm.chattering):
            raise InvariantError(f"{alarm.id} is life safety and held back")
        until = alarm.investigate_until_at
        if until is not None and until < now - 2.0:
            raise InvariantError(f"{alarm.id}: the investigation time is over and nothing came of it")

    def _owed(self, at: float, engine_at: float) -> None:
        for (n, sensor), run in self.runs.items():
            if not run.on:
                continue
            must, probe = MUSTS[n], self.probes[sensor]
            if must.hours is not None and (
                at - probe.at > 1.4 * probe.pace_s
                or at - self.up_since < must.for_s + 200.0
                or not self._armed(must, engine_at, for_s=must.for_s + 200.0)
            ):
                continue
            if self._sure_s(run, probe, at) < must.for_s:
                continue
            name = self.raised.get(f"{must.rule}@{self._scope(must, sensor)}")
            if name is None or not self.alarms[name].active:
                raise InvariantError(
                    f"{sensor} shows {probe.value} since {at - run.since:.0f} s, and no alarm {must.rule} stands"
                )

    def _sure_s(self, run: Run, probe: Probe, at: float) -> float:
        """How long the condition has lasted for certain: by samples, and by the clock until the next is due."""
        since = at - probe.at
        if self.bent_at >= probe.at:  # by the clock that was taken over since, its age is another
            return run.least_s
        if probe.epoch != self.epoch:  # known from before a death: the clock goes on from the start
            return run.least_s + (max(0.0, at - self.up_since - 2.0) if since <= 1.4 * probe.pace_s else 0.0)
        return run.least_s + (since - 1.0 if 1.0 < since <= 1.4 * probe.pace_s else 0.0)

    def _unheard(self, at: float) -> None:
        """A sensor that says nothing is itself an alarm."""
        if at - self.bent_at < 3 * 86400.0 or at - self.up_since < 150.0:
            return
        for sensor, probe in self.probes.items():
            if probe.out is None and probe.alive_at and at - probe.alive_at > silent_after_s(sensor) + 200.0:
                names = [self.raised.get(f"{rule}@{sensor}") for rule in (SILENT, GUARD_SILENT)]
                if not any(name is not None and self.alarms[name].active for name in names):
                    raise InvariantError(
                        f"{sensor} has said nothing for {at - probe.alive_at:.0f} s and nobody notices"
                    )

    def _said(self) -> None:
        for alarm in self.alarms.values():
            owed = alarm.life_safety and alarm.active and alarm.acked is None and alarm.out_of_service is None
            if not owed or alarm.id in self.spoken:
                self.unsaid.pop(alarm.id, None)
            elif self.up_s - self.unsaid.setdefault(alarm.id, self.up_s) > 150.0:
                raise InvariantError(
                    f"nobody was told of {alarm.id} for {self.up_s - self.unsaid[alarm.id]:.0f} s"
                )
        for name in [name for name in self.unsaid if name not in self.alarms]:
            del self.unsaid[name]

    # --- places and hours -----------------------------------------------------------------------------------

    def _of(self, must: Must, scope: str) -> list[str]:
        return [s for s in SENSORS if quantity_of(s) == must.quantity and self._scope(must, s) == scope]

    @staticmethod
    def _scope(must: Must, sensor: str) -> str:
        zone = zone_of(sensor)
        return COMPARTMENT.get(zone, zone) if must.place == "compartment" else zone

    def _armed(self, must: Must, engine_at: float, for_s: float = 0.0) -> bool:
        """Whether the rule is surely armed, and was for a time."""
        if must.hours is None:
            return True
        moments = (engine_at - for_s, engine_at - for_s / 2, engine_at - 2.0, engine_at + 2.0)
        return all(wall_says(moment, *must.hours, self._zone) for moment in moments)


def _asks(alarm: Alarm) -> bool:
    """Whether a real alarm is one that ends a drill: loud, no fault, and urgent, high or with a plan."""
    aside = alarm.muted_by or alarm.shelved or alarm.out_of_service or alarm.fault or alarm.drill
    return not aside and (alarm.priority <= 2 or alarm.life_safety or bool(alarm.playbook))


def wall_says(at: float, begins: str, ends: str, zone: str) -> bool:
    """Whether a daily span covers a moment, found by looking at the wall clock minute by minute."""
    day = datetime.fromtimestamp(at, ZoneInfo(zone)).date()
    for start in (day - timedelta(days=1), day):
        last = start if ends > begins else start + timedelta(days=1)
        if first_showing(start.isoformat(), begins, zone) <= at < first_showing(last.isoformat(), ends, zone):
            return True
    return False


@lru_cache(maxsize=20_000)
def first_showing(day: str, wall: str, zone: str) -> float:
    """The first minute at which the clock on the wall of that day shows ``wall`` or has passed it."""
    here = ZoneInfo(zone)
    noon = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=here).timestamp()
    minute = noon - 15 * 3600.0
    while True:
        shown = datetime.fromtimestamp(minute, here)
        if shown.date().isoformat() > day or (
            shown.date().isoformat() == day and shown.strftime("%H:%M") >= wall
        ):
            return minute
        minute += 60.0
