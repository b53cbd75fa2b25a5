"""What the journal says of alarms over a long time, read once and then only what is new.

Every viewer's page asks every two seconds; a year of a journal is not decoded for each of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable

from alerts.health import AlarmHealth, alarm_health
from alerts.model import Alarm, AlarmEvent
from dashboard.desk import Raised
from dashboard.looks import kind_of
from strongroom.clock import Clock
from strongroom.journal import AlarmData, decode
from strongroom.sitedb import SiteReader

LOOK_BACK_S = 30 * 86_400.0
HEALTH_KEPT_S = 60.0
MOST = 50_000  # alarms remembered for charts, the newest; entries read for the figures of thirty days
PART = 2_000  # entries read at a time
LOOK_S = 1.0
RAISING = ("alarm.raised", "alarm.returned")


class AlarmRecord:
    """Not for two threads at once."""

    def __init__(self) -> None:
        self._seen = dict.fromkeys(RAISING, 0)  # the last entry read of each kind
        self._raised: deque[Raised] = deque(maxlen=MOST)
        self._looked = -LOOK_S
        self._health: tuple[float, AlarmHealth] | None = None

    def raised(self, reader: SiteReader | None, since: float, moment: float) -> list[Raised]:
        """Alarms raised since a moment (Unix seconds), oldest first; ``moment`` is monotonic."""
        if reader is not None and moment - self._looked >= LOOK_S:
            self._looked = moment
            fresh = [one for kind in RAISING for one in self._fresh(reader, kind)]
            if fresh:
                self._raised = deque(sorted([*self._raised, *fresh], key=lambda one: one.at), MOST)
        listed = list(self._raised)
        return listed[bisect_left(listed, since, key=lambda one: one.at) :]

    def _fresh(self, reader: SiteReader, kind: str) -> Iterable[Raised]:
        while entries := reader.entries(self._seen[kind], PART, kind=kind):
            self._seen[kind] = entries[-1].seq
            for entry in entries:
                data = decode(entry)
                if isinstance(data, AlarmData) and not data.alarm.drill:
                    alarm = data.alarm
                    causes = (*alarm.evidence, *((alarm.cause,) if alarm.cause else ()))
                    sensors = tuple(dict.fromkeys(cause.sensor for cause in causes))
                    yield Raised(entry.at, alarm.id, kind_of(alarm), alarm.name, sensors)

    def health(self, reader: SiteReader, alarms: Iterable[Alarm], clock: Clock) -> AlarmHealth | None:
        """The figures of the last thirty days, or since the journal began; None while it is empty."""
        moment, now = clock.monotonic(), clock.now()
        if self._health is not None and moment - self._health[0] < HEALTH_KEPT_S:
            return self._health[1]
        first = reader.entries(limit=1)
        if not first or first[0].at >= now:
            return None
        since = max(now - LOOK_BACK_S, first[0].at)
        events = [
            AlarmEvent(kind=entry.kind, alarm=data.alarm, at=entry.at, by=entry.by, reason=data.reason)
            for entry in reader.entries(limit=MOST, kind="alarm.", newest=True)
            if entry.at >= since and isinstance(data := decode(entry), AlarmData)
        ]
        made = alarm_health(events, alarms, since, now)
        self._health = (moment, made)
        return made
