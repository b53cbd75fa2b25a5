"""A real InfluxDB that dies, stalls, refuses and babbles under a running engine: alarms unmoved, history whole."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from strongroom.settings import Influx as InfluxSettings
from tests.brokers import Mosquitto, wait_until
from tests.contract.influx_server import Influx, influx_in
from tests.fakes.smtp import MailServer
from tests.faults.house import (
    FIRST,
    SENSORS,
    EngineProcess,
    Load,
    Record,
    all_kept,
    check_each_once,
    wait_connected,
)


@pytest.fixture
def influx(tmp_path: Path) -> Iterator[Influx]:
    place = tmp_path / "influx"
    place.mkdir()
    server = influx_in(place)
    yield server
    server.stop()


@pytest.mark.timeout(180)
def test_the_store_fails_in_every_way(
    influx: Influx,
    mosquitto: Mosquitto,
    mail: MailServer,
    engine_on: Callable[..., EngineProcess],
    load_on: Callable[..., Load],
    tmp_path: Path,
) -> None:
    engine = engine_on(mosquitto.address, mail=mail, STRONGROOM_INFLUX_URL=influx.url)
    store = InfluxSettings(url=influx.url, bucket="strongroom")
    record = Record(tmp_path / "data", store)
    engine.start()
    wait_connected(record)
    load = load_on(mosquitto.address, 300)

    def caught_up() -> bool:
        board = record.board()
        return board is not None and board.health.store_trouble is None and board.health.backlog < 1000

    assert wait_until(lambda: influx.writes > 3)
    for fault in ((500, "internal error"), (400, "unable to parse"), (200, "<html>a printer</html>")):
        influx.fault = fault
        time.sleep(1.5)
        influx.fault = None
        assert wait_until(caught_up, 20.0), fault
    influx.stall_s = 5.0
    load.temperature = 80.0
    began = time.monotonic()
    assert wait_until(lambda: bool(record.alarms("hot")), 5.0), "decided while the store stalls"
    assert wait_until(lambda: bool(mail.letters), 2.0), "and told"
    assert time.monotonic() - began < 3.0
    time.sleep(6.0)
    influx.stall_s = 0.0
    influx.kill()
    time.sleep(1.5)
    influx.start()
    assert wait_until(caught_up, 30.0)
    count = load.stop()
    assert wait_until(lambda: all_kept(record, count), 30.0)
    assert wait_until(lambda: in_store(store, tmp_path) >= count, 30.0), (
        "everything came into the store itself"
    )
    assert engine.stop() == 0, engine.log()
    check_each_once(record, count)
    assert "Traceback" not in engine.log()


def in_store(store: InfluxSettings, folder: Path) -> int:
    """How many of the published numbers the store itself has."""
    from strongroom.readings import open_series

    series = open_series(folder / "data", store)
    found = sum(int((series.window(f"s{n}", 0.0, 4e9).value >= FIRST).sum()) for n in range(SENSORS))
    series.close()
    return found
