"""Alarms that stand while the folder changes: a rule edited, gone, back, or looking elsewhere; sensors that leave."""

from __future__ import annotations

import pytest

from alerts.acts import Acknowledge, ConfirmSign, Reset
from alerts.alarm import state_name
from alerts.model import AlarmEvent, Refused
from alerts.quiet import LINK
from alerts.rule import AllOf, Contact, Select, Silent, Threshold
from sensors.model import Sensor
from tests.judge import House, rule, sensor, zone

WET = Contact(select=Select(quantity="water_leak"), is_=1.0)
DARK = Contact(select=Select(quantity="mains"), is_=0.0)
SENSORS = (sensor("w", quantity="water_leak"), sensor("m", quantity="mains"))


GATEWAY = "zigbee2mqtt:zigbee2mqtt"


def zigbee(name: str) -> Sensor:
    return sensor(name, topic=f"zigbee2mqtt/{name}", dialect="zigbee2mqtt", every_s=10.0, silent_after_s=60.0)


def leaking() -> House:
    house = House([rule("water", WET), rule("power", DARK)], SENSORS)
    house.show(1.0, "w")
    return house


def refused(house: House, what: object) -> list[str]:
    return [one.reason.en for one in house.act(what) if isinstance(one, Refused)]


def test_the_alarm_of_a_rule_that_is_gone_stands_says_so_and_is_ended_by_a_person() -> None:
    house = leaking()
    house.restart(5.0, rules=[rule("power", DARK)])
    alarm = house.alarm("water")
    assert alarm is not None
    assert alarm.active
    assert alarm.orphan
    assert state_name(alarm).en == "its rule is gone, waiting for reset"
    (told,) = (e for e in house.events if isinstance(e, AlarmEvent) and e.kind == "alarm.unknown")
    assert "No rule of the folder looks at this place" in told.reason.en
    house.restart(5.0)
    assert house.kinds("water").count("alarm.unknown") == 1, "said once, not at every start"
    assert not refused(house, Reset(alarm=alarm.id))
    house.act(Acknowledge(alarm=alarm.id))
    assert house.alarm("water") is None


def test_a_rule_that_comes_back_after_its_alarm_was_reset_speaks_again_while_it_is_true() -> None:
    house = leaking()
    house.restart(5.0, rules=[])
    house.act(Reset(alarm="water@a#1"))
    house.act(Acknowledge(alarm="water@a#1"))
    assert house.alarm("water") is None
    house.restart(5.0, rules=[rule("water", WET)])
    assert house.active("water"), "still wet by the last word of the sensor"
    house.show(0.0, "w")
    assert not house.active("water")


def test_a_rule_that_comes_back_takes_its_alarm_over() -> None:
    house = leaking()
    house.restart(5.0, rules=[])
    house.restart(5.0, rules=[rule("water", WET)])
    alarm = house.alarm("water")
    assert alarm is not None
    assert (alarm.active, alarm.orphan, alarm.unknown_since_at) == (True, False, None)
    assert refused(house, Reset(alarm=alarm.id)) == ["The cause persists; it cannot be reset."]
    house.show(0.0, "w")
    assert not house.active("water")


@pytest.mark.parametrize("scope", ["sensor", "compartment"])
def test_a_rule_that_looks_at_other_scopes_leaves_no_alarm_that_nobody_can_end(scope: str) -> None:
    house = House([rule("water", WET)], SENSORS, [zone("a", compartment="east")])
    house.show(1.0, "w")
    house.restart(5.0, rules=[rule("water", WET, scope=scope)])
    house.wait(100.0, 1.0, "w")
    here = "w" if scope == "sensor" else "east"
    assert house.active("water", here), "the rule as it is now speaks for itself"
    assert not refused(house, Reset(alarm="water@a#1"))
    assert not house.active("water", "a")
    assert house.active("water", here)


