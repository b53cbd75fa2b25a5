"""The life of an alarm: what people and time do to it (ISA-18.2; C4, C6, C7, C8, C21, C22)."""

from __future__ import annotations

import pytest

from alerts.acts import (
    Acknowledge,
    CancelInvestigation,
    CommentAlarm,
    ConfirmSign,
    InService,
    OutOfService,
    Reset,
    ShelveAlarm,
    UnshelveAlarm,
)
from alerts.alarm import state_name
from alerts.annunciator import Annunciator
from alerts.model import AlarmEvent, Refused
from alerts.rule import Change, Contact, Select, Silent, Verdict
from sensors.model import Text
from tests.judge import START, House, rule, sensor, zone

HOUR = 3600.0


def hot(**more: object) -> House:
    house = House([rule(**more)], [sensor("s", silent_after_s=1e7)])
    house.show(31.0)
    return house


def cool(house: House) -> None:
    house.now += 60
    house.show(20.0)


def only(house: House) -> str:
    (name,) = house.annunciator.alarms
    return name


class TestStates:
    def test_the_names_of_an_ordinary_life(self) -> None:
        house = hot()
        assert state_name(house.annunciator.alarms[only(house)]) == Text("未确认", "unacknowledged")
        house.act(Acknowledge(alarm=only(house)))
        assert state_name(house.annunciator.alarms[only(house)]).en == "acknowledged"
        cool(house)
        assert house.annunciator.alarms == {}
        assert house.kinds() == ["alarm.raised", "alarm.acknowledged", "alarm.cleared", "alarm.closed"]

    def test_cleared_waits_for_a_person(self) -> None:
        house = hot()
        cool(house)
        assert state_name(house.annunciator.alarms[only(house)]).en == "cleared, unacknowledged"
        house.wait(3 * 86400, every=3600)
        assert len(house.annunciator.alarms) == 1
        house.act(Acknowledge(alarm=only(house)))
        assert house.annunciator.alarms == {}

    def test_acknowledging_never_clears(self) -> None:
        house = hot()
        house.act(Acknowledge(alarm=only(house)))
        assert house.active()

    def test_back_while_unacknowledged_it_is_the_same_alarm(self) -> None:
        house = hot()
        cool(house)
        house.now += 60
        house.show(31.0)
        alarm = house.alarm()
        assert alarm is not None and alarm.raised_count == 2
        assert "alarm.returned" in house.kinds()

    def test_back_after_it_was_closed_it_is_a_new_one_with_its_own_reference(self) -> None:
        house = hot()
        first = house.annunciator.alarms[only(house)]
        house.act(Acknowledge(alarm=first.id))
        cool(house)
        house.now += 60
        house.show(31.0)
        second = house.annunciator.alarms[only(house)]
        assert (first.id, second.id) == ("hot@a#1", "hot@a#2")
        assert first.reference != second.reference

    def test_references_go_on_after_a_restart(self) -> None:
        house = hot()
        house.act(Acknowledge(alarm=only(house)))
        cool(house)
        house.restart()
        house.now += 60
        house.show(31.0)
        assert house.annunciator.alarms[only(house)].id == "hot@a#2"
        assert house.annunciator.alarms[only(house)].reference == "A2"

    def test_the_same_act_twice_is_once(self) -> None:
        house = hot()
        assert len(house.act(Acknowledge(alarm=only(house)))) == 1
        assert house.act(Acknowledge(alarm=only(house))) == []

    def test_an_act_on_what_is_not_there_is_refused_in_words(self) -> None:
        house = hot()
        (refused,) = house.act(Acknowledge(alarm="hot@a#9"))
        assert isinstance(refused, Refused) and "hot@a#9" in refused.reason.en

    def test_first_out_is_the_first_of_its_zone(self) -> None:
        wet = rule("wet", Contact(select=Select(quantity="water_leak"), is_=1.0))
        house = House([rule(), wet], [sensor("s"), sensor("w", quantity="water_leak")])
        house.show(1.0, "w")
        house.show(31.0)
        firsts = {a.rule: a.first_out for a in house.annunciator.alarms.values()}
        assert firsts == {"wet": True, "hot": False}


