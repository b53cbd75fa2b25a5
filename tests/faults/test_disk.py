"""A real file system without a byte of room: alarms go on from memory, nothing is acknowledged, and it resumes."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from paho.mqtt import subscribe

from strongroom import builtin
from tests.brokers import Mosquitto, wait_until
from tests.fakes.smtp import MailServer
from tests.faults.house import (
    EngineProcess,
    Load,
    Record,
    all_kept,
    check_each_once,
    taken_in,
    wait_connected,
)


def fill(place: Path) -> Path:
    """A file that takes every byte that is left."""
    path = place / "ballast"
    with path.open("wb", buffering=0) as out:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while out.write(b"\0" * size) == size:
                    pass
            except OSError:
                continue
    return path


def write_protect(place: Path, protected: bool) -> None:
    """As a file system is that the kernel has given up writing to."""
    subprocess.run(["mount", "-o", f"remount,{'ro' if protected else 'rw'}", str(place)], check=True)


def said(mail: MailServer, words: str) -> bool:
    """Whether a letter says these words."""
    letters = (message_from_bytes(letter.encode(), policy=default) for letter in list(mail.letters))
    return any(words in letter.get_content() for letter in letters)


@pytest.mark.parametrize("window", [20, 0])
def test_a_full_disk(
    window: int,
    small_disk: Path,
    mail: MailServer,
    engine_on: Callable[..., EngineProcess],
    load_on: Callable[..., Load],
) -> None:
    """With the window of 20 that Mosquitto has by itself, the durable link is silent after a fifth of a second."""
    broker = Mosquitto(window=window)
    engine = engine_on(broker.start(), data=small_disk / "data", mail=mail)
    record = Record(engine.data)
    try:
        engine.start()
        wait_connected(record)
        load = load_on(broker.address, 100)
        assert wait_until(lambda: len(record.numbers()) > 50)

        ballast = fill(small_disk)
        began = time.monotonic()
        assert wait_until(lambda: said(mail, "数据无法写入磁盘"), 15.0), "the fault is told at once"
        assert time.monotonic() - began < 5.0
        time.sleep(1.5)
        kept = len(record.numbers())
        load.temperature = 80.0
        began = time.monotonic()
        assert wait_until(lambda: said(mail, "高温"), 10.0), f"alarms go on from memory {engine.log()}"
        assert time.monotonic() - began < 2.0
        time.sleep(2.0)
        assert len(record.numbers()) == kept, "nothing can be written"
        assert not record.alarms("hot")

        ballast.unlink()
        assert wait_until(lambda: bool(record.alarms("hot")), 15.0), "resumes by itself"
        assert wait_until(lambda: bool(record.alarms(builtin.DISK, "alarm.cleared")), 15.0)
        time.sleep(1.0)
        count = load.stop()
        assert wait_until(lambda: all_kept(record, count), 30.0)
        assert engine.stop() == 0, engine.log()
        check_each_once(record, count)
        assert len(record.alarms("hot", "alarm.raised")) == 1, "the copies that waited decide nothing again"
        assert "Traceback" not in engine.log()
    finally:
        engine.end()
        broker.close()


@pytest.mark.parametrize("history", ["known", "killed", "none"])
@pytest.mark.parametrize("fault", ["full", "read-only"])
def test_the_engine_starts_on_a_disk_that_takes_nothing(
    fault: str,
    history: str,
    small_disk: Path,
    mail: MailServer,
    mosquitto: Mosquitto,
    engine_on: Callable[..., EngineProcess],
    load_on: Callable[..., Load],
) -> None:
    """It comes up with what can be read, tells the fault, alarms from memory, acknowledges nothing, and resumes."""
    engine = engine_on(mosquitto.address, data=small_disk / "data", mail=mail)
    record = Record(engine.data)
    kept = 0
    if history != "none":
        engine.start()
        wait_connected(record)
        load = load_on(mosquitto.address, 100)
        load.temperature = 80.0
        assert wait_until(lambda: said(mail, "高温"), 15.0)
        load.pause()
        assert wait_until(lambda: all_kept(record, load.count))
        kept = load.count
        if history == "killed":
            engine.kill()
        else:
            assert engine.stop() == 0
    if fault == "full":
        ballast = fill(small_disk)
    else:
        write_protect(small_disk, True)

    engine.start()
    assert wait_until(lambda: said(mail, "数据无法写入磁盘"), 20.0), f"the fault is told {engine.log()}"
    if history == "none":
        subscribe.simple("strongroom/crash/engine", hostname="127.0.0.1", port=mosquitto.address.port)
        load = load_on(mosquitto.address, 100)
    else:
        load.resume()
    load.humidity = 80.0
    assert wait_until(lambda: said(mail, "潮湿"), 25.0), f"alarms go on from memory {engine.log()}"
    time.sleep(1.0)
    if (fault, history) == ("full", "killed"):  # else even a reader finds no room for its shared memory
        assert len(record.numbers()) == kept, "nothing can be written"
    assert engine.process is not None
    assert engine.process.poll() is None, "the same process all the time"

    if fault == "full":
        ballast.unlink()
    else:
        write_protect(small_disk, False)
    wait_connected(record)
    assert wait_until(lambda: bool(record.alarms("damp")), 15.0), engine.log()
    assert wait_until(lambda: bool(record.alarms(builtin.DISK, "alarm.cleared")), 15.0)
    count = load.stop()
    assert wait_until(lambda: all_kept(record, count), 30.0), f"{len(record.numbers())} of {count}"
    assert engine.stop() == 0, engine.log()
    check_each_once(record, count)
    assert len(record.alarms("hot", "alarm.raised")) == (history != "none"), "what stood before was known"
    assert len(record.alarms("damp", "alarm.raised")) == 1
    assert "Traceback" not in engine.log()


@pytest.mark.timeout(240)
def test_a_disk_full_for_so_long_that_the_widest_window_is_full(
    small_disk: Path,
    mail: MailServer,
    engine_on: Callable[..., EngineProcess],
    load_on: Callable[..., Load],
) -> None:
    """No broker has more than 65,535 messages on the way (MQTT 3.1.1, 2.3.1): beyond, it waits for us, and we come."""
    broker = Mosquitto(window=0)
    engine = engine_on(broker.start(), data=small_disk / "data", mail=mail)
    record = Record(engine.data)
    try:
        engine.start()
        wait_connected(record)
        load = load_on(broker.address, 2500)
        assert wait_until(lambda: load.count > 1000)
        ballast = fill(small_disk)
        assert wait_until(lambda: said(mail, "数据无法写入磁盘"), 15.0)
        full_at = load.count
        assert wait_until(lambda: load.count > full_at + 70_000, 90.0)
        load.temperature = 80.0
        assert wait_until(lambda: said(mail, "高温"), 10.0), f"alarms go on from memory {engine.log()}"
        load.pause()

        ballast.unlink()
        assert wait_until(lambda: taken_in(record) > full_at + 68_000, 60.0), f"resumes {taken_in(record)}"
        load.resume()
        count = load.stop()
        assert wait_until(lambda: all_kept(record, count), 60.0), f"{len(record.numbers())} of {count}"
        assert engine.stop() == 0, engine.log()
        check_each_once(record, count)
        assert len(record.alarms("hot", "alarm.raised")) == 1
        assert "Traceback" not in engine.log()
    finally:
        engine.end()
        broker.close()
