"""How the short way of a topic is learnt: from what a dialect asked of one message.

The message is read once more with a document that remembers what its dialect asked (``trace``). What was looked at
must be the same in every message that takes the short way; what only went through ``Heard.number`` is a reading, what
only went through ``Clock.read`` a time; what was never asked for may be anything of its kind.
"""

from __future__ import annotations

import re
from datetime import tzinfo
from operator import attrgetter
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, defstruct

from sensors.dialects.base import Memory, parse_json
from sensors.heard import Observation
from sensors.interpret import read
from sensors.match import Wanted, pairs
from sensors.model import RawMessage, Reject
from sensors.plan import Getter, Group, Number, Plan, Steps, Told, declarations_of, reader
from sensors.quantities import QUANTITIES
from sensors.trace import Log, Place, TracedHeard, TracedMessage, TracedTime, TracedValue, looked_at

_NUMBER = re.compile(r"^-?[0-9]{1,9}(\.[0-9]{1,9})?\Z")
_NUMBER_TEXT = Annotated[str, Meta(pattern=_NUMBER.pattern)]
_MOST_VALUES = 200  # of a document that is planned: larger ones are inventories
_MOST_SHAPES = 5_000


def learn(group: Group, message: RawMessage, memory: Memory, zone: tzinfo) -> Plan | None:
    """The plan for messages like this one, None where their dialect must read each of them."""
    document = parse_json(message.payload)
    if not isinstance(document, (dict, list)) or _size(document) > _MOST_VALUES:
        return None
    if len(_structs) >= _MOST_SHAPES:  # senders that change their shape without end must not fill the memory
        return None
    version = memory.version
    log, heard = _trace(group, message, document, memory, zone)
    rejects: list[Reject] = []
    owned = pairs(heard, group.sensors, message.topic, rejects)
    if log.lost or memory.version != version or rejects or not owned:
        return None
    if heard.refusals or heard.requests or any(fact.at is not None for fact in heard.lives):
        return None
    announced = _announced(heard)
    other_log, other = _trace(group, message, _other_kinds(document, log), memory, zone)
    if other_log.lost or other.refusals or _what(other.observations) != _what(heard.observations):
        return None  # whether a number is whole decides something
    if _announced(other) != announced or len(other.lives) != len(heard.lives):
        return None
    return _compile(group, document, heard, owned, message.topic, version, zone)


def _trace(
    group: Group, message: RawMessage, document: Any, memory: Memory, zone: tzinfo
) -> tuple[Log, TracedHeard]:
    log = Log()
    heard = TracedHeard(zone, message.received_at, log, group.quantities, group.units)
    traced = TracedMessage(message.topic, message.payload, group.model, document, log)
    read(group.dialect, traced, heard, memory)
    return log, heard


def _size(document: Any) -> int:
    if isinstance(document, dict):
        return 1 + sum(_size(one) for one in document.values())
    return 1 + sum(_size(one) for one in document) if isinstance(document, list) else 1


def _other_kinds(document: Any, log: Log, place: Place = ()) -> Any:
    """The same document with 20 for 19.5 and 20.0 for 20 wherever no dialect looked at the number itself."""
    if isinstance(document, dict):
        return {key: _other_kinds(one, log, (*place, key)) for key, one in document.items()}
    if isinstance(document, list):
        return [_other_kinds(one, log, (*place, index)) for index, one in enumerate(document)]
    if isinstance(document, bool) or place in log.touched or place in log.times:
        return document
    if isinstance(document, float):
        return int(document)
    return float(document) if isinstance(document, int) and abs(document) < 1e15 else document


def _announced(heard: TracedHeard) -> list[tuple[str, str, dict[str, object]]]:
    """What was announced, its values noted as looked at and plain from here on."""
    for told in heard.announcements:
        for key, value in told.detail.items():
            told.detail[key] = looked_at(value)
    return [(told.what, told.device, told.detail) for told in heard.announcements]


def _what(observations: list[Observation]) -> list[tuple[Any, ...]]:
    return [
        (seen.quantity, seen.channel, seen.stored, seen.path, seen.names, type(seen.value), type(seen.at))
        for seen in observations
    ]


