"""Play one recording: publish it over real MQTT to a real engine whose clock follows the recording.

The engine, its decoder, database, outbox and the broker are those of a live house. Only the clock is set: it
moves to each row's moment before the row is published, and the next row waits until the engine has decided
this one, so that delays and silences mean what they meant when it was recorded, at any speed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from alerts.sms import PaperSender
from alerts.standard import is_standard, standard_rules
from ingest.messages import BrokerAddress
from ingest.mqtt import MqttSource
from ingest.mqtt_publisher import MqttPublisher
from playbooks.drill import Event
from sensors.model import Text
from strongroom.assemble import make_engine
from strongroom.clock import SetClock, SystemClock
from strongroom.core import Core
from strongroom.datadir import SITE_DB
from strongroom.engine import Engine
from strongroom.model import Building
from strongroom.rehearse import record_of
from strongroom.replay.mapping import TOPIC, Bound
from strongroom.replay.recording import ReplayError
from strongroom.replay.timeline import Moment, moments
from strongroom.sitedb import SiteReader

PATIENCE_S = 15.0  # real seconds that one message may take from publisher to engine
COMMIT_ROWS = 64  # rows between commits while nothing is decided: inside the broker's window


class Played(msgspec.Struct, frozen=True):
    """What happened. ``zero_at``: second 0 of the recording; ``moments``: rows played; ``first``, ``last``:
    times.
    """

    events: list[Event]
    zero_at: float
    rows: int
    first_at: float
    last_at: float
    windows: list[tuple[float, float]]  # labelled failures, from and until
    fixed_heat_at: float | None  # when a plain fixed-heat detector at the ceiling would have acted


def replay_building(building: Building, bound: Bound) -> Building:
    """The building with the recording's sensors only: the others are not in it and would fall silent.

    Over months of climate nobody is paged: alarms are counted there, and nobody would answer.
    """
    sensors = {sensor.id: sensor for sensor in bound.sensors.values()}
    written = {name: rule for name, rule in building.rules.items() if not is_standard(rule)}
    rules = standard_rules(
        building.zones, sensors, written, profile=building.climate_profile, playbooks=building.playbooks
    )
    if bound.mapping.report == "climate":
        rules = {name: msgspec.structs.replace(rule, page="never") for name, rule in rules.items()}
        building = msgspec.structs.replace(building, people={}, ladders=(), duties=())
    return msgspec.structs.replace(building, sensors=sensors, rules=rules)


def play(
    bound: Bound,
    building: Building,
    address: BrokerAddress,
    data: Path,
    zero_at: float,
    every_s: float,
    *,
    speed: float = 0.0,
    fixed_c: float = 57.0,
    progress: Callable[[int], None] | None = None,
) -> Played:
    """Play a recording from its first row to its last. ``speed`` 0 is as fast as the engine decides.

    ``data`` is an empty directory. ReplayError where the broker does not take or bring messages.
    """
    house = replay_building(building, bound)
    rows = moments(
        bound.recording,
        bound.mapping,
        tuple(bound.sensors),
        bound.time_index,
        bound.window_index,
        house.timezone,
        zero_at,
        every_s,
    )
    first = next(rows)
    stage = _Stage(house, address, data, first.at, f"replay-{data.name}")
    windows: list[tuple[float, float]] = []
    fixed_heat_at: float | None = None
    count, moment, labelled = 0, first, False
    try:
        while True:
            stage.show(moment, speed)
            count += 1
            if moment.labelled:
                begin = windows.pop()[0] if labelled else moment.at
                windows.append((begin, moment.at))
            labelled = moment.labelled
            if fixed_heat_at is None and moment.at >= zero_at:
                hot = any(moment.values.get(index, fixed_c) > fixed_c for index in bound.ceiling)
                fixed_heat_at = moment.at if hot else None
            if progress is not None:
                progress(count)
            following = next(rows, None)
            if following is None:
                break
            moment = following
    finally:
        stage.end()
    events = stage.events()
    return Played(events, zero_at, count, first.at, moment.at, windows, fixed_heat_at)


class _Stage:
    """Engine, publisher and clock of one playing."""

    def __init__(
        self, building: Building, address: BrokerAddress, data: Path, start_at: float, name: str
    ) -> None:
        self._data = data
        self._real = SystemClock()
        self._clock = SetClock(start_at)
        self._sleep = threading.Event()
        self._published = 0
        self._since_commit = 0
        self._change = -1.0
        self._began_at, self._began = start_at, self._real.monotonic()

        def source(core: Core) -> MqttSource:
            return MqttSource(
                address,
                core.decoder.subscriptions(),
                client_id=name,
                now=self._clock.now,
                monotonic=self._real.monotonic,
                status_topic=f"strongroom/{building.id}/engine",
            )

        self._publisher = MqttPublisher(address, client_id=f"{name}-devices")
        self.engine: Engine = make_engine(building, data, self._clock, source, PaperSender())
        self.engine.source.start()
        if not self._publisher.start() or not self._await(lambda: self.engine.source.alive().connected):
            self.end()
            raise ReplayError(str(address), Text("连不上 MQTT 服务器。", "The MQTT broker does not answer."))

    def show(self, moment: Moment, speed: float) -> None:
        """Move the clock to a row, publish it and let the engine decide it."""
        if speed > 0.0:
            due = self._began + (moment.at - self._began_at) / speed
            self._real.wait(max(0.0, due - self._real.monotonic()), self._sleep)
        self._clock.move_to(max(moment.at, self._clock.now()))
        if self.engine.outbox is not None:
            self.engine.outbox.beat_at = self._clock.monotonic()  # driven from here: it stands still with us
        payload = {"time": moment.told, **{f"c{index}": value for index, value in moment.values.items()}}
        self._publisher.publish(TOPIC, msgspec.json.encode(payload))
        self._published += 1
        if not self._await(self._decided):
            raise ReplayError(TOPIC, Text("消息没有到达引擎。", "A message did not reach the engine."))
        self._since_commit += 1
        outbox = self.engine.outbox
        decided = self.engine.core.last_change_at != self._change
        if decided or self._since_commit >= COMMIT_ROWS or (outbox is not None and outbox.pump()):
            self._change = self.engine.core.last_change_at
            self._since_commit = 0
            self._commit()

    def end(self) -> None:
        """Write what is waiting and close everything."""
        self._commit()
        self._publisher.stop()
        self.engine.source.stop()
        self.engine.close()

    def events(self) -> list[Event]:
        """What the journal holds."""
        reader = SiteReader(self._data / SITE_DB)
        found = record_of(reader.entries(limit=10_000_000))
        reader.close()
        return found

    def _decided(self) -> bool:
        self.engine.turn(0.02)
        return self.engine.core.messages >= self._published

    def _commit(self) -> None:
        """Make everything durable and let the outbox work until it has nothing left to do."""
        quiet = 0
        while quiet < 2:
            self.engine.committer.pump()
            self.engine.turn(0.0)
            busy = self.engine.outbox is not None and self.engine.outbox.pump()
            quiet = 0 if busy else quiet + 1
        self.engine.committer.pump()

    def _await(self, ready: Callable[[], bool]) -> bool:
        until = self._real.monotonic() + PATIENCE_S
        while not ready():
            if self._real.monotonic() > until:
                return False
            self._real.wait(0.0005, self._sleep)
        return True
