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
from sensors.dialects.base import LARGEST, Dialect, Memory, Message
from sensors.dialects.registry import BY_NAME, PLAIN
from sensors.heard import Heard
from sensors.interpret import of_topic, read
from sensors.learn import learn
from sensors.match import match, wanted
from sensors.model import Declaration, Decoded, Life, RawMessage, Reading, Reject, Sensor
from sensors.plan import Group, Plan, declarations_of, lives_of
from sensors.times import Clock
from sensors.topics import matches

_UNKNOWN = Decoded(known=False)
_EMPTY = Decoded()
_NOTHING: frozenset[str] = frozenset()
_FIRST_PATIENCE = 4
_LONGEST_PATIENCE = 100_000
AUTO = frozenset(("auto", "cn-host"))
"""Names by which a person leaves the recognition to the messages."""


class _Topic(Struct):
    """What one topic means to this building."""

    simple: tuple[Bound, ...] = ()
    groups: tuple[Group, ...] = ()
    living: tuple[str, ...] = ()  # sensors whose device's life this topic tells
    dialect: str = ""  # of a topic that only tells life or announces
    plan: Plan | None = None  # the short way of its usual message
    useful: bool = False  # whether a message took it
    unplanned: int = 0  # messages in a row that took the long way
    patience: int = _FIRST_PATIENCE  # after how many of them a plan is sought (again)


class Decoder:
    """Decodes the messages of one building. Holds what devices announced; everything else is fixed at the start.

    ``sensors`` by id, ``timezone`` the building's IANA zone for device times that name none.
    """

    def __init__(self, sensors: Mapping[str, Sensor], timezone: str) -> None:
        self._zone: tzinfo = ZoneInfo(timezone)
        self._memory = Memory()
        self._topics: dict[str, _Topic] = {}
        self._filters: dict[str, str] = {}  # wildcard filter of announcements: dialect
        self._compile(sensors.values())

    def subscriptions(self) -> tuple[str, ...]:
        """The MQTT filters that bring everything this building listens to, in a stable order."""
        return tuple(sorted({*self._topics, *self._filters}))

    def decode(self, message: RawMessage, now: float) -> Decoded:
        """What a message says to this building at ``now``. Never raises, whatever the bytes."""
        topic = self._topics.get(message.topic)
        if topic is None:
            dialect = self._announcing(message.topic)
            if not dialect:
                return _UNKNOWN
            topic = _Topic(dialect=dialect)
        try:
            plan = topic.plan
            if plan is not None and plan.version == self._memory.version:
                decoded = plan.read(message, now)
                if decoded is not None:
                    if topic.unplanned:
                        topic.unplanned, topic.useful = 0, True
                    return decoded
            if topic.simple and not topic.groups and not topic.living:
                return self._simple(topic.simple, message, now)
            decoded = self._full(topic, message, now)
            if len(topic.groups) == 1 and not topic.simple:
                self._learn(topic, message, decoded)
            return decoded
        except Exception as error:  # hostile content must never stop the good sensors (C51)
            detail = f"{type(error).__name__}: {error}"[:200]
            return Decoded(rejects=(Reject(message.topic, "decoder-error", detail),))

    def _learn(self, topic: _Topic, message: RawMessage, decoded: Decoded) -> None:
        """Seek a plan now and then, more seldom each time: a topic of many shapes must not cost more than it saves."""
        topic.unplanned += 1
        patience = topic.patience
        if topic.plan is not None and topic.plan.version != self._memory.version:
            patience = _FIRST_PATIENCE  # something was announced since; the shape may well be the same
        if topic.unplanned < patience or not decoded.readings or decoded.rejects:
            return
        plan = topic.plan
        outdated = plan is not None and plan.version != self._memory.version
        fruitless = plan is not None and not outdated and not topic.useful
        topic.unplanned, topic.useful = 1, False
        if not outdated:
            topic.patience = _LONGEST_PATIENCE if fruitless else min(topic.patience * 8, _LONGEST_PATIENCE)
        topic.plan = None if fruitless else learn(topic.groups[0], message, self._memory, self._zone)

    def _simple(self, bounds: tuple[Bound, ...], message: RawMessage, now: float) -> Decoded:
        payload = message.payload
        if len(payload) > LARGEST:
            return Decoded(rejects=(Reject(message.topic, "oversized", f"{len(payload)} bytes"),))
        readings, rejects = read_simple(bounds, message, now, self._zone)
        return Decoded(readings, rejects) if rejects else Decoded(readings)

    def _full(self, topic: _Topic, message: RawMessage, now: float) -> Decoded:
        readings: list[Reading] = []
        rejects: list[Reject] = []
        lives: list[Life] = []
        declarations: list[Declaration] = []
        requests: list[tuple[str, bytes]] = []
        if topic.simple:
            simple = self._simple(topic.simple, message, now)
            readings.extend(simple.readings)
            rejects.extend(simple.rejects)
        for group in topic.groups or self._announcers(topic):
            heard = Heard(
                Clock(self._zone, message.received_at), message.retained, group.quantities, group.units
            )
            read(group.dialect, Message(message.topic, message.payload, group.model), heard, self._memory)
            match(heard, group.sensors, message, now, readings, rejects)
            if heard.lives:
                lives.extend(lives_of(heard.lives, group.reached, heard.dialect, message.received_at))
            if heard.announcements:
                declarations.extend(declarations_of(heard, message.topic))
            requests.extend(heard.requests)
        if not (lives or declarations or requests):
            return Decoded(tuple(readings), tuple(rejects)) if readings or rejects else _EMPTY
        return Decoded(
            tuple(readings), tuple(rejects), tuple(lives), tuple(declarations), True, tuple(requests)
        )

    def _announcers(self, topic: _Topic) -> tuple[Group, ...]:
        """For a topic that only tells life or announces: the dialect, and nobody to read values for."""
        return (Group(BY_NAME[topic.dialect], "", (), _NOTHING, {}, topic.living),) if topic.dialect else ()

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
            reached = tuple(dict.fromkeys(living.get(topic, ())))
            self._topics[topic] = _Topic(
                simple=tuple(simple.get(topic, ())),
                groups=tuple(_group(*key, members, reached) for key, members in told.items()),
                living=reached,
                dialect=dialects.get(topic, ""),
            )

    def _listen(self, dialect: Dialect, sensor: Sensor, dialects: dict[str, str]) -> None:
        for topic in dialect.announcement_topics(sensor.topic):
            if "#" in topic or "+" in topic:
                self._filters[topic] = dialect.name
            else:
                dialects.setdefault(topic, dialect.name)


def _group(dialect: str, model: str, members: list[Sensor], living: tuple[str, ...]) -> Group:
    sensors = tuple(wanted(sensor) for sensor in members)
    return Group(
        dialect=BY_NAME.get(dialect) or (PLAIN if dialect in SIMPLE else None),
        model=model,
        sensors=sensors,
        quantities=frozenset(one.quantity for one in sensors),
        units={
            one.quantity: sensor.unit for one, sensor in zip(sensors, members, strict=True) if sensor.unit
        },
        reached=living or tuple(one.id for one in sensors),
    )
