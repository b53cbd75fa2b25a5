"""Printable cards: one A5 sheet a holding, A4 lists by zone, one-side plan cards, contact and log sheets;
pure.

Cards are read by people in smoke and gloves: the place is the largest text, no colour carries meaning, and
the order is the rescue list's own. Grab sheets follow fire-service salvage practice (people, weight,
tools, cover if it cannot move).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from alerts.model import Person
from playbooks.holdings.materials import most_delicate
from playbooks.model import Holding, Playbook, Ranked, Step
from playbooks.paper import Stamp, both, document, esc, foot, label, page, qr, title_of, withheld
from sensors.model import Text, Zone

_GRADE = {1: Text("一级", "GRADE 1"), 2: Text("二级", "GRADE 2"), 3: Text("三级", "GRADE 3")}
_MARK = {1: "■", 2: "▲", 3: "▼"}
CODE = "SR1:"
"""Prefix of the QR text: the phone page takes ``SR1:<holding id>`` for that holding."""
_LINE = '<span class="line"></span>'
_CALM = Text("", "")


def priority_cards(
    holdings: Sequence[Holding],
    zones: Mapping[str, Zone],
    stamp: Stamp,
    *,
    assembly: Text = _CALM,
    photos: Mapping[str, str] | None = None,
    plans: Mapping[str, str] | None = None,
    why: Mapping[str, Text] | None = None,
    numbers: Mapping[str, str] | None = None,
) -> str:
    """A5 grab sheets in the order given, one holding a sheet.

    ``photos`` holding id -> image address; ``plans`` zone id -> a sanitised mini plan (SVG text); ``why``
    holding id -> the reason for its rank; ``numbers`` holding id -> its number on the screen's list.
    """
    sheets = [
        page(
            "a5",
            _card(one, zones, stamp, (numbers or {}).get(one.id, str(number)), len(holdings), assembly,
                  (photos or {}).get(one.id, ""), (plans or {}).get(one.zone, ""), (why or {}).get(one.id)),
            stamp,
        )
        for number, one in enumerate(holdings, 1)
    ]  # fmt: skip
    return document(Text("优先抢救卡", "Priority cards"), sheets, "A5 landscape")


def _card(
    one: Holding,
    zones: Mapping[str, Zone],
    stamp: Stamp,
    number: str,
    total: int,
    assembly: Text,
    photo: str,
    plan: str,
    why: Text | None,
) -> str:
    zone = zones.get(one.zone)
    name = zone.name if zone else Text(one.zone, one.zone)
    grade = _GRADE.get(one.grade, Text(str(one.grade), f"GRADE {one.grade}"))
    small_plan = f'<div class="photo">{plan}</div>' if plan else ""
    image = f'<img src="{esc(photo)}" alt="">' if photo else label("无照片", "no photo")
    if withheld(one, stamp):
        image = label("照片不对外", "photo withheld")  # a seal or a cover with its title says what it is
    kg = f"{one.unit_kg:g} kg × {one.units}"
    cover = both(one.cover) if one.cover.zh or one.cover.en else label("无", "none")
    act = {
        "take": ("搬出", "TAKE OUT"),
        "protect": ("就地保护", "PROTECT IN PLACE"),
        "leave": ("留置", "LEAVE"),
    }[one.action]
    to = Text(one.to, one.to) if one.to else assembly
    material = most_delicate(one.form, one.materials)
    wet = f"{label('浸湿后', 'once wet')}: {both(material.treat)}"
    keys = f" · {label('钥匙', 'keys')}: {esc(one.keys)}" if one.keys else ""
    reason = f'<div class="en">{both(why)}</div>' if why else ""
    return (
        f'<div class="head"><span>{both(grade)} {_MARK.get(one.grade, "")}</span><span>{label(*act)}</span>'
        f"<span>{both(name)}</span></div>"
        f'<div class="place">{esc(one.place) or label("架位不明", "shelf unknown")}</div>'
        f'<div class="what">{esc(title_of(one, stamp))} · {esc(one.id)}</div>{reason}'
        f'<div class="row" style="margin-top:2mm"><div class="photo">{image}</div>{small_plan}'
        f'<div class="grow"><div class="big">{one.people} {label("人", "people")} · {esc(kg)} · '
        f"{one.carry_min:g} {label('分', 'min')}</div>"
        f"<div>{label('工具', 'tools')}: {esc(one.tools) or label('无', 'none')}{keys}</div>"
        f"<div>{both(one.handling)}</div></div></div>"
        f'<div class="box" style="margin-top:2mm">{label("搬不走", "If it cannot move")}: {cover}<br>{wet}</div>'
        f'<div style="margin-top:2mm">{label("送往", "To")}: <b>{both(to)}</b></div>'
        f'<div style="margin-top:1mm"><span class="tick">□</span> {label("出库", "out")} <span class="line"></span> '
        f'<span class="tick">□</span> {label("到达", "in")} <span class="line"></span> {label("签", "by")} '
        f'<span class="line" style="min-width:34mm"></span></div>'
        + foot(stamp, f"{label('卡', 'card')} {esc(number)}/{total}", qr(CODE + one.id))
    )


def zone_list(
    zone: Zone,
    holdings: Mapping[str, Holding],
    ranking: Iterable[Ranked],
    stamp: Stamp,
    numbers: Mapping[str, str] | None = None,
) -> str:
    """One zone's holdings on A4 in the order given, with room to tick and sign by hand.

    ``numbers`` are those the screen shows; without them the lines are counted.
    """
    mine = [one for one in ranking if one.holding in holdings and holdings[one.holding].zone == zone.id]
    hazards = "、".join(zone.hazards)
    limit = (
        f" · {label('最多', 'at most')} {zone.people_limit} {label('人', 'people')}"
        if zone.people_limit
        else ""
    )
    body = (
        f"<h1>{both(zone.name)} · {esc(zone.floor)}{limit}</h1>"
        + (f'<div class="stop">{label("危险", "Hazards")}: {esc(hazards)}</div>' if hazards else "")
        + _release()
        + _rows(mine, holdings, stamp, numbers)
        + foot(stamp, both(zone.name))
    )
    return document(
        Text(f"{zone.name.zh} 抢救清单", f"{zone.name.en} rescue list"), [page("a4", body, stamp)], "A4"
    )


def rescue_list(
    holdings: Mapping[str, Holding],
    zones: Mapping[str, Zone],
    ranking: Iterable[Ranked],
    stamp: Stamp,
    numbers: Mapping[str, str] | None = None,
    basis: Text | None = None,
) -> str:
    """Every zone's holdings in one order on A4: the list of the screen on paper. ``basis`` says what it rests on."""
    mine = [one for one in ranking if one.holding in holdings]
    title = Text("抢救清单", "Rescue list")
    body = (
        f"<h1>{both(title)}</h1>"
        + (f"<div>{both(basis)}</div>" if basis else "")
        + _release()
        + _rows(mine, holdings, stamp, numbers, zones)
        + foot(stamp, both(title))
    )
    return document(title, [page("a4", body, stamp)], "A4")


