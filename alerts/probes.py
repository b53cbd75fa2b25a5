"""What one look at a provider's account found."""

from __future__ import annotations

from msgspec import Struct

from sensors.model import Text


class Probe(Struct, frozen=True, kw_only=True):
    """One thing looked at: well, or what is wrong and what to do."""

    what: Text
    well: bool
    words: Text
    remedy: Text = Text("", "")