def test_an_edited_rule_keeps_its_alarm_until_the_new_limit_says_otherwise() -> None:
    def hot(limit: float) -> object:
        return Threshold(select=Select(quantity="temperature"), above=True, limit=limit, clear_at=limit - 1.0)

    house = House([rule(when=hot(30.0))], [sensor("s")])
    house.show(31.0)
    house.restart(5.0, rules=[rule(when=hot(30.5))])
    assert house.active()
    house.wait(120.0, 31.0)
    assert house.active()
    assert house.kinds() == ["alarm.raised"], "one alarm through the change"
    house.restart(5.0, rules=[rule(when=hot(40.0))])
    assert house.active(), "no sample yet under the new limit"
    house.wait(120.0, 31.0)
    assert not house.active()
    house.restart(5.0, rules=[rule(when=hot(30.9))])
    assert house.active(), "an edited limit is held against the newest value at once"


def test_the_fault_of_a_sensor_that_left_the_folder_ends_by_itself() -> None:
    silent = rule("silent", Silent(select=Select()), scope="sensor", fault=True)
    house = House([silent], [sensor("s"), sensor("t")])
    house.show(20.0, "s")
    house.show(20.0, "t")
    house.wait(400.0, 20.0, "t")
    assert house.active("silent", "s")
    house.restart(5.0, sensors=[sensor("t")])
    (over,) = (e for e in house.events if isinstance(e, AlarmEvent) and e.kind == "alarm.cleared")
    assert over.reason.en == "The sensor is no longer in the folder."
    assert not house.active("silent", "s")


def test_an_alarm_of_the_air_does_not_end_because_its_sensor_left_the_folder() -> None:
    house = leaking()
    house.restart(5.0, sensors=[sensor("m", quantity="mains")])
    alarm = house.alarm("water")
    assert alarm is not None
    assert alarm.active
    assert alarm.orphan


def test_a_zone_with_another_name_is_another_place() -> None:
    house = leaking()
    moved = [sensor("w", zone="b", quantity="water_leak"), sensor("m", zone="b", quantity="mains")]
    house.restart(5.0, sensors=moved)
    house.wait(130.0, 1.0, "w")
    assert house.active("water", "b")
    assert not refused(house, Reset(alarm="water@a#1"))


def test_a_link_behind_which_nothing_is_registered_any_more_is_not_lost() -> None:
    silent = rule("silent", Silent(select=Select()), scope="sensor", fault=True)
    gone = [zigbee(name) for name in "xy"]
    house = House([silent], [*gone, sensor("t")])
    for name in "xyt":
        house.show(20.0, name)
    house.wait(400.0, 20.0, "t", every=10.0)
    links = [a for a in house.annunciator.alarms.values() if a.rule == LINK.id]
    assert [a.active for a in links] == [True]
    house.restart(5.0, sensors=[sensor("t")])
    assert not [a for a in house.annunciator.alarms.values() if a.rule == LINK.id and a.active]


def test_what_a_person_saw_can_be_reset_after_a_restart() -> None:
    confirmed = rule("fire", WET, hazard="fire", stage="confirmed", latch=True, life_safety=True)
    house = House([confirmed], SENSORS)
    house.show(0.0, "w")
    house.act(ConfirmSign(zone="a", hazard="fire", note="flames"))
    assert house.active("fire")
    house.restart(5.0)
    assert not refused(house, Reset(alarm="fire@a#1"))
    assert not house.active("fire")


@pytest.mark.parametrize("ring", [("a", "b"), ("a", "b", "c")])
def test_alarms_that_mute_each_other_in_a_ring_never_silence_one_another(ring: tuple[str, ...]) -> None:
    kinds = dict(zip(ring, ("water_leak", "smoke", "motion"), strict=False))
    following = dict(zip(ring, (*ring[1:], ring[0]), strict=True))
    rules = [
        rule(name, Contact(select=Select(quantity=kinds[name]), is_=1.0), mutes=(following[name],))
        for name in ring
    ]
    house = House(rules, [sensor(f"s-{name}", quantity=kinds[name]) for name in ring])
    for order in (ring, tuple(reversed(ring))):
        for name in order:
            house.show(1.0, f"s-{name}")
            standing = [a for a in house.annunciator.alarms.values() if a.active]
            assert [a for a in standing if not a.muted_by], "somebody speaks"
        for name in order:
            house.show(0.0, f"s-{name}")


