"""Recordings: CSV files (plain or gzip) with one row per moment and one column per channel."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from sensors.model import Text

SUFFIXES = (".csv", ".csv.gz")
LARGEST_ROW = 10_000


class ReplayError(Exception):
    """Something about a recording or mapping that its owner must put right; ``str()`` is both languages."""

    def __init__(self, where: str, words: Text) -> None:
        super().__init__(f"{where}: {words.zh}\n{where}: {words.en}")


class Recording(Struct, frozen=True):
    """One file. ``name`` is the file's name without its endings, ``columns`` its header."""

    name: str
    path: Path
    columns: tuple[str, ...]

    def rows(self) -> Iterator[list[str]]:
        """The rows as text, in the order of the file; short rows are filled with blanks, empty ones skipped."""
        with _open(self.path) as text:
            reader = csv.reader(text)
            next(reader, None)
            width = len(self.columns)
            for row in reader:
                if any(cell.strip() for cell in row):
                    yield [cell.strip() for cell in row[:width]] + [""] * (width - len(row))


def find(paths: list[Path]) -> list[Path]:
    """The recordings in ``paths``: files as they are, folders searched for CSV files, by name.

    ReplayError for a path that is not there or a folder without any.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.name.lower().endswith(SUFFIXES) and p.is_file())
            if not inside:
                raise ReplayError(
                    str(path),
                    Text("文件夹里没有 CSV 或 CSV.GZ 文件。", "The folder holds no CSV or CSV.GZ file."),
                )
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise ReplayError(str(path), Text("没有这个文件或文件夹。", "There is no such file or folder."))
    return found


def read(path: Path) -> Recording:
    """Open a recording and read its header. ReplayError where that is impossible."""
    try:
        with _open(path) as text:
            header = next(csv.reader(text), None)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        words = Text(f"读不出来：{error}", f"cannot be read: {error}")
        raise ReplayError(str(path), words) from None
    if not header or len(header) > LARGEST_ROW:
        raise ReplayError(
            str(path), Text("第一行应是列名。", "The first line should hold the names of the columns.")
        )
    name = path.name
    for suffix in (".gz", ".csv"):
        if name.lower().endswith(suffix):
            name = name[: -len(suffix)]
    return Recording(name, path, tuple(cell.strip() for cell in header))


def number(cell: str) -> float | None:
    """The value of a cell; None for a blank, a word or what is no finite number."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if value - value == 0.0 else None


def _open(path: Path) -> io.TextIOBase:
    if path.name.lower().endswith(".gz"):
        return io.TextIOWrapper(gzip.open(path, "rb"), encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")
