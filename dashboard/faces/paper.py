"""The rescue list on paper: A4, without colour, with boxes to tick by hand."""

from __future__ import annotations

from dashboard.faces.rescue_plan import holding_title
from dashboard.html import esc, join, tag
from dashboard.scene import Scene
from playbooks.model import Holding, Incident, Ranked

_FONTS = 'system-ui,"Noto Sans SC","Noto Sans CJK SC",sans-serif'
_STYLE = f"""
@page {{ size: A4; margin: 12mm }}
body {{ font: 11pt/1.4 {_FONTS}; color: #000; margin: 0 }}
h1 {{ font-size: 17pt; margin: 0 }} p {{ margin: 2mm 0 }} small {{ font-size: 9pt }}
table {{ width: 100%; border-collapse: collapse }} thead {{ display: table-header-group }} tr {{ break-inside: avoid }}
th, td {{ border: .4mm solid #000; padding: 1.6mm; text-align: left; vertical-align: top }}
td.n {{ font-size: 15pt; font-weight: 700; text-align: center }} td.p {{ font-size: 14pt; font-weight: 700 }}
td.t {{ white-space: nowrap }} b.s {{ border: .6mm solid #000; padding: .5mm 2mm }}
"""


def rescue_paper(scene: Scene, incident: Incident) -> str:
    """A whole HTML document of the accepted plan; empty where there is none."""
    w = scene.w
    plan = incident.plan
    if plan is None:
        return ""
    rows = join(_row(scene, ranked) for ranked in plan.ranking if ranked.act != "leave")
    titles = join(
        tag("th", esc(words))
        for words in (
            "#",
            w("rescue.col_where"),
            w("rescue.col_what"),
            w("rescue.paper_out"),
            w("rescue.paper_in"),
            w("rescue.paper_sign"),
        )
    )
    left = join(tag("li", esc(f"{one.holding}: {w.of(one.why)}")) for one in plan.left)
    stop = incident.playbook.stop_when
    drill = tag("p", tag("b", "演练 DRILL", class_="s")) if incident.kind != "incident" else ""
    body = [
        drill,
        tag(
            "h1",
            esc(
                f"{w('rescue.paper_title')} · {w.of(incident.playbook.title)} · {scene.zone_names(incident.zones)}"
            ),
        ),
        tag("p", tag("b", esc(w("incident.leave_if"))), " ", esc(stop.zh), " ", esc(stop.en)),
        tag("p", esc(w("rescue.basis")), " ", esc(w.of(plan.basis))),
        tag("table", tag("thead", tag("tr", titles)), tag("tbody", rows)),
        tag("p", tag("b", esc(w("rescue.left"))), tag("ul", left)) if left else "",
        tag(
            "p",
            tag("b", esc(w("rescue.paper_secret")), class_="s"),
            " ",
            esc(w("rescue.paper_made", at=scene.clock(scene.now), revision=scene.building.revision[:12])),
        ),
    ]
    lang = "zh-CN" if scene.language == "zh" else "en"
    head = f'<meta charset="utf-8"><title>{esc(w("rescue.paper_title"))}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="{lang}"><head>{head}</head><body>{join(body)}</body></html>'


def _row(scene: Scene, ranked: Ranked) -> str:
    holding = scene.building.holdings.get(ranked.holding)
    if holding is None:
        return ""
    care = holding.cover if ranked.act == "protect" else holding.handling
    what = [
        tag("b", esc(f"{holding.id} {holding_title(scene, holding)}")),
        "<br>",
        esc(_carry(scene, holding, ranked)),
        tag("small", "<br>", esc(" ".join(part for part in (care.zh, care.en) if part)))
        if care.zh or care.en
        else "",
    ]
    blank = tag("td", "□ ___:___", class_="t")
    return tag(
        "tr",
        tag("td", str(ranked.rank), class_="n"),
        tag("td", esc(holding.place), "<br>", tag("small", esc(scene.zone_name(holding.zone))), class_="p"),
        tag("td", *what),
        blank,
        blank,
        tag("td", "&nbsp;" * 12),
    )


def _carry(scene: Scene, holding: Holding, ranked: Ranked) -> str:
    w = scene.w
    boxes = w("rescue.boxes", n=holding.units, kg=f"{holding.unit_kg:g}")
    return (
        f"{w('rescue.people', n=ranked.people)} · {boxes} · {w('rescue.minutes', n=f'{ranked.minutes:.0f}')}"
    )
