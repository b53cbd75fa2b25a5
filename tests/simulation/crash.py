"""Death of the engine's process at any step: what was not committed is gone, what was not acknowledged comes again."""

from __future__ import annotations

from typing import Any

from strongroom.engine import Engine

STEPS = (
    "taken",  # off the broker, nothing decided
    "decided",  # decided, nothing written
    "in the commit",  # written, not committed
    "committed",  # durable, the broker does not know
    "acknowledged",  # the broker knows, nothing released to the outbox
    "told",  # everything of the commit done
    "called",  # about to call the provider
    "sent",  # the provider took it, its answer is lost with us
    "answered",  # the provider's answer is known to the outbox only
)


class Killed(BaseException):
    """The process is gone. Not an Exception: nothing may catch it."""


class Switch:
    """Kills at the next passing of the armed step."""

    def __init__(self) -> None:
        self.armed = ""
        self.durable = True  # whether everything decided so far is committed

    def at(self, step: str) -> None:
        """The engine passes a step."""
        if self.armed == step:
            self.armed = ""
            raise Killed(step)


class _Connection:
    """The database connection, with a gap before COMMIT."""

    def __init__(self, real: Any, switch: Switch) -> None:
        self._real, self._switch = real, switch

    def execute(self, sql: str, *values: Any) -> Any:
        if sql == "COMMIT":
            self._switch.at("in the commit")
        return self._real.execute(sql, *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def wire(engine: Engine, switch: Switch) -> None:
    """Let ``switch`` see every step of ``engine``; nothing else about it changes."""
    committer, source, db = engine.committer, engine.source, engine._db
    take, acknowledge, kept, commit = source.take, committer._acknowledge, committer._kept, db.commit

    def taken(limit: int, timeout_s: float) -> Any:
        messages = take(limit, timeout_s)
        if messages:
            switch.at("taken")
        return messages

    def committed(batch: Any) -> Any:
        switch.durable = False
        switch.at("decided")
        entries = commit(batch)
        switch.durable = True
        switch.at("committed")
        return entries

    def acknowledged(messages: Any) -> None:
        acknowledge(messages)
        switch.at("acknowledged")

    def told(entries: Any) -> None:
        kept(entries)
        switch.at("told")

    source.take = taken  # type: ignore[method-assign]
    db.commit = committed  # type: ignore[method-assign]
    db._db = _Connection(db._db, switch)  # type: ignore[assignment]
    committer._acknowledge = acknowledged
    committer._kept = told
