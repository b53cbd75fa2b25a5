"""From open steps to messages: storm limits per person, grouping, and the next channel when one fails."""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from alerts import phrases
from alerts.book import Book
from alerts.crew import Crew
from alerts.drafts import Drafts
from alerts.model import Notice, NoticeEvent, NoticeState, Person, Rung, Spoken
from alerts.notices import LOST, event, late
from alerts.storm import AT_ONCE, MINUTE_S, Held, release, told
from sensors.model import Text

S = NoticeState
_STEP = re.compile(r"[0-9]+\.[0-9]+")
Unwanted = Callable[[Spoken, str, bool], Text | None]


class Waiting(Struct, frozen=True, kw_only=True):
    """A step one person has not been told of yet."""

    since_at: float
    rung: Rung | None


class HandOut:
    """Holds what people must be told and lets it go within the storm limits."""

    def __init__(self, crew: Crew, book: Book, drafts: Drafts) -> None:
        self._crew, self._book, self._drafts = crew, book, drafts
        self._held: dict[str, dict[Spoken, Waiting]] = {}
        self._again: dict[str, float] = {}  # person -> when the limits let something go
        self._full: dict[str, float] = {}  # person -> until when only life safety can go

    def hold(self, person: Person, spoken: Spoken, rung: Rung | None, now: float) -> None:
        """One more step this person must be told of."""
        self._held.setdefault(person.id, {})[spoken] = Waiting(since_at=now, rung=rung)
        alarm = self._book.alarms.get(spoken.alarm)
        full_until = self._full.get(person.id, 0.0)
        apart = alarm is not None and (alarm.life_safety or bool(alarm.drill))
        if now >= full_until or apart:
            self._again[person.id] = now
        else:
            self._again.setdefault(person.id, full_until)

    def rebuild(self) -> None:
        """Find again what is held: steps that were opened for a person and that no message tells of."""
        self._held.clear()
        self._again.clear()
        self._full.clear()
        for course in sorted(
            (n for n in self._book.notices.values() if n.kind == "course"), key=lambda n: n.due_at
        ):
            alarm = self._book.alarms.get(course.about)
            ladder = self._crew.ladder(alarm) if alarm else None
            if ladder is None:
                continue
            here = course.spoken[0]
            for key, at in course.at.items():
                if ":" not in key:
                    continue
                step, person_id = key.split(":", 1)
                if _STEP.fullmatch(step) is None:
                    continue  # the disk changed a letter; the journal's seal tells it
                round_, number = (int(part) for part in step.split("."))
                spoken = Spoken(here.alarm, here.turn, round_, number)
                person = self._crew.people.get(person_id)
                if person is not None and not self._book.of_spoken(spoken, person_id):
                    self.hold(person, spoken, self._crew.rung(ladder, number), at)
        self._again = dict.fromkeys(self._held, 0.0)

    def next_at(self) -> float | None:
        """When the limits next let something go."""
        return min((at for who, at in self._again.items() if self._held.get(who)), default=None)

    def held_for(self, person: str) -> tuple[Spoken, ...]:
        """What a person has not been told of yet, for "why was I not told"."""
        return tuple(self._held.get(person, {}))

    def release(self, unwanted: Unwanted, now: float) -> list[NoticeEvent]:
        """The messages that may go now, worst first."""
        out: list[NoticeEvent] = []
        for who in [p for p, at in self._again.items() if at <= now]:
            del self._again[who]
            held = self._held.get(who)
            if held:
                out += self._release(self._crew.people[who], held, unwanted, now)
        return out

    def _release(
        self, person: Person, held: dict[Spoken, Waiting], unwanted: Unwanted, now: float
    ) -> list[NoticeEvent]:
        alive: dict[bool, list[Held]] = {False: [], True: []}
        for spoken, waiting in list(held.items()):
            each = waiting.rung is not None and waiting.rung.each_confirms
            alarm = self._book.alarms.get(spoken.alarm)
            if alarm is None or unwanted(spoken, person.id, each) is not None:
                del held[spoken]
                continue
            alive[bool(alarm.drill)].append(
                Held(
                    spoken=spoken,
                    alarm=alarm,
                    since_at=waiting.since_at,
                    channel=waiting.rung.channel if waiting.rung else "",
                    each_confirms=each,
                )
            )
        out: list[NoticeEvent] = []
        for drill, items in alive.items():
            if not items:
                continue
            recent = [told(n) for n in self._book.recent_pages(person.id, now, drill)]
            let = release(items, recent, self._book.storm_until(), now)
            for group in let.groups:
                out += self._tell(person, group, held, now)
            if let.again_at is not None:
                self._again[person.id] = min(let.again_at, self._again.get(person.id, let.again_at))
            minute = [t.at for t in recent if now - t.at < MINUTE_S] + [now] * len(let.groups)
            if not drill and len(minute) >= AT_ONCE:
                self._full[person.id] = minute[-AT_ONCE] + MINUTE_S
        return out

    def _tell(
        self, person: Person, group: tuple[Held, ...], held: dict[Spoken, Waiting], now: float
    ) -> list[NoticeEvent]:
        """One message for ``group``, on the first channel that works."""
        asked = group[0].channel
        ways = self._crew.ways(person, asked, self._book.notices.get)
        waiting = held[group[0].spoken]
        for item in group:
            del held[item.spoken]
        if not ways:
            return []
        first = group[0].spoken
        reason = phrases.told_because(waiting.rung, first.rung, first.round)
        notice = self._drafts.page(person, group, ways[0], reason, now)
        return [self._put(notice, now)]

    def next_way(self, notice: Notice, unwanted: Unwanted, now: float) -> list[NoticeEvent]:
        """The same message on the person's next channel, if it is still wanted and there is one."""
        person = self._crew.people.get(notice.person)
        if person is None or notice.kind not in ("page", "test") or self._book.followed(notice.id):
            return []
        if notice.state not in LOST and not late(notice, now):
            return []
        still = tuple(s for s in notice.spoken if unwanted(s, person.id, notice.each_confirms) is None)
        if not still and notice.kind == "page":
            return []
        name = self._next_channel(person, notice)
        if not name:
            return []
        reason = phrases.next_channel(notice, name)
        made = self._drafts.again(notice, still, name, reason, now)
        if made.id in self._book.notices:  # a test of that channel is under way by itself
            return []
        return [self._put(made, now)]

    def _next_channel(self, person: Person, notice: Notice) -> str:
        tried = {notice.channel}
        before = self._book.notices.get(notice.after)
        while before is not None:
            tried.add(before.channel)
            before = self._book.notices.get(before.after)
        ladder_channel = notice.channel if not notice.after else ""
        ways = self._crew.ways(person, ladder_channel, self._book.notices.get)
        return next((w for w in ways if w not in tried), "")

    def _put(self, notice: Notice, now: float) -> NoticeEvent:
        self._book.put(notice)
        return event(notice, now)
