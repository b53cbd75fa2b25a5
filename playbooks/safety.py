"""Who may be where: zones are closed until a named person clears them, and people inside are counted; pure.

The rules here cannot be changed by a plan: nobody enters before release, nobody is alone, coming out is
never refused, a release falls on new evidence and never by or into a timer (DA/T 84-2019 principle c;
peers: entry control logs of the fire services).
"""

from __future__ import annotations

from msgspec.structs import replace

from alerts.model import Refused
from playbooks.acts import ClearZone, CloseZone, ComeOut, GoIn
from playbooks.model import Access, Incident, IncidentEvent, Presence, RescuePlan
from playbooks.site import RELEASERS, Site, listed
from playbooks.steps import holds_on
from sensors.model import Text

CLOSED = Access(state="closed")
CARRY_OUT_S = 900.0
"""After a zone is closed again, boxes already in people's hands may still be ticked as out for this
long."""
Outcome = tuple[Incident, tuple[IncidentEvent | Refused, ...]]


def access(incident: Incident, zone: str) -> Access:
    """How the zone stands; closed where nothing was ever said about it."""
    return incident.access.get(zone, CLOSED)


def cleared_zones(incident: Incident) -> tuple[str, ...]:
    """The zones people may enter now, in a stable order."""
    return tuple(sorted(zone for zone, state in incident.access.items() if state.state == "cleared"))


def inside(incident: Incident, zone: str = "") -> tuple[Presence, ...]:
    """People who are inside now: in one zone, or anywhere."""
    return tuple(p for p in incident.inside if p.out_at is None and (not zone or p.zone == zone))


def refuse(incident: Incident | None, by: str, zh: str, en: str, about: str = "") -> Refused:
    """A refusal with its sentence."""
    return Refused(about=about or (incident.id if incident else ""), reason=Text(zh, en), by=by)


def no(incident: Incident, by: str, zh: str, en: str) -> Outcome:
    """Nothing changed, and why."""
    return incident, (refuse(incident, by, zh, en),)


def said(kind: str, incident: Incident, now: float, by: str, zh: str, en: str) -> IncidentEvent:
    """An event with its reason in both languages."""
    return IncidentEvent(kind=kind, incident=incident, at=now, by=by, reason=Text(zh, en))


def clear_zone(incident: Incident, act: ClearZone, by: str, now: float, site: Site) -> Outcome:
    """Release a zone for rescue: by a named person with the right role, for a reason, with no hold of the
    plan open."""
    name = site.zone_name(act.zone)
    if act.zone not in site.zones:
        return no(incident, by, f"没有名为 {act.zone} 的区域。", f"There is no zone {act.zone}.")
    if access(incident, act.zone).state == "cleared":
        return incident, ()
    if by not in site.people:
        return no(incident, by, "放行要由实名人员作出。", "Only a named person can release a zone.")
    named = {role for step in incident.playbook.steps if step.kind == "hold" for role in step.released_by}
    allowed = tuple(sorted(named)) or RELEASERS
    if not site.roles(by, incident) & set(allowed):
        return no(
            incident,
            by,
            f"放行 {name.zh} 需要以下职责之一：{listed(allowed)}。",
            f"Releasing {name.en} needs one of these roles: {listed(allowed)}.",
        )
    if not act.reason.strip():
        return no(
            incident,
            by,
            "请写明放行理由（例如：已断电，地面安全）。",
            "Say why it is safe (for example: power is off, floor is safe).",
        )
    holds = holds_on(incident, act.zone)
    if holds:
        return no(
            incident,
            by,
            f"先完成停止点：{holds[0].do.zh}",
            f"First release the hold point: {holds[0].do.en}",
        )
    cleared = Access(state="cleared", by=by, at=now, reason=act.reason.strip(), cleared_at=now)
    after = replace(incident, access={**incident.access, act.zone: cleared}, everyone_out_at=None)
    if after.budget_at is None:
        after = replace(after, budget_at=now)
    who = site.person_name(by)
    return after, (
        said(
            "incident.zone_cleared",
            after,
            now,
            by,
            f"{who.zh}放行 {name.zh}：{cleared.reason}",
            f"{who.en} released {name.en}: {cleared.reason}",
        ),
    )


def close(
    incident: Incident, zones: tuple[str, ...], by: str, now: float, reason: Text, site: Site
) -> Outcome:
    """Close zones again and strike their trips from both plans at once; already closed ones stay as they
    are."""
    fresh = tuple(
        z for z in dict.fromkeys(zones) if z not in incident.access or access(incident, z).state == "cleared"
    )
    if not fresh:
        return incident, ()
    shut = {
        zone: Access(
            state="closed", by=by, at=now, reason=reason.zh, cleared_at=access(incident, zone).cleared_at
        )
        for zone in fresh
    }
    after = replace(incident, access={**incident.access, **shut})
    after = replace(after, plan=strike(after.plan, after), proposed=strike(after.proposed, after))
    zh = "、".join(site.zone_name(zone).zh for zone in fresh)
    en = listed(tuple(site.zone_name(zone).en for zone in fresh))
    return after, (
        said("incident.zone_closed", after, now, by, f"{zh} 关闭：{reason.zh}", f"{en} closed: {reason.en}"),
    )


def strike(plan: RescuePlan | None, incident: Incident) -> RescuePlan | None:
    """The plan without any trip into a zone that is not cleared now."""
    if plan is None:
        return None
    cleared = cleared_zones(incident)
    trips = tuple(trip for trip in plan.trips if all(zone in cleared for zone in (trip.via or (trip.zone,))))
    kept = tuple(zone for zone in plan.cleared if zone in cleared)
    return plan if trips == plan.trips and kept == plan.cleared else replace(plan, trips=trips, cleared=kept)


