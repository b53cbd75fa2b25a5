"""The Things Stack v3 (and The Things Network): uplinks as JSON with the object of a payload formatter.

``normalized_payload`` has fixed names and units and is preferred. Battery per cent stands outside the
object. Empty and zero fields are omitted. The device of the payload wins over the topic's. Simulated
uplinks are not readings.
"""

from __future__ import annotations

from typing import Any

from sensors.dialects.base import Dialect, Memory, Message, document_of
from sensors.dialects.lorawan import model_of, read_codec, read_undecoded
from sensors.heard import Heard


def _claims_topic(levels: list[str]) -> bool:
    return len(levels) >= 5 and levels[0] == "v3" and levels[2] == "devices"


def _claims_document(document: Any, _levels: list[str]) -> bool:
    return isinstance(document, dict) and "end_device_ids" in document


def _read(message: Message, heard: Heard, _memory: Memory) -> None:
    if not message.payload.strip():
        return
    document = document_of(message, heard)
    if document is None:
        return
    ids = document.get("end_device_ids")
    if isinstance(ids, dict):
        heard.device = str(ids.get("device_id") or "")
        heard.names = tuple(str(ids[key]) for key in ("device_id", "dev_eui") if key in ids)
    uplink = document.get("uplink_message", document.get("uplink_normalized"))
    if not isinstance(uplink, dict):
        return
    if document.get("simulated") is True or uplink.get("simulated") is True:
        heard.refuse("bad-quality", "an uplink simulated in the console is no measurement", raw="simulated")
        return
    heard.at = heard.clock.read(uplink.get("received_at") or document.get("received_at"))
    decoded = uplink.get("decoded_payload")
    normalized = uplink.get("normalized_payload")
    seen = _read_normalized(normalized, heard)
    if isinstance(decoded, dict) and decoded:
        rest = heard.child()
        read_codec(decoded, rest)
        heard.observations.extend(one for one in rest.observations if one.quantity not in seen)
        heard.refusals.extend(one for one in rest.refusals if not one.quantity or one.quantity not in seen)
    elif not seen:
        version = uplink.get("version_ids")
        registered = version.get("model_id") if isinstance(version, dict) else ""
        read_undecoded(
            uplink.get("frm_payload"), uplink.get("f_port"), model_of(message.model, registered), heard
        )
    battery = uplink.get("last_battery_percentage")
    if (
        isinstance(battery, dict)
        and "value" in battery
        and "battery" not in {o.quantity for o in heard.observations}
    ):
        at = heard.clock.read(battery.get("received_at"))
        heard.number("battery", battery["value"], "%", "last_battery_percentage.value", at=at)


_AIR = {
    "temperature": ("temperature", "°C"),
    "relativeHumidity": ("humidity", "%"),
    "pressure": ("pressure", "hPa"),
    "lightIntensity": ("illuminance", "lx"),
    "co2": ("co2", "ppm"),
}


def _read_normalized(normalized: Any, heard: Heard) -> set[str]:
    """The normalized measurements (names of the device repository); the quantities they gave."""
    items = normalized if isinstance(normalized, list) else [normalized]
    start = len(heard.observations)
    for item in items:
        if not isinstance(item, dict):
            continue
        before = heard.at
        if "time" in item:
            heard.at = heard.clock.read(item["time"]) or before
        air, water, action = item.get("air"), item.get("water"), item.get("action")
        if isinstance(air, dict):
            for key, (quantity, unit) in _AIR.items():
                if key in air:
                    heard.number(quantity, air[key], unit, f"air.{key}")
        if isinstance(water, dict) and "leak" in water:
            heard.state("water_leak", water["leak"], "water.leak")
        if isinstance(action, dict):
            if "contactState" in action:
                heard.state("contact_open", action["contactState"], "action.contactState")
            motion = action.get("motion")
            if isinstance(motion, dict) and "detected" in motion:
                heard.state("motion", motion["detected"], "action.motion.detected")
        if "battery" in item:
            heard.number("battery_voltage", item["battery"], "V", "battery")
        heard.at = before
    return {one.quantity for one in heard.observations[start:]}


def _gateway(topic: str) -> str:
    return "/".join(topic.split("/")[:2])  # the application on its network server


DIALECT = Dialect(
    name="tts",
    read=_read,
    claims_topic=_claims_topic,
    claims_document=_claims_document,
    gateway=_gateway,
    also=("ttn", "thethingsstack", "tts-v3"),
)
