"""A real engine process is stopped with SIGSTOP: the outside address hears nothing, a second machine's watcher
tells people by mail, and says so when it is over (C52)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.brokers import Mosquitto, wait_until
from tests.fakes.outside import Call, watcher
from tests.fakes.smtp import MailServer
from tests.faults.house import Record, wait_connected, write_building

SILENT_S = 30


@pytest.fixture
def outside() -> Iterator[tuple[str, list[Call]]]:
    with watcher() as there:
        yield there


def started(log: Path, *arguments: str, **settings: str) -> subprocess.Popen[bytes]:
    clean = {name: word for name, word in os.environ.items() if "STRONGROOM" not in name}
    with log.open("ab") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "strongroom", *arguments],
            env=clean | {f"STRONGROOM_{name}": word for name, word in settings.items()},
            stdout=out,
            stderr=subprocess.STDOUT,
        )


@pytest.mark.timeout(300)
def test_a_frozen_engine_is_told_by_the_second_machine(
    tmp_path: Path, outside: tuple[str, list[Call]]
) -> None:
    url, beats = outside
    broker = Mosquitto()
    port = str(broker.start().port)
    data = tmp_path / "data"
    folder = write_building(tmp_path / "house")
    running: list[subprocess.Popen[bytes]] = []
    with MailServer() as mail:
        try:
            engine = started(
                tmp_path / "engine.log",
                *("engine", str(folder), "--data", str(data)),
                MQTT_PORT=port,
                SENDER="paper",
                BEAT_URL=f"{url}/ping",
            )
            running.append(engine)
            wait_connected(Record(data))
            assert wait_until(lambda: beats != [], 60.0), "the first beat goes out at once"
            watch = started(
                tmp_path / "watch.log",
                *("watch", "crash", "--mail", "guard@example.org", "--language", "en"),
                *("--silent-s", str(SILENT_S)),
                MQTT_PORT=port,
                SMTP_URL=f"smtp+plain://127.0.0.1:{mail.port}",
                MAIL_FROM="watch@example.org",
            )
            running.append(watch)
            time.sleep(12)  # a beat over MQTT must have come
            assert mail.letters == [], (tmp_path / "watch.log").read_text()
            engine.send_signal(signal.SIGSTOP)
            frozen_at, heard = time.monotonic(), len(beats)
            told = wait_until(lambda: mail.letters != [], 115.0)
            assert told, (tmp_path / "watch.log").read_text()
            assert time.monotonic() - frozen_at < 120.0
            assert "no beat for" in mail.letters[0]
            assert len(beats) == heard, "a frozen process must not beat"
            engine.send_signal(signal.SIGCONT)
            assert wait_until(lambda: len(mail.letters) > 1, 60.0), (tmp_path / "watch.log").read_text()
            assert "the system is back" in mail.letters[-1]
        finally:
            for one in reversed(running):
                one.send_signal(signal.SIGCONT)
                one.terminate()
                if one is not running[0]:
                    one.wait(20)
            if running:
                assert running[0].wait(60) == 0, (tmp_path / "engine.log").read_text()
            broker.close()
