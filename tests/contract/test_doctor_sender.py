"""The doctor finds wrong credentials, sender, clock and address before the fire does (C26)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from msgspec.structs import replace

from alerts.model import Duty, Ladder, Rung
from alerts.twilio_probe import probe
from alerts.twilio_sender import TwilioAccount
from strongroom.clock import SetClock
from strongroom.doctor import Finding
from strongroom.doctor_sender import sender_findings
from strongroom.settings import Secret, Settings, Twilio
from tests.fakes.smtp import MailServer
from tests.fakes.telecom import ACCOUNT, NUMBER, SERVICE, TOKEN, Telecom
from tests.reach import START, person


@pytest.fixture
def telecom() -> Iterator[Telecom]:
    with Telecom(lambda: START) as made:
        yield made


def account(telecom: Telecom, **more: object) -> TwilioAccount:
    given = {"account": ACCOUNT, "tokens": (TOKEN,), "senders": (NUMBER,), "url": telecom.url, **more}
    return TwilioAccount(**given)  # type: ignore[arg-type]


def bad(telecom: Telecom, now: float, **more: object) -> list[str]:
    return [p.what.en for p in probe(account(telecom, **more), now) if not p.well]


def test_each_wrong_thing_is_named(telecom: Telecom) -> None:
    import time

    now = time.time()
    assert bad(telecom, now, senders=(NUMBER, SERVICE)) == []
    assert bad(telecom, now, tokens=("wrong", TOKEN)) == ["Twilio token 1"]
    assert bad(telecom, now, tokens=("wrong",)) == ["Twilio token 1"]
    assert bad(telecom, now + 500) == ["our clock"]
    assert bad(telecom, now, senders=("+15005550001",)) == ["sender +15005550001"]
    assert bad(telecom, now, senders=("MG" + "9" * 32,)) == ["sender MG" + "9" * 32]
    assert telecom.messages() == [], "the doctor sends nothing"
    gone = account(telecom, url="http://127.0.0.1:9")
    assert "firewall" in probe(gone, now)[0].remedy.en


class Building:
    """As much of a building as the looks need."""

    timezone = "Asia/Shanghai"
    people: ClassVar = {"li": person("li"), "boss": person("boss", channels=("pigeon",))}
    ladders = (Ladder(priority=1, rungs=(Rung(role="on-duty"),)),)
    duties = (Duty(person="li", from_="2025-11-01T00:00", until="2025-12-01T09:00"),)


def look(**more: object) -> dict[str, Finding]:
    settings = Settings(building=Path("b"), data=Path("d"), **more)  # type: ignore[arg-type]
    found = sender_findings(settings, Building(), SetClock(START))  # type: ignore[arg-type]
    return {f.about.en: f for f in found}


def test_no_channel_at_all_is_a_problem() -> None:
    assert look()["everyone's channels"].grade == "problem"


def test_people_without_a_channel_and_gaps_ahead_are_named() -> None:
    found = look(sender="paper")
    assert "boss" in found["everyone's channels"].words.en
    assert "2025-12-01 09:00" in found["duty roster"].words.en


def test_calls_that_cannot_take_a_key_are_said(telecom: Telecom) -> None:
    twilio = Twilio(account=ACCOUNT, token=Secret(TOKEN), sender=NUMBER, url=telecom.url)
    found = look(sender="twilio", twilio=twilio)
    assert "cannot take a key" in found["callback address for Twilio"].words.en
    keys = replace(twilio, keys_url="https://handler.twilio.com/twiml/EH1")
    assert look(sender="twilio", twilio=keys)["callback address for Twilio"].grade == "ok"
    away = look(sender="twilio", twilio=twilio, public_url="http://127.0.0.1:9")
    assert "does not answer" in away["callback address for Twilio"].words.en


def test_a_mail_server_and_chat_addresses_are_tried() -> None:
    with MailServer() as server:
        fine = look(smtp=Secret(f"smtp+plain://127.0.0.1:{server.port}"))
    assert fine["mail server"].grade == "ok"
    broken = look(smtp=Secret("smtp+plain://127.0.0.1:9"), channels={"x": Secret("nothing://y")})
    assert broken["mail server"].grade == "problem"
    assert "x" in broken["other channels"].words.en
