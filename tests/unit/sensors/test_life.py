"""The one record of a sensor's life, and what follows from it, each at its boundary (C3, C11, C12)."""

from __future__ import annotations

import msgspec
import pytest

from sensors.life import (
    BATTERY_AGAIN,
    DAY_S,
    LOW_BATTERY,
    STUCK_COUNT,
    Record,
    Word,
    stuck_after_s,
)
from sensors.model import Quality, Reading, Sensor, Text
from sensors.state import SELF_TEST_MOST_S, WORDS, Freshness, Trouble, has, state

T0 = 1_800_000_000.0


def sensor(quantity: str = "temperature", **more: object) -> Sensor:
    fields: dict[str, object] = {"topic": "a", "dialect": "plain", "every_s": 60.0, "silent_after_s": 300.0}
    return Sensor(id="t", name=Text("甲", "one"), zone="z", quantity=quantity, **{**fields, **more})  # type: ignore[arg-type]


def record(quantity: str = "temperature", known_at: float = T0, **more: object) -> Record:
    made = Record(sensor(quantity, **more))
    made.known_at = known_at
    return made


def reading(at: float, value: float = 20.0, quality: Quality = Quality.GOOD) -> Reading:
    return Reading("t", value, at, at, quality)


def measure(one: Record, *samples: tuple[float, float]) -> Record:
    for at, value in samples:
        one.take(reading(T0 + at, value), T0 + at)
    return one


# --- freshness -------------------------------------------------------------------------------------------


def test_a_sensor_is_fresh_then_late_then_silent_by_its_own_limit() -> None:
    one = measure(record(), (0, 20.0))
    told = [(s, state(one, T0 + s).freshness.value) for s in (0, 120, 121, 300, 301)]
    assert told == [(0, "fresh"), (120, "fresh"), (121, "late"), (300, "late"), (301, "silent")]


def test_a_sensor_never_seen_is_never_fresh_however_short_the_time() -> None:
    assert [state(record(), T0 + s).freshness for s in (0, 300, 301)] == [Freshness.NEVER] * 3


@pytest.mark.parametrize(
    "quality", [Quality.RETAINED, Quality.HISTORICAL, Quality.FUTURE, Quality.IMPLAUSIBLE]
)
def test_only_live_measurements_are_new(quality: Quality) -> None:
    one = measure(record(), (0, 20.0))
    one.late(reading(T0 + 290, quality=quality))
    assert state(one, T0 + 301).freshness is Freshness.SILENT


def test_a_word_that_the_device_is_alive_does_not_make_it_fresh() -> None:
    one = measure(record(), (0, 20.0))
    one.say("broker session", Word(True, T0 + 300))
    found = state(one, T0 + 301)
    assert (found.freshness, found.troubles) == (Freshness.SILENT, ())


def test_a_declared_expiry_shortens_the_limit_and_never_lengthens_it() -> None:
    one = measure(record(), (0, 20.0))
    assert one.expire(100.0)
    assert not one.expire(100.0), "said before"
    assert state(one, T0 + 101).freshness is Freshness.SILENT
    one.expire(9_000.0)
    assert [state(one, T0 + s).freshness.value for s in (300, 301)] == ["late", "silent"]
    one.expire(0.0)
    assert one.limit_s == 300.0


# --- stuck -----------------------------------------------------------------------------------------------


def stand(one: Record, value: float, seconds: float, start: float = 0.0, every: float = 600.0) -> Record:
    at = start
    while at <= start + seconds:
        one.take(reading(T0 + at, value), T0 + at)
        at += every
    return one


def test_a_tenth_of_a_degree_that_stands_for_a_day_is_frozen() -> None:
    one = stand(record(every_s=600.0), 21.3, DAY_S - 600.0)
    assert not has(one, Trouble.STUCK, T0)
    stand(one, 21.3, 0.0, DAY_S)
    assert has(one, Trouble.STUCK, T0)
    measure(one, (DAY_S + 600.0, 21.4))
    assert not has(one, Trouble.STUCK, T0)


def test_whole_degrees_may_stand_for_seven_days() -> None:
    one = stand(record(every_s=600.0), 21.0, 7 * DAY_S - 600.0)
    assert not has(one, Trouble.STUCK, T0)
    stand(one, 21.0, 0.0, 7 * DAY_S)
    assert has(one, Trouble.STUCK, T0)


def test_the_smallest_step_ever_seen_tells_the_resolution() -> None:
    one = measure(record(), (0, 20.0), (60, 20.5), (120, 21.0))
    assert one.resolution == 0.5
    assert stuck_after_s(one, 21.0) == 5 * DAY_S
    measure(one, (180, 21.1))
    assert one.resolution == 0.1
    assert stuck_after_s(one, 21.1) == DAY_S


