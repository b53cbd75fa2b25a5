"""Where people's acts wait for the engine: a small database that screens write and the engine only reads.

Separate from the site database so that a page can never hold up the group commit. An act is durable before
the page says "sent"; the engine decides it once, remembering how far it read inside its own commit.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from pathlib import Path

import msgspec

from sensors.model import Text
from strongroom.model import Act
from strongroom.sitedb import number_after

SCHEMA = "CREATE TABLE IF NOT EXISTS acts(seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE, body BLOB)"

UNREAD_TOLD = 50  # looks in a row, ten a second

_decode = msgspec.json.Decoder(Act)


class Inbox:
    """Acts in order of arrival. The same act id twice is one act.

    The file is opened by the first call, and again where a salvaged one took its place. Every call may raise
    :class:`sqlite3.Error` or :class:`OSError`. ``read_upto``: no act gets a number up to this again, also where the
    file that knew the numbers is gone.
    """

    def __init__(self, path: Path, read_upto: int = 0) -> None:
        self._path = path
        self.read_upto = read_upto
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._file = 0
        self._unread = 0  # looks in a row that failed
        self._why = ""

    def put(self, act: Act) -> None:
        """Keep an act durably; a repeat of the same id does nothing."""
        self._base().execute(
            "INSERT OR IGNORE INTO acts(id, body) VALUES(?,?)", (act.id, msgspec.json.encode(act))
        )

    def after(self, seq: int, limit: int = 200) -> list[tuple[int, Act | None]]:
        """Acts after a number; None where the stored act cannot be read (it is skipped and journaled)."""
        try:
            asked = "SELECT seq, body FROM acts WHERE seq > ? ORDER BY seq LIMIT ?"
            rows = self._base().execute(asked, (seq, limit)).fetchall()
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            self._unread, self._why = self._unread + 1, str(error)
            raise
        self._unread = 0
        found: list[tuple[int, Act | None]] = []
        for number, body in rows:
            try:
                found.append((number, _decode.decode(body)))
            except msgspec.MsgspecError:
                found.append((number, None))
        return found

    def trouble(self) -> Text | None:
        """Why nothing that people do arrives, once that has lasted; None while it does."""
        if self._unread < UNREAD_TOLD:
            return None
        return Text(f"{self._path.name}：{self._why}", f"{self._path.name}: {self._why}")

    def close(self) -> None:
        """Close."""
        if self._db is not None:
            self._db.close()

    def _base(self) -> sqlite3.Connection:
        with self._lock:
            if self._db is not None:
                with contextlib.suppress(OSError):
                    if self._path.stat().st_ino == self._file:
                        return self._db
                self._db.close()
            self._db = self._opened()
            self._file = self._path.stat().st_ino
            return self._db

    def _renumber(self, db: sqlite3.Connection) -> None:
        """In a file that was made anew behind our back all acts are unread: they get numbers that say so."""
        db.execute("BEGIN IMMEDIATE")
        last = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'acts'").fetchone()
        if (int(last[0]) if last else 0) < self.read_upto:
            db.execute("UPDATE acts SET seq = seq + ?", (self.read_upto,))
            number_after(
                db, "acts", int(db.execute("SELECT max(seq) FROM acts").fetchone()[0] or self.read_upto)
            )
        db.execute("COMMIT")

    def _opened(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(self._path, timeout=10.0, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            db.execute(SCHEMA)
            self._renumber(db)
        except BaseException:
            db.close()
            raise
        return db
