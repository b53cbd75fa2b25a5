"""Old readings of data loggers into the series store: which channel is which sensor, and what is there already.

Imported readings are historical: they count in reports and rule rehearsal and never raise or clear an alarm. A
reading that the store already has is left as it is; one that says something else at the same moment is refused,
so that nothing once accepted is changed.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct

from ingest.series import Series, micros
from sensors.loggers.read import Channel, Export, Refused
from sensors.model import Quality, Reading, Sensor, Text
from sensors.names import words_of

BATCH = 1_000
_SLICE_S = 30 * 86_400.0  # so much of the store is looked at in one go


class Target(Struct, frozen=True):
    """A channel (its number counts from 1) and the sensor it is taken for."""

    number: int
    channel: Channel
    sensor: Sensor


class Taken(Struct, frozen=True):
    """What came of one channel: readings written, already there, and refused because the store says otherwise."""

    written: int
    present: int
    refused: tuple[Refused, ...]


def match(
    export: Export, sensors: Mapping[str, Sensor], said: Mapping[str, str]
) -> tuple[list[Target], list[Text]]:
    """Which sensor each channel is, and what is wrong with what was said.

    ``said`` maps a channel's number, its name, or a quantity that only one channel has, to a sensor's id. Channels
    nobody spoke of are proposed where serial number or name point to exactly one sensor.
    """
    problems: list[Text] = []
    targets: dict[int, Sensor] = {}
    for key, sensor_id in said.items():
        number = _channel(export.channels, key)
        if isinstance(number, Text):
            problems.append(number)
            continue
        sensor = sensors.get(sensor_id)
        if sensor is None:
            near = difflib.get_close_matches(sensor_id, sensors, 3, 0.4)
            problems.append(
                Text(
                    f"没有传感器“{sensor_id}”。相近：{'、'.join(near) or '无'}",
                    f"There is no sensor {sensor_id!r}. Near: {', '.join(near) or 'none'}",
                )
            )
            continue
        channel = export.channels[number - 1]
        if channel.quantity and channel.quantity != sensor.quantity:
            problems.append(
                Text(
                    f"通道 {number} 是 {channel.quantity}，传感器 {sensor_id} 是 {sensor.quantity}。",
                    f"Channel {number} is {channel.quantity}, the sensor {sensor_id} is {sensor.quantity}.",
                )
            )
            continue
        targets[number] = sensor
    if not said:
        targets = dict(_proposed(export.channels, sensors))
    problems += _twice(targets)
    return [
        Target(number, export.channels[number - 1], sensor) for number, sensor in sorted(targets.items())
    ], problems


def _channel(channels: Sequence[Channel], key: str) -> int | Text:
    if key.isdecimal() and 1 <= int(key) <= len(channels):
        return int(key)
    for names in ([one.name for one in channels], [one.quantity for one in channels]):
        hits = [number for number, name in enumerate(names, 1) if name.casefold() == key.casefold()]
        if len(hits) == 1:
            return hits[0]
        if hits:
            numbers = ", ".join(map(str, hits))
            return Text(
                f"“{key}”有多个通道：{numbers}。请写编号。",
                f"{key!r} are channels {numbers}: write a number.",
            )
    return Text(
        f"没有通道“{key}”；请写预览里的编号（1 到 {len(channels)}）。",
        f"There is no channel {key!r}: write its number in the preview (1 to {len(channels)}).",
    )


def _proposed(channels: Sequence[Channel], sensors: Mapping[str, Sensor]) -> Iterator[tuple[int, Sensor]]:
    for number, channel in enumerate(channels, 1):
        alike = [one for one in sensors.values() if one.quantity == channel.quantity]
        serial = channel.serial.casefold()
        hits = [
            one for one in alike if len(serial) >= 4 and serial in f"{one.topic} {one.channel}".casefold()
        ]
        if not hits:
            words = set(words_of(channel.name))
            hits = [one for one in alike if words >= set(words_of(one.id))]
        if len(hits) == 1:
            yield number, hits[0]


def _twice(targets: Mapping[int, Sensor]) -> list[Text]:
    taken: dict[str, int] = {}
    problems = []
    for number, sensor in sorted(targets.items()):
        if sensor.id in taken:
            problems.append(
                Text(
                    f"通道 {taken[sensor.id]} 和 {number} 都指向 {sensor.id}。",
                    f"Channels {taken[sensor.id]} and {number} both point at {sensor.id}.",
                )
            )
        taken.setdefault(sensor.id, number)
    return problems


def take(
    target: Target, series: Series, now: float, *, write: bool, on_done: Callable[[int], None] | None = None
) -> Taken:
    """Compare a channel with the store and, where asked, write what is new, in order of time.

    Raises :class:`ingest.series.SeriesError`; what was written until then stays, and the same call again goes on.
    """
    channel, sensor = target.channel, target.sensor
    order = sorted(range(len(channel.at)), key=channel.at.__getitem__)
    known = _Known(series, sensor.id, channel.at[order[-1]] if order else 0.0)
    fresh: list[Reading] = []
    written = present = 0
    refused: list[Refused] = []
    for place in order:
        at, value = channel.at[place], channel.value[place]
        there = known.at(at)
        if there is not None:
            if abs(there - value) <= 1e-6 * max(1.0, abs(value)):
                present += 1
            else:
                refused.append(
                    Refused(
                        channel.line[place],
                        channel.name,
                        f"{value:g}",
                        Text(
                            f"库中同一时刻已有 {there:g}", f"the store already has {there:g} at that moment"
                        ),
                    )
                )
            continue
        fresh.append(Reading(sensor.id, value, at, now, Quality.HISTORICAL))
        written += 1
        if len(fresh) >= BATCH:
            _write(series, fresh, write, on_done)
    _write(series, fresh, write, on_done)
    return Taken(written, present, tuple(refused))


def _write(series: Series, fresh: list[Reading], write: bool, on_done: Callable[[int], None] | None) -> None:
    if fresh and write:
        series.write(fresh)
    if on_done is not None:
        on_done(len(fresh))
    fresh.clear()


class _Known:
    """The store's readings of one sensor around a moving moment; moments are asked in order."""

    def __init__(self, series: Series, sensor: str, last_at: float) -> None:
        self._series = series
        self._sensor = sensor
        self._last_at = last_at
        self._until = float("-inf")
        self._values: dict[int, float] = {}

    def at(self, at: float) -> float | None:
        """The value the store has at this very moment, None where it has none."""
        if at >= self._until:
            self._until = min(at + _SLICE_S, self._last_at + 1.0)
            window = self._series.window(self._sensor, at, self._until)
            self._values = dict(zip(window.at_us.tolist(), window.value.tolist(), strict=True))
        return self._values.get(micros(at))
