"""The device and the gateway behind a sensor, and what devices say of themselves beside their readings."""

from __future__ import annotations

from collections.abc import Iterable

from sensors.bind import SIMPLE
from sensors.dialects.base import Dialect
from sensors.dialects.registry import BY_NAME, PLAIN
from sensors.interpret import of_topic
from sensors.life import TOLD, battery_band
from sensors.match import STAND_IN, Wanted
from sensors.model import Decoded, Quality, Reading, Sensor, Telling


def dialect_of(sensor: Sensor) -> Dialect:
    """The dialect of a sensor's topic: the declared one, else the one that the topic gives away."""
    return BY_NAME.get(sensor.dialect) or of_topic(sensor.topic.split("/")) or PLAIN


def is_simple(sensor: Sensor) -> bool:
    """Whether a sensor reads one place of one topic, of whatever device."""
    return sensor.dialect in SIMPLE and bool(sensor.path or sensor.words or sensor.dialect != "json")


def gateway_of(sensor: Sensor) -> str:
    """The gateway, server or node that a sensor's word comes through, with its dialect; empty where there is none."""
    if not sensor.topic or sensor.dialect in SIMPLE:
        return ""
    dialect = dialect_of(sensor)
    name = dialect.gateway(sensor.topic)
    return f"{dialect.name}:{name}" if name else ""


def device_of(sensor: Sensor) -> str:
    """A name for the device that carries a sensor; sensors of one device have the same."""
    if not sensor.topic or is_simple(sensor):
        return sensor.topic or sensor.id
    dialect = dialect_of(sensor)
    shared = dialect.gateway_topics(sensor.topic)
    own = [topic for topic in dialect.life_topics(sensor.topic) if topic not in shared]
    device = own[0] if own else sensor.topic
    return f"{device}#{sensor.channel}" if dialect.several and sensor.channel else device


class Tellers:
    """Stand-ins among the sensors of a topic that take what the device tells of itself (``sensors.life.TOLD``).

    Their readings are told apart again after decoding. A word that was said before is passed over: devices repeat
    themselves with every message. Of a battery only the band counts.
    """

    def __init__(self) -> None:
        self._behind: dict[str, tuple[tuple[str, ...], str]] = {}
        self._said: dict[str, float] = {}  # of a battery the lower end of its band

    def wanted(
        self, topic: str, members: Iterable[Sensor], others: Iterable[str], dialect: Dialect | None
    ) -> tuple[Wanted, ...]:
        """The stand-ins of one topic. Where it carries several devices, each channel has its own; ``others`` are
        sensors of the same device on other topics."""
        by_channel: dict[str, list[str]] = {"": list(others)}
        for sensor in members:
            channel = sensor.channel if dialect is None or dialect.several else ""
            by_channel.setdefault(channel, []).append(sensor.id)
        found = []
        for channel, names in by_channel.items():
            if not names:
                continue
            for quantity in sorted(TOLD):
                id_ = f"{STAND_IN}{topic}{STAND_IN}{channel}{STAND_IN}{quantity}"
                before = self._behind.get(id_, ((), quantity))[0]
                self._behind[id_] = (tuple(dict.fromkeys((*before, *names))), quantity)
                found.append(Wanted(id_, quantity, channel, "", 0.0, not channel))
        return tuple(found)

    def split(self, decoded: Decoded) -> Decoded:
        """The same with the stand-ins' readings as tellings."""
        readings, said, told = decoded.readings, self._said, []
        first = next(
            (place for place, one in enumerate(readings) if one.sensor[:1] == STAND_IN), len(readings)
        )
        if first == len(readings) and not decoded.rejects:
            return decoded
        own = list(readings[:first])
        for reading in readings[first:]:
            name = reading.sensor
            if name[:1] != STAND_IN:
                own.append(reading)
            elif reading.quality is not Quality.GOOD:
                if reading.quality is not Quality.IMPLAUSIBLE:
                    told.append(self._telling(reading))
            else:
                value = (
                    battery_band(reading.value)[0] if self._behind[name][1] == "battery" else reading.value
                )
                if said.get(name) != value:
                    said[name] = value
                    told.append(self._telling(reading))
        return Decoded(
            tuple(own),
            tuple(one for one in decoded.rejects if one.sensor[:1] != STAND_IN) if decoded.rejects else (),
            decoded.lives,
            decoded.declarations,
            decoded.known,
            decoded.requests,
            (*decoded.tellings, *told) if told else decoded.tellings,
            decoded.expiries,
        )

    def ask_again(self, sensors: Iterable[str]) -> None:
        """Pass on what the devices of these sensors say next, also if they said so before."""
        asked = frozenset(sensors)
        for name, (behind, _) in self._behind.items():
            if not asked.isdisjoint(behind):
                self._said.pop(name, None)

    def _telling(self, reading: Reading) -> Telling:
        sensors, quantity = self._behind[reading.sensor]
        return Telling(sensors, quantity, reading.value, reading.measured_at, reading.quality)
