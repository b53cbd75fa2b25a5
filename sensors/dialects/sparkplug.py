"""Sparkplug B: births name and type the metrics, data may carry only aliases, deaths end a node and its devices.

Eclipse Sparkplug 3.0: payload and metric fields (6.4), alias rules (6.4.6), sequence numbers (6.4.3), bdSeq
pairing (5.4), rebirth by ``Node Control/Rebirth`` (6.4.30). A death's time is that of the connection, not
of the death. Nothing is known by alias before a birth: then a rebirth is requested, at most once a minute.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from sensors.dialects.base import Dialect, Memory, Message
from sensors.dialects.wire import Value, WireError, double, fields, put_bytes, put_varint, text
from sensors.heard import Heard
from sensors.names import Meaning, loose_meaning, words_of
from sensors.quantities import QUANTITIES

_NAMESPACE = "spBv1.0"
_BITS = {1: 8, 2: 16, 3: 32, 4: 64}
_BOOLEAN = 11
_TYPE_NAMES = (
    "Unknown Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float Double Boolean String DateTime Text UUID"
)
_TYPES = dict(enumerate(_TYPE_NAMES.split()))
_ASK_AGAIN_S = 60.0
_MOST_METRICS = 5_000
_MOST_NODES = 2_000


class Metric(Struct):
    """One metric as it came; ``value`` None where null or of a kind that is not read."""

    name: str = ""
    alias: int | None = None
    at: int = 0
    datatype: int = 0
    historical: bool = False
    null: bool = False
    unit: str = ""
    value: Any = None


class Known(Struct, frozen=True):
    """What a birth said about a metric."""

    name: str
    datatype: int
    unit: str
    device: str


class Node(Struct):
    """What is known of an edge node since its birth."""

    born: bool = False
    bd_seq: int | None = None
    seq: int | None = None
    asked_at: float | None = None
    aliases: dict[int, Known] = field(default_factory=dict)
    names: dict[tuple[str, str], Known] = field(default_factory=dict)


def _claims_topic(levels: list[str]) -> bool:
    return levels[0] == _NAMESPACE


def _read(message: Message, heard: Heard, memory: Memory) -> None:
    levels = message.levels
    if len(levels) < 4 or levels[1] == "STATE" or not message.payload:
        return
    group, kind, node_id = levels[1], levels[2], levels[3]
    device = levels[4] if len(levels) > 4 else ""
    if kind not in ("NBIRTH", "NDATA", "NDEATH", "DBIRTH", "DDATA", "DDEATH"):
        return
    heard.device = f"{group}/{node_id}/{device}".rstrip("/")
    try:
        stamp, seq, metrics = _payload(message.payload)
    except WireError as error:
        heard.refuse("not-protobuf", str(error), raw="whole payload")
        return
    node = _node(f"{group}/{node_id}", memory)
    if kind == "NDEATH":
        _die(metrics, node, heard)
        return
    _follow_sequence(kind, seq, node, group, node_id, heard)
    if kind == "DDEATH":
        heard.life(False, kind, device=heard.device)
        return
    if kind in ("NBIRTH", "DBIRTH"):
        _bear(kind, device, metrics, node)
        heard.life(True, kind, device=heard.device, at=heard.clock.read(stamp))
    elif not node.born:
        _ask(node, group, node_id, heard)
    for metric in metrics:
        known = _known(metric, device, node)
        if known is None:
            detail = f"alias {metric.alias} was announced in a birth that was not heard"
            heard.refuse("needs-birth", detail, raw=metric.alias)
            _ask(node, group, node_id, heard)
            continue
        _take(metric, known, stamp, heard)


def _node(key: str, memory: Memory) -> Node:
    node = memory.sparkplug.get(key)
    if not isinstance(node, Node):
        if len(memory.sparkplug) >= _MOST_NODES:
            memory.sparkplug.clear()
        node = memory.sparkplug[key] = Node()
    return node


def _die(metrics: list[Metric], node: Node, heard: Heard) -> None:
    """A death counts for the birth of the same bdSeq only: an old will may be delivered after a new birth."""
    said = next((metric.value for metric in metrics if metric.name == "bdSeq"), None)
    if node.bd_seq is not None and said is not None and said != node.bd_seq:
        heard.refuse(
            "out-of-sequence", f"a death of session {said}, the node lives in {node.bd_seq}", raw=said
        )
        return
    node.born = False
    node.seq = None
    heard.life(False, "NDEATH", device=heard.device)


def _follow_sequence(kind: str, seq: int | None, node: Node, group: str, node_id: str, heard: Heard) -> None:
    if kind == "NBIRTH":
        node.seq = seq
    elif seq is not None:
        if node.seq is not None and seq not in (node.seq, (node.seq + 1) % 256):
            detail = f"message {seq} after {node.seq}: something between is lost"
            heard.refuse("out-of-sequence", detail, raw=seq)
            _ask(node, group, node_id, heard)
        node.seq = seq


def _bear(kind: str, device: str, metrics: list[Metric], node: Node) -> None:
    if kind == "NBIRTH":
        node.aliases.clear()
        node.names.clear()
        node.bd_seq = None
        node.asked_at = None
    node.born = True
    for metric in metrics:
        if metric.name == "bdSeq" and isinstance(metric.value, int):
            node.bd_seq = metric.value
        if not metric.name or len(node.names) >= _MOST_METRICS:
            continue
        known = Known(metric.name, metric.datatype, metric.unit, device)
        node.names[device, metric.name] = known
        if metric.alias is not None:
            node.aliases[metric.alias] = known


def _known(metric: Metric, device: str, node: Node) -> Known | None:
    if metric.name:
        return node.names.get((device, metric.name)) or Known(
            metric.name, metric.datatype, metric.unit, device
        )
    return node.aliases.get(metric.alias) if metric.alias is not None else None


def _ask(node: Node, group: str, node_id: str, heard: Heard) -> None:
    now = heard.clock.arrived_at
    if node.asked_at is None or now - node.asked_at >= _ASK_AGAIN_S:
        node.asked_at = now
        heard.requests.append((f"{_NAMESPACE}/{group}/NCMD/{node_id}", rebirth(now)))


def rebirth(now: float) -> bytes:
    """The command that asks a node to announce itself again (Sparkplug 3.0, 6.4.30)."""
    stamp = int(now * 1000)
    metric = (
        put_bytes(1, b"Node Control/Rebirth")
        + put_varint(3, stamp)
        + put_varint(4, _BOOLEAN)
        + put_varint(14, 1)
    )
    return put_varint(1, stamp) + put_bytes(2, metric)


def _take(metric: Metric, known: Known, stamp: int, heard: Heard) -> None:
    name = known.name
    if name == "bdSeq" or name.startswith(("Node Control/", "Device Control/")):
        return
    heard.at = heard.clock.read(metric.at or stamp)
    heard.stored = metric.historical
    heard.names = (name.rpartition("/")[2],)
    value = _typed(metric.value, metric.datatype or known.datatype)
    meant = _meaning(name, known.datatype or metric.datatype)
    if meant is None or (meant.words_only and isinstance(value, (bool, int))):
        type_name = _TYPES.get(metric.datatype or known.datatype, "")
        heard.announce("metric", heard.device, metric=name, type=type_name, value=value)
    elif metric.null or value is None:
        heard.refuse("null", f"{name} is null: unknown", meant.quantity, "null", name, channel=name)
    elif QUANTITIES[meant.quantity].contact:
        heard.state(meant.quantity, value, name, inverted=meant.inverted, channel=name)
    else:
        heard.number(meant.quantity, value, metric.unit or known.unit or meant.unit, name, channel=name)
    heard.stored, heard.names = False, ()


def _meaning(name: str, datatype: int) -> Meaning | None:
    last = name.rpartition("/")[2]
    words = words_of(last)
    if words and words[-1] == "voltage" and datatype not in (_BOOLEAN, 12):
        return Meaning("battery_voltage" if {"battery", "batt"}.intersection(words) else "voltage", "V")
    meant = loose_meaning(last)
    if meant is None:
        return None
    if (datatype == _BOOLEAN) is not QUANTITIES[meant.quantity].contact and datatype not in (
        0,
        12,
        *range(1, 9),
    ):
        return None
    return meant


def _typed(value: Any, datatype: int) -> Any:
    """Integers travel unsigned; signed types are two's complement of their own width."""
    bits = _BITS.get(datatype)
    if bits is None or not isinstance(value, int) or isinstance(value, bool):
        return bool(value) if datatype == _BOOLEAN and isinstance(value, int) else value
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def _payload(data: bytes) -> tuple[int, int | None, list[Metric]]:
    stamp, seq, metrics = 0, None, []
    for number, kind, value in fields(data):
        if number == 1 and isinstance(value, int):
            stamp = value
        elif number == 3 and isinstance(value, int):
            seq = value
        elif number == 2 and isinstance(value, bytes) and kind == 2:
            metrics.append(_metric(value))
    return stamp, seq, metrics


