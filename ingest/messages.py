"""The seam to the broker: what a message source must do, whoever implements it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sensors.model import RawMessage


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
        """Tell the broker these are durably kept. Call only after the commit. Thread-safe."""

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Send a message (heartbeat, rebirth request). Never raises; a lost one is not retried for ever."""

    def alive(self) -> SourceHealth:
        """How the link stands right now."""

    def stop(self) -> None:
        """Disconnect without acknowledging what was not acknowledged; the session stays on the broker."""


class SourceHealth(Protocol):
    """State of the link to the broker."""

    @property
    def connected(self) -> bool:
        """The session is up."""

    @property
    def detail(self) -> str:
        """What the operator should know, in one line."""

    @property
    def queued(self) -> int:
        """Messages taken from the network and not yet by the engine."""

    @property
    def since_at(self) -> float:
        """When the present state began."""
