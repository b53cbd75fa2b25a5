"""Fire: what is a pre-alarm, what confirms, and what is only a broken probe (C10)."""

from __future__ import annotations

import pytest

from alerts.drafts import detail
from alerts.explain import cause_words
from alerts.fire import fire_rules
from alerts.profiles import PROFILES, climate_rules
from alerts.rule import Rule, Select, Swing, Threshold
from alerts.standard import standard_rules
from sensors.model import Quality, Sensor
from tests.judge import House, rule, sensor, zone

PROBES = [sensor(f"p{k}", every_s=1.0) for k in range(4)]
ZONES = [zone("a", compartment="c")]


def house(*more: Sensor, probes: int = 4) -> House:
    sensors = [*PROBES[:probes], *more]
    rules = fire_rules({z.id: z for z in ZONES}, {s.id: s for s in sensors})
    built = House(rules.values(), sensors, ZONES)
    for _ in range(70):
        built.now += 1
        for one in sensors:
            built.show({"temperature": 20.0, "oxygen": 20.9}.get(one.quantity, 0.0), one.id)
    return built


def stage(built: House) -> str:
    stages = {a.stage for a in built.annunciator.alarms.values() if a.hazard == "fire"}
    return "confirmed" if "confirmed" in stages else "prealarm" if "prealarm" in stages else ""


def shows(built: House, quality: Quality = Quality.GOOD, **values: float) -> None:
    built.now += 1
    for name, value in values.items():
        built.show(value, name, quality)


class TestHeat:
    def test_one_probe_of_many_is_no_fire(self) -> None:
        built = house()
        shows(built, p0=90.0)
        assert stage(built) == ""

    @pytest.mark.parametrize(("second", "expected"), [(27.9, ""), (28.0, "prealarm")])
    def test_two_that_rise_by_eight_degrees_are_a_prealarm(self, second: float, expected: str) -> None:
        built = house()
        shows(built, p0=29.0, p1=second)
        assert stage(built) == expected

    def test_a_rise_is_never_shown_as_if_it_were_the_temperature(self) -> None:
        """ "8.5 °C" in a message about a fire reads as a cold room."""
        built = house()
        shows(built, p0=29.5, p1=30.0)
        (alarm,) = (a for a in built.annunciator.alarms.values() if a.hazard == "fire")
        assert detail(alarm).en.startswith("+")
        assert alarm.cause is not None
        assert " +" in cause_words(alarm.cause).en
        assert "+8 " in cause_words(alarm.cause).en.replace(")", " "), "the limit is a rise too"

    def test_three_that_rise_by_ten_confirm(self) -> None:
        built = house()
        shows(built, p0=30.0, p1=30.0)
        assert stage(built) == "prealarm"
        shows(built, p2=30.0)
        assert stage(built) == "confirmed"

    def test_fixed_heat_borne_out_by_a_neighbour_confirms(self) -> None:
        built = house()
        shows(built, p0=57.1, p1=28.5)
        assert stage(built) == "confirmed"

    def test_probes_dying_in_the_flames_confirm(self) -> None:
        built = house()
        shows(built, Quality.IMPLAUSIBLE, p0=400.0, p1=400.0, p2=400.0)
        assert stage(built) == "confirmed"

    def test_a_broken_probe_that_shows_too_little_is_no_sign(self) -> None:
        built = house()
        shows(built, Quality.IMPLAUSIBLE, p0=-250.0, p1=-250.0, p2=-250.0)
        assert stage(built) == ""

    def test_probes_that_drop_out_together_and_return_are_no_fire(self) -> None:
        built = house()
        for k in range(30):
            shows(built, **{f"p{n}": 10.0 if k < 29 else 20.5 for n in range(4)})
        assert stage(built) == ""

    def test_a_room_with_one_probe_is_watched_too(self) -> None:
        built = house(probes=1)
        shows(built, p0=58.0)
        built.wait(6, 58.0, "p0", every=1)
        assert stage(built) == "prealarm"

    def test_two_probes_confirm_each_other(self) -> None:
        built = house(probes=2)
        shows(built, p0=40.0, p1=40.0)
        assert stage(built) == "confirmed"


