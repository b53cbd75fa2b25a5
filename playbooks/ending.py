"""How an incident ends: contained, recovering, closed by the rule or by a signed override (C31); pure."""

from __future__ import annotations

from msgspec.structs import replace

from playbooks import custody, safety
from playbooks.acts import Advance, CloseIncident
from playbooks.model import Incident
from playbooks.safety import Outcome, no, said
from playbooks.site import COMMAND, Site
from playbooks.steps import unfinished
from sensors.model import Text


def advance(incident: Incident, act: Advance, by: str, now: float) -> Outcome:
    """Contained, recovering (drying, returns), or open again."""
    if incident.state == act.state:
        return incident, ()
    after = replace(incident, state=act.state)
    words = {
        "contained": ("险情已控制", "contained"),
        "recovering": ("险情稳定，转入恢复", "stable, recovering"),
        "open": ("重新处置", "open again"),
    }[act.state]
    note = f"：{act.note}" if act.note else ""
    return after, (
        said("incident.state", after, now, by, words[0] + note, words[1] + note.replace("：", ": ")),
    )


def finish(incident: Incident, act: CloseIncident, by: str, now: float, site: Site) -> Outcome:
    """Close: never with people inside; otherwise only when nothing is open, or signed by the head with a
    reason."""
    still = safety.inside(incident)
    if still:
        names = site.person_name(still[0].person)
        return no(
            incident,
            by,
            f"里面还有 {len(still)} 人（{names.zh}{' 等' if len(still) > 1 else ''}），先清点出来。",
            f"Still inside: {names.en}{f' and {len(still) - 1} more' if len(still) > 1 else ''}. Count them out first.",
        )
    blocked = _blocked(incident)
    if blocked and not act.override:
        return no(incident, by, blocked.zh, blocked.en)
    if blocked and not site.roles(by, incident) & set(COMMAND):
        return no(
            incident,
            by,
            "越权结束需要负责人签字：" + "、".join(COMMAND),
            "An override must be signed by one of: " + ", ".join(COMMAND),
        )
    if blocked and not act.note.strip():
        return no(incident, by, "越权结束必须写明理由。", "An override needs a reason.")
    after = replace(incident, state="closed", closed_at=now, closed_by=by, closed_note=act.note.strip())
    zh = (
        f"越权结束（{blocked.zh}）：{after.closed_note}"
        if blocked
        else f"事件结束 {after.closed_note}".strip()
    )
    en = (
        f"Closed by override ({blocked.en}): {after.closed_note}"
        if blocked
        else f"Closed {after.closed_note}".strip()
    )
    return after, (said("incident.closed", after, now, by, zh, en),)


def _blocked(incident: Incident) -> Text | None:
    """Why the incident cannot be closed in the ordinary way; None where it can. In a drill nothing was really carried
    off, so nothing has to come back."""
    todo = unfinished(incident)
    if todo:
        count = len(todo)
        return Text(
            f"还有 {count} 个必做步骤未完成：{todo[0].do.zh}",
            f"{count} required steps are open: {todo[0].do.en}",
        )
    odd = [alarm for alarm in incident.alarms if incident.sources.get(alarm) != "normal"]
    if odd:
        unknown = any(incident.sources.get(alarm) == "unknown" for alarm in odd)
        zh, en = (
            ("数据中断，不能当作正常", "reports nothing, which is not normal")
            if unknown
            else ("仍在报警", "is still active")
        )
        return Text(f"险情来源 {odd[0]} {zh}", f"The source {odd[0]} {en}")
    still = custody.away(incident) if incident.kind == "incident" else ()
    if still:
        return Text(
            f"还有 {len(still)} 件未归架（{still[0]}）：保持“稳定”状态直到全部归还",
            f"Not back on the shelf: {len(still)} ({still[0]}). The run stays stable until they are",
        )
    return None
