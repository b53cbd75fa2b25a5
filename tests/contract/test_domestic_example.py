"""The example of a domestic provider in docs/reach.md is a whole sender that works, calls staying with the other."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from alerts.model import Notice, NoticeState, Rung
from alerts.notices import Fault
from alerts.senders import Senders
from alerts.sms import Sender
from sensors.model import Text
from tests.fakes.scripted import ScriptedSender
from tests.reach import World, alarm, ladder, person

DOCS = Path(__file__).resolve().parents[2] / "docs" / "reach.md"
S = NoticeState
LI = person("li")
NOTICE = Notice(
    id="n1",
    about="a",
    reference="K001",
    person="li",
    channel="sms",
    words="words",
    reason=Text("", ""),
    rung=0,
    due_at=0.0,
    tries=1,
)


class Provider:
    """What the example talks to: keeps messages by reference, answers what the test says."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.status, self.error, self.state, self.raw = 200, "", "queued", b""


@pytest.fixture
def provider() -> Iterator[tuple[Provider, str]]:
    told = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if told.status < 500 and not told.error:
                told.kept[body["ref"]] = body["text"]
            self.say(told.status, {"error": told.error} if told.error else {"id": "M1", "state": told.state})

        def do_GET(self) -> None:
            ref = parse_qs(urlsplit(self.path).query)["ref"][0]
            self.say(200 if ref in told.kept else 404, {"id": "M1", "state": told.state})

        def say(self, status: int, body: dict[str, str]) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(told.raw or json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield told, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join(5)


def example(url: str) -> Sender:
    """The class as it stands in the documentation."""
    blocks = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    (code,) = [block for block in blocks if "class ExampleSms" in block]
    made: dict[str, Any] = {}
    exec(compile(code, "docs/reach.md", "exec"), made)
    sender: Sender = made["ExampleSms"](url, "key")
    return sender


@pytest.mark.parametrize(
    ("given", "state", "fault"),
    [
        ({}, S.ACCEPTED, Fault.NONE),
        ({"state": "arrived"}, S.DELIVERED, Fault.NONE),
        ({"state": "lost"}, S.UNDELIVERED, Fault.UNREACHABLE),
        ({"error": "blacklisted"}, S.FAILED, Fault.OPTED_OUT),
        ({"error": "never heard of"}, S.FAILED, Fault.UNKNOWN),
        ({"status": 429}, S.FAILED, Fault.TEMPORARY),
        ({"status": 401}, S.FAILED, Fault.CONFIGURATION),
        ({"status": 502}, S.UNCERTAIN, Fault.AMBIGUOUS),
        ({"raw": b"<html>"}, S.UNCERTAIN, Fault.AMBIGUOUS),
        ({"raw": b"[1]"}, S.UNCERTAIN, Fault.AMBIGUOUS),
    ],
)
def test_each_answer_has_its_class(
    provider: tuple[Provider, str], given: dict[str, Any], state: NoticeState, fault: Fault
) -> None:
    told, url = provider
    for name, value in given.items():
        setattr(told, name, value)
    said = example(url).send(NOTICE, LI)
    assert (said.state, said.fault) == (state, fault)


def test_what_was_lost_is_looked_up_by_our_reference(provider: tuple[Provider, str]) -> None:
    told, url = provider
    sender = example(url)
    missing = sender.look_up(NOTICE, LI)
    assert missing is not None and missing.fault is Fault.NOT_TAKEN
    sender.send(NOTICE, LI)
    told.state = "arrived"
    found = sender.look_up(NOTICE, LI)
    assert found is not None and found.state is S.DELIVERED
    away = example("http://127.0.0.1:9")
    assert away.send(NOTICE, LI).fault is Fault.TEMPORARY
    assert away.look_up(NOTICE, LI) is None
    assert list(sender.inbound(0.0)) == []


def test_texts_go_through_it_while_calls_stay_with_the_other(provider: tuple[Provider, str]) -> None:
    told, url = provider
    told.error = "blacklisted"
    calls = ScriptedSender(frozenset({"sms", "voice"}))
    world = World(Senders((example(url), calls)), [LI], [ladder(Rung(person="li"))])
    world.raise_(alarm())
    world.run(20)
    assert [(p, c) for p, c, _ in calls.sent] == [("li", "voice")]
    assert "START" in world.pager.troubles()[0].reason.en
