"""Put an engine together from a building, a data directory and its edges."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

from alerts.sms import Sender
from ingest.messages import MessageSource
from sensors.model import Text
from strongroom import builtin
from strongroom.accounts import Accounts
from strongroom.bypass import Bypass
from strongroom.clock import Clock
from strongroom.core import Core
from strongroom.datadir import CURSORS_DB, INBOX_DB, SITE_DB
from strongroom.engine import Engine
from strongroom.feeder import Feeder
from strongroom.inbox import Inbox
from strongroom.instruments.register import Register
from strongroom.model import Building
from strongroom.salvage import CURSORS, INBOX, SITE, Lost, in_memory, salvage
from strongroom.sitedb import SiteDb


def make_engine(
    building: Building,
    data: Path,
    clock: Clock,
    source: Callable[[Core], MessageSource],
    sender: Sender | None = None,
    feeder: Feeder | None = None,
    bypass: Bypass | None = None,
    *,
    test_at: str = "",
    register: Register | None = None,
    outdated: Text | None = None,
    accounts: Accounts | None = None,
) -> Engine:
    """Fold the journal, restore the rule states and build the engine; the source is made from what it must
    hear.

    A journal whose chain is broken is folded all the same - its alarms still stand - and alarmed. A site database
    that the disk gave back damaged is salvaged first, and what was lost is said. Where the disk takes nothing at all,
    the engine starts from what can be read of it, and writes as soon as it can. ``outdated`` says why ``building`` is
    not the folder as it is now.
    """
    lost: list[Lost] = []
    try:
        for name, shape in ((SITE_DB, SITE), (CURSORS_DB, CURSORS)):
            if (found := salvage(data / name, shape)) is not None:
                lost.append(found)
        moved = _moved(data / CURSORS_DB)
        db = SiteDb(data / SITE_DB, moved_upto=moved)
        if (found := salvage(data / INBOX_DB, INBOX, {"acts": db.number("acts") or 0})) is not None:
            lost.append(found)
    except (sqlite3.OperationalError, OSError):
        moved = _moved(data / CURSORS_DB)
        db = SiteDb(data / SITE_DB, stand_in=in_memory(data / SITE_DB, SITE), moved_upto=moved)
    broken = db.broken_at()
    core = Core(
        building,
        clock.now(),
        latest=db.latest(),
        rule_states=db.rule_states(),
        journal=db.entries(),
        channels=sorted(sender.channels) if sender is not None else (),
        test_at=test_at,
    )
    if broken is not None:
        words = Text(f"第 {broken} 条记录与校验不符。", f"Entry {broken} does not match its seal.")
        core.own(builtin.JOURNAL, True, words, clock.now())
    told = Text("".join(one.words.zh for one in lost), " ".join(one.words.en for one in lost))
    core.own(builtin.DAMAGE, bool(lost), told, clock.now())
    core.says(builtin.FOLDER, outdated, clock.now())
    core.says(builtin.PROGRAM, None, clock.now())  # a start is the remedy its advice names
    inbox = Inbox(data / INBOX_DB, read_upto=_acts_read(db, data / INBOX_DB))
    says: dict[str, Callable[[], Text | None]] = {builtin.INBOX: inbox.trouble}
    if accounts is not None:
        says[builtin.ACCOUNTS] = accounts.trouble
    return Engine(
        core,
        source(core),
        db,
        inbox,
        clock,
        sender=sender,
        feeder=feeder,
        bypass=bypass,
        register=register,
        told=says,
    )


def _acts_read(db: SiteDb, path: Path) -> int:
    """Up to which number people's acts are decided; where that was lost, up to the last one that the journal knows."""
    noted = db.number("acts")
    if noted is not None:
        return noted
    decided = {entry.about for entry in db.entries() if entry.kind == "act"}
    with contextlib.closing(in_memory(path, INBOX)) as acts:
        known = (number for number, name in acts.execute("SELECT seq, id FROM acts") if name in decided)
        return max(known, default=0)


def _moved(path: Path) -> int:
    """Up to which number the series writer has moved readings on, as far as its file can be read."""
    with contextlib.closing(in_memory(path, CURSORS)) as db:
        row = db.execute("SELECT max(seq) FROM cursor").fetchone()
        return int(row[0] or 0)
