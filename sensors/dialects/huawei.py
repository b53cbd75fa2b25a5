"""Huawei Cloud IoTDA: ``$oc/devices/<id>/sys/properties/report`` with services; gateways report for sub-devices.

The quantity is in the property's name or, for properties called value or level, in the service's. Times are
compact ISO in UTC (``20151212T121212Z``).
"""

from __future__ import annotations

from typing import Any

from sensors.dialects.base import Dialect, Memory, Message, document_of, take
from sensors.heard import Heard
from sensors.names import meaning

_OF_THE_SERVICE = frozenset(("value", "level", "state", "status"))


def _claims_topic(levels: list[str]) -> bool:
    return levels[0] == "$oc"


def _claims_document(document: Any, _levels: list[str]) -> bool:
    services = document.get("services") if isinstance(document, dict) else None
    return isinstance(services, list) and any(
        isinstance(one, dict) and "service_id" in one for one in services
    )


def _read(message: Message, heard: Heard, _memory: Memory) -> None:
    levels = message.levels
    if not message.payload.strip() or ("report" not in levels[-1] and levels[0] == "$oc"):
        return
    document = document_of(message, heard)
    if document is None:
        return
    heard.device = levels[2] if len(levels) > 2 else ""
    _read_services(document.get("services"), heard)
    devices = document.get("devices")
    for device in devices if isinstance(devices, list) else []:
        if isinstance(device, dict):
            heard.channel = str(device.get("device_id", ""))
            _read_services(device.get("services"), heard)
    heard.channel = ""


def _read_services(services: object, heard: Heard) -> None:
    for service in services if isinstance(services, list) else []:
        if not isinstance(service, dict):
            continue
        properties = service.get("properties", service.get("data"))
        if not isinstance(properties, dict):
            continue
        heard.at = heard.clock.read(service.get("event_time", service.get("eventTime")))
        name = str(service.get("service_id", service.get("serviceId", "")))
        whole = meaning(name)
        for key, value in properties.items():
            known = whole if key in _OF_THE_SERVICE else meaning(key)
            if known is not None and not isinstance(value, (dict, list)):
                take(heard, known, value, f"{name}.{key}")


DIALECT = Dialect(
    name="huawei", read=_read, claims_topic=_claims_topic, claims_document=_claims_document, several=True
)
