"""Who is told what, when, and when no longer (C16 to C24)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from alerts.model import Comment, Duty, NoticeState, Refused, Rung, Shelf, Spoken
from alerts.notices import SendResult
from alerts.storm import CHATTER_PAGES, Held
from sensors.model import Text
from tests.fakes.scripted import ScriptedSender
from tests.reach import START, World, alarm, ladder, person

S = NoticeState
LI, WANG, ZHAO = person("li"), person("wang"), person("zhao")
TWO_STEPS = ladder(Rung(person="li"), Rung(person="wang", after_min=3))


@pytest.fixture
def sender() -> ScriptedSender:
    return ScriptedSender()


def world(
    sender: ScriptedSender, *ladders: object, people: object = (LI, WANG, ZHAO), **more: object
) -> World:
    return World(sender, people, ladders or (TWO_STEPS,), **more)  # type: ignore[arg-type]


class TestEscalation:
    def test_the_first_person_is_told_at_once_and_the_second_when_nobody_answers(
        self, sender: ScriptedSender
    ) -> None:
        w = world(sender)
        w.raise_(alarm())
        w.run(179)
        assert [p for p, _, _ in sender.sent] == ["li"]
        w.run(2)
        assert [p for p, _, _ in sender.sent] == ["li", "wang"]

    def test_an_acknowledgement_stops_every_further_step_within_five_seconds(
        self, sender: ScriptedSender
    ) -> None:
        w = world(sender)
        w.raise_(alarm())
        w.run(60)
        w.acknowledge("leak@2b#1", "li")
        w.run(1800 - 100)
        assert [p for p, _, _ in sender.sent] == ["li"]
        assert w.pages("li")[0].state is S.ANSWERED

    @pytest.mark.parametrize("word", ["undelivered", "number", "text", "opted_out", "accepted"])
    def test_a_text_that_does_not_arrive_becomes_a_call_within_a_minute(
        self, sender: ScriptedSender, word: str
    ) -> None:
        sender.script("li", "sms", word)
        w = world(sender)
        w.raise_(alarm())
        w.run(62)
        assert next((p, c) for p, c, _ in sender.arrived) == ("li", "voice")

    def test_a_person_who_cannot_be_reached_at_all_brings_the_next_at_once(
        self, sender: ScriptedSender
    ) -> None:
        sender.script("li", "sms", "number")
        sender.script("li", "voice", "no_answer")
        w = world(sender)
        w.raise_(alarm())
        w.run(5)
        assert ("wang", "sms") in [(p, c) for p, c, _ in sender.arrived]

    def test_when_every_channel_is_dead_nobody_reached_is_recorded_and_everyone_was_tried(
        self, sender: ScriptedSender
    ) -> None:
        for who in ("li", "wang", "zhao"):
            sender.script(who, "sms", "number")
            sender.script(who, "voice", "no_answer")
        w = world(sender)
        w.raise_(alarm())
        w.run(10)
        assert "nobody0" in w.pager.book.course("leak@2b#1").at
        assert {n.person for n in w.pages()} == {"li", "wang", "zhao"}

    def test_a_temporary_failure_is_tried_again_on_the_same_channel(self, sender: ScriptedSender) -> None:
        sender.script("li", "sms", "temporary", "delivered")
        w = world(sender)
        w.raise_(alarm())
        w.run(30)
        assert [(p, c) for p, c, _ in sender.arrived] == [("li", "sms")]
        assert w.kinds(w.pages("li")[0].id).count("notice.sending") == 2

    def test_voicemail_and_delivery_are_no_answer(self, sender: ScriptedSender) -> None:
        sender.script("li", "sms", "undelivered")
        sender.script("li", "voice", "no_answer")
        w = world(sender)
        w.raise_(alarm())
        w.run(185)
        assert ("wang", "sms") in [(p, c) for p, c, _ in sender.arrived]

    def test_an_empty_rung_is_passed_at_once_and_recorded(self, sender: ScriptedSender) -> None:
        w = world(sender, ladder(Rung(role="on-duty"), Rung(person="wang", after_min=10)))
        w.raise_(alarm())
        w.run(1)
        assert [p for p, _, _ in sender.sent] == ["wang"]
        reasons = [e.reason.en for e in w.journal if e.notice.kind == "course"]
        assert any("passed to the next step at once" in r for r in reasons)

    def test_a_ladder_nobody_stands_on_tells_everyone(self, sender: ScriptedSender) -> None:
        w = world(sender, ladder(Rung(role="nobody-has-this")))
        w.raise_(alarm())
        w.run(1)
        assert {p for p, _, _ in sender.sent} == {"li", "wang", "zhao"}

    def test_the_ladder_repeats_until_somebody_answers(self, sender: ScriptedSender) -> None:
        w = world(sender, ladder(Rung(person="li"), repeat_min=5))
        w.raise_(alarm())
        w.run(905)
        assert len(sender.sent) == 4
        assert len({n.code for n in w.pages("li")}) == 1

    def test_each_must_confirm_for_themselves_where_the_rung_says_so(self, sender: ScriptedSender) -> None:
        sender.script("wang", "sms", "temporary", "delivered")
        w = world(
            sender, ladder(Rung(person="li", each_confirms=True), Rung(person="wang", each_confirms=True))
        )
        w.raise_(alarm())
        w.run(2)
        w.acknowledge("leak@2b#1", "li")
        w.run(60)
        assert ("wang", "sms") in [(p, c) for p, c, _ in sender.arrived]

    def test_priority_three_without_a_ladder_is_only_listed_and_says_so(self, sender: ScriptedSender) -> None:
        w = world(sender)
        w.raise_(alarm(priority=3))
        w.run(5)
        assert sender.sent == []
        assert w.pager.book.course("leak@2b#1").fault == "no_ladder"

    def test_life_safety_is_never_without_a_ladder(self, sender: ScriptedSender) -> None:
        w = World(sender, (LI, WANG), ())
        w.raise_(alarm(priority=3, life_safety=True))
        w.run(1)
        assert {p for p, _, _ in sender.sent} == {"li", "wang"}


class TestWanted:
    @pytest.mark.parametrize(
        ("change", "word"),
        [
            ({"muted_by": "gateway@x#1"}, "muted"),
            ({"shelved": Shelf("li", START, START + 9e6, "works")}, "shelved"),
            ({"out_of_service": Shelf("li", START, START + 9e6, "works")}, "out_of_service"),
            ({"page": "never"}, "listed"),
            ({"page": "day"}, "day_only"),  # START is 00:00 in Shanghai
        ],
    )
    def test_what_keeps_an_alarm_quiet_is_recorded_and_lifting_it_tells(
        self, sender: ScriptedSender, change: dict[str, object], word: str
    ) -> None:
        w = world(sender)
        quiet = alarm(**change)
        w.raise_(quiet)
        w.run(3)
        assert sender.sent == []
        assert w.pager.book.course(quiet.id).fault == word
        w.happen("alarm.unmuted", replace(alarm(), raised_at=START))
        w.run(1)
        assert [p for p, _, _ in sender.sent] == ["li"]

    def test_a_mute_does_not_hold_life_safety(self, sender: ScriptedSender) -> None:
        w = world(sender)
        w.raise_(alarm(muted_by="gateway@x#1", life_safety=True))
        w.run(1)
        assert len(sender.sent) == 1

    def test_a_day_rule_pages_when_working_hours_begin(self, sender: ScriptedSender) -> None:
        w = world(sender)
        w.raise_(alarm(page="day"))
        w.run(8.4 * 3600, every=60)
        assert sender.sent == []
        w.run(900, every=60)
        assert next(p for p, _, _ in sender.sent) == "li"

    def test_an_alarm_that_went_away_by_itself_is_not_sent_any_more(self, sender: ScriptedSender) -> None:
        w = world(sender, ladder(Rung(person="li", after_min=2), priority=2))
        w.raise_(alarm(priority=2))
        w.run(60)
        w.happen("alarm.cleared", replace(w.alarms["leak@2b#1"], active=False, cleared_at=START + 60))
        w.run(120)
        assert sender.sent == []

    def test_a_message_overtaken_before_its_turn_is_cancelled_with_the_reason(
        self, sender: ScriptedSender
    ) -> None:
        w = world(sender)
        w.raise_(alarm())
        notice = w.pages("li")[0]
        assert w.pager.wanted(notice, w.alarms, w.clock.now()) is None
        acked = replace(w.alarms["leak@2b#1"], closed_at=START)
        assert w.pager.take(notice.id, w.clock.now(), {acked.id: acked})[0].kind == "notice.sending"
        w2 = world(sender)
        w2.raise_(alarm())
        w2.acknowledge("leak@2b#1", "wang")
        (gone,) = w2.pages("li")
        assert gone.state is S.CANCELLED
        assert w2.pager.wanted(gone, w2.alarms, START) == Text("不再需要通知。", "No longer wanted.")

    def test_a_worse_alarm_pages_again_although_it_was_acknowledged(self, sender: ScriptedSender) -> None:
        w = world(sender)
        w.raise_(alarm(stage="prealarm"))
        w.run(2)
        w.acknowledge("leak@2b#1", "li")
        w.run(70)
        w.happen("alarm.worse", replace(w.alarms["leak@2b#1"], stage="confirmed"))
        w.run(2)
        assert [p for p, _, _ in sender.sent] == ["li", "li"]

    def test_what_becomes_worse_before_anybody_was_told_is_in_the_first_message(
        self, sender: ScriptedSender
    ) -> None:
        w = world(sender)
        w.raise_(alarm(stage="prealarm"))  # the outbox has not run yet
        for _ in range(3):
            w.happen("alarm.worse", replace(w.alarms["leak@2b#1"], stage="confirmed"))
        w.run(2)
        assert [p for p, _, _ in sender.sent] == ["li"]
        assert not [n for n in w.pages() if n.state is S.CANCELLED]

    def test_a_first_message_that_waits_is_not_taken_back_when_it_becomes_worse(
        self, sender: ScriptedSender
    ) -> None:
        w = world(sender)
        w.raise_(alarm())
        w.run(170)
        sender.script("li", "sms", "temporary")
        w.clock.move(11)
        w.commit(w.pager.tick(w.clock.now(), w.alarms))  # wang's message is made and not yet sent
        w.happen("alarm.worse", replace(w.alarms["leak@2b#1"], stage="confirmed"))
        w.run(3)
        assert "wang" in [p for p, _, _ in sender.sent]

    def test_the_course_of_an_alarm_nobody_answers_does_not_grow(self, sender: ScriptedSender) -> None:
        sizes = []
        for people in ((LI, WANG, ZHAO), ()):
            w = world(
                sender,
                ladder(Rung(person="li"), Rung(person="wang", after_min=3), repeat_min=15),
                people=people,
            )
            w.raise_(alarm())
            w.run(3600.0, every=30)
            early = w.pager.book.course("leak@2b#1")
            w.run(24 * 3600.0, every=30)
            course = w.pager.book.course("leak@2b#1")
            assert early is not None and course is not None
            assert course.spoken[0].round > 50
            sizes.append((len(early.at), len(course.at)))
            assert w.pager.nobody_reached()
        assert all(late <= early + 2 for early, late in sizes), sizes


class TestForgotten:
    def test_an_acknowledged_critical_alarm_without_progress_pages_again(
        self, sender: ScriptedSender
    ) -> None:
        w = world(sender)
        w.raise_(alarm())
        w.run(2)
        w.acknowledge("leak@2b#1", "li")
        w.run(1799, every=10)
        assert len(sender.sent) == 1
        w.run(30, every=10)
        assert [p for p, _, _ in sender.sent] == ["li", "li"]

    def test_a_comment_or_an_incident_step_is_progress(self, sender: ScriptedSender) -> None:
        w = world(sender)
        w.raise_(alarm())
        w.run(2)
        w.acknowledge("leak@2b#1", "li")
        w.run(1700, every=10)
        said = (Comment("li", w.clock.now(), "pump running"),)
        w.happen("alarm.comment", replace(w.alarms["leak@2b#1"], comments=said))
        w.run(1700, every=10)
        assert len(sender.sent) == 1
        now = w.clock.now()
        events = w.pager.tick(now + 600, w.alarms, {"leak@2b#1": now + 590})
        assert [e for e in events if e.notice.kind == "page"] == []

    def test_still_on_it_by_reply_stops_the_new_round(self, sender: ScriptedSender) -> None:
        w = world(sender)
        w.raise_(alarm())
        w.run(2)
        w.acknowledge("leak@2b#1", "li")
        w.run(1830, every=10)
        out = w.reply(LI.phone, f"{w.pages('li')[-1].code}A")
        acts = [o for o in out if type(o).__name__ == "PersonAct"]
        assert [type(a.act).__name__ for a in acts] == ["CommentAlarm"]
        said = (Comment("li", w.clock.now(), acts[0].act.words),)
        w.happen("alarm.comment", replace(w.alarms["leak@2b#1"], comments=said), "li")
        w.run(400, every=10)
        assert [p for p, c, t in sender.sent if "Ref" in t and "Recorded" not in t] == ["li", "li"]


class TestStorm:
    CREW = tuple(person(f"crew{i}", roles=("crew",)) for i in range(12))
    ALL = ladder(Rung(role="crew"))

    def test_500_alarms_give_each_of_12_people_at_most_three_messages_in_five_minutes(
        self, sender: ScriptedSender
    ) -> None:
        w = World(sender, self.CREW, (self.ALL, ladder(Rung(role="crew"), priority=2)))
        for n in range(500):
            if n % 50 == 0 and n:
                w.run(6, every=6)
            w.raise_(alarm(n, zone=f"z{n % 60}", priority=1 + n % 2))
        w.run(300 - 54)
        for who in self.CREW:
            pages = w.pages(who.id)
            assert 1 <= len(pages) <= 3
            assert len({s.alarm for p in pages for s in p.spoken}) == 500
        summary = max(w.pages("crew0"), key=lambda n: n.counted)
        assert f"{summary.counted} alarms" in summary.words
        assert summary.priority == 1
        assert "URGENT" in summary.words

    def test_the_first_message_of_each_zone_goes_at_once_outside_a_storm(
        self, sender: ScriptedSender
    ) -> None:
        w = world(sender, ladder(Rung(person="li")))
        for n, pause in enumerate((70, 70, 70, 70, 70)):
            w.raise_(alarm(n, zone=f"z{n}"))
            w.settle()
            assert len(sender.sent) == n + 1
            w.run(pause, every=10)

    def test_alarms_of_one_zone_within_a_minute_are_one_more_message(self, sender: ScriptedSender) -> None:
        w = world(sender, ladder(Rung(person="li")))
        for n in range(5):
            w.raise_(alarm(n))
            w.run(5)
        assert len(sender.sent) == 1
        w.run(60)
        assert len(sender.sent) == 2
        assert "4 alarms" in sender.sent[1][2]

    def test_life_safety_waits_for_no_limit(self, sender: ScriptedSender) -> None:
        w = World(sender, self.CREW, (self.ALL,))
        for n in range(300):
            w.raise_(alarm(n, zone=f"z{n % 60}"))
        w.run(120)
        before = len(w.pages("crew0"))
        w.raise_(alarm(1000, zone="z1", life_safety=True, hazard="fire", name=Text("烟雾", "Smoke")))
        w.settle()
        assert len(w.pages("crew0")) == before + 1
        assert "Smoke" in w.pages("crew0")[-1].words

    def test_a_confirmed_fire_follows_its_suspicion_at_once(self, sender: ScriptedSender) -> None:
        w = world(sender, ladder(Rung(person="li")))
        w.raise_(alarm(1, life_safety=True, hazard="fire", stage="prealarm"))
        w.run(5)
        w.raise_(alarm(2, life_safety=True, hazard="fire", stage="confirmed"))
        w.settle()
        assert len(sender.sent) == 2

    def test_a_value_crossing_its_limit_200_times_in_an_hour_gives_at_most_three(
        self, sender: ScriptedSender
    ) -> None:
        w = world(sender, ladder(Rung(person="li"), priority=2))
        for n in range(200):
            w.raise_(alarm(n, priority=2))
            w.run(9, every=9)
            w.happen("alarm.closed", replace(w.alarms[f"leak@2b#{n}"], active=False, closed_at=w.clock.now()))
            w.run(9, every=9)
        assert len(sender.sent) == CHATTER_PAGES

    def test_a_drill_does_not_use_up_the_real_allowance(self, sender: ScriptedSender) -> None:
        w = world(sender, ladder(Rung(person="li")))
        for n in range(40):
            w.raise_(alarm(n, zone=f"z{n}", drill="water-night"))
        w.settle()
        before = len(w.pages("li"))
        w.raise_(alarm(99, zone="z1"))
        w.settle()
        assert len(w.pages("li")) == before + 1
        assert "[DRILL]" not in w.pages("li")[-1].words
        assert all("[DRILL]" in n.words for n in w.pages("li")[:-1])

    def test_what_waits_for_its_turn_is_told_after_a_restart(self, sender: ScriptedSender) -> None:
        """A second fire alarm of the zone, seconds after the first, waits; a kill must not make it wait for ever."""
        w = world(sender)
        w.raise_(alarm(id="smoke@2b#1", hazard="fire", life_safety=True, stage="confirmed"))
        w.run(5)
        w.raise_(alarm(id="heat@2b#1", hazard="fire", life_safety=True, stage="prealarm"))
        w.run(5)
        assert not any(s.alarm == "heat@2b#1" for page in w.pages("li") for s in page.spoken)
        w.kill()
        w.run(120)
        assert any(s.alarm == "heat@2b#1" for page in w.pages("li") for s in page.spoken)


class TestResults:
    def test_states_never_go_backwards(self, sender: ScriptedSender) -> None:
        sender.script("li", "sms", "accepted")
        w = world(sender)
        w.raise_(alarm())
        w.settle()
        id_ = w.pages("li")[0].id
        for state in (S.DELIVERED, S.SENT, S.ACCEPTED, S.DELIVERED, S.UNDELIVERED):
            w.commit(w.pager.on_result(id_, SendResult(state=state, provider_id="ID1"), w.clock.now()))
        assert w.pages("li")[0].state is S.DELIVERED
        assert len(w.pages("li")) == 1

    def test_a_callback_may_come_before_the_create_answer(self, sender: ScriptedSender) -> None:
        w = world(sender)
        w.raise_(alarm())
        id_ = w.pages("li")[0].id
        w.commit(w.pager.take(id_, w.clock.now(), w.alarms))
        w.commit(w.pager.on_result(id_, SendResult(state=S.DELIVERED, provider_id="X"), w.clock.now()))
        w.commit(w.pager.on_result(id_, SendResult(state=S.ACCEPTED, provider_id="X"), w.clock.now()))
        assert w.pages("li")[0].state is S.DELIVERED

    def test_a_taken_message_whose_answer_was_lost_is_found_and_not_sent_again(
        self, sender: ScriptedSender
    ) -> None:
        sender.script("li", "sms", "lost")
        w = world(sender)
        w.raise_(alarm())
        w.run(50)
        assert [(p, c) for p, c, _ in sender.arrived] == [("li", "sms")]
        assert w.pages("li")[0].state is S.DELIVERED

    def test_a_message_never_taken_is_sent_once_more_and_says_so(self, sender: ScriptedSender) -> None:
        sender.script("li", "sms", "refused_lost", "delivered")
        w = world(sender)
        w.raise_(alarm())
        w.run(50)
        ((_, _, words),) = sender.arrived
        assert "may be a repeat" in words
        assert "K001" in words

    def test_an_opted_out_phone_is_called_from_then_on_and_shown_with_its_cure(
        self, sender: ScriptedSender
    ) -> None:
        sender.script("li", "sms", "opted_out")
        w = world(sender)
        w.raise_(alarm(1))
        w.run(2)
        w.acknowledge("leak@2b#1", "li")
        w.run(70)
        w.raise_(alarm(2, zone="3"))
        w.run(2)
        assert [c for p, c, _ in sender.sent if p == "li"] == ["voice", "voice"]
        (trouble,) = w.pager.troubles()
        assert "START" in trouble.reason.en
        w.reply(LI.phone, "START")
        assert w.pager.troubles() == []

    def test_a_wrong_configuration_is_told_to_the_administrator_by_another_channel(
        self, sender: ScriptedSender
    ) -> None:
        boss = person("boss", roles=("administrator",), channels=("mail",), mail="boss@example.org")
        sender.script("li", "sms", "configuration")
        w = world(sender, people=(LI, WANG, boss))
        w.raise_(alarm())
        w.run(3)
        assert any(p == "boss" and "doctor" in words for p, _, words in sender.sent)


class TestDailyTest:
    """START is Tuesday 00:00 in Shanghai."""

    DUTIES = (Duty(person="li", from_="2025-11-01T00:00", until="2026-12-01T09:00"),)

    def test_whoever_is_on_duty_gets_one_a_day_on_each_channel_and_can_confirm_it(
        self, sender: ScriptedSender
    ) -> None:
        li = person("li", channels=("sms", "voice", "mail"), mail="li@example.org")
        w = world(
            sender, ladder(Rung(role="on-duty")), people=(li, WANG), duties=self.DUTIES, test_at="10:00"
        )
        w.run(12 * 3600, every=600)
        assert [(p, c) for p, c, t in sender.sent if "[TEST]" in t] == [("li", "sms"), ("li", "mail")]
        assert w.pager.test_trouble(START, w.clock.now()) is None
        (code,) = {n.code for n in w.pager.tests()} - {""}
        w.reply(li.phone, f"{code}A")
        assert {n.channel: n.state for n in w.pager.tests()}["sms"] is S.ANSWERED
        w.run(24 * 3600, every=600)
        assert len([t for _, _, t in sender.sent if "[TEST]" in t]) == 4

    def test_calls_are_tested_on_mondays_and_count_only_with_a_key(self, sender: ScriptedSender) -> None:
        w = world(sender, ladder(Rung(role="on-duty")), duties=self.DUTIES, test_at="10:00")
        w.run(6 * 86400 + 10 * 3600 + 30, every=30)
        calls = [n for n in w.pager.tests() if n.channel == "voice"]
        assert [w.clock.now() - n.due_at < 60 for n in calls] == [True]
        w.run(700, every=30)
        trouble = w.pager.test_trouble(START, w.clock.now())
        assert trouble is not None and trouble.en == "Did not arrive: Li by phone call."
        w.reply(LI.phone, "1", "voice", notice_id=calls[0].id)
        assert w.pager.test_trouble(START, w.clock.now()) is None

    def test_a_test_that_does_not_arrive_is_shown_and_told_and_tried_by_call(
        self, sender: ScriptedSender
    ) -> None:
        boss = person("boss", roles=("administrator",), channels=("mail",), mail="boss@example.org")
        sender.script("li", "sms", "undelivered")
        w = world(
            sender, ladder(Rung(role="on-duty")), people=(LI, boss), duties=self.DUTIES, test_at="10:00"
        )
        w.run(10 * 3600 + 600, every=600)
        assert ("li", "voice") in [(p, c) for p, c, _ in sender.arrived]
        said = {n.channel: n.reason.en for n in w.pager.troubles()}
        assert said["sms"].startswith("Li by text message: The test of the channel failed (The phone is off")
        assert any(p == "boss" and "test" in t for p, _, t in sender.sent)
        trouble = w.pager.test_trouble(START, w.clock.now())
        assert trouble is not None and "Li by text message" in trouble.en

    def test_one_that_never_arrives_at_all_counts_as_failed(self, sender: ScriptedSender) -> None:
        sender.script("li", "sms", "accepted")  # no word of its delivery ever comes
        w = world(sender, ladder(Rung(role="on-duty")), duties=self.DUTIES, test_at="10:00")
        w.run(10 * 3600 + 300, every=30)
        assert w.pager.test_trouble(START, w.clock.now()) is None, "it has ten minutes"
        w.run(700, every=30)
        assert any(n.channel == "sms" and n.person == "li" for n in w.pager.troubles())
        assert w.pager.test_trouble(START, w.clock.now()) is not None

    def test_the_signal_that_does_not_come_back_is_a_trouble_also_after_a_restart(
        self, sender: ScriptedSender
    ) -> None:
        w = world(sender, ladder(Rung(role="on-duty")), duties=self.DUTIES, test_at="10:00")
        ten = START + 10 * 3600
        assert w.pager.test_trouble(START, ten + 100) is None, "nothing has been tried for long enough"
        assert w.pager.test_owed(ten + 100)
        for begun in (START, ten + 1800):
            bad = w.pager.test_trouble(begun, ten + 3600)
            assert bad is not None and "did not come back" in bad.en
        assert not w.pager.test_owed(ten + 4 * 3600 + 1), "never late at night"
        assert w.pager.test_trouble(ten + 5 * 3600, ten + 6 * 3600) is None, "a new house owes nothing yet"
        assert not w.pager.test_owed(ten - 60)

    def test_where_nobody_is_on_duty_the_administrators_get_it(self, sender: ScriptedSender) -> None:
        boss = person("boss", roles=("administrator",), channels=("mail",), mail="boss@example.org")
        w = world(sender, ladder(Rung(role="on-duty")), people=(LI, boss), test_at="10:00")
        w.run(10 * 3600 + 600, every=600)
        assert [p for p, _, t in sender.sent if "[TEST]" in t] == ["boss"]

    def test_without_a_time_nothing_is_owed(self, sender: ScriptedSender) -> None:
        w = world(sender, ladder(Rung(role="on-duty")), duties=self.DUTIES)
        w.run(86400, every=600)
        assert sender.sent == []
        assert w.pager.test_trouble(START, w.clock.now()) is None

    def test_a_contact_is_tested_on_every_channel_on_request_but_not_twice_a_minute(
        self, sender: ScriptedSender
    ) -> None:
        w = world(sender)
        sender.script("wang", "sms", "number", "delivered")
        w.commit(w.pager.test_contact("wang", "a1", "li", w.clock.now()))
        w.run(30)
        assert {(p, c) for p, c, _ in sender.sent} == {("wang", "voice")}
        assert [n.channel for n in w.pager.troubles()] == ["sms"]
        (refused,) = w.pager.test_contact("wang", "a2", "li", w.clock.now())
        assert isinstance(refused, Refused)
        w.run(60)
        w.commit(w.pager.test_contact("wang", "a3", "li", w.clock.now()))
        w.run(30)
        assert w.pager.troubles() == [], "a channel that failed is tested as well, and found to work"
        (unknown,) = w.pager.test_contact("nobody", "a4", "li", w.clock.now())
        assert isinstance(unknown, Refused)


class TestDutyMessages:
    def test_whoever_comes_on_duty_is_told_once(self, sender: ScriptedSender) -> None:
        duties = (Duty(weekly="Tue 09:00", order=("li", "wang"), start="2025-11-18"),)
        w = world(sender, ladder(Rung(role="on-duty")), duties=duties)
        w.run(8.9 * 3600, every=600)
        assert sender.sent == []
        w.run(3600, every=60)
        assert [(p, "begins now" in t) for p, _, t in sender.sent] == [("wang", True)]

    def test_gaps_in_the_next_30_days_are_mailed_once_a_week(self, sender: ScriptedSender) -> None:
        boss = person("boss", roles=("administrator",), channels=("mail",), mail="boss@example.org")
        duties = (Duty(person="li", from_="2025-11-01T00:00", until="2025-12-01T09:00"),)
        w = world(sender, ladder(Rung(role="on-duty")), people=(LI, boss), duties=duties)
        w.run(4 * 86400, every=600)
        assert [(p, c) for p, c, _ in sender.sent] == [("boss", "mail")]
        assert "2025-12-01 09:00" in sender.sent[0][2]

    def test_an_empty_rung_in_the_next_30_days_is_mailed_too(self, sender: ScriptedSender) -> None:
        boss = person("boss", roles=("administrator",), channels=("mail",), mail="boss@example.org")
        away = (Duty(kind="absence", person="wang", from_="2025-12-10T00:00", until="2025-12-12T00:00"),)
        w = world(
            sender,
            ladder(Rung(person="li"), Rung(person="wang", after_min=3)),
            people=(LI, WANG, boss),
            duties=away,
        )
        w.run(86400, every=600)
        assert [(p, c) for p, c, _ in sender.sent] == [("boss", "mail")]
        assert "step 2 of the ladder for priority 1 reaches nobody 2025-12-10 00:00" in sender.sent[0][2]


def test_a_message_that_goes_on_for_fewer_alarms_carries_the_reference_of_the_worst_of_them(
    sender: ScriptedSender,
) -> None:
    """Found by the simulation: its words said A110 and the message A109, so the answer named the wrong alarm."""
    w = world(sender)
    over, stands = alarm(1, life_safety=True), alarm(2, id="gas@2b#2", rule="gas", priority=2)
    w.raise_(over)
    w.raise_(stands)
    drafts = w.pager._drafts
    steps = [Spoken(one.id, 1, 0, 0) for one in (over, stands)]
    group = [
        Held(spoken=step, alarm=one, since_at=START) for step, one in zip(steps, (over, stands), strict=True)
    ]
    first = drafts.page(LI, group, "sms", Text("", ""), START)
    again = drafts.again(first, (steps[1],), "sms", Text("", ""), START + 60.0)
    assert (first.reference, again.reference, again.about) == ("K001", "K002", stands.id)
    assert "K002" in again.words
    assert "K001" not in again.words
    assert again.code == first.code
