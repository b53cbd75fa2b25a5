"""Raw LoRaWAN frames of Milesight and Dragino devices, as tables.

Milesight frames (port 85) are channel, type and value in a row; the climate types mean the same on every
model, the one-byte states do not (channel 5 is a leak on EM300-SLD and a movement on AM307), so states need
the model. Layouts: Milesight user guides "Uplink data"; Dragino manuals LHT65N, LHT52, LDS02, LDS03A, LWL02, LWL03A,
chapter "Uplink payload".
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from sensors.heard import Heard


class _Field(Struct, frozen=True):
    quantity: str
    size: int
    factor: float = 1.0
    unit: str = ""
    signed: bool = False
    skip: bool = False
    taken: int = 4  # so many of its bytes are the value; a threshold's mark may follow


# (channel, type) with one meaning on every Milesight model.
_COMMON: dict[tuple[int, int], _Field] = {
    (0x01, 0x75): _Field("battery", 1, 1.0, "%"),
    (0x03, 0x67): _Field("temperature", 2, 0.1, "°C", signed=True),
    (0x83, 0x67): _Field("temperature", 3, 0.1, "°C", signed=True, taken=2),
    (0x04, 0x68): _Field("humidity", 1, 0.5, "%"),
    (0x07, 0x7D): _Field("co2", 2, 1.0, "ppm"),
    (0x09, 0x73): _Field("pressure", 2, 0.1, "hPa"),
    (0x0B, 0x7D): _Field("pm25", 2, 1.0, "µg/m³"),
    (0x0C, 0x7D): _Field("pm10", 2, 1.0, "µg/m³"),
    (0x03, 0x94): _Field("illuminance", 4, 1.0, "lx"),
    (0x05, 0x6A): _Field("", 2, skip=True),
    (0x06, 0x65): _Field("", 6, skip=True),
    (0x08, 0xE6): _Field("", 2, skip=True),
    (0x0A, 0x7D): _Field("", 2, skip=True),
    (0x0D, 0x7D): _Field("", 2, skip=True),
    (0x0E, 0x01): _Field("", 1, skip=True),
    (0x08, 0x7D): _Field("", 2, skip=True),
    (0x06, 0xCB): _Field("", 1, skip=True),
    (0xFF, 0x01): _Field("", 1, skip=True),
    (0xFF, 0x08): _Field("", 6, skip=True),
    (0xFF, 0x09): _Field("", 2, skip=True),
    (0xFF, 0x0A): _Field("", 2, skip=True),
    (0xFF, 0x0B): _Field("", 1, skip=True),
    (0xFF, 0x0F): _Field("", 1, skip=True),
    (0xFF, 0x16): _Field("", 8, skip=True),
    (0xFF, 0xFE): _Field("", 1, skip=True),
    (0xFF, 0xFF): _Field("", 2, skip=True),
}
_CARBON = {(0x05, 0x7D): _Field("co2", 2, 1.0, "ppm"), (0x06, 0x73): _Field("pressure", 2, 0.1, "hPa")}
_PRESENCE = {(0x05, 0x00): _Field("motion", 1)}
_LEAK = {(0x05, 0x00): _Field("water_leak", 1)}
_MAGNET = {(0x06, 0x00): _Field("contact_open", 1)}
_STATES: dict[str, dict[tuple[int, int], _Field]] = {
    "em300sld": _LEAK,
    "em300zld": _LEAK,
    "em300mld": _LEAK,
    "em300mcs": _MAGNET,
    "ws301": {(0x03, 0x00): _Field("contact_open", 1), (0x04, 0x00): _Field("tamper", 1)},
    "ws202": {(0x03, 0x00): _Field("motion", 1), (0x04, 0x00): _Field("", 1, skip=True)},
    "ws203": _PRESENCE,
    "ws303": {(0x03, 0x00): _Field("water_leak", 1)},
    "am307": _PRESENCE,
    "am308": _PRESENCE,
    "am319": _PRESENCE,
    "am102": {},
    "am103": {},
    "em300th": {},
    "em320th": {},
    "em500co2": _CARBON,
    "em500lgt": {},
    "em500pt100": {},
}
# What follows time, temperature and humidity in a stored sample of a model, "" for nothing.
_KEPT = {"em300th": "", "em300sld": "water_leak", "em300zld": "water_leak", "em300mld": "water_leak"}
_KEPT["em300mcs"] = "contact_open"
_STATE_TYPE = 0x00
_STORED = (0x20, 0xCE)


def read_frame(raw: bytes, port: object, model: str, heard: Heard) -> None:
    """Take a raw frame; what its bytes alone do not say is refused with the way out."""
    for name, reader in _DRAGINO.items():
        if name in model:
            reader(raw, heard)
            return
    if port == 85 and len(raw) >= 3:
        _milesight(raw, _states_of(model), model, heard)
    else:
        _undecoded(raw, heard)


def _states_of(model: str) -> dict[tuple[int, int], _Field] | None:
    for name, states in _STATES.items():
        if name in model:
            return states
    return None


def _undecoded(raw: bytes, heard: Heard) -> None:
    detail = "a raw frame: set a payload formatter in the network server, or declare the sensor's model"
    heard.refuse("not-decoded", detail, raw=raw.hex())


def _milesight(raw: bytes, states: dict[tuple[int, int], _Field] | None, model: str, heard: Heard) -> None:
    """Only a frame that parses to its last byte counts: half a match may be another maker's."""
    taken: list[tuple[_Field, int]] = []
    kept: list[bytes] = []
    tail = next((last for name, last in _KEPT.items() if name in model), None)
    unknown = False
    at = 0
    while at < len(raw):
        pair = (raw[at], raw[at + 1] if at + 1 < len(raw) else -1)
        if pair == _STORED and tail is not None:
            field = _Field("", 8 if tail else 7, skip=True)
            kept.append(raw[at + 2 : at + 2 + field.size])
        else:
            own = (states or {}).get(pair) or _COMMON.get(pair)
            if own is None and pair[1] == _STATE_TYPE and states is None and pair[0] in (3, 4, 5, 6):
                own = _Field("?", 1)
                unknown = True
            if own is None:
                _undecoded(raw, heard)
                return
            field = own
        if at + 2 + field.size > len(raw):
            _undecoded(raw, heard)
            return
        body = raw[at + 2 : at + 2 + min(field.size, field.taken)]
        taken.append((field, int.from_bytes(body, "little", signed=field.signed)))
        at += 2 + field.size
    if unknown:
        _undecoded(raw, heard)
    for field, number in taken:
        if field.skip or field.quantity == "?":
            continue
        if field.unit:
            heard.number(field.quantity, round(number * field.factor, 6), field.unit, "frame")
        else:
            heard.state(field.quantity, number, "frame")
    live_at = heard.at
    for body in kept:
        _stored(body, tail or "", heard)
    heard.at = live_at


