"""What only a real wire can show: keepalive while held back, frozen and cut links, refusals, the will."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise

import pytest

from ingest.embedded import EmbeddedBroker
from ingest.messages import BrokerAddress
from ingest.mqtt import MqttSource
from ingest.mqtt_publisher import MqttPublisher
from sensors.model import RawMessage
from tests.brokers import Mosquitto, Wire, wait_until
from tests.ports import free_port

STATUS = "strongroom/test/engine"


@pytest.fixture
def mosquitto() -> Iterator[Mosquitto]:
    broker = Mosquitto()
    broker.start()
    yield broker
    broker.close()


def make(address: BrokerAddress, *filters: str, **more: int) -> MqttSource:
    return MqttSource(
        address,
        filters,
        client_id="engine",
        now=time.time,
        monotonic=time.monotonic,
        status_topic=STATUS,
        keepalive_s=more.pop("keepalive_s", 2),
        **more,
    )


def drain(source: MqttSource, count: int) -> list[RawMessage]:
    got: list[RawMessage] = []
    while len(got) < count and (batch := source.take(500, 3.0)):
        got += batch
        source.acknowledge(batch)
    return got


def test_holding_back_longer_than_the_keepalive_keeps_the_session(mosquitto: Mosquitto) -> None:
    source = make(mosquitto.address, "h/#", queue_limit=50)
    source.start()
    assert wait_until(lambda: source.alive().connected)
    publisher = MqttPublisher(mosquitto.address, window=500)
    assert publisher.start()
    for n in range(400):
        publisher.publish("h/a", b"%d" % n)
    assert publisher.flush(10) == 0
    assert wait_until(lambda: source.alive().state == "held")
    since = source.alive().since_at
    time.sleep(4.5)  # more than twice the keepalive of 2 s; Mosquitto gives up after 1.5 times
    assert source.alive().state == "held"
    assert source.alive().queued == 50
    assert source.alive().since_at == since
    got = drain(source, 400)
    assert [int(message.payload) for message in got] == list(range(400))
    assert not any(message.again for message in got), "the link was kept, so nothing came twice"
    source.stop()
    publisher.stop()


def test_a_frozen_link_is_noticed_and_replaced(mosquitto: Mosquitto) -> None:
    wire = Wire(mosquitto.address)
    source = make(wire.address, "f/#")
    source.start()
    assert wait_until(lambda: source.alive().connected)
    wire.freeze()
    assert wait_until(lambda: not source.alive().connected, 8.0), "a socket that stays open proves nothing"
    assert "中断" in source.alive().detail
    wire.thaw()
    assert wait_until(lambda: source.alive().connected, 15.0)
    source.stop()
    wire.close()


def test_repeats_carry_the_same_delivery_number_and_the_mark(mosquitto: Mosquitto) -> None:
    wire = Wire(mosquitto.address)
    source = make(wire.address, "d/#")
    source.start()
    assert wait_until(lambda: source.alive().connected)
    publisher = MqttPublisher(mosquitto.address)
    assert publisher.start()
    publisher.publish("d/a", b"once")
    (first,) = source.take(10, 5.0)
    wire.cut()
    (second,) = source.take(10, 10.0)
    assert (first.again, second.again) == (False, True)
    assert first.delivery == second.delivery
    assert first.token != second.token
    source.stop()
    publisher.stop()
    wire.close()


def test_an_exception_while_receiving_neither_kills_the_thread_nor_goes_unseen(
    mosquitto: Mosquitto,
) -> None:
    source = make(mosquitto.address, "g/#")
    real = source._hand_over
    broken = True

    def hand_over() -> None:
        if broken and source._burst:
            raise RuntimeError("no memory for the queue")
        real()

    source._hand_over = hand_over  # type: ignore[method-assign]
    source.start()
    assert wait_until(lambda: source.alive().connected)
    publisher = MqttPublisher(mosquitto.address)
    assert publisher.start()
    publisher.publish("g/a", b"still here")
    assert wait_until(lambda: source.alive().faults > 0)
    broken = False
    assert [message.payload for message in source.take(1, 15.0)] == [b"still here"]
    assert source.alive().connected
    source.stop()
    publisher.stop()


def test_a_thread_that_does_not_turn_counts_as_dead() -> None:
    at = 0.0
    source = MqttSource(
        BrokerAddress(port=free_port()),
        ["s/#"],
        client_id="engine",
        now=time.time,
        monotonic=lambda: at,
        status_topic=STATUS,
    )
    source.start()
    assert wait_until(lambda: source.alive().state == "lost")
    source._stop.set()  # the thread ends; nobody told the rest of the house
    assert source._thread is not None
    source._thread.join(10)
    source._state = "connected"
    at = 60.0
    assert source.alive().state == "stalled"
    assert not source.alive().connected


def test_credentials_are_checked_and_the_refusal_says_what_to_do() -> None:
    broker = Mosquitto(users={"engine": "right"})
    address = broker.start()
    wrong = make(BrokerAddress(port=address.port, username="engine", password="wrong"), "#")
    wrong.start()
    assert wait_until(lambda: wrong.alive().state == "refused")
    assert "STRONGROOM_MQTT" in wrong.alive().words.en
    assert "wrong" not in wrong.alive().detail
    wrong.stop()
    right = make(BrokerAddress(port=address.port, username="engine", password="right"), "#")
    right.start()
    assert wait_until(lambda: right.alive().connected)
    right.stop()
    broker.close()


def test_waits_for_a_broker_that_starts_later() -> None:
    broker = EmbeddedBroker(free_port())
    broker._port = broker._asked
    source = make(broker.address, "w/#")
    source.start()
    assert wait_until(lambda: source.alive().state == "lost")
    broker.start()
    assert wait_until(lambda: source.alive().connected, 15.0)
    broker.stop()
    assert wait_until(lambda: source.alive().state == "lost")
    source.stop()
    assert not broker.running


@pytest.mark.parametrize("kind", ["mosquitto", "embedded"])
def test_status_topic_tells_birth_farewell_and_death(kind: str) -> None:
    broker = Mosquitto() if kind == "mosquitto" else EmbeddedBroker()
    broker.start()
    watcher = MqttSource(
        broker.address,
        [STATUS],
        client_id="watcher",
        now=time.time,
        monotonic=time.monotonic,
        status_topic="strongroom/test/watcher",
    )
    watcher.start()
    assert wait_until(lambda: watcher.alive().connected)
    time.sleep(0.1)
    wire = Wire(broker.address)
    engine = make(wire.address, "e/#")
    engine.start()
    seen = [message.payload for message in watcher.take(1, 5.0)]
    assert seen == [b"online"]
    wire.cut()  # without a farewell: the broker speaks for us, then we are back
    while len(seen) < 3 and (more := watcher.take(1, 5.0)):
        seen += [message.payload for message in more]
    assert sorted(seen[1:]) == [b"offline", b"online"]
    engine.stop()
    assert watcher.take(1, 5.0)[-1].payload == b"offline"
    watcher.stop()
    wire.close()
    broker.stop()


def test_received_at_rises_with_the_injected_clock(mosquitto: Mosquitto) -> None:
    stamps = iter(range(1000, 100000))
    source = make(mosquitto.address, "c/#")
    source._now = lambda: float(next(stamps))
    source.start()
    assert wait_until(lambda: source.alive().connected)
    publisher = MqttPublisher(mosquitto.address)
    assert publisher.start()
    for n in range(10):
        publisher.publish("c/a", b"%d" % n)
    got = drain(source, 10)
    assert all(1000 <= a.received_at < b.received_at for a, b in pairwise(got))
    source.stop()
    publisher.stop()


def test_password_never_shows() -> None:
    address = BrokerAddress(host="broker.example", username="engine", password="s3cret", tls=True)
    for shown in (repr(address), str(address), f"{[address]}"):
        assert "s3cret" not in shown
        assert "engine" in shown
