"""Phones in dead spots: ticks without a connection, what follows from them, refusals, the word across the top."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Error, Page, Route, expect

from tests.brokers import wait_until
from tests.browser.visits import Enter, Site, visitors

pytestmark = pytest.mark.timeout(180)
KEPT = "JSON.parse(localStorage.getItem('strongroom-acts') || '[]')"


def is_kept(page: Page) -> bool:
    """Whether the list lies in this browser; asked for as a value, because waiting for a function takes a promise for
    a yes."""
    return bool(page.evaluate("caches.match('/rescue/kept').then(Boolean)"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("data"), "later")
    yield made
    made.stop()


@pytest.fixture
def phone(chromium: Browser, site: Site) -> Iterator[Enter]:
    with visitors(
        chromium, site, role="helper", language="en", width=390, height=844, landmark=".sr-views"
    ) as made:
        yield made


@pytest.fixture(autouse=True)
def settled(site: Site) -> Iterator[None]:
    site.tell("later")
    yield
    site.process.send_signal(signal.SIGCONT)


def test_a_whole_trip_is_ticked_without_a_connection(phone: Enter, site: Site) -> None:
    page = phone("/rescue")
    row = page.locator("[data-key='item-M002']")
    page.context.set_offline(True)
    out = row.locator("[data-tick=out]").first
    box = out.bounding_box()
    assert box is not None and box["height"] >= 56, "gloves"
    out.click()
    expect(row.locator(".sr-mineline")).to_contain_text("waiting to send")
    expect(out).to_be_hidden()
    out.dispatch_event("click")
    row.locator("[data-condition=wet]").click()
    expect(row.locator("[data-condition=wet]")).to_have_attribute("aria-pressed", "true")
    row.locator("[data-tick=arrived]").click()
    expect(row.locator(".sr-mineline")).to_contain_text("arrived")
    kept = [one["body"] for one in page.evaluate(KEPT)]
    assert [(one["state"], one["was"], one.get("condition", "")) for one in kept] == [
        ("out", "waiting", ""), ("out", "out", "wet"), ("arrived", "out", ""),
    ], "a second tap is no second tick"  # fmt: skip
    expect(page.locator("#sr-unsent")).to_contain_text("3 waiting to send", timeout=10_000)
    page.wait_for_timeout(11_000)
    strip = page.locator("#sr-veil")
    expect(strip).to_contain_text("SCREEN NOT UPDATING")
    expect(strip).to_contain_text("Keep ticking")
    size = strip.bounding_box()
    assert size is not None and size["width"] >= 380 and size["height"] < 300, (
        "across the top, not over the list"
    )
    other = page.locator("[data-key='item-J031'] [data-tick=out]").first
    other.scroll_into_view_if_needed()
    other.click()
    assert len(page.evaluate(KEPT)) == 4
    page.context.set_offline(False)
    expect(page.locator("#sr-unsent")).to_have_count(0, timeout=40_000)
    assert page.evaluate(KEPT) == []


def test_what_waits_survives_the_browser_being_closed(chromium: Browser, phone: Enter, site: Site) -> None:
    page = phone("/rescue")
    site.process.send_signal(signal.SIGSTOP)
    page.locator("[data-key='item-M002'] [data-tick=out]").first.click()
    expect(page.locator("#sr-unsent")).to_contain_text("1 waiting", timeout=10_000)
    context = page.context
    page.close()
    site.process.send_signal(signal.SIGCONT)
    again = context.new_page()
    again.goto(f"{site.address}/rescue")
    again.wait_for_selector(".sr-views", timeout=60_000)
    expect(again.locator("#sr-unsent")).to_have_count(0, timeout=20_000)
    assert again.evaluate(KEPT) == []


@pytest.mark.parametrize("how", ["offline", "silent"])
def test_the_list_and_its_ticks_are_still_there_after_loading_it_again_without_reception(
    phone: Enter, site: Site, how: str
) -> None:
    page = phone("/rescue")
    assert wait_until(lambda: is_kept(page), 20.0)
    assert page.evaluate("navigator.serviceWorker.ready.then((one) => Boolean(one.active))")
    if how == "offline":
        page.context.set_offline(True)
    else:
        site.process.send_signal(signal.SIGSTOP)
    row = page.locator("[data-key='item-M002']")
    row.locator("[data-tick=out]").first.click()
    for _ in range(2):
        page.reload(timeout=90_000)
        expect(row.locator(".sr-mineline")).to_contain_text("waiting to send", timeout=30_000)
        expect(page.locator("#sr-veil")).to_contain_text("SCREEN NOT UPDATING")
    row.locator("[data-tick=arrived]").click()
    assert [one["body"]["state"] for one in page.evaluate(KEPT)] == ["out", "arrived"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    if how == "offline":
        page.context.set_offline(False)
    else:
        site.process.send_signal(signal.SIGCONT)
    page.wait_for_selector("[data-testid=stMain] .sr-views", timeout=60_000)
    page.wait_for_function(f"{KEPT}.length === 0", timeout=40_000)
    expect(page.locator("#sr-veil")).to_have_count(0, timeout=40_000)


def test_nothing_is_kept_after_signing_out_or_once_the_list_is_closed(phone: Enter, site: Site) -> None:
    page = phone("/rescue", "coordinator")
    assert wait_until(lambda: is_kept(page), 20.0)
    site.tell("quiet")
    assert wait_until(lambda: not is_kept(page), 20.0)
    site.tell("later")
    assert wait_until(lambda: is_kept(page), 20.0)
    page.locator("[data-leave]").first.dispatch_event("click")
    page.wait_for_url("**/login**")
    assert page.evaluate("caches.has('strongroom-list')") is False
    page.context.set_offline(True)
    with pytest.raises(Error, match="ERR_"):
        page.goto(f"{site.address}/rescue")


def test_a_reason_takes_one_tap_and_a_refusal_is_told_plainly(phone: Enter) -> None:
    page = phone("/rescue")
    row = page.locator("[data-key='item-M002']")
    row.locator("[data-key='drawer-cannot-M002'] > summary").click()
    row.locator("input[name=note]").fill("please refuse this")
    row.locator("form[data-tick=cannot] button").click()
    expect(page.locator("#sr-toasts")).to_contain_text("The cause persists", timeout=10_000)
    expect(row.locator("[data-tick=out]").first).to_be_visible(timeout=10_000)


def test_a_typed_crate_code_opens_the_crate_and_the_keyboard_reaches_it(phone: Enter, site: Site) -> None:
    site.tell("salvage")
    page = phone("/rescue?view=arrivals")
    page.locator("input[name=find]").fill("a01")
    page.keyboard.press("Enter")
    expect(page.locator("[data-key='crate-A01'] h2")).to_contain_text("Crate A01 · 1 inside", timeout=10_000)
    sent: list[dict[str, object]] = []
    page.on(
        "request", lambda r: sent.append(json.loads(r.post_data or "{}")) if r.url.endswith("/act") else None
    )
    page.locator("[data-key='receive-A01']").click()
    page.wait_for_timeout(1500)
    assert [(one["type"], one["crate"], one["to"]) for one in sent] == [("incident.move", "A01", "car-park")]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("view", ["carry", "arrivals", "wet", "plan"])
def test_nothing_sticks_out_and_everything_is_large_enough(
    phone: Enter, site: Site, view: str, language: str
) -> None:
    site.tell("replan" if view in {"carry", "plan"} else "salvage")
    page = phone(f"/rescue?view={view}", "coordinator", language)
    for one in page.locator("details.sr-drawer > summary").all():
        if one.is_visible():
            one.click()
    page.wait_for_timeout(400)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    small = page.evaluate(
        """() => [...document.querySelectorAll('.sr-itemacts button, .sr-views a, .sr-fixed .sr-button')]
        .filter((at) => at.offsetParent && at.getBoundingClientRect().height < 48).map((at) => at.textContent)"""
    )
    assert small == []
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('.sr button, .sr a, .sr input, .sr select')]
        .filter((at) => at.offsetParent && !(at.textContent.trim() || at.getAttribute('aria-label')
          || at.closest('label')?.textContent.trim())).map((at) => at.outerHTML)"""
    )
    assert nameless == []


