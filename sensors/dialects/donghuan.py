"""Power and environment hosts (动环, dthjjc protocol): ``args`` of device, type code and value, all as text.

Type 1 is temperature and humidity, 2 water, 3 smoke; other codes are refused. There is no time.
"""

from __future__ import annotations

from typing import Any

from sensors.dialects.base import Dialect, Memory, Message, document_of, take_flat
from sensors.heard import Heard

_CONTACTS = {"2": "water_leak", "3": "smoke"}


def _claims_topic(levels: list[str]) -> bool:
    return "dthjjc" in levels[:2]


def _claims_document(document: Any, _levels: list[str]) -> bool:
    return isinstance(document, dict) and document.get("method") == "metric_data"


def _read(message: Message, heard: Heard, _memory: Memory) -> None:
    if not message.payload.strip():
        return
    document = document_of(message, heard)
    found: Any = document
    for key in ("params", "metric", "args"):
        found = found.get(key) if isinstance(found, dict) else None
    if not isinstance(found, list):
        return
    heard.device = message.levels[-2] if len(message.levels) > 1 else message.topic
    for item in found:
        if not isinstance(item, dict):
            continue
        heard.channel = str(item.get("deviceuuid", ""))
        heard.names = (str(item.get("address", "")),)
        kind, value = str(item.get("type", "")), item.get("value")
        if kind == "1" and isinstance(value, dict):
            take_flat(heard, value)
        elif kind in _CONTACTS and not isinstance(value, (dict, list)):
            heard.state(_CONTACTS[kind], value, "value")
        else:
            heard.refuse(
                "needs-meaning", f"the type code {kind!r} is not of this protocol", raw=str(value)[:60]
            )
    heard.channel, heard.names = "", ()


DIALECT = Dialect(
    name="donghuan",
    read=_read,
    claims_topic=_claims_topic,
    claims_document=_claims_document,
    several=True,
    also=("dthjjc",),
)
