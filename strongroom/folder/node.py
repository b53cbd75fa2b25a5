"""One TOML table with its place: what can be said about its keys, and how problems with them are reported."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sensors.model import Text
from strongroom.folder.document import Document
from strongroom.folder.keys import KEYS, arrays_of
from strongroom.folder.ledger import Ledger, Spot
from strongroom.folder.values import dotted, meant_key, toml
from strongroom.places import Path

_TYPES = {
    "str": Text("文字", "text"), "int": Text("数字", "a number"), "float": Text("数字", "a number"),
    "bool": Text("真假值", "true or false"), "list": Text("列表", "a list"), "dict": Text("表", "a table"),
    "datetime": Text("日期时间", "a date and time"), "date": Text("日期", "a date"), "time": Text("时间", "a time"),
}  # fmt: skip


class Node:
    """A table of a document, its keys held against those its kind knows."""

    def __init__(
        self, data: dict[str, Any], path: Path, doc: Document, ledger: Ledger, kind: str, label: str = ""
    ) -> None:
        self.data = data
        self.path = path
        self.doc = doc
        self.ledger = ledger
        self.kind = kind
        self.written: dict[str, str] = {}  # key -> the misspelt key under which its value stands
        name = data.get("id")
        shown = f' "{name}"' if isinstance(name, str) and name else ""
        self.label = label or (kind + shown if path else "")

    # -- places ----------------------------------------------------------------------------------------

    def spot(self, *keys: str | int, show: bool = True) -> Spot:
        """The place of a key of this table, quoting its value."""
        where = self.label
        if keys and show:
            value: Any = self.data
            for key in keys:
                try:
                    value = value[key]
                except (KeyError, IndexError, TypeError):
                    value = None
                    break
            if value is not None:
                quoted = f"{dotted(keys)} = {toml(value)}"
                where = f"{where}  {quoted}" if where else quoted
        return Spot(self.doc.file, self.doc.line(self.at(*keys)) or 0, where[:160])

    def at(self, *keys: str | int) -> Path:
        """The path of a key as it is written in the file."""
        first = keys[:1]
        if first and first[0] in self.written:
            first = (self.written[str(first[0])],)
        return (*self.path, *first, *keys[1:])

    def damaged(self) -> bool:
        """Some line of this table could not be read."""
        return self.doc.is_damaged(self.path) or (not self.path and not self.doc.whole)

    # -- keys ------------------------------------------------------------------------------------------

    def only(self, *kinds: str) -> None:
        """Report every key that is in none of these kinds' tables (default: the table's own kind)."""
        allowed = {key for kind in kinds or (self.kind,) for key in KEYS[kind]}
        for key in self.data:
            if key not in allowed and key not in self.written.values():
                self._unknown(key, allowed)

    def _unknown(self, key: str, allowed: set[str]) -> None:
        """Report a key nobody knows; its value is read under the key that was most likely meant."""
        near, value = meant_key(key, self.data[key], allowed)
        says = Text(f"这里没有“{key}”这个键。", f'There is no key "{key}" here.')
        outer = _outer(self.doc.kind, self.path)
        if key in outer:
            says = Text(
                f"“{key}”属于整个文件，要写在第一个 [[…]] 之前。",
                f'"{key}" belongs to the whole file, above its first [[…]].',
            )
            line = f"{key} = {toml(self.data[key])}"
            write = Text(f"移到文件开头：{line}", f"Move to the top: {line}")
        elif near and not self.path and near in arrays_of(self.doc.kind):
            write = Text(f"改为：[[{near}]]", f"Write: [[{near}]]")
        elif near:
            line = f"{near} = {toml(value)}"
            write = Text(f"改为：{line}", f"Write: {line}")
        else:
            some = ", ".join(sorted(allowed))
            write = Text(f"可用的键：{some}", f"Keys known here: {some}")
        self.ledger.error(self.spot(key), says, write)
        if near and near not in self.data and key not in outer:
            self.data = {**self.data, near: value}
            self.written[near] = key

    def has(self, key: str) -> bool:
        """The key was written."""
        return key in self.data

    def missing(self, key: str, example: str) -> None:
        """Report a required key that is absent, unless a damaged line may have held it."""
        if self.damaged() or (not self.path and _strayed(key, self.data, self.doc.kind)):
            return
        self.ledger.error(
            self.spot(show=False),
            Text(f"缺少 {key}。", f"{key} is missing."),
            Text(f"补上：{example}", f"Add: {example}"),
        )

    # -- problems --------------------------------------------------------------------------------------

    def wrong(self, key: str, says: Text, write: str) -> None:
        """Report the value of a key, with the line to write instead; the misspelt key comes first."""
        if key in self.written:
            return
        self.ledger.error(self.spot(key), says, Text(f"改为：{write}", f"Write: {write}"))

    def doubtful(self, key: str, says: Text, write: str) -> None:
        """Warn about the value of a key."""
        self.ledger.warn(self.spot(key), says, Text(f"改为：{write}", f"Write: {write}"))

    def mistyped(self, key: str, wanted: Text, write: str) -> None:
        """Report a value of the wrong type."""
        got = _TYPES.get(type(self.data.get(key)).__name__, Text("别的", "something else"))
        self.wrong(key, Text(f"这里要写{wanted.zh}，写的是{got.zh}。",
                             f"{wanted.en[0].upper()}{wanted.en[1:]} is wanted here, this is {got.en}."),
                   write)  # fmt: skip

    def refer(self, kind: str, key: str, name: str, severity: str = "error") -> None:
        """Note that the value of ``key`` names something of a kind."""
        self.ledger.refer(
            kind, name, self.spot(key),
            lambda near: Text(f'改为：{key} = "{near}"', f'Write: {key} = "{near}"'),
            "error" if severity == "error" else "warning",
        )  # fmt: skip

    def refer_each(self, kind: str, key: str, names: Iterable[str]) -> None:
        """Note that every entry of the list ``key`` names something of a kind."""
        for name in names:
            self.ledger.refer(
                kind, name, self.spot(key),
                lambda near, name=name: Text(  # type: ignore[misc]
                    f"“{name}”改为“{near}”", f'Write "{near}" instead of "{name}"'
                ),
            )  # fmt: skip


def _outer(kind: str, path: Path) -> set[str]:
    """Keys of the file as a whole, seen from one of its items; they stray there when written too late."""
    if not path:
        return set()
    return set(KEYS[kind]) - set(KEYS.get(str(path[0]), ())) - arrays_of(kind)


def _strayed(key: str, data: dict[str, Any], kind: str) -> bool:
    """The key stands inside an item, below where it belongs, and is reported there."""
    arrays = (array for array in arrays_of(kind) if key in _outer(kind, (array,)))
    lists = (data[array] for array in arrays if isinstance(data.get(array), list))
    return any(isinstance(item, dict) and key in item for items in lists for item in items)
