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

from sensors.bind import SIMPLE, Bound, bind_simple, read_simple
from sensors.correct import correct, corrections
from sensors.dialects.base import LARGEST, Dialect, Memory, Message
from sensors.dialects.registry import BY_NAME, PLAIN
from sensors.heard import Heard
from sensors.interpret import of_topic, read
from sensors.match import Wanted, match, wanted
from sensors.model import Declaration, Decoded, Life, RawMessage, Reading, Reject, Sensor
from sensors.times import Clock
from sensors.topics import matches

_UNKNOWN = Decoded(known=False)
_EMPTY = Decoded()
_NOTHING: frozenset[str] = frozenset()
AUTO = frozenset(("auto", "cn-host"))
"""Names by which a person leaves the recognition to the messages."""
DIALECT_NAMES = SIMPLE | AUTO | frozenset(BY_NAME)
"""Every name that a sensor's ``dialect`` may have."""


class _Group(Struct, frozen=True):
    """The sensors of one topic that share a dialect and a model."""

    dialect: Dialect | None  # None: recognised from each message
    model: str
    sensors: tuple[Wanted, ...]
    quantities: frozenset[str]
    units: dict[str, str]  # declared for quantities whose unit the messages do not carry


class _Plan(Struct):
    """What one topic means to this building."""

    simple: tuple[Bound, ...] = ()
    groups: tuple[_Group, ...] = ()
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
        self._corrections = corrections(sensors.values())
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
                decoded = self._simple(plan.simple, message, now)
            else:
                decoded = self._full(plan, message, now)
            return correct(decoded, message.topic, self._corrections) if self._corrections else decoded
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
        for group in plan.groups or self._announcers(plan):
            heard = Heard(
                Clock(self._zone, message.received_at), message.retained, group.quantities, group.units
            )
            read(group.dialect, Message(message.topic, message.payload, group.model), heard, self._memory)
            match(heard, group.sensors, message, now, readings, rejects)
            for fact in heard.lives:
                reached = plan.living or tuple(sensor.id for sensor in group.sensors)
                if not reached:
                    continue
                at = fact.at if fact.at is not None else message.received_at
                lives.append(Life(reached, fact.online, at, f"{heard.dialect} {fact.source}".strip()))
            for told in heard.announcements:
                detail = {key: _shown(value) for key, value in told.detail.items()}
                declarations.append(Declaration(message.topic, told.device, told.what, detail))
            requests.extend(heard.requests)
        if not (lives or declarations or requests):
            return Decoded(tuple(readings), tuple(rejects)) if readings or rejects else _EMPTY
        return Decoded(
            tuple(readings), tuple(rejects), tuple(lives), tuple(declarations), True, tuple(requests)
        )

    def _announcers(self, plan: _Plan) -> tuple[_Group, ...]:
        """For a topic that only tells life or announces: the dialect, and nobody to read values for."""
        return (_Group(BY_NAME[plan.dialect], "", (), _NOTHING, {}),) if plan.dialect else ()

    def _announcing(self, topic: str) -> str:
        for pattern, dialect in self._filters.items():
            if matches(pattern, topic):
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
            dialect = BY_NAME.get(sensor.dialect) or of_topic(sensor.topic.split("/")) or PLAIN
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
                groups=tuple(_group(name, model, members) for (name, model), members in told.items()),
                living=tuple(dict.fromkeys(living.get(topic, ()))),
                dialect=dialects.get(topic, ""),
            )

    def _listen(self, dialect: Dialect, sensor: Sensor, dialects: dict[str, str]) -> None:
        for topic in dialect.announcement_topics(sensor.topic):
            if "#" in topic or "+" in topic:
                self._filters[topic] = dialect.name
            else:
                dialects.setdefault(topic, dialect.name)


def _group(dialect: str, model: str, members: list[Sensor]) -> _Group:
    sensors = tuple(wanted(sensor) for sensor in members)
    units = {one.quantity: sensor.unit for one, sensor in zip(sensors, members, strict=True) if sensor.unit}
    quantities = frozenset(one.quantity for one in sensors)
    return _Group(
        BY_NAME.get(dialect) or (PLAIN if dialect in SIMPLE else None), model, sensors, quantities, units
    )


def _shown(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(_shown(item) for item in value)
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
