"""The last page of what was taken in comes back from the disk as garbage: the engine starts and says what is lost."""

from __future__ import annotations

import random
import re
import sqlite3
import time
from collections.abc import Callable

import pytest

from strongroom import builtin
from strongroom.datadir import READINGS_DB, SITE_DB
from tests.brokers import Mosquitto, wait_until
from tests.faults.house import FIRST, EngineProcess, Load, Record, wait_connected

PAGE = 4096


@pytest.mark.parametrize("part", ["", "-wal"], ids=["file", "log"])
def test_the_last_page_of_the_intake_is_garbage(
    part: str,
    mosquitto: Mosquitto,
    engine_on: Callable[..., EngineProcess],
    load_on: Callable[..., Load],
    record: Record,
) -> None:
    engine = engine_on(mosquitto.address)
    engine.start()
    wait_connected(record)
    load = load_on(mosquitto.address, 1000)
    load.temperature = 80.0
    assert wait_until(lambda: bool(record.alarms("hot")), 10.0)
    time.sleep(1.0)
    load.pause()
    published = load.count
    assert wait_until(lambda: len(record.numbers()) >= published, 10.0)
    if part:
        engine.kill()  # with its log still there
    else:
        assert engine.stop() == 0
    before = intake(record)
    (engine.data / READINGS_DB).unlink()  # so that what lies in the intake is all there is
    for beside in ("-wal", "-shm"):
        (engine.data / (READINGS_DB + beside)).unlink(missing_ok=True)
    path = engine.data / (SITE_DB + part)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // PAGE * PAGE - PAGE if not part else path.stat().st_size - PAGE)
        file.write(random.Random(1).randbytes(PAGE))

    engine.start()
    wait_connected(record)
    assert wait_until(lambda: bool(record.alarms(builtin.DAMAGE)), 10.0), engine.log()
    after = intake(record)
    assert after <= before
    gone = before - after
    assert len(gone) < 300, "one page, or one commit"
    reason = next(e for e in record.entries("alarm.raised") if e["alarm"]["rule"] == builtin.DAMAGE)
    if part:
        assert "last commit" in str(reason)
    else:  # the page may hold a row or two of other sensors
        told = re.search(r"(\d+) rows of intake", str(reason))
        assert told is not None
        assert len(gone) <= int(told[1]) <= len(gone) + 20
    assert record.alarms("hot")[-1]["active"], "the alarm still stands"
    load.resume()
    assert wait_until(lambda: len(intake(record)) >= len(after) + 1000, 20.0), "and work goes on"
    count = load.stop()
    assert wait_until(lambda: max(intake(record)) == FIRST + count - 1, 20.0)
    new = set(range(FIRST + published, FIRST + count))
    assert new <= intake(record)
    assert engine.stop() == 0
    assert "Traceback" not in engine.log()


def intake(record: Record) -> set[int]:
    db = sqlite3.connect(f"file:{record.site}?mode=ro", uri=True, timeout=10)
    found = {int(value) for (value,) in db.execute("SELECT value FROM intake WHERE sensor LIKE 's%'")}
    db.close()
    return found
