"""When a rule speaks: limits, delays, gaps, silence, restarts, quality (C3 to C6, C9, C12)."""

from __future__ import annotations

import pytest

from alerts.rule import Contact, Schedule, Select, Silent, Threshold, Verdict
from sensors.model import Quality
from tests.judge import START, House, rule, sensor, zone

TEMPERATURE = Select(quantity="temperature")


class TestLimits:
    @pytest.mark.parametrize(("value", "active"), [(30.0, False), (30.0001, True), (29.9, False)])
    def test_above_means_above(self, value: float, active: bool) -> None:
        house = House([rule()], [sensor("s")])
        house.show(value)
        assert house.active() is active

    @pytest.mark.parametrize(("value", "active"), [(29.0, True), (28.0, True), (27.999, False)])
    def test_the_deadband_holds_until_beyond_the_clear_value(self, value: float, active: bool) -> None:
        house = House([rule()], [sensor("s")])
        house.show(31.0)
        house.now += 60
        house.show(value)
        assert house.active() is active

    def test_a_value_in_the_deadband_raises_nothing(self) -> None:
        house = House([rule()], [sensor("s")])
        house.show(29.0)
        assert not house.active()

    def test_without_deadband_the_limit_itself_is_clear(self) -> None:
        when = Threshold(select=TEMPERATURE, above=False, limit=14.0, clear_at=14.0)
        house = House([rule(when=when)], [sensor("s")])
        house.show(13.9)
        house.now += 60
        house.show(14.0)
        assert not house.active()

    @pytest.mark.parametrize(("value", "active"), [(14.0, False), (13.999, True)])
    def test_below_means_below(self, value: float, active: bool) -> None:
        when = Threshold(select=TEMPERATURE, above=False, limit=14.0, clear_at=16.0)
        house = House([rule(when=when)], [sensor("s")])
        house.show(value)
        assert house.active() is active

    @pytest.mark.parametrize(("value", "active"), [(14.0, True), (16.0, True), (16.001, False)])
    def test_the_deadband_below_holds_until_beyond_the_clear_value(self, value: float, active: bool) -> None:
        when = Threshold(select=TEMPERATURE, above=False, limit=14.0, clear_at=16.0)
        house = House([rule(when=when)], [sensor("s")])
        house.show(13.0)
        house.now += 60
        house.show(value)
        assert house.active() is active

    def test_one_hot_sensor_of_a_zone_is_enough_and_says_how_many_joined(self) -> None:
        house = House([rule()], [sensor("s"), sensor("t")])
        house.show(20.0, "t")
        house.show(31.0, "s")
        assert house.active()
        house.now += 61
        house.show(31.0, "t")
        alarm = house.alarm()
        assert alarm is not None and {c.sensor for c in alarm.evidence} == {"s", "t"}
        assert house.kinds() == ["alarm.raised", "alarm.worse"]

    def test_the_reason_names_sensor_value_and_limit_in_both_languages(self) -> None:
        house = House([rule()], [sensor("s")])
        (change,) = house.show(31.5)
        assert change.reason.en == "s: 31.5 °C, above 30 °C"
        assert change.reason.zh == "s 31.5 °C，高于 30 °C"
        assert change.cause is not None and (change.cause.value, change.cause.limit) == (31.5, 30.0)


