"""When calibrations end, and whom that concerns when: a task 90 and 30 days ahead and on the day. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from sensors.model import Sensor, Text

DAY_S = 86_400.0
STAGES = (90, 30, 0)  # days ahead (the museum's own calibrations are planned a quarter ahead)
TOLD_HOUR = 9  # local hour at which tasks are told
NAMED = 4  # sensors named in one message; the others are counted


class Task(Struct, frozen=True):
    """Calibrations that have come to one stage, to be told once. ``id`` stays the same until they are done."""

    id: str
    stage: int
    sensors: tuple[str, ...]
    words: Text


class Calibrations:
    """The ends of a building's calibrations."""

    def __init__(self, sensors: Iterable[Sensor], timezone: str) -> None:
        self._zone = ZoneInfo(timezone)
        self._ends = sorted(
            ((sensor.calibrate_by_at, sensor) for sensor in sensors if sensor.calibrate_by_at is not None),
            key=lambda pair: (pair[0], pair[1].id),
        )

    def overdue(self, now: float) -> tuple[str, ...]:
        """Sensors whose calibration has ended, the longest first."""
        return tuple(sensor.id for end, sensor in self._ends if end < now)

    def is_told_now(self, now: float) -> bool:
        """Whether this is the hour of the day at which tasks are told."""
        return bool(self._ends) and datetime.fromtimestamp(now, self._zone).hour == TOLD_HOUR

    def tasks(self, now: float) -> list[Task]:
        """What is to be done, the most urgent stage first; every sensor in one stage only."""
        found: dict[int, list[tuple[float, Sensor]]] = {}
        for end, sensor in self._ends:
            days = (end - now) / DAY_S
            reached = [stage for stage in STAGES if days <= stage]
            if reached:
                found.setdefault(min(reached), []).append((end, sensor))
        return [self._task(stage, found[stage]) for stage in sorted(found)]

    def _task(self, stage: int, ends: list[tuple[float, Sensor]]) -> Task:
        last = max(end for end, _ in ends)
        named = ends[:NAMED]
        more = len(ends) - len(named)
        zh = "、".join(f"{sensor.name.zh}（{self._day(end)}）" for end, sensor in named)
        en = ", ".join(f"{sensor.name.en} ({self._day(end)})" for end, sensor in named)
        zh += f"等 {len(ends)} 个" if more else ""
        en += f" and {more} more" if more else ""
        if stage == 0:
            words = Text(
                f"校准已到期，视为无人看守：{zh}", f"Calibration has ended, counted as unwatched: {en}"
            )
        else:
            words = Text(f"校准将在 {stage} 天内到期：{zh}", f"Calibration ends within {stage} days: {en}")
        # The newest end is part of the id: another sensor that comes to this stage later is told again.
        return Task(f"calibration:{stage}:{last:.0f}", stage, tuple(s.id for _, s in ends), words)

    def _day(self, end: float) -> str:
        return datetime.fromtimestamp(end, self._zone).date().isoformat()
