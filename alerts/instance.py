"""One rule in one scope: delays with credit, and what was last said."""

from __future__ import annotations

import zlib
from typing import Any

import msgspec
from msgspec import Struct

from alerts.nodes import Leaf, Node
from alerts.reasons import cause_of, reason_for
from alerts.rule import Change, Rule, Verdict
from alerts.slots import CLEAR, MET, UNKNOWN, Slot

SAID = (Verdict.UNKNOWN, Verdict.CLEAR, Verdict.MET)
NEVER = float("inf")
EVIDENCE_LIMIT = 16  # samples named in one change
WORSE_EVERY_S = 60.0  # twice as many sensors met is worth saying again, not every second
NEAR = 1e-6  # seconds: two ways to the same moment may differ by rounding


class InstanceState(Struct, frozen=True, array_like=True):
    """The stored form of an instance. ``mark`` is the rule's condition: other marks bring only the verdict
    back.
    """

    mark: int
    said: int
    active: bool
    credit_s: float
    peak: int
    unverified: bool
    nodes: list[Any]
    slots: list[list[Any]]


class Instance:
    """A rule in one scope (sensor, zone, compartment or building), live or inside one drill.

    ``raw`` is the condition's verdict now, ``said`` what was last reported, ``active`` whether an alarm
    stands. ``credit_s`` are the seconds of the running delay (on-delay while not active, off-delay while
    active) that samples have proven; ``proven_at`` is the last sample that did, None where nothing is being
    proven.
    """

    __slots__ = (
        "active",
        "armed",
        "clock_s",
        "credit_s",
        "drill",
        "due_at",
        "key",
        "mark",
        "peak",
        "pending",
        "proven_at",
        "raw",
        "root",
        "rule",
        "said",
        "said_at",
        "scope",
        "slots",
        "unverified",
        "zone",
    )

    def __init__(self, key: str, rule: Rule, scope: str, zone: str, drill: str) -> None:
        self.key = key
        self.rule = rule
        self.scope = scope
        self.zone = zone
        self.drill = drill
        self.root: Node
        self.slots: list[Slot] = []
        self.raw = UNKNOWN
        self.said = UNKNOWN
        self.said_at = 0.0
        self.active = False
        self.armed = True
        self.pending = False
        self.credit_s = 0.0
        self.proven_at: float | None = None
        self.clock_s = 0.0
        self.due_at = NEVER
        self.peak = 0
        self.unverified = False
        self.mark = zlib.crc32(msgspec.json.encode((rule.when, rule.scope, rule.on_unknown)))

    def built(self, root: Node) -> None:
        """The tree is complete: collect its slots."""
        self.root = root
        self.slots = [slot for leaf in root.leaves() for slot in leaf.slots]

    @property
    def need_s(self) -> float:
        """The length of the delay that is or would be running."""
        return self.rule.clear_for_s if self.active else self.rule.for_s

    def judged(self, now: float) -> int:
        """The verdict now, with arming and the rule's branch for the unknown."""
        if not self.armed:
            return CLEAR
        verdict = self.root.judge(now)
        return MET if verdict == UNKNOWN and self.rule.on_unknown == "alarm" else verdict

    def proves(self, slot: Slot) -> bool:
        """Whether a sample of this slot supports the running delay.

        The way to an alarm is proven by a sensor that is met; the way back only by those that were met, so
        that a healthy neighbour cannot clear an alarm whose own sensor has stopped talking.
        """
        if not isinstance(self.root, Leaf):
            return True
        return slot.held if self.active else slot.state == MET

    def clock_due(self) -> float:
        """When the running delay is over by the clock, if that lies before the next sample is overdue."""
        if not self.pending or self.proven_at is None or self.active:
            return NEVER  # the way back is never proven by the clock
        left = self.need_s - self.credit_s
        return self.proven_at + left if left <= self.clock_s else NEVER

    def settle(self, slot: Slot | None, now: float) -> int | None:
        """Apply the delays to the condition's verdict; what is to be said, or None."""
        raw = self.raw
        if raw == UNKNOWN:
            self.pending = False
            self.proven_at = None  # credit is kept, but nothing adds to it now
            return UNKNOWN if self.said != UNKNOWN else None
        if (raw == MET) == self.active:  # nothing to prove: it stands as it is
            self.pending = False
            self.proven_at = None
            self.credit_s = 0.0
            grown = (
                raw == MET and now >= self.said_at + WORSE_EVERY_S and self._met() >= 2 * max(self.peak, 1)
            )
            return raw if self.said != raw or grown else None
        verdict = self.prove(slot, now)
        if verdict is None and self.active and self.said == UNKNOWN:
            return MET  # word again, and the off-delay still runs
        return verdict

    def prove(self, slot: Slot | None, now: float) -> int | None:
        """Count the time since the last proof towards the running delay; the new verdict when it is over.

        Without a slot it is the clock that asks, and only the clock's reach since the last sample counts: all of it,
        however late the clock asks (a machine that was suspended).
        """
        if slot is not None and self.pending and not self.proves(slot):
            return None
        since = self.proven_at
        counted = 0.0
        if since is not None and not (self.active and slot is None):
            counted = now - since
            if slot is None:
                counted = min(counted, self.clock_s)
            elif counted > max(slot.seen.gap_s, self.clock_s) + NEAR:
                counted = 0.0
        if self.credit_s + counted >= self.need_s - NEAR:
            self.active = self.raw == MET
            self.pending = False
            self.proven_at = None
            self.credit_s = 0.0
            return self.raw
        if slot is not None or since is None:
            self.credit_s += counted
            self.proven_at = now
            self.clock_s = self._reach(slot)
        self.pending = True
        return None

    def say(self, verdict: int, slot: Slot | None, now: float) -> Change:
        """Note what is said and put it into words; ``slot`` is the one that decided, if one did."""
        self.said, self.said_at = verdict, now
        self._refresh()
        met = sorted(
            (s for s in self.slots if s.state == (CLEAR if s.leaf.turned else MET)),
            key=lambda s: (s.leaf.turned, s is not slot, not s.past_limit(), s.at),
        )
        silent = sorted((s for s in self.slots if s.state == UNKNOWN), key=lambda s: not s.held)
        if verdict == CLEAR:
            newest = sorted((s for s in self.slots if s.held), key=lambda s: (s is not slot, -s.at))
            named = newest or ([slot] if slot is not None else [])
            self.peak = 0
            for each in self.slots:
                each.held = each.state == MET
        else:
            named = met
            self.peak = max(self.peak, self._met())
        self.unverified = verdict == MET and bool(met) and all(s.unverified for s in met)
        guessed = verdict == MET and self.rule.on_unknown == "alarm" and self.root.judge(now) == UNKNOWN
        causes = tuple(cause_of(s) for s in named[:EVIDENCE_LIMIT])
        wide = self.rule.scope in ("compartment", "building")
        return Change(
            rule=self.rule.id,
            scope=self.scope,
            zone=named[0].seen.sensor.zone if wide and named else self.zone,
            verdict=SAID[verdict],
            at=now,
            reason=reason_for(self.rule, SAID[verdict], named, silent, guessed=guessed),
            cause=causes[0] if causes else None,
            evidence=causes,
            drill=self.drill,
            unverified=self.unverified,
        )

    def resumed(self, now: float) -> None:
        """The on-delay goes on after a restart with its credit.

        Nobody watched in between, so that time proves nothing; but a last sample that is not overdue yet speaks for
        the present, and the clock may finish the delay as it would have: a wet contact is not waited for until its
        next heartbeat.
        """
        self.pending = True
        reach = [
            NEVER if slot.by_clock else slot.seen.seen_at + slot.seen.clock_s - now
            for slot in self.slots
            if slot.state == MET
        ]
        left = max(reach, default=0.0)
        if left > 0.0:
            self.proven_at, self.clock_s = now, left

    def rouse(self) -> None:
        """A delay runs: every sample of every sensor counts."""
        for slot in self.slots:
            slot.seen.rouse()

    def _refresh(self) -> None:
        for slot in self.slots:
            slot.seen.refresh()

    def _met(self) -> int:
        return len({slot.seen.sensor.id for slot in self.slots if slot.state == MET})

    def _reach(self, slot: Slot | None) -> float:
        """For how long the clock may go on proving after this sample."""
        if slot is None or not isinstance(self.root, Leaf):
            return max((NEVER if s.by_clock else s.seen.clock_s for s in self.slots), default=0.0)
        return NEVER if slot.by_clock and self.raw == MET else slot.seen.clock_s

    def dump(self) -> bytes:
        """For the site database."""
        self._refresh()
        return msgspec.json.encode(
            InstanceState(
                self.mark,
                self.said,
                self.active,
                self.credit_s,
                self.peak,
                self.unverified,
                [node.keep() for node in self.root.walk()],
                [
                    [s.seen.sensor.id, s.state, s.held, s.value, s.at, s.left_at, s.unverified, s.keep()]
                    for s in self.slots
                ],
            )
        )

    def load(self, stored: bytes) -> bool:
        """Take back what :meth:`dump` gave; ``msgspec.MsgspecError`` if it is not that. False where it was of
        another condition.

        A changed condition keeps only that an alarm stands; a changed set of sensors keeps those still there.
        """
        state = msgspec.json.decode(stored, type=InstanceState)
        self.said, self.active = state.said, state.active
        if state.mark == self.mark:
            self._recall(state)
        if self.active and not any(slot.held for slot in self.slots):
            for (
                slot
            ) in self.slots:  # which of them raised it is no longer known: all must speak before it goes
                slot.held = True
        return state.mark == self.mark

    def _recall(self, state: InstanceState) -> None:
        self.credit_s, self.peak, self.unverified = state.credit_s, state.peak, state.unverified
        nodes = self.root.walk()
        if len(nodes) == len(state.nodes):
            for node, kept in zip(nodes, state.nodes, strict=True):
                if kept is not None:
                    node.recall(kept)
        stored_slots: dict[str, list[list[Any]]] = {}
        for row in state.slots:
            stored_slots.setdefault(row[0], []).append(row)
        for slot in self.slots:
            rows = stored_slots.get(slot.seen.sensor.id)
            if not rows:
                continue
            _, verdict, held, value, at, left_at, unverified, kept = rows.pop(0)
            slot.leaf.turn(slot, verdict, left_at, active=True)
            slot.held, slot.value, slot.at, slot.left_at = held, value, at, left_at
            slot.unverified = unverified
            if kept is not None:
                slot.recall(kept)
