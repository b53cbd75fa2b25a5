"""Sessions: a signed, HttpOnly cookie that page and websocket are both refused without.

The cookie carries the user's name, their epoch (so that a new password ends old sessions) and when it was
sealed; the signing key lies in the data folder and is readable by its owner alone. Our own POST routes need
a token as well, which only our own pages hold.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import quote

from itsdangerous import BadData, URLSafeSerializer

from alerts.twilio_hooks import KINDS
from alerts.twilio_sender import HOOKS
from dashboard.desk import rights_of
from dashboard.scene import Viewer
from playbooks.site import COMMAND
from strongroom.model import Building
from strongroom.users import User, Users

COOKIE = "strongroom"
DEMO_HOURS = 12.0
# What may be fetched without signing in: the login page, its looks, whether we are alive,
# and the provider's callbacks, which prove themselves by their signature.
_OPEN = re.compile(
    r"/(login|demo|health|beat|answer|favicon\.ico|parts/[a-z]+\.(js|css))|" + f"{HOOKS}/({'|'.join(KINDS)})"
)

# The pages a visitor can open by address; "status" also answers at the root.
PAGES = ("status", "alarms", "incident", "rescue", "trends", "drills", "setup", "phone", "wall")
# Our own routes of one segment, which answer for themselves.
_OURS = ("login", "demo", "health", "beat", "answer", "leave", "act", "acts", "pin", "story")

# What rosters call the people whom a visitor of a demonstration may play.
_ROSTER_WORDS: dict[str, tuple[str, ...]] = {
    "coordinator": COMMAND,
    "archivist": ("archivist", "collections", "conservator"),
    "helper": ("helper", "volunteer", "guard"),
    "administrator": ("administrator", "it"),
}

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Door:
    """Seals and opens sessions. ``demo`` is the one-time token of a demonstration, empty otherwise."""

    def __init__(self, key: bytes, users: Users, building: Callable[[], Building], demo: str = "") -> None:
        self._users = users
        self._building = building
        # A new demonstration has a new token, so its key differs and cookies of an old one open nothing.
        self._key = hashlib.sha256(key + demo.encode()).digest()
        self._seal = URLSafeSerializer(self._key, salt="session")
        self.demo = demo

    def admit(self, user: User, now: float) -> str:
        """The cookie of somebody who proved who they are."""
        return str(self._seal.dumps({"u": user.name, "e": user.epoch, "t": now, "n": secrets.token_hex(8)}))

    def admit_visitor(self, role: str, now: float) -> str:
        """The cookie of a visitor of a demonstration. PermissionError outside of one."""
        if not self.demo:
            raise PermissionError("this is not a demonstration")
        return str(self._seal.dumps({"d": role, "t": now, "n": secrets.token_hex(8)}))

    def viewer(self, cookie: str, now: float) -> Viewer | None:
        """Who holds the cookie; None for a forged, expired or ended session."""
        facts = self._facts(cookie)
        if facts is None:
            return None
        age = now - facts["t"]
        if "d" in facts:
            return self._visitor(str(facts["d"])) if self.demo and -60 <= age <= DEMO_HOURS * 3600 else None
        user = self._users.get(str(facts.get("u", "")))
        if user is None or user.epoch != facts.get("e") or not -60 <= age <= user.session_h * 3600:
            return None
        return self.viewer_of(user)

    def viewer_of(self, user: User) -> Viewer:
        """A user as a viewer with their rights and the name they bear in the building."""
        person = self._building().people.get(user.person)
        name = person.name.in_(user.language) if person else user.name
        return Viewer(
            user=user.name,
            person=user.person or user.name,
            name=name,
            roles=user.roles,
            rights=rights_of(user.roles),
            language=user.language,
        )

    def _visitor(self, role: str) -> Viewer:
        people = list(self._building().people.values())
        words = _ROSTER_WORDS.get(role, (role,))
        # The role's own word before others, and whoever has the fewest roles, so that roles are different people.
        fit = sorted(
            (person for person in people if set(words) & set(person.roles)),
            key=lambda person: (role not in person.roles, len(person.roles)),
        )
        person = next(iter(fit or people), None)
        return Viewer(
            user=f"demo-{role}",
            person=person.id if person else role,
            name=person.name.zh if person else role,
            roles=(role,),
            rights=rights_of((role, "administrator") if role == "coordinator" else (role,)),
            demo=True,
        )

    def token(self, cookie: str) -> str:
        """The word that our own POST routes want to hear from our own pages."""
        return hmac.new(self._key, b"form " + cookie.encode(), hashlib.sha256).hexdigest()

    def right_token(self, cookie: str, token: str) -> bool:
        """Whether the word belongs to the cookie."""
        return hmac.compare_digest(self.token(cookie), token)

    def _facts(self, cookie: str) -> dict[str, Any] | None:
        try:
            facts = self._seal.loads(cookie)
        except BadData:
            return None
        return facts if isinstance(facts, dict) and isinstance(facts.get("t"), int | float) else None


def cookie_of(scope: Scope) -> str:
    """Our cookie out of a request's headers; empty where there is none."""
    for name, value in scope.get("headers", []):
        if name == b"cookie":
            try:
                jar: SimpleCookie = SimpleCookie(value.decode("latin-1"))
            except CookieError:
                return ""
            return jar[COOKIE].value if COOKIE in jar else ""
    return ""


