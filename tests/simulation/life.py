"""One life of the simulated building on the real engine: its databases, its outbox, its death and its restarts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from random import Random

from msgspec import Struct

from ingest.memory import MemoryBroker, MemorySource
from sensors.model import RawMessage
from strongroom.assemble import make_engine
from strongroom.core import Core
from strongroom.datadir import INBOX_DB, SITE_DB
from strongroom.engine import Engine
from strongroom.inbox import Inbox
from strongroom.sitedb import SiteReader
from tests.simulation.broker import Unmarking
from tests.simulation.crash import STEPS, Killed, Switch, wire
from tests.simulation.oracle import InvariantError, Oracle
from tests.simulation.people import People
from tests.simulation.provider import Provider
from tests.simulation.site import building
from tests.simulation.world import DAY_S, Sent, Told, World

PLACES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC")
STEP_S = 300.0  # between looks while nothing is due
SOON_S = 5.0  # while messages to people are on their way
LATER_S = 60.0  # while they wait for word of their delivery
UNMARKING = 0.3  # of all lives are lived on a broker that marks no repeat
SECONDS_OF_YEARS = (1_735_689_600.0, 1_861_920_000.0)  # lives begin in 2025 to 2028


class Lived(Struct, frozen=True):
    """What a life came to."""

    seed: int
    days: float
    head: str  # number and hash of the last journal entry
    events: int
    alarms: int
    messages: int
    kills: int
    broken: str = ""  # the invariant that did not hold
    at_day: float = 0.0


class WorldClock:
    """True time, the wall clock somebody moves, and the engine's own, which joins the wall when it starts."""

    def __init__(self, at: float) -> None:
        self.at = at
        self.shift = 0.0
        self.joined = 0.0

    def now(self) -> float:
        return self.at + self.joined

    def skew(self) -> float:
        return self.shift - self.joined

    def monotonic(self) -> float:
        return self.at

    def wait(self, seconds: float, wake: object) -> bool:
        return False


