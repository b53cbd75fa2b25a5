"""The whole chain on a real Mosquitto: sustained durable intake, and publish-to-decision latency.

``python -m bench.engine --json``. Sustained: COUNT QoS 1 messages published as fast as the broker takes them, until
every one lies in the site database and is acknowledged. Latency: a steady rate for SECONDS; from the moment of
publishing, in the publisher's process, to the end of the decision in the engine's. Each figure is the median of
REPEATS runs, each on a fresh broker and database. ``floor`` is the same stream read by a subscriber that only counts.
"""

from __future__ import annotations

import argparse
import json
import signal
import sqlite3
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.brokers import mosquitto
from bench.load import connect, packet, text

SENSORS = 500


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


def chain(count: int, rate: float) -> tuple[float, list[float]]:
    """Run ``count`` messages through the engine; (seconds until all were durable, latencies in seconds)."""
    with tempfile.TemporaryDirectory() as name, mosquitto(Path(name)) as port:
        folder = Path(name)
        command = [sys.executable, "-m", "bench.engine_child", str(port), name, str(SENSORS)]
        engine = subprocess.Popen(command)
        try:
            until = time.monotonic() + 30
            while not subscribed(folder) and time.monotonic() < until:
                time.sleep(0.05)
            began = time.monotonic()
            load = publisher(port, count, rate)
            until = began + 300
            while kept(folder / "site.db") < count and time.monotonic() < until:
                time.sleep(0.01)
            took = time.monotonic() - began
            found = kept(folder / "site.db")
            load.wait(90)
        finally:
            engine.send_signal(signal.SIGTERM)
            engine.wait(30)
        if found != count:
            raise RuntimeError(f"published {count} messages, {found} were kept")
        return took, json.loads((folder / "latency.json").read_text())


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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="only the JSON line")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    rates = [options.count / chain(options.count, 0)[0] for _ in range(options.repeats)]
    floors = [floor(options.count) for _ in range(options.repeats)]
    result: dict[str, object] = {
        "sustained_per_s": round(statistics.median(rates)),
        "sustained_all": [round(rate) for rate in rates],
        "floor_per_s": round(statistics.median(floors)),
        "ratio_to_floor": round(statistics.median(rates) / statistics.median(floors), 3),
        "count": options.count,
        "repeats": options.repeats,
    }
    for rate in (1000, 5000):
        runs = [chain(int(rate * options.seconds), rate)[1] for _ in range(options.repeats)]
        for label, share in (("p50", 0.5), ("p99", 0.99), ("p999", 0.999)):
            figures = [percentile(run, share) * 1000 for run in runs]
            result[f"latency_{rate}_{label}_ms"] = round(statistics.median(figures), 2)
    if not options.json:
        for key, value in result.items():
            print(f"{key:28} {value}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
