"""The what-if survey for the director: expected loss per zone, what can never be saved, what would help most."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import IO

from msgspec import Struct
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from playbooks.holdings.rows import guarded
from playbooks.model import Holding
from playbooks.rescue.whatif import Loss
from playbooks.triage import THREATS
from sensors.model import Text, Zone
from strongroom.climate_pdf import font

TITLE = Text("抢救推演报告", "Rescue what-if report")
COLUMNS: dict[str, Text] = {
    "zone": Text("区域", "zone"),
    "name": Text("名称", "name"),
    "threat": Text("灾害", "hazard"),
    "crews": Text("两人小组数", "crews of two"),
    "at_stake": Text("受威胁价值", "value at stake"),
    "saved": Text("可救价值", "saved"),
    "lost": Text("预期损失", "expected loss"),
    "lost_percent": Text("损失 %", "lost %"),
    "never": Text("来不及的件数", "never in time"),
    "helps": Text("最有用的措施", "what helps most"),
}
NOTES = (
    Text(
        "价值单位：一件中等价值、极怕该灾害的三级档案；按灾害到达的可能性加权。",
        "Value is in units of one grade 3 holding of middling worth that is highly vulnerable, weighed with the "
        "chance that the hazard gets there.",
    ),
    Text(
        "“来不及”指事发时人员已在集合点、人手不限也救不出的档案。",
        "Never in time: not even with people without number ready at the assembly point when it begins.",
    ),
    Text(
        "各措施的数字是该情形下可减少的损失，不可相加。",
        "A measure's figure is the loss it avoids in that case; figures of several measures do not add up.",
    ),
)
MEASURE, AVOIDED = Text("措施", "measure"), Text("每例平均减少损失", "mean loss avoided")
COMMA = Text("，", ", ")
MOST_ROWS = 60
MOST_NEVER = 30


class Findings(Struct, frozen=True, kw_only=True):
    """A survey with what is needed to name things; titles are not in it, so it may leave the strongroom."""

    building: Text
    minutes: float
    made_on: str
    losses: tuple[Loss, ...]
    zones: Mapping[str, Zone]
    holdings: Mapping[str, Holding]


def rows(found: Findings, language: str) -> list[dict[str, str]]:
    """One row a case, worst loss first."""
    return [
        {
            "zone": one.zone,
            "name": found.zones[one.zone].name.in_(language),
            "threat": THREATS[one.threat].in_(language),
            "crews": str(one.crews),
            "at_stake": f"{one.at_stake:.1f}",
            "saved": f"{one.saved:.1f}",
            "lost": f"{one.lost:.1f}",
            "lost_percent": f"{100 * one.lost / one.at_stake:.0f}" if one.at_stake else "0",
            "never": str(len(one.never)),
            "helps": "; ".join(
                f"{helped.what.in_(language)} {helped.saves:+.1f}" for helped in one.helps[:2]
            ),
        }
        for one in found.losses
    ]


Row = tuple[str, str, str, int]
"""Holding, place, zone, number of cases."""


def never_rows(found: Findings) -> list[Row]:
    """Holdings that can never be saved in some case, the first grade first, then by the number of cases."""
    known = _cases(found, lambda one: one.never)
    return sorted(known, key=lambda row: (found.holdings[row[0]].grade, -row[3], row[0]))


def first_rows(found: Findings) -> list[Row]:
    """Holdings that it helps most to move or to copy, those first that are among the best in most cases."""
    known = _cases(found, lambda one: [id_ for help_ in one.helps if help_.best for id_ in help_.holdings])
    return sorted(known, key=lambda row: (-row[3], found.holdings[row[0]].grade, row[0]))


def _cases(found: Findings, of: Callable[[Loss], Iterable[str]]) -> list[Row]:
    cases: dict[str, set[tuple[str, str]]] = {}
    for one in found.losses:
        for id_ in of(one):
            cases.setdefault(id_, set()).add((one.zone, one.threat))
    return [
        (id_, found.holdings[id_].place, found.holdings[id_].zone, len(those))
        for id_, those in cases.items()
        if id_ in found.holdings
    ]


def measures(losses: Sequence[Loss]) -> list[tuple[Text, float]]:
    """Every measure with the mean loss it avoids a case, largest first."""
    total: dict[str, tuple[Text, float]] = {}
    for one in losses:
        for helped in one.helps:
            before = total.get(helped.what.en, (helped.what, 0.0))[1]
            total[helped.what.en] = (helped.what, before + helped.saves)
    count = max(1, len(losses))
    return sorted(((what, saves / count) for what, saves in total.values()), key=lambda entry: -entry[1])


def write_csv(out: IO[str], found: Findings, language: str) -> None:
    """Every case as a line; a cell no spreadsheet takes for a formula."""
    writer = csv.DictWriter(out, list(COLUMNS), lineterminator="\n")
    writer.writerow({key: name.in_(language) for key, name in COLUMNS.items()})
    for row in rows(found, language):
        writer.writerow({key: guarded(value) for key, value in row.items()})


def write_pdf(path: Path, found: Findings, language: str) -> None:
    """The report as PDF, A4 upright, in one language."""
    small = ParagraphStyle("small", fontName=font(), fontSize=8, leading=10)
    if language == "zh":
        small.wordWrap = "CJK"  # breaks between any two characters: right for Chinese, wrong inside words
    head = ParagraphStyle("head", parent=small, fontSize=12, leading=16, spaceBefore=8, spaceAfter=3)
    title = ParagraphStyle("title", parent=small, fontSize=17, leading=22)

    def say(words: str, style: ParagraphStyle = small) -> Paragraph:
        return Paragraph(escape(words), style)

    def part(text: Text) -> Paragraph:
        return say(text.in_(language), head)

    minutes = Text(f"总时间 {found.minutes:g} 分钟", f"{found.minutes:g} minutes in all").in_(language)
    story: list[Flowable] = [
        say(found.building.in_(language), title),
        say(COMMA.in_(language).join((TITLE.in_(language), found.made_on, minutes)), head),
        part(Text("什么最有用", "What helps most")),
        _grid(
            [
                [
                    say(MEASURE.in_(language)),
                    say(AVOIDED.in_(language)),
                ]
            ]
            + [[say(what.in_(language)), say(f"{saves:.1f}")] for what, saves in measures(found.losses)],
            (120, 66),
        ),
        part(Text("损失最大的情形", "The worst cases")),
    ]
    shown = rows(found, language)
    story.append(
        _grid(
            [[say(name.in_(language)) for name in COLUMNS.values()]]
            + [[say(row[key]) for key in COLUMNS] for row in shown[:MOST_ROWS]],
            (20, 26, 18, 13, 15, 14, 15, 11, 14, 40),
        )
    )
    if len(shown) > MOST_ROWS:
        more = len(shown) - MOST_ROWS
        story.append(
            say(Text(f"另有 {more} 例，见 CSV。", f"{more} more cases are in the CSV.").in_(language))
        )
    parts = (
        (Text("先移走或先做副本的档案", "Holdings to move or to copy first"), first_rows(found)),
        (Text("无论如何来不及的档案", "Holdings that can never be saved in time"), never_rows(found)),
    )
    named = (Text("编号", "id"), Text("架位", "place"), COLUMNS["zone"], Text("情形数", "cases"))
    for heading, listed in parts:
        story.append(part(heading))
        lines = [[say(words.in_(language)) for words in named]]
        lines += [[say(str(cell)) for cell in row] for row in listed[:MOST_NEVER]]
        story.append(_grid(lines, (50, 56, 50, 30)))
        if len(listed) > MOST_NEVER:
            rest = len(listed) - MOST_NEVER
            story.append(say(Text(f"另有 {rest} 件。", f"and {rest} more.").in_(language)))
    story.append(Spacer(1, 5 * mm))
    story += [say(note.in_(language)) for note in NOTES]
    document = SimpleDocTemplate(
        str(path),
        pagesize=A4,
        leftMargin=12 * mm,
        rightMargin=12 * mm,
        topMargin=12 * mm,
        bottomMargin=12 * mm,
        title=f"{TITLE.in_(language)} {found.made_on}",
        author="Strongroom",
    )

    def foot(canvas: Canvas, page: BaseDocTemplate) -> None:
        canvas.setFont(font(), 8)
        words = COMMA.in_(language).join((found.building.in_(language), TITLE.in_(language), found.made_on))
        canvas.drawString(page.leftMargin, 6 * mm, words)
        canvas.drawRightString(A4[0] - page.rightMargin, 6 * mm, str(page.page))

    document.build(story, onFirstPage=foot, onLaterPages=foot)


def _grid(content: list[list[Paragraph]], widths_mm: Sequence[float]) -> Table:
    table = Table(content, [width * mm for width in widths_mm], repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.3, colors.grey),
                ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
    )
    return table
