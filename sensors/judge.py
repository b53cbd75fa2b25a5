"""Judges decoding against a file of messages with expected readings (the format of the device samples).

Strict on purpose: a reading of a common quantity that nobody expected is wrong, a truth that needs outside
knowledge must be matched or refused with a reason, and a refusal must concern what the sample says.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct, field

from sensors.dialects.base import Memory
from sensors.heard import Announcement, Heard, Observation, Refusal
from sensors.interpret import interpret
from sensors.vocabulary import words

_CONTACTS = words(
    """smoke water_leak contact_open motion vibration tamper battery_low gas carbon_monoxide test fault online"""
)
UNITS = {
    "temperature": "°C",
    "humidity": "%RH",
    "pressure": "Pa",
    "illuminance": "lx",
    "co2": "ppm",
    "battery": "%",
    "battery_voltage": "V",
    "voltage": "V",
    **dict.fromkeys(_CONTACTS, "bool"),
}
"""The quantities that samples speak of and their units; other quantities are never counted as unexpected."""

_CLOSE = 0.006  # expected numbers are rounded to two decimals after a conversion
_SAME_TIME_S = 0.5  # the hops of one message stamp it within that


class Failure(Struct, frozen=True):
    """One expectation that was not met, in words."""

    id: str
    kind: str
    what: str


class Verdict(Struct):
    """The counts of one judged file."""

    samples: int = 0
    expected: int = 0
    right: int = 0
    wrong: int = 0
    missing: int = 0
    must_not_violated: int = 0
    rejects_expected: int = 0
    rejects_right: int = 0
    declares_expected: int = 0
    declares_right: int = 0
    by_dialect: dict[str, dict[str, int]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)


def judge(samples: Iterable[dict[str, Any]], received_at: float) -> Verdict:
    """Decode every sample in order with one memory, as a broker would bring them, and count what was met."""
    verdict = Verdict()
    memory = Memory()
    for sample in samples:
        payload = payload_of(sample)
        heard = interpret(sample["topic"], payload, bool(sample.get("retained")), received_at, memory)
        _judge(sample, heard, verdict)
    return verdict


def payload_of(sample: dict[str, Any]) -> bytes:
    """The bytes of a sample; ValueError where its base64 is broken."""
    text = sample["payload"]
    if sample.get("encoding") == "base64":
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise ValueError(f"sample {sample.get('id')}: payload is not base64 ({error})") from error
    encoded: bytes = text.encode()
    return encoded


def _judge(sample: dict[str, Any], heard: Heard, verdict: Verdict) -> None:
    id = str(sample.get("id", verdict.samples))
    verdict.samples += 1
    dialect = verdict.by_dialect.setdefault(
        str(sample.get("dialect", "")), {"samples": 0, "expected": 0, "right": 0, "wrong": 0, "missing": 0}
    )
    dialect["samples"] += 1
    # The same thing told twice in one message (two keys, two samples) is one reading.
    told = {(one.quantity, one.value, one.channel, one.at): one for one in reversed(heard.observations)}
    seen = [*reversed(told.values()), *_life(heard)]
    expected = sample.get("expect") or []
    truths = sample.get("truth_if_decoded") or []
    right = wrong = missing = 0
    for wanted in expected:
        taken = _find(wanted, seen)
        if taken is not None:
            right += 1
            seen.remove(taken)
            continue
        near = next((one for one in seen if _same_place(wanted, one)), None)
        if near is None:
            missing += 1
            verdict.failures.append(Failure(id, "missing", _words(wanted)))
        else:
            wrong += 1
            seen.remove(near)
            verdict.failures.append(Failure(id, "wrong", f"{_words(wanted)} but read {_told(near)}"))
    for banned in sample.get("must_not") or []:
        tempted = [one for one in seen if one.quantity == banned.get("quantity")]
        if tempted:
            verdict.must_not_violated += 1
            why = banned.get("why", "")
            verdict.failures.append(Failure(id, "must_not", f"{_told(tempted[0])}: {why}"))
    for truth in truths:
        taken = _find(truth, seen)
        if taken is not None:
            seen.remove(taken)
        elif not heard.refusals and not heard.announcements:
            verdict.failures.append(Failure(id, "silent", f"{_words(truth)}: neither read nor refused"))
    for extra in seen:  # a sign of life is no reading: nobody needs to expect it
        if extra.quantity in UNITS and not (extra.quantity == "online" and extra.value):
            wrong += 1
            verdict.failures.append(Failure(id, "unexpected", _told(extra)))
    _judge_rejects(id, sample.get("reject") or [], heard, verdict)
    _judge_declares(id, sample.get("declares") or [], heard, verdict)
    verdict.expected += len(expected)
    verdict.right += right
    verdict.wrong += wrong
    verdict.missing += missing
    for key, count in (("expected", len(expected)), ("right", right), ("wrong", wrong), ("missing", missing)):
        dialect[key] += count


def _life(heard: Heard) -> list[Observation]:
    return [
        Observation("online", float(fact.online), fact.channel, fact.at, names=(fact.device,))
        for fact in heard.lives
    ]


def _find(wanted: dict[str, Any], seen: list[Observation]) -> Observation | None:
    """The observation that meets an expectation in quantity, unit, channel, time and value."""
    for one in seen:
        if not _same_place(wanted, one) or UNITS.get(one.quantity) != wanted.get("unit"):
            continue
        if abs(one.value - float(wanted["value"])) > max(_CLOSE, 1e-6 * abs(one.value)):
            continue
        at = wanted.get("at")
        if at is None or (one.at is not None and abs(one.at - float(at)) <= _SAME_TIME_S):
            return one
    return None


def _same_place(wanted: dict[str, Any], one: Observation) -> bool:
    if one.quantity != wanted.get("quantity"):
        return False
    channel = wanted.get("channel")
    return not channel or one.is_channel(str(channel))


def _judge_rejects(id: str, expected: list[dict[str, Any]], heard: Heard, verdict: Verdict) -> None:
    left = list(heard.refusals)
    for wanted in expected:
        verdict.rejects_expected += 1
        met = next((refusal for refusal in left if _refuses(refusal, wanted)), None)
        if met is None:
            verdict.failures.append(Failure(id, "reject", f"{_words(wanted)}: not refused"))
        else:
            verdict.rejects_right += 1
            left.remove(met)


def _refuses(refusal: Refusal, wanted: dict[str, Any]) -> bool:
    quantity = wanted.get("quantity")
    if quantity and refusal.quantity != quantity:
        return False
    raw = str(wanted.get("raw", ""))
    if raw == "whole payload":
        return refusal.raw == raw or refusal.code in ("not-json", "not-protobuf", "not-text")
    return not raw or _same_text(raw, refusal.raw) or (bool(quantity) and not refusal.raw)


def _same_text(wanted: str, told: str) -> bool:
    if wanted.casefold() == told.casefold():  # true of JSON is True of Python
        return True
    try:
        return abs(float(wanted) - float(told)) < 1e-9
    except ValueError:
        return False


def _judge_declares(id: str, expected: list[dict[str, Any]], heard: Heard, verdict: Verdict) -> None:
    for wanted in expected:
        verdict.declares_expected += 1
        if any(_declares(told, wanted) for told in heard.announcements):
            verdict.declares_right += 1
        else:
            verdict.failures.append(Failure(id, "declare", f"{_words(wanted)}: not announced"))


def _declares(told: Announcement, wanted: dict[str, Any]) -> bool:
    detail = {"device": told.device, **told.detail}
    for key, value in wanted.items():
        if value is None:
            if detail.get(key) not in (None, ""):
                return False
        elif detail.get(key) != value:
            return False
    return True


def _words(wanted: dict[str, Any]) -> str:
    return " ".join(f"{key}={value}" for key, value in wanted.items() if key not in ("note", "why"))


def _told(one: Observation) -> str:
    parts = [f"{one.quantity}={one.value:g}"]
    parts += [f"channel={one.channel}"] if one.channel else []
    parts += [f"at={one.at:.3f}"] if one.at is not None else []
    parts += [f"from {one.path}"] if one.path else []
    return " ".join(parts)


def load(lines: Iterable[bytes]) -> list[dict[str, Any]]:
    """The samples of a JSON lines file; ValueError with the line number where one is no sample.

    A missing topic is an empty one; a payload written as JSON instead of text is taken as its text.
    """
    samples = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            sample = msgspec.json.decode(line)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise ValueError(f"line {number}: not JSON ({error})") from error
        if not isinstance(sample, dict) or "payload" not in sample:
            raise ValueError(f"line {number}: a sample is an object with a topic and a payload")
        payload = sample["payload"]
        if not isinstance(payload, str):  # a document written out instead of its text
            payload = "" if payload is None else msgspec.json.encode(payload).decode()
        samples.append({**sample, "topic": str(sample.get("topic") or ""), "payload": payload})
    return samples
