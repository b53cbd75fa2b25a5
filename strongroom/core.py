"""The turn of decisions: facts in, a batch of durable consequences out. Pure: no clock, file or socket.

The order inside is fixed: reading -> rules -> alarms -> incidents -> notices. Whatever happened is a journal
draft that carries the new state whole; restoring the journal's last state per id gives the same Core back.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping

import msgspec

from alerts.annunciator import Annunciator
from alerts.evaluate import Evaluator
from alerts.model import AlarmEvent, Notice, NoticeEvent, Refused
from alerts.newest import newer
from alerts.notices import SendResult
from alerts.pager import Pager
from alerts.quiet import everything_behind
from alerts.rule import Change
from playbooks.model import Incident, IncidentEvent
from playbooks.response import Response
from sensors.decode import Decoder
from sensors.derived import Deriver
from sensors.model import RawMessage, Reading, Reject, Text
from strongroom.builtin import CALIBRATION, CANARY, OWN, own_change, with_builtins
from strongroom.canary import Canary
from strongroom.deciding import Deciding, Happened
from strongroom.instruments.instruments import Instruments
from strongroom.instruments.records import Record, draft_record, record_of
from strongroom.journal import (
    AlarmData,
    Draft,
    IncidentData,
    NoticeData,
    decode,
    draft_act,
    draft_alarm,
    draft_incident,
    draft_notice,
)
from strongroom.model import (
    Act,
    Building,
    Entry,
)
from strongroom.sitedb import Batch

REJECTS_SHOWN = 50
SOURCES_COUNTED = 1000
TICK_SOONEST_S = 0.05  # after something happened
TICK_AGAIN_S = 0.2  # while something stays due, such as a notice that waits for its provider
TICK_LATEST_S = 1.0
MOMENTS_AT_ONCE = 10_000
CANARY_EVERY_S = 5.0
DERIVE_EVERY_S = 60.0  # clocks that run without new readings, such as hours since wet


class Core:
    """One building's decisions. Feed it facts with ``now``; :meth:`take` the batch to be made durable.

    ``latest`` and ``rule_states`` are what the last run committed, ``journal`` its entries in order;
    ``channels`` are those the sender carries.
    """

    def __init__(
        self,
        building: Building,
        now: float,
        *,
        latest: Mapping[str, Reading] | None = None,
        rule_states: Mapping[str, bytes] | None = None,
        journal: Iterable[Entry] = (),
        channels: Iterable[str] = ("sms", "voice"),
        test_at: str = "",
    ) -> None:
        rules = with_builtins(building)
        self.building = building
        self.rules = rules
        self.decoder = Decoder(building.sensors, building.timezone)
        self.evaluator = Evaluator(
            rules, building.sensors, building.zones, building.timezone, rule_states or {}
        )
        self.annunciator = Annunciator({**OWN, **rules}, building.zones, building.sensors)
        self.response = Response(
            building.playbooks,
            building.holdings,
            building.zones,
            building.people,
            building.revision,
            building.assembly,
            own=building.rescue,
        )
        self.pager = Pager(
            building.people,
            building.ladders,
            building.duties,
            building.timezone,
            site=building.name,
            zones=building.zones,
            channels=channels,
            test_at=test_at,
        )
        self.latest: dict[str, Reading] = dict(latest or {})
        self.deriver = Deriver(building.sensors, rule_states)
        self.deriver.observe(self.latest.values())
        self.instruments = Instruments(building, rule_states or {})
        self._people = Deciding(
            building,
            rules,
            self.decoder,
            self.evaluator,
            self.annunciator,
            self.response,
            self.pager,
            self.instruments,
            change=self._change,
            record=self._record,
            note=self._note,
        )
        self.rejected: Counter[str] = Counter()
        self.rejects: deque[Reject] = deque(maxlen=REJECTS_SHOWN)
        self.unknown: Counter[str] = Counter()
        self.messages = 0
        self.skew = 0.0  # seconds by which the wall clock is ahead of the clock that decisions run on
        self._ours = "strongroom/"  # whatever we publish ourselves
        self._begun_at = now
        self._canary = Canary(building.id, building.timezone)
        self._next_canary = now
        self.last_change_at = now
        self._own: dict[str, bool] = {}
        self._progress: dict[str, float] = {}  # alarm -> when somebody last did something in its incident
        self._stirred = True
        self._ticked_at = now - TICK_LATEST_S
        self._next_tick = now
        self._next_derived = now
        self._batch = Batch()
        self._fold(journal)
        for change in self.evaluator.resume(now, self.instruments.service.out):
            self._change(change, now)
        for change in self.instruments.resume(self.evaluator, now):
            self._change(change, now)
        self._reconcile(now)

    # --- facts ----------------------------------------------------------------------------------------

    def message(self, raw: RawMessage, now: float, *, kept: bool = True) -> tuple[tuple[str, bytes], ...]:
        """Take one message in; returns what the dialect asks to be published (topic, payload).

        With ``kept`` False it is decided but its readings stay out of the intake: a durable copy is still to come.
        """
        if raw.topic.startswith(self._ours):
            if raw.topic == self._canary.topic and not raw.retained and self._canary.hears(raw, now):
                self._happen(self.pager.test_heard(now), now)
            return ()  # our own beat and status, heard back
        self.messages += 1
        # Durations run on `now`; a device's own time may agree with the wall clock that somebody moved.
        decoded = self.decoder.decode(raw, now + self.skew)
        if not decoded.known:
            self._count(self.unknown, raw.topic)
        self.instruments.hear(raw, decoded, now)
        for reject in decoded.rejects:
            self._count(self.rejected, reject.topic)
            self.rejects.append(reject)
        if decoded.lives or decoded.tellings or decoded.expiries:
            # Before the readings of the same message: a detector that tests itself says so beside its "smoke".
            heard = self.evaluator.hear(decoded.lives, decoded.tellings, decoded.expiries, now)
            for change in heard:
                self._change(change, now)
        for reading in decoded.readings:
            self.reading(reading, now, kept=kept)
        for reading in self.deriver.observe(self.instruments.judged(decoded.readings)):
            self.reading(reading, now, kept=kept)
        return decoded.requests

    def keep(self, raw: RawMessage, at: float) -> None:
        """Keep what a message says, as heard at ``at``; what follows from it was decided then from another copy."""
        if not raw.topic.startswith(self._ours):
            heard = msgspec.structs.replace(raw, received_at=at)
            self._batch.readings += self.decoder.decode(heard, at + self.skew).readings

    def reading(self, reading: Reading, now: float, *, kept: bool = True) -> None:
        """Take one reading in: keep it, and decide what follows."""
        last = self.latest.get(reading.sensor)
        if last is not None and not reading.drill:
            if last.measured_at == reading.measured_at and last.value == reading.value:
                return  # the same measurement again: redelivered, or heard by a second gateway
            if newer(reading, last):
                self._keep_latest(reading)
        elif not reading.drill:
            self._keep_latest(reading)
        if kept:
            self._batch.readings.append(reading)
        if self.instruments.is_out(reading):
            return  # kept, shown and not believed
        for change in self.evaluator.observe(reading, now):
            self._change(change, now)

    def act(self, act: Act, now: float) -> Text | None:
        """Decide what a person did; returns why it was refused, or None."""
        happened = self._people.decide(act, now)
        refusals = [one.reason for one in happened if isinstance(one, Refused)]
        refused = refusals[0] if refusals else None
        self._batch.drafts.append(draft_act(act, refused, now))
        self._happen(happened, now)
        return refused

    def registered(self, act: Act, refused: Text | None, records: Iterable[Record], now: float) -> None:
        """What became of an act that changes the building folder; the folder was changed before this is said."""
        self._batch.drafts.append(draft_act(act, refused, now))
        self._batch.drafts.extend(draft_record(record) for record in records)

    def says(self, rule: str, trouble: Text | None, now: float) -> None:
        """The engine's word on its own health: what is wrong, or None; repeated words change nothing."""
        self.own(rule, trouble is not None, trouble or Text("", ""), now)

    def own(self, rule: str, met: bool, reason: Text, now: float) -> None:
        """As :meth:`says`, where there are words for both."""
        if self._own.get(rule, False) == met:
            return
        self._own[rule] = met
        self._change(own_change(rule, met, now, reason), now)

    def advance(self, now: float) -> None:
        """Let time pass: what was due up to ``now`` happens, each at its own moment, in order.

        Cheap to call at every turn: nothing is looked at before the next deadline, unless something happened.
        """
        soon = self._stirred and now >= self._ticked_at + TICK_SOONEST_S
        if now < self._next_tick and not soon:
            return
        last = self._ticked_at
        for _ in range(MOMENTS_AT_ONCE):
            due = self.next_due(last)
            if due is None or due >= now or due <= last:
                break
            self._tick(due)
            last = due
        self._stirred = False
        self._tick(now)
        self._ticked_at = now
        due = self.next_due(now)
        latest = now + TICK_LATEST_S
        self._next_tick = latest if due is None else min(latest, max(due, now + TICK_AGAIN_S))

    def say(self, now: float) -> tuple[tuple[str, bytes], ...]:
        """What the virtual sensor of the daily test has to publish now (topic, payload)."""
        if now < self._next_canary:
            return ()
        self._next_canary = now + CANARY_EVERY_S
        bad = self.pager.test_trouble(self._begun_at, now)
        self.says(CANARY, bad, now)
        return self._canary.say(now) if self.pager.test_owed(now) else ()

    def next_due(self, now: float) -> float | None:
        """When time alone will change something next."""
        dues = [
            due
            for due in (
                self.evaluator.next_due(),
                self.instruments.service.next_due(),
                self.annunciator.next_due(),
                self.response.next_due(),
                self.pager.next_due(now),
            )
            if due is not None
        ]
        return min(dues) if dues else None

    # --- results --------------------------------------------------------------------------------------

    def take(self) -> Batch:
        """Everything that must become durable since the last call."""
        batch, self._batch = self._batch, Batch()
        batch.rule_states = {
            **self.evaluator.take_dirty(),
            **self.deriver.take_dirty(),
            **self.instruments.newcomers.take_dirty(),
        }
        return batch

    def to_send(self, now: float) -> list[Notice]:
        """Notices whose turn it is; the outbox may have them before their commit, it sends only what is released."""
        return self.pager.due(now)

    def taking(self, notice_id: str, now: float) -> None:
        """The outbox is about to send: the last look whether it is still wanted."""
        self._happen(self.pager.take(notice_id, now, self.annunciator.alarms), now)

    def reported(self, notice_id: str, result: SendResult, now: float) -> None:
        """What a provider said about a notice."""
        self._happen(self.pager.on_result(notice_id, result, now), now)

    # --- inside ---------------------------------------------------------------------------------------

    def _note(self, draft: Draft) -> None:
        self._batch.drafts.append(draft)

    def _record(self, record: Record, now: float) -> None:
        """A sensor went out of service or came back."""
        self._batch.drafts.append(draft_record(record))
        self.last_change_at = now
        self._stirred = True
        for change in self.instruments.follow(record, self.evaluator, self.latest, now):
            self._change(change, now)

    def _change(self, change: Change, now: float) -> None:
        self._happen(self.annunciator.on_change(change, now), now)

    def _tick(self, now: float) -> None:
        for reading in self.deriver.tick(now) if now >= self._next_derived else ():
            self.reading(reading, now)
            self._next_derived = now + DERIVE_EVERY_S
        for record in self.instruments.service.expired(now):
            self._record(record, now)
        for change in self.evaluator.tick(now):
            self._change(change, now)
        self._calibration(now)
        self._happen(self.annunciator.tick(now), now)
        self._happen(self.response.tick(now), now)
        self._happen(self.pager.tick(now, self.annunciator.alarms, self._progress), now)

    def _calibration(self, now: float) -> None:
        """Calibrations that end: a low alarm while one is overdue, and a task to whoever looks after them."""
        overdue = self.instruments.overdue(now)
        self.says(CALIBRATION, overdue, now)
        for task in self.instruments.tasks(now):
            self._happen(self.pager.task(task.id, task.words, now), now)

    def _happen(self, happened: Iterable[Happened], now: float) -> None:
        for one in happened:
            self._stirred = True
            if isinstance(one, AlarmEvent):
                self.last_change_at = now
                self._batch.drafts.append(draft_alarm(one))
                self._happen(self.response.on_alarm(one, now), now)
                self._happen(self.pager.on_alarm(one, now), now)
                if one.alarm.closed_at is not None:
                    self._progress.pop(one.alarm.id, None)
            elif isinstance(one, IncidentEvent):
                self.last_change_at = now
                self._moved(one.incident, one.by, now)
                self._batch.drafts.append(draft_incident(one))
            elif isinstance(one, NoticeEvent):
                self._batch.drafts.append(draft_notice(one))

    def _fold(self, journal: Iterable[Entry]) -> None:
        for entry in journal:
            data = decode(entry)
            if isinstance(data, AlarmData):
                self.annunciator.restore(data.alarm)
                self.last_change_at = entry.at
            elif isinstance(data, NoticeData):
                self.pager.restore(data.notice)
            elif isinstance(data, IncidentData):
                self.response.restore(data.incident)
                self._moved(data.incident, entry.by, entry.at)
                self.last_change_at = entry.at
            elif (record := record_of(entry)) is not None:
                self.instruments.service.restore(record)
        for alarm in self.annunciator.alarms.values():
            if alarm.rule in OWN:
                self._own[alarm.rule] = alarm.active

    def _reconcile(self, now: float) -> None:
        """Whatever the folder became: nothing stands that nobody can end, nothing is true without its alarm (C6)."""
        parents = everything_behind(self.building.sensors, self.evaluator.records().values())
        self._happen(
            self.annunciator.reconcile(self.evaluator.verdicts(), now, own=OWN, parents=parents), now
        )
        for change in self.evaluator.unheard(self.annunciator.standing(), now):
            self._change(change, now)

    def _moved(self, incident: Incident, by: str, at: float) -> None:
        """A person did something in an incident: its alarms are not forgotten (C24)."""
        if by in self.building.people:
            self._progress.update(dict.fromkeys(incident.alarms, at))

    def _keep_latest(self, reading: Reading) -> None:
        self.latest[reading.sensor] = reading
        self._batch.latest[reading.sensor] = reading

    def _count(self, counter: Counter[str], source: str) -> None:
        # A hostile publisher can invent topics without end; past the cap they are counted together.
        counter[source if source in counter or len(counter) < SOURCES_COUNTED else "…"] += 1
