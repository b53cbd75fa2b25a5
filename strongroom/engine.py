"""The engine: drain, decide, commit, acknowledge, tell. It owns no rule of its own.

Threads: the message source's network thread, this turn, the committer, the outbox. The turn never waits for
a disk or a provider.
"""

from __future__ import annotations

import math
import queue
import sqlite3
import threading
import traceback
from collections import deque
from collections.abc import Callable, Mapping, Sequence

import msgspec

from alerts.model import Notice, NoticeState
from alerts.sms import PaperSender, Sender
from ingest.messages import MessageSource
from sensors.model import RawMessage, Text
from strongroom import builtin
from strongroom.beat import OUTBOX_STALLS_S, Signs, ailing, stalled
from strongroom.board import board
from strongroom.bypass import Bypass
from strongroom.clock import Clock
from strongroom.committer import Committer
from strongroom.core import Core
from strongroom.feeder import Feeder
from strongroom.inbox import Inbox
from strongroom.instruments.acts import FolderAct
from strongroom.instruments.register import Register
from strongroom.instruments.taking import take_folder_act
from strongroom.journal import Draft, NoticeData, decode, draft_act, draft_fact
from strongroom.model import Act, Building, Entry, Health
from strongroom.outbox import Heard, Outbox, OutboxEvent, Reported, Taking
from strongroom.redelivery import Redelivery
from strongroom.selfwatch import watch_files
from strongroom.sitedb import Batch, SiteDb, encode_board, is_damage

TAKE = 500
BOARD_EVERY_S = 1.0
BOARD_SOONEST_S = 0.2
INBOX_EVERY_S = 0.1
OFFER_EVERY_S = 0.2
BEAT_EVERY_S = 10.0
MOST_WAITING = 100_000
INTAKE_KEPT = 200_000  # readings that stay in the intake after the series store has them
CLOCK_MOVED_S = 30.0
STARVED_S = 1.0  # without a word from the broker while nothing is acknowledged: its window is full
STUMBLES_LOGGED = (
    20  # since the start: a fault that every message meets must not fill the disk with its traces
)
STANDS_S = 1.0  # a link lasts so long: a broker that lets us in and hangs up is as good as none
BROKER_LOST_S = 10.0  # without a broker: one reconnect with its first back-off is no news


_NOT_SENDING = Text("发送线程停住了", "the sending thread stands still")
_STUMBLED = Text("程序出错，未执行。", "A fault of the program: it was not carried out.")
_DROPS = Text("连接一再断开", "lets us in and hangs up, again and again")


