"""MQTT topic filters (MQTT 3.1.1, section 4.7)."""

from __future__ import annotations


def matches(wanted: str, topic: str) -> bool:
    """Whether a filter selects a topic: ``+`` is one level, ``#`` the rest.

    A filter that begins with a wildcard does not select topics that begin with ``$`` (4.7.2).
    """
    if topic.startswith("$") and wanted[:1] in {"+", "#"}:
        return False
    words, levels = wanted.split("/"), topic.split("/")
    for index, word in enumerate(words):
        if word == "#":
            return True
        if index >= len(levels) or word not in {"+", levels[index]}:
            return False
    return len(words) == len(levels)
