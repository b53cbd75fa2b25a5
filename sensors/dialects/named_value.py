"""Hosts that put the quantity's name in a header and the value in a body: {header: {identifier}, body: {value}}.

A pressure without unit is not read: 20 may be kPa of a pump or anything else.
"""

from __future__ import annotations

from typing import Any

from sensors.dialects.base import Dialect, Memory, Message, document_of, take
from sensors.heard import Heard
from sensors.names import meaning


def _claims_document(document: Any, _levels: list[str]) -> bool:
    if not isinstance(document, dict):
        return False
    header, body = document.get("header"), document.get("body")
    return isinstance(header, dict) and "identifier" in header and isinstance(body, dict)


def _read(message: Message, heard: Heard, _memory: Memory) -> None:
    if not message.payload.strip():
        return
    document = document_of(message, heard)
    if document is None or not _claims_document(document, message.levels):
        return
    heard.device = message.topic
    name, body = str(document["header"]["identifier"]), document["body"]
    unit = body.get("unit")
    known = meaning(name)
    if known is None or (known.quantity == "pressure" and not isinstance(unit, str)):
        heard.refuse("needs-meaning", f"{name!r} without unit or known name", raw=str(body.get("value"))[:60])
    elif "value" in body and not isinstance(body["value"], (dict, list)):
        take(heard, known, body["value"], name, unit if isinstance(unit, str) else "")


DIALECT = Dialect(name="named_value", read=_read, claims_document=_claims_document)
