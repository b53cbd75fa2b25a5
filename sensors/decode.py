"""Messages of one building become readings of its sensors.

A topic is looked up whole; what stands there was compiled from the building's sensors once. Simple sensors
(dialects ``json``, ``words``, ``plain`` with a path or words of their own) take a short way; every other
dialect is read by its module and its observations are bound by quantity and channel.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import tzinfo
from zoneinfo import ZoneInfo

from msgspec import Struct

from sensors.bind import SIMPLE, Bound, bind_simple, quality_of, read_simple
from sensors.dialects.base import LARGEST, Dialect, Memory
from sensors.dialects.registry import BY_NAME, PLAIN
from sensors.heard import Heard, Observation, Refusal
from sensors.interpret import interpret
from sensors.model import Declaration, Decoded, Life, Quality, RawMessage, Reading, Reject, Sensor
from sensors.quantities import quantity
from sensors.vocabulary import words

_UNKNOWN = Decoded(known=False)
_EMPTY = Decoded()
# Refusals about one field are told to the sensor that reads that field; these are about the whole message.
_WHOLE = words(
    """not-json not-protobuf not-text oversized bad-time no-life-word not-decoded encrypted needs-birth
    out-of-sequence broken-announcement decoder-error"""
)


class _Plan(Struct):
    """What one topic means to this building."""

    simple: tuple[Bound, ...] = ()
    groups: tuple[tuple[str, str, tuple[Sensor, ...]], ...] = ()  # dialect, model, sensors
    living: tuple[str, ...] = ()  # sensors whose device's life this topic tells
    dialect: str = ""  # of a topic that only tells life or announces


class Decoder:
    """Decodes the messages of one building. Holds what devices announced; everything else is fixed at the start.

    ``sensors`` by id, ``timezone`` the building's IANA zone for device times that name none.
    """

    def __init__(self, sensors: Mapping[str, Sensor], timezone: str) -> None:
        self._zone: tzinfo = ZoneInfo(timezone)
        self._memory = Memory()
        self._plans: dict[str, _Plan] = {}
        self._filters: dict[str, str] = {}  # wildcard filter of announcements: dialect
        self._compile(sensors.values())

    def subscriptions(self) -> tuple[str, ...]:
        """The MQTT filters that bring everything this building listens to, in a stable order."""
        return tuple(sorted({*self._plans, *self._filters}))

    def decode(self, message: RawMessage, now: float) -> Decoded:
        """What a message says to this building at ``now``. Never raises, whatever the bytes."""
        plan = self._plans.get(message.topic)
        if plan is None:
            dialect = self._announcing(message.topic)
            if not dialect:
                return _UNKNOWN
            plan = _Plan(dialect=dialect)
        try:
            if plan.simple and not plan.groups and not plan.living:
                return self._simple(plan.simple, message, now)
            return self._full(plan, message, now)
        except Exception as error:  # hostile content must never stop the good sensors (C51)
            detail = f"{type(error).__name__}: {error}"[:200]
            return Decoded(rejects=(Reject(message.topic, "decoder-error", detail),))

    def _simple(self, bounds: tuple[Bound, ...], message: RawMessage, now: float) -> Decoded:
        payload = message.payload
        if len(payload) > LARGEST:
            return Decoded(rejects=(Reject(message.topic, "oversized", f"{len(payload)} bytes"),))
        readings, rejects = read_simple(bounds, message, now, self._zone)
        return Decoded(readings, rejects) if rejects else Decoded(readings)

    def _full(self, plan: _Plan, message: RawMessage, now: float) -> Decoded:
        readings: list[Reading] = []
        rejects: list[Reject] = []
        lives: list[Life] = []
        declarations: list[Declaration] = []
        requests: list[tuple[str, bytes]] = []
        if plan.simple:
            simple = self._simple(plan.simple, message, now)
            readings.extend(simple.readings)
            rejects.extend(simple.rejects)
        groups = plan.groups or (((plan.dialect, "", ()),) if plan.dialect else ())
        for dialect, model, sensors in groups:
            heard = interpret(
                message.topic,
                message.payload,
                message.retained,
                message.received_at,
                self._memory,
                zone=self._zone,
                dialect=dialect,
                model=model,
            )
            bind(heard, sensors, message, now, readings, rejects)
            for fact in heard.lives:
                reached = plan.living or tuple(sensor.id for sensor in sensors)
                if not reached:
                    continue
                at = fact.at if fact.at is not None else message.received_at
                lives.append(Life(reached, fact.online, at, f"{heard.dialect} {fact.source}".strip()))
            for told in heard.announcements:
                detail = {key: _shown(value) for key, value in told.detail.items()}
                declarations.append(Declaration(message.topic, told.device, told.what, detail))
            requests.extend(heard.requests)
        if not (readings or rejects or lives or declarations or requests):
            return _EMPTY
        return Decoded(
            tuple(readings), tuple(rejects), tuple(lives), tuple(declarations), True, tuple(requests)
        )

    def _announcing(self, topic: str) -> str:
        for wanted, dialect in self._filters.items():
            if matches(wanted, topic):
                return dialect
        return ""

    def _compile(self, sensors: Iterable[Sensor]) -> None:
        simple: dict[str, list[Bound]] = {}
        groups: dict[str, dict[tuple[str, str], list[Sensor]]] = {}
        living: dict[str, list[str]] = {}
        dialects: dict[str, str] = {}
        for sensor in sensors:
            if not sensor.topic:
                continue
            if sensor.dialect in SIMPLE and (sensor.path or sensor.words or sensor.dialect != "json"):
                simple.setdefault(sensor.topic, []).append(bind_simple(sensor))
                continue
            dialect = BY_NAME.get(sensor.dialect, PLAIN)
            for topic in (sensor.topic, *dialect.data_topics(sensor.topic)):
                groups.setdefault(topic, {}).setdefault((sensor.dialect, sensor.model), []).append(sensor)
            for topic in dialect.life_topics(sensor.topic):
                living.setdefault(topic, []).append(sensor.id)
                dialects[topic] = dialect.name
            self._listen(dialect, sensor, dialects)
        for topic in {*simple, *groups, *living, *dialects}:
            told = groups.get(topic, {})
            self._plans[topic] = _Plan(
                simple=tuple(simple.get(topic, ())),
                groups=tuple((name, model, tuple(members)) for (name, model), members in told.items()),
                living=tuple(dict.fromkeys(living.get(topic, ()))),
                dialect=dialects.get(topic, ""),
            )

    def _listen(self, dialect: Dialect, sensor: Sensor, dialects: dict[str, str]) -> None:
        for topic in dialect.announcement_topics(sensor.topic):
            if "#" in topic or "+" in topic:
                self._filters[topic] = dialect.name
            else:
                dialects.setdefault(topic, dialect.name)


def bind(
    heard: Heard,
    sensors: tuple[Sensor, ...],
    message: RawMessage,
    now: float,
    readings: list[Reading],
    rejects: list[Reject],
) -> None:
    """Give each sensor its readings of what was heard, and tell each refusal to whom it concerns."""
    observations = heard.observations
    if heard.lives:
        observations = [
            *observations,
            *(Observation("online", float(fact.online), fact.channel, fact.at) for fact in heard.lives),
        ]
    told: set[int] = set()
    for sensor in sensors:
        wanted = quantity(sensor.quantity)
        name = wanted.id if wanted else sensor.quantity
        mine = [seen for seen in observations if seen.quantity == name and _of(seen, sensor)]
        if len(mine) > 1 and not sensor.channel and not sensor.path:
            mine = _only_channel(mine)
            if not mine:
                detail = f"write channel = one of the probes into {sensor.id}"
                rejects.append(Reject(message.topic, "ambiguous-channel", detail, sensor.id))
        for seen in mine:
            at = message.received_at if seen.at is None else seen.at
            grade = quality_of(at, message.received_at, now, message.retained, seen.stored)
            readings.append(_reading(sensor, seen.value, at, message.received_at, grade))
        for index, refusal in enumerate(heard.refusals):
            if refusal.quantity == name and _refused(refusal, sensor):
                told.add(index)
                rejects.append(Reject(message.topic, refusal.code, refusal.detail, sensor.id))
                if refusal.value is not None:
                    at = message.received_at if refusal.at is None else refusal.at
                    readings.append(
                        _reading(sensor, refusal.value, at, message.received_at, Quality.IMPLAUSIBLE)
                    )
    for index, refusal in enumerate(heard.refusals):
        if index not in told and refusal.code in _WHOLE:
            rejects.append(Reject(message.topic, refusal.code, refusal.detail))


def _reading(sensor: Sensor, value: float, at: float, received_at: float, grade: Quality) -> Reading:
    if sensor.offset:
        return Reading(sensor.id, round(value + sensor.offset, 6), at, received_at, grade, value)
    return Reading(sensor.id, value, at, received_at, grade)


def _of(seen: Observation, sensor: Sensor) -> bool:
    if sensor.channel and not seen.is_channel(sensor.channel):
        return False
    return not sensor.path or seen.path == sensor.path


def _refused(refusal: Refusal, sensor: Sensor) -> bool:
    if sensor.path and refusal.path != sensor.path:
        return False
    return not sensor.channel or sensor.channel in (refusal.channel, refusal.path)


def _only_channel(mine: list[Observation]) -> list[Observation]:
    """The observations of the main probe, or of the only one; none where several could be meant."""
    channels = {seen.channel for seen in mine}
    if len(channels) == 1:
        return mine
    return [seen for seen in mine if not seen.channel]


def _shown(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(_shown(item) for item in value)
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def matches(wanted: str, topic: str) -> bool:
    """Whether an MQTT filter with ``+`` and ``#`` matches a topic (MQTT 3.1.1 section 4.7)."""
    parts, levels = wanted.split("/"), topic.split("/")
    for index, part in enumerate(parts):
        if part == "#":
            return True
        if index >= len(levels) or (part != "+" and part != levels[index]):
            return False
    return len(parts) == len(levels)
