"""Every kind of condition at its boundary: change, counting, votes, composites, faults (C10, C11)."""

from __future__ import annotations

import pytest

from alerts.rule import (
    After,
    AllOf,
    AnyOf,
    Contact,
    Count,
    Disagree,
    Distance,
    Implausible,
    Not,
    Rate,
    Rise,
    Select,
    Stuck,
    Swing,
    Threshold,
    Vote,
)
from alerts.window import Extreme
from sensors.model import Quality
from tests.judge import House, rule, sensor, zone

T = Select(quantity="temperature")


def on(quantity: str) -> Contact:
    return Contact(select=Select(quantity=quantity), is_=1.0)


class TestRate:
    RULE = rule(when=Rate(select=T, rising=True, limit=8.0, over_s=60.0, clear_at=4.0))

    def show(self, house: House, *values: float, every: float = 10.0) -> None:
        for value in values:
            house.show(value)
            house.now += every

    @pytest.mark.parametrize(("top", "active"), [(27.99, False), (28.0, True)])
    def test_a_rise_within_the_window_at_its_boundary(self, top: float, active: bool) -> None:
        house = House([self.RULE], [sensor("s")])
        self.show(house, 20.0, 22.0, 24.0, top)
        assert house.active() is active

    def test_the_same_rise_over_a_longer_time_is_none(self) -> None:
        house = House([self.RULE], [sensor("s")])
        self.show(house, *[20.0 + k for k in range(30)])
        assert not house.active()

    def test_across_a_gap_the_whole_gap_counts(self) -> None:
        house = House([self.RULE], [sensor("s", silent_after_s=3600)])
        house.show(20.0)
        house.now += 600
        house.show(90.0)
        assert not house.active()
        house.now += 600
        house.show(175.0)
        assert house.active()

    def test_falling(self) -> None:
        falling = rule(when=Rate(select=T, rising=False, limit=8.0, over_s=60.0, clear_at=4.0))
        house = House([falling], [sensor("s")])
        self.show(house, 28.0, 24.0, 20.0)
        assert house.active()

    def test_the_window_survives_a_restart(self) -> None:
        house = House([self.RULE], [sensor("s", every_s=10)])
        self.show(house, 20.0, 22.0)
        house.restart()
        self.show(house, 28.5)
        assert house.active()


class TestRise:
    RULE = rule(when=Rise(select=T, limit=8.0, clear_at=4.0, over_s=600.0, lag_s=60.0))

    def show(self, house: House, *values: float, every: float = 10.0) -> None:
        for value in values:
            house.show(value)
            house.now += every

    def test_nothing_is_said_before_there_is_anything_to_compare_with(self) -> None:
        house = House([self.RULE], [sensor("s")])
        self.show(house, 20.0, 90.0)
        assert not house.active()

    @pytest.mark.parametrize(("value", "active"), [(27.9, False), (28.0, True)])
    def test_above_the_highest_of_before_at_its_boundary(self, value: float, active: bool) -> None:
        house = House([self.RULE], [sensor("s")])
        self.show(house, *[20.0] * 8, value)
        assert house.active() is active

    def test_a_probe_that_drops_out_and_comes_back_has_not_risen(self) -> None:
        house = House([self.RULE], [sensor("s")])
        self.show(house, *[20.0] * 8, *[5.0] * 12, 20.0, 21.0)
        assert not house.active()

    def test_a_rise_that_eases_is_not_named_first_while_something_else_is_past_its_limit(self) -> None:
        house = House(
            [rule(when=self.RULE.when, scope="zone", for_s=25.0)],
            [sensor("s", every_s=10), sensor("t", every_s=10)],
        )
        for _ in range(8):
            house.show(20.0, "s")
            house.show(20.0, "t")
            house.now += 10
        for high, other in ((30.0, 20.0), (25.0, 20.0), (25.0, 60.0)):
            house.show(other, "t")
            house.show(high, "s")
            house.now += 9
        house.tick()
        alarm = house.alarm()
        assert alarm is not None and [(one.sensor, one.value) for one in alarm.evidence] == [
            ("t", 40.0),
            ("s", 5.0),
        ]

    def test_it_is_remembered_over_a_restart(self) -> None:
        house = House([self.RULE], [sensor("s", every_s=10)])
        self.show(house, *[20.0] * 8)
        house.restart()
        self.show(house, 28.5)
        assert house.active()

    def test_falling_oxygen(self) -> None:
        oxygen = Rise(select=Select(quantity="oxygen"), rising=False, limit=0.4, clear_at=0.2)
        house = House([rule(when=oxygen)], [sensor("s", quantity="oxygen")])
        self.show(house, *[20.9] * 8, 20.45)
        assert house.active()


