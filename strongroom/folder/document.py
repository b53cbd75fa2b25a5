"""One TOML file as data with places; every mistake is reported and, where possible, read around.

After a syntax error the line is mended if its meaning is plain, or else left out and remembered as damaged, and
reading goes on, so that one slip hides nothing else. A table with a damaged line is not blamed for what that
line would have held.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

from msgspec import Struct

from sensors.model import Text
from strongroom.folder import punctuation
from strongroom.folder.keys import arrays_of
from strongroom.folder.ledger import Ledger, Spot
from strongroom.folder.source import Source
from strongroom.folder.syntax import guess
from strongroom.places import Path, line_of, places

MAX_MENDS = 60

_STATEMENT = re.compile(
    r'^\s*(\[\[?[\w. "-]+\]\]?\s*(#.*)?$|(?:[\w-]+|"[^"\n]*")(?:\.(?:[\w-]+|"[^"\n]*"))*\s*=)'
)
_ITEM = re.compile(r"^\s*\[\[\s*([\w-]+)\s*\]\]")
_ID = re.compile(r"^\s*id\s*=\s*[\"']([^\"'\n]{1,60})[\"']")
_PLACE = re.compile(r" ?\(at (?:line (\d+), column (\d+)|end of document)\)$")


class Document(Struct, frozen=True):
    """``data`` as far as the file could be read; ``damaged`` lines (from 1) were left out.

    ``whole`` is False where more than single values is missing: a table may have been lost.
    """

    file: str
    data: dict[str, Any]
    lines: dict[Path, int]
    damaged: frozenset[int] = frozenset()
    whole: bool = True
    kind: str = ""

    def line(self, path: Path) -> int:
        """Where the value at ``path``, or its nearest known ancestor, begins."""
        return line_of(self.lines, path)

    def span(self, path: Path) -> tuple[int, int]:
        """First and last line of a table: up to where the next one of its depth begins."""
        first = self.line(path)
        later = [line for other, line in self.lines.items() if line > first and other[: len(path)] != path]
        return first, min(later, default=10**9) - 1

    def is_damaged(self, path: Path) -> bool:
        """Something inside this table could not be read."""
        if not self.damaged:
            return False
        first, last = self.span(path)
        return any(first <= line <= last for line in self.damaged)


def parse(source: Source, ledger: Ledger, kind: str) -> Document:
    """Read TOML; ``kind`` of file is a key of :data:`strongroom.folder.keys.KEYS`."""
    arrays = arrays_of(kind)
    text, mends = punctuation.mend(source.text)
    lines = text.split("\n")
    for found in mends:
        _full_width(Spot(source.file, found.line, _owner(lines, found.line)), found, ledger)
    text, damaged, whole = _readable(source.file, text, ledger, arrays)
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        return Document(source.file, {}, {}, damaged, whole=False, kind=kind)
    return Document(source.file, data, places(text), damaged, whole and source.whole, kind)


def _full_width(spot: Spot, found: punctuation.Mend, ledger: Ledger) -> None:
    zh = punctuation.named(found.found, "zh")
    en = punctuation.named(found.found, "en")
    ledger.error(
        spot,
        Text(
            f"第 {found.line} 行有全角标点 {zh} 。TOML 只认英文标点。",
            f"Line {found.line} holds full-width punctuation {en} . TOML knows only plain ASCII marks.",
        ),
        Text(f"改为：{found.mended}", f"Write: {found.mended}"),
    )


def _readable(
    file: str, text: str, ledger: Ledger, arrays: frozenset[str]
) -> tuple[str, frozenset[int], bool]:
    lines = text.split("\n")
    damaged: set[int] = set()
    mended: set[int] = set()
    whole = True
    for _ in range(MAX_MENDS):
        try:
            tomllib.loads("\n".join(lines))
        except RecursionError:
            ledger.error(
                Spot(file),
                Text("括号嵌套太深。", "Brackets are nested too deeply."),
                Text("减少嵌套层数。", "Use fewer levels."),
            )
            return "", frozenset(range(1, len(lines) + 1)), False
        except (tomllib.TOMLDecodeError, ValueError) as error:
            first, last, column = _blame(lines, str(error))
            fixed = (
                None
                if first in mended
                else _report(file, lines, first, last, column, str(error), ledger, arrays)
            )
            if fixed:
                lines[first - 1] = fixed
                lines[first:last] = [""] * (last - first)
                mended.add(first)
            else:
                gone = lines[first - 1 : last]
                lines[first - 1 : last] = [""] * (last - first + 1)
                if not _is_repeat(str(error)):
                    damaged.update(range(first, last + 1))
                whole = whole and not any(line.lstrip().startswith("[") for line in gone)
            continue
        return "\n".join(lines), frozenset(damaged), whole
    ledger.error(
        Spot(file),
        Text(
            f"语法错误超过 {MAX_MENDS} 处，其余内容没有检查。",
            f"More than {MAX_MENDS} syntax errors; the rest was not checked.",
        ),
        Text(
            "这是 TOML 文件吗？格式见 docs/folder.md。",
            "Is this a TOML file? See docs/folder.md for the format.",
        ),
    )
    return "", frozenset(range(1, len(lines) + 1)), False


def _blame(lines: list[str], message: str) -> tuple[int, int, int]:
    """The first and last line of the statement that is at fault, and the column on its first line."""
    place = _PLACE.search(message)
    at = int(place[1]) if place and place[1] else len(lines)
    column = int(place[2]) if place and place[2] else 0
    at = min(max(at, 1), len(lines))
    start, is_open = _statement_at(lines, at)
    if is_open and start < at:
        last = at - 1
        while last > start and not lines[last - 1].strip():
            last -= 1
        return start, last, 0
    if start < at:
        return start, at, 0
    while at > 1 and not lines[at - 1].strip():
        at, column = at - 1, 0
    return at, at, column


def _statement_at(lines: list[str], at: int) -> tuple[int, bool]:
    """Where the statement holding line ``at`` begins; True if an earlier one was never closed before it."""
    start = 1
    depth = 0
    string = ""
    for number, line in enumerate(lines[:at], start=1):
        begins = bool(_STATEMENT.match(line))
        if string:
            if string in line:
                string = ""
                depth += _depth(line.split(string, 1)[1])
            continue
        if depth > 0:
            if begins and not line.lstrip().startswith("["):
                return start, True
            if line.lstrip().startswith("[[") and begins:
                return start, True
            depth += _depth(line)
            continue
        if begins or line.strip():
            start = number
        depth = max(0, _depth(line))
        string = _opens_string(line)
        if string:
            depth = 0
    return (start, False) if depth <= 0 and not string else (start, True)


def _bare(line: str) -> str:
    """The line without its strings and comment."""
    return re.sub(r"\"(?:\\.|[^\"\\])*\"|'[^']*'|#.*$", "", line)


def _depth(line: str) -> int:
    if _STATEMENT.match(line) and line.lstrip().startswith("["):
        return 0
    bare = _bare(line)
    return sum(bare.count(mark) for mark in "[{") - sum(bare.count(mark) for mark in "]}")


def _opens_string(line: str) -> str:
    for mark in ('"""', "'''"):
        if line.count(mark) % 2:
            return mark
    return ""


