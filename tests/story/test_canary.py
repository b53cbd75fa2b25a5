"""The daily proof of the chain through the real engine: broker, rule, outbox, provider, phone, journal (C26)."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from alerts.model import NoticeState
from alerts.sms import PaperSender
from ingest.memory import MemoryBroker, MemorySource
from ingest.mqtt import MqttSource
from strongroom import builtin
from strongroom.assemble import make_engine
from strongroom.clock import SetClock
from strongroom.engine import Engine
from strongroom.journal import AlarmData, NoticeData, decode
from strongroom.model import Act, Building, TestContact
from tests.brokers import Mosquitto
from tests.fakes.scripted import ScriptedSender

START = 1_764_640_800.0  # 2025-12-02 10:00 in Shanghai, a Tuesday; Wang is on duty
HOUR = 3600.0


class House:
    """The small archive with a daily test, on a set clock; ``bridge`` False cuts our own topics off."""

    def __init__(self, building: Building, data: Path, start_at: float, test_at: str = "10:00") -> None:
        self.building, self.data, self.test_at = building, data, test_at
        self.clock, self.broker = SetClock(start_at), MemoryBroker()
        self.sender: PaperSender | ScriptedSender = PaperSender()
        self.filters = ["#"]
        self.start()

    def start(self) -> None:
        """The engine begins, or begins again from what was committed."""

        def source(core: object) -> MemorySource:
            return MemorySource(self.broker, self.filters, client_id="engine", now=self.clock.now)

        self.engine: Engine = make_engine(
            self.building, self.data, self.clock, source, self.sender, test_at=self.test_at
        )
        self.engine.source.start()

    def restart(self) -> None:
        """Killed where it stands."""
        self.engine.source.stop()
        self.engine.close()
        self.start()

    def run(self, seconds: float, every: float = 5.0) -> None:
        for _ in range(int(seconds / every)):
            self.clock.move(every)
            for _ in range(4):  # what was published is heard in the turn after
                self.engine.turn(0.0)
                self.engine.committer.pump()
                while self.engine.outbox is not None and self.engine.outbox.pump():
                    self.engine.turn(0.0)
                    self.engine.committer.pump()

    def tests(self) -> list[tuple[str, str, NoticeState]]:
        return [(n.person, n.channel, n.state) for n in self.engine.core.pager.tests()]

    def texts(self) -> list[str]:
        """The test messages on the trail; devices are silent here, and that is told as well."""
        trail = self.sender.trail if isinstance(self.sender, PaperSender) else []
        return [p.words for p in trail if p.notice.kind == "test"]

    def alarmed(self) -> bool:
        """Whether the daily test is in alarm."""
        alarms = self.engine.core.annunciator.alarms.values()
        return any(a.rule == builtin.CANARY and a.active for a in alarms)

    def journal(self, kind: str) -> list[object]:
        return [decode(e) for e in self.engine._db.entries() if e.kind.startswith(kind)]


@pytest.fixture
def house(building: Building, tmp_path: Path) -> Callable[..., House]:
    return lambda start_at=START - HOUR, **more: House(building, tmp_path / "data", start_at, **more)


def test_the_signal_goes_through_broker_and_rule_to_the_duty_phone_and_is_on_record(
    house: Callable[..., House],
) -> None:
    archive = house()
    archive.run(HOUR - 10)
    assert archive.tests() == []
    archive.run(60)
    assert archive.tests() == [("wang", "sms", NoticeState.DELIVERED)]
    assert archive.texts()[0].startswith("【测试】")
    said = [d.notice for d in archive.journal("notice.") if isinstance(d, NoticeData)]
    assert [n.id for n in said if n.kind == "canary"] == ["canary:2025-12-02"]
    states = [n.state for n in said if n.kind == "test"]
    assert states[0] is NoticeState.DUE and states[-1] is NoticeState.DELIVERED
    archive.run(HOUR)
    assert len(archive.tests()) == 1 and not archive.alarmed()
    assert [a for a in archive.engine.core.annunciator.alarms.values() if a.rule == builtin.CANARY] == []


def test_it_comes_every_day_and_neither_a_restart_nor_a_forged_word_doubles_it(
    house: Callable[..., House],
) -> None:
    archive = house(START - 20)
    archive.run(40)
    archive.restart()
    archive.broker.publish("strongroom/small/canary", b'{"value": 0}')
    archive.broker.publish("strongroom/small/canary", b'{"value": 1}')
    archive.run(60)
    assert len(archive.texts()) == 1
    archive.clock.move(23 * HOUR)
    archive.run(2 * HOUR, every=60.0)
    assert len(archive.texts()) == 2


def test_before_its_time_a_forged_word_wakes_nobody(house: Callable[..., House]) -> None:
    archive = house(START - 7 * HOUR)  # three in the morning
    for value in (b'{"value": 0}', b'{"value": 1}', b'{"value": 1}', b"[", b'{"value": "x"}'):
        archive.broker.publish("strongroom/small/canary", value)
    archive.run(60)
    assert archive.texts() == []


def test_an_engine_that_was_down_at_the_time_catches_up_but_not_at_night(
    house: Callable[..., House],
) -> None:
    archive = house(START + 3 * HOUR)
    archive.run(60)
    assert len(archive.tests()) == 1


def test_at_night_it_does_not_catch_up(house: Callable[..., House]) -> None:
    archive = house(START + 12 * HOUR)
    archive.run(600)
    assert archive.tests() == [] and not archive.alarmed()


def test_a_time_at_night_is_used_where_it_is_set(house: Callable[..., House]) -> None:
    archive = house(START - 8 * HOUR, test_at="02:00")
    archive.run(60)
    assert len(archive.tests()) == 1


def test_a_broker_that_does_not_bring_our_own_word_back_is_an_alarm(
    building: Building, tmp_path: Path
) -> None:
    archive = House(building, tmp_path / "data", START - 60)
    archive.engine.source.stop()
    archive.filters = ["plant/#"]
    archive.restart()
    archive.run(120)
    assert not archive.alarmed()
    archive.run(200)
    assert archive.alarmed()
    archive.filters = ["#"]
    archive.restart()
    archive.run(120)
    assert len(archive.tests()) == 1
    assert not archive.alarmed(), "it came through after all"
    raised = [d.alarm.rule for d in archive.journal("alarm.raised") if isinstance(d, AlarmData)]
    assert builtin.CANARY in raised


def test_a_message_that_is_late_or_fails_is_an_alarm_that_names_person_and_channel(
    building: Building, tmp_path: Path
) -> None:
    archive = House(building, tmp_path / "data", START - 60)
    archive.engine.close()
    archive.sender = ScriptedSender()
    archive.sender.script("wang", "sms", "undelivered")
    archive.start()
    archive.run(300)
    alarms = archive.engine.core.annunciator.alarms.values()
    (alarm,) = [a for a in alarms if a.rule == builtin.CANARY]
    reasons = [d.reason.en for d in archive.journal("alarm.raised") if isinstance(d, AlarmData)]
    assert alarm.active
    assert any("Wang Fang by text message" in words for words in reasons), reasons


def test_somebody_asks_for_a_test_of_one_contact(house: Callable[..., House]) -> None:
    archive = house(START - 5 * HOUR)
    asked = Act(id="asked-0001", at=archive.clock.now(), by="chen", what=TestContact(person="li"))
    archive.engine._inbox.put(asked)
    archive.run(30)
    assert {(p, c) for p, c, _ in archive.tests()} == {("li", "sms"), ("li", "voice")}
    assert archive.texts()[0].startswith("[TEST]")


@pytest.mark.timeout(60)
def test_the_word_survives_a_real_broker(building: Building, tmp_path: Path) -> None:
    broker = Mosquitto()
    address = broker.start()
    clock = SetClock(START + 5)

    def source(core: object) -> MqttSource:
        return MqttSource(
            address,
            ("#",),
            client_id="canary",
            now=clock.now,
            monotonic=time.monotonic,
            status_topic="strongroom/small/engine",
        )

    sender = PaperSender()
    engine = make_engine(building, tmp_path / "data", clock, source, sender, test_at="10:00")
    engine.source.start()
    try:
        until = time.monotonic() + 30
        while not sender.trail and time.monotonic() < until:
            clock.move(1.0)
            engine.turn(0.05)
            engine.committer.pump()
            assert engine.outbox is not None
            engine.outbox.pump()
        assert [p.words[:4] for p in sender.trail] == ["【测试】"]
    finally:
        engine.source.stop()
        engine.close()
        broker.close()
