"""Evaluations per second of one core (processor time), and whether a reading's cost grows with rules that do
not select its sensor.

``python -m bench.rules --json``. Two sites with the same mix of rules: 500 sensors with 200 rules, 20,000
sensors with 2,000 rules. Eight rules look at each room at either size, so a reading meets the same number of
rules in both. Readings go round the sensors at their own pace; the clock is a number. ``plain`` is the
one-rule floor: a threshold without delay. Each figure is the median of REPEATS runs; ``ratio`` is the large
site's cost per reading over the small one's. Every sensor is read at least ROUNDS times, so that what happens now
and then (storing once a minute, handing remembered samples to the rules that look at a course of values) is in it
at either size. ``touch`` is what the machine's memory alone takes: one look into a dict and one attribute of a plain
object with nothing else in it, round as many objects as there are sensors.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import statistics
import time
from typing import Literal

from alerts.evaluate import Evaluator
from alerts.rule import (
    AllOf,
    Condition,
    Contact,
    Count,
    Distance,
    Rate,
    Rule,
    Select,
    Silent,
    Stuck,
    Swing,
    Threshold,
    Vote,
)
from sensors.model import Reading, Sensor, Text, Zone

REPEATS = 5
ROUNDS = 24  # of four minutes
WARM = 24  # rounds before: what is learned of each sensor (its pace, its finest step) is learned then
ROOM = 10  # sensors in a room
QUANTITIES = ("temperature", "humidity", "water_leak", "smoke", "temperature", "humidity", "contact_open")


def site(sensors: int, rules: int) -> tuple[dict[str, Rule], dict[str, Sensor], dict[str, Zone]]:
    """A site of rooms with ten sensors each and ``rules`` rules of mixed kinds, each over some of the rooms."""
    rooms = sensors // ROOM
    zones = {
        f"z{k}": Zone(
            id=f"z{k}", name=Text(f"z{k}", f"z{k}"), kind="stack", floor="1F", compartment=f"c{k // 4}"
        )
        for k in range(rooms)
    }
    listed = {}
    for k in range(sensors):
        name = f"s{k}"
        listed[name] = Sensor(
            id=name,
            name=Text(name, name),
            zone=f"z{k // ROOM}",
            quantity=QUANTITIES[k % len(QUANTITIES)],
            topic=name,
            dialect="json",
            every_s=10.0,
            silent_after_s=60.0,
        )
    # As many rooms per rule as keep the number of rules per sensor the same at every size.
    span = max(1, round(rooms * PER_SENSOR / rules))
    return (
        {f"r{k}": _rule(k, tuple(f"z{(k * span + j) % rooms}" for j in range(span))) for k in range(rules)},
        listed,
        zones,
    )


PER_SENSOR = 8  # rules that cover a room; those of other quantities select nothing in it


def _rule(k: int, zones: tuple[str, ...]) -> Rule:
    quantity = ("temperature", "humidity")[k % 2]
    select, any_ = Select(quantity=quantity, zones=zones), Select(zones=zones)
    smoke = Contact(select=Select(quantity="smoke", zones=zones), is_=1.0)
    wet = Contact(select=Select(quantity="water_leak", zones=zones), is_=1.0)
    above = Threshold(select=select, above=True, limit=60.0, clear_at=57.0)
    kinds: tuple[Condition, ...] = (
        above,
        Threshold(select=select, above=False, limit=5.0, clear_at=6.0),
        wet,
        Rate(select=select, rising=True, limit=8.0, over_s=60.0, clear_at=4.0),
        Swing(select=select, limit=40.0),
        Distance(select=select, set_point=25.0, limit=30.0),
        Silent(select=any_),
        Stuck(select=select, after_s=3600.0),
        Count(select=Select(quantity="contact_open", zones=zones), is_=1.0, at_least=50, within_s=600.0),
        Vote(of=(smoke, above), at_least=2, distinct_quantities=True),
        AllOf(of=(wet, above)),
    )
    name = f"r{k}"
    scope: Literal["sensor", "zone"] = "sensor" if k % len(kinds) == 6 else "zone"
    return Rule(
        id=name, name=Text(name, name), when=kinds[k % len(kinds)], scope=scope, for_s=float(60 * (k % 3))
    )


def readings(sensors: dict[str, Sensor], count: int) -> list[Reading]:
    """``count`` readings round the sensors, ten seconds apart for each: quiet rooms with a little noise."""
    chance, names = random.Random(7), list(sensors)
    step = 10.0 / len(names)
    made = []
    for k in range(count):
        sensor = sensors[names[k % len(names)]]
        number = sensor.quantity in ("temperature", "humidity")
        value = 25.0 + chance.random() if number else float(chance.random() < 0.01)
        at = 1.8e9 + k * step
        made.append(Reading(sensor.id, value, at, at))
    return made


def cost(sensors: int, rules: int, count: int) -> tuple[float, float, int]:
    """(µs per reading, slots per reading, changes) of one run."""
    ruled, listed, zones = site(sensors, rules)
    evaluator = Evaluator(ruled, listed, zones, "UTC")
    count = max(count, ROUNDS * len(listed))
    warm = readings(listed, count + WARM * len(listed))
    evaluator.resume(1.8e9)
    for reading in warm[: WARM * len(listed)]:
        evaluator.observe(reading, reading.received_at)
    evaluator.take_dirty()
    measured = warm[WARM * len(listed) :]
    gc.collect()
    gc.disable()
    changes = 0
    began = time.process_time()
    for reading in measured:
        now = reading.received_at
        due = evaluator.next_due()
        if due is not None and due <= now:
            evaluator.tick(now)
        changes += len(evaluator.observe(reading, now))
    took = time.process_time() - began
    gc.enable()
    slots = sum(len(seen.slots) for seen in evaluator.records().values()) / len(listed)
    return took / len(measured) * 1e6, slots, changes


def plain(count: int) -> float:
    """µs per reading of 500 sensors under one threshold rule."""
    _, listed, zones = site(500, 1)
    for name in listed:
        listed[name] = Sensor(id=name, name=Text(name, name), zone=listed[name].zone, quantity="temperature",
                              topic=name, dialect="json", every_s=10.0, silent_after_s=60.0)  # fmt: skip
    hot = Threshold(select=Select(quantity="temperature"), above=True, limit=60.0, clear_at=57.0)
    evaluator = Evaluator({"hot": Rule(id="hot", name=Text("", ""), when=hot)}, listed, zones, "UTC")
    made = readings(listed, count + 1500)
    for reading in made[:1500]:
        evaluator.observe(reading, reading.received_at)
    began = time.process_time()
    for reading in made[1500:]:
        evaluator.observe(reading, reading.received_at)
    return (time.process_time() - began) / count * 1e6


class Thing:
    """A plain object with one attribute."""

    __slots__ = ("what",)

    def __init__(self) -> None:
        self.what: float | None = None


def touch(things: int, count: int) -> float:
    """µs for one look into a dict of ``things`` objects and at one attribute, going round them."""
    named = {f"s{k}": Thing() for k in range(things)}
    names = list(named)
    asked = [names[k % things] for k in range(count)]
    began = time.process_time()
    for name in asked:
        named[name].what  # noqa: B018 - the look is what is measured
    return (time.process_time() - began) / count * 1e6


def main() -> None:
    """Measure and print; with ``--json`` one object on the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    given = parser.parse_args()
    small, large, floor, near, far = [], [], [], [], []
    slots = (0.0, 0.0)
    for _ in range(given.repeats):
        floor.append(plain(given.count))
        near.append(touch(500, given.count))
        far.append(touch(20_000, given.count))
        one, two = cost(500, 200, given.count), cost(20_000, 2_000, given.count)
        small.append(one[0])
        large.append(two[0])
        slots = one[1], two[1]
    figures = {
        "readings": given.count,
        "repeats": given.repeats,
        "plain_us": round(statistics.median(floor), 2),
        "touch_us": {"small": round(statistics.median(near), 3), "large": round(statistics.median(far), 3)},
        "small": {"sensors": 500, "rules": 200, "us_per_reading": round(statistics.median(small), 2),
                  "readings_per_s": round(1e6 / statistics.median(small)), "slots_per_reading": round(slots[0], 2),
                  "evaluations_per_s": round(1e6 / statistics.median(small) * slots[0])},
        "large": {"sensors": 20_000, "rules": 2_000, "us_per_reading": round(statistics.median(large), 2),
                  "readings_per_s": round(1e6 / statistics.median(large)), "slots_per_reading": round(slots[1], 2),
                  "evaluations_per_s": round(1e6 / statistics.median(large) * slots[1])},
        "ratio": round(statistics.median(large) / statistics.median(small), 2),
    }  # fmt: skip
    if not given.json:
        for name, value in figures.items():
            print(f"{name}: {value}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
