"""Which deliveries are repeats of what is already kept: exactly once on top of at least once. Pure.

MQTT 3.1.1 lets a broker deliver again whatever was not acknowledged, also when it was kept and only the
acknowledgement was lost in a crash. Two kinds of brokers are met:

- those that mark the repeat and keep its packet identifier (the standard's way, 4.4; Mosquitto);
- those that resume the session by sending everything after the oldest unacknowledged message again, in order,
  unmarked, with identifiers that begin at 1 anew (rumqttd 0.19, seen on the wire). Such a run is recognised only as a
  whole: it must agree, message by message, with the end of what was kept. Until that is certain the messages are
  held; if it turns out otherwise, or nothing more comes, all of them are taken as new.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from math import inf

from sensors.model import RawMessage

REMEMBERED = 65_536  # as many as there are packet identifiers, so as many as can be in flight
HELD_S = 0.5
RESUMES_S = 30.0
"""A session that is resumed sends its repeats at once. What comes later is new, even where it says the same as the last
message that was kept: a device's heartbeat after a restart of the broker."""
LAST_IDENTIFIER = 65_535


def mark(raw: RawMessage) -> bytes:
    """Eight bytes that stand for topic and payload."""
    digest = hashlib.blake2b(raw.payload, digest_size=8, person=b"strongroom")
    digest.update(raw.topic.encode("utf-8", "replace"))
    return digest.digest()


class Redelivery:
    """Sorts deliveries into new ones and repeats. ``kept`` are (packet identifier, mark) in order of keeping.

    :meth:`sort` returns the new ones in order; :meth:`taken` gives what is to be remembered with them, and
    :meth:`settled` what may be acknowledged once they are durable.
    """

    def __init__(self, kept: Iterable[tuple[int, bytes]] = ()) -> None:
        self._order = list(kept)
        self._by_id = dict(self._order)
        self._taken: list[tuple[int, bytes]] = []
        self._settled: list[RawMessage] = []
        self._last = 0
        self._begins_until = -inf
        self._end = 0
        self._held: list[tuple[RawMessage, bytes]] = []
        self._places: list[int] = []  # where in the order the held run may have come to
        self._held_until = 0.0

    def sort(self, messages: Iterable[RawMessage], now: float, linked_at: float = inf) -> list[RawMessage]:
        """The messages that are new, in order; repeats are left out. Call with nothing to let time pass.

        ``linked_at``: since when the connection stands, where that is known.
        """
        fresh: list[RawMessage] = []
        for raw in messages:
            if not raw.delivery:
                fresh.append(raw)
                self._settled.append(raw)
                continue
            seal = mark(raw)
            if raw.delivery == 1 and self._last != LAST_IDENTIFIER:
                # identifiers begin anew: what is retained comes first, then perhaps a run
                self._begins_until = min(now, linked_at) + RESUMES_S
                self._end = len(self._order)
            if raw.again:
                if self._by_id.get(raw.delivery) == seal:
                    self._settled.append(raw)
                    continue
                self._release(fresh)
                self._take(raw, seal, fresh)
            elif self._follows(raw, seal, now):
                self._held.append((raw, seal))
                self._held_until = self._held_until if len(self._held) > 1 else now + HELD_S
                if self._end in self._places:
                    self._forget()  # the run agrees with everything kept, up to its end: all of it are repeats
            else:
                self._release(fresh)
                self._take(raw, seal, fresh)
            self._last = raw.delivery
        if self._held and now >= self._held_until:
            self._release(fresh)
        return fresh

    def taken(self) -> list[tuple[int, bytes]]:
        """Identifiers and marks of the new ones since last asked, for the same commit as their readings."""
        taken, self._taken = self._taken, []
        if not self._held and len(self._order) > 2 * REMEMBERED:
            del self._order[:-REMEMBERED]
        return taken

    def settled(self) -> list[RawMessage]:
        """Messages since last asked that are new or repeats for certain; the held ones come later."""
        settled, self._settled = self._settled, []
        return settled

    def _follows(self, raw: RawMessage, seal: bytes, now: float) -> bool:
        if self._held:
            self._places = [
                place + 1 for place in self._places if place < self._end and self._order[place][1] == seal
            ]
        elif now <= self._begins_until and not raw.retained:
            self._begins_until = -inf
            self._places = [at + 1 for at in range(self._end) if self._order[at][1] == seal]
        else:
            return False
        return bool(self._places)

    def _release(self, fresh: list[RawMessage]) -> None:
        held, self._held = self._held, []
        for raw, seal in held:
            self._take(raw, seal, fresh)

    def _forget(self) -> None:
        self._settled += [raw for raw, _ in self._held]
        self._held = []
        self._places = []

    def _take(self, raw: RawMessage, seal: bytes, fresh: list[RawMessage]) -> None:
        fresh.append(raw)
        self._settled.append(raw)
        self._order.append((raw.delivery, seal))
        self._by_id[raw.delivery] = seal
        self._taken.append((raw.delivery, seal))
