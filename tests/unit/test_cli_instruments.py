"""The commands about instruments, asked of an engine that runs beside them (C47)."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from ingest.memory import MemoryBroker, MemorySource
from ingest.series_sqlite import SqliteSeries
from sensors.model import Reading
from strongroom.assemble import make_engine
from strongroom.cli import app, load
from strongroom.cli.instruments import later
from strongroom.clock import SystemClock
from strongroom.core import Core
from strongroom.datadir import keep_last_good
from strongroom.folder.load import load as load_folder
from strongroom.instruments.register import Register
from strongroom.model import Board, Building
from strongroom.sitedb import SiteReader
from tests import folders

LEAK = b'{"water_leak": false, "battery": 97, "device": {"model": "SJCGQ11LM"}}'
CLIMATE = b'{"temperature": 19.5, "humidity": 50.0}'


class Running:
    """An engine in a thread of its own, over an in-process broker, that goes on with what its folder becomes."""

    def __init__(self, folder: Path, data: Path) -> None:
        self.folder, self.data = folder, data
        self.broker = MemoryBroker()
        self.stop = threading.Event()
        self.engines = 0
        self._clock = SystemClock()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        following: Building | None = load_folder(self.folder, self._clock.now()).building

        def source(core: Core) -> MemorySource:
            return MemorySource(self.broker, ("#",), client_id="engine", now=self._clock.now)

        while following is not None:
            keep_last_good(following, self.data)
            self.engines += 1
            register = Register(self.folder)
            engine = make_engine(following, self.data, self._clock, source, register=register)
            following = engine.run(self.stop)

    def end(self) -> None:
        self.stop.set()
        self._thread.join(10.0)
        assert not self._thread.is_alive()

    def wait(self, met: Callable[[], bool]) -> None:
        until = self._clock.monotonic() + 10.0
        while not met():
            assert self._clock.monotonic() < until, "it did not happen within ten seconds"
            threading.Event().wait(0.02)


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    load()
    folder = folders.write(tmp_path / "city", {})
    data = tmp_path / "data"
    monkeypatch.setenv("STRONGROOM_DATA", str(data))
    house = Running(folder, data)
    yield house
    house.end()


def said(*words: str, ok: int = 0) -> Result:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == ok, result.output
    return result


def listed(house: Running) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(said("inbox", str(house.folder), "--json").output)
    return found


def board_of(house: Running) -> Board | None:
    if not (house.data / "site.db").is_file():
        return None
    reader = SiteReader(house.data / "site.db")
    try:
        return reader.board()
    except sqlite3.Error:
        return None
    finally:
        reader.close()


def heard(house: Running, topic: str, payload: bytes) -> str:
    house.wait(lambda: board_of(house) is not None)
    house.broker.publish(topic, payload)
    house.wait(lambda: any(one["topic"] == topic for one in listed(house)))
    return str(next(one["id"] for one in listed(house) if one["topic"] == topic))


def test_from_the_inbox_into_the_folder(running: Running) -> None:
    name = heard(running, "zigbee2mqtt/attic", LEAK)
    (one,) = listed(running)
    assert one["template"] == "SJCGQ11LM" and one["dialect"] == "zigbee2mqtt"
    assert {entry["quantity"] for entry in one["proposed"]} == {"battery", "water_leak"}  # type: ignore[attr-defined]
    shown = said("inbox", "--data", str(running.data)).output
    assert name in shown and "[[sensor]]" in shown and "strongroom adopt" in shown
    wish = [
        "adopt",
        str(running.folder),
        name,
        "--zone",
        "stack-2b",
        "--name",
        "阁楼",
        "--by",
        "wang",
        "--id",
        "A1",
    ]
    before = (running.folder / "sensors.toml").read_bytes()
    preview = said(*wish, "--dry-run").output
    assert '+id = "A1-water_leak"' in preview and "tried: A1-water_leak = 0" in preview
    assert (running.folder / "sensors.toml").read_bytes() == before
    assert "registered in stack-2b" in said(*wish).output
    assert (running.folder / "sensors.toml").read_bytes().startswith(before)
    running.wait(lambda: running.engines == 2)
    running.broker.publish("zigbee2mqtt/attic", LEAK)

    def known() -> bool:
        board = board_of(running)
        latest = board.latest.get("A1-water_leak") if board else None
        return latest is not None and latest.value == 0.0

    running.wait(known)
    assert listed(running) == []
    assert "empty" in said("inbox", str(running.folder)).output


def test_refusals_say_what_is_wrong(running: Running) -> None:
    name = heard(running, "zigbee2mqtt/attic", LEAK)
    common = [str(running.folder), name, "--name", "阁楼"]
    assert "stack-9" in said("adopt", *common, "--zone", "stack-9", "--by", "wang", ok=1).output
    assert "known: wang" in said("adopt", *common, "--zone", "stack-2b", "--by", "me", ok=2).output
    assert "coordinators" in said("adopt", *common, "--zone", "stack-2b", "--by", "li", ok=1).output
    assert "no engine has run" in said("inbox", "--data", str(running.data / "none"), ok=2).output


def test_replacing_shows_as_a_mark_in_one_joint_history(running: Running) -> None:
    name = heard(running, "new/box", CLIMATE)
    reason = ["--by", "wang", "--reason", "drifted"]
    assert "goes on" in said("replace", str(running.folder), "2B-T1", name, *reason).output
    running.wait(lambda: running.engines == 2)
    now = SystemClock().now()
    store = SqliteSeries(running.data / "readings.db")
    store.write([Reading("2B-T1", 20.0, now - 60, now - 60), Reading("2B-T1", 19.5, now + 60, now + 60)])
    store.close()
    rows = said("history", "2B-T1", "--data", str(running.data), "--to", "2099-01-01").stdout.splitlines()
    assert rows[0].endswith(",mark")
    assert "drifted" not in rows[1] and "drifted" in rows[2] and "city/2b/t1 → new/box" in rows[2]
    table = said("history", "2B-T1", "--data", str(running.data), "--to", "2099-01-01", "--format", "json")
    assert "drifted" in json.loads(table.stdout)["marks"][0]["words"]


def test_moving_calibrating_and_out_of_service(running: Running) -> None:
    heard(running, "x/temperature", b"20")
    folder = str(running.folder)
    said(
        "calibrate",
        folder,
        "2B-T1",
        "--offset",
        "-0.3",
        "--date",
        "2026-03-01",
        "--by",
        "wang",
        "--certificate",
        "K-1",
    )
    assert "2B-T1,2026-03-01,-0.3,1,K-1,,2027-03-01," in (running.folder / "calibrations.csv").read_text(
        "utf-8"
    )
    wish = [
        "move",
        folder,
        "2B-T1",
        "--zone",
        "corridor-2",
        "--name",
        "走廊",
        "--by",
        "wang",
        "--reason",
        "works",
    ]
    assert '-id = "2B-T1"' in said(*wish, "--dry-run").output
    said(*wish)
    assert "corridor-2-temperature" in (running.folder / "sensors.toml").read_text("utf-8")
    assert (
        "out of service until"
        in said(
            "out-of-service", folder, "2B-W1", "--until", "2h", "--by", "wang", "--reason", "cable"
        ).output
    )
    said("out-of-service", folder, "2B-W1", "--until", "99d", "--by", "wang", "--reason", "x", ok=1)
    said("out-of-service", folder, "2B-W1", "--until", "soon", "--by", "wang", "--reason", "x", ok=2)
    assert "back in service" in said("in-service", folder, "2B-W1", "--by", "wang").output
    assert "not changed" in said("reload", folder, "--by", "wang", ok=1).output


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [("2026-03-01", 12, "2027-03-01"), ("2024-02-29", 12, "2025-02-28"), ("2026-01-31", 1, "2026-02-28"), ("x", 1, "")],
)  # fmt: skip
def test_later(day: str, months: int, expected: str) -> None:
    assert later(day, months) == expected
