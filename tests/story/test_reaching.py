"""Whole stories of reaching people: pager, outbox, the real Twilio client, the telecom, our hooks, phones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import urlencode

import pytest
from twilio.request_validator import RequestValidator

from alerts.model import NoticeState, Person, Rung
from alerts.segments import count
from alerts.twilio_sender import TwilioAccount, TwilioSender
from sensors.model import Text
from strongroom.clock import SetClock
from strongroom.hooks import Hooks
from tests.fakes.hook_server import HookServer
from tests.fakes.telecom import ACCOUNT, NUMBER, TOKEN, Phone, Plan, Telecom
from tests.reach import START, World, alarm, ladder, person

S = NoticeState
PUBLIC = "https://archive.example"
LI = person("li")
WANG = Person(id="wang", name=Text("王芳", "Wang Fang"), phone="+8613800000001", language="zh")
ZHAO = person("zhao")
STEPS = ladder(Rung(person="li"), Rung(person="wang", after_min=3), Rung(person="zhao", after_min=6))


class Site:
    """A building's world with the telecom, reached by webhooks or by polling."""

    def __init__(
        self, stack: ExitStack, *, hooked: bool, ladders: object = (STEPS,), people: object = ()
    ) -> None:
        self.clock = SetClock(START)
        self.telecom = stack.enter_context(Telecom(self.clock.now))
        self.people = {p.id: p for p in people or (LI, WANG, ZHAO)}
        account = TwilioAccount(
            account=ACCOUNT,
            tokens=(TOKEN,),
            senders=(NUMBER,),
            url=self.telecom.url,
            public_url=PUBLIC if hooked else "",
            keys_url="" if hooked else "https://handler.twilio.com/twiml/EH1",
        )
        self.world = World(TwilioSender(account), self.people.values(), ladders, clock=self.clock)
        self.hooks = Hooks((TOKEN,), PUBLIC, self.world.put, self.world.find)
        server = stack.enter_context(HookServer(self.hooks, self.clock.now))
        self.telecom.routes[PUBLIC] = server.url
        if hooked:
            self.telecom.inbound_url = f"{PUBLIC}/hooks/twilio/inbound"

    def phone(self, who: str, *plans: Plan, **more: object) -> Phone:
        return self.telecom.phone(self.people[who].phone, *plans, **more)

    def run(self, seconds: float) -> None:
        """Time passes for both sides; the telecom moves everything one status a second."""
        end = self.clock.now() + seconds
        self.world.settle()
        while self.clock.now() < end:
            self.telecom.step()
            self.world.run(1)


@pytest.fixture(params=[True, False], ids=["webhooks", "polling"])
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    with ExitStack() as stack:
        yield Site(stack, hooked=request.param)


@pytest.fixture
def hooked() -> Iterator[Site]:
    with ExitStack() as stack:
        yield Site(stack, hooked=True)


def test_a_page_is_answered_by_text(site: Site) -> None:
    li = site.phone("li")
    site.world.raise_(alarm())
    site.run(40)
    (words,) = li.texts
    assert words == (
        "City Archives: URGENT Stack 2B - Water leak. Look, and close the valve. Ref K001. Reply 1A = on it"
    )
    site.telecom.reply(LI.phone, " “1a” ")
    site.run(30)
    assert site.world.alarms["leak@2b#1"].acked.by == "li"
    assert site.world.pages("li")[0].state is S.ANSWERED
    assert site.world.pages("li")[0].means == "sms"
    assert li.texts[1:] == ["Recorded: Li is on it. Ref K001."]
    site.run(900)
    assert len(site.telecom.messages()) == 2


def test_nobody_answers(site: Site) -> None:
    phones = [site.phone(who) for who in ("li", "wang", "zhao")]
    site.world.raise_(alarm())
    site.run(700)
    assert [len(p.texts) for p in phones] == [1, 1, 1]
    course = site.world.pager.book.course("leak@2b#1")
    assert "nobody0" in course.at
    assert course.reason.en == "The whole ladder was tried and nobody answered."


