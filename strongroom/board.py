"""The board: everything a screen needs, as one value, computed from the core."""

from __future__ import annotations

from alerts import people
from alerts.model import NoticeState
from sensors.model import Quality, Text
from sensors.state import Freshness, Trouble, has, state
from strongroom.core import Core
from strongroom.model import Aside, Board, Health, Latest, OnDuty, Strangers

NOTICES_SHOWN_S = 86400.0
LASTING = frozenset({"trouble", "canary"})  # records that say how channels are doing; there are few
UNVERIFIED = Text("只有旧值，未证实", "only an old value, unverified")


def latest(core: Core, now: float) -> dict[str, Latest]:
    """The newest reading of every registered sensor and how the sensor is doing."""
    found: dict[str, Latest] = {}
    for name, record in core.evaluator.records().items():
        reading = core.latest.get(name)
        standing = state(record, now, core.evaluator.neighbours(name))
        stale = standing.freshness is Freshness.NEVER and reading is not None
        unverified = stale and reading is not None and reading.quality is Quality.RETAINED
        offline = has(record, Trouble.OFFLINE, now)
        found[name] = Latest(
            value=reading.value if reading else None,
            measured_at=reading.measured_at if reading else None,
            received_at=reading.received_at if reading else None,
            quality=reading.quality if reading else None,
            state="unverified" if unverified else standing.name,
            words=UNVERIFIED if unverified else standing.reason,
            online=None if offline is None else not offline,
            troubles=tuple(trouble.value for trouble in standing.troubles),
        )
    return found


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
        aside=tuple(
            Aside(
                sensor=name,
                by=record.by,
                reason=record.reason,
                since_at=record.at,
                until_at=record.until_at,
            )
            for name, record in core.instruments.service.out.items()
        ),
        uncalibrated=core.instruments.calibrations.overdue(now),
        strangers=strangers(core),
    )


def strangers(core: Core) -> Strangers:
    """The inbox of unregistered sources in figures."""
    listed = core.instruments.newcomers.listed()
    understood = sum(one.understood for one in listed)
    unlisted = core.instruments.newcomers.unlisted()
    return Strangers(understood, len(listed) - understood, unlisted.sources, unlisted.messages)
