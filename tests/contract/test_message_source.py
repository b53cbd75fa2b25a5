"""One suite over every message source: in memory, a real Mosquitto, and the embedded broker."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Protocol

import pytest

from ingest.embedded import EmbeddedBroker
from ingest.memory import MemoryBroker, MemorySource
from ingest.messages import MessageSource
from ingest.mqtt import MqttSource
from ingest.mqtt_publisher import MqttPublisher
from sensors.model import RawMessage
from sensors.topics import matches
from tests.brokers import Mosquitto, Wire, wait_until

STATUS = "strongroom/test/engine"


class Lab(Protocol):
    """A broker with a publisher, and sources whose connection can be cut."""

    def source(self, client_id: str, *filters: str, queue_limit: int = 20_000) -> MessageSource: ...
    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None: ...
    def settle(self) -> None: ...
    def cut(self, source: MessageSource) -> None: ...


class MemoryLab:
    def __init__(self) -> None:
        self.broker = MemoryBroker()

    def source(self, client_id: str, *filters: str, queue_limit: int = 20_000) -> MemorySource:
        return MemorySource(self.broker, filters, client_id=client_id, now=time.time, queue_limit=queue_limit)

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        self.broker.publish(topic, payload, qos=qos, retain=retain)

    def settle(self) -> None:
        """Nothing is ever under way."""

    def cut(self, source: MessageSource) -> None:
        assert isinstance(source, MemorySource)
        source.lose()
        source.start()


class WireLab:
    def __init__(self, broker: Mosquitto | EmbeddedBroker) -> None:
        self.broker = broker
        self.wire = Wire(broker.address)
        self.publisher = MqttPublisher(broker.address, client_id="lab")
        assert self.publisher.start()
        self.sources: list[MqttSource] = []

    def source(self, client_id: str, *filters: str, queue_limit: int = 20_000) -> MqttSource:
        source = MqttSource(
            self.wire.address,
            filters,
            client_id=client_id,
            now=time.time,
            monotonic=time.monotonic,
            status_topic=STATUS,
            keepalive_s=4,
            queue_limit=queue_limit,
        )
        self.sources.append(source)
        return source

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        self.publisher.publish(topic, payload, qos=qos, retain=retain)

    def settle(self) -> None:
        assert self.publisher.flush(20.0) == 0

    def cut(self, source: MessageSource) -> None:
        before = self.wire.connections
        self.wire.cut()
        assert wait_until(lambda: self.wire.connections > before and source.alive().connected)

    def close(self) -> None:
        for source in self.sources:
            source.stop()
        self.publisher.stop()
        self.wire.close()


@pytest.fixture(scope="module")
def mosquitto() -> Iterator[Mosquitto]:
    broker = Mosquitto()
    broker.start()
    yield broker
    broker.close()


@pytest.fixture(scope="module")
def embedded() -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker()
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(params=["memory", "mosquitto", "embedded"])
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    if request.param == "memory":
        yield MemoryLab()
        return
    wire_lab = WireLab(request.getfixturevalue(request.param))
    yield wire_lab
    wire_lab.close()


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A client id and topic root of this test alone."""
    return "t" + "".join(c for c in request.node.name if c.isalnum())


def up(source: MessageSource) -> MessageSource:
    source.start()
    assert wait_until(lambda: source.alive().connected)
    time.sleep(0.05)  # the subscription's own round trip
    return source


def collect(source: MessageSource, count: int, *, acknowledge: bool = False) -> list[RawMessage]:
    """Take until ``count`` have come, or the source stays empty for two seconds."""
    got: list[RawMessage] = []
    while len(got) < count and (batch := source.take(1000, 2.0)):
        got += batch
        if acknowledge:
            source.acknowledge(batch)
    return got


def words(messages: list[RawMessage]) -> list[str]:
    return [message.payload.decode() for message in messages]


def test_brings_what_was_published_in_order(lab: Lab, name: str) -> None:
    source = up(lab.source(name, f"{name}/#"))
    before = time.time()
    for n in range(50):
        lab.publish(f"{name}/a", str(n).encode())
    got = collect(source, 50)
    assert words(got) == [str(n) for n in range(50)]
    assert {message.topic for message in got} == {f"{name}/a"}
    assert all(before - 1 <= message.received_at <= time.time() for message in got)
    assert not any(message.retained for message in got)
    assert len({message.token for message in got}) == 50
    source.stop()


def test_take_gives_at_most_the_limit_and_nothing_when_nothing_came(lab: Lab, name: str) -> None:
    source = up(lab.source(name, f"{name}/#"))
    assert source.take(10, 0.0) == []
    for n in range(10):
        lab.publish(f"{name}/a", str(n).encode())
    assert wait_until(lambda: source.alive().queued == 10)
    assert words(source.take(4, 0.0)) == ["0", "1", "2", "3"]
    assert source.alive().queued == 6
    source.stop()