class TestDelays:
    def test_on_delay_at_its_boundary(self) -> None:
        house = House([rule(for_s=600.0)], [sensor("s")])
        house.show(31.0)
        house.wait(540, 31.0)
        assert not house.active()
        house.wait(60, 31.0)
        assert house.active()

    def test_a_dip_starts_the_delay_again(self) -> None:
        house = House([rule(for_s=600.0)], [sensor("s")])
        house.show(31.0)
        house.wait(540, 31.0)
        house.wait(60, 20.0)
        house.wait(600, 31.0)
        assert not house.active()
        house.wait(60, 31.0)
        assert house.active()

    def test_off_delay_at_its_boundary_and_only_by_samples(self) -> None:
        house = House([rule(clear_for_s=120.0)], [sensor("s")])
        house.show(31.0)
        house.wait(60, 20.0)
        house.wait(60, 20.0)
        assert house.active()
        house.wait(60, 20.0)
        assert not house.active()

    def test_an_event_contact_is_not_waited_for_until_its_heartbeat(self) -> None:
        wet = rule("wet", Contact(select=Select(quantity="water_leak"), is_=1.0), for_s=10.0)
        house = House([wet], [sensor("w", quantity="water_leak", every_s=600.0, silent_after_s=1800.0)])
        house.show(0.0, "w")
        house.now += 100
        house.show(1.0, "w")
        house.wait(9)
        assert not house.active("wet")
        house.wait(1)
        assert house.active("wet")

    def test_a_delay_the_clock_has_proven_is_over_however_late_it_is_asked(self) -> None:
        """A machine that was suspended asked for ever."""
        house = House([rule(for_s=60.0)], [sensor("s", every_s=60.0, silent_after_s=9000.0)])
        house.show(31.0)
        assert not house.active()
        house.now += 3600
        house.tick()
        assert house.active()

    def test_a_delay_longer_than_the_clock_may_prove_is_not_over_by_being_asked_late(self) -> None:
        house = House([rule(for_s=600.0)], [sensor("s", every_s=60.0, silent_after_s=9000.0)])
        house.show(31.0)
        house.now += 3600
        house.tick()
        assert not house.active()

    def test_the_clock_alone_never_clears(self) -> None:
        wet = rule("wet", Contact(select=Select(quantity="water_leak"), is_=1.0), clear_for_s=10.0)
        house = House([wet], [sensor("w", quantity="water_leak", every_s=600.0, silent_after_s=1800.0)])
        house.show(1.0, "w")
        house.now += 5
        house.show(0.0, "w")
        house.wait(60)
        assert house.active("wet")
        house.show(0.0, "w")
        assert not house.active("wet")

    def test_deadband_delays_and_latch_combine(self) -> None:
        house = House([rule(for_s=120.0, clear_for_s=120.0, latch=True)], [sensor("s")])
        house.show(31.0)
        house.wait(120, 31.0)
        assert house.active()
        house.wait(300, 29.0)  # inside the deadband
        assert house.active()
        house.wait(180, 20.0)
        alarm = house.alarm()
        assert alarm is not None and not alarm.active and alarm.latched


class TestGaps:
    def test_missing_data_turns_to_unknown_and_never_clears(self) -> None:
        house = House([rule(clear_for_s=0.0)], [sensor("s")])
        house.show(31.0)
        house.wait(100_000)
        alarm = house.alarm()
        assert alarm is not None and alarm.active
        assert alarm.unknown_since_at == START + 300.0
        assert "alarm.cleared" not in house.kinds()

    def test_the_other_sensor_of_the_zone_cannot_clear_for_the_silent_one(self) -> None:
        house = House([rule()], [sensor("s"), sensor("t")])
        house.show(31.0, "s")
        house.wait(3600, 20.0, "t")
        assert house.active()
        house.show(20.0, "s")
        assert not house.active()

    def test_word_again_after_silence(self) -> None:
        house = House([rule()], [sensor("s")])
        house.show(31.0)
        house.wait(400)
        house.show(32.0)
        alarm = house.alarm()
        assert alarm is not None and alarm.unknown_since_at is None
        assert house.kinds() == ["alarm.raised", "alarm.unknown", "alarm.known"]

    def test_a_delay_of_ten_minutes_interrupted_after_seven_needs_three_more(self) -> None:
        house = House([rule(for_s=600.0)], [sensor("s")])
        house.show(31.0)
        house.wait(420, 31.0)
        house.restart(gap_s=1200.0)
        house.show(31.0)
        house.wait(120, 31.0)
        assert not house.active()
        house.wait(60, 31.0)
        assert house.active()

    def test_the_clock_alone_proves_nothing_in_a_gap(self) -> None:
        house = House([rule(for_s=600.0)], [sensor("s")])
        house.show(31.0)
        house.wait(420, 31.0)
        house.restart()
        house.wait(3000)
        assert not house.active()

    def test_a_gap_between_samples_does_not_count(self) -> None:
        house = House([rule(for_s=600.0)], [sensor("s", silent_after_s=3600.0)])
        house.show(31.0)
        house.wait(300, 31.0)
        house.now += 1500
        house.tick()
        house.show(31.0)
        assert not house.active()
        house.wait(300, 31.0)
        assert house.active()

    def test_a_crash_loses_at_most_five_seconds_of_credit(self) -> None:
        house = House([rule(for_s=600.0)], [sensor("s", every_s=1.0)])
        house.show(31.0)
        for _ in range(500):
            house.now += 1
            house.show(31.0)
            house.store()
        house.restart(crash=True)
        house.show(31.0)
        for _ in range(99):
            house.now += 1
            house.show(31.0)
        assert not house.active()
        for _ in range(7):
            house.now += 1
            house.show(31.0)
        assert house.active()


