"""The seam to the broker: what a message source must do, whoever implements it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from msgspec import Struct

from sensors.model import RawMessage, Text

LinkState = Literal["stopped", "connecting", "connected", "held", "refused", "lost", "stalled"]


class BrokerAddress(Struct, frozen=True, kw_only=True):
    """Where the broker is and how to sign in; the password never shows in a repr or a log."""

    host: str = "127.0.0.1"
    port: int = 1883
    username: str = ""
    password: str = ""
    tls: bool = False
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""

    def __repr__(self) -> str:
        """Host, port and user, nothing secret."""
        scheme = "mqtts" if self.tls else "mqtt"
        user = f"{self.username}:***@" if self.username else ""
        return f"{scheme}://{user}{self.host}:{self.port}"

    __str__ = __repr__


class SourceHealth(Struct, frozen=True, kw_only=True):
    """State of the link to the broker, from evidence: what was heard and whether the thread still turns.

    ``state``: connected; held (we ask the broker to wait, our queue is full); connecting; refused (the broker
    said no); lost; stalled (the network thread does not turn); stopped. ``since_at``: when it began.
    ``heard_at``: when the broker last sent anything (0 never). ``faults``: exceptions caught on the thread.
    """

    state: LinkState
    words: Text
    since_at: float
    queued: int = 0
    heard_at: float = 0.0
    delivered: int = 0
    faults: int = 0

    @property
    def connected(self) -> bool:
        """The session is up and messages can come (a held link is up)."""
        return self.state in {"connected", "held"}

    @property
    def detail(self) -> str:
        """What the operator should know, in one line and both languages."""
        return f"{self.words.zh} · {self.words.en}"


class MessageSource(Protocol):
    """Delivers messages at least once; each stays unacknowledged until :meth:`acknowledge`.

    Implementations own their network thread and a bounded queue. A full queue holds back the broker
    (nothing is read from the socket), never drops.
    """

    def start(self) -> None:
        """Connect and subscribe; returns at once, connecting goes on in the background."""

    def take(self, limit: int, timeout_s: float) -> list[RawMessage]:
        """Up to ``limit`` messages; waits up to ``timeout_s`` for the first, then takes what is there."""

    def acknowledge(self, messages: Sequence[RawMessage]) -> None:
        """Tell the broker these are durably kept. Call only after the commit. Thread-safe, returns at once.

        A message of an earlier connection is passed over: the broker brings it again, and only that later
        delivery may be acknowledged.
        """

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Send a message (heartbeat, rebirth request). Never raises; a lost one is not retried for ever."""

    def alive(self) -> SourceHealth:
        """How the link stands right now."""

    def stop(self) -> None:
        """Disconnect without acknowledging what was not acknowledged; the session stays on the broker."""