class TestLatch:
    def test_reset_is_refused_while_the_cause_persists(self) -> None:
        house = hot(latch=True)
        (refused,) = house.act(Reset(alarm=only(house)))
        assert isinstance(refused, Refused) and "persists" in refused.reason.en
        assert house.active()

    def test_reset_is_refused_while_nobody_knows(self) -> None:
        house = House([rule(latch=True)], [sensor("s")])
        house.show(31.0)
        house.wait(400)
        (refused,) = house.act(Reset(alarm=only(house)))
        assert isinstance(refused, Refused) and "data stopped" in refused.reason.en

    def test_latched_until_reset(self) -> None:
        house = hot(latch=True)
        house.act(Acknowledge(alarm=only(house)))
        cool(house)
        assert state_name(house.annunciator.alarms[only(house)]).en == "latched, waiting for reset"
        house.act(Reset(alarm=only(house), note="looked"))
        assert house.annunciator.alarms == {}

    def test_reset_does_not_acknowledge(self) -> None:
        house = hot(latch=True)
        cool(house)
        house.act(Reset(alarm=only(house)))
        alarm = house.alarm()
        assert alarm is not None and alarm.acked is None and not alarm.latched


class TestShelving:
    def shelve(
        self, house: House, hours: float = 1.0, reason: str = "calibrating"
    ) -> list[AlarmEvent | Refused]:
        return house.act(ShelveAlarm(alarm=only(house), until_at=house.now + hours * HOUR, reason=reason))

    def test_it_ends_by_itself_and_speaks_again_where_true(self) -> None:
        house = hot()
        house.act(Acknowledge(alarm=only(house)))
        self.shelve(house)
        assert state_name(house.annunciator.alarms[only(house)]).en == "shelved"
        house.wait(HOUR - 1, every=60)
        assert house.annunciator.alarms[only(house)].shelved
        house.wait(1)
        alarm = house.alarm()
        assert alarm is not None and alarm.shelved is None and alarm.acked is None
        assert house.kinds()[-2:] == ["alarm.unshelved", "alarm.returned"]

    def test_it_ends_after_a_restart_too(self) -> None:
        house = hot()
        self.shelve(house)
        house.restart(gap_s=2 * HOUR)
        house.tick()
        alarm = house.alarm()
        assert alarm is not None and alarm.shelved is None

    def test_by_hand(self) -> None:
        house = hot()
        self.shelve(house)
        house.act(UnshelveAlarm(alarm=only(house)))
        alarm = house.alarm()
        assert alarm is not None and alarm.shelved is None

    @pytest.mark.parametrize(
        ("hours", "reason", "words"), [(9.0, "x", "8 hours"), (-1.0, "x", "past"), (1.0, " ", "reason")]
    )
    def test_what_is_refused(self, hours: float, reason: str, words: str) -> None:
        (refused,) = self.shelve(hot(), hours, reason)
        assert isinstance(refused, Refused) and words in refused.reason.en

    @pytest.mark.parametrize(("hours", "allowed"), [(8.0, True), (8.0 + 120.0 / 3600.0, False)])
    def test_eight_hours_are_the_most(self, hours: float, allowed: bool) -> None:
        house = hot()
        refused = [one for one in self.shelve(house, hours, "known") if isinstance(one, Refused)]
        alarm = house.alarm()
        assert alarm is not None
        assert (not refused, alarm.shelved is not None) == (allowed, allowed)

    def test_life_safety_cannot_be_shelved(self) -> None:
        (refused,) = self.shelve(hot(life_safety=True))
        assert isinstance(refused, Refused) and "life-safety" in refused.reason.en

    def test_cleared_while_shelved_it_stays_listed_and_closes_afterwards(self) -> None:
        house = hot()
        house.act(Acknowledge(alarm=only(house)))
        self.shelve(house)
        cool(house)
        assert len(house.annunciator.alarms) == 1
        house.wait(2 * HOUR, every=600)
        assert house.annunciator.alarms == {}


class TestOutOfService:
    def test_a_rule_is_out_before_anything_happens_and_back_speaks_at_once(self) -> None:
        house = House([rule()], [sensor("s", silent_after_s=1e7)])
        house.show(20.0)
        house.act(OutOfService(rule="hot", scope="a", until_at=house.now + HOUR, reason="works"))
        house.now += 60
        house.show(31.0)
        alarm = house.alarm()
        assert alarm is not None and alarm.active and alarm.out_of_service
        assert state_name(alarm).en == "out of service"
        house.act(InService(rule="hot", scope="a"))
        assert house.kinds()[-2:] == ["alarm.in_service", "alarm.returned"]

    def test_it_ends_by_itself(self) -> None:
        house = House([rule()], [sensor("s", silent_after_s=1e7)])
        house.show(20.0)
        house.act(OutOfService(rule="hot", scope="a", until_at=house.now + HOUR, reason="works"))
        house.wait(HOUR, every=60)
        assert house.annunciator.alarms == {}

    def test_it_needs_reason_and_end(self) -> None:
        house = House([rule()], [sensor("s")])
        (refused,) = house.act(OutOfService(rule="hot", scope="a", until_at=house.now + HOUR, reason=""))
        assert isinstance(refused, Refused)


