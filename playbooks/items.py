"""Where a rescued holding is and how it does: state, custody hand by hand, treatment, wet clock.

Times are Unix seconds UTC (``_at``).
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

CONDITIONS = ("dry", "damp", "wet", "dirty", "broken", "mould")
"""How a holding looks, in one word that a gloved thumb can choose; empty where nobody said."""
WET = frozenset({"damp", "wet"})
Treatment = Literal[
    "freeze", "thaw", "keep-wet", "rinse", "air-dry", "freeze-dry", "dry", "specialist", "mould", "checked"
]
"""What is done to a wet holding; ``dry`` is measured, ``checked`` and ``mould`` are what a look found."""


class Hand(Struct, frozen=True, kw_only=True):
    """One link of custody: who brought a holding from where to where, when, how it looked, who took it.

    ``at`` is when it happened, ``said_at`` when the system was told (later for entries from paper); ``by``
    carried or gave it, ``said_by`` typed it.
    """

    act: Literal["out", "arrived", "moved", "returned"]
    at: float
    said_at: float
    by: str
    said_by: str
    origin: str
    to: str
    condition: str = ""
    receiver: str = ""
    crate: str = ""
    note: str = ""


class Care(Struct, frozen=True, kw_only=True):
    """One thing done to a wet holding; times and names as in :class:`Hand`. ``moisture_pct`` as measured."""

    what: Treatment
    at: float
    said_at: float
    by: str
    said_by: str
    note: str = ""
    moisture_pct: float | None = None


class ItemState(Struct, frozen=True, kw_only=True):
    """A holding on its way: waiting, out, arrived, covered, cannot, returned; with custody facts.

    ``at`` and ``by`` are of the last change. The wet clock runs from ``wet_at`` until ``safe_at`` (frozen,
    measured dry, or with a specialist: ``safe``).
    """

    state: Literal["waiting", "out", "arrived", "covered", "cannot", "returned"]
    by: str = ""
    at: float = 0.0
    note: str = ""
    to: str = ""
    wet: bool = False
    out_by: str = ""
    out_at: float | None = None
    received_by: str = ""
    received_at: float | None = None
    wet_at: float | None = None  # start of the wet clock
    condition: str = ""
    zone: str = ""  # where it was taken from
    said_at: float = 0.0  # when the last change was told; later than ``at`` for an entry from paper
    crate: str = ""
    hands: tuple[Hand, ...] = ()
    care: tuple[Care, ...] = ()
    safe_at: float | None = None
    safe: Literal["", "freeze", "dry", "specialist"] = ""
    warned: Literal["", "soon", "over"] = ""  # what was said of its wet clock
