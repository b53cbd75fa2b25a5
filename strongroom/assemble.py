"""Put an engine together from a building, a data directory and its edges."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alerts.sms import Sender
from ingest.messages import MessageSource
from sensors.model import Text
from strongroom import builtin
from strongroom.bypass import Bypass
from strongroom.clock import Clock
from strongroom.core import Core
from strongroom.datadir import INBOX_DB, SITE_DB
from strongroom.engine import Engine
from strongroom.feeder import Feeder
from strongroom.inbox import Inbox
from strongroom.instruments.register import Register
from strongroom.model import Building
from strongroom.salvage import salvage
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
) -> Engine:
    """Fold the journal, restore the rule states and build the engine; the source is made from what it must
    hear.

    A journal whose chain is broken is folded all the same - its alarms still stand - and alarmed. A site database
    that the disk gave back damaged is salvaged first, and what was lost is said. ``outdated`` says why ``building`` is
    not the folder as it is now.
    """
    lost = salvage(data / SITE_DB)
    db = SiteDb(data / SITE_DB)
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
    core.own(builtin.DAMAGE, lost is not None, lost.words if lost is not None else Text("", ""), clock.now())
    core.own(builtin.FOLDER, outdated is not None, outdated or Text("", ""), clock.now())
    inbox = Inbox(data / INBOX_DB)
    return Engine(
        core, source(core), db, inbox, clock, sender=sender, feeder=feeder, bypass=bypass, register=register
    )
