"""Typed reading of one TOML table: every wrong value becomes a problem with its line, and a default goes on.

Readers never stop: they take what they can and the ledger keeps what was wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time
from math import copysign, inf, isnan
from typing import Any

from sensors.model import Text
from strongroom.folder import punctuation
from strongroom.folder.document import Document
from strongroom.folder.ledger import Ledger, Spot, nearest
from strongroom.folder.node import Node
from strongroom.folder.values import is_number, measured, seconds, toml, within


class Table(Node):
    """One table of a document, read key by key; a default stands in for what is wrong."""

    # -- values ----------------------------------------------------------------------------------------

    def string(self, key: str, *, required: str = "", default: str = "", plain: bool = True) -> str:
        """Text on one line. ``required`` is the example shown if it is missing. ``plain``: an identifier or
        address, where full-width characters and surrounding spaces are slips."""
        if key not in self.data:
            if required:
                self.missing(key, f'{key} = "{required}"')
            return default
        value = self.data[key]
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            self.wrong(key, Text("这里要写文字，请加英文引号。", "Text is wanted here; put it in quotes."),
                       f'{key} = "{value}"')  # fmt: skip
            return str(value)
        if not isinstance(value, str):
            self.mistyped(key, Text("文字", "text"), f'{key} = "{required or "…"}"')
            return default
        if not value.strip():
            if required:
                self.wrong(key, Text("不能为空。", "It may not be empty."), f'{key} = "{required}"')
            return default
        return self._plain(key, value) if plain else value

    def _plain(self, key: str, value: str) -> str:
        wide = punctuation.wide_characters(value)
        if wide or value != value.strip():
            fixed = punctuation.plain(value)
            what = Text(
                f"含有全角字符 {punctuation.named(wide, 'zh')} 。" if wide else "首尾有多余的空格。",
                f"It holds full-width characters {punctuation.named(wide, 'en')} ."
                if wide
                else "There are spaces at its begin or end.",
            )
            self.wrong(key, what, f'{key} = "{fixed}"')
            return fixed
        if any(ord(mark) < 32 or ord(mark) == 127 for mark in value):
            fixed = " ".join("".join(mark if ord(mark) >= 32 else " " for mark in value).split())
            self.wrong(key, Text("含有换行或控制字符。", "It holds line ends or control characters."),
                       f'{key} = "{fixed}"')  # fmt: skip
            return fixed
        return value

    def identifier(self, kind: str, example: str) -> str:
        """The table's ``id``; declared in the ledger. "" if there is none."""
        name = self.string("id", required=example)
        if name:
            self.ledger.declare(kind, name, self.spot("id", show=False))
        elif self.damaged():
            self.ledger.incomplete(kind)
        return name

    def choice(self, key: str, options: Iterable[str], default: str) -> str:
        """One of a few words."""
        value = self.string(key, default=default)
        known = tuple(options)
        if value in known or key not in self.data:
            return value
        near = nearest(value, known) or default or known[0]
        listed = ", ".join(f'"{option}"' for option in known if option)
        self.wrong(key, Text(f"可以写：{listed}。", f"It may be {listed}."), f'{key} = "{near}"')
        return default

    def flag(self, key: str, default: bool = False) -> bool:
        """True or false."""
        value = self.data.get(key, default)
        if isinstance(value, bool):
            return value
        meant = str(value).casefold() in {"1", "true", "yes", "on", "是"}
        self.wrong(key, Text("要写 true 或 false，不加引号。", "Write true or false, without quotes."),
                   f"{key} = {toml(meant)}")  # fmt: skip
        return default

    def number(
        self,
        key: str,
        *,
        default: float = 0.0,
        low: float = float("-inf"),
        high: float = float("inf"),
        unit: str = "",
        required: str = "",
    ) -> float:
        """A number between ``low`` and ``high`` (both allowed) in ``unit``."""
        if key not in self.data:
            if required:
                self.missing(key, f"{key} = {required}")
            return default
        value = self.data[key]
        example = required or f"{within(default, low, high):g}"
        number = self._number(key, value, unit, example)
        if number is None:
            return default
        if isnan(number):
            usual = default if low <= default <= high else within(1.0, low, high)
            self.wrong(
                key,
                Text("这里要写普通的数字。", "An ordinary number is wanted here."),
                f"{key} = {usual:g}",
            )
            return default
        if not low <= number <= high:
            self.out_of_range(key, number, low, high, unit)
            return within(number, low, high)
        return number

    def whole(self, key: str, *, default: int = 0, low: int = 0, high: int = 10**9, unit: str = "") -> int:
        """A whole number."""
        value = self.number(key, default=default, low=low, high=high, unit=unit)
        if value != int(value):
            self.wrong(
                key, Text("这里要写整数。", "A whole number is wanted here."), f"{key} = {round(value)}"
            )
        return int(value)

    def _number(self, key: str, value: Any, unit: str, example: str) -> float | None:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value) if abs(value) < 1e300 or isnan(value) else copysign(inf, value)
        if isinstance(value, str):
            meant = seconds(value) if unit == "s" else measured(value)
            if unit == "min" and seconds(value) is not None and not is_number(value):
                meant = (seconds(value) or 0.0) / 60.0
            shown = f"{meant:g}" if meant is not None else example
            of = Text(f"（单位 {unit}）" if unit else "", f" in {unit}" if unit else "")
            self.wrong(key, Text(f"这里要写数字{of.zh}，不加引号和单位。",
                                 f"A number{of.en} is wanted here, without quotes and unit."),
                       f"{key} = {shown}")  # fmt: skip
            return meant
        self.mistyped(key, Text("数字", "a number"), f"{key} = {example}")
        return None

    def out_of_range(self, key: str, value: float, low: float, high: float, unit: str) -> None:
        """Report a number outside its range."""
        of = f" {unit}" if unit else ""
        if low == float("-inf"):
            says = Text(f"最多 {high:.10g}{of}。", f"It may be at most {high:.10g}{of}.")
        elif high == float("inf"):
            says = Text(f"至少 {low:.10g}{of}。", f"It must be at least {low:.10g}{of}.")
        else:
            says = Text(
                f"应在 {low:.10g} 到 {high:.10g}{of} 之间。",
                f"It must lie between {low:.10g} and {high:.10g}{of}.",
            )
        meant = (
            -value if low <= -value <= high else within(value, low, high)
        )  # a sign too many is a common slip
        self.wrong(key, says, f"{key} = {meant:.10g}")

    def strings(self, key: str) -> tuple[str, ...]:
        """A list of words; one word alone is taken as a list of one, with a problem."""
        value = self.data.get(key, [])
        if isinstance(value, str):
            parts = [part.strip() for part in re.split(r"[\s,，、;；]+", value) if part.strip()]
            self.wrong(key, Text("这里要写列表。", "A list is wanted here."), f"{key} = {toml(parts)}")
            return tuple(parts)
        if not isinstance(value, list):
            self.mistyped(key, Text("列表", "a list"), f'{key} = ["…"]')
            return ()
        taken: list[str] = []
        for index, entry in enumerate(value):
            if not isinstance(entry, str):
                self.ledger.error(
                    self.spot(key, index),
                    Text("列表中的每一项都要是文字。", "Every entry of this list must be text."),
                    Text(f'改为："{entry}"', f'Write: "{entry}"'),
                )
            elif wide := punctuation.wide_characters(entry):
                fixed = punctuation.plain(entry)
                self.ledger.error(
                    self.spot(key, index),
                    Text(f"含有全角字符 {punctuation.named(wide, 'zh')} 。",
                         f"It holds full-width characters {punctuation.named(wide, 'en')} ."),
                    Text(f'改为："{fixed}"', f'Write: "{fixed}"'),
                )  # fmt: skip
                taken.append(fixed)
            elif entry in taken:
                self.ledger.warn(
                    self.spot(key, index),
                    Text(f"“{entry}”写了两次。", f'"{entry}" stands here twice.'),
                    Text("删去一个。", "Remove one of them."),
                )
            else:
                taken.append(entry)
        return tuple(taken)

    def text(
        self, key: str, *, required: Text | None = None, languages: tuple[str, ...] = ("zh", "en")
    ) -> Text:
        """Words in both languages: ``key.zh`` and ``key.en``. A missing language takes the other's words."""
        value = self.data.get(key)
        if value is None:
            if required:
                self.missing(key, f'{key}.zh = "{required.zh}"  {key}.en = "{required.en}"')
            return Text("", "")
        if isinstance(value, str):
            self.wrong(key, Text("请分别写中文和英文。", "Write it in Chinese and in English."),
                       f"{key}.zh = {toml(value)}  {key}.en = …")  # fmt: skip
            return Text(value, value)
        if not isinstance(value, dict):
            self.mistyped(
                key, Text("中英文两句", "words in two languages"), f'{key}.zh = "…"  {key}.en = "…"'
            )
            return Text("", "")
        inner = Table(value, self.at(key), self.doc, self.ledger, "text", f"{self.label}  {key}".strip())
        inner.only()
        zh = inner.string("zh", plain=False).strip()
        en = inner.string("en", plain=False).strip()
        for language, words in (("zh", zh), ("en", en)):
            if not words and language in languages and (zh or en or required) and not inner.damaged():
                self.ledger.warn(
                    self.spot(key),
                    Text(f"缺少 {key}.{language}。", f"{key}.{language} is missing."),
                    Text(f'补上：{key}.{language} = "…"', f'Add: {key}.{language} = "…"'),
                )
        return Text(zh or en, en or zh)

    def moment(self, key: str) -> str:
        """A local date and time as ISO text, from a TOML date-time or a text in that form."""
        value = self.data.get(key)
        if value is None:
            return ""
        if isinstance(value, datetime):
            if value.tzinfo is not None:
                local = value.replace(tzinfo=None)
                self.wrong(key, Text("写当地时间，不带时区。", "Write local time, without a zone."),
                           f"{key} = {local.isoformat()}")  # fmt: skip
                return local.isoformat()
            return value.isoformat()
        if isinstance(value, date):
            return datetime.combine(value, time()).isoformat()
        try:
            return datetime.fromisoformat(str(value)).replace(tzinfo=None).isoformat()
        except ValueError:
            self.wrong(
                key,
                Text("要写日期和时间。", "A date and time is wanted here."),
                f"{key} = 2026-12-01T09:00:00",
            )
            return ""

    def day(self, key: str) -> str:
        """A date as ISO text (``2026-12-01``)."""
        value = self.data.get(key)
        if value is None:
            return ""
        if isinstance(value, datetime):
            return value.date().isoformat()
        if isinstance(value, date):
            return value.isoformat()
        try:
            return date.fromisoformat(str(value)).isoformat()
        except ValueError:
            self.wrong(key, Text("要写日期。", "A date is wanted here."), f"{key} = 2026-12-01")
            return ""

    # -- tables inside ---------------------------------------------------------------------------------

    def table(self, key: str, kind: str, label: str = "") -> Table | None:
        """A table inside this one, or None."""
        value = self.data.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.mistyped(key, Text("一个表", "a table"), f"{key} = {{ … }}")
            return None
        return Table(
            value, self.at(key), self.doc, self.ledger, kind, label or f"{self.label}  {key}".strip()
        )

    def tables(self, key: str, kind: str, label: str = "") -> list[Table]:
        """The tables of a list inside this one."""
        value = self.data.get(key)
        if value is None:
            return []
        if isinstance(value, dict):
            top = not self.path
            write = f"[[{key}]]" if top else f"{key} = [{{ … }}]"
            self.ledger.error(
                Spot(self.doc.file, self.doc.line(self.at(key)), f"[{key}]" if top else self.label),
                Text("这里可以有多个，要用双方括号。" if top else "这里要写列表。",
                     "There can be several of these, so it takes double brackets." if top else
                     "A list is wanted here."),
                Text(f"改为：{write}", f"Write: {write}"),
            )  # fmt: skip
            return [Table(value, self.at(key), self.doc, self.ledger, kind, label)]
        if not isinstance(value, list):
            self.mistyped(
                key, Text("列表", "a list"), f"[[{key}]]" if not self.path else f"{key} = [{{ … }}]"
            )
            return []
        found: list[Table] = []
        for index, entry in enumerate(value):
            if isinstance(entry, dict):
                found.append(Table(entry, self.at(key, index), self.doc, self.ledger, kind, label))
            else:
                self.ledger.error(
                    self.spot(key, index),
                    Text(
                        "这里的每一项都要是表，写在花括号里。", "Every entry here must be a table in braces."
                    ),
                    Text(
                        f"改为：{{ … }}，见 docs/folder.md 的 {kind}",
                        f"Write: {{ … }}, see {kind} in docs/folder.md",
                    ),
                )
        return found


def root(doc: Document, ledger: Ledger, kind: str) -> Table:
    """The outermost table of a document."""
    return Table(doc.data, (), doc, ledger, kind)
