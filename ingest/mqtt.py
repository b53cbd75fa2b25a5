"""The MQTT source on paho: loses nothing, holds back what it cannot take, cannot die unnoticed.

paho's own thread ends when a callback raises while ``is_connected()`` goes on saying yes, and its ``ack``
may write
from the caller's thread. So the source drives paho from a thread of its own: every call into paho happens
there, nothing that fails there ends it, and not reading the socket is how a full queue holds the broker back.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable, Sequence

import paho.mqtt.client as paho
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ingest.messages import BrokerAddress, LinkState, SourceHealth
from ingest.mqtt_client import CONNECT_S, connect_client
from sensors.dialects.base import LARGEST
from sensors.model import RawMessage, Text

BURST = 64  # packets read before acknowledgements and keepalive get their turn
TURN_S = 0.5  # longest wait for the network before the thread shows that it lives
STALLED_S = 15.0  # a thread without a turn for so long does not work, whatever its socket says
BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
UNREADABLE_TOPIC = "\ufffd"  # stands for a topic that is not UTF-8
WAITING_TO_SEND = 1000  # messages of our own kept for sending; the oldest go first
SUBSCRIBE_AT_ONCE = 50  # filters in one packet

_WORDS: dict[LinkState, Text] = {
    "stopped": Text("已停止", "stopped"),
    "connecting": Text("正在连接消息服务器", "connecting to the broker"),
    "connected": Text("已连接", "connected"),
    "held": Text("本机处理不及，已请消息服务器稍候", "our queue is full, the broker is asked to wait"),
    "lost": Text("与消息服务器的连接中断，正在重连", "connection to the broker lost, trying again"),
    "stalled": Text("网络线程停顿", "the network thread does not turn"),
}
_NOT_LET_IN = Text(
    "消息服务器拒绝登录：检查 STRONGROOM_MQTT_USERNAME、STRONGROOM_MQTT_PASSWORD 及服务器的访问控制表",
    "the broker does not let us in: check STRONGROOM_MQTT_USERNAME, STRONGROOM_MQTT_PASSWORD "
    "and the broker's access list",
)
# MQTT 3.1.1, 3.2.2.3: return codes 4 and 5; Mosquitto answers a wrong password with 5.
_REFUSED = {"Bad user name or password": _NOT_LET_IN, "Not authorized": _NOT_LET_IN}


class MqttSource:
    """A :class:`ingest.messages.MessageSource` over MQTT 3.1.1: persistent session, manual acknowledgement.

    ``client_id`` must stay the same over restarts: it is the session's name on the broker. ``now`` stamps
    messages (Unix seconds UTC), ``monotonic`` times the link. At most ``queue_limit`` messages or
    ``queue_bytes`` bytes wait here; beyond that the socket is not read until half is taken, while keepalive
    goes on. Payloads are cut at ``payload_limit`` bytes: one more than the decoder reads, so that it can say
    so. ``status_topic`` carries the retained words online and offline (will).

    ``fleeting`` is the other kind of link: QoS 0, no session, no status; nothing is promised, and no window of
    unacknowledged messages can hold it back.
    """

    def __init__(
        self,
        address: BrokerAddress,
        filters: Sequence[str],
        *,
        client_id: str,
        now: Callable[[], float],
        monotonic: Callable[[], float],
        status_topic: str = "",
        fleeting: bool = False,
        keepalive_s: int = 15,
        queue_limit: int = 20_000,
        queue_bytes: int = 64 << 20,
        payload_limit: int = LARGEST + 1,
    ) -> None:
        self._address = address
        self._filters = tuple(dict.fromkeys(filters))
        self._client_id = client_id
        self._now = now
        self._monotonic = monotonic
        self._status_topic = status_topic
        self._fleeting = fleeting
        self._keepalive_s = keepalive_s
        self._queue_limit = queue_limit
        self._queue_bytes = queue_bytes
        self._payload_limit = payload_limit
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._woken = False
        self._waiting = threading.Condition()
        self._queue: deque[RawMessage] = deque()
        self._bytes = 0
        self._burst_bytes = 0
        self._burst: list[RawMessage] = []
        self._holding = False
        self._to_acknowledge: deque[list[int]] = deque()
        self._to_publish: deque[tuple[str, bytes, int, bool]] = deque(maxlen=WAITING_TO_SEND)
        self._generation = 0
        self._accepted = False
        self._state: LinkState = "stopped"
        self._words = _WORDS["stopped"]
        self._since_at = now()
        self._heard_at = 0.0
        self._turned = monotonic()
        self._arrived = 0
        self._faults = 0

    # --- any thread ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to connect in the background; a second call does nothing."""
        if self._thread is not None:
            return
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self._thread.start()

    def take(self, limit: int, timeout_s: float) -> list[RawMessage]:
        """Up to ``limit`` messages; waits up to ``timeout_s`` for the first, then takes what is there."""
        with self._waiting:
            if not self._queue and timeout_s > 0:
                self._waiting.wait_for(lambda: bool(self._queue), timeout_s)
            queue = self._queue
            taken = [queue.popleft() for _ in range(min(limit, len(queue)))]
            self._bytes -= sum(len(message.payload) for message in taken)
            release = self._holding and self._has_room(half=True)
        if release:
            self._wake()
        return taken

    def acknowledge(self, messages: Sequence[RawMessage]) -> None:
        """Hand the tokens to the network thread; those of an earlier connection are passed over there."""
        tokens = [message.token for message in messages if message.token]
        if tokens:
            self._to_acknowledge.append(tokens)
            self._wake()

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Send when the link is up; without a link the message is dropped, its moment has passed."""
        self._to_publish.append((topic, payload, qos, retain))
        self._wake()

    def alive(self) -> SourceHealth:
        """The link's state from evidence; a thread that no longer turns is ``stalled``."""
        state, words = self._state, self._words
        if state != "stopped" and self._monotonic() - self._turned > STALLED_S + CONNECT_S:
            state, words = "stalled", _WORDS["stalled"]
        elif state == "connected" and self._holding:
            state, words = "held", _WORDS["held"]
        return SourceHealth(
            state=state,
            words=words,
            since_at=self._since_at,
            queued=len(self._queue),
            heard_at=self._heard_at,
            delivered=self._arrived,
            faults=self._faults,
        )

    def stop(self) -> None:
        """Send the acknowledgements already given, say offline, disconnect; the session stays there."""
        self._stop.set()
        self._wake()
        thread = self._thread
        if thread is not None:
            thread.join(CONNECT_S + 5.0)
        self._thread = None

    # --- the network thread ----------------------------------------------------------------------------

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            self._turned = self._monotonic()
            self._accepted = False
            try:
                self._one_connection()
            except OSError as error:
                self._become("lost", _because(_WORDS["lost"], error))
            except Exception as error:  # nothing may end the thread that brings the alarms
                self._faults += 1
                self._become("lost", _because(_WORDS["lost"], error))
            failures = 0 if self._accepted else failures + 1
            self._stop.wait(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
        self._become("stopped", _WORDS["stopped"])

    def _one_connection(self) -> None:
        """Connect, then serve until the connection ends or :meth:`stop` is asked."""
        self._generation += 1  # tokens of earlier connections are void from here on
        if self._state == "stopped":
            self._become("connecting", _WORDS["connecting"])
        client = connect_client(self._address, self._client_id, clean=self._fleeting)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        # With this set paho leaves writing to our loop instead of doing it inside publish() and ack().
        client.on_socket_register_write = lambda *_: None
        if self._status_topic:
            client.will_set(self._status_topic, b"offline", qos=1, retain=True)
        client.connect(self._address.host, self._address.port, self._keepalive_s)
        try:
            self._serve(client)
            if self._stop.is_set() and self._accepted:
                self._say_goodbye(client)
        finally:
            sock = client.socket()
            if sock is not None:
                with contextlib.suppress(OSError):
                    sock.close()
        self._hand_over()
        if self._state == "connected" and not self._stop.is_set():
            self._become("lost", _WORDS["lost"])

    def _serve(self, client: paho.Client) -> None:
        poll = select.poll()
        sock = client.socket()
        if sock is None:
            return
        wake, link = self._wake_in.fileno(), sock.fileno()
        poll.register(wake, select.POLLIN)
        poll.register(link, 0)
        said_at = opened = self._monotonic()
        while client.socket() is not None:
            self._turned = self._monotonic()
            reading = self._may_read()
            poll.modify(
                link,
                (select.POLLIN if reading else 0) | (select.POLLOUT if client.want_write() else 0),
            )
            pending = reading and isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
            events = dict(poll.poll(0 if pending else TURN_S * 1000))
            if wake in events:
                self._carry_out(client)
            if self._stop.is_set():
                return
            happened = events.get(link, 0)
            if not reading and happened & (select.POLLHUP | select.POLLERR):
                return  # the broker went away while held back; what we have stays queued
            heard = bool(pending or (reading and happened & ~select.POLLOUT))
            if heard:
                self._heard_at = self._now()
                self._read(client)
            if client.want_write():
                client.loop_write()
            if reading and not heard:
                client.loop_misc()  # keepalive; not while answers to it wait unread in the socket
            elif self._turned - said_at > self._keepalive_s / 2:
                self._say(client, b"online", 0)
                said_at = self._turned
            if not self._accepted and self._turned - opened > CONNECT_S:
                return  # connected to something that does not answer as a broker

    def _read(self, client: paho.Client) -> None:
        """A burst of packets; stops when nothing more is there or our queue is full."""
        for _ in range(BURST):
            before = self._arrived
            if client.loop_read() != paho.MQTT_ERR_SUCCESS or client.socket() is None:
                break
            if self._arrived == before or not self._has_room():
                break
        self._hand_over()

    def _hand_over(self) -> None:
        if self._burst:
            with self._waiting:
                self._queue.extend(self._burst)
                self._bytes += self._burst_bytes
                self._burst.clear()
                self._burst_bytes = 0
                self._waiting.notify_all()

    def _has_room(self, *, half: bool = False) -> bool:
        share = 2 if half else 1
        waiting = len(self._queue) + len(self._burst)
        weight = self._bytes + self._burst_bytes
        return waiting * share < self._queue_limit and weight * share < self._queue_bytes

    def _may_read(self) -> bool:
        if not self._accepted:
            return True
        self._holding = not self._has_room(half=self._holding)
        return not self._holding

    def _carry_out(self, client: paho.Client) -> None:
        """What other threads asked for: acknowledgements of this connection, and messages of our own."""
        with contextlib.suppress(BlockingIOError):
            self._wake_in.recv(4096)
        self._woken = False
        generation = self._generation
        while self._to_acknowledge:
            for token in self._to_acknowledge.popleft():
                if token >> 16 == generation:
                    client.ack(token & 0xFFFF, 1)
        while self._to_publish:
            topic, payload, qos, retain = self._to_publish.popleft()
            if self._accepted:
                with contextlib.suppress(ValueError):
                    client.publish(topic, payload, qos=qos, retain=retain)

    def _say_goodbye(self, client: paho.Client) -> None:
        self._say(client, b"offline", 0)
        client.disconnect()
        until = self._monotonic() + 1.0
        while client.want_write() and client.socket() is not None and self._monotonic() < until:
            client.loop_write()

    def _say(self, client: paho.Client, word: bytes, qos: int) -> None:
        if self._status_topic:
            client.publish(self._status_topic, word, qos=qos, retain=True)

    def _wake(self) -> None:
        if not self._woken:
            self._woken = True
            with contextlib.suppress(OSError):
                self._wake_out.send(b"\0")

    def _become(self, state: LinkState, words: Text) -> None:
        if (state, words) != (self._state, self._words):
            if state != self._state:
                self._since_at = self._now()
            self._state, self._words = state, words

    # --- called by paho, on the network thread --------------------------------------------------------------

    def _on_connect(
        self, client: paho.Client, _data: object, _flags: object, reason: ReasonCode, _more: Properties | None
    ) -> None:
        if reason.is_failure:
            said = str(reason)
            self._become(
                "refused",
                _REFUSED.get(said, Text(f"消息服务器拒绝连接：{said}", f"the broker refuses us: {said}")),
            )
            return
        self._accepted = True
        self._become("connected", _WORDS["connected"])
        asked = [(topic, 0 if self._fleeting else 1) for topic in self._filters]
        for start in range(0, len(asked), SUBSCRIBE_AT_ONCE):
            client.subscribe(asked[start : start + SUBSCRIBE_AT_ONCE])
        self._say(client, b"online", 1)

    def _on_subscribe(
        self,
        _client: paho.Client,
        _data: object,
        _mid: int,
        reasons: Sequence[ReasonCode],
        _more: Properties | None,
    ) -> None:
        refused = sum(reason.is_failure for reason in reasons)
        if refused:
            self._become(
                "connected",
                Text(
                    f"已连接，但有 {refused} 个主题不许订阅（检查消息服务器的访问控制表）",
                    f"connected, but {refused} topics may not be subscribed (check the broker's access list)",
                ),
            )

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        """Only stamps and queues."""
        self._arrived += 1
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = UNREADABLE_TOPIC
        payload = bytes(message.payload[: self._payload_limit])
        self._burst_bytes += len(payload)
        self._burst.append(
            RawMessage(
                topic,
                payload,
                self._now(),
                message.retain,
                self._generation << 16 | message.mid if message.qos else 0,
                message.mid if message.qos else 0,
                message.dup,
            )
        )


def _because(words: Text, error: Exception) -> Text:
    what = str(error) or type(error).__name__
    return Text(f"{words.zh}（{what}）", f"{words.en} ({what})")
