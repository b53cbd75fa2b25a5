"""``/answer``: code and PIN instead of a reply, where no text message can come back (mainland China).

No session is opened. The PIN proves the person (slowed like passwords), the code must be of a message that went to
that very person, and what it does is decided by the engine like every other answer: acknowledge or pass on, no more.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import unicodedata
from collections.abc import Mapping
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from alerts.model import Notice, NoticeState
from dashboard.faces.answer import answer_page
from dashboard.words import LANGUAGES, Words
from dashboard.world import World
from strongroom.model import Act, ReplyReceived
from strongroom.users import Unreadable, User, Wait

LARGEST_BODY = 4096
LOOKS, LOOK_EVERY_S = 30, 0.1  # three seconds for the engine's word
_FORM = "strongroom_form"
_DOES = ("A", "E")
_FEWEST_DIGITS = 7  # of a telephone number that may stand for a name


def answer_route(here: World) -> Route:
    """The route; open to anybody, since name, code and PIN prove everything it needs."""

    async def answer(request: Request) -> Response:
        words = Words(_language(request))
        nonce = request.cookies.get(_FORM) or secrets.token_urlsafe(24)
        status, problem, said, code = 200, "", "", request.query_params.get("code", "")[:20]
        if request.method == "POST":
            form = await _form(request)
            code = form.get("code", "")[:20]
            if not hmac.compare_digest(here.door.token(nonce), form.get("token", "")):
                status, problem = 400, words("login.stale")
            else:
                address = request.client.host if request.client else ""
                status, problem, said = await run_in_threadpool(answered, here, form, address, words)
        page = answer_page(
            words, here.desk.building(), token=here.door.token(nonce), problem=problem, said=said, code=code
        )
        shown = HTMLResponse(page, status, headers={"cache-control": "no-store"})
        secure = request.url.scheme == "https"
        shown.set_cookie(_FORM, nonce, httponly=True, samesite="lax", secure=secure, path="/")
        return shown

    return Route("/answer", answer, methods=["GET", "POST"])


def answered(here: World, form: Mapping[str, str], address: str, w: Words) -> tuple[int, str, str]:
    """What one filled form does: HTTP status, why nothing was done, what was done."""
    found = here.users.by_pin(
        _user_name(here, form.get("who", "")), form.get("pin", ""), address, here.clock.now()
    )
    if isinstance(found, Wait):
        return 429, w("login.wait", seconds=int(found.seconds) + 1), ""
    if isinstance(found, Unreadable):
        return 503, w("login.unreadable"), ""
    if found is None:
        return 403, w("answer.wrong"), ""
    does = form.get("does", "")
    notice = _meant(here, found, form.get("code", ""))
    if notice is None or does not in _DOES:
        return 404, w("answer.no_code"), ""
    person = here.desk.building().people[found.person]
    reply = ReplyReceived(
        sender=person.phone or person.id,
        words=f"{notice.code or notice.reference}{does}",
        means="phone page",
        notice=notice.id,
    )
    # The same answer to the same message is one act, however often the button is pressed.
    seal = hashlib.sha256(f"{person.id} {notice.id} {does} {notice.due_at}".encode()).hexdigest()[:32]
    act = Act(id=f"answer-{seal}", at=here.clock.now(), by=person.id, what=reply, means="phone page")
    here.desk.put(act)
    outcome, never = here.desk.outcome(act.id), threading.Event()
    for _ in range(LOOKS):
        if outcome is not None:
            break
        here.clock.wait(LOOK_EVERY_S, never)
        outcome = here.desk.outcome(act.id)
    if outcome is not None and not outcome.accepted:
        return 409, w.of(outcome.reason), ""
    return 200, "", w("answer.done" if outcome else "answer.kept", code=notice.reference or notice.code)


def _meant(here: World, user: User, typed: str) -> Notice | None:
    """The newest message to this user's person that bears the code or reference; None if there is none."""
    code = "".join(unicodedata.normalize("NFKC", typed).split()).casefold()
    board = here.desk.board()
    if not code or board is None or user.person not in here.desk.building().people:
        return None
    mine = [
        n
        for n in board.notices
        if n.person == user.person
        and n.kind in ("page", "test")
        and n.state is not NoticeState.CANCELLED
        and code in {n.code.casefold(), n.reference.casefold()} - {""}
    ]
    return max(mine, key=lambda n: n.due_at, default=None)


def _user_name(here: World, typed: str) -> str:
    """The user name that was typed, or the user whose telephone number it is."""
    name = typed.strip()[:64]
    digits = "".join(c for c in unicodedata.normalize("NFKC", name) if c.isascii() and c.isdigit())
    if len(digits) < _FEWEST_DIGITS or here.users.get(name) is not None:
        return name
    people = here.desk.building().people
    owners = [
        user.name
        for user in here.users.everyone()
        if user.person in people and people[user.person].phone.lstrip("+").endswith(digits)
    ]
    return owners[0] if len(owners) == 1 else name


def _language(request: Request) -> str:
    wanted = request.query_params.get("lang") or request.cookies.get("strongroom_lang", "")
    if wanted in LANGUAGES:
        return wanted
    return "zh" if request.headers.get("accept-language", "zh").lower().startswith("zh") else "en"


async def _form(request: Request) -> dict[str, str]:
    """The posted fields; none where the body is too large or cannot be read."""
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > LARGEST_BODY:
            return {}
    try:
        fields = parse_qs(data.decode("utf-8"), max_num_fields=10)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}
