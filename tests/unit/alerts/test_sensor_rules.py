"""The rules nobody has to write about sensors, and how silence, gateways and troubles reach alarms (C3, C11, C22)."""

from __future__ import annotations

import pytest

from alerts.acts import Acknowledge, Reset
from alerts.rule import AnyOf, Contact, Rule, Select, Silent, Stuck, Troubled
from alerts.sensor_rules import silence_rules, told_word, trouble_rules
from sensors.model import Expiry, Life, Quality, Sensor, Telling
from sensors.state import Trouble
from tests.judge import House, rule, sensor, zone

ZONES = {"a": zone("a"), "b": zone("b")}


def of(*sensors: Sensor) -> dict[str, Sensor]:
    return {one.id: one for one in sensors}


def silences(*sensors: Sensor, written: tuple[Rule, ...] = ()) -> dict[str, tuple[int, tuple[str, ...]]]:
    made = silence_rules({one.id: one for one in written}, of(*sensors), ZONES)
    return {name: (one.priority, one.when.select.sensors) for name, one in made.items()}  # type: ignore[union-attr]


# --- which rules there are -------------------------------------------------------------------------------


def test_every_sensor_is_watched_for_silence_and_those_that_guard_lives_urgently() -> None:
    assert silences(sensor("t")) == {"sensor-silent": (3, ())}
    assert silences(sensor("s", quantity="smoke")) == {"guard-silent": (2, ())}
    assert silences(sensor("t"), sensor("s", quantity="smoke"), sensor("o", quantity="oxygen")) == {
        "guard-silent": (2, ("s", "o")),
        "sensor-silent": (3, ("t",)),
    }
    assert silences() == {}


@pytest.mark.parametrize(
    ("when", "left"),
    [
        (Silent(select=Select(zones=("a",))), ("u",)),
        (Silent(select=Select(zones=("a",)), after_s=300.0), ("u",)),
        (Silent(select=Select(zones=("a",)), after_s=301.0), ()),  # later than its own limit is too late (C3)
        (AnyOf(of=(Silent(select=Select(sensors=("t",))),)), ("u",)),
        (Contact(select=Select(), is_=1.0), ()),
    ],
)
def test_what_the_folder_watches_in_time_is_left_to_it(when: object, left: tuple[str, ...]) -> None:
    found = silences(sensor("t"), sensor("u", zone="b"), written=(rule("mine", when),))
    assert found["sensor-silent"] == (3, left)


def test_a_rule_of_the_folder_by_the_same_name_does_not_hide_the_others() -> None:
    mine = rule("sensor-silent", Silent(select=Select(sensors=("t",))))
    assert silences(sensor("t"), sensor("u"), written=(mine,)) == {"sensor-silent-rest": (3, ("u",))}


def test_troubles_have_rules_with_sensible_weight() -> None:
    made = trouble_rules({}, of(sensor("t"), sensor("s", quantity="smoke")), ZONES)
    weights = {name: (one.priority, one.fault, one.latch, one.page) for name, one in made.items()}
    assert weights == {
        "sensor-implausible": (3, True, False, "day"),
        "sensor-stuck": (3, True, False, "day"),
        "sensor-disagrees": (3, True, False, "day"),
        "sensor-battery": (3, True, False, "day"),
        "sensor-tamper": (2, False, True, "always"),
        "sensor-fault": (3, True, True, "day"),
        "guard-fault": (2, True, True, "always"),
    }
    assert {name: told_word(one) for name, one in made.items() if told_word(one)} == {
        "sensor-battery": "battery_low", "sensor-tamper": "tamper", "sensor-fault": "fault", "guard-fault": "fault",
    }  # fmt: skip


def test_only_instruments_that_can_freeze_are_watched_for_it_and_written_rules_take_their_place() -> None:
    sensors = of(sensor("t"), sensor("w", quantity="water_leak"), sensor("c", topic=""))
    assert trouble_rules({}, sensors, ZONES)["sensor-stuck"].when.select.sensors == ("t",)  # type: ignore[union-attr]
    mine = {"mine": rule("mine", Stuck(select=Select(quantity="temperature"), after_s=60.0))}
    assert "sensor-stuck" not in trouble_rules(mine, sensors, ZONES)
    mine = {"mine": rule("mine", Troubled(select=Select(), by=Trouble.STUCK))}
    assert "sensor-stuck" not in trouble_rules(mine, sensors, ZONES)


def test_a_device_of_several_quantities_has_one_battery() -> None:
    sensors = of(
        sensor("t", topic="zigbee2mqtt/x", dialect="zigbee2mqtt"),
        sensor("s", topic="zigbee2mqtt/x", dialect="zigbee2mqtt", quantity="smoke"),
    )
    made = trouble_rules({}, sensors, ZONES)
    assert made["sensor-battery"].when.select.sensors == ("s",), "the detector gives it its weight"  # type: ignore[union-attr]


