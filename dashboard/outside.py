"""Stored readings for programs, behind the same door as the pages."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.routing import Route

from dashboard.desk import Desk
from dashboard.door import COOKIE, Door
from ingest.series import Series
from strongroom.api import Api
from strongroom.clock import Clock


def api_routes(desk: Desk, door: Door, clock: Clock, series: Callable[[], Series]) -> list[Route]:
    """Stored readings, for whoever is signed in."""

    def allowed(request: Request) -> bool:
        viewer = door.viewer(request.cookies.get(COOKIE, ""), clock.now())
        return viewer is not None and viewer.may("see")

    house = desk.building()
    return Api(series, lambda: desk.building().sensors, house.timezone, allowed, clock.now).routes()
