"""Real brokers on loopback for the tests, and a wire between client and broker that can be cut or frozen."""

from __future__ import annotations

import atexit
import contextlib
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ingest.messages import BrokerAddress
from tests.ports import free_port

_CONFIG = """\
listener {port} 127.0.0.1
allow_anonymous {anonymous}
persistence {keeping}
max_inflight_messages {window}
max_queued_messages 2000000
max_packet_size 4194304
connection_messages false
log_type error
"""


def mosquitto_path() -> str:
    """Where Debian puts Mosquitto; the tests need it and .ci/run installs it."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if not found:
        raise RuntimeError("Mosquitto is not installed: apt-get install mosquitto (or run .ci/run once)")
    return found


def wait_until(done: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Wait for a fact outside this process; False when it did not come about."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if done():
            return True
        time.sleep(0.01)
    return done()


def port_open(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
        return True
    return False


class Mosquitto:
    """A Mosquitto of our own on a free loopback port; ``keeping`` what waits in it over an orderly restart."""

    def __init__(
        self, *, window: int = 0, users: dict[str, str] | None = None, more: str = "", keeping: bool = False
    ) -> None:
        self._window = window
        self._keeping = keeping
        self._users = users or {}
        self._more = more
        self._folder = tempfile.TemporaryDirectory(prefix="strongroom-mosquitto-")
        self._process: subprocess.Popen[bytes] | None = None
        self.address = BrokerAddress(port=free_port())

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> BrokerAddress:
        folder = Path(self._folder.name)
        folder.chmod(0o755)
        config = _CONFIG.format(
            port=self.address.port,
            window=self._window,
            anonymous="false" if self._users else "true",
            keeping="true" if self._keeping else "false",
        )
        if self._keeping:
            folder.chmod(0o777)  # Mosquitto gives up root's rights before it writes
            config += f"persistence_location {folder}/\n"
        if self._users:
            passwords = folder / "passwords"
            passwords.write_text("".join(f"{name}:{word}\n" for name, word in self._users.items()))
            subprocess.run(["mosquitto_passwd", "-U", str(passwords)], check=True, capture_output=True)
            passwords.chmod(0o644)
            config += f"password_file {passwords}\n"
        (folder / "mosquitto.conf").write_text(config + self._more)
        self._process = subprocess.Popen(
            [mosquitto_path(), "-c", str(folder / "mosquitto.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        atexit.register(self.stop)  # also when a test forgot
        if not wait_until(lambda: port_open(self.address.port)):
            raise RuntimeError(f"Mosquitto did not listen on port {self.address.port}")
        return self.address

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def close(self) -> None:
        self.stop()
        self._folder.cleanup()


class Wire:
    """A loopback relay to a broker: :meth:`cut` breaks every connection, :meth:`freeze` stops the flow."""

    def __init__(self, target: BrokerAddress) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = BrokerAddress(port=self._listener.getsockname()[1])
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._flow = threading.Event()
        self._flow.set()
        self._open = True
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while self._open:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection((self._target.host, self._target.port), 5)
            except OSError:
                near.close()
                continue
            self.connections += 1
            self._pairs.append((near, far))
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._flow.wait()
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def freeze(self) -> None:
        self._flow.clear()

    def thaw(self) -> None:
        self._flow.set()

    def close(self) -> None:
        self._open = False
        self.thaw()
        self.cut()
        self._listener.close()
