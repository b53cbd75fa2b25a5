"""A file of the data directory comes back as garbage, cut off or empty: told, put aside, and work goes on."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from alerts.acts import Acknowledge
from strongroom import builtin
from strongroom.accounts import session_key
from strongroom.datadir import CURSORS_DB, INBOX_DB, LAST_GOOD, READINGS_DB, SESSION_KEY, SITE_DB, USERS_DB
from strongroom.inbox import Inbox
from strongroom.model import Act
from strongroom.users import Users
from tests.brokers import Mosquitto, wait_until
from tests.faults.house import EngineProcess, Load, Record, all_kept, wait_connected


def garbage(path: Path) -> None:
    """Every page but a few is noise, the first one too."""
    path.write_bytes(random.Random(2).randbytes(max(8192, path.stat().st_size)))


def cut(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(max(1000, path.stat().st_size // 2 + 1000))


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("spoil", [garbage, cut, empty], ids=["garbage", "cut off", "empty"])
@pytest.mark.parametrize("name", [CURSORS_DB, INBOX_DB, READINGS_DB, SITE_DB, LAST_GOOD])
def test_a_damaged_file_is_told_put_aside_and_work_goes_on(
    name: str,
    spoil: Callable[[Path], None],
    mosquitto: Mosquitto,
    engine_on: Callable[..., EngineProcess],
    load_on: Callable[..., Load],
    record: Record,
) -> None:
    engine = engine_on(mosquitto.address)
    engine.start()
    wait_connected(record)
    load = load_on(mosquitto.address, 200)
    load.temperature = 80.0
    assert wait_until(lambda: bool(record.alarms("hot")), 15.0)
    load.pause()
    assert wait_until(lambda: all_kept(record, load.count))
    assert wait_until(lambda: in_series(engine.data) >= load.count, 15.0)
    acknowledge(engine.data, "before")
    assert wait_until(lambda: bool(record.entries("act")), 10.0)
    before = load.count
    assert engine.stop() == 0
    path = engine.data / name
    assert path.stat().st_size > 0
    assert not path.with_name(name + "-wal").exists(), "no log that could put every page right again"
    spoil(path)

    engine.start()
    wait_connected(record)
    load.resume()
    assert wait_until(lambda: load.count > before + 200, 20.0)
    if name != LAST_GOOD:
        assert wait_until(lambda: bool(record.alarms(builtin.DAMAGE)), 10.0), engine.log()
        raised = [e for e in record.entries("alarm.raised") if e["alarm"]["rule"] == builtin.DAMAGE]
        assert f"{name}.damaged-1" in str(raised), "it says which file, and where the damaged one is"
        assert (engine.data / f"{name}.damaged-1").exists()
    count = load.stop()
    # What the intake still has goes to a mended store again: here that is everything.
    assert wait_until(lambda: in_series(engine.data) >= count, 20.0), f"{in_series(engine.data)} of {count}"
    seen = len(record.entries("act"))
    acknowledge(engine.data, "after")
    assert wait_until(lambda: len(record.entries("act")) > seen, 10.0), (
        "an act is decided, whatever its number"
    )
    assert engine.process is not None
    assert engine.process.poll() is None, "the same process all the time"
    assert engine.stop() == 0
    assert "Traceback" not in engine.log()


def acknowledge(data: Path, name: str) -> None:
    """What a page does."""
    inbox = Inbox(data / INBOX_DB)
    try:
        inbox.put(Act(id=name, at=time.time(), by="wang", what=Acknowledge(alarm="none")))
    finally:
        inbox.close()


def in_series(data: Path) -> int:
    """How many of the published numbers the series store has."""
    from ingest.series import SeriesError
    from ingest.series_sqlite import SqliteSeries
    from tests.faults.house import FIRST, SENSORS

    try:
        series = SqliteSeries(data / READINGS_DB, read_only=True)
        found = sum(int((series.window(f"s{n}", 0.0, 4e9).value >= FIRST).sum()) for n in range(SENSORS))
        series.close()
    except SeriesError:
        return 0
    return found


@pytest.mark.parametrize("name", [USERS_DB, SESSION_KEY])
def test_damaged_files_of_signing_in_are_told_by_the_running_engine(
    name: str, mosquitto: Mosquitto, engine_on: Callable[..., EngineProcess], record: Record
) -> None:
    """Told, put aside, nobody let in; alarms go on all the while."""
    engine = engine_on(mosquitto.address)
    users = Users(engine.data / USERS_DB)
    users.add("wang", "correct horse", ("viewer",), "wang", "zh")
    session_key(engine.data)
    engine.start()
    wait_connected(record)
    assert not record.alarms(builtin.ACCOUNTS)
    assert engine.stop() == 0
    garbage(engine.data / name)
    engine.start()
    wait_connected(record)
    assert wait_until(lambda: bool(record.alarms(builtin.ACCOUNTS)), 15.0), engine.log()
    assert f"{name}.damaged-1" in str(record.alarms(builtin.ACCOUNTS)[-1])
    found = users.sign_in("wang", "correct horse", "here", time.time())
    assert (found is None) == (name == USERS_DB)
    assert engine.stop() == 0
    assert "Traceback" not in engine.log()