def test_the_first_channel_is_dead_and_the_call_is_answered_by_a_key(site: Site) -> None:
    li = site.phone("li", Plan(statuses=("sent", "undelivered"), code=30003), keys="1")
    site.world.raise_(alarm())
    site.run(60)
    assert li.texts == []
    assert "City Archives" in li.heard[0]
    assert site.world.alarms["leak@2b#1"].acked.by == "li"
    answered = [n for n in site.world.pages("li") if n.state is S.ANSWERED]
    assert [n.channel for n in answered] == ["voice"]


def test_a_voicemail_is_nobody(site: Site) -> None:
    site.phone("li", Plan(statuses=("failed",), code=30008), keys="")
    wang = site.phone("wang")
    site.world.raise_(alarm())
    site.run(100)
    assert site.world.alarms["leak@2b#1"].acked is None
    assert len(wang.texts) == 1


def test_all_channels_are_dead(site: Site) -> None:
    for who in ("li", "wang", "zhao"):
        site.phone(who, *[Plan(create="21614"), Plan(create="21214")] * 9)
    site.world.raise_(alarm())
    site.run(20)
    assert "nobody0" in site.world.pager.book.course("leak@2b#1").at
    assert len(site.world.pager.troubles()) == 6


def test_the_provider_itself_is_down(site: Site) -> None:
    li = site.phone("li")
    site.telecom.down = True
    site.world.raise_(alarm())
    site.run(30)
    assert li.texts == []
    site.telecom.down = False
    site.phone("wang"), site.phone("zhao")
    site.run(600)
    assert any("K001" in words for words in li.texts)


def test_taken_but_the_answer_was_lost_gives_one_message(site: Site) -> None:
    li = site.phone("li", Plan(create="die"))
    site.world.raise_(alarm())
    site.run(120)
    assert len(li.texts) == 1
    assert site.world.pages("li")[0].state is S.DELIVERED


def test_an_answer_later_than_our_patience_gives_one_message(site: Site) -> None:
    site.world.sender.wire.timeout = 0.2
    li = site.phone("li", Plan(create="late"))
    site.world.raise_(alarm())
    site.run(3)
    assert site.world.pages("li")[0].state in (S.UNCERTAIN, S.DELIVERED)
    site.telecom.nobody_waits.set()
    site.world.sender.wire.timeout = 10.0
    site.run(120)
    assert len(li.texts) == 1
    assert site.world.pages("li")[0].state is S.DELIVERED


def test_never_taken_and_the_answer_was_lost_gives_one_marked_message(site: Site) -> None:
    li = site.phone("li", Plan(create="refuse"))
    site.world.raise_(alarm())
    site.run(50)
    (words,) = li.texts
    assert words.startswith("(may be a repeat) City Archives: URGENT")


@pytest.mark.parametrize("order", ["early", "reversed", "doubled", "none"])
def test_callbacks_in_any_order_leave_the_highest_state(hooked: Site, order: str) -> None:
    li = hooked.phone("li", Plan(order=order))
    hooked.world.raise_(alarm())
    hooked.run(45)
    assert len(li.texts) == 1
    assert hooked.world.pages("li")[0].state is S.DELIVERED
    for late in ("sent", "queued", "sending"):
        hooked.telecom.callback(hooked.telecom.messages()[0]["sid"], late)
    hooked.run(1)
    assert hooked.world.pages("li")[0].state is S.DELIVERED


def test_callbacks_hours_late_change_nothing_that_was_decided_without_them(hooked: Site) -> None:
    li = hooked.phone("li", Plan(order="late"))
    hooked.phone("wang"), hooked.phone("zhao")
    hooked.world.raise_(alarm())
    hooked.run(400)
    hooked.clock.move(7200)
    hooked.run(30)
    before = {n.id: n.state for n in hooked.world.pager.notices.values()}
    sent = len(hooked.telecom.messages()) + len(hooked.telecom.calls())
    hooked.telecom.let_go()
    hooked.run(60)
    assert {n.id: n.state for n in hooked.world.pager.notices.values()} == before
    assert len(hooked.telecom.messages()) + len(hooked.telecom.calls()) == sent
    assert len(li.texts) >= 1


