"""The board: everything a screen needs, as one value, computed from the core."""

from __future__ import annotations

from sensors.freshness import assess

from strongroom.core import Core
from strongroom.model import Board, Health, Latest, OnDuty

NOTICES_SHOWN_S = 86400.0


def latest(core: Core, now: float, started_at: float) -> dict[str, Latest]:
    """The newest reading of every registered sensor and how the sensor is doing."""
    found: dict[str, Latest] = {}
    for sensor in core.building.sensors.values():
        reading = core.latest.get(sensor.id)
        life = core.online.get(sensor.id)
        state = assess(sensor, reading, now, started_at)
        found[sensor.id] = Latest(
            value=reading.value if reading else None,
            measured_at=reading.measured_at if reading else None,
            received_at=reading.received_at if reading else None,
            quality=reading.quality if reading else None,
            state=state.state,
            words=state.words,
            online=life.online if life else None,
        )
    return found


def on_duty(core: Core, now: float) -> tuple[OnDuty, ...]:
    """Who would be tried first right now."""
    return tuple(
        OnDuty(person=one.person, role=one.role, until_at=one.until_at) for one in core.pager.on_duty(now)
    )


def board(core: Core, now: float, revision: int, started_at: float, health: Health) -> Board:
    """What is true now."""
    notices = [notice for notice in core.pager.notices.values() if notice.due_at >= now - NOTICES_SHOWN_S]
    return Board(
        revision=revision,
        at=now,
        beat_at=now,
        building=core.building.id,
        folder_revision=core.building.revision,
        started_at=started_at,
        latest=latest(core, now, started_at),
        alarms=tuple(core.annunciator.alarms.values()),
        incidents=tuple(core.response.incidents.values()),
        notices=tuple(notices),
        on_duty=on_duty(core, now),
        health=health,
        rejects=tuple(core.rejects),
        unknown_topics=dict(core.unknown.most_common(50)),
        last_change_at=core.last_change_at,
    )
