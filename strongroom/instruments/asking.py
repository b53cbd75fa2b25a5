"""How a command asks the running engine: the act goes through the inbox, the answer comes from the journal."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from pathlib import Path
from uuid import uuid4

from sensors.model import Text
from sensors.newcomers import PREFIX, Newcomers
from strongroom.clock import Clock
from strongroom.datadir import INBOX_DB, SITE_DB
from strongroom.inbox import Inbox
from strongroom.instruments.acts import InstrumentAct
from strongroom.journal import ActData, decode
from strongroom.model import Act, Building
from strongroom.sitedb import SiteReader

ANSWER_S = 20.0
LOOK_EVERY_S = 0.1
DONE = Text("", "")
WAITS = Text(
    "引擎没有回答；它下次运行时会处理这项操作。",
    "The engine has not answered; it decides this as soon as it runs.",
)


def newcomers(data: Path, building: Building) -> Newcomers:
    """The inbox as the engine last wrote it; empty before the engine's first start."""
    stored: dict[str, bytes] = {}
    with contextlib.suppress(sqlite3.Error):  # not yet made, or just being made
        if (data / SITE_DB).is_file():
            reader = SiteReader(data / SITE_DB)
            try:
                stored = reader.states(PREFIX)
            finally:
                reader.close()
    return Newcomers(building.sensors, building.timezone, stored)


def ask(data: Path, what: InstrumentAct, by: str, clock: Clock, wait_s: float = ANSWER_S) -> Text | None:
    """Hand an act over and wait for its outcome: None when done, the refusal, or :data:`WAITS`."""
    act = Act(id=f"cli-{uuid4()}", at=clock.now(), by=by, what=what, means="command line")
    inbox = Inbox(data / INBOX_DB)
    inbox.put(act)
    inbox.close()
    until = clock.monotonic() + wait_s
    never = threading.Event()
    while clock.monotonic() < until:
        if (data / SITE_DB).is_file():
            reader = SiteReader(data / SITE_DB)
            entry = reader.outcome(act.id)
            reader.close()
            decided = decode(entry) if entry is not None else None
            if isinstance(decided, ActData):
                return decided.refused
        clock.wait(LOOK_EVERY_S, never)
    return WAITS