@pytest.mark.parametrize("how", [{"picks_up": False}, {"plan": Plan(statuses=("ringing", "busy"))}])
def test_a_call_that_nobody_takes_or_that_is_engaged_leads_on(site: Site, how: dict[str, object]) -> None:
    plans = [Plan(create="21614"), *([how["plan"]] if "plan" in how else [])]
    site.phone("li", *plans, picks_up="plan" in how)  # type: ignore[arg-type]
    wang = site.phone("wang")
    site.world.raise_(alarm())
    site.run(100)
    assert site.world.alarms["leak@2b#1"].acked is None
    assert len(wang.texts) == 1, "the next person, before the three minutes are over"


def test_too_many_requests_keeps_the_wait_and_sends_once(site: Site) -> None:
    li = site.phone("li", Plan(create="429", retry_after=20))
    site.world.raise_(alarm())
    site.run(18)
    assert li.texts == []
    site.run(20)
    assert len(li.texts) == 1


def test_an_opted_out_person_is_called_at_once_and_never_texted_again(site: Site) -> None:
    li = site.phone("li", opted_out=True, keys="1")
    site.world.raise_(alarm(1))
    site.run(30)
    site.world.raise_(alarm(2, zone="3"))
    site.run(30)
    assert li.texts == []
    assert len(li.calls) == 2
    assert len([r for r in site.telecom.requests if r[0] == "POST" and r[1].endswith("/Messages.json")]) == 1
    assert "START" in site.world.pager.troubles()[0].reason.en


@pytest.mark.parametrize(("units", "parts"), [(70, 1), (71, 2), (134, 2)])
def test_chinese_at_the_edges_of_a_part(site: Site, units: int, parts: int) -> None:
    li = site.phone("li")
    site.people["li"] = person("li", language="zh")
    site.world.people["li"] = site.people["li"]
    site.world.kill()
    site.world.raise_(alarm(advice=Text("关", "close"), name=Text("漏", "leak")))
    site.run(5)
    base = count(li.texts[0]).units - len("【市档案馆】")  # the site may be dropped
    site.world.acknowledge("leak@2b#1", "li")
    site.run(120)
    # The advice is always kept: it is what makes the message this long.
    extra = Text("关" + "阀" * (units - base), "close")
    site.world.raise_(alarm(2, zone="2b", advice=extra, name=Text("漏", "leak")))
    site.run(5)
    made = count(li.texts[-1])
    assert made.alphabet == "UCS-2"
    assert made.parts == parts
    assert made.units <= (70 if parts == 1 else 134)
    assert "阀" * (units - base) in li.texts[-1]


def test_mainland_numbers_get_no_link_and_no_reply_code_and_answer_by_key(site: Site) -> None:
    wang = site.phone("wang", Plan(), keys="1")
    site.world.people.pop("li")
    site.world.raise_(alarm(advice=Text("看 https://a.example/x 并关阀。", "see https://a.example/x")))
    site.run(60)
    (words,) = wang.texts
    assert "http" not in words
    assert "回复" not in words
    assert "K001" in words
    assert site.world.alarms["leak@2b#1"].acked is None


def test_wrong_answers_change_nothing_and_get_at_most_five_answers(site: Site) -> None:
    li, zhao = site.phone("li"), site.phone("zhao")
    site.world.raise_(alarm())
    site.run(10)
    for n in range(8):
        site.telecom.reply(LI.phone, ["99A", "hello", "收到", "1"][n % 4])
        site.run(12)
    assert site.world.alarms["leak@2b#1"].acked is None
    assert len(li.texts) == 1 + 5
    assert len(site.world.refused) == 8
    site.telecom.reply(ZHAO.phone, "1A")
    site.run(12)
    assert site.world.alarms["leak@2b#1"].acked is None, "a code counts only on the phone it was sent to"
    assert "No message with that code" in zhao.texts[-1]


