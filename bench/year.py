"""A year of a building as benchmarks need it: sensors, rules, and sealed days written straight into the store."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np

from alerts.model import Ladder, Person, Rung
from alerts.rule import Rule, Scope, Select, Swing, Threshold
from ingest.series import MICRO, Window
from ingest.series_block import pack, pack_pile, rolled_up
from ingest.series_rows import HOUR, RAW
from ingest.series_sqlite import SqliteSeries
from sensors.model import Sensor, Text, Zone
from strongroom.model import Building

T0 = 1_767_225_600.0  # 2026-01-01 00:00 UTC
DAY_S = 86400


def building(sensors: int, every_s: float) -> Building:
    """Stores with temperature and humidity in turns, five sensors a room, and the rules of a paper store."""
    zones = {
        f"z{n}": Zone(id=f"z{n}", name=Text(f"库 {n}", f"Store {n}"), kind="stack", floor="1")
        for n in range((sensors + 4) // 5)
    }
    declared = {
        f"s{n}": Sensor(
            id=f"s{n}",
            name=Text(f"传感器 {n}", f"Sensor {n}"),
            zone=f"z{n // 5}",
            quantity="temperature" if n % 2 else "humidity",
            topic=f"bench/{n}",
            dialect="json",
            every_s=every_s,
            silent_after_s=3 * every_s,
        )
        for n in range(sensors)
    }
    rules = [
        limit("temperature-high", "temperature", 24.0, 23.5, above=True),
        limit("temperature-low", "temperature", 14.0, 14.5, above=False),
        limit("humidity-high", "humidity", 60.0, 58.0, above=True),
        limit("humidity-low", "humidity", 45.0, 47.0, above=False),
        Rule(
            id="temperature-swing",
            name=Text("温度日波动", "Daily swing of temperature"),
            when=Swing(select=Select(quantity="temperature"), limit=4.0),
            scope="sensor",
        ),
    ]
    person = Person(id="wu", name=Text("吴", "Wu"), phone="+8613800000000")
    return Building(
        id="bench",
        name=Text("测试馆", "Bench"),
        timezone="Asia/Shanghai",
        languages=("zh", "en"),
        assembly="",
        floors=(),
        zones=zones,
        sensors=declared,
        rules={rule.id: rule for rule in rules},
        people={"wu": person},
        ladders=(Ladder(priority=3, rungs=(Rung(person="wu"),)),),
        duties=(),
        playbooks={},
        holdings={},
        drills={},
        folder="",
        revision="bench",
    )


def limit(
    name: str, quantity: str, level: float, clear_at: float, *, above: bool, scope: Scope = "zone"
) -> Rule:
    """A threshold held for half an hour."""
    return Rule(
        id=name,
        name=Text(name, name),
        when=Threshold(select=Select(quantity=quantity), above=above, limit=level, clear_at=clear_at),
        scope=scope,
        for_s=1800.0,
        clear_for_s=1800.0,
    )


def day(sensor: int, quantity: str, number: int, every_s: float) -> tuple[np.ndarray, np.ndarray]:
    """One day of a sensor: season, day and night, noise; times to the millisecond with a little jitter."""
    noise = np.random.default_rng((sensor, number))
    offset = np.arange(0, DAY_S, every_s)
    jitter = np.clip(np.rint(noise.normal(0, 20, len(offset))), -200, 200) * 1000
    at_us = (
        (int(T0) + number * DAY_S) * MICRO
        + (offset * MICRO).astype(np.int64)
        + jitter.astype(np.int64)
        + MICRO
    )
    season = np.sin(2 * np.pi * (number - 100) / 365)
    course = np.sin(2 * np.pi * (offset / DAY_S - 0.375)) + noise.normal(0, 0.15, len(offset))
    mean, swing, daily = (19.0, 4.0, 0.7) if quantity == "temperature" else (52.0, 6.5, 1.5)
    return at_us, np.round(mean + swing * season + daily * course, 1)


def sealed(path: Path, site: Building, days: int) -> int:
    """A store with ``days`` sealed days of every sensor; how many readings it holds."""
    SqliteSeries(path).close()
    base = sqlite3.connect(path, isolation_level=None)
    base.execute("PRAGMA synchronous = OFF")
    total = 0
    for place, sensor in enumerate(site.sensors.values()):
        base.execute("BEGIN")
        base.execute("INSERT INTO series (id, sensor) VALUES (?, ?)", (place + 1, sensor.id))
        for number in range(days):
            at_us, value = day(place, sensor.quantity, number, sensor.every_s)
            count = len(at_us)
            window = Window(
                sensor=sensor.id,
                at_us=at_us,
                value=value,
                quality=np.zeros(count, np.uint8),
                delay_s=np.zeros(count, np.int64),
                raw=np.full(count, np.nan),
            )
            key = (int(T0) + number * DAY_S) // DAY_S
            hourly = pack_pile(rolled_up(at_us, value, HOUR * MICRO))
            base.executemany(
                "INSERT INTO block (series, resolution, day, data) VALUES (?, ?, ?, ?)",
                [(place + 1, RAW, key, pack(window)), (place + 1, HOUR, key, hourly)],
            )
            total += count
        base.execute("COMMIT")
    base.close()
    return total
