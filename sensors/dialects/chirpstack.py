"""ChirpStack v4 (and its older forms): events per device as JSON; the battery comes in another event.

``object`` is missing when no codec is set or the port is 0; false and zero fields are omitted. In the
status event -1, ``batteryLevelUnavailable`` and external power are no battery readings. A log of level
ERROR is announced.
"""

from __future__ import annotations

from typing import Any

from sensors.dialects.base import Dialect, Memory, Message, document_of, parse_json
from sensors.dialects.lorawan import model_of, read_codec, read_undecoded
from sensors.heard import Heard


def _claims_topic(levels: list[str]) -> bool:
    if "application" not in levels[:3]:
        return False
    return ("device" in levels and "event" in levels) or ("node" in levels and levels[-1] == "rx")


def _claims_document(document: Any, _levels: list[str]) -> bool:
    return isinstance(document, dict) and ("deviceInfo" in document or "devEUI" in document)


def _read(message: Message, heard: Heard, _memory: Memory) -> None:
    if not message.payload.strip():
        return
    document = document_of(message, heard)
    if document is None:
        return
    info = document.get("deviceInfo")
    about: dict[str, Any] = info if isinstance(info, dict) else document
    heard.device = str(about.get("deviceName") or about.get("devEui") or about.get("devEUI") or "")
    heard.names = tuple(str(about[key]) for key in ("devEui", "devEUI", "deviceName") if key in about)
    heard.at = heard.clock.read(document.get("time"))
    event = message.levels[-1]
    if event == "status":
        _read_status(document, heard)
    elif event == "log":
        level, code = document.get("level"), document.get("code")
        heard.announce("log", heard.device, level=level, code=code, text=document.get("description"))
    elif event in ("up", "rx") or "object" in document or "data" in document:
        _read_uplink(document, about, message, heard)


def _read_status(document: dict[str, Any], heard: Heard) -> None:
    level = document.get("batteryLevel")
    if document.get("externalPowerSource") is True or document.get("batteryLevelUnavailable") is True:
        return
    if level is not None:
        heard.number("battery", level, "%", "batteryLevel")


def _read_uplink(document: dict[str, Any], about: dict[str, Any], message: Message, heard: Heard) -> None:
    decoded = document.get("object")
    if decoded is None and isinstance(document.get("objectJSON"), str):
        decoded = parse_json(document["objectJSON"].encode())
    if isinstance(decoded, dict) and decoded:
        read_codec(decoded, heard)
        return
    model = model_of(message.model, about.get("deviceProfileName"))
    read_undecoded(document.get("data"), document.get("fPort"), model, heard)


def _gateway(topic: str) -> str:
    return "/".join(topic.split("/")[:2])  # the application on its network server


DIALECT = Dialect(
    name="chirpstack",
    read=_read,
    claims_topic=_claims_topic,
    claims_document=_claims_document,
    gateway=_gateway,
    also=("chirpstack-v4",),
)
