"""The device and the gateway behind a sensor, and what devices say of themselves beside their readings."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from sensors.bind import SIMPLE
from sensors.dialects.base import Dialect
from sensors.dialects.registry import BY_NAME, PLAIN
from sensors.interpret import of_topic
from sensors.life import TOLD
from sensors.match import Wanted
from sensors.model import Decoded, Quality, Sensor, Telling

_MARK = "\0"  # no sensor of a folder can be called so


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
    themselves with every message.
    """

    def __init__(self) -> None:
        self._behind: dict[str, tuple[tuple[str, ...], str]] = {}
        self._said: dict[str, float] = {}

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
                id_ = f"{_MARK}{topic}{_MARK}{channel}{_MARK}{quantity}"
                before = self._behind.get(id_, ((), quantity))[0]
                self._behind[id_] = (tuple(dict.fromkeys((*before, *names))), quantity)
                found.append(Wanted(id_, quantity, channel, "", 0.0, not channel))
        return tuple(found)

    def split(self, decoded: Decoded) -> Decoded:
        """The same with the stand-ins' readings as tellings."""
        if not any(reading.sensor.startswith(_MARK) for reading in decoded.readings) and not any(
            reject.sensor.startswith(_MARK) for reject in decoded.rejects
        ):
            return decoded
        told = []
        for reading in decoded.readings:
            if not reading.sensor.startswith(_MARK) or reading.quality is Quality.IMPLAUSIBLE:
                continue
            live = reading.quality is Quality.GOOD
            if live and self._said.get(reading.sensor) == reading.value:
                continue
            if live:
                self._said[reading.sensor] = reading.value
            sensors, quantity = self._behind[reading.sensor]
            told.append(Telling(sensors, quantity, reading.value, reading.measured_at, reading.quality))
        return replace(
            decoded,
            readings=tuple(one for one in decoded.readings if not one.sensor.startswith(_MARK)),
            rejects=tuple(one for one in decoded.rejects if not one.sensor.startswith(_MARK)),
            tellings=(*decoded.tellings, *told),
        )
