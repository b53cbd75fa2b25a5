"""The chain's own troubles are alarms: no broker, no disk, no provider, a touched journal, an unreadable act."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from alerts.acts import Acknowledge
from alerts.rule import Change
from sensors.model import Reading
from strongroom import builtin
from strongroom.engine import STUMBLES_LOGGED
from strongroom.model import Act, Building, Entry
from strongroom.rehearse import Rehearsal
from strongroom.sitedb import Batch, SiteReader

START = 1_764_640_800.0

Open = Callable[[], Rehearsal]


def active(rehearsal: Rehearsal) -> set[str]:
    return {alarm.rule for alarm in rehearsal.engine.core.annunciator.alarms.values() if alarm.active}


def test_a_lost_broker_is_one_alarm_and_clears_when_it_is_back(house: Open) -> None:
    rehearsal = house()
    rehearsal.engine.source.lose()  # type: ignore[attr-defined] - the in-process source can break its link
    rehearsal.run(8)
    assert active(rehearsal) == set()
    rehearsal.run(400)
    assert builtin.BROKER in active(rehearsal)
    pages = [paper.notice for paper in rehearsal.paper.trail if paper.notice.kind == "page"]
    assert pages, "somebody was told"
    assert len({notice.reference for notice in pages}) == 1, "one message chain for the root cause"
    rehearsal.engine.source.start()
    rehearsal.run(120)
    assert builtin.BROKER not in active(rehearsal)


class Full:
    """A site database whose disk can be full."""

    def __init__(self, real: Callable[[Batch], list[Entry]]) -> None:
        self.real = real
        self.full = False

    def __call__(self, batch: Batch) -> list[Entry]:
        if self.full:
            raise sqlite3.OperationalError("database or disk is full")
        return self.real(batch)


def test_a_full_disk_is_told_alarms_go_on_and_nothing_is_acknowledged(
    house: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    rehearsal = house()
    db = rehearsal.engine._db
    disk = Full(db.commit)
    monkeypatch.setattr(db, "commit", disk)
    disk.full = True
    rehearsal.run(5)
    assert builtin.DISK in active(rehearsal)
    before = len(rehearsal.entries())
    rehearsal.show("2B-W1", "wet")
    rehearsal.run(20)
    assert "water-in-stack" in active(rehearsal)
    told = [p.words for p in rehearsal.paper.trail if "漏水" in p.words or "Water" in p.words]
    assert told, "people are told although nothing can be written"
    assert len(rehearsal.entries()) == before
    assert rehearsal.engine.committer.waiting() > 0, "unacknowledged messages wait"

    disk.full = False
    rehearsal.run(5)
    assert builtin.DISK not in active(rehearsal)
    assert rehearsal.engine.committer.waiting() == 0
    kinds = [entry.kind for entry in rehearsal.entries() if entry.about.startswith("water-in-stack")]
    assert kinds.count("alarm.raised") == 1
    again = [p.words for p in rehearsal.paper.trail if "漏水" in p.words]
    assert len(again) == len([w for w in told if "漏水" in w]), "and not told again when the disk is back"


@pytest.mark.parametrize("window", [5, 65_535])
def test_a_disk_full_for_longer_than_the_window_lasts_costs_no_alarm_and_no_reading(
    building: Building, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, window: int
) -> None:
    """The broker stops delivering what is not acknowledged; decisions go on beside it, each one once."""

    def day(name: str, *, faulty: bool) -> tuple[Rehearsal, set[tuple[str, float, float]], int]:
        rehearsal = Rehearsal(building, tmp_path / name, START, window=window)
        db = rehearsal.engine._db
        disk = Full(db.commit)
        monkeypatch.setattr(db, "commit", disk)
        rehearsal.run(120)
        disk.full = faulty
        rehearsal.run(600)
        rehearsal.show("2B-W1", "wet")
        rehearsal.run(20)
        assert "water-in-stack" in active(rehearsal)
        rehearsal.show("2B-W1", "dry")
        rehearsal.run(400)
        assert rehearsal.engine.bypass.open is faulty
        disk.full = False
        rehearsal.run(60)  # a window of five lets five through at each of the rehearsal's turns
        assert not rehearsal.engine.bypass.open
        reader = SiteReader(tmp_path / name / "site.db")
        kept = [
            r
            for _, r in reader.intake_after(0, 100_000)
            if r is not None and building.sensors[r.sensor].dialect != "derived"
        ]
        reader.close()
        return rehearsal, {(r.sensor, r.measured_at, r.value) for r in kept}, len(kept)

    _, calm, calm_count = day("calm", faulty=False)
    rehearsal, kept, count = day("faulty", faulty=True)
    assert len(kept) == count, "no reading twice"
    assert {sensor for sensor, _, _ in kept} == {sensor for sensor, _, _ in calm}
    assert count == calm_count, "every reading has its copy"
    kinds = [entry.kind for entry in rehearsal.entries() if entry.about.startswith("water-in-stack")]
    assert kinds.count("alarm.raised") == 1, "the copies decide nothing again"
    moments = [at for sensor, at, _ in kept if sensor == "2B-W1"]
    assert max(moments) - min(moments) > 900, (
        "kept with the time at which it was heard, not when its copy came"
    )


def test_a_file_that_became_no_database_ends_the_engine_so_that_the_next_start_salvages_it(
    house: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = house().engine

    def commit(_: Batch) -> list[Entry]:
        broken = sqlite3.DatabaseError("database disk image is malformed")
        broken.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise broken

    monkeypatch.setattr(engine._db, "commit", commit)
    engine.committer.offer(Batch(meta={"acts": "1"}), [])
    never = threading.Event()
    engine.run(never)  # comes back by itself
    assert engine.committer.damaged


def test_a_touched_journal_is_alarmed_at_the_next_start(house: Open, tmp_path: Path) -> None:
    rehearsal = house()
    rehearsal.show("2B-W1", "wet")
    rehearsal.run(20)
    raw = sqlite3.connect(tmp_path / "data" / "site.db", isolation_level=None)
    raw.execute("DROP TRIGGER journal_no_update")
    raw.execute("UPDATE journal SET by = 'nobody' WHERE seq = 2")
    raw.close()
    rehearsal.restart()
    rehearsal.run(2)
    assert {builtin.JOURNAL, "water-in-stack"} <= active(rehearsal)


def test_an_unreadable_act_is_said_aloud_and_the_next_one_works(house: Open, tmp_path: Path) -> None:
    rehearsal = house()
    raw = sqlite3.connect(tmp_path / "data" / "inbox.db", isolation_level=None)
    raw.execute("INSERT INTO acts(id, body) VALUES('x', ?)", (b"\xff not json",))
    raw.close()
    rehearsal.run(2)
    assert builtin.ACTS in active(rehearsal)
    assert rehearsal.do("wang", f"acknowledge {builtin.ACTS}") is None


def test_a_fault_of_our_own_over_one_message_is_said_aloud_and_stops_no_other(
    house: Open, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Met again after every start, a message that ends the engine would keep it down (C51)."""
    rehearsal = house()
    core = rehearsal.engine.core
    believed = core.evaluator.observe

    def observe(reading: Reading, now: float) -> list[Change]:
        if reading.sensor == "2B-H1":
            raise ZeroDivisionError("float division by zero")
        return believed(reading, now)

    monkeypatch.setattr(core.evaluator, "observe", observe)
    rehearsal.show("2B-H1", 71.0)
    rehearsal.show("2B-W1", "wet")
    rehearsal.run(60)
    assert {builtin.PROGRAM, "water-in-stack"} <= active(rehearsal)
    (alarm,) = (a for a in core.annunciator.alarms.values() if a.rule == builtin.PROGRAM)
    assert "ZeroDivisionError" in alarm.reason.en
    assert "未能处理" in alarm.reason.zh
    for number in range(3 * STUMBLES_LOGGED):
        rehearsal.show("2B-H1", 72.0 + number)
        rehearsal.run(1)
    logged = capfd.readouterr().err.count("Traceback (most recent call last)")
    assert 0 < logged <= STUMBLES_LOGGED, "the log tells the developers where, and does not fill the disk"
    assert rehearsal.engine.committer.waiting() == 0, "the message is acknowledged with the rest"
    rehearsal.restart()
    rehearsal.run(60)
    assert builtin.PROGRAM not in active(rehearsal)


