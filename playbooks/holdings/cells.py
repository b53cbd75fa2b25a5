"""Cells of a register as people type them: full-width digits, Chinese dates, units, yes and no; and what is wrong with
one; pure."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from difflib import get_close_matches

from msgspec import Struct

from playbooks.model import Copy
from sensors.model import Text

EXAMPLES: Mapping[str, str] = {
    "id": "J001-003", "title": "清代契约文书 Qing deeds", "zone": "stack-2b", "place": "排3架2层5", "grade": "1",
    "worth": "60", "form": "paper", "water": "2", "fire": "2", "smoke": "2", "theft": "2", "climate": "2",
    "units": "12", "unit_kg": "6", "unit_wet_kg": "9", "people": "2", "carry_min": "4", "size_cm": "40x30x25",
    "copy": "digital|省档案馆|320|2026-05-01", "checked_on": "2026-10-12", "irreplaceable": "yes", "action": "take",
    "materials": "paper;seal", "secrecy": "机密", "photo": "photos/J001-003.jpg", "tools": "梯子", "to": "assembly",
    "handling_zh": "平放，勿叠压", "handling_en": "Keep flat", "cover_zh": "盖防水布", "cover_en": "Cover with sheet",
    "keys": "K7", "category": "catalogue", "skill": "photo",
}  # fmt: skip
"""What might stand in a column."""
_YES = frozenset({"1", "yes", "true", "y", "是", "有", "√", "✓", "✔"})
_NO = frozenset({"", "0", "no", "false", "n", "否", "无", "×", "-", "—", "/"})
NO_COPY = frozenset(
    {
        "",
        "none",
        "no",
        "n",
        "0",
        "无",
        "没有",
        "否",
        "未备份",
        "无备份",
        "未数字化",
        "无副本",
        "-",
        "—",
        "/",
        "n/a",
    }
)
_MEDIA: Mapping[str, str] = {
    "数字": "digital", "数字化": "digital", "数字副本": "digital", "电子": "digital", "扫描": "digital",
    "已数字化": "digital", "电子版": "digital", "数字化副本": "digital", "scan": "digital",
    "缩微": "microfilm", "缩微胶片": "microfilm", "缩微品": "microfilm",
    "胶片": "film", "纸质": "paper", "纸": "paper", "复印件": "paper", "复制件": "paper", "仿真件": "paper",
    "光盘": "disk", "蓝光光盘": "disk", "硬盘": "disk", "disc": "disk",
    "磁带": "magnetic", "tape": "magnetic",
}  # fmt: skip
_MARKS = "|｜;；"
OPEN = frozenset(
    {"无", "否", "none", "no", "公开", "非密", "非涉密", "不涉密", "无密级", "public", "open", "-", "—", "/"}
)
"""Words in the column of secrecy that say: not secret."""
_UNITS: Mapping[str, tuple[str, ...]] = {
    "unit_kg": ("kg", "公斤", "千克"), "unit_wet_kg": ("kg", "公斤", "千克"), "people": ("人", "名"),
    "carry_min": ("分钟", "分", "min"), "units": ("盒", "箱", "卷", "件", "册", "份", "袋", "盘", "张"),
}  # fmt: skip
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T].*)?")
_PACKED_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
_SERIALS = (32_874, 73_050)  # 1990 to 2099
_SERIAL_ZERO = date(1899, 12, 30)
_FIRST_YEAR, _LAST_YEAR = 1900, 2199


class RowProblem(Struct, frozen=True):
    """What is wrong with one cell. ``write`` is an example of what to write there instead."""

    column: str
    value: str
    says: Text
    write: str


class Cells:
    """Reads typed cells of one row and gathers every problem instead of stopping at the first."""

    def __init__(self, row: Mapping[str, str]) -> None:
        self._row = row
        self.problems: list[RowProblem] = []

    def word(self, column: str) -> str:
        """The cell without surrounding blanks; empty where the column is missing."""
        value = self._row.get(column)
        return cleaned(value) if isinstance(value, str) else ""

    def plain(self, column: str) -> str:
        """The cell with full-width letters, digits and marks as plain ones."""
        word = self.word(column)
        return word if word.isascii() else unicodedata.normalize("NFKC", word).strip()

    def wrong(self, column: str, zh: str, en: str, write: str = "") -> None:
        """Note a problem of one column."""
        self.problems.append(
            RowProblem(column, self.word(column), Text(zh, en), write or EXAMPLES.get(column, ""))
        )

    def number(
        self, column: str, default: float, span: tuple[float, float], write: str = "", unit: str = ""
    ) -> float:
        """A number within ``span``; the default where the cell is empty. The column's own unit behind it is taken."""
        word = self.plain(column)
        low, high = span
        if not word:
            return default
        for name in _UNITS.get(column, ()):
            if word.casefold().endswith(name):
                word = word[: -len(name)].rstrip()
                break
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

    def whole(self, column: str, default: int, low: int, high: int, write: str = "") -> int:
        """A whole number within [low, high]."""
        value = self.number(column, float(default), (low, high), write)
        if value != int(value):
            self.wrong(column, "这里要写整数。", "Write a whole number here.", write)
            return default
        return int(value)

    def yes(self, column: str) -> bool:
        """Yes or no, also ticked; empty is no."""
        word = self.plain(column).casefold()
        if word not in _YES | _NO:
            self.wrong(column, "写 yes 或 no。", "Write yes or no.")
        return word in _YES

    def day(self, column: str) -> str:
        """A date as ``2026-10-12``; also as Chinese write it, and as the day number a workbook keeps dates in."""
        word = self.plain(column)
        if not word:
            return ""
        found = day_of(word)
        if not found:
            self.wrong(
                column, "日期写作 年-月-日，年份四位。", "Write the date as year-month-day, the year in full."
            )
        return found

    def secrecy(self) -> str:
        """The operator's word for how secret; empty where it says that the holding is not."""
        word = self.word("secrecy")
        return "" if word.casefold() in OPEN else word

    def size(self) -> tuple[float, float, float] | None:
        """Length, width and height of one container in cm."""
        word = self.plain("size_cm").casefold().removesuffix("cm").removesuffix("厘米")
        if not word:
            return None
        try:
            parts = [float(part) for part in re.split(r"[x×*]", word)]
        except ValueError:
            parts = []
        if len(parts) != 3 or not all(math.isfinite(part) and 0 < part <= 1000 for part in parts):
            self.wrong(
                "size_cm", "尺寸写作 长x宽x高（厘米）。", "Write the size as length x width x height in cm."
            )
            return None
        return parts[0], parts[1], parts[2]

    def copies(self) -> tuple[Copy, ...]:
        """``none``, or ``medium|place|distance_km|last_read_test`` per copy, joined by ``;``; only medium is needed."""
        text = self.word("copy")
        if text.casefold() in NO_COPY:
            return ()
        copies: list[Copy] = []
        for entry in _split(text, ";；", keep=True):
            parts = [part.strip() for part in _split(entry, "|｜")]
            medium = _MEDIA.get(parts[0].casefold(), parts[0])
            if not medium or len(parts) > 4 or medium.casefold() in _YES | NO_COPY:
                self.wrong(
                    "copy",
                    "每份副本写作：介质|地点|公里数|最近可读性测试日期，多份用分号隔开；没有副本写 none。",
                    "Write each copy as medium|place|km|date of last read test, several joined by semicolons; none "
                    "where there is no copy.",
                )
                return ()
            parts += [""] * (4 - len(parts))
            copy = _copy(medium, parts[1], *parts[2:])
            if copy is None:
                self.wrong(
                    "copy",
                    "副本的距离要写公里数，测试日期写作 年-月-日。",
                    "A copy's distance is a number of km, its read test a date as year-month-day.",
                    f"{medium}|{parts[1]}|320|2026-05-01",
                )
                return ()
            copies.append(copy)
        return tuple(copies)


