"""The real desk on the engine's own files: first run, board, acts and their outcome, history, a dead heart."""

from __future__ import annotations

from pathlib import Path

import msgspec

from alerts.acts import Acknowledge
from dashboard.desk import Outcome, Pulse
from dashboard.site_desk import SiteDesk
from ingest.series import Series, SeriesDownError
from ingest.series_memory import MemorySeries
from sensors.model import Reading, Text
from strongroom.clock import SetClock
from strongroom.datadir import INBOX_DB, SITE_DB, keep_last_good
from strongroom.inbox import Inbox
from strongroom.journal import draft_act
from strongroom.model import Act
from strongroom.sitedb import Batch, SiteDb, encode_board
from tests.fakes import house


def _down() -> Series:
    raise SeriesDownError("away")


def desk(data: Path, clock: SetClock, series: Series | None = None) -> SiteDesk:
    return SiteDesk(data, clock, house.BUILDING, (lambda: series) if series is not None else _down)


def test_first_run_has_no_board_and_breaks_nothing(tmp_path: Path) -> None:
    here = desk(tmp_path, SetClock(house.NOW))
    assert here.board() is None and here.beat_age() is None
    assert here.entries() == [] and here.outcome("x") is None
    assert here.history("2A-T1", 0, 10) is None
    assert here.building() is house.BUILDING


def test_the_board_is_the_engines_and_its_heartbeat_is_timed_here(tmp_path: Path) -> None:
    clock = SetClock(house.NOW)
    db = SiteDb(tmp_path / SITE_DB)
    db.commit(Batch(board=encode_board(house.water_board())))
    here = desk(tmp_path, clock)
    board = here.board()
    assert board is not None and board.alarms[0].rule == "water-in-stack"
    assert here.beat_age() == 0.0
    clock.move(30)
    assert here.beat_age() == 30.0
    beating = msgspec.structs.replace(board, revision=3, beat_at=house.NOW + 30)
    db.commit(Batch(board=encode_board(beating)))
    assert here.beat_age() == 0.0


def test_a_step_of_the_wall_clock_does_not_kill_or_revive_the_engine() -> None:
    now = [0.0]
    pulse = Pulse(lambda: now[0])
    assert pulse.heard(1000.0, 1004.0) == 4.0
    now[0] = 1.0
    assert pulse.heard(1001.0, 9_999.0) == 1.0  # the wall clock jumped ahead: at most as old as the last look
    now[0] = 13.0
    assert pulse.heard(1001.0, 0.0) == 13.0


def test_an_engine_that_died_while_nobody_looked_is_dead_at_the_first_look() -> None:
    now = [0.0]
    pulse = Pulse(lambda: now[0])
    pulse.heard(1000.0, 1000.0)
    now[0] = 7200.0
    assert pulse.heard(4600.0, 8200.0) == 3600.0


def test_an_act_is_durable_in_the_inbox_and_its_outcome_is_read_back(tmp_path: Path) -> None:
    clock = SetClock(house.NOW)
    db = SiteDb(tmp_path / SITE_DB)
    here = desk(tmp_path, clock)
    act = Act(id="act-00000001", at=house.NOW, by="li", what=Acknowledge(alarm="a"))
    here.put(act)
    here.put(act)
    assert [one for _, one in Inbox(tmp_path / INBOX_DB).after(0)] == [act]
    assert here.outcome(act.id) is None
    db.commit(Batch(drafts=[draft_act(act, None, house.NOW)]))
    assert here.outcome(act.id) == Outcome(True)
    no = msgspec.structs.replace(act, id="act-00000002")
    db.commit(Batch(drafts=[draft_act(no, Text("不行", "no"), house.NOW)]))
    assert here.outcome(no.id) == Outcome(False, Text("不行", "no"))


def test_entries_are_shared_for_a_second_and_then_fresh(tmp_path: Path) -> None:
    clock = SetClock(house.NOW)
    db = SiteDb(tmp_path / SITE_DB)
    here = desk(tmp_path, clock)
    assert here.entries(kind="act") == []
    act = Act(id="act-00000001", at=house.NOW, by="li", what=Acknowledge(alarm="a"))
    db.commit(Batch(drafts=[draft_act(act, None, house.NOW)]))
    assert here.entries(kind="act") == []
    clock.move(1.5)
    assert [entry.about for entry in here.entries(kind="act")] == ["act-00000001"]


def test_the_folder_that_counts_is_the_one_the_engine_runs_with(tmp_path: Path) -> None:
    here = desk(tmp_path, SetClock(house.NOW))
    other = msgspec.structs.replace(house.BUILDING, revision="newer")
    keep_last_good(other, tmp_path)
    assert here.building().revision == "newer"


def test_history_is_points_in_order_and_merged_when_there_are_many(tmp_path: Path) -> None:
    series = MemorySeries()
    series.write([Reading("2A-T1", 20.0 + n % 3, house.NOW + n, house.NOW + n) for n in range(3000)])
    here = desk(tmp_path, SetClock(house.NOW), series)
    few = here.history("2A-T1", house.NOW, house.NOW + 100)
    assert few is not None and len(few) == 100 and [p.at for p in few] == sorted(p.at for p in few)
    many = here.history("2A-T1", house.NOW, house.NOW + 3000, points=30)
    assert many is not None and len(many) <= 52
    assert (min(p.low for p in many), max(p.high for p in many)) == (20.0, 22.0)
    assert here.history("no-such", house.NOW, house.NOW + 10) == []
