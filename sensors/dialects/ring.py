"""ring-mqtt: one topic per entity with ON and OFF, ``info/state`` with words for battery, tamper and radio.

ON is the alarm state (open, wet, smoke, motion). A time at the epoch means unknown. Everything comes
through the maker's cloud and is lost with the internet.
"""

from __future__ import annotations

from typing import Any

from sensors.dialects.base import Dialect, Memory, Message, document_of, say_life
from sensors.heard import Heard

_ENTITIES = {
    "contact": "contact_open",
    "motion": "motion",
    "flood": "water_leak",
    "smoke": "smoke",
    "co": "carbon_monoxide",
    "tamper": "tamper",
    "vibration": "vibration",
    "glassbreak": "glass_break",
    "panic": "panic",
}
_NUMBERS = {"battery": ("battery", "%"), "temperature": ("temperature", "")}
_FINE = frozenset(("ok", "full", "good", "charged", "charging", "high", "medium", "normal", "none"))
_LOW = frozenset(("low", "warn", "warning", "empty", "critical", "failed"))


def _claims_topic(levels: list[str]) -> bool:
    return levels[0] == "ring" and len(levels) >= 4


def _read(message: Message, heard: Heard, _memory: Memory) -> None:
    levels = message.levels
    text = message.text()
    if not text or levels[-1] in ("command", "attributes"):
        return
    heard.device = levels[3] if len(levels) > 3 else ""
    if levels[-1] == "status":
        say_life(heard, text, ("online",), ("offline",), "status")
    elif levels[-2:] == ["info", "state"]:
        document = document_of(message, heard)
        if document is not None:
            _read_info(document, heard)
    elif levels[-1] == "state" and levels[-2] in _NUMBERS:
        quantity, unit = _NUMBERS[levels[-2]]
        heard.number(quantity, text, unit, levels[-2])
    elif levels[-1] == "state" and levels[-2] in _ENTITIES:
        heard.state(_ENTITIES[levels[-2]], text, levels[-2])


def _read_info(document: dict[str, Any], heard: Heard) -> None:
    heard.at = heard.clock.read(document.get("lastUpdate"))
    if document.get("batteryLevel") is not None:
        heard.number("battery", document["batteryLevel"], "%", "batteryLevel")
    _word(document, "batteryStatus", "battery_low", _FINE, _LOW, heard)
    _word(document, "tamperStatus", "tamper", _FINE, frozenset(("tamper", "tampered")), heard)
    radio = document.get("commStatus")
    if radio in ("ok", "good"):
        heard.life(True, "commStatus")
    elif radio in ("error", "offline", "failed"):
        heard.life(False, "commStatus")
    _word(document, "acStatus", "mains", frozenset(("error", "lost")), frozenset(("ok", "connected")), heard)


def _word(
    document: dict[str, Any], key: str, quantity: str, off: frozenset[str], on: frozenset[str], heard: Heard
) -> None:
    word = document.get(key)
    if not isinstance(word, str):
        return
    if word in on or word in off:
        heard.state(quantity, word in on, key)
    else:
        heard.refuse("unknown-state", f"{word[:40]!r} is no known word of {key}", quantity, word, key)


def _life_topics(topic: str) -> tuple[str, ...]:
    levels = topic.split("/")
    return ("/".join([*levels[:4], "status"]),) if len(levels) > 4 else ()


DIALECT = Dialect(
    name="ring", read=_read, claims_topic=_claims_topic, life_topics=_life_topics, also=("ring-mqtt",)
)