class TestSwing:
    RULE = rule(when=Swing(select=T, limit=4.0, over_s=86400.0))

    @pytest.mark.parametrize(("high", "active"), [(22.0, False), (22.1, True)])
    def test_peak_to_peak_at_its_boundary(self, high: float, active: bool) -> None:
        house = House([self.RULE], [sensor("s", every_s=3600, silent_after_s=1e6)])
        for value in (20.0, 18.0, high):
            house.show(value)
            house.now += 3600
        assert house.active() is active

    def test_what_lies_more_than_a_day_back_is_forgotten(self) -> None:
        house = House([self.RULE], [sensor("s", every_s=3600, silent_after_s=1e6)])
        house.show(15.0)
        for _ in range(26):
            house.now += 3600
            house.show(20.0)
        assert not house.active()

    def test_a_gap_that_empties_the_window_does_not_clear(self) -> None:
        house = House([self.RULE], [sensor("s", every_s=3600, silent_after_s=1e7)])
        house.show(15.0)
        house.now += 3600
        house.show(20.0)
        assert house.active()
        house.now += 3 * 86400
        house.show(20.0)
        assert house.active()
        for _ in range(13):
            house.now += 3600
            house.show(20.0)
        assert not house.active()

    def test_uneven_sampling_sees_the_same_swing(self) -> None:
        house = House([self.RULE], [sensor("s", every_s=3600, silent_after_s=1e6)])
        for wait, value in ((1, 18.0), (7000, 19.0), (3, 19.0), (40000, 22.5)):
            house.now += wait
            house.show(value)
        assert house.active()


class TestWindow:
    def test_memory_is_bounded_and_the_extreme_is_right(self) -> None:
        lowest = Extreme(3600.0, highest=False)
        for k in range(100_000):
            at = k * 0.1
            found = lowest.add(at, float(k))
            assert found <= float(k)
            assert found >= float(k) - 36_000 - 375 - 1
        assert len(lowest.dump()) <= 98

    def test_a_minimum_expires(self) -> None:
        lowest = Extreme(60.0, highest=False)
        lowest.add(0.0, 1.0)
        for k in range(1, 70):
            found = lowest.add(float(k), 10.0)
        assert found == 10.0


class TestDistance:
    @pytest.mark.parametrize(
        ("value", "active"), [(22.0, False), (22.01, True), (17.99, True), (18.0, False)]
    )
    def test_both_sides_of_the_set_point(self, value: float, active: bool) -> None:
        house = House([rule(when=Distance(select=T, set_point=20.0, limit=2.0))], [sensor("s")])
        house.show(value)
        assert house.active() is active


class TestFaults:
    def test_stuck_needs_the_time_in_samples(self) -> None:
        house = House([rule(when=Stuck(select=T, after_s=3600.0), fault=True)], [sensor("s")])
        house.show(20.0)
        house.wait(3540, 20.0)
        assert not house.active()
        house.wait(60, 20.0)
        assert house.active()
        house.wait(60, 20.1)
        assert not house.active()

    def test_a_gap_is_not_time_of_being_stuck(self) -> None:
        house = House(
            [rule(when=Stuck(select=T, after_s=3600.0), fault=True)], [sensor("s", silent_after_s=1e6)]
        )
        house.show(20.0)
        house.now += 36_000
        house.show(20.0)
        assert not house.active()

    def test_the_impossible_is_a_fault_and_no_alarm(self) -> None:
        house = House([rule(), rule("broken", Implausible(select=Select()), fault=True)], [sensor("s")])
        house.show(999.0, quality=Quality.IMPLAUSIBLE)
        assert house.active("broken")
        assert not house.active("hot")
        house.now += 60
        house.show(20.0)
        assert not house.active("broken")

    def test_one_that_disagrees_with_its_neighbours(self) -> None:
        sensors = [sensor(name) for name in ("s", "t", "u", "v")]
        house = House([rule(when=Disagree(select=T, limit=3.0), scope="sensor", fault=True)], sensors)
        for name in ("t", "u", "v"):
            house.show(20.0, name)
        house.show(23.1)
        assert house.active("hot", "s")
        assert not house.active("hot", "t")

    def test_nobody_can_say_who_is_wrong_among_two(self) -> None:
        house = House(
            [rule(when=Disagree(select=T, limit=3.0), scope="sensor", fault=True)], [sensor("s"), sensor("t")]
        )
        house.show(20.0, "t")
        house.show(30.0, "s")
        assert not house.active("hot", "s")