class TestSignals:
    def test_one_smoke_detector_is_a_prealarm_two_confirm(self) -> None:
        built = house(sensor("s1", quantity="smoke"), sensor("s2", quantity="smoke"))
        shows(built, s1=1.0)
        assert stage(built) == "prealarm"
        shows(built, s2=1.0)
        assert stage(built) == "confirmed"

    def test_smoke_and_one_warm_probe_confirm(self) -> None:
        built = house(sensor("s1", quantity="smoke"))
        shows(built, s1=1.0)
        built.wait(100, 0.0, "s1", every=10)
        shows(built, p0=29.0)
        assert stage(built) == "confirmed"

    def test_heat_and_falling_oxygen_confirm(self) -> None:
        built = house(sensor("o", quantity="oxygen", every_s=1.0), probes=1)
        shows(built, p0=29.0)
        assert stage(built) == ""
        shows(built, o=20.4)
        assert stage(built) == "confirmed"

    @pytest.mark.parametrize("quantity", ["fire_confirmed", "manual_call_point"])
    def test_the_panel_and_a_call_point_confirm_alone(self, quantity: str) -> None:
        built = house(sensor("x", quantity=quantity))
        shows(built, x=1.0)
        assert stage(built) == "confirmed"

    def test_nobody_looked_for_three_minutes(self) -> None:
        built = house(sensor("s1", quantity="smoke"))
        shows(built, s1=1.0)
        built.wait(179)
        assert stage(built) == "prealarm"
        built.wait(2)
        assert stage(built) == "confirmed"

    def test_they_latch_and_are_life_safety(self) -> None:
        rules = fire_rules({z.id: z for z in ZONES}, {s.id: s for s in PROBES})
        assert rules
        assert all(
            r.latch and r.life_safety and r.priority == 1 and r.advice.zh and r.clause for r in rules.values()
        )

    def test_outside_there_is_no_fire_compartment(self) -> None:
        yard = zone("yard", kind="outside")
        assert fire_rules({"yard": yard}, {"p": sensor("p", "yard")}) == {}


class TestProfiles:
    def rules(self, *written: Rule, kind: str = "stack", profile: str = "jgj25-2010") -> dict[str, Rule]:
        return climate_rules(
            {"a": zone("a", kind)}, {"s": sensor("s"), "h": sensor("h", quantity="humidity")},
            profile=profile, written=written,
        )  # fmt: skip

    def test_a_paper_store_is_watched_without_writing_a_rule(self) -> None:
        found = self.rules()
        assert sorted(found) == [
            "stack-humidity-band", "stack-humidity-swing", "stack-temperature-band", "stack-temperature-swing",
        ]  # fmt: skip
        assert all("JGJ 25-2010" in r.clause and r.page == "day" and r.priority == 3 for r in found.values())

    @pytest.mark.parametrize(("value", "active"), [(24.0, False), (24.1, True), (14.0, False), (13.9, True)])
    def test_its_band_at_the_boundary(self, value: float, active: bool) -> None:
        found = self.rules()
        built = House(found.values(), [sensor("s"), sensor("h", quantity="humidity")], [zone("a")])
        built.show(value)
        built.wait(900, value)
        assert built.active("stack-temperature-band") is active

    def test_the_swing_is_twice_the_clauses_plus_or_minus(self) -> None:
        swing = self.rules()["stack-temperature-swing"].when
        assert isinstance(swing, Swing)
        assert (swing.limit, swing.over_s) == (4.0, 86400.0)

    def test_a_written_rule_for_the_same_silences_the_profile(self) -> None:
        own = rule(
            "mine", Threshold(select=Select(quantity="humidity"), above=True, limit=65.0, clear_at=60.0)
        )
        assert "stack-humidity-band" not in self.rules(own)
        assert "stack-temperature-band" in self.rules(own)

    def test_other_profiles_can_be_chosen(self) -> None:
        assert "BS 4971" in self.rules(profile="bs4971-2017")["stack-temperature-band"].clause
        with pytest.raises(KeyError):
            self.rules(profile="none")

    def test_every_band_is_in_order(self) -> None:
        for bands in PROFILES.values():
            for band in bands.values():
                for limits in (band.temperature, band.humidity):
                    assert limits is None or limits[0] < limits[1]

    def test_a_confirmed_fire_speaks_for_the_climate(self) -> None:
        sensors = {s.id: s for s in PROBES}
        found = standard_rules({"a": zone("a")}, sensors, {})
        assert "stack-temperature-band" in found["fire-confirmed"].mutes

    def test_a_written_rule_of_the_same_id_wins(self) -> None:
        mine = rule("fire-prealarm")
        assert (
            standard_rules({"a": zone("a")}, {s.id: s for s in PROBES}, {"fire-prealarm": mine})[
                "fire-prealarm"
            ]
            is mine
        )
