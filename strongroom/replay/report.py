"""What a playing showed: fires by their seconds, climates by their alarms per month; pure."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from alerts.model import AlarmEvent, NoticeEvent, NoticeState
from playbooks.model import IncidentEvent
from strongroom.replay.player import Played

MONTH_S = 30.4375 * 86400.0
REACHED = (NoticeState.ACCEPTED, NoticeState.SENT, NoticeState.DELIVERED)


class FireRun(Struct, frozen=True):
    """Seconds from ignition; None where it did not happen. ``incident`` is the id of the one that opened."""

    recording: str
    prealarm_s: float | None
    confirmed_s: float | None
    fixed_heat_57c_s: float | None
    false_before: int
    incident: str | None
    message_s: float | None


class Window(Struct, frozen=True):
    """A labelled failure: when, whether an alarm was raised in it, and after how long."""

    from_at: float
    until_at: float
    alarmed: bool
    after_s: float | None


class ClimateRun(Struct, frozen=True):
    """Alarms (raised or come back) and faults over the months of a recording."""

    recording: str
    months: float
    alarms: int
    alarms_per_month: float
    faults_per_month: float
    by_rule: dict[str, int]
    windows: list[Window]
    windows_alarmed: int


def fire_run(name: str, played: Played) -> FireRun:
    """The figures of a fire: the first word of fire counts as pre-alarm, whatever stage spoke first."""
    zero = played.zero_at
    fires = [
        (event.at, event.alarm.stage)
        for event in played.events
        if isinstance(event, AlarmEvent)
        and event.kind in ("alarm.raised", "alarm.returned", "alarm.confirmed")
        and event.alarm.hazard == "fire"
    ]
    false = sum(
        1
        for event in played.events
        if isinstance(event, AlarmEvent)
        and event.kind in ("alarm.raised", "alarm.returned")
        and event.alarm.hazard == "fire"
        and event.at < zero
    )
    messages = (
        event.at
        for event in played.events
        if isinstance(event, NoticeEvent)
        and event.notice.kind == "page"
        and event.notice.state in REACHED
        and event.at >= zero
    )
    incident = next((event.incident.id for event in played.events if isinstance(event, IncidentEvent)), None)
    return FireRun(
        recording=name,
        prealarm_s=_since(zero, min((at for at, _ in fires if at >= zero), default=None)),
        confirmed_s=_since(
            zero, min((at for at, stage in fires if stage == "confirmed" and at >= zero), default=None)
        ),
        fixed_heat_57c_s=_since(zero, played.fixed_heat_at),
        false_before=false,
        incident=incident,
        message_s=_since(zero, min(messages, default=None)),
    )


def climate_run(name: str, played: Played) -> ClimateRun:
    """The figures of a climate recording."""
    months = max((played.last_at - played.first_at) / MONTH_S, 1e-9)
    raised = [
        event
        for event in played.events
        if isinstance(event, AlarmEvent) and event.kind in ("alarm.raised", "alarm.returned")
    ]
    alarms = [event for event in raised if not event.alarm.fault]
    windows = []
    for begin, end in played.windows:
        inside = [event.at for event in raised if begin <= event.at <= end]
        first = min(inside, default=None)
        windows.append(Window(begin, end, bool(inside), _since(begin, first)))
    return ClimateRun(
        recording=name,
        months=round(months, 2),
        alarms=len(alarms),
        alarms_per_month=round(len(alarms) / months, 2),
        faults_per_month=round((len(raised) - len(alarms)) / months, 2),
        by_rule=dict(sorted(Counter(event.alarm.rule for event in raised).items())),
        windows=windows,
        windows_alarmed=sum(1 for window in windows if window.alarmed),
    )


def _since(zero: float, at: float | None) -> float | None:
    return None if at is None else round(at - zero, 3)
