"""The same load through Node-RED: MQTT in, a function that compares with a limit, and a file or InfluxDB.

``python -m bench.peers --json``. Node-RED is installed by npm into ``build/node-red`` once (or ``--node-red FOLDER``
names where it is). Its file node does not sync and its MQTT node acknowledges on arrival, so its figures are without
durability; ours acknowledge what lies synced on disk. Throughput: messages published at full speed until the last one
is in the file, or in InfluxDB (one request a message, as its own node does it), where influxd is installed. Latency:
from publishing to the end of the function, written beside the value.

Like for like: broker, publisher, messages, QoS 1, machine and the place where the latency is taken are the same.
Unlike: what is promised. Theirs may lose at a kill what it acknowledged; ours had it synced with all that was decided
from it. ``ours_influx_per_s`` counts until the last message is in the same InfluxDB, by way of our synced intake and in
batches of 2,000, through the path rewrite that 1.6.7 needs (theirs goes to its port directly).
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.brokers import mosquitto
from bench.engine import chain, percentile, publisher
from bench.engine_child import INTO
from ingest.ports import free_port

VERSION = "4"
QUIET_S = 15.0  # without another point: the rest does not come
FUNCTION = """\
const m = msg.payload;
const hot = m.value > 57 ? 1 : 0;
msg.payload = m.value + "," + hot + "," + (Date.now() / 1000 - m.t);
return msg;
"""


INFLUX_FUNCTION = """\
const m = msg.payload;
const hot = m.value > 57 ? 1 : 0;
const late = Date.now() / 1000 - m.t;
msg.payload = "r,s=" + msg.topic + " value=" + m.value + ",hot=" + hot + ",late=" + late + " " + Math.round(m.t * 1e6);
msg.headers = {};
return msg;
"""


def installed(folder: Path) -> Path:
    """The script that starts Node-RED; installed where it is missing."""
    script = folder / "node_modules" / "node-red" / "red.js"
    if not script.exists():
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError("Node-RED needs Node.js and npm: apt-get install npm")
        subprocess.run(
            [
                npm,
                "install",
                "--silent",
                "--no-fund",
                "--no-audit",
                "--prefix",
                str(folder),
                f"node-red@{VERSION}",
            ],
            check=True,
        )
    return script


def flow(port: int, out: Path, influx_port: int) -> list[dict[str, Any]]:
    """MQTT in, function, file; with ``influx_port`` a request to InfluxDB instead of the file."""
    writing: dict[str, Any] = {
        "type": "file",
        "filename": str(out),
        "filenameType": "str",
        "appendNewline": True,
        "overwriteFile": "false",
    }
    if influx_port:
        address = f"http://127.0.0.1:{influx_port}/write?db=bench&precision=u"
        writing = {"type": "http request", "method": "POST", "url": address, "ret": "txt", "persist": True}
    function = INFLUX_FUNCTION if influx_port else FUNCTION
    return [
        {"id": "tab", "type": "tab", "label": "bench"},
        {
            "id": "broker",
            "type": "mqtt-broker",
            "broker": "127.0.0.1",
            "port": str(port),
            "clientid": "node-red",
            "autoConnect": True,
            "protocolVersion": "4",
            "keepalive": "60",
            "cleansession": False,
        },
        {
            "id": "in",
            "type": "mqtt in",
            "z": "tab",
            "topic": "bench/#",
            "qos": "1",
            "datatype": "json",
            "broker": "broker",
            "inputs": 0,
            "wires": [["decide"]],
        },
        {"id": "decide", "type": "function", "z": "tab", "func": function, "outputs": 1, "wires": [["out"]]},
        {"id": "out", "z": "tab", "wires": [[]], **writing},
    ]


@contextmanager
def node_red(script: Path, folder: Path, port: int, influx_port: int = 0) -> Iterator[Path]:
    """A running Node-RED; yields the file it writes. RuntimeError when it does not come up in a minute."""
    out, web = folder / "out.csv", free_port()
    (folder / "flows.json").write_text(json.dumps(flow(port, out, influx_port)))
    settings = {
        "flowFile": "flows.json",
        "uiPort": web,
        "uiHost": "127.0.0.1",
        "logging": {"console": {"level": "error"}},
    }
    (folder / "settings.js").write_text(f"module.exports = {json.dumps(settings)};")
    command = ["node", str(script), "--userDir", str(folder), "--settings", str(folder / "settings.js")]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{web}/", timeout=1)
                break
            except OSError:
                time.sleep(0.2)
        else:
            raise RuntimeError("Node-RED did not come up")
        time.sleep(2.0)  # its flows start and subscribe after the editor is there
        yield out
    finally:
        child.terminate()
        child.wait(20)


def lines(path: Path) -> int:
    """How many messages are in the file."""
    return path.read_bytes().count(b"\n") if path.exists() else 0


def through_node_red(script: Path, count: int, rate: float) -> tuple[float, list[float]]:
    """Seconds until ``count`` messages are in its file, and the latencies in seconds."""
    with tempfile.TemporaryDirectory() as name, mosquitto(Path(name)) as port:
        folder = Path(name, "node-red")
        folder.mkdir()
        with node_red(script, folder, port) as out:
            began = time.monotonic()
            load = publisher(port, count, rate)
            until = began + 200
            while (found := lines(out)) < count and time.monotonic() < until:
                time.sleep(0.1)
            took = time.monotonic() - began
            load.wait(90)
            if found < count:
                raise RuntimeError(f"published {count} messages, Node-RED wrote {found}")
            return took, [float(line.rpartition(",")[2]) for line in out.read_text().splitlines()]


def ask(port: int, words: str) -> Any:
    """InfluxDB's answer to a query."""
    asked = urllib.parse.urlencode({"db": "bench", "q": words}).encode()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/query", asked, timeout=30) as answer:
        return json.load(answer)


