"""The thread that talks to providers. It decides nothing: it reports, and calls only what was released.

One message goes through four steps: the engine offers it after the commit that made it due; the outbox
reports :class:`Taking`; the engine checks that it is still wanted, journals it as sending, commits, and
releases it with its words of that moment (or withdraws it); only then is the provider called, and what it
said is reported as :class:`Reported`. A process killed at any point leaves a notice whose state says how far
it came: due (never handed over) or sending (to be looked up, see ``alerts.notices``).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from alerts.model import Notice, NoticeState, Person
from alerts.notices import IN_FLIGHT, LOST_ANSWER_S, Fault, SendResult, receipts_due, ripe
from alerts.sms import InboundMessage, Sender
from sensors.model import Text
from strongroom.clock import Clock
from strongroom.model import Act, ReplyReceived

S = NoticeState

POLL_OPEN_S = 4.0  # how often answers are fetched while an answer may come: it stops all within 5 s (C18)
OPEN_S = 1800.0  # for so long after a page an answer is looked for that often
POLL_IDLE_S = 300.0
LOOK_UP_AFTER_S = (20.0, 40.0, 60.0, 180.0, 600.0)  # after sending; then daily while not final
CALL_LOOK_UP_S = 5.0  # a key pressed in a call stops everything within 5 s (C18)
FAILING_IN_A_ROW = 3
CALL_LASTS_S = 120.0
LOOK_UP_LATER_S = 86400.0
ASK_AGAIN_S = 15.0
START_OVERLAP_S = 12 * 3600.0  # what was answered while we were down; the inbox keeps each answer once
INBOUND_OVERLAP_S = 300.0  # fetched again each time: an answer may show up late, its id makes it count once


class Taking(Struct, frozen=True):
    """The outbox is about to send this notice: journal it as sending, commit, then release it."""

    notice_id: str


class Reported(Struct, frozen=True):
    """What a provider said about a notice."""

    notice_id: str
    result: SendResult


class Heard(Struct, frozen=True):
    """An answer came in."""

    message: InboundMessage

    @property
    def act(self) -> Act:
        """The answer as the act it is kept as; its provider's id makes a repeat harmless."""
        said = self.message
        reply = ReplyReceived(
            sender=said.sender,
            words=said.words,
            means=said.means,
            provider_id=said.id,
            notice=said.notice,
        )
        return Act(id=f"reply-{said.id}", at=said.at, by="", what=reply)


OutboxEvent = Taking | Reported | Heard


class _Watched(Struct):
    """A message at the provider: when it went and when to ask about it next."""

    notice: Notice
    asked: int
    next_at: float