class _Shape:
    """Turns a traced document into a type and collects the places that are to be looked at."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.fields: dict[Place, str] = {}  # where each value stands in the decoded object
        self.same: list[tuple[str, Any]] = []

    def type_of(self, value: Any, place: Place, field: str) -> Any:
        """The type that a value of the same kind has; notes what must be the same."""
        log = self.log
        self.fields[place] = field
        if isinstance(value, (dict, list)):
            return self._container(value, place, field)
        touched = place in log.touched
        if isinstance(value, str):
            if not touched and (place in log.measured or _NUMBER.match(value)):
                return _NUMBER_TEXT
            if place in log.reached and (touched or place not in log.times):
                self.same.append((field, value))
            return str
        if value is None:
            return None
        if isinstance(value, bool):
            if place in log.reached:
                self.same.append((field, value))
            return bool
        if touched:
            self.same.append((field, value))
            return int | float
        return float if place in log.measured else int | float

    def _container(self, value: Any, place: Place, field: str) -> Any:
        listed = isinstance(value, list)
        if place not in self.log.opened:
            return list[Any] if listed else dict[str, Any]
        items = enumerate(value) if listed else value.items()
        start = f"{field}." if field else ""
        inner = [
            (key, self.type_of(one, (*place, key), f"{start}f{index}"))
            for index, (key, one) in enumerate(items)
        ]
        signature = (
            listed,
            tuple((key if not listed else index, kind) for index, (key, kind) in enumerate(inner)),
        )
        return _struct(signature)


# Shared by all topics, because devices of one model send one shape.
_structs: dict[Any, type[Struct]] = {}
_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


def _struct(signature: tuple[bool, tuple[tuple[Any, Any], ...]]) -> type[Struct]:
    """A type whose fields are the keys, all of them and no other; the same one for the same shape."""
    found = _structs.get(signature)
    if found is None:
        listed, inner = signature
        fields = [(f"f{index}", kind) for index, (_, kind) in enumerate(inner)]
        names = None if listed else {f"f{index}": key for index, (key, _) in enumerate(inner)}
        found = defstruct(
            "Shape", fields, rename=names, array_like=listed, forbid_unknown_fields=True, gc=False
        )
        _structs[signature] = found
    return found


def _compile(
    group: Group,
    document: Any,
    heard: TracedHeard,
    owned: list[tuple[Observation, Wanted]],
    topic: str,
    version: int,
    zone: tzinfo,
) -> Plan:
    log = heard.log
    shape = _Shape(log)
    whole = shape.type_of(document, (), "")
    values: list[str] = []
    numbers: list[Number] = []
    times = [shape.fields[place] for place in sorted(log.times, key=repr)]
    index_of: dict[int, int] = {}
    for seen in heard.observations:
        # A number that was looked at must be as it was: its reading is as constant as a state's.
        if isinstance(seen.value, TracedValue) and seen.value.measured.place not in log.touched:
            measured = seen.value.measured
            limits = QUANTITIES[measured.quantity]
            index_of[id(seen)] = len(values)
            factor, shift = measured.factor, measured.shift
            scaled = factor != 1.0 or shift != 0.0
            numbers.append(Number(measured.text, scaled, factor, shift, limits.low, limits.high))
            values.append(shape.fields[measured.place])
    told = []
    for seen, sensor in owned:
        time = times.index(shape.fields[seen.at.place]) + 1 if isinstance(seen.at, TracedTime) else 0
        number = index_of.get(id(seen), -1)
        constant = 0.0 if number >= 0 else float(seen.value)
        told.append(Told(sensor.id, number, constant, sensor.offset, time, seen.stored))
    same = shape.same * (2 if len(shape.same) == 1 else 1)  # as _getter reads them
    numeric = any(isinstance(value, (int, float)) and not isinstance(value, bool) for _, value in same)
    steps = Steps(
        decode=_decoders.setdefault(whole, msgspec.json.Decoder(whole)).decode,
        same=_getter([field for field, _ in same]),
        expected=tuple(value for _, value in same),
        kinds=tuple(type(value) for _, value in same) if numeric else (),
        values=_getter(values),
        numbers=tuple(numbers),
        times=_getter(times),
        told=tuple(told),
        lives=tuple(heard.lives),
        declarations=declarations_of(heard, topic),
        reached=group.reached,
        said_by=heard.dialect,
        zone=zone,
    )
    return Plan(version, reader(steps))


def _getter(fields: list[str]) -> Getter | None:
    """Reads the fields as a tuple; a single one twice, because attrgetter gives a lone field bare."""
    return attrgetter(*(fields * 2 if len(fields) == 1 else fields)) if fields else None
