"""Several senders as one: each message goes to the sender that carries its channel."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.model import Notice, NoticeState, Person
from alerts.notices import Fault, SendResult
from alerts.sms import InboundMessage, Sender


class Senders:
    """The first sender that carries a channel gets its messages."""

    def __init__(self, senders: Sequence[Sender]) -> None:
        self._senders = tuple(senders)

    @property
    def channels(self) -> frozenset[str]:
        """All channels of all senders."""
        return frozenset().union(*(s.channels for s in self._senders))

    def send(self, notice: Notice, person: Person) -> SendResult:
        """Through the channel's own sender."""
        carrier = self._carrier(notice.channel)
        if carrier is None:
            return SendResult(
                state=NoticeState.FAILED, fault=Fault.CONFIGURATION, detail=f"no sender for {notice.channel}"
            )
        return carrier.send(notice, person)

    def look_up(self, notice: Notice, person: Person) -> SendResult | None:
        """Asked of the channel's own sender."""
        carrier = self._carrier(notice.channel)
        return carrier.look_up(notice, person) if carrier is not None else None

    def inbound(self, since: float) -> Sequence[InboundMessage]:
        """What came in anywhere."""
        return [message for sender in self._senders for message in sender.inbound(since)]

    def _carrier(self, channel: str) -> Sender | None:
        return next((s for s in self._senders if channel in s.channels), None)
