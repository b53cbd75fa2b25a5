"""ESPHome's native topics: ``<prefix>/<component>/<object>/state`` with bare text, ``<prefix>/status`` as will.

The unit is only in the discovery message, the meaning in the object's name. ``nan`` means that the sensor
has no value. Binary sensors follow Home Assistant: ON is open, wet, smoke, motion.
"""

from __future__ import annotations

from sensors.dialects import plain
from sensors.dialects.base import Dialect, Memory, Message, say_life, take
from sensors.heard import NO_VALUE, Heard
from sensors.names import Meaning, loose_meaning, words_of
from sensors.quantities import QUANTITIES, plain_word
from sensors.vocabulary import LOOPS

_COMPONENTS = frozenset(("sensor", "binary_sensor", "text_sensor"))
_OTHERS = frozenset(("switch", "light", "fan", "cover", "number", "select", "climate", "lock", "button"))


def _claims_topic(levels: list[str]) -> bool:
    if len(levels) >= 4 and levels[-1] == "state":
        return levels[-3] in _COMPONENTS or levels[-3] in _OTHERS
    return len(levels) == 2 and levels[-1] in ("status", "debug") and levels[0] != "homeassistant"


def _read(message: Message, heard: Heard, memory: Memory) -> None:
    levels = message.levels
    last = levels[-1]
    if not _claims_topic(levels):
        plain.DIALECT.read(message, heard, memory)
        return
    if last == "debug" or not message.payload.strip():
        return
    text = message.text()
    if text is None:
        heard.refuse("not-text", "the payload is not UTF-8 text", raw="whole payload")
        return
    heard.device = levels[0] if last == "status" else "/".join(levels[:-3])
    if last == "status":
        if text.startswith("{"):
            plain.DIALECT.read(message, heard, memory)
        else:
            say_life(heard, text, ("online",), ("offline",), "status")
        return
    if last != "state" or levels[-3] in _OTHERS:
        return
    if plain_word(text[:64]) in NO_VALUE:
        heard.refuse("no-value", f"{text!r}: the sensor has no value", raw=text)
        return
    known = loose_meaning(levels[-2])
    binary = levels[-3] == "binary_sensor"
    if known is None or QUANTITIES[known.quantity].contact is not binary:
        heard.refuse("needs-meaning", f"the object {levels[-2]!r} names no quantity", raw=text)
        return
    if known.words_only and not LOOPS.intersection(words_of(levels[-2])):
        known = Meaning(
            known.quantity, inverted=known.inverted
        )  # ON of a door is open by Home Assistant's rule
    take(heard, known, text, "")


def _life_topics(topic: str) -> tuple[str, ...]:
    levels = topic.split("/")
    return ("/".join([*levels[:-3], "status"]),) if len(levels) >= 4 else ()


DIALECT = Dialect(name="esphome", read=_read, claims_topic=_claims_topic, life_topics=_life_topics)
