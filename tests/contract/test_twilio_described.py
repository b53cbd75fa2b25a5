"""Our requests against Twilio's own published description, with Stoplight Prism as validating proxy.

``make contract-twilio`` installs Prism, fetches the description (both from npm) and sets the two variables; without
them this is skipped. Prism stands between the real client and the stateful telecom and answers 422 to a request
that does not fit the description, 500 to an answer that does not.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from alerts.model import NoticeState
from alerts.twilio_sender import TwilioAccount, TwilioSender
from tests.contract.test_twilio import CALL, LI, NOTICE
from tests.fakes.telecom import ACCOUNT, NUMBER, SERVICE, TOKEN, Plan, Telecom
from tests.ports import free_port
from tests.reach import START

PRISM, DESCRIPTION = os.environ.get("PRISM", ""), os.environ.get("TWILIO_DESCRIPTION", "")
pytestmark = pytest.mark.skipif(
    not (PRISM and DESCRIPTION and Path(PRISM).is_file() and Path(DESCRIPTION).is_file()),
    reason="needs Prism and Twilio's description: run `make contract-twilio`",
)
S = NoticeState


@pytest.fixture(scope="module")
def telecom() -> Iterator[Telecom]:
    with Telecom(lambda: START) as made:
        yield made


@pytest.fixture(scope="module")
def proxy(telecom: Telecom) -> Iterator[str]:
    port = free_port()
    command = [PRISM, "proxy", DESCRIPTION, telecom.url, "-h", "127.0.0.1", "-p", str(port), "--errors"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                httpx.get(url, timeout=1.0)
                break
            except httpx.TransportError:
                assert process.poll() is None, "Prism ended"
                time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def sender(proxy: str, **more: object) -> TwilioSender:
    given = {"account": ACCOUNT, "tokens": (TOKEN,), "senders": (NUMBER,), "url": proxy, **more}
    return TwilioSender(TwilioAccount(**given))  # type: ignore[arg-type]


def test_prism_does_refuse_what_does_not_fit(proxy: str) -> None:
    url = f"{proxy}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    answer = httpx.post(url, data={"Body": "no recipient"}, auth=(ACCOUNT, TOKEN))
    assert answer.status_code == 422
    bad = {"To": LI.phone, "From": NUMBER, "Body": "x", "ValidityPeriod": "soon"}
    assert httpx.post(url, data=bad, auth=(ACCOUNT, TOKEN)).status_code == 422


@pytest.mark.parametrize("public", ["", "https://archive.example"])
@pytest.mark.parametrize("number", [NUMBER, SERVICE])
def test_texts_fit(telecom: Telecom, proxy: str, public: str, number: str) -> None:
    telecom.phone(LI.phone)
    telecom.routes["https://archive.example"] = "http://127.0.0.1:9"
    way = sender(proxy, senders=(number,), public_url=public)
    taken = way.send(NOTICE, LI)
    assert taken.state is S.ACCEPTED, taken
    assert way.look_up(replace(NOTICE, provider_id=taken.provider_id), LI).state is S.ACCEPTED
    assert way.look_up(NOTICE, LI).state is S.ACCEPTED


@pytest.mark.parametrize("public", ["", "https://archive.example"])
def test_calls_fit(telecom: Telecom, proxy: str, public: str) -> None:
    telecom.phone(LI.phone)
    telecom.routes["https://archive.example"] = "http://127.0.0.1:9"
    way = sender(proxy, public_url=public, keys_url="https://handler.twilio.com/twiml/EH1")
    taken = way.send(CALL, LI)
    assert taken.state is S.ACCEPTED, taken
    known = replace(CALL, provider_id=taken.provider_id)
    assert way.look_up(known, LI).state is S.ACCEPTED
    telecom.resources[taken.provider_id]["status"] = "in-progress"
    assert way.look_up(known, LI).state is S.RINGING
    assert way.look_up(CALL, LI) is not None


def test_fetching_answers_fits(telecom: Telecom, proxy: str) -> None:
    telecom.phone(LI.phone)
    telecom.reply(LI.phone, "1A")
    assert [m.words for m in sender(proxy).inbound(START - 60)] == ["1A"]


@pytest.mark.parametrize(("create", "code"), [("21610", "21610"), ("429", "20429")])
def test_refusals_come_through_as_they_are(telecom: Telecom, proxy: str, create: str, code: str) -> None:
    telecom.phone(LI.phone, Plan(create=create))
    assert sender(proxy).send(NOTICE, LI).code == code