class TestRestart:
    def test_an_active_alarm_stays_and_its_clearing_is_noticed(self) -> None:
        house = House([rule()], [sensor("s")])
        house.show(31.0)
        house.restart(gap_s=60)
        assert house.active()
        house.show(20.0)
        assert not house.active()
        assert house.kinds().count("alarm.raised") == 1

    def test_a_new_rule_speaks_at_once_where_it_is_already_true(self) -> None:
        house = House([], [sensor("s")])
        house.show(31.0)
        house.restart(gap_s=10, rules=[rule()])
        assert house.active()

    def test_a_changed_limit_keeps_the_alarm_until_a_sample_clears_it(self) -> None:
        house = House([rule()], [sensor("s")])
        house.show(31.0)
        wider = rule(when=Threshold(select=TEMPERATURE, above=True, limit=35.0, clear_at=33.0))
        house.restart(gap_s=10, rules=[wider])
        assert house.active()
        house.show(31.0)
        assert not house.active()

    def test_states_that_cannot_be_read_are_named_and_the_rest_goes_on(self) -> None:
        house = House([rule()], [sensor("s")])
        house.show(31.0)
        house.store()
        house.stored["hot@a"] = b"{broken"
        house.restart(crash=True)
        assert house.evaluator.lost == ["hot@a"]
        house.now += 60
        house.show(31.0)
        assert house.active()


class TestSilence:
    RULE = rule("silent", Silent(select=Select()), scope="sensor")

    def test_a_sensor_that_never_reported_is_silent_within_limit_and_thirty_seconds(self) -> None:
        house = House([self.RULE], [sensor("s"), sensor("t")])
        house.wait(299, 20.0, "t", every=23)
        assert house.alarm("silent", "s") is None
        house.wait(31, 20.0, "t", every=1)
        assert house.active("silent", "s")

    def test_restarts_do_not_start_the_limit_again(self) -> None:
        house = House([self.RULE], [sensor("s"), sensor("t")])
        for _ in range(5):
            house.wait(65, 20.0, "t", every=5)
            house.restart()
        house.wait(10, 20.0, "t", every=5)
        assert house.active("silent", "s")

    def test_after_a_long_absence_of_ours_half_a_minute_is_given(self) -> None:
        house = House([self.RULE], [sensor("s"), sensor("t")])
        house.show(20.0)
        house.show(20.0, "t")
        house.restart(gap_s=5000)
        house.wait(29, 20.0, "t", every=1)
        assert not house.active("silent", "s")
        house.wait(2, 20.0, "t", every=1)
        assert house.active("silent", "s")

    @pytest.mark.parametrize(
        "quality", [Quality.RETAINED, Quality.HISTORICAL, Quality.IMPLAUSIBLE, Quality.FUTURE]
    )
    def test_what_is_not_a_new_measurement_does_not_count(self, quality: Quality) -> None:
        house = House([self.RULE], [sensor("s"), sensor("t")])
        house.show(20.0)
        for _ in range(34):
            house.now += 10
            house.tick()
            house.show(20.0, "t")
            house.show(20.0, "s", quality)
        assert house.active("silent", "s")

    def test_a_repeated_old_measurement_is_not_new(self) -> None:
        house = House([self.RULE], [sensor("s"), sensor("t")])
        house.show(20.0)
        for _ in range(34):
            house.now += 10
            house.tick()
            house.show(20.0, "t")
            house.show(20.0, "s", measured_at=START)
        assert house.active("silent", "s")

    def test_it_clears_when_the_sensor_speaks(self) -> None:
        house = House([self.RULE], [sensor("s"), sensor("t")])
        house.wait(400, 20.0, "t", every=20)
        house.show(20.0)
        assert not house.active("silent", "s")


