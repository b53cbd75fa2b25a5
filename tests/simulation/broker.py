"""The broker's two kinds: one marks what it delivers again, the other begins to count anew and marks nothing."""

from __future__ import annotations

from ingest.memory import MemoryBroker, MemorySource


class Unmarking(MemoryBroker):
    """Resumes a session by sending what was not acknowledged once more, in order, unmarked and numbered from 1, as
    rumqttd 0.19 does (docs of ``strongroom/redelivery.py``).
    """

    def connect(
        self, client_id: str, filters: tuple[str, ...], source: MemorySource, *, fleeting: bool = False
    ) -> None:
        with self._lock:
            session = self._sessions.get(client_id)
            if session is not None:
                session.unacknowledged = dict(enumerate(session.unacknowledged.values(), start=1))
                session.sent = set()
                session.last = len(session.unacknowledged)
            super().connect(client_id, filters, source, fleeting=fleeting)
