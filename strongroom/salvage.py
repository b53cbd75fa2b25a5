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
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from msgspec import Struct

from ingest.series_sqlite import PRAGMAS as READINGS_PRAGMAS
from ingest.series_sqlite import SCHEMA as READINGS_SCHEMA
from ingest.series_sqlite import intact
from sensors.model import Text
from strongroom.cursors import CURSOR_SCHEMA
from strongroom.inbox import SCHEMA as INBOX_SCHEMA
from strongroom.sitedb import LENIENT, SCHEMA, number_after
from strongroom.users_file import SCHEMA as USERS_SCHEMA
from strongroom.users_file import is_account
from strongroom.wal import last_commit, torn


class Shape(Struct, frozen=True, kw_only=True):
    """What a file of ours looks like: its tables by number and by key (a table's key after its name).

    ``intact`` says of a row of the ``checked`` tables whether its content is what was written; ``pragmas`` hold for a
    fresh file.
    """

    schema: str
    numbered: tuple[str, ...] = ()
    keyed: dict[str, str] = {}
    checked: tuple[str, ...] = ()
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
    checked=("block", "part", "tail"),
    intact=intact,
    pragmas=READINGS_PRAGMAS,
)
USERS = Shape(
    schema=USERS_SCHEMA,
    numbered=("looks",),
    keyed={"users": "name", "tries": "key"},
    checked=("users", "tries"),
    intact=is_account,
)
_LARGEST = 2**62
_NO_NUMBER = 2**48  # no site counts so far: a damaged row
# SQLite's own words may quote what it found, which Python then cannot read.
_DAMAGED = (sqlite3.DatabaseError, UnicodeDecodeError)


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


def salvage(path: Path, shape: Shape = SITE, given: Mapping[str, int] | None = None) -> Lost | None:
    """Make the database at ``path`` fit to be opened; None when it was whole or is not there.

    ``given``: the number that each table has surely given away, for when the file no longer knows it.
    What lies there and is no file at all, such as a folder that a restore made, is put aside like a damaged one.
    Raises :class:`OSError` and :class:`sqlite3.OperationalError` when there is no room for the fresh file, and when
    the file may not be read.
    """
    if not path.exists():
        return None
    if not path.is_file():
        rows, unreadable = _rewritten(None, path, shape, given or {})
        return Lost(rows=rows, unreadable=unreadable, aside=_swapped(path).name)
    committed = last_commit(path)
    pages = 0
    emptied = path.stat().st_size == 0  # SQLite takes that for a new file, and throws the log away
    if never_filled(path):
        return None  # a first start that found no room
    with contextlib.closing(_opened(path)) if not emptied else contextlib.nullcontext() as db:
        if db is not None:
            try:
                row = db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                pages = committed - int(row[1]) if torn(path, int(row[1]), committed) else 0
                whole = db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok" and _all_intact(db, shape)
            except sqlite3.OperationalError:
                raise  # no room, or locked: nothing is known about damage
            except _DAMAGED:
                whole = False
            if whole:
                return Lost(pages=pages) if pages else None
        rows, unreadable = _rewritten(db, path, shape, given or {})
    return Lost(rows=rows, unreadable=unreadable, pages=pages, aside=_swapped(path).name)


def never_filled(path: Path) -> bool:
    """Whether a file of no bytes lies in a data directory where no database ever held anything."""
    return path.stat().st_size == 0 and not any(other.stat().st_size for other in path.parent.glob("*.db"))


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
        found.text_factory = LENIENT
        with contextlib.closing(found) as db:
            try:
                if exclusive:
                    db.execute("PRAGMA locking_mode = EXCLUSIVE")
                db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
            except sqlite3.OperationalError:
                continue
            except _DAMAGED:
                pass  # damaged: what can be read is read
            memory = _fresh_at(":memory:", shape)
            _copied(db, memory, shape)
            return memory
    return _fresh_at(":memory:", shape)


def _all_intact(db: sqlite3.Connection, shape: Shape) -> bool:
    if shape.intact is None:
        return True
    tables = shape.checked
    return all(shape.intact(table, row) for table in tables for row in db.execute(f"SELECT * FROM {table}"))  # noqa: S608


def _is_intact(shape: Shape, table: str, row: Sequence[object]) -> bool:
    return shape.intact is None or table not in shape.checked or shape.intact(table, row)


def _opened(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=10.0, isolation_level=None)
    db.text_factory = LENIENT
    return db


def _fresh(path: Path) -> Path:
    return path.with_name(path.name + ".fresh")


def _fresh_at(place: Path | str, shape: Shape) -> sqlite3.Connection:
    new = sqlite3.connect(place, timeout=10.0, isolation_level=None, check_same_thread=False)
    new.executescript(shape.pragmas + shape.schema)
    return new


