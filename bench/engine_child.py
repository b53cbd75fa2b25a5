"""The engine as the benchmark runs it: the product's own turn over a real broker, with a stopwatch on decisions.

``python -m bench.engine_child PORT FOLDER SENSORS [STALL]``; on SIGTERM it stops in order and writes
FOLDER/latency.json (a list of seconds from publishing to decision) and FOLDER/cpu.json (messages and processor
seconds from the first one on).
STALL is what hangs for five seconds, three seconds after the first message: ``disk`` (a commit) or ``store`` (a write
of the series writer). ``into:URL`` hangs nothing and moves the readings on to the InfluxDB there.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from alerts.rule import Rate, Rule, Select, Threshold
from bench.brokers import address
from ingest.mqtt import MqttSource
from ingest.series_influx import InfluxAddress, InfluxSeries
from ingest.series_sqlite import SqliteSeries
from sensors.model import RawMessage, Sensor, Text, Zone
from strongroom.bypass import Bypass
from strongroom.clock import SystemClock
from strongroom.core import Core
from strongroom.cursors import Cursors
from strongroom.engine import Engine
from strongroom.feeder import Feeder
from strongroom.inbox import Inbox
from strongroom.model import Building
from strongroom.process import SWITCH_S
from strongroom.sitedb import SiteDb

ZONES = 20
STALL_AFTER_S, STALL_S = 3.0, 5.0
INTO = "into:"


def building(sensors: int) -> Building:
    """A building of temperature probes with a limit and a rate of rise on each."""
    zones = {
        f"z{n}": Zone(id=f"z{n}", name=Text(f"库{n}", f"z{n}"), kind="stack", floor="1F")
        for n in range(ZONES)
    }
    select = Select(quantity="temperature", zone_kinds=("stack",))
    rules = {
        "hot": Rule(
            id="hot",
            name=Text("高温", "Hot"),
            when=Threshold(select=select, above=True, limit=57.0, clear_at=50.0),
            priority=1,
        ),
        "rise": Rule(
            id="rise",
            name=Text("升温", "Rising"),
            when=Rate(select=select, rising=True, limit=8.0, over_s=30.0, clear_at=2.0),
            priority=2,
        ),
    }
    return Building(
        id="bench",
        name=Text("测", "bench"),
        timezone="UTC",
        languages=("zh", "en"),
        assembly="z0",
        floors=(),
        zones=zones,
        sensors={
            f"s{n}": Sensor(
                id=f"s{n}",
                name=Text(f"探头{n}", f"probe {n}"),
                zone=f"z{n % ZONES}",
                quantity="temperature",
                topic=f"bench/s{n}",
                dialect="json",
                path="value",
            )
            for n in range(sensors)
        },
        rules=rules,
        people={},
        ladders=(),
        duties=(),
        playbooks={},
        holdings={},
        drills={},
        folder="",
        revision="bench",
    )


class Watched(Core):
    """A core that notes, after each decision, how long ago its message was published."""

    latencies: list[float]
    first: float | None = None
    cpu = 0.0

    def message(self, raw: RawMessage, now: float, *, kept: bool = True) -> tuple[tuple[str, bytes], ...]:
        """Decide, then look at the clock."""
        asked = super().message(raw, now, kept=kept)
        if not self.latencies:
            self.first = time.monotonic()
            self.cpu = time.process_time()
        published = float(raw.payload.rpartition(b":")[2][:-1])
        self.latencies.append(time.time() - published)
        return asked


def stalling(real: Callable[[Any], Any], core: Watched) -> Callable[[Any], Any]:
    """``real``, hanging once."""
    done = False

    def hung(what: Any) -> Any:
        nonlocal done
        if not done and core.first is not None and time.monotonic() - core.first > STALL_AFTER_S:
            done = True
            time.sleep(STALL_S)
        return real(what)

    return hung


def main() -> None:
    """Run until told to stop."""
    port, folder, sensors = int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    stall = sys.argv[4] if len(sys.argv) > 4 else ""
    sys.setswitchinterval(SWITCH_S)  # as the engine's process does
    clock = SystemClock()
    db = SiteDb(folder / "site.db")
    core = Watched(building(sensors), clock.now())
    core.latencies = []
    source = MqttSource(
        address(port),
        ("bench/#",),
        client_id="strongroom-bench",
        now=clock.now,
        monotonic=clock.monotonic,
        status_topic="strongroom/bench/engine",
    )
    feeder = None
    if stall.startswith(INTO):
        influx = InfluxSeries(InfluxAddress(url=stall.removeprefix(INTO), bucket="bench"))
        feeder = Feeder(folder / "site.db", Cursors(folder / "cursors.db"), lambda: influx, clock)
    elif stall:
        if stall == "disk":
            db.commit = stalling(db.commit, core)  # type: ignore[method-assign, assignment]
        store = SqliteSeries(folder / "readings.db")
        if stall == "store":
            store.write = stalling(store.write, core)  # type: ignore[method-assign, assignment]
        feeder = Feeder(folder / "site.db", Cursors(folder / "cursors.db"), lambda: store, clock)

    def fleeting() -> MqttSource:
        return MqttSource(
            address(port),
            ("bench/#",),
            client_id="strongroom-bench-bypass",
            now=clock.now,
            monotonic=clock.monotonic,
            fleeting=True,
        )

    inbox = Inbox(folder / "inbox.db")
    engine = Engine(core, source, db, inbox, clock, feeder=feeder, bypass=Bypass(fleeting))
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    engine.run(stop)
    used = time.process_time() - core.cpu
    (folder / "latency.json").write_text(json.dumps(core.latencies))
    (folder / "cpu.json").write_text(json.dumps({"messages": len(core.latencies), "cpu_s": used}))


if __name__ == "__main__":
    main()
