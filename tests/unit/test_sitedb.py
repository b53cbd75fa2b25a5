"""The site database keeps what it promised, and shows when somebody touched it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec
import pytest

from alerts.acts import Acknowledge
from sensors.model import Quality, Reading
from strongroom.cursors import Cursors
from strongroom.inbox import Inbox
from strongroom.journal import broken_at, draft_fact
from strongroom.model import Act, StopDrill
from strongroom.salvage import SITE, in_memory
from strongroom.sitedb import Batch, SiteDb, SiteReader


def facts(count: int, start: int = 0) -> Batch:
    return Batch(
        drafts=[draft_fact("engine.started", f"x{n}", float(n)) for n in range(start, start + count)]
    )


def test_everything_of_a_batch_is_there_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "site.db"
    db = SiteDb(path)
    reading = Reading("t1", 21.5, 100.0, 101.0)
    batch = facts(2)
    batch.readings, batch.latest = [reading], {"t1": reading}
    batch.rule_states, batch.kept, batch.meta = {"r@z": b"s"}, [(7, b"d")], {"acts": "3"}
    batch.board = (1, b"{}")
    entries = db.commit(batch)
    db.close()

    again = SiteDb(path)
    assert [e.seq for e in entries] == [1, 2]
    assert list(again.entries()) == entries
    assert again.latest() == {"t1": reading}
    assert again.rule_states() == {"r@z": b"s"}
    assert again.kept() == [(7, b"d")]
    assert again.meta("acts") == "3"
    reader = SiteReader(path)
    assert reader.intake_after(0, 10) == [(1, reading)]
    assert reader.intake_span() == (1, 1)


def test_an_empty_rule_state_is_deleted(tmp_path: Path) -> None:
    db = SiteDb(tmp_path / "site.db")
    db.commit(Batch(rule_states={"a": b"1", "b": b"2"}))
    db.commit(Batch(rule_states={"a": b""}))
    assert db.rule_states() == {"b": b"2"}


def test_a_failed_commit_leaves_nothing_and_the_next_one_works(tmp_path: Path) -> None:
    db = SiteDb(tmp_path / "site.db")
    bad = facts(1)
    bad.readings = [Reading("t1", None, 1.0, 1.0)]  # type: ignore[arg-type]
    with pytest.raises(sqlite3.Error):
        db.commit(bad)
    db.commit(facts(1))
    assert broken_at(db.entries()) is None
    assert len(list(db.entries())) == 1


def test_the_chain_continues_over_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "site.db"
    for start in range(3):
        db = SiteDb(path)
        db.commit(facts(3, start * 3))
        db.close()
    assert SiteDb(path).broken_at() is None


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE journal SET by = 'somebody' WHERE seq = 2", 2),
        ("UPDATE journal SET data = data || ' ' WHERE seq = 3", 3),
        ("DELETE FROM journal WHERE seq = 2", 2),
        ("DELETE FROM journal WHERE seq = 1", 1),
        ("DELETE FROM journal WHERE seq = 4", 4),
    ],
)
def test_touching_the_journal_is_refused_and_otherwise_seen(
    tmp_path: Path, statement: str, broken: int
) -> None:
    path = tmp_path / "site.db"
    db = SiteDb(path)
    db.commit(facts(4))
    other = sqlite3.connect(path, isolation_level=None)
    with pytest.raises(sqlite3.Error, match="append-only"):
        other.execute(statement)
    other.execute("DROP TRIGGER journal_no_update")
    other.execute("DROP TRIGGER journal_no_delete")
    other.execute(statement)
    assert db.broken_at() == broken
    assert SiteReader(path).broken_at() == broken


def test_reader_filters_by_kind_and_subject(tmp_path: Path) -> None:
    path = tmp_path / "site.db"
    db = SiteDb(path)
    db.commit(
        Batch(
            drafts=[
                draft_fact("alarm.raised", "a", 1.0),
                draft_fact("alarm.cleared", "a", 2.0),
                draft_fact("alarms", "b", 3.0),
                draft_fact("act", "c", 4.0),
            ]
        )
    )
    reader = SiteReader(path)
    assert [e.kind for e in reader.entries(kind="alarm.")] == ["alarm.raised", "alarm.cleared"]
    assert [e.kind for e in reader.entries(kind="alarm.", newest=True, limit=1)] == ["alarm.cleared"]
    assert [e.about for e in reader.entries(about="b")] == ["b"]
    assert reader.outcome("c") is not None
    assert reader.outcome("a") is None
    assert reader.board() is None


def test_pruning_never_reuses_a_number(tmp_path: Path) -> None:
    path = tmp_path / "site.db"
    db = SiteDb(path)
    db.commit(Batch(readings=[Reading("t", 1.0, float(n), 1.0) for n in range(3)]))
    db.commit(Batch(prune_upto=3))
    assert SiteReader(path).intake_after(0, 10) == []
    db.commit(Batch(readings=[Reading("t", 1.0, 9.0, 1.0, Quality.LATE)]))
    assert [seq for seq, _ in SiteReader(path).intake_after(0, 10)] == [4]


def test_cursors_survive(tmp_path: Path) -> None:
    path = tmp_path / "cursors.db"
    cursors = Cursors(path)
    assert cursors.get("series") == 0
    cursors.set("series", 42)
    cursors.close()
    assert Cursors(path).get("series") == 42


def test_inbox_keeps_order_and_folds_repeats(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox.db")
    first = Act(id="1", at=1.0, by="wang", what=StopDrill())
    second = Act(id="2", at=2.0, by="li", what=StopDrill(note="够了"))
    for act in (first, first, second):
        inbox.put(act)
    assert [act for _, act in inbox.after(0)] == [first, second]
    assert [act for _, act in inbox.after(1)] == [second]


def test_an_unreadable_act_is_skipped_not_fatal(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox.db")
    assert inbox.after(0) == []
    raw = sqlite3.connect(tmp_path / "inbox.db", isolation_level=None)
    raw.execute("INSERT INTO acts(id, body) VALUES('x', ?)", (b"not json",))
    inbox.put(Act(id="1", at=1.0, by="wang", what=StopDrill()))
    assert [act is None for _, act in inbox.after(0)] == [True, False]


def test_entries_survive_as_json(tmp_path: Path) -> None:
    db = SiteDb(tmp_path / "site.db")
    (entry,) = db.commit(Batch(drafts=[draft_fact("engine.started", "城", 1.0, folder="abc")]))
    assert msgspec.json.decode(entry.data) == {"folder": "abc"}


def test_no_number_is_given_twice_when_the_files_that_knew_them_are_gone(tmp_path: Path) -> None:
    db = SiteDb(tmp_path / "site.db", moved_upto=41)
    db.commit(Batch(readings=[Reading("s", 1.0, 1.0, 1.0)]))
    db.close()
    reader = SiteReader(tmp_path / "site.db")
    assert [seq for seq, _ in reader.intake_after(0, 10)] == [42]
    reader.close()
    db = SiteDb(tmp_path / "site.db", moved_upto=7)
    db.commit(Batch(readings=[Reading("s", 1.0, 2.0, 2.0)]))
    db.close()
    reader = SiteReader(tmp_path / "site.db")
    assert [seq for seq, _ in reader.intake_after(0, 10)] == [42, 43]
    reader.close()
    inbox = Inbox(tmp_path / "inbox.db", read_upto=9)
    inbox.put(Act(id="a", at=1.0, by="wang", what=Acknowledge(alarm="x")))
    assert [seq for seq, _ in inbox.after(0)] == [10]
    inbox.close()


def test_an_inbox_that_was_salvaged_is_opened_again(tmp_path: Path) -> None:
    page = Inbox(tmp_path / "inbox.db")
    page.put(Act(id="a", at=1.0, by="wang", what=Acknowledge(alarm="x")))
    fresh = Inbox(tmp_path / "fresh.db")
    fresh.after(0)
    fresh.close()
    (tmp_path / "fresh.db").replace(tmp_path / "inbox.db")
    for beside in ("-wal", "-shm"):
        (tmp_path / f"inbox.db{beside}").unlink(missing_ok=True)
    page.put(Act(id="b", at=2.0, by="wang", what=Acknowledge(alarm="y")))
    assert [act.id for _, act in Inbox(tmp_path / "inbox.db").after(0) if act] == ["b"], (
        "not into the file put aside"
    )


def test_a_stand_in_answers_until_the_file_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / "away" / "site.db"
    path.parent.write_text("a file where the folder should be")
    db = SiteDb(path, stand_in=in_memory(path, SITE))
    assert db.latest() == {}
    with pytest.raises(OSError, match="away"):
        db.commit(Batch(readings=[Reading("s", 1.0, 1.0, 1.0)]))
    path.parent.unlink()
    db.commit(Batch(readings=[Reading("s", 1.0, 1.0, 1.0)]))
    db.close()
    assert SiteReader(path).intake_span() == (1, 1)


def test_asking_how_far_the_intake_reaches_does_not_read_all_of_it(tmp_path: Path) -> None:
    """The feeder asks with every batch: a day's backlog must not be read a thousand times."""
    path = tmp_path / "site.db"
    db = SiteDb(path)
    db.commit(Batch(readings=[Reading("s", 1.0, float(n), float(n)) for n in range(5_000)]))
    steps = []
    reader = SiteReader(path)
    reader._db.set_progress_handler(lambda: steps.append(1), 100)  # every hundred steps of SQLite's machine
    assert reader.intake_span() == (1, 5_000)
    assert len(steps) < 5
