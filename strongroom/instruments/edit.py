"""Changes to sensors.toml and calibrations.csv that leave every other character as the operator wrote it.

TOML is changed as text and read again: what the new text says must be exactly what was meant, or the change is
refused with the entry to write by hand. Pure functions of texts.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from sensors.model import Calibration, Sensor, Text
from strongroom.cells import safe_cell
from strongroom.folder.calibrations import COLUMNS, columns_of, separator_of
from strongroom.places import line_of, places

_HEADER = re.compile(r"^(\s*)\[\[\s*sensor\s*\]\]")
_PAIR = re.compile(r"^(\s*)((?:[\w-]+|\"[^\"]*\")(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"))*)(\s*=\s*)(.*)$")
_VALUE = re.compile(r"^(\"(?:\\.|[^\"\\])*\"|'[^']*'|\[[^\[\]#]*\]|[^\s#]+)(\s*(?:#.*)?)$")
ORDER = (
    "id", "name", "zone", "quantity", "topic", "dialect", "path", "channel", "unit", "model", "every_s",
    "silent_after_s", "range", "essential",
)  # fmt: skip


class EditError(Exception):
    """The file cannot be changed automatically; ``words`` say why and what to do."""

    def __init__(self, words: Text) -> None:
        super().__init__(words.en)
        self.words = words


class Style(Struct, frozen=True):
    """How an operator writes a sensor: taken from the last one in the file."""

    indent: str = ""  # before keys
    header: str = "[[sensor]]"
    equals: str = " = "
    column: int = 0  # where aligned equals signs stand; 0: not aligned
    quote: str = '"'
    dotted: bool = True  # name.zh, name.en; else name = { zh = …, en = … }
    blank: int = 1  # empty lines before a header
    order: tuple[str, ...] = ORDER


def fields(sensor: Sensor, languages: tuple[str, ...]) -> dict[str, Any]:
    """A sensor as sensors.toml says it, defaults left out."""
    names = {"zh": sensor.name.zh, "en": sensor.name.en}
    found: dict[str, Any] = {
        "id": sensor.id,
        "name": {key: names[key] for key in ("zh", "en") if key in languages or not languages},
        "zone": sensor.zone,
        "quantity": sensor.quantity,
        "topic": sensor.topic,
        "dialect": sensor.dialect,
        "every_s": _plain(sensor.every_s),
        "silent_after_s": _plain(sensor.silent_after_s),
    }
    found |= {
        key: value
        for key, value in (
            ("path", sensor.path),
            ("channel", sensor.channel),
            ("unit", sensor.unit),
            ("model", sensor.model),
        )
        if value
    }
    if sensor.low is not None and sensor.high is not None:
        found["range"] = [_plain(sensor.low), _plain(sensor.high)]
    if sensor.essential:
        found["essential"] = True
    return found


def added(text: str, sensors: Iterable[Mapping[str, Any]], why: str = "") -> str:
    """The file with these sensors at its end, written like its last one; ``why`` becomes a comment above them."""
    before = _read(text)
    style = style_of(text)
    entries = [dict(sensor) for sensor in sensors]
    blocks = [_block(entry, style) for entry in entries]
    if why and blocks:
        blocks[0] = f"# {why}\n{blocks[0]}"
    gap = "\n" * style.blank
    body = text.rstrip("\n")
    ends = text[len(body) :] or "\n"
    new = (body + "\n" if body else "") + "".join(gap + block for block in blocks).lstrip(
        "\n" if not body else ""
    )
    new = new.rstrip("\n") + ends
    return _sure(new, {**before, "sensor": [*before.get("sensor", []), *entries]}, blocks)


def changed(text: str, id_: str, values: Mapping[str, Any]) -> str:
    """The file with other values of one sensor; None removes a key. Comments on a changed line stay."""
    before = _read(text)
    place = _index(before, id_)
    wanted = [dict(entry) for entry in before["sensor"]]
    lines = text.split("\n")
    style = style_of(text)
    for key, value in values.items():
        if wanted[place].get(key) == value or (value is None and key not in wanted[place]):
            continue
        at = line_of(places("\n".join(lines)), ("sensor", place, key))
        if key in wanted[place]:
            if value is None:
                del lines[at - 1]
            else:
                lines[at - 1] = _replaced(lines[at - 1], value, style)
        else:
            at = line_of(places("\n".join(lines)), ("sensor", place, "topic"))
            lines.insert(at, _line(key, _toml(value, style), style))
        wanted[place] = {k: v for k, v in {**wanted[place], key: value}.items() if v is not None}
    shown = [_block({key: value for key, value in wanted[place].items() if value is not None}, style)]
    return _sure("\n".join(lines), {**before, "sensor": wanted}, shown)


def entry_of(text: str, id_: str) -> dict[str, Any]:
    """A sensor as the file says it. EditError where it is not there."""
    data = _read(text)
    return dict(data["sensor"][_index(data, id_)])


def removed(text: str, ids: Iterable[str]) -> str:
    """The file without some sensors, and without the empty lines before them."""
    gone = set(ids)
    before = _read(text)
    for id_ in gone:
        _index(before, id_)
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines) if _HEADER.match(line)]
    if len(starts) != len(before.get("sensor", [])):
        raise EditError(_BY_HAND)
    keep = [True] * len(lines)
    for place, entry in enumerate(before["sensor"]):
        if entry.get("id") not in gone:
            continue
        first = starts[place]
        last = starts[place + 1] if place + 1 < len(starts) else len(lines)
        while last > first and (not lines[last - 1].strip() or lines[last - 1].lstrip().startswith("#")):
            last -= 1  # what stands above the next sensor belongs to it
        while first > 0 and not lines[first - 1].strip():
            first -= 1
        keep[first:last] = [False] * (last - first)
    left = [entry for entry in before["sensor"] if entry.get("id") not in gone]
    wanted = {key: value for key, value in {**before, "sensor": left}.items() if value != []}
    new = "\n".join(line for line, kept in zip(lines, keep, strict=True) if kept)
    return _sure(new if text.startswith("\n") else new.lstrip("\n"), wanted, [])


def style_of(text: str) -> Style:
    """How the last sensor of a file is written; the product's own way where there is none."""
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines) if _HEADER.match(line)]
    if not starts:
        return Style()
    start = starts[-1]
    pairs = [found for line in lines[start + 1 :] if (found := _PAIR.match(line))]
    if not pairs:
        return Style()
    keys = [re.sub(r"\s", "", found[2]) for found in pairs]
    columns = {len(found[1]) + len(found[2]) + len(found[3].split("=")[0]) for found in pairs}
    widths = {len(found[2]) for found in pairs}
    values = [found[4] for found in pairs]
    gap = 0
    while gap < start and not lines[start - 1 - gap].strip():
        gap += 1
    equals = max({found[3] for found in pairs}, key=[found[3] for found in pairs].count)
    aligned = len(columns) == 1 and len(widths) > 1
    return Style(
        indent=pairs[0][1],
        header=lines[start].split("#")[0].rstrip(),
        equals=re.sub(r"^\s*=", "=", equals) if aligned else equals,
        column=columns.pop() if aligned else 0,
        quote="'" if sum(v.startswith("'") for v in values) > sum(v.startswith('"') for v in values) else '"',
        dotted=not any(key == "name" for key in keys),
        blank=gap or (1 if start else 0),
        order=tuple(dict.fromkeys([*(key.split(".")[0] for key in keys), *ORDER])),
    )


