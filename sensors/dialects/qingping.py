"""Qingping (青萍) monitors on a private broker: ``qingping/<mac>/up`` with a list of samples in value boxes.

Type 12 is live, 17 stored. Each sample has its own time; the envelope's may be weeks off. Pressure is kPa.
A status other than 0 marks a value that the device itself does not vouch for. Equal samples repeat in one
message.
"""

from __future__ import annotations

from typing import Any

from sensors.dialects.base import Dialect, Memory, Message, document_of
from sensors.heard import Heard

_FIELDS = {
    "temperature": ("temperature", "°C"),
    "humidity": ("humidity", "%"),
    "pressure": ("pressure", "kPa"),
    "co2": ("co2", "ppm"),
    "battery": ("battery", "%"),
    "pm25": ("pm25", "µg/m³"),
    "light": ("illuminance", "lx"),
    "illuminance": ("illuminance", "lx"),
    "prob_temperature": ("temperature", "°C"),
    "prob_humidity": ("humidity", "%"),
}
_STORED_TYPE = "17"


def _claims_topic(levels: list[str]) -> bool:
    return levels[0] == "qingping"


def _claims_document(document: Any, _levels: list[str]) -> bool:
    return isinstance(document, dict) and isinstance(document.get("sensorData"), list)


def _read(message: Message, heard: Heard, _memory: Memory) -> None:
    if not message.payload.strip() or message.levels[-1] == "down":
        return
    document = document_of(message, heard)
    if document is None:
        return
    samples = document.get("sensorData")
    if not isinstance(samples, list):
        return
    heard.device = str(document.get("mac") or (message.levels[1] if len(message.levels) > 1 else ""))
    heard.stored = str(document.get("type")) == _STORED_TYPE
    for sample in samples:
        if isinstance(sample, dict):
            _read_sample(sample, document, heard)
    if len(samples) > 1:
        heard.observations[:] = dict.fromkeys(heard.observations)


def _read_sample(sample: dict[str, Any], envelope: dict[str, Any], heard: Heard) -> None:
    stamp = sample.get("timestamp")
    stamp = stamp.get("value") if isinstance(stamp, dict) else stamp
    heard.at = heard.clock.read(stamp) or heard.clock.read(envelope.get("timestamp"))
    for key, box in sample.items():
        known = _FIELDS.get(key)
        if known is None:
            continue
        quantity, unit = known
        status: object = 0
        value: object = box
        if isinstance(box, dict):
            value, status = box.get("value"), box.get("status", 0)
            own = box.get("unit")
            unit = own if isinstance(own, str) and own else unit
        if status not in (0, "0", None):
            heard.refuse("bad-quality", f"{key} has status {status}", quantity, value, key)
            continue
        heard.number(quantity, value, unit, key, channel=key if key.startswith("prob_") else "")


DIALECT = Dialect(name="qingping", read=_read, claims_topic=_claims_topic, claims_document=_claims_document)
