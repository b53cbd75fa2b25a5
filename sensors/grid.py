"""What every kind of spreadsheet becomes: rows of text cells with their numbers; the limits of what is read; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from sensors.model import Text

MOST_ROWS = 1_000_000
MOST_COLUMNS = 1_000
"""A table wider than this is no register and no log (planning assumption); a hostile sheet has 16,384 columns."""
TELL_ROWS = 5_000
"""Progress is told every so many lines."""
Progress = Callable[[int], None]


class Line(Struct, frozen=True, gc=False):
    """One row of a spreadsheet: its number as people see it in their software, and its cells as text.

    ``broken``: its quotes do not match, so that nobody knows where its cells end; it was cut as it stands.
    """

    number: int
    cells: tuple[str, ...]
    broken: bool = False


class Flaw(Struct, frozen=True):
    """Why a workbook's cell holds no value of its own: an error, a formula never calculated, or a merged cell.

    ``word`` is the error, or the range that is merged.
    """

    kind: Literal["error", "uncalculated", "merged"]
    word: str


class Grid(Struct, frozen=True):
    """A spreadsheet as text, blank lines between others included. ``encoding`` says how the bytes were read.

    ``sheet`` is the sheet of a workbook that was read, ``others`` those that hold something and were not; ``flaws``
    are by row number and column (from 0).
    """

    lines: tuple[Line, ...]
    encoding: str
    sheet: str = ""
    others: tuple[str, ...] = ()
    flaws: Mapping[tuple[int, int], Flaw] = {}


Score = Callable[[Sequence[tuple[str, ...]]], int]
"""How well the first lines read when cut one way; the best cut is taken."""


def widest(lines: Sequence[tuple[str, ...]]) -> int:
    """The usual score: how many cells the first line that is not blank has."""
    return next((len(cells) for cells in lines if any(cell.strip() for cell in cells)), 0)


def gathered(lines: Iterable[Line], encoding: str, progress: Progress | None) -> Grid | Text:
    """All lines up to the last that is not blank: a workbook's formatted but empty rows at the end are not kept."""
    kept: list[Line] = []
    blank: list[Line] = []
    for line in lines:
        if not any(cell and not cell.isspace() for cell in line.cells):
            if len(blank) < MOST_ROWS:
                blank.append(Line(line.number, ()))
            continue
        if len(line.cells) > MOST_COLUMNS:
            return too_wide()
        kept += blank
        blank.clear()
        kept.append(line)
        if progress is not None and len(kept) % TELL_ROWS == 0:
            progress(len(kept))
        if len(kept) > MOST_ROWS:
            return Text("超过一百万行。", "More than a million rows.")
    if not kept:
        return Text("文件是空的。", "The file is empty.")
    return Grid(tuple(kept), encoding)


def too_wide() -> Text:
    """Refused: more columns than any table of ours has."""
    return Text(
        f"超过 {MOST_COLUMNS} 列。请删去不属于表格的列。",
        f"More than {MOST_COLUMNS} columns: delete those that are not part of the table.",
    )
