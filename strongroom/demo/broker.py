"""The demonstration's broker as a process: runs until it is asked to stop."""

from __future__ import annotations

import signal
import threading

from ingest.embedded import EmbeddedBroker
from strongroom.clock import SystemClock
from strongroom.settings import read_settings


def main() -> int:
    """Serve on the port of the settings; 1 when the broker ended by itself."""
    settings = read_settings()
    clock, stop = SystemClock(), threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    broker = EmbeddedBroker(settings.broker.port)
    broker.start()
    try:
        while not clock.wait(0.5, stop):
            if not broker.running:
                return 1
    finally:
        broker.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
