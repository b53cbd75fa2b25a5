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


def regional(telecom: Telecom, phones: dict[str, str], **more: object) -> dict[str, tuple[bool, str]]:
    import time

    said = probe(account(telecom, **more), time.time(), phones=phones)
    return {p.what.en: (p.well, p.words.en) for p in said if "region" in p.what.en or "'s" in p.what.en}


def test_regions_that_are_not_enabled_are_named_with_who_lives_there(telecom: Telecom) -> None:
    phones = {"wang": "+8613800000001", "li": "+442079460001", "chen": "+8613800000003"}
    assert regional(telecom, phones) == {
        "region CN (wang, chen)": (True, "Enabled."),
        "region GB (li)": (True, "Enabled."),
    }
    telecom.closed_texts = {"CN"}
    telecom.closed_calls = {"CN", "GB"}
    assert regional(telecom, phones) == {
        "region CN (wang, chen)": (False, "Not enabled for texts and calls."),
        "region GB (li)": (False, "Not enabled for calls."),
    }
    only_service = regional(telecom, phones, senders=(SERVICE,))
    assert only_service["region GB (li)"] == (True, "Enabled."), "nothing calls there"
    assert telecom.messages() == [] and telecom.calls() == []


def test_an_account_that_may_not_read_its_permissions_is_no_fault_and_a_wrong_number_is(
    telecom: Telecom,
) -> None:
    telecom.reads_permissions = False
    said = regional(telecom, {"li": "+442079460001", "bad": "+99999"})
    assert said["bad's telephone"] == (False, "It is no valid number.")
    well, words = said["region GB (li)"]
    assert well and "cannot be read" in words


@pytest.mark.parametrize("sender", [NUMBER, SERVICE])
def test_answers_that_would_go_elsewhere_are_found(telecom: Telecom, sender: str) -> None:
    import time

    ours = "https://archive.example/hooks/twilio/inbound"
    given = {"senders": (sender,), "public_url": "https://archive.example"}
    name = f"incoming webhook of {sender}"
    assert bad(telecom, time.time(), **given) == [name]
    telecom.inbound_url = "https://demo.twilio.com/welcome/sms/reply/"
    assert bad(telecom, time.time(), **given) == [name]
    telecom.inbound_url = ours
    assert bad(telecom, time.time(), **given) == []
    telecom.inbound_url = ""
    assert bad(telecom, time.time(), senders=(sender,)) == [], "without a public address answers are fetched"


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


def test_without_any_channel_nothing_is_said_of_everyones() -> None:
    assert "everyone's channels" not in look()  # that there is none is said once, by strongroom.doctor.sender


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
