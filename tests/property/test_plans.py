"""The short way of a topic says exactly what its dialect says: of all samples and of hostile changes to them."""

from __future__ import annotations

import ast
import base64
import random
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bench.device_messages import MESSAGES, series
from sensors.decode import Decoder
from sensors.dialects.base import Memory, parse_json
from sensors.interpret import interpret
from sensors.judge import load
from sensors.model import Decoded, RawMessage, Sensor, Text

NOW = 1_795_399_811.0
SAMPLES = sorted((Path(__file__).parents[1] / "samples").glob("*.jsonl"))
ZONE = "Asia/Shanghai"
NEVER = 10**9
STRANGE: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 999, 255, 32767, 65535, -0.1, 85.0, 85, 19.5, 20, 1013.2, 101325, 1e300),
    *("", "ON", "21.4", "nan", "unknown", "wet", "2026-11-23T02:10:05Z", 1795399805, 1795399805000, {}, []),
)


def sensor(
    id: str, quantity: str, topic: str, dialect: str, channel: str = "", offset: float = 0.0
) -> Sensor:
    name = Text("传感器", "sensor")
    return Sensor(
        id=id,
        name=name,
        zone="z",
        quantity=quantity,
        topic=topic,
        dialect=dialect,
        channel=channel,
        offset=offset,
    )


def listening(topic: str, dialect: str, payload: bytes) -> list[Sensor]:
    """Sensors that take everything a message offers, one of them corrected."""
    heard = interpret(topic, payload, False, NOW, Memory(), dialect=dialect)
    taken = {(seen.quantity, seen.channel) for seen in heard.observations}
    return [
        sensor(f"s{index}", quantity, topic, dialect or "auto", channel, 0.5 if index == 1 else 0.0)
        for index, (quantity, channel) in enumerate(sorted(taken))
    ]


def both(sensors: list[Sensor]) -> tuple[Decoder, Decoder]:
    planning, plain = (Decoder({one.id: one for one in sensors}, ZONE) for _ in range(2))
    for topic in plain._topics.values():
        topic.patience = NEVER
    return planning, plain


def told(decoded: Decoded) -> tuple[Any, ...]:
    """What was said, whatever the order of the keys."""
    return (
        sorted(map(repr, decoded.readings)),
        sorted(map(repr, decoded.rejects)),
        sorted(map(repr, decoded.lives)),
        sorted(map(repr, decoded.declarations)),
    )


