"""The in-process twin of a broker and its sources: same promises, no network, no thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence

from ingest.messages import SourceHealth
from sensors.model import RawMessage, Text
from sensors.topics import matches

_WORDS = {
    "stopped": Text("已停止", "stopped"),
    "connected": Text("已连接（进程内）", "connected (in process)"),
    "lost": Text("连接中断（进程内）", "connection lost (in process)"),
}


class _Session:
    """What a broker keeps for one client id: subscriptions, and every delivery not yet acknowledged."""

    def __init__(self) -> None:
        self.filters: tuple[str, ...] = ()
        self.fleeting = False
        self.unacknowledged: dict[int, tuple[str, bytes, bool]] = {}
        self.sent: set[int] = set()
        self.waiting: deque[int] = deque()  # not yet handed over on this connection, in order
        self.last = 0
        self.source: MemorySource | None = None


class MemoryBroker:
    """Topics, retained messages and persistent sessions in memory. Thread-safe.

    At most ``window`` deliveries of a session are unacknowledged.
    """

    def __init__(self, window: int = 65_535) -> None:
        self._window = window
        self._lock = threading.RLock()
        self._sessions: dict[str, _Session] = {}
        self._retained: dict[str, bytes] = {}

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Deliver to every session that listens; QoS 0 only to those connected now."""
        with self._lock:
            if retain and payload:
                self._retained[topic] = payload
            elif retain:
                self._retained.pop(topic, None)
            for session in self._sessions.values():
                if any(matches(pattern, topic) for pattern in session.filters):
                    self._keep(session, topic, payload, qos, retained=False)

    def _keep(self, session: _Session, topic: str, payload: bytes, qos: int, *, retained: bool) -> None:
        if qos and not session.fleeting:
            session.last += 1
            session.unacknowledged[session.last] = (topic, payload, retained)
            session.waiting.append(session.last)
            self._hand_over(session)
        elif session.source is not None:
            session.source.offer(topic, payload, retained, 0, again=False)

    def _hand_over(self, session: _Session) -> None:
        """In order, as far as the source has room; the rest waits here."""
        source = session.source
        while (
            source is not None
            and session.waiting
            and source.has_room()
            and len(session.unacknowledged) - len(session.waiting) < self._window
        ):
            delivery = session.waiting.popleft()
            if delivery in session.unacknowledged:
                topic, payload, retained = session.unacknowledged[delivery]
                source.offer(topic, payload, retained, delivery, again=delivery in session.sent)
                session.sent.add(delivery)

    def connect(
        self, client_id: str, filters: tuple[str, ...], source: MemorySource, *, fleeting: bool = False
    ) -> None:
        """Open or resume the session: everything unacknowledged comes again, then retained messages."""
        with self._lock:
            session = self._sessions.setdefault(client_id, _Session())
            session.filters = filters
            session.fleeting = fleeting
            session.source = source
            session.waiting = deque(session.unacknowledged)
            self._hand_over(session)
            for topic, payload in self._retained.items():
                if any(matches(pattern, topic) for pattern in filters):
                    self._keep(session, topic, payload, 1, retained=True)

    def more(self, client_id: str) -> None:
        """The source has room again."""
        with self._lock:
            if client_id in self._sessions:
                self._hand_over(self._sessions[client_id])

    def acknowledge(self, client_id: str, deliveries: Sequence[int]) -> None:
        """Forget these deliveries."""
        with self._lock:
            session = self._sessions[client_id]
            for delivery in deliveries:
                session.unacknowledged.pop(delivery, None)
                session.sent.discard(delivery)
            self._hand_over(session)

    def disconnect(self, client_id: str) -> None:
        """The client is gone; its session stays."""
        with self._lock:
            if client_id in self._sessions:
                self._sessions[client_id].source = None
                if self._sessions[client_id].fleeting:
                    del self._sessions[client_id]


class MemorySource:
    """A :class:`ingest.messages.MessageSource` on a :class:`MemoryBroker`."""

    def __init__(
        self,
        broker: MemoryBroker,
        filters: Sequence[str],
        *,
        client_id: str,
        now: Callable[[], float],
        queue_limit: int = 20_000,
        fleeting: bool = False,
    ) -> None:
        self._broker = broker
        self._fleeting = fleeting
        self._filters = tuple(filters)
        self._client_id = client_id
        self._now = now
        self._queue_limit = queue_limit
        self._waiting = threading.Condition(threading.RLock())
        self._queue: deque[RawMessage] = deque()
        self._generation = 0
        self._state = "stopped"
        self._since_at = now()
        self._delivered = 0
        self._heard_at = 0.0

    def start(self) -> None:
        """Open or resume the session."""
        if self._state != "connected":
            self._generation += 1
            self._become("connected")
            self._broker.connect(self._client_id, self._filters, self, fleeting=self._fleeting)

    def lose(self) -> None:
        """The connection breaks; :meth:`start` is the reconnect."""
        self._broker.disconnect(self._client_id)
        self._become("lost")

    def stop(self) -> None:
        """Disconnect; the session stays on the broker."""
        self._broker.disconnect(self._client_id)
        self._become("stopped")

    def has_room(self) -> bool:
        """Whether another message may be handed over."""
        return len(self._queue) < self._queue_limit

    def offer(self, topic: str, payload: bytes, retained: bool, delivery: int, *, again: bool) -> None:
        """Called by the broker: one delivery."""
        with self._waiting:
            token = self._generation << 48 | delivery if delivery else 0
            self._heard_at = self._now()
            self._delivered += 1
            self._queue.append(RawMessage(topic, payload, self._now(), retained, token, delivery, again))
            self._waiting.notify_all()

    def take(self, limit: int, timeout_s: float) -> list[RawMessage]:
        """Up to ``limit`` messages; waits up to ``timeout_s`` for the first."""
        with self._waiting:
            if not self._queue and timeout_s > 0:
                self._waiting.wait_for(lambda: bool(self._queue), timeout_s)
            taken = [self._queue.popleft() for _ in range(min(limit, len(self._queue)))]
        if taken and self._state == "connected":
            self._broker.more(self._client_id)
        return taken

    def acknowledge(self, messages: Sequence[RawMessage]) -> None:
        """Only deliveries of the present connection count."""
        if self._state == "connected":
            current = [m.delivery for m in messages if m.token and m.token >> 48 == self._generation]
            self._broker.acknowledge(self._client_id, current)

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Publish to the in-process broker; dropped while disconnected."""
        if self._state == "connected":
            self._broker.publish(topic, payload, qos=qos, retain=retain)

    def alive(self) -> SourceHealth:
        """The link's state."""
        return SourceHealth(
            state="connected"
            if self._state == "connected"
            else "lost"
            if self._state == "lost"
            else "stopped",
            words=_WORDS[self._state],
            since_at=self._since_at,
            queued=len(self._queue),
            heard_at=self._heard_at,
            delivered=self._delivered,
        )

    def _become(self, state: str) -> None:
        if state != self._state:
            self._state = state
            self._since_at = self._now()
