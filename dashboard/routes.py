"""Our own routes beside the pages: sign in and out, acts, stories of a demonstration, scripts, printing."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from dashboard.acts import NotAllowedError, act_of
from dashboard.answering import answer_route
from dashboard.desk import RIGHTS
from dashboard.door import COOKIE
from dashboard.faces.demo import STORIES
from dashboard.faces.login import login_page
from dashboard.printing import CONFIDENTIAL, sheet
from dashboard.scene import Scene, Viewer
from dashboard.theme import style
from dashboard.words import LANGUAGES, Words
from dashboard.world import World
from strongroom.demo.requests import StoryRequest, ask
from strongroom.users import Unreadable, Wait

PARTS = Path(__file__).parent / "parts"
LARGEST_BODY = 64 * 1024
_FORM = "strongroom_form"
_TYPES = {".js": "text/javascript", ".css": "text/css"}


class TooLargeError(Exception):
    """A request body beyond what any page of ours sends."""


async def _body(request: Request) -> bytes:
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > LARGEST_BODY:
            raise TooLargeError
    return bytes(data)


async def _form(request: Request) -> dict[str, str]:
    try:
        text = (await _body(request)).decode("utf-8")
    except UnicodeDecodeError:
        return {}
    return {key: values[0] for key, values in parse_qs(text, max_num_fields=20).items()}


def _error(words: dict[str, str], status: int) -> JSONResponse:
    return JSONResponse({"error": words}, status_code=status)


def routes(here: World) -> list[Route]:
    """Every route of ours for one world."""
    pages = Pages(here)
    return [
        Route("/health", pages.health),
        Route("/favicon.ico", pages.icon),
        Route("/login", pages.login, methods=["GET", "POST"]),
        Route("/demo", pages.visit, methods=["POST"]),
        Route("/leave", pages.leave, methods=["POST"]),
        Route("/parts/{name}", pages.part),
        Route("/act", pages.act, methods=["POST"]),
        Route("/acts", pages.acts),
        Route("/pin", pages.pin, methods=["POST"]),
        Route("/story", pages.story, methods=["POST"]),
        Route("/print/{kind}", pages.paper),
        answer_route(here),
    ]


class Pages:
    """The handlers; each is small, and none decides anything."""

    def __init__(self, here: World) -> None:
        self._here = here

    async def health(self, request: Request) -> Response:  # noqa: ARG002 - routes are called with it
        """Alive; says nothing else to strangers."""
        return JSONResponse({"dashboard": "alive"})

    async def icon(self, request: Request) -> Response:  # noqa: ARG002 - routes are called with it
        """The mark in the browser's tab."""
        return FileResponse(PARTS / "icon.svg", media_type="image/svg+xml")

    async def part(self, request: Request) -> Response:
        """One of our scripts or style sheets."""
        name = request.path_params["name"]
        if name == "theme.css":
            return Response(style(), media_type="text/css", headers={"cache-control": "max-age=31536000"})
        known = {path.name: path for path in PARTS.iterdir() if path.suffix in _TYPES}
        if name not in known:
            return JSONResponse({"error": "not found"}, status_code=404)
        text = await run_in_threadpool(known[name].read_bytes)
        # Scripts import each other by plain name, so they are revalidated; they are small.
        headers = {"cache-control": "no-cache"}
        if name == "offline.js":
            headers["service-worker-allowed"] = "/rescue"
        return Response(text, media_type=_TYPES[known[name].suffix], headers=headers)

    # --- signing in and out ------------------------------------------------------------------------------

    def _language(self, request: Request) -> str:
        wanted = request.query_params.get("lang") or request.cookies.get("strongroom_lang", "")
        if wanted in LANGUAGES:
            return wanted
        return "zh" if request.headers.get("accept-language", "zh").lower().startswith("zh") else "en"

    def _login_page(self, request: Request, problem: str = "", status: int = 200) -> HTMLResponse:
        nonce = request.cookies.get(_FORM) or secrets.token_urlsafe(24)
        text = login_page(
            Words(self._language(request)),
            self._here.desk.building(),
            token=self._here.door.token(nonce),
            to=_safe_target(request.query_params.get("to", "/")),
            problem=problem,
            roles=tuple(RIGHTS) if self._here.demo else (),
        )
        answer = HTMLResponse(text, status_code=status, headers={"cache-control": "no-store"})
        self._set(answer, request, _FORM, nonce, None)
        return answer

    def _accounts(self, w: Words) -> str:
        """Why nobody could sign in at all; empty as long as there is an account, and in a demonstration."""
        missing = False if self._here.demo else self._here.users.missing()
        return w("login.unreadable") if missing is None else w("login.no_account") if missing else ""

    def _right_form(self, request: Request, form: dict[str, str]) -> bool:
        nonce = request.cookies.get(_FORM, "")
        return bool(nonce) and hmac.compare_digest(self._here.door.token(nonce), form.get("token", ""))

    def _set(self, answer: Response, request: Request, name: str, value: str, age: float | None) -> None:
        answer.set_cookie(
            name,
            value,
            max_age=None if age is None else int(age),
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
            path="/",
        )

    async def login(self, request: Request) -> Response:
        """The login page, and the answer to it."""
        words = Words(self._language(request))
        if request.method == "GET":
            return self._login_page(request, await run_in_threadpool(self._accounts, words))
        form = await _form(request)
        if not self._right_form(request, form):
            return self._login_page(request, words("login.stale"), 400)
        address = request.client.host if request.client else ""
        now = self._here.clock.now()
        found = await run_in_threadpool(
            self._here.users.sign_in, form.get("name", "").strip(), form.get("password", ""), address, now
        )
        if isinstance(found, Wait):
            return self._login_page(request, words("login.wait", seconds=int(found.seconds) + 1), 429)
        if isinstance(found, Unreadable):
            return self._login_page(request, words("login.unreadable"), 503)
        if found is None:
            return self._login_page(request, words("login.wrong"), 401)
        answer = RedirectResponse(_safe_target(form.get("to", "/")), status_code=303)
        self._set(answer, request, COOKIE, self._here.door.admit(found, now), found.session_h * 3600)
        return answer

    async def visit(self, request: Request) -> Response:
        """One click into a demonstration. Refused outside of one."""
        form = await _form(request)
        if not self._here.demo or form.get("role") not in RIGHTS or not self._right_form(request, form):
            return self._login_page(request, Words(self._language(request))("login.stale"), 403)
        answer = RedirectResponse(_safe_target(form.get("to", "/")), status_code=303)
        cookie = self._here.door.admit_visitor(form["role"], self._here.clock.now())
        self._set(answer, request, COOKIE, cookie, 12 * 3600)
        return answer

    async def leave(self, request: Request) -> Response:
        """Sign out in this browser."""
        if not self._here.door.right_token(
            request.cookies.get(COOKIE, ""), request.headers.get("x-strongroom", "")
        ):
            return _error({"zh": "请刷新页面后再试。", "en": "Reload the page and try again."}, 403)
        answer = JSONResponse({"left": True})
        answer.delete_cookie(COOKIE, path="/")
        return answer

    # --- acts --------------------------------------------------------------------------------------------

    async def _signed(self, request: Request, then: Callable[[Viewer, Any], Response]) -> Response:
        """Who asks, with the right token and a readable body; ``then`` runs outside the event loop."""
        cookie = request.cookies.get(COOKIE, "")
        viewer = self._here.door.viewer(cookie, self._here.clock.now())
        if viewer is None:
            return _error({"zh": "请先登录。", "en": "Sign in first."}, 401)
        if not self._here.door.right_token(cookie, request.headers.get("x-strongroom", "")):
            # Not refused for what it asks: a page of an earlier session keeps it and sends it again when loaded anew.
            words = {"zh": "请刷新页面后再试。", "en": "Reload the page and try again."}
            return JSONResponse({"error": words, "stale": True}, status_code=403)
        try:
            payload = json.loads(await _body(request))
        except TooLargeError:
            return _error({"zh": "请求过大。", "en": "The request is too large."}, 413)
        except (ValueError, RecursionError):
            return _error({"zh": "请求格式不对。", "en": "The request is malformed."}, 400)
        return await run_in_threadpool(then, viewer, payload)

    async def act(self, request: Request) -> Response:
        """Hand an act to the engine: durable when this answers, decided a moment later."""

        def then(viewer: Viewer, payload: Any) -> Response:
            desk = self._here.desk
            try:
                act = act_of(payload, viewer, desk.building(), desk.board(), self._here.clock.now())
            except NotAllowedError as refusal:
                return _error({"zh": refusal.words.zh, "en": refusal.words.en}, refusal.status)
            desk.put(act)
            return JSONResponse({"id": act.id, "state": "sent"}, status_code=202)

        return await self._signed(request, then)

    async def pin(self, request: Request) -> Response:
        """Acknowledge at the wall: whoever stands there proves who they are with a PIN, for this one act."""
        address = request.client.host if request.client else ""

        def then(viewer: Viewer, payload: Any) -> Response:  # noqa: ARG001 - the wall's own viewer does nothing
            facts = dict(payload) if isinstance(payload, dict) else {}
            name, pin = str(facts.pop("user", "")), str(facts.pop("pin", ""))
            now, desk = self._here.clock.now(), self._here.desk
            found = self._here.users.by_pin(name, pin, address, now)
            if isinstance(found, Wait):
                said = (w("login.wait", seconds=int(found.seconds) + 1) for w in map(Words, LANGUAGES))
                return _error(dict(zip(LANGUAGES, said, strict=True)), 429)
            if isinstance(found, Unreadable):
                return _error({lang: Words(lang)("login.unreadable") for lang in LANGUAGES}, 503)
            if found is None or facts.get("type") != "alarm.acknowledge":
                return _error({"zh": "PIN 不对。", "en": "The PIN is wrong."}, 403)
            try:
                who = self._here.door.viewer_of(found)
                act = act_of(facts, who, desk.building(), desk.board(), now, means="wall")
            except NotAllowedError as refusal:
                return _error({"zh": refusal.words.zh, "en": refusal.words.en}, refusal.status)
            desk.put(act)
            return JSONResponse({"id": act.id, "state": "sent"}, status_code=202)

        return await self._signed(request, then)

    async def paper(self, request: Request) -> Response:
        """A sheet for the printer; who printed what is confidential is remembered."""
        kind = request.path_params["kind"]
        now = self._here.clock.now()
        viewer = self._here.door.viewer(request.cookies.get(COOKIE, ""), now)
        if viewer is None:
            return RedirectResponse("/login", status_code=303)

        def draw() -> str:
            desk = self._here.desk
            scene = Scene(
                building=desk.building(),
                board=desk.board(),
                viewer=viewer,
                words=Words(self._language(request)),
                now=now,
                choices=dict(request.query_params),
                desk=desk,
            )
            text = sheet(scene, kind, str(request.base_url))
            if text and kind in CONFIDENTIAL:
                outside = "-outside" if scene.choices.get("outside") == "1" else ""
                self._here.users.looked(viewer.user, f"print-{kind}{outside}", now)
            return text

        text = await run_in_threadpool(draw)
        if not text:
            return RedirectResponse("/rescue", status_code=303)
        return HTMLResponse(text, headers={"cache-control": "no-store"})

    async def acts(self, request: Request) -> Response:
        """What became of acts; those not decided yet are left out."""
        ids = [part for part in request.query_params.get("ids", "").split(",") if part][:50]

        def look() -> dict[str, Any]:
            found = {act_id: self._here.desk.outcome(act_id) for act_id in ids}
            return {
                act_id: {"accepted": one.accepted, "reason": {"zh": one.reason.zh, "en": one.reason.en}}
                for act_id, one in found.items()
                if one is not None
            }

        return JSONResponse(await run_in_threadpool(look), headers={"cache-control": "no-store"})

    async def story(self, request: Request) -> Response:
        """Ask the simulated building for a story; only in a demonstration."""

        def then(viewer: Viewer, payload: Any) -> Response:
            name = payload.get("story") if isinstance(payload, dict) else None
            if not self._here.demo or name not in STORIES:
                return _error({"zh": "这里不是演示。", "en": "This is not a demonstration."}, 403)
            ask(self._here.data, StoryRequest(story=name, by=viewer.person))
            said = Words("zh"), Words("en")
            return JSONResponse(
                {"story": {w.language: w("story.begun", name=w(f"story.{name}")) for w in said}}
            )

        return await self._signed(request, then)


def _safe_target(target: str) -> str:
    """A path on this very site, never another one."""
    ok = (
        target.startswith("/")
        and not target.startswith(("//", "/\\"))
        and "\n" not in target
        and "\r" not in target
    )
    return target if ok and not target.startswith(("/login", "/parts")) else "/"
