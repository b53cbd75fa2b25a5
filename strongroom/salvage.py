"""What to do when the site database comes back damaged from its disk: keep what is intact, say what is lost.

SQLite finds a page that is no page of its, and a write-ahead log whose checksums end before its last commit; it
repairs nothing. So before the engine opens the file: where it is damaged, every row that can still be read goes into
a fresh file, and the damaged one is put aside for whoever can read more of it: where an inner page of a table is
gone, the rows it led to are not found here (``sqlite3 FILE .recover`` searches every page for them). File formats:
https://sqlite.org/fileformat2.html (4.1 WAL file format).
"""

from __future__ import annotations

import contextlib
import sqlite3
import struct
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from sensors.model import Text
from strongroom.sitedb import SCHEMA

_NUMBERED = ("journal", "intake", "kept", "board")  # tables by number, and by key
_KEYED = {"latest": "sensor", "rule_state": "key", "meta": "key"}
_LARGEST = 2**62
_WAL_HEAD, _FRAME_HEAD = 32, 24


class Lost(Struct, frozen=True, kw_only=True):
    """What could not be read. ``rows`` by table: number of the first and of the last row of each hole, and the end
    of the table where its last row is not known (-1). ``pages`` of the write-ahead log; ``aside``: the damaged file.
    """

    rows: dict[str, list[tuple[int, int]]] = {}
    unreadable: tuple[str, ...] = ()
    pages: int = 0
    aside: str = ""

    @property
    def words(self) -> Text:
        """One sentence for the operator."""
        zh, en = [], []
        for table, holes in self.rows.items():
            counts = [last - first + 1 if last >= 0 else 0 for first, last in holes]
            many = f"{sum(counts)}" + ("+" if 0 in counts else "")
            zh.append(f"{table} 表 {many} 行")
            en.append(f"{many} rows of {table}")
        for table in self.unreadable:
            zh.append(f"{table} 表的一部分")
            en.append(f"a part of {table}")
        if self.pages:
            zh.append(f"最后一次提交的 {self.pages} 页")
            en.append(f"{self.pages} pages of the last commits")
        where = (f"；损坏的文件另存为 {self.aside}", f"; the damaged file is kept as {self.aside}")
        return Text(
            f"读不出：{'、'.join(zh)}{where[0] if self.aside else ''}。",
            f"Cannot be read: {', '.join(en)}{where[1] if self.aside else ''}.",
        )


def salvage(path: Path) -> Lost | None:
    """Make the site database at ``path`` fit to be opened; None when it was whole or is not there.

    Raises :class:`OSError` and :class:`sqlite3.OperationalError` when there is no room for the fresh file.
    """
    if not path.exists():
        return None
    committed = _committed(path)
    pages = 0
    with contextlib.closing(_opened(path)) as db:
        try:
            row = db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            pages = committed - int(row[1]) if _torn(path, int(row[1]), committed) else 0
            whole = db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
        except sqlite3.OperationalError:
            raise  # no room, or locked: nothing is known about damage
        except sqlite3.DatabaseError:
            whole = False
        if whole:
            return Lost(pages=pages) if pages else None
        rows, unreadable = _copied(db, _fresh(path))
    return Lost(rows=rows, unreadable=unreadable, pages=pages, aside=_swapped(path).name)


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=10.0, isolation_level=None)


def _fresh(path: Path) -> Path:
    return path.with_name(path.name + ".fresh")


def _committed(path: Path) -> int:
    """The number of the last frame in the write-ahead log that says it ends a commit; 0 without a log.

    Frames of an earlier use of the log carry other salts.
    """
    try:
        log = path.with_name(path.name + "-wal").open("rb")
    except OSError:
        return 0
    with log:
        head = log.read(_WAL_HEAD)
        if len(head) < _WAL_HEAD:
            return 0
        size = int.from_bytes(head[8:12], "big")
        number = found = 0
        while len(frame := log.read(_FRAME_HEAD)) == _FRAME_HEAD and frame[8:16] == head[16:24]:
            number += 1
            if struct.unpack_from(">I", frame, 4)[0]:
                found = number
            log.seek(size, 1)
        return found


def _torn(path: Path, seen: int, committed: int) -> bool:
    """Whether the frames behind the last one that SQLite sees, up to the last commit, are not what was written.

    Whole frames that it does not see are no damage: the writer died before it made them known to the other processes,
    so nothing in them was ever promised; or all of them lie in the file already.
    """
    if committed <= max(seen, 0):
        return False
    with path.with_name(path.name + "-wal").open("rb") as log:
        head = log.read(_WAL_HEAD)
        size = int.from_bytes(head[8:12], "big")
        order = ">" if head[3] & 1 else "<"
        if seen:
            log.seek(_WAL_HEAD + (seen - 1) * (_FRAME_HEAD + size))
            sums = struct.unpack(">II", log.read(_FRAME_HEAD)[16:24])
            log.seek(size, 1)
        else:
            sums = struct.unpack(">II", head[24:32])
            if _summed(head[:24], order, (0, 0)) != sums:
                return True
        for _ in range(committed - seen):
            frame = log.read(_FRAME_HEAD + size)
            sums = _summed(frame[:8] + frame[_FRAME_HEAD:], order, sums)
            if struct.unpack(">II", frame[16:24]) != sums:
                return True
    return False


