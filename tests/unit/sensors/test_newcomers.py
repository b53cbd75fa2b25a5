"""Unregistered sources: listed within one message, bounded against floods, kept over restarts (C47, C51)."""

from __future__ import annotations

import json

from sensors.model import RawMessage, Sensor, Text
from sensors.newcomers import MOST, MOST_OF_BRANCH, ONCE_S, PREFIX, Newcomers
from sensors.proposals import pace, proposed, proven, stem_of, wanted_claims
from sensors.templates import Template, fitting

NOW = 1_795_400_000.0
ZONE = "Asia/Shanghai"


def heard(topic: str, payload: object, at: float = NOW, *, retained: bool = False) -> RawMessage:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return RawMessage(topic, body, at, retained)


def inbox(*messages: RawMessage, sensors: dict[str, Sensor] | None = None) -> Newcomers:
    found = Newcomers(sensors or {}, ZONE)
    for message in messages:
        found.observe(message, message.received_at)
    return found


def sensor(id_: str, topic: str, quantity: str, channel: str = "", dialect: str = "auto") -> Sensor:
    return Sensor(
        id=id_,
        name=Text(id_, id_),
        zone="z",
        quantity=quantity,
        topic=topic,
        dialect=dialect,
        channel=channel,
    )


LEAK = {"water_leak": False, "battery": 97, "linkquality": 80, "device": {"model": "SJCGQ11LM"}}


def test_the_first_message_is_enough_to_be_listed_with_what_it_says() -> None:
    (one,) = inbox(heard("zigbee2mqtt/cellar-leak", LEAK)).listed()
    assert (one.dialect, one.topic, one.model) == ("zigbee2mqtt", "zigbee2mqtt/cellar-leak", "SJCGQ11LM")
    assert {(c.quantity, c.value, c.unit) for c in one.claims} == {
        ("water_leak", 0.0, ""),
        ("battery", 97.0, "%"),
    }
    assert one.first_at == one.last_at == NOW and one.messages == 1


def test_how_often_it_speaks_is_measured() -> None:
    messages = [heard("zigbee2mqtt/leak", LEAK, NOW + 60.0 * n) for n in range(6)]
    (one,) = inbox(*messages).listed()
    assert one.messages == 6 and one.every_s == 60.0 and one.last_at == NOW + 300.0


def test_the_newest_value_wins_and_a_quantity_that_comes_later_is_added() -> None:
    (one,) = inbox(
        heard("zigbee2mqtt/leak", LEAK),
        heard("zigbee2mqtt/leak", {"water_leak": True, "tamper": False}, NOW + 60),
    ).listed()
    assert {c.quantity: c.value for c in one.claims} == {"water_leak": 1.0, "battery": 97.0, "tamper": 0.0}


def test_several_topics_of_one_device_are_one_source() -> None:
    (one,) = inbox(
        heard("shellies/shellyflood-445566/sensor/flood", b"true"),
        heard("shellies/shellyflood-445566/sensor/temperature", b"26.9"),
    ).listed()
    assert {c.quantity for c in one.claims} == {"water_leak", "temperature"}
    assert {c.topic.rsplit("/", 1)[1] for c in one.claims} == {"flood", "temperature"}


def test_several_devices_of_one_topic_are_several_sources_also_beside_a_registered_one() -> None:
    topic = "rtl_433/host/events"
    known = {"W1": sensor("W1", topic, "water_leak", "Govee-Water/1", "rtl_433")}
    found = inbox(sensors=known)
    wet = {"model": "Govee-Water", "id": 2, "event": "Water", "battery_ok": 1}
    assert found.wants(topic, NOW, empty=True), "no reading for a sensor: another device's message"
    found.observe(heard(topic, {**wet, "id": 1}), NOW)
    assert found.listed() == [], "the registered device is no stranger"
    found.observe(heard(topic, wet), NOW)
    (one,) = found.listed()
    assert one.device.endswith("/2")
    assert not found.wants("other/topic", NOW, empty=True)


