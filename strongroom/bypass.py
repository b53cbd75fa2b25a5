"""Hearing on while nothing can be acknowledged: a second, fleeting link to the broker beside the durable one.

With the disk full nothing is acknowledged, so a broker stops delivering once its window is full: 65,535 messages
at most (MQTT 3.1.1, 2.3.1), 20 with Mosquitto's default. The bypass subscribes to the same topics at QoS 0, which
knows no window. What it brings is decided at once and kept nowhere; the durable copy of every message still waits
in the broker, is kept when its turn comes, with the time at which it was heard here, and is not decided twice.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct

from ingest.messages import MessageSource
from sensors.model import RawMessage
from strongroom.redelivery import mark

REMEMBERED = 250_000
"""Messages heard here whose durable copy has not come yet; beyond that the oldest lose the time they were heard at."""
TWIN_S = 5.0  # so far apart the two copies of one message may come while both links flow
CAUGHT_UP_S = 2.0
APART_S = 0.001  # between readings whose time is only known roughly, so that none folds into another
ASTRAY = 2000  # copies of equal content may be taken for one another; what lies so far back waits for its own still


class Heard(Struct, frozen=True):
    """What is known of a durable copy. ``decide``: nothing newer of its topic was decided, so it is news.

    ``at``: otherwise, when its message was heard on the bypass; where it was not, the soonest it can have been.
    """

    at: float
    decide: bool


_Entry = TypeVar("_Entry")


class Pairs:
    """Which durable message is the copy of which heard one. Pure.

    Both links bring a topic's messages in the order of publishing, so the newest heard message whose copy has come
    tells how far the durable link is. A copy that fits no heard message is news only if nothing later of its topic
    was heard: the window held it back, and a newer word of that sensor has been decided meanwhile.
    """

    def __init__(self, opened_at: float, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._at = opened_at  # not before this was published what the durable link brings now
        self._number = 0
        self._reached = 0  # the newest heard message whose durable copy has come
        self._waiting: dict[bytes, deque[tuple[int, float]]] = {}
        self._order: deque[tuple[int, bytes]] = deque()
        self._newest: dict[str, int] = {}
        self._first: dict[bytes, deque[float]] = {}  # durable copies that came before the other
        self._first_order: deque[tuple[float, bytes]] = deque()

    def heard(self, raw: RawMessage, now: float) -> bool:
        """A message came on the bypass; True when it is to be decided, False when its durable copy was."""
        if raw.retained:
            return True  # an old word of the broker's, sent for the subscription; it has no copy of its own
        self._number += 1
        if raw.topic in self._newest or len(self._newest) < self._remembered:
            self._newest[raw.topic] = self._number
        seal = mark(raw)
        self._expire(now)
        if seal in self._first:
            _take(self._first, seal)
            self._reached = self._number
            return False
        self._waiting.setdefault(seal, deque()).append((self._number, now))
        self._order.append((self._number, seal))
        self._forget()
        return True

    def copy(self, raw: RawMessage, now: float) -> Heard:
        """A message came on the durable link."""
        seal = mark(raw)
        if seal in self._waiting:
            number, at = _take(self._waiting, seal)
            if raw.delivery:  # what was published at QoS 0 overtakes whatever the window holds back
                self._reached = max(self._reached, number)
                self._at = max(self._at, at)
            self._forget()
            return Heard(at, False)
        self._expire(now)
        self._first.setdefault(seal, deque()).append(now)
        self._first_order.append((now, seal))
        if self._newest.get(raw.topic, 0) <= self._reached:
            return Heard(raw.received_at, True)
        self._at += APART_S
        return Heard(self._at, False)

    def caught_up(self, now: float) -> bool:
        """The durable link is as far as the bypass: no copy has been missing for longer than a moment."""
        for number, seal in self._order:
            if number > self._reached and self._is_waiting(number, seal):
                return now - self._waiting[seal][0][1] < CAUGHT_UP_S
        return True

    def _is_waiting(self, number: int, seal: bytes) -> bool:
        waiting = self._waiting.get(seal)
        return waiting is not None and waiting[0][0] <= number

    def _forget(self) -> None:
        order = self._order
        while order:
            number, seal = order[0]
            if self._is_waiting(number, seal):
                if len(order) <= self._remembered and number >= self._reached - ASTRAY:
                    return
                _take(self._waiting, seal)
            order.popleft()

    def _expire(self, now: float) -> None:
        while self._first_order and self._first_order[0][0] < now - TWIN_S:
            at, seal = self._first_order.popleft()
            times = self._first.get(seal)
            if times is not None and times[0] <= at:
                _take(self._first, seal)


def _take(of: dict[bytes, deque[_Entry]], seal: bytes) -> _Entry:
    queue = of[seal]
    found = queue.popleft()
    if not queue:
        del of[seal]
    return found


class Bypass:
    """Opens and closes the fleeting link. ``make`` gives a source that subscribes at QoS 0 without a session.

    None where there is no second way to the broker.
    """

    def __init__(self, make: Callable[[], MessageSource] | None) -> None:
        self._make = make
        self._source: MessageSource | None = None
        self._pairs = Pairs(0.0)

    @property
    def open(self) -> bool:
        """Whether messages may come this way."""
        return self._source is not None

    @property
    def connected(self) -> bool:
        """Whether the broker lets us hear this way right now."""
        return self._source is not None and self._source.alive().connected

    def need(self, needed: bool, now: float) -> None:
        """Open when needed; close when no longer needed and the durable link has caught up."""
        if needed and self._source is None and self._make is not None:
            self._pairs = Pairs(now)
            self._source = self._make()
            self._source.start()
        elif not needed and self._source is not None and (self._pairs.caught_up(now) or not self.connected):
            self.close()

    def close(self) -> None:
        """Leave the broker, without waiting for it."""
        source, self._source = self._source, None
        if source is not None:
            threading.Thread(target=source.stop, name="bypass-end", daemon=True).start()

    def take(self, limit: int, timeout_s: float, now: Callable[[], float]) -> list[RawMessage]:
        """Messages to be decided now; nothing is acknowledged, for nothing was promised."""
        if self._source is None:
            return []
        taken = self._source.take(limit, timeout_s)
        at = now()
        return [raw for raw in taken if self._pairs.heard(raw, at)]

    def copy(self, raw: RawMessage, now: float) -> Heard:
        """What is known of a message of the durable link."""
        return Heard(raw.received_at, True) if self._source is None else self._pairs.copy(raw, now)
