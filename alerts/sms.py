"""The seam to whoever carries messages, and the sender that only writes down what would have gone.

A domestic provider is one small file: a class with these four members (see docs/reach.md for an example).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from alerts.model import Notice, NoticeState, Person
from alerts.notices import Fault, SendResult

S = NoticeState


class InboundMessage(Struct, frozen=True, kw_only=True):
    """An answer that came in: ``sender`` E.164, ``id`` the provider's own, ``means`` sms or voice.

    ``notice`` names the message answered where the provider knows it (keys pressed in a call).
    """

    id: str
    sender: str
    words: str
    at: float
    means: str = "sms"
    notice: str = ""


class Sender(Protocol):
    """Carries messages to people. No method raises: what went wrong is in the result.

    Calls block for at most about ten seconds and are made from the outbox thread only.
    """

    @property
    def channels(self) -> frozenset[str]:
        """The channels this sender carries."""

    def send(self, notice: Notice, person: Person) -> SendResult:
        """Hand one message to the provider, once. A lost answer gives UNCERTAIN, never a second call."""

    def look_up(self, notice: Notice, person: Person) -> SendResult | None:
        """What the provider knows of a notice: by its provider id, or by our reference in the words.

        ``Fault.NOT_TAKEN`` if the provider surely never had it, ``Fault.UNKNOWABLE`` if that cannot be found
        out with this provider, None if it cannot be asked now.
        """

    def inbound(self, since: float) -> Sequence[InboundMessage]:
        """Answers that came in since ``since`` (Unix seconds); an empty sequence where none can."""


class Paper(Struct, frozen=True, kw_only=True):
    """One message on the paper trail."""

    notice: Notice
    phone: str
    words: str


class PaperSender:
    """Writes down what would have gone and calls it delivered. For demo, tests and table-top drills.

    Every result says plainly that it is paper; :attr:`trail` keeps the newest messages.
    """

    KEEP = 1000

    def __init__(self, channels: frozenset[str] = frozenset({"sms", "voice", "mail"})) -> None:
        self._channels = channels
        self.trail: list[Paper] = []
        self._answers: list[InboundMessage] = []

    @property
    def channels(self) -> frozenset[str]:
        """The channels this sender carries."""
        return self._channels

    def send(self, notice: Notice, person: Person) -> SendResult:
        """Write it down; delivered at once, except a call, which rings until somebody presses a key."""
        self.trail.append(Paper(notice=notice, phone=person.phone or person.mail, words=notice.words))
        del self.trail[: -self.KEEP]
        state = S.RINGING if notice.channel == "voice" else S.DELIVERED
        return SendResult(
            state=state, provider_id=f"PAPER-{notice.id}-{notice.tries}", status="paper", detail=PAPER
        )

    def look_up(self, notice: Notice, person: Person) -> SendResult | None:  # noqa: ARG002 - the seam's form
        """What is on the trail."""
        known = next((p for p in reversed(self.trail) if p.notice.id == notice.id), None)
        if known is None:
            return SendResult(state=S.UNCERTAIN, fault=Fault.NOT_TAKEN, status="paper")
        if known.notice.channel == "voice":
            return None
        return SendResult(
            state=S.DELIVERED, provider_id=f"PAPER-{notice.id}-{known.notice.tries}", status="paper"
        )

    def answer(self, message: InboundMessage) -> None:
        """Somebody answers (a demo's phone view, a test)."""
        self._answers.append(message)

    def inbound(self, since: float) -> Sequence[InboundMessage]:
        """Answers given since ``since``."""
        return [m for m in self._answers if m.at >= since]


PAPER = "paper trail only, nothing was sent"
