"""What a Ruuvi Gateway publishes of one tag: the Bluetooth advertisement in data format 5, as hexadecimal.

Layout: docs.ruuvi.com, "Data format 5 (RAWv2)": temperature 0.005 °C, humidity 0.0025 %RH, pressure 1 Pa above
50 kPa, acceleration, 11 bits of battery millivolts above 1,600 and 5 of transmission power, movement counter,
sequence, address. A field that the tag does not measure holds the mark for "no measurement".
"""

from __future__ import annotations

from collections.abc import Mapping
from struct import pack

# Flags, then a manufacturer's block of 27 bytes from Ruuvi Innovations (company 0x0499).
_HEAD = bytes.fromhex("0201061BFF9904")
_STILL = (0, 0, 1000)  # a tag at rest feels the earth's pull on one axis, in milli-g


def ruuvi(topic: str, values: Mapping[str, float], at: float) -> dict[str, object]:
    """The gateway's document for a tag whose topic ends with its address; ``values`` by quantity."""
    gateway, _, tag = topic.rpartition("/")
    address = bytes.fromhex(tag.replace(":", "")[-12:].rjust(12, "0"))
    temperature, humidity = values.get("temperature"), values.get("humidity")
    pressure, battery = values.get("pressure"), values.get("battery_voltage", 2.95)
    frame = pack(
        ">BhHHhhhHBH6s",
        5,
        -0x8000 if temperature is None else round(temperature / 0.005),
        0xFFFF if humidity is None else round(humidity / 0.0025),
        0xFFFF if pressure is None else round(pressure - 50_000),
        *_STILL,
        round((battery - 1.6) * 1000) << 5 | 0x16,
        0,
        int(at / 10) % 0xFFFF,
        address,
    )
    return {
        "gw_mac": gateway.rpartition("/")[2],
        "rssi": -62,
        "aoa": [],
        "gwts": str(int(at)),
        "ts": str(int(at)),
        "data": (_HEAD + frame).hex().upper(),
        "coords": "",
    }
