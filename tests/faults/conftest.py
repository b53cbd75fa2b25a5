"""Engines and brokers for the fault tests: real processes, ended whatever becomes of a test."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.messages import BrokerAddress
from ingest.mqtt_publisher import MqttPublisher
from tests.brokers import Mosquitto
from tests.fakes.smtp import MailServer
from tests.faults.house import EngineProcess, Load, Record, write_building


@pytest.fixture
def mosquitto() -> Iterator[Mosquitto]:
    one = Mosquitto(keeping=True)
    one.start()
    yield one
    one.close()


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def engine_on(tmp_path: Path) -> Iterator[Callable[..., EngineProcess]]:
    """Makes the engine's process on a broker; ``data`` where its files lie, ``mail`` who carries its messages."""
    made: list[EngineProcess] = []

    def make(
        address: BrokerAddress,
        *,
        data: Path | None = None,
        mail: MailServer | None = None,
        module: str = "strongroom",
        **environment: str,
    ) -> EngineProcess:
        if mail is not None:
            environment |= {
                "STRONGROOM_SENDER": "none",
                "STRONGROOM_SMTP_URL": f"smtp+plain://127.0.0.1:{mail.port}",
                "STRONGROOM_MAIL_FROM": "room@example.org",
                "STRONGROOM_TEST_AT": "off",
            }
        folder = write_building(tmp_path / "building", mail=mail is not None)
        made.append(
            EngineProcess(folder, data or tmp_path / "data", address, environment=environment, module=module)
        )
        return made[-1]

    yield make
    for engine in made:
        engine.end()


@pytest.fixture
def load_on() -> Iterator[Callable[..., Load]]:
    """Starts publishing numbers at a broker."""
    publishers: list[MqttPublisher] = []
    loads: list[Load] = []

    def make(address: BrokerAddress, per_second: int) -> Load:
        publisher = MqttPublisher(address, client_id="load", window=200)
        assert publisher.start()
        publishers.append(publisher)
        loads.append(Load(publisher, per_second))
        return loads[-1]

    yield make
    for load in loads:
        load.end()
    for publisher in publishers:
        publisher.stop()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 96 MB that can be filled to the last byte."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=96m", "strongroom-test", str(place)],
        check=False,
        capture_output=True,
        text=True,
    )
    if made.returncode:
        pytest.skip(f"a small file system can only be mounted by root: {made.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(tmp_path / "data")