def test_a_fault_of_our_own_over_an_act_is_said_and_the_next_act_works(
    house: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    rehearsal = house()
    rehearsal.show("2B-W1", "wet")
    rehearsal.run(20)
    annunciator = rehearsal.engine.core.annunciator
    with monkeypatch.context() as broken:
        broken.setattr(annunciator, "on_act", lambda *_: 1 // 0)
        (alarm,) = (a for a in annunciator.alarms.values() if a.rule == "water-in-stack")
        now = rehearsal.clock.now()
        rehearsal.engine._inbox.put(Act(id="x", at=now, by="wang", what=Acknowledge(alarm=alarm.id)))
        rehearsal.run(2)
    (refused,) = (entry for entry in rehearsal.entries() if entry.kind == "act" and entry.about == "x")
    assert "程序出错" in refused.data.decode()
    assert builtin.PROGRAM in active(rehearsal)
    assert rehearsal.do("wang", "acknowledge water-in-stack") is None


def test_somebody_unknown_is_refused_in_words(house: Open) -> None:
    rehearsal = house()
    rehearsal.show("2B-W1", "wet")
    rehearsal.run(10)
    why = rehearsal.do("mallory", "acknowledge water-in-stack")
    assert why is not None
    assert "mallory" in why.zh
    assert "mallory" in why.en
    (alarm,) = (a for a in rehearsal.engine.core.annunciator.alarms.values() if a.rule == "water-in-stack")
    assert alarm.acked is None


def test_a_flood_of_alarms_lists_all_and_sends_few(house: Open) -> None:
    rehearsal = house()
    for room in ("2A", "2B"):
        rehearsal.show(f"{room}-W1", "wet")
        rehearsal.show(f"{room}-S1", 1.0)
    rehearsal.show("C-M1", "off")
    rehearsal.run(300)
    assert len(active(rehearsal)) >= 3
    for person in rehearsal.building.people:
        pages = [p for p in rehearsal.paper.trail if p.notice.person == person and p.notice.kind == "page"]
        low = [p for p in pages if not p.notice.life_safety]
        assert len(low) <= 4


@pytest.mark.parametrize("hours", [1, -1])
def test_a_step_of_the_wall_clock_changes_no_duration(house: Open, hours: int) -> None:
    rehearsal = house()
    rehearsal.show("2A-H1", 66.0)
    rehearsal.run(900)
    rehearsal.clock.skewed = hours * 3600.0
    rehearsal.run(870)
    swing = "stack-humidity-swing"  # the leap itself is a swing, and says so at once
    assert active(rehearsal) == {builtin.CLOCK, swing}, "half an hour is not over, nobody is silent"
    rehearsal.run(60)
    assert active(rehearsal) == {builtin.CLOCK, swing, "humid-stack"}
    steps = [entry for entry in rehearsal.entries() if entry.kind == "clock.stepped"]
    assert [msgspec.json.decode(step.data)["seconds"] for step in steps] == [hours * 3600.0]
    rehearsal.clock.skewed = 0.0
    rehearsal.run(5)
    assert builtin.CLOCK not in active(rehearsal)


def test_what_a_provider_said_last_is_kept_when_the_engine_ends_in_order(house: Open) -> None:
    rehearsal = house()
    engine = rehearsal.engine
    assert engine.outbox is not None
    rehearsal.show("2B-W1", "wet")
    for _ in range(60):
        rehearsal.run(1)
        if any(alarm.rule == "water-in-stack" for alarm in engine.core.annunciator.alarms.values()):
            break
    (page,) = {p.notice.id for p in rehearsal.paper.trail if p.notice.kind == "page"} or {""}
    kinds = [entry.kind for entry in rehearsal.entries() if entry.about == page]
    assert kinds[-1] == "notice.delivered"
    rehearsal.clock.move(200.0)  # the next rung is due; its message goes out while the engine is told to stop
    engine.turn(0.0)
    engine.committer.pump()
    engine.turn(0.0)
    engine.committer.pump()
    engine.outbox.pump()
    engine.turn(0.0)
    engine.committer.pump()
    engine.outbox.pump()
    stop = threading.Event()
    stop.set()
    engine.run(stop)
    last = {entry.about: entry.kind for entry in rehearsal.entries() if entry.kind.startswith("notice.")}
    assert "notice.sending" not in last.values(), "sent, and the answer of the provider was lost"
    assert rehearsal.entries()[-1].kind == "engine.stopped"