@pytest.mark.parametrize(("path", "paper"), [("crates?count=16", 2), ("custody?incident=inc-1", 1)])
def test_sheets_of_the_assembly_point_print_on_a4(phone: Enter, site: Site, path: str, paper: int) -> None:
    site.tell("salvage")
    page = phone("/rescue?view=arrivals")
    page.goto(f"{site.address}/print/{path}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth || innerWidth < 800")
    assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == paper


def test_an_answer_that_is_not_ours_takes_no_tick(phone: Enter) -> None:
    page = phone("/rescue")
    answers = iter(["portal", "lost", "refused"])
    asked: list[str] = []

    def between(route: Route) -> None:
        asked.append(json.loads(route.request.post_data or "{}")["id"])
        match next(answers, ""):
            case "portal":  # the sign-in page of a wireless network
                route.fulfill(status=200, content_type="text/html", body="<html>Welcome to guest wifi</html>")
            case "lost":  # taken, but the answer never comes back
                route.fetch()
                route.abort()
            case "refused":
                route.fulfill(status=502, body="bad gateway")
            case _:
                route.continue_()

    page.route("**/act", between)
    page.locator("[data-key='item-M002'] [data-tick=out]").first.click()
    page.wait_for_function(f"{KEPT}.length === 0", timeout=30_000)
    assert len(asked) == 4 and len(set(asked)) == 1, "one act under one id, until our own server took it"