def test_an_unknown_number_gets_no_answer(site: Site) -> None:
    site.phone("li")
    site.telecom.phone("+447700999999")
    site.world.raise_(alarm())
    site.run(10)
    site.telecom.reply("+447700999999", "1A")
    site.run(20)
    assert site.world.alarms["leak@2b#1"].acked is None
    assert site.telecom.messages("+447700999999") == []
    assert len(site.world.refused) == 1


def test_a_reply_that_comes_twice_counts_once(site: Site) -> None:
    li = site.phone("li")
    site.phone("wang")
    site.world.raise_(alarm())
    site.run(10)
    sid = site.telecom.reply(LI.phone, "1E")
    site.run(15)
    site.telecom.reply(LI.phone, "1E", sid)
    site.run(15)
    assert li.texts[1:] == ["Passed on to the next person."]


def test_passing_on_climbs_one_step_only_from_where_it_was_asked(site: Site) -> None:
    li, wang, zhao = (site.phone(who) for who in ("li", "wang", "zhao"))
    site.world.raise_(alarm())
    site.run(10)
    site.telecom.reply(LI.phone, "1E")
    site.run(15)
    assert len(wang.texts) == 1
    site.telecom.reply(LI.phone, "1E")
    site.run(15)
    assert zhao.texts == []
    assert "already taken or passed on" in li.texts[-1]


def test_asking_how_it_stands_and_answering_too_late(site: Site) -> None:
    li = site.phone("li")
    site.world.raise_(alarm())
    site.run(10)
    site.telecom.reply(LI.phone, "1s")
    site.run(15)
    assert li.texts[-1] == "Water leak: still active, nobody is on it."
    site.world.acknowledge("leak@2b#1", "zhao")
    site.telecom.reply(LI.phone, "收到1")
    site.run(15)
    assert li.texts[-1].startswith("Zhao took it at 00:00")
    site.telecom.reply(LI.phone, "?")
    site.run(15)
    assert "Reply with the code" in li.texts[-1]


def test_a_storm_of_500_alarms_to_12_people(site: Site) -> None:
    crew = [person(f"crew{n}", roles=("crew",)) for n in range(12)]
    for one in crew:
        site.world.people[one.id] = site.people[one.id] = one
        site.telecom.phone(one.phone)
    site.world.ladders = (ladder(Rung(role="crew")),)
    site.world.kill()
    for n in range(500):
        site.world.raise_(alarm(n, zone=f"z{n % 40}"))
        if n % 10 == 9:
            site.run(1)
    site.run(240)
    for one in crew:
        texts = site.telecom.phones[one.phone].texts
        assert 1 <= len(texts) <= 3
        assert sum(n.counted for n in site.world.pages(one.id)) == 500


