"""Local users of the screens: who may sign in, as whom, with which roles; and who looked at what is confidential.

Passwords are kept as Argon2id hashes (RFC 9106, the library's defaults). There is no default user and no
default password. Guessing is slowed per name and address, so that a stranger cannot lock the duty guard out
by typing wrong passwords from elsewhere. Times are Unix seconds UTC and are passed in.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec import Struct

ROLES = ("viewer", "helper", "archivist", "coordinator", "administrator")
SHORTEST_PASSWORD = 8
# Wrong tries before waiting begins, and the longest wait (s): one name from one address; one address; one name.
_PAIR, _ADDRESS, _NAME = (5, 900.0), (20, 900.0), (20, 60.0)
_FIRST_WAIT_S = 5.0
_FORGET_S = 3600.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS users(
  name TEXT PRIMARY KEY, hash TEXT NOT NULL, roles TEXT NOT NULL, person TEXT NOT NULL, language TEXT NOT NULL,
  session_h REAL NOT NULL, epoch INTEGER NOT NULL, pin TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tries(
  key TEXT PRIMARY KEY, failures INTEGER NOT NULL, at REAL NOT NULL, until_at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS looks(
  seq INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, user TEXT NOT NULL, what TEXT NOT NULL);
"""


class User(Struct, frozen=True, kw_only=True):
    """Someone who may sign in. ``person`` is their id in the building's people; ``epoch`` ends old sessions."""

    name: str
    roles: tuple[str, ...]
    person: str = ""
    language: str = "zh"
    session_h: float = 12.0
    epoch: int = 1
    has_pin: bool = False


class Wait(Struct, frozen=True):
    """Too many wrong tries: nothing is checked for ``seconds``."""

    seconds: float


class Looked(Struct, frozen=True):
    """Somebody opened something confidential."""

    at: float
    user: str
    what: str


