"""Homie 4 and 5: text per property, units in attributes (4) or one description document (5), life in ``$state``.

``init`` is neither alive nor lost and its values are not yet valid; ``sleeping`` is normal. An alert topic of
version 5 is free text and its empty payload clears it. Broadcasts and ``/set`` are for devices.
"""

from __future__ import annotations

from typing import Any

from sensors.dialects.base import Dialect, Memory, Message, document_of, take
from sensors.heard import Heard
from sensors.names import Meaning, loose_meaning
from sensors.quantities import QUANTITIES
from sensors.vocabulary import words

_STATES = {"ready": True, "alert": True, "lost": False, "disconnected": False, "sleeping": None, "init": None}
# Properties that only repeat what kind of node they belong to.
_GENERIC = words("value state status measurement degrees percentage percent level alarm detected triggered")


def _claims_topic(levels: list[str]) -> bool:
    return levels[0] == "homie" or (len(levels) >= 3 and levels[1] == "5")


def _read(message: Message, heard: Heard, memory: Memory) -> None:
    levels = message.levels
    five = len(levels) >= 2 and levels[1] == "5"
    parts = levels[2:] if five else levels[1:]
    if len(parts) < 2 or parts[0].startswith("$"):
        return
    heard.device = parts[0]
    root = "/".join(levels[: 3 if five else 2])
    inner = parts[1:]
    text = message.text()
    if text is None:
        heard.refuse("not-text", "the payload is not UTF-8 text", raw="whole payload")
    elif inner[0] == "$state":
        _read_state(text, root, heard, memory)
    elif inner[0] == "$alert" and len(inner) == 2:
        _read_alert(inner[1], text, heard)
    elif inner[0] == "$description":
        _read_description(message, root, heard, memory)
    elif any(part.startswith("$") for part in inner):
        _read_attribute(inner, text, root, heard, memory)
    elif len(inner) == 2 and text:
        _read_value(inner, text, root, heard, memory)


def _read_state(text: str, root: str, heard: Heard, memory: Memory) -> None:
    if not text:
        return
    if text not in _STATES:
        heard.refuse("no-life-word", f"{text[:40]!r} is no Homie state", raw=text)
        return
    if len(memory.states) < 20_000 and memory.states.get(root) != text:
        memory.states[root] = text
        memory.version += 1
    alive = _STATES[text]
    if alive is not None:
        heard.life(alive, "$state")
    if text == "alert":
        heard.state("fault", True, "$state")


def _read_alert(what: str, text: str, heard: Heard) -> None:
    quantity = "battery_low" if what in ("battery", "battery-low", "low-battery") else "fault"
    heard.state(quantity, bool(text), f"$alert/{what}", channel="" if quantity == "battery_low" else what)


def _read_attribute(inner: list[str], text: str, root: str, heard: Heard, memory: Memory) -> None:
    what = inner[-1]
    named = "/".join(inner[:-1])
    if what == "$unit" and named:
        memory.remember_unit(f"{root}/{named}", "", text)
        heard.announce("unit", heard.device, property=named, unit=text)
    elif what == "$nodes":
        heard.announce(
            "nodes", heard.device, nodes=[node.strip() for node in text.split(",") if node.strip()]
        )
    elif what == "$properties":
        listed = [part.strip() for part in text.split(",") if part.strip()]
        heard.announce("properties", heard.device, node=named, properties=listed)
    elif what in ("$datatype", "$format", "$name") and named:
        heard.announce("attribute", heard.device, property=named, **{what[1:]: text})


def _read_description(message: Message, root: str, heard: Heard, memory: Memory) -> None:
    if not message.payload.strip():
        return
    document = document_of(message, heard)
    nodes = document.get("nodes") if document else None
    if not isinstance(nodes, dict):
        return
    for node_id, node in nodes.items():
        properties: Any = node.get("properties") if isinstance(node, dict) else None
        if not isinstance(properties, dict):
            continue
        for property_id, property in properties.items():
            if not isinstance(property, dict):
                continue
            unit = property.get("unit")
            named = f"{node_id}/{property_id}"
            detail: dict[str, object] = {"property": named, "datatype": property.get("datatype")}
            if isinstance(unit, str):
                memory.remember_unit(f"{root}/{named}", "", unit)
                detail["unit"] = unit
            known = loose_meaning(str(property_id))
            if known is not None:
                detail["quantity"] = known.quantity
            heard.announce("property", heard.device, **detail)


def _read_value(inner: list[str], text: str, root: str, heard: Heard, memory: Memory) -> None:
    node, property = inner
    known: Meaning | None = loose_meaning(property)
    if known is None and property in _GENERIC:
        known = loose_meaning(node)
    path = f"{node}/{property}"
    if known is None:
        heard.refuse("needs-meaning", f"the property {path!r} names no quantity", raw=text, path=path)
        return
    if memory.states.get(root) == "init":
        heard.refuse("needs-birth", "values during init are not yet valid", known.quantity, text, path)
        return
    unit = memory.units.get((f"{root}/{path}", ""), "")
    if unit and QUANTITIES[known.quantity].contact:
        unit = ""
    take(heard, known, text, path, unit)


def _root(topic: str) -> str:
    levels = topic.split("/")
    return "/".join(levels[: 3 if levels[1:2] == ["5"] else 2])


def _life_topics(topic: str) -> tuple[str, ...]:
    return (f"{_root(topic)}/$state",)


def _announcement_topics(topic: str) -> tuple[str, ...]:
    return (f"{topic}/$unit", f"{_root(topic)}/$description")


DIALECT = Dialect(
    name="homie",
    read=_read,
    claims_topic=_claims_topic,
    life_topics=_life_topics,
    announcement_topics=_announcement_topics,
    also=("homie4", "homie5"),
)