def test_a_calm_place_may_stand_three_times_as_long_as_it_ever_did() -> None:
    one = stand(record(every_s=600.0), 20.2, 0.9 * DAY_S)
    stand(one, 20.3, 0.0, DAY_S)
    assert stuck_after_s(one, 20.3) == pytest.approx(2.7 * DAY_S, abs=2_000)
    stuck_for = stuck_after_s(one, 20.3)
    stand(one, 20.3, 2.8 * DAY_S, DAY_S + 600.0)
    assert one.stuck
    stand(one, 20.4, 0.0, 5 * DAY_S)
    assert stuck_after_s(one, 20.4) == stuck_for, "what was called frozen is not taken for calm afterwards"


def test_few_samples_prove_no_standstill_and_gaps_do_not_count() -> None:
    few = stand(record(every_s=7_200.0), 21.3, DAY_S, every=DAY_S / (STUCK_COUNT - 2))
    assert not few.stuck
    gappy = stand(record(every_s=600.0), 21.3, 3_000.0)
    gappy.take(reading(T0 + 3 * DAY_S, 21.3), T0 + 3 * DAY_S)
    assert gappy.same_s == 3_000.0


@pytest.mark.parametrize(
    ("quantity", "value"),
    [("humidity", 100.0), ("water_leak", 0.0), ("illuminance", 0.0), ("battery", 91.0), ("oxygen", 20.9)],
)
def test_what_may_rightly_stand_still_is_not_frozen(quantity: str, value: float) -> None:
    assert not stand(record(quantity, every_s=600.0), value, 8 * DAY_S).stuck


def test_a_calculated_value_may_stand_still() -> None:
    assert not stand(record(topic="", every_s=600.0), 21.3, 3 * DAY_S).stuck


# --- implausible -----------------------------------------------------------------------------------------


def test_an_impossible_value_stands_until_the_next_good_one() -> None:
    one = measure(record(), (0, 20.0))
    one.refuse(reading(T0 + 60, 850.0, Quality.IMPLAUSIBLE))
    assert state(one, T0 + 60).name == "implausible"
    measure(one, (120, 20.1))
    assert state(one, T0 + 120).troubles == ()


def test_an_impossible_value_older_than_the_newest_says_nothing() -> None:
    one = measure(record(), (60, 20.0))
    one.refuse(reading(T0, 850.0, Quality.IMPLAUSIBLE))
    assert state(one, T0 + 60).troubles == ()


def test_a_sensor_that_only_ever_shows_the_impossible_says_so() -> None:
    one = record()
    one.refuse(reading(T0 + 10, 850.0, Quality.IMPLAUSIBLE))
    assert state(one, T0 + 20).troubles == (Trouble.IMPLAUSIBLE,)
    assert state(one, T0 + 20).freshness is Freshness.NEVER


def test_three_leaps_that_return_within_a_day_are_implausible_for_that_day() -> None:
    one = record()
    at = 0
    for leap in range(3):
        assert not has(one, Trouble.IMPLAUSIBLE, T0 + at), leap
        measure(one, (at, 20.0), (at + 60, 20.1), (at + 120, 31.0), (at + 180, 20.2))
        at += 600
    assert has(one, Trouble.IMPLAUSIBLE, T0 + at)
    measure(one, (119 + DAY_S, 20.0))
    assert has(one, Trouble.IMPLAUSIBLE, T0 + DAY_S + 119)
    measure(one, (120 + DAY_S, 20.0))
    assert not has(one, Trouble.IMPLAUSIBLE, T0 + DAY_S + 120)


def test_heat_that_stays_is_no_spike() -> None:
    one = record()
    for hour in range(4):
        measure(one, (hour * 600, 20.0), (hour * 600 + 60, 33.0), (hour * 600 + 120, 46.0))
    assert one.spikes == []


def test_a_leap_of_just_the_limit_and_one_across_a_gap_are_no_spikes() -> None:
    one = measure(record(), (0, 20.0), (60, 29.0), (120, 20.0))
    measure(one, (1_000, 20.0), (2_000, 40.0), (3_000, 20.0))
    assert one.spikes == []


# --- neighbours ------------------------------------------------------------------------------------------


def neighbour(value: float, **flags: object) -> Record:
    one = measure(record(), (0, value))
    for name, flag in flags.items():
        setattr(one, name, flag)
    return one


def test_a_value_apart_from_the_median_of_two_neighbours_disagrees() -> None:
    others = [neighbour(20.0), neighbour(21.0)]
    assert state(neighbour(24.5), T0, others).troubles == ()
    assert state(neighbour(24.6), T0, others).troubles == (Trouble.DISAGREES,)


@pytest.mark.parametrize("flag", [{"silent": True}, {"stuck": True}, {"implausible_at": T0}])
def test_neighbours_that_cannot_be_believed_are_not_asked(flag: dict[str, object]) -> None:
    assert state(neighbour(40.0), T0, [neighbour(20.0), neighbour(20.0, **flag)]).troubles == ()