def counted(port: int, measurement: str) -> int:
    """How many points InfluxDB has."""
    found = ask(port, f"SELECT count(value) FROM {measurement}")["results"][0].get("series")
    return int(found[0]["values"][0][1]) if found else 0


def ours_into_influx(count: int) -> float:
    """Seconds until ``count`` messages are in InfluxDB by way of our engine."""
    from tests.contract.influx_server import Influx

    with tempfile.TemporaryDirectory() as name:
        server = Influx(Path(name))
        try:
            return chain(count, 0, f"{INTO}{server.url}", lambda: counted(server.port, "reading")).took
        finally:
            server.stop()


def into_influx(script: Path, count: int, rate: int) -> tuple[float, int, float]:
    """Messages a second into InfluxDB by way of Node-RED until no more come, how many of ``count`` never came, and the
    99th percentile of milliseconds from publishing to the end of the function. ``rate`` 0: as fast as can be."""
    from tests.contract.influx_server import Influx

    with tempfile.TemporaryDirectory() as name, mosquitto(Path(name)) as port:
        place, folder = Path(name, "influx"), Path(name, "node-red")
        place.mkdir()
        folder.mkdir()
        server = Influx(place)
        try:
            ask(server.port, "CREATE DATABASE bench")
            with node_red(script, folder, port, server.port):
                began = time.monotonic()
                load = publisher(port, count, rate)
                found, grew = 0, began
                while found < count and time.monotonic() - grew < QUIET_S:
                    if (now := counted(server.port, "r")) > found:
                        found, grew = now, time.monotonic()
                    time.sleep(0.2)
                load.wait(90)
                late = ask(server.port, "SELECT PERCENTILE(late, 99) FROM r")["results"][0].get("series")
        finally:
            server.stop()
        p99 = float(late[0]["values"][0][1]) * 1000 if late else math.nan
        return found / max(grew - began, 0.001), count - found, round(p99, 2)


def figures(took: list[float], count: int, runs: dict[int, list[list[float]]]) -> dict[str, Any]:
    """Throughput and quantiles, medians over the runs."""
    return {
        "sustained_per_s": round(statistics.median(count / one for one in took)),
        "latency_ms": {
            str(rate): {
                name: round(statistics.median(percentile(run, share) * 1000 for run in those), 2)
                for name, share in (("p50", 0.5), ("p99", 0.99))
            }
            for rate, those in runs.items()
        },
    }


def main() -> None:
    """Measure both and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="only the JSON object")
    parser.add_argument("--quick", action="store_true", help="one short run of everything")
    parser.add_argument("--full", action="store_true", help="five repeats")
    parser.add_argument("--node-red", type=Path, default=Path("build/node-red"))
    asked = parser.parse_args()
    script = installed(asked.node_red)
    count, seconds, repeats = (10_000, 4, 1) if asked.quick else (20_000, 8, 5 if asked.full else 2)
    rates = (1000, 5000)
    theirs = figures(
        [through_node_red(script, count, 0)[0] for _ in range(repeats)],
        count,
        {rate: [through_node_red(script, rate * seconds, rate)[1] for _ in range(repeats)] for rate in rates},
    )
    influx = shutil.which("influxd") is not None
    theirs_into = [into_influx(script, count, 0) for _ in range(repeats)] if influx else []
    into, lost = [rate for rate, _, _ in theirs_into], [missing for _, missing, _ in theirs_into]
    paced = [into_influx(script, 5000 * seconds, 5000)[2] for _ in range(repeats)] if influx else []
    ours_into = [5 * count / ours_into_influx(5 * count) for _ in range(repeats)] if influx else []
    ours = figures(
        [chain(5 * count, 0).took / 5 for _ in range(repeats)],
        count,
        {rate: [chain(rate * seconds, rate).latencies for _ in range(repeats)] for rate in rates},
    )
    found = {
        "node_red_file": theirs,
        "node_red_influx_per_s": round(statistics.median(into)) if into else None,
        "node_red_influx_lost": lost,
        "node_red_influx_p99_ms_5000": round(statistics.median(paced), 2) if paced else None,
        "ours_influx_per_s": round(statistics.median(ours_into)) if ours_into else None,
        "ours": ours,
        "throughput_ratio_file": round(ours["sustained_per_s"] / theirs["sustained_per_s"], 1),
        "throughput_ratio_influx": round(statistics.median(ours_into) / statistics.median(into), 1)
        if into
        else None,
        "p99_ratio_5000_influx": round(ours["latency_ms"]["5000"]["p99"] / statistics.median(paced), 3)
        if paced
        else None,
        "p99_ratio_5000_file": round(
            ours["latency_ms"]["5000"]["p99"] / theirs["latency_ms"]["5000"]["p99"], 3
        ),
        "repeats": repeats,
        "load_before": os.getloadavg()[0],
    }
    print(json.dumps(found, indent=None if asked.json else 2))


if __name__ == "__main__":
    main()
