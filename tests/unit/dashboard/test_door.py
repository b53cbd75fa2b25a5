"""Nothing is readable without signing in; acts need the right token and the right role."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from dashboard.desk import Outcome
from dashboard.door import COOKIE, Porter
from dashboard.routes import routes
from dashboard.world import World
from sensors.model import Text
from strongroom.accounts import session_key
from strongroom.clock import SetClock
from strongroom.model import ReplyReceived
from tests.fakes import house
from tests.fakes.desk import FakeDesk
from tests.fakes.world import PASSWORD, make_world


async def _page(_: object) -> PlainTextResponse:
    return PlainTextResponse("inside")


async def _stream(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("inside")
    await socket.close()


def client(here: World) -> TestClient:
    app = Starlette(
        routes=[*routes(here), WebSocketRoute("/_stcore/stream", _stream), Route("/{rest:path}", _page)],
        middleware=[Middleware(Porter, door=here.door, now=here.clock.now)],
    )
    return TestClient(app, base_url="http://archive.test", follow_redirects=False)


def sign_in(web: TestClient, name: str = "archivist", password: str = PASSWORD, to: str = "/") -> int:
    page = web.get("/login", params={"to": to})
    token = re.search(r'name="token" value="(\w+)"', page.text)
    target = re.search(r'name="to" value="([^"]*)"', page.text)
    assert token and target
    fields = {"name": name, "password": password, "token": token[1], "to": target[1]}
    return web.post("/login", data=fields).status_code


def headers(here: World, web: TestClient) -> dict[str, str]:
    return {"x-strongroom": here.door.token(web.cookies[COOKIE])}


ACK = {"id": "act-00000001", "type": "alarm.acknowledge", "alarm": "water-in-stack@stack-2b#1"}


@pytest.fixture
def here(tmp_path: Path) -> World:
    return make_world(tmp_path, house.water_board(later=True))


def test_strangers_see_nothing_but_the_login_page(here: World) -> None:
    web = client(here)
    turned = web.get("/alarms?tab=history", headers={"accept": "text/html"})
    assert turned.status_code == 303 and turned.headers["location"] == "/login?to=%2Falarms%3Ftab%3Dhistory"
    for path in (
        "/",
        "/_stcore/host-config",
        "/print/rescue",
        "/acts?ids=x",
        "/static/x.js",
        "/login2",
        "/healthy",
    ):
        assert "inside" not in web.get(path).text
    assert web.get("/_stcore/host-config").status_code == 401
    assert web.post("/act", json=ACK).status_code == 401
    assert web.get("/health").json() == {"dashboard": "alive"}
    login = web.get("/login")
    assert login.status_code == 200 and house.PEOPLE["wang"].phone not in login.text


def test_the_websocket_is_refused_without_a_session_and_with_a_forged_one(here: World) -> None:
    web = client(here)
    user = here.users.get("viewer")
    assert user is not None
    for cookie in ("", "forged", here.door.admit(user, house.NOW)[:-3] + "abc", here.door.admit(user, 0.0)):
        carried = {"cookie": f"{COOKIE}={cookie}"}
        with pytest.raises(WebSocketDisconnect), web.websocket_connect("/_stcore/stream", headers=carried):
            pass
    with pytest.raises(WebSocketDisconnect), web.websocket_connect("/parts/stream"):
        pass
    assert sign_in(web) == 303
    carried = {"cookie": f"{COOKIE}={web.cookies[COOKIE]}"}
    with web.websocket_connect("/_stcore/stream", headers=carried) as socket:
        assert socket.receive_text() == "inside"


def test_signing_in_sets_a_cookie_that_scripts_cannot_read(here: World) -> None:
    web = client(here)
    page = web.get("/login")
    token = re.search(r'name="token" value="(\w+)"', page.text)
    assert token
    answer = web.post(
        "/login", data={"name": "viewer", "password": PASSWORD, "token": token[1], "to": "/alarms"}
    )
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie
    assert answer.headers["location"] == "/alarms"
    inside = web.get("/", headers={"accept": "text/html"})
    assert inside.text == "inside"
    assert inside.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in inside.headers["content-security-policy"]


@pytest.mark.parametrize(
    "target", ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)"]
)
def test_the_way_back_stays_on_this_site(here: World, target: str) -> None:
    web = client(here)
    page = web.get("/login", params={"to": target})
    assert "evil" not in page.text and "javascript" not in page.text


def test_a_login_form_from_elsewhere_is_refused(here: World) -> None:
    web = client(here)
    assert web.post("/login", data={"name": "viewer", "password": PASSWORD}).status_code == 400
    assert COOKIE not in web.cookies


def test_wrong_words_and_guessing(here: World) -> None:
    web = client(here)
    for _ in range(5):
        assert sign_in(web, password="guess") == 401
    assert sign_in(web) == 429


def test_sessions_end_by_time_and_by_a_new_password(here: World) -> None:
    web = client(here)
    assert sign_in(web) == 303
    clock = here.clock
    assert isinstance(clock, SetClock)
    clock.move(11.9 * 3600)
    assert web.get("/").text == "inside"
    clock.move(600)
    assert web.get("/").status_code == 401
    assert sign_in(web) == 303
    here.users.add("archivist", "new words here", ("archivist",), "li", "zh")
    assert web.get("/").status_code == 401


def test_signing_out(here: World) -> None:
    web = client(here)
    sign_in(web)
    assert web.post("/leave").status_code == 403
    assert web.post("/leave", headers=headers(here, web)).status_code == 200
    assert web.get("/").status_code == 401


def test_an_act_reaches_the_engine_once_under_the_persons_name(here: World) -> None:
    web, desk = client(here), here.desk
    assert isinstance(desk, FakeDesk)
    sign_in(web)
    for _ in range(3):
        assert web.post("/act", json=ACK, headers=headers(here, web)).status_code == 202
    assert [(act.id, act.by, act.at) for act in desk.acts] == [(ACK["id"], "li", house.NOW)]
    assert web.get("/acts", params={"ids": ACK["id"]}).json() == {}
    desk.outcomes[ACK["id"]] = Outcome(False, Text("不行", "no"))
    told = web.get("/acts", params={"ids": f"{ACK['id']},other"}).json()
    assert told == {ACK["id"]: {"accepted": False, "reason": {"zh": "不行", "en": "no"}}}


def test_an_act_needs_the_token_of_our_own_page(here: World) -> None:
    web = client(here)
    sign_in(web)
    assert web.post("/act", json=ACK).status_code == 403
    assert web.post("/act", json=ACK, headers={"x-strongroom": "0" * 64}).status_code == 403
    assert here.desk.acts == []  # type: ignore[attr-defined]


ITEM = {"type": "incident.item", "incident": "inc-1", "holding": "M002", "state": "out"}
CLEAR = {"type": "incident.clear_zone", "incident": "inc-1", "zone": "stack-2a", "reason": "dry"}
SHELVE = {"type": "alarm.shelve", "alarm": "humid-stack@stack-1a#2", "reason": "works", "for_min": 60}
OUT = {
    "type": "rule.out_of_service",
    "rule": "humid-stack",
    "scope": "stack-1a",
    "reason": "works",
    "for_min": 1440,
}
URGENT = {**SHELVE, "alarm": "water-in-stack@stack-2b#1"}


@pytest.mark.parametrize(
    ("role", "act", "status"),
    [
        ("viewer", ACK, 403),
        ("viewer", ITEM, 403),
        ("helper", ACK, 403),
        ("helper", ITEM, 202),
        ("helper", CLEAR, 403),
        ("archivist", CLEAR, 403),
        ("archivist", SHELVE, 202),
        ("archivist", URGENT, 403),
        ("coordinator", URGENT, 202),
        ("coordinator", CLEAR, 202),
        ("coordinator", {"type": "drill.start", "drill": "water-2b"}, 202),
        ("archivist", {"type": "drill.start", "drill": "water-2b"}, 403),
        ("archivist", OUT, 403),
        ("coordinator", OUT, 202),
        ("administrator", ACK, 403),
    ],
)
def test_the_role_table_is_kept_by_the_server(
    here: World, role: str, act: dict[str, object], status: int
) -> None:
    web = client(here)
    sign_in(web, role)
    answer = web.post("/act", json={"id": "act-00000001", **act}, headers=headers(here, web))
    assert answer.status_code == status, answer.text
    if status == 403:
        assert set(answer.json()["error"]) == {"zh", "en"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"\xff\xfe",
        b"null",
        b'{"id":"act-00000001"}',
        b'{"id":"act-00000001","type":"no.such"}',
        b'{"id":"x","type":"alarm.acknowledge","alarm":"a"}',
        b'{"id":"act-00000001","type":"alarm.acknowledge","alarm":7}',
        b'{"id":"act-00000001","type":"alarm.shelve","alarm":"a","reason":"r","for_min":100000}',
        b'{"id":"act-00000001","type":"alarm.shelve","alarm":"a","reason":"r","for_min":"NaN"}',
        b'{"id":"act-00000001","type":"incident.item","incident":"i","holding":"h","state":"gone"}',
        b"[" * 50_000,
    ],
)
def test_malformed_acts_get_a_clear_no(here: World, body: bytes) -> None:
    web = client(here)
    sign_in(web, "coordinator")
    answer = web.post("/act", content=body, headers=headers(here, web))
    assert answer.status_code == 400, answer.text
    assert set(answer.json()["error"]) == {"zh", "en"}
    assert here.desk.acts == []  # type: ignore[attr-defined]


def test_a_huge_act_is_cut_off(here: World) -> None:
    web = client(here)
    sign_in(web, "coordinator")
    assert web.post("/act", content=b"x" * 200_000, headers=headers(here, web)).status_code == 413


def test_shelving_ends_at_a_moment_of_our_clock(here: World) -> None:
    web = client(here)
    sign_in(web, "coordinator")
    web.post("/act", json={"id": "act-00000001", **SHELVE}, headers=headers(here, web))
    assert here.desk.acts[0].what.until_at == house.NOW + 3600  # type: ignore[attr-defined]


def test_a_code_speaks_only_for_whom_it_was_sent_to(here: World) -> None:
    web = client(here)
    sign_in(web, "archivist")  # li; the message went to wang
    reply = {"id": "act-00000001", "type": "reply.received", "notice": "n1", "words": "4711", "sender": "+1"}
    assert web.post("/act", json=reply, headers=headers(here, web)).status_code == 403
    mine = client(here)
    sign_in(mine, "coordinator")
    assert mine.post("/act", json=reply, headers=headers(here, mine)).status_code == 202
    what = here.desk.acts[0].what  # type: ignore[attr-defined]
    assert what == ReplyReceived(sender="+8613800000001", words="4711A", means="phone page", notice="n1")


def test_the_providers_callbacks_need_no_session_but_nothing_else_beside_them(here: World) -> None:
    web = client(here)
    assert web.post("/hooks/twilio/status").status_code != 401
    for path in ("/hooks/twilio/other", "/hooks/twilio/status/x", "/hooks/x"):
        assert web.get(path).status_code == 401


def test_acknowledging_at_the_wall_takes_a_pin_and_nothing_else(here: World) -> None:
    web = client(here)
    sign_in(web, "viewer")
    here.users.set_pin("archivist", "246810")
    act = {**ACK, "user": "archivist", "pin": "246810"}
    assert web.post("/pin", json={**act, "pin": "999999"}, headers=headers(here, web)).status_code == 403
    assert web.post("/pin", json={**act, **SHELVE}, headers=headers(here, web)).status_code == 403
    assert web.post("/pin", json=act, headers=headers(here, web)).status_code == 202
    assert [(one.by, one.means) for one in here.desk.acts] == [("li", "wall")]  # type: ignore[attr-defined]


def test_the_demonstration_door_exists_in_a_demonstration_only(here: World, tmp_path: Path) -> None:
    web = client(here)
    page = web.get("/login")
    token = re.search(r'name="token" value="(\w+)"', page.text)
    assert token and 'action="/demo"' not in page.text
    assert web.post("/demo", data={"role": "coordinator", "token": token[1]}).status_code == 403
    with pytest.raises(PermissionError):
        here.door.admit_visitor("coordinator", house.NOW)
    shown = make_world(tmp_path / "demo", house.board(), demo="one-time")
    visitor = client(shown)
    page = visitor.get("/login")
    token = re.search(r'name="token" value="(\w+)"', page.text)
    assert token and "演示 DEMO" in page.text
    assert visitor.post("/demo", data={"role": "king", "token": token[1]}).status_code == 403
    assert (
        visitor.post("/demo", data={"role": "coordinator", "token": token[1], "to": "/"}).status_code == 303
    )
    assert visitor.get("/").text == "inside"
    cookie = visitor.cookies[COOKIE]
    for other in (here, make_world(tmp_path / "later", house.board(), demo="another")):
        stranger = client(other)
        stranger.cookies.set(COOKIE, cookie)
        assert stranger.get("/").status_code == 401


def test_stories_are_asked_for_in_a_demonstration_only(here: World, tmp_path: Path) -> None:
    web = client(here)
    sign_in(web, "coordinator")
    story = {"id": "act-00000001", "story": "water"}
    assert web.post("/story", json=story, headers=headers(here, web)).status_code == 403
    shown = make_world(tmp_path / "demo", house.board(), demo="one-time")
    visitor = client(shown)
    sign_in(visitor, "viewer")
    assert visitor.post("/story", json={"story": "../x"}, headers=headers(shown, visitor)).status_code == 403
    assert visitor.post("/story", json=story, headers=headers(shown, visitor)).status_code == 200
    lines = (shown.data / "demo" / "requests.jsonl").read_text().splitlines()
    assert [json.loads(line)["story"] for line in lines] == ["water"]


def test_printing_the_rescue_list_is_for_the_right_people_and_remembered(here: World) -> None:
    web = client(here)
    sign_in(web, "viewer")
    assert web.get("/print/rescue").status_code == 303
    assert here.users.looks() == []
    mine = client(here)
    sign_in(mine, "helper")
    page = mine.get("/print/rescue")
    assert page.status_code == 200 and "Qing deeds" in page.text and "会议纪要" not in page.text
    assert [(one.user, one.what) for one in here.users.looks()] == [("helper", "print-rescue")]


def test_only_our_own_parts_are_served(here: World) -> None:
    web = client(here)
    assert web.get("/parts/plan.js").status_code == 200
    assert "--sr-m1" in web.get("/parts/theme.css").text
    for name in ("..%2fdoor.py", "loader.txt", "../routes.py", "%2e%2e%2f__init__.py"):
        assert web.get(f"/parts/{name}").status_code in (303, 401, 404)


def test_the_signing_key_is_the_owners_alone_and_stays(tmp_path: Path) -> None:
    key = session_key(tmp_path / "data")
    assert len(key) == 32 and session_key(tmp_path / "data") == key
    assert (tmp_path / "data" / "session.key").stat().st_mode & 0o077 == 0


def test_an_unknown_page_address_leads_home_instead_of_to_streamlits_english_dialog(here: World) -> None:
    web = client(here)
    sign_in(web)
    for path in ("/status", "/nonsense", "/nonsense/"):
        answer = web.get(path, headers={"accept": "text/html"})
        assert answer.status_code == 303 and answer.headers["location"] == "/"
    for path in ("/", "/alarms", "/wall", "/_stcore/host-config", "/static/x.js"):
        answer = web.get(path, headers={"accept": "text/html"})
        assert answer.status_code == 200 and answer.text == "inside"
