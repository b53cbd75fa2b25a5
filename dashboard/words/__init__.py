"""Every sentence on screen, by key, from ``zh.toml`` and ``en.toml``; whole sentences with named holes."""

from __future__ import annotations

import string
import tomllib
from functools import cache
from pathlib import Path

from sensors.model import Text

LANGUAGES = ("zh", "en")


@cache
def catalogue(language: str) -> dict[str, str]:
    """All sentences of a language as ``page.key``; unknown languages read the English ones."""
    name = language if language in LANGUAGES else "en"
    with (Path(__file__).parent / f"{name}.toml").open("rb") as file:
        tree = tomllib.load(file)
    return {f"{page}.{key}": words for page, group in tree.items() for key, words in group.items()}


class Words:
    """The sentences of one language. Calling with a key that does not exist is a programming error."""

    def __init__(self, language: str) -> None:
        self.language = "zh" if language == "zh" else "en"
        self._all = catalogue(self.language)

    def __call__(self, key: str, **holes: object) -> str:
        """The sentence with its holes filled; KeyError for an unknown key or a hole left open."""
        return self._all[key].format(**holes) if holes else self._all[key]

    def of(self, text: Text) -> str:
        """The right language of a two-language text; the other one rather than nothing."""
        return text.in_(self.language) or text.zh or text.en

    def both(self, key: str, **holes: object) -> Text:
        """A sentence in both languages."""
        return Text(*(Words(language)(key, **holes) for language in LANGUAGES))

    def named(self, page: str, word: str) -> str:
        """Our name for a word that comes from data, such as a state; the word itself where we have none."""
        return self._all.get(f"{page}.{word}", word.replace("_", " "))


def holes(sentence: str) -> set[str]:
    """Names of the holes in a sentence."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}
