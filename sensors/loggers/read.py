"""A logger's export as channels of readings, with a reason for every row that is refused. Pure: bytes in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from msgspec import Struct, field

from sensors.loggers.columns import Column, unit_of, with_unit
from sensors.loggers.columns import column_of as _column_of
from sensors.loggers.styles import style_of
from sensors.loggers.table import Table, find_table, score
from sensors.loggers.walltime import Stamp, Wall, header_offset, orders_of, stamp, wall
from sensors.model import Text
from sensors.quantities import QUANTITIES
from sensors.spreadsheet import Line, read_grid
from sensors.units import scale

EARLIEST_AT = 315_532_800.0  # 1980: no logger is older; an unset clock shows 1970
KEPT_REFUSALS = 5_000
_STEP = 5_000  # lines between two reports of progress
_ORDER_SAMPLE = 20_000
_BLANK = frozenset(("", "-", "--", "---", "na", "n/a", "nan", "null", "none", "无"))
_THOUSANDS = re.compile(r"^[+-]?\d{1,3}(?:,\d{3})+$")
_SPLIT = re.compile(r"^\s*([+-]?[\d.,' ]+(?:[eE][+-]?\d+)?)\s*(.*?)\s*$")


class Options(Struct, frozen=True, kw_only=True):
    """What a person says where the file leaves it open. ``order`` is dmy, mdy or ymd; ``decimal`` a comma or a
    point; ``units`` by the heading of a column."""

    order: str = ""
    decimal: str = ""
    units: Mapping[str, str] = {}


class Refused(Struct, frozen=True):
    """A row or a cell that was not taken: its line, the column's heading ("" for the whole row), what stands
    there and why."""

    line: int
    column: str
    cell: str
    says: Text


class Channel(Struct, kw_only=True):
    """The readings of one column of one logger, in the unit of their quantity, in the file's order."""

    name: str
    quantity: str
    unit: str
    serial: str = ""
    assumed: tuple[Text, ...] = ()
    at: list[float] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    line: list[int] = field(default_factory=list)


class Export(Struct, kw_only=True):
    """Everything an export holds. ``blank`` counts empty cells, ``repeats`` readings that stand there twice."""

    style: str
    encoding: str
    order: str
    decimal: str
    rows: int
    channels: list[Channel]
    refused: list[Refused] = field(default_factory=list)
    refused_count: int = 0
    blank: int = 0
    repeats: int = 0
    after: int = 0
    left_out: list[tuple[str, Text]] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)

    def refuse(self, line: int, column: str, cell: str, zh: str, en: str) -> None:
        """Note a refusal; only the first thousands are kept, all are counted."""
        self.refused_count += 1
        if len(self.refused) < KEPT_REFUSALS:
            self.refused.append(Refused(line, column, cell[:80], Text(zh, en)))


def read_export(
    raw: bytes,
    name: str,
    *,
    zone: tzinfo,
    now: float,
    options: Options | None = None,
    on_step: Callable[[int, int], None] | None = None,
) -> Export | Text:
    """The channels of an export, or what has to be said or mended before it can be read.

    ``zone`` is whose wall time the logger kept where neither cells nor headings name an offset; nothing
    measured after ``now`` is taken. ``on_step`` hears how many lines of how many are done.
    """
    asked = options or Options()
    grid = read_grid(raw, name, score)
    if isinstance(grid, Text):
        return grid
    table = find_table(grid)
    if table is None:
        return Text(
            "找不到读数：没有一行同时有时间和数值。",
            "There are no readings: no line holds a time and a number.",
        )
    decimal = asked.decimal or _decimal(table)
    if not decimal:
        return Text(
            "数字里的逗号是小数点还是千位分隔？请加 --decimal , 或 --decimal .",
            "Is the comma in the numbers a decimal comma or does it part thousands? Add --decimal , or --decimal .",
        )
    style = style_of(table.head)
    order = asked.order or _order(table, style.order if style else "", now)
    if not order:
        return Text(
            "日期是日/月还是月/日？文件本身看不出。请加 --dates dmy 或 --dates mdy。",
            "Are the dates day/month or month/day? The file leaves both open. Add --dates dmy or --dates mdy.",
        )
    export = Export(
        style=style.name if style else "",
        encoding=grid.encoding,
        order=order,
        decimal=decimal,
        rows=len(table.lines),
        channels=[],
        after=len(table.after),
    )
    _Rows(table, export, asked, header_offset(table.time_heading) or zone, now).read(on_step)
    return export