class Outbox:
    """Sends what the engine releases, one call at a time. All public methods are thread-safe.

    ``report`` is called from the outbox thread and must only queue the event. ``poll`` False where signed
    callbacks bring every state and answer.
    """

    def __init__(
        self,
        sender: Sender,
        clock: Clock,
        report: Callable[[OutboxEvent], None],
        people: Mapping[str, Person],
    ) -> None:
        self._sender, self._clock, self._report, self._people = sender, clock, report, people
        self._lock = threading.Lock()
        self._offered: dict[str, Notice] = {}
        self._taking: dict[str, float] = {}
        self._released: list[Notice] = []
        self._watched: dict[str, _Watched] = {}
        self._heard_since = clock.now() - START_OVERLAP_S
        self._next_poll = 0.0
        self._open_until = 0.0
        self._seen: dict[str, None] = {}
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.beat_at = clock.monotonic()
        self._broken = ""  # what went wrong in our own code
        self._failing = 0
        self._failure = ""

    @property
    def trouble(self) -> Text | None:
        """What is wrong with sending as a whole; None if nothing is known to be."""
        if self._broken:
            return Text(f"程序错误：{self._broken}", f"a fault of the program: {self._broken}")
        if self._failing < FAILING_IN_A_ROW:
            return None
        return Text(
            f"连续 {self._failing} 次发送失败：{self._failure}",
            f"{self._failing} sendings in a row failed: {self._failure}",
        )

    # --- from the engine ------------------------------------------------------------------------------

    def offer(self, notices: Sequence[Notice]) -> None:
        """Notices due now (``Pager.due``), after the commit that made them so. Repeats are harmless."""
        with self._lock:
            for notice in notices:
                if notice.state is S.UNCERTAIN:
                    self._watch(notice)
                elif notice.id not in self._taking:
                    self._offered[notice.id] = notice
        self._wake.set()

    def release(self, notice: Notice) -> None:
        """Send this now: it is journaled as sending and committed."""
        with self._lock:
            self._taking.pop(notice.id, None)
            self._offered.pop(notice.id, None)
            self._released.append(notice)
        self._wake.set()

    def withdraw(self, notice_id: str) -> None:
        """Do not send this: it is no longer wanted."""
        with self._lock:
            self._taking.pop(notice_id, None)
            self._offered.pop(notice_id, None)

    def settled(self, notice: Notice) -> None:
        """The engine's newest state of a notice: final ones are not asked about any more."""
        with self._lock:
            if notice.kind in ("page", "test") and notice.state in IN_FLIGHT | {S.DELIVERED}:
                self._open_until = max(self._open_until, notice.at.get(S.SENDING.value, 0.0) + OPEN_S)
                self._next_poll = min(self._next_poll, self._clock.now() + POLL_OPEN_S)
            if receipts_due(notice) or notice.state is S.UNCERTAIN:
                self._watch(notice)
            else:
                self._watched.pop(notice.id, None)

    # --- the thread -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Run in a thread of its own until :meth:`stop`."""
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the call in hand and end."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=15.0)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                busy = self.pump()
                self._broken = ""
            except Exception as fault:
                self._broken = f"{type(fault).__name__}: {fault}"
                busy = False
            if not busy:
                self._clock.wait(0.5, self._wake)
                self._wake.clear()

    def pump(self) -> bool:
        """One round: report what is to be taken, send what was released, look one up, fetch answers.

        True if there was anything to do. Tests call it instead of starting the thread.
        """
        now = self._clock.now()
        self.beat_at = self._clock.monotonic()
        with self._lock:
            taking = sorted(
                (n for n in self._offered.values() if n.id not in self._taking and ripe(n, now)),
                key=urgency,
            )
            for notice in taking:
                self._taking[notice.id] = now
            self._released.sort(key=urgency)
            released = self._released.pop(0) if self._released else None
        for notice in taking:
            self._report(Taking(notice.id))
        if released is not None:
            self._send(released)
            return True
        return bool(taking) or self._ask_one() or self._listen()

    def _send(self, notice: Notice) -> None:
        person = self._people.get(notice.person)
        if person is None:
            gone = SendResult(state=S.FAILED, fault=Fault.NUMBER, detail="no such person")
            self._report(Reported(notice.id, gone))
            return
        result = guarded(lambda: self._sender.send(notice, person))
        if result is None:
            return
        ours = result.fault in (Fault.TEMPORARY, Fault.AMBIGUOUS, Fault.CONFIGURATION)
        self._failing = self._failing + 1 if ours else 0
        self._failure = f"{result.fault.value} {result.code} {result.detail}"
        self._report(Reported(notice.id, result))

    def _watch(self, notice: Notice) -> None:
        """Remember to ask about a message at the provider (lock held)."""
        known = self._watched.get(notice.id)
        if known is not None and known.notice.tries == notice.tries and known.notice.state is notice.state:
            known.notice = notice
            return
        now = self._clock.now()  # a sending noted ahead of it: the clock has been set back since
        sent = min(notice.at.get(S.SENDING.value, now), now)
        wait = CALL_LOOK_UP_S if notice.channel == "voice" else LOOK_UP_AFTER_S[0]
        if notice.state is S.UNCERTAIN:
            wait = LOST_ANSWER_S
        self._watched[notice.id] = _Watched(notice=notice, asked=0, next_at=sent + wait)

    def _ask_one(self) -> bool:
        now = self._clock.now()
        with self._lock:
            due = min(self._watched.values(), key=lambda w: w.next_at, default=None)
            if due is None or due.next_at > now:
                return False
            due.asked += 1
            due.next_at = self._ask_next(due, now)
        person = self._people.get(due.notice.person)
        found = guarded(lambda: self._sender.look_up(due.notice, person)) if person else None
        if found is not None and found.keys and person is not None:
            pressed = InboundMessage(
                id=f"{found.provider_id}:{found.keys}",
                sender=person.phone,
                words=found.keys,
                at=now,
                means="voice",
                notice=due.notice.id,
            )
            self._hear(pressed)
        if found is not None and (found.state is not S.UNCERTAIN or found.fault in SETTLES):
            self._report(Reported(due.notice.id, found))
        return True

    @staticmethod
    def _ask_next(watched: _Watched, now: float) -> float:
        """When to ask about a message again."""
        notice = watched.notice
        sent = min(notice.at.get(S.SENDING.value, now), now)
        if notice.state is S.UNCERTAIN:
            return now + ASK_AGAIN_S
        if notice.channel == "voice" and now - sent < CALL_LASTS_S:
            return now + CALL_LOOK_UP_S
        if watched.asked < len(LOOK_UP_AFTER_S):
            return max(now + ASK_AGAIN_S, sent + LOOK_UP_AFTER_S[watched.asked])
        return now + LOOK_UP_LATER_S

    def _hear(self, message: InboundMessage) -> bool:
        """Report an answer once; a restart may report it again, its id tells."""
        if message.id in self._seen:
            return False
        self._seen[message.id] = None
        self._report(Heard(message))
        return True

    def _listen(self) -> bool:
        now = self._clock.now()
        if now < self._next_poll:
            return False
        with self._lock:
            self._next_poll = now + (POLL_OPEN_S if now < self._open_until else POLL_IDLE_S)
        fresh = [self._hear(m) for m in self._sender.inbound(self._heard_since)]
        self._heard_since = now - INBOUND_OVERLAP_S
        return any(fresh)


SETTLES = frozenset({Fault.NOT_TAKEN, Fault.UNKNOWABLE})


def urgency(notice: Notice) -> tuple[bool, bool, int, float]:
    """Sort key: life safety, pages before the rest, priority, then whoever has waited longest."""
    return (not notice.life_safety, notice.kind != "page", notice.priority, notice.due_at)


def guarded(call: Callable[[], SendResult | None]) -> SendResult | None:
    """``call``'s result; an exception out of a sender counts as an answer that was lost."""
    try:
        return call()
    except Exception as fault:
        detail = f"{type(fault).__name__}: {fault}"[:300]
        return SendResult(state=S.UNCERTAIN, fault=Fault.AMBIGUOUS, detail=detail)
