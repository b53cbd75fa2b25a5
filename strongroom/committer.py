"""The group commit: makes batches durable, then lets the broker be acknowledged and notices be sent.

A thread of its own, so that a stalled disk delays no decision. While one commit is under way the next batch
grows; commits are at most ``every_s`` apart while there is anything to write.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from sensors.model import RawMessage, Text
from strongroom.clock import Clock
from strongroom.journal import Draft
from strongroom.model import Entry
from strongroom.sitedb import Batch, is_damage

RETRY_S = 1.0
STALLED_S = 2.0
"""Seconds after which one commit is a disk that hangs: a sick disk says nothing, it just does not come back."""


class Store(Protocol):
    """What the committer needs of the site database."""

    def commit(self, batch: Batch) -> list[Entry]:
        """Make a batch durable in one transaction or raise."""


class Committer:
    """Takes batches from the engine's turn; calls back from its own thread.

    ``acknowledge(messages)`` only after their batch is durable. ``kept(entries)`` after each commit.
    ``failed(drafts)`` once per draft that cannot be written, so that what was decided is still sent: while
    the disk is away alarms go on from memory and nothing is acknowledged. It is called by whoever calls
    :meth:`pump` or :meth:`tell`.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        acknowledge: Callable[[Sequence[RawMessage]], None],
        kept: Callable[[Sequence[Entry]], None],
        failed: Callable[[Sequence[Draft]], None],
        every_s: float = 0.02,
    ) -> None:
        self._store = store
        self._clock = clock
        self._acknowledge = acknowledge
        self._kept = kept
        self._failed = failed
        self._every_s = every_s
        self._lock = threading.Lock()
        self._batch = Batch()
        self._under_way = Batch()
        self._messages: list[RawMessage] = []
        self._wake = threading.Event()
        self._quiet = threading.Event()
        self._stopping = False
        self._told = 0  # drafts under way and waiting that were told without being durable
        self._oldest: float | None = None  # since when something waits to be written, monotonic
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._began: float | None = None  # when the commit under way began, on the monotonic clock
        self.error = ""
        self.damaged = False  # the file is no longer what SQLite wrote: only a new start can salvage it
        self.last_ms = 0.0
        self.commits = 0

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def offer(self, batch: Batch, messages: Sequence[RawMessage]) -> None:
        """Add to what the next commit writes."""
        with self._lock:
            self._batch.merge(batch)
            self._messages += messages
            if self._oldest is None:
                self._oldest = self._clock.monotonic()
        self._wake.set()

    def behind_s(self) -> float:
        """How long the oldest waiting decision waits, also while the disk does not answer. Any thread may ask."""
        oldest = self._oldest
        return 0.0 if oldest is None else self._clock.monotonic() - oldest

    def waiting(self) -> int:
        """Readings and messages not yet durable: the engine stops taking when this is too many."""
        with self._lock:
            return max(len(self._batch.readings), len(self._messages))

    def tell(self) -> None:
        """Tell what is not durable yet, each draft once: a disk that refuses or hangs keeps no message from going."""
        with self._lock:
            under_way, waiting = self._under_way.drafts, self._batch.drafts
            if len(under_way) + len(waiting) <= self._told:
                return
            fresh = [*under_way, *waiting][self._told :]
            self._told = len(under_way) + len(waiting)
        self._failed(fresh)

    def trouble(self) -> Text | None:
        """Why nothing gets durable right now: what the disk said, or that it has not come back; else None."""
        if self.error:
            return Text(f"磁盘报错：{self.error}", f"the disk says: {self.error}")
        began = self._began
        stalled = self._clock.monotonic() - began if began is not None else 0.0
        if stalled <= STALLED_S:
            return None
        return Text(f"一次写入已持续 {stalled:.0f} 秒", f"a write has taken {stalled:.0f} s so far")

    def stop(self) -> None:
        """Write what is waiting, once, and end the thread."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10.0)

    def pump(self) -> bool:
        """One commit of everything waiting; False when it failed. Called by the thread, and by tests."""
        with self._lock:
            batch, self._batch = self._batch, Batch()
            self._under_way = batch
            messages, self._messages = self._messages, []
        if batch.empty() and not messages:
            self._written(None)
            return True
        began = self._began = self._clock.monotonic()
        try:
            entries = self._store.commit(batch)
        except Exception as error:  # mostly the disk; whatever it is, nothing was written and people are told
            with self._lock:
                batch.merge(self._batch)
                self._batch, self._under_way = batch, Batch()
                self._messages = messages + self._messages
            self.error = f"{type(error).__name__}: {error}"
            self.damaged = is_damage(error)
            self.tell()
            return False
        finally:
            self._began = None
        with self._lock:
            self._under_way = Batch()
            self._told = max(0, self._told - len(batch.drafts))
        self.error = ""
        self._written(began)
        self.last_ms = (self._clock.monotonic() - began) * 1000.0
        self.commits += 1
        if entries:
            self._kept(entries)
        if messages:
            self._acknowledge(messages)
        return True

    def _written(self, began: float | None) -> None:
        """All that was offered before ``began`` is written."""
        with self._lock:
            self._oldest = None if self._batch.empty() and not self._messages else began

    def _run(self) -> None:
        while not self._stopping:
            self._wake.wait()
            self._wake.clear()
            try:
                kept = self.pump()
            except Exception as fault:  # this thread is the only way to the disk: it goes on
                self.error = f"{type(fault).__name__}: {fault}"
                kept = False
            if not self._stopping:
                # The pause gathers a group; after a failure it spares a sick disk. Nothing ever sets _quiet.
                self._clock.wait(self._every_s if kept else RETRY_S, self._quiet)
            if not kept:
                self._wake.set()
        self.pump()
