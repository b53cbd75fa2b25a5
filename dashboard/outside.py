"""Routes for others than people: the provider's signed callbacks, and stored readings for programs."""

from __future__ import annotations

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.model import Notice, Person
from alerts.twilio_hooks import KINDS
from alerts.twilio_sender import HOOKS
from dashboard.desk import Desk
from dashboard.door import COOKIE, Door
from ingest.series import Series
from strongroom.api import Api
from strongroom.clock import Clock
from strongroom.hooks import Hooks
from strongroom.settings import Settings

LARGEST_CALL = 64 * 1024


def hook_routes(settings: Settings, desk: Desk, clock: Clock) -> list[Route]:
    """Where the telecom provider calls back; none without an account and a public address."""
    if not settings.twilio.token or not settings.public_url:
        return []

    def find(notice_id: str) -> tuple[Notice, Person] | None:
        board = desk.board()
        for notice in board.notices if board else ():
            person = desk.building().people.get(notice.person)
            if notice.id == notice_id and person is not None:
                return notice, person
        return None

    hooks = Hooks([settings.twilio.token.reveal()], settings.public_url, desk.put, find)

    async def called(request: Request) -> Response:
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > LARGEST_CALL:
                return Response(status_code=413)
        headers = {key.lower(): value for key, value in request.headers.items()}
        answer = await run_in_threadpool(
            hooks.answer, request.url.path, request.url.query, headers, bytes(body), now=clock.now()
        )
        return Response(answer.body, answer.status, media_type=answer.media_type or None)

    return [Route(f"{HOOKS}/{kind}", called, methods=["POST"]) for kind in KINDS]


def api_routes(desk: Desk, door: Door, clock: Clock, series: Callable[[], Series]) -> list[Route]:
    """Stored readings, for whoever is signed in."""

    def allowed(request: Request) -> bool:
        viewer = door.viewer(request.cookies.get(COOKIE, ""), clock.now())
        return viewer is not None and viewer.may("see")

    house = desk.building()
    return Api(series, lambda: desk.building().sensors, house.timezone, allowed, clock.now).routes()