class Life:
    """A seed lived in an empty directory ``data``."""

    def __init__(self, seed: int, days: float, data: Path) -> None:
        self.seed, self.days, self._data = seed, days, data
        random = Random(seed)
        zone = random.choice(PLACES)
        start = float(int(random.uniform(*SECONDS_OF_YEARS)))
        if random.random() < 0.5:  # half of all lives meet a clock change
            month, day = random.choice(((3, 8), (3, 29), (4, 5), (10, 4), (10, 25), (11, 1)))
            start = _utc(random.choice((2025, 2026, 2027)), month, day) - random.uniform(0.5, 3.0) * DAY_S
        self.clock = WorldClock(start)
        self._start_at = start
        self._building = building(zone)
        self._random = Random(seed + 1)
        self._broker = Unmarking() if self._random.random() < UNMARKING else MemoryBroker()
        self._switch = Switch()
        self.world = World(Random(seed + 2), start, days)
        self.provider = Provider(Random(seed + 3), self._switch, self.clock.now)
        self.oracle = Oracle(zone, marks=not isinstance(self._broker, Unmarking))
        self.provider.watch, self.oracle.took = self.oracle.calls, self.provider.has
        self._inbox = Inbox(data / INBOX_DB)
        self.people = People(Random(seed + 4), self._inbox, self.provider, self.oracle)
        self._heard: list[tuple[RawMessage, float]] = []
        self._seq = 0
        self._kills = 0
        self._busy_until = 0.0
        self._linked = True
        self._down_until = 0.0
        self._link_until = 0.0
        self._told_down_until = 0.0
        self._alarms = 0
        self.engine: Engine | None = None
        self._reader: SiteReader | None = None
        self._day = 0

    def live(self) -> Lived:
        """To the end, or to the first invariant that does not hold."""
        broken = ""
        try:
            self._start()
            while self.clock.at < self.world.end_at:
                self._advance()
            self._end()
        except InvariantError as fault:
            broken = str(fault)
        finally:
            if self.engine is not None:
                self.engine.close()
            self._inbox.close()
        head = SiteReader(self._data / SITE_DB).entries(newest=True, limit=1)
        return Lived(
            seed=self.seed,
            days=self.days,
            head=f"{head[0].seq} {head[0].hash}" if head else "",
            events=self.oracle.events,
            alarms=self._alarms,
            messages=len(self.provider.took),
            kills=self._kills,
            broken=broken,
            at_day=round((self.clock.at - self._start_at) / DAY_S, 3),
        )

    # --- time -----------------------------------------------------------------------------------------

    def _advance(self) -> None:
        clock, engine = self.clock, self.engine
        due = min(self.world.next_at(), self.people.next_at(), clock.at + STEP_S)
        if engine is None:
            due = min(due, self._down_until)
        elif engine.core.pager.book.open:
            due = min(due, clock.at + (SOON_S if clock.at < self._busy_until else LATER_S))
        before = clock.at
        clock.at = max(due, clock.at + 0.001)
        if engine is not None and not self.provider.down:
            self.oracle.up_s += clock.at - before
        for happens in self.world.upto(clock.at):
            self._meet(happens)
        self.people.act(clock.at, clock.at + clock.shift)
        self.provider.down = clock.at < self._told_down_until
        if self.engine is None:
            if clock.at >= self._down_until:
                self._start()
            return
        if not self._linked and clock.at >= self._link_until:
            self._linked = True
            self.oracle.linked()
            self.engine.source.start()
        self._turn()

    def _meet(self, happens: Sent | Told) -> None:
        if isinstance(happens, Sent):
            self.oracle.published(happens.topic, happens.payload)
            self._broker.publish(happens.topic, happens.payload, retain=happens.retain)
            return
        match happens.what:
            case "clock":
                self.clock.shift = happens.value
            case "kill":
                self._switch.armed = STEPS[int(happens.value * len(STEPS))]
            case "restart" if self.engine is not None:
                self._die(30.0)
            case "link" if self.engine is not None and self._linked:
                self._linked = False
                self._link_until = self.clock.at + 3.0 / (0.001 + happens.value)
                self.engine.source.lose()  # type: ignore[attr-defined]
            case "provider":
                self._told_down_until = self.clock.at + 3000.0 * happens.value

    # --- the engine -----------------------------------------------------------------------------------

    def _start(self) -> None:
        def source(core: Core) -> MemorySource:
            return MemorySource(
                self._broker, core.decoder.subscriptions(), client_id="engine", now=self.clock.now
            )

        bent = self.clock.joined != self.clock.shift
        self.clock.joined = self.clock.shift
        engine = make_engine(self._building, self._data, self.clock, source, self.provider)
        self.engine = engine
        wire(engine, self._switch)
        decide = engine.core.message

        def message(raw: RawMessage, now: float, *, kept: bool = True) -> tuple[tuple[str, bytes], ...]:
            if not raw.topic.startswith("strongroom/"):  # the engine's own beat, heard back
                self._heard.append((raw, now))
            return decide(raw, now, kept=kept)

        engine.core.message = message  # type: ignore[method-assign]
        if engine.outbox is not None:
            for notice in engine.core.pager.notices.values():
                engine.outbox.settled(notice)
        self.oracle.linked()
        engine.source.start()
        engine._next_board = float("inf")  # screens are not what is looked at here, and they cost a third
        self._linked = True
        if self._reader is None:
            self._reader = SiteReader(self._data / SITE_DB)
        self.oracle.started(self.clock.at, bent=bent)
        self._turn()

    def _turn(self) -> None:
        engine = self.engine
        assert engine is not None and engine.outbox is not None
        quiet = False
        try:
            engine.outbox.pump()  # its thread was never still
            for _ in range(200):
                engine.turn(0.0)
                engine.committer.pump()
                self._learn()
                busy = engine.outbox.pump()
                quiet = not engine.source.alive().queued and not engine._redelivery._held and self._linked
                if not busy and (quiet or not self._linked):
                    break
                if not busy:
                    self.clock.at += 0.6  # a held run of redeliveries is decided after half a second
        except Killed:
            self._die(self._random.choice((1.0, 3.0, 20.0, 200.0, 1500.0, 20000.0)))
            return
        self.oracle.check(engine.core, self.clock.at, self.clock.now(), quiet=quiet)
        if self.clock.at - self._start_at > self._day * DAY_S:
            self._day += 1
            self.oracle.whole_fold(engine.core)

    def _learn(self) -> None:
        """Read what became durable."""
        assert self._reader is not None
        heard, self._heard = self._heard, []
        at, wall_at = self.clock.at, self.clock.at + self.clock.shift
        for raw, now in heard:
            self.oracle.decided(raw, at, now, wall_at)
        full = True
        while full and (entries := self._reader.entries(after=self._seq)):
            full = len(entries) == 1000
            self._seq = entries[-1].seq
            if any(entry.kind.startswith("notice.") for entry in entries):
                self._busy_until = at + 30.0
            for kind, alarm in self.oracle.journal(entries, at, self.clock.now()):
                self._alarms += kind == "alarm.raised"
                self.people.see(kind, alarm, at)
            for incident in self.oracle.begun():
                self.people.see_incident(incident, at)

    def _die(self, down_s: float) -> None:
        engine = self.engine
        assert engine is not None
        self._kills += 1
        engine.source.stop()
        engine.close()
        self.engine = None
        self._switch.armed = ""
        if not self._switch.durable:
            self._heard = []
        self._learn()
        self.oracle.died()
        self._down_until = self.clock.at + down_s

    def _end(self) -> None:
        reader = self._reader
        assert reader is not None
        broken = reader.broken_at()
        if broken is not None:
            raise InvariantError(f"the journal's seal is broken at {broken}")


def _utc(year: int, month: int, day: int) -> float:
    return datetime(year, month, day, tzinfo=UTC).timestamp()