def _stored(body: bytes, tail: str, heard: Heard) -> None:
    """A stored sample: time, temperature, humidity and on some models a state."""
    heard.at = heard.clock.read(int.from_bytes(body[0:4], "little"))
    if heard.at is None:
        heard.refuse("bad-time", "a stored sample without a time", raw=body.hex())
        return
    heard.stored = True
    heard.number(
        "temperature", round(int.from_bytes(body[4:6], "little", signed=True) / 10, 6), "°C", "frame"
    )
    heard.number("humidity", body[6] / 2, "%", "frame")
    if tail:
        heard.state(tail, body[7], "frame")
    heard.stored = False


def _signed(raw: bytes, at: int) -> float:
    return int.from_bytes(raw[at : at + 2], "big", signed=True)


def _unsigned(raw: bytes, at: int) -> float:
    return int.from_bytes(raw[at : at + 2], "big")


def _lht65(raw: bytes, heard: Heard) -> None:
    if len(raw) != 11:
        _undecoded(raw, heard)
        return
    heard.number("battery_voltage", (int(_unsigned(raw, 0)) & 0x3FFF) / 1000, "V", "frame")
    heard.number("temperature", _signed(raw, 2) / 100, "°C", "frame")
    heard.number("humidity", _unsigned(raw, 4) / 10, "%", "frame")
    if raw[6] & 0x7F == 1:
        heard.number("temperature", _signed(raw, 7) / 100, "°C", "frame.ext", channel="TempC_DS")


def _lht52(raw: bytes, heard: Heard) -> None:
    if len(raw) != 11:
        _undecoded(raw, heard)
        return
    heard.number("temperature", _signed(raw, 0) / 100, "°C", "frame")
    heard.number("humidity", _unsigned(raw, 2) / 10, "%", "frame")
    if raw[6] == 1:
        heard.number("temperature", _signed(raw, 4) / 100, "°C", "frame.ext", channel="TempC_DS")


def _contact(raw: bytes, heard: Heard) -> None:
    """LDS02 and LWL02: 14 bits of battery below the door (bit 15) and water (bit 14) states, then the mode."""
    if len(raw) != 10 or raw[2] not in (1, 2, 3):
        _undecoded(raw, heard)
        return
    heard.number("battery_voltage", (int(_unsigned(raw, 0)) & 0x3FFF) / 1000, "V", "frame")
    if raw[2] in (1, 3):
        heard.state("contact_open", raw[0] >> 7 & 1, "frame")
    if raw[2] in (2, 3):
        heard.state("water_leak", raw[0] >> 6 & 1, "frame")


def _counted(raw: bytes, heard: Heard, quantity: str) -> None:
    """LDS03A and LWL03A, port 2: state (bit 0) and alarm, count, last duration, then the device's own time."""
    if len(raw) != 11:
        _undecoded(raw, heard)
        return
    heard.at = heard.clock.read(int.from_bytes(raw[7:11], "big")) or heard.at
    heard.state(quantity, raw[0] & 1, "frame")


def _door_counted(raw: bytes, heard: Heard) -> None:
    _counted(raw, heard, "contact_open")


def _leak_counted(raw: bytes, heard: Heard) -> None:
    _counted(raw, heard, "water_leak")


_DRAGINO: dict[str, Callable[[bytes, Heard], None]] = {
    "lht65": _lht65,
    "lht52": _lht52,
    "lds03": _door_counted,
    "lwl03": _leak_counted,
    "lds02": _contact,
    "lds01": _contact,
    "lwl02": _contact,
    "lwl01": _contact,
}
