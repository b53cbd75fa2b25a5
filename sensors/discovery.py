"""What Home Assistant discovery says of the lives of this building's sensors: availability, expiry, sister topics.

Any client may announce its entities; availability topics have names of their own choosing and may reach us before
the announcement that explains them, for the broker keeps both. Words that came too early are kept for it.
"""

from __future__ import annotations

from collections.abc import Iterable

from sensors.dialects.base import Memory, Message
from sensors.dialects.homeassistant import availability_word, read_entities
from sensors.heard import Announcement, Heard
from sensors.life import TOLD
from sensors.match import graded
from sensors.model import Expiry, Life, RawMessage, Sensor, Telling
from sensors.quantities import quantity
from sensors.times import Clock

_EARLY_MOST = 5_000
_EARLY_LONGEST = 512  # bytes; availability is a word or a small object


class Discovery:
    """Holds which topics discovery bound to which sensors. ``hear`` gives what one message says."""

    def __init__(self, sensors: Iterable[Sensor]) -> None:
        self._bound: dict[str, list[Sensor]] = {}
        for sensor in sensors:
            if sensor.topic:
                self._bound.setdefault(sensor.topic, []).append(sensor)
        self._states: dict[str, dict[str, None]] = {}  # availability topic: state topics it speaks for
        self._sisters: dict[str, tuple[str, ...]] = {}  # state topic of a device's own words: its sensors
        self._words: dict[str, tuple[str, float]] = {}  # availability topic: payload and its place in time
        self._early: dict[str, RawMessage] = {}
        self._limits: dict[str, float] = {}

    def concerns(self, state_topic: str) -> bool:
        """Whether a sensor of the building reads that topic."""
        return state_topic in self._bound

    def keep(self, message: RawMessage) -> None:
        """A kept message on a topic nobody knows yet."""
        room = message.topic in self._early or len(self._early) < _EARLY_MOST
        if message.retained and room and len(message.payload) <= _EARLY_LONGEST:
            self._early[message.topic] = message

    def learn(self, state_topic: str, memory: Memory) -> tuple[list[Life], list[Expiry]]:
        """An announcement of that topic was read into ``memory``: what follows from it and from earlier words."""
        entities = memory.entities.get(state_topic, {})
        expiries = []
        for sensor in self._bound.get(state_topic, ()):
            known = quantity(sensor.quantity)
            mine = [one for one in entities.values() if known is not None and one.quantity == known.id]
            if mine:
                after_s = min((one.expire_after_s for one in mine if one.expire_after_s), default=0.0)
                if self._limits.get(sensor.id, 0.0) != after_s:
                    self._limits[sensor.id] = after_s
                    expiries.append(Expiry((sensor.id,), after_s))
        for entity in entities.values():
            self._sister(state_topic, entity.quantity, entity.device, memory)
        lives: list[Life] = []
        if state_topic in self._bound:
            for entity in entities.values():
                for place in entity.availability:
                    self._states.setdefault(place.topic, {})[state_topic] = None
                    early = self._early.pop(place.topic, None)
                    if early is not None:
                        lives += self.hear(early, memory)
        return lives, expiries

    def follow(
        self, announcements: Iterable[Announcement], memory: Memory
    ) -> tuple[tuple[Life, ...], tuple[Expiry, ...]]:
        """What announcements that were just read mean for sensors of this building."""
        lives: list[Life] = []
        expiries: list[Expiry] = []
        for told in announcements:
            if told.what == "entity":
                more = self.learn(str(told.detail.get("state_topic", "")), memory)
                lives += more[0]
                expiries += more[1]
        return tuple(lives), tuple(expiries)

    def speaks(self, topic: str) -> bool:
        """Whether discovery said that a topic tells of availability."""
        return topic in self._states

    def hear(self, message: RawMessage, memory: Memory) -> list[Life]:
        """What a message on an availability topic says of the sensors it stands for."""
        text = message.payload[:_EARLY_LONGEST].decode(errors="replace")
        self._words[message.topic] = (text, message.received_at)
        lives = []
        reached: dict[str, set[str]] = {}
        for state_topic in self._states.get(message.topic, ()):
            for entity in memory.entities.get(state_topic, {}).values():
                if any(place.topic == message.topic for place in entity.availability):
                    reached.setdefault(entity.device, set()).add(state_topic)
        gateway = len(reached) > 1
        for state_topic in self._states.get(message.topic, ()):
            sensors = tuple(sensor.id for sensor in self._bound.get(state_topic, ()))
            online = self._online(state_topic, message.topic, memory, alone=gateway)
            if online is not None and sensors:
                about = message.topic if gateway else state_topic
                lives.append(
                    Life(
                        sensors,
                        online,
                        message.received_at,
                        "homeassistant availability",
                        f"homeassistant:{about}",
                        gateway,
                        message.retained,
                    )
                )
        if not gateway or not lives:
            return lives
        # A word for several devices is one word on what stands before them.
        every = tuple(dict.fromkeys(name for life in lives for name in life.sensors))
        first = lives[0]
        return [Life(every, first.online, first.at, first.source, first.about, True, message.retained)]

    def telling(self, message: RawMessage, memory: Memory, clock: Clock, now: float) -> list[Telling]:
        """What a device tells of itself on a topic of its own that discovery explained."""
        sensors = self._sisters.get(message.topic)
        if sensors is None:
            return []
        heard = Heard(clock, message.retained, TOLD)
        read_entities(Message(message.topic, message.payload), heard, memory)
        return [
            Telling(sensors, seen.quantity, seen.value, *graded(seen, message, now))
            for seen in heard.observations
        ]

    def _sister(self, state_topic: str, told: str, device: str, memory: Memory) -> None:
        """A device's battery or tamper switch on a topic without sensors belongs to its sensors elsewhere."""
        if not device:
            return
        if told in TOLD and state_topic not in self._bound:
            names = [
                sensor.id
                for topic, sensors in self._bound.items()
                if any(one.device == device for one in memory.entities.get(topic, {}).values())
                for sensor in sensors
            ]
            if names:
                self._sisters[state_topic] = tuple(names)
        elif state_topic in self._bound:
            for topic, entities in memory.entities.items():
                if topic not in self._bound and any(
                    one.device == device and one.quantity in TOLD for one in entities.values()
                ):
                    before = self._sisters.get(topic, ())
                    mine = tuple(sensor.id for sensor in self._bound[state_topic])
                    self._sisters[topic] = tuple(dict.fromkeys((*before, *mine)))

    def _online(self, state_topic: str, topic: str, memory: Memory, *, alone: bool) -> bool | None:
        """The word of an entity's availability topics together, by its mode; None while it is unknown."""
        for entity in memory.entities.get(state_topic, {}).values():
            if not any(place.topic == topic for place in entity.availability):
                continue
            said: list[bool | None] = []
            for place in entity.availability:
                if alone and place.topic != topic:
                    continue
                word = self._words.get(place.topic)
                said.append(availability_word(place, word[0]) if word is not None else None)
                if entity.availability_mode == "latest" and place.topic == topic:
                    return said[-1]
            if entity.availability_mode == "any":
                return True if True in said else None if None in said else False
            return False if False in said else None if None in said else True
        return None
