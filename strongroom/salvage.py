"""What to do when a database comes back damaged from its disk: keep what is intact, say what is lost.

SQLite finds a page that is no page of its, and a write-ahead log whose checksums end before its last commit; it
repairs nothing. So before the engine opens a file: where it is damaged, every row that can still be read goes into
a fresh file, and the damaged one is put aside for whoever can read more of it: where an inner page of a table is
gone, the rows it led to are not found here (``sqlite3 FILE .recover`` searches every page for them). File formats:
https://sqlite.org/fileformat2.html (4.1 WAL file format).
"""

from __future__ import annotations

import contextlib
import sqlite3
import struct
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from msgspec import Struct

from ingest.series_sqlite import PRAGMAS as READINGS_PRAGMAS
from ingest.series_sqlite import SCHEMA as READINGS_SCHEMA
from ingest.series_sqlite import intact
from sensors.model import Text
from strongroom.inbox import SCHEMA as INBOX_SCHEMA
from strongroom.sitedb import CURSOR_SCHEMA, SCHEMA


class Shape(Struct, frozen=True, kw_only=True):
    """What a file of ours looks like: its tables by number and by key (a table's key after its name).

    ``intact`` says of a row whether its content is what was written; ``pragmas`` hold for a fresh file.
    """

    schema: str
    numbered: tuple[str, ...] = ()
    keyed: dict[str, str] = {}
    intact: Callable[[str, Sequence[object]], bool] | None = None
    pragmas: str = ""


SITE = Shape(
    schema=SCHEMA,
    numbered=("journal", "intake", "kept", "board"),
    keyed={"latest": "sensor", "rule_state": "key", "meta": "key"},
)
INBOX = Shape(schema=INBOX_SCHEMA, numbered=("acts",))
CURSORS = Shape(schema=CURSOR_SCHEMA, keyed={"cursor": "name"})
READINGS = Shape(
    schema=READINGS_SCHEMA,
    numbered=("series", "block", "part", "tail"),
    keyed={"recent": "series, at"},
    intact=intact,
    pragmas=READINGS_PRAGMAS,
)
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
            known = sum(last - first + 1 for first, last in holes if last >= 0)
            open_end = any(last < 0 for _, last in holes)
            many = (f"{known} 行" + ("以上" if open_end else ""), f"{known}{'+' if open_end else ''} rows")
            if not known:
                many = ("不知多少行", "an unknown number of rows")
            zh.append(f"{table} 表 {many[0]}")
            en.append(f"{many[1]} of {table}")
        for table in self.unreadable:
            zh.append(f"{table} 表的一部分")
            en.append(f"a part of {table}")
        if self.pages:
            zh.append(f"最后一次提交的 {self.pages} 页")
            en.append(f"{self.pages} pages of the last commits")
        if not en:
            return Text(
                f"文件已损坏，内容全部读出，损坏的文件另存为 {self.aside}。",
                f"A file was damaged; all it held could be read; the damaged file is kept as {self.aside}.",
            )
        where = (f"；损坏的文件另存为 {self.aside}", f"; the damaged file is kept as {self.aside}")
        return Text(
            f"读不出：{'、'.join(zh)}{where[0] if self.aside else ''}。",
            f"Cannot be read: {', '.join(en)}{where[1] if self.aside else ''}.",
        )


def salvage(path: Path, shape: Shape = SITE) -> Lost | None:
    """Make the database at ``path`` fit to be opened; None when it was whole or is not there.

    Raises :class:`OSError` and :class:`sqlite3.OperationalError` when there is no room for the fresh file.
    """
    if not path.exists():
        return None
    committed = _committed(path)
    pages = 0
    emptied = path.stat().st_size == 0  # SQLite takes that for a new file, and throws the log away
    if emptied and not any(other.stat().st_size for other in path.parent.glob("*.db")):
        return None  # a first start that found no room
    with contextlib.closing(_opened(path)) if not emptied else contextlib.nullcontext() as db:
        if db is not None:
            try:
                row = db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                pages = committed - int(row[1]) if _torn(path, int(row[1]), committed) else 0
                whole = db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok" and _all_intact(db, shape)
            except sqlite3.OperationalError:
                raise  # no room, or locked: nothing is known about damage
            except sqlite3.DatabaseError:
                whole = False
            if whole:
                return Lost(pages=pages) if pages else None
        rows, unreadable = _rewritten(db, path, shape)
    return Lost(rows=rows, unreadable=unreadable, pages=pages, aside=_swapped(path).name)