def _summed(content: bytes, order: str, sums: tuple[int, ...]) -> tuple[int, int]:
    """The running checksum of a write-ahead log (https://sqlite.org/fileformat2.html, 4.2)."""
    first, second = sums
    words = struct.unpack(f"{order}{len(content) // 4}I", content)
    for one, other in zip(words[::2], words[1::2], strict=True):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + other + first) & 0xFFFFFFFF
    return first, second


def _copied(db: sqlite3.Connection, fresh: Path) -> tuple[dict[str, list[tuple[int, int]]], tuple[str, ...]]:
    for leftover in (fresh, fresh.with_name(fresh.name + "-journal")):
        leftover.unlink(missing_ok=True)
    holes: dict[str, list[tuple[int, int]]] = {}
    unreadable: list[str] = []
    with contextlib.closing(_opened(fresh)) as new:
        new.executescript(SCHEMA)
        new.execute("BEGIN")
        ends = _ends(db)
        for table in _NUMBERED:
            found: list[tuple[int, int]] = []
            end = _head(db) if table == "journal" else ends.get(table, -1)
            for row in _rows(db, table, end, found):
                new.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})", row)  # noqa: S608 - our names
            if found:
                holes[table] = found
        for table, end in ends.items():  # numbers are never given twice: consumers remember how far they are
            new.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
            new.execute("INSERT INTO sqlite_sequence VALUES (?, ?)", (table, end))
        for table, key in _KEYED.items():
            rows, whole = _keyed(db, table, key)
            for row in rows:
                new.execute(f"INSERT OR IGNORE INTO {table} VALUES ({','.join('?' * len(row))})", row)  # noqa: S608
            if not whole:
                unreadable.append(table)
        new.execute("COMMIT")
    return holes, tuple(unreadable)


def _ends(db: sqlite3.Connection) -> dict[str, int]:
    """The last number given in each table that never gives one twice."""
    try:
        return {str(name): int(seq) for name, seq in db.execute("SELECT name, seq FROM sqlite_sequence")}
    except sqlite3.DatabaseError:
        return {}


def _head(db: sqlite3.Connection) -> int:
    """The number of the last journal entry as noted beside the journal; -1 when that cannot be read either."""
    try:
        row = db.execute("SELECT value FROM meta WHERE key = 'head'").fetchone()
        return int(row[0].split()[0]) if row else 0
    except (sqlite3.DatabaseError, ValueError):
        return -1


def _rows(
    db: sqlite3.Connection, table: str, end: int, holes: list[tuple[int, int]]
) -> Iterator[tuple[object, ...]]:
    """Every row that can be read, by number; what lies between goes to ``holes``."""
    at = -_LARGEST
    last: int | None = None
    while True:
        try:
            asked = f"SELECT rowid, * FROM {table} WHERE rowid >= ? ORDER BY rowid"  # noqa: S608 - our own names
            for number, *row in db.execute(asked, (at,)):
                yield tuple(row)
                last, at = number, number + 1
        except sqlite3.DatabaseError:
            first = 1 if last is None else last + 1
            following = _next_readable(db, table, max(at, first))
            if following is None:
                if end < 0 or end >= first:
                    holes.append((first, end))
                return
            if following > first:
                holes.append((first, following - 1))
            at, last = following, following - 1
        else:
            if 0 <= (last or 0) < end:
                holes.append(((last or 0) + 1, end))
            return


def _next_readable(db: sqlite3.Connection, table: str, after: int) -> int | None:
    """The lowest number above ``after`` from which rows can be read again; None when there is none."""

    asked = f"SELECT rowid FROM {table} WHERE rowid >= ? ORDER BY rowid LIMIT 1"  # noqa: S608

    def readable(number: int) -> int | None:
        try:
            row = db.execute(asked, (number,)).fetchone()
        except sqlite3.DatabaseError:
            return None
        return int(row[0]) if row else None

    step = 1
    while (found := readable(after + step)) is None:
        step *= 2
        if after + step > _LARGEST:
            return None
    low, high = after + step // 2, after + step
    while low + 1 < high:
        middle = (low + high) // 2
        nearer = readable(middle)
        if nearer is None:
            low = middle
        else:
            found, high = nearer, middle
    return found


def _keyed(db: sqlite3.Connection, table: str, key: str) -> tuple[list[tuple[object, ...]], bool]:
    """The rows of a small table, from both ends where it is damaged in the middle; whether all could be read."""
    rows: list[tuple[object, ...]] = []
    for order in ("ASC", "DESC"):
        try:
            for row in db.execute(f"SELECT * FROM {table} ORDER BY {key} {order}"):  # noqa: S608
                rows.append(row)
        except sqlite3.DatabaseError:
            continue
        return rows, order == "ASC"
    return rows, False


def _swapped(path: Path) -> Path:
    """Put the damaged file aside with its log, and the fresh one in its place."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    path.replace(aside)
    for part in ("-wal", "-shm"):
        beside = path.with_name(path.name + part)
        if beside.exists():
            beside.replace(aside.with_name(aside.name + part))
    _fresh(path).replace(path)
    return aside
