"""The outbox calls the provider only for what was committed and released, and loses nothing it was told."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from msgspec.structs import replace

from alerts.model import Notice, NoticeState, Person
from alerts.notices import Fault, SendResult
from alerts.sms import InboundMessage, PaperSender
from sensors.model import Text
from strongroom.clock import SetClock, SystemClock
from strongroom.outbox import Heard, Outbox, OutboxEvent, Reported, Taking
from tests.reach import person

S = NoticeState
LI = person("li")


def notice(id_: str = "n1", **more: object) -> Notice:
    given: dict[str, object] = {
        "id": id_,
        "about": "a",
        "reference": "K001",
        "person": "li",
        "channel": "sms",
        "words": "words",
        "reason": Text("", ""),
        "rung": 0,
        "due_at": 0.0,
        "expires_at": 300.0,
        **more,
    }
    return Notice(**given)  # type: ignore[arg-type]


class Recorder(PaperSender):
    """Remembers the order of calls; ``results`` come first."""

    def __init__(self, *results: SendResult | Exception) -> None:
        super().__init__()
        self.calls: list[str] = []
        self.results = list(results)
        self.since: list[float] = []

    def send(self, notice: Notice, person: Person) -> SendResult:
        self.calls.append(notice.id)
        if self.results:
            result = self.results.pop(0)
            if isinstance(result, Exception):
                raise result
            return result
        return super().send(notice, person)

    def inbound(self, since: float) -> Sequence[InboundMessage]:
        self.since.append(since)
        return super().inbound(since)


def outbox(sender: PaperSender, clock: SetClock | None = None) -> tuple[Outbox, list[OutboxEvent]]:
    said: list[OutboxEvent] = []
    return Outbox(sender, clock or SetClock(0.0), said.append, {"li": LI}), said


def sending(one: Notice, at: float = 0.0) -> Notice:
    return replace(one, state=S.SENDING, tries=1, at={"sending": at, "first": at})


def test_nothing_goes_before_it_is_released() -> None:
    sender = Recorder()
    box, said = outbox(sender)
    box.offer([notice()])
    for _ in range(5):
        box.pump()
    assert said == [Taking("n1")]
    assert sender.calls == []
    box.release(sending(notice()))
    box.pump()
    assert sender.calls == ["n1"]
    assert isinstance(said[-1], Reported)


def test_a_withdrawn_notice_never_goes_and_may_be_offered_again() -> None:
    sender = Recorder()
    box, said = outbox(sender)
    box.offer([notice()])
    box.pump()
    box.withdraw("n1")
    box.pump()
    box.offer([notice()])
    box.pump()
    assert said == [Taking("n1"), Taking("n1")]
    assert sender.calls == []


def test_what_is_not_due_yet_waits() -> None:
    clock = SetClock(0.0)
    box, said = outbox(Recorder(), clock)
    box.offer([notice(next_try_at=15.0)])
    box.pump()
    assert said == []
    clock.move(15.0)
    box.pump()
    assert said == [Taking("n1")]


def test_life_safety_goes_first_then_the_worst_then_whoever_waited_longest() -> None:
    sender = Recorder()
    box, _ = outbox(sender)
    box.release(sending(notice("answer", kind="answer", priority=1)))
    box.release(sending(notice("late", priority=2, due_at=5.0)))
    box.release(sending(notice("low", priority=3)))
    box.release(sending(notice("early", priority=2, due_at=1.0)))
    box.release(sending(notice("fire", priority=2, life_safety=True, due_at=9.0)))
    for _ in range(5):
        box.pump()
    assert sender.calls == ["fire", "early", "late", "low", "answer"]


def test_an_exception_out_of_a_sender_is_a_lost_answer_not_the_end() -> None:
    box, said = outbox(Recorder(RuntimeError("boom")))
    box.release(sending(notice()))
    box.pump()
    (event,) = said
    assert isinstance(event, Reported)
    assert (event.result.state, event.result.fault) == (S.UNCERTAIN, Fault.AMBIGUOUS)
    assert "boom" in event.result.detail


def test_a_person_who_is_gone_is_a_failure_not_a_crash() -> None:
    box, said = outbox(Recorder())
    box.release(sending(notice(person="nobody")))
    box.pump()
    assert isinstance(said[0], Reported)
    assert said[0].result.state is S.FAILED


def test_an_uncertain_message_is_looked_up_after_its_grace_and_again_until_known() -> None:
    clock = SetClock(0.0)
    sender = Recorder()
    box, said = outbox(sender, clock)
    box.offer([replace(sending(notice()), state=S.UNCERTAIN)])
    clock.move(29.0)
    box.pump()
    assert [e for e in said if isinstance(e, Reported)] == []
    clock.move(2.0)
    box.pump()
    (found,) = [e for e in said if isinstance(e, Reported)]
    assert found.result.fault is Fault.NOT_TAKEN


def test_answers_are_fetched_often_while_one_may_come_and_count_once() -> None:
    clock = SetClock(10_000.0)
    sender = Recorder()
    box, said = outbox(sender, clock)
    box.pump()
    quiet = len(sender.since)
    for _ in range(60):
        clock.move(1.0)
        box.pump()
    assert len(sender.since) == quiet
    box.settled(replace(sending(notice(), clock.now()), state=S.DELIVERED))
    sender.answer(InboundMessage(id="SM1", sender=LI.phone, words="1A", at=clock.now()))
    for _ in range(20):
        clock.move(1.0)
        box.pump()
    assert len([e for e in said if isinstance(e, Heard)]) == 1
    assert len(sender.since) - quiet >= 4


def test_three_failures_in_a_row_are_trouble_and_one_success_ends_it() -> None:
    dead = SendResult(state=S.FAILED, fault=Fault.TEMPORARY, code="connect")
    box, _ = outbox(Recorder(dead, dead, dead))
    for n in range(3):
        assert box.trouble is None
        box.release(sending(notice(f"n{n}")))
        box.pump()
    assert box.trouble is not None
    assert box.trouble.en == "3 sendings in a row failed: temporary connect "
    assert box.trouble.zh == "连续 3 次发送失败：temporary connect "
    box.release(sending(notice("n4")))
    box.pump()
    assert box.trouble is None


def test_on_its_own_thread_it_sends_what_is_released_and_stops() -> None:
    done = threading.Event()
    said: list[OutboxEvent] = []

    def report(event: OutboxEvent) -> None:
        said.append(event)
        if isinstance(event, Reported):
            done.set()

    box = Outbox(Recorder(), SystemClock(), report, {"li": LI})
    box.start()
    box.release(sending(notice()))
    assert done.wait(10)
    box.stop()
    assert not any(t.name == "outbox" and t.is_alive() for t in threading.enumerate())
