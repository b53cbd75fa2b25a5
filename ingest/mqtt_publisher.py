"""Publishing with back-pressure, for simulation, replay and measurements."""

from __future__ import annotations

import threading

import paho.mqtt.client as paho
from paho.mqtt.reasoncodes import ReasonCode

from ingest.messages import BrokerAddress
from ingest.mqtt_client import connect_client


class MqttPublisher:
    """Publishes and knows what the broker has taken: for simulation, replay and measurements.

    At most ``window`` messages are unconfirmed; :meth:`publish` waits beyond that. paho keeps what was not
    confirmed and sends it again after a reconnect.
    """

    def __init__(self, address: BrokerAddress, *, client_id: str = "", window: int = 100) -> None:
        self._address = address
        self._client = connect_client(address, client_id, clean=True, reconnect=True)
        self._client.reconnect_delay_set(1, 5)
        self._client.max_inflight_messages_set(window)
        self._window = threading.Semaphore(window)
        self._unconfirmed = threading.Condition()
        self._open = 0
        self._up = threading.Event()
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = lambda *_: self._up.clear()
        self._client.on_publish = self._on_publish

    def start(self, timeout_s: float = 10.0) -> bool:
        """Connect; True once the broker accepted us, False if it did not within ``timeout_s``."""
        self._client.connect_async(self._address.host, self._address.port, 15)
        self._client.loop_start()
        return self._up.wait(timeout_s)

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Hand one message over; waits while ``window`` messages are unconfirmed."""
        self._window.acquire()
        with self._unconfirmed:
            self._open += 1
        self._client.publish(topic, payload, qos=qos, retain=retain)

    def flush(self, timeout_s: float) -> int:
        """Wait until the broker has taken everything; the number it had not at the end of ``timeout_s``."""
        with self._unconfirmed:
            self._unconfirmed.wait_for(lambda: self._open == 0, timeout_s)
            return self._open

    def stop(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, _c: paho.Client, _d: object, _f: object, reason: ReasonCode, _p: object) -> None:
        if not reason.is_failure:
            self._up.set()

    def _on_publish(self, *_: object) -> None:
        self._window.release()
        with self._unconfirmed:
            self._open -= 1
            self._unconfirmed.notify_all()
