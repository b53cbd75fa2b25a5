"""The incident log and after-action report as printable HTML, from the events of one incident alone; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from playbooks.drill import DrillReport
from playbooks.items import ItemState
from playbooks.measures import Event, Measures, measure
from playbooks.model import Holding, Incident, IncidentEvent
from playbooks.paper import Stamp, both, document, esc, foot, label, page, title_of
from playbooks.salvage import WORDS
from playbooks.site import Site
from sensors.model import Text

When = Callable[[float], str]
"""Unix seconds to the wall time of the building; the caller knows the time zone."""
_ITEM = {
    "waiting": Text("待运", "waiting"),
    "out": Text("已出库", "out"),
    "arrived": Text("已到达", "arrived"),
    "covered": Text("已覆盖", "covered"),
    "cannot": Text("无法", "cannot"),
    "returned": Text("已归架", "back on the shelf"),
}


def incident_report(
    record: Sequence[Event],
    incident_id: str,
    site: Site,
    stamp: Stamp,
    when: When,
    judged: DrillReport | None = None,
) -> str:
    """Cover, measures, timeline, people inside, rescue and custody, deviations; for drills also the judgement.

    ``record`` is the whole record in order of time; KeyError where it holds nothing of that incident.
    """
    mine = [
        event for event in record if not isinstance(event, IncidentEvent) or event.incident.id == incident_id
    ]
    acts = [event for event in mine if isinstance(event, IncidentEvent)]
    if not acts:
        raise KeyError(incident_id)
    last = acts[-1].incident
    about = set(last.alarms) | {last.id, last.reference}
    mine = [event for event in mine if isinstance(event, IncidentEvent) or _concerns(event, about)]
    found = measure(mine, last.opened_at)
    body = "".join(
        (
            _cover(last, site, when),
            _judgement(judged) if judged else "",
            _measures(found),
            _timeline(mine, when, site),
            _steps(found),
            _presence(last, site, when),
            _rescue(last, site.holdings, stamp, when),
            _findings(found),
        )
    )
    title = Text(f"{last.playbook.title.zh} 处置报告", f"{last.playbook.title.en}: report")
    return document(title, [page("a4", body + foot(stamp, esc(last.id)), stamp)], "A4")


def _concerns(event: Event, about: set[str]) -> bool:
    alarm = getattr(event, "alarm", None)
    notice = getattr(event, "notice", None)
    if alarm is not None:
        return alarm.id in about or alarm.reference in about
    return notice is not None and (notice.about in about or notice.reference in about)


def _cover(incident: Incident, site: Site, when: When) -> str:
    zones = Text(
        "、".join(site.zone_name(zone).zh for zone in incident.zones),
        ", ".join(site.zone_name(zone).en for zone in incident.zones),
    )
    kind = {
        "incident": Text("事件", "Incident"),
        "drill": Text("演练", "DRILL"),
        "tabletop": Text("桌面推演", "TABLETOP"),
    }
    closed = when(incident.closed_at) if incident.closed_at else "—"
    rows = (
        (label("性质", "Kind"), both(kind[incident.kind])),
        (label("编号", "Reference"), esc(f"{incident.reference} / {incident.id}")),
        (label("区域", "Zones"), both(zones)),
        (label("响应级别", "Level"), f"{esc(incident.level)} · {both(incident.level_reason)}"),
        (label("开始", "Opened"), esc(when(incident.opened_at))),
        (label("结束", "Closed"), f"{esc(closed)} {esc(incident.closed_note)}"),
        (label("预案", "Plan"), f"{both(incident.playbook.title)} {esc(incident.playbook.revision)}"),
        (
            label("职责", "Roles"),
            esc(", ".join(f"{role}: {site.person_name(who).zh}" for role, who in incident.roles.items())),
        ),
    )
    return f"<h1>{both(incident.playbook.title)}</h1>" + _table((), [list(row) for row in rows])


def _judgement(judged: DrillReport) -> str:
    rows = [
        [
            esc(f"{line.expect.at_s:g} s"),
            both(line.says),
            esc({"in time": "✔", "late": "½", "missed": "✘"}[line.met]),
        ]
        for line in judged.lines
    ]
    gate = "".join(f'<div class="stop">{both(words)}</div>' for words in judged.gate)
    return (
        f"<h2>{label('评定', 'Judgement')}: {judged.score:g} / 100 · {esc(judged.rating)}</h2>{gate}"
        + _table((), rows)
    )


def _measures(found: Measures) -> str:
    shown = (
        (label("启动预案", "incident opened"), found.opened_s),
        (label("第一条消息", "first message"), found.first_message_s),
        (label("有人应答", "somebody answered"), found.answered_s),
        (label("首次放行", "first zone released"), found.cleared_s),
        (label("第一件出库", "first holding out"), found.first_out_s),
    )
    rows = [[name, "—" if value is None else esc(f"{value:.0f} s")] for name, value in shown]
    rows.append([label("搬出 / 覆盖", "out / covered"), esc(f"{found.items_out} / {found.items_covered}")])
    if found.on_time is not None:
        rows.append([label("按时步骤", "steps on time"), esc(f"{found.on_time * 100:.0f} %")])
    return f"<h2>{label('指标', 'Measures')}</h2>" + _table((), rows)


def _timeline(record: Sequence[Event], when: When, site: Site) -> str:
    rows = []
    for event in record:
        about = getattr(event, "alarm", None)
        words = (
            both(event.reason) if event.reason.zh or event.reason.en else (both(about.name) if about else "")
        )
        rows.append([esc(when(event.at)), esc(site.person_name(event.by).zh), esc(event.kind), words])
    heads = (label("时间", "time"), label("谁", "who"), label("类别", "kind"), label("内容", "what"))
    return f"<h2>{label('时间线', 'Timeline')}</h2>" + _table(heads, rows)


def _steps(found: Measures) -> str:
    rows = [
        [
            both(step.do),
            esc(f"{step.target_s:.0f} s") if step.target_s else "",
            esc(f"{step.took_s:.0f} s") if step.took_s is not None else esc(step.state),
        ]
        for step in found.steps
    ]
    heads = (label("步骤", "step"), label("目标", "target"), label("实际", "took"))
    return f"<h2>{label('步骤', 'Steps')}</h2>" + _table(heads, rows)


def _presence(incident: Incident, site: Site, when: When) -> str:
    rows = [
        [
            both(site.person_name(one.person)),
            both(site.zone_name(one.zone)),
            esc(when(one.in_at)),
            esc(when(one.out_at))
            if one.out_at is not None
            else f"<b>{label('未登记出来', 'not logged out')}</b>",
        ]
        for one in incident.inside
    ]
    if not rows:
        return ""
    heads = (label("姓名", "name"), label("区域", "zone"), label("进", "in"), label("出", "out"))
    return f"<h2>{label('进出', 'Entry log')}</h2>" + _table(heads, rows)


def _rescue(incident: Incident, holdings: Mapping[str, Holding], stamp: Stamp, when: When) -> str:
    ranks = {one.holding: one.rank for one in incident.plan.ranking} if incident.plan else {}
    rows = []
    for id_, item in sorted(incident.items.items(), key=lambda entry: entry[1].at):
        holding = holdings.get(id_)
        wet = f"{label('湿，自', 'wet since')} {esc(when(item.wet_at))}" if item.wet_at is not None else ""
        received = (
            f"{esc(item.received_by)} {esc(when(item.received_at))}" if item.received_at is not None else "—"
        )
        rows.append(
            [
                esc(ranks.get(id_, "")),
                f"{esc(title_of(holding, stamp)) if holding else ''} {esc(id_)}",
                both(_ITEM[item.state]),
                f"{esc(item.out_by)} {esc(when(item.out_at)) if item.out_at is not None else ''}",
                received,
                f"{esc(item.condition)} {wet} {esc(item.note)} {_care(item, when)}",
            ]
        )
    if not rows:
        return ""
    heads = (label("名次", "rank"), label("档案", "holding"), label("状态", "state"), label("出库", "out"),
             label("接收", "received"), label("状况", "condition"))  # fmt: skip
    return f"<h2>{label('抢救与交接', 'Rescue and custody')}</h2>" + _table(heads, rows)


def _care(item: ItemState, when: When) -> str:
    """What was done to a wet holding, in order."""
    return "<br>".join(
        f"{esc(when(one.at))} {label(*WORDS[one.what])}"
        + (f" {one.moisture_pct:g} %" if one.moisture_pct is not None else "")
        + (f" {esc(one.note)}" if one.note else "")
        for one in item.care
    )


def _findings(found: Measures) -> str:
    if not found.findings:
        return ""
    items = "".join(f"<li>{both(words)}</li>" for words in found.findings)
    return f"<h2>{label('发现', 'Findings')}</h2><ul>{items}</ul>"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = f"<thead><tr>{''.join(f'<th>{cell}</th>' for cell in heads)}</tr></thead>" if heads else ""
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table>{head}<tbody>{body}</tbody></table>"