def _metric(data: bytes) -> Metric:
    metric = Metric()
    for number, kind, value in fields(data):
        if kind == 0 and isinstance(value, int):
            _number_field(metric, number, value)
        elif number == 1:
            metric.name = text(value)
        elif number == 9 and isinstance(value, bytes):
            metric.unit = _unit(value)
        elif number in (12, 13):
            metric.value = double(value)
        elif number == 15:
            metric.value = text(value)
    if metric.null:
        metric.value = None
    return metric


def _number_field(metric: Metric, number: int, value: int) -> None:
    if number == 2:
        metric.alias = value
    elif number == 3:
        metric.at = value
    elif number == 4:
        metric.datatype = value
    elif number == 5:
        metric.historical = bool(value)
    elif number == 7:
        metric.null = bool(value)
    elif number in (10, 11):
        metric.value = value
    elif number == 14:
        metric.value = bool(value)


def _unit(data: bytes) -> str:
    keys: list[str] = []
    values: list[Value] = []
    for number, _, value in fields(data):
        if number == 1:
            keys.append(text(value))
        elif number == 2:
            values.append(value)
    for key, value in zip(keys, values, strict=False):
        if key in ("engUnit", "Engineering Units", "units", "unit") and isinstance(value, bytes):
            for number, _, inner in fields(value):
                if number == 8:
                    return text(inner)
    return ""


