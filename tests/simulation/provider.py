"""The message provider: lives through every death of the engine, loses answers, fails, and remembers what it took."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from msgspec import Struct

from alerts.model import Notice, NoticeState, Person
from alerts.notices import Fault, SendResult
from alerts.sms import InboundMessage
from tests.simulation.crash import Switch

S = NoticeState


class Took(Struct, frozen=True):
    """One message the provider accepted for a phone."""

    at: float
    notice: Notice
    arrives: bool


class Provider:
    """A :class:`alerts.sms.Sender`. ``watch`` sees every call before it is answered."""

    def __init__(self, random: Random, switch: Switch, now: Callable[[], float]) -> None:
        self._random, self._switch, self._now = random, switch, now
        self.took: list[Took] = []
        self.down = False
        self.watch: Callable[[Notice], None] = lambda notice: None
        self._by_id: dict[str, Took] = {}
        self._answers: list[InboundMessage] = []

    @property
    def channels(self) -> frozenset[str]:
        return frozenset({"sms", "voice"})

    def send(self, notice: Notice, person: Person) -> SendResult:
        self._switch.at("called")
        self.watch(notice)
        if self.down:
            return SendResult(state=S.UNCERTAIN, fault=Fault.AMBIGUOUS)
        chance = self._random.random()
        if chance < 0.05:
            return SendResult(state=S.FAILED, fault=Fault.TEMPORARY, code="20429")
        if chance < 0.07:  # the request never came through, nobody knows
            return SendResult(state=S.UNCERTAIN, fault=Fault.AMBIGUOUS)
        took = Took(self._now(), notice, arrives=chance > 0.12)
        self.took.append(took)
        self._by_id[notice.id] = took
        self._switch.at("sent")
        if 0.07 <= chance < 0.1:
            return SendResult(state=S.UNCERTAIN, fault=Fault.AMBIGUOUS)
        result = SendResult(state=self._state(took), provider_id=f"P-{notice.id}-{notice.tries}")
        if result.state is S.UNDELIVERED:
            result = SendResult(state=S.UNDELIVERED, provider_id=result.provider_id, fault=Fault.UNREACHABLE)
        self._switch.at("answered")
        return result

    def has(self, notice: str) -> bool:
        """Whether it ever accepted this message."""
        return notice in self._by_id

    def look_up(self, notice: Notice, person: Person) -> SendResult | None:
        if self.down:
            return None
        took = self._by_id.get(notice.id)
        if took is None or took.notice.tries != notice.tries:
            return SendResult(state=S.UNCERTAIN, fault=Fault.NOT_TAKEN)
        state = self._state(took)
        fault = Fault.UNREACHABLE if state is S.UNDELIVERED else Fault.NONE
        return SendResult(state=state, provider_id=f"P-{notice.id}-{notice.tries}", fault=fault)

    def inbound(self, since: float) -> Sequence[InboundMessage]:
        return () if self.down else [m for m in self._answers if m.at >= since]

    def answer(self, message: InboundMessage) -> None:
        """Somebody texts back."""
        self._answers.append(message)

    @staticmethod
    def _state(took: Took) -> NoticeState:
        if took.notice.channel == "voice":
            return S.RINGING if took.arrives else S.NO_ANSWER
        return S.DELIVERED if took.arrives else S.UNDELIVERED
