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

from strongroom.model import Act
from strongroom.sitedb import number_after

SCHEMA = "CREATE TABLE IF NOT EXISTS acts(seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE, body BLOB)"

_decode = msgspec.json.Decoder(Act)


class Inbox:
    """Acts in order of arrival. The same act id twice is one act.

    The file is opened by the first call, and again where a salvaged one took its place. Every call may raise
    :class:`sqlite3.Error` or :class:`OSError`. ``read_upto``: no act gets a number up to this again, also where the
    file that knew the numbers is gone.
    """

    def __init__(self, path: Path, read_upto: int = 0) -> None:
        self._path = path
        self._read_upto = read_upto
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._file = 0

    def put(self, act: Act) -> None:
        """Keep an act durably; a repeat of the same id does nothing."""
        self._base().execute(
            "INSERT OR IGNORE INTO acts(id, body) VALUES(?,?)", (act.id, msgspec.json.encode(act))
        )

    def after(self, seq: int, limit: int = 200) -> list[tuple[int, Act | None]]:
        """Acts after a number; None where the stored act cannot be read (it is skipped and journaled)."""
        rows = self._base().execute(
            "SELECT seq, body FROM acts WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit)
        )
        found: list[tuple[int, Act | None]] = []
        for number, body in rows:
            try:
                found.append((number, _decode.decode(body)))
            except msgspec.MsgspecError:
                found.append((number, None))
        return found

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

    def _opened(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(self._path, timeout=10.0, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            db.execute(SCHEMA)
            number_after(db, "acts", self._read_upto)
        except BaseException:
            db.close()
            raise
        return db