def _order(table: Table, usual: str, now: float) -> str:
    stamps = [
        found
        for line in table.lines[:_ORDER_SAMPLE]
        if (found := stamp(*table.place.of(line.cells))) is not None
    ]
    latest = datetime.fromtimestamp(now, UTC).replace(tzinfo=None) + timedelta(days=1)
    possible = orders_of(stamps, latest)
    if len(possible) == 1:
        return possible[0]
    if not possible:  # mixed or broken dates: the rows that fit the usual order are taken, the others refused
        return usual or "dmy"
    return usual if usual in possible else ""


def _decimal(table: Table) -> str:
    """The decimal mark of a table's numbers, "" where only a person can tell."""
    open_ones = False
    for line in table.lines[:_ORDER_SAMPLE]:
        for column in table.columns:
            cell = line.cells[column.place] if column.place < len(line.cells) else ""
            number = found.group(1).strip() if (found := _SPLIT.match(cell)) else ""
            if "," in number and "." in number:
                return "," if number.rindex(",") > number.rindex(".") else "."
            if "," in number:
                if not _THOUSANDS.match(number):
                    return ","
                open_ones = True
            elif "." in number:
                return "."
    return "" if open_ones else "."


class _Rows:
    """One pass over the lines of a table."""

    def __init__(self, table: Table, export: Export, asked: Options, zone: tzinfo, now: float) -> None:
        self._table = table
        self._export = export
        self._now = now
        self._wall = Wall(zone)
        self._columns = [self._asked(column, asked.units) for column in _humidity_beside(table.columns)]
        self._channels: dict[tuple[object, ...], Channel | None] = {}
        self._known: dict[tuple[object, ...], dict[float, float]] = {}
        for column in self._columns:
            if column.left_out is not None:
                export.left_out.append((column.label, column.left_out))

    def _asked(self, column: Column, units: Mapping[str, str]) -> Column:
        said = units.get(column.label) or units.get(column.quantity)
        if not said or not column.quantity:
            return column
        return with_unit(column, [unit_of(said) or said], strictly=True)

    def read(self, on_step: Callable[[int, int], None] | None) -> None:
        """Every line in order; reversed where the newest reading stands on top."""
        lines = self._table.lines
        dated = [(line, found) for line in lines if (found := self._stamped(line)) is not None]
        ends = [
            moment
            for _, one in (dated[:1] + dated[-1:])
            if (moment := wall(one, self._export.order)) is not None
        ]
        newest_first = len(ends) == 2 and ends[0] > ends[1]
        for number, (line, one) in enumerate(reversed(dated) if newest_first else dated):
            self._line(line, one)
            if on_step is not None and number % _STEP == 0:
                on_step(number, len(dated))
        if on_step is not None:
            on_step(len(dated), len(dated))
        self._export.channels = [one for one in self._channels.values() if one is not None and one.at]
        self._export.refused.sort(key=lambda one: one.line)

    def _stamped(self, line: Line) -> Stamp | None:
        found = stamp(*self._table.place.of(line.cells))
        if found is None and any(cell.strip() for cell in line.cells):
            day, clock = self._table.place.of(line.cells)
            self._export.refuse(
                line.number, "", f"{day} {clock}".strip(), "看不懂时间", "this is no time that can be read"
            )
        return found

    def _line(self, line: Line, one: Stamp) -> None:
        day, clock = self._table.place.of(line.cells)
        shown = f"{day} {clock}".strip()
        moment = wall(one, self._export.order)
        if moment is None:
            self._export.refuse(line.number, "", shown, "没有这一天", "there is no such day")
            return
        names = tuple(_cell(line, place) for place in self._table.names)
        at = self._wall.at(moment, one.offset_s, names)
        if at is None:
            self._export.refuse(
                line.number,
                "",
                shown,
                "当地时钟跳过了这一小时；若记录仪不调夏令时，请加 --timezone +08:00 之类的固定时差",
                "clocks there skipped this hour; if the logger keeps no summer time, add --timezone +01:00",
            )
        elif at > self._now:
            self._export.refuse(line.number, "", shown, "时间在将来", "this lies in the future")
        elif at < EARLIEST_AT:
            self._export.refuse(line.number, "", shown, "记录仪时钟未设定", "the logger's clock was not set")
        else:
            unit = _cell(line, self._table.units) if self._table.units >= 0 else ""
            for column in self._columns:
                self._cell(line, column, names, unit, at)

    def _cell(self, line: Line, column: Column, names: tuple[str, ...], unit: str, at: float) -> None:
        cell = _cell(line, column.place)
        if cell.casefold() in _BLANK:
            self._export.blank += bool(self._columns)
            return
        key = (*names, unit, column.place)
        if key not in self._channels:
            self._channels[key] = self._channel(column, names, unit)
            self._known[key] = {}
        channel = self._channels[key]
        if channel is None:
            return
        value = number(cell, self._export.decimal)
        if value is None:
            self._export.refuse(
                line.number,
                column.label,
                cell,
                "不是数值（记录仪标记的错误？）",
                "no number (an error the logger marked?)",
            )
            return
        if channel.quantity:
            value = self._scaled(channel, value)
            if not QUANTITIES[channel.quantity].believable(value):
                low, high = QUANTITIES[channel.quantity].low, QUANTITIES[channel.quantity].high
                self._export.refuse(
                    line.number,
                    column.label,
                    cell,
                    f"不可信：应在 {low:g} 到 {high:g} {QUANTITIES[channel.quantity].unit} 之间",
                    f"not believable: between {low:g} and {high:g} {QUANTITIES[channel.quantity].unit} is",
                )
                return
        known = self._known[key]
        if at in known:
            if known[at] == value:
                self._export.repeats += 1
            else:
                self._export.refuse(
                    line.number,
                    column.label,
                    cell,
                    f"同一时刻已有 {known[at]:g}",
                    f"the same moment already has {known[at]:g}",
                )
            return
        known[at] = value
        channel.at.append(at)
        channel.value.append(value)
        channel.line.append(line.number)

    @staticmethod
    def _scaled(channel: Channel, value: float) -> float:
        found = scale(channel.quantity, channel.unit)
        factor, shift = found or (1.0, 0.0)
        return round(value * factor + shift, 6)

    def _channel(self, column: Column, names: tuple[str, ...], unit: str) -> Channel | None:
        if column.left_out is not None:
            return None
        if names or unit:  # "value" columns: the names beside them say which quantity it is
            named = _column_of(column.place, [*names, column.label], {}, unit_of(unit))
            if not column.quantity and named.quantity:
                column = named
        table = self._table
        own_name = " · ".join(part for part in (*names, column.label) if part)
        title = "" if names or own_name.startswith(table.title) else table.title
        return Channel(
            name=" · ".join(part for part in (title, own_name) if part) or column.unit,
            quantity=column.quantity,
            unit=column.unit,
            serial=column.serial or table.serial,
            assumed=(column.assumed,) if column.assumed else (),
        )


