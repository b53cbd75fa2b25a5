"""Reaching people through the real engine, database, broker twin and Twilio client, against the telecom.

The process is killed between any two steps of one page; answers are on disk before they are read; what people do
in the incident is progress.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace

from alerts.model import Alarm
from alerts.twilio_sender import TwilioAccount, TwilioSender
from ingest.memory import MemorySource
from strongroom.assemble import make_engine
from strongroom.core import Core
from strongroom.datadir import INBOX_DB
from strongroom.engine import Engine
from strongroom.inbox import Inbox
from strongroom.model import Building, ReplyReceived
from strongroom.rehearse import Rehearsal
from tests.fakes.telecom import ACCOUNT, NUMBER, TOKEN, Phone, Telecom

START = 1_765_245_600.0  # 2025-12-09 10:00 in Shanghai, a Tuesday: Li is on duty
LI = "+442079460001"


class KilledError(BaseException):
    """Signal 9: nothing of ours catches it."""


class House(Rehearsal):
    """The small archive whose messages go through the real client to the telecom."""

    def __init__(self, stack: ExitStack, building: Building, data: Path) -> None:
        self.telecom = stack.enter_context(Telecom(self._now))
        for person in building.people.values():
            self.telecom.phone(person.phone)
        self.step = lambda name: None
        super().__init__(building, data, START)

    def _now(self) -> float:
        return self.clock.now()

    def _start(self) -> Engine:
        def source(core: Core) -> MemorySource:
            return MemorySource(
                self._broker, core.decoder.subscriptions(), client_id="engine", now=self.clock.now
            )

        account = TwilioAccount(
            account=ACCOUNT, tokens=(TOKEN,), senders=(NUMBER,), voice=(NUMBER,), url=self.telecom.url
        )
        sender = TwilioSender(account)
        engine = make_engine(self.building, self._data, self.clock, source, sender)
        engine.source.start()
        self._between(engine._db, "commit", "the commit")
        self._between(engine.source, "acknowledge", "the acknowledgement to the broker")
        self._between(sender, "send", "the call to the provider")
        self._between(engine.core, "taking", "the last look")
        self._between(engine.core, "reported", "hearing what the provider said")
        return engine

    def _between(self, owner: object, name: str, words: str) -> None:
        """Every call of a method becomes two steps."""
        whole = getattr(owner, name)

        def stepped(*given: object, **more: object) -> object:
            self.step(f"before {words}")
            said = whole(*given, **more)
            self.step(f"after {words}")
            return said

        setattr(owner, name, stepped)

    def turn(self) -> None:
        self.telecom.step()
        super().turn()

    @property
    def li(self) -> Phone:
        return self.telecom.phones[LI]

    def leak(self) -> Alarm:
        (alarm,) = [a for a in self.engine.core.annunciator.alarms.values() if a.rule == "water-in-stack"]
        return alarm

    def pages(self) -> list[str]:
        reference = self.leak().reference
        return [words for words in self.li.texts if f"Ref {reference}" in words]


@pytest.fixture
def house(building: Building, tmp_path: Path) -> Iterator[Callable[[str], House]]:
    with ExitStack() as stack:
        yield lambda name="data": House(stack, building, tmp_path / name)


def wet(archive: House) -> None:
    """Everything until the page of a leak has arrived."""
    archive.show("2B-W1", "wet")
    archive.run(12)


@pytest.mark.timeout(300)
def test_killed_between_any_two_steps_of_one_page(house: Callable[[str], House]) -> None:
    steps: list[str] = []
    whole = house("whole")
    whole.run(60)
    whole.step = steps.append
    wet(whole)
    assert len(whole.pages()) == 1
    assert {"before the call to the provider", "after the call to the provider"} < set(steps)
    last = max(n for n, name in enumerate(steps) if "provider" in name)
    for point in range(last + 2):
        archive = house(f"at-{point}")
        archive.run(60)
        left = point

        def dies(name: str) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise KilledError(name)

        archive.step = dies
        with pytest.raises(KilledError):
            wet(archive)
            archive.run(30)
        archive.step = lambda name: None
        archive.restart()
        archive.run(75)
        texts = archive.pages()
        marked = [words for words in texts if words.startswith("(may be a repeat)")]
        where = f"killed {steps[point] if point < len(steps) else 'later'} ({point})"
        assert texts, f"nobody was told when {where}"
        assert len(texts) - len(marked) <= 1 and len(texts) <= 2, (where, texts)
        assert archive.telecom.problems == []


def test_an_answer_is_on_disk_before_it_is_read_and_survives_a_kill(
    house: Callable[..., House], tmp_path: Path
) -> None:
    archive = house()
    wet(archive)
    archive.telecom.reply(LI, "1A")
    engine = archive.engine
    assert engine.outbox is not None
    archive.clock.move(6)
    while engine.outbox.pump():
        pass
    kept = [act.what for _, act in Inbox(tmp_path / "data" / INBOX_DB).after(0) if act is not None]
    assert [w.words for w in kept if isinstance(w, ReplyReceived)] == ["1A"]
    assert archive.leak().acked is None, "not read yet"
    archive.restart()
    archive.run(3)
    acked = archive.leak().acked
    assert acked is not None and acked.by == "li"


def test_an_answer_given_while_the_engine_was_down_counts_once(house: Callable[..., House]) -> None:
    archive = house()
    wet(archive)
    archive.telecom.reply(LI, "1A")
    archive.clock.move(3000)  # the machine is off
    for _ in range(2):
        archive.restart()
        archive.run(20)
    assert archive.leak().acked is not None
    assert len([t for t in archive.li.texts if "is on it" in t]) == 1


@pytest.mark.parametrize("works", [True, False])
def test_steps_done_in_the_incident_are_progress_and_none_pages_again(
    building: Building, tmp_path: Path, works: bool
) -> None:
    archive = Rehearsal(building, tmp_path / "data", START)

    def pages() -> int:
        (alarm,) = [a for a in archive.engine.core.annunciator.alarms.values() if a.rule == "water-in-stack"]
        return sum(paper.notice.reference == alarm.reference for paper in archive.paper.trail)

    archive.show("2B-W1", "wet")
    archive.run(12)
    assert archive.do("li", "acknowledge water-in-stack") is None
    archive.run(1200)
    if works:
        assert archive.do("li", "step power") is None
    before = pages()
    archive.run(900)
    assert (pages() > before) is not works
    if works:
        archive.restart()  # what was done is known after a restart as well
        archive.run(60)
        assert pages() == before
        archive.run(1000)
        assert pages() > before, "half an hour without a further step"


def test_nothing_a_text_says_releases_a_zone(house: Callable[..., House]) -> None:
    archive = house()
    wet(archive)
    (incident,) = archive.engine.core.response.incidents.values()
    zone = incident.access["stack-2b"].state
    assert zone == "closed"
    for words in ("1A", "clear stack-2b", "放行 stack-2b", "1 clear", "1C", "release 1", "1A clear", "解除1"):
        archive.telecom.reply(LI, words)
        archive.run(8)
    (incident,) = archive.engine.core.response.incidents.values()
    assert incident.access["stack-2b"].state == "closed"
    assert incident.closed_at is None
    assert replace(archive.leak(), acked=None).active
