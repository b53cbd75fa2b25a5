"""What somebody who wrote a broken TOML line most likely meant."""

from __future__ import annotations

import re
import tomllib

from msgspec import Struct

from sensors.model import Text

_KEY = r'(?:[\w-]+|"[^"\n]*")(?:\s*\.\s*(?:[\w-]+|"[^"\n]*"))*'
_PAIR = re.compile(rf"^(\s*)({_KEY})\s*=\s*(.*?)\s*$")
_NO_EQUALS = re.compile(rf"^(\s*)({_KEY})(\s*:=?\s*|\s+|\s*=>\s*|\s*==\s*)([\"'\[{{0-9tf].*?)\s*$")
_HEADER = re.compile(r"^\s*\[+\s*([\w.\- ]+?)\s*\]*\s*(#.*)?$")
_WORDS = {"True": "true", "False": "false", "TRUE": "true", "FALSE": "false", "yes": "true", "no": "false",
          "Yes": "true", "No": "false", "是": "true", "否": "false"}  # fmt: skip
_BARE_KEY = re.compile(r"^(\s*)([^\s=\"'\[\]{}#]*[^\x00-\x7f][^=\"'\[\]{}#]*?)\s*=\s*(.*)$")


class Guess(Struct, frozen=True):
    """What is wrong with a line, and the line as it was probably meant ("" if nobody can know)."""

    says: Text
    line: str = ""


def guess(line: str, arrays: frozenset[str]) -> Guess | None:
    """A closer look at a line that TOML refuses; ``arrays`` are the names written ``[[name]]`` here.

    Where one slip hides another in the same line, the first is named and all are mended.
    """
    first = _one(line, arrays)
    meant = first
    for _ in range(4):
        if meant is None or not meant.line or _is_toml(meant.line):
            break
        meant = _one(meant.line, arrays)
    if first is None or meant is None:
        return first
    return Guess(first.says, meant.line if _is_toml(meant.line) else first.line)


def _is_toml(line: str) -> bool:
    try:
        tomllib.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _one(line: str, arrays: frozenset[str]) -> Guess | None:
    if line.lstrip().startswith("["):
        return _header(line, arrays)
    bare = _BARE_KEY.match(line)
    if bare:
        return Guess(
            Text("中文的键名要加英文引号。", "A key with other than plain letters needs quotes."),
            f'{bare[1]}"{bare[2]}" = {bare[3]}',
        )
    pair = _PAIR.match(line)
    if pair:
        return _value(pair[1], pair[2], pair[3])
    missing = _NO_EQUALS.match(line)
    if missing:
        return Guess(
            Text("键和值之间要用 = 连接。", "Key and value must be joined by =."),
            f"{missing[1]}{missing[2]} = {missing[4]}",
        )
    return None


def _header(line: str, arrays: frozenset[str]) -> Guess | None:
    match = _HEADER.match(line)
    if not match:
        return None
    name = match[1].strip()
    meant = f"[[{name}]]" if name in arrays else f"[{name}]"
    return Guess(
        Text("表头的方括号不成对。", "The brackets of the table header do not match."),
        meant,
    )


def _value(indent: str, key: str, value: str) -> Guess | None:
    head = f"{indent}{key} = "
    comment = ""
    if not value or value.startswith("#"):
        return Guess(Text(f"{key} 后面没有值。", f"There is no value after {key}."))
    if value[0] == "=":
        rest = value.lstrip("= ")
        return Guess(Text("只写一个等号。", "One = is enough."), head + rest if rest else "")
    if value[0] in "\"'":
        quote = value[0]
        if value.count(quote) == 1:
            return Guess(
                Text("引号没有配对。", "The closing quote is missing."),
                head + _close(value, quote),
            )
        if "\\" in value and quote == '"':
            return Guess(
                Text("双引号内的反斜杠 \\ 是转义符。", "A backslash inside double quotes starts an escape."),
                head + value.replace("\\", "\\\\"),
            )
        return Guess(Text("引号后面还有多余的内容。", "There is something left after the closing quote."))
    if value[0] in "[{":
        opened = sum(value.count(mark) for mark in "[{")
        closed = sum(value.count(mark) for mark in "]}")
        if opened > closed:
            return Guess(
                Text("括号没有配对。", "A bracket is not closed."),
                head + value.rstrip(", ") + _closing(value),
            )
        if re.search(r"[{,]\s*\"?[\w.-]+\"?\s*:", value):
            return Guess(
                Text("键和值之间要用 = ，不是冒号。", "Key and value are joined by =, not by a colon."),
                head + re.sub(r"([{,]\s*\"?[\w.-]+\"?)\s*:\s*", r"\1 = ", value),
            )
        if re.search(r",\s*}", value):
            return Guess(
                Text("花括号内最后一项后面不能有逗号。", "No comma may stand before the closing brace."),
                head + re.sub(r",\s*}", " }", value),
            )
        return None
    if "#" in value:
        value, comment = value.split("#", 1)
        value, comment = value.rstrip(), f"  #{comment}"
    return _bare(head, value, comment)


def _bare(head: str, value: str, comment: str) -> Guess:
    if value in _WORDS:
        says = Text("是与否写作 true 和 false。", "Yes and no are written true and false.")
        return Guess(says, f"{head}{_WORDS[value]}{comment}")
    if re.fullmatch(r"[-+]?\d+,\d+", value):
        says = Text("小数点用英文句点。", "The decimal mark is a point.")
        return Guess(says, f"{head}{value.replace(',', '.')}{comment}")
    if re.fullmatch(r"[-+]?\.\d+", value):
        says = Text("小数点前要有数字。", "A number needs a digit before the point.")
        return Guess(says, f"{head}{value.replace('.', '0.')}{comment}")
    if re.fullmatch(r"[-+]?\d+\.", value):
        says = Text("小数点后要有数字。", "A number needs a digit after the point.")
        return Guess(says, f"{head}{value}0{comment}")
    if re.fullmatch(r"[-+]?0\d+", value):
        says = Text("数字不能以 0 开头。", "A number may not begin with 0.")
        return Guess(says, f"{head}{int(value)}{comment}")
    measured = re.fullmatch(r"([-+]?\d+(?:\.\d+)?)\s*(%|%RH|°C|℃|°F|lx|ppm|s|min|h|kg|m|秒|分钟|小时)", value)
    if measured:
        says = Text("只写数字，不写单位。", "Write the number alone, without its unit.")
        if measured[2] in {"min", "h", "分钟", "小时"}:
            factor = 60 if measured[2] in {"min", "分钟"} else 3600
            if head.rstrip(" =").endswith("_s"):
                return Guess(says, f"{head}{float(measured[1]) * factor:g}{comment}")
        return Guess(says, f"{head}{measured[1]}{comment}")
    if '"' in value or "'" in value:
        return Guess(
            Text("引号没有配对。", "The quotes do not match."), head + _close('"' + value.strip("\"'"), '"')
        )
    says = Text("文字要放在英文双引号内。", "Text must stand in double quotes.")
    return Guess(says, f'{head}"{value}"{comment}')


def _close(value: str, quote: str) -> str:
    tail = re.search(r"[\s,\]}]*$", value)
    ending = tail[0] if tail and ("]" in tail[0] or "}" in tail[0]) else ""
    return value[: len(value) - len(ending)].rstrip() + quote + ending


def _closing(value: str) -> str:
    stack: list[str] = []
    for mark in value:
        if mark in "[{":
            stack.append("]" if mark == "[" else "}")
        elif mark in "]}" and stack and stack[-1] == mark:
            stack.pop()
    return "".join((" " if mark == "}" else "") + mark for mark in reversed(stack))
