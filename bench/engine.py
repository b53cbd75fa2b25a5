"""The whole chain on a real Mosquitto: sustained durable intake, and publish-to-decision latency.

``python -m bench.engine --json`` (``--quick``, ``--full``). Sustained: QoS 1 messages published as fast as the broker
takes them, until every one lies in the site database and is acknowledged. Latency: a steady rate; from the moment of
publishing, in the publisher's process, to the end of the decision in the engine's. Each figure is the median of
several runs, each on a fresh broker and database. Floors: the same stream read by a subscriber that only counts
(``floor_per_s``), and the processor time of paho with a callback that does nothing (``floor_cpu_us_per_msg``).
``stall_p99_ratio``: the latency with the store, or the disk, hanging for five seconds over the latency without.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sqlite3
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from bench.brokers import mosquitto
from bench.load import connect, packet, text

SENSORS = 500
STALL_RATE, STALL_RUN_S = 1000, 12


def percentile(values: list[float], share: float) -> float:
    """The value below which ``share`` of the sorted values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def kept(path: Path) -> int:
    """Readings durably kept so far."""
    try:
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
        row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'intake'").fetchone()
        db.close()
    except sqlite3.Error:
        return 0
    return int(row[0]) if row else 0


def publisher(port: int, count: int, rate: float) -> subprocess.Popen[bytes]:
    """The load, in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "bench.load", str(port), str(count), str(rate), str(SENSORS)]
    )


class Run(Struct, frozen=True):
    """One run of the chain: seconds until all was durable, latencies in seconds, processor µs per message."""

    took: float
    latencies: list[float]
    cpu_us: float


def chain(count: int, rate: float, stall: str = "", stored: Callable[[], int] | None = None) -> Run:
    """Run ``count`` messages through the engine; ``stall`` as :mod:`bench.engine_child` knows it.

    It is over when all are durably kept, and where ``stored`` counts what a store has, when that has them too.
    """
    with tempfile.TemporaryDirectory() as name, mosquitto(Path(name)) as port:
        folder = Path(name)
        command = [sys.executable, "-m", "bench.engine_child", str(port), name, str(SENSORS)]
        engine = subprocess.Popen([*command, stall] if stall else command)
        try:
            until = time.monotonic() + 30
            while not subscribed(folder) and time.monotonic() < until:
                time.sleep(0.05)
            began = time.monotonic()
            load = publisher(port, count, rate)
            until = began + 300
            while kept(folder / "site.db") < count and time.monotonic() < until:
                time.sleep(0.01)
            while stored is not None and stored() < count and time.monotonic() < until:
                time.sleep(0.2)
            took = time.monotonic() - began
            found = kept(folder / "site.db")
            load.wait(90)
        finally:
            engine.send_signal(signal.SIGTERM)
            engine.wait(30)
        if found != count:
            raise RuntimeError(f"published {count} messages, {found} were kept")
        return Run(took, json.loads((folder / "latency.json").read_text()), cpu_us(folder))


def cpu_us(folder: Path) -> float:
    """Processor microseconds per message, as the child counted them."""
    used = json.loads((folder / "cpu.json").read_text())
    return float(used["cpu_s"] / max(used["messages"], 1) * 1e6)


def idle_callback(count: int) -> float:
    """Processor microseconds per message of paho with a callback that does nothing, on the same stream."""
    with tempfile.TemporaryDirectory() as name, mosquitto(Path(name)) as port:
        child = subprocess.Popen([sys.executable, "-m", "bench.floor_child", str(port), name])
        while not Path(name, "ready").exists():
            time.sleep(0.02)
        publisher(port, count, 0).wait(120)
        time.sleep(1.0)
        child.terminate()
        child.wait(30)
        return cpu_us(Path(name))


def subscribed(folder: Path) -> bool:
    """The engine's board says that the broker is there."""
    try:
        db = sqlite3.connect(f"file:{folder / 'site.db'}?mode=ro", uri=True, timeout=5)
        row = db.execute("SELECT body FROM board").fetchone()
        db.close()
    except sqlite3.Error:
        return False
    return bool(row and json.loads(row[0])["health"]["broker_connected"])


def floor(count: int) -> float:
    """Messages per second of the same stream into a subscriber that acknowledges and only counts."""
    with tempfile.TemporaryDirectory() as name, mosquitto(Path(name)) as port:
        link = connect(port, "floor")
        link.sendall(packet(0x82, struct.pack(">H", 1) + text("bench/#") + b"\x01"))
        began = time.monotonic()
        load = publisher(port, count, 0)
        seen, rest = 0, b""
        while seen < count:
            rest += link.recv(262144)
            at, answers = 0, bytearray()
            while at + 2 <= len(rest):
                length = rest[at + 1]  # the benchmark's packets are shorter than 128 bytes
                end = at + 2 + length
                if end > len(rest):
                    break
                if rest[at] & 0xF0 == 0x30:
                    size = struct.unpack_from(">H", rest, at + 2)[0]
                    answers += b"\x40\x02" + rest[at + 4 + size : at + 6 + size]
                    seen += 1
                at = end
            rest = rest[at:]
            if answers:
                link.sendall(answers)
        took = time.monotonic() - began
        load.wait(90)
        return count / took


def quantiles(runs: list[Run]) -> dict[str, float]:
    """Milliseconds: the median over the runs of each quantile."""
    return {
        name: round(statistics.median(percentile(run.latencies, share) * 1000 for run in runs), 2)
        for name, share in (("p50", 0.5), ("p99", 0.99), ("p999", 0.999))
    }


def measure(count: int, seconds: float, repeats: int) -> dict[str, object]:
    """Everything, each figure the median of ``repeats``."""
    full = [chain(count, 0) for _ in range(repeats)]
    floors = [floor(count) for _ in range(repeats)]
    idle = [idle_callback(count) for _ in range(repeats)]
    rates = [count / run.took for run in full]
    cpu, floor_cpu = statistics.median(run.cpu_us for run in full), statistics.median(idle)
    latency = {}
    for rate in (1000, 5000):
        latency[str(rate)] = quantiles([chain(int(rate * seconds), rate) for _ in range(repeats)])
    # A stall of five seconds needs time before and after it; the calm run beside it has the same length.
    stalls = {
        kind: quantiles([chain(STALL_RATE * STALL_RUN_S, STALL_RATE, kind) for _ in range(repeats)])
        for kind in ("calm", "store", "disk")
    }
    return {
        "sustained_per_s": round(statistics.median(rates)),
        "sustained_all": [round(rate) for rate in rates],
        "floor_per_s": round(statistics.median(floors)),
        "ratio_to_floor": round(statistics.median(rates) / statistics.median(floors), 3),
        "latency_ms": latency,
        "cpu_us_per_msg": round(cpu, 1),
        "floor_cpu_us_per_msg": round(floor_cpu, 1),
        "cpu_ratio": round(cpu / floor_cpu, 2),
        "stall_ms": stalls,
        "stall_p99_ratio": {
            kind: round(stalls[kind]["p99"] / stalls["calm"]["p99"], 2) for kind in ("store", "disk")
        },
        "count": count,
        "repeats": repeats,
        "load_before": os.getloadavg()[0],
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="only the JSON line")
    parser.add_argument("--quick", action="store_true", help="one short run of everything")
    parser.add_argument("--full", action="store_true", help="five repeats of the long runs")
    options = parser.parse_args()
    found = measure(30_000, 4.0, 1) if options.quick else measure(100_000, 8.0, 5 if options.full else 3)
    print(json.dumps(found, indent=None if options.json else 2))


if __name__ == "__main__":
    main()
