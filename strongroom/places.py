"""Where each value of a TOML text stands: key path to line number.

``tomllib`` keeps no places. This scanner walks the same text once and remembers the line on which each key,
array element and table begins. It expects text that ``tomllib`` accepts; on any other it returns what it
recognised and never raises.
"""

from __future__ import annotations

Path = tuple[str | int, ...]

_BARE_END = set(" \t\r\n=.,[]{}#\"'")


def places(text: str) -> dict[Path, int]:
    """Line (from 1) of every key path: ``("sensor", 0, "name", "zh")`` is in the first ``[[sensor]]``."""
    return _Scanner(text).run()


def line_of(found: dict[Path, int], path: Path) -> int:
    """The line of ``path`` or of its nearest known ancestor; 0 if not even that is known."""
    for length in range(len(path), 0, -1):
        line = found.get(path[:length])
        if line:
            return line
    return 0


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._found: dict[Path, int] = {}
        self._tables: dict[Path, int] = {}  # array of tables -> index of its newest element

    def run(self) -> dict[Path, int]:
        table: Path = ()
        while self._blank():
            before = self._at
            if self._peek() == "[":
                table = self._header()
            else:
                self._pair(table)
            self._to_line_end()
            if self._at == before:
                self._step()
        return self._found

    # -- statements ------------------------------------------------------------------------------------

    def _header(self) -> Path:
        line = self._line
        many = self._text.startswith("[[", self._at)
        self._step(2 if many else 1)
        keys = self._keys()
        path: Path = ()
        for depth, key in enumerate(keys):
            path = (*path, key)
            last = depth == len(keys) - 1
            if last and many:
                self._found.setdefault(path, line)
                self._tables[path] = self._tables.get(path, -1) + 1
            if path in self._tables:
                path = (*path, self._tables[path])
        self._remember(path, line)
        return path

    def _pair(self, table: Path) -> None:
        line = self._line
        path = table
        for key in self._keys():
            path = (*path, key)
            self._remember(path, line)
        self._spaces()
        if self._peek() == "=":
            self._step()
            self._spaces()
            self._value(path)

    def _keys(self) -> list[str]:
        keys: list[str] = []
        while True:
            self._spaces()
            keys.append(self._key())
            self._spaces()
            if self._peek() != ".":
                return keys
            self._step()

    def _key(self) -> str:
        if self._peek() in {'"', "'"}:
            return self._string()
        start = self._at
        while self._at < len(self._text) and self._text[self._at] not in _BARE_END:
            self._step()
        return self._text[start : self._at]

    # -- values ----------------------------------------------------------------------------------------

    def _value(self, path: Path) -> None:
        self._remember(path, self._line)
        mark = self._peek()
        if mark in {'"', "'"}:
            self._string()
        elif mark == "[":
            self._array(path)
        elif mark == "{":
            self._inline(path)
        else:
            while self._peek() not in {"", ",", "]", "}", "#", "\n"}:
                self._step()

    def _array(self, path: Path) -> None:
        self._step()
        index = 0
        while self._blank() and self._peek() != "]":
            before = self._at
            self._value((*path, index))
            index += 1
            self._blank()
            if self._peek() == ",":
                self._step()
            if self._at == before:
                return
        self._step()

    def _inline(self, path: Path) -> None:
        self._step()
        while self._blank() and self._peek() != "}":
            before = self._at
            self._pair(path)
            self._blank()
            if self._peek() == ",":
                self._step()
            if self._at == before:
                return
        self._step()

    def _string(self) -> str:
        quote = self._peek()
        triple = quote * 3
        if self._text.startswith(triple, self._at):
            self._step(3)
            return self._until(triple, escapes=quote == '"')
        self._step()
        return self._until(quote, escapes=quote == '"')

    def _until(self, end: str, *, escapes: bool) -> str:
        start = self._at
        while self._at < len(self._text) and not self._text.startswith(end, self._at):
            if len(end) == 1 and self._peek() == "\n":
                return self._text[start : self._at]
            self._step(2 if escapes and self._peek() == "\\" else 1)
        inner = self._text[start : self._at]
        self._step(len(end))
        while len(end) == 3 and self._peek() == end[0]:  # a closing run may hold one or two quotes more
            self._step()
        return inner

    # -- moving ----------------------------------------------------------------------------------------

    def _remember(self, path: Path, line: int) -> None:
        self._found.setdefault(path, line)

    def _peek(self) -> str:
        return self._text[self._at] if self._at < len(self._text) else ""

    def _step(self, count: int = 1) -> None:
        passed = self._text[self._at : self._at + count]
        self._line += passed.count("\n")
        self._at += count

    def _spaces(self) -> None:
        while self._peek() in {" ", "\t"}:
            self._step()

    def _blank(self) -> bool:
        """Skip white space, line ends and comments; False at the end of the text."""
        while self._at < len(self._text):
            mark = self._peek()
            if mark == "#":
                self._comment()
            elif mark in {" ", "\t", "\r", "\n"}:
                self._step()
            else:
                return True
        return False

    def _comment(self) -> None:
        while self._peek() not in {"", "\n"}:
            self._step()

    def _to_line_end(self) -> None:
        while self._peek() not in {"", "\n"}:
            self._step()