def _release() -> str:
    return (
        f"<div>{label('未经放行不得进入', 'Nobody enters before release')}: "
        f"{label('放行人', 'released by')} {_LINE} {label('时间', 'at')} {_LINE}</div>"
    )


def _rows(
    ranking: Sequence[Ranked],
    holdings: Mapping[str, Holding],
    stamp: Stamp,
    numbers: Mapping[str, str] | None,
    zones: Mapping[str, Zone] | None = None,
) -> str:
    rows: list[str] = []
    for count, one in enumerate(ranking, 1):
        holding = holdings[one.holding]
        act = {"take": "搬出 take", "protect": "盖 cover", "leave": "留 leave"}[one.act]
        number = (numbers or {}).get(one.holding, str(count))
        where = f"<b>{esc(holding.place)}</b>"
        if zones is not None:
            zone = zones.get(holding.zone)
            where += f"<br>{both(zone.name) if zone else esc(holding.zone)}"
        rows.append(
            f"<tr><td>{esc(number)}</td><td>{where}</td>"
            f"<td>{esc(title_of(holding, stamp))}<br>{esc(holding.id)}</td>"
            f"<td>{_MARK.get(holding.grade, '')}{holding.grade}</td>"
            f"<td>{esc(act)}</td><td>{holding.people}</td><td>{holding.units} × {holding.unit_kg:g} kg</td>"
            f"<td>{holding.carry_min:g}</td><td>{both(holding.handling)}</td><td>□</td><td>□</td><td></td></tr>"
        )
    heads = (("", "#"), ("架位", "shelf"), ("档案", "holding"), ("级", "gr."), ("做法", "act"), ("人", "ppl"),
             ("件", "units"), ("分", "min"), ("搬法", "handling"), ("出", "out"), ("到", "in"),
             ("签", "by"))  # fmt: skip
    head = "".join(f"<th>{label(zh, en)}</th>" for zh, en in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def playbook_card(playbook: Playbook, stamp: Stamp, *, role: str = "") -> str:
    """One side of A4: when to leave, the acts to know by heart, then one act a line, branches in view.

    With ``role`` only that role's acts, under the same numbers as the whole card.
    """
    numbers = {step.id: number for number, step in enumerate(playbook.steps, 1)}
    mine = [step for step in playbook.steps if not role or step.who == role]
    heart = "".join(f"<div>{numbers[step.id]}. {both(step.do)}</div>" for step in mine if step.by_heart)
    rows = "".join(_step_row(step, numbers) for step in mine)
    heads = (("", "#"), ("做什么", "do"), ("谁", "who"), ("时限", "by"), ("完成", "done"))
    head = "".join(f"<th>{label(zh, en)}</th>" for zh, en in heads)
    stop = f'<div class="stop">{label("立即撤离", "Leave at once if")}: {both(playbook.stop_when)}</div>'
    heading = f" · {esc(role)}" if role else ""
    body = (
        f"<h1>{both(playbook.title)}{heading}</h1>"
        + (stop if playbook.stop_when.zh or playbook.stop_when.en else "")
        + (f'<div class="heart">{heart}</div>' if heart else "")
        + f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        f"<p>{label('本卡完。回到屏幕或指挥处继续。', 'End of card. Go on at the screen or the command post.')}</p>"
        + foot(stamp, both(playbook.title))
    )
    return document(playbook.title, [page("a4", body, stamp)], "A4")


def _step_row(step: Step, numbers: Mapping[str, int]) -> str:
    extra = ""
    for branch in step.branches:
        target = f"→ {numbers[branch.to]}" if branch.to in numbers else "→"
        extra += f'<div class="branch">□ {both(branch.label)} {target}</div>'
    if step.kind == "confirm":
        extra += f'<div class="branch">{label("第二人", "second name")}: <span class="line"></span></div>'
    if step.kind == "hold":
        who = ", ".join(step.released_by)
        extra += (
            f'<div class="branch"><b>{label("停止点：放行前不得继续", "HOLD: nothing further before release")}</b> '
            f'{esc(who)} <span class="line"></span></div>'
        )
    by = f"{step.within_s / 60:g} min" if step.within_s else ""
    need = "" if step.required else f" ({label('可选', 'optional')})"
    return (
        f"<tr><td>{numbers[step.id]}</td><td>{both(step.do)}{need}{extra}</td><td>{esc(step.who)}</td>"
        f'<td>{esc(by)}</td><td><span class="tick">□</span> ___:___</td></tr>'
    )


def contact_list(people: Iterable[Person], outside: Sequence[tuple[Text, str]], stamp: Stamp) -> str:
    """Everybody who can be called, with room for the answer: confidential, A4."""
    rows = "".join(
        f"<tr><td>{both(person.name)}</td><td>{esc(', '.join(person.roles))}</td>"
        f"<td><b>{esc(person.phone)}</b></td><td></td></tr>"
        for person in people
    )
    rows += "".join(
        f"<tr><td>{both(name)}</td><td></td><td><b>{esc(number)}</b></td><td></td></tr>"
        for name, number in outside
    )
    body = (
        f"<h1>{label('联络表', 'Contacts')}</h1><div class='stop'>{label('内部资料，不得外传', 'Confidential')}</div>"
        f"<table><thead><tr><th>{label('姓名', 'name')}</th>"
        f"<th>{label('职责', 'roles')}</th><th>{label('电话', 'phone')}</th>"
        f"<th>{label('几点通知', 'told at')}</th></tr></thead><tbody>{rows}</tbody></table>"
        + foot(stamp, label("联络表", "contacts"))
    )
    return document(Text("联络表", "Contacts"), [page("a4", body, stamp)], "A4")


def entry_log(stamp: Stamp, rows: int = 24) -> str:
    """Who goes in where and when, and comes out: the tally for when no screen works."""
    heads = (("姓名", "name"), ("区域", "zone"), ("进", "in"), ("出", "out"), ("同伴", "with"))
    return _blank(Text("进出登记", "Entry log"), heads, rows, stamp)


def inventory(stamp: Stamp, rows: int = 24) -> str:
    """What arrived at the assembly point, in which condition, from whom to whom."""
    heads = (("编号", "id"), ("来自", "from"), ("时间", "time"), ("状况（湿/干）", "condition (wet/dry)"),
             ("箱号", "crate"), ("交", "given by"), ("收", "received by"))  # fmt: skip
    return _blank(Text("抢救清点", "Salvage inventory"), heads, rows, stamp)


def _blank(title: Text, heads: Sequence[tuple[str, str]], rows: int, stamp: Stamp) -> str:
    head = "".join(f"<th>{label(zh, en)}</th>" for zh, en in heads)
    line = "<tr>" + "<td>&nbsp;</td>" * len(heads) + "</tr>"
    body = (
        f"<h1>{both(title)}</h1><table><thead><tr>{head}</tr></thead><tbody>{line * rows}</tbody></table>"
        + foot(stamp, both(title))
    )
    return document(title, [page("a4", body, stamp)], "A4")