class TestHonestTime:
    def test_a_late_measurement_starts_and_clears_nothing(self) -> None:
        house = House([rule()], [sensor("s")])
        house.show(35.0, quality=Quality.LATE, measured_at=START - 4000)
        assert not house.active()
        house.show(35.0)
        house.now += 60
        house.show(20.0, quality=Quality.LATE, measured_at=START - 3000)
        assert house.active()

    def test_the_latest_is_by_time_of_measurement(self) -> None:
        house = House([rule()], [sensor("s")])
        house.now += 100
        house.show(31.0)
        house.now += 1
        house.show(20.0, measured_at=START + 50)
        assert house.active()

    def test_a_device_clock_set_back_is_followed(self) -> None:
        house = House([rule()], [sensor("s")])
        house.show(20.0, measured_at=START + 200)
        for k in range(1, 4):
            house.now += 60
            house.show(31.0, measured_at=START + 60 * k)
        assert house.active()

    def test_a_burst_of_old_messages_is_not_a_clock_set_back(self) -> None:
        house = House([rule()], [sensor("s")])
        house.now += 500
        house.show(20.0)
        for k in range(5):
            house.show(31.0, measured_at=START + 60 * k)
        assert not house.active()


class TestRetained:
    def test_it_may_raise_unverified(self) -> None:
        house = House([rule()], [sensor("s")])
        house.show(31.0, quality=Quality.RETAINED)
        alarm = house.alarm()
        assert alarm is not None and alarm.active and alarm.unverified

    def test_a_live_sample_verifies_it(self) -> None:
        house = House([rule()], [sensor("s")])
        house.show(31.0, quality=Quality.RETAINED)
        house.now += 60
        house.show(31.0)
        alarm = house.alarm()
        assert alarm is not None and not alarm.unverified

    def test_it_never_clears(self) -> None:
        house = House([rule()], [sensor("s")])
        house.show(31.0)
        house.now += 60
        house.show(20.0, quality=Quality.RETAINED)
        assert house.active()

    def test_the_very_state_that_was_handled_does_not_raise_again(self) -> None:
        house = House([rule()], [sensor("s")])
        house.show(31.0, quality=Quality.RETAINED, measured_at=START - 60)
        house.now += 60
        house.show(20.0)
        house.restart(gap_s=10)
        house.show(31.0, quality=Quality.RETAINED, measured_at=START - 60)
        assert not house.active()


