"""A Mosquitto of the benchmark's own on a free loopback port."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.messages import BrokerAddress
from ingest.ports import free_port

CONFIG = """listener {port} 127.0.0.1
allow_anonymous true
persistence false
max_inflight_messages 0
max_queued_messages 0
set_tcp_nodelay true
log_type error
"""


def address(port: int) -> BrokerAddress:
    """The broker at a loopback port."""
    return BrokerAddress(host="127.0.0.1", port=port)


@contextmanager
def mosquitto(folder: Path) -> Iterator[int]:
    """A running broker; yields its port. RuntimeError with what to install where there is none."""
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        raise RuntimeError("mosquitto is not installed: apt-get install mosquitto")
    port = free_port()
    config = folder / "mosquitto.conf"
    config.write_text(CONFIG.format(port=port))
    child = subprocess.Popen([program, "-c", str(config)])
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.02)
        yield port
    finally:
        child.terminate()
        child.wait(10)