# --- what devices tell -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "trouble"),
    [("tamper", Trouble.TAMPER), ("fault", Trouble.FAULT), ("battery_low", Trouble.LOW_BATTERY)],
)
def test_what_a_device_tells_stands_until_it_says_otherwise(told: str, trouble: Trouble) -> None:
    one = measure(record(), (0, 20.0))
    assert has(one, trouble, T0) is None, "never told is unknown"
    one.tell(told, 1.0, T0)
    measure(one, (60, 20.1))
    assert has(one, trouble, T0 + DAY_S) is True
    one.tell(told, 0.0, T0 + 61)
    assert has(one, trouble, T0 + DAY_S) is False


def test_a_battery_is_low_below_its_level_and_good_again_above_another() -> None:
    one = record()
    levels = (LOW_BATTERY, LOW_BATTERY - 0.1, LOW_BATTERY + 1, BATTERY_AGAIN - 0.1, BATTERY_AGAIN)
    found = []
    for second, level in enumerate(levels):
        one.tell("battery", level, T0 + second)
        found.append(has(one, Trouble.LOW_BATTERY, T0))
    assert found == [False, True, True, True, False]


def test_the_devices_own_word_on_its_battery_goes_before_its_level() -> None:
    one = record()
    one.tell("battery", 3.0, T0)
    one.tell("battery_low", 0.0, T0)
    assert has(one, Trouble.LOW_BATTERY, T0) is False


def test_a_self_test_ends_by_its_word_or_by_time_however_often_repeated() -> None:
    one = record()
    one.tell("test", 1.0, T0)
    one.tell("test", 1.0, T0 + 300)
    assert has(one, Trouble.SELF_TEST, T0 + SELF_TEST_MOST_S - 1)
    assert not has(one, Trouble.SELF_TEST, T0 + SELF_TEST_MOST_S)
    one.tell("test", 0.0, T0 + 900)
    one.tell("test", 1.0, T0 + 1_000)
    assert has(one, Trouble.SELF_TEST, T0 + 1_000), "a new test is a new test"


def test_offline_is_a_fact_beside_freshness_and_one_word_of_several_is_enough() -> None:
    one = measure(record(), (0, 20.0))
    one.say("gateway", Word(True, T0, True))
    one.say("device", Word(False, T0))
    found = state(one, T0 + 10)
    assert (found.freshness, found.troubles, found.name) == (Freshness.FRESH, (Trouble.OFFLINE,), "fresh")
    one.say("device", Word(True, T0 + 20))
    assert state(one, T0 + 20).troubles == ()


def test_every_state_has_words_in_both_languages_and_no_two_the_same() -> None:
    assert set(WORDS) == {*Freshness, *Trouble}
    for language in ("zh", "en"):
        words = [text.in_(language) for text in WORDS.values()]
        assert len(set(words)) == len(words)
        assert all(words)


def test_the_reason_names_everything_that_is_wrong() -> None:
    one = measure(record(), (0, 20.0))
    one.tell("tamper", 1.0, T0)
    one.say("device", Word(False, T0))
    reason = state(one, T0 + 301).reason
    assert reason.zh == "无新测量已 5 分钟；被拆动；设备离线"
    assert reason.en == "no new measurement for 5 min; tampered with; device offline"


# --- clocks ---------------------------------------------------------------------------------------------


def test_a_clock_that_was_set_back_holds_nothing_back() -> None:
    one = measure(record(), (0, 20.0))
    one.tell("tamper", 1.0, T0)
    one.say("hub", Word(False, T0))
    earlier = T0 - DAY_S
    assert one.begin(earlier)
    assert not one.begin(earlier), "once is enough"
    assert (one.known_at, one.seen_at) == (earlier, earlier)
    assert state(one, earlier + 301).freshness is Freshness.SILENT
    one.tell("tamper", 0.0, earlier + 1)
    one.say("hub", Word(True, earlier + 1))
    assert state(one, earlier + 2).troubles == ()
    assert one.take(reading(earlier + 3, 20.2), earlier + 3)


# --- storing ---------------------------------------------------------------------------------------------


def test_a_record_survives_a_restart_whole() -> None:
    one = stand(record(every_s=600.0), 21.3, DAY_S)
    one.tell("tamper", 1.0, T0 + 5)
    one.say("device", Word(False, T0 + 6, True))
    one.expire(100.0)
    one.refuse(reading(T0 + 2 * DAY_S, 850.0, Quality.IMPLAUSIBLE))
    again = Record(one.sensor)
    again.load(one.dump())
    assert again.dump() == one.dump()
    assert state(again, T0 + 2 * DAY_S) == state(one, T0 + 2 * DAY_S)
    assert (again.stuck, again.limit_s) == (True, 100.0)


def test_an_older_store_is_read() -> None:
    one = record()
    one.load(msgspec.json.encode([T0, T0 + 1, T0 + 1, 20.0, False, 0.0, 60.0]))
    assert (one.known_at, one.value, one.told) == (T0, 20.0, {})
