"""Alibaba Cloud IoT (Alink JSON): ``/sys/<product>/<device>/thing/event/property/post`` with params by identifier.

A value is bare or in a box with its own time in ms. Identifiers are free; those of the standard thing model
and names in plain words are read, others are not. Answers (``_reply``) and services are not readings.
"""

from __future__ import annotations

from typing import Any

from sensors.dialects.base import Dialect, Memory, Message, document_of, take, take_box
from sensors.heard import Heard
from sensors.names import Meaning, meaning

_STANDARD = {
    "WaterSensorState": Meaning("water_leak"),
    "WaterImmersionState": Meaning("water_leak"),
    "SmokeSensorState": Meaning("smoke"),
    "GasSensorState": Meaning("gas"),
    "ContactState": Meaning("contact_open"),
    "MotionAlarmState": Meaning("motion"),
    "TamperState": Meaning("tamper"),
    "IlluminanceValue": Meaning("illuminance"),
    "LightLux": Meaning("illuminance"),
}


def _claims_topic(levels: list[str]) -> bool:
    return "thing" in levels and "sys" in levels[:2]


def _claims_document(document: Any, _levels: list[str]) -> bool:
    return isinstance(document, dict) and str(document.get("method", "")).startswith("thing.event.")


def _read(message: Message, heard: Heard, _memory: Memory) -> None:
    levels = message.levels
    if not message.payload.strip() or levels[-1].endswith("_reply") or "service" in levels:
        return
    document = document_of(message, heard)
    params = document.get("params") if document else None
    if not isinstance(params, dict):
        return
    start = levels.index("sys") + 1 if "sys" in levels else 0
    heard.device = "/".join(levels[start : start + 2])
    inner = params.get("value")
    if "property" not in levels and isinstance(inner, dict):
        heard.at = heard.clock.read(params.get("time"))
        params = inner
    for key, value in params.items():
        known = _STANDARD.get(key) or meaning(key)
        if known is None:
            heard.refuse(
                "needs-meaning", f"the identifier {key!r} is the product's own", raw=str(value)[:60], path=key
            )
        elif isinstance(value, dict):
            if "value" in value:
                take_box(heard, known, value, key)
        elif not isinstance(value, list):
            take(heard, known, value, key)


DIALECT = Dialect(
    name="alink", read=_read, claims_topic=_claims_topic, claims_document=_claims_document, several=True
)
