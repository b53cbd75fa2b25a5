"""What time alone does to an incident: it says what is late and who is inside too long; it never releases
anything."""

from __future__ import annotations

from msgspec.structs import replace

from alerts.model import Refused
from playbooks import safety, salvage, steps
from playbooks.model import Incident, IncidentEvent
from playbooks.safety import Outcome, said
from playbooks.site import Site


def time_passed(incident: Incident, now: float, site: Site) -> Outcome:
    """Steps that ran out of time and stays that are too long, each said once."""
    if incident.state == "closed" or incident.suspended:
        return incident, ()
    events: list[IncidentEvent | Refused] = []
    late = steps.overdue(incident, now)
    if late:
        flagged = {one.id: replace(incident.steps[one.id], late=True) for one in late}
        incident = replace(incident, steps={**incident.steps, **flagged})
        zh = "；".join(one.do.zh for one in late)
        en = "; ".join(one.do.en for one in late)
        events.append(said("incident.late", incident, now, "system", f"超时未完成：{zh}", f"Overdue: {en}"))
    incident, over = safety.overtime(incident, now, site)
    incident, wet = salvage.overdue(incident, now, site)
    return incident, (*events, *over, *wet)


def next_due(incident: Incident, site: Site) -> float | None:
    """When time will next have something to say; None where it will not."""
    if incident.state == "closed" or incident.suspended:
        return None
    stays = [p.in_at + incident.sortie_min * 60.0 for p in safety.inside(incident) if not p.warned]
    late = steps.next_due(incident)
    wet = salvage.next_due(incident, site)
    dues = (*stays, *(due for due in (late, wet) if due is not None))
    return min(dues, default=None)
