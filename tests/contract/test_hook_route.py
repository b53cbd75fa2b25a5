"""The dashboard's hook route: open to the provider's signature and to nothing else."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.testclient import TestClient
from twilio.request_validator import RequestValidator

from dashboard.hooks import hook_route
from strongroom.clock import SetClock
from strongroom.hooks import Hooks
from strongroom.model import Act, ReplyReceived

PUBLIC = "https://archive.example"
PATH = "/hooks/twilio/inbound"


def test_a_signed_answer_is_kept_and_an_unsigned_one_refused() -> None:
    kept: list[Act] = []
    hooks = Hooks(("token",), PUBLIC, kept.append, lambda _: None)
    client = TestClient(Starlette(routes=[hook_route(hooks, SetClock(5.0))]))
    fields = {"MessageSid": "SM1", "From": "+447700900001", "Body": "收到 12", "Blank": ""}
    signature = RequestValidator("token").compute_signature(PUBLIC + PATH + "?a=%2F", fields)
    headers = {
        "X-Twilio-Signature": signature,
        "Content-Type": "application/x-www-form-urlencoded",
        "Host": "evil.example",
    }
    body = urlencode(fields)
    assert client.post(PATH + "?a=%2F", content=body, headers=headers).status_code == 204
    assert kept[0].what == ReplyReceived(
        sender="+447700900001", words="收到 12", means="sms", provider_id="SM1"
    )
    assert client.post(PATH, content=body, headers=headers).status_code == 403
    assert client.post(PATH, content=b"x" * 70_000, headers=headers).status_code == 413
    assert client.get(PATH).status_code == 405
    assert len(kept) == 1


def test_a_call_of_a_notice_not_known_yet_still_says_that_there_is_an_alarm() -> None:
    hooks = Hooks(("token",), PUBLIC, lambda act: None, lambda _: None)
    client = TestClient(Starlette(routes=[hook_route(hooks, SetClock(5.0))]))
    path = "/hooks/twilio/voice?notice=a%40b%231&try=1"
    signature = RequestValidator("token").compute_signature(PUBLIC + path, {"CallSid": "CA1"})
    said = client.post(path, data={"CallSid": "CA1"}, headers={"X-Twilio-Signature": signature})
    assert said.status_code == 200
    assert said.headers["content-type"].startswith("text/xml")
    assert "警报" in said.text
    assert "keys?notice=a%40b%231&amp;try=1" in said.text
