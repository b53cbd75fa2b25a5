"""The outside beat: somebody else notices when we go quiet (C52).

Each address gets a plain GET while every part of the chain moves, and its ``/fail`` with the reason in words
when a part stalls (the ping interface of healthchecks.io: https://healthchecks.io/docs/http_api/). Nothing is
sent at all by a process that hangs or died, which is what the other side waits for: set it to alarm after two
minutes of silence.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import httpx
from msgspec import Struct

from strongroom.clock import Clock

EVERY_S = 30.0
TIMEOUT_S = 10.0
TURN_STALLS_S = 10.0
OUTBOX_STALLS_S = 60.0  # one provider call may take ten seconds, with a second token and sender more
LINK_DOWN_S = 60.0
COMMIT_STALLS_S = 30.0  # a group commit takes milliseconds; a disk that answers at all answers in seconds
FEEDER_STALLS_S = 60.0  # its longest pause between two tries is 30 s
INTAKE_STALLS_S = 60.0  # our own word comes back every ten seconds


class Signs(Struct, frozen=True, kw_only=True):
    """How long ago each part of the chain moved (seconds), and what it says of itself."""

    turn_age_s: float
    outbox_age_s: float | None = None  # None: this site has no sender
    outbox_trouble: str = ""
    link_down_s: float | None = None  # None: the broker is connected
    disk_error: str = ""
    commit_age_s: float = 0.0  # how long the oldest decision waits to be written
    feeder_age_s: float | None = None  # None: no series store
    intake_age_s: float | None = (
        None  # since our own beat came back through the broker; None: not asked of it
    )
    nobody_reached: tuple[str, ...] = ()  # references of alarms


def stalled(signs: Signs) -> tuple[tuple[str, str], ...]:
    """Each part that stalls as (its name from a closed list, what is wrong in words). Pure."""
    found = []
    if signs.turn_age_s > TURN_STALLS_S:
        found.append(("turn", f"the engine has not turned for {signs.turn_age_s:.0f} s"))
    if signs.disk_error:
        found.append(("disk", f"cannot write: {signs.disk_error}"))
    if signs.commit_age_s > COMMIT_STALLS_S:
        found.append(("commit", f"nothing has been written for {signs.commit_age_s:.0f} s"))
    if signs.link_down_s is not None and signs.link_down_s > LINK_DOWN_S:
        found.append(("broker", f"no broker for {signs.link_down_s:.0f} s"))
    if signs.intake_age_s is not None and signs.intake_age_s > INTAKE_STALLS_S:
        found.append(("intake", f"nothing has come in for {signs.intake_age_s:.0f} s, not even our own beat"))
    if signs.outbox_age_s is not None and signs.outbox_age_s > OUTBOX_STALLS_S:
        found.append(("sender", f"the sender has not moved for {signs.outbox_age_s:.0f} s"))
    if signs.outbox_trouble:
        found.append(("sender", f"sending fails: {signs.outbox_trouble}"))
    if signs.feeder_age_s is not None and signs.feeder_age_s > FEEDER_STALLS_S:
        found.append(("history", f"the history writer has not moved for {signs.feeder_age_s:.0f} s"))
    if signs.nobody_reached:
        found.append(("people", f"nobody reached for {', '.join(signs.nobody_reached)}"))
    return tuple(found)


def ailing(signs: Signs) -> str:
    """What stalls, in one line; empty while the whole chain moves. Pure."""
    return "; ".join(words for _, words in stalled(signs))


class Beat:
    """Tells the outside addresses how we are, in a thread of its own."""

    def __init__(
        self, urls: Sequence[str], clock: Clock, signs: Callable[[], Signs], every_s: float = EVERY_S
    ) -> None:
        self._urls, self._clock, self._signs, self._every_s = tuple(urls), clock, signs, every_s
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.trouble: dict[str, str] = {}  # address -> why it could not be told

    def start(self) -> None:
        """Beat until :meth:`stop`; does nothing without an address."""
        if self._urls:
            self._thread = threading.Thread(target=self._run, name="beat", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End; the last beat may still be under way."""
        self._stop.set()

    def once(self) -> str:
        """One beat to every address; what was said (empty for all well)."""
        words = ailing(self._signs())
        for url in self._urls:
            try:
                if words:
                    answer = httpx.post(f"{url}/fail", content=words.encode(), timeout=TIMEOUT_S)
                else:
                    answer = httpx.get(url, timeout=TIMEOUT_S)
                self.trouble.pop(url, None)
                if answer.status_code >= 400:
                    self.trouble[url] = f"HTTP {answer.status_code}"
            except Exception as broken:  # one wrong address keeps no other from hearing of us
                self.trouble[url] = f"{type(broken).__name__}: {broken}"[:200]
        return words

    def _run(self) -> None:
        while not self._stop.is_set():
            self.once()
            self._clock.wait(self._every_s, self._stop)
