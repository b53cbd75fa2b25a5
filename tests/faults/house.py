"""A small building, its engine as a real process, and what its database says afterwards."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from ingest.messages import BrokerAddress
from ingest.mqtt_publisher import MqttPublisher
from ingest.series import micros
from strongroom.datadir import READINGS_DB, SITE_DB
from strongroom.readings import open_series
from strongroom.settings import Influx
from strongroom.sitedb import SiteReader
from tests.brokers import wait_until

SENSORS = 8
FIRST = 1_000_000  # clear of the full-scale marks of 16 bit registers, which are no measurements
BUILDING = """\
id = "crash"
name.zh = "试验馆"
name.en = "Test house"
timezone = "Asia/Shanghai"
languages = ["zh", "en"]
assembly = "yard"

[[zone]]
id = "stack"
name.zh = "库房"
name.en = "Stack"
kind = "stack"
floor = "1F"
doors = [{ to = "yard", walk_s = 20 }]

[[zone]]
id = "yard"
name.zh = "院子"
name.en = "Yard"
kind = "outside"
floor = "1F"
"""
RULES = """\
[[rule]]
id = "hot"
name.zh = "高温"
name.en = "Hot"
when = { quantity = "temperature", zone_kind = "stack", above = 57, clear_at = 50 }
priority = 1
playbook = "heat"
advice.zh = "查看。"
advice.en = "Look."
consequence.zh = "档案受损。"
consequence.en = "Holdings suffer."

[[rule]]
id = "damp"
name.zh = "潮湿"
name.en = "Damp"
when = { quantity = "humidity", zone_kind = "stack", above = 65, clear_at = 60 }
for_s = 12
priority = 2
advice.zh = "除湿。"
advice.en = "Dry."
consequence.zh = "霉变。"
consequence.en = "Mould."
"""
PEOPLE = """\
[[person]]
id = "wang"
name.zh = "王芳"
name.en = "Wang Fang"
phone = "+8613800000001"
language = "zh"
roles = ["archivist", "coordinator"]

[[person]]
id = "li"
name.zh = "李强"
name.en = "Li Qiang"
phone = "+8613800000002"
language = "zh"
roles = ["archivist"]

[[person]]
id = "zhao"
name.zh = "赵敏"
name.en = "Zhao Min"
phone = "+8613800000003"
language = "zh"
roles = ["archivist"]

[[ladder]]
priority = 1
rungs = [{ person = "wang", after_min = 0 }, { person = "li", after_min = 0.05 }]

[[ladder]]
priority = 2
rungs = [{ person = "zhao", after_min = 0 }]

[[ladder]]
priority = 3
rungs = [{ person = "li", after_min = 0 }]

[[duty]]
weekly = "Mon 09:00"
order = ["li", "wang"]
start = "2026-01-05"
"""
PLAYBOOK = """\
id = "heat"
title.zh = "高温处置"
title.en = "Heat"
threat = "fire"
stop_when.zh = "见烟立即撤离。"
stop_when.en = "Leave at once when you see smoke."

[[step]]
id = "look"
do.zh = "查看。"
do.en = "Look."
who = "archivist"
within_s = 120
"""
HOLDINGS = (
    "id,title,zone,place,grade,worth,form,water,fire,theft,climate,units,unit_kg,people,carry_min\n"
    "J001-001,契约 Deeds,stack,排1架1,1,90,paper,3,3,1,2,2,6,1,2\n"
)


def write_building(folder: Path, *, mail: bool = False) -> Path:
    """The folder of the test building; with ``mail`` its people are reached by mail instead of by phone."""
    (folder / "playbooks").mkdir(parents=True)
    (folder / "building.toml").write_text(BUILDING, encoding="utf-8")
    rows = [f's{n}", "clock_drift", "crash/s{n}' for n in range(SENSORS)]
    rows += ['t1", "temperature", "crash/t1', 'h1", "humidity", "crash/h1']
    sensors = ""
    for row in rows:
        name, quantity, topic = row.split('", "')
        sensors += (
            f'[[sensor]]\nid = "{name}"\nname.zh = "探头 {name}"\nname.en = "Probe {name}"\nzone = "stack"\n'
            f'quantity = "{quantity}"\ntopic = "{topic}"\ndialect = "json"\npath = "value"\n'
            "every_s = 60\nsilent_after_s = 3600\n\n"
        )
    (folder / "sensors.toml").write_text(sensors, encoding="utf-8")
    (folder / "rules.toml").write_text(RULES, encoding="utf-8")
    letters = 'roles = ["archivist"', 'mail = "team@example.org"\nchannels = ["mail"]\nroles = ["archivist"'
    people = PEOPLE.replace(*letters) if mail else PEOPLE
    (folder / "people.toml").write_text(people, encoding="utf-8")
    (folder / "playbooks" / "heat.toml").write_text(PLAYBOOK, encoding="utf-8")
    (folder / "holdings.csv").write_text(HOLDINGS, encoding="utf-8")
    return folder


class EngineProcess:
    """``strongroom engine`` as a child: started, killed with signal 9, started again."""

    def __init__(
        self,
        folder: Path,
        data: Path,
        broker: BrokerAddress,
        *,
        environment: dict[str, str] | None = None,
        module: str = "strongroom",
    ) -> None:
        self._command = [sys.executable, "-m", module, "engine", str(folder), "--data", str(data)]
        self._environment = {name: word for name, word in os.environ.items() if "STRONGROOM" not in name} | {
            "STRONGROOM_MQTT_PORT": str(broker.port),
            "STRONGROOM_SENDER": "paper",
            **(environment or {}),
        }
        self._log = folder.parent / "engine.log"
        self.data = data
        self.kills = 0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )

    def freeze(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        assert self.process is not None
        assert self.process.poll() is None, f"the engine ended by itself:\n{self._log.read_text()}"
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        self.kills += 1

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def end(self) -> None:
        """At the end of a test, however it ended."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

    def log(self) -> str:
        return self._log.read_text()


