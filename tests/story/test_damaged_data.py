"""Whatever a disk makes of a file in the data directory: the engine starts, works, hears people, and says so."""

from __future__ import annotations

import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from alerts.acts import Acknowledge
from alerts.sms import PaperSender
from dashboard.site_desk import SiteDesk
from ingest.memory import MemoryBroker, MemorySource
from strongroom import builtin
from strongroom.assemble import make_engine
from strongroom.clock import SetClock
from strongroom.cursors import Cursors
from strongroom.datadir import CURSORS_DB, INBOX_DB, READINGS_DB, SITE_DB
from strongroom.engine import Engine
from strongroom.feeder import Feeder
from strongroom.folder.load import load
from strongroom.inbox import Inbox
from strongroom.model import Act, Building
from strongroom.readings import open_series
from strongroom.salvage import READINGS, salvage
from strongroom.settings import Influx
from tests.faults.house import SENSORS, write_building

T0 = 1_790_000_000.0
SEEDS = 40
PAGE = 4096


class House:
    """An engine over the small test building on a set clock, with everything it writes."""

    def __init__(self, building: Building, data: Path, at: float) -> None:
        self.data, self.clock, self.broker = data, SetClock(at), MemoryBroker(1000)
        self.building = building
        self.engine: Engine = self._begun()

    def _begun(self) -> Engine:
        def mended() -> None:
            salvage(self.data / READINGS_DB, READINGS)

        feeder = Feeder(
            self.data / SITE_DB,
            Cursors(self.data / CURSORS_DB),
            lambda: open_series(self.data, Influx(), read_only=False),
            self.clock,
            mend=mended,
            free_bytes=lambda: 10**12,
        )
        engine = make_engine(
            self.building,
            self.data,
            self.clock,
            lambda _: MemorySource(self.broker, ("#",), client_id="engine", now=self.clock.now),
            PaperSender(),
            feeder,
        )
        engine.source.start()
        return engine

    def work(self, seconds: int, warm: float) -> None:
        for second in range(seconds):
            for n in range(SENSORS):
                self.broker.publish(f"crash/s{n}", b'{"value": %d}' % (1_000_000 + second), retain=False)
            self.broker.publish("crash/t1", b'{"value": %.2f}' % (warm + second % 7 / 100), retain=False)
            self.clock.move(1.0)
            self.engine.turn(0.0)
            self.engine.committer.pump()
        assert self.engine.feeder is not None
        self.engine.feeder.pump()
        self.engine.feeder.pump()

    def act(self, name: str) -> None:
        inbox = Inbox(self.data / INBOX_DB)
        inbox.put(Act(id=name, at=self.clock.now(), by="wang", what=Acknowledge(alarm="none")))
        inbox.close()

    def decided(self) -> list[str]:
        return [entry.about for entry in self.engine._db.entries() if entry.kind == "act"]

    def damage_found(self) -> bool:
        feeder = self.engine.feeder
        return (
            self.engine.damaged or self.engine.committer.damaged or (feeder and feeder.state.damaged) is True
        )

    def stop(self) -> None:
        assert self.engine.feeder is not None
        self.engine.feeder.stop()
        self.engine.committer.stop()
        self.engine.close()


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Building, Path, float]:
    """A building and the data directory after some minutes, a standing alarm and thirty acts."""
    root = tmp_path_factory.mktemp("lived")
    building = load(write_building(root / "building")).building
    assert building is not None
    house = House(building, root / "data", T0)
    house.work(60, 20.0)
    house.work(60, 80.0)
    for n in range(30):
        house.act(f"before-{n}")
    house.work(40, 80.0)
    at = house.clock.now()
    house.stop()
    for path in (root / "data").glob("*.db"):
        base = sqlite3.connect(path)
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        base.close()
    return building, root / "data", at