class TestDrills:
    def test_a_drill_never_touches_live_state(self) -> None:
        house = House([rule()], [sensor("s")])
        house.show(20.0)
        house.show(40.0, drill="water-2b")
        assert not house.active()
        assert [a.drill for a in house.annunciator.alarms.values()] == ["water-2b"]
        house.now += 60
        house.show(35.0)
        house.now += 60
        house.show(20.0, drill="water-2b")
        assert house.active()

    def test_it_is_forgotten_when_it_ends(self) -> None:
        house = House([rule()], [sensor("s")])
        house.show(40.0, drill="water-2b")
        house.store()
        assert any(key.startswith("drill|water-2b|") for key in house.stored)
        house.evaluator.end_drill("water-2b")
        house.store()
        assert not any(key.startswith("drill|") for key in house.stored)

    def test_it_survives_a_restart_apart(self) -> None:
        house = House([rule()], [sensor("s")])
        house.show(40.0, drill="water-2b")
        house.restart(gap_s=10)
        house.show(41.0, drill="water-2b")
        assert house.kinds().count("alarm.raised") == 1


class TestArming:
    NIGHT = (Schedule(from_="22:00", until="06:00"),)
    OPEN = Contact(select=Select(quantity="contact_open"), is_=1.0)

    def test_what_is_open_when_the_building_is_armed_raises(self) -> None:
        # 2027-01-15 08:00 UTC is START: 09:00 in Berlin, disarmed.
        house = House(
            [rule("door", self.OPEN, armed=self.NIGHT)],
            [sensor("d", quantity="contact_open", silent_after_s=1e6)],
        )
        house.show(1.0, "d")
        assert not house.active("door")
        house.now = START + 13 * 3600 - 1
        house.tick()
        assert not house.active("door")
        house.now += 2
        house.tick()
        assert house.active("door")

    def test_disarming_ends_it(self) -> None:
        house = House(
            [rule("door", self.OPEN, armed=self.NIGHT)],
            [sensor("d", quantity="contact_open", silent_after_s=1e6)],
        )
        house.now = START + 15 * 3600
        house.tick()
        house.show(1.0, "d")
        assert house.active("door")
        house.now = START + 22 * 3600
        house.tick()
        assert not house.active("door")


class TestCost:
    def test_nothing_is_encoded_again_while_nothing_changes(self) -> None:
        house = House([rule()], [sensor("s", every_s=1.0)])
        house.show(20.0)
        house.store()
        for _ in range(59):
            house.now += 1
            house.show(20.0)
            assert house.evaluator.take_dirty() == {}

    def test_scopes_are_the_selected_ones_only(self) -> None:
        stacks = Threshold(
            select=Select(quantity="temperature", zone_kinds=("stack",)),
            above=True,
            limit=30.0,
            clear_at=28.0,
        )
        house = House(
            [rule(when=stacks, scope="sensor")],
            [sensor("s"), sensor("o", "office")],
            [zone("a"), zone("office", "office")],
        )
        assert list(house.evaluator.verdicts()) == [("hot", "s")]
        assert house.evaluator.verdicts()["hot", "s"] is Verdict.UNKNOWN


class TestRestartOfContacts:
    def test_a_wet_contact_is_not_waited_for_until_its_heartbeat_after_a_restart(self) -> None:
        when = Contact(select=Select(quantity="water_leak"), is_=1.0)
        house = House([rule("water", when, for_s=5.0)], [sensor("s", quantity="water_leak", every_s=3600.0)])
        house.show(0.0)
        house.now += 600.0
        house.show(1.0)
        house.now += 2.0
        house.restart(1.0)
        house.wait(4.0)
        assert not house.active("water"), "the time nobody watched proves nothing"
        house.wait(2.0)
        assert house.active("water")

    def test_what_is_overdue_by_the_restart_is_not_finished_by_the_clock(self) -> None:
        when = Contact(select=Select(quantity="water_leak"), is_=1.0)
        house = House([rule("water", when, for_s=5.0)], [sensor("s", quantity="water_leak", every_s=60.0)])
        house.show(0.0)
        house.now += 60.0
        house.show(1.0)
        house.restart(95.0)
        house.wait(30.0)
        assert not house.active("water")
        house.show(1.0)
        house.wait(6.0)
        assert house.active("water")
