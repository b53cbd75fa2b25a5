"""What a field or topic name says about its quantity: whole words of several languages, never parts of words.

A name is cut into words (``TempC_SHT`` is temp, c, sht). One word must name the quantity; every other word
must be one of the harmless ones (where the probe sits, which unit). A name with any other word is not
understood, so that ``temperature_max``, ``overtemperature`` or ``LAST_WATER_LEAK_DURATION`` never become
readings.
"""

from __future__ import annotations

import re
import unicodedata

from msgspec.structs import replace

from sensors.quantities import QUANTITIES
from sensors.vocabulary import (
    CHINESE,
    EITHER_WAY,
    HARMLESS,
    JOINED,
    NOT_THE_ROOM,
    NOT_THE_STATE,
    SINGLE,
    STATUS_WORDS,
    TELLING,
    UNIT_WORDS,
    Meaning,
)

__all__ = ["Meaning", "loose_meaning", "meaning", "words_of"]

_NUMBERED = re.compile(r"^([a-z]+|[一-鿿]+)(\d{1,2})$")
_CUT = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+\d*|[A-Z]+\d*|\d+|[一-鿿]+|[^\W\d_]+")
_LAST_NUMBER = re.compile(r"^(.*\D)(\d{1,2})$")
_LEAKS = frozenset(("leak", "leakage", "flood"))  # beside these, "water" is no medium that is measured
_LONGEST = 64
_MOST_WORDS = 6
_REMEMBERED = 4096  # hostile senders must not fill the memory with names

_strict: dict[str, Meaning | None] = {}
_loose: dict[str, Meaning | None] = {}


def meaning(name: str) -> Meaning | None:
    """What a field name says, None where it is not surely one of our quantities. Answers are remembered."""
    try:
        return _strict[name]
    except KeyError:
        return _remember(_strict, name, _by_all_words(words_of(name)) if len(name) <= _LONGEST else None)


def loose_meaning(name: str) -> Meaning | None:
    """The meaning of a name that may also say where it is (``living_room_temperature``).

    For names of entities and topics, whose words are places as often as not; a name with a word that speaks
    of chips, limits, statistics or other media is still not understood.
    """
    try:
        return _loose[name]
    except KeyError:
        return _remember(_loose, name, _by_some_words(name) if len(name) <= _LONGEST else None)


def _remember(memo: dict[str, Meaning | None], name: str, found: Meaning | None) -> Meaning | None:
    if len(memo) >= _REMEMBERED:
        memo.clear()
    memo[name] = found
    return found


def words_of(name: str) -> list[str]:
    """The words of a name in lower case: camel case, ``_``, ``-``, blanks and points all separate."""
    words: list[str] = []
    for word in _CUT.findall(unicodedata.normalize("NFKC", name)):
        if "\u4e00" <= word[0] <= "\u9fff":
            words.extend(_cut_chinese(word))
        else:
            words.append(word.casefold())
    return words


def _cut_chinese(run: str) -> list[str]:
    """Longest known words first; a run with anything unknown stays whole and so is not understood."""
    words: list[str] = []
    rest = run
    while rest:
        for length in range(min(6, len(rest)), 0, -1):
            if rest[:length] in CHINESE:
                words.append(rest[:length])
                rest = rest[length:]
                break
        else:
            return [run]
    return words


def _by_some_words(name: str) -> Meaning | None:
    words = words_of(name)
    known = _by_all_words(words)
    foreign = NOT_THE_ROOM.intersection(words)
    if known is not None or (foreign and not (foreign == {"water"} and _LEAKS.intersection(words))):
        return known
    parts = [words[start:] for start in range(1, len(words))]
    parts += [words[:end] for end in range(len(words) - 1, 0, -1)]
    found = next((known for part in parts if (known := _by_all_words(part)) is not None), None)
    if found is not None and QUANTITIES[found.quantity].contact and not NOT_THE_STATE.isdisjoint(words):
        return None  # leak_enabled, door_lock and smoke_test are no leak, door or smoke
    return found


def _by_all_words(words: list[str]) -> Meaning | None:
    joined = "".join(words)
    whole = JOINED.get(joined)
    if whole is not None:
        return whole
    numbered = _LAST_NUMBER.match(joined)
    if numbered is not None and numbered.group(1) in JOINED:  # WaterLeak1, WaterLeak2
        return replace(JOINED[numbered.group(1)], qualifier=numbered.group(2))
    if not words or len(words) > _MOST_WORDS:
        return None
    quantity, unit = "", ""
    qualifiers: list[str] = []
    for word in words:
        counted = _NUMBERED.match(word) if word not in SINGLE else None
        stem = counted.group(1) if counted else word
        if not quantity and stem in SINGLE:
            quantity = SINGLE[stem]
            unit = {"tempc": "°C", "tempf": "°F"}.get(stem, "")
        elif quantity and not unit and stem in UNIT_WORDS:
            unit = UNIT_WORDS[stem]
        elif stem in TELLING or word.isdigit():
            qualifiers.append(word)
            continue
        elif word == "water" and "leak" in words:
            continue
        elif word not in HARMLESS and not (
            word in STATUS_WORDS and quantity and QUANTITIES[quantity].contact
        ):
            return None
        if counted:
            qualifiers.append(counted.group(2))
    if not quantity:
        return None
    if quantity == "battery" and unit in ("V", "mV"):
        quantity = "battery_voltage"
    contact = QUANTITIES[quantity].contact
    if contact and (unit or not NOT_THE_STATE.isdisjoint(words)):
        return None  # smoke_ppm and gas_value are measures, not states
    sided = "open" not in words and not EITHER_WAY.isdisjoint(words)
    return Meaning(quantity, unit, qualifier=" ".join(qualifiers), words_only=sided)
