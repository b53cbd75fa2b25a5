"""A watcher outside the house: an HTTP server that writes down who called."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

Call = tuple[str, str, str]
"""Method, path and body of one request."""


@contextmanager
def watcher() -> Iterator[tuple[str, list[Call]]]:
    """Its address and what it heard so far; a path with "gone" in it is answered with 404."""
    heard: list[Call] = []

    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            heard.append((self.command, self.path, body))
            self.send_response(404 if "gone" in self.path else 200)
            self.end_headers()

        do_GET = _take  # noqa: N815 - the server's own names
        do_POST = _take  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", heard
    server.shutdown()
    server.server_close()
    thread.join(5)
