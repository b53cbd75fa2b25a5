"""``strongroom run`` as an operator starts it: against a real Mosquitto, and with everything that can be
wrong."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.brokers import Mosquitto, wait_until
from tests.ports import free_port
from tests.processes import descendants, read_or_nothing

FOLDER = Path(__file__).resolve().parents[2] / "buildings" / "demo"


def environment(**more: str) -> dict[str, str]:
    clean = {name: word for name, word in os.environ.items() if "STRONGROOM" not in name}
    return clean | {f"STRONGROOM_{name}": word for name, word in more.items()}


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "strongroom", *arguments],
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.timeout(330)
def test_run_opens_the_house_says_where_and_leaves_nothing(tmp_path: Path) -> None:
    broker = Mosquitto()
    port = free_port()
    log = tmp_path / "run.log"
    where = ("--data", str(tmp_path / "data"), "--port", str(port))
    with log.open("wb") as out:
        house = subprocess.Popen(
            [sys.executable, "-m", "strongroom", "run", str(FOLDER), *where],
            env=environment(MQTT_PORT=str(broker.address.port), SENDER="paper"),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        assert wait_until(lambda: "still waiting for the MQTT broker" in log.read_text(), 120.0), (
            log.read_text()
        )
        broker.start()  # later than the house: it is waited for and then found
        assert wait_until(lambda: f"ready, open http://127.0.0.1:{port}" in log.read_text(), 120.0)
        with socket.create_connection(("127.0.0.1", port), 5) as page:
            page.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert page.recv(64).startswith(b"HTTP/1.1 200")
    finally:
        house.send_signal(signal.SIGTERM)
        assert house.wait(40) == 0
        broker.close()
    assert "everything stopped" in log.read_text()
    assert "Traceback" not in log.read_text()
    time.sleep(0.2)
    left = [
        path.parent.name
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if str(tmp_path).encode() in read_or_nothing(path)
        or f"--port\0{port}".encode() in read_or_nothing(path)
    ]
    assert left == []


@pytest.mark.timeout(200)
def test_when_the_launcher_is_killed_nobody_stays(tmp_path: Path) -> None:
    log = tmp_path / "demo.log"
    with log.open("wb") as out:
        launcher = subprocess.Popen(
            [sys.executable, "-m", "strongroom", "demo", "--data", str(tmp_path / "data")],
            env=environment(),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        assert wait_until(lambda: "ready, open" in log.read_text(), 120.0), log.read_text()
        family = descendants(launcher.pid)
        assert len(family) >= 6
    finally:
        launcher.kill()
        launcher.wait()
    assert wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family), 40.0)


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run("run", str(FOLDER), "--data", str(tmp_path), "--port", port)
    assert done.returncode == 2
    assert f"port {port} is taken" in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_settings_are_listed_and_nothing_starts(tmp_path: Path) -> None:
    done = run(
        "run", str(FOLDER), "--data", str(tmp_path / "d"), MQTT_PORT="x", MQTT_HOSTNAME="y", SENDER="z"
    )
    assert done.returncode == 2
    for variable in ("STRONGROOM_MQTT_PORT", "STRONGROOM_MQTT_HOSTNAME", "STRONGROOM_SENDER"):
        assert variable in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "d").exists()


def test_a_demonstration_never_empties_a_directory_that_is_not_its_own(tmp_path: Path) -> None:
    kept = tmp_path / "site.db"
    kept.write_text("the only copy")
    done = run("demo", "--data", str(tmp_path))
    assert done.returncode == 2
    assert "was not made by a demonstration" in done.stderr
    assert kept.read_text() == "the only copy"


def test_a_demonstration_takes_no_way_to_the_outside_world_from_the_environment(tmp_path: Path) -> None:
    from strongroom.programs import OUTSIDE_WORLD
    from strongroom.settings import VARIABLES

    reaching = {name for name in VARIABLES if re.search("MQTT|TWILIO|INFLUX|BEAT|PUBLIC", name)}
    assert reaching <= set(OUTSIDE_WORLD)
    unsure = set(VARIABLES) - set(OUTSIDE_WORLD)
    assert not any(re.search("URL|TOKEN|PASSWORD|SID|FROM|HOOK", name) for name in unsure), unsure


def test_an_empty_folder_is_refused_in_words(tmp_path: Path) -> None:
    done = run("engine", str(tmp_path / "nothing"), "--data", str(tmp_path / "d"))
    assert done.returncode == 2
    assert "There is no such folder" in done.stderr
    assert "没有这个文件夹" in done.stderr
    assert "Traceback" not in done.stderr
