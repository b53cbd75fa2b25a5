"""The climate report on paper: one table per room, months as rows, with what the figures mean and rest on."""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from sensors.model import Text
from strongroom.climate_report import ClimateReport, RoomMonth
from strongroom.climate_tables import COLUMNS, rows
from strongroom.localtime import local

# TrueType only: the outlines of Noto CJK are of a kind that reportlab cannot embed.
_FONTS = (
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/arphic/uming.ttc",
    "C:/Windows/Fonts/simsun.ttc",
    "/System/Library/Fonts/Supplemental/Songti.ttc",
)
_SHOWN = (
    "month",
    "sensor",
    "unit",
    "in_band_percent",
    "below_hours",
    "above_hours",
    "mean",
    "min",
    "max",
    "widest_24h_swing",
    "days_over_swing",
    "known_percent",
    "gaps",
    "twpi_years",
    "lifetime",
    "emc_max_percent",
    "mould_hours",
    "mould_index_max",
)
_TITLE = Text("温湿度保存环境报告", "Climate and preservation report")
_NOTES = (
    Text(
        "达标时间按时间加权，只计有数据的时间；缺测既不算达标也不算超标。",
        "Time in band is weighted by time and counts known time only; a gap is neither good nor bad.",
    ),
    Text(
        "波动为任意 24 小时内最高与最低之差；限值由所列条款的 ± 值换算为峰峰值。",
        "Swing is the highest minus the lowest within any 24 hours; the limit is the clause's ± from peak to peak.",
    ),
    Text(
        "保存指数按公式计算（Reilly 1995），时间加权取调和平均；寿命倍数按 Michalski 2002（100 kJ/mol）。",
        "Preservation index by formula (Reilly 1995), its time-weighted mean harmonic; lifetime after Michalski 2002 "
        "(100 kJ/mol).",
    ),
    Text(
        "霉菌指数为 VTT 模型（Ojanen 等 2010），1 为显微镜可见，3 为肉眼可见；不适用于受潮的档案。",
        "Mould index of the VTT model (Ojanen et al. 2010): 1 seen with a microscope, 3 by eye; not for wet records.",
    ),
    Text(
        "霉菌可生长小时数按 Zeng 等 2023 的最低生长限计算；平衡含水率为 Simpson 公式。",
        "Hours mould can grow: above the lowest limit of Zeng et al. 2023; moisture content by Simpson's equation.",
    ),
)


@cache
def font() -> str:
    """A font that has Chinese: one found on this machine and embedded, else Adobe's STSong-Light, which
    viewers have.
    """
    for path in _FONTS:
        if Path(path).is_file():
            try:
                pdfmetrics.registerFont(TTFont("strongroom-cjk", path, subfontIndex=0))
            except TTFError:
                continue
            return "strongroom-cjk"
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    return "STSong-Light"


def write_pdf(path: Path, report: ClimateReport, language: str = "zh") -> None:
    """The report as PDF, A4 across, in one language."""
    wrap = "CJK" if language == "zh" else None  # Chinese breaks anywhere, English between words
    small = ParagraphStyle("small", fontName=font(), fontSize=7.5, leading=9.5, wordWrap=wrap)
    head = ParagraphStyle("head", parent=small, fontSize=12, leading=16, spaceBefore=8, spaceAfter=3)
    title = ParagraphStyle("title", parent=small, fontSize=17, leading=22)
    zone = report.timezone
    span = f"{local(report.from_at, zone, '%Y-%m-%d')} – {local(report.to_at, zone, '%Y-%m-%d')} ({zone})"
    story: list[Flowable] = [
        _words(report.building.in_(language), title),
        _words(f"{_TITLE.in_(language)} · {span} · {report.profile}", head),
        _words(local(report.made_at, zone, "%Y-%m-%d %H:%M"), small),
    ]
    rooms: dict[str, list[RoomMonth]] = {}
    for room in report.rooms:
        rooms.setdefault(room.zone, []).append(room)
    table = rows(report, language)
    for name, those in rooms.items():
        mine = [row for row in table if row["room"] == name]
        story.append(
            KeepTogether([_words(_heading(those[0], language), head), _table(mine, small, language)])
        )
    story.append(KeepTogether([Spacer(1, 5 * mm), *(_words(note.in_(language), small) for note in _NOTES)]))
    document = SimpleDocTemplate(
        str(path),
        pagesize=landscape(A4),
        leftMargin=12 * mm,
        rightMargin=12 * mm,
        topMargin=12 * mm,
        bottomMargin=12 * mm,
        title=f"{_TITLE.in_(language)} {span}",
        author="Strongroom",
    )

    def foot(canvas: Canvas, page: SimpleDocTemplate) -> None:
        canvas.setFont(font(), 7.5)
        canvas.drawString(12 * mm, 7 * mm, plain(f"{report.building.in_(language)}, {span}"))
        canvas.drawRightString(page.pagesize[0] - 12 * mm, 7 * mm, str(page.page))

    document.build(story, onFirstPage=foot, onLaterPages=foot)


def _heading(room: RoomMonth, language: str) -> str:
    limits = [
        f"{measure.limits[0]:g}–{measure.limits[1]:g} {measure.unit}"
        for measure in {m.quantity: m for m in room.measures}.values()
        if measure.limits
    ]
    clause = f" · {', '.join(limits)} · {room.clause}" if limits else ""
    return f"{room.name.in_(language)} ({room.zone}){clause}"


def _table(found: list[dict[str, str]], style: ParagraphStyle, language: str) -> Table:
    content = [[_words(COLUMNS[name].in_(language), style) for name in _SHOWN]]
    content += [[_words(row[name], style) for name in _SHOWN] for row in found]
    table = Table(content, repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.3, colors.grey),
                ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 2),
                ("RIGHTPADDING", (0, 0), (-1, -1), 2),
            ]
        )
    )
    return table


def _words(words: str, style: ParagraphStyle) -> Paragraph:
    """Text as it is: names from the folder are no mark-up."""
    return Paragraph(escape(plain(words)), style)


def plain(words: str) -> str:
    """The same in signs that every Chinese font of a viewer has at their own width."""
    return words.replace(" · ", ", ").replace("–", "-").replace("°C", "℃")
