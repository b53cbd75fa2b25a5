"""A page of the site database is garbage: every row outside it is kept, every hole is told."""

from __future__ import annotations

import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from ingest.series_sqlite import SqliteSeries
from sensors.model import Reading
from strongroom.inbox import Inbox
from strongroom.journal import draft_fact
from strongroom.salvage import READINGS, SITE, in_memory, salvage
from strongroom.sitedb import Batch, SiteDb, SiteReader

TAKEN_IN, ENTRIES = 3000, 300
TABLES = ("intake", "journal", "kept", "latest", "rule_state", "meta")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "site.db"
    db = SiteDb(path)
    for start in range(0, TAKEN_IN, 100):
        db.commit(
            Batch(
                readings=[
                    Reading(f"s{n % 8}", float(n), float(n), float(n)) for n in range(start, start + 100)
                ],
                latest={f"s{n}": Reading(f"s{n}", 1.0, 1.0, 1.0) for n in range(200)},
                drafts=[
                    draft_fact("noted", f"a{start + n}", 1.0, words="x" * 200) for n in range(ENTRIES // 30)
                ],
                rule_states={f"rule-{start + n}": b"state" * 20 for n in range(10)},
                kept=[(n, b"12345678") for n in range(start, start + 100)],
            )
        )
    db.close()
    return path


def content(path: Path) -> dict[str, set[tuple[object, ...]]]:
    db = sqlite3.connect(path)
    found = {table: set(db.execute(f"SELECT * FROM {table}")) for table in TABLES}
    db.close()
    return found


def size(path: Path) -> int:
    return path.stat().st_size // 4096


def spoiled(whole: Path, folder: Path, page: int, with_what: bytes) -> Path:
    path = folder / "site.db"
    shutil.copy(whole, path)
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(with_what)
    return path


def leaves(whole: Path) -> list[int]:
    """Pages that hold rows, the last page among them: table leaves (13) and index leaves (10)."""
    data = whole.read_bytes()
    found = [page for page in range(2, size(whole) + 1) if data[(page - 1) * 4096] in (13, 10)]
    assert found[-1] == size(whole)
    return [*random.Random(4).sample(found, 25), found[-1]]


def test_a_whole_file_is_left_alone(whole: Path, tmp_path: Path) -> None:
    path = spoiled(whole, tmp_path, 1, b"")
    assert salvage(path) is None
    assert [one.name for one in tmp_path.iterdir()] == ["site.db"]
    assert salvage(tmp_path / "nothing.db") is None


@pytest.mark.parametrize("garbage", [b"\0" * 4096, random.Random(1).randbytes(4096)], ids=["zeros", "noise"])
def test_every_row_outside_the_bad_page_is_kept_and_every_hole_told(
    whole: Path, tmp_path: Path, garbage: bytes
) -> None:
    before = content(whole)
    for page in leaves(whole):
        folder = tmp_path / str(page)
        folder.mkdir()
        path = spoiled(whole, folder, page, garbage)
        lost = salvage(path)
        if lost is None:
            continue  # a free page: nothing was on it
        after = content(path)
        assert salvage(path) is None, "whole again"
        assert (folder / lost.aside).exists(), "the damaged file stays"
        for table in TABLES:
            gone = before[table] - after[table]
            assert after[table] <= before[table]
            assert len(gone) <= 300, f"page {page} cost {len(gone)} rows of {table}"
            if table in ("intake", "journal", "kept"):
                told = {n for first, last in lost.rows.get(table, []) for n in range(first, last + 1)}
                assert {row[0] for row in gone} == told, f"page {page}, {table}"
            elif gone:
                assert table in lost.unreadable
        db = SiteDb(path)
        db.commit(Batch(readings=[Reading("s0", 9.0, 9.0, 9.0)]))
        db.close()
        reader = SiteReader(path)
        assert reader.intake_span()[1] == TAKEN_IN + 1, "no number is given twice"
        reader.close()


@pytest.mark.parametrize("page", [1])
def test_a_file_that_is_no_database_at_all_is_put_aside(whole: Path, tmp_path: Path, page: int) -> None:
    path = spoiled(whole, tmp_path, page, b"\xff" * 4096)
    lost = salvage(path)
    assert lost is not None
    assert lost.aside == "site.db.damaged-1"
    assert "intake" in lost.words.en
    assert "intake" in lost.words.zh
    db = SiteDb(path)
    db.commit(Batch(readings=[Reading("s0", 9.0, 9.0, 9.0)]))
    db.close()


def test_the_last_page_of_the_log_costs_the_last_commit_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a" / "site.db"
    db = SiteDb(path)
    for n in range(20):
        db.commit(Batch(readings=[Reading("s", float(n), float(n), float(n))]))
    died = tmp_path / "b"
    shutil.copytree(path.parent, died)  # as a machine leaves it that loses power
    db.close()
    assert salvage(died / "site.db") is None, "an intact log is no damage"
    died = tmp_path / "c"
    db = SiteDb(tmp_path / "d" / "site.db")
    for n in range(20):
        db.commit(Batch(readings=[Reading("s", float(n), float(n), float(n))]))
    shutil.copytree(tmp_path / "d", died)
    db.close()
    log = died / "site.db-wal"
    with log.open("r+b") as file:
        file.seek(log.stat().st_size - 4096)
        file.write(b"\0" * 4096)
    lost = salvage(died / "site.db")
    assert lost is not None
    assert 1 <= lost.pages <= 5
    assert "last commit" in lost.words.en
    db = SiteDb(died / "site.db")
    assert db._db.execute("SELECT count(*) FROM intake").fetchone()[0] == 19
    db.close()
    assert salvage(died / "site.db") is None


def test_a_reader_follows_the_salvaged_file(whole: Path, tmp_path: Path) -> None:
    path = spoiled(whole, tmp_path, size(whole), b"\xff" * 4096)
    reader = SiteReader(path)
    assert reader.board() is None
    assert salvage(path) is not None
    db = SiteDb(path)
    assert reader.board() is None
    assert reader.intake_span()[1] > 0
    db.close()
    reader.close()


def test_whole_frames_that_were_never_made_known_are_no_damage(tmp_path: Path) -> None:
    """Killed between writing a commit and telling the other processes that have the file open (the pages): nothing in
    it was acknowledged, and nothing is broken."""
    path = tmp_path / "site.db"
    db = SiteDb(path)
    db.commit(Batch(readings=[Reading("s0", 1.0, 1.0, 1.0)]))
    known = path.with_name("site.db-shm").read_bytes()
    db.commit(Batch(readings=[Reading("s0", 2.0, 2.0, 2.0)]))
    with path.with_name("site.db-shm").open("r+b") as shared:
        shared.write(known)
    assert salvage(path) is None
    with path.with_name("site.db-wal").open("r+b") as log:
        log.seek(-2000, 2)
        log.write(b"\xff" * 64)
    lost = salvage(path)
    db.close()
    assert lost is not None
    assert lost.pages >= 1


@pytest.mark.parametrize("table", ["block", "part", "tail", "recent"])
def test_readings_keep_everything_but_what_fails_its_checksum(tmp_path: Path, table: str) -> None:
    path = tmp_path / "readings.db"
    store = SqliteSeries(path)
    day = 86400.0
    many = [Reading(f"s{n % 5}", float(n), 60.0 * (n // 5), 60.0 * (n // 5)) for n in range(5 * 1440)]
    store.write(many)
    while store.upkeep(3 * day):
        pass
    for moved in (2 * day, 3 * day):  # a part of each sensor, and a tail; then single rows
        store.write([Reading(r.sensor, r.value, r.measured_at + moved, r.received_at) for r in many])
        if moved == 2 * day:
            store.write([Reading(f"s{n}", 1.0, 9 * day + n, 1.0) for n in range(5)])
    store.close()
    assert salvage(path, READINGS) is None, "whole"
    base = sqlite3.connect(path)
    before = {t: base.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("block", "part", "tail")}
    assert min(before.values()) > 0
    if table == "recent":
        base.close()
        spoil_page_of(path, "recent")
    else:
        base.execute(f"UPDATE {table} SET data = zeroblob(length(data)) WHERE rowid = 1")
        base.commit()
        base.close()
    lost = salvage(path, READINGS)
    assert lost is not None
    assert f"{table}" in lost.words.en
    assert "readings.db.damaged-1" in lost.words.zh
    assert table == "recent" or lost.rows == {table: [(1, 1)]}
    base = sqlite3.connect(path)
    for one in ("block", "part", "tail"):
        kept = base.execute(f"SELECT count(*) FROM {one}").fetchone()[0]
        assert kept == before[one] - (one == table)
    base.close()
    assert salvage(path, READINGS) is None, "whole again"
    store = SqliteSeries(path)
    store.write([Reading("s0", 5.0, 20 * day, 1.0)])
    assert store.latest()["s0"].value == 5.0
    kept_days = [len(store.window(f"s{n}", 0.0, day)) for n in range(5)]
    # Of the lost day its last reading is still there as a row: it was the newest.
    assert sorted(kept_days) == [1 if table == "block" else 1440, 1440, 1440, 1440, 1440], (
        "one sensor's day at most"
    )
    store.close()


def spoil_page_of(path: Path, table: str) -> None:
    base = sqlite3.connect(path)
    page = base.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    base.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)


def test_what_cannot_be_written_is_read_into_memory_as_far_as_it_goes(whole: Path, tmp_path: Path) -> None:
    path = spoiled(whole, tmp_path, leaves(whole)[0], b"\0" * 4096)
    found = in_memory(path, SITE)
    whole_rows = content(whole)
    assert len(whole_rows["journal"]) - 300 <= found.execute("SELECT count(*) FROM journal").fetchone()[0]
    assert found.execute("SELECT count(*) FROM intake").fetchone()[0] >= TAKEN_IN - 300
    assert [one.name for one in tmp_path.iterdir() if "damaged" in one.name or "fresh" in one.name] == []
    nothing = in_memory(tmp_path / "none.db", SITE)
    assert nothing.execute("SELECT count(*) FROM journal").fetchone()[0] == 0


def test_an_empty_file_is_damage_only_where_others_have_something(tmp_path: Path) -> None:
    (tmp_path / "site.db").touch()
    assert salvage(tmp_path / "site.db") is None, "a first start that found no room"
    inbox = Inbox(tmp_path / "inbox.db")
    inbox.after(0)
    inbox.close()
    lost = salvage(tmp_path / "site.db")
    assert lost is not None
    assert "an unknown number of rows of journal" in lost.words.en
    assert (tmp_path / lost.aside).stat().st_size == 0
