"""The files for real servers: the broker's configuration starts, compose and image name only what exists.

No container engine is used here: that the image builds has to be shown where there is one.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingest.messages import BrokerAddress
from ingest.mqtt import MqttSource
from ingest.mqtt_publisher import MqttPublisher
from strongroom.settings import read_settings
from strongroom.variables import VARIABLES
from tests.brokers import mosquitto_path, port_open, wait_until
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("sensors", "ingest", "alerts", "playbooks", "strongroom", "dashboard")
USERS = {"engine": "engine-word", "zigbee": "zigbee-word"}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[int]:
    """Mosquitto on the very configuration we ship; only paths, port and system user differ."""
    port = free_port()
    text = (ROOT / "deploy" / "mosquitto.conf").read_text()
    text = text.replace("/mosquitto/config/", f"{tmp_path}/").replace("/mosquitto/data/", f"{tmp_path}/")
    text = text.replace("listener 1883", f"listener {port} 127.0.0.1") + "\nuser root\n"
    (tmp_path / "mosquitto.conf").write_text(text)
    (tmp_path / "acl").write_text((ROOT / "deploy" / "acl").read_text())
    (tmp_path / "acl").chmod(0o600)
    (tmp_path / "passwords").write_text("".join(f"{name}:{word}\n" for name, word in USERS.items()))
    subprocess.run(["mosquitto_passwd", "-U", str(tmp_path / "passwords")], check=True, capture_output=True)
    process = subprocess.Popen(
        [mosquitto_path(), "-c", str(tmp_path / "mosquitto.conf")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert wait_until(lambda: port_open(port))
    yield port
    process.terminate()
    process.wait(10)


def as_user(port: int, name: str) -> BrokerAddress:
    return BrokerAddress(port=port, username=name, password=USERS[name])


def listening(broker: int, topic: str) -> MqttSource:
    """The engine's own ear, connected and subscribed."""
    engine = MqttSource(
        as_user(broker, "engine"),
        [topic],
        client_id="engine",
        now=time.time,
        monotonic=time.monotonic,
        status_topic="strongroom/x/engine",
    )
    engine.start()
    assert wait_until(lambda: engine.alive().connected)
    time.sleep(0.1)
    return engine


def test_gateways_speak_only_under_their_own_tree_and_the_engine_hears_all(broker: int) -> None:
    engine = listening(broker, "#")
    gateway = MqttPublisher(as_user(broker, "zigbee"), client_id="zigbee")
    assert gateway.start()
    gateway.publish("somebody/else", b"forged")
    gateway.publish("strongroom/x/engine", b"forged")
    gateway.publish("zigbee2mqtt/t1", b"real")
    assert gateway.flush(5) == 0
    heard: list[tuple[str, bytes]] = []

    def real_came() -> bool:
        heard.extend((message.topic, message.payload) for message in engine.take(10, 0.2))
        return ("zigbee2mqtt/t1", b"real") in heard

    assert wait_until(real_came)
    assert not any(payload == b"forged" for _, payload in heard)
    engine.publish("zigbee2mqtt/t1", b"the engine may not speak as a sensor")
    time.sleep(0.3)
    assert not any(message.topic == "zigbee2mqtt/t1" for message in engine.take(10, 0.0))
    engine.stop()
    gateway.stop()


def test_the_shipped_window_is_wide(broker: int) -> None:
    engine = listening(broker, "strongroom/w/#")
    publisher = MqttPublisher(as_user(broker, "engine"), client_id="p", window=1000)
    assert publisher.start()
    for number in range(1000):
        publisher.publish("strongroom/w/a", b"%d" % number)
    assert wait_until(lambda: engine.alive().queued >= 1000), "held back without an acknowledgement"
    engine.stop()
    publisher.stop()


def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())  # type: ignore[no-any-return]


def test_compose_sets_only_variables_we_read() -> None:
    services = compose()["services"]
    assert set(services) == {"broker", "engine", "dashboard", "influxdb"}
    for name in ("engine", "dashboard"):
        environment = services[name]["environment"]
        assert set(environment) <= set(VARIABLES)
        settings = read_settings(environment={key: str(value) for key, value in environment.items()})
        assert settings.broker.host == "broker"
        assert services[name]["volumes"][0] == "data:/data"


def test_compose_mounts_files_that_are_here() -> None:
    made_by_the_operator = {"./deploy/passwords"}
    for service in compose()["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./") and source not in made_by_the_operator:
                assert (ROOT / source).exists(), source


def test_the_image_copies_what_is_here_and_runs_without_root() -> None:
    text = (ROOT / "Dockerfile").read_text()
    for line in re.findall(r"^COPY (?!--)(.+)$", text, re.MULTILINE):
        *sources, _target = line.split()
        assert all((ROOT / source).exists() for source in sources), line
    assert text.index("USER strongroom") < text.index("ENTRYPOINT")
    packages = re.search(r"include = \[(.+?)\]", (ROOT / "pyproject.toml").read_text())
    assert packages
    for name in re.findall(r'"(\w+)\*"', packages.group(1)):
        assert f"COPY {name} {name}" in text


def test_the_guide_explains_every_variable_and_no_other() -> None:
    guide = (ROOT / "docs" / "operate.md").read_text()
    told = set(re.findall(r"^\| `(STRONGROOM_\w+)` \|", guide, re.MULTILINE))
    assert told == set(VARIABLES)


def test_the_guides_name_only_commands_that_exist() -> None:
    from typer.main import get_command

    from strongroom.cli import app

    commands = set(get_command(app).commands)  # type: ignore[attr-defined]
    for name in ("README.md", "README.zh.md", "docs/operate.md", "CHANGELOG.md"):
        text = (ROOT / name).read_text()
        used = set(re.findall(r"(?:bin/|`|run )strongroom ([\w-]+)", text)) - {"FOLDER"}
        assert used <= commands, f"{name}: {used - commands}"
        for link in re.findall(r"\]\(([\w./-]+)\)", text):
            base = (ROOT / name).parent
            assert (base / link).exists(), f"{name}: {link}"


def test_the_installed_package_lacks_nothing(tmp_path: Path) -> None:
    """The image installs a wheel: a style sheet or word list that is not in it would break the pages there only."""
    made = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "-w",
            tmp_path,
            ".",
        ],
        cwd=_copy(tmp_path / "source"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        path.relative_to(ROOT).as_posix()
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert wanted - held == set()


def _copy(into: Path) -> Path:
    """The sources alone: building in the tree would leave files there."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, into / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, into / name)
    return into
