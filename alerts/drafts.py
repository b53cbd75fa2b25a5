"""Writing notices: who, which words, which code. The pager decides that one is needed, this writes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from alerts import wording
from alerts.book import Book
from alerts.crew import Crew
from alerts.model import Alarm, Notice, NoticeState, Person, Spoken
from alerts.people import wall
from alerts.reasons import number
from alerts.storm import Held, worst_first
from sensors.model import Text, Zone

FRESH_S = 300.0  # an older alarm's message says when it began
CODE_KEPT_S = 86400.0  # a code is not given to another message of the same phone for a day


class Drafts:
    """Writes notices for one building."""

    def __init__(self, crew: Crew, book: Book, site: Text, zones: Mapping[str, Zone]) -> None:
        self.crew, self.book, self.site, self._zones = crew, book, site, zones

    def page(self, person: Person, group: Sequence[Held], channel: str, reason: Text, now: float) -> Notice:
        """One page for a group of steps, the worst first."""
        worst = group[0].alarm
        spoken = tuple(h.spoken for h in group)
        step = spoken[0]
        alarms = [h.alarm for h in group]
        code = self.code(person, spoken, now)
        draft = Notice(
            id=f"{step.alarm}/{step.turn}.{step.round}.{step.rung}/{person.id}/{channel}",
            about=worst.id,
            reference=worst.reference,
            person=person.id,
            channel=channel,
            words="",
            reason=reason,
            rung=step.rung,
            due_at=now,
            code=code,
            at={NoticeState.DUE.value: now},
            priority=min(a.priority for a in alarms),
            counted=len({a.id for a in alarms}),
            drill=worst.drill,
            zones=tuple(dict.fromkeys(a.zone for a in alarms)),
            spoken=spoken,
            life_safety=any(a.life_safety for a in alarms),
            life=tuple(dict.fromkeys((a.zone, a.hazard, a.stage) for a in alarms if a.life_safety)),
            each_confirms=any(h.each_confirms for h in group),
        )
        return replace(draft, words=self._worded(draft, alarms, now))

    def again(
        self, notice: Notice, still: tuple[Spoken, ...], channel: str, reason: Text, now: float
    ) -> Notice:
        """``notice`` once more on another channel, with the same code, about the alarms it ``still`` speaks for.

        Its reference is that of the worst of them, as its words say: the other alarms may be over by now.
        """
        head = notice.id.rsplit("/", 1)[0]
        made = replace(
            notice,
            id=f"{head}/{channel}",
            channel=channel,
            reason=reason,
            due_at=now,
            state=NoticeState.DUE,
            tries=0,
            next_try_at=0.0,
            provider_id="",
            error="",
            fault="",
            status="",
            at={NoticeState.DUE.value: now},
            expires_at=0.0,
            after=notice.id,
            may_repeat=False,
        )
        if notice.kind != "page":
            return made
        known = _ranked([self.book.alarms[s.alarm] for s in still if s.alarm in self.book.alarms])
        if known:
            made = replace(made, about=still[0].alarm, reference=known[0].reference)
        return replace(made, spoken=still, words=self.words(made, still, self.book.alarms, now))

    def words(self, notice: Notice, still: Sequence[Spoken], alarms: Mapping[str, Alarm], now: float) -> str:
        """What a page says at ``now``, about the alarms it still speaks for."""
        known = [alarms[s.alarm] for s in still if s.alarm in alarms]
        return self._worded(notice, known, now) if known else notice.words

    def place(self, zone: str) -> Text:
        """A zone's name; its id where the building has none."""
        return self._zones[zone].name if zone in self._zones else Text(zone, zone)

    def note(
        self, *, id_: str, kind: str, person: Person, words: Text, reason: Text, now: float, **more: object
    ) -> Notice:
        """A message that is not about an alarm, in the person's language, by their first channel."""
        ways = self.crew.ways(person, "", self.book.notices.get)
        return replace(
            Notice(
                id=id_,
                about="",
                reference="",
                person=person.id,
                channel=ways[0] if ways else "",
                words=words.in_(person.language),
                reason=reason,
                rung=-1,
                due_at=now,
                kind=kind,
                at={NoticeState.DUE.value: now},
            ),
            **more,
        )

    # --- parts of a page ------------------------------------------------------------------------------

    def _worded(self, notice: Notice, alarms: Sequence[Alarm], now: float) -> str:
        person = self.crew.people[notice.person]
        ranked = _ranked(alarms)
        facts = self._facts(ranked, notice, now)
        if notice.channel == "voice":
            return wording.spoken(facts, person.language)
        if notice.channel == "sms":
            return wording.page(facts, person.language, person.phone)
        others = tuple(self._line(a, person.language) for a in ranked[1:])
        return wording.long(facts, person.language, others)

    def _facts(self, alarms: Sequence[Alarm], notice: Notice, now: float) -> wording.Page:
        worst = alarms[0]
        there = wall(worst.raised_at, self.crew.timezone)
        return wording.Page(
            site=self.site,
            level=level(worst),
            place=self.place(worst.zone),
            what=worst.name,
            action=worst.advice,
            detail=detail(worst),
            reference=worst.reference,
            at=there.strftime("%H:%M") if now - worst.raised_at > FRESH_S else "",
            code=notice.code,
            counted=len(alarms),
            zones=len({a.zone for a in alarms}),
            drill=bool(notice.drill),
            may_repeat=notice.may_repeat,
        )

    def _line(self, alarm: Alarm, language: str) -> str:
        words = Text(
            f"{level(alarm).zh} {self.place(alarm.zone).zh} {alarm.name.zh} {alarm.reference}",
            f"{level(alarm).en} {self.place(alarm.zone).en} - {alarm.name.en} {alarm.reference}",
        )
        return words.in_(language)

    def code(self, person: Person, spoken: Sequence[Spoken], now: float) -> str:
        """The code of a message on this phone: its first alarm's own if it has one, else the lowest free."""
        phone = person.phone
        used: set[str] = set()
        for other in self.crew.people.values():
            if other.id != person.id and (not phone or other.phone != phone):
                continue
            for notice in self.book.of_person(other.id):
                if not notice.code:
                    continue
                if spoken and other.id == person.id and notice.about == spoken[0].alarm:
                    return notice.code
                open_ = any(s.alarm in self.book.alarms for s in notice.spoken)
                if open_ or now - notice.due_at < CODE_KEPT_S:
                    used.add(notice.code)
        number = 1
        while str(number) in used:
            number += 1
        return str(number)


def _ranked(alarms: Sequence[Alarm]) -> list[Alarm]:
    """Each once, the worst first."""
    return sorted(
        {a.id: a for a in alarms}.values(),
        key=lambda a: worst_first(Held(spoken=Spoken(a.id, 0, 0, 0), alarm=a, since_at=a.raised_at)),
    )


def level(alarm: Alarm) -> Text:
    """How bad, in words: priority, and whether it is equipment trouble, confirmed or unverified."""
    base = wording.LEVELS.get(alarm.priority, wording.LEVELS[3])
    extra = (
        wording.FAULT
        if alarm.fault
        else wording.CONFIRMED
        if alarm.stage == "confirmed"
        else wording.UNVERIFIED
        if alarm.unverified
        else None
    )
    if extra is None:
        return base
    return Text(f"{base.zh}{extra.zh}", f"{base.en} {extra.en}")


def detail(alarm: Alarm) -> Text:
    """The value that decided, where it says more than the alarm's name."""
    cause = alarm.cause
    if cause is None or cause.value is None or cause.limit is None or not cause.unit:
        return Text("", "")
    words = f"{cause.sign}{number(cause.value)} {cause.unit}"
    return Text(words, words)
