"""Ruuvi Gateway: Bluetooth advertisements as hex, one topic per tag; formats 3, 5, 6, C5 and E1 are unpacked here.

Layouts and invalid marks: docs.ruuvi.com, "Bluetooth advertisements" (data formats 3, 5, 6, C5, E1). 0x8000
and all-ones are no measurements. The same tag arrives through several gateways; the movement counter is no
state.
"""

from __future__ import annotations

from typing import Any

from sensors.dialects.base import Dialect, Memory, Message, document_of, say_life, take_flat
from sensors.heard import Heard
from sensors.names import Meaning

_COMPANY = b"\x99\x04"
_DECODED: dict[str, Meaning | None] = {
    "temperature": Meaning("temperature", "°C"),
    "humidity": Meaning("humidity", "%"),
    "pressure": Meaning("pressure", "Pa"),
    "voltage": Meaning("battery_voltage", "V"),
    "co2": Meaning("co2"),
    "CO2": Meaning("co2"),
    "PM2.5": Meaning("pm25"),
    "luminosity": Meaning("illuminance"),
}


def _claims_topic(levels: list[str]) -> bool:
    return levels[0].startswith("ruuvi") or levels[-1] == "gw_status"


def _claims_document(document: Any, _levels: list[str]) -> bool:
    return isinstance(document, dict) and "gw_mac" in document and "data" in document


def _read(message: Message, heard: Heard, _memory: Memory) -> None:
    if not message.payload.strip():
        return
    levels = message.levels
    document = document_of(message, heard)
    if document is None:
        return
    heard.device = levels[-1]
    if levels[-1] == "gw_status" or (isinstance(document.get("state"), str) and "data" not in document):
        heard.device = levels[-2] if levels[-1] == "gw_status" and len(levels) > 1 else levels[0]
        say_life(heard, str(document.get("state", "")), ("online",), ("offline",), "gw_status")
        return
    heard.at = heard.clock.read(document.get("ts"))
    heard.names = (levels[-1],)
    data = document.get("data")
    if isinstance(data, str):
        _read_advertisement(data, heard)
    elif "temperature" in document or "humidity" in document:
        take_flat(heard, {key: document[key] for key in _DECODED if key in document}, fields=_DECODED)


def _read_advertisement(data: str, heard: Heard) -> None:
    try:
        raw = bytes.fromhex(data)
    except ValueError:
        heard.refuse("not-decoded", "the advertisement is not hexadecimal", raw=data)
        return
    index = 0
    while index + 1 < len(raw) and raw[index]:
        kind, body = raw[index + 1], raw[index + 2 : index + 1 + raw[index]]
        if kind == 0xFF and body[:2] == _COMPANY:
            _read_frame(body[2:], heard)
            return
        index += 1 + raw[index]


def _read_frame(frame: bytes, heard: Heard) -> None:
    form = frame[0] if frame else -1
    reader = _FORMATS.get(form)
    if form == 8:
        heard.refuse("encrypted", "data format 8 is encrypted", raw=frame.hex())
    elif reader is None or len(frame) < reader[1]:
        heard.refuse(
            "not-decoded", f"data format {form:#04x} of {len(frame)} bytes is not known", raw=frame.hex()
        )
    else:
        reader[0](frame, heard)


def _signed(frame: bytes, at: int) -> int:
    return int.from_bytes(frame[at : at + 2], "big", signed=True)


def _unsigned(frame: bytes, at: int, size: int = 2) -> int:
    return int.from_bytes(frame[at : at + size], "big")


def _take(
    heard: Heard, quantity: str, raw: int, invalid: int, factor: float, shift: float = 0.0, unit: str = ""
) -> None:
    if raw == invalid:
        digits = 4 if invalid > 0xFF or invalid < 0 else 2
        mark = f"0x{raw & (0xFFFFFF if invalid > 0xFFFF else 0xFFFF):0{digits}X}"
        heard.refuse("sentinel", f"{mark} is the mark for no measurement", quantity, mark)
    else:
        heard.number(quantity, round(raw * factor + shift, 6), unit)


def _climate(frame: bytes, heard: Heard) -> None:
    _take(heard, "temperature", _signed(frame, 1), -0x8000, 0.005)
    _take(heard, "humidity", _unsigned(frame, 3), 0xFFFF, 0.0025)
    _take(heard, "pressure", _unsigned(frame, 5), 0xFFFF, 1.0, 50_000.0)


def _format_3(frame: bytes, heard: Heard) -> None:
    whole, fraction = frame[2] & 0x7F, frame[3]
    temperature = whole + fraction / 100
    heard.number("humidity", frame[1] * 0.5)
    heard.number("temperature", -temperature if frame[2] & 0x80 else temperature)
    heard.number("pressure", _unsigned(frame, 4) + 50_000.0)
    heard.number("battery_voltage", _unsigned(frame, 12) / 1000)


def _format_5(frame: bytes, heard: Heard) -> None:
    _climate(frame, heard)
    _take(heard, "battery_voltage", _unsigned(frame, 13) >> 5, 0x7FF, 0.001, 1.6)


def _format_c5(frame: bytes, heard: Heard) -> None:
    _climate(frame, heard)
    _take(heard, "battery_voltage", _unsigned(frame, 7) >> 5, 0x7FF, 0.001, 1.6)


def _format_6(frame: bytes, heard: Heard) -> None:
    _climate(frame, heard)
    _take(heard, "pm25", _unsigned(frame, 7), 0xFFFF, 0.1)
    _take(heard, "co2", _unsigned(frame, 9), 0xFFFF, 1.0)


def _format_e1(frame: bytes, heard: Heard) -> None:
    _climate(frame, heard)
    _take(heard, "pm25", _unsigned(frame, 9), 0xFFFF, 0.1)
    _take(heard, "co2", _unsigned(frame, 15), 0xFFFF, 1.0)
    _take(heard, "illuminance", _unsigned(frame, 19, 3), 0xFFFFFF, 0.01)


_FORMATS = {
    0x03: (_format_3, 14),
    0x05: (_format_5, 15),
    0x06: (_format_6, 11),
    0xC5: (_format_c5, 9),
    0xE1: (_format_e1, 22),
}


def _life_topics(topic: str) -> tuple[str, ...]:
    levels = topic.split("/")
    return ("/".join([*levels[:-1], "gw_status"]),) if len(levels) >= 3 else ()


def _gateway(topic: str) -> str:
    return topic.rpartition("/")[0]


DIALECT = Dialect(
    name="ruuvi",
    read=_read,
    claims_topic=_claims_topic,
    claims_document=_claims_document,
    life_topics=_life_topics,
    gateway=_gateway,
    gateway_topics=_life_topics,
    also=("ruuvi-gateway",),
)
