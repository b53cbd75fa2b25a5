"""The short way of simple sensors: one value at one path, or one word, of one topic.

Dialect ``json`` with a ``path`` (``temperature``, ``SCD40.CarbonDioxide``, ``probes[0].t``), ``words`` with
the operator's own word table, ``plain`` with a bare number or word. Everything unusual goes through the
same verbs as every other dialect (``Heard``).
"""

from __future__ import annotations

import re
from datetime import tzinfo
from typing import Any

from msgspec import Struct

from sensors.dialects.base import parse_json
from sensors.heard import SIDELESS, Heard, measure
from sensors.model import Quality, RawMessage, Reading, Reject, Sensor
from sensors.names import words_of
from sensors.quantities import QUANTITIES, plain_word, quantity
from sensors.times import Clock, moment_of
from sensors.units import scale
from sensors.vocabulary import LOOPS

SIMPLE = frozenset(("json", "words", "plain"))
FUTURE_AFTER_S = 300.0
"""A reading measured more than this ahead of us is quarantined (C12)."""
LATE_AFTER_S = 300.0
"""A reading that arrives more than this after its measurement is history: it starts no emergency (C12)."""

_TIME_KEYS = ("ts", "time", "timestamp", "Time", "measured_at", "datetime")
_NUMBER_STARTS = tuple(b"%c" % char for char in b"0123456789-+.")
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]|\[[\"']([^\"']+)[\"']\]")


class Bound(Struct, frozen=True):
    """A simple sensor, compiled."""

    sensor: Sensor
    id: str
    json: bool
    steps: tuple[str | int, ...]
    quantity: str
    contact: bool
    low: float
    high: float
    offset: float
    words: dict[str, float]
    usual: bool  # a number as it stands: no words, no other unit
    either_way: (
        bool  # read at a key like ``contact``, whose true is closed for some makers and open for others
    )


def bind_simple(sensor: Sensor) -> Bound:
    """Compile a sensor of a simple dialect; a quantity unknown to the table is a number without limits."""
    known = quantity(sensor.quantity)
    name = known.id if known else sensor.quantity
    factor, shift = scale(name, sensor.unit) or (1.0, 0.0)
    contact = bool(known and known.contact)
    return Bound(
        sensor=sensor,
        id=sensor.id,
        json=bool(sensor.path) or sensor.dialect == "json",
        steps=steps_of(sensor.path),
        quantity=name,
        contact=contact,
        low=known.low if known else float("-inf"),
        high=known.high if known else float("inf"),
        offset=sensor.offset,
        words={plain_word(word): value for word, value in sensor.words.items()},
        usual=not (contact or sensor.words or shift or factor != 1.0),
        either_way=name == "contact_open" and not LOOPS.isdisjoint(words_of(sensor.path)),
    )


def steps_of(path: str) -> tuple[str | int, ...]:
    """The steps of a path: ``a.b[0]["c d"]`` is a, b, 0, "c d"."""
    return tuple(int(index) if index else name or quoted for name, index, quoted in _STEP.findall(path))


def follow(document: Any, steps: tuple[str | int, ...]) -> Any:
    """What stands at a path, None where nothing does."""
    for step in steps:
        if type(document) is dict:
            document = document.get(step)  # no key is a number
        elif isinstance(step, str):
            return None
        elif isinstance(document, list) and step < len(document):
            document = document[step]
        else:
            return None
    return document


def quality_of(at: float, received_at: float, now: float, retained: bool, stored: bool) -> Quality:
    """How far a reading may be trusted, from its time and how it came (C12).

    ``now`` and ``received_at`` differ where somebody moved the wall clock: a time that agrees with either is believed.
    """
    first, last = (received_at, now) if received_at < now else (now, received_at)
    if at - last > FUTURE_AFTER_S:
        return Quality.FUTURE
    if stored:
        return Quality.HISTORICAL
    if retained:
        return Quality.RETAINED
    return Quality.LATE if first - at > LATE_AFTER_S else Quality.GOOD


def read_simple(
    bounds: tuple[Bound, ...], message: RawMessage, now: float, zone: tzinfo
) -> tuple[tuple[Reading, ...], tuple[Reject, ...]]:
    """The readings and rejects of simple sensors of one topic."""
    received = message.received_at
    at = received
    readings: list[Reading] = []
    rejects: list[Reject] = []
    document: Any = None
    if bounds[0].json or any(bound.json for bound in bounds):
        document = parse_json(message.payload)
        if isinstance(document, dict):
            for key in _TIME_KEYS:
                if key in document:
                    told = moment_of(document[key], zone, received)
                    if told is not None:
                        at = told
                        break
        elif document is None:
            if not message.payload.strip():
                return (), ()
            readers = [bound for bound in bounds if bound.json]
            detail = f"not JSON: {message.payload[:60].decode(errors='replace')!r}"
            rejects = [Reject(message.topic, "not-json", detail, bound.id) for bound in readers]
            bounds = tuple(bound for bound in bounds if not bound.json)
    grade = quality_of(at, received, now, message.retained, False)
    for bound in bounds:
        value = follow(document, bound.steps) if bound.json else _bare(message.payload)
        kind = type(value)
        if (
            (kind is float or kind is int)
            and bound.usual
            and bound.low <= value <= bound.high
            and -255.0 < value < 255.0
        ):
            taken = float(value)
            if bound.offset:
                corrected = round(taken + bound.offset, 6)
                readings.append(Reading(bound.id, corrected, at, received, grade, taken))
            else:
                readings.append(Reading(bound.id, taken, at, received, grade))
            continue
        _read_slowly(bound, value, message, at, grade, readings, rejects)
    return tuple(readings), tuple(rejects)


def _bare(payload: bytes) -> Any:
    """A bare payload as a number where it is one (digits first, so that "nan" stays a word), else as text."""
    if payload[:1] in _NUMBER_STARTS and len(payload) < 24 and b"_" not in payload:
        try:
            return float(payload)
        except ValueError:
            pass
    try:
        return payload.decode().strip()
    except UnicodeDecodeError:
        return None


def _read_slowly(
    bound: Bound,
    value: Any,
    message: RawMessage,
    at: float,
    grade: Quality,
    readings: list[Reading],
    rejects: list[Reject],
) -> None:
    """The careful way of one value: words, text, null, sentinels, unbelievable numbers, each with its reason."""
    sensor = bound.sensor
    if value is None and bound.json:
        rejects.append(Reject(message.topic, "no-such-path", f"nothing at {sensor.path!r}", bound.id))
        return
    if value is None or value == "":
        if value is None:
            rejects.append(Reject(message.topic, "not-text", "the payload is not UTF-8 text", bound.id))
        return
    heard = Heard(Clock(None, message.received_at))
    own = bound.words.get(plain_word(_word(value))) if bound.words else None
    if own is not None:
        readings.append(Reading(bound.id, own + bound.offset, at, message.received_at, grade))
    elif bound.quantity not in QUANTITIES:
        _read_unlisted(bound, value, message, at, grade, readings, rejects)
    elif bound.words:
        known = ", ".join(sensor.words)
        detail = f"{str(value)[:60]!r} is none of the words {known}"
        rejects.append(Reject(message.topic, "unknown-state", detail, bound.id))
    elif bound.either_way and _word(value).strip().casefold() in SIDELESS:
        detail = f"{sensor.path} {_word(value)}: open for some makers, closed for others; write words = {{ true = … }}"
        rejects.append(Reject(message.topic, "needs-meaning", detail, bound.id))
    elif bound.contact:
        heard.state(bound.quantity, value)
    else:
        heard.number(bound.quantity, value, sensor.unit)
    for seen in heard.observations:
        if seen.quantity == bound.quantity:
            shifted = round(seen.value + bound.offset, 6)
            raw = seen.value if bound.offset else None
            readings.append(Reading(bound.id, shifted, at, message.received_at, grade, raw))
    for refusal in heard.refusals:
        rejects.append(Reject(message.topic, refusal.code, refusal.detail, bound.id))
        if refusal.value is not None:
            readings.append(Reading(bound.id, refusal.value, at, message.received_at, Quality.IMPLAUSIBLE))


def _read_unlisted(
    bound: Bound,
    value: Any,
    message: RawMessage,
    at: float,
    grade: Quality,
    readings: list[Reading],
    rejects: list[Reject],
) -> None:
    """A quantity the table does not know: any number, without limits of the believable."""
    measured = measure(value) if isinstance(value, str) else None
    number = measured[0] if measured else value
    if isinstance(number, (int, float)) and not isinstance(number, bool) and abs(number) < 1e300:
        readings.append(Reading(bound.id, float(number) + bound.offset, at, message.received_at, grade))
    else:
        rejects.append(Reject(message.topic, "not-a-number", f"{str(value)[:60]!r} is no number", bound.id))


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)
