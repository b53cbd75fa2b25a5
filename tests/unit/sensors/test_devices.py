"""Devices behind sensors: who is one device, who hangs behind which gateway, and what devices say of themselves."""

from __future__ import annotations

import json

import pytest

from sensors.decode import Decoder
from sensors.devices import device_of, gateway_of
from sensors.model import Decoded, Quality, RawMessage, Sensor, Text

NOW = 1_800_000_000.0
ZWAVE = "zwave/n/113/0/Smoke_Alarm/Sensor_status"
RING = "ring/l/alarm/d/flood/state"


def sensor(topic: str, dialect: str, quantity: str = "smoke", **more: object) -> Sensor:
    id_ = str(more.pop("id", "s"))
    return Sensor(
        id=id_, name=Text("甲", "one"), zone="z", quantity=quantity, topic=topic, dialect=dialect, **more
    )  # type: ignore[arg-type]


class Listener:
    """A decoder on a clock of its own."""

    def __init__(self, *sensors: Sensor) -> None:
        self.decoder = Decoder({one.id: one for one in sensors}, "UTC")
        self.now = NOW

    def __call__(self, topic: str, payload: object, *, retained: bool = False) -> Decoded:
        self.now += 60.0
        body = payload if isinstance(payload, str) else json.dumps(payload)
        return self.decoder.decode(RawMessage(topic, body.encode(), self.now, retained), self.now)

    def told(self, topic: str, payload: object, *, retained: bool = False) -> dict[str, float]:
        """What the device said of itself that was new."""
        return {one.quantity: one.value for one in self(topic, payload, retained=retained).tellings}


@pytest.mark.parametrize(
    ("topic", "dialect", "gateway"),
    [
        ("zigbee2mqtt/hall/smoke", "zigbee2mqtt", "zigbee2mqtt:zigbee2mqtt"),
        ("spBv1.0/vault/DDATA/node 1/probe", "sparkplug", "sparkplug:vault/node 1"),
        ("application/7/device/a84041/event/up", "chirpstack", "chirpstack:application/7"),
        ("v3/archive@ttn/devices/leak/up", "tts", "tts:v3/archive@ttn"),
        ("ruuvi/AA:BB/CC:DD", "ruuvi", "ruuvi:ruuvi/AA:BB"),
        ("home/OMG_1/BTtoMQTT/A4C138", "theengs", "theengs:home/OMG_1"),
        ("rtl_433/attic/events", "rtl_433", "rtl_433:rtl_433/attic"),
        ("frigate/door/person", "frigate", "frigate:frigate"),
        ("shellies/shellyflood-1/sensor/flood", "shelly_gen1", ""),
        ("tele/hall/SENSOR", "tasmota", ""),
        ("any/where", "json", ""),
    ],
)
def test_what_a_sensors_word_comes_through(topic: str, dialect: str, gateway: str) -> None:
    assert gateway_of(sensor(topic, dialect)) == gateway


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("zigbee2mqtt/a", "zigbee2mqtt"), ("zigbee2mqtt/a/tamper", "zigbee2mqtt"), True),
        (("zigbee2mqtt/a", "zigbee2mqtt"), ("zigbee2mqtt/b", "zigbee2mqtt"), False),
        (
            ("shellies/f1/sensor/flood", "shelly_gen1"),
            ("shellies/f1/sensor/temperature", "shelly_gen1"),
            True,
        ),
        (("node/sensor/a/state", "esphome"), ("node/sensor/b/state", "esphome"), True),
        (("a/b", "json"), ("a/c", "json"), False),
    ],
)
def test_which_topics_are_one_device(one: tuple[str, str], other: tuple[str, str], same: bool) -> None:
    assert (device_of(sensor(*one)) == device_of(sensor(*other))) is same


def test_a_topic_of_several_devices_tells_them_apart_by_channel() -> None:
    first, second = (
        sensor("rtl_433/attic/events", "rtl_433", channel=name, id=name) for name in ("17", "18")
    )
    assert device_of(first) != device_of(second)
    listen = Listener(first, second)
    heard = listen("rtl_433/attic/events", {"model": "X", "id": 17, "battery_ok": 0, "smoke": 0})
    assert [one.sensors for one in heard.tellings] == [("17",)], "the neighbour's battery is his own"