def _humidity_beside(columns: Sequence[Column]) -> list[Column]:
    """A lone column of bare per cent beside a temperature is its relative humidity, and is said to be taken so."""
    bare = [one for one in columns if not one.quantity and one.unit == "%" and one.left_out is None]
    if len(bare) != 1 or not any(one.quantity == "temperature" for one in columns):
        return list(columns)
    assumed = Text("只写了 %，按相对湿度读取", "only % is written: read as relative humidity")
    taken = Column(
        place=bare[0].place,
        label=bare[0].label,
        quantity="humidity",
        unit="%RH",
        serial=bare[0].serial,
        assumed=assumed,
    )
    return [taken if one is bare[0] else one for one in columns]


def _cell(line: Line, place: int) -> str:
    return line.cells[place].strip() if place < len(line.cells) else ""


def number(cell: str, decimal: str) -> float | None:
    """The number in a cell, with or without a unit behind it; None where there is none."""
    try:
        if decimal == ".":
            return _finite(float(cell))
    except ValueError:
        pass
    found = _SPLIT.match(cell)
    if found is None or (found.group(2) and not unit_of(found.group(2))):
        return None
    digits = found.group(1).replace(" ", "").replace("\u00a0", "").replace("'", "")
    if decimal == ",":
        digits = digits.replace(".", "").replace(",", ".") if "," in digits else digits
    else:
        digits = digits.replace(",", "")
    try:
        return _finite(float(digits))
    except ValueError:
        return None


def _finite(value: float) -> float | None:
    return value if value - value == 0 else None
