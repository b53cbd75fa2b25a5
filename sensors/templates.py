"""What is known of a device model before it is hung up: what it gives, how often, within which limits."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from sensors.model import Text
from sensors.quantities import plain_word


class Template(Struct, frozen=True, kw_only=True):
    """One model. ``also`` are the names it goes by in messages; ``quantities`` what is worth registering.

    ``ranges`` are the maker's measuring limits per quantity, in its unit; ``essential`` names the quantities on
    which protection rests; ``battery`` is the cell type, "" for mains; ``calibrate_months`` is how long a
    calibration holds, 0 where none is usual; ``model`` is what ``sensors.toml`` needs to read raw frames.
    """

    id: str
    name: Text
    vendor: str = ""
    also: tuple[str, ...] = ()
    quantities: tuple[str, ...] = ()
    essential: tuple[str, ...] = ()
    ranges: dict[str, tuple[float, float]] = {}
    every_s: float = 300.0
    silent_after_s: float = 900.0
    battery: str = ""
    calibrate_months: int = 0
    model: str = ""


def fitting(templates: Iterable[Template], vendor: str, model: str) -> Template | None:
    """The template whose model the device names; the longest name wins, None where none fits."""
    said = plain_word(f"{vendor} {model}")
    best: tuple[int, Template] | None = None
    for template in templates:
        for name in (template.id, *template.also):
            word = plain_word(name)
            whole = f" {said} ".replace("(", " ").replace(")", " ").replace("/", " ").replace(",", " ")
            if word and f" {word} " in whole and (best is None or len(word) > best[0]):
                best = (len(word), template)
    return best[1] if best else None
