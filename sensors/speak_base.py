"""Small words that every simulated dialect uses."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from zlib import crc32

from msgspec import Struct

from sensors.model import Sensor
from sensors.quantities import Quantity, quantity

Said = list[tuple[Sensor, float]]


class Packet(Struct, frozen=True):
    """One message to publish."""

    topic: str
    payload: bytes
    retain: bool = False


def known(sensor: Sensor) -> Quantity:
    """The sensor's quantity by any of its names; a number without limits where the table has none."""
    return quantity(sensor.quantity) or Quantity(id=sensor.quantity, name=sensor.name)


def as_json(topic: str, document: object) -> list[Packet]:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return [Packet(topic, text.encode())]


def is_on(value: float) -> bool:
    return value >= 0.5


def plain_value(sensor: Sensor, value: float) -> float | bool:
    """A contact as a boolean, anything else as the number in the sensor's own unit."""
    if known(sensor).contact:
        return is_on(value)
    return in_unit(value, sensor.unit)


def in_unit(value: float, unit: str) -> float:
    """From the quantity's unit into the one the sensor was written down with."""
    match unit:
        case "°F" | "F":
            return round(value * 9 / 5 + 32, 2)
        case "hPa" | "mbar":
            return round(value / 100, 2)
        case "kPa":
            return round(value / 1000, 3)
        case "mV":
            return round(value * 1000)
        case _:
            return round(value, 3)


def put(document: dict[str, object], path: str, value: object) -> None:
    *boxes, last = path.split(".")
    for box in boxes:
        inner = document.setdefault(box, {})
        if not isinstance(inner, dict):
            raise ValueError(f"the path {path!r} runs through a value")
        document = inner
    document[last] = value


def word_for(sensor: Sensor, value: float) -> str:
    """The sensor's own word for a contact, or ON and OFF."""
    for word, stands_for in sensor.words.items():
        if stands_for == float(is_on(value)):
            return word
    return "ON" if is_on(value) else "OFF"


def digits(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


def radio(topic: str, at: float, low: int, high: int) -> int:
    """A radio figure that wanders, as they do."""
    return low + crc32(f"{topic}{at // 60}".encode()) % (high - low)
