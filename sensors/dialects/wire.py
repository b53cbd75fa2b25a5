"""The protobuf wire format, as far as Sparkplug B needs it: varints, fixed numbers and bytes, nothing more.

Own code because the schema is twenty fields and the input is hostile: every length is checked, every loop is
bounded by the payload. Encoding: protobuf.dev, "Encoding".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

Value = int | bytes


class WireError(ValueError):
    """The bytes are not a protobuf message."""


def fields(data: bytes) -> Iterator[tuple[int, int, Value]]:
    """Number, wire type and value of each field; 64 and 32 bit values stay bytes. Raises WireError."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        number, kind = key >> 3, key & 7
        if number == 0:
            raise WireError("field number 0")
        if kind == 0:
            value, at = varint(data, at)
            yield number, kind, value
            continue
        if kind == 2:
            size, at = varint(data, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise WireError(f"wire type {kind}")
        if at + size > len(data):
            raise WireError("a field runs past the end")
        yield number, kind, data[at : at + size]
        at += size


def varint(data: bytes, at: int) -> tuple[int, int]:
    """The variable-length number at a place and the place after it. Raises WireError."""
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise WireError("a number runs past the end")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def double(value: Value) -> float:
    """A fixed64 or fixed32 field as a float. Raises WireError."""
    if not isinstance(value, bytes) or len(value) not in (4, 8):
        raise WireError("not a floating point field")
    number: float = struct.unpack("<d" if len(value) == 8 else "<f", value)[0]
    return number


def text(value: Value) -> str:
    """A length-delimited field as text. Raises WireError."""
    if not isinstance(value, bytes):
        raise WireError("not a text field")
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise WireError("text is not UTF-8") from error


def put_varint(number: int, value: int) -> bytes:
    """A varint field."""
    return _varint(number << 3) + _varint(value)


def put_bytes(number: int, value: bytes) -> bytes:
    """A length-delimited field."""
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
