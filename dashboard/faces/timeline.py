"""What happened in an incident, newest first, out of the journal; and a line of one's own."""

from __future__ import annotations

import json

from alerts.model import NoticeState
from dashboard.faces.chrome import card
from dashboard.faces.rescue_plan import may_see
from dashboard.html import esc, join, tag
from dashboard.scene import Scene
from playbooks.model import Incident
from strongroom.journal import AlarmData, IncidentData, decode

# Lines that name holdings: for those who may see the rescue list.
_RESCUE = frozenset(
    f"incident.{kind}"
    for kind in ("item", "moved", "treated", "returned", "wet_clock", "proposed", "accepted", "planned")
)


def timeline(scene: Scene, incident: Incident) -> str:
    """Everything that happened, newest first, from the journal; and a line of one's own."""
    w = scene.w
    lines: list[tuple[float, str, str]] = []
    for entry in scene.desk.entries(about=incident.id, limit=120):
        data = decode(entry)
        if entry.kind in _RESCUE and not may_see(scene, incident):
            continue
        if isinstance(data, IncidentData):
            words = w.of(data.reason) or w.named("event", entry.kind.partition(".")[2])
            if entry.kind == "incident.note" and data.incident.notes:
                words = f"“{data.incident.notes[-1].words}”"
            lines.append((entry.at, entry.by, words))
    for alarm_id in incident.alarms[:20]:
        for entry in scene.desk.entries(about=alarm_id, limit=20):
            data = decode(entry)
            if isinstance(data, AlarmData):
                what = w.named("event", entry.kind.partition(".")[2])
                lines.append(
                    (
                        entry.at,
                        entry.by,
                        f"{scene.zone_name(data.alarm.zone)} {w.of(data.alarm.name)}: {what}",
                    )
                )
    about = {incident.id, *incident.alarms}
    for notice in scene.board.notices if scene.board else ():
        if notice.about in about and notice.state is not NoticeState.NOTED:
            for entry in scene.desk.entries(about=notice.id, limit=10):
                what = w.named("event", entry.kind.partition(".")[2])
                who = scene.person_name(notice.person)
                lines.append((entry.at, entry.by, w("incident.told", who=who, what=what)))
    if not lines:
        lines = [(note.at, note.by, f"“{note.words}”") for note in incident.notes]
        lines.append((incident.opened_at, incident.opened_by, w("event.opened")))
    rows = join(
        tag(
            "li",
            tag("time", esc(scene.clock(at))),
            tag("b", esc(scene.person_name(by))),
            tag("span", esc(words)),
        )
        for at, by, words in sorted(lines, key=lambda line: -line[0])[:80]
    )
    form = ""
    if scene.viewer.may("tick") and incident.state != "closed":
        form = tag(
            "form",
            tag(
                "input",
                name="words",
                required=True,
                maxlength="500",
                aria_label=w("incident.say"),
                placeholder=w("incident.say"),
            ),
            tag("button", esc(w("incident.write")), type="submit", class_="sr-button sr-main-button"),
            data_act=json.dumps({"type": "incident.say", "incident": incident.id}),
            data_key="say-form",
            class_="sr-sayform",
        )
    return card(
        w("incident.timeline"),
        form,
        tag("ol", rows, class_="sr-timeline", tabindex="0", aria_label=w("incident.timeline")),
        key="timeline",
    )