def test_unacknowledged_comes_again_after_the_connection_broke(lab: Lab, name: str) -> None:
    source = up(lab.source(name, f"{name}/#"))
    for n in range(10):
        lab.publish(f"{name}/a", str(n).encode())
    first = collect(source, 10)
    source.acknowledge(first[:4])
    time.sleep(0.2)
    lab.cut(source)
    again = collect(source, 6)
    assert words(again) == ["4", "5", "6", "7", "8", "9"]
    source.stop()


def test_stale_tokens_acknowledge_nothing_on_the_new_connection(lab: Lab, name: str) -> None:
    source = up(lab.source(name, f"{name}/#"))
    for n in range(5):
        lab.publish(f"{name}/a", str(n).encode())
    old = collect(source, 5)
    lab.cut(source)
    assert words(collect(source, 5)) == ["0", "1", "2", "3", "4"]
    source.acknowledge(old)  # these deliveries are void: the new ones stay open
    time.sleep(0.2)
    lab.cut(source)
    fresh = collect(source, 5)
    assert words(fresh) == ["0", "1", "2", "3", "4"]
    source.acknowledge(fresh)
    time.sleep(0.2)
    lab.cut(source)
    assert collect(source, 1) == []
    source.stop()


def test_session_outlives_the_source(lab: Lab, name: str) -> None:
    source = up(lab.source(name, f"{name}/#"))
    lab.publish(f"{name}/a", b"kept but not acknowledged")
    assert len(collect(source, 1)) == 1
    source.stop()
    assert source.alive().state == "stopped"
    lab.publish(f"{name}/a", b"while away")
    lab.settle()
    again = up(lab.source(name, f"{name}/#"))
    assert words(collect(again, 2)) == ["kept but not acknowledged", "while away"]
    again.stop()


def test_acknowledged_before_stop_does_not_come_again(lab: Lab, name: str) -> None:
    source = up(lab.source(name, f"{name}/#"))
    for n in range(20):
        lab.publish(f"{name}/a", str(n).encode())
    source.acknowledge(collect(source, 20))
    source.stop()
    again = up(lab.source(name, f"{name}/#"))
    lab.publish(f"{name}/a", b"new")
    assert words(collect(again, 1)) == ["new"]
    again.stop()


def test_late_subscriber_sees_the_retained_mark(lab: Lab, name: str) -> None:
    lab.publish(f"{name}/state", b"open", retain=True)
    lab.settle()
    source = up(lab.source(name, f"{name}/#"))
    (message,) = collect(source, 1)
    assert (message.payload, message.retained) == (b"open", True)
    source.stop()


def test_full_queue_holds_back_and_loses_nothing(lab: Lab, name: str) -> None:
    source = up(lab.source(name, f"{name}/#", queue_limit=100))
    for n in range(1000):
        lab.publish(f"{name}/a", str(n).encode())
    assert wait_until(lambda: source.alive().queued >= 100)
    time.sleep(0.3)
    assert source.alive().queued == 100
    assert words(collect(source, 1000, acknowledge=True)) == [str(n) for n in range(1000)]
    source.stop()


def test_qos_0_needs_no_acknowledgement(lab: Lab, name: str) -> None:
    source = up(lab.source(name, f"{name}/#"))
    lab.publish(f"{name}/a", b"light", qos=0)
    (message,) = collect(source, 1)
    assert message.payload == b"light"  # rumqttd delivers it with QoS 1; either way it is acknowledged
    source.acknowledge([message])
    time.sleep(0.2)
    lab.cut(source)
    assert collect(source, 1) == []
    source.stop()


def test_publishes_to_others(lab: Lab, name: str) -> None:
    listener = up(lab.source(name + "ear", f"{name}/out"))
    source = up(lab.source(name, f"{name}/in"))
    source.publish(f"{name}/out", b"beat")
    source.publish("not/a/+/topic", b"refused without an exception")
    assert words(collect(listener, 1)) == ["beat"]
    source.stop()
    source.publish(f"{name}/out", b"nobody is connected")
    listener.stop()


def test_odd_payloads_pass_unchanged(lab: Lab, name: str) -> None:
    source = up(lab.source(name, f"{name}/#"))
    payloads = [b"", b"\xff\xfe\x00", b"[" * 5000, "档案".encode(), b"x" * 200_000]
    for payload in payloads:
        lab.publish(f"{name}/a", payload)
    assert [message.payload for message in collect(source, len(payloads))] == payloads
    source.stop()


@pytest.mark.parametrize(
    ("pattern", "topic", "selected"),
    [
        ("a/b", "a/b", True),
        ("a/+", "a/b", True),
        ("a/+", "a/b/c", False),
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("+/+", "/a", True),
        ("+", "/a", False),
        ("#", "$SYS/broker", False),
        ("$SYS/#", "$SYS/broker", True),
        ("a/+/c", "a//c", True),
        ("a/b", "a/b/", False),
    ],
)
def test_topic_filters_select_as_the_standard_says(pattern: str, topic: str, selected: bool) -> None:
    assert matches(pattern, topic) is selected
