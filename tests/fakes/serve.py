"""Serve the dashboard on a board from :mod:`tests.fakes.house`, for browser tests and for looking at it.

``python -m tests.fakes.serve PORT DATA STORY [--demo]``; a file DATA/story switches the story while it runs.
"""

from __future__ import annotations

import math
import sys
import threading
from itertools import pairwise
from pathlib import Path

import msgspec

from alerts.health import AlarmHealth, alarm_health
from alerts.model import AlarmEvent
from dashboard.app import run
from dashboard.desk import Course, Outcome, Point, Raised
from dashboard.door import Door
from dashboard.looks import kind_of
from dashboard.world import World
from sensors.model import Text
from sensors.newcomer import Newcomer
from strongroom.accounts import session_key
from strongroom.clock import SystemClock
from strongroom.model import Act, Board, Building
from strongroom.users import Users
from tests.fakes import house, strangers
from tests.fakes.desk import FakeDesk

BOARDS = {
    "first": lambda: None,
    "quiet": house.board,
    "water": house.water_board,
    "later": lambda: house.water_board(later=True),
    "fire": house.fire_board,
    "broker": house.broker_board,
    "drill": house.drill_board,
    "instruments": lambda: strangers.troubled(house.board()),
    "salvage": house.salvage_board,
    "replan": house.replan_board,
}


class LivingDesk(FakeDesk):
    """A fake desk whose board keeps beating, shifted to the present; an act is accepted after a moment."""

    def __init__(self, clock: SystemClock, data: Path) -> None:
        super().__init__(house.BUILDING)
        self._clock = clock
        self._file = data / "story"
        self._stopped = data / "engine-dead"

    def board(self) -> Board | None:
        made = BOARDS[self._file.read_text().strip()]()
        if made is None:
            return None
        now = self._clock.now()
        shift = now - made.at
        text = msgspec.json.encode(house.moved(made, shift))
        return msgspec.json.decode(text, type=Board)

    def building(self) -> Building:
        return strangers.equipped(self.house, self._clock.now())

    def newcomers(self) -> list[Newcomer]:
        quiet = self._file.read_text().strip() in ("first", "quiet")
        return [] if quiet else strangers.newcomers(self._clock.now())

    def course(self, sensor: str, since: float, until: float, points: int = 600) -> Course | None:
        base = house.VALUES.get(sensor, 20.0)
        step = max(60.0, (until - since) / points)
        first = since - since % step
        now = self._clock.now()
        made = [first + number * step for number in range(int((until - first) / step))]
        kept = [at for at in made if not 0.55 < (at % 86_400) / 86_400 < 0.63 and at < now]
        waves = [(at, base + 2.5 * math.sin(at / 13_000) + math.sin(at / 900) * 0.3) for at in kept]
        gaps = tuple(pair for pair in pairwise(kept) if pair[1] - pair[0] > max(900.0, 2 * step))
        return Course(tuple(Point(at, value, value - 0.4, value + 0.4) for at, value in waves), gaps, step)

    def raised(self, since: float) -> list[Raised]:
        board = self.board()
        every = [
            Raised(one.raised_at, one.id, kind_of(one), one.name, (one.cause.sensor,))
            for one in (board.alarms if board else ())
            if one.cause is not None and not one.drill
        ]
        return sorted((one for one in every if one.at >= since), key=lambda one: one.at)

    def health(self) -> AlarmHealth | None:
        board = self.board()
        if board is None or not board.alarms:
            return None
        events = [AlarmEvent(kind="alarm.raised", alarm=one, at=one.raised_at) for one in board.alarms]
        return alarm_health(events, board.alarms, board.at - 30 * 86_400, board.at + 1)

    def beat_age(self) -> float | None:
        return 60.0 if self._stopped.exists() else 0.4

    def put(self, act: Act) -> None:
        super().put(act)
        refused = "refuse" in msgspec.json.encode(act.what).decode()
        reason = Text("原因仍在，不能复位。", "The cause persists.") if refused else Text("", "")
        threading.Timer(0.6, self.outcomes.__setitem__, (act.id, Outcome(not refused, reason))).start()


def main() -> None:
    port, data, story = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    data.mkdir(parents=True, exist_ok=True)
    (data / "story").write_text(story)
    clock = SystemClock()
    users = Users(data / "users.db")
    for role in ("viewer", "helper", "archivist", "coordinator", "administrator"):
        person = {"coordinator": "wang", "archivist": "li", "helper": "zhao"}.get(role, "")
        users.add(role, "correct horse", (role,), person, "zh")
    demo = "one-time" if "--demo" in sys.argv else ""
    desk = LivingDesk(clock, data)
    door = Door(session_key(data), users, desk.building, demo)
    run(World(desk=desk, door=door, users=users, clock=clock, data=data, demo=demo), port)


if __name__ == "__main__":
    main()