def test_a_tamper_switch_that_is_a_sensor_with_a_rule_of_its_own_is_left_to_it() -> None:
    sensors = of(
        sensor("s", topic="zigbee2mqtt/x", dialect="zigbee2mqtt", quantity="smoke"),
        sensor("lid", topic="zigbee2mqtt/x", dialect="zigbee2mqtt", quantity="tamper"),
        sensor("u", topic="zigbee2mqtt/y", dialect="zigbee2mqtt", quantity="smoke"),
    )
    mine = {"mine": rule("mine", Contact(select=Select(quantity="tamper"), is_=1.0))}
    assert trouble_rules(mine, sensors, ZONES)["sensor-tamper"].when.select.sensors == ("u",)  # type: ignore[union-attr]
    assert set(trouble_rules({}, sensors, ZONES)["sensor-tamper"].when.select.sensors) == {"s", "u"}  # type: ignore[union-attr]


# --- how they speak --------------------------------------------------------------------------------------

SMOKE = Contact(select=Select(quantity="smoke"), is_=1.0)


class Home(House):
    """The house with the rules about sensors, hearing what devices and dialects say."""

    def __init__(self, *sensors: Sensor, written: tuple[Rule, ...] = ()) -> None:
        named = {one.id: one for one in written}
        rules = {
            **named,
            **trouble_rules(named, of(*sensors), ZONES),
            **silence_rules(named, of(*sensors), ZONES),
        }
        super().__init__(rules.values(), sensors)

    def word(
        self, online: bool, *names: str, about: str = "hub", gateway: bool = False, retained: bool = False
    ) -> None:
        life = Life(names, online, self.now, "lwt", about, gateway, retained)
        self._take(self.evaluator.hear((life,), (), (), self.now))

    def told(self, quantity: str, value: float, *names: str, quality: Quality = Quality.GOOD) -> None:
        telling = Telling(names, quantity, value, self.now, quality)
        self._take(self.evaluator.hear((), (telling,), (), self.now))

    def expire(self, after_s: float, *names: str) -> None:
        self._take(self.evaluator.hear((), (), (Expiry(names, after_s),), self.now))

    def up(self) -> set[str]:
        return {f"{a.rule}@{a.scope}" for a in self.annunciator.alarms.values() if a.active}


@pytest.mark.parametrize("crash", [False, True])
@pytest.mark.parametrize(("told", "rule_id"), [("tamper", "sensor-tamper"), ("fault", "sensor-fault")])
def test_a_devices_word_survives_a_kill(told: str, rule_id: str, crash: bool) -> None:
    home = Home(sensor("s"))
    home.told(told, 1.0, "s")
    assert home.up() == {f"{rule_id}@s"}
    home.store()
    home.restart(100.0, crash=crash)
    home.show(20.0)
    home.told(told, 0.0, "s")
    assert home.up() == set()
    alarm = home.alarm(rule_id, "s")
    assert alarm is not None
    assert alarm.latched, "until a person resets it"
    home.act(Acknowledge(alarm=alarm.id))
    home.act(Reset(alarm=alarm.id))
    assert home.alarm(rule_id, "s") is None


@pytest.mark.parametrize("quality", [Quality.RETAINED, Quality.HISTORICAL, Quality.LATE, Quality.FUTURE])
def test_an_old_word_neither_raises_nor_ends_anything(quality: Quality) -> None:
    home = Home(sensor("s"))
    home.told("tamper", 1.0, "s", quality=quality)
    assert home.up() == set()
    home.told("tamper", 1.0, "s")
    home.told("tamper", 0.0, "s", quality=quality)
    assert home.up() == {"sensor-tamper@s"}


def test_a_told_trouble_outlives_silence_and_a_measured_one_becomes_unknown() -> None:
    home = Home(sensor("s"))
    home.show(20.0)
    home.told("tamper", 1.0, "s")
    home.show(900.0, quality=Quality.IMPLAUSIBLE)
    home.wait(100)
    assert "sensor-implausible@s" in home.up(), "a minute by the clock, the value stands"
    home.show(20.0)
    home.wait(400)
    tamper, silent = home.alarm("sensor-tamper", "s"), home.alarm("sensor-silent", "s")
    assert silent is not None
    assert tamper is not None
    assert tamper.unknown_since_at is None


def test_one_impossible_value_among_good_ones_is_no_alarm() -> None:
    home = Home(sensor("s"))
    for _ in range(5):
        home.show(900.0, quality=Quality.IMPLAUSIBLE)
        home.wait(30)
        home.show(20.0)
        home.wait(30)
    assert home.up() == set()


