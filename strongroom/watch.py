"""The watcher on a second machine: hears the engine's beat and tells people itself when it stops (C52).

It shares nothing with the machine it watches but the line between them: own settings, own sender, own phone
numbers. A beat that says of itself that something stalls counts as heard; what stalls is told as well.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import httpx
from msgspec import Struct

from alerts.model import Notice, NoticeState, Person
from alerts.sms import Sender
from ingest.messages import MessageSource
from sensors.model import Text

SILENT_S = 90.0
AGAIN_S = 1800.0
TRIES = 3


class Told(Struct, frozen=True):
    """What the watcher says: a first word (0), a reminder (1, 2 …), or that all is well again (-1)."""

    number: int
    words: Text


class Watch:
    """Decides from beats and the time. Pure."""

    def __init__(self, name: str, now: float, silent_s: float = SILENT_S, again_s: float = AGAIN_S) -> None:
        self._name, self._silent_s, self._again_s = name, silent_s, again_s
        self._heard_at = now
        self._trouble = ""
        self._told = 0
        self._told_at = 0.0

    def heard(self, now: float, trouble: str = "") -> None:
        """A beat came, with what it says of itself."""
        self._heard_at = now
        self._trouble = trouble

    def tick(self, now: float) -> Told | None:
        """What has to be said at ``now``: once at first, again every half hour, and when it is over."""
        silent = now - self._heard_at
        bad = silent > self._silent_s or bool(self._trouble)
        if not bad:
            if not self._told:
                return None
            self._told = 0
            return Told(-1, Text(f"【{self._name}】系统恢复。", f"{self._name}: the system is back."))
        if self._told and now - self._told_at < self._again_s:
            return None
        self._told += 1
        self._told_at = now
        if silent > self._silent_s:
            minutes = max(1, round(silent / 60.0))
            return Told(
                self._told - 1,
                Text(
                    f"【{self._name}】系统已 {minutes} 分钟无心跳，警报可能无法送达。派人巡视并检查主机。",
                    f"{self._name}: no beat for {minutes} min, alarms may not reach you."
                    " Send someone round and check the machine.",
                ),
            )
        return Told(
            self._told - 1,
            Text(
                f"【{self._name}】系统自报故障：{self._trouble}", f"{self._name}: it reports {self._trouble}"
            ),
        )


def beat_of(payload: bytes) -> str | None:
    """What a beat says of itself: empty if all is well, None if this is no beat of ours."""
    try:
        said = json.loads(payload)
    except ValueError:
        return None
    if not isinstance(said, dict) or not isinstance(said.get("at"), int | float):
        return None
    trouble = said.get("trouble", "")
    words = " ".join(trouble.split())[:300] if isinstance(trouble, str) else ""
    return words or ("" if said.get("durable", True) is True else "cannot write to disk")


def listen(source: MessageSource, timeout_s: float) -> list[str]:
    """The beats that came over MQTT: what each says of itself. A retained one is no sign of life."""
    messages = source.take(100, timeout_s)
    source.acknowledge(messages)
    return [w for m in messages if not m.retained and (w := beat_of(m.payload)) is not None]


def ask(url: str) -> str | None:
    """One look at the dashboard's ``/beat`` over HTTP: empty if all is well, the parts that stall, None: no answer.

    Any address that answers 200 only while all is well will do.
    """
    try:
        answer = httpx.get(url, timeout=10.0)
        if answer.status_code == 200:
            return ""
        said = answer.json() if answer.status_code == 503 else None
    except (httpx.HTTPError, ValueError):
        return None
    parts = said.get("stalled") if isinstance(said, dict) else None
    return ", ".join(str(part) for part in parts)[:300] if isinstance(parts, list) and parts else None


def tell(
    sender: Sender, people: Sequence[Person], told: Told, now: float, log: Callable[[str], None]
) -> None:
    """Say it to everyone, on the first of their channels that takes it; a message that fails is tried again."""
    for person in people:
        for channel in (c for c in person.channels for _ in range(TRIES)):
            if channel not in sender.channels:
                continue
            words = told.words.in_(person.language)
            notice = Notice(
                id=f"watch:{now:.0f}:{person.id}:{channel}",
                about="watch",
                reference="",
                person=person.id,
                channel=channel,
                words=words,
                reason=told.words,
                rung=0,
                due_at=now,
                state=NoticeState.SENDING,
                tries=1,
                at={NoticeState.SENDING.value: now},
                expires_at=now + 600.0,
                kind="trouble",
            )
            said = sender.send(notice, person)
            log(f"{person.id} {channel} {said.state.value} {said.detail}")
            if said.state is not NoticeState.FAILED:
                break