class TestCount:
    RULE = rule(when=Count(select=Select(quantity="contact_open"), is_=1.0, at_least=3, within_s=600.0))

    def turn(self, house: House, times: int, every: float) -> None:
        for _ in range(times):
            house.show(1.0)
            house.now += 1
            house.show(0.0)
            house.now += every - 1

    def test_turns_within_the_time(self) -> None:
        house = House([self.RULE], [sensor("s", quantity="contact_open")])
        house.show(0.0)
        house.now += 1
        self.turn(house, 2, 100)
        assert not house.active()
        self.turn(house, 1, 100)
        assert house.active()

    def test_turns_too_far_apart_do_not_count(self) -> None:
        house = House([self.RULE], [sensor("s", quantity="contact_open", silent_after_s=1e6)])
        house.show(0.0)
        house.now += 1
        self.turn(house, 5, 400)
        assert not house.active()

    @pytest.mark.parametrize(("last", "active"), [(600.0, True), (600.5, False)])
    def test_the_first_turn_counts_until_its_time_is_over(self, last: float, active: bool) -> None:
        house = House([self.RULE], [sensor("s", quantity="contact_open", silent_after_s=1e6)])
        began = house.now
        for at, value in ((0.0, 0.0), (1.0, 1.0), (2.0, 0.0), (300.0, 1.0), (301.0, 0.0), (1.0 + last, 1.0)):
            house.now = began + at
            house.show(value)
        assert house.active() is active

    def test_staying_open_is_one_turn(self) -> None:
        house = House([self.RULE], [sensor("s", quantity="contact_open")])
        house.show(0.0)
        for _ in range(10):
            house.now += 10
            house.show(1.0)
        assert not house.active()


SMOKES = [sensor(name, quantity="smoke", every_s=60.0) for name in ("s", "t", "u")]


class TestVote:
    def vote(self, **more: object) -> Vote:
        return Vote(**{"of": (on("smoke"),), "at_least": 2, **more})  # type: ignore[arg-type]

    def house(self, **more: object) -> House:
        house = House([rule(when=self.vote(**more))], SMOKES)
        for one in SMOKES:
            house.show(0.0, one.id)
        house.now += 1
        return house

    def test_two_of_three(self) -> None:
        house = self.house()
        house.show(1.0, "s")
        assert not house.active()
        house.show(1.0, "u")
        assert house.active()

    def test_one_sensor_twice_is_one_signal(self) -> None:
        twice = self.vote(of=(on("smoke"), Contact(select=Select(sensors=("s",)), is_=1.0)))
        house = House([rule(when=twice)], SMOKES)
        house.show(1.0, "s")
        assert not house.active()

    @pytest.mark.parametrize(("wait", "active"), [(299.0, True), (301.0, False)])
    def test_a_signal_that_let_go_counts_for_its_window(self, wait: float, active: bool) -> None:
        house = self.house(within_s=300.0)
        house.show(1.0, "s")
        house.now += 1
        house.show(0.0, "s")
        house.now += wait
        house.show(1.0, "t")
        assert house.active() is active

    def test_different_quantities_where_asked(self) -> None:
        mixed = Vote(of=(on("smoke"), Threshold(select=T, above=True, limit=57.0, clear_at=50.0)), at_least=2,
                     distinct_quantities=True)  # fmt: skip
        house = House([rule(when=mixed)], [*SMOKES, sensor("x")])
        house.show(1.0, "s")
        house.show(1.0, "t")
        assert not house.active()
        house.show(60.0, "x")
        assert house.active()

    def test_the_panel_alone_suffices(self) -> None:
        house = House(
            [rule(when=self.vote(panel=(on("fire_confirmed"),)))],
            [*SMOKES, sensor("p", quantity="fire_confirmed")],
        )
        house.show(1.0, "p")
        assert house.active()

    @pytest.mark.parametrize(("degrade", "active"), [("reduce", True), ("hold", False)])
    def test_a_missing_voter_degrades_by_the_stated_rule(self, degrade: str, active: bool) -> None:
        house = self.house(degrade=degrade)
        house.wait(400, 0.0, "t")
        house.show(0.0, "u")  # only s is missing now
        house.show(1.0, "t")
        assert house.active() is active

    def test_one_missing_voter_never_confirms_by_itself(self) -> None:
        house = self.house(degrade="reduce")
        house.wait(3000)
        assert not house.active()

    def test_confirmed_by_two_that_then_burn_stays(self) -> None:
        house = self.house()
        house.show(1.0, "s")
        house.show(1.0, "t")
        house.wait(5000, 0.0, "u")
        assert house.active()

    def test_parts_that_belong_together_are_judged_per_sensor(self) -> None:
        both = AllOf(
            of=(
                Threshold(select=T, above=True, limit=30.0, clear_at=28.0),
                Rate(select=T, rising=True, limit=5.0, over_s=60.0, clear_at=2.0),
            )
        )
        house = House([rule(when=Vote(of=(both,), at_least=1))], [sensor("s"), sensor("t")])
        house.show(20.0, "s")
        house.show(31.0, "t")
        house.now += 30
        house.show(27.0, "s")
        assert not house.active()  # t is hot, s is rising: no one is both
        house.show(37.0, "t")
        assert house.active()

    def test_only_one_compartment_at_a_time(self) -> None:
        rooms = [zone("a", compartment="c"), zone("b", compartment="c"), zone("z", compartment="d")]
        smokes = [sensor("s", "a", "smoke"), sensor("t", "b", "smoke"), sensor("u", "z", "smoke")]
        house = House([rule(when=self.vote(), scope="compartment")], smokes, rooms)
        house.show(1.0, "s")
        house.show(1.0, "u")
        assert not house.active("hot", "c")
        house.show(1.0, "t")
        assert house.active("hot", "c")
        assert not house.active("hot", "d")


