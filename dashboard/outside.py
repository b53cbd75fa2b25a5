"""For programs: stored readings behind the same door as the pages, and the beat for a watcher outside."""

from __future__ import annotations

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.desk import Desk
from dashboard.door import COOKIE, Door
from ingest.series import Series
from strongroom.api import Api, Marks
from strongroom.clock import Clock
from strongroom.instruments.records import MOST_RECORDS, marks_of, records_of

BEAT_LATE_S = 30.0  # the engine shows a board every second


def api_routes(desk: Desk, door: Door, clock: Clock, series: Callable[[], Series]) -> list[Route]:
    """Stored readings, for whoever is signed in."""

    def allowed(request: Request) -> bool:
        viewer = door.viewer(request.cookies.get(COOKIE, ""), clock.now())
        return viewer is not None and viewer.may("see")

    def marks(sensor: str) -> Marks:
        records = records_of(desk.entries(about=sensor, kind="sensor.", limit=MOST_RECORDS, newest=False))
        return marks_of(records, house.timezone)

    house = desk.building()
    sensors = lambda: desk.building().sensors  # noqa: E731 - the folder may change while we serve
    return Api(series, sensors, house.timezone, allowed, clock.now, marks).routes()


def beat_route(desk: Desk) -> Route:
    """``/beat``: 200 while the whole chain moves, 503 and the names of the parts that do not (C52).

    Open to anybody, so it says nothing but those names. A frozen engine shows no new board: "engine".
    """

    async def beat(request: Request) -> Response:  # noqa: ARG001 - routes are called with it
        def look() -> list[str]:
            age, board = desk.beat_age(), desk.board()
            if age is None or board is None or age > BEAT_LATE_S:
                return ["engine"]
            return list(board.health.stalled)

        parts = await run_in_threadpool(look)
        said = {"well": not parts, "stalled": parts}
        return JSONResponse(said, 503 if parts else 200, headers={"cache-control": "no-store"})

    return Route("/beat", beat)
