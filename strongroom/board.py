"""The board: everything a screen needs, as one value, computed from the core."""

from __future__ import annotations

import math

from alerts import people
from alerts.model import NoticeState
from sensors.freshness import Seen, freshness
from sensors.model import Quality, Reading, Sensor, Text
from strongroom.core import Core
from strongroom.model import Board, Health, Latest, OnDuty

NOTICES_SHOWN_S = 86400.0
LASTING = frozenset({"trouble", "canary"})  # records that say how channels are doing; there are few
UNVERIFIED = Text("只有旧值，未证实", "only an old value, unverified")


def latest(core: Core, now: float) -> dict[str, Latest]:
    """The newest reading of every registered sensor and how the sensor is doing."""
    found: dict[str, Latest] = {}
    for sensor in core.building.sensors.values():
        reading = core.latest.get(sensor.id)
        life = core.online.get(sensor.id)
        state, words = _state(core, sensor, reading, now)
        found[sensor.id] = Latest(
            value=reading.value if reading else None,
            measured_at=reading.measured_at if reading else None,
            received_at=reading.received_at if reading else None,
            quality=reading.quality if reading else None,
            state=state,
            words=words,
            online=life.online if life else None,
        )
    return found


def _state(core: Core, sensor: Sensor, reading: Reading | None, now: float) -> tuple[str, Text]:
    """The sensor's freshness from the same record that the silence rules judge by."""
    record = core.evaluator.seen(sensor.id)
    measured = record is not None and math.isfinite(record.measured_at)
    if not measured and reading is not None and reading.quality is Quality.RETAINED:
        return "unverified", UNVERIFIED
    seen = Seen(
        since=record.known_at if record is not None else now,
        measured_at=record.measured_at if record is not None and measured else None,
        same_since=record.measured_at if record is not None and measured else 0.0,
        implausible_at=reading.measured_at if reading is not None and _implausible(reading) else None,
    )
    state = freshness(sensor, seen, now)
    return state.freshness.value, state.reason


def _implausible(reading: Reading) -> bool:
    return reading.quality is Quality.IMPLAUSIBLE


def on_duty(core: Core, now: float) -> tuple[OnDuty, ...]:
    """Who would be tried first right now."""
    building = core.building
    shifts = people.on_duty(building.people, building.duties, building.timezone, now)
    return tuple(OnDuty(person=one.person, role=one.role, until_at=one.until_at) for one in shifts)


def board(core: Core, now: float, revision: int, started_at: float, health: Health) -> Board:
    """What is true now."""
    tests = {notice.id for notice in core.pager.tests()}
    notices = [
        notice
        for notice in core.pager.notices.values()
        if notice.due_at >= now - NOTICES_SHOWN_S
        or notice.id in tests
        or (notice.kind in LASTING and notice.state is NoticeState.NOTED)
    ]
    return Board(
        revision=revision,
        at=now,
        beat_at=now,
        building=core.building.id,
        folder_revision=core.building.revision,
        started_at=started_at,
        latest=latest(core, now),
        alarms=tuple(core.annunciator.alarms.values()),
        incidents=tuple(core.response.incidents.values()),
        notices=tuple(notices),
        on_duty=on_duty(core, now),
        health=health,
        rejects=tuple(core.rejects),
        unknown_topics=dict(core.unknown.most_common(50)),
        last_change_at=core.last_change_at,
    )