class TestMuting:
    POWER = rule("power", Contact(select=Select(quantity="mains"), is_=0.0), mutes=("hot",))

    def house(self, **more: object) -> House:
        return House(
            [rule(**more), self.POWER],
            [sensor("s", silent_after_s=1e7), sensor("p", quantity="mains", silent_after_s=1e7)],
        )

    def test_the_source_speaks_for_what_comes_after_it_and_lets_go_at_once(self) -> None:
        house = self.house()
        house.show(0.0, "p")
        house.show(31.0)
        alarm = house.alarm()
        assert alarm is not None and alarm.muted_by == "power@a#1"
        house.now += 60
        house.show(1.0, "p")
        assert house.kinds()[-2:] == ["alarm.unmuted", "alarm.returned"]

    def test_and_for_what_came_before(self) -> None:
        house = self.house()
        house.show(31.0)
        house.show(0.0, "p")
        alarm = house.alarm()
        assert alarm is not None and alarm.muted_by == "power@a#1"

    def test_life_safety_is_never_held(self) -> None:
        house = self.house(life_safety=True)
        house.show(0.0, "p")
        house.show(31.0)
        alarm = house.alarm()
        assert alarm is not None and not alarm.muted_by

    def test_another_zone_is_not_covered(self) -> None:
        house = House(
            [rule(), self.POWER], [sensor("s", "b"), sensor("p", "a", "mains")], [zone("a"), zone("b")]
        )
        house.show(0.0, "p")
        house.show(31.0)
        alarm = house.alarm(scope="b")
        assert alarm is not None and not alarm.muted_by


class TestChattering:
    def cross(self, house: House, times: int, every: float) -> None:
        for _ in range(times):
            house.now += every / 2
            house.tick()
            house.show(31.0)
            house.now += every / 2
            house.tick()
            house.show(20.0)

    def test_two_hundred_crossings_in_an_hour_are_marked_from_the_fourth_on(self) -> None:
        house = House([rule()], [sensor("s", every_s=9.0)])
        self.cross(house, 200, 18.0)
        alarm = house.alarm()
        assert alarm is not None and alarm.chattering
        loud = [
            e
            for e in house.events
            if isinstance(e, AlarmEvent)
            and e.kind in ("alarm.raised", "alarm.returned")
            and not e.alarm.chattering
        ]
        assert len(loud) == 3

    def test_the_mark_goes_after_a_quiet_hour(self) -> None:
        house = House([rule()], [sensor("s", every_s=9.0)])
        self.cross(house, 10, 18.0)
        house.wait(HOUR + 60, 20.0)
        alarm = house.alarm()
        assert alarm is not None and not alarm.chattering

    def test_acknowledging_each_time_does_not_hide_it(self) -> None:
        house = House([rule()], [sensor("s", every_s=9.0)])
        for _ in range(5):
            self.cross(house, 1, 18.0)
            house.act(Acknowledge(alarm=only(house)))
        house.now += 9
        house.show(31.0)
        alarm = house.alarm()
        assert alarm is not None and alarm.chattering

    def test_life_safety_carries_no_mark_that_would_hold_it(self) -> None:
        house = House([rule(life_safety=True)], [sensor("s", every_s=9.0)])
        self.cross(house, 50, 18.0)
        alarm = house.alarm()
        assert alarm is not None and not alarm.chattering


class TestRealarm:
    def test_acknowledged_but_still_active_it_calls_again(self) -> None:
        house = hot(realarm_s=600.0)
        house.act(Acknowledge(alarm=only(house)))
        house.wait(599, every=1)
        assert house.annunciator.alarms[only(house)].acked
        house.wait(1)
        alarm = house.alarm()
        assert alarm is not None and alarm.acked is None
        assert house.kinds()[-1] == "alarm.realarmed"