def with_row(text: str | None, row: Calibration) -> str:
    """calibrations.csv with one more row, in the separator and order of columns of the file."""
    if text is None or not text.strip():
        text = ",".join(COLUMNS) + "\n"
    lines = text.split("\n")
    head = next(line for line in lines if line.strip() and not line.startswith("#"))
    cells = {
        "sensor": row.sensor, "date": row.on, "offset": f"{row.offset:g}", "gain": f"{row.gain:g}",
        "certificate": row.certificate, "by": row.by, "due": row.due, "note": row.note,
    }  # fmt: skip
    columns = columns_of(head)
    lost = [name for name, value in cells.items() if name not in columns and value not in ("", "1")]
    if lost:
        raise EditError(
            Text(
                f"calibrations.csv 缺少列 {'、'.join(lost)}；请在表头加上。",
                f"calibrations.csv lacks the columns {', '.join(lost)}; add them to its header.",
            )
        )
    out = io.StringIO()
    csv.writer(out, delimiter=separator_of(head), lineterminator="\n").writerow(
        [_cell(cells.get(name, "")) for name in columns]
    )
    return (text if text.endswith("\n") else text + "\n") + out.getvalue()


def _cell(word: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return safe_cell(" ".join(word.split()))


_BARE = re.compile(r"^[A-Za-z0-9_-]+$")
_BY_HAND = Text(
    "sensors.toml 的写法无法自动修改，请手工修改。",
    "sensors.toml is written in a way that cannot be changed automatically; change it by hand.",
)


def _read(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise EditError(
            Text(
                f"sensors.toml 有语法错误，先修正：{error}",
                f"sensors.toml has a syntax error; mend it first: {error}",
            )
        ) from None


def _index(data: Mapping[str, Any], id_: str) -> int:
    for place, entry in enumerate(data.get("sensor", [])):
        if isinstance(entry, dict) and entry.get("id") == id_:
            return place
    raise EditError(Text(f"sensors.toml 里没有“{id_}”。", f"There is no {id_!r} in sensors.toml."))


def _sure(text: str, wanted: Mapping[str, Any], blocks: list[str]) -> str:
    """The new text, if it says what was meant; else a refusal that shows what to write."""
    try:
        if tomllib.loads(text) == dict(wanted):
            return text
    except tomllib.TOMLDecodeError:
        pass
    shown = "\n\n".join(blocks)
    raise EditError(Text(f"{_BY_HAND.zh}\n{shown}".rstrip(), f"{_BY_HAND.en}\n{shown}".rstrip()))


def _block(entry: Mapping[str, Any], style: Style) -> str:
    lines = [style.header]
    for key in [*style.order, *(key for key in entry if key not in style.order)]:
        if key not in entry:
            continue
        value = entry[key]
        if isinstance(value, dict) and style.dotted and key == "name":
            lines += [_line(f"{key}.{inner}", _toml(word, style), style) for inner, word in value.items()]
        else:
            lines.append(_line(key, _toml(value, style), style))
    return "\n".join(lines) + "\n"


def _line(key: str, value: str, style: Style) -> str:
    begin = f"{style.indent}{key}"
    if style.column:
        begin = begin.ljust(style.column if len(begin) < style.column else len(begin) + 1)
    return f"{begin}{style.equals}{value}"


def _toml(value: Any, style: Style) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"{_plain(value)}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(one, style) for one in value) + "]"
    if isinstance(value, dict):
        pairs = (
            f"{key if _BARE.match(key) else json.dumps(key, ensure_ascii=False)} = {_toml(one, style)}"
            for key, one in value.items()
        )
        return "{ " + ", ".join(pairs) + " }"
    word = str(value)
    if style.quote == "'" and "'" not in word and word.isprintable():
        return f"'{word}'"
    return json.dumps(word, ensure_ascii=False).replace("\x7f", "\\u007f")


def _replaced(line: str, value: Any, style: Style) -> str:
    """The line with another value; its key, spaces and comment stay, and so do its quotes."""
    pair = _PAIR.match(line)
    found = _VALUE.match(pair[4]) if pair else None
    if pair is None or found is None:
        raise EditError(_BY_HAND)
    quote = found[1][0] if found[1][0] in "\"'" else style.quote
    return f"{pair[1]}{pair[2]}{pair[3]}{_toml(value, Style(quote=quote))}{found[2]}"


def _plain(number: float) -> float | int:
    return int(number) if float(number).is_integer() and abs(number) < 1e15 else number
