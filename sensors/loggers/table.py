"""Where the readings of an export begin and end, and what stands above them. Nothing here knows a maker."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from msgspec import Struct

from sensors.loggers.columns import Column, column_of, unit_of, words_in
from sensors.loggers.walltime import is_clock, stamp
from sensors.spreadsheet import Grid, Line
from sensors.vocabulary import words

MOST_HEADINGS = 8
_SAMPLE = 400
_NUMBER = re.compile(r"^\s*[+-]?(?:\d[\d .,' ]*|[.,]\d+)(?:[eE][+-]?\d+)?\s*(\D{0,8})\s*$")
_PAIR = re.compile(r"^\s*([^=:]{1,40}?)\s*[=:]\s*(.{1,80}?)\s*$")
_SERIAL_ROWS = frozenset(("s/n", "serial", "serial number", "serial no", "serial no.", "sn", "序列号"))
_MODEL_ROWS = frozenset(("type", "model", "logger type", "型号"))
_IDENTITY = words(
    """receiver transmitter sensor logger device name location site room channel id serial station probe node tag
    description parameter property quantity 位置 传感器 设备 名称 房间 库房 编号 测点 通道 区域 参数
    fühler gerät kanal"""
)
_UNIT_HEADINGS = frozenset(("unit", "units", "einheit", "单位"))
_STATUS = words(
    """event events status state comment comments remark alarm attached detached connected stopped file logged
    host coupler button started quality flag 状态 备注 事件"""
)
_MOST_NAMES = 256
_COUNTED = 12  # so many lines in a row tell a running number from whole-number readings
_NO_TITLE = re.compile(r"(?i)database valid|exported|device (description|information)|report\b")


class Place(Struct, frozen=True):
    """Where a line holds its time: the cell of the date, and the one of the clock where they are apart (-1)."""

    date: int
    clock: int = -1

    def of(self, cells: Sequence[str]) -> tuple[str, str]:
        """The cells of date and clock, empty where the line is too short."""
        day = cells[self.date] if self.date < len(cells) else ""
        clock = cells[self.clock] if 0 <= self.clock < len(cells) else ""
        return day, clock


class Table(Struct, frozen=True, kw_only=True):
    """An export's anatomy. ``lines`` begin with the first reading and end with the last; ``after`` is what stands
    below. ``names`` are the columns whose cells say whose reading it is, ``units`` the one that names the unit."""

    place: Place
    lines: tuple[Line, ...]
    after: tuple[Line, ...]
    columns: tuple[Column, ...]
    names: tuple[int, ...]
    units: int
    title: str
    head: str
    time_heading: str
    serial: str


def score(lines: Sequence[tuple[str, ...]]) -> int:
    """How many lines read as a time with a number beside it: the right separator makes most of them."""
    return sum(1 for cells in lines if (at := place_of(cells)) is not None and _numbers(cells, at))


def place_of(cells: Sequence[str]) -> Place | None:
    """Where a line holds a time, None where it holds none."""
    for place, cell in enumerate(cells[:32]):
        found = stamp(cell)
        if found is None:
            continue
        if found.clock_s is None and place + 1 < len(cells) and is_clock(cells[place + 1]):
            return Place(place, place + 1)
        return Place(place)
    return None


def is_number(cell: str) -> bool:
    """Whether a cell holds a number, perhaps with its unit."""
    found = _NUMBER.match(cell)
    return found is not None and (not found.group(1).strip() or bool(unit_of(found.group(1))))


def _numbers(cells: Sequence[str], at: Place) -> bool:
    return any(
        is_number(cell)
        for place, cell in enumerate(cells)
        if place not in (at.date, at.clock) and cell.strip()
    )


def find_table(grid: Grid) -> Table | None:
    """The table of readings in a spreadsheet, None where no line holds a time and a number."""
    lines = grid.lines
    votes: Counter[Place] = Counter()
    for line in lines:
        at = place_of(line.cells)
        if at is not None and _numbers(line.cells, at):
            votes[at] += 1
            if votes.total() >= _SAMPLE:
                break
    if not votes:
        return None
    place = votes.most_common(1)[0][0]
    timed = [number for number, line in enumerate(lines) if stamp(*place.of(line.cells)) is not None]
    first = next(number for number in timed if _numbers(lines[number].cells, place))
    last = _end(lines, timed[-1])
    headings, above = _headings(lines[:first], place)
    body = lines[first : last + 1]
    serials, headings = _taken(headings, _SERIAL_ROWS)
    _, headings = _taken(headings, _MODEL_ROWS)
    notes = _notes(above)
    columns, names, units = _columns(body, headings, serials, notes, place)
    head = "\n".join(",".join(line.cells) for line in lines[:first])
    return Table(
        place=place,
        lines=body,
        after=tuple(line for line in lines[last + 1 :] if _filled(line)),
        columns=columns,
        names=names,
        units=units,
        title=_title(above),
        head=head,
        time_heading=" ".join(_cell(row.cells, place.date) for row in headings),
        serial=next((value for key, value in notes.items() if key in _SERIAL_ROWS), ""),
    )


def _end(lines: Sequence[Line], last: int) -> int:
    """Lines that follow the last time without a gap belong to the readings, and are refused there; a blank line
    or an end mark (one filled cell) closes the table."""
    while last + 1 < len(lines) and sum(1 for cell in lines[last + 1].cells if cell.strip()) > 1:
        last += 1
    return last


def _headings(above: Sequence[Line], place: Place) -> tuple[list[Line], list[Line]]:
    """The lines that head the columns, and the preamble over them."""
    found: list[Line] = []
    number = len(above)
    while number and len(found) < MOST_HEADINGS:
        line = above[number - 1]
        if len(_filled(line)) >= 2 and _width(line) > place.date:
            found.insert(0, line)
        elif found:
            break
        number -= 1
    if not found:  # a table of one channel may head its column alone
        return [], list(above)
    return found, list(above[:number])


def _filled(line: Line) -> list[str]:
    return [cell.strip() for cell in line.cells if cell.strip()]


def _width(line: Line) -> int:
    return max((place for place, cell in enumerate(line.cells) if cell.strip()), default=0) + 1


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place].strip() if place < len(cells) else ""


def _taken(headings: list[Line], marks: frozenset[str]) -> tuple[Line | None, list[Line]]:
    """A heading line whose first word says that it holds serial numbers or models, and the other lines."""
    for line in headings:
        filled = _filled(line)
        if len(headings) > 1 and filled[0].casefold().rstrip(":") in marks:
            return line, [other for other in headings if other is not line]
    return None, headings


def _notes(above: Iterable[Line]) -> dict[str, str]:
    """What the preamble says: ``Serial Number = 7`` or ``Serial No:,7`` by its first part in lower case."""
    notes: dict[str, str] = {}
    for line in above:
        filled = _filled(line)
        if len(filled) == 1 and (pair := _PAIR.match(filled[0])):
            notes.setdefault(pair.group(1).casefold(), pair.group(2))
        elif len(filled) == 2:
            notes.setdefault(filled[0].casefold().rstrip(" :="), filled[1])
    return notes


def _title(above: Iterable[Line]) -> str:
    """The last line of the preamble that is one plain phrase: mostly the logger's or the room's name."""
    phrases = [filled[0] for line in above if len(filled := _filled(line)) == 1]
    plain = [
        one
        for one in phrases
        if not one.startswith("[") and "=" not in one and len(one) <= 80 and not _NO_TITLE.match(one)
    ]
    return plain[-1].removeprefix("Plot Title:").strip() if plain else ""


def _columns(
    body: Sequence[Line], headings: Sequence[Line], serials: Line | None, notes: dict[str, str], place: Place
) -> tuple[tuple[Column, ...], tuple[int, ...], int]:
    sample = body[:: max(1, len(body) // _SAMPLE)]  # spread over the file: a channel may begin late
    width = max((_width(line) for line in sample), default=0)
    columns: list[Column] = []
    names: list[int] = []
    units = -1
    for number in range(width):
        if number in (place.date, place.clock):
            continue
        heading = [_cell(line.cells, number) for line in headings]
        said = set(words_in(" ".join(heading)))
        filled = [cell for line in sample if (cell := _cell(line.cells, number))]
        if _counts([_cell(line.cells, number) for line in body[:_COUNTED]]):
            continue
        numeric = sum(1 for cell in filled if is_number(cell))
        if said & _UNIT_HEADINGS and filled and not numeric:
            units = number
            continue
        column = column_of(number, heading, notes, _only_unit(filled))
        if _is_name(column, said, filled, numeric):
            names.append(number)
        elif numeric and 2 * numeric >= len(filled) and not _again_time(said):
            serial = _cell(serials.cells, number) if serials else ""
            columns.append(
                column
                if not serial
                else column_of(number, [*heading, f"S/N {serial}"], notes, _only_unit(filled))
            )
    return tuple(columns), tuple(names), units


def _only_unit(filled: Sequence[str]) -> str:
    found = {unit_of(match.group(1)) for cell in filled if (match := _NUMBER.match(cell))}
    return found.pop() if len(found) == 1 else ""


def _is_name(column: Column, words: set[str], filled: Sequence[str], numeric: int) -> bool:
    if not filled or words & _STATUS or (numeric and (column.quantity or column.left_out)):
        return False
    different = len(set(filled))
    if different > _MOST_NAMES or (len(filled) > 10 and different * 2 > len(filled)):
        return False
    if words & _IDENTITY:
        return True
    return not numeric and not words


def _again_time(words: set[str]) -> bool:
    """A spreadsheet's count of days beside the written time: no reading."""
    return bool(words & {"date", "time", "date/time", "timestamp", "日期", "时间"})


def _counts(cells: Sequence[str]) -> bool:
    """Whether cells are a running number, up or down."""
    if len(cells) < 2 or not all(cell.isdecimal() for cell in cells):
        return False
    steps = {int(after) - int(before) for before, after in pairwise(cells)}
    return steps in ({1}, {-1})