class TestInvestigation:
    def house(self) -> House:
        return hot(investigate_s=180.0, stage="prealarm", hazard="fire", latch=True)

    def test_it_ends_in_alarm_unless_cancelled(self) -> None:
        house = self.house()
        house.act(Acknowledge(alarm=only(house)))
        house.wait(179)
        assert house.annunciator.alarms[only(house)].stage == "prealarm"
        house.wait(1)
        alarm = house.annunciator.alarms[only(house)]
        assert (alarm.stage, alarm.acked, alarm.priority) == ("confirmed", None, 1)

    def test_even_where_the_detector_has_let_go(self) -> None:
        house = self.house()
        cool(house)
        house.wait(200)
        assert house.annunciator.alarms[only(house)].stage == "confirmed"

    def test_somebody_looked(self) -> None:
        house = self.house()
        (refused,) = house.act(CancelInvestigation(alarm=only(house), reason=" "))
        assert isinstance(refused, Refused)
        house.act(CancelInvestigation(alarm=only(house), reason="toast"))
        house.wait(1000, every=10)
        assert house.annunciator.alarms[only(house)].stage == "prealarm"

    def test_it_runs_on_over_a_restart(self) -> None:
        house = self.house()
        house.restart(gap_s=100)
        house.wait(81)
        assert house.annunciator.alarms[only(house)].stage == "confirmed"


class TestSigns:
    def test_a_person_alone_confirms(self) -> None:
        confirmed = rule(
            "fire-confirmed", Contact(select=Select(quantity="fire_confirmed"), is_=1.0),
            scope="compartment", stage="confirmed", hazard="fire", life_safety=True, latch=True, priority=1,
        )  # fmt: skip
        house = House([confirmed], [sensor("p", quantity="fire_confirmed")], [zone("a", compartment="c")])
        house.act(ConfirmSign(zone="a", hazard="fire", note="flames"), by="wang")
        alarm = house.alarm("fire-confirmed", "c")
        assert alarm is not None and alarm.active and alarm.stage == "confirmed"
        assert alarm.confirmed_by is not None and alarm.confirmed_by.by == "wang"

    def test_where_no_rule_knows_the_hazard_one_is_made(self) -> None:
        house = House([rule()], [sensor("s")])
        house.act(ConfirmSign(zone="a", hazard="intrusion"))
        alarm = house.alarm("sign-intrusion")
        assert alarm is not None and (alarm.stage, alarm.priority, alarm.latched) == ("confirmed", 1, True)

    def test_what_a_person_saw_no_sensor_clears(self) -> None:
        house = hot(hazard="fire", stage="confirmed", latch=True)
        house.act(ConfirmSign(zone="a", hazard="fire"))
        cool(house)
        assert house.active()
        house.act(Acknowledge(alarm=only(house)))
        house.act(Reset(alarm=only(house), note="out"))
        assert house.annunciator.alarms == {}

    def test_an_unknown_zone_is_refused(self) -> None:
        (refused,) = hot().act(ConfirmSign(zone="nowhere", hazard="fire"))
        assert isinstance(refused, Refused)


class TestComments:
    def test_added_never_edited(self) -> None:
        house = hot()
        house.act(CommentAlarm(alarm=only(house), words="fan off"))
        house.act(CommentAlarm(alarm=only(house), words="fan on"))
        alarm = house.alarm()
        assert alarm is not None and [c.words for c in alarm.comments] == ["fan off", "fan on"]

    def test_a_second_click_counts_once_and_the_same_words_later_are_said_anew(self) -> None:
        """Who answers "still on it" to every reminder is on it each time: else the ladder would climb past them."""
        house = hot()
        for _ in range(2):
            house.act(CommentAlarm(alarm=only(house), words="still on it"))
            house.now += 2
        house.now += HOUR
        house.act(CommentAlarm(alarm=only(house), words="still on it"))
        alarm = house.alarm()
        assert alarm is not None and [c.at for c in alarm.comments] == [START, START + 4 + HOUR]

    def test_an_empty_one_is_refused(self) -> None:
        house = hot()
        assert isinstance(house.act(CommentAlarm(alarm=only(house), words="  "))[0], Refused)


