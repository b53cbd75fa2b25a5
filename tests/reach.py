"""A small world for tests of reaching people: pager, outbox, sender, journal, and a clock they move.

It plays the engine's part: decide, commit, then send. :meth:`World.kill` drops everything that was not
committed and starts again from the journal, as a process killed by signal 9 would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from alerts.acts import Acknowledge
from alerts.answers import PersonAct
from alerts.model import (
    Alarm,
    AlarmEvent,
    Duty,
    Ladder,
    Notice,
    NoticeEvent,
    NoticeState,
    Person,
    Refused,
    Rung,
    Signed,
)
from alerts.pager import Pager
from alerts.sms import Sender
from sensors.model import Text, Zone
from strongroom.clock import SetClock
from strongroom.model import Act, DeliveryReported, ReplyReceived
from strongroom.outbox import Heard, Outbox, OutboxEvent, Reported, Taking

START = 1_764_000_000.0  # 2025-11-24 16:00 UTC, a Monday


def person(id_: str, **more: object) -> Person:
    """A person with a number outside the countries with special rules."""
    given = {"name": Text(f"{id_}先生", id_.title()), "language": "en", "channels": ("sms", "voice"), **more}
    number = sum((i + 1) * b for i, b in enumerate(id_.encode())) % 10_000_000
    given.setdefault("phone", f"+4477{number:08d}")
    return Person(id=id_, **given)  # type: ignore[arg-type]


def alarm(n: int = 1, at: float = START, **more: object) -> Alarm:
    """An urgent leak; ``more`` replaces any field."""
    zone = str(more.get("zone", "2b"))
    given: dict[str, object] = {
        "id": f"leak@{zone}#{n}",
        "rule": "leak",
        "scope": zone,
        "zone": zone,
        "reference": f"K{n:03d}",
        "priority": 1,
        "fault": False,
        "life_safety": False,
        "name": Text("漏水", "Water leak"),
        "raised_at": at,
        "active": True,
        "advice": Text("查看并关闭阀门。", "Look, and close the valve."),
        "hazard": "water",
        **more,
    }
    return Alarm(**given)  # type: ignore[arg-type]


def ladder(*rungs: Rung, priority: int = 1, **more: float) -> Ladder:
    """A ladder of these rungs."""
    return Ladder(priority=priority, rungs=rungs, **more)


class World:
    """One building's pager and outbox with a journal."""

    def __init__(
        self,
        sender: Sender,
        people: Iterable[Person],
        ladders: Iterable[Ladder],
        duties: Iterable[Duty] = (),
        *,
        timezone: str = "Asia/Shanghai",
        clock: SetClock | None = None,
        between: Callable[[str], None] | None = None,
        test_at: str = "",
    ) -> None:
        self.test_at = test_at
        self.sender, self.timezone = sender, timezone
        self.people = {p.id: p for p in people}
        self.ladders, self.duties = tuple(ladders), tuple(duties)
        self.clock = clock or SetClock(START)
        self.between = between or (lambda step: None)
        self.journal: list[NoticeEvent] = []
        self.refused: list[Refused] = []
        self.alarms: dict[str, Alarm] = {}
        self.kept: dict[str, Act] = {}
        self.inbox: list[Act] = []
        self.starts = 0
        self.boot()

    # --- the engine's part ----------------------------------------------------------------------------

    def boot(self) -> None:
        """Start from the journal."""
        self.starts += 1
        self.reports: list[OutboxEvent] = []
        self.pager = Pager(
            self.people,
            self.ladders,
            self.duties,
            self.timezone,
            site=Text("市档案馆", "City Archives"),
            zones={"2b": zone("2b", "2号库B", "Stack 2B"), "3": zone("3", "3号库", "Stack 3")},
            channels=self.sender.channels,
            test_at=self.test_at,
        )
        newest: dict[str, Notice] = {e.notice.id: e.notice for e in self.journal}
        for notice in newest.values():
            self.pager.restore(notice)
        self.outbox = Outbox(self.sender, self.clock, self.reports.append, self.people)
        for notice in newest.values():
            self.outbox.settled(notice)
        if self.starts > 1:
            self.pager.next_due(self.clock.now())  # as the engine, which has not told of the alarms yet
            self.commit(self.pager.tick(self.clock.now(), self.alarms))

    kill = boot

    def commit(self, events: Iterable[object]) -> None:
        """Write what was decided, then tell the outbox."""
        made = [e for e in events if isinstance(e, NoticeEvent)]
        self.between("decided")
        self.journal.extend(made)
        self.between("committed")
        for happened in made:
            self.outbox.settled(happened.notice)
        self.outbox.offer(self.pager.due(self.clock.now()))

    def happen(self, kind: str, new: Alarm, by: str = "system") -> None:
        """An alarm's event."""
        now = self.clock.now()
        self.alarms[new.id] = new
        if new.closed_at is not None:
            del self.alarms[new.id]
        self.commit(self.pager.on_alarm(AlarmEvent(kind=kind, alarm=new, at=now, by=by), now))

    def raise_(self, new: Alarm) -> None:
        """A new alarm."""
        self.happen("alarm.raised", replace(new, raised_at=self.clock.now()))

    def acknowledge(self, alarm_id: str, by: str) -> None:
        """A person acknowledges on screen."""
        at = self.clock.now()
        self.happen("alarm.acknowledged", replace(self.alarms[alarm_id], acked=Signed(by, at)), by)

    def step(self) -> bool:
        """One outbox round and what it reported; True if there was anything."""
        busy = self.outbox.pump()
        while self.reports or self.inbox:
            self.between("reported")
            if self.reports:
                self._heed(self.reports.pop(0))
            else:
                self._decide(self.inbox.pop(0))
            busy = True
        return busy

    def _heed(self, said: OutboxEvent) -> None:
        now = self.clock.now()
        if isinstance(said, Taking):
            events = self.pager.take(said.notice_id, now, self.alarms)
            self.commit(events)
            for happened in events:
                if happened.notice.state is NoticeState.SENDING:
                    self.outbox.release(happened.notice)
            if not events or events[0].notice.state is not NoticeState.SENDING:
                self.outbox.withdraw(said.notice_id)
        elif isinstance(said, Reported):
            self.commit(self.pager.on_result(said.notice_id, said.result, now))
        elif isinstance(said, Heard):
            m = said.message
            reply = ReplyReceived(
                sender=m.sender, words=m.words, means=m.means, provider_id=m.id, notice=m.notice
            )
            self.put(Act(id=f"reply-{m.id}", at=now, by="", what=reply))

    def reply(self, phone: str, words: str, means: str = "sms", **more: str) -> list[object]:
        """Somebody answers; acts are done as the annunciator would."""
        out = self.pager.on_reply(phone, words, means, self.clock.now(), self.alarms, **more)
        self.refused += [e for e in out if isinstance(e, Refused)]
        self.commit(out)
        for act in out:
            if isinstance(act, PersonAct) and isinstance(act.act, Acknowledge):
                self.acknowledge(act.act.alarm, act.by)
        return list(out)

    def find(self, notice_id: str) -> tuple[Notice, Person] | None:
        """A notice and its person, as the hooks ask."""
        notice = self.pager.notices.get(notice_id)
        return (notice, self.people[notice.person]) if notice else None

    def put(self, act: Act) -> None:
        """The inbox: an act is kept once by its id."""
        if act.id not in self.kept:
            self.kept[act.id] = act
            self.inbox.append(act)

    def _decide(self, act: Act) -> None:
        what = act.what
        if isinstance(what, DeliveryReported):
            self.commit(self.pager.on_result(what.notice, what.result, self.clock.now()))
        elif isinstance(what, ReplyReceived):
            more = {"notice_id": what.notice, "inbound_id": what.provider_id}
            self.reply(what.sender, what.words, what.means, **more)

    def settle(self) -> None:
        """Pump until nothing moves at this moment."""
        for _ in range(10_000):
            if not self.step():
                return
        raise AssertionError("the outbox never comes to rest")

    def run(self, seconds: float, every: float = 1.0) -> None:
        """Let time pass."""
        end = self.clock.now() + seconds
        self.settle()
        while self.clock.now() < end:
            self.clock.move(min(every, end - self.clock.now()))
            self.commit(self.pager.tick(self.clock.now(), self.alarms))
            if self.pager.test_owed(self.clock.now()):  # the virtual sensor speaks and is heard
                self.commit(self.pager.test_heard(self.clock.now()))
            self.settle()

    # --- questions ------------------------------------------------------------------------------------

    def pages(self, who: str = "", channel: str = "") -> list[Notice]:
        """The pages made so far, as they stand."""
        newest = {e.notice.id: e.notice for e in self.journal if e.notice.kind == "page"}
        return [
            n
            for n in newest.values()
            if (not who or n.person == who) and (not channel or n.channel == channel)
        ]

    def kinds(self, notice_id: str) -> list[str]:
        """What happened to one notice, in order."""
        return [e.kind for e in self.journal if e.notice.id == notice_id]


def zone(id_: str, zh: str, en: str) -> Zone:
    """A room."""
    return Zone(id=id_, name=Text(zh, en), kind="stack", floor="1")
