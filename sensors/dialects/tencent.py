"""Tencent Cloud IoT Explorer: ``$thing/up/property/<product>/<device>``, method ``report``, flat params.

Keys arrive with stray blanks. The time, where given, is in ms.
"""

from __future__ import annotations

from sensors.dialects.base import Dialect, Memory, Message, document_of, take_flat
from sensors.heard import Heard

_REPORTS = frozenset(("report", "report_info", "event_post"))


def _claims_topic(levels: list[str]) -> bool:
    return levels[0] == "$thing"


def _read(message: Message, heard: Heard, _memory: Memory) -> None:
    if not message.payload.strip() or message.levels[1:2] != ["up"]:
        return
    document = document_of(message, heard)
    if document is None or str(document.get("method")) not in _REPORTS:
        return
    heard.device = "/".join(message.levels[3:])
    heard.at = heard.clock.read(document.get("timestamp"))
    params = document.get("params")
    if isinstance(params, dict):
        take_flat(heard, {key.strip(): value for key, value in params.items()}, channels=True)


DIALECT = Dialect(name="tencent", read=_read, claims_topic=_claims_topic)
