"""Acknowledge only what is durable; say what could not be kept; lose nothing while the disk is away."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence

from sensors.model import RawMessage, Reading
from strongroom.clock import SetClock, SystemClock
from strongroom.committer import Committer
from strongroom.journal import GENESIS, Draft, chain, draft_fact
from strongroom.model import Entry
from strongroom.sitedb import Batch


class Disk:
    """A site database that can fill up."""

    def __init__(self) -> None:
        self.full = False
        self.kept: list[Batch] = []

    def commit(self, batch: Batch) -> list[Entry]:
        if self.full:
            raise sqlite3.OperationalError("database or disk is full")
        self.kept.append(batch)
        return [chain(GENESIS, n, draft) for n, draft in enumerate(batch.drafts, 1)]


class Desk:
    """Everything the committer calls back."""

    def __init__(self) -> None:
        self.disk = Disk()
        self.acknowledged: list[RawMessage] = []
        self.entries: list[Entry] = []
        self.failed: list[Draft] = []
        self.committer = Committer(
            self.disk, SetClock(), acknowledge=self._ack, kept=self.entries.extend, failed=self.failed.extend
        )

    def _ack(self, messages: Sequence[RawMessage]) -> None:
        assert self.disk.kept, "acknowledged before anything was durable"
        self.acknowledged += messages


def one(n: int) -> tuple[Batch, list[RawMessage]]:
    batch = Batch(
        readings=[Reading("t", float(n), float(n), float(n))],
        drafts=[draft_fact("engine.started", str(n), float(n))],
    )
    return batch, [RawMessage("t", b"1", float(n), token=n)]


def test_a_disk_that_hangs_keeps_nobody_waiting_and_nothing_is_told_twice() -> None:
    clock = SetClock()
    told: list[Draft] = []
    kept: list[Entry] = []

    class Hanging(Disk):
        def commit(self, batch: Batch) -> list[Entry]:
            committer.tell()
            assert len(told) == 1, "what is under way"
            committer.offer(*one(2))
            clock.move(3.0)
            told_of = committer.trouble()
            assert told_of is not None and "3 s" in told_of.en and "3 秒" in told_of.zh
            committer.tell()
            assert len(told) == 2, "and what came meanwhile"
            return super().commit(batch)

    committer = Committer(Hanging(), clock, acknowledge=lambda _: None, kept=kept.extend, failed=told.extend)
    committer.offer(*one(1))
    assert committer.pump()
    assert committer.trouble() is None
    committer.tell()
    assert [draft.about for draft in told] == ["1", "2"]
    assert [entry.about for entry in kept] == ["1"]


def test_batches_offered_between_commits_become_one_group() -> None:
    desk = Desk()
    for n in range(3):
        desk.committer.offer(*one(n))
    assert desk.acknowledged == []
    assert desk.committer.pump()
    assert len(desk.disk.kept) == 1
    assert [r.value for r in desk.disk.kept[0].readings] == [0.0, 1.0, 2.0]
    assert [m.token for m in desk.acknowledged] == [0, 1, 2]
    assert [e.about for e in desk.entries] == ["0", "1", "2"]


def test_a_full_disk_acknowledges_nothing_reports_once_and_resumes_in_order() -> None:
    desk = Desk()
    desk.disk.full = True
    desk.committer.offer(*one(0))
    assert not desk.committer.pump()
    assert not desk.committer.pump()
    desk.committer.offer(*one(1))
    assert not desk.committer.pump()
    assert "full" in desk.committer.error
    assert desk.acknowledged == []
    assert [d.about for d in desk.failed] == ["0", "1"], "each decision is told once although nothing is kept"
    assert desk.committer.waiting() == 2

    desk.disk.full = False
    assert desk.committer.pump()
    assert [r.value for r in desk.disk.kept[0].readings] == [0.0, 1.0]
    assert [m.token for m in desk.acknowledged] == [0, 1]
    assert desk.committer.error == ""
    assert desk.committer.waiting() == 0


def test_messages_without_a_reading_are_acknowledged_too() -> None:
    desk = Desk()
    desk.disk.kept.append(Batch())
    desk.committer.offer(Batch(), [RawMessage("noise", b"", 0.0, token=9)])
    desk.committer.pump()
    assert [m.token for m in desk.acknowledged] == [9]


def test_stopping_writes_what_is_waiting() -> None:
    desk = Desk()
    desk.committer.start()
    desk.committer.offer(*one(5))
    desk.committer.stop()
    assert [m.token for m in desk.acknowledged] == [5]


def test_a_fault_that_no_disk_ever_said_is_told_and_ends_nothing() -> None:
    desk = Desk()

    class Broken(Disk):
        def commit(self, batch: Batch) -> list[Entry]:
            raise OverflowError("too large for a column")

    whole, desk.committer._store = desk.disk, Broken()
    desk.committer.offer(*one(1))
    assert not desk.committer.pump()
    said = desk.committer.trouble()
    assert said is not None and "OverflowError: too large" in said.en
    assert [draft.about for draft in desk.failed] == ["1"], "alarms go out from memory"
    assert desk.acknowledged == []
    desk.committer._store = whole
    assert desk.committer.pump()
    assert desk.committer.trouble() is None
    assert [message.token for message in desk.acknowledged] == [1]


def test_the_thread_outlives_a_callback_that_raises() -> None:
    disk, heard = Disk(), threading.Event()

    def acknowledge(messages: Sequence[RawMessage]) -> None:
        if messages[0].token == 1:
            raise RuntimeError("the link is gone")
        heard.set()

    committer = Committer(
        disk, SystemClock(), acknowledge=acknowledge, kept=lambda _: None, failed=lambda _: None
    )
    committer.start()
    committer.offer(*one(1))
    while not disk.kept:
        pass
    committer.offer(*one(2))
    assert heard.wait(10.0)
    committer.stop()
