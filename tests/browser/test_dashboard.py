"""The pages in a real browser: signing in, the plan in both languages, phones, acts, and the veils."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visits import Enter, Site, visitors

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("data"), "water")
    yield made
    made.stop()


@pytest.fixture
def enter(chromium: Browser, site: Site) -> Iterator[Enter]:
    with visitors(
        chromium, site, role="coordinator", language="zh", width=1280, height=900, landmark=".sr-head"
    ) as made:
        yield made


@pytest.fixture(autouse=True)
def settled(site: Site) -> Iterator[None]:
    site.tell("water")
    yield
    site.process.send_signal(signal.SIGCONT)
    (site.data / "engine-dead").unlink(missing_ok=True)


def test_nobody_enters_without_signing_in_and_a_password_opens(chromium: Browser, site: Site) -> None:
    context = chromium.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(f"{site.address}/alarms")
    assert "/login" in page.url
    page.locator("details summary").click()
    page.fill("input[name=name]", "archivist")
    page.fill("input[name=password]", "wrong words")
    page.click("form[action='/login'] button")
    expect(page.locator("[role=alert]")).to_contain_text("wrong")
    page.locator("details summary").click()
    page.fill("input[name=name]", "archivist")
    page.fill("input[name=password]", "correct horse")
    page.click("form[action='/login'] button")
    page.wait_for_selector(".sr-head", timeout=60_000)
    context.close()


@pytest.mark.parametrize(
    ("language", "words", "tag"),
    [
        ("zh", ("二层 B 库", "库房漏水", "未确认"), "zh-CN"),
        ("en", ("Stack 2B", "Water in a stack", "unacknowledged"), "en"),
    ],
)
def test_status_shows_the_wet_room(enter: Enter, language: str, words: tuple[str, ...], tag: str) -> None:
    page = enter("/?floor=2F", language=language)
    expect(page.locator("svg.sr-plan #stack-2b")).to_be_visible()
    for word in words:
        expect(page.locator(".sr-banner")).to_contain_text(word)
    assert page.evaluate("document.documentElement.lang") == tag
    page.focus("svg.sr-plan #stack-2b")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.id") == "stack-2a"
    page.keyboard.press("Enter")
    expect(page.locator("[data-key=zone]")).to_contain_text("19.2 °C")


def test_a_change_arrives_by_itself_and_clears_again(enter: Enter, site: Site) -> None:
    site.tell("quiet")
    page = enter("/", language="en")
    expect(page.locator(".sr-banner")).to_contain_text("All normal")
    site.tell("fire")
    expect(page.locator(".sr-banner")).to_contain_text("Confirmed fire", timeout=10_000)
    expect(page.locator("#sr-said")).to_contain_text("Confirmed fire")
    site.tell("quiet")
    expect(page.locator(".sr-banner")).to_contain_text("All normal", timeout=10_000)


def test_first_run_says_so(enter: Enter, site: Site) -> None:
    site.tell("first")
    page = enter("/", language="en")
    expect(page.locator(".sr-starting")).to_contain_text("The engine is starting")
    site.tell("quiet")
    expect(page.locator(".sr-banner")).to_contain_text("All normal", timeout=10_000)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    "path", ["/status", "/alarms", "/incident", "/rescue", "/phone", "/trends", "/drills", "/setup", "/wall"]
)
def test_nothing_sticks_out_on_a_phone(enter: Enter, site: Site, path: str, language: str) -> None:
    site.tell("later")
    page = enter("/" if path == "/status" else path, language=language, width=390, height=844)
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    small = page.evaluate(
        """() => [...document.querySelectorAll('.sr button, .sr summary, .sr nav a')]
        .filter((at) => at.offsetParent && at.getBoundingClientRect().height < 24).map((at) => at.textContent)"""
    )
    assert small == []


def test_rescue_ticks_are_large_and_wait_while_offline(enter: Enter, site: Site) -> None:
    site.tell("later")
    page = enter("/rescue", role="helper", language="en", width=390, height=844)
    tick = page.locator("[data-key='tick-M002-out']")
    box = tick.bounding_box()
    assert box is not None and box["height"] >= 56
    page.context.set_offline(True)
    tick.click()
    expect(page.locator("#sr-unsent")).to_contain_text("1 waiting to send", timeout=10_000)
    tick.dispatch_event("click")
    page.context.set_offline(False)
    expect(page.locator("#sr-unsent")).to_have_count(0, timeout=20_000)
    kept = page.evaluate("JSON.parse(localStorage.getItem('strongroom-acts') || '[]').length")
    assert kept == 0


def test_a_refused_act_says_why(enter: Enter, site: Site) -> None:
    site.tell("later")
    page = enter("/incident", language="en")
    page.fill("[data-key='say-form'] input", "please refuse this")
    page.click("[data-key='say-form'] button")
    expect(page.locator("#sr-toasts")).to_contain_text("The cause persists", timeout=10_000)


def test_typing_and_open_forms_survive_the_refresh(enter: Enter) -> None:
    page = enter("/alarms", language="en")
    page.locator("[data-key^='shelf-'] summary").first.click()
    page.locator("[data-key^='shelve-'] input[name=reason]").first.fill("pipe works")
    page.wait_for_timeout(5000)
    assert page.locator("[data-key^='shelve-'] input[name=reason]").first.input_value() == "pipe works"
    assert page.locator("[data-key^='shelf-']").first.get_attribute("open") is not None


@pytest.mark.parametrize("path", ["/?floor=2F", "/incident", "/setup"])
def test_the_veil_falls_when_the_server_freezes_and_lifts_again(enter: Enter, site: Site, path: str) -> None:
    page = enter(path, language="zh")
    expect(page.locator("#sr-veil")).to_have_count(0)
    site.process.send_signal(signal.SIGSTOP)
    expect(page.locator(".sr-late").first).to_be_visible(timeout=9_000)
    veil = page.locator("#sr-veil")
    expect(veil).to_be_visible(timeout=12_000)
    expect(veil).to_contain_text("画面已停止更新")
    expect(veil).to_contain_text("SCREEN NOT UPDATING")
    box, size = veil.bounding_box(), page.viewport_size
    assert box is not None and size is not None
    assert (
        (box["x"], box["y"]) == (0, 0)
        and box["width"] >= size["width"] - 20
        and box["height"] == size["height"]
    )
    assert page.evaluate("document.elementFromPoint(40, 40).closest('#sr-veil') !== null")
    site.process.send_signal(signal.SIGCONT)
    expect(veil).to_have_count(0, timeout=30_000)
    expect(page.locator(".sr-head")).to_be_visible(timeout=30_000)


def test_a_dead_engine_has_a_veil_of_its_own(enter: Enter, site: Site) -> None:
    page = enter("/", language="en")
    (site.data / "engine-dead").write_text("")
    expect(page.locator("#sr-veil")).to_contain_text("ALARMS ARE NOT BEING EVALUATED", timeout=15_000)
    (site.data / "engine-dead").unlink()
    expect(page.locator("#sr-veil")).to_have_count(0, timeout=15_000)


def test_language_changes_in_place_and_stays(enter: Enter) -> None:
    page = enter("/alarms", language="zh")
    page.click("[data-key=lang]")
    expect(page.locator(".sr-nav .sr-here")).to_contain_text("Alarms", timeout=10_000)
    page.click("[data-key='nav-setup']")
    expect(page.locator(".sr-nav .sr-here")).to_contain_text("Setup", timeout=15_000)
    page.reload()
    expect(page.locator(".sr-nav .sr-here")).to_contain_text("Setup", timeout=30_000)


def test_the_rescue_list_prints_on_a4(enter: Enter, site: Site) -> None:
    site.tell("later")
    page = enter("/rescue", language="zh")
    page.goto(f"{site.address}/print/rescue?incident=inc-1&zone=stack-2b")
    expect(page.locator("h1")).to_contain_text("二层 B 库")
    paper = page.pdf(prefer_css_page_size=True)
    sheet = re.search(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", paper)
    assert sheet is not None
    assert [round(float(side)) for side in sheet.groups()] == [595, 842] or abs(float(sheet[2]) - 842) < 2
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_story_is_asked_for_with_one_click(enter: Enter, site: Site) -> None:
    page = enter("/?floor=2F", role="viewer", language="en")
    page.click("[data-key='story-water']")
    expect(page.locator("#sr-toasts")).to_contain_text("has begun", timeout=10_000)
    assert '"water"' in (site.data / "demo" / "requests.jsonl").read_text()
    assert (site.data / "demo" / "requests.jsonl").stat().st_size < 400
