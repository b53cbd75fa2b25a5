"""Who made a device and what it is called, as far as its own messages say."""

from __future__ import annotations

from typing import Any

from sensors.dialects.base import parse_json

_VENDOR = ("vendor", "manufacturer", "mf", "manufacturerName", "brand", "厂家", "厂商", "品牌")
_MODEL = ("model", "mdl", "model_id", "modelId", "deviceProfileName", "hw_model", "型号")
_WITHIN = ("device", "dev", "definition", "deviceInfo", "version_ids", "device_info", "info")
LONGEST = 80
LARGEST = 65_536  # bytes; a larger message is an inventory of many devices, not one device's word


def maker_of(payload: bytes) -> tuple[str, str]:
    """(vendor, model) of a device that a message names; "" for what it does not say. Never raises.

    Keys are those of Home Assistant discovery (``device.manufacturer``, ``device.model``), Zigbee2MQTT
    (``device.model``), The Things Stack (``version_ids.brand_id``, ``model_id``), ChirpStack
    (``deviceInfo.deviceProfileName``), rtl_433 and Theengs (``model``, ``brand``).
    """
    if len(payload) > LARGEST or payload.lstrip()[:1] != b"{":
        return "", ""
    document = parse_json(payload)
    if not isinstance(document, dict):
        return "", ""
    inner = [document.get(key) for key in _WITHIN]
    uplink = document.get("uplink_message")
    if isinstance(uplink, dict):
        inner.append(uplink.get("version_ids"))
    places = [part for part in (*inner, document) if isinstance(part, dict)]
    return _first(places, (*_VENDOR, "brand_id")), _first(places, _MODEL)


def _first(places: list[dict[str, Any]], keys: tuple[str, ...]) -> str:
    for place in places:
        for key in keys:
            word = place.get(key)
            if isinstance(word, str) and word.strip():
                return "".join(mark for mark in word if mark.isprintable()).strip()[:LONGEST]
    return ""
