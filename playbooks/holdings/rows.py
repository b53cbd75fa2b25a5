"""One row of ``holdings.csv`` to one Holding and back; every problem names its column and what to write.

The columns are those of the building folder's example, plus optional ones (:data:`OPTIONAL`). Columns that
are not ours are kept in ``Holding.extra`` and written back, so nothing an archive keeps beside our columns
is lost; a cell of theirs that is empty says nothing and is not kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from playbooks.holdings.cells import Cells, RowProblem, cleaned, copy_cell, guarded, near, short
from playbooks.holdings.materials import MATERIALS, material_id
from playbooks.model import Holding
from sensors.model import Text

__all__ = [
    "COLUMNS",
    "HAZARDS",
    "KNOWN",
    "OPTIONAL",
    "REQUIRED",
    "RowProblem",
    "guarded",
    "parse_row",
    "row_of",
    "spoken",
]

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
    "1": 1, "2": 2, "3": 3, "一": 1, "二": 2, "三": 3, "壹": 1, "贰": 2, "叁": 3, "i": 1, "ii": 2, "iii": 3,
}  # fmt: skip
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
Action = Literal["take", "protect", "leave"]
LONGEST_ID = 80
"""An id stands on labels, in QR codes and in messages (planning assumption)."""


def _materials(cells: Cells) -> tuple[str, ...]:
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


def _unknown_material(cells: Cells, column: str, word: str) -> None:
    known = [material.id for material in MATERIALS]
    listed = ", ".join(known)
    cells.wrong(
        column,
        f"不认识的载体“{word}”。可写：{listed}，或对应的中文名称。",
        f'Unknown form "{word}". Known: {listed}.',
        near(word, known, "paper"),
    )


def parse_row(row: Mapping[str, str]) -> Holding | list[RowProblem]:
    """The holding a row describes, or every problem of the row (never both, never an exception).

    Cells are text as read from the file; blanks around them do not count. Empty optional cells take the
    default of :class:`~playbooks.model.Holding`. Whether ``zone`` exists is the folder's question, not
    this function's.
    """
    cells = Cells(row)
    for column in REQUIRED:
        if not cells.word(column):
            cells.wrong(column, "此栏不能为空。", "This column must not be empty.")
    grade = _GRADES.get(_bare_grade(cells.plain("grade")))
    if grade is None and cells.word("grade"):
        cells.wrong("grade", "等级是 1（最先抢救）、2 或 3。", "Grades are 1 (rescue first), 2 or 3.")
    form = material_id(cells.plain("form"))
    if form is None and cells.word("form"):
        _unknown_material(cells, "form", cells.word("form"))
    action = _ACTIONS.get(cells.word("action").casefold())
    if action is None:
        cells.wrong("action", "写 take、protect 或 leave。", "Write take, protect or leave.")
    if len(cells.word("id")) > LONGEST_ID or "\n" in cells.word("id"):
        cells.wrong(
            "id",
            f"编号最多 {LONGEST_ID} 个字符，写在一行内。",
            f"An id has at most {LONGEST_ID} characters on one line.",
        )
    weak_to = {
        hazard: cells.whole(hazard, 0, 0, 3) for hazard in HAZARDS if hazard != "smoke" or cells.word("smoke")
    }
    unit_wet_kg = (
        cells.number("unit_wet_kg", 0.0, (0.001, 5000), unit="kg") if cells.word("unit_wet_kg") else None
    )
    holding = Holding(
        id=cells.word("id"),
        title=cells.word("title"),
        zone=cells.word("zone"),
        place=cells.word("place"),
        grade=grade or 3,
        worth=cells.number("worth", 50.0, (0, 100)),
        form=form or "paper",
        weak_to=weak_to,
        units=cells.whole("units", 1, 1, 100_000),
        unit_kg=cells.number("unit_kg", 5.0, (0.001, 5000), unit="kg"),
        people=cells.whole("people", 1, 1, 50),
        carry_min=cells.number("carry_min", 2.0, (0, 10_000), unit="min"),
        tools=cells.word("tools"),
        handling=_both(cells, "handling_zh", "handling_en"),
        cover=_both(cells, "cover_zh", "cover_en"),
        copies=cells.copies(),
        to=cells.word("to"),
        photo=cells.word("photo"),
        checked_on=cells.day("checked_on"),
        secrecy=cells.secrecy(),
        action=_as_action(action or "take"),
        irreplaceable=cells.yes("irreplaceable"),
        extra={
            key: cleaned(value)
            for key, value in row.items()
            if key and key not in KNOWN and isinstance(value, str) and cleaned(value)
        },
        materials=_materials(cells),
        unit_wet_kg=unit_wet_kg,
        size_cm=cells.size(),
        keys=cells.word("keys"),
        category=_CATEGORIES.get(cells.word("category").casefold(), cells.word("category")),
        skill=cells.word("skill"),
    )
    return cells.problems or holding


def _bare_grade(word: str) -> str:
    """A grade without the words around it: 一级, 2级, grade 3, 1.0."""
    bare = word.casefold().replace(" ", "").removesuffix(".0").removesuffix("档案").removeprefix("grade")
    return bare.removesuffix("级").removesuffix("等")


def _as_action(word: str) -> Action:
    chosen: Action
    for chosen in get_args(Action):
        if chosen == word:
            return chosen
    return "take"


def _both(cells: Cells, zh: str, en: str) -> Text:
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
        "worth": short(holding.worth),
        "form": holding.form,
        **{hazard: str(holding.weak_to.get(hazard, 0)) for hazard in HAZARDS if hazard != "smoke"},
        "units": str(holding.units),
        "unit_kg": short(holding.unit_kg),
        "people": str(holding.people),
        "carry_min": short(holding.carry_min),
        "tools": holding.tools,
        "handling_zh": holding.handling.zh,
        "handling_en": holding.handling.en,
        "cover_zh": holding.cover.zh,
        "copy": ";".join(copy_cell(copy) for copy in holding.copies) or "none",
        "photo": holding.photo,
        "checked_on": holding.checked_on,
        "cover_en": holding.cover.en,
        "smoke": str(holding.weak_to["smoke"]) if "smoke" in holding.weak_to else "",
        "secrecy": holding.secrecy,
        "action": holding.action,
        "irreplaceable": "yes" if holding.irreplaceable else "",
        "to": holding.to,
        "materials": ";".join(holding.materials),
        "unit_wet_kg": short(holding.unit_wet_kg) if holding.unit_wet_kg is not None else "",
        "size_cm": "x".join(short(side) for side in holding.size_cm) if holding.size_cm else "",
        "keys": holding.keys,
        "category": holding.category,
        "skill": holding.skill,
    }
    row |= {key: value for key, value in holding.extra.items() if key not in KNOWN}
    return {column: guarded(value) for column, value in row.items()}
