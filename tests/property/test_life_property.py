"""What must hold of any sensor's life: unknown never becomes normal; order, repeats and restarts change nothing."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.sensor_rules import silence_rules, trouble_rules
from sensors.life import TOLD, Record, Word
from sensors.model import Life, Quality, Reading, Sensor, Telling, Text
from sensors.state import Freshness, Trouble, has, state
from tests.judge import House, zone
from tests.judge import sensor as judged

T0 = 1_800_000_000.0
SENSOR = Sensor(
    id="t", name=Text("甲", "one"), zone="z", quantity="temperature", topic="a", dialect="plain",
    every_s=60.0, silent_after_s=300.0,
)  # fmt: skip

tellings = st.tuples(
    st.just("tell"), st.sampled_from(sorted(TOLD)), st.sampled_from([0.0, 1.0]), st.integers(0, 20)
)
odd = st.tuples(
    st.just("odd"), st.sampled_from([Quality.RETAINED, Quality.HISTORICAL, Quality.LATE, Quality.FUTURE]),
    st.floats(-60, 100), st.integers(0, 4000),
)  # fmt: skip
good = st.tuples(st.just("good"), st.sampled_from([20.0, 20.1, 35.0]), st.integers(1, 700))
words = st.tuples(st.just("word"), st.sampled_from(["device", "gateway"]), st.booleans())
wrong = st.tuples(st.just("wrong"), st.integers(0, 100))
restarts = st.tuples(st.just("restart"))
lives = st.lists(st.one_of(tellings, odd, good, words, wrong), max_size=40)


def fresh() -> Record:
    one = Record(SENSOR)
    one.known_at = T0
    return one


def play(life: list[tuple], *, restart_at: frozenset[int] = frozenset(), twice: bool = False) -> Record:  # type: ignore[type-arg]
    one = fresh()
    now = T0
    for number, step in enumerate(life):
        if number in restart_at:
            again = Record(SENSOR)
            again.load(one.dump())
            one = again
        for _ in range(2 if twice else 1):
            match step:
                case ("tell", name, value, at):
                    one.tell(name, value, T0 + at)
                case ("odd", quality, value, back):
                    one.late(Reading("t", value, now - back, now, quality))
                case ("word", about, online):
                    one.say(about, Word(online, now))
                case ("wrong", ahead):
                    one.refuse(Reading("t", 900.0, now + ahead, now, Quality.IMPLAUSIBLE))
        if step[0] == "good":
            now += step[2]
            for _ in range(2 if twice else 1):
                one.take(Reading("t", step[1], now - 0.5, now), now)  # with a time of its own
    return one


def shown(one: Record, now: float) -> tuple[object, ...]:
    return state(one, now), {name: told.value for name, told in one.told.items()}, one.same_s, one.longest_s


@settings(max_examples=150, deadline=None)
@given(lives, st.frozensets(st.integers(0, 40)), st.integers(0, 5_000))
def test_a_restart_anywhere_gives_the_same_state(life: list, cuts: frozenset[int], wait: int) -> None:  # type: ignore[type-arg]
    now = T0 + 40_000 + wait
    assert shown(play(life, restart_at=cuts), now) == shown(play(life), now)


@settings(max_examples=150, deadline=None)
@given(lives)
def test_everything_said_twice_is_said_once(life: list) -> None:  # type: ignore[type-arg]
    assert shown(play(life, twice=True), T0 + 40_000) == shown(play(life), T0 + 40_000)


@settings(max_examples=150, deadline=None)
@given(st.lists(tellings, max_size=12), st.randoms(use_true_random=False))
def test_the_order_in_which_words_of_devices_arrive_does_not_matter(said: list, random: object) -> None:  # type: ignore[type-arg]
    contacts = [step for step in said if step[1] != "battery"]  # a level has a deadband, and so a past
    mixed = list(contacts)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    here, there = play(contacts), play(mixed)
    assert {n: (t.value, t.at) for n, t in here.told.items()} == {
        n: (t.value, t.at) for n, t in there.told.items()
    }


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(odd, words, wrong, tellings), max_size=30), st.integers(0, 10_000))
def test_without_a_live_measurement_nothing_is_ever_fresh(life: list, wait: int) -> None:  # type: ignore[type-arg]
    one = play(life)
    found = state(one, T0 + wait)
    assert found.freshness is not Freshness.FRESH or any(
        step[0] == "odd" and step[1] is Quality.LATE for step in life
    ), "a late measurement proves life when it was made, nothing else does"
    told = {step[1] for step in life if step[0] == "tell"}
    for name, trouble in (("tamper", Trouble.TAMPER), ("fault", Trouble.FAULT), ("test", Trouble.SELF_TEST)):
        if name not in told:
            assert has(one, trouble, T0 + wait) is None, "never told is unknown, not normal"


# --- the alarms that follow ------------------------------------------------------------------------------

LIVE = st.sampled_from([Quality.GOOD, Quality.GOOD, Quality.RETAINED, Quality.HISTORICAL, Quality.LATE])
days = st.lists(
    st.one_of(
        st.tuples(st.just("told"), st.sampled_from(["tamper", "fault", "battery_low"]), st.booleans(), LIVE),
        st.tuples(st.just("word"), st.booleans(), st.booleans()),
        st.tuples(st.just("show"), st.sampled_from([20.0, 21.0])),
        st.tuples(st.just("wait"), st.sampled_from([1.0, 59.0, 130.0, 400.0])),
        st.tuples(st.just("restart"), st.booleans()),
    ),
    max_size=25,
)
RULES = {"tamper": "sensor-tamper", "fault": "sensor-fault", "battery_low": "sensor-battery"}


@settings(max_examples=60, deadline=None)
@given(days)
def test_an_alarm_stands_exactly_while_the_last_live_word_says_so(life: list) -> None:  # type: ignore[type-arg]
    """Through silence, old copies, gateways that come and go, and kills with every store behind them."""
    sensors = {one.id: one for one in (judged("s"), judged("t"))}
    zones = {"a": zone("a")}
    rules = {**trouble_rules({}, sensors, zones), **silence_rules({}, sensors, zones)}
    house = House(rules.values(), sensors.values())
    last: dict[str, bool] = {}
    offline_at, seen_at = None, house.now
    for step in life:
        house.now += 0.25
        match step:
            case ("told", name, on, quality):
                told = Telling(("s",), name, float(on), house.now, quality)
                house._take(house.evaluator.hear((), (told,), (), house.now))
                if quality is Quality.GOOD:
                    last[name] = on
            case ("word", online, retained):
                before = offline_at
                life_ = Life(("s", "t"), online, house.now, "lwt", "hub", True, retained)
                house._take(house.evaluator.hear((life_,), (), (), house.now))
                offline_at = None if online else before if before is not None and retained else house.now
            case ("show", value):
                house.show(value)
                seen_at = house.now
            case ("wait", seconds):
                house.wait(seconds, every=10.0)
            case ("restart", crash):
                house.store()
                house.restart(1.0, crash=crash)
        house.tick()
        for name, rule in RULES.items():
            assert house.active(rule, "s") is last.get(name, False), (name, step)
        gone = offline_at is not None and seen_at <= offline_at
        if not gone:
            assert not house.active("link-lost", "hub"), step
        elif offline_at is not None and house.now > offline_at + 62.0:
            assert house.active("link-lost", "hub"), step
        silent = house.alarm("sensor-silent", "s")
        if house.now - seen_at > 300.0 + 31.0:
            assert silent is not None
            assert silent.active