def test_a_slow_sensor_that_speaks_shows_which_link_is_really_lost() -> None:
    """Nothing at all is heard for a minute, because the gateway with the quick ones is gone and the slow one sleeps."""
    silent = rule("silent", Silent(select=Select()), scope="sensor", fault=True)
    quick = [
        sensor(n, topic=f"zigbee2mqtt/{n}", dialect="zigbee2mqtt", every_s=10.0, silent_after_s=60.0)
        for n in "xyz"
    ]
    house = House([silent], [*quick, sensor("slow", every_s=600.0, silent_after_s=1800.0)])
    house.show(20.0, "slow")
    for name in "xyz":
        house.wait(70.0, 20.0, name, every=70.0)
    house.now += 1.0
    for name in "xyz":
        house.show(20.0, name)
    house.wait(100.0)

    def links() -> dict[str, bool]:
        return {a.scope: a.active for a in house.annunciator.alarms.values() if a.rule == LINK.id}

    def speakers() -> set[str]:
        found = [a for a in house.annunciator.alarms.values() if a.rule == "silent" and a.active]
        return {a.muted_by.partition("#")[0] for a in found}

    assert links() == {"site": True}
    house.show(20.0, "slow")
    house.wait(15.0)
    assert links() == {"site": False, GATEWAY: True}
    assert speakers() == {f"link-lost@{GATEWAY}"}, "not one of them speaks for itself"
    house.wait(300.0)
    assert speakers() == {f"link-lost@{GATEWAY}"}
    for name in "xyz":
        house.show(20.0, name)
    house.wait(5.0)
    assert not any(links().values())


def test_a_link_that_comes_back_is_not_taken_for_a_narrower_one() -> None:
    silent = rule("silent", Silent(select=Select()), scope="sensor", fault=True)
    quick = [
        sensor(n, topic=f"zigbee2mqtt/{n}", dialect="zigbee2mqtt", every_s=10.0, silent_after_s=60.0)
        for n in "xyz"
    ]
    house = House([silent], [*quick, sensor("slow", every_s=600.0, silent_after_s=1800.0)])
    for name in ("x", "y", "z", "slow"):
        house.show(20.0, name)
    house.wait(200.0)
    house.show(20.0, "x")
    house.wait(30.0)
    raised = [e.alarm.scope for e in house.events if isinstance(e, AlarmEvent) and e.kind == "alarm.raised"
              and e.alarm.rule == LINK.id]  # fmt: skip
    assert raised == ["site"]


def test_a_lost_link_goes_on_speaking_when_another_alarm_that_mutes_silence_ends() -> None:
    silent = rule("silent", Silent(select=Select(quantity="temperature")), scope="sensor", fault=True)
    power = rule("power", DARK, mutes=("silent",), scope="building")
    gone = [zigbee(name) for name in "xy"]
    house = House([silent, power], [*gone, sensor("m", quantity="mains")])
    for name in "xy":
        house.show(20.0, name)
    house.show(1.0, "m")
    house.wait(400.0, 1.0, "m")
    behind = [a for a in house.annunciator.alarms.values() if a.rule == "silent"]
    assert {a.muted_by.partition("@")[0] for a in behind} == {LINK.id}
    house.show(0.0, "m")
    house.show(1.0, "m")
    behind = [a for a in house.annunciator.alarms.values() if a.rule == "silent"]
    assert {a.muted_by.partition("@")[0] for a in behind} == {LINK.id}


def test_a_rule_over_two_places_that_share_no_scope_says_nothing() -> None:
    """What the check warns of (tests/unit/folder): this rule can never be met."""
    far = [sensor("w", zone="a", quantity="water_leak"), sensor("m", zone="b", quantity="mains")]
    house = House([rule("both", AllOf(of=(WET, DARK)))], far)
    house.show(1.0, "w")
    house.show(0.0, "m")
    assert not house.changes
