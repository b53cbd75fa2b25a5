"""How far the consumers of the intake have come."""

from __future__ import annotations

import sqlite3
from pathlib import Path

CURSOR_SCHEMA = "CREATE TABLE IF NOT EXISTS cursor(name TEXT PRIMARY KEY, seq INTEGER NOT NULL)"


class Cursors:
    """How far each consumer of the intake has come, in a file of its own beside the site database.

    Kept apart so that consumers never wait for, or hold up, the engine's group commit. The file is opened by the first
    question, which may raise :class:`sqlite3.Error` or :class:`OSError`, and so may every other.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open: sqlite3.Connection | None = None

    @property
    def _db(self) -> sqlite3.Connection:
        if self._open is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(self._path, timeout=10.0, isolation_level=None, check_same_thread=False)
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            db.execute(CURSOR_SCHEMA)
            self._open = db
        return self._open

    def get(self, name: str) -> int:
        """The last number this consumer has finished; 0 at first."""
        row = self._db.execute("SELECT seq FROM cursor WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def set(self, name: str, seq: int) -> None:
        """Everything up to ``seq`` is finished."""
        self._db.execute("INSERT OR REPLACE INTO cursor VALUES(?,?)", (name, seq))

    def close(self) -> None:
        """Close."""
        if self._open is not None:
            self._open.close()
