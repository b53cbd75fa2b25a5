"""Telling people until one answers: every decision about who is told what, when, and why.

Pure. The pager's position is its notices and the alarms, nothing else: each decision comes out as a
:class:`NoticeEvent` with the whole notice, and restoring those notices reproduces the position exactly. It is
level-triggered: whatever event was missed, the next tick finds an alarm that should page and does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from alerts import answers, chores, phrases, proof
from alerts.book import Book
from alerts.climb import Climb
from alerts.course import (
    ANSWER_S,
    WORKING_HOURS,
    forgotten,
    look_again_at,
    next_rung_at,
    opened_at,
    position,
    progress_at,
    running,
)
from alerts.crew import Crew
from alerts.drafts import Drafts
from alerts.hand_out import HandOut
from alerts.model import Alarm, AlarmEvent, Duty, Ladder, Notice, NoticeEvent, NoticeState, Person, Refused
from alerts.notices import (
    DELIVERY_S,
    FINAL,
    FIRST,
    IN_FLIGHT,
    LOST,
    LOST_ANSWER_S,
    WAITING,
    Fault,
    SendResult,
    become,
    event,
    judge,
    late,
    receipts_due,
    ripe,
    sending,
)
from alerts.rule import Schedule
from sensors.model import Text, Zone

S = NoticeState
STRONGER = frozenset({"alarm.worse", "alarm.confirmed", "alarm.realarmed"})
KEEP_S = 7 * 86400.0


class Pager:
    """Ladders, storm limits, channels and answers for one building.

    ``working`` are the hours of rules that page by day only; ``test_at`` the local "HH:MM" of the daily
    test to whoever is on duty (empty: no test).
    """

    def __init__(
        self,
        people: Mapping[str, Person],
        ladders: Iterable[Ladder],
        duties: Sequence[Duty],
        timezone: str,
        *,
        site: Text,
        zones: Mapping[str, Zone] | None = None,
        channels: Iterable[str] = ("sms", "voice"),
        working: Sequence[Schedule] = WORKING_HOURS,
        test_at: str = "",
    ) -> None:
        self.crew = Crew(people, ladders, duties, timezone, channels, test_at=test_at)
        self.book = Book()
        self._drafts = Drafts(self.crew, self.book, site, zones or {})
        self._hand_out = HandOut(self.crew, self.book, self._drafts)
        self._climb = Climb(self.crew, self.book, self._hand_out.hold, working)
        self._restored = self._untold = False
        self._quiet: dict[str, tuple[Alarm, float]] = {}  # alarm as looked at -> no need to look before
        self._forgot_at = 0.0

    @property
    def notices(self) -> dict[str, Notice]:
        """Every notice by id."""
        return self.book.notices

    # --- what the engine calls ------------------------------------------------------------------------

    def restore(self, notice: Notice) -> None:
        """Put back a notice from the journal; call for each, in any order, before anything else."""
        self.book.put(notice)
        # Whom a step still waits for can only be found again once all alarms are known.
        self._restored = self._untold = True

    def on_alarm(self, happened: AlarmEvent, now: float) -> list[NoticeEvent]:
        """What an alarm's event means for people; call for every event, in the same commit."""
        alarm = happened.alarm
        self.book.alarms[alarm.id] = alarm
        self._quiet.pop(alarm.id, None)
        self._ready()
        out: list[NoticeEvent] = []
        if happened.kind == "alarm.acknowledged":
            out += self._acted(alarm, happened.by, now)
        why = self._climb.silent(alarm, now)
        course = self.book.course(alarm.id)
        worse = course is not None and (happened.kind in STRONGER or course.priority > alarm.priority)
        if worse and (why is None or why.word == "acknowledged") and not self._climb.unsaid(alarm):
            out += self._climb.start(alarm, now, phrases.WORSE)
        else:
            out += self._climb.level(alarm, why, now)
        out += self._climb.climb(alarm, now)
        out += self._hand_out.release(self._climb.unwanted, now)
        if alarm.closed_at is not None:
            del self.book.alarms[alarm.id]
        return out

    def tick(
        self, now: float, alarms: Mapping[str, Alarm], progress: Mapping[str, float] | None = None
    ) -> list[NoticeEvent]:
        """What has become due; call at :meth:`next_due` and at least once a minute.

        ``progress`` says when people last did something about an alarm elsewhere (incident steps).
        """
        self._see(alarms)
        out = self._overdue(now)
        for alarm in alarms.values():
            quiet = self._quiet.get(alarm.id)
            if quiet is not None and quiet[0] is alarm and now < quiet[1]:
                continue
            ladder, done = self.crew.ladder(alarm), (progress or {}).get(alarm.id, 0.0)
            why = self._climb.silent(alarm, now)
            out += self._climb.level(alarm, why, now)
            acted = why is not None and why.word == "acknowledged"
            if acted and forgotten(alarm, ladder, self.book.course(alarm.id), done, now):
                since = (now - progress_at(alarm, done)) / 60.0
                out += self._climb.start(alarm, now, phrases.forgotten(alarm, since))
            out += self._climb.climb(alarm, now)
            course = self.book.course(alarm.id)
            if not running(course):
                again = look_again_at(alarm, course, ladder, now)
                self._quiet[alarm.id] = (alarm, min(again, now + 60.0) if done else again)
        out += self._climb.orphans(now)
        out += self._hand_out.release(self._climb.unwanted, now)
        out += [self._put(e) for e in chores.due(self._drafts, now)]
        self._forget(now)
        return out

    def on_result(self, notice_id: str, result: SendResult, now: float) -> list[NoticeEvent]:
        """What a provider's word about a notice changes, and what follows from it."""
        self._ready()
        notice = self.book.notices.get(notice_id)
        said = judge(notice, result, now) if notice else None
        if said is None:
            return []
        out = [self._put(said)]
        out += [self._put(e) for e in chores.contact(self._drafts, said.notice, now)]
        out += self._hand_out.next_way(said.notice, self._climb.unwanted, now)
        for alarm_id in dict.fromkeys(s.alarm for s in said.notice.spoken):
            if alarm_id in self.book.alarms:
                out += self._climb.climb(self.book.alarms[alarm_id], now)
        out += self._hand_out.release(self._climb.unwanted, now)
        return out

    def task(self, name: str, words: Text, now: float) -> list[NoticeEvent]:
        """A task for whoever looks after the system, told once per ``name``: no alarm, no ladder, no answer needed."""
        self._ready()
        return [self._put(e) for e in chores.task(self._drafts, name, words, now)]

    def wanted(self, notice: Notice, alarms: Mapping[str, Alarm], now: float) -> Text | None:
        """Why ``notice`` is no longer wanted; None if it is. The one check just before each sending."""
        self._see(alarms)
        if notice.state not in WAITING:
            return phrases.STOPPED
        if notice.kind != "page":
            return phrases.TOO_LATE if notice.expires_at and now > notice.expires_at else None
        reasons = [
            self._climb.unwanted(spoken, notice.person, notice.each_confirms) for spoken in notice.spoken
        ]
        return None if None in reasons else (reasons or [phrases.STOPPED])[0]

    def take(self, notice_id: str, now: float, alarms: Mapping[str, Alarm]) -> list[NoticeEvent]:
        """The moment before sending: the notice as SENDING with its words of now, or CANCELLED with why.

        Commit what this returns before the provider is called.
        """
        notice = self.book.notices.get(notice_id)
        if notice is None or notice.state not in WAITING:
            return []
        why = self.wanted(notice, alarms, now)
        if why is not None:
            return [self._put(event(become(notice, S.CANCELLED, now), now, why))]
        words = notice.words
        if notice.kind == "page":
            still = [
                s
                for s in notice.spoken
                if self._climb.unwanted(s, notice.person, notice.each_confirms) is None
            ]
            words = self._drafts.words(notice, still, alarms, now)
        return [self._put(event(sending(notice, now, words), now, phrases.SENDING))]

    def on_reply(
        self,
        sender_phone: str,
        words: str,
        means: str,
        now: float,
        alarms: Mapping[str, Alarm],
        *,
        notice_id: str = "",
        inbound_id: str = "",
    ) -> list[NoticeEvent | Refused | answers.PersonAct]:
        """What an answer from a phone means: that person's acts, answers to it, refusals for the log.

        ``means`` is sms, voice (``words`` are the keys pressed, ``notice_id`` the call) or phone page;
        ``inbound_id`` the provider's id, so that an answer that comes twice counts once.
        """
        self._see(alarms)
        inbound = answers.Inbound(
            phone=sender_phone, words=words, means=means, notice=notice_id, id=inbound_id, at=now
        )
        out: list[NoticeEvent | Refused | answers.PersonAct] = []
        for item in answers.heard(self._drafts, inbound):
            if isinstance(item, NoticeEvent):
                out.append(self._put(item))
            elif isinstance(item, answers.PassOn):
                for spoken in item.spoken:
                    out += self._climb.pass_on(spoken, now)
            else:
                out.append(item)
        out += self._hand_out.release(self._climb.unwanted, now)
        return out

    def due(self, now: float) -> list[Notice]:
        """Notices for the outbox: to be sent now, or to be looked up because the answer was lost."""
        return [
            n
            for n in (self.book.notices[i] for i in self.book.open)
            if ripe(n, now) or n.state is S.UNCERTAIN
        ]

    def looks_again(self, now: float) -> float | None:
        """When the first alarm may stir by time alone (shelf ends, hours begin, forgotten), if all are quiet.

        None where one is not: look once a minute.
        """
        if len(self._quiet) < len(self.book.alarms):
            return None
        again = min((again for _, again in self._quiet.values()), default=now)
        return again if again > now else None

    def next_due(self, now: float) -> float | None:
        """The next moment at which a tick may have something to do, at least a second after ``now``.

        None if nothing is known to come.
        """
        self._ready()
        moments = [m for m in (self._hand_out.next_at(), chores.next_at(self.crew, now)) if m is not None]
        for notice in (self.book.notices[i] for i in self.book.open):
            first = notice.at.get(FIRST)
            if notice.state in WAITING:
                moments.append(max(notice.next_try_at, notice.due_at))
            if first is not None and not self.book.followed(notice.id):
                moments.append(first + DELIVERY_S)
            if notice.state is S.SENDING:
                moments.append(notice.at[S.SENDING.value] + LOST_ANSWER_S)
            if receipts_due(notice):
                moments.append(notice.expires_at + LOST_ANSWER_S)
        for course in (self.book.notices[i] for i in self.book.running):
            alarm = self.book.alarms.get(course.about)
            ladder = self.crew.ladder(alarm) if alarm else None
            if ladder is not None:
                at = next_rung_at(course, ladder.rungs)
                if at is not None:
                    moments.append(at)
                    continue
                if f"nobody{position(course).round}" not in course.at:
                    moments.append(opened_at(course) + ANSWER_S)
                if ladder.repeat_min > 0:
                    moments.append(opened_at(course) + ladder.repeat_min * 60.0)
        coming = [
            at for at in moments if at > now
        ]  # what was due before and could not be done waits for news
        return max(now + 1.0, min(coming)) if coming else None

    def test_owed(self, now: float) -> bool:
        """Whether the virtual sensor of the daily test must speak now."""
        self._ready()
        return proof.owed(self._drafts, now)

    def test_heard(self, now: float) -> list[NoticeEvent]:
        """The virtual sensor's word came through its rule: the day's test messages."""
        self._ready()
        return [self._put(e) for e in proof.heard(self._drafts, now)]

    def test_contact(self, person: str, act_id: str, by: str, now: float) -> list[NoticeEvent | Refused]:
        """A test of every channel of ``person``, asked for by somebody."""
        self._ready()
        said = proof.asked(self._drafts, person, act_id, by, now)
        return [self._put(e) if isinstance(e, NoticeEvent) else e for e in said]

    def test_trouble(self, begun_at: float, now: float) -> Text | None:
        """What the latest daily test did not prove; ``begun_at`` is when this engine began."""
        self._ready()
        return proof.trouble(self._drafts, begun_at, now)

    def troubles(self) -> list[Notice]:
        """Channels of people that do not work now (opted out, wrong number), for screens and doctor."""
        return [n for n in self.book.notices.values() if n.kind == "trouble" and n.fault]

    def tests(self) -> list[Notice]:
        """The newest daily test of each person and channel, for the Setup page."""
        newest: dict[tuple[str, str], Notice] = {}
        for notice in self.book.notices.values():
            if (
                notice.kind == "test"
                and notice.due_at >= newest.get((notice.person, notice.channel), notice).due_at
            ):
                newest[notice.person, notice.channel] = notice
        return list(newest.values())

    def nobody_reached(self) -> tuple[str, ...]:
        """References of alarms whose whole ladder was tried and that nobody has answered yet."""
        running = (self.book.notices[i] for i in self.book.running)
        return tuple(c.reference for c in running if any(key.startswith("nobody") for key in c.at))

    # --- inside ---------------------------------------------------------------------------------------

    def _see(self, alarms: Mapping[str, Alarm]) -> None:
        if self.book.alarms is not alarms:
            self.book.alarms = dict(alarms)
        self._ready()
        if self._untold:
            self._untold = False
            self._hand_out.rebuild()

    def _ready(self) -> None:
        if self._restored:
            self._restored = False
            self.book.sort()

    def _acted(self, alarm: Alarm, by: str, now: float) -> list[NoticeEvent]:
        """The messages that told ``by`` of the alarm are answered."""
        out = []
        for notice in list(self.book.of_alarm(alarm.id)):
            if notice.person == by and notice.state in IN_FLIGHT | {S.DELIVERED}:
                answered = become(notice, S.ANSWERED, now, means=notice.means or "screen")
                out.append(self._put(event(answered, now, phrases.ACTED, by)))
        return out

    def _overdue(self, now: float) -> list[NoticeEvent]:
        """Sendings that were interrupted, deliveries that did not happen in time."""
        out: list[NoticeEvent] = []
        for notice in [self.book.notices[i] for i in self.book.open]:
            # A moment that lies ahead was noted by a clock that has been set back since.
            if notice.state is S.SENDING and abs(now - notice.at[S.SENDING.value]) >= LOST_ANSWER_S:
                lost = become(notice, S.UNCERTAIN, now, fault=Fault.AMBIGUOUS.value)
                out.append(self._put(event(lost, now, phrases.LOST_ANSWER)))
            elif receipts_due(notice) and now >= notice.expires_at + LOST_ANSWER_S:
                gone = become(notice, S.EXPIRED, now)
                out.append(self._put(event(gone, now, phrases.TOO_LATE)))
                out += [self._put(e) for e in chores.contact(self._drafts, gone, now)]
            current = self.book.notices[notice.id]
            if current.state in LOST or late(current, now):
                out += self._hand_out.next_way(current, self._climb.unwanted, now)
        return out

    def _put(self, happened: NoticeEvent) -> NoticeEvent:
        self.book.put(happened.notice)
        return happened

    def _forget(self, now: float) -> None:
        """Drop from memory, once an hour, what no decision needs: the journal keeps it."""
        if now - self._forgot_at < 3600.0:
            return
        self._forgot_at = now
        self._quiet = {id_: q for id_, q in self._quiet.items() if id_ in self.book.alarms}
        for notice in list(self.book.notices.values()):
            about = {s.alarm for s in notice.spoken}
            old = now - max(notice.at.values(), default=notice.due_at) > KEEP_S
            if (
                old
                and notice.state in FINAL
                and not (notice.kind == "trouble" and notice.state is S.NOTED)  # how a channel is doing
                and notice.kind != "task"
                and not about & set(self.book.alarms)
            ):
                self.book.drop(notice.id)
