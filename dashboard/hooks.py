"""The route Twilio calls: passes the request on as it came, and answers what the hooks say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.model import Notice, Person
from dashboard.desk import Desk
from strongroom.carriers import callback_url, twilio_tokens
from strongroom.clock import Clock
from strongroom.settings import Settings

if TYPE_CHECKING:
    from strongroom.hooks import Hooks

LARGEST_BODY = 64 * 1024


def hooks_of(settings: Settings, desk: Desk) -> Hooks | None:
    """The hooks of a site that sends through Twilio and has a public address; None for the others."""
    if settings.sender != "twilio" or not callback_url(settings):
        return None
    from strongroom.hooks import Hooks  # brings the provider's client, which is slow to load

    def find(notice_id: str) -> tuple[Notice, Person] | None:
        board = desk.board()
        notice = next((n for n in board.notices if n.id == notice_id), None) if board else None
        person = desk.building().people.get(notice.person) if notice else None
        return (notice, person) if notice and person else None

    return Hooks(twilio_tokens(settings), callback_url(settings), desk.put, find)


def hook_route(hooks: Hooks, clock: Clock) -> Route:
    """The route; needs no session, the provider's signature is its key."""

    async def hook(request: Request) -> Response:
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > LARGEST_BODY:
                return Response(status_code=413)
        said = await run_in_threadpool(
            hooks.answer,
            request.scope.get("raw_path", request.url.path.encode()).decode("latin-1"),
            request.scope.get("query_string", b"").decode("latin-1"),
            {name.lower(): value for name, value in request.headers.items()},
            bytes(body),
            now=clock.now(),
        )
        return Response(said.body, said.status, media_type=said.media_type or None)

    return Route("/hooks/twilio/{name}", hook, methods=["POST"])
