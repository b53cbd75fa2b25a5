"""Rows of an import that cannot be taken as they stand, whatever their cells would mean; pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from playbooks.holdings.cells import EXAMPLES, RowProblem, near
from playbooks.holdings.rows import KNOWN
from playbooks.holdings.tables import Sheet
from sensors.grid import Flaw, Line
from sensors.model import Text
from sensors.workbook import ERRORS

_ROUNDED = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+[0-9]{2,3}")
WHOLE_ROW = "*"
"""Stands for the column where the whole row is meant."""


class Places:
    """The building's zones by id, or by any of their names as people remember them."""

    def __init__(self, zones: Collection[str] | None, named: Mapping[str, str]) -> None:
        self._zones = zones
        self._named = {_bare(name): id_ for name, id_ in named.items()}

    def id_of(self, word: str) -> str:
        """The zone's id where the word is its id or name, otherwise the word."""
        if self._zones is None or word in self._zones:
            return word
        return self._named.get(_bare(word), word)

    def problem(self, zone: str) -> RowProblem | None:
        """Why a holding cannot be there; None where it can."""
        if self._zones is None or zone in self._zones:
            return None
        known = sorted(self._zones)
        some = ", ".join(known[:12]) + (" …" if len(known) > 12 else "")
        says = Text(f"没有区域“{zone}”。现有：{some}", f'There is no zone "{zone}". Known: {some}')
        meant = near(_bare(zone), [*known, *self._named], known[0] if known else "")
        return RowProblem("zone", zone, says, self._named.get(meant, meant))


def _bare(words: str) -> str:
    """Without spaces and capitals: 二层B库 is 二层 B 库."""
    return "".join(words.split()).casefold()


def torn(row: Line, sheet: Sheet, columns: Sequence[str], cells: Mapping[str, str]) -> tuple[RowProblem, ...]:
    """What is wrong with the row itself: quotes that do not match, more cells than columns, cells without a value of
    their own, damaged characters, an id that a spreadsheet has rounded."""
    first = next((cell for cell in row.cells if cell.strip()), "")[:60]
    if row.broken:
        says = Text("这一行的引号没有配对。", "The quotes of this row do not match.")
        return (RowProblem(WHOLE_ROW, first, says, '"红木箱，内有 ""甲"" 字"'),)
    if len(row.cells) > len(columns) and any(cell.strip() for cell in row.cells[len(columns) :]):
        says = Text(
            f"这一行有 {len(row.cells)} 格，表头只有 {len(columns)} 列；含分隔符的文字要整格加引号。",
            f"This row has {len(row.cells)} cells, the heading {len(columns)} columns: put quotes around a cell that "
            "holds a separator.",
        )
        return (RowProblem(WHOLE_ROW, first, says, '"红木箱，两只"'),)
    found = [
        _flawed(column, flaw)
        for at, column in enumerate(columns)
        if column in KNOWN
        and (flaw := sheet.flaws.get((row.number, at)) if sheet.flaws else None) is not None
    ]
    named = {problem.column for problem in found}
    for column, cell in cells.items():
        if column in KNOWN and column not in named and cell in ERRORS:
            found.append(_flawed(column, Flaw("error", cell)))
        elif "\ufffd" in cell:
            says = Text("有损坏的字符（�），请重新输入。", "A character is damaged (�): type it again.")
            found.append(RowProblem(column, cell[:60], says, EXAMPLES.get(column, "")))
    id_ = cells.get("id", "")
    if _ROUNDED.fullmatch(id_):
        says = Text(
            "表格软件把编号当成数字并缩写了，位数已丢失。把该列设为“文本”后重新填写。",
            "The spreadsheet took the id for a number and rounded it: format the column as text and type it again.",
        )
        found.append(RowProblem("id", id_, says, EXAMPLES["id"]))
    return tuple(found)


def _flawed(column: str, flaw: Flaw) -> RowProblem:
    says = {
        "error": Text(
            f"单元格是错误值 {flaw.word}，请改成实际内容。",
            f"The cell is the error {flaw.word}: write what it should be.",
        ),
        "uncalculated": Text(
            "单元格是没有计算过的公式。用表格软件打开、保存一次，或改成实际内容。",
            "The cell is a formula that was never calculated: open the file in a spreadsheet and save it, or write the "
            "value.",
        ),
        "merged": Text(
            f"单元格与别的格合并（{flaw.word}）。取消合并，每行都填写。",
            f"The cell is merged with others ({flaw.word}): unmerge them and fill in every row.",
        ),
    }[flaw.kind]
    return RowProblem(column, flaw.word, says, EXAMPLES.get(column, ""))
