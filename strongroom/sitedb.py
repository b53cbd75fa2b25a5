"""The site database: journal, rule states and durable intake, written together in one group commit.

One SQLite file in write-ahead mode with full sync, one writer (the engine), any number of readers. It must
lie on a local disk: SQLite's write-ahead log does not work over a network file system.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from operator import methodcaller
from pathlib import Path

import msgspec
from msgspec import Struct

from sensors.model import Quality, Reading
from strongroom.journal import GENESIS, Draft, broken_at, chain
from strongroom.model import Board, Entry
from strongroom.redelivery import REMEMBERED

SCHEMA_VERSION = 1
PRUNE_AT_ONCE = 2000  # rows a commit removes at most, so that none takes long

SCHEMA = """
CREATE TABLE IF NOT EXISTS journal(
  seq INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, about TEXT NOT NULL, by TEXT NOT NULL,
  data BLOB NOT NULL, hash TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS journal_about ON journal(about, seq);
CREATE INDEX IF NOT EXISTS journal_kind ON journal(kind, seq);
CREATE TRIGGER IF NOT EXISTS journal_no_update BEFORE UPDATE ON journal
  BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER IF NOT EXISTS journal_no_delete BEFORE DELETE ON journal
  BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TABLE IF NOT EXISTS intake(
  seq INTEGER PRIMARY KEY AUTOINCREMENT, sensor TEXT NOT NULL, measured_at REAL NOT NULL,
  received_at REAL NOT NULL, value REAL NOT NULL, raw REAL, quality TEXT NOT NULL, drill TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS latest(
  sensor TEXT PRIMARY KEY, measured_at REAL NOT NULL, received_at REAL NOT NULL, value REAL NOT NULL,
  quality TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rule_state(key TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kept(
  n INTEGER PRIMARY KEY AUTOINCREMENT, delivery INTEGER NOT NULL, mark BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS board(id INTEGER PRIMARY KEY CHECK(id = 1), revision INTEGER NOT NULL,
  body BLOB NOT NULL);
"""

_board = msgspec.json.Decoder(Board)
LENIENT = methodcaller("decode", "utf-8", "replace")
"""How text is read: letters that the disk changed are no reason not to read the row they stand in, or any after it."""


# https://sqlite.org/rescode.html: the file is malformed, or no database at all.
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def is_damage(error: Exception) -> bool:
    """Whether SQLite says that a file is no longer what it wrote."""
    # SQLite's own words may quote what it found, which Python then cannot read.
    return isinstance(error, UnicodeDecodeError) or getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED


class Batch(Struct, kw_only=True):
    """Everything one group commit makes durable.

    ``readings`` go to the intake; ``latest`` replaces the newest reading per sensor; ``rule_states`` by key
    (empty bytes delete); ``kept`` are packet identifier and mark of what was kept, in order. Of the
    intake up to ``prune_upto``, which every consumer has finished, a part goes with each commit.
    """

    readings: list[Reading] = []
    latest: dict[str, Reading] = {}
    drafts: list[Draft] = []
    rule_states: dict[str, bytes] = {}
    kept: list[tuple[int, bytes]] = []
    meta: dict[str, str] = {}
    board: tuple[int, bytes] | None = None
    prune_upto: int = 0

    def merge(self, later: Batch) -> None:
        """Add a later batch to this one; later facts win."""
        self.readings += later.readings
        self.latest.update(later.latest)
        self.drafts += later.drafts
        self.rule_states.update(later.rule_states)
        self.kept += later.kept
        self.meta.update(later.meta)
        self.board = later.board or self.board
        self.prune_upto = max(self.prune_upto, later.prune_upto)

    def empty(self) -> bool:
        """Nothing to write."""
        return not (
            self.readings or self.latest or self.drafts or self.rule_states or self.meta or self.board
        )


class SiteDb:
    """The engine's own connection. Every method may raise :class:`sqlite3.Error` (disk full, read-only).

    ``stand_in`` holds what could be read of a file that cannot be opened for writing: it answers until a commit can
    open the file after all. Each commit tries. No reading gets a number up to ``moved_upto`` again, also where the file
    that knew the numbers is gone: the series writer believes that it has moved those on.
    """

    def __init__(self, path: Path, stand_in: sqlite3.Connection | None = None, moved_upto: int = 0) -> None:
        self.path = path
        self._moved_upto = moved_upto
        self._standing_in = stand_in is not None
        # The writer thread and the start-up fold share this connection, never at the same time.
        self._take_up(_for_writing(path, moved_upto) if stand_in is None else stand_in)

    def _take_up(self, db: sqlite3.Connection) -> None:
        self._db = db
        head = db.execute("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
        self._seq: int = head[0] if head else 0
        self._hash: str = head[1] if head else GENESIS

    def commit(self, batch: Batch) -> list[Entry]:
        """Write a batch in one transaction with full sync; returns the sealed journal entries."""
        if self._standing_in:
            self._take_up(_for_writing(self.path, self._moved_upto))
            self._standing_in = False
        seq, previous = self._seq, self._hash
        entries: list[Entry] = []
        for draft in batch.drafts:
            seq += 1
            entry = chain(previous, seq, draft)
            previous = entry.hash
            entries.append(entry)
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        try:
            db.executemany(
                "INSERT INTO intake(sensor, measured_at, received_at, value, raw, quality, drill)"
                " VALUES(?,?,?,?,?,?,?)",
                [
                    (r.sensor, r.measured_at, r.received_at, r.value, r.raw, r.quality.value, r.drill)
                    for r in batch.readings
                ],
            )
            db.executemany(
                "INSERT OR REPLACE INTO latest VALUES(?,?,?,?,?)",
                [
                    (r.sensor, r.measured_at, r.received_at, r.value, r.quality.value)
                    for r in batch.latest.values()
                ],
            )
            db.executemany(
                "INSERT INTO journal VALUES(?,?,?,?,?,?,?)",
                [(e.seq, e.at, e.kind, e.about, e.by, e.data, e.hash) for e in entries],
            )
            gone = [(key,) for key, body in batch.rule_states.items() if not body]
            kept = [(key, body) for key, body in batch.rule_states.items() if body]
            db.executemany("DELETE FROM rule_state WHERE key = ?", gone)
            db.executemany("INSERT OR REPLACE INTO rule_state VALUES(?,?)", kept)
            if batch.kept:
                db.executemany("INSERT INTO kept(delivery, mark) VALUES(?,?)", batch.kept)
                db.execute("DELETE FROM kept WHERE n <= (SELECT max(n) FROM kept) - ?", (REMEMBERED,))
            db.executemany("INSERT OR REPLACE INTO meta VALUES(?,?)", list(batch.meta.items()))
            if entries:
                db.execute("INSERT OR REPLACE INTO meta VALUES('head', ?)", (f"{seq} {previous}",))
            if batch.prune_upto:
                db.execute(
                    "DELETE FROM intake WHERE seq <= min(?, (SELECT min(seq) FROM intake) + ?)",
                    (batch.prune_upto, PRUNE_AT_ONCE),
                )
            if batch.board is not None:
                db.execute("INSERT OR REPLACE INTO board VALUES(1,?,?)", batch.board)
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        self._seq, self._hash = seq, previous
        return entries

    def rule_states(self) -> dict[str, bytes]:
        """Every rule state as last committed."""
        return dict(self._db.execute("SELECT key, body FROM rule_state").fetchall())

    def latest(self) -> dict[str, Reading]:
        """The newest reading of every sensor as last committed."""
        rows = self._db.execute("SELECT sensor, value, measured_at, received_at, quality FROM latest")
        return {reading.sensor: reading for row in rows if (reading := _reading(*row)) is not None}

    def kept(self) -> list[tuple[int, bytes]]:
        """Packet identifiers and marks of the newest messages kept, oldest first."""
        return self._db.execute("SELECT delivery, mark FROM kept ORDER BY n").fetchall()

    def meta(self, key: str) -> str | None:
        """A stored value, or None."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def number(self, key: str) -> int | None:
        """A stored number; None where there is none, or the disk made something else of it."""
        word = self.meta(key) or ""
        return int(word) if word.isascii() and word.isdigit() else None

    @property
    def head(self) -> str:
        """Number and hash of the last entry: an outsider who noted it can tell that the end was cut."""
        return f"{self._seq} {self._hash}"

    def broken_at(self) -> int | None:
        """First entry that was altered, cut out or cut off at the end; None when the journal is whole."""
        return _broken(self.entries(), self.meta("head"))

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """The journal in order, after a number."""
        return _entries(self._db.execute("SELECT * FROM journal WHERE seq > ? ORDER BY seq", (after,)))

    def close(self) -> None:
        """Close; what was committed stays."""
        self._db.close()


def number_after(db: sqlite3.Connection, table: str, upto: int) -> None:
    """The next row of a table that never gives a number twice gets one above ``upto``."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    if row is None and upto:
        db.execute("INSERT INTO sqlite_sequence VALUES (?, ?)", (table, upto))
    elif row is not None and int(row[0]) < upto:
        db.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", (upto, table))


def _for_writing(path: Path, moved_upto: int) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, timeout=10.0, isolation_level=None, check_same_thread=False)
    db.text_factory = LENIENT
    try:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA wal_autocheckpoint=4000")
        db.executescript(SCHEMA)
        db.execute("INSERT OR IGNORE INTO meta VALUES('schema', ?)", (str(SCHEMA_VERSION),))
        number_after(db, "intake", moved_upto)
    except BaseException:
        db.close()
        raise
    return db


class SiteReader:
    """Read-only view for the dashboard, the outbox, the feeder and tools; not for two threads at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open()

    def _open(self) -> None:
        self._db = sqlite3.connect(
            f"file:{self._path}?mode=ro", uri=True, timeout=5.0, isolation_level=None, check_same_thread=False
        )
        try:
            self._file = self._path.stat().st_ino
        except OSError as error:  # a salvaged file is just taking its place
            raise sqlite3.OperationalError(str(error)) from error
        self._db.text_factory = LENIENT
        self._revision = -1
        self._last: Board | None = None

    def board(self) -> Board | None:
        """What is true now; None before the engine's first commit. Decoded only when it changed."""
        with contextlib.suppress(OSError):
            if self._path.stat().st_ino != self._file:  # the engine had to salvage it
                self._db.close()
                self._open()
        row = self._db.execute("SELECT revision FROM board WHERE id = 1").fetchone()
        if row is None:
            return None
        if row[0] != self._revision or self._last is None:
            revision, body = self._db.execute("SELECT revision, body FROM board WHERE id = 1").fetchone()
            self._last, self._revision = _board.decode(body), revision
        return self._last

    def entries(
        self, after: int = 0, limit: int = 1000, about: str = "", kind: str = "", newest: bool = False
    ) -> list[Entry]:
        """Journal entries after a number; ``kind`` may be a prefix such as ``alarm.``."""
        where, values = ["seq > ?"], [after]  # type: tuple[list[str], list[object]]
        if about:
            where.append("about = ?")
            values.append(about)
        if kind:
            where.append("kind >= ? AND kind < ?")
            values += [kind, kind[:-1] + chr(ord(kind[-1]) + 1)] if kind.endswith(".") else [kind, kind + "!"]
        order = "DESC" if newest else "ASC"
        # Only fixed words and placeholders are joined here; every value is bound.
        text = f"SELECT * FROM journal WHERE {' AND '.join(where)} ORDER BY seq {order} LIMIT ?"  # noqa: S608
        return list(_entries(self._db.execute(text, (*values, limit))))

    def states(self, prefix: str) -> dict[str, bytes]:
        """Stored states whose key begins so."""
        rows = self._db.execute(
            "SELECT key, body FROM rule_state WHERE key >= ? AND key < ?", (prefix, prefix + "\uffff")
        )
        return dict(rows.fetchall())

    def broken_at(self) -> int | None:
        """First entry that was altered, cut out or cut off at the end; None when the journal is whole."""
        row = self._db.execute("SELECT value FROM meta WHERE key = 'head'").fetchone()
        rows = self._db.execute("SELECT * FROM journal ORDER BY seq")
        return _broken(_entries(rows), row[0] if row else None)

    def outcome(self, act_id: str) -> Entry | None:
        """The journal entry of an act, once the engine decided it."""
        rows = self.entries(about=act_id, kind="act", limit=1)
        return rows[0] if rows else None

    def intake_after(self, seq: int, limit: int) -> list[tuple[int, Reading | None]]:
        """Durable readings after a number, oldest first; None for a row that the disk made unreadable."""
        rows = self._db.execute(
            "SELECT seq, sensor, value, measured_at, received_at, quality, raw, drill FROM intake"
            " WHERE seq > ? ORDER BY seq LIMIT ?",
            (seq, limit),
        )
        return [(number, _reading(*row)) for number, *row in rows]

    def intake_span(self) -> tuple[int, int]:
        """Lowest and highest number in the intake (0, 0 when empty)."""
        # Two questions: SQLite answers each from an end of the table, both in one by reading all of it.
        low, high = self._db.execute(
            "SELECT (SELECT min(seq) FROM intake), (SELECT max(seq) FROM intake)"
        ).fetchone()
        return (low or 0, high or 0)

    def close(self) -> None:
        """Close."""
        self._db.close()


def _broken(entries: Iterator[Entry], head: str | None) -> int | None:
    last = f"0 {GENESIS}"

    def noted() -> Iterator[Entry]:
        nonlocal last
        for entry in entries:
            last = f"{entry.seq} {entry.hash}"
            yield entry

    broken = broken_at(noted())
    if broken is None and head is not None and head != last:
        return int(last.split(maxsplit=1)[0]) + 1
    return broken


def _entries(rows: sqlite3.Cursor) -> Iterator[Entry]:
    for seq, at, kind, about, by, data, digest in rows:
        # A hand that changed the row may have left text where bytes were.
        body = data if isinstance(data, bytes) else str(data).encode("utf-8", "replace")
        yield Entry(seq=seq, at=at, kind=kind, about=about, by=by, data=body, hash=digest)


def _reading(
    sensor: str,
    value: float,
    measured_at: float,
    received_at: float,
    quality: str,
    raw: float | None = None,
    drill: str = "",
) -> Reading | None:
    """A stored row as a reading; None where the disk left something else in its place."""
    if not (type(value) is type(measured_at) is type(received_at) is float and type(sensor) is str):
        return None
    try:
        return Reading(sensor, value, measured_at, received_at, Quality(quality), raw, drill)
    except ValueError:
        return None


def encode_board(board: Board) -> tuple[int, bytes]:
    """The board row."""
    return (board.revision, msgspec.json.encode(board))
