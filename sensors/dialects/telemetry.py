"""Telemetry platforms (ThingsPanel, ThingsBoard gateways): one topic for all devices, identity in the payload."""

from __future__ import annotations

from typing import Any

from sensors.dialects.base import Dialect, Memory, Message, document_of, take_flat
from sensors.heard import Heard

_IDS = ("deviceId", "device_id", "deviceID", "deviceName", "device")


def _claims_topic(levels: list[str]) -> bool:
    return levels[:2] == ["devices", "telemetry"] or levels[:3] == ["v1", "gateway", "telemetry"]


def _claims_document(document: Any, _levels: list[str]) -> bool:
    if not isinstance(document, dict) or not isinstance(document.get("values"), dict):
        return False
    return any(key in document for key in _IDS)


def _read(message: Message, heard: Heard, _memory: Memory) -> None:
    if not message.payload.strip():
        return
    document = document_of(message, heard)
    if document is None:
        return
    if isinstance(document.get("values"), dict):
        device = next((str(document[key]) for key in _IDS if key in document), "")
        _read_device(device, document, heard)
    elif message.levels[:2] == ["v1", "gateway"]:
        for device, entries in document.items():
            for entry in entries if isinstance(entries, list) else [entries]:
                if isinstance(entry, dict):
                    _read_device(
                        device, entry if isinstance(entry.get("values"), dict) else {"values": entry}, heard
                    )
    else:
        take_flat(heard, document, channels=True)
    heard.channel = ""


def _read_device(device: str, entry: dict[str, Any], heard: Heard) -> None:
    heard.device = heard.channel = device
    heard.at = heard.clock.read(entry.get("ts", entry.get("timestamp")))
    take_flat(heard, entry["values"])


DIALECT = Dialect(
    name="telemetry",
    read=_read,
    claims_topic=_claims_topic,
    claims_document=_claims_document,
    several=True,
    also=("thingspanel", "thingsboard"),
)
