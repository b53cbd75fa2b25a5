"""The engine as the benchmark runs it: the product's own turn over a real broker, with a stopwatch on decisions.

``python -m bench.engine_child PORT FOLDER SENSORS``; on SIGTERM it stops in order and writes FOLDER/latency.json,
a list of seconds from publishing to decision.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from pathlib import Path

from alerts.rule import Rate, Rule, Select, Threshold
from bench.brokers import address
from ingest.mqtt import MqttSource
from sensors.model import RawMessage, Sensor, Text, Zone
from strongroom.clock import SystemClock
from strongroom.core import Core
from strongroom.engine import Engine
from strongroom.inbox import Inbox
from strongroom.model import Building
from strongroom.sitedb import SiteDb

ZONES = 20


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

    def message(self, raw: RawMessage, now: float, *, kept: bool = True) -> tuple[tuple[str, bytes], ...]:
        """Decide, then look at the clock."""
        asked = super().message(raw, now, kept=kept)
        published = float(raw.payload.rpartition(b":")[2][:-1])
        self.latencies.append(time.time() - published)
        return asked


def main() -> None:
    """Run until told to stop."""
    port, folder, sensors = int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
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
    engine = Engine(core, source, db, Inbox(folder / "inbox.db"), clock)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    engine.run(stop)
    (folder / "latency.json").write_text(json.dumps(core.latencies))


if __name__ == "__main__":
    main()
