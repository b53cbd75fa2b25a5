"""Whichever part of the chain stands still, the beat says so within two minutes and the watcher tells people (C52)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from alerts.model import Notice, Person
from alerts.notices import SendResult
from alerts.sms import PaperSender
from dashboard.outside import beat_route
from dashboard.site_desk import SiteDesk
from ingest.memory import MemoryBroker, MemorySource
from ingest.messages import SourceHealth
from sensors.model import Reading
from strongroom.assemble import make_engine
from strongroom.beat import ailing, stalled
from strongroom.clock import SetClock
from strongroom.cursors import Cursors
from strongroom.datadir import CURSORS_DB, SITE_DB
from strongroom.engine import Engine
from strongroom.feeder import Feeder
from strongroom.model import Building
from strongroom.sitedb import Batch
from strongroom.watch import Watch, listen

START = 1_764_640_800.0


class Stuck(PaperSender):
    """A provider whose line hangs for ever once it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.hangs = threading.Event()
        self.let_go = threading.Event()

    def send(self, notice: Notice, person: Person) -> SendResult:
        if self.hangs.is_set():
            self.let_go.wait(20)
        return super().send(notice, person)


class Deaf(MemorySource):
    """A source whose network thread still says "connected" but brings nothing any more."""

    deaf = False

    def offer(self, *given: object, **more: object) -> None:
        if not self.deaf:
            super().offer(*given, **more)  # type: ignore[arg-type]


class NoSeries:
    """A series store that hangs in its first write."""

    def __init__(self, let_go: threading.Event) -> None:
        self._let_go = let_go

    def write(self, readings: Sequence[Reading]) -> None:
        self._let_go.wait(20)

    def upkeep(self, now: float, seconds: float) -> None:
        self._let_go.wait(20)

    def close(self) -> None:
        """Nothing is open."""


class House:
    """The small archive, an outside listener on its broker, and a set clock. Threads are real where they hang."""

    def __init__(self, building: Building, data: Path) -> None:
        self.clock, self.data, self.building = SetClock(START), data, building
        self.broker = MemoryBroker()
        self.sender = Stuck()
        self.let_go = self.sender.let_go
        self.sources: list[Deaf] = []
        self.outside = MemorySource(
            self.broker, [f"strongroom/{building.id}/beat"], client_id="watch", now=self.clock.now
        )
        self.outside.start()
        self.watch = Watch(building.id, START)
        self.engine: Engine = make_engine(building, data, self.clock, self._source, self.sender)
        self.engine.source.start()

    def _source(self, core: object) -> MemorySource:
        self.sources.append(Deaf(self.broker, ["#"], client_id="engine", now=self.clock.now))
        return self.sources[0]

    def run(self, seconds: float, *, turn: bool = True, commit: bool = True, send: bool = True) -> str | None:
        """Time passes; what the watcher had to say first, in English."""
        for _ in range(int(seconds)):
            self.clock.move(1.0)
            if turn:
                self.engine.turn(0.0)
            if commit:
                self.engine.committer.pump()
            if send and self.engine.outbox is not None:
                self.engine.outbox.pump()
            for trouble in listen(self.outside, 0.0):
                self.watch.heard(self.clock.now(), trouble)
            told = self.watch.tick(self.clock.now())
            if told is not None:
                return told.words.en
        return None


@pytest.fixture
def house(building: Building, tmp_path: Path) -> Iterator[House]:
    made = House(building, tmp_path / "data")
    yield made
    made.let_go.set()


@contextmanager
def thread(do: Callable[[], object]) -> Iterator[None]:
    """Runs ``do`` beside the test."""
    one = threading.Thread(target=do, daemon=True)
    one.start()
    yield
    one.join(25)


def test_while_everything_moves_nobody_is_told(house: House) -> None:
    assert house.run(300) is None
    assert ailing(house.engine.signs()) == ""


def test_a_frozen_turn_is_silence(house: House) -> None:
    house.run(60)
    assert "no beat" in str(house.run(120, turn=False))
    assert stalled(house.engine.signs())[0][0] == "turn"


def test_a_frozen_committer_is_told(house: House) -> None:
    house.run(60)
    said = house.run(120, commit=False)
    assert said is not None and "nothing has been written" in said


def test_a_disk_that_never_answers_is_told(house: House) -> None:
    house.run(60)
    hang = threading.Event()
    commit = house.engine.committer._store.commit

    def hanging(batch: Batch) -> object:
        hang.set()
        house.let_go.wait(20)
        return commit(batch)

    house.engine.committer._store.commit = hanging  # type: ignore[method-assign,assignment]
    house.clock.move(2.0)
    house.engine.turn(0.0)  # a new board is to be written
    with thread(house.engine.committer.pump):
        assert hang.wait(10)
        said = house.run(120, commit=False)
        house.let_go.set()
    assert said is not None and "a write has taken" in said


def test_a_frozen_outbox_is_told(house: House) -> None:
    house.run(60)
    said = house.run(120, send=False)
    assert said is not None and "the sender has not moved" in said


def test_an_intake_that_brings_nothing_though_connected_is_told(house: House) -> None:
    house.run(60)
    house.sources[0].deaf = True
    said = house.run(120)
    assert said is not None and "not even our own beat" in said


def test_a_lost_broker_is_not_called_a_deaf_intake(house: House) -> None:
    house.run(60)
    since, whole = house.clock.now(), SourceHealth
    well = house.sources[0].alive()
    house.sources[0].alive = lambda: whole(state="lost", words=well.words, since_at=since)  # type: ignore[method-assign]
    house.run(50)
    assert ailing(house.engine.signs()) == ""
    house.run(20)
    assert [part for part, _ in stalled(house.engine.signs())] == ["broker"]


def test_a_frozen_history_writer_is_told(building: Building, tmp_path: Path) -> None:
    made = House(building, tmp_path / "data")
    feeder = Feeder(
        tmp_path / "data" / SITE_DB,
        Cursors(tmp_path / "data" / CURSORS_DB),
        lambda: NoSeries(made.let_go),  # type: ignore[arg-type,return-value]
        made.clock,
    )
    made.engine.feeder = feeder
    with thread(feeder.pump):
        said = made.run(120)
        made.let_go.set()
    assert said is not None and "the history writer has not moved" in said


def test_over_http_a_watcher_hears_which_part_stalls_and_nothing_else(house: House) -> None:
    desk = SiteDesk(house.data, house.clock, house.building, lambda: None)  # type: ignore[arg-type,return-value]
    web = TestClient(Starlette(routes=[beat_route(desk)]))
    assert web.get("/beat").status_code == 503, "before the engine's first board"
    house.run(60)
    assert web.get("/beat").json() == {"well": True, "stalled": []}
    house.run(70, send=False)
    answer = web.get("/beat")
    assert (answer.status_code, answer.json()) == (503, {"well": False, "stalled": ["sender"]})
    house.run(5)
    assert web.get("/beat").status_code == 200
    house.clock.move(31)  # the engine shows no new board
    assert web.get("/beat").json()["stalled"] == ["engine"]