def test_what_a_device_says_of_itself_goes_to_all_its_sensors_and_is_no_reading() -> None:
    listen = Listener(
        sensor("zigbee2mqtt/a", "zigbee2mqtt", id="smoke"),
        sensor("zigbee2mqtt/a", "zigbee2mqtt", "temperature", id="t"),
    )
    heard = listen("zigbee2mqtt/a", {"smoke": False, "temperature": 20.5, "tamper": True, "battery": None})
    assert [(one.sensors, one.quantity, one.value) for one in heard.tellings] == [
        (("smoke", "t"), "tamper", 1.0)
    ]
    assert sorted(one.sensor for one in heard.readings) == ["smoke", "t"]
    assert heard.rejects == (), "null is unknown, and nobody asked"


def test_a_word_repeated_with_every_message_is_told_once_and_every_change_is() -> None:
    listen = Listener(sensor("zigbee2mqtt/a", "zigbee2mqtt", "temperature"))

    def say(tamper: bool, battery: int = 90) -> dict[str, float]:
        value = 20.0 + (listen.now % 7) / 10
        return listen.told("zigbee2mqtt/a", {"temperature": value, "tamper": tamper, "battery": battery})

    assert say(False) == {"tamper": 0.0, "battery": 90.0}
    for _ in range(40):  # long enough for the short way of messages that keep their shape
        assert say(False) == {}
    assert say(True) == {"tamper": 1.0}
    assert say(False) == {"tamper": 0.0}
    for level in (89, 60, 20):
        assert say(False, level) == {}
    assert say(False, 14) == {"battery": 14.0}
    for _ in range(40):
        assert say(False, 13) == {}
    assert say(False, 95) == {"battery": 95.0}


def test_after_a_person_reset_what_is_repeated_is_told_again() -> None:
    listen = Listener(sensor("zigbee2mqtt/a", "zigbee2mqtt", "temperature"))
    for _ in range(40):
        listen("zigbee2mqtt/a", {"temperature": 20.5, "tamper": True})
    listen.decoder.ask_again(["s"])
    assert listen.told("zigbee2mqtt/a", {"temperature": 20.6, "tamper": True}) == {"tamper": 1.0}


def test_a_kept_word_is_told_as_kept_and_does_not_hide_the_live_one() -> None:
    listen = Listener(sensor("zigbee2mqtt/a", "zigbee2mqtt"))
    heard = listen("zigbee2mqtt/a", {"smoke": False, "tamper": True}, retained=True)
    assert [one.quality for one in heard.tellings] == [Quality.RETAINED]
    assert listen.told("zigbee2mqtt/a", {"smoke": False, "tamper": True}) == {"tamper": 1.0}


@pytest.mark.parametrize(
    ("topic", "dialect", "own", "payload", "told"),
    [
        ("shellies/f1/sensor/flood", "shelly_gen1", "shellies/f1/sensor/battery", "8", {"battery": 8.0}),
        ("shellies/f1/sensor/flood", "shelly_gen1", "shellies/f1/sensor/self_test", "running", {"test": 1.0}),
        ("zigbee2mqtt/a/smoke", "zigbee2mqtt", "zigbee2mqtt/a/tamper", "true", {"tamper": 1.0}),
        (ZWAVE, "zwave", "zwave/n/128/0/isLow", "true", {"battery_low": 1.0}),
        (ZWAVE, "zwave", "zwave/n/113/0/Home_Security/Cover_status", "3", {"tamper": 1.0}),
        (RING, "ring", "ring/l/alarm/d/info/state", '{"tamperStatus": "tamper"}', {"tamper": 1.0}),
    ],
)
def test_a_devices_own_topics_belong_to_its_sensors(
    topic: str, dialect: str, own: str, payload: str, told: dict[str, float]
) -> None:
    listen = Listener(sensor(topic, dialect))
    assert own in listen.decoder.subscriptions()
    assert listen.told(own, payload) == told


def test_a_gateways_word_names_the_gateway_and_a_devices_word_the_device() -> None:
    listen = Listener(sensor("zigbee2mqtt/a", "zigbee2mqtt"), sensor("zigbee2mqtt/b", "zigbee2mqtt", id="t"))
    (bridge,) = listen("zigbee2mqtt/bridge/state", "offline").lives
    (device,) = listen("zigbee2mqtt/a/availability", "offline", retained=True).lives
    assert (bridge.sensors, bridge.about, bridge.gateway) == (("s", "t"), "zigbee2mqtt:zigbee2mqtt", True)
    assert (device.sensors, device.about, device.gateway) == (
        ("s",),
        "zigbee2mqtt:zigbee2mqtt/a/availability",
        False,
    )
    assert (bridge.retained, device.retained) == (False, True)