def spoil(path: Path, chance: random.Random) -> None:
    """Bits, pages and ends; zeros, noise, and pages written into each other's place."""
    content = bytearray(path.read_bytes())
    pages = len(content) // PAGE
    kind = chance.randrange(5)
    for _ in range(chance.randrange(1, 6)):
        place, page = chance.randrange(len(content)), chance.randrange(pages) * PAGE
        other, length = chance.randrange(pages) * PAGE, chance.choice((1, 4, 64, 512))
        if kind == 0:
            content[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            content[page : page + PAGE] = chance.randbytes(PAGE)
        elif kind == 2:
            content[page : page + PAGE], content[other : other + PAGE] = (
                content[other : other + PAGE],
                content[page : page + PAGE],
            )
        elif kind == 3:
            content[place : place + length] = chance.choice((chance.randbytes(length), bytes(length)))
    if kind == 4:
        del content[chance.randrange(len(content)) :]
    path.write_bytes(content)


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("name", [SITE_DB, INBOX_DB, CURSORS_DB, READINGS_DB])
def test_the_engine_starts_works_and_hears_people_on_whatever_it_finds(
    name: str, seed: int, lived: tuple[Building, Path, float], tmp_path: Path
) -> None:
    building, whole, at = lived
    data = shutil.copytree(whole, tmp_path / "data")
    spoil(data / name, random.Random(f"{name} {seed}"))
    house = House(building, data, at + 10)
    for start in range(3):
        house.act(f"after-{start}")
        house.work(8, 80.0)
        found = house.damage_found()
        decided, error = house.decided(), house.engine.committer.error
        desk = SiteDesk(data, house.clock, building, lambda: open_series(data, Influx()))
        desk.board()
        desk.entries()
        desk.newcomers()
        desk.raised(0.0)
        desk.course("s1", T0, house.clock.now())
        house.stop()
        if not found:
            break
        house = House(building, data, house.clock.now())  # as the supervisor does after exit code 3
    assert not found and not error, "the second start at the latest rests on a sound file"
    assert f"after-{start}" in decided
    assert len(decided) == len(set(decided)), "nothing that people did is decided twice"


@pytest.mark.parametrize("name", [SITE_DB, INBOX_DB, CURSORS_DB, READINGS_DB])
def test_a_folder_in_the_place_of_a_file_is_put_aside(
    name: str, lived: tuple[Building, Path, float], tmp_path: Path
) -> None:
    building, whole, at = lived
    data = shutil.copytree(whole, tmp_path / "data")
    (data / name).unlink()
    (data / name / "inside").mkdir(parents=True)
    house = House(building, data, at + 10)
    house.act("after")
    house.work(8, 80.0)
    assert (data / f"{name}.damaged-1" / "inside").is_dir()
    assert (data / name).is_file()
    assert "after" in house.decided()
    if name != READINGS_DB:
        (alarm,) = [a for a in house.engine.core.annunciator.alarms.values() if a.rule == builtin.DAMAGE]
        assert alarm.active and f"{name}.damaged-1" in alarm.reason.en
    house.stop()


def test_an_entry_of_the_journal_that_nobody_can_read_costs_that_entry(
    lived: tuple[Building, Path, float], tmp_path: Path
) -> None:
    """One byte of the entry that raised the standing alarm, and of a letter beside it: the alarm still stands."""
    building, whole, at = lived
    data = shutil.copytree(whole, tmp_path / "data")
    base = sqlite3.connect(data / SITE_DB)
    base.executescript("DROP TRIGGER journal_no_update")
    base.execute(
        "UPDATE journal SET data = substr(data, 1, 20) || x'FF' WHERE kind = 'alarm.raised' AND about LIKE 'hot%'"
    )
    base.execute("UPDATE journal SET by = CAST(x'D0FF41' AS TEXT) WHERE seq = 2")
    base.commit()
    base.close()
    house = House(building, data, at + 10)
    house.work(8, 80.0)
    alarms = {alarm.rule: alarm for alarm in house.engine.core.annunciator.alarms.values() if alarm.active}
    assert builtin.JOURNAL in alarms
    assert "hot" in alarms, "what the rule knows is raised again"
    house.stop()


def test_a_row_of_the_intake_that_nobody_can_read_does_not_hold_up_the_others(
    lived: tuple[Building, Path, float], tmp_path: Path
) -> None:
    building, whole, at = lived
    data = shutil.copytree(whole, tmp_path / "data")
    for sensor in ("s1", "s2"):
        base = sqlite3.connect(data / SITE_DB)
        column = "quality = 'excellent'" if sensor == "s1" else "measured_at = 'soon'"
        base.execute(f"UPDATE intake SET {column} WHERE sensor = ? AND seq > 900", (sensor,))
        base.execute("UPDATE latest SET quality = 'excellent' WHERE sensor = 's1'")
        base.commit()
        base.close()
    (data / CURSORS_DB).unlink()
    (data / READINGS_DB).unlink()
    house = House(building, data, at + 10)
    house.work(8, 80.0)
    assert house.engine.feeder is not None
    state = house.engine.feeder.state
    assert state.backlog == 0 and state.refused > 10
    assert state.trouble is not None and "damaged" in state.trouble.en
    house.stop()


def test_acts_in_a_file_made_anew_behind_the_engines_back_are_heard(
    lived: tuple[Building, Path, float], tmp_path: Path
) -> None:
    """A page finds no inbox while the engine is down and makes one: its numbers begin at one again."""
    building, whole, at = lived
    data = shutil.copytree(whole, tmp_path / "data")
    for path in data.glob(f"{INBOX_DB}*"):
        path.unlink()
    house = House(building, data, at + 10)
    house.stop()
    for path in data.glob(f"{INBOX_DB}*"):
        path.unlink()
    house.clock.move(1.0)
    house.act("while it was down")
    again = House(building, data, house.clock.now())
    again.work(2, 20.0)
    again.act("afterwards")
    again.work(2, 20.0)
    assert again.decided()[-2:] == ["while it was down", "afterwards"]
    again.stop()


def test_people_who_cannot_be_heard_are_an_alarm_that_clears(
    lived: tuple[Building, Path, float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    building, whole, at = lived
    data = shutil.copytree(whole, tmp_path / "data")
    house = House(building, data, at + 10)

    def refused(_: Inbox) -> sqlite3.Connection:
        raise sqlite3.OperationalError("unable to open database file")

    def standing() -> bool:
        alarms = house.engine.core.annunciator.alarms.values()
        return any(alarm.active for alarm in alarms if alarm.rule == builtin.INBOX)

    monkeypatch.setattr(Inbox, "_base", refused)
    house.work(60, 20.0)
    assert standing()
    monkeypatch.undo()
    house.work(3, 20.0)
    assert not standing()
    house.stop()
