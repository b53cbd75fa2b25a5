"""1,000 hostile messages through a real broker and the real engine: good sensors go on, every source is
counted (C51)."""

from __future__ import annotations

import json
import random
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from ingest.mqtt import MqttSource
from ingest.mqtt_publisher import MqttPublisher
from sensors.model import Quality
from strongroom.assemble import make_engine
from strongroom.clock import SystemClock
from strongroom.core import SOURCES_COUNTED, Core
from strongroom.engine import Engine
from strongroom.folder.load import load
from strongroom.model import Building
from tests.brokers import Mosquitto, wait_until

FOLDER = Path(__file__).resolve().parents[2] / "buildings" / "demo"
COUNT = 1000


def deep(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


def hostile(chance: random.Random) -> bytes:
    """One payload that no sensor should send: huge, deep, not a number, not text, half, or trying
    something."""
    kind = chance.randrange(16)
    number = chance.choice([float("nan"), float("inf"), -1e308, 1e308, 2**63, -(2**70)])
    payloads = [
        lambda: b"x" * chance.choice([70_000, 300_000, 1_500_000]),
        lambda: deep(chance.choice([500, 20_000])),
        lambda: b"[" * 30_000,
        lambda: json.dumps({"temperature": number, "humidity": number, "value": number}).encode(),
        lambda: str(number).encode(),
        lambda: chance.randbytes(chance.randrange(1, 400)),
        lambda: b"\xff\xfe\x00\xd8" * chance.randrange(1, 50),
        lambda: b'{"temperature": 21.5',
        lambda: b'{"temperature": "' + b"9" * 5000 + b'"}',
        lambda: json.dumps({"temperature": {"$gt": ""}, "water_leak": ["wet"], "contact": {}}).encode(),
        lambda: b'{"temperature": 21.5, "temperature": "<script>alert(1)</script>"}',
        lambda: b"'; DROP TABLE intake; --",
        lambda: b"{{ value_json.__class__.__mro__ }} ${jndi:ldap://x} ../../etc/passwd \x00",
        lambda: b'{"temperature":' + b"1" * 4000 + b"}",
        lambda: struct.pack(">BB", 0x08, 0xFF) + b"\xff" * 200,
        ("\ufeff{“temperature”：２１．５}" * 3).encode,
    ]
    return payloads[kind]()


@pytest.fixture(scope="module")
def building() -> Building:
    loaded = load(FOLDER)
    assert loaded.building is not None
    return loaded.building


class House:
    def __init__(self, building: Building, data: Path) -> None:
        self.broker = Mosquitto()
        address = self.broker.start()
        clock = SystemClock()

        def source(core: Core) -> MqttSource:
            return MqttSource(
                address,
                [*core.decoder.subscriptions(), "junk/#"],
                client_id="engine",
                now=clock.now,
                monotonic=clock.monotonic,
                status_topic="strongroom/hostile/engine",
            )

        self.engine: Engine = make_engine(building, data, clock, source)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.engine.run, args=(self._stop,), daemon=True)
        self._thread.start()
        assert wait_until(lambda: self.engine.source.alive().connected)
        self.publisher = MqttPublisher(address)
        assert self.publisher.start()

    def settle(self) -> None:
        assert self.publisher.flush(60.0) == 0
        assert wait_until(lambda: self.engine.source.alive().queued == 0, 60.0)
        time.sleep(0.5)

    def running(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(30)
        self.publisher.stop()
        self.broker.close()


@pytest.fixture
def house(building: Building, tmp_path: Path) -> Iterator[House]:
    one = House(building, tmp_path / "data")
    yield one
    one.stop()


@pytest.mark.timeout(180)
def test_a_thousand_hostile_messages_change_nothing_for_good_sensors(
    house: House, building: Building
) -> None:
    chance = random.Random(20261123)
    core = house.engine.core
    good = building.sensors["2B-T1"]
    victims = sorted({sensor.topic for sensor in building.sensors.values()} - {good.topic, ""})
    wrong = ["junk/a", "junk/" + "x/" * 60, "junk/温度", "junk/ ", "junk/$SYS", "junk/<b>"]
    sent: Counter[str] = Counter()
    seen: list[float] = []
    faults = house.engine.source.alive().faults
    for number in range(COUNT):
        topic = chance.choice(victims) if number % 4 else chance.choice(wrong)
        house.publisher.publish(topic, hostile(chance))
        sent[topic] += 1
        if number % 20 == 0:
            value = 18.0 + number / 1000
            document = msgspec.json.encode({"temperature": value, "humidity": 50.0})
            house.publisher.publish(good.topic, document)
            seen.append(value)
    house.settle()
    assert house.running(), "the engine ended"
    assert house.engine.source.alive().connected
    assert house.engine.source.alive().faults == faults
    latest = core.latest[good.id]
    assert (latest.value, latest.quality) == (pytest.approx(seen[-1]), Quality.GOOD)
    assert sum(core.unknown[topic] for topic in wrong) == sum(sent[topic] for topic in wrong)
    counted = sum(core.rejected.values())
    assert counted >= COUNT * 0.4, "what was refused is counted"
    assert set(core.rejected) <= set(sent), "under the topic it came from"
    assert core.rejected[good.topic] == 0
    assert all(len(reject.detail) < 1000 for reject in core.rejects), "a refusal never repeats the payload"
    smoke_or_water = [
        alarm for alarm in core.annunciator.alarms.values() if alarm.hazard in {"fire", "water", "gas"}
    ]
    assert smoke_or_water == [], "nonsense is never an emergency"


def test_inventing_topics_without_end_does_not_fill_the_memory(house: House) -> None:
    core = house.engine.core
    for number in range(SOURCES_COUNTED + 500):
        house.publisher.publish(f"junk/{number}", b"?")
    house.settle()
    assert sum(core.unknown.values()) == SOURCES_COUNTED + 500
    assert len(core.unknown) <= SOURCES_COUNTED + 1


def test_a_good_alarm_comes_through_in_the_middle_of_it(house: House, building: Building) -> None:
    chance = random.Random(7)
    water = building.sensors["2B-W1"]
    victims = sorted({sensor.topic for sensor in building.sensors.values()} - {water.topic, ""})
    stop = threading.Event()

    def noise() -> None:
        while not stop.is_set():
            house.publisher.publish(chance.choice(victims), hostile(chance))
            time.sleep(0.01)

    thread = threading.Thread(target=noise, daemon=True)
    thread.start()
    began = time.monotonic()

    def raised() -> bool:
        house.publisher.publish(water.topic, b"wet")
        time.sleep(0.5)
        return any(a.rule == "water-in-stack" for a in list(house.engine.core.annunciator.alarms.values()))

    assert wait_until(raised, 30.0)
    assert time.monotonic() - began < 15.0
    stop.set()
    thread.join()
