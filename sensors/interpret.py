"""From a message to what it says, without a building: find the dialect, let it read."""

from __future__ import annotations

from datetime import tzinfo

from sensors.dialects.base import LARGEST, Dialect, Memory, Message
from sensors.dialects.homeassistant import read_entities
from sensors.dialects.registry import BY_NAME, DIALECTS, PLAIN
from sensors.heard import Heard
from sensors.times import Clock

# Dialects whose topics carry no meaning of their own; discovery says what they are.
_WITHOUT_UNITS = frozenset(("plain", "esphome"))


def interpret(
    topic: str,
    payload: bytes,
    retained: bool,
    received_at: float,
    memory: Memory,
    *,
    zone: tzinfo | None = None,
    dialect: str = "",
    model: str = "",
) -> Heard:
    """What one message says. Never raises; content that cannot be read becomes a refusal.

    ``zone`` is the building's, for device times that name none. ``dialect`` is what a person declared for the
    topic; without it the message is recognised by its topic, then by its keys. ``model`` names the device's
    model where undecoded frames need it. ``memory`` carries what earlier messages announced and is updated.
    """
    heard = Heard(Clock(zone, received_at), retained)
    message = Message(topic, payload, model)
    read(BY_NAME.get(dialect), message, heard, memory)
    return heard


def read(dialect: Dialect | None, message: Message, heard: Heard, memory: Memory) -> None:
    """Let a dialect (None: the one that recognises the message) fill ``heard``. Never raises."""
    if len(message.payload) > LARGEST:
        heard.refuse("oversized", f"{len(message.payload)} bytes; the largest accepted is {LARGEST}")
        return
    try:
        chosen = dialect or recognise(message)
        heard.dialect = chosen.name
        chosen.read(message, heard, memory)
        if memory.entities and chosen.name in _WITHOUT_UNITS and memory.entities.get(message.topic):
            _read_announced(message, heard, memory)
    except Exception as error:  # hostile content must never stop the good sensors (C51)
        heard.observations.clear()
        heard.refuse("decoder-error", f"{type(error).__name__}: {error}"[:200], raw="whole payload")


def of_topic(levels: list[str]) -> Dialect | None:
    """The dialect a topic alone gives away, None where it needs the document."""
    return next((dialect for dialect in DIALECTS if dialect.claims_topic(levels)), None)


def recognise(message: Message) -> Dialect:
    """The dialect of a message nobody declared: by topic, then by document, else plain."""
    levels = message.levels
    by_topic = of_topic(levels)
    if by_topic is not None:
        return by_topic
    document = message.document()
    if isinstance(document, (dict, list)):
        for dialect in DIALECTS:
            if dialect.claims_document(document, levels):
                return dialect
    return PLAIN


def _read_announced(message: Message, heard: Heard, memory: Memory) -> None:
    """An announcement knows more than a topic's words: it replaces what plain reading found."""
    told = {entity.quantity for entity in memory.entities[message.topic].values()}
    heard.observations[:] = [seen for seen in heard.observations if seen.quantity not in told]
    heard.refusals[:] = [one for one in heard.refusals if one.quantity and one.quantity not in told]
    read_entities(message, heard, memory)