def close_zone(incident: Incident, act: CloseZone, by: str, now: float, site: Site) -> Outcome:
    """Anybody may close a zone, for any reason."""
    if act.zone not in site.zones:
        return no(incident, by, f"没有名为 {act.zone} 的区域。", f"There is no zone {act.zone}.")
    reason = Text(act.reason or "人员要求关闭", act.reason or "somebody asked for it")
    return close(incident, (act.zone,), by, now, reason, site)


def go_in(incident: Incident, act: GoIn, by: str, now: float, site: Site) -> Outcome:
    """People enter together: only a cleared zone, never alone, never more than the zone's limit."""
    name = site.zone_name(act.zone)
    persons = tuple(dict.fromkeys(person.strip() for person in act.persons if person.strip()))
    here = {presence.person for presence in inside(incident, act.zone)}
    coming = tuple(person for person in persons if person not in here)
    if not persons:
        return no(incident, by, "请写明谁进入。", "Say who goes in.")
    if not coming:
        return incident, ()
    if incident.state == "closed":
        return no(incident, by, "事件已结束。", "The incident is closed.")
    if access(incident, act.zone).state != "cleared":
        return no(
            incident,
            by,
            f"{name.zh} 尚未放行，任何人不得进入。",
            f"{name.en} is not released: nobody may enter.",
        )
    if len(here) + len(coming) < 2:
        return no(
            incident, by, "必须两人以上同行，不得单独进入。", "Two people at least: nobody goes in alone."
        )
    limit = site.zones[act.zone].people_limit if act.zone in site.zones else 0
    if limit and len(here) + len(coming) > limit:
        return no(
            incident,
            by,
            f"{name.zh} 最多 {limit} 人，里面已有 {len(here)} 人。",
            f"At most {limit} people in {name.en}; {len(here)} are inside.",
        )
    moved = tuple(
        replace(p, out_at=now) if p.out_at is None and p.person in coming else p for p in incident.inside
    )
    entered = tuple(Presence(person=p, zone=act.zone, in_at=now, party=persons) for p in coming)
    after = replace(incident, inside=(*moved, *entered))
    zh = "、".join(site.person_name(p).zh for p in coming)
    en = listed(tuple(site.person_name(p).en for p in coming))
    return after, (said("incident.in", after, now, by, f"{zh} 进入 {name.zh}", f"{en} went into {name.en}"),)


def come_out(incident: Incident, act: ComeOut, by: str, now: float, site: Site) -> Outcome:
    """Somebody came out: always taken; whoever is left alone is named."""
    there = tuple(
        p for p in inside(incident) if p.person == act.person and (not act.zone or p.zone == act.zone)
    )
    if not there:
        if any(p.person == act.person for p in incident.inside):
            return incident, ()
        return no(
            incident,
            by,
            f"{act.person} 没有登记进入；如在里面请先登记。",
            f"{act.person} was never logged as inside.",
        )
    after = replace(
        incident, inside=tuple(replace(p, out_at=now) if p in there else p for p in incident.inside)
    )
    zone = there[0].zone
    who, name = site.person_name(act.person), site.zone_name(zone)
    left = inside(after, zone)
    zh, en = f"{who.zh} 离开 {name.zh}", f"{who.en} came out of {name.en}"
    if len(left) == 1:
        alone = site.person_name(left[0].person)
        zh += f"；{alone.zh} 独自在内，应立即出来"
        en += f"; {alone.en} is alone inside and must come out"
    return after, (said("incident.out", after, now, by, zh, en),)


def everyone_out(incident: Incident, by: str, now: float, site: Site) -> Outcome:
    """Withdraw: every zone closes, no trip remains; heads are counted until each has come out."""
    if incident.everyone_out_at is not None:
        return incident, ()
    reason = Text("全体撤离", "everyone out")
    closed, _ = close(incident, tuple(incident.access), by, now, reason, site)
    after = replace(closed, everyone_out_at=now, proposed=None)
    still = inside(after)
    zh = "、".join(site.person_name(p.person).zh for p in still) or "无"
    en = listed(tuple(site.person_name(p.person).en for p in still)) or "nobody"
    return after, (
        said(
            "incident.everyone_out",
            after,
            now,
            by,
            f"全体撤离；里面还有：{zh}",
            f"Everyone out; still inside: {en}",
        ),
    )


def overtime(incident: Incident, now: float, site: Site) -> Outcome:
    """One warning for each person whose time inside is over (20 min a sortie unless the commander says
    otherwise)."""
    over = tuple(p for p in inside(incident) if not p.warned and now - p.in_at >= incident.sortie_min * 60.0)
    if not over:
        return incident, ()
    after = replace(
        incident, inside=tuple(replace(p, warned=True) if p in over else p for p in incident.inside)
    )
    zh = "、".join(site.person_name(p.person).zh for p in over)
    en = listed(tuple(site.person_name(p.person).en for p in over))
    minutes = f"{incident.sortie_min:g}"
    return after, (
        said(
            "incident.overtime",
            after,
            now,
            "system",
            f"{zh} 在内已超过 {minutes} 分钟，应出来轮换",
            f"{en} inside for over {minutes} min: come out and swap",
        ),
    )


def may_be_out(incident: Incident, zone: str, at: float) -> bool:
    """Whether a holding of this zone can truthfully have been taken out or covered at that moment."""
    state = access(incident, zone)
    if state.cleared_at is None:
        return False
    return state.state == "cleared" or at <= state.at + CARRY_OUT_S
