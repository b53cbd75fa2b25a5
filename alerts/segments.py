"""How many parts a text message takes, and what each country's networks allow.

GSM 7-bit default alphabet and its extension: 3GPP TS 23.038 6.2.1. 160 septets in one part, 153 in each of
several; UCS-2 70 and 67 UTF-16 units (3GPP TS 23.040 9.2.3.24.1: the joined parts carry a 6-octet header).
"""

from __future__ import annotations

import re
from math import ceil

from msgspec import Struct

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_TWO = frozenset("^{}\\[~]|€\f")

# Typographic twins that would switch a whole English message to UCS-2 for nothing.
PLAIN = str.maketrans(
    {
        "‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", " ": " ",
        "·": "-", "×": "x", "−": "-", "\t": " ",
    }
)  # fmt: skip

LINK = re.compile(r"(?i)\b(?:https?://|www\.)[^\s，。；、）)】\]]+")


class Count(Struct, frozen=True, kw_only=True):
    """The size of a text: ``units`` of its alphabet and the parts it takes."""

    alphabet: str  # "GSM" or "UCS-2"
    units: int
    parts: int


class Country(Struct, frozen=True, kw_only=True):
    """What text messages to a country's numbers can do."""

    prefix: str
    links: bool = True
    replies: bool = True
    landlines: bool = True


# Twilio's SMS guidelines: mainland China has no two-way messages and refuses links and landlines
# (https://www.twilio.com/en-us/guidelines/cn/sms); India has no two-way messages (…/guidelines/in/sms).
COUNTRIES = (
    Country(prefix="+86", links=False, replies=False, landlines=False),
    Country(prefix="+91", replies=False),
)
ELSEWHERE = Country(prefix="+")


def country(phone: str) -> Country:
    """The rules for ``phone`` (E.164)."""
    return next((c for c in COUNTRIES if phone.startswith(c.prefix)), ELSEWHERE)


def count(words: str) -> Count:
    """How large ``words`` is on the air. One character outside the GSM alphabet makes all of it UCS-2."""
    if all(c in GSM or c in GSM_TWO for c in words):
        units = len(words) + sum(1 for c in words if c in GSM_TWO)
        return Count(alphabet="GSM", units=units, parts=_gsm_parts(words, units))
    units = len(words.encode("utf-16-le")) // 2
    return Count(alphabet="UCS-2", units=units, parts=_ucs2_parts(words, units))


def _gsm_parts(words: str, units: int) -> int:
    if units <= 160:
        return 1
    parts, room = 1, 153
    for c in words:  # an escaped pair is never split over two parts
        size = 2 if c in GSM_TWO else 1
        if size > room:
            parts, room = parts + 1, 153
        room -= size
    return parts


def _ucs2_parts(words: str, units: int) -> int:
    if units <= 70:
        return 1
    if units == len(words):
        return ceil(units / 67)
    parts, room = 1, 67
    for c in words:  # nor is a surrogate pair
        size = 2 if ord(c) > 0xFFFF else 1
        if size > room:
            parts, room = parts + 1, 67
        room -= size
    return parts


def plain(words: str) -> str:
    """``words`` with typographic twins replaced by GSM characters and controls removed."""
    swapped = words.translate(PLAIN)
    return "".join(c for c in swapped if c == "\n" or c.isprintable())


def without_links(words: str) -> str:
    """``words`` with every web address taken out."""
    return LINK.sub("", words).strip()
