"""A real file system without a byte of room: alarms go on from memory, nothing is acknowledged, and it resumes."""

from __future__ import annotations

import time
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from strongroom import builtin
from tests.brokers import Mosquitto, wait_until
from tests.fakes.smtp import MailServer
from tests.faults.house import EngineProcess, Load, Record, all_kept, check_each_once, wait_connected


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
