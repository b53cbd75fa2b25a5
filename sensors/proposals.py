"""From an unregistered source to the sensors that would register it, tried on what it last said. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from math import ceil

from sensors.decode import Decoder
from sensors.dialects.registry import PLAIN
from sensors.model import RawMessage, Sensor, Text
from sensors.newcomer import Claim, Newcomer
from sensors.quantities import quantity
from sensors.templates import Template

OF_DEVICE = frozenset(("battery_voltage", "test", "online", "clock_drift"))
"""Quantities that speak of the device alone; registered only where they are asked for."""
SILENT_PACES = 3.0  # silent after so many paces, and not before SILENT_LEAST_S
SILENT_LEAST_S = 60.0
PACES_S = (10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 14_400.0, 43_200.0, 86_400.0)
_NOT_IN_ID = re.compile(r"[^\w-]+")
LONGEST_STEM = 32


def wanted_claims(
    newcomer: Newcomer, template: Template | None, asked: Collection[str] = ()
) -> tuple[Claim, ...]:
    """The values worth registering: those asked for, else the template's, else all that speak of the room."""
    names = set(asked) or set(template.quantities if template else ())
    claims = tuple(one for one in newcomer.claims if one.quantity in names) if names else ()
    if asked or claims:
        return claims
    return tuple(one for one in newcomer.claims if one.quantity not in OF_DEVICE)


def proposed(
    newcomer: Newcomer,
    claims: Iterable[Claim],
    *,
    zone: str,
    name: Text,
    stem: str = "",
    taken: Collection[str] = (),
    template: Template | None = None,
) -> tuple[Sensor, ...]:
    """One sensor per claim, with ids that are not ``taken``; ``stem`` begins every id ("" from the device)."""
    chosen = tuple(claims)
    used = set(taken)
    sensors: list[Sensor] = []
    begins = stem or stem_of(newcomer)
    for claim in chosen:
        known = quantity(claim.quantity)
        word = known.name if known else Text(claim.quantity, claim.quantity)
        alone = len(chosen) == 1
        id_ = _free(begins if alone and stem else f"{begins}-{claim.quantity}", used)
        used.add(id_)
        every_s = template.every_s if template else pace(newcomer.every_s)
        silent_s = template.silent_after_s if template else max(SILENT_PACES * every_s, SILENT_LEAST_S)
        low, high = (template.ranges if template else {}).get(claim.quantity, (None, None))
        sensors.append(
            Sensor(
                id=id_,
                name=name if alone else Text(f"{name.zh} {word.zh}", f"{name.en} {word.en.lower()}"),
                zone=zone,
                quantity=claim.quantity,
                topic=claim.topic,
                dialect=_dialect(newcomer, claim),
                path=_path(newcomer, claim, chosen),
                channel=_channel(newcomer, claim),
                model=template.model if template else "",
                every_s=every_s,
                silent_after_s=silent_s,
                low=low,
                high=high,
                essential=bool(template and claim.quantity in template.essential),
            )
        )
    return tuple(sensors)


def proven(
    newcomer: Newcomer, sensors: Iterable[Sensor], timezone: str
) -> tuple[dict[str, float], list[str]]:
    """What the proposed sensors read from the source's last message, and the ids that should have and did not.

    Sensors of another topic than the last message's are neither; nothing is proven where none was kept.
    """
    listed = {sensor.id: sensor for sensor in sensors}
    if not newcomer.sample:
        return {}, []
    decoder = Decoder(listed, timezone)
    message = RawMessage(newcomer.sampled_topic, newcomer.sample, newcomer.last_at)
    decoded = decoder.decode(message, newcomer.last_at)
    read = {reading.sensor: reading.value for reading in decoded.readings}
    missing = [
        sensor.id
        for sensor in listed.values()
        if sensor.topic == newcomer.sampled_topic and sensor.id not in read
    ]
    return read, missing


def pace(every_s: float) -> float:
    """The usual reporting interval at or above a measured pace; 300 s where none was measured."""
    if every_s <= 0.0:
        return 300.0
    return next((usual for usual in PACES_S if usual >= 0.8 * every_s), float(ceil(every_s)))


def stem_of(newcomer: Newcomer) -> str:
    """A beginning for ids, from the last part of the device's own name."""
    tail = newcomer.device.rstrip("/").rsplit("/", 1)[-1]
    return _NOT_IN_ID.sub("-", tail).strip("-")[:LONGEST_STEM] or newcomer.id


def _free(id_: str, used: Collection[str]) -> str:
    if id_ not in used:
        return id_
    number = 2
    while f"{id_}-{number}" in used:
        number += 1
    return f"{id_}-{number}"


def _dialect(newcomer: Newcomer, claim: Claim) -> str:
    if newcomer.dialect in ("", PLAIN.name):
        return "json" if claim.path else "plain"
    return newcomer.dialect


def _channel(newcomer: Newcomer, claim: Claim) -> str:
    """What tells this probe or device from others of its topic; "" where the topic does."""
    if claim.channel or not claim.names:
        return claim.channel
    levels = set(claim.topic.split("/"))
    if levels.intersection(claim.names) or newcomer.device in claim.topic:
        return ""
    plain = claim.topic.replace(":", "")
    if any(name.replace(":", "") in plain for name in claim.names if name):
        return ""
    return newcomer.device if newcomer.device in claim.names else claim.names[-1]


def _path(newcomer: Newcomer, claim: Claim, chosen: Collection[Claim]) -> str:
    """Where the value stands: always for plain JSON, else only to tell two values of one probe apart."""
    if newcomer.dialect in ("", PLAIN.name):
        return claim.path
    twins = [
        one
        for one in chosen
        if (one.quantity, one.channel, one.topic) == (claim.quantity, claim.channel, claim.topic)
    ]
    return claim.path if len(twins) > 1 else ""
