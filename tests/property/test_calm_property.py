"""A calm sensor's values are let pass within their band: whatever happens, the verdicts, the words and what is stored
are the same as if every value had been held against every rule.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.evaluate import Evaluator
from alerts.rule import (
    AllOf,
    Condition,
    Contact,
    Count,
    Disagree,
    Distance,
    Implausible,
    Not,
    Rate,
    Rise,
    Rule,
    Select,
    Silent,
    Stuck,
    Swing,
    Threshold,
    Troubled,
    Vote,
)
from alerts.seen import Seen
from sensors.model import Life, Quality, Reading, Sensor, Telling, Text, Zone
from sensors.state import Trouble

T0 = 1_800_000_000.0
ZONES = {"z": Zone(id="z", name=Text("z", "z"), kind="stack", floor="1", compartment="c")}


def _sensor(name: str, quantity: str) -> Sensor:
    return Sensor(
        id=name, name=Text(name, name), zone="z", quantity=quantity, topic=name, dialect="plain", every_s=10.0,
        silent_after_s=60.0,
    )  # fmt: skip


SENSORS = {
    name: _sensor(name, quantity)
    for name, quantity in (
        ("t1", "temperature"), ("t2", "temperature"), ("t3", "temperature"), ("door", "contact_open"),
        ("wet", "water_leak"),
    )
}  # fmt: skip
WARM, WET = Select(quantity="temperature"), Select(quantity="water_leak")
HOT = Threshold(select=WARM, above=True, limit=24.0, clear_at=22.0)
KINDS: tuple[tuple[Condition, float], ...] = (
    (HOT, 0.0),
    (Threshold(select=WARM, above=True, limit=23.0, clear_at=23.0), 25.0),
    (Threshold(select=WARM, above=False, limit=19.0, clear_at=20.0), 20.0),
    (Contact(select=WET, is_=1.0), 0.0),
    (Rate(select=WARM, rising=True, limit=3.0, over_s=60.0, clear_at=1.0), 0.0),
    (Rate(select=WARM, rising=False, limit=3.0, over_s=60.0, clear_at=1.0), 10.0),
    (Rise(select=WARM, rising=True, limit=3.0, over_s=200.0, lag_s=40.0, clear_at=1.0), 0.0),
    (Swing(select=WARM, limit=4.0, over_s=300.0), 0.0),
    (Distance(select=WARM, set_point=21.0, limit=3.0), 0.0),
    (Silent(select=Select()), 0.0),
    (Stuck(select=WARM, after_s=50.0), 0.0),
    (Stuck(select=Select(quantity="contact_open"), after_s=90.0), 0.0),
    (Count(select=Select(quantity="contact_open"), is_=1.0, at_least=3, within_s=100.0), 0.0),
    (Disagree(select=WARM, limit=2.0), 20.0),
    (Implausible(select=WARM), 0.0),
    (Troubled(select=WARM, by=Trouble.IMPLAUSIBLE), 0.0),
    (Vote(of=(HOT, Contact(select=WET, is_=1.0)), at_least=2, within_s=60.0), 0.0),
    (AllOf(of=(Contact(select=WET, is_=1.0), Not(of=HOT))), 20.0),
)
RULES = {
    f"r{k}": Rule(
        id=f"r{k}", name=Text("r", "r"), when=kind, for_s=for_s, clear_for_s=for_s / 2,
        scope=("zone", "sensor")[k % 2] if not isinstance(kind, Vote | AllOf) else "zone",
    )
    for k, (kind, for_s) in enumerate(KINDS)
}  # fmt: skip

VALUES = st.one_of(
    st.sampled_from([18.9, 19.0, 20.0, 21.0, 21.0, 21.0, 22.0, 23.0, 23.1, 24.0, 24.1, 40.0]),
    st.floats(20.0, 22.0).map(lambda value: round(value, 1)),
)
STEPS = st.one_of(
    st.tuples(st.just("all"), VALUES, st.integers(0, 7)),
    st.tuples(st.just("all"), VALUES, st.integers(0, 7)),
    st.tuples(st.just("run"), VALUES, st.integers(2, 20)),
    st.tuples(st.sampled_from(["old", "same", "retained", "impossible", "late", "ahead"]), VALUES, st.integers(0, 4)),
    st.tuples(st.sampled_from(["gap", "test", "tested", "offline", "online", "aside", "back", "kill"]), VALUES,
              st.integers(0, 4)),
)  # fmt: skip


def _live(steps: list[tuple[str, float, int]]) -> tuple[list[object], dict[str, bytes]]:
    """Everything said and everything stored."""
    said: list[object] = []
    states: dict[str, bytes] = {}
    evaluator = Evaluator(RULES, SENSORS, ZONES, "UTC")
    now = T0
    said += evaluator.resume(now)

    def hear(name: str, value: float, at: float, quality: Quality = Quality.GOOD) -> None:
        nonlocal now
        due = evaluator.next_due()
        if due is not None and due <= now:
            said.extend(evaluator.tick(now))
        said.extend(evaluator.observe(Reading(name, value, at, now, quality), now))

    for what, value, k in steps:
        name = list(SENSORS)[k % len(SENSORS)]
        number = name.startswith("t")
        shown = value if number else float(value > 23.0)
        match what:
            case "all" | "run":
                for n in range(k if what == "run" else 1):
                    now += 10.0
                    for one in SENSORS:
                        bit = float(value > 23.0 and k > 3 and n % 2 == 0)
                        wobble = 0.1 * ((n + len(one)) % 3) if k % 3 else 0.0
                        hear(one, value + wobble if one.startswith("t") else bit, now - 0.5)
            case "old":
                hear(name, shown, now - 15.0)
            case "same":
                hear(name, shown, now - 0.5)
            case "ahead":
                hear(name, shown, now + 40.0)
            case "retained" | "impossible" | "late":
                quality = {
                    "retained": Quality.RETAINED,
                    "impossible": Quality.IMPLAUSIBLE,
                    "late": Quality.LATE,
                }
                hear(name, shown, now - (200.0 if what == "late" else 0.0), quality[what])
            case "gap":
                now += 30.0 * (k + 1)
                said.extend(evaluator.tick(now))
            case "test" | "tested":
                said.extend(
                    evaluator.hear((), [Telling((name,), "test", float(what == "test"), now)], (), now)
                )
            case "offline" | "online":
                life = Life((name, "t1"), what == "online", now, "gw", about="gw", gateway=True)
                said.extend(evaluator.hear([life], (), (), now))
            case "aside":
                said.extend(evaluator.set_aside(name, now))
            case "back":
                said.extend(evaluator.bring_back(name, now))
            case "kill":
                states.update(evaluator.take_dirty())
                evaluator = Evaluator(RULES, SENSORS, ZONES, "UTC", states)
                now += 5.0
                said.extend(evaluator.resume(now))
    states.update(evaluator.take_dirty())
    return said, states


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=25))
def test_passing_within_the_band_changes_nothing(steps: list[tuple[str, float, int]]) -> None:
    passed = _live(steps)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Seen, "settle", lambda seen: None)
        looked = _live(steps)
    assert passed == looked


def test_values_do_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the test above would compare the slow way with itself."""
    judged: list[str] = []

    def counted(real: Callable[..., int]) -> Callable[..., int]:
        def judge(slot: object, value: float, at: float) -> int:
            judged.append("")
            return real(slot, value, at)

        return judge

    rule = Rule(id="hot", name=Text("h", "h"), when=HOT)
    evaluator = Evaluator({"hot": rule}, {"t1": SENSORS["t1"]}, ZONES, "UTC")
    slot = type(evaluator.records()["t1"].slots[0])
    monkeypatch.setattr(slot, "judge", counted(slot.judge))
    evaluator.resume(T0)
    for k in range(1, 40):
        evaluator.observe(Reading("t1", 20.0 + 0.1 * (k % 3), T0 + 10.0 * k, T0 + 10.0 * k), T0 + 10.0 * k)
    first = len(judged)
    assert first < 5
    changes = evaluator.observe(Reading("t1", 24.1, T0 + 400.0, T0 + 400.0), T0 + 400.0)
    assert [change.rule for change in changes] == ["hot"]