class TestForgery:
    def body(self) -> dict[str, str]:
        return {
            "MessageSid": "SM1",
            "From": LI.phone,
            "To": NUMBER,
            "Body": "1A",
            "NumMedia": "0",
            "Blank": "",
        }

    def send(
        self,
        site: Site,
        fields: dict[str, str],
        *,
        expect: int,
        url: str = f"{PUBLIC}/hooks/twilio/inbound",
        signed_url: str = "",
        token: str = TOKEN,
        tamper: Callable[[str], str] = lambda s: s,
    ) -> None:
        signature = RequestValidator(token).compute_signature(signed_url or url, fields)
        body = tamper(urlencode(fields)).encode()
        site.telecom.post_raw(url, body, signature, expect=expect)

    @pytest.fixture
    def paged(self, hooked: Site) -> Site:
        hooked.phone("li")
        hooked.world.raise_(alarm())
        hooked.run(10)
        return hooked

    def test_the_real_one_counts_behind_a_tls_proxy_with_blank_fields(self, paged: Site) -> None:
        self.send(paged, self.body(), expect=2)
        paged.run(1)
        assert paged.world.alarms["leak@2b#1"].acked is not None

    @pytest.mark.parametrize(
        "how",
        [
            {"token": "another token"},
            {"signed_url": "http://archive.example/hooks/twilio/inbound"},
            {"signed_url": "http://127.0.0.1:80/hooks/twilio/inbound"},
            {"tamper": lambda s: s + "&Extra=1"},
            {"tamper": lambda s: s.replace("1A", "1A+")},
            {"tamper": lambda s: s.replace("&Blank=", "")},
            {"tamper": lambda s: s + "&Bad=%ff"},
        ],
        ids=["token", "scheme", "host", "added", "spaces", "blank lost", "not utf-8"],
    )
    def test_anything_forged_or_altered_changes_nothing(self, paged: Site, how: dict[str, object]) -> None:
        self.send(paged, self.body(), expect=4, **how)  # type: ignore[arg-type]
        paged.run(5)
        assert paged.world.alarms["leak@2b#1"].acked is None
        assert paged.hooks.refused == 1

    def test_a_replayed_webhook_counts_once(self, paged: Site) -> None:
        for _ in range(3):
            self.send(paged, self.body(), expect=2)
        paged.run(5)
        answers = [n for n in paged.world.pager.notices.values() if n.kind == "answer"]
        assert len(answers) == 1

    def test_without_a_token_everything_is_refused(self, paged: Site) -> None:
        paged.hooks._tokens = ()
        self.send(paged, self.body(), expect=4, token="")
        self.send(paged, self.body(), expect=4)
        assert paged.world.alarms["leak@2b#1"].acked is None

    def test_a_status_for_something_unknown_is_kept_and_answered(self, paged: Site) -> None:
        fields = {"MessageSid": "SM77", "MessageStatus": "delivered", "To": LI.phone}
        url = f"{PUBLIC}/hooks/twilio/status?notice=nobody%2Fknows&try=1"
        self.send(paged, fields, expect=2, url=url)
        paged.run(1)
        assert "status-SM77-delivered" in paged.world.kept


class TestTheTelecomItself:
    """What would let a test pass that must not."""

    def test_a_message_nobody_expects_fails_the_test(self) -> None:
        with pytest.raises(AssertionError, match="an unexpected text"), ExitStack() as stack:
            site = Site(stack, hooked=False)
            site.world.raise_(alarm())
            site.run(3)

    def test_an_answer_of_ours_that_is_no_success_fails_the_test(self) -> None:
        with pytest.raises(AssertionError, match="was 403"), ExitStack() as stack:
            site = Site(stack, hooked=True)
            site.phone("li")
            site.hooks._tokens = ("another",)
            site.world.raise_(alarm())
            site.run(3)

    def test_a_hook_that_is_not_there_fails_the_test(self) -> None:
        with pytest.raises(AssertionError, match="our answer to"), ExitStack() as stack:
            site = Site(stack, hooked=True)
            site.phone("li")
            site.telecom.routes[PUBLIC] = "http://127.0.0.1:9"
            site.world.raise_(alarm())
            site.run(3)


class KilledError(Exception):
    """The process dies here."""


STEPS_OF_ONE_PAGE = 12


@pytest.mark.parametrize("dies_at", range(STEPS_OF_ONE_PAGE))
def test_killed_between_any_two_steps_of_one_page(dies_at: int) -> None:
    with ExitStack() as stack:
        site = Site(stack, hooked=False)
        phone = site.phone("li")
        site.phone("wang"), site.phone("zhao")
        seen: list[str] = []

        def between(step: str) -> None:
            seen.append(step)
            if len(seen) - 1 == dies_at:
                raise KilledError

        send = site.world.sender.send

        def sending(*given: object) -> object:
            between("before the provider is called")
            said = send(*given)
            between("after the provider took it")
            return said

        site.world.between = between
        site.world.sender.send = sending  # type: ignore[method-assign]
        first = alarm()
        try:
            site.world.raise_(first)
            site.run(3)
        except KilledError:
            site.world.alarms[first.id] = first  # its own entry was committed, or the reading comes again
            site.world.between = lambda step: None
            site.world.kill()
        site.run(80)
        about = [t for t in phone.texts if "K001" in t]
        assert about, seen
        assert len([t for t in about if "may be a repeat" not in t]) <= 1
        assert len(about) <= 2
