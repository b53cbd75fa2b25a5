"""Sheets for the assembly point: crate labels with a QR code, and the custody list as recorded; pure.

References only, never titles: these sheets lie open on tables where outside helpers work.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from playbooks import custody
from playbooks.items import Hand
from playbooks.model import Incident
from playbooks.paper import Stamp, both, document, esc, foot, label, page, qr
from playbooks.site import Site
from sensors.model import Text

CODE = "SR1C:"
"""Prefix of a crate's QR text where no address can be printed; the arrivals page takes it typed or scanned."""
A_SHEET = 8
MOST_LABELS = 99
_CONDITION = {
    "dry": ("干", "dry"),
    "damp": ("潮", "damp"),
    "wet": ("湿", "wet"),
    "dirty": ("污", "dirty"),
    "broken": ("破损", "broken"),
    "mould": ("霉", "mould"),
}


def codes(series: str, count: int) -> tuple[str, ...]:
    """Short codes of one series of labels: ``A01``, ``A02`` …; typed in gloves, read aloud without mistakes."""
    letter = next((one for one in series.upper() if one.isascii() and one.isalpha()), "A")
    return tuple(f"{letter}{number:02d}" for number in range(1, min(max(1, count), MOST_LABELS) + 1))


def crate_labels(crates: Sequence[str], address: Callable[[str], str], stamp: Stamp) -> str:
    """Eight labels an A4 sheet. ``address`` turns a code into what the QR code holds: the page of that crate."""
    sheets = []
    for start in range(0, len(crates), A_SHEET):
        labels = "".join(_label(code, address(code), stamp) for code in crates[start : start + A_SHEET])
        sheets.append(page("a4", f'<div class="labels">{labels}</div>', stamp))
    return document(Text("箱签", "Crate labels"), sheets, "A4", _LABELS)


_LABELS = """
.labels{display:grid;grid-template-columns:1fr 1fr;gap:5mm}
.label{border:1.5pt solid #000;padding:4mm;height:62mm;display:flex;flex-direction:column;justify-content:space-between;
break-inside:avoid}
.label .code{font-size:44pt;font-weight:800;line-height:1}
.label .top{display:flex;justify-content:space-between;align-items:flex-start}
"""


def _label(code: str, words: str, stamp: Stamp) -> str:
    return (
        f'<div class="label"><div class="top"><div><div>{label("箱", "crate")}</div>'
        f'<div class="code">{esc(code)}</div></div>{qr(words, 30.0)}</div>'
        f"<div>{label('湿', 'wet')} □ {label('干', 'dry')} □ {label('时间', 'time')} ___:___</div>"
        f'<div>{label("来自", "from")} <span class="line" style="min-width:52mm"></span></div>'
        f'<div style="font-size:8pt">{both(stamp.site)} · {label("拍码或输入箱号", "scan, or type the code")}'
        f" · rev {esc(stamp.revision)}</div></div>"
    )


def custody_list(incident: Incident, site: Site, stamp: Stamp, clock: Callable[[float], str]) -> str:
    """Every holding that was moved, hand by hand; what is missing stands first. ``clock`` writes a time."""
    lost = custody.missing(incident)
    title = Text("移交与清点", "Custody and inventory")
    gone = "".join(
        f"<li><b>{esc(one.holding)}</b> {label('最后', 'last')}: {both(site.person_name(one.by))} "
        f"{esc(clock(one.since_at))} {label('箱', 'crate')} {esc(one.crate or '–')}</li>"
        for one in lost
    )
    head = "".join(
        f"<th>{label(zh, en)}</th>"
        for zh, en in (("编号", "id"), ("时间", "time"), ("从", "from"), ("到", "to"), ("交", "given by"),
                       ("收", "received by"), ("状况", "condition"), ("箱", "crate"))
    )  # fmt: skip
    rows = "".join(
        _row(id_, hand, site, clock) for id_, item in sorted(incident.items.items()) for hand in item.hands
    )
    count = len([item for item in incident.items.values() if item.hands])
    body = (
        f"<h1>{both(title)} · {esc(incident.reference)}</h1>"
        + (
            f'<div class="stop">{label(f"未到达 {len(lost)} 件", f"{len(lost)} missing")}<ul>{gone}</ul></div>'
            if lost
            else f"<div>{label('没有缺失', 'nothing is missing')} · {count}</div>"
        )
        + f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        + foot(stamp, both(title))
    )
    return document(title, [page("a4", body, stamp)], "A4")


def _row(id_: str, hand: Hand, site: Site, clock: Callable[[float], str]) -> str:
    when = esc(clock(hand.at))
    if hand.said_at - hand.at >= custody.LATE_S:
        when += f'<br><span class="en">{label("补记", "told")} {esc(clock(hand.said_at))}</span>'
    condition = _CONDITION.get(hand.condition)
    looks = label(*condition) if condition else esc(hand.condition)
    giver = both(site.person_name(hand.by))
    if hand.said_by != hand.by:
        giver += (
            f' <span class="en">({label("录入", "typed by")} {both(site.person_name(hand.said_by))})</span>'
        )
    taker = both(site.person_name(hand.receiver)) if hand.receiver else "–"
    return (
        f"<tr><td>{esc(id_)}</td><td>{when}</td><td>{both(spot(hand.origin, site))}</td>"
        f"<td>{both(spot(hand.to, site))}</td><td>{giver}</td><td>{taker}</td><td>{looks}</td>"
        f"<td>{esc(hand.crate)}</td></tr>"
    )


def spot(words: str, site: Site) -> Text:
    """A place as custody wrote it, readable: a zone's id in front becomes its name."""
    zone, _, shelf = words.partition(" ")
    if zone not in site.zones:
        return Text(words, words)
    name = site.zone_name(zone)
    return Text(f"{name.zh} {shelf}".strip(), f"{name.en} {shelf}".strip())
