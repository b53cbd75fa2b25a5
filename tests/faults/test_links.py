"""The broker restarts, the network is cut or stalls, the wall clock is moved: nothing accepted is lost or doubled."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from alerts.sensor_rules import GUARD_SILENT, SILENT
from strongroom import builtin
from tests.brokers import Mosquitto, Wire, wait_until
from tests.faults.house import EngineProcess, Load, Record, all_kept, check_each_once, wait_connected


def finished(engine: EngineProcess, record: Record, load: Load) -> None:
    """Everything published arrives; the engine ends in order; every number is there once."""
    count = load.stop()
    assert wait_until(lambda: all_kept(record, count), 60.0), f"{len(record.numbers())} of {count}"
    time.sleep(0.7)
    assert engine.stop() == 0, engine.log()
    check_each_once(record, count)
    assert "Traceback" not in engine.log()


def test_the_broker_restarts_in_the_middle_of_what_it_has_not_delivered(
    mosquitto: Mosquitto,
    engine_on: Callable[..., EngineProcess],
    load_on: Callable[..., Load],
    record: Record,
) -> None:
    """Restarted in order it keeps its queue; what was on the way comes again, marked, and is known."""
    engine = engine_on(mosquitto.address)
    engine.start()
    wait_connected(record)
    load = load_on(mosquitto.address, 1000)
    for _ in range(2):
        assert wait_until(lambda: load.count > 500)
        engine.freeze()  # so that messages are on the way and others wait in the broker
        time.sleep(0.5)
        load.pause()
        mosquitto.stop()
        mosquitto.start()
        engine.thaw()
        load.resume()
        assert wait_until(record.connected, 30.0)
    load.temperature = 80.0
    assert wait_until(lambda: bool(record.alarms("hot")), 20.0), "alarms are decided again"
    finished(engine, record, load)


def test_the_network_is_cut_and_stalls(
    mosquitto: Mosquitto,
    engine_on: Callable[..., EngineProcess],
    load_on: Callable[..., Load],
    record: Record,
) -> None:
    chance = random.Random(7)
    wire = Wire(mosquitto.address)
    engine = engine_on(wire.address)
    engine.start()
    wait_connected(record)
    load = load_on(mosquitto.address, 1000)
    for number in range(6):
        time.sleep(0.3 + chance.random())
        if number % 3 == 2:
            wire.freeze()
            time.sleep(1.0)
            wire.thaw()
        wire.cut()
    load.temperature = 80.0
    assert wait_until(lambda: bool(record.alarms("hot")), 20.0)
    assert wire.connections >= 6
    finished(engine, record, load)
    wire.close()


def test_a_broker_that_lets_us_in_and_hangs_up(
    mosquitto: Mosquitto,
    engine_on: Callable[..., EngineProcess],
    load_on: Callable[..., Load],
    record: Record,
) -> None:
    """Every connection is cut within half a second: that is no link, is alarmed, and everything comes afterwards."""
    wire = Wire(mosquitto.address)
    engine = engine_on(wire.address)
    engine.start()
    wait_connected(record)
    load = load_on(mosquitto.address, 200)
    before = wire.connections
    until = time.monotonic() + 30.0
    while time.monotonic() < until and not record.alarms(builtin.BROKER):
        wire.cut()
        time.sleep(0.5)
    assert record.alarms(builtin.BROKER), "alarmed, though a connection came about again and again"
    assert wire.connections >= before + 2
    assert wait_until(lambda: bool(record.alarms(builtin.BROKER, "alarm.cleared")), 60.0)
    load.temperature = 80.0
    assert wait_until(lambda: bool(record.alarms("hot")), 20.0)
    finished(engine, record, load)
    wire.close()


@pytest.mark.timeout(120)
def test_the_wall_clock_is_moved_by_an_hour_both_ways(
    mosquitto: Mosquitto,
    engine_on: Callable[..., EngineProcess],
    load_on: Callable[..., Load],
    record: Record,
    tmp_path: Path,
) -> None:
    """The engine's process with a wall clock that this test moves: delays last as long, nobody falls silent."""
    offset = tmp_path / "offset"
    engine = engine_on(mosquitto.address, module="tests.faults.moved_clock", MOVED_CLOCK=str(offset))
    engine.start()
    wait_connected(record)
    load = load_on(mosquitto.address, 500)
    time.sleep(1.0)
    for step in (3600, -3600):
        load.humidity = 80.0
        began = time.monotonic()
        time.sleep(2.0)
        offset.write_text(str(step))
        assert wait_until(lambda: damp(record), 30.0)
        took = time.monotonic() - began
        assert 11.0 < took < 18.0, f"a delay of 12 s took {took:.1f} s with the clock moved by {step} s"
        load.humidity = 50.0
        assert wait_until(lambda: not damp(record), 10.0)
    steps = [entry["seconds"] for entry in record.entries("clock.stepped")]
    assert [round(step, -1) for step in steps] == [3600, -7200]
    assert record.alarms(builtin.CLOCK)
    assert not record.alarms(SILENT) + record.alarms(GUARD_SILENT), (
        "an hour of silence by the wall clock, none by the other"
    )
    finished(engine, record, load)


def damp(record: Record) -> bool:
    found = record.alarms("damp")
    return bool(found) and bool(found[-1]["active"])