class TestRootCause:
    SILENT = rule("silent", Silent(select=Select()), scope="sensor", fault=True)

    def gateway(self, others: int = 2) -> House:
        zigbee = [sensor(f"z{k}", topic=f"zigbee2mqtt/z{k}", dialect="zigbee2mqtt") for k in range(10)]
        return House([self.SILENT, rule()], [*zigbee, *(sensor(f"o{k}") for k in range(others))])

    def talk(self, house: House, seconds: float, names: list[str]) -> None:
        for _ in range(int(seconds / 60)):
            house.now += 60
            house.tick()
            for name in names:
                house.show(20.0, name)

    def test_a_lost_gateway_is_one_alarm_and_its_children_are_held(self) -> None:
        house = self.gateway()
        self.talk(house, 600, [*(f"z{k}" for k in range(10)), "o0", "o1"])
        self.talk(house, 900, ["o0", "o1"])
        loud = [a for a in house.annunciator.alarms.values() if not a.muted_by]
        assert [(a.rule, a.scope) for a in loud] == [("link-lost", "zigbee2mqtt:zigbee2mqtt")]
        assert len(house.annunciator.alarms) == 11

    def test_when_it_is_back_the_children_get_time_and_nothing_is_said(self) -> None:
        house = self.gateway()
        everyone = [*(f"z{k}" for k in range(10)), "o0", "o1"]
        self.talk(house, 600, everyone)
        self.talk(house, 900, ["o0", "o1"])
        before = len(house.events)
        house.now += 60
        house.tick()
        house.show(20.0, "z0")
        assert not house.active("link-lost", "zigbee2mqtt:zigbee2mqtt")
        self.talk(house, 120, everyone)
        said = {e.kind for e in house.events[before:] if isinstance(e, AlarmEvent)}
        assert "alarm.returned" not in said

    def test_one_that_stays_silent_speaks_for_itself_then(self) -> None:
        house = self.gateway()
        everyone = [*(f"z{k}" for k in range(10)), "o0", "o1"]
        self.talk(house, 600, everyone)
        self.talk(house, 900, ["o0", "o1"])
        self.talk(house, 300, [name for name in everyone if name != "z7"])
        alarm = house.alarm("silent", "z7")
        assert alarm is not None and alarm.active and not alarm.muted_by

    def test_one_silent_sensor_does_not_make_its_gateway_lost(self) -> None:
        house = self.gateway()
        everyone = [*(f"z{k}" for k in range(10)), "o0", "o1"]
        self.talk(house, 600, everyone)
        self.talk(house, 900, [name for name in everyone if name != "z7"])
        assert house.active("silent", "z7")
        assert house.alarm("link-lost", "zigbee2mqtt:zigbee2mqtt") is None

    def test_threshold_alarms_of_the_children_are_not_held(self) -> None:
        house = self.gateway()
        self.talk(house, 600, [*(f"z{k}" for k in range(10)), "o0", "o1"])
        house.show(35.0, "z3")
        self.talk(house, 900, ["o0", "o1"])
        alarm = house.alarm()
        assert alarm is not None and alarm.active and not alarm.muted_by

    def test_the_silence_of_life_safety_is_never_held(self) -> None:
        gas = rule("gas-silent", Silent(select=Select(quantity="co2")), scope="sensor", life_safety=True)
        sensors = [sensor(f"z{k}", topic=f"zigbee2mqtt/z{k}", dialect="zigbee2mqtt") for k in range(9)]
        house = House(
            [self.SILENT, gas],
            [
                *sensors,
                sensor("g", quantity="co2", topic="zigbee2mqtt/g", dialect="zigbee2mqtt"),
                sensor("o0"),
            ],
        )
        self.talk(house, 600, [*(f"z{k}" for k in range(9)), "g", "o0"])
        self.talk(house, 900, ["o0"])
        alarm = house.alarm("gas-silent", "g")
        assert alarm is not None and alarm.active and not alarm.muted_by

    def test_the_first_minute_after_a_start_waits(self) -> None:
        house = House([self.SILENT], [sensor(f"s{k}") for k in range(3)])
        self.talk(house, 300, ["s0", "s1", "s2"])
        house.restart(gap_s=1000)
        house.show(20.0, "s1")
        house.show(20.0, "s2")
        house.wait(31)
        alarm = house.alarm("silent", "s0")
        assert alarm is not None and alarm.muted_by == "start"
        house.wait(31)
        alarm = house.alarm("silent", "s0")
        assert alarm is not None and not alarm.muted_by


class TestMany:
    def test_ten_thousand_open_alarms_are_held_and_listed(self) -> None:
        rules = {"hot": rule(scope="sensor")}
        annunciator = Annunciator(rules, {}, {})
        seen = Text("x", "x")
        for k in range(10_000):
            change = Change(
                rule="hot", scope=f"s{k}", zone=f"z{k % 50}", verdict=Verdict.MET, at=START, reason=seen
            )
            annunciator.on_change(change, START + k * 0.001)
        for k in range(10_000):
            change = Change(
                rule="hot", scope=f"s{k}", zone=f"z{k % 50}", verdict=Verdict.CLEAR, at=START, reason=seen
            )
            annunciator.on_change(change, START + 100)
        annunciator.tick(START + 400 * 86400)
        assert len(annunciator.alarms) == 10_000
        assert all(alarm.acked is None for alarm in annunciator.alarms.values())
        assert len({alarm.reference for alarm in annunciator.alarms.values()}) == 10_000
