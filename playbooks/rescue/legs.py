"""One trip of one crew as the search keeps it, and when a search stops; pure."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from playbooks.rescue.problem import Option

Stop = Callable[[int], bool]
"""Asked before every round with the number of rounds done; True ends the search."""


class Leg(Struct, gc=False):
    """One trip of one crew: options in the order they are done, start and end in minutes, way lengths."""

    options: list[Option]
    start: float
    minutes: float
    value: float
    slack: float  # how much later it may start without missing a closing time or the end
    kg: float
    carries: int = 1
    stays: tuple[tuple[int, float, float], ...] = ()
    """Rooms with a limit only: room, minutes in and out after the start."""


def twin(leg: Leg) -> Leg:
    """The same trip once more: legs are changed where they stand."""
    return Leg(
        list(leg.options), leg.start, leg.minutes, leg.value, leg.slack, leg.kg, leg.carries, leg.stays
    )


class Pick(Struct, gc=False):
    """What one crew would do in one zone: value per minute with the walk, minutes inside, whether it carries."""

    ratio: float
    options: list[Option]
    inside: float
    loaded: bool


def rounds(most: int) -> Stop:
    """A stop rule that counts: the same plan on every machine."""
    return lambda done: done >= most
