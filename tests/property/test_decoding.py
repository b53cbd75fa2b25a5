"""Whatever arrives, decoding answers: no exception, no unknown turned into a value, only codes of the closed list."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.decode import Decoder
from sensors.dialects.base import Memory
from sensors.dialects.registry import BY_NAME, DIALECTS
from sensors.heard import REJECT_CODES, Heard
from sensors.interpret import interpret
from sensors.judge import load, payload_of
from sensors.model import Decoded, RawMessage, Sensor, Text
from sensors.quantities import QUANTITIES

NOW = 1_800_000_000.0
SAMPLES = [
    (sample["dialect"], sample["topic"], payload_of(sample))
    for path in sorted((Path(__file__).parents[1] / "samples").glob("*.jsonl"))
    for sample in load(path.read_bytes().splitlines())
]
NAMES = sorted(BY_NAME)

leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(
        [
            "nan",
            "NaN",
            "ON",
            "unavailable",
            "21,4",
            "open",
            "1e999",
            "-127",
            "",
            "0x10",
            "٣",
            "２１",
            10**400,
            "²" * 12,
        ]
    )
)
documents = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=5),
    max_leaves=20,
)


def check(heard: Heard) -> None:
    for seen in heard.observations:
        known = QUANTITIES[seen.quantity]
        assert math.isfinite(seen.value)
        assert known.believable(seen.value)
        assert not known.contact or seen.value in (0.0, 1.0)
        assert seen.at is None or math.isfinite(seen.at)
    assert {refusal.code for refusal in heard.refusals} <= set(REJECT_CODES)
    assert "decoder-error" not in {refusal.code for refusal in heard.refusals}, heard.refusals


@settings(max_examples=400, deadline=None)
@given(st.sampled_from([topic for _, topic, _ in SAMPLES]), st.binary(max_size=200), st.booleans())
def test_any_bytes_on_any_topic(topic: str, payload: bytes, retained: bool) -> None:
    check(interpret(topic, payload, retained, NOW, Memory()))


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(NAMES), st.sampled_from([topic for _, topic, _ in SAMPLES]), documents)
def test_any_document_in_any_dialect(dialect: str, topic: str, document: Any) -> None:
    payload = json.dumps(document).encode()
    check(interpret(topic, payload, False, NOW, Memory(), dialect=dialect))


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(SAMPLES), st.data())
def test_a_sample_with_something_else_inside(sample: tuple[str, str, bytes], data: st.DataObject) -> None:
    _, topic, payload = sample
    try:
        document = msgspec.json.decode(payload)
    except (msgspec.MsgspecError, ValueError):
        at = data.draw(st.integers(0, len(payload)))
        mutated = (
            payload[:at] + data.draw(st.binary(max_size=6)) + payload[at + data.draw(st.integers(0, 4)) :]
        )
    else:
        mutated = json.dumps(_changed(document, data)).encode()
    check(interpret(topic, mutated, False, NOW, Memory()))


def _changed(document: Any, data: st.DataObject) -> Any:
    """The document with one value, at any depth, replaced by anything."""
    if isinstance(document, dict) and document and data.draw(st.integers(0, 4)):
        key = data.draw(st.sampled_from(sorted(document)))
        return {**document, key: _changed(document[key], data)}
    if isinstance(document, list) and document and data.draw(st.integers(0, 4)):
        index = data.draw(st.integers(0, len(document) - 1))
        return [*document[:index], _changed(document[index], data), *document[index + 1 :]]
    return data.draw(documents)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60), st.binary(max_size=60))
def test_any_topic(topic: str, payload: bytes) -> None:
    check(interpret(topic, payload, False, NOW, Memory()))


def test_deep_and_large_documents_are_refused() -> None:
    for payload in (b"[" * 500_000, b'{"a":' * 300_000, b"9" * 900_000, b'"' + b"a" * 900_000 + b'"'):
        for dialect in DIALECTS:
            heard = interpret("a/temperature", payload, False, NOW, Memory(), dialect=dialect.name)
            check(heard)
            assert heard.observations == []


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(NAMES), st.sampled_from(sorted(QUANTITIES)), documents, st.floats(), st.booleans())
def test_a_decoder_never_raises(
    dialect: str, quantity: str, document: Any, now: float, retained: bool
) -> None:
    name = Text("", "")
    sensor = Sensor(id="s", name=name, zone="z", quantity=quantity, topic="a/temperature", dialect=dialect)
    simple = Sensor(
        id="j", name=name, zone="z", quantity=quantity, topic="a/temperature", dialect="json", path="a.b[0]"
    )
    decoder = Decoder({"s": sensor, "j": simple}, "Asia/Shanghai")
    decoded = decoder.decode(RawMessage("a/temperature", json.dumps(document).encode(), NOW, retained), now)
    assert isinstance(decoded, Decoded)
    assert {reject.code for reject in decoded.rejects} <= set(REJECT_CODES) - {"decoder-error"}


@given(documents)
def test_a_missing_or_null_contact_is_never_a_state(document: Any) -> None:
    if isinstance(document, dict):
        document = {key: value for key, value in document.items() if key != "water_leak"}
    else:
        document = {}
    for tempting in ({}, {"water_leak": None}):
        payload = json.dumps({"linkquality": 1, **document, **tempting}).encode()
        heard = interpret("zigbee2mqtt/x", payload, False, NOW, Memory())
        assert not [
            seen for seen in heard.observations if seen.quantity == "water_leak" and seen.path == "water_leak"
        ]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(SAMPLES), st.booleans()), min_size=2, max_size=8), st.data())
def test_what_was_announced_never_breaks_what_follows(
    messages: list[tuple[tuple[str, str, bytes], bool]], data: st.DataObject
) -> None:
    memory = Memory()
    for (_, topic, payload), twisted in messages:
        told = payload
        if twisted:
            try:
                told = json.dumps(_changed(msgspec.json.decode(payload), data)).encode()
            except (msgspec.MsgspecError, ValueError):
                told = payload[: data.draw(st.integers(0, len(payload)))]
        check(interpret(topic, told, False, NOW, memory))
