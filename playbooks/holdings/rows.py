"""One row of ``holdings.csv`` to one Holding and back; every problem names its column and what to write.

The columns are those of the building folder's example, plus optional ones (:data:`OPTIONAL`). Columns that
are not ours are kept in ``Holding.extra`` and written back, so nothing an archive keeps beside our columns
is lost.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from typing import Literal, get_args

from msgspec import Struct

from playbooks.holdings.materials import MATERIALS, material_id
from playbooks.model import Copy, Holding
from sensors.model import Text

REQUIRED = ("id", "title", "zone", "grade", "form")
HAZARDS = ("water", "fire", "smoke", "theft", "climate")
COLUMNS = (
    "id", "title", "zone", "place", "grade", "worth", "form", "water", "fire", "theft", "climate", "units",
    "unit_kg", "people", "carry_min", "tools", "handling_zh", "handling_en", "cover_zh", "copy", "photo",
    "checked_on",
)  # fmt: skip
OPTIONAL = (
    "cover_en", "smoke", "secrecy", "action", "irreplaceable", "to", "materials", "unit_wet_kg", "size_cm",
    "keys", "category", "skill",
)  # fmt: skip
KNOWN = frozenset(COLUMNS + OPTIONAL)

_GRADES = {
    "1": 1, "2": 2, "3": 3, "一": 1, "二": 2, "三": 3, "一级": 1, "二级": 2, "三级": 3, "1级": 1, "2级": 2,
    "3级": 3, "i": 1, "ii": 2, "iii": 3,
}  # fmt: skip
_YES = {"1", "yes", "true", "y", "是", "有"}
_NO = {"", "0", "no", "false", "n", "否", "无"}
_ACTIONS = {
    "": "take", "take": "take", "protect": "protect", "leave": "leave",
    "取出": "take", "搬出": "take", "覆盖": "protect", "就地保护": "protect", "保护": "protect",
    "留置": "leave", "不动": "leave",
}  # fmt: skip
_CATEGORIES = {
    "目录": "catalogue", "检索工具": "catalogue", "catalog": "catalogue", "inventory": "catalogue",
    "要害": "vital", "机构要件": "vital", "vital records": "vital",
    "借入": "loan", "寄存": "loan", "loans": "loan",
}  # fmt: skip
_MARKS = "|｜;；"
_NO_COPY = {"", "none", "no", "无", "没有"}
_MEDIA = {
    "数字": "digital", "数字化": "digital", "数字副本": "digital", "电子": "digital", "扫描": "digital",
    "缩微": "microfilm", "缩微胶片": "microfilm",
    "胶片": "film", "纸质": "paper", "纸": "paper", "复印件": "paper",
    "光盘": "disk", "磁带": "magnetic",
}  # fmt: skip
Action = Literal["take", "protect", "leave"]


class RowProblem(Struct, frozen=True):
    """What is wrong with one cell. ``write`` is an example of what to write there instead."""

    column: str
    value: str
    says: Text
    write: str


class _Cells:
    """Reads typed cells of one row and gathers every problem instead of stopping at the first."""

    def __init__(self, row: Mapping[str, str]) -> None:
        self._row = row
        self.problems: list[RowProblem] = []

    def word(self, column: str) -> str:
        """The cell without surrounding blanks; empty where the column is missing."""
        value = self._row.get(column)
        return unguarded(value.strip()) if isinstance(value, str) else ""

    def wrong(self, column: str, zh: str, en: str, write: str) -> None:
        """Note a problem of one column."""
        self.problems.append(RowProblem(column, self.word(column), Text(zh, en), write))

    def number(
        self, column: str, default: float, span: tuple[float, float], write: str, unit: str = ""
    ) -> float:
        """A number within ``span``; the default where the cell is empty; full-width digits are taken."""
        word = self.word(column)
        low, high = span
        if not word:
            return default
        try:
            value = float(word)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or not low <= value <= high:
            bounds = f"{low:g} – {high:g}{' ' + unit if unit else ''}"
            self.wrong(
                column, f"这里要写 {bounds} 之间的数字。", f"Write a number from {bounds} here.", write
            )
            return default
        return value

    def whole(self, column: str, default: int, low: int, high: int, write: str) -> int:
        """A whole number within [low, high]."""
        value = self.number(column, float(default), (low, high), write)
        if value != int(value):
            self.wrong(column, "这里要写整数。", "Write a whole number here.", write)
            return default
        return int(value)


def _copies(cells: _Cells) -> tuple[Copy, ...]:
    """``none``, or ``medium|place|distance_km|last_read_test`` per copy, joined by ``;``; only medium is
    needed."""
    text = cells.word("copy")
    if text.casefold() in _NO_COPY:
        return ()
    copies: list[Copy] = []
    for entry in _split(text, ";；", keep=True):
        parts = [part.strip() for part in _split(entry, "|｜")]
        medium = _MEDIA.get(parts[0], parts[0])
        if not medium or len(parts) > 4:
            cells.wrong(
                "copy",
                "每份副本写作：介质|地点|公里数|最近可读性测试日期，多份用分号隔开。",
                "Write each copy as medium|place|km|date of last read test, several joined by semicolons.",
                "digital|省档案馆|320|2026-05-01",
            )
            return ()
        parts += [""] * (4 - len(parts))
        try:
            distance = float(parts[2]) if parts[2] else 0.0
            if parts[3]:
                date.fromisoformat(parts[3])
        except ValueError:
            distance = math.nan
        if not math.isfinite(distance) or distance < 0:
            cells.wrong(
                "copy",
                "副本的距离要写公里数，测试日期写作 年-月-日。",
                "A copy's distance is a number of km, its read test a date as year-month-day.",
                f"{medium}|{parts[1]}|320|2026-05-01",
            )
            return ()
        copies.append(Copy(medium=medium, place=parts[1], distance_km=distance, last_read_test=parts[3]))
    return tuple(copies)


def _split(text: str, separators: str, *, keep: bool = False) -> list[str]:
    """Split at any of ``separators`` unless a backslash stands before it; ``keep`` leaves the backslashes in."""
    parts, current, escaped = [], "", False
    for char in text:
        if escaped:
            current += char if not keep and char in f"{_MARKS}\\" else "\\" + char
            escaped = False
        elif char == "\\":
            escaped = True
        elif char in separators:
            parts.append(current)
            current = ""
        else:
            current += char
    if escaped:
        current += "\\"
    parts.append(current)
    return parts


def _materials(cells: _Cells) -> tuple[str, ...]:
    found: list[str] = []
    for word in cells.word("materials").replace("；", ";").replace("、", ";").replace(",", ";").split(";"):
        if not word.strip():
            continue
        name = material_id(word)
        if name is None:
            _unknown_material(cells, "materials", word.strip())
        elif name not in found:
            found.append(name)
    return tuple(found)


def _unknown_material(cells: _Cells, column: str, word: str) -> None:
    known = [material.id for material in MATERIALS]
    near = get_close_matches(word.casefold(), known, n=1, cutoff=0.5)
    listed = ", ".join(known)
    cells.wrong(
        column,
        f"不认识的载体“{word}”。可写：{listed}，或对应的中文名称。",
        f'Unknown form "{word}". Known: {listed}.',
        near[0] if near else "paper",
    )


def _day(cells: _Cells, column: str) -> str:
    """A date as ``2026-10-12`` (also ``2026/10/12`` or ``2026.10.12``, as spreadsheets write it)."""
    word = cells.word(column)
    if not word:
        return ""
    parts = word.split(" ")[0].split("T")[0].replace("/", "-").replace(".", "-").split("-")
    try:
        return date(int(parts[0]), int(parts[1]), int(parts[2])).isoformat()
    except (ValueError, IndexError):
        cells.wrong(column, "日期写作 年-月-日。", "Write the date as year-month-day.", "2026-10-12")
        return ""


def _size(cells: _Cells) -> tuple[float, float, float] | None:
    word = cells.word("size_cm")
    if not word:
        return None
    try:
        parts = [
            float(part) for part in word.replace("×", "x").replace("*", "x").replace("X", "x").split("x")
        ]
    except ValueError:
        parts = []
    if len(parts) != 3 or not all(math.isfinite(part) and 0 < part <= 1000 for part in parts):
        cells.wrong(
            "size_cm",
            "尺寸写作 长x宽x高（厘米）。",
            "Write the size as length x width x height in cm.",
            "40x30x25",
        )
        return None
    return parts[0], parts[1], parts[2]


def parse_row(row: Mapping[str, str]) -> Holding | list[RowProblem]:
    """The holding a row describes, or every problem of the row (never both, never an exception).

    Cells are text as read from the file; blanks around them do not count. Empty optional cells take the
    default of :class:`~playbooks.model.Holding`. Whether ``zone`` exists is the folder's question, not
    this function's.
    """
    cells = _Cells(row)
    examples = {
        "id": "J001-003",
        "title": "清代契约文书 Qing deeds",
        "zone": "stack-2b",
        "grade": "1",
        "form": "paper",
    }
    for column in REQUIRED:
        if not cells.word(column):
            cells.wrong(column, "此栏不能为空。", "This column must not be empty.", examples[column])
    grade = _GRADES.get(cells.word("grade").casefold().removesuffix(".0"))
    if grade is None and cells.word("grade"):
        cells.wrong("grade", "等级是 1（最先抢救）、2 或 3。", "Grades are 1 (rescue first), 2 or 3.", "1")
    form = material_id(cells.word("form"))
    if form is None and cells.word("form"):
        _unknown_material(cells, "form", cells.word("form"))
    action = _ACTIONS.get(cells.word("action").casefold())
    if action is None:
        cells.wrong("action", "写 take、protect 或 leave。", "Write take, protect or leave.", "take")
    sole = cells.word("irreplaceable").casefold()
    if sole not in _YES | _NO:
        cells.wrong("irreplaceable", "写 yes 或 no。", "Write yes or no.", "yes")
    weak_to = {
        hazard: cells.whole(hazard, 0, 0, 3, "2")
        for hazard in HAZARDS
        if hazard != "smoke" or cells.word("smoke")
    }
    unit_wet_kg = (
        cells.number("unit_wet_kg", 0.0, (0.001, 5000), "9", "kg") if cells.word("unit_wet_kg") else None
    )
    holding = Holding(
        id=cells.word("id"),
        title=cells.word("title"),
        zone=cells.word("zone"),
        place=cells.word("place"),
        grade=grade or 3,
        worth=cells.number("worth", 50.0, (0, 100), "60"),
        form=form or "paper",
        weak_to=weak_to,
        units=cells.whole("units", 1, 1, 100_000, "12"),
        unit_kg=cells.number("unit_kg", 5.0, (0.001, 5000), "6", "kg"),
        people=cells.whole("people", 1, 1, 50, "2"),
        carry_min=cells.number("carry_min", 2.0, (0, 10_000), "4", "min"),
        tools=cells.word("tools"),
        handling=_both(cells, "handling_zh", "handling_en"),
        cover=_both(cells, "cover_zh", "cover_en"),
        copies=_copies(cells),
        to=cells.word("to"),
        photo=cells.word("photo"),
        checked_on=_day(cells, "checked_on"),
        secrecy=cells.word("secrecy"),
        action=_as_action(action or "take"),
        irreplaceable=sole in _YES,
        extra={
            key: unguarded(value)
            for key, value in row.items()
            if key and key not in KNOWN and isinstance(value, str)
        },
        materials=_materials(cells),
        unit_wet_kg=unit_wet_kg,
        size_cm=_size(cells),
        keys=cells.word("keys"),
        category=_CATEGORIES.get(cells.word("category").casefold(), cells.word("category")),
        skill=cells.word("skill"),
    )
    return cells.problems or holding


def _as_action(word: str) -> Action:
    chosen: Action
    for chosen in get_args(Action):
        if chosen == word:
            return chosen
    return "take"


def _both(cells: _Cells, zh: str, en: str) -> Text:
    """Both languages as written; :func:`spoken` fills a missing one when it is shown."""
    return Text(cells.word(zh), cells.word(en))


def spoken(text: Text) -> Text:
    """A text in which an empty language is filled with the other, so that nobody sees nothing."""
    return Text(text.zh or text.en, text.en or text.zh)


def row_of(holding: Holding) -> dict[str, str]:
    """The cells of a holding; ``parse_row(row_of(holding))`` gives the same holding back."""
    row = {
        "id": holding.id,
        "title": holding.title,
        "zone": holding.zone,
        "place": holding.place,
        "grade": str(holding.grade),
        "worth": _plain(holding.worth),
        "form": holding.form,
        **{hazard: str(holding.weak_to.get(hazard, 0)) for hazard in HAZARDS if hazard != "smoke"},
        "units": str(holding.units),
        "unit_kg": _plain(holding.unit_kg),
        "people": str(holding.people),
        "carry_min": _plain(holding.carry_min),
        "tools": holding.tools,
        "handling_zh": holding.handling.zh,
        "handling_en": holding.handling.en,
        "cover_zh": holding.cover.zh,
        "copy": ";".join(_copy_cell(copy) for copy in holding.copies) or "none",
        "photo": holding.photo,
        "checked_on": holding.checked_on,
        "cover_en": holding.cover.en,
        "smoke": str(holding.weak_to["smoke"]) if "smoke" in holding.weak_to else "",
        "secrecy": holding.secrecy,
        "action": holding.action,
        "irreplaceable": "yes" if holding.irreplaceable else "",
        "to": holding.to,
        "materials": ";".join(holding.materials),
        "unit_wet_kg": _plain(holding.unit_wet_kg) if holding.unit_wet_kg is not None else "",
        "size_cm": "x".join(_plain(side) for side in holding.size_cm) if holding.size_cm else "",
        "keys": holding.keys,
        "category": holding.category,
        "skill": holding.skill,
    }
    row |= {key: value for key, value in holding.extra.items() if key not in KNOWN}
    return {column: guarded(value) for column, value in row.items()}


_FORMULA = re.compile(r"'*[=+\-@\t]")
_GUARDED = re.compile(r"'+[=+\-@\t]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")


def guarded(value: str) -> str:
    """A cell no spreadsheet takes for a formula: an apostrophe stands before ``= + - @``; reading takes it
    away."""
    return "'" + value if _FORMULA.match(value) else value


def unguarded(value: str) -> str:
    """The cell without that apostrophe, without control characters, with plain line ends."""
    if value[:1] != "'" and value.isprintable():
        return value  # nearly every cell of a register of 100,000 rows
    clean = _CONTROL.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
    return clean[1:] if _GUARDED.match(clean) else clean


def _plain(number: float) -> str:
    """The shortest text that reads back as the same number."""
    return str(int(number)) if number == int(number) else repr(number)


def _copy_cell(copy: Copy) -> str:
    parts = [
        copy.medium,
        copy.place,
        _plain(copy.distance_km) if copy.distance_km else "",
        copy.last_read_test,
    ]
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return "|".join(_escape(part) for part in parts)


def _escape(word: str) -> str:
    for char in f"\\{_MARKS}":
        word = word.replace(char, "\\" + char)
    return word