class Load:
    """Publishes consecutive numbers over the sensors, each once, and holds a hot and a damp room on request."""

    def __init__(self, publisher: MqttPublisher, per_second: int) -> None:
        self._publisher = publisher
        self._per_second = per_second
        self.count = 0
        self.temperature = 20.0
        self.humidity = 50.0
        self._going = threading.Event()
        self._going.set()
        self._still = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        began = time.monotonic()
        beat = 0
        while not self._stop.wait(0.01):
            if not self._going.is_set():
                rested = time.monotonic()
                self._still.set()
                self._going.wait()
                began += time.monotonic() - rested
            due = int((time.monotonic() - began) * self._per_second)
            while self.count < due:
                self._publisher.publish(
                    f"crash/s{self.count % SENSORS}", b'{"value": %d}' % (FIRST + self.count)
                )
                self.count += 1
            if time.monotonic() - began > beat * 0.25:
                beat += 1
                # A little unrest, as a real probe has: the same value for ever is a fault.
                self._publisher.publish("crash/t1", b'{"value": %.2f}' % (self.temperature + beat % 7 / 100))
                self._publisher.publish("crash/h1", b'{"value": %.2f}' % (self.humidity + beat % 7 / 100))

    def pause(self) -> None:
        """Publish nothing more for now; the broker has taken everything so far."""
        self._still.clear()
        self._going.clear()
        assert self._still.wait(10)
        assert self._publisher.flush(30) == 0

    def resume(self) -> None:
        self._going.set()

    def end(self) -> None:
        """At the end of a test, however it ended."""
        self._going.set()
        self._stop.set()

    def stop(self) -> int:
        """How many were published, every one of them taken by the broker."""
        self._stop.set()
        self._thread.join()
        assert self._publisher.flush(60) == 0
        return self.count


class Record:
    """What lies in the data directory."""

    def __init__(self, data: Path, influx: Influx | None = None) -> None:
        self._data = data
        self._influx = influx or Influx()

    @property
    def site(self) -> Path:
        return self._data / SITE_DB

    def reader(self) -> SiteReader:
        return SiteReader(self.site)

    def alarms(self, rule: str, kind: str = "alarm.") -> list[dict[str, Any]]:
        """Every journaled state of the alarms of a rule."""
        return [entry["alarm"] for entry in self.entries(kind) if entry["alarm"]["rule"] == rule]

    def numbers(self) -> Counter[int]:
        """How often each published number was kept: in the intake, or moved on to the series store."""
        kept: set[tuple[str, int, int]] = set()
        db = sqlite3.connect(f"file:{self._data / SITE_DB}?mode=ro", uri=True, timeout=10)
        for sensor, at, value in db.execute("SELECT sensor, measured_at, value FROM intake"):
            kept.add((sensor, micros(at), int(value)))
        db.close()
        if self._influx.url or (self._data / READINGS_DB).exists():
            series = open_series(self._data, self._influx)
            for sensor in (f"s{n}" for n in range(SENSORS)):
                window = series.window(sensor, 0.0, 4e9)
                kept |= {
                    (sensor, int(at), int(value))
                    for at, value in zip(window.at_us, window.value, strict=True)
                }
            series.close()
        return Counter(value for sensor, _, value in kept if sensor.startswith("s"))

    def entries(self, kind: str) -> list[dict[str, Any]]:
        reader = self.reader()
        found = [msgspec.json.decode(entry.data) for entry in reader.entries(kind=kind, limit=100_000)]
        reader.close()
        return found

    def board(self) -> Any:
        try:
            reader = self.reader()
        except sqlite3.Error:
            return None
        try:
            return reader.board()
        except sqlite3.Error:
            return None
        finally:
            reader.close()

    def connected(self) -> bool:
        board = self.board()
        return board is not None and board.health.broker_connected

    def chain_is_whole(self) -> bool:
        reader = self.reader()
        broken = reader.broken_at()
        reader.close()
        return broken is None


def taken_in(record: Record) -> int:
    """How many readings the intake ever took in."""
    db = sqlite3.connect(f"file:{record.site}?mode=ro", uri=True, timeout=10)
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'intake'").fetchone()
    db.close()
    return int(row[0]) if row else 0


def all_kept(record: Record, count: int) -> bool:
    """Whether the intake has taken in at least so many; counting costs nothing, who is there is looked at later."""
    return taken_in(record) >= count and len(record.numbers()) >= count


def check_each_once(record: Record, count: int) -> None:
    """Every published number was kept, none twice; the journal's chain is whole."""
    numbers = record.numbers()
    missing = set(range(FIRST, FIRST + count)) - set(numbers)
    assert not missing, f"{len(missing)} of {count} lost: {sorted(missing)[:20]}"
    doubled = {number: times for number, times in numbers.items() if times != 1}
    assert not doubled, f"{len(doubled)} of {count} doubled: {dict(list(doubled.items())[:9])}"
    assert record.chain_is_whole()


def wait_connected(record: Record, seconds: float = 90.0) -> None:
    assert wait_until(record.connected, seconds), "the engine did not connect"