def _data_topics(topic: str) -> tuple[str, ...]:
    levels = topic.split("/")
    if len(levels) < 4 or levels[0] != _NAMESPACE:
        return ()
    kinds = ("DBIRTH", "DDATA") if len(levels) > 4 else ("NBIRTH", "NDATA")
    return tuple(made for kind in kinds if (made := "/".join([*levels[:2], kind, *levels[3:]])) != topic)


def _life_topics(topic: str) -> tuple[str, ...]:
    levels = topic.split("/")
    if len(levels) < 4 or levels[0] != _NAMESPACE:
        return ()
    shared = _gateway_topics(topic)
    return shared if len(levels) == 4 else (*shared, "/".join([*levels[:2], "DDEATH", *levels[3:]]))


def _gateway_topics(topic: str) -> tuple[str, ...]:
    levels = topic.split("/")
    if len(levels) < 4 or levels[0] != _NAMESPACE:
        return ()
    return tuple("/".join([*levels[:2], kind, levels[3]]) for kind in ("NDEATH", "NBIRTH"))


def _gateway(topic: str) -> str:
    """The edge node: group and name, whatever the type of the message."""
    levels = topic.split("/")
    return f"{levels[1]}/{levels[3]}" if len(levels) >= 4 and levels[0] == _NAMESPACE else ""


def _announcement_topics(topic: str) -> tuple[str, ...]:
    levels = topic.split("/")
    return ("/".join([*levels[:2], "NBIRTH", levels[3]]),) if len(levels) > 4 else ()


DIALECT = Dialect(
    name="sparkplug",
    read=_read,
    claims_topic=_claims_topic,
    life_topics=_life_topics,
    gateway=_gateway,
    gateway_topics=_gateway_topics,
    data_topics=_data_topics,
    announcement_topics=_announcement_topics,
    also=("sparkplug-b", "sparkplugb"),
)
