"""A provider that does what the test says, per number and channel."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.model import Notice, NoticeState, Person
from alerts.notices import Fault, SendResult
from alerts.sms import InboundMessage

S = NoticeState


class ScriptedSender:
    """Answers each sending with the first word of the number's script, ``delivered`` where it has none.

    Words: delivered, accepted, temporary, number, opted_out, text, configuration, undelivered, no_answer,
    lost (taken, the answer lost) and refused_lost (not taken, the answer lost), dead (no answer, no look-up).
    """

    def __init__(self, channels: frozenset[str] = frozenset({"sms", "voice", "mail"})) -> None:
        self.channels = channels
        self.scripts: dict[tuple[str, str], list[str]] = {}
        self.sent: list[tuple[str, str, str]] = []  # (person, channel, words) that reached the provider
        self.arrived: list[tuple[str, str, str]] = []
        self.calls = 0
        self.down = False

    def script(self, person: str, channel: str, *words: str) -> None:
        """What happens to the next messages; the last word stays."""
        self.scripts[person, channel] = list(words)

    def send(self, notice: Notice, person: Person) -> SendResult:
        self.calls += 1
        script = self.scripts.get((person.id, notice.channel), ["delivered"])
        word = script.pop(0) if len(script) > 1 else script[0]
        if self.down or word == "dead":
            return SendResult(state=S.UNCERTAIN, fault=Fault.AMBIGUOUS)
        taken = (person.id, notice.channel, notice.words)
        id_ = f"ID{self.calls}"
        if word == "refused_lost":
            return SendResult(state=S.UNCERTAIN, fault=Fault.AMBIGUOUS)
        if word in ("temporary",):
            return SendResult(state=S.FAILED, fault=Fault.TEMPORARY, code="20429")
        if word in ("number", "opted_out", "text", "configuration"):
            return SendResult(state=S.FAILED, fault=Fault(word), code=word)
        self.sent.append(taken)
        if word == "lost":
            self.arrived.append(taken)
            return SendResult(state=S.UNCERTAIN, fault=Fault.AMBIGUOUS)
        if word == "delivered":
            self.arrived.append(taken)
            state = S.RINGING if notice.channel == "voice" else S.DELIVERED
            return SendResult(state=state, provider_id=id_)
        state = {"undelivered": S.UNDELIVERED, "no_answer": S.NO_ANSWER}.get(word, S.ACCEPTED)
        return SendResult(
            state=state, provider_id=id_, fault=Fault.NONE if state is S.ACCEPTED else Fault.UNREACHABLE
        )

    def look_up(self, notice: Notice, person: Person) -> SendResult | None:
        if self.down or self.scripts.get((person.id, notice.channel)) == ["dead"]:
            return None
        if notice.state is not S.UNCERTAIN:
            return None
        hit = any(p == person.id and c == notice.channel for p, c, _ in self.arrived)
        if hit:
            return SendResult(state=S.DELIVERED, provider_id="FOUND")
        return SendResult(state=S.UNCERTAIN, fault=Fault.NOT_TAKEN)

    def inbound(self, since: float) -> Sequence[InboundMessage]:
        return []
