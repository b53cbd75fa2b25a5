"""The answer page: code and PIN of the very person the message went to, and nothing beyond an answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from alerts.model import Notice, NoticeState
from dashboard.desk import Outcome
from dashboard.door import COOKIE, Porter
from dashboard.routes import routes
from dashboard.world import World
from sensors.model import Text
from strongroom.model import Act, ReplyReceived
from tests.fakes import house
from tests.fakes.desk import FakeDesk
from tests.fakes.world import make_world

PIN = "246810"


class Deciding(FakeDesk):
    """A desk whose engine decides at once."""

    def put(self, act: Act) -> None:
        super().put(act)
        self.outcomes.setdefault(act.id, Outcome(True))


def message(person: str, reference: str, code: str = "", due_at: float = house.NOW - 60.0) -> Notice:
    return Notice(
        id=f"{reference}/{person}/{due_at:.0f}",
        about="water-in-stack@stack-2b#1",
        reference=reference,
        person=person,
        channel="sms",
        words="…",
        reason=Text("", ""),
        rung=0,
        due_at=due_at,
        state=NoticeState.DELIVERED,
        code=code,
    )


@pytest.fixture
def here(tmp_path: Path) -> World:
    board = house.water_board(later=True)
    sent = (message("li", "K7P2"), message("wang", "K9", "12"), message("li", "K7P2", due_at=house.NOW - 600))
    made = make_world(tmp_path, replace(board, notices=sent), language="en")
    desk = Deciding(house.BUILDING, made.desk.board())
    for name in ("archivist", "coordinator"):
        made.users.set_pin(name, PIN)
    return replace(made, desk=desk)


def client(here: World) -> TestClient:
    return TestClient(
        Starlette(
            routes=routes(here),
            middleware=[Middleware(Porter, door=here.door, now=here.clock.now)],
        ),
        base_url="http://archive.test",
        headers={"accept-language": "en"},
        follow_redirects=False,
    )


def send(web: TestClient, **fields: str) -> tuple[int, str]:
    page = web.get("/answer")
    token = re.search(r'name="token" value="(\w+)"', page.text)
    assert token is not None
    given = {"who": "archivist", "code": "K7P2", "pin": PIN, "does": "A", "token": token[1], **fields}
    said = web.post("/answer", data=given)
    return said.status_code, said.text


@pytest.mark.parametrize("code", ["K7P2", " k7p2 ", "Ｋ７Ｐ２"])
def test_code_and_pin_answer_the_newest_message_without_a_session(here: World, code: str) -> None:
    web = client(here)
    status, text = send(web, code=code)
    assert status == 200 and "Recorded: K7P2." in text
    (act,) = here.desk.acts
    assert act.by == "li" and act.means == "phone page"
    assert act.what == ReplyReceived(
        sender=house.BUILDING.people["li"].phone,
        words="K7P2A",
        means="phone page",
        notice=f"K7P2/li/{house.NOW - 60:.0f}",
    )
    assert COOKIE not in web.cookies
    send(web, code=code)
    assert len(here.desk.acts) == 1, "pressed twice is one answer"


def test_a_telephone_number_stands_for_the_name(here: World) -> None:
    phone = house.BUILDING.people["wang"].phone
    status, _ = send(client(here), who=phone[-11:], code="12", does="E")
    assert status == 200
    assert here.desk.acts[0].what.words == "12E"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"pin": "999999"}, 403),
        ({"pin": ""}, 403),
        ({"who": "nobody"}, 403),
        ({"who": "helper"}, 403),  # has no PIN
        ({"code": "K9"}, 404),  # went to somebody else
        ({"code": "12"}, 404),
        ({"code": "K7"}, 404),
        ({"code": ""}, 404),
        ({"does": "release"}, 404),
        ({"does": ""}, 404),
        ({"token": "forged"}, 400),
        ({"who": "x" * 5000}, 400),
    ],
)
def test_anything_else_does_nothing(here: World, fields: dict[str, str], status: int) -> None:
    assert send(client(here), **fields)[0] == status
    assert here.desk.acts == []


def test_guessing_is_slowed_and_the_words_of_strangers_are_not_html(here: World) -> None:
    web = client(here)
    statuses = [send(web, pin=f"{n:06d}")[0] for n in range(12)]
    assert 429 in statuses
    assert "<script" not in send(web, code="<script>alert(1)", pin="x")[1]
    assert here.desk.acts == []


def test_a_refusal_of_the_engine_and_a_silent_engine_are_said(here: World) -> None:
    web = client(here)
    here.desk.outcomes.clear()
    status, text = send(web)
    assert status == 200 and "Recorded" in text
    act = here.desk.acts[0]
    here.desk.outcomes[act.id] = Outcome(False, Text("没有", "There is nothing to answer."))
    status, text = send(web)
    assert status == 409 and "There is nothing to answer." in text


def test_an_engine_that_says_nothing_is_said_after_three_seconds(tmp_path: Path, here: World) -> None:
    silent = replace(here, desk=FakeDesk(house.BUILDING, here.desk.board()))
    status, text = send(client(silent))
    assert status == 200 and "has not confirmed it yet" in text


def test_the_page_speaks_both_languages_and_is_offered_at_the_door(here: World) -> None:
    web = client(here)
    assert "答复短信" in web.get("/answer?lang=zh").text
    assert 'href="/answer"' in web.get("/login").text
