"""A world for tests: fake desk, real door and users, a clock that stands still until moved."""

from __future__ import annotations

from pathlib import Path

from argon2 import PasswordHasher

from dashboard.door import Door
from dashboard.scene import Scene, Viewer
from dashboard.words import Words
from dashboard.world import World
from strongroom.clock import SetClock
from strongroom.model import Board
from strongroom.users import Users
from tests.fakes import house
from tests.fakes.desk import FakeDesk

PASSWORD = "correct horse"
# As weak as the library allows: tests sign in a thousand times.
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PEOPLE = {"viewer": "", "helper": "zhao", "archivist": "li", "coordinator": "wang", "administrator": ""}


def make_world(data: Path, board: Board | None = None, *, demo: str = "", language: str = "zh") -> World:
    """One user for each role, named like the role."""
    users = Users(data / "users.db", QUICK)
    for role, person in PEOPLE.items():
        users.add(role, PASSWORD, (role,), person, language)
    desk = FakeDesk(house.BUILDING, board)
    door = Door(b"k" * 32, users, desk.building, demo)
    return World(desk=desk, door=door, users=users, clock=SetClock(house.NOW), data=data, demo=demo)


def viewer(here: World, role: str) -> Viewer:
    """The user of a role as a viewer."""
    user = here.users.get(role)
    assert user is not None
    return here.door.viewer_of(user)


def scene(
    here: World, role: str = "coordinator", language: str = "zh", page: str = "status", **choices: str
) -> Scene:
    """What a page is drawn from."""
    board = here.desk.board()
    return Scene(
        building=here.desk.building(),
        board=board,
        viewer=viewer(here, role),
        words=Words(language),
        now=board.at if board else house.NOW,
        choices=choices,
        desk=here.desk,
        demo=bool(here.demo),
        page=page,
    )
