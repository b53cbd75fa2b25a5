"""Office and library hosts: ``data.properties`` of boxes with value, unit, quality and time (ms).

Only good quality is taken. Alarm messages of the same hosts are theirs, not readings.
"""

from __future__ import annotations

from typing import Any

from sensors.dialects.base import Dialect, Memory, Message, document_of, take_flat
from sensors.heard import Heard


def _properties(document: Any) -> dict[str, Any] | None:
    data = document.get("data") if isinstance(document, dict) else None
    found = data.get("properties") if isinstance(data, dict) else None
    return found if isinstance(found, dict) else None


def _claims_document(document: Any, _levels: list[str]) -> bool:
    return _properties(document) is not None


def _read(message: Message, heard: Heard, _memory: Memory) -> None:
    if not message.payload.strip():
        return
    document = document_of(message, heard)
    found = _properties(document)
    if document is None or found is None:
        return
    heard.device = str(document.get("deviceId") or message.topic)
    heard.at = heard.clock.read(document.get("timestamp"))
    take_flat(heard, found, channels=True)


DIALECT = Dialect(name="office_host", read=_read, claims_document=_claims_document)
