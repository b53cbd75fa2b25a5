"""How fast people are told: ``python -m bench.notify``.

Plan: 500 alarms for 12 people, all decisions and texts. Wire: from an alarm being decided to its request
reaching the provider (a server on loopback), through the group commit with full sync, the outbox thread and
the real Twilio client, with 500 other alarms open. Prints milliseconds.
"""

from __future__ import annotations

import queue
import tempfile
import time
from pathlib import Path
from statistics import quantiles

from alerts.model import Alarm, AlarmEvent, Notice, NoticeEvent, NoticeState, Rung
from alerts.pager import Pager
from alerts.sms import PaperSender
from alerts.twilio_sender import TwilioAccount, TwilioSender
from sensors.model import Text
from strongroom.clock import SystemClock
from strongroom.journal import draft_notice
from strongroom.outbox import Outbox, OutboxEvent, Reported, Taking
from strongroom.sitedb import Batch, SiteDb
from tests.fakes.telecom import ACCOUNT, NUMBER, TOKEN, Telecom
from tests.reach import alarm, ladder, person

CREW = {p.id: p for p in (person(f"crew{n}", roles=("crew",)) for n in range(12))}
ROUNDS = 200


def pager(rungs: tuple[Rung, ...]) -> Pager:
    """A pager for the crew."""
    return Pager(CREW, (ladder(*rungs),), (), "Asia/Shanghai", site=Text("市档案馆", "City Archives"))


def raised(one: Alarm, now: float) -> AlarmEvent:
    """The event that an alarm was raised."""
    return AlarmEvent(kind="alarm.raised", alarm=one, at=now)


def plan() -> tuple[float, int]:
    """Seconds to plan 500 alarms for 12 people, and the messages made."""
    one = pager((Rung(role="crew"),))
    start, made = time.perf_counter(), 0
    for n in range(500):
        now = 1e9 + n * 0.12
        made += sum(
            e.notice.kind == "page" for e in one.on_alarm(raised(alarm(n, now, zone=f"z{n % 50}"), now), now)
        )
    made += sum(e.notice.kind == "page" for e in one.tick(1e9 + 61, one.book.alarms))
    return time.perf_counter() - start, made


class Line:
    """Pager, committer and outbox as the engine joins them, on real threads and a real database."""

    def __init__(self, folder: Path, telecom: Telecom) -> None:
        self.clock = SystemClock()
        self.pager = pager((Rung(person="crew0"),))
        self.db = SiteDb(folder / "site.db")
        self.reports: queue.SimpleQueue[OutboxEvent] = queue.SimpleQueue()
        account = TwilioAccount(account=ACCOUNT, tokens=(TOKEN,), senders=(NUMBER,), url=telecom.url)
        self.outbox = Outbox(TwilioSender(account), self.clock, self.reports.put, CREW)

    def commit(self, events: list[NoticeEvent]) -> None:
        """Group commit with full sync, then the outbox may act."""
        self.db.commit(Batch(drafts=[draft_notice(e) for e in events]))
        for happened in events:
            if happened.notice.state is NoticeState.SENDING:
                self.outbox.release(happened.notice)
            else:
                self.outbox.settled(happened.notice)
        self.outbox.offer(self.pager.due(self.clock.now()))

    def until_sent(self, telecom: Telecom, before: int) -> float:
        """Serve the outbox until the provider has one more request; when it came."""
        while len(telecom.resources) == before:
            try:
                self.heed(self.reports.get(timeout=0.001))
            except queue.Empty:
                continue
        return time.perf_counter()

    def heed(self, said: OutboxEvent) -> None:
        """One report, as the engine's turn takes it."""
        now = self.clock.now()
        if isinstance(said, Taking):
            self.commit(self.pager.take(said.notice_id, now, self.pager.book.alarms))
        elif isinstance(said, Reported):
            self.commit(self.pager.on_result(said.notice_id, said.result, now))


def wire(folder: Path) -> list[float]:
    """Milliseconds from decided to on the wire, once per round."""
    took: list[float] = []
    with Telecom(time.time) as telecom:
        telecom.phone(CREW["crew0"].phone)
        line = Line(folder, telecom)
        line.outbox.start()
        base = line.clock.now() - 4000.0
        for n in range(500):
            old = alarm(n, base, zone=f"old{n}", page="never")
            line.pager.on_alarm(raised(old, base), base)
        for n in range(ROUNDS):
            now = line.clock.now()
            before = len(telecom.resources)
            fresh = alarm(1000 + n, now, zone=f"new{n}", life_safety=True, hazard=f"h{n}")
            start = time.perf_counter()
            line.pager.tick(now, line.pager.book.alarms)
            line.commit(line.pager.on_alarm(raised(fresh, now), now))
            took.append((line.until_sent(telecom, before) - start) * 1000.0)
            while any(n.state is NoticeState.SENDING for n in line.pager.notices.values()):
                line.heed(line.reports.get(timeout=5))
            for notice in list(line.pager.notices.values()):
                if notice.kind == "page":
                    _forget(line.pager, notice)
        line.outbox.stop()
    return took


def _forget(one: Pager, notice: Notice) -> None:
    """Each round is the first message, so that the storm limits do not hold it."""
    one.book.drop(notice.id)
    for spoken in notice.spoken:
        one.book.alarms.pop(spoken.alarm, None)


def main() -> None:
    """Print the figures."""
    PaperSender()  # the slow imports are over before anything is timed
    seconds, made = plan()
    print(f"plan 500 alarms x 12 people: {seconds * 1000:.0f} ms, {made} messages")
    with tempfile.TemporaryDirectory() as folder:
        took = wire(Path(folder))
    cuts = quantiles(took, n=100)
    print(
        f"decided to on the wire, 500 alarms open: p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms, n {len(took)}"
    )


if __name__ == "__main__":
    main()
