"""A year of one channel in a real browser: from opening the page to the chart being drawn (C48).

``python -m bench.trends --json`` (``--quick`` for a try). Fills an embedded store with a sealed year of every channel
and a journal with its alarms, serves the pages as the product does, and opens the year of another room each time, so
that nothing is shared but the process. ``first`` is the first page of a fresh process and browser;
``page_without_a_chart_s`` is what any page of ours takes.
"""

from __future__ import annotations

import argparse
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from playwright.sync_api import Page, sync_playwright

from alerts.model import Alarm, AlarmEvent
from alerts.rule import Cause
from bench.year import DAY_S, T0, building, sealed
from dashboard.app import run
from dashboard.door import COOKIE, Door
from dashboard.site_desk import SiteDesk
from dashboard.world import World
from ingest.series_sqlite import SqliteSeries
from sensors.model import Text, Zone
from strongroom.accounts import session_key
from strongroom.clock import SetClock
from strongroom.datadir import READINGS_DB, SITE_DB, keep_last_good
from strongroom.journal import draft_alarm
from strongroom.model import Board, Building, Health
from strongroom.sitedb import Batch, SiteDb, encode_board
from strongroom.users import Users

DAYS = 365
NOW = T0 + DAYS * DAY_S
BUDGET_S = 3.0
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
DRAWN = ".sr-chart polyline"


def rooms(count: int, every_s: float) -> Building:
    """As many rooms, each with one channel."""
    site = building(count, every_s)
    sensors = {one.id: replace(one, zone=f"room{n}") for n, one in enumerate(site.sensors.values())}
    zones = {
        one.zone: Zone(id=one.zone, name=Text(one.zone, one.zone), kind="stack", floor="1")
        for one in sensors.values()
    }
    return replace(site, sensors=sensors, zones=zones)


def fill(data: Path, site: Building, alarms: int) -> int:
    """A data directory as a year of running would leave it; how many readings it holds."""
    count = sealed(data / READINGS_DB, site, DAYS)
    keep_last_good(site, data)
    rule = next(iter(site.rules.values()))
    drafts = []
    for number in range(alarms):
        at = T0 + (number + 0.5) * DAYS * DAY_S / alarms
        sensor = f"s{number % len(site.sensors)}"
        cause = Cause(sensor=sensor, quantity="humidity", value=61.0, unit="%RH", limit=60.0, measured_at=at)
        alarm = Alarm(
            id=f"{rule.id}@{sensor}#{number}",
            rule=rule.id,
            scope=sensor,
            zone=site.sensors[sensor].zone,
            reference=f"A{number}",
            priority=3,
            fault=False,
            life_safety=False,
            name=rule.name,
            raised_at=at,
            active=False,
            cause=cause,
        )
        drafts.append(draft_alarm(AlarmEvent(kind="alarm.raised", alarm=alarm, at=at)))
    health = Health(
        broker_connected=True,
        broker_detail="",
        broker_since_at=T0,
        intake_queue=0,
        intake_rate=0.0,
        commit_ms=0.0,
        backlog=0,
    )
    board = Board(
        revision=1,
        at=NOW,
        beat_at=NOW,
        building=site.id,
        folder_revision=site.revision,
        started_at=T0,
        latest={},
        alarms=(),
        incidents=(),
        notices=(),
        on_duty=(),
        health=health,
    )
    base = SiteDb(data / SITE_DB)
    base.commit(Batch(drafts=drafts, board=encode_board(board)))
    base.close()
    return count


def serve(port: int, data: Path) -> None:
    """The pages of that directory, at the moment its year ends."""
    clock = SetClock(NOW)
    users = Users(data / "users.db")
    desk = SiteDesk(data, clock, building(1, 600), lambda: SqliteSeries(data / READINGS_DB, read_only=True))
    run(
        World(
            desk=desk, door=Door(session_key(data), users, desk.building), users=users, clock=clock, data=data
        ),
        port,
    )


def measure(data: Path, site: Building, repeats: int) -> dict[str, Any]:
    """Open the year of one room after the other."""
    users = Users(data / "users.db")
    users.add("bench", "correct horse battery", ("viewer",), "", "en")
    user = users.get("bench")
    if user is None:
        raise RuntimeError("the user was not made")
    cookie = Door(session_key(data), users, lambda: site).admit(user, NOW)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    address = f"http://127.0.0.1:{port}"
    server = subprocess.Popen([sys.executable, "-m", "bench.trends", "--serve", str(port), str(data)])
    try:
        _wait(address)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
            waits, weights, bare = [], [], []
            for number in range(repeats + 1):
                context = browser.new_context(viewport={"width": 1440, "height": 900})
                context.add_cookies([{"name": COOKIE, "value": cookie, "url": address}])
                page = context.new_page()
                waits.append(_opened(page, f"{address}/trends?span=1y&zone=room{number}"))
                weights.append(page.evaluate("document.querySelector('.sr-chart').outerHTML.length"))
                points = page.evaluate(
                    f"document.querySelector('{DRAWN}').getAttribute('points').split(' ').length"
                )
                bare.append(_opened(page, f"{address}/phone", ".sr-main"))
                context.close()
            browser.close()
    finally:
        server.terminate()
        server.wait(15)
    rest = sorted(waits[1:])
    return {
        "opened_to_drawn_s": {
            "first": round(waits[0], 2),
            "median": round(statistics.median(rest), 2),
            "worst": round(rest[-1], 2),
        },
        "page_without_a_chart_s": round(statistics.median(bare), 2),
        "budget_s": BUDGET_S,
        "points_drawn": points,
        "chart_bytes": max(weights),
    }


def _opened(page: Page, address: str, drawn: str = DRAWN) -> float:
    began = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector(drawn, timeout=60_000)
    # Two frames later it is on the glass.
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return time.perf_counter() - began


def _wait(address: str) -> None:
    until = time.perf_counter() + 60
    while time.perf_counter() < until:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the pages did not start within 60 s")


def read_ms(data: Path, site: Building) -> float:
    """The store's part of it: points and gaps of a year, median over the rooms, each read for the first time."""
    desk = SiteDesk(data, SetClock(NOW), site, lambda: SqliteSeries(data / READINGS_DB, read_only=True))
    took = []
    for sensor in site.sensors:
        began = time.perf_counter()
        desk.course(sensor, T0, NOW, 480)
        took.append(time.perf_counter() - began)
    return round(1000 * statistics.median(took), 1)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="only the JSON object")
    parser.add_argument("--quick", action="store_true", help="a reading every ten minutes, two rooms")
    parser.add_argument("--every", type=float, default=60.0, help="seconds between readings")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--alarms", type=int, default=5000, help="in the journal of the year")
    parser.add_argument("--serve", nargs=2, metavar=("PORT", "DATA"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        serve(int(asked.serve[0]), Path(asked.serve[1]))
        return
    every, repeats = (600.0, 1) if asked.quick else (asked.every, asked.repeats)
    site = rooms(repeats + 1, every)
    with tempfile.TemporaryDirectory() as name:
        data = Path(name)
        count = fill(data, site, asked.alarms)
        found = measure(data, site, repeats)
        found |= {
            "readings_of_a_channel": count // len(site.sensors),
            "alarms_in_the_journal": asked.alarms,
            "store_read_ms": read_ms(data, site),
        }
    print(json.dumps(found, indent=None if asked.json else 2))


if __name__ == "__main__":
    main()
