"""Gives each sensor its readings of what was heard, and tells each refusal to the sensor it concerns."""

from __future__ import annotations

from msgspec import Struct

from sensors.bind import quality_of
from sensors.heard import Heard, Observation, Refusal
from sensors.model import Quality, RawMessage, Reading, Reject, Sensor
from sensors.quantities import quantity
from sensors.vocabulary import words

# Refusals about one field are told to the sensor that reads that field; these are about the whole message.
WHOLE = words(
    """not-json not-protobuf not-text oversized bad-time no-life-word not-decoded encrypted needs-birth
    out-of-sequence broken-announcement decoder-error"""
)


class Wanted(Struct, frozen=True):
    """What one sensor takes from its topic."""

    id: str
    quantity: str
    channel: str
    path: str
    offset: float
    any: bool  # neither channel nor path: takes the only one there is


def wanted(sensor: Sensor) -> Wanted:
    """Compile a sensor; a quantity unknown to the table is taken by its own name."""
    known = quantity(sensor.quantity)
    name = known.id if known else sensor.quantity
    alone = not sensor.channel and not sensor.path
    return Wanted(sensor.id, name, sensor.channel, sensor.path, sensor.offset, alone)


def match(
    heard: Heard,
    sensors: tuple[Wanted, ...],
    message: RawMessage,
    now: float,
    readings: list[Reading],
    rejects: list[Reject],
) -> None:
    """Append the readings and rejects of one message for the sensors of its topic."""
    for seen, sensor in pairs(heard, sensors, message.topic, rejects):
        readings.append(_reading(seen, sensor, message, now))
    if heard.refusals:
        _tell_refusals(heard.refusals, sensors, message, readings, rejects)


def pairs(
    heard: Heard, sensors: tuple[Wanted, ...], topic: str, rejects: list[Reject]
) -> list[tuple[Observation, Wanted]]:
    """Which observation is whose. Where a quantity comes more than once: by channel, or refused where a sensor
    names none of several."""
    observations = heard.observations
    if heard.lives:
        observations = [
            *observations,
            *(Observation("online", float(fact.online), fact.channel, fact.at) for fact in heard.lives),
        ]
    found: list[tuple[Observation, Wanted]] = []
    if len(observations) == 1 or len({seen.quantity for seen in observations}) == len(observations):
        for seen in observations:
            for sensor in sensors:
                if sensor.quantity == seen.quantity and (sensor.any or _is_of(seen, sensor)):
                    found.append((seen, sensor))
        return found
    for sensor in sensors:
        mine = [seen for seen in observations if seen.quantity == sensor.quantity]
        if not sensor.any:
            mine = [seen for seen in mine if _is_of(seen, sensor)]
        elif len(mine) > 1:
            mine = _only_channel(mine)
            if not mine:
                detail = f"write channel = one of the probes into {sensor.id}"
                rejects.append(Reject(topic, "ambiguous-channel", detail, sensor.id))
        found.extend((seen, sensor) for seen in mine)
    return found


def _reading(seen: Observation, sensor: Wanted, message: RawMessage, now: float) -> Reading:
    received_at = message.received_at
    at = received_at if seen.at is None else seen.at
    grade = quality_of(at, received_at, now, message.retained, seen.stored)
    if sensor.offset:
        return Reading(sensor.id, round(seen.value + sensor.offset, 6), at, received_at, grade, seen.value)
    return Reading(sensor.id, seen.value, at, received_at, grade)


def _tell_refusals(
    refusals: list[Refusal],
    sensors: tuple[Wanted, ...],
    message: RawMessage,
    readings: list[Reading],
    rejects: list[Reject],
) -> None:
    for refusal in refusals:
        told = False
        for sensor in sensors:
            if refusal.quantity != sensor.quantity or not (sensor.any or _concerns(refusal, sensor)):
                continue
            told = True
            rejects.append(Reject(message.topic, refusal.code, refusal.detail, sensor.id))
            if refusal.value is not None:
                at = message.received_at if refusal.at is None else refusal.at
                implausible = Quality.IMPLAUSIBLE
                readings.append(Reading(sensor.id, refusal.value, at, message.received_at, implausible))
        if not told and refusal.code in WHOLE:
            rejects.append(Reject(message.topic, refusal.code, refusal.detail))


def _is_of(seen: Observation, sensor: Wanted) -> bool:
    if sensor.channel and not seen.is_channel(sensor.channel):
        return False
    return not sensor.path or seen.path == sensor.path


def _concerns(refusal: Refusal, sensor: Wanted) -> bool:
    if sensor.path and refusal.path != sensor.path:
        return False
    return not sensor.channel or sensor.channel in (refusal.channel, refusal.path)


def _only_channel(mine: list[Observation]) -> list[Observation]:
    """The observations of the main probe, or of the only one; none where several could be meant."""
    if len({seen.channel for seen in mine}) == 1:
        return mine
    return [seen for seen in mine if not seen.channel]
