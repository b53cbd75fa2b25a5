"""``strongroom contact-test``: asks the running engine to test every channel of a person, and shows what came of it."""

from __future__ import annotations

import secrets
import sqlite3
import threading
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from alerts.model import Notice, NoticeState
from alerts.notices import LOST
from alerts.proof import proven
from alerts.why import STATES
from strongroom.cli import app
from strongroom.clock import SystemClock
from strongroom.datadir import INBOX_DB, SITE_DB, last_good
from strongroom.inbox import Inbox
from strongroom.journal import ActData, NoticeData, decode
from strongroom.model import Act, TestContact
from strongroom.sitedb import SiteReader

LOOK_EVERY_S = 1.0


@app.command("contact-test")
def contact_test(
    data: Annotated[Path, typer.Argument(help="Data directory of the building · 数据目录")],
    person: Annotated[str, typer.Argument(help="Person id · 人员编号")],
    wait_s: Annotated[float, typer.Option(min=0.0, help="How long to wait for results · 等待秒数")] = 90.0,
) -> None:
    """Send a test on every channel of one person, marked as a test, and wait for the results · 测试联系人.

    Ends with 0 if every channel proved itself, 1 if not, 2 if it could not be asked for.
    """
    building = last_good(data)
    if building is None or not (data / SITE_DB).is_file():
        _stop(f"{data}: 没有运行过的系统 · no installation ran here; give its data directory")
    if person not in building.people:
        _stop(f"{person}: 没有这个人 · nobody here has that id; they are: {', '.join(building.people)}")
    clock = SystemClock()
    asked = f"contact-test-{secrets.token_hex(8)}"
    inbox = Inbox(data / INBOX_DB)
    inbox.put(Act(id=asked, at=clock.now(), by=person, what=TestContact(person=person), means="command line"))
    inbox.close()
    until, never = clock.monotonic() + wait_s, threading.Event()
    while True:
        refused, notices = results(data, asked)
        settled = notices and all(proven(n) or n.state in LOST for n in notices)
        if refused or settled or clock.monotonic() >= until:
            break
        clock.wait(LOOK_EVERY_S, never)
    if refused:
        _stop(refused)
    if not notices:
        _stop("引擎没有应答；它在运行吗？ · The engine did not answer; is it running?")
    for notice in notices:
        mark, state = "✔" if proven(notice) else "✘", STATES[notice.state]
        typer.echo(f"{mark} {notice.channel}: {state.zh} {notice.error} · {state.en} {notice.error}")
    raise typer.Exit(0 if all(proven(n) for n in notices) else 1)


def results(data: Path, asked: str) -> tuple[str, list[Notice]]:
    """Why the engine refused (empty if it did not), and the test messages as they stand."""
    try:
        reader = SiteReader(data / SITE_DB)
        outcome = reader.outcome(asked)
        notices: dict[str, Notice] = {}
        for entry in reader.entries(kind="notice.", limit=2000, newest=True):
            found = decode(entry)
            if isinstance(found, NoticeData) and found.notice.id.startswith(f"test:{asked}:"):
                notices.setdefault(found.notice.id, found.notice)
        reader.close()
    except sqlite3.Error:
        return "", []
    act = decode(outcome) if outcome is not None else None
    why = act.refused if isinstance(act, ActData) else None
    known = [n for n in notices.values() if n.state is not NoticeState.NOTED]
    return (f"{why.zh} · {why.en}" if why else ""), sorted(known, key=lambda n: n.channel)


def _stop(words: str) -> NoReturn:
    typer.echo(words, err=True)
    raise typer.Exit(2)