def test_an_inventory_lists_devices_before_they_speak_and_their_first_word_joins_it() -> None:
    inventory = [
        {
            "friendly_name": "attic-leak",
            "ieee_address": "0x1",
            "definition": {
                "vendor": "Aqara",
                "model": "SJCGQ11LM",
                "exposes": [{"property": "water_leak", "type": "binary"}],
            },
        }
    ]
    found = inbox(heard("zigbee2mqtt/bridge/devices", inventory))
    (one,) = found.listed()
    assert one.topic == "zigbee2mqtt/attic-leak" and one.model == "Aqara SJCGQ11LM"
    assert [(c.quantity, c.value) for c in one.claims] == [("water_leak", None)]
    found.observe(heard("zigbee2mqtt/attic-leak", {"water_leak": True}, NOW + 5), NOW + 5)
    (one,) = found.listed()
    assert [(c.quantity, c.value) for c in one.claims] == [("water_leak", 1.0)]
    assert one.model == "Aqara SJCGQ11LM", "what the inventory said is not lost"


def test_what_cannot_be_read_is_listed_with_the_reason_and_its_bytes() -> None:
    found = inbox(heard("cellar/box", b"{'t': 20"), heard("spBv1.0/g/NBIRTH/n", b"\xff\xff"))
    assert {one.why for one in found.listed()} == {"not-json", "not-protobuf"}
    assert all(one.sample and not one.understood for one in found.listed())


def test_mere_signs_of_life_and_noise_of_known_families_are_not_listed() -> None:
    found = inbox(
        heard("zigbee2mqtt/leak/availability", {"state": "online"}),
        heard("tele/plug/LWT", b"Online"),
        heard("homie/thing/$state", b"ready"),
    )
    assert found.listed() == []


def test_a_flood_of_invented_names_stays_bounded_and_is_counted() -> None:
    found = inbox()
    now = NOW
    for number in range(3000):
        now += 0.02
        found.observe(heard(f"zigbee2mqtt/x{number}", LEAK, now), now)
    assert len(found) == MOST_OF_BRANCH
    assert found.unlisted().sources == 3000 - MOST_OF_BRANCH
    found.observe(heard("shellies/shellyflood-1/sensor/flood", b"true", now), now)
    assert len(found) == MOST_OF_BRANCH + 1, "a flood under one topic hides no other gateway"
    for number in range(3000):
        now += 0.02
        found.observe(heard(f"b{number}/x/temperature", b"20", now), now)
    assert len(found) == MOST
    written = found.take_dirty()
    assert len(written) == MOST and sum(map(len, written.values())) < 2_000_000


def test_after_the_flood_real_devices_find_room_again() -> None:
    found = inbox()
    now = NOW
    for number in range(1000):
        now += 0.02
        found.observe(heard(f"zigbee2mqtt/x{number}", LEAK, now), now)
    now += ONCE_S + 1
    found.observe(heard("zigbee2mqtt/real", LEAK, now), now)
    assert found.get("zigbee2mqtt/real") is not None
    assert len(found) == MOST_OF_BRANCH


def test_a_burst_is_counted_and_not_decoded() -> None:
    found = inbox()
    for number in range(5000):
        found.observe(heard(f"t/{number}/temperature", b"20"), NOW)
    assert found.unlisted().messages >= 4800


def test_nothing_is_written_per_message_and_a_restart_keeps_the_list() -> None:
    found = inbox(heard("zigbee2mqtt/leak", LEAK))
    first = found.take_dirty()
    assert [key[: len(PREFIX)] for key in first] == [PREFIX]
    for second in range(1, 50):
        found.observe(heard("zigbee2mqtt/leak", LEAK, NOW + second), NOW + second)
    assert found.take_dirty() == {}, "at most once a minute"
    found.observe(heard("zigbee2mqtt/leak", LEAK, NOW + 61), NOW + 61)
    later = found.take_dirty()
    assert set(later) == set(first)
    again = Newcomers({}, ZONE, later)
    assert again.listed() == found.listed()
    again.observe(heard("zigbee2mqtt/leak", LEAK, NOW + 90), NOW + 90)
    assert [one.messages for one in again.listed()] == [52]


