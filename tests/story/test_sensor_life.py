"""How sensors live and die, through the whole engine and over restarts: silence, gateways, devices (C3, C22)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from alerts.model import Alarm
from alerts.standard import is_standard, standard_rules
from sensors.model import Sensor, Text
from strongroom.board import latest
from strongroom.model import Building, Latest
from strongroom.rehearse import Rehearsal
from tests.story.conftest import START

Open = Callable[..., Rehearsal]

SMOKES = ("2A-S1", "2B-S1")
BRIDGE = "zigbee2mqtt/bridge/state"
HALL = Sensor(
    id="hall-t", name=Text("大厅温度", "Hall temperature"), zone="corridor-2", quantity="temperature",
    topic="node/hall/temperature/state", dialect="homeassistant", every_s=60.0, silent_after_s=900.0,
)  # fmt: skip
HALL_CONFIG = {
    "name": "Hall", "stat_t": HALL.topic, "dev_cla": "temperature", "unit_of_meas": "°C", "uniq_id": "hall-1",
    "dev": {"ids": ["hall"], "name": "Hall node"}, "exp_aft": 200,
    "avty": [{"t": "node/hall/alive", "pl_avail": "up", "pl_not_avail": "down"}],
}  # fmt: skip


@pytest.fixture
def home(building: Building, tmp_path: Path) -> Open:
    """Opens the archive with more sensors and, if wanted, without a first word of anybody."""

    def opened(*more: Sensor, settle: float = 120.0) -> Rehearsal:
        sensors = {**building.sensors, **{one.id: one for one in more}}
        written = {name: one for name, one in building.rules.items() if not is_standard(one)}
        rules = standard_rules(building.zones, sensors, written, playbooks=building.playbooks)
        house = msgspec.structs.replace(building, sensors=sensors, rules=rules)
        rehearsal = Rehearsal(house, tmp_path / "data", START)
        rehearsal.hush(*(one.id for one in more))
        if settle:
            rehearsal.run(settle)
        return rehearsal

    return opened


def alarms(house: Rehearsal, *rules: str) -> list[Alarm]:
    found = house.engine.core.annunciator.alarms.values()
    return [alarm for alarm in found if alarm.active and (alarm.rule in rules or not rules)]


def told(house: Rehearsal) -> set[str]:
    """What people were paged about, by alarm reference."""
    return {paper.notice.reference for paper in house.paper.trail if paper.notice.kind == "page"}


def shown(house: Rehearsal, sensor: str) -> Latest:
    return latest(house.engine.core, house.clock.now())[sensor]


def smoke(house: Rehearsal, which: str = "2A", **said: object) -> None:
    house.publish(f"zigbee2mqtt/Stack {which} smoke", json.dumps({"linkquality": 80, **said}))
    house.run(2)


# --- silence ---------------------------------------------------------------------------------------------


def test_sensors_that_never_spoke_are_silent_within_limit_and_half_a_minute_also_over_restarts(
    home: Open,
) -> None:
    house = home(settle=0)
    house.run(200, silent=True)
    house.restart()
    assert shown(house, "2A-T1").state == "never"
    house.run(95, silent=True)
    house.restart()  # four seconds before the limit: the limit stands, the engine looks for half a minute first
    house.run(34, silent=True)
    found = {alarm.scope: alarm.priority for alarm in alarms(house, "sensor-silent", "guard-silent")}
    assert found == {name: 2 if name in SMOKES else 3 for name in house.building.sensors}
    assert house.clock.now() - START <= 300 + 30


def test_retained_and_stored_messages_and_a_living_session_are_no_measurement(home: Open) -> None:
    house = home()
    house.hush("2A-T1")
    house.publish("small/2a/climate", '{"temperature": 21.5, "humidity": 50.0}', retain=True)
    for _ in range(5):
        house.run(60)
        old = json.dumps({"temperature": 21.5, "humidity": 50.0, "ts": house.clock.now() - 4_000})
        house.publish("small/2a/climate", old)
    house.restart()  # what the broker keeps comes again at subscribing
    house.run(31)
    assert {alarm.scope for alarm in alarms(house, "sensor-silent")} == {"2A-T1", "2A-H1"}
    assert shown(house, "2A-T1").state == "silent"


# --- gateways and devices --------------------------------------------------------------------------------


def test_a_dead_gateway_is_one_message_its_childrens_silence_is_held_and_fire_is_not(home: Open) -> None:
    house = home()
    house.hush(*SMOKES)
    house.publish(BRIDGE, '{"state":"offline"}', retain=True)
    house.run(50)
    assert alarms(house) == [], "a gateway that restarts is back within the minute"
    assert shown(house, "2A-S1").online is False
    assert shown(house, "2A-S1").state == "fresh", "offline is a fact beside freshness"
    house.restart()
    house.run(50)
    (lost,) = alarms(house)
    assert (lost.rule, lost.scope, lost.priority) == ("link-lost", "zigbee2mqtt:zigbee2mqtt", 2)
    house.restart()
    house.run(600)
    silent = alarms(house, "guard-silent")
    assert {alarm.scope for alarm in silent} == set(SMOKES)
    assert {alarm.muted_by for alarm in silent} == {lost.id}
    assert told(house) == {lost.reference}
    smoke(house, smoke=True)
    assert alarms(house, "smoke-in-stack"), "what still gets through is heard"
    house.run(10)
    assert len(told(house)) > 1


def test_a_gateway_that_is_back_is_forgotten_and_its_sensors_get_time_to_follow(home: Open) -> None:
    house = home()
    house.hush(*SMOKES)
    house.publish(BRIDGE, '{"state":"offline"}', retain=True)
    house.run(700)
    house.restart()
    house.publish(BRIDGE, '{"state":"online"}', retain=True)
    house.run(5)
    assert alarms(house, "link-lost") == []
    house.hush(*SMOKES, on=False)
    house.run(90)
    assert alarms(house) == []
    assert len(told(house)) == 1, "nobody was told of the held silences"


def test_a_gateway_called_gone_whose_sensors_measure_is_not_gone(home: Open) -> None:
    house = home()
    house.publish(BRIDGE, "offline", retain=True)
    house.run(400)
    assert alarms(house) == []
    house.restart()
    house.run(400)
    assert alarms(house) == []


def test_a_single_device_that_sleeps_is_not_lost_until_it_is_late(home: Open) -> None:
    house = home()
    house.publish("zigbee2mqtt/Stack 2A smoke/availability", "offline")
    house.run(200)
    assert alarms(house) == [], "it goes on measuring"
    house.hush("2A-S1")
    house.run(61)
    house.publish("zigbee2mqtt/Stack 2A smoke/availability", "offline")
    house.run(90)
    (lost,) = alarms(house)
    assert (lost.rule, lost.zone, lost.priority) == ("link-lost", "stack-2a", 2), (
        "a detector weighs like a gateway"
    )
    house.run(300)
    (silent,) = alarms(house, "guard-silent")
    assert silent.muted_by == lost.id
    smoke(house, smoke=False)
    assert alarms(house) == []


# --- what devices tell of themselves ---------------------------------------------------------------------


def test_a_detector_taken_down_is_an_alarm_that_only_a_person_ends(home: Open) -> None:
    house = home()
    smoke(house, smoke=False, tamper=True)
    (alarm,) = alarms(house, "sensor-tamper")
    assert (alarm.scope, alarm.priority, alarm.fault, alarm.hazard) == ("2A-S1", 2, False, "intrusion")
    house.restart()
    smoke(house, smoke=False)
    assert alarms(house, "sensor-tamper"), "an absent key says nothing"
    assert shown(house, "2A-S1").troubles == ("tamper",)
    house.publish("zigbee2mqtt/Stack 2A smoke", json.dumps({"tamper": False}), retain=True)
    house.restart()
    house.run(5)
    smoke(house, smoke=False, tamper=False)
    assert alarms(house, "sensor-tamper") == []
    assert [a.rule for a in house.engine.core.annunciator.alarms.values() if a.latched] == ["sensor-tamper"]
    assert house.do("wang", "acknowledge sensor-tamper") is None
    assert house.do("wang", "reset sensor-tamper") is None
    assert [a for a in house.engine.core.annunciator.alarms.values() if a.rule == "sensor-tamper"] == []


def test_a_fault_that_the_device_never_takes_back_is_ended_by_the_person_who_resets_it(home: Open) -> None:
    house = home()
    smoke(house, smoke=False, fault=True)
    (alarm,) = alarms(house)
    assert (alarm.rule, alarm.priority, alarm.fault) == ("guard-fault", 2, True)
    assert house.do("wang", "acknowledge guard-fault") is None
    assert house.do("wang", "reset guard-fault") is None
    house.run(1)
    house.restart()
    house.run(70)
    assert house.engine.core.annunciator.alarms == {}
    smoke(house, smoke=False, fault=True)
    (alarm,) = alarms(house, "guard-fault")
    assert house.do("wang", "reset guard-fault") is None
    smoke(house, smoke=False, fault=True)
    assert alarms(house, "guard-fault"), "it says so again: it is not mended"


def test_a_low_battery_is_a_task_and_is_done_when_it_is_changed(home: Open) -> None:
    house = home()
    house.hush("2A-S1")  # whose simulated battery is always good
    smoke(house, smoke=False, battery=9)
    (alarm,) = alarms(house)
    assert (alarm.rule, alarm.priority, alarm.fault) == ("sensor-battery", 3, True)
    house.restart()
    smoke(house, smoke=False, battery=17)
    assert alarms(house, "sensor-battery"), "a warm hour is no new battery"
    smoke(house, smoke=False, battery=98)
    assert alarms(house) == []


def test_a_self_test_raises_no_fire_alarm_and_a_fire_after_it_does(home: Open) -> None:
    house = home()
    house.hush("2A-S1")
    smoke(house, smoke=True, test=True)
    assert alarms(house) == []
    assert shown(house, "2A-S1").troubles == ("self_test",)
    house.restart()
    smoke(house, smoke=True, test=True)
    assert alarms(house) == []
    smoke(house, smoke=False, test=False)
    assert shown(house, "2A-S1").troubles == ()
    smoke(house, smoke=True)
    assert alarms(house, "smoke-in-stack")


@pytest.mark.parametrize("restart", [False, True])
def test_smoke_that_outlasts_a_self_test_is_a_fire(home: Open, restart: bool) -> None:
    house = home()
    house.hush("2A-S1")
    for _ in range(9):
        smoke(house, smoke=True, test=True)
        house.run(58)
    assert alarms(house) == []
    if restart:
        house.restart()
    smoke(house, smoke=True, test=True)
    house.run(65)
    assert alarms(house, "smoke-in-stack"), "nobody tests for ten minutes"


def test_a_self_test_does_not_end_a_fire_that_stood_before(home: Open) -> None:
    house = home()
    house.hush("2A-S1")
    smoke(house, smoke=True)
    assert alarms(house, "smoke-in-stack")
    smoke(house, smoke=False, test=True)
    house.run(30)
    assert alarms(house, "smoke-in-stack")


# --- discovery -------------------------------------------------------------------------------------------


def hall(house: Rehearsal, value: str = "21.5") -> None:
    house.publish(HALL.topic, value)
    house.run(1)


@pytest.mark.parametrize("config_first", [True, False])
def test_availability_and_expiry_that_discovery_declares_reach_the_sensor(
    home: Open, config_first: bool
) -> None:
    house = home(HALL)
    config = ("homeassistant/sensor/hall/t/config", json.dumps(HALL_CONFIG))
    word = ("node/hall/alive", "down")
    for topic, payload in (config, word) if config_first else (word, config):
        house.publish(topic, payload, retain=True)
    house.restart()  # the broker brings both again, in its own order
    house.run(1)
    hall(house)
    found = shown(house, HALL.id)
    assert (found.value, found.online, found.troubles) == (21.5, False, ("offline",))
    house.publish("node/hall/alive", "up", retain=True)
    house.run(1)
    assert shown(house, HALL.id).online is True
    house.run(150)
    assert alarms(house) == []
    house.restart()
    house.run(55)
    assert [alarm.scope for alarm in alarms(house, "sensor-silent")] == [HALL.id], (
        "void after 200 s, not after 900"
    )


def test_an_unknown_word_of_availability_says_nothing(home: Open) -> None:
    house = home(HALL)
    house.publish("homeassistant/sensor/hall/t/config", json.dumps(HALL_CONFIG), retain=True)
    house.publish("node/hall/alive", "perhaps")
    house.run(1)
    hall(house)
    assert shown(house, HALL.id).online is None


def test_one_availability_of_several_devices_is_a_gateway(home: Open) -> None:
    porch = msgspec.structs.replace(HALL, id="porch-t", topic="node/porch/temperature/state")
    house = home(HALL, porch)
    for name, one in (("hall", HALL), ("porch", porch)):
        config = {**HALL_CONFIG, "stat_t": one.topic, "dev": {"ids": [name], "name": name}, "exp_aft": 600}
        config["avty"] = [{"t": "radio/status"}]
        house.publish(f"homeassistant/sensor/{name}/t/config", json.dumps(config), retain=True)
        house.run(1)
        house.publish(one.topic, "21.5")
    house.publish("radio/status", "online", retain=True)
    house.run(1)
    house.publish("radio/status", "offline", retain=True)
    house.run(62)
    (lost,) = alarms(house)
    assert (lost.rule, lost.scope) == ("link-lost", "homeassistant:radio/status")


def test_a_devices_battery_on_a_topic_of_its_own_belongs_to_its_sensor(home: Open) -> None:
    house = home(HALL)
    house.publish("homeassistant/sensor/hall/t/config", json.dumps(HALL_CONFIG), retain=True)
    battery = {
        **HALL_CONFIG,
        "stat_t": "node/hall/cell",
        "dev_cla": "battery",
        "unit_of_meas": "%",
        "uniq_id": "b",
    }
    house.publish("homeassistant/sensor/hall/b/config", json.dumps(battery), retain=True)
    house.run(1)
    hall(house)
    house.publish("node/hall/cell", "8")
    house.run(1)
    assert [(alarm.rule, alarm.scope) for alarm in alarms(house)] == [("sensor-battery", HALL.id)]


def test_a_trouble_of_a_sensor_that_never_measured_survives_a_restart(house: Open) -> None:
    """Its cause has no moment of measurement; what is written must be readable again, or nothing starts."""
    rehearsal = house()
    rehearsal.show("2B-H1", 180.0)  # impossible from the first word on
    rehearsal.run(2000)
    rules = {alarm.rule for alarm in rehearsal.engine.core.annunciator.alarms.values()}
    assert "sensor-implausible" in rules
    rehearsal.restart()
    rehearsal.run(5)
    assert rules <= {alarm.rule for alarm in rehearsal.engine.core.annunciator.alarms.values()}