class Users:
    """The users file. Safe to use from several threads: every call opens its own short transaction."""

    def __init__(self, path: Path, hasher: PasswordHasher | None = None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash("nobody has this password")
        with self._open() as db:
            db.executescript(_SCHEMA)
        path.chmod(0o600)

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=10.0)

    def add(
        self,
        name: str,
        password: str,
        roles: tuple[str, ...],
        person: str,
        language: str,
        session_h: float = 12.0,
    ) -> None:
        """Add a user, or give an existing one new words, roles and person. ValueError says what is wrong."""
        if not name or not name.isprintable() or len(name) > 64:
            raise ValueError("a user name has 1 to 64 printable characters")
        if len(password) < SHORTEST_PASSWORD:
            raise ValueError(f"a password has at least {SHORTEST_PASSWORD} characters")
        unknown = set(roles) - set(ROLES)
        if unknown or not roles:
            raise ValueError(f"roles are {', '.join(ROLES)}; not {', '.join(sorted(unknown)) or 'nothing'}")
        with self._open() as db:
            row = db.execute("SELECT epoch, pin FROM users WHERE name = ?", (name,)).fetchone()
            epoch, pin = (row[0] + 1, row[1]) if row else (1, "")
            db.execute(
                "INSERT OR REPLACE INTO users VALUES(?,?,?,?,?,?,?,?)",
                (name, self._hasher.hash(password), ",".join(roles), person, language, session_h, epoch, pin),
            )

    def remove(self, name: str) -> bool:
        """Take a user away; their sessions end at their next step. False where there was none."""
        with self._open() as db:
            return db.execute("DELETE FROM users WHERE name = ?", (name,)).rowcount > 0

    def get(self, name: str) -> User | None:
        """A user by name."""
        with self._open() as db:
            row = db.execute(
                "SELECT name, roles, person, language, session_h, epoch, pin FROM users WHERE name = ?",
                (name,),
            ).fetchone()
        return _user(row) if row else None

    def everyone(self) -> list[User]:
        """All users by name."""
        with self._open() as db:
            rows = db.execute(
                "SELECT name, roles, person, language, session_h, epoch, pin FROM users ORDER BY name"
            ).fetchall()
        return [_user(row) for row in rows]

    def set_pin(self, name: str, pin: str) -> None:
        """A PIN of 6 to 12 digits for the wall and the answer page. ValueError says what is wrong."""
        if not (pin.isascii() and pin.isdigit() and 6 <= len(pin) <= 12):
            raise ValueError("a PIN has 6 to 12 digits")
        with self._open() as db:
            found = db.execute(
                "UPDATE users SET pin = ? WHERE name = ?", (self._hasher.hash(pin), name)
            ).rowcount
        if not found:
            raise ValueError(f"there is no user {name}")

    def sign_in(self, name: str, password: str, address: str, now: float) -> User | Wait | None:
        """The user if the words are right; None if not; Wait where guessing must pause first."""
        return self._prove(name, password, address, now, "hash")

    def by_pin(self, name: str, pin: str, address: str, now: float) -> User | Wait | None:
        """The user if the PIN is right; slowed like passwords, and counted together with them."""
        return self._prove(name, pin, address, now, "pin")

    def _prove(self, name: str, secret: str, address: str, now: float, column: str) -> User | Wait | None:
        keys = {f"pair {name} {address}": _PAIR, f"from {address}": _ADDRESS, f"name {name}": _NAME}
        wait = self._wait(list(keys), now)
        if wait > 0:
            return Wait(wait)
        with self._open() as db:
            row = db.execute("SELECT hash, pin FROM users WHERE name = ?", (name,)).fetchone()
        stored = (row[0] if column == "hash" else row[1]) if row else ""
        try:
            # A name that does not exist costs the same time as a wrong password.
            right = self._hasher.verify(stored or self._nobody, secret) and bool(stored)
        except (VerificationError, InvalidHashError):
            right = False
        if not right:
            self._failed(keys, now)
            return None
        with self._open() as db:
            db.execute("DELETE FROM tries WHERE key = ?", (f"pair {name} {address}",))
        return self.get(name)

    def _wait(self, keys: list[str], now: float) -> float:
        with self._open() as db:
            marks = ",".join("?" * len(keys))
            # Only question marks are joined here; every value is bound.
            row = db.execute(f"SELECT max(until_at) FROM tries WHERE key IN ({marks})", keys).fetchone()  # noqa: S608
        return max(0.0, (row[0] or 0.0) - now)

    def _failed(self, keys: dict[str, tuple[int, float]], now: float) -> None:
        with self._open() as db:
            for key, (free, longest) in keys.items():
                row = db.execute("SELECT failures, at FROM tries WHERE key = ?", (key,)).fetchone()
                failures = 1 + (row[0] if row and now - row[1] < _FORGET_S else 0)
                over = failures - free
                wait = min(longest, _FIRST_WAIT_S * 2.0 ** min(over, 20)) if over >= 0 else 0.0
                db.execute("INSERT OR REPLACE INTO tries VALUES(?,?,?,?)", (key, failures, now, now + wait))

    def looked(self, user: str, what: str, at: float) -> None:
        """Remember that somebody opened something confidential."""
        with self._open() as db:
            db.execute("INSERT INTO looks(at, user, what) VALUES(?,?,?)", (at, user, what))

    def looks(self, limit: int = 100) -> list[Looked]:
        """Who opened what, newest first."""
        with self._open() as db:
            rows = db.execute(
                "SELECT at, user, what FROM looks ORDER BY seq DESC LIMIT ?", (limit,)
            ).fetchall()
        return [Looked(*row) for row in rows]


def _user(row: tuple[str, str, str, str, float, int, str]) -> User:
    roles = tuple(part for part in row[1].split(",") if part)
    return msgspec.convert(
        {
            "name": row[0],
            "roles": roles,
            "person": row[2],
            "language": row[3],
            "session_h": row[4],
            "epoch": row[5],
            "has_pin": bool(row[6]),
        },
        User,
    )
