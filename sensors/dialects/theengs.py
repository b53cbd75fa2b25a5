"""Theengs Gateway and OpenMQTTGateway: decoded Bluetooth advertisements, one topic per address.

``cont`` only says that the device is a contact; ``open`` or ``contact`` is the state. ``tempf`` repeats
``tempc``; ``tempc2_dp`` is a dew point. Every passer-by is published here. Encrypted frames look like
nothing.
"""

from __future__ import annotations

import re
from typing import Any

from sensors.dialects import rtl433
from sensors.dialects.base import Dialect, Memory, Message, say_life, take, take_flat
from sensors.heard import Heard
from sensors.names import Meaning
from sensors.vocabulary import words

_FIELDS: dict[str, Meaning | None] = {
    "tempc": Meaning("temperature", "°C"),
    "tempf": None,
    "temp": Meaning("temperature", "°C"),
    "hum": Meaning("humidity"),
    "pres": Meaning("pressure", "hPa"),
    "lux": Meaning("illuminance"),
    "batt": Meaning("battery"),
    "volt": Meaning("battery_voltage"),
    "open": Meaning("contact_open"),
    "contact": Meaning("contact_open", words_only=True),
    "door": Meaning("contact_open"),
    "motion": Meaning("motion"),
    "co2": Meaning("co2"),
    "pm25": Meaning("pm25"),
    "pm10": Meaning("pm10"),
    "leak": Meaning("water_leak"),
    "water_leak": Meaning("water_leak"),
    "smoke": Meaning("smoke"),
    "gas": None,
    "tamper": Meaning("tamper"),
    "lowbatt": Meaning("battery_low"),
    "cont": None,
    "presence": None,  # of a tag or phone, not of a person
    "moving": None,
    "vibration": Meaning("vibration"),
    "moi": None,
    "pres2": None,
}
# Curtains say open and motion of themselves; tyres, bodies and water meters have temperatures of their own.
_NO_SENSORS = words("WCVR ACTR TIRE BODY SCALE ENRG TRACK RMAC")
_PROBE = re.compile(r"^temp([cf])([1-9])$")


def _claims_topic(levels: list[str]) -> bool:
    if any(level.endswith("toMQTT") for level in levels):
        return True
    return levels[-1] == "LWT" and len(levels) == 3


def _claims_document(document: Any, _levels: list[str]) -> bool:
    return isinstance(document, dict) and "model_id" in document and "brand" in document


def _read(message: Message, heard: Heard, memory: Memory) -> None:
    levels = message.levels
    text = message.text()
    if text == "":
        return
    if levels[-1] == "LWT":
        heard.device = "/".join(levels[:-1])
        say_life(heard, text or "", ("online",), ("offline",), "LWT")
        return
    if levels[-1] == "SYStoMQTT":
        return  # the gateway's own chip
    document = message.document()
    if "BTtoMQTT" not in levels and any(level.endswith("toMQTT") for level in levels):
        if any("RTL_433" in level for level in levels):
            rtl433.DIALECT.read(message, heard, memory)
        elif isinstance(document, dict) and "model" not in document:
            heard.refuse("needs-meaning", "a radio code means what the installation's table says", raw=text)
        return
    if not isinstance(document, dict):
        _read_single(message, text, heard)
        return
    heard.device = str(document.get("mac") or document.get("id") or levels[-1])
    heard.names = (heard.device, levels[-1])
    kind = document.get("type")
    if isinstance(kind, str) and kind in _NO_SENSORS:
        heard.refuse("needs-meaning", f"a device of type {kind} senses no room", raw=kind)
        return
    encrypted = document.get("encr")
    if "cipher" in document and encrypted:
        heard.refuse(
            "encrypted", f"{document.get('model', 'a device')} sends encrypted; it needs a key", raw="cipher"
        )
        return
    at = document.get("unixtime", document.get("UTCtime"))
    heard.at = heard.clock.read(at) if at is not None else None
    fields = {key: value for key, value in document.items() if key in _FIELDS}
    if "tempc" not in document and "tempf" in document:
        heard.number("temperature", document["tempf"], "°F", "tempf")
    take_flat(heard, fields, fields=_FIELDS)
    for key, value in document.items():
        probe = _PROBE.match(key)
        if probe is not None and (probe.group(1) == "c" or f"tempc{probe.group(2)}" not in document):
            heard.number("temperature", value, "°C" if probe.group(1) == "c" else "°F", key, channel=key)


def _read_single(message: Message, text: str | None, heard: Heard) -> None:
    """Old gateways: one topic per value; the bare address topic carries the signal strength."""
    levels = message.levels
    if text is None:
        heard.refuse("not-text", "the payload is not UTF-8 text", raw="whole payload")
        return
    if text.startswith("{"):
        heard.refuse("not-json", f"starts like JSON and is not: {text[:60]!r}", raw="whole payload")
        return
    heard.device = levels[-2]
    known = _FIELDS.get(levels[-1])
    if known is None or levels[-2] == "BTtoMQTT":
        heard.refuse("needs-meaning", "signal strength or a value without a known name", raw=text)
        return
    take(heard, known, text, levels[-1])


def _life_topics(topic: str) -> tuple[str, ...]:
    levels = topic.split("/")
    if "BTtoMQTT" in levels and levels.index("BTtoMQTT") >= 2:
        return ("/".join([*levels[: levels.index("BTtoMQTT")], "LWT"]),)
    return ()


def _gateway(topic: str) -> str:
    return topic.partition("/BTtoMQTT")[0] if "/BTtoMQTT" in topic else ""


DIALECT = Dialect(
    name="theengs",
    read=_read,
    claims_topic=_claims_topic,
    claims_document=_claims_document,
    life_topics=_life_topics,
    gateway=_gateway,
    gateway_topics=_life_topics,
    also=("openmqttgateway", "theengs-ble", "ble"),
)
