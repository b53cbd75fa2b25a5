"""Serve the dashboard on a board from :mod:`tests.fakes.house`, for browser tests and for looking at it.

``python -m tests.fakes.serve PORT DATA STORY [--demo]``; a file DATA/story switches the story while it runs.
"""

from __future__ import annotations

import math
import sys
import threading
from pathlib import Path

import msgspec

from dashboard.app import run
from dashboard.desk import Outcome, Point
from dashboard.door import Door, key_of
from dashboard.world import World
from sensors.model import Text
from strongroom.clock import SystemClock
from strongroom.model import Act, Board
from strongroom.users import Users
from tests.fakes import house
from tests.fakes.desk import FakeDesk

BOARDS = {
    "first": lambda: None,
    "quiet": house.board,
    "water": house.water_board,
    "later": lambda: house.water_board(later=True),
    "fire": house.fire_board,
    "broker": house.broker_board,
    "drill": house.drill_board,
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

    def history(self, sensor: str, since: float, until: float, points: int = 600) -> list[Point] | None:
        base = house.VALUES.get(sensor, 20.0)
        step = max(60.0, (until - since) / points)
        first = since - since % step
        made = [first + number * step for number in range(int((until - first) / step))]
        kept = [at for at in made if not 0.55 < (at % 86_400) / 86_400 < 0.63 and at < self._clock.now()]
        waves = [(at, base + 2.5 * math.sin(at / 13_000) + math.sin(at / 900) * 0.3) for at in kept]
        return [Point(at, value, value - 0.4, value + 0.4) for at, value in waves]

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
    door = Door(key_of(data), users, desk.building, demo)
    run(World(desk=desk, door=door, users=users, clock=clock, data=data, demo=demo), port)


if __name__ == "__main__":
    main()
