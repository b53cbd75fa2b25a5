"""How an alarm begins: a rule's facts written into it, so that it stays readable when the folder changes."""

from __future__ import annotations

from msgspec.structs import replace

from alerts.happenings import Met
from alerts.model import Alarm
from alerts.rule import Rule


def blank(rule: Rule, *, id: str, reference: str, scope: str, zone: str, now: float) -> Alarm:
    """An alarm that has not happened yet: the place where a rule's being out of service is written down."""
    return Alarm(
        id=id,
        rule=rule.id,
        scope=scope,
        zone=zone,
        reference=reference,
        priority=rule.priority,
        fault=rule.fault,
        life_safety=rule.life_safety,
        name=rule.name,
        raised_at=now,
        active=False,
        latch=rule.latch,
        hazard=rule.hazard,
        stage=rule.stage,
        playbook=rule.playbook,
        page=rule.page,
        advice=rule.advice,
        consequence=rule.consequence,
        rule_revision=rule.revision,
        raised_count=0,
    )


def raised(met: Met, now: float) -> Alarm:
    """The alarm that a met condition raises."""
    change, rule = met.change, met.rule
    return replace(
        blank(rule, id=met.id, reference=met.reference, scope=change.scope, zone=change.zone, now=now),
        active=True,
        active_at=now,
        raised_count=1,
        latched=rule.latch,
        cause=change.cause,
        evidence=change.evidence,
        reason=change.reason,
        muted_by=met.muted_by,
        first_out=met.first_out,
        chattering=met.chattering,
        unverified=change.unverified,
        drill=change.drill,
        investigate_until_at=now + rule.investigate_s if rule.investigate_s > 0.0 else None,
    )
