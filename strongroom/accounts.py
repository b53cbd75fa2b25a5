"""What signing in rests on - the accounts and the key that seals sessions - kept whole by the engine.

Pages and command line only use these files; the engine looks after them, because it is the one who can raise an
alarm. A damaged file never opens a door: an account that cannot be read is gone, a key that is none is replaced, and
there is no default password to fall back on. Times are seconds on the monotonic clock.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from sensors.model import Text
from strongroom.clock import Clock
from strongroom.datadir import SESSION_KEY, USERS_DB
from strongroom.salvage import USERS, put_aside, salvage

LOOK_EVERY_S = 60.0
KEY_BYTES = 32
_FEWEST_DIFFERENT = 9  # bytes in a key: 32 random ones practically never have fewer, a torn sector does

ADD_ONE = Text(
    "在服务器上运行 strongroom user add 用户名 --role administrator",
    "on the server run: strongroom user add NAME --role administrator",
)
_NOBODY_LEFT = Text(
    f"已没有任何账号，无人能登录（没有默认密码）：请{ADD_ONE.zh}。",
    f"No account is left and nobody can sign in (there is no default password): {ADD_ONE.en}.",
)


@contextlib.contextmanager
def alone(data: Path) -> Iterator[None]:
    """Nobody else makes or mends the files of signing in meanwhile. OSError where there is no such folder."""
    folder = os.open(data, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


class Accounts:
    """Looks at both files at once and then every minute, in a thread of its own; mends what is damaged.

    ``own_key``: whether this site's sessions are sealed with the key in the data directory.
    """

    def __init__(self, data: Path, clock: Clock, *, own_key: bool = True) -> None:
        self._data = data
        self._clock = clock
        self._own_key = own_key
        self._mended: list[Text] = []
        self._now: Text | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="accounts", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread soon."""
        self._stop.set()

    def trouble(self) -> Text | None:
        """What was mended since the start, and what is wrong now; None when all is well. Any thread may ask."""
        said = [*self._mended, *([self._now] if self._now else [])]
        return Text("".join(one.zh for one in said), " ".join(one.en for one in said)) if said else None

    def look(self) -> None:
        """Look once; never raises for what lies there."""
        try:
            with alone(self._data):
                self._look_at_accounts()
                if self._own_key and (words := _mended_key(self._data / SESSION_KEY)) is not None:
                    self._mended.append(words)
                self._now = self._nobody_left()
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            self._now = Text(
                f"{USERS_DB} 或 {SESSION_KEY} 无法读取：{error}。请检查文件权限和磁盘。",
                f"{USERS_DB} or {SESSION_KEY} cannot be read: {error}. Check the permissions and the disk.",
            )

    def _look_at_accounts(self) -> None:
        lost = salvage(self._data / USERS_DB, USERS)
        if lost is None:
            return
        known = _count(self._data / USERS_DB)
        self._mended.append(
            Text(
                f"{USERS_DB} 已损坏，还剩 {known} 个账号，请核对并补上缺少的。{lost.words.zh}",
                f"{USERS_DB} was damaged; {known} accounts are left: check them and add those missing. {lost.words.en}",
            )
        )

    def _nobody_left(self) -> Text | None:
        """Words once a damaged file took the last account along; a site that never had one says nothing."""
        path = self._data / USERS_DB
        if not path.exists() or _count(path):
            return None
        return _NOBODY_LEFT if any(self._data.glob(f"{USERS_DB}.damaged-*")) else None

    def _run(self) -> None:
        while not self._stop.is_set():
            self.look()
            self._clock.wait(LOOK_EVERY_S, self._stop)


def session_key(data: Path) -> bytes:
    """The key that seals this site's sessions, made at the first start.

    A key that was damaged - cut, emptied, overwritten by one byte - is never used, since it could be guessed. Then, and
    where nothing can be read or written, the sessions of this process are sealed with a key that nobody else has, and
    end with it; the engine puts the file right.
    """
    path = data / SESSION_KEY
    try:
        data.mkdir(parents=True, exist_ok=True)
        with alone(data):
            if not path.exists():
                _new_key(path)
            key = path.read_bytes()
    except OSError as error:
        logging.getLogger(__name__).error(
            "%s cannot be used: %s; sessions end with this process", path, error
        )
        return secrets.token_bytes(KEY_BYTES)
    if not _is_key(key):
        logging.getLogger(__name__).error("%s is damaged; sessions end with this process", path)
        return secrets.token_bytes(KEY_BYTES)
    return key


def _is_key(key: bytes) -> bool:
    return len(key) == KEY_BYTES and len(set(key)) >= _FEWEST_DIFFERENT


def _new_key(path: Path) -> None:
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(secrets.token_bytes(KEY_BYTES))
        out.flush()
        os.fsync(out.fileno())  # or a power cut leaves a file of no bytes under its name
    fresh.replace(path)


def _mended_key(path: Path) -> Text | None:
    """Put a damaged key aside and make another; what to tell, or None when it is whole or not there."""
    if not path.exists() or (path.is_file() and _is_key(path.read_bytes())):
        return None
    aside = put_aside(path)
    _new_key(path)
    return Text(
        f"登录密钥已损坏，另存为 {aside.name}，并已换新：页面重启后所有人需重新登录，墙屏也是。",
        f"The key of the sessions was damaged, is kept as {aside.name} and was replaced: once the pages start again "
        "everybody signs in anew, the wall too.",
    )


def _count(path: Path) -> int:
    with contextlib.closing(
        sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=10.0)
    ) as db:
        if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'users'").fetchone() is None:
            return 0  # just being made
        return int(db.execute("SELECT count(*) FROM users").fetchone()[0])
