"""The real desk on the engine's own files: first run, board, acts and their outcome, history, a dead heart."""

from __future__ import annotations

from pathlib import Path

import msgspec

from alerts.acts import Acknowledge
from alerts.model import AlarmEvent
from dashboard.desk import Course, Outcome, Pulse
from dashboard.site_desk import SiteDesk
from ingest.series import Series, SeriesDownError, Window
from ingest.series_memory import MemorySeries
from sensors.model import Reading, Text
from strongroom.clock import SetClock
from strongroom.datadir import INBOX_DB, SITE_DB, keep_last_good
from strongroom.inbox import Inbox
from strongroom.journal import draft_act, draft_alarm
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
    assert here.course("2A-T1", 0, 10) is None
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
    few = here.course("2A-T1", house.NOW, house.NOW + 100)
    assert few is not None and len(few.points) == 100 and few.width_s == 0.0
    assert [p.at for p in few.points] == sorted(p.at for p in few.points)
    many = here.course("2A-T1", house.NOW, house.NOW + 3000, points=30)
    assert many is not None and len(many.points) <= 52 and many.width_s == 120.0
    assert (min(p.low for p in many.points), max(p.high for p in many.points)) == (20.0, 22.0)
    assert here.course("no-such", house.NOW, house.NOW + 10) == Course()


def test_the_same_chart_is_read_once_and_a_store_that_was_away_is_asked_again(tmp_path: Path) -> None:
    asked: list[str] = []

    class Counted(MemorySeries):
        def window(self, sensor: str, from_at: float, to_at: float) -> Window:
            asked.append(sensor)
            if len(asked) == 1:
                raise SeriesDownError("away")
            return super().window(sensor, from_at, to_at)

    clock = SetClock(house.NOW)
    here = desk(tmp_path, clock, Counted())
    assert here.course("2A-T1", 0, 100) is None
    assert here.course("2A-T1", 0, 100) is None and len(asked) == 1, "not at every refresh of every viewer"
    clock.move(6)
    assert here.course("2A-T1", 0, 100) == Course(width_s=1.0)
    read = len(asked)
    assert here.course("2A-T1", 0, 100) is not None and len(asked) == read
    here.course("2A-T1", 1, 101)
    assert len(asked) > read


def alarmed(db: SiteDb, at: float, number: int, kind: str = "alarm.raised", drill: str = "") -> None:
    one = house.alarm(n=number, cause=house.WET, raised_at=at, drill=drill)
    db.commit(Batch(drafts=[draft_alarm(AlarmEvent(kind=kind, alarm=one, at=at))]))


def test_alarms_of_charts_are_read_once_and_then_only_the_new_ones(tmp_path: Path) -> None:
    clock = SetClock(house.NOW)
    db = SiteDb(tmp_path / SITE_DB)
    here = desk(tmp_path, clock)
    assert here.raised(0) == []
    alarmed(db, house.NOW - 50, 1)
    alarmed(db, house.NOW - 40, 2, drill="water-2b")
    alarmed(db, house.NOW - 30, 3, kind="alarm.cleared")
    clock.move(2)
    assert [(one.at, one.kind, one.sensors) for one in here.raised(0)] == [(house.NOW - 50, "1", ("2B-W1",))]
    alarmed(db, house.NOW - 20, 1, kind="alarm.returned")
    assert len(here.raised(0)) == 1, "looked a moment ago"
    clock.move(2)
    assert [one.at for one in here.raised(0)] == [house.NOW - 50, house.NOW - 20]
    assert [one.at for one in here.raised(house.NOW - 20)] == [house.NOW - 20]


def test_health_is_over_thirty_days_or_since_the_journal_began(tmp_path: Path) -> None:
    clock = SetClock(house.NOW)
    db = SiteDb(tmp_path / SITE_DB)
    here = desk(tmp_path, clock)
    assert here.health() is None
    alarmed(db, house.NOW - 2 * 86_400, 1)
    clock.move(2)
    young = here.health()
    assert young is not None and (young.from_at, young.alarms) == (house.NOW - 2 * 86_400, 1)
    alarmed(db, house.NOW - 50, 2)
    clock.move(30)
    assert here.health() is young, "shared for a minute"
    clock.move(31)
    fresh = here.health()
    assert fresh is not None and fresh.alarms == 2
    clock.move(40 * 86_400)
    old = here.health()
    assert old is not None and (old.alarms, old.until_at - old.from_at) == (0, 30 * 86_400)