class Engine:
    """One building's engine over injected edges. :meth:`turn` is one step; :meth:`run` repeats it."""

    def __init__(
        self,
        core: Core,
        source: MessageSource,
        db: SiteDb,
        inbox: Inbox,
        clock: Clock,
        *,
        sender: Sender | None = None,
        feeder: Feeder | None = None,
        bypass: Bypass | None = None,
        register: Register | None = None,
        told: Mapping[str, Callable[[], Text | None]] | None = None,
    ) -> None:
        self.core = core
        self._told = told or {}  # own rules, and who says whether they hold
        self.successor: Building | None = None  # to go on with, once an act has changed the folder
        self.damaged = False  # a file is no longer what SQLite wrote: only a new start can salvage it
        self._register = register
        self.source = source
        self.clock = clock
        self._reported: queue.SimpleQueue[OutboxEvent] = queue.SimpleQueue()
        self.outbox = (
            Outbox(sender, clock, self._report, core.building.people) if sender is not None else None
        )
        self.committer = Committer(
            db, clock, acknowledge=source.acknowledge, kept=self._kept, failed=self._not_kept
        )
        self.feeder = feeder
        self.bypass = bypass or Bypass(None)
        self._channel = "none" if sender is None else "paper" if isinstance(sender, PaperSender) else "live"
        self._db = db
        self._inbox = inbox
        self._acts_read = inbox.read_upto
        self._redelivery = Redelivery(db.kept())
        self._started_at = clock.now()
        self._revision = db.number("revision") or 0
        self._rate: deque[tuple[float, int]] = deque(maxlen=61)
        self._turned_at = clock.monotonic()
        self._nobody: tuple[str, ...] = ()
        self._released: deque[tuple[str, int]] = deque(maxlen=1000)
        self._releasing = threading.Lock()
        self._skew = 0.0
        self._unlinked_at = math.inf  # since when no link to the broker has stood
        self._next_board = self._next_inbox = self._next_offer = self._next_beat = 0.0
        self._board_change = -1.0
        self._beat_topic = f"strongroom/{core.building.id}/beat"
        self._stumbles = 0
        self._echo_at: float | None = None  # when our own beat last came back, monotonic
        self._note(
            draft_fact("engine.started", core.building.id, self._started_at, folder=core.building.revision)
        )

    # --- life -----------------------------------------------------------------------------------------

    def run(self, stop: threading.Event) -> Building | None:
        """Work until ``stop`` is set; then write what is waiting and leave the broker's session standing.

        Returns the building to begin again with where an act has changed the folder; None where it is the end.
        """
        self.committer.start()
        if self.outbox is not None:
            for notice in self.core.pager.notices.values():
                self.outbox.settled(notice)
            self.outbox.start()
        if self.feeder is not None:
            self.feeder.start()
        self.source.start()
        while not (stop.is_set() or self.damaged or self._may_hand_over()):
            self.turn(0.05)
            self.damaged |= self.committer.damaged or (self.feeder is not None and self.feeder.state.damaged)
        if self.outbox is not None:
            self.outbox.stop()
            self._provider(self.clock.now())  # what the last call to the provider brought
            self.committer.offer(self.core.take(), [])
        if self.feeder is not None:
            self.feeder.stop()
        now = self.clock.now()
        self._note(draft_fact("engine.stopped", self.core.building.id, now))
        self.committer.stop()
        self.bypass.close()
        self.source.stop()
        self.close()
        return None if stop.is_set() else self.successor

    def close(self) -> None:
        """Close the databases; what was not committed is not written."""
        self._db.close()
        self._inbox.close()

    def turn(self, timeout_s: float) -> None:
        """One step: messages, acts, reports, time, board; hands the outcome to the committer."""
        messages, undurable = self._messages(timeout_s)
        now = self.clock.now()
        self._turned_at = self.clock.monotonic()
        self.core.advance(now)
        for raw in undurable:
            self._echo(raw)
            self._decide(raw, now, kept=False)
        for raw in self._redelivery.sort(messages, now, self.source.alive().since_at):
            self._echo(raw)
            heard = self.bypass.copy(raw, now)
            if heard.decide:
                self._decide(raw, now, kept=True)
            else:
                self.core.keep(raw, heard.at)
        for topic, payload in self.core.say(now):
            self.source.publish(topic, payload)
        meta = self._people(now)
        self._provider(now)
        self._watch(now)
        batch = self.core.take()
        batch.kept = self._redelivery.taken()
        batch.meta.update(meta)
        self._show(batch, now)
        settled = self._redelivery.settled()
        if settled or not batch.empty():
            self.committer.offer(batch, settled)

    def signs(self) -> Signs:
        """How every part of the chain moves; may be asked from any thread."""
        at, link = self.clock.monotonic(), self.source.alive()
        outbox, feeder, echo = self.outbox, self.feeder, self._echo_at
        return Signs(
            turn_age_s=at - self._turned_at,
            outbox_age_s=None if outbox is None else at - outbox.beat_at,
            outbox_trouble=_english(outbox.trouble if outbox is not None else None),
            link_down_s=None if link.connected else self.clock.now() - link.since_at,
            disk_error=_english(self.committer.trouble()),
            commit_age_s=self.committer.behind_s(),
            feeder_age_s=None if feeder is None else at - feeder.beat_at,
            intake_age_s=None if echo is None or not link.connected else at - echo,
            nobody_reached=self._nobody,
        )

    # --- inside ---------------------------------------------------------------------------------------

    def _messages(self, timeout_s: float) -> tuple[list[RawMessage], list[RawMessage]]:
        """What came on the durable link, and what came beside it because nothing can be acknowledged."""
        messages: list[RawMessage] = []
        if self.committer.waiting() < MOST_WAITING:
            messages = self.source.take(TAKE, 0.0 if self.bypass.open else timeout_s)
        if self.bypass.open:
            return messages, self.bypass.take(TAKE, 0.0 if messages else timeout_s, self.clock.now)
        if not messages and self.committer.waiting() >= MOST_WAITING:
            self.clock.wait(timeout_s, threading.Event())
        return messages, []

    def _echo(self, raw: RawMessage) -> None:
        """Our own beat came back through the broker: the intake lives."""
        if raw.topic == self._beat_topic and not raw.retained:
            self._echo_at = self._turned_at

    def _decide(self, raw: RawMessage, now: float, *, kept: bool) -> None:
        try:
            requests = self.core.message(raw, now, kept=kept)
        except Exception as fault:
            topic = raw.topic[:80]
            self._stumbled(fault, Text(f"主题 {topic} 的消息", f"a message on {topic}"), now)
            return
        for topic, payload in requests:
            self.source.publish(topic, payload)

    def _stumbled(self, fault: Exception, over: Text, now: float) -> None:
        """Say a fault of our own aloud and go on: met again after every start, it would keep the engine down."""
        self._stumbles += 1
        if self._stumbles <= STUMBLES_LOGGED:
            traceback.print_exception(fault)
        said = f"{type(fault).__name__}: {fault}"[:200]
        words = Text(f"{over.zh}未能处理（{said}）", f"{over.en} was not dealt with ({said})")
        self.core.says(builtin.PROGRAM, words, now)

    def _people(self, now: float) -> dict[str, str]:
        if now < self._next_inbox:
            return {}
        self._next_inbox = now + INBOX_EVERY_S
        try:
            waiting = self._inbox.after(self._acts_read)
        except (
            sqlite3.Error,
            OSError,
            UnicodeDecodeError,
        ) as error:  # where the disk is merely away, the commits say so
            self.damaged |= is_damage(error)
            return {}
        for seq, act in waiting:
            if self.successor is not None:
                break  # decided with the new folder
            self._acts_read = seq
            if act is None:
                self.core.own(builtin.ACTS, True, Text(f"第 {seq} 号操作", f"act number {seq}"), now)
            elif isinstance(act.what, FolderAct):
                self.successor = take_folder_act(
                    self.core,
                    self._register,
                    act,
                    act.what,
                    now,
                    disk_away=bool(self.committer.error),
                    note=self._note,
                )
            else:
                self._act(act, now)
        return {"acts": str(self._acts_read)} if waiting else {}

    def _act(self, act: Act, now: float) -> None:
        try:
            self.core.act(act, now)
        except Exception as fault:
            self._stumbled(fault, Text(f"{act.by} 的操作", f"an act of {act.by}"), now)
            self._note(draft_act(act, _STUMBLED, now))

    def _may_hand_over(self) -> bool:
        """Not while the disk is away: what is decided then lives in this process alone."""
        return self.successor is not None and not self.committer.error

    def _provider(self, now: float) -> None:
        if self.outbox is None:
            return
        while True:
            try:
                event = self._reported.get_nowait()
            except queue.Empty:
                break
            try:
                match event:
                    case Taking(notice_id):
                        self.core.taking(notice_id, now)
                    case Reported(notice_id, result):
                        self.core.reported(notice_id, result, now)
                    case Heard():
                        self.core.act(event.act, now)
            except Exception as fault:
                self._stumbled(fault, Text("短信服务商的答复", "an answer of the provider"), now)
        if now >= self._next_offer:
            self._next_offer = now + OFFER_EVERY_S
            waiting = self.core.to_send(now)
            if waiting:
                self.outbox.offer(waiting)

    def _report(self, event: OutboxEvent) -> None:
        """From the outbox thread: an answer is kept before it is interpreted, the rest waits for the next turn."""
        if isinstance(event, Heard):
            try:
                self._inbox.put(event.act)
            except (sqlite3.Error, OSError):
                pass  # the disk is away: it counts all the same
            else:
                return
        self._reported.put(event)

    def _watch(self, now: float) -> None:
        link = self.source.alive()
        if not link.connected:
            self._echo_at = None
        stands = link.connected and now - link.since_at >= STANDS_S
        self._unlinked_at = math.inf if stands else min(self._unlinked_at, now)
        lost = now - self._unlinked_at > BROKER_LOST_S
        self.core.own(builtin.BROKER, lost, _DROPS if link.connected else link.words, now)
        if self.outbox is not None:
            stalls = self.clock.monotonic() - self.outbox.beat_at > OUTBOX_STALLS_S
            self.core.says(builtin.SENDER, self.outbox.trouble or (_NOT_SENDING if stalls else None), now)
        self._nobody = self.core.pager.nobody_reached()
        error = self.committer.trouble()
        self.core.says(builtin.DISK, error, now)
        if error is not None:
            self.committer.tell()
        # A disk that refuses may do so for hours. One that hangs comes back, and a wide window lasts until then.
        starved = error is not None and now - link.heard_at > STARVED_S
        self.bypass.need(bool(self.committer.error) or starved, now)
        feeding = self.feeder.seen() if self.feeder is not None else None
        watch_files(self.core, feeding, self._told, now, disk_well=error is None)
        skew = self.core.skew = self.clock.skew()
        moved = abs(skew) > CLOCK_MOVED_S
        if abs(skew - self._skew) > CLOCK_MOVED_S:
            self._note(
                draft_fact("clock.stepped", self.core.building.id, now, seconds=round(skew - self._skew, 1))
            )
            self._skew = skew
        said = f"{skew:+.0f} s"
        self.core.own(builtin.CLOCK, moved, Text(f"偏差 {said}", f"by {said}"), now)
        if now >= self._next_beat:
            self._next_beat = now + BEAT_EVERY_S
            ails = ailing(self.signs())
            beat = msgspec.json.encode(
                {"at": now, "durable": error is None, "head": self._db.head, "trouble": ails}
            )
            self.source.publish(self._beat_topic, beat, qos=0)

    def _show(self, batch: Batch, now: float) -> None:
        changed = self.core.last_change_at != self._board_change
        if now < self._next_board - (BOARD_EVERY_S - BOARD_SOONEST_S if changed else 0.0):
            return
        self._next_board = now + BOARD_EVERY_S
        self._board_change = self.core.last_change_at
        self._revision += 1
        batch.board = encode_board(board(self.core, now, self._revision, self._started_at, self._health(now)))
        batch.meta["revision"] = str(self._revision)
        if self.feeder is not None:
            batch.prune_upto = max(0, self.feeder.state.finished - INTAKE_KEPT)

    def _health(self, now: float) -> Health:
        link = self.source.alive()
        self._rate.append((now, self.core.messages))
        began, count = self._rate[0]
        rate = (self.core.messages - count) / (now - began) if now > began else 0.0
        return Health(
            broker_connected=link.connected,
            broker_detail=link.detail,
            broker_since_at=link.since_at,
            intake_queue=link.queued + self.committer.waiting(),
            intake_rate=round(rate, 1),
            commit_ms=round(self.committer.last_ms, 2),
            store_trouble=self.committer.trouble() or (self.feeder.state.trouble if self.feeder else None),
            backlog=self.feeder.state.backlog if self.feeder else 0,
            rejects=dict(self.core.rejected.most_common(50)),
            sender=self._channel,
            stalled=tuple(dict.fromkeys(part for part, _ in stalled(self.signs()))),
        )

    def _note(self, draft: Draft) -> None:
        self.committer.offer(Batch(drafts=[draft]), [])

    def _kept(self, entries: Sequence[Entry]) -> None:
        """Committed: what was released may go now. Runs on the committer's thread."""
        if self.outbox is not None:
            self._hand_over([d.notice for entry in entries if isinstance(d := decode(entry), NoticeData)])

    def _not_kept(self, drafts: Sequence[Draft]) -> None:
        """Not writable: people are told all the same. Runs on the committer's thread or the turn's."""
        said = [draft.data for draft in drafts if draft.kind.startswith("notice.")]
        self._hand_over([msgspec.json.decode(data, type=NoticeData).notice for data in said])

    def _hand_over(self, notices: Sequence[Notice]) -> None:
        if self.outbox is None:
            return
        for notice in notices:
            if notice.state is NoticeState.SENDING:
                # While the disk was away it was released from memory; its late commit must not send it again.
                with self._releasing:
                    known = (notice.id, notice.tries) in self._released
                    self._released.append((notice.id, notice.tries))
                if not known:
                    self.outbox.release(notice)
            else:
                if notice.state is NoticeState.CANCELLED:
                    self.outbox.withdraw(notice.id)
                self.outbox.settled(notice)


def _english(words: Text | None) -> str:
    return "" if words is None else words.en