def _report(
    file: str,
    lines: list[str],
    first: int,
    last: int,
    column: int,
    message: str,
    ledger: Ledger,
    arrays: frozenset[str],
) -> str:
    """Report the statement; its mended line, or "" where it must be left out."""
    line = lines[first - 1]
    spot = Spot(file, first, f"{_owner(lines, first)}  {line.strip()[:60]}".strip())
    header = line.lstrip().startswith("[")
    if _is_repeat(message) and not (header and _named(line) in arrays and not line.lstrip().startswith("[[")):
        key = line.split("=", 1)[0].strip() if "=" in line else line.strip()
        earlier = next((number for number in range(first - 1, 0, -1) if _same_key(lines[number - 1], key)), 0)
        where_zh = f"第 {earlier} 行" if earlier else "前面"
        where_en = f"on line {earlier}" if earlier else "before"
        ledger.error(
            spot,
            Text(f"{key} 在{where_zh}已经写过。", f"{key} was already written {where_en}."),
            Text("只保留一处；若是新的一项，请用双方括号 [[…]] 另起。",
                 "Keep one of them; for another item start a new [[…]] table."),
        )  # fmt: skip
        return ""
    if (last > first and _depth(line) > 0) or _opens_string(line):
        ledger.error(
            spot,
            Text(
                f"从第 {first} 行开始的值没有结束：缺少右括号或引号。",
                f"The value that begins on line {first} never ends: a closing bracket or quote is missing.",
            ),
            Text("补上结尾的 ] 、} 或引号。", "Add the closing ], } or quotes."),
        )
        return ""
    meant = guess(line, arrays)
    if meant is None:
        what = _PLACE.sub("", message)
        ledger.error(
            spot,
            Text(f"TOML 语法错误：{_in_chinese(what)}。", f"TOML syntax error: {what}."),
            Text('每行写成 键 = 值，文字加英文引号，例如：id = "stack-2b"',
                 'Each line is key = value with text in quotes, for example: id = "stack-2b"'),
            column,
        )  # fmt: skip
        return ""
    write = Text(f"改为：{meant.line.strip()}", f"Write: {meant.line.strip()}") if meant.line else None
    ledger.error(spot, meant.says, write, column)
    return meant.line


def _owner(lines: list[str], at: int) -> str:
    """The item that a line belongs to, as other problems name it: ``rule "water-in-stack"``."""
    start = next((n for n in range(at - 1, -1, -1) if _ITEM.match(lines[n])), -1)
    header = _ITEM.match(lines[start]) if start >= 0 else None
    if header is None:
        return ""
    for line in lines[start + 1 :]:
        if _ITEM.match(line):
            break
        if found := _ID.match(line):
            return f'{header[1]} "{found[1]}"'
    return header[1]


def _is_repeat(message: str) -> bool:
    """A key or table is there twice: leaving the second out loses nothing."""
    return message.startswith(("Cannot overwrite", "Cannot declare", "Cannot mutate", "Duplicate inline"))


def _named(header: str) -> str:
    return header.split("#", maxsplit=1)[0].strip().strip("[] ")


_CHINESE = (
    ("Unclosed array", "数组缺少右方括号或逗号"),
    ("Unclosed inline table", "花括号没有闭合，或缺少逗号"),
    ("Expected '='", "键后面缺少等号"),
    ("Invalid statement", "这一行不是 TOML 语句"),
    ("Invalid value", "值无法识别"),
    ("Invalid initial character", "键的开头有不允许的字符"),
    ("Expected newline", "行末有多余的内容"),
    ("Unterminated string", "引号没有配对"),
    ("Illegal character", "有不允许的控制字符"),
    ("Invalid date", "日期或时间不存在"),
    ("Unescaped", "反斜杠转义无法识别"),
    ("Invalid hex", "转义的十六进制数无效"),
    ("Escaped character", "转义字符不是有效的 Unicode"),
    ("Expected ']", "表头缺少右方括号"),
)


def _in_chinese(message: str) -> str:
    """What tomllib found, in Chinese where the message is known."""
    return next((zh for en, zh in _CHINESE if message.startswith(en)), message)


def _same_key(line: str, key: str) -> bool:
    return line.split("=", 1)[0].strip() == key if "=" in line else line.strip() == key
