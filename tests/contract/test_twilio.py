"""The real Twilio client against the stateful telecom on loopback: every class of answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from alerts.model import Notice, NoticeState, Person, Spoken
from alerts.notices import Fault
from alerts.twilio_sender import TwilioAccount, TwilioSender, Wire
from sensors.model import Text
from tests.fakes.telecom import ACCOUNT, NUMBER, SERVICE, TOKEN, Plan, Telecom
from tests.reach import START

S = NoticeState
LI = Person(id="li", name=Text("李强", "Li Qiang"), phone="+447700900001", language="en")
NOTICE = Notice(
    id="leak@2b#1/1.0.0/li/sms",
    about="leak@2b#1",
    reference="K001",
    person="li",
    channel="sms",
    words="【市档案馆】紧急：2号库B漏水。查看并关闭阀门。编号K001，回复1A接警",
    reason=Text("", ""),
    rung=0,
    due_at=START,
    state=S.SENDING,
    tries=1,
    at={"due": START, "first": START, "sending": START},
    expires_at=START + 300,
    spoken=(Spoken("leak@2b#1", 1, 0, 0),),
)
CALL = replace(NOTICE, id="leak@2b#1/1.0.0/li/voice", channel="voice", words="漏水。")


@pytest.fixture
def telecom() -> Iterator[Telecom]:
    with Telecom(lambda: START) as made:
        yield made


def sender(telecom: Telecom, **more: object) -> TwilioSender:
    given = {"account": ACCOUNT, "tokens": (TOKEN,), "senders": (NUMBER,), "url": telecom.url, **more}
    return TwilioSender(TwilioAccount(**given))  # type: ignore[arg-type]


def test_a_text_goes_with_its_validity_and_is_looked_up_to_its_end(telecom: Telecom) -> None:
    telecom.phone(LI.phone)
    way = sender(telecom)
    taken = way.send(NOTICE, LI)
    assert (taken.state, taken.status) == (S.ACCEPTED, "queued")
    ((_, path, form),) = telecom.requests
    assert path.endswith("/Messages.json")
    assert form == {"To": LI.phone, "From": NUMBER, "Body": NOTICE.words, "ValidityPeriod": "300"}
    known = replace(NOTICE, provider_id=taken.provider_id)
    telecom.step()
    assert way.look_up(known, LI).state is S.SENT
    telecom.step()
    assert way.look_up(known, LI).state is S.DELIVERED


def test_a_messaging_service_and_a_callback_with_our_key(telecom: Telecom) -> None:
    telecom.phone(LI.phone)
    way = sender(telecom, senders=(SERVICE,), public_url="https://archive.example")
    telecom.routes["https://archive.example"] = "http://127.0.0.1:9"
    assert way.send(NOTICE, LI).status == "accepted"
    form = telecom.requests[0][2]
    assert form["MessagingServiceSid"] == SERVICE
    assert form["StatusCallback"] == (
        "https://archive.example/hooks/twilio/status?notice=leak%402b%231%2F1.0.0%2Fli%2Fsms&try=1"
    )


@pytest.mark.parametrize(
    ("create", "state", "fault"),
    [
        ("21211", S.FAILED, Fault.NUMBER),
        ("21614", S.FAILED, Fault.NUMBER),
        ("21610", S.FAILED, Fault.OPTED_OUT),
        ("21408", S.FAILED, Fault.CONFIGURATION),
        ("21608", S.FAILED, Fault.CONFIGURATION),
        ("21611", S.FAILED, Fault.TEMPORARY),
        ("503", S.FAILED, Fault.TEMPORARY),
        ("99999", S.FAILED, Fault.UNKNOWN),
        ("500", S.UNCERTAIN, Fault.AMBIGUOUS),
        ("die", S.UNCERTAIN, Fault.AMBIGUOUS),
        ("refuse", S.UNCERTAIN, Fault.AMBIGUOUS),
    ],
)
def test_each_refusal_has_its_class(telecom: Telecom, create: str, state: NoticeState, fault: Fault) -> None:
    telecom.phone(LI.phone, Plan(create=create))
    said = sender(telecom).send(NOTICE, LI)
    assert (said.state, said.fault) == (state, fault)
    assert len(telecom.requests) == 1, "a create is never repeated by itself"


def test_too_many_requests_waits_as_long_as_it_was_told(telecom: Telecom) -> None:
    telecom.phone(LI.phone, Plan(create="429", retry_after=7))
    said = sender(telecom).send(NOTICE, LI)
    assert (said.fault, said.retry_after_s) == (Fault.TEMPORARY, 7.0)


def test_a_connection_that_was_never_made_is_worth_retrying() -> None:
    way = TwilioSender(
        TwilioAccount(account=ACCOUNT, tokens=(TOKEN,), senders=(NUMBER,), url="http://127.0.0.1:9")
    )
    assert way.send(NOTICE, LI).fault is Fault.TEMPORARY
    assert way.look_up(replace(NOTICE, provider_id="SM1"), LI) is None
    assert way.inbound(START) == ()


def test_the_second_token_takes_over_when_the_first_is_revoked(telecom: Telecom) -> None:
    telecom.phone(LI.phone)
    telecom.token = "n" * 32
    assert sender(telecom).send(NOTICE, LI).fault is Fault.CONFIGURATION
    way = sender(telecom, tokens=(TOKEN, "n" * 32))
    assert way.send(NOTICE, LI).state is S.ACCEPTED
    before = len(telecom.requests)
    way.send(replace(NOTICE, tries=2), LI)
    assert len(telecom.requests) == before + 1, "the token that worked is tried first from then on"


def test_the_second_sender_takes_over_when_the_first_is_refused(telecom: Telecom) -> None:
    telecom.phone(LI.phone)
    telecom.numbers.add("+15005550007")
    telecom.blocked_senders[SERVICE] = 21703
    way = sender(telecom, senders=(SERVICE, "+15005550007"))
    assert way.send(NOTICE, LI).state is S.ACCEPTED
    assert [m["from"] for m in telecom.messages()] == ["+15005550007"]


def test_a_refused_callback_address_loses_the_tracking_not_the_page(telecom: Telecom) -> None:
    telecom.phone(LI.phone)
    telecom.refuses_callbacks = True
    way = sender(telecom, public_url="https://archive.example")
    assert way.send(NOTICE, LI).state is S.ACCEPTED
    assert "StatusCallback" not in telecom.requests[-1][2]


def test_a_lost_answer_is_found_by_our_words_since_the_sending(telecom: Telecom) -> None:
    telecom.phone(LI.phone, Plan(create="die"))
    way = sender(telecom)
    assert way.send(NOTICE, LI).state is S.UNCERTAIN
    found = way.look_up(replace(NOTICE, state=S.UNCERTAIN), LI)
    assert found.provider_id == telecom.messages()[0]["sid"]
    other = replace(NOTICE, words="other words")
    assert way.look_up(other, LI).fault is Fault.NOT_TAKEN
    later = replace(NOTICE, at={**NOTICE.at, "sending": START + 3600})
    assert way.look_up(later, LI).fault is Fault.NOT_TAKEN, "an older message with the same words is not it"


def test_delivery_failures_bring_their_code(telecom: Telecom) -> None:
    telecom.phone(LI.phone, Plan(statuses=("sent", "undelivered"), code=30003))
    way = sender(telecom)
    taken = way.send(NOTICE, LI)
    telecom.settle()
    said = way.look_up(replace(NOTICE, provider_id=taken.provider_id), LI)
    assert (said.state, said.fault, said.code) == (S.UNDELIVERED, Fault.UNREACHABLE, "30003")


def test_answers_are_fetched_where_no_address_of_ours_can_be_reached(telecom: Telecom) -> None:
    telecom.phone(LI.phone)
    telecom.reply(LI.phone, "1A")
    way = sender(telecom)
    way.send(NOTICE, LI)
    (message,) = way.inbound(START - 60)
    assert (message.sender, message.words, message.at) == (LI.phone, "1A", START)
    assert way.inbound(START + 1) == ()


def test_a_call_without_a_public_address_speaks_and_its_key_is_fetched(telecom: Telecom) -> None:
    phone = telecom.phone(LI.phone, keys="1")
    way = sender(telecom, keys_url="https://handler.twilio.com/twiml/EH1")
    taken = way.send(CALL, LI)
    known = replace(CALL, provider_id=taken.provider_id)
    telecom.step()
    telecom.step()
    assert "Press 1 to confirm" in phone.heard[0]
    said = way.look_up(known, LI)
    assert (said.state, said.keys) == (S.RINGING, "1")
    telecom.settle()
    assert way.look_up(known, LI).state is S.NO_ANSWER, "completed may be a voicemail"


def test_a_call_that_nobody_takes(telecom: Telecom) -> None:
    telecom.phone(LI.phone, picks_up=False)
    way = sender(telecom)
    taken = way.send(CALL, LI)
    telecom.settle()
    assert way.look_up(replace(CALL, provider_id=taken.provider_id), LI).state is S.NO_ANSWER


def test_the_http_layer_has_a_time_limit() -> None:
    assert Wire().timeout == 10.0


def test_a_body_is_never_longer_than_the_provider_takes(telecom: Telecom) -> None:
    telecom.phone(LI.phone)
    assert sender(telecom).send(replace(NOTICE, words="长" * 3000), LI).state is S.ACCEPTED


def test_hostile_words_arrive_as_they_are(telecom: Telecom) -> None:
    phone = telecom.phone(LI.phone)
    words = "a&Body=b\r\nX: y <say>'\"😀\x00"
    sender(telecom).send(replace(NOTICE, words=words), LI)
    telecom.settle()
    assert phone.texts == [words]
