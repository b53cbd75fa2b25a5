"""What every printed page has in common: the HTML shell, the print style, escaping, QR; pure.

Pages are plain HTML for the browser's own print: no colour needed, no script, nothing loaded from elsewhere. Everything
that comes from the operator's files is escaped here and nowhere else.
"""

from __future__ import annotations

import io
from html import escape as _escape

import segno
from msgspec import Struct

from playbooks.model import Holding
from sensors.model import Text

STYLE = """
*{box-sizing:border-box}
body{margin:0;font-family:"Noto Sans CJK SC","Noto Sans SC","Source Han Sans SC","Microsoft YaHei",sans-serif;
color:#000;background:#fff;font-size:11pt;line-height:1.35}
.page{page-break-after:always;break-after:page;position:relative;overflow:hidden}
.page:last-child{page-break-after:auto;break-after:auto}
.a5{width:210mm;height:148mm;padding:9mm 11mm}
.a4{width:210mm;min-height:290mm;padding:12mm 14mm}
h1,h2{margin:0;font-size:15pt}
.head{display:flex;justify-content:space-between;border-bottom:2.5pt solid #000;padding-bottom:1.5mm;font-size:14pt;
font-weight:700}
.place{font-size:30pt;font-weight:700;line-height:1.15;margin:2mm 0 1mm}
.what{font-size:14pt}
.row{display:flex;gap:6mm}
.grow{flex:1}
.box{border:1.2pt solid #000;padding:2mm 3mm}
.photo{width:62mm;height:40mm;border:1pt solid #000;display:flex;align-items:center;justify-content:center;
overflow:hidden;font-size:9pt}
.photo img{max-width:100%;max-height:100%}
.big{font-size:14pt;font-weight:700}
.foot{position:absolute;left:11mm;right:11mm;bottom:6mm;display:flex;justify-content:space-between;align-items:flex-end;
font-size:8.5pt}
.a4 .foot{position:static;margin-top:6mm}
.mark{border:2pt solid #000;padding:0 2mm;font-weight:700}
.drill{font-size:16pt;border:3pt dashed #000;text-align:center;font-weight:700;margin-bottom:2mm}
table{border-collapse:collapse;width:100%;font-size:10pt}
th,td{border:.8pt solid #000;padding:1mm 1.6mm;text-align:left;vertical-align:top}
thead{display:table-header-group}
tr{break-inside:avoid}
.tick{font-size:14pt}
.line{display:inline-block;border-bottom:.8pt solid #000;min-width:20mm}
.heart{border:2.5pt solid #000;padding:2mm 3mm;margin:2mm 0;font-size:14pt;font-weight:700}
.stop{border:2.5pt solid #000;padding:2mm 3mm;font-size:13pt;font-weight:700;margin:2mm 0}
.branch{margin:0 0 0 6mm}
.en{font-size:.86em}
@media screen{.page{margin:6mm auto;border:1px solid #999}}
"""
HIDDEN = Text("涉密（题名不对外）", "classified (title withheld)")


class Stamp(Struct, frozen=True, kw_only=True):
    """What every page says of itself. ``for_outside``: the print leaves the house, secret titles do not."""

    site: Text
    revision: str
    printed_on: str
    drill: bool = False
    for_outside: bool = False


def esc(words: object) -> str:
    """Text safe inside HTML and inside quoted attributes."""
    return _escape(str(words), quote=True)


def both(text: Text, tag: str = "span") -> str:
    """A text in both languages, Chinese first; once where they are the same or one is missing."""
    zh, en = text.zh.strip(), text.en.strip()
    if not en or en == zh:
        return f"<{tag}>{esc(zh)}</{tag}>"
    if not zh:
        return f'<{tag} lang="en">{esc(en)}</{tag}>'
    return f'<{tag}>{esc(zh)}</{tag} ><{tag} class="en" lang="en"> {esc(en)}</{tag}>'.replace(" ><", "><")


def label(zh: str, en: str) -> str:
    """A fixed label in both languages."""
    return f'{esc(zh)} <span class="en" lang="en">{esc(en)}</span>'


def withheld(holding: Holding, stamp: Stamp) -> bool:
    """Whether this print must not show what the holding is (C34)."""
    return bool(holding.secrecy) and stamp.for_outside


def title_of(holding: Holding, stamp: Stamp) -> str:
    """The holding's title, withheld on a print for outside helpers where it is classified (C34)."""
    if withheld(holding, stamp):
        return f"{HIDDEN.zh} {HIDDEN.en}"
    return holding.title


def qr(words: str, size_mm: float = 16.0) -> str:
    """A QR code as inline SVG that scans at arm's length; the words are also printed beside it by the caller."""
    out = io.BytesIO()
    segno.make(words, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=2, nl=False
    )
    svg = out.getvalue().decode("utf-8")
    return f'<span style="display:inline-block;width:{size_mm}mm;height:{size_mm}mm" aria-hidden="true">{svg}</span>'


def page(size: str, body: str, stamp: Stamp) -> str:
    """One sheet; a drill's sheet says so at the top."""
    drill = '<div class="drill">【演练】 DRILL</div>' if stamp.drill else ""
    return f'<section class="page {esc(size)}">{drill}{body}</section>'


def document(title: Text, pages: list[str], paper: str, style: str = "") -> str:
    """The whole HTML document. ``paper`` is a CSS page size such as ``A5 landscape`` or ``A4``; ``style`` adds
    rules."""
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        f"<title>{esc(title.zh)} {esc(title.en)}</title>"
        f"<style>@page{{size:{esc(paper)};margin:0}}{STYLE}{style}</style></head><body>{''.join(pages)}</body></html>"
    )


def foot(stamp: Stamp, left: str, right: str = "") -> str:
    """The last line of a sheet: what it is, of which revision, printed when."""
    site = f"{esc(stamp.site.zh)} {esc(stamp.site.en)}"
    made = f"{site} · 版本 rev {esc(stamp.revision)} · 打印 printed {esc(stamp.printed_on)}"
    return f'<div class="foot"><span>{left} · {made}</span>{right}</div>'
