"""Whose export a file looks like. Only what a file does not say itself is taken from here: the order of day and
month where a short file leaves both open."""

from __future__ import annotations

import re

from msgspec import Struct


class Style(Struct, frozen=True):
    """A maker's export: its name, what marks it in the lines above the readings, its order of day and month."""

    name: str
    mark: re.Pattern[str]
    order: str


def _style(name: str, mark: str, order: str) -> Style:
    return Style(name, re.compile(mark, re.IGNORECASE | re.MULTILINE), order)


STYLES = (
    _style("HOBO", r"Plot Title:|LGR S/N|#,Date Time, ?GMT", "mdy"),
    _style("Rotronic", r"^\[#[ISHD]\]", "dmy"),
    _style("TREND", r"\[Synchronized@|\[P\d+\].*\[S\d+", "dmy"),
    _style("Tinytag", r"^S/N,[\s\S]*^Property,", "dmy"),
    _style("Hanwell", r"^Database Valid|^Exported Sensor Data", "dmy"),
    _style("Meaco", r"^RECEIVER,TRANSMITTER,|^[^,\n]* - ID: ", "dmy"),
    _style("T&D", r"Date/Time,(?:Date/Time,)?No\.\s?1\b", "ymd"),
    _style("miniClima", r"alarmMin.*alarmMax", "dmy"),
    _style("Testo", r"\btesto\b|%rF\b", "dmy"),
)


def style_of(head: str) -> Style | None:
    """The style of the lines above the readings (cells joined by commas), None where it is none of these."""
    return next((style for style in STYLES if style.mark.search(head)), None)
