"""The dashboard on a fake desk as a process of its own, and people who open it."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Protocol
from urllib.parse import quote

from playwright.sync_api import Browser, Page

from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]


class Site:
    """The dashboard on a fake desk, as a process of its own."""

    def __init__(self, data: Path, story: str) -> None:
        self.data = data
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "tests.fakes.serve", str(self.port), str(data), story, "--demo"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._wait()

    def _wait(self) -> None:
        until = monotonic() + 60
        while monotonic() < until:
            try:
                with urllib.request.urlopen(f"{self.address}/health", timeout=2):
                    return
            except OSError:
                sleep(0.2)
        raise AssertionError("the dashboard did not start within 60 s")

    def tell(self, story: str) -> None:
        (self.data / "story").write_text(story)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Enter(Protocol):
    """Sign in in a given role and open a page; every call is another visitor."""

    def __call__(
        self, path: str, role: str = ..., language: str = ..., width: int = ..., height: int = ...
    ) -> Page: ...


@contextmanager
def visitors(
    chromium: Browser, site: Site, *, role: str, language: str, width: int, height: int, landmark: str
) -> Iterator[Enter]:
    """Opens pages for visitors of ``site``, who are like this where a call says nothing else.

    ``landmark`` is on the screen when the page stands.
    """
    contexts = []
    usual = {"role": role, "language": language}
    size = {"width": width, "height": height}

    def enter(path: str, role: str = "", language: str = "", width: int = 0, height: int = 0) -> Page:
        context = chromium.new_context(
            viewport={"width": width or size["width"], "height": height or size["height"]},
            reduced_motion="reduce",
        )
        contexts.append(context)
        spoken = language or usual["language"]
        context.add_cookies([{"name": "strongroom_lang", "value": spoken, "url": site.address}])
        page = context.new_page()
        page.goto(f"{site.address}/login?to={quote(path)}")
        page.click(f"button[value={role or usual['role']}]")
        page.wait_for_selector(landmark, timeout=60_000)
        return page

    yield enter
    for context in contexts:
        context.close()