def test_neighbours_that_agree_outvote_the_third_after_half_an_hour() -> None:
    home = Home(sensor("s"), sensor("t"), sensor("u"))
    for minute in range(32):
        for name, value in (("s", 26.0), ("t", 20.0), ("u", 20.3)):
            home.show(value + minute % 2 / 10, name)
        assert bool(home.up()) is (minute >= 31), minute
        home.wait(60)
    assert home.up() == {"sensor-disagrees@s"}


def test_a_declared_expiry_is_the_limit_and_is_kept_over_a_restart() -> None:
    home = Home(sensor("s"))
    home.show(20.0)
    home.expire(100.0, "s")
    home.restart(5.0)
    home.wait(94)
    assert home.up() == set()
    home.wait(3)
    assert home.up() == {"sensor-silent@s"}


def test_a_self_test_holds_back_what_the_device_shows_and_nothing_else() -> None:
    fire = rule("fire", SMOKE, scope="sensor", life_safety=True, priority=1)
    home = Home(sensor("s", quantity="smoke"), sensor("t", quantity="smoke"), written=(fire,))
    home.told("test", 1.0, "s")
    home.show(1.0, "s")
    home.show(1.0, "t")
    assert home.up() == {"fire@t"}
    home.show(0.0, "s")
    home.wait(1)
    home.told("test", 0.0, "s")
    assert home.up() == {"fire@t"}
    home.show(1.0, "s")
    assert home.up() == {"fire@t", "fire@s"}


def test_a_retained_alarm_during_a_self_test_is_not_believed() -> None:
    fire = rule("fire", SMOKE, scope="sensor")
    home = Home(sensor("s", quantity="smoke"), written=(fire,))
    home.told("test", 1.0, "s")
    home.show(1.0, "s", Quality.RETAINED)
    assert home.up() == set()


# --- gateways --------------------------------------------------------------------------------------------


def test_a_gateways_word_is_an_alarm_after_a_minute_and_its_end_is_the_end() -> None:
    home = Home(sensor("s"), sensor("t"))
    home.show(20.0, "s")
    home.wait(1)
    home.word(False, "s", "t", gateway=True)
    home.wait(59)
    assert home.up() == set()
    home.wait(1)
    assert home.up() == {"link-lost@hub"}
    home.word(True, "s", "t", gateway=True)
    assert home.up() == set()


def test_a_short_absence_is_never_told() -> None:
    home = Home(sensor("s"), sensor("t"))
    for _ in range(5):
        home.word(False, "s", "t", gateway=True)
        home.wait(50)
        home.word(True, "s", "t", gateway=True)
        home.wait(5)
    assert home.kinds("link-lost") == []


def test_a_measurement_after_the_word_refutes_it_and_a_second_death_counts_anew() -> None:
    home = Home(sensor("s"), sensor("t"))
    home.word(False, "s", "t", gateway=True)
    home.wait(70)
    assert home.up() == {"link-lost@hub"}
    home.show(20.0, "t")
    assert home.up() == set()
    home.word(False, "s", "t", gateway=True, retained=True)  # the broker's copy of the same word
    home.wait(70)
    assert home.up() == set()
    home.word(False, "s", "t", gateway=True)
    home.wait(61)
    assert home.up() == {"link-lost@hub"}


def test_a_single_device_is_lost_when_one_of_its_sensors_is_late_and_is_low() -> None:
    home = Home(sensor("s"), sensor("t"))
    home.show(20.0, "s")
    home.show(20.0, "t")
    home.wait(1)
    home.word(False, "s", about="probe")
    home.wait(118)
    assert home.up() == set()
    home.wait(2)
    assert home.up() == {"device-offline@probe"}
    alarm = home.alarm("device-offline", "probe")
    assert alarm is not None
    assert (alarm.priority, alarm.zone) == (3, "a")
    home.wait(300)
    silent = home.alarm("sensor-silent", "s")
    assert silent is not None
    assert silent.muted_by == alarm.id


@pytest.mark.parametrize("crash", [False, True])
def test_a_lost_gateway_is_still_lost_after_a_restart_and_ends_after_it(crash: bool) -> None:
    home = Home(sensor("s"), sensor("t"))
    home.word(False, "s", "t", gateway=True)
    home.wait(30)
    home.store()
    home.restart(0.0, crash=crash)
    home.wait(29)
    assert home.up() == set()
    home.wait(2)
    assert home.up() == {"link-lost@hub"}
    home.store()
    home.restart(10.0, crash=crash)
    home.word(True, "s", "t", gateway=True)
    assert home.up() == set()
    assert home.kinds("link-lost").count("alarm.raised") == 1
