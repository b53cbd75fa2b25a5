"""What the pages of this process share: desk, door, users, clock. Set once by whoever starts it."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct
from starlette.routing import Route

from dashboard.desk import Desk
from dashboard.door import Door
from strongroom.clock import Clock
from strongroom.users import Users


class World(Struct, frozen=True, kw_only=True):
    """``data`` is the site's data folder; ``demo`` the one-time token of a demonstration, empty otherwise;
    ``more`` routes for others than people."""

    desk: Desk
    door: Door
    users: Users
    clock: Clock
    data: Path
    demo: str = ""
    more: tuple[Route, ...] = ()


_worlds: list[World] = []


def use(world: World) -> None:
    """Make this the world of the process."""
    _worlds[:] = [world]


def world() -> World:
    """The world of the process. RuntimeError before :func:`use`."""
    if not _worlds:
        raise RuntimeError("start the dashboard with `python -m dashboard`")
    return _worlds[0]
