"""Words in cells of a table that a spreadsheet may open."""

from __future__ import annotations


def safe_cell(word: str) -> str:
    """A cell that no spreadsheet takes for a formula: words that begin like one get an apostrophe in front.

    Numbers may begin with a sign (OWASP, "CSV injection").
    """
    if word[:1] in ("=", "+", "-", "@", "\t", "\r"):
        try:
            float(word)
        except ValueError:
            return "'" + word
    return word
