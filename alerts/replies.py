"""Reading what people answer: text messages and pressed keys. Pure; hostile input gives UNCLEAR, never more.

A command is the printed code and one letter or word: "12A", "12 a", "收到12". No command is a word that
carriers or the provider take for themselves (see ``alerts.wording.RESERVED``).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from msgspec import Struct

from alerts.wording import OPT_IN, OPT_OUT

Verb = Literal["acknowledge", "pass_on", "status", "help", "opt_out", "opt_in", "unclear"]

WORDS: dict[str, Verb] = {
    "a": "acknowledge",
    "ack": "acknowledge",
    "收到": "acknowledge",
    "接警": "acknowledge",
    "确认": "acknowledge",
    "e": "pass_on",
    "转": "pass_on",
    "转他人": "pass_on",
    "求助": "pass_on",
    "s": "status",
    "状态": "status",
}
KEYS: dict[str, Verb] = {"1": "acknowledge", "3": "pass_on"}

_WORD = "|".join(sorted((re.escape(w) for w in WORDS), key=len, reverse=True))
_CODE_FIRST = re.compile(rf"(?P<code>[a-z0-9]{{1,12}}?)\s*(?P<verb>{_WORD})")
_VERB_FIRST = re.compile(rf"(?P<verb>{_WORD})\s*(?P<code>[a-z0-9]{{1,12}})")
HELP_WORDS = frozenset({"?", "h", "帮助"})
_EDGES = " \t\r\n\"'“”‘’「」#*.,，。!！()（）[]【】:：;；<>《》"


class Command(Struct, frozen=True, kw_only=True):
    """What an answer asks for, and of which message; ``code`` in capitals as printed."""

    verb: Verb
    code: str = ""


UNCLEAR = Command(verb="unclear")


def parse(words: str) -> Command:
    """The command in a text message."""
    said = unicodedata.normalize("NFKC", words[:200]).strip(_EDGES).lower()
    if said.upper() in OPT_OUT:
        return Command(verb="opt_out")
    if said.upper() in OPT_IN:
        return Command(verb="opt_in")
    if said in HELP_WORDS:
        return Command(verb="help")
    for pattern in (_CODE_FIRST, _VERB_FIRST):
        found = pattern.fullmatch(said)
        if found and any(c.isdigit() for c in found["code"]):
            return Command(verb=WORDS[found["verb"]], code=found["code"].upper())
    return UNCLEAR


def pressed(digits: str) -> Command:
    """The command in the keys pressed during a call; the call itself says which message."""
    return Command(verb=KEYS.get(digits.strip()[:1], "unclear"))