class TestLogic:
    LEAK, DAMP = (
        on("water_leak"),
        Threshold(select=Select(quantity="humidity"), above=True, limit=60.0, clear_at=57.0),
    )
    BOTH = (sensor("w", quantity="water_leak"), sensor("h", quantity="humidity"))

    def test_leak_and_humidity(self) -> None:
        house = House([rule(when=AllOf(of=(self.LEAK, self.DAMP)))], self.BOTH)
        house.show(1.0, "w")
        assert not house.active()
        house.show(65.0, "h")
        assert house.active()

    def test_all_with_an_unknown_part_is_unknown_and_holds(self) -> None:
        house = House([rule(when=AllOf(of=(self.LEAK, self.DAMP)))], self.BOTH)
        house.show(1.0, "w")
        house.show(65.0, "h")
        house.wait(400, 1.0, "w")
        alarm = house.alarm()
        assert alarm is not None and alarm.active and alarm.unknown_since_at is not None
        house.show(0.0, "w")
        assert not house.active()  # one clear part is enough to say no

    def test_any(self) -> None:
        house = House([rule(when=AnyOf(of=(self.LEAK, self.DAMP)))], self.BOTH)
        house.show(0.0, "w")
        house.show(65.0, "h")
        assert house.active()

    def test_not_of_the_unknown_stays_unknown(self) -> None:
        house = House([rule(when=Not(of=self.LEAK))], self.BOTH[:1])
        assert not house.active()
        house.show(0.0, "w")
        assert house.active()
        house.wait(400)
        assert house.active()

    def test_the_unknown_may_have_a_branch_of_its_own(self) -> None:
        house = House([rule(on_unknown="alarm")], [sensor("s")])
        house.show(20.0)
        assert not house.active()
        house.wait(301)
        assert house.active()
        house.show(20.0)
        assert not house.active()

    @pytest.mark.parametrize(("wait", "active"), [(30.0, True), (31.0, False)])
    def test_one_after_the_other_within_a_time(self, wait: float, active: bool) -> None:
        when = After(first=on("contact_open"), then=on("motion"), within_s=30.0)
        house = House(
            [rule(when=when)], [sensor("d", quantity="contact_open"), sensor("m", quantity="motion")]
        )
        house.show(0.0, "d")
        house.show(0.0, "m")
        house.show(1.0, "d")
        house.now += wait
        house.show(1.0, "m")
        assert house.active() is active

    def test_the_order_matters(self) -> None:
        when = After(first=on("contact_open"), then=on("motion"), within_s=30.0)
        house = House(
            [rule(when=when)], [sensor("d", quantity="contact_open"), sensor("m", quantity="motion")]
        )
        house.show(0.0, "d")
        house.show(1.0, "m")
        house.now += 5
        house.show(1.0, "d")
        assert not house.active()

    def test_the_first_half_is_remembered_over_a_restart(self) -> None:
        when = After(first=on("contact_open"), then=on("motion"), within_s=30.0)
        house = House(
            [rule(when=when)], [sensor("d", quantity="contact_open"), sensor("m", quantity="motion")]
        )
        house.show(0.0, "m")
        house.show(0.0, "d")
        house.show(1.0, "d")
        house.restart(gap_s=10)
        house.show(1.0, "m")
        assert house.active()


def test_an_hourly_sensor_that_warms_by_ten_degrees_has_not_risen_within_minutes() -> None:
    house = House([TestRise.RULE], [sensor("s", every_s=3600, silent_after_s=1e6)])
    for value in (20.0, 20.0, 35.0):
        house.show(value)
        house.now += 3600
    assert not house.active()
