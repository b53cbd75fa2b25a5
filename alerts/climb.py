"""Starting, climbing and stopping the course of each alarm: which step of the ladder is open, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from alerts import phrases
from alerts.book import Book
from alerts.course import (
    ANSWER_S,
    Why,
    begin,
    next_rung_at,
    opened_at,
    position,
    round_base,
    running,
    silent_because,
    told_at,
)
from alerts.crew import Crew
from alerts.model import Alarm, Ladder, Notice, NoticeEvent, NoticeState, Person, Rung, Spoken
from alerts.notices import LOST, WAITING, become, event, late
from alerts.rule import Schedule
from sensors.model import Text

S = NoticeState
KEPT = frozenset({"started", "0.0"})  # keys of a course that outlive its rounds
Hold = Callable[[Person, Spoken, Rung | None, float], None]


class Climb:
    """Keeps every alarm's course in step with the alarm. ``hold`` takes a step one person must be told of."""

    def __init__(self, crew: Crew, book: Book, hold: Hold, working: Sequence[Schedule]) -> None:
        self._crew, self._book, self._hold, self._working = crew, book, hold, tuple(working)

    def silent(self, alarm: Alarm, now: float) -> Why | None:
        """Why nobody is to be told of ``alarm``; None if people must be."""
        return silent_because(
            alarm,
            self._book.course(alarm.id),
            ladder=self._crew.ladder(alarm),
            working=self._working,
            timezone=self._crew.timezone,
            now=now,
        )

    def level(self, alarm: Alarm, why: Why | None, now: float) -> list[NoticeEvent]:
        """Start, stop or leave the alarm's course, by what the alarm is rather than by what happened."""
        course = self._book.course(alarm.id)
        if why is None:
            if running(course):
                return []
            return self.start(alarm, now, phrases.started(alarm, course is not None))
        if course is not None and not running(course) and course.fault == why.word:
            return []
        if course is None and why.word in ("closed", "returned", "acknowledged"):
            return []
        return self.stop(alarm, why, now)

    def start(self, alarm: Alarm, now: float, reason: Text) -> list[NoticeEvent]:
        """A new turn of the ladder from its first rung.

        What the last turn still had waiting is dropped, except the first message a person was to get of this
        alarm (:meth:`unwanted`).
        """
        before = self._book.course(alarm.id)
        out = [self._put(event(begin(alarm, before, now, reason), now, reason))]
        if before is not None:
            out += self._cancel(alarm.id, now, reason)
        return out

    def unsaid(self, alarm: Alarm) -> bool:
        """Whether this turn runs by the right ladder and none of its messages was handed over yet.

        They are worded when they go, so a turning for the worse needs no new turn: it is in the first message.
        """
        course = self._book.course(alarm.id)
        if course is None or not running(course) or course.priority != alarm.priority:
            return False
        turn = position(course).turn
        return not any(
            notice.tries and any(s.alarm == alarm.id and s.turn == turn for s in notice.spoken)
            for notice in self._book.of_alarm(alarm.id)
        )

    def stop(self, alarm: Alarm, why: Why, now: float) -> list[NoticeEvent]:
        """No further steps: the course says why, and messages not yet sent are dropped."""
        before = self._book.course(alarm.id)
        course = before or begin(alarm, None, now, why.text)
        course = replace(
            course, status="stopped", fault=why.word, reason=why.text, at={**course.at, "stopped": now}
        )
        out = [self._put(event(course, now, why.text))]
        if before is not None:
            out += self._cancel(alarm.id, now, why.text)
        return out

    def climb(self, alarm: Alarm, now: float) -> list[NoticeEvent]:
        """Open every rung that is due: by its time, or because the one before cannot be reached."""
        out: list[NoticeEvent] = []
        ladder = self._crew.ladder(alarm)
        course = self._book.course(alarm.id)
        while ladder is not None and course is not None and running(course):
            step = self._step(ladder, course, now)
            if step is None:
                break
            course = self._put(step).notice
            out.append(step)
        return out

    def pass_on(self, spoken: Spoken, now: float) -> list[NoticeEvent]:
        """Open the next rung because a person asked for it; nothing if it has moved since they were told."""
        alarm = self._book.alarms.get(spoken.alarm)
        course = self._book.course(spoken.alarm)
        ladder = self._crew.ladder(alarm) if alarm else None
        if alarm is None or ladder is None or course is None or not running(course):
            return []
        if position(course) != spoken or spoken.rung >= len(ladder.rungs):
            return []
        opened = self._open(ladder, course, spoken.rung + 1, now, early=True)
        return [self._put(opened), *self.climb(alarm, now)]

    def orphans(self, now: float) -> list[NoticeEvent]:
        """Stop the courses of alarms that are no longer there."""
        out = []
        for id_ in list(self._book.running):
            course = self._book.notices[id_]
            if course.about not in self._book.alarms:
                at = {**course.at, "stopped": now}
                gone = replace(course, status="stopped", fault="closed", reason=phrases.GONE, at=at)
                out += [
                    self._put(event(gone, now, phrases.GONE)),
                    *self._cancel(course.about, now, phrases.GONE),
                ]
        return out

    # --- one step -------------------------------------------------------------------------------------

    def _step(self, ladder: Ladder, course: Notice, now: float) -> NoticeEvent | None:
        here = position(course)
        lost = here.rung >= 0 and self.exhausted(course, here.round, here.rung, now)
        following = next_rung_at(course, ladder.rungs)
        if following is not None:
            ahead = (
                round_base(course) > now + 1.0
            )  # begun by a clock that has been set back since: do not wait for it
            if now >= following or lost or ahead:
                return self._open(ladder, course, here.rung + 1, now, early=now < following)
            return None
        everyone = len(ladder.rungs)
        if here.rung < everyone and self._nobody_reached(course, now):
            return self._open(ladder, course, everyone, now, early=False)
        if not lost and now < opened_at(course) + ANSWER_S:
            return None
        if f"nobody{here.round}" not in course.at:
            at = {**course.at, f"nobody{here.round}": now}
            return event(replace(course, at=at, reason=phrases.NOBODY), now, phrases.NOBODY)
        if ladder.repeat_min > 0 and now >= opened_at(course) + ladder.repeat_min * 60.0:
            again = here.round + 1
            moved = replace(
                course,
                spoken=(Spoken(here.alarm, here.turn, again, -1),),
                at={**self._remembered(course), f"round{again}": now},
                reason=phrases.REPEATS,
            )
            return event(moved, now, phrases.REPEATS)
        return None

    def _remembered(self, course: Notice) -> dict[str, float]:
        """What the next round needs of the rounds before: a course that nobody answers must not grow for ever.

        Kept are the start, the newest "nobody reached", and steps that a person is still to be told of.
        """
        here = position(course)
        kept = {key: at for key, at in course.at.items() if key in KEPT or key == f"nobody{here.round}"}
        for key, at in course.at.items():
            step, _, person = key.partition(":")
            if person:
                round_, number = (int(part) for part in step.split("."))
                if not self._book.of_spoken(Spoken(here.alarm, here.turn, round_, number), person):
                    kept[key] = at
        return kept

    def _open(self, ladder: Ladder, course: Notice, number: int, now: float, *, early: bool) -> NoticeEvent:
        """Open a rung of the present round; past the last one, everybody is meant."""
        here = position(course)
        round_ = here.round
        rung = self._crew.rung(ladder, number)
        spoken = Spoken(here.alarm, here.turn, round_, number)
        found = self._crew.who(rung, now)
        if rung is None:  # the last resort: those who have not been tried in this round
            tried = {p for k in range(number) for p in told_at(course, round_, k)}
            found = tuple(p for p in found if p.id not in tried)
        told = [p for p in found if self._crew.ways(p, rung.channel if rung else "", self._book.notices.get)]
        at = {**course.at, f"{round_}.{number}": now}
        for person in told:
            at[f"{round_}.{number}:{person.id}"] = now
            self._hold(person, spoken, rung, now)
        reason = phrases.rung_opened(rung, number, len(told), early)
        moved = replace(course, spoken=(spoken,), rung=number, at=at, reason=reason)
        return event(moved, now, reason)

    # --- questions ------------------------------------------------------------------------------------

    def exhausted(self, course: Notice, round_: int, number: int, now: float) -> bool:
        """Whether nobody of a rung can be reached: all their channels failed, or there was nobody."""
        here = position(course)
        spoken = Spoken(here.alarm, here.turn, round_, number)
        return all(
            self._unreachable(self._book.of_spoken(spoken, person), now)
            for person in told_at(course, round_, number)
        )

    def _unreachable(self, tried: list[Notice], now: float) -> bool:
        if not tried:  # still held by the storm limits
            return False
        return all(n.state in LOST or late(n, now) for n in tried)

    def _nobody_reached(self, course: Notice, now: float) -> bool:
        """Whether every rung of this round is exhausted."""
        here = position(course)
        return all(self.exhausted(course, here.round, k, now) for k in range(here.rung + 1))

    # --- keeping --------------------------------------------------------------------------------------

    def unwanted(self, spoken: Spoken, person: str, each: bool) -> Text | None:
        """Why one step need not be told to ``person`` any more; None if it must."""
        alarm = self._book.alarms.get(spoken.alarm)
        course = self._book.course(spoken.alarm)
        if alarm is None or course is None:
            return phrases.GONE
        if running(course):
            here = position(course)
            if here.turn == spoken.turn or (spoken.turn < here.turn and self._first(spoken, person)):
                return None
        if each and alarm.closed_at is None and course.fault == "acknowledged":
            by = alarm.acked.by if alarm.acked else ""
            if by != person and not any(
                n.person == person and n.state is S.ANSWERED for n in self._book.of_alarm(spoken.alarm)
            ):
                return None
        return course.reason

    def _first(self, spoken: Spoken, person: str) -> bool:
        """Whether a message for this step was made, nothing newer was, and none of this alarm ever went to ``person``.

        A turn that starts anew (it became worse) must not take back the first word somebody gets of it.
        """
        return bool(self._book.of_spoken(spoken, person)) and not any(
            notice.tries or any(s.alarm == spoken.alarm and s.turn > spoken.turn for s in notice.spoken)
            for notice in self._book.of_alarm(spoken.alarm)
            if notice.person == person
        )

    def _cancel(self, alarm_id: str, now: float, reason: Text) -> list[NoticeEvent]:
        out = []
        for notice in list(self._book.of_alarm(alarm_id)):
            if notice.state in WAITING and all(
                self.unwanted(s, notice.person, notice.each_confirms) for s in notice.spoken
            ):
                out.append(self._put(event(become(notice, S.CANCELLED, now), now, reason)))
        return out

    def _put(self, happened: NoticeEvent) -> NoticeEvent:
        self._book.put(happened.notice)
        return happened
