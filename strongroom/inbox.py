"""Where people's acts wait for the engine: a small database that screens write and the engine only reads.

Separate from the site database so that a page can never hold up the group commit. An act is durable before
the page says "sent"; the engine decides it once, remembering how far it read inside its own commit.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec

from strongroom.model import Act

_decode = msgspec.json.Decoder(Act)


class Inbox:
    """Acts in order of arrival. The same act id twice is one act."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, timeout=10.0, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS acts("
            "seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE, body BLOB)"
        )

    def put(self, act: Act) -> None:
        """Keep an act durably; a repeat of the same id does nothing."""
        self._db.execute(
            "INSERT OR IGNORE INTO acts(id, body) VALUES(?,?)", (act.id, msgspec.json.encode(act))
        )

    def after(self, seq: int, limit: int = 200) -> list[tuple[int, Act | None]]:
        """Acts after a number; None where the stored act cannot be read (it is skipped and journaled)."""
        rows = self._db.execute("SELECT seq, body FROM acts WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit))
        found: list[tuple[int, Act | None]] = []
        for number, body in rows:
            try:
                found.append((number, _decode.decode(body)))
            except msgspec.MsgspecError:
                found.append((number, None))
        return found

    def close(self) -> None:
        """Close."""
        self._db.close()
