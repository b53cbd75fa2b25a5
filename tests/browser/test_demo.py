"""The demonstration as a visitor meets it: a headless browser, the water story, both languages, a frozen server."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.brokers import wait_until
from tests.ports import free_port
from tests.processes import descendants

pytestmark = pytest.mark.timeout(300)
SECONDS = 1000.0  # Playwright counts in milliseconds


class Demo:
    """``strongroom demo`` as a real process, with a data directory of its own."""

    def __init__(self, data: Path, *arguments: str) -> None:
        self.data = data
        self._log = data.parent / "demo.log"
        environment = {name: word for name, word in os.environ.items() if "STRONGROOM" not in name}
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "strongroom", "demo", "--data", str(data), *arguments],
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.url = ""

    def wait_ready(self) -> None:
        assert wait_until(lambda: "ready, open" in self.said() or self.process.poll() is not None, 180.0)
        found = re.search(r"ready, open (http://127\.0\.0\.1:\d+)", self.said())
        assert found, self.said()
        self.url = found.group(1)

    def said(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def child(self, name: str) -> int:
        state = msgspec.json.decode((self.data / "supervisor.json").read_bytes())
        return int(next(child["pid"] for child in state["children"] if child["name"] == name))

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(40)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    running = Demo(tmp_path_factory.mktemp("demo") / "data", "--port", str(free_port()))
    try:
        running.wait_ready()
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()


@pytest.fixture(scope="module")
def page(demo: Demo, chromium: Browser) -> Page:
    """A visitor who came in as the coordinator, in Chinese."""
    opened = chromium.new_page(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    opened.set_default_timeout(30 * SECONDS)
    opened.goto(demo.url)
    opened.click("button[name=role][value=coordinator]")
    opened.wait_for_selector("[data-story=water]")
    return opened


@pytest.fixture(scope="module")
def seconds(demo: Demo, page: Page) -> float:
    """The water story, begun from the page; how long it took until the plan showed it."""
    page.goto(f"{demo.url}/?lang=zh")
    page.wait_for_selector("[data-story=water]")
    quiet = page.inner_text("body")
    assert "没有警报" in quiet
    assert "库房漏水" not in quiet
    page.click("[data-story=water]")
    began = time.monotonic()
    page.wait_for_function("document.body.innerText.includes('库房漏水')", timeout=30 * SECONDS)
    return time.monotonic() - began


def see(page: Page, url: str, *words: str) -> None:
    """Open a page and find all these words on it."""
    page.goto(url)
    for word in words:
        expect(page.locator("body")).to_contain_text(word, timeout=30 * SECONDS)


def test_the_house_is_marked_as_a_demonstration(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.url}/?lang=zh")
    body = page.locator("body")
    expect(body).to_contain_text("市档案馆")
    expect(body).to_contain_text("演示 DEMO")


def test_the_water_story_is_on_the_plan_within_seconds(demo: Demo, page: Page, seconds: float) -> None:
    assert seconds < 20.0
    page.goto(f"{demo.url}/?lang=zh")
    expect(page.locator("body")).to_contain_text("未确认")


@pytest.mark.usefixtures("seconds")
def test_incident_and_rescue_list_in_chinese(demo: Demo, page: Page) -> None:
    see(page, f"{demo.url}/incident?lang=zh", "库房漏水", "二层 B 库", "步骤", "切断该区电源")
    see(page, f"{demo.url}/rescue?lang=zh", "清代契约文书", "理由")


@pytest.mark.usefixtures("seconds")
def test_incident_and_rescue_list_in_english(demo: Demo, page: Page) -> None:
    see(page, f"{demo.url}/incident?lang=en", "Water in a stack", "Steps", "Cut power to the zone.")
    see(page, f"{demo.url}/rescue?lang=en", "Qing deeds", "Why:")


@pytest.mark.usefixtures("seconds")
def test_the_message_is_on_the_phone_and_marked_as_never_sent(demo: Demo, page: Page) -> None:
    see(page, f"{demo.url}/phone?lang=zh", "【市档案馆】紧急：二层 B 库库房漏水", "PAPER TRAIL, NOT SENT")
    see(page, f"{demo.url}/alarms?lang=en", "Water in a stack", "unacknowledged")


def test_nothing_is_seen_without_signing_in(demo: Demo, chromium: Browser) -> None:
    stranger = chromium.new_context().new_page()
    for path in ("/", "/incident", "/rescue"):
        stranger.goto(demo.url + path)
        assert "/login" in stranger.url
        assert "契约" not in stranger.inner_text("body")
    stranger.context.close()


def test_a_frozen_server_is_said_across_the_screen(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.url}/?lang=zh")
    page.wait_for_selector("[data-story=water]")
    page.wait_for_timeout(3 * SECONDS)
    assert page.locator("#sr-veil").count() == 0
    server = demo.child("dashboard")
    assert server > 0, demo.said()  # a signal to 0 would stop the tests themselves
    os.kill(server, signal.SIGSTOP)
    try:
        page.wait_for_selector("#sr-veil", timeout=15 * SECONDS)
        veil = page.locator("#sr-veil")  # what it says first may be that the engine's beat grows old
        expect(veil).to_contain_text("画面已停止更新", timeout=10 * SECONDS)
        expect(veil).to_contain_text("SCREEN NOT UPDATING")
    finally:
        os.kill(server, signal.SIGCONT)
    page.wait_for_selector("#sr-veil", state="detached", timeout=60 * SECONDS)


@pytest.mark.usefixtures("seconds")
def test_a_dead_engine_is_said_and_comes_back(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.url}/?lang=zh")
    page.wait_for_selector("[data-story=water]")
    engine = demo.child("engine")
    assert engine > 0, demo.said()
    os.kill(engine, signal.SIGKILL)
    assert wait_until(lambda: demo.child("engine") not in {0, engine}, 20.0)
    expect(page.locator("body")).to_contain_text("库房漏水", timeout=30 * SECONDS)
    assert "engine ended (signal 9)" in demo.said()


def test_a_second_demonstration_is_refused_and_can_ask_for_a_story(demo: Demo) -> None:
    command = [sys.executable, "-m", "strongroom", "demo", "--data", str(demo.data)]
    second = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert second.returncode == 2
    assert "runs already" in second.stderr
    asked = subprocess.run(
        [*command, "--story", "climate"], capture_output=True, text=True, timeout=30, check=False
    )
    assert asked.returncode == 0
    assert "asked for: climate" in asked.stdout


def test_ctrl_c_leaves_nothing_running(demo: Demo) -> None:
    pids = descendants(demo.process.pid)
    assert len(pids) >= 6, "launcher, four children, the broker's own"
    assert demo.stop() == 0
    assert wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), 10.0)
    assert "everything stopped" in demo.said()
    assert "Traceback" not in demo.said()
    for log in (demo.data / "logs").iterdir():
        assert "Traceback" not in log.read_text(encoding="utf-8", errors="replace"), log.name
