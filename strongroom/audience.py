"""The rehearsal's audience: alarms and messages that verdicts lead to when people answer after a while.

Annunciator and pager are the engine's own; the telephones always work.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from heapq import heappop, heappush

from msgspec import Struct

from alerts.acts import Acknowledge, CommentAlarm, Reset
from alerts.annunciator import Annunciator
from alerts.answers import STILL_ON_IT
from alerts.course import running
from alerts.model import Alarm, AlarmEvent, Notice, NoticeEvent, NoticeState, Refused
from alerts.notices import SendResult
from alerts.pager import Pager
from alerts.rule import Change
from sensors.model import Text
from strongroom.builtin import OWN, with_builtins
from strongroom.model import Building

MESSAGES_LISTED = 1000
IDLE_S = 60.0


class Occurrence(Struct, frozen=True, kw_only=True):
    """One alarm that would have been: where, when, for how long, why, and how many messages it would have
    sent.
    """

    rule: str
    scope: str
    zone: str
    priority: int
    raised_at: float
    cleared_at: float | None
    value: float | None
    unit: str
    reason: Text
    muted_by: str
    messages: int = 0


class Message(Struct, frozen=True, kw_only=True):
    """One message that would have gone out."""

    at: float
    person: str
    channel: str
    rules: tuple[str, ...]
    words: str
    why: Text


class Audience:
    """Everybody answers ``answer_s`` after an alarm was raised or ended and after each message about it: acknowledges,
    says "still on it" where it was forgotten, and resets what is over; below 0: nobody ever answers.

    ``sent`` counts messages, ``sent_of`` those that tell of a rule.
    """

    def __init__(self, building: Building, answer_s: float) -> None:
        rules = {**OWN, **with_builtins(building)}
        self._annunciator = Annunciator(rules, building.zones, building.sensors)
        self._pager = Pager(
            building.people,
            building.ladders,
            building.duties,
            building.timezone,
            site=building.name,
            zones=building.zones,
        )
        self._answer_s = answer_s
        self._at = 0.0
        self._answers: list[tuple[float, str]] = []
        self._who = next(iter(building.people), "rehearsal")
        self._raised: dict[str, Alarm] = {}
        self._ended: dict[str, float] = {}
        self._counted: dict[str, int] = defaultdict(int)
        self._pending: set[str] = set()  # alarms of which somebody was told and that will be answered
        self.messages: list[Message] = []
        self.sent = 0
        self.sent_of: Counter[str] = Counter()

    def change(self, change: Change) -> None:
        """The evaluator said something."""
        self._events(self._annunciator.on_change(change, change.at), change.at)

    def until(self, now: float) -> None:
        """Let everything happen that is due before ``now``, each at its own moment."""
        while True:
            dues = [d for d in (self._annunciator.next_due(), self._next_message()) if d is not None]
            if self._answers:
                dues.append(self._answers[0][0])
            if not dues or min(dues) >= now:
                break
            self._at = max(min(dues), self._at)
            self._moment(self._at)
        self._at = max(self._at, now)

    def occurrences(self) -> list[Occurrence]:
        """Every alarm, oldest first."""
        return [
            Occurrence(
                rule=alarm.rule,
                scope=alarm.scope,
                zone=alarm.zone,
                priority=alarm.priority,
                raised_at=alarm.raised_at,
                cleared_at=self._ended.get(alarm.id),
                value=alarm.cause.value if alarm.cause else None,
                unit=alarm.cause.unit if alarm.cause else "",
                reason=alarm.reason,
                muted_by=alarm.muted_by,
                messages=self._counted[alarm.id],
            )
            for alarm in sorted(self._raised.values(), key=lambda alarm: alarm.raised_at)
        ]

    def _next_message(self) -> float | None:
        if not self._pager.book.alarms:
            return None  # only rosters and daily tests are due: nothing a rule would have sent
        due, again = self._pager.next_due(self._at), self._pager.looks_again(self._at)
        soonest, idle = self._at + 1.0, self._at + IDLE_S
        # "At least a second from now" means that nothing is known to come: then once a minute, as live.
        return max(soonest, min(idle if due is None or due <= soonest else due, again or idle))

    def _moment(self, now: float) -> None:
        self._events(self._annunciator.tick(now), now)
        self._told(self._pager.tick(now, self._annunciator.alarms), now)
        while self._answers and self._answers[0][0] <= now:
            _, name = heappop(self._answers)
            self._answer(name, now)
        self._send(now)

    def _answer(self, name: str, now: float) -> None:
        self._pending.discard(name)
        alarm = self._annunciator.alarms.get(name)
        if alarm is None:
            return
        if alarm.acked is None:
            self._events(self._annunciator.on_act(Acknowledge(alarm=name), self._who, now), now)
        elif running(self._pager.book.course(name)):
            said = CommentAlarm(alarm=name, words=STILL_ON_IT.en)
            self._events(self._annunciator.on_act(said, self._who, now), now)
        alarm = self._annunciator.alarms.get(name)
        if alarm is not None and alarm.latched and not alarm.active:
            self._events(self._annunciator.on_act(Reset(alarm=name), self._who, now), now)

    def _events(self, events: Iterable[AlarmEvent | Refused], now: float) -> None:
        for event in events:
            if isinstance(event, Refused):
                continue
            alarm = event.alarm
            if alarm.id not in self._raised:
                self._raised[alarm.id] = alarm
                self._later(alarm.id, now)
            if alarm.active:
                if self._ended.pop(alarm.id, None) is not None:
                    self._later(alarm.id, now)  # it came again before it was closed
            elif alarm.id not in self._ended:
                self._ended[alarm.id] = now
                self._later(alarm.id, now)
            self._told(self._pager.on_alarm(event, now), now)

    def _later(self, name: str, now: float) -> None:
        if self._answer_s >= 0:
            heappush(self._answers, (now + self._answer_s, name))

    def _send(self, now: float) -> None:
        for notice in self._pager.due(now):
            for event in self._pager.take(notice.id, now, self._annunciator.alarms):
                if event.notice.state is NoticeState.SENDING:
                    self._sent(event.notice, now)
                    result = SendResult(state=NoticeState.DELIVERED, provider_id=notice.id)
                    self._told(self._pager.on_result(notice.id, result, now), now)

    def _sent(self, notice: Notice, now: float) -> None:
        if notice.kind != "page":
            return
        alarms = list(dict.fromkeys(spoken.alarm for spoken in notice.spoken))
        rules = tuple(dict.fromkeys(self._raised[a].rule for a in alarms if a in self._raised))
        self.sent += 1
        self.sent_of.update(rules)
        for name in alarms:
            self._counted[name] += 1
            if name not in self._pending:
                self._pending.add(name)
                self._later(name, now)
        if len(self.messages) < MESSAGES_LISTED:
            self.messages.append(
                Message(
                    at=now,
                    person=notice.person,
                    channel=notice.channel,
                    rules=rules,
                    words=notice.words,
                    why=notice.reason,
                )
            )

    def _told(self, events: Iterable[NoticeEvent], now: float) -> None:
        if any(event.notice.state is NoticeState.DUE for event in events):
            self._send(now)