def _rewritten(
    db: sqlite3.Connection | None, path: Path, shape: Shape, given: Mapping[str, int]
) -> tuple[dict[str, list[tuple[int, int]]], tuple[str, ...]]:
    """What can be read of ``db`` in a fresh file beside ``path``; and what cannot."""
    fresh = _fresh(path)
    for leftover in (fresh, fresh.with_name(fresh.name + "-journal")):
        leftover.unlink(missing_ok=True)
    fresh.touch(mode=0o600)  # nobody reads in it what they might not read in the file
    if path.is_file():
        fresh.chmod(path.stat().st_mode & 0o777 | 0o600)
    with contextlib.closing(_fresh_at(fresh, shape)) as new:
        if db is None:
            lost = {table: [(1, -1)] for table in shape.numbered}, tuple(shape.keyed)
        else:
            lost = _copied(db, new, shape)
        for table, number in given.items():  # nobody may come between with a number that was read before
            number_after(new, table, number)
        return lost


def _copied(
    db: sqlite3.Connection, new: sqlite3.Connection, shape: Shape
) -> tuple[dict[str, list[tuple[int, int]]], tuple[str, ...]]:
    holes: dict[str, list[tuple[int, int]]] = {}
    unreadable: list[str] = []
    new.execute("BEGIN")
    ends = _ends(db)
    names = (*shape.numbered, *shape.keyed)
    wide = {name: len(new.execute(f"SELECT * FROM {name} LIMIT 0").description) for name in names}  # noqa: S608
    for table in shape.numbered:
        found: list[tuple[int, int]] = []
        end = _head(db) if table == "journal" else ends.get(table, -1)
        for number, row in _rows(db, table, end, found):
            if not (_is_intact(shape, table, row) and _taken(new, table, row, wide[table])):
                found.append((number, number))
        if found:
            holes[table] = found
    for table, end in ends.items():  # numbers are never given twice: consumers remember how far they are
        new.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        new.execute("INSERT INTO sqlite_sequence VALUES (?, ?)", (table, end))
    for table, key in shape.keyed.items():
        rows, whole = _keyed(db, table, key)
        kept = [_is_intact(shape, table, row) and _taken(new, table, row, wide[table]) for row in rows]
        if not (whole and all(kept)):
            unreadable.append(table)
    new.execute("COMMIT")
    return holes, tuple(unreadable)


def _taken(new: sqlite3.Connection, table: str, row: tuple[object, ...], wide: int) -> bool:
    """Whether a row could be put into the fresh file; a damaged one may lack a column, or what must stand in it."""
    if len(row) != wide:
        return False
    try:
        put = f"INSERT OR IGNORE INTO {table} VALUES ({','.join('?' * len(row))})"  # noqa: S608 - our own names
        return new.execute(put, row).rowcount == 1
    except sqlite3.IntegrityError:
        return False


def _ends(db: sqlite3.Connection) -> dict[str, int]:
    """The last number given in each table that never gives one twice."""
    try:
        rows = db.execute("SELECT name, seq FROM sqlite_sequence").fetchall()
        return {str(name): seq for name, seq in rows if isinstance(seq, int) and 0 <= seq < _NO_NUMBER}
    except _DAMAGED:
        return {}


def _head(db: sqlite3.Connection) -> int:
    """The number of the last journal entry as noted beside the journal; -1 when that cannot be read either."""
    try:
        row = db.execute("SELECT value FROM meta WHERE key = 'head'").fetchone()
        head = int(str(row[0]).split()[0]) if row else 0
    except (sqlite3.DatabaseError, ValueError, IndexError):
        return -1
    return head if 0 <= head < _NO_NUMBER else -1


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
                if not at <= number < _NO_NUMBER:
                    raise sqlite3.DatabaseError(
                        "rows come round again"
                    )  # pages that lie in each other's place
                yield number, tuple(row)
                last, at = number, number + 1
        except _DAMAGED:
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
        except _DAMAGED:
            return None
        return int(row[0]) if row and number <= row[0] < _NO_NUMBER else None

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


def _follows(before: tuple[object, ...], this: tuple[object, ...], up: bool) -> bool:
    """Whether keys are in order; those of kinds that cannot be compared are not."""
    try:
        return before < this if up else this < before
    except TypeError:
        return False


def _keyed(db: sqlite3.Connection, table: str, key: str) -> tuple[list[tuple[object, ...]], bool]:
    """The rows of a small table, from both ends where it is damaged in the middle; whether all could be read."""
    rows: list[tuple[object, ...]] = []
    for order in ("ASC", "DESC"):
        try:
            columns = key.split(", ")
            by = ", ".join(f"{column} {order}" for column in columns)
            before: tuple[object, ...] | None = None
            for row in db.execute(f"SELECT * FROM {table} ORDER BY {by}"):  # noqa: S608 - our own names
                this = row[: len(columns)]
                if before is not None and not _follows(before, this, order == "ASC"):
                    raise sqlite3.DatabaseError("rows come round again")
                before = this
                rows.append(row)
        except _DAMAGED:
            continue
        return rows, order == "ASC"
    return rows, False


def put_aside(path: Path) -> Path:
    """Give what lies at ``path`` a name that nobody opens: the first free one of ``NAME.damaged-1`` and so on."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    path.replace(aside)
    return aside


def _swapped(path: Path) -> Path:
    """Put the damaged file aside with its log, and the fresh one in its place."""
    aside = put_aside(path)
    for part in ("-wal", "-shm", "-journal"):  # left behind, they would be played into the fresh file
        beside = path.with_name(path.name + part)
        if beside.exists():
            beside.replace(aside.with_name(aside.name + part))
    _fresh(path).replace(path)
    return aside
