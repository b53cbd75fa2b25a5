"""The embedded broker for demo and tests: rumqttd in a wheel (iotcore), in a child process of its own.

It listens on loopback only, needs no root and keeps everything in memory; a real site runs Mosquitto. The child
ends when its standard input closes, so it cannot outlive us even after kill -9.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import iotcore

from ingest.messages import BrokerAddress
from ingest.ports import free_port

# Names and structure follow rumqttd's configuration (bytebeamio/rumqtt, rumqttd/rumqttd.toml). A wide window so
# that a slow commit does not hold back the next message; segments large enough that a night's backlog of a
# stopped engine fits (rumqttd forgets the oldest segment beyond max_segment_count).
_CONFIG = """\
id = 0

[router]
id = 0
max_connections = 1000
max_outgoing_packet_count = {window}
max_segment_size = 16777216
max_segment_count = 10

[v4.1]
name = "loopback"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1

[v4.1.connections]
connection_timeout_ms = 60000
max_payload_size = {payload}
max_inflight_count = {window}
dynamic_filters = true
"""


class EmbeddedBroker:
    """Start, stop and find the embedded broker.

    ``port`` 0 takes any free one. ``payload_limit`` in bytes: a client that sends more is disconnected by
    rumqttd. ``window``: unacknowledged messages per client. Nothing survives :meth:`stop`: sessions and
    retained messages live in its memory.
    """

    def __init__(self, port: int = 0, *, payload_limit: int = 1 << 20, window: int = 200) -> None:
        self._asked = port
        self._payload_limit = payload_limit
        self._window = window
        self._broker: iotcore.Broker | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._port = 0

    @property
    def address(self) -> BrokerAddress:
        """Where clients find it, once started."""
        return BrokerAddress(host="127.0.0.1", port=self._port)

    @property
    def running(self) -> bool:
        """Whether the child process lives."""
        return self._broker is not None and bool(self._broker.is_running)

    def start(self) -> BrokerAddress:
        """Start the child and wait until it accepts connections; OSError if the asked port is taken."""
        self._folder = tempfile.TemporaryDirectory(prefix="strongroom-broker-")
        self._port = self._asked or free_port()
        path = Path(self._folder.name, "rumqttd.toml")
        path.write_text(
            _CONFIG.format(port=self._port, payload=self._payload_limit, window=self._window),
            encoding="utf-8",
        )
        self._broker = iotcore.Broker(config_path=str(path))
        self._broker.start()
        return self.address

    def stop(self) -> None:
        """End the child; safe to call twice."""
        if self._broker is not None:
            self._broker.stop()
            self._broker = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
