"""What must hold of alarms whatever happens: random lives of a small house (design 2.5; C4, C5, C7, C8)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.acts import Acknowledge, ConfirmSign, OutOfService, Reset, ShelveAlarm, UnshelveAlarm
from alerts.alarm import SHELF_LIMIT_S
from alerts.annunciator import Annunciator
from alerts.model import AlarmEvent
from alerts.rule import Contact, Select, Threshold, Vote
from sensors.model import Quality
from tests.judge import House, rule, sensor, zone

RULES = [
    rule("hot", priority=1),
    rule("hot-later", for_s=120.0, clear_for_s=120.0, latch=True),
    rule("damp", Threshold(select=Select(quantity="humidity"), above=True, limit=60.0, clear_at=57.0), realarm_s=900.0),
    rule("power", Contact(select=Select(quantity="mains"), is_=0.0), mutes=("damp",)),
    rule(
        "fire", Vote(of=(Contact(select=Select(quantity="smoke"), is_=1.0),), at_least=2),
        scope="compartment", life_safety=True, latch=True, priority=1, hazard="fire", stage="confirmed",
    ),
]  # fmt: skip
SENSORS = [
    sensor("s"), sensor("t"), sensor("h", quantity="humidity"), sensor("p", quantity="mains"),
    sensor("x", quantity="smoke"), sensor("y", quantity="smoke"),
]  # fmt: skip
LEVELS = {
    "temperature": (20.0, 29.0, 31.0),
    "humidity": (50.0, 58.0, 70.0),
    "mains": (0.0, 1.0),
    "smoke": (0.0, 1.0),
}

shows = st.tuples(
    st.just("show"), st.integers(0, len(SENSORS) - 1), st.integers(0, 2),
    st.sampled_from([Quality.GOOD] * 6 + [Quality.RETAINED, Quality.LATE, Quality.IMPLAUSIBLE, Quality.HISTORICAL]),
)  # fmt: skip
waits = st.tuples(st.just("wait"), st.sampled_from([1.0, 30.0, 60.0, 130.0, 400.0, 4000.0]))
acts = st.tuples(
    st.just("act"), st.sampled_from(["ack", "reset", "shelve", "unshelve", "out", "sign"]), st.integers(0, 9)
)
restarts = st.tuples(st.just("restart"), st.sampled_from([0.0, 5.0, 900.0]), st.booleans())
lives = st.lists(st.one_of(shows, shows, shows, waits, waits, acts, restarts), max_size=40)


def play(life: list[tuple]) -> House:  # type: ignore[type-arg]
    house = House(RULES, SENSORS, [zone("a", compartment="c")])
    for step in life:
        match step:
            case ("show", which, level, quality):
                one = SENSORS[which]
                values = LEVELS[one.quantity]
                house.now += 0.5
                before = {a.id: a for a in house.annunciator.alarms.values()}
                house.show(values[level % len(values)], one.id, quality)
                check_step(house, before, quality)
            case ("wait", seconds):
                for _ in range(min(int(seconds), 20)):
                    house.now += seconds / min(int(seconds), 20)
                    before = {a.id: a for a in house.annunciator.alarms.values()}
                    house.tick()
                    check_step(house, before, None)
            case ("act", what, which):
                act(house, what, which)
            case ("restart", gap, crash):
                listed = dict(house.annunciator.alarms)
                house.store()
                house.restart(gap, crash=crash)
                for name, alarm in listed.items():
                    again = house.annunciator.alarms.get(name)
                    assert again is None or (again.acked, again.shelved) == (alarm.acked, alarm.shelved)
        check(house)
    return house


def act(house: House, what: str, which: int) -> None:
    names = sorted(house.annunciator.alarms)
    name = names[which % len(names)] if names else "none@a#1"
    one = {
        "ack": Acknowledge(alarm=name),
        "reset": Reset(alarm=name),
        "shelve": ShelveAlarm(alarm=name, until_at=house.now + 3000.0, reason="x"),
        "unshelve": UnshelveAlarm(alarm=name),
        "out": OutOfService(rule="damp", scope="a", until_at=house.now + 3000.0, reason="x"),
        "sign": ConfirmSign(zone="a", hazard="fire"),
    }[what]
    before = dict(house.annunciator.alarms)
    house.act(one)
    once = dict(house.annunciator.alarms)
    if what == "ack" and name in before and before[name].active:
        assert once[name].active, "acknowledging cleared"
    house.act(one)
    if what != "reset":  # a second reset may be refused, never more
        assert set(house.annunciator.alarms) == set(once), "the same act twice is not once"


def check_step(house: House, before: dict, quality: Quality | None) -> None:  # type: ignore[type-arg]
    for name, alarm in before.items():
        now = house.annunciator.alarms.get(name)
        if now is None or now == alarm:
            continue
        assert not (now.acked and not alarm.acked), "acknowledged without a person"
        if alarm.active and not now.active:
            windows = alarm.rule == "fire"  # a vote may also end when its window does
            assert quality is Quality.GOOD or windows, "cleared without a good sample"


def check(house: House) -> None:
    folded = Annunciator({r.id: r for r in RULES}, house.zones, house.sensors)
    for event in house.events:
        if isinstance(event, AlarmEvent):
            folded.restore(event.alarm)
            assert event.kind != "alarm.acknowledged" or event.by != "system"
    assert folded.alarms == house.annunciator.alarms, "the fold of the events is not the live state"
    keys = [(a.drill, a.rule, a.scope) for a in house.annunciator.alarms.values()]
    assert len(keys) == len(set(keys)), "two open alarms for one condition"
    for one in ("s", "t"):
        seen = house.evaluator.seen(one)
        assert seen is not None
        if seen.value is not None and seen.value > 30.0:
            assert house.active("hot"), "a priority-1 condition without its alarm"
    for alarm in house.annunciator.alarms.values():
        assert not (alarm.life_safety and (alarm.shelved or alarm.muted_by or alarm.chattering))


@settings(max_examples=60, deadline=None)
@given(lives)
def test_invariants_hold_in_any_life(life: list[tuple]) -> None:  # type: ignore[type-arg]
    play(life)


@settings(max_examples=25, deadline=None)
@given(lives)
def test_every_shelf_and_every_time_out_of_service_ends(life: list[tuple]) -> None:  # type: ignore[type-arg]
    house = play(life)
    house.now += SHELF_LIMIT_S + 61
    house.tick()
    assert not any(a.shelved or a.out_of_service for a in house.annunciator.alarms.values())


@settings(max_examples=15, deadline=None)
@given(lives)
def test_the_same_life_gives_the_same_events(life: list[tuple]) -> None:  # type: ignore[type-arg]
    assert play(life).events == play(life).events


@pytest.mark.parametrize("broken", ["clears by silence", "acknowledges itself"])
def test_the_invariants_catch_a_broken_engine(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from alerts import annunciator as module
    from alerts.happenings import Acknowledged, Cleared, Unclear

    whole = module.step

    def bad(alarm, happening, now):  # type: ignore[no-untyped-def]
        if broken == "clears by silence" and isinstance(happening, Unclear):
            return whole(alarm, Cleared(happening.change), now)
        if broken == "acknowledges itself" and isinstance(happening, Unclear):
            return whole(alarm, Acknowledged("system"), now)
        return whole(alarm, happening, now)

    monkeypatch.setattr(module, "step", bad)
    life = [("show", 0, 2, Quality.GOOD), ("wait", 400.0)]
    with pytest.raises(AssertionError):
        play(life)