def in_memory(path: Path, shape: Shape) -> sqlite3.Connection:
    """All that can be read of a file that cannot be written, or nothing, as a database in memory.

    Tried in turns: as any reader does; without the file of shared memory, which a full disk may have no room for; and
    as the file itself stands, without its log.
    """
    for question, exclusive in (("mode=ro", False), ("mode=rw", True), ("mode=ro&immutable=1", False)):
        try:
            found = sqlite3.connect(f"file:{quote(str(path))}?{question}", uri=True, isolation_level=None)
        except sqlite3.Error:
            continue
        with contextlib.closing(found) as db:
            try:
                if exclusive:
                    db.execute("PRAGMA locking_mode = EXCLUSIVE")
                db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
            except sqlite3.OperationalError:
                continue
            except sqlite3.DatabaseError:
                pass  # damaged: what can be read is read
            memory = _fresh_at(":memory:", shape)
            _copied(db, memory, shape)
            return memory
    return _fresh_at(":memory:", shape)


def _all_intact(db: sqlite3.Connection, shape: Shape) -> bool:
    if shape.intact is None:
        return True
    tables = shape.numbered
    return all(shape.intact(table, row) for table in tables for row in db.execute(f"SELECT * FROM {table}"))  # noqa: S608


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


def _fresh_at(place: Path | str, shape: Shape) -> sqlite3.Connection:
    new = sqlite3.connect(place, timeout=10.0, isolation_level=None, check_same_thread=False)
    new.executescript(shape.pragmas + shape.schema)
    return new


def _rewritten(
    db: sqlite3.Connection | None, path: Path, shape: Shape
) -> tuple[dict[str, list[tuple[int, int]]], tuple[str, ...]]:
    """What can be read of ``db`` in a fresh file beside ``path``; and what cannot."""
    fresh = _fresh(path)
    for leftover in (fresh, fresh.with_name(fresh.name + "-journal")):
        leftover.unlink(missing_ok=True)
    with contextlib.closing(_fresh_at(fresh, shape)) as new:
        if db is None:
            return {table: [(1, -1)] for table in shape.numbered}, tuple(shape.keyed)
        return _copied(db, new, shape)


def _copied(
    db: sqlite3.Connection, new: sqlite3.Connection, shape: Shape
) -> tuple[dict[str, list[tuple[int, int]]], tuple[str, ...]]:
    holes: dict[str, list[tuple[int, int]]] = {}
    unreadable: list[str] = []
    new.execute("BEGIN")
    ends = _ends(db)
    for table in shape.numbered:
        found: list[tuple[int, int]] = []
        end = _head(db) if table == "journal" else ends.get(table, -1)
        for number, row in _rows(db, table, end, found):
            if shape.intact is not None and not shape.intact(table, row):
                found.append((number, number))
                continue
            new.execute(f"INSERT OR IGNORE INTO {table} VALUES ({','.join('?' * len(row))})", row)  # noqa: S608 - ours
        if found:
            holes[table] = found
    for table, end in ends.items():  # numbers are never given twice: consumers remember how far they are
        new.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        new.execute("INSERT INTO sqlite_sequence VALUES (?, ?)", (table, end))
    for table, key in shape.keyed.items():
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
) -> Iterator[tuple[int, tuple[object, ...]]]:
    """Every row that can be read with its number; what lies between goes to ``holes``."""
    at = -_LARGEST
    last: int | None = None
    while True:
        try:
            asked = f"SELECT rowid, * FROM {table} WHERE rowid >= ? ORDER BY rowid"  # noqa: S608 - our own names
            for number, *row in db.execute(asked, (at,)):
                yield number, tuple(row)
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
            by = ", ".join(f"{column} {order}" for column in key.split(", "))
            for row in db.execute(f"SELECT * FROM {table} ORDER BY {by}"):  # noqa: S608 - our own names
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
