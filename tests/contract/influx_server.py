"""A real influxd for the contract tests, with the path rewrite that Debian's 1.6.7 needs.

Version 1.6.7 answers ``/write`` and ``/query`` but not ``/api/v2/write`` (that came with 1.8). The front
here takes what the client sends, turns ``/api/v2/write?org=o&bucket=db&precision=us`` into
``/write?db=db&precision=u`` and passes the rest through. It can also stall, break off or answer with an
error, for the tests of faults.
"""

from __future__ import annotations

import gzip
import http.client
import shutil
import subprocess
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.ports import free_port

CONFIG = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  query-log-enabled = false
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
"""
PRECISION = {"ns": "n", "us": "u", "ms": "ms", "s": "s"}


class Influx:
    """influxd in ``folder`` behind the rewriting front at :attr:`url`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        config = folder / "influxdb.conf"
        config.write_text(CONFIG.format(rpc=free_port(), port=self.port, folder=folder))
        self.config = config
        self.fault: tuple[int, str] | None = None
        self.stall_s = 0.0
        self.tokens: list[str] = []
        self.writes = 0
        self.start()
        self.front = front(self)
        self.url = f"http://127.0.0.1:{self.front.server_address[1]}"

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["influxd", "-config", str(self.config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ping", timeout=1)
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("influxd did not come up in 15 s")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        self.front.shutdown()
        self.front.server_close()
        self.process.terminate()
        self.process.wait(timeout=20)


def front(influx: Influx) -> ThreadingHTTPServer:
    class Front(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def relay(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            path = self.path
            influx.tokens.append(self.headers.get("Authorization") or "")
            if influx.stall_s:
                time.sleep(influx.stall_s)
            if parts.path == "/api/v2/write":
                influx.writes += 1
                asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
                path = "/write?" + urlencode(
                    {"db": asked["bucket"], "precision": PRECISION[asked["precision"]]}
                )
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
            if influx.fault:
                self.answer(influx.fault[0], {"Content-Type": "text/plain"}, influx.fault[1].encode())
                return
            try:
                upstream = http.client.HTTPConnection("127.0.0.1", influx.port, timeout=30)
                kept = {k: v for k, v in self.headers.items() if k.lower() in {"content-type", "accept"}}
                upstream.request(self.command, path, body, kept)
                reply = upstream.getresponse()
                content = reply.read()
            except OSError:
                self.close_connection = True
                return
            wanted = ("Content-Type", "X-Influxdb-Version", "X-Influxdb-Error")
            self.answer(reply.status, {k: v for k in wanted if (v := reply.headers.get(k))}, content)

        def answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
            try:
                self.send_response(status)
                for key, value in headers.items():
                    self.send_header(key, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if status != 204:
                    self.wfile.write(content)
            except OSError:
                self.close_connection = True

        do_GET = do_POST = relay  # noqa: N815 - names of the standard library

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Front)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def influx_in(folder: Path) -> Influx:
    if shutil.which("influxd") is None:
        pytest.skip("influxd is not installed here (Debian: apt install influxdb)")
    return Influx(folder)
