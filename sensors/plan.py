"""The short way of a topic whose messages keep their shape.

A plan (``learn``) says how the messages of one topic and shape are read without their dialect: the shape of the
document as a type that msgspec checks while it parses, the values that must be as they were, and the places of the
numbers that are the readings. A message that differs in anything the dialect looked at has no plan and is read by
its dialect: another state, other words, null, marks for no measurement, new or missing keys, numbers beyond belief.
So a contact never changes its state by the short way; only believable numbers and repeated states take it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import tzinfo
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import astuple

from sensors.bind import quality_of
from sensors.dialects.base import LARGEST, Dialect
from sensors.heard import FULL_SCALE, Heard, LifeFact
from sensors.match import Wanted
from sensors.model import Declaration, Decoded, Life, Quality, RawMessage, Reading
from sensors.times import moment_of

Getter = Callable[[Any], tuple[Any, ...]]


class Group(Struct, frozen=True):
    """The sensors of one topic that share a dialect and a model."""

    dialect: Dialect | None  # None: recognised from each message
    model: str
    sensors: tuple[Wanted, ...]
    quantities: frozenset[str]
    units: dict[str, str]  # declared for quantities whose unit the messages do not carry
    reached: tuple[str, ...]  # the sensors that hear of their device's life on this topic


class Number(Struct, frozen=True):
    """One number of the document that must be believable, as it becomes the quantity's unit."""

    text: bool
    scaled: bool
    factor: float
    shift: float
    low: float
    high: float


class Told(Struct, frozen=True):
    """One reading: the number it shows (-1: a state that is as it was), which of the times it is of (0: arrival) and
    whether it was stored till now."""

    sensor: str
    number: int
    constant: float
    offset: float
    time: int
    stored: bool


class Steps(Struct, frozen=True):
    """What is done with a message of one shape, in this order."""

    decode: Callable[[bytes], Any]
    same: Getter | None  # values that must be ``expected``
    expected: tuple[Any, ...]
    kinds: tuple[type, ...]  # of expected numbers, () without any: 1 and 1.0 are not the same to a dialect
    values: Getter | None
    numbers: tuple[Number, ...]
    times: Getter | None
    told: tuple[Told, ...]
    lives: tuple[LifeFact, ...]
    declarations: tuple[Declaration, ...]
    reached: tuple[str, ...]
    said_by: str  # the dialect that spoke
    zone: tzinfo


class Plan(Struct, frozen=True):
    """``read(message, now)`` gives what a message of the plan's shape says, None for any other message.

    ``version`` is that of the memory the plan was learnt with; with another one the plan does not hold.
    """

    version: int
    read: Callable[[RawMessage, float], Decoded | None]


def reader(steps: Steps) -> Callable[[RawMessage, float], Decoded | None]:
    """The steps as one function. Its values are taken out of the structure once, not with every message."""
    decode, same, expected, kinds = steps.decode, steps.same, steps.expected, steps.kinds
    values, times = steps.values, steps.times
    lives, declarations, zone = steps.lives, steps.declarations, steps.zone
    limits = [(i, *astuple(one)) for i, one in enumerate(steps.numbers)]
    sensors = [astuple(one) for one in steps.told]

    def read(message: RawMessage, now: float) -> Decoded | None:
        payload = message.payload
        if len(payload) > LARGEST:
            return None
        try:
            document = decode(payload)
        except (msgspec.MsgspecError, RecursionError, ValueError):
            return None
        if same is not None:
            seen = same(document)
            if seen != expected or (kinds and tuple(map(type, seen)) != kinds):
                return None
        taken = []
        if values is not None:
            seen = values(document)
            for index, text, scaled, factor, shift, low, high in limits:
                number = value = float(seen[index]) if text else seen[index]
                if scaled:
                    value = round(number * factor + shift, 6)
                if not low <= value <= high or number in FULL_SCALE:
                    return None
                taken.append(value)
        received_at = message.received_at
        stamps = [received_at]
        if times is not None:
            told, at = None, None
            for stamp in times(document):
                if stamp != told:  # the values of one message mostly are of one time
                    told, at = stamp, moment_of(stamp, zone, received_at)
                if at is None:
                    return None
                stamps.append(at)
        retained = message.retained
        readings = []
        at, grade, of, old = received_at, Quality.GOOD, -1, False
        for sensor, index, constant, offset, time, stored in sensors:
            if time != of or stored is not old:
                of, old, at = time, stored, stamps[time]
                grade = quality_of(at, received_at, now, retained, stored)
            value = taken[index] if index >= 0 else constant
            if offset:
                readings.append(Reading(sensor, round(value + offset, 6), at, received_at, grade, value))
            else:
                readings.append(Reading(sensor, value, at, received_at, grade))
        if lives or declarations:
            alive = lives_of(lives, steps.reached, steps.said_by, received_at)
            return Decoded(tuple(readings), (), alive, declarations)
        return Decoded(tuple(readings))

    return read


def lives_of(
    facts: Iterable[LifeFact], reached: tuple[str, ...], dialect: str, received_at: float
) -> tuple[Life, ...]:
    """What the ``reached`` sensors learn of their device's life."""
    if not reached:
        return ()
    return tuple(
        Life(
            reached,
            fact.online,
            received_at if fact.at is None else fact.at,
            f"{dialect} {fact.source}".strip(),
        )
        for fact in facts
    )


def declarations_of(heard: Heard, topic: str) -> tuple[Declaration, ...]:
    """What a message announced, in words."""
    return tuple(
        Declaration(topic, told.device, told.what, {key: _shown(value) for key, value in told.detail.items()})
        for told in heard.announcements
    )


def _shown(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(_shown(item) for item in value)
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