def test_pages_of_one_browser_keep_one_list_and_a_new_session_loses_nothing(phone: Enter, site: Site) -> None:
    first = phone("/rescue")
    second = first.context.new_page()
    second.goto(f"{site.address}/rescue")
    second.wait_for_selector(".sr-views", timeout=60_000)
    first.context.set_offline(True)
    first.locator("[data-key='item-M002'] [data-tick=out]").first.click()
    second.locator("[data-key='item-J031'] [data-tick=out]").first.click()
    kept = f"{KEPT}.map((one) => one.body.holding)"
    assert second.evaluate(kept) == ["M002", "J031"], "neither page writes over what the other keeps"
    second.close()
    first.context.set_offline(False)
    first.wait_for_function(f"{KEPT}.length === 0", timeout=40_000)

    # The same person signs in again in another page: the first has the word of a session that is over.
    other = first.context.new_page()
    other.goto(f"{site.address}/login?to=/rescue")
    other.click("button[value=helper]")
    other.wait_for_selector(".sr-views", timeout=60_000)
    first.bring_to_front()
    sent: list[int] = []
    first.on("response", lambda one: sent.append(one.status) if one.url.endswith("/act") else None)
    first.locator("[data-key='item-J031'] [data-tick=out]:visible").first.click()
    first.wait_for_function(f"{KEPT}.length === 0", timeout=40_000)
    assert sent[-1] == 202, sent


def test_a_clock_that_jumps_while_a_tick_waits_makes_it_no_older_than_its_page(
    phone: Enter,
) -> None:
    page = phone("/rescue")
    page.context.set_offline(True)
    page.locator("[data-key='item-M002'] [data-tick=out]").first.click()
    page.evaluate("{ const real = Date.now.bind(Date); Date.now = () => real() + 3 * 86400000; }")
    bodies: list[dict[str, float]] = []
    page.on(
        "request",
        lambda one: bodies.append(json.loads(one.post_data or "{}")) if one.url.endswith("/act") else None,
    )
    page.context.set_offline(False)
    page.wait_for_function(f"{KEPT}.length === 0", timeout=40_000)
    assert bodies[-1]["ago_s"] > 2 * 86_400 and bodies[-1]["seen_at"] > 0


def test_two_taps_of_one_thumb_are_one_tick(phone: Enter) -> None:
    page = phone("/rescue")
    page.context.set_offline(True)
    page.locator("[data-key='item-M002'] [data-tick=out]").first.dblclick()
    page.locator("[data-key='item-J031'] [data-tick=covered]").first.dblclick()
    states = page.evaluate(f"{KEPT}.map((one) => [one.body.holding, one.body.state])")
    assert states == [["M002", "out"], ["J031", "covered"]], "the button that took its place is not meant"
    page.wait_for_timeout(700)
    page.locator("[data-key='item-M002'] [data-tick=arrived]:visible").first.click()
    assert page.evaluate(f"{KEPT}.length") == 3