def places(document: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    return [(*place,), *(inner for key, one in items for inner in places(one, (*place, key)))]


def changed(document: Any, place: tuple[Any, ...], change: Any) -> Any:
    """The document with another value at a place; a change that is a function makes it from the old one."""
    if not place:
        return change(document) if callable(change) else change
    copy = dict(document) if isinstance(document, dict) else list(document)
    copy[place[0]] = changed(document[place[0]], place[1:], change)
    return copy


def moved(value: Any, chance: random.Random) -> Any:
    """A value of the same kind, as the next message would bring it."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value + chance.choice((-1, 1, 0.5, 3))
    return round(value + chance.uniform(-2, 2), 2) if isinstance(value, float) else value


def mutations(document: Any, chance: random.Random, count: int) -> list[bytes]:
    """The same shape with other values, then one thing wrong at a time."""
    found = []
    everywhere = places(document)
    for _ in range(count):
        other = document
        for place in everywhere:
            if place and chance.random() < 0.5:
                other = changed(
                    other,
                    place,
                    lambda old: moved(old, chance) if not isinstance(old, (dict, list)) else old,
                )
        found.append(msgspec.json.encode(other))
        place = chance.choice(everywhere)
        found.append(msgspec.json.encode(changed(other, place, chance.choice(STRANGE))))
        if isinstance(other, dict):
            found.append(msgspec.json.encode({**other, chance.choice(KEYS): chance.choice(STRANGE)}))
            key = chance.choice(list(other) or [""])
            found.append(msgspec.json.encode({name: one for name, one in other.items() if name != key}))
        raw = bytearray(found[-1])
        if raw:
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        found.append(bytes(raw))
    return found


KEYS = ("device_temperature", "illuminance_lux", "MOD", "time", "tempc", "temperature_F", "TempUnit", "x")


@lru_cache(maxsize=1)
def samples() -> list[tuple[str, str, bytes]]:
    found = [(typical.dialect, typical.topic, typical.payload) for typical in MESSAGES]
    for path in SAMPLES:
        for sample in load(path.read_bytes().splitlines()):
            payload = sample["payload"].encode()
            if sample.get("encoding") == "base64":
                payload = base64.b64decode(payload)
            found.append((sample["dialect"], sample["topic"], payload))
    return [one for one in found if isinstance(parse_json(one[2]), (dict, list))]


@pytest.mark.parametrize("half", range(4))
def test_planned_is_unplanned(half: int) -> None:
    planned = 0
    for number, (dialect, topic, payload) in enumerate(samples()):
        if number % 4 != half:
            continue
        chance = random.Random(number)
        sensors = listening(topic, "", payload)
        if not sensors:
            continue
        planning, plain = both(sensors)
        for _ in range(6):
            message = RawMessage(topic, payload, NOW)
            assert told(planning.decode(message, NOW)) == told(plain.decode(message, NOW))
        plan = planning._topics[topic].plan
        for mutated in mutations(parse_json(payload), chance, 12):
            message = RawMessage(topic, mutated, NOW, retained=chance.random() < 0.2)
            if plan is not None and plan.read(message, NOW) is not None:
                planned += 1
            assert told(planning.decode(message, NOW)) == told(plain.decode(message, NOW)), (dialect, mutated)
    assert planned > 100, "the short way was hardly taken: this test proves nothing"


def test_the_usual_messages_of_most_dialects_take_the_short_way() -> None:
    taking = set()
    for typical in MESSAGES:
        sensors = [
            sensor(f"s{index}", quantity, typical.topic, typical.dialect, channel)
            for index, (quantity, channel, path) in enumerate(typical.sensors)
            if not path
        ]
        if not sensors:
            continue
        planning, _ = both(sensors)
        row = series(typical)
        for payload in row:
            planning.decode(RawMessage(typical.topic, payload, NOW), NOW)
        plan = planning._topics[typical.topic].plan
        if plan is not None and all(plan.read(RawMessage(typical.topic, one, NOW), NOW) for one in row):
            taking.add(typical.dialect)
    assert taking >= {
        "zigbee2mqtt",
        "tasmota",
        "shelly_gen2",
        "tts",
        "chirpstack",
        "theengs",
        "rtl_433",
        "zwave",
    }


@pytest.mark.parametrize(
    ("usual", "other"),
    [
        (
            '{"water_leak":false,"temperature":19.4,"linkquality":7}',
            '{"water_leak":true,"temperature":19.5,"linkquality":8}',
        ),
        ('{"temperature":19.4,"linkquality":7}', '{"temperature":19.4,"linkquality":7,"water_leak":true}'),
        (
            '{"contact":true,"temperature":19.4,"linkquality":7}',
            '{"contact":null,"temperature":19.4,"linkquality":7}',
        ),
        ('{"temperature":19.4,"linkquality":7}', '{"temperature":327.67,"linkquality":7}'),
    ],
)
def test_what_differs_is_read_by_the_dialect(usual: str, other: str) -> None:
    topic = "zigbee2mqtt/x"
    kinds = ("temperature", "water_leak", "contact_open")
    planning, plain = both([sensor(kind, kind, topic, "zigbee2mqtt") for kind in kinds])
    for _ in range(6):
        planning.decode(RawMessage(topic, usual.encode(), NOW), NOW)
    plan = planning._topics[topic].plan
    assert plan is not None
    message = RawMessage(topic, other.encode(), NOW)
    assert plan.read(message, NOW) is None
    assert told(planning.decode(message, NOW)) == told(plain.decode(message, NOW))


def test_an_announcement_ends_a_plan() -> None:
    topic = "zigbee2mqtt/x"
    planning, plain = both([sensor("p", "pressure", topic, "zigbee2mqtt")])
    usual = RawMessage(topic, b'{"pressure":1001.5,"linkquality":7}', NOW)
    for _ in range(6):
        planning.decode(usual, NOW)
    exposes = [{"property": "pressure", "unit": "kPa"}]
    device = {"friendly_name": "x", "ieee_address": "0x1", "definition": {"exposes": exposes}}
    for decoder in (planning, plain):
        decoder.decode(RawMessage("zigbee2mqtt/bridge/devices", msgspec.json.encode([device]), NOW), NOW)
    message = RawMessage(topic, b'{"pressure":100.15,"linkquality":7}', NOW)
    assert [one.value for one in planning.decode(message, NOW).readings] == [100150.0]
    assert told(planning.decode(usual, NOW)) == told(plain.decode(usual, NOW))
    for _ in range(6):
        planning.decode(message, NOW)
    plan = planning._topics[topic].plan
    assert plan is not None and plan.read(message, NOW) is not None, "a plan is soon learnt anew"


def test_a_topic_without_a_shape_is_left_to_its_dialect() -> None:
    topic = "zigbee2mqtt/x"
    planning, _ = both([sensor("t", "temperature", topic, "zigbee2mqtt")])
    for count in range(60):
        payload = msgspec.json.encode({"temperature": 20.5, f"k{count}": count, "linkquality": 1})
        assert planning.decode(RawMessage(topic, payload, NOW), NOW).readings[0].value == 20.5
    assert planning._topics[topic].plan is None


def test_dialects_judge_numbers_where_it_is_seen() -> None:
    """A traced number notices operators, not functions written in C: dialects import none that take numbers."""
    folder = Path(__file__).parents[2] / "sensors" / "dialects"
    for path in folder.glob("*.py"):
        if path.stem == "wire":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            assert not {"math", "struct", "statistics", "cmath"}.intersection(names), path.name
