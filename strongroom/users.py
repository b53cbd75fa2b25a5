"""Local users of the screens: who may sign in, as whom, with which roles; and who looked at what is confidential.

Passwords are kept as Argon2id hashes (RFC 9106, the library's defaults). There is no default user and no
default password. Guessing is slowed per name and address, so that a stranger cannot lock the duty guard out
by typing wrong passwords from elsewhere. Times are Unix seconds UTC and are passed in.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import sqlite3
import threading
from collections import deque
from pathlib import Path
from urllib.parse import quote

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec import Struct

from strongroom.accounts import alone
from strongroom.salvage import never_filled
from strongroom.users_file import ROLES, SCHEMA

SHORTEST_PASSWORD = 8
# Wrong tries before waiting begins, and the longest wait (s): one name from one address; one address; one name.
_PAIR, _ADDRESS, _NAME = (5, 900.0), (20, 900.0), (20, 60.0)
_FIRST_WAIT_S = 5.0
_FORGET_S = 3600.0
_MOST_HELD = 10_000  # tries and looks that wait in memory for a file that takes nothing
_NEWEST_EPOCH = 2**40
_AWAY = (sqlite3.Error, UnicodeDecodeError)  # the latter where SQLite's own words quote what it found


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


class Unreadable(Struct, frozen=True):
    """The accounts cannot be read right now, so nobody can prove who they are; the engine mends or tells it."""


class Looked(Struct, frozen=True):
    """Somebody opened something confidential."""

    at: float
    user: str
    what: str


class Users:
    """The users file. Safe to use from several threads: every call opens its own short transaction.

    A file that is damaged, away or not writable opens no door and keeps no screen dark: nobody can sign in, sessions
    that this process knows go on until they end, wrong tries are counted in memory, and a look at what is confidential
    is written down as soon as the file takes it. What changes accounts raises :class:`sqlite3.Error` or
    :class:`OSError` then.
    """

    def __init__(self, path: Path, hasher: PasswordHasher | None = None) -> None:
        self.path = path
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash("nobody has this password")
        self._known: dict[str, User] = {}
        self._tries: dict[str, tuple[int, float, float]] = {}
        self._writing = threading.Lock()
        self._unwritten: deque[Looked] = deque(maxlen=_MOST_HELD)
        with contextlib.suppress(*_AWAY, OSError):
            self.make()

    def make(self) -> None:
        """Make the file where there is none. OSError or :class:`sqlite3.Error` where that cannot be."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with alone(self.path.parent):
            if self.path.exists() and not never_filled(self.path):
                return
            self.path.touch(mode=0o600)
            try:
                with contextlib.closing(self._open()) as db:
                    db.executescript(SCHEMA)
            except BaseException:
                self.path.unlink()
                raise

    def _open(self) -> sqlite3.Connection:
        # Never makes a file: one of no bytes would look like a site without accounts.
        return sqlite3.connect(f"file:{quote(str(self.path))}?mode=rw", uri=True, timeout=10.0)

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
            # Where there was none, a number that no session of an earlier account of this name bears.
            epoch, pin = (row[0] + 1, row[1]) if row else (1 + secrets.randbelow(_NEWEST_EPOCH), "")
            db.execute(
                "INSERT OR REPLACE INTO users VALUES(?,?,?,?,?,?,?,?)",
                (name, self._hasher.hash(password), ",".join(roles), person, language, session_h, epoch, pin),
            )

    def remove(self, name: str) -> bool:
        """Take a user away; their sessions end at their next step. False where there was none."""
        with self._open() as db:
            return db.execute("DELETE FROM users WHERE name = ?", (name,)).rowcount > 0

    def get(self, name: str) -> User | None:
        """A user by name; as last known to this process while the file cannot be read."""
        try:
            with self._open() as db:
                row = db.execute(f"{_FOUND} WHERE name = ?", (name,)).fetchone()
            user = _user(row) if row else None
        except _AWAY:
            return self._known.get(name)
        except msgspec.ValidationError:  # damaged, and no longer theirs
            user = None
        if user is None:
            self._known.pop(name, None)
        else:
            self._known[name] = user
        return user

    def everyone(self) -> list[User]:
        """All users by name; those last known to this process while the file cannot be read."""
        try:
            with self._open() as db:
                rows = db.execute(f"{_FOUND} ORDER BY name").fetchall()
            self._known = {user.name: user for user in map(_user, rows)}
        except (*_AWAY, msgspec.ValidationError):
            pass
        return sorted(self._known.values(), key=lambda user: user.name)

    def missing(self) -> bool | None:
        """Whether there is no account at all; None while the file cannot be read."""
        try:
            with self._open() as db:
                return db.execute("SELECT 1 FROM users LIMIT 1").fetchone() is None
        except _AWAY:
            return None

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

    def sign_in(self, name: str, password: str, address: str, now: float) -> User | Wait | Unreadable | None:
        """The user if the words are right; None if not; Wait where guessing must pause first."""
        return self._prove(name, password, address, now, "hash")

    def by_pin(self, name: str, pin: str, address: str, now: float) -> User | Wait | Unreadable | None:
        """The user if the PIN is right; slowed like passwords, and counted together with them."""
        return self._prove(name, pin, address, now, "pin")

    def _prove(
        self, name: str, secret: str, address: str, now: float, column: str
    ) -> User | Wait | Unreadable | None:
        keys = {f"pair {name} {address}": _PAIR, f"from {address}": _ADDRESS, f"name {name}": _NAME}
        wait = self._wait(list(keys), now)
        if wait > 0:
            return Wait(wait)
        try:
            with self._open() as db:
                row = db.execute("SELECT hash, pin FROM users WHERE name = ?", (name,)).fetchone()
        except _AWAY:
            return Unreadable()
        stored = (row[0] if column == "hash" else row[1]) if row else ""
        try:
            # A name that does not exist costs the same time as a wrong password.
            right = self._hasher.verify(stored or self._nobody, secret) and bool(stored)
        except (VerificationError, InvalidHashError):
            right = False
        if not right:
            self._failed(keys, now)
            return None
        key = f"pair {name} {address}"
        self._tries.pop(key, None)
        with contextlib.suppress(*_AWAY), self._open() as db:
            db.execute("DELETE FROM tries WHERE key = ?", (key,))
        return self.get(name)

    def _wait(self, keys: list[str], now: float) -> float:
        held = max((self._tries[key][2] for key in keys if key in self._tries), default=0.0)
        with contextlib.suppress(*_AWAY), self._open() as db:
            marks = ",".join("?" * len(keys))
            # Only question marks are joined here; every value is bound.
            row = db.execute(f"SELECT max(until_at) FROM tries WHERE key IN ({marks})", keys).fetchone()  # noqa: S608
            held = max(held, row[0] or 0.0)
        return max(0.0, held - now)

    def _failed(self, keys: dict[str, tuple[int, float]], now: float) -> None:
        found: dict[str, tuple[int, float, float]] = {}
        with contextlib.suppress(*_AWAY), self._open() as db:
            for key in keys:
                row = db.execute("SELECT failures, at, until_at FROM tries WHERE key = ?", (key,)).fetchone()
                if row:
                    found[key] = row
        for key, (free, longest) in keys.items():
            before = [
                one for one in (found.get(key), self._tries.get(key)) if one and now - one[1] < _FORGET_S
            ]
            failures = 1 + max((one[0] for one in before), default=0)
            over = failures - free
            wait = min(longest, _FIRST_WAIT_S * 2.0 ** min(over, 20)) if over >= 0 else 0.0
            found[key] = (failures, now, now + wait)
        try:
            with self._open() as db:
                db.executemany(
                    "INSERT OR REPLACE INTO tries VALUES(?,?,?,?)", [(key, *found[key]) for key in keys]
                )
        except _AWAY:
            for key, one in found.items():
                self._tries.pop(key, None)
                self._tries[key] = one
            while len(self._tries) > _MOST_HELD:
                self._tries.pop(next(iter(self._tries)))

    def looked(self, user: str, what: str, at: float) -> None:
        """Remember that somebody opened something confidential; never keeps them from it."""
        with self._writing:
            self._unwritten.append(Looked(at, user, what))
            try:
                with self._open() as db:
                    db.executemany(
                        "INSERT INTO looks(at, user, what) VALUES(?,?,?)",
                        [(one.at, one.user, one.what) for one in self._unwritten],
                    )
            except _AWAY as error:
                logging.getLogger(__name__).error(
                    "cannot write down that %s opened %s: %s", user, what, error
                )
            else:
                self._unwritten.clear()

    def looks(self, limit: int = 100) -> list[Looked]:
        """Who opened what, newest first; of a file that cannot be read what still waits to be written."""
        rows: list[tuple[float, str, str]] = []
        with contextlib.suppress(*_AWAY), self._open() as db:
            rows = db.execute(
                "SELECT at, user, what FROM looks ORDER BY seq DESC LIMIT ?", (limit,)
            ).fetchall()
        return [*reversed(self._unwritten), *(Looked(*row) for row in rows)][:limit]


_FOUND = "SELECT name, roles, person, language, session_h, epoch, pin FROM users"


def _user(row: tuple[str, str, str, str, float, int, str]) -> User:
    roles = tuple(part for part in str(row[1]).split(",") if part in ROLES)
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
