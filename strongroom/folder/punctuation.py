"""Full-width punctuation in TOML, looked for before anything else.

A Chinese input method types ：，“”＝ and the wide space where TOML knows only their ASCII forms, and the
parser's own message ("invalid value") helps nobody. Inside strings and comments these characters are content
and stay. Text is mended line by line so that the rest of the file can still be read and checked.
"""

from __future__ import annotations

import re

from msgspec import Struct

_PLAIN = {
    "：": ":", "，": ",", "、": ",", "；": ";", "＝": "=", "．": ".", "。": ".", "＃": "#",
    "［": "[", "］": "]", "【": "[", "】": "]", "｛": "{", "｝": "}", "（": "(", "）": ")",
    "＋": "+", "－": "-", "—": "-", "–": "-", "−": "-", "＿": "_",
    "\u3000": " ", "\u00a0": " ", "\u2002": " ", "\u2003": " ", "\u2009": " ", "\u202f": " ",
    "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": "",
    **{chr(code): chr(code - 0xFEE0) for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B),
                                                  *range(0xFF41, 0xFF5B))},
}  # fmt: skip
_OPENING = {"“": "”", "”": "”", "＂": "＂", "„": "”", "«": "»", "「": "」", "『": "』", "‘": "’", "＇": "＇"}
# Marks that belong to Chinese names and addresses: 馆长（代）, 三层—东.
_CHINESE = frozenset("（）【】、—–「」『』")
_CLOSING = set("”“＂»」』’＇\"'")

LONGEST = 20_000  # characters in a line; nobody types longer ones
_TEXT = re.compile(r"(?=[^\"'\[{“”＂「『‘’＇#\s])[^#\"']*[\u4e00-\u9fff]")

NAMES_ZH = {"\u3000": "全角空格", "\u00a0": "不换行空格", "\u200b": "零宽空格", "\ufeff": "字节序标记"}
NAMES_EN = {"\u3000": "wide space", "\u00a0": "no-break space", "\u200b": "zero-width space",
            "\ufeff": "byte-order mark"}  # fmt: skip


class Mend(Struct, frozen=True):
    """One mended line: its number from 1, the characters found, and the line as it should be."""

    line: int
    found: str
    mended: str


def mend(text: str) -> tuple[str, tuple[Mend, ...]]:
    """The text with full-width punctuation outside strings and comments replaced, and what was replaced."""
    lines = text.split("\n")
    mends: list[Mend] = []
    inside = ""  # the closing mark of a multi-line string that is open
    for index, line in enumerate(lines):
        if len(line) > LONGEST:
            continue
        fixed, found, inside = _line(line, inside)
        if found:
            lines[index] = fixed
            mends.append(Mend(index + 1, "".join(dict.fromkeys(found)), fixed.strip()))
    return "\n".join(lines), tuple(mends)


def wide_characters(value: str) -> str:
    """The full-width letters, digits, marks and odd spaces in a value that should be plain, in order."""
    return "".join(
        dict.fromkeys(mark for mark in value if (mark in _PLAIN or mark in _OPENING) and mark not in _CHINESE)
    )


def plain(value: str) -> str:
    """The value with full-width forms replaced by plain ones."""
    return "".join(_PLAIN.get(mark, mark) for mark in value).strip()


def named(characters: str, language: str) -> str:
    """Characters for a message, invisible ones by name."""
    names = NAMES_ZH if language == "zh" else NAMES_EN
    return " ".join(names.get(mark, mark) for mark in characters)


def _line(line: str, inside: str) -> tuple[str, list[str], str]:
    out: list[str] = []
    found: list[str] = []
    at = 0
    while at < len(line):
        if inside:
            end = line.find(inside, at)
            if end < 0:
                return "".join(out) + line[at:], found, inside
            out.append(line[at : end + 3])
            at, inside = end + 3, ""
            continue
        mark = line[at]
        if mark == "#" or (mark == "＃" and not "".join(out).strip()):
            if mark == "＃":
                found.append(mark)
            out.append("#" + line[at + 1 :])
            break
        if line.startswith(('"""', "'''"), at):
            inside = line[at : at + 3]
            out.append(inside)
            at += 3
        elif mark in "\"'":
            piece, at, wide = _string(line, at)
            out.append(piece)
            found += wide
        elif mark in _OPENING:
            piece, at, wide = _wide_string(line, at)
            out.append(piece)
            found += wide
        elif _unquoted(line, at):
            out.append(line[at:])
            break
        elif mark in _PLAIN:
            between_digits = line[at - 1 : at].isdigit() and line[at + 1 : at + 2].isdigit()
            out.append(" = " if mark == "：" and not between_digits else _PLAIN[mark])
            found.append(mark)
            at += 1
        else:
            out.append(mark)
            at += 1
    return "".join(out), found, inside


def _unquoted(line: str, at: int) -> bool:
    """Chinese text begins here that lacks its quotes; its punctuation is content, its quotes are the mistake."""
    before = line[max(0, at - 8) : at].rstrip()
    return before.endswith(("=", "＝")) and _TEXT.match(line, at) is not None


def _string(line: str, start: int) -> tuple[str, int, list[str]]:
    """A string opened by an ASCII quote; a wide closing quote is mended where no ASCII one closes it."""
    quote = line[start]
    at = start + 1
    while at < len(line):
        if line[at] == "\\" and quote == '"':
            at += 2
            continue
        if line[at] == quote:
            return line[start : at + 1], at + 1, []
        at += 1
    for end in range(len(line) - 1, start, -1):
        if line[end] in _CLOSING and re.fullmatch(r"[\s,，\]\}］｝】]*([#＃].*)?", line[end + 1 :]):
            return line[start:end] + quote, end + 1, [line[end]]
    return line[start:], len(line), []


def _wide_string(line: str, start: int) -> tuple[str, int, list[str]]:
    """A string opened by a wide quote, up to whatever quote closes it."""
    wanted = _OPENING[line[start]]
    ends = [at for at in range(start + 1, len(line)) if line[at] == wanted or line[at] in '"'] or [
        at for at in range(start + 1, len(line)) if line[at] in _CLOSING
    ]
    if not ends:
        return line[start + 1 :], len(line), [line[start]]
    end = ends[0]
    inner = line[start + 1 : end].replace("\\", "\\\\")
    found = [line[start]] + ([line[end]] if line[end] not in "\"'" else [])
    return f'"{inner}"', end + 1, found