def test_registering_takes_it_off_the_list_also_when_only_a_part_is_registered() -> None:
    first = inbox(
        heard("shellies/shellyflood-445566/sensor/flood", b"true"),
        heard("shellies/shellyflood-445566/sensor/temperature", b"26.9"),
    )
    stored = first.take_dirty()
    flood = sensor("W", "shellies/shellyflood-445566/sensor/flood", "water_leak", dialect="shelly_gen1")
    part = Newcomers({"W": flood}, ZONE, stored)
    assert [[c.quantity for c in one.claims] for one in part.listed()] == [["temperature"]]
    warm = sensor("T", "shellies/shellyflood-445566/sensor/temperature", "temperature", dialect="shelly_gen1")
    whole = Newcomers({"W": flood, "T": warm}, ZONE, stored)
    assert whole.listed() == []
    assert list(whole.take_dirty().values()) == [b""], "and off the disk"


def test_hostile_names_are_cut_and_cleaned() -> None:
    payload = {"temperature": 20, "device": {"model": "x" * 5000 + "\u202e", "manufacturer": "<script>\x00"}}
    found = inbox(heard("zigbee2mqtt/" + "a" * 200, payload), heard("t\u202e/temperature", b"20"))
    (one,) = found.listed()
    assert len(one.model) <= 120 and "\u202e" not in one.model and "\x00" not in one.vendor
    assert found.unlisted().messages == 1


def test_a_damaged_record_is_dropped() -> None:
    found = Newcomers({}, ZONE, {PREFIX + "Nx": b"{"})
    assert found.listed() == [] and found.take_dirty() == {PREFIX + "Nx": b""}


def test_a_proposal_reads_what_the_device_said() -> None:
    cases = [
        ("zigbee2mqtt/leak", LEAK),
        ("dtu/environment", {"humidity": 65.7, "temperature": 19.7}),
        ("cellar/temperature", b"21.5"),
        ("tele/box/SENSOR", {"AM2301": {"Temperature": 24.6, "Humidity": 58.2}, "TempUnit": "C"}),
        ("rtl_433/host/events", {"model": "Govee-Water", "id": 7, "event": "Water", "battery_ok": 1}),
        ("devices/telemetry", {"device_id": "7", "temperature": 23.5, "humidity": 60.0}),
    ]
    for topic, payload in cases:
        (one,) = inbox(heard(topic, payload)).listed()
        claims = wanted_claims(one, None)
        sensors = proposed(one, claims, zone="z", name=Text("东墙", "East wall"), taken=("x",))
        read, missing = proven(one, sensors, ZONE)
        assert not missing, f"{topic}: {missing}"
        assert sorted(read.values()) == sorted(c.value for c in claims if c.value is not None), topic


def test_ids_are_free_names_tell_the_quantity_and_the_pace_is_a_usual_one() -> None:
    (one,) = inbox(heard("dtu/environment", {"humidity": 65.7, "temperature": 19.7})).listed()
    first, second = proposed(
        one,
        wanted_claims(one, None),
        zone="z",
        name=Text("东墙", "East wall"),
        taken=("environment-humidity",),
    )
    ids = {first.id, second.id}
    assert ids == {"environment-humidity-2", "environment-temperature"}
    assert {first.name.en, second.name.en} == {"East wall relative humidity", "East wall temperature"}
    assert stem_of(one) == "environment"
    assert (pace(0.0), pace(58.0), pace(70.0), pace(200_000.0)) == (300.0, 60.0, 60.0, 200_000.0)


def test_the_template_of_the_model_brings_limits_and_pace() -> None:
    leak = Template(
        id="SJCGQ11LM", name=Text("水浸", "Leak"),
        also=("lumi.sensor_wleak.aq1",), quantities=("water_leak", "battery"),
        essential=("water_leak",), ranges={"battery": (0.0, 100.0)}, every_s=3600.0, silent_after_s=10_800.0,
    )  # fmt: skip
    assert fitting([leak], "", "Aqara SJCGQ11LM") is leak
    assert fitting([leak], "Aqara", "Water leak sensor (SJCGQ11LM)") is leak
    assert fitting([leak], "Aqara", "SJCGQ11LMX") is None, "a longer name is another model"
    (one,) = inbox(heard("zigbee2mqtt/leak", LEAK)).listed()
    sensors = proposed(one, wanted_claims(one, leak), zone="z", name=Text("a", "a"), template=leak)
    water = next(s for s in sensors if s.quantity == "water_leak")
    assert water.essential and water.silent_after_s == 10_800.0
    assert next(s for s in sensors if s.quantity == "battery").high == 100.0