def _copy(medium: str, place: str, distance: str, tested: str) -> Copy | None:
    far = unicodedata.normalize("NFKC", distance).casefold().removesuffix("km").removesuffix("公里")
    try:
        km = float(far) if far else 0.0
    except ValueError:
        return None
    on = day_of(unicodedata.normalize("NFKC", tested)) if tested else ""
    if not math.isfinite(km) or km < 0 or (tested and not on):
        return None
    return Copy(medium=medium, place=place, distance_km=km, last_read_test=on)


def day_of(word: str) -> str:
    """A date as ``2026-10-12``; empty where the word is none.

    The year has four digits: ``26-10-12`` would be the first century, and 10/12/26 leaves open which is the year.
    Five digits are a workbook's count of days (ISO/IEC 29500-1, 18.17.4.1: the 1900 date base).
    """
    found = _DAY.fullmatch(word) or _PACKED_DAY.fullmatch(word)
    serial = _SERIAL.fullmatch(word)
    try:
        if found:
            day = date(int(found[1]), int(found[2]), int(found[3]))
        elif serial and _SERIALS[0] <= int(serial[1]) <= _SERIALS[1]:
            day = _SERIAL_ZERO + timedelta(days=int(serial[1]))
        else:
            return ""
    except ValueError:
        return ""
    return day.isoformat() if _FIRST_YEAR <= day.year <= _LAST_YEAR else ""


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


def copy_cell(copy: Copy) -> str:
    """One copy as its cell says it."""
    parts = [
        copy.medium,
        copy.place,
        short(copy.distance_km) if copy.distance_km else "",
        copy.last_read_test,
    ]
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return "|".join(_escape(part) for part in parts)


def _escape(word: str) -> str:
    for char in f"\\{_MARKS}":
        word = word.replace(char, "\\" + char)
    return word


def near(word: str, known: list[str], default: str) -> str:
    """The known word that was most likely meant."""
    return next(iter(get_close_matches(word.casefold(), known, n=1, cutoff=0.5)), default)


def short(number: float) -> str:
    """The shortest text that reads back as the same number."""
    return str(int(number)) if number == int(number) else repr(number)


_FORMULA = re.compile(r"'*[=+\-@\t＝＋－＠]")
_GUARDED = re.compile(r"'+[=+\-@\t＝＋－＠]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")


def guarded(value: str) -> str:
    """A cell no spreadsheet takes for a formula: an apostrophe stands before ``= + - @``, also full-width as East Asian
    versions take them; reading takes it away."""
    return "'" + value if _FORMULA.match(value) else value


def unguarded(value: str) -> str:
    """The cell without that apostrophe, without control characters, with plain line ends."""
    if value[:1] != "'" and value.isprintable():
        return value  # nearly every cell of a register of 100,000 rows
    clean = _CONTROL.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
    return clean[1:] if _GUARDED.match(clean) else clean


def cleaned(value: str) -> str:
    """The cell as it is kept: :func:`unguarded`, without blanks around it."""
    return unguarded(value.strip()).strip()
