"""Run a drill through the real engine on a set clock: the same turn, database, decoder and outbox as live.

Devices speak their own dialects into an in-process broker; messages to people end on paper. Nothing leaves
the process, nothing waits: an hour's drill takes seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from alerts.model import AlarmEvent, NoticeEvent
from alerts.sms import PaperSender
from ingest.memory import MemoryBroker, MemorySource
from playbooks import doing
from playbooks.drill import DrillReport, Event, Moment, duration_s, judge, moments
from playbooks.model import Drill, IncidentEvent
from sensors.model import Sensor, Text
from sensors.quantities import quantity
from sensors.simulate import value_of
from sensors.speak import birth, speak
from strongroom.assemble import make_engine
from strongroom.bypass import Bypass
from strongroom.clock import SetClock
from strongroom.core import Core
from strongroom.engine import Engine
from strongroom.journal import ActData, AlarmData, IncidentData, NoticeData, decode
from strongroom.model import Act, Building, Entry
from strongroom.sitedb import SiteReader

SETTLE_S = 120.0  # the building speaks before the drill begins, so that nothing is unknown
TURN_S = 1.0
DAY = "10:00"


class Rehearsal:
    """A building on a set clock. ``data`` is an empty directory of its own; ``start_at`` Unix seconds UTC.

    ``window`` is how many messages the broker lets wait for an acknowledgement.
    """

    def __init__(self, building: Building, data: Path, start_at: float, *, window: int = 65_535) -> None:
        self.building = building
        self.clock = SetClock(start_at)
        self.paper = PaperSender()
        self._data = data
        self._broker = MemoryBroker(window)
        self._here = ZoneInfo(building.timezone)
        self._devices = _devices(building.sensors.values())
        self._next = dict.fromkeys(self._devices, start_at)
        self._shown: dict[str, float] = {}
        self._acts = 0
        for sensors in self._devices.values():
            showing = [(one, self._value(one, start_at)) for one in sensors]
            for packet in birth(showing, start_at):
                self._broker.publish(packet.topic, packet.payload, retain=packet.retain)
        self.engine = self._start()

    def _start(self) -> Engine:
        filters: list[str] = []

        def source(core: Core) -> MemorySource:
            filters.extend(core.decoder.subscriptions())
            return MemorySource(self._broker, filters, client_id="engine", now=self.clock.now)

        def bypass() -> MemorySource:
            return MemorySource(
                self._broker, filters, client_id="engine-bypass", now=self.clock.now, fleeting=True
            )

        engine = make_engine(self.building, self._data, self.clock, source, self.paper, bypass=Bypass(bypass))
        engine.source.start()
        return engine

    def restart(self) -> None:
        """The engine dies where it stands - nothing is written that was not committed - and starts again."""
        self.engine.source.stop()
        self.engine.close()
        self.engine = self._start()

    def show(self, sensor: str, value: str | float | None) -> None:
        """From now on the sensor shows this value (a state word of its quantity, or a number); None lets go.

        ValueError for a word the quantity does not know.
        """
        if value is None:
            self._shown.pop(sensor, None)
        else:
            self._shown[sensor] = _number(self.building.sensors[sensor], value)
        self._next[_device(self.building.sensors[sensor])] = self.clock.now()

    def do(self, person: str, does: str) -> Text | None:
        """A person acts, in the words of a drill script; returns why it was refused, or None."""
        core = self.engine.core
        read = doing.read(does)
        if isinstance(read, Text):
            return read
        what = doing.act_of(read, core.annunciator.alarms, core.response.incidents, self.clock.now())
        if isinstance(what, Text):
            return what
        self._acts += 1
        act = Act(id=f"rehearsed-{self._acts}", at=self.clock.now(), by=person, what=what)
        return core.act(act, self.clock.now())

    def run(self, seconds: float, *, silent: bool = False, step_s: float = TURN_S) -> None:
        """Let time pass in turns of ``step_s`` (a second; a minute is enough for days of drying); ``silent`` stops
        every device."""
        until = self.clock.now() + seconds
        while self.clock.now() < until:
            self.clock.move(min(step_s, until - self.clock.now()))
            if not silent:
                self._speak()
            self.turn()

    def turn(self) -> None:
        """One turn of the engine with its commit and whatever the outbox has to do."""
        self.engine.turn(0.0)
        self.engine.committer.pump()
        while self.engine.outbox is not None and self.engine.outbox.pump():
            self.engine.turn(0.0)
            self.engine.committer.pump()

    def entries(self) -> list[Entry]:
        """The journal so far."""
        reader = SiteReader(self._data / "site.db")
        found = reader.entries(limit=10_000_000)
        reader.close()
        return found

    def _speak(self) -> None:
        now = self.clock.now()
        for device, sensors in self._devices.items():
            if self._next[device] > now:
                continue
            self._next[device] = now + min(sensor.every_s for sensor in sensors)
            values = [(sensor, self._value(sensor, now)) for sensor in sensors]
            for packet in speak(values, now):
                self._broker.publish(packet.topic, packet.payload, retain=packet.retain)

    def _value(self, sensor: Sensor, now: float) -> float:
        shown = self._shown.get(sensor.id)
        if shown is not None:
            return shown
        return value_of(sensor, self.building.zones[sensor.zone], now, self._here)


def rehearse(
    building: Building,
    drill: Drill,
    data: Path,
    start_at: float,
    progress: Callable[[float], None] | None = None,
) -> DrillReport:
    """Run a drill and judge it from the journal alone. ``progress`` hears the seconds of the drill that passed."""
    rehearsal = Rehearsal(building, data, start_at - SETTLE_S)
    rehearsal.run(SETTLE_S)
    first = len(rehearsal.entries())
    refused: list[Text] = []
    for moment in moments(drill):
        rehearsal.run(max(0.0, start_at + moment.at_s - rehearsal.clock.now()))
        _play(rehearsal, moment, refused)
        if progress is not None:
            progress(moment.at_s)
    rehearsal.run(max(0.0, start_at + duration_s(drill) + 1.0 - rehearsal.clock.now()))
    events = record_of(rehearsal.entries()[first:])
    return judge(
        drill, events, start_at, people=building.people, ladders=building.ladders, refused=tuple(refused)
    )


def record_of(entries: Iterable[Entry]) -> list[Event]:
    """The events that a judge reads, out of journal entries."""
    found: list[Event] = []
    for entry in entries:
        match decode(entry):
            case AlarmData(reason, alarm):
                found.append(
                    AlarmEvent(kind=entry.kind, alarm=alarm, at=entry.at, by=entry.by, reason=reason)
                )
            case NoticeData(reason, notice):
                found.append(
                    NoticeEvent(kind=entry.kind, notice=notice, at=entry.at, by=entry.by, reason=reason)
                )
            case IncidentData(reason, incident):
                event = IncidentEvent(
                    kind=entry.kind, incident=incident, at=entry.at, by=entry.by, reason=reason
                )
                found.append(event)
            case ActData() | None:
                pass
    return found


def next_wall_time(hhmm: str, timezone: str, now: float) -> float:
    """Unix seconds of the next time the wall clock shows ``hhmm``; ValueError where that is no time."""
    hour, minute = (int(part) for part in hhmm.split(":"))
    here = datetime.fromtimestamp(now, ZoneInfo(timezone))
    then = here.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return (then if then.timestamp() > now else then + timedelta(days=1)).timestamp()


def _play(rehearsal: Rehearsal, moment: Moment, refused: list[Text]) -> None:
    if moment.sensor:
        rehearsal.show(moment.sensor, moment.value)
    if moment.does:
        why = rehearsal.do(moment.person, moment.does)
        if why is not None:
            refused.append(why)


def _number(sensor: Sensor, value: str | float) -> float:
    if not isinstance(value, str):
        return float(value)
    known = quantity(sensor.quantity)
    number = known.state_value(value) if known is not None else None
    if number is None:
        raise ValueError(f"{sensor.id}: {value!r} is no state of {sensor.quantity}")
    return number


def _device(sensor: Sensor) -> tuple[str, str]:
    return sensor.topic, sensor.dialect


def _devices(sensors: Iterable[Sensor]) -> dict[tuple[str, str], list[Sensor]]:
    found: dict[tuple[str, str], list[Sensor]] = {}
    for sensor in sensors:
        if sensor.topic:  # calculated sensors have no device
            found.setdefault(_device(sensor), []).append(sensor)
    return found