HEADERS = (
    (b"x-frame-options", b"DENY"),
    (
        b"content-security-policy",
        b"frame-ancestors 'none'; object-src 'none'; base-uri 'self'; form-action 'self'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
)


def _asks_page(scope: Scope) -> bool:
    """Whether a browser asks for a page to show, not a script or a file."""
    accepts = (value for name, value in scope.get("headers", []) if name == b"accept")
    return scope.get("method") == "GET" and any(b"text/html" in value for value in accepts)


def _unknown(path: str) -> bool:
    """Whether the path is one word that is no page and no route of ours ("/status" is the root)."""
    word = path.strip("/")
    if not word or "/" in word or "." in word:
        return False
    return word == "status" or word not in (*PAGES, *_OURS)


class Porter:
    """Middleware: nobody passes without a session, and no page of ours may be framed."""

    def __init__(self, app: Any, door: Door, now: Callable[[], float]) -> None:
        self._app = app
        self._door = door
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in, send to the login page, or refuse."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        path = str(scope.get("path", "/"))
        is_open = _OPEN.fullmatch(path) is not None
        allowed = is_open or self._door.viewer(cookie_of(scope), self._now()) is not None
        if scope["type"] == "websocket":
            if not allowed or is_open:
                await send({"type": "websocket.close", "code": 4403, "reason": "sign in first"})
                return
            await self._app(scope, receive, send)
            return
        if not allowed:
            await self._turn_away(scope, path, send)
            return

        if _asks_page(scope) and _unknown(path):
            # Streamlit would show a dialog of its own, in English only.
            headers = [(b"location", b"/"), (b"content-length", b"0"), *HEADERS]
            await send({"type": "http.response.start", "status": 303, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return

        async def dressed(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", []), *HEADERS]}
            await send(message)

        await self._app(scope, receive, dressed)

    async def _turn_away(self, scope: Scope, path: str, send: Send) -> None:
        if _asks_page(scope):
            query = scope.get("query_string", b"").decode("latin-1")
            target = quote(path + (f"?{query}" if query else ""), safe="")
            headers = [(b"location", f"/login?to={target}".encode()), (b"content-length", b"0"), *HEADERS]
            await send({"type": "http.response.start", "status": 303, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        body = '{"error":"sign in first 请先登录"}'.encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            *HEADERS,
        ]
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send({"type": "http.response.body", "body": body})
