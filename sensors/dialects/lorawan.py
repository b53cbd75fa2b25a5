"""What the LoRaWAN network servers share: objects of device codecs, and frames no codec touched.

Codecs name their fields as their authors liked; whole words decide (``names``). A value may carry its unit
("3.384 V"), stored samples come in a ``history`` list with their own times, named measurements in a
``messages`` list. A missing probe shows as a full-scale number, or as -0.1 on every channel at once.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from sensors.dialects.base import take, take_box
from sensors.dialects.frames import read_frame
from sensors.heard import FULL_SCALE, Heard, measure
from sensors.names import Meaning, meaning

_FIELDS: dict[str, Meaning | None] = {
    "light": None,
    "light_level": None,
    "illumination": Meaning("illuminance"),
    "install": Meaning("tamper", inverted=True),
    "Volt": Meaning("battery_voltage", "V"),
    "vdd": Meaning("battery_voltage", "mV"),
    "relativeHumidity": Meaning("humidity"),
    "sensorTemperature": Meaning("temperature"),
    "magnet_status": Meaning("contact_open"),
    "waterleak": Meaning("water_leak"),
    "gas": None,
    "water": None,
}
_WRAPPERS = ("data", "decoded", "payload", "measurements")  # some codecs wrap their result once more
_NOT_NOW = ("history", "datalog", "DATALOG")
# Dragino door and leak sensors decode both inputs; MOD says which one is wired (1 door, 2 water, 3 both).
_IDLE_INPUT = {"1": "water_leak", "1.0": "water_leak", "2": "contact_open", "2.0": "contact_open"}
_EXTERNAL = frozenset(("ds", "ext", "external", "probe"))
_WORDS = {"not installed": 1.0, "uninstall": 1.0, "installed": 0.0}
_SAME = -0.1  # 0xFFFF as a signed number of tenths: no probe


def read_codec(document: dict[str, Any], heard: Heard) -> None:
    """Take what a device codec decoded."""
    if document.get("valid") is False or document.get("err") not in (None, 0, "0", False, ""):
        heard.refuse("bad-quality", "the codec marks its own result as invalid", raw=document.get("err"))
        return
    missing = _missing_probes(document)
    unused = "Work_mode" in document  # a Dragino board with free inputs: only its mode says which are wired
    for key, value in document.items():
        if key in _NOT_NOW:
            continue
        if key == "messages" and isinstance(value, list):
            _read_messages(value, heard)
            continue
        known = _FIELDS[key] if key in _FIELDS else meaning(key)
        if known is None:
            continue
        if key in missing:
            heard.refuse(
                "sentinel", "the same mark on all probes: none is connected", known.quantity, value, key
            )
            continue
        if known.quantity == _IDLE_INPUT.get(str(document.get("MOD"))):
            continue
        if unused and (known.quantity == "contact_open" or (key.startswith("TempC") and value == 0)):
            heard.refuse("needs-meaning", f"{key}: an input that may be unused", known.quantity, value, key)
            continue
        _take(known, key, value, heard)
    _read_history(document.get("history"), heard)
    inner = next((document[key] for key in _WRAPPERS if isinstance(document.get(key), dict)), None)
    if inner is not None and not heard.observations:
        read_codec(inner, heard)


def _missing_probes(document: dict[str, Any]) -> frozenset[str]:
    probes = [key for key in document if key.startswith("TempC") and key[5:].isdigit()]
    if len(probes) >= 2 and all(document[key] == _SAME for key in probes):
        return frozenset(probes)
    return frozenset()


def _take(known: Meaning, key: str, value: object, heard: Heard) -> None:
    if isinstance(value, dict):
        if "value" in value:
            take_box(heard, known, value, key)
        elif value and all(isinstance(name, str) and name.isdigit() for name in value):
            for name, one in value.items():  # Cayenne LPP of older servers: values by channel number
                if not isinstance(one, (dict, list)):
                    take(heard, known, one, f"{key}.{name}", channel=name)
        return
    if isinstance(value, list):
        return
    channel = key if known.qualifier not in ("", "sht") else ""
    names = heard.names
    if _EXTERNAL.intersection(known.qualifier.split()):
        heard.names = (*names, "external")
    if known.quantity == "battery" and _volts(value, key):
        heard.number("battery_voltage", value, "V", key)
    elif (
        known.quantity == "motion"
        and isinstance(value, (int, float))
        and value > 1
        and value not in FULL_SCALE
    ):
        heard.state("motion", True, key)  # a count of movements in the interval
    elif known.quantity == "tamper":
        heard.state("tamper", value, key, words=_WORDS, inverted=known.inverted)
    else:
        take(heard, known, value, key, channel=channel)
    heard.names = names


def _volts(value: object, key: str) -> bool:
    """A battery given as "3.384 V" or as a broken number under 5 is a voltage, not a share; so is any number of
    one cell under the key ``Bat``."""
    if isinstance(value, str):
        measured = measure(value)
        if measured is None:
            return False
        value = measured[0] if measured[1] in ("", "V", "v") else -1.0
        return measured[1] in ("V", "v") or (0 < value < 5 and value != int(value))
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    return 0 < value < 5 and (value != int(value) or key.casefold() == "bat")


def _read_messages(messages: list[Any], heard: Heard) -> None:
    """SenseCAP: a list (or list of lists) of measurements named by type."""
    for item in messages:
        if isinstance(item, list):
            _read_messages(item, heard)
        elif isinstance(item, dict):
            name = item.get("type")
            if isinstance(name, str) and "measurementValue" in item:
                known = meaning(name)
                if known is not None:
                    unit = item.get("unit")
                    take(heard, known, item["measurementValue"], name, unit if isinstance(unit, str) else "")
            elif "Battery(%)" in item:
                heard.number("battery", item["Battery(%)"], "%", "Battery(%)")


def _read_history(history: object, heard: Heard) -> None:
    if not isinstance(history, list):
        return
    before = heard.at
    for item in history:
        if not isinstance(item, dict):
            continue
        heard.at = heard.clock.read(item.get("timestamp", item.get("time")))
        if heard.at is None:
            heard.refuse("bad-time", "a stored sample without a time", raw=item.get("timestamp"))
            continue
        heard.stored = True
        for key, value in item.items():
            known = _FIELDS[key] if key in _FIELDS else meaning(key)
            if known is not None:
                _take(known, f"history.{key}", value, heard)
        heard.stored = False
    heard.at = before


def read_undecoded(frame: object, port: object, model: str, heard: Heard) -> None:
    """Take a base64 frame that the network server did not decode, as far as its model is known."""
    if not isinstance(frame, str) or not frame:
        return
    try:
        raw = base64.b64decode(frame, validate=True)
    except (binascii.Error, ValueError):
        heard.refuse("not-decoded", "the frame is not base64", raw=frame)
        return
    read_frame(raw, port, model, heard)


def model_of(*hints: object) -> str:
    """The device model from what a person declared or the network server registered, as compared: small, no signs."""
    for hint in hints:
        if isinstance(hint, str) and hint:
            return "".join(char for char in hint.casefold() if char.isalnum())
    return ""
