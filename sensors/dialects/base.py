"""What every dialect module is made of: the message as parsed once, the memory, and the verbs for flat JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct, field

from sensors.dialects.templates import Template
from sensors.heard import SIDELESS, Heard, measure
from sensors.names import Meaning, meaning
from sensors.quantities import QUANTITIES

LARGEST = 1_048_576  # bytes; inventories of large networks reach a few hundred kB, sensors never
_DECODER = msgspec.json.Decoder()
MISSING: Any = msgspec.UNSET


class Entity(Struct, frozen=True, kw_only=True):
    """What a Home Assistant discovery config says about one state topic."""

    quantity: str
    template: Template
    unit: str = ""
    words: dict[str, float] = {}
    device: str = ""
    expire_after_s: float = 0.0


class Memory(Struct):
    """What earlier messages announced. Explicit, so that a decision can be replayed with it.

    ``units`` holds announced units per topic (Homie) or per (topic, property) (Zigbee2MQTT); ``entities``
    what discovery announced per state topic and config topic; ``sparkplug`` the alias tables per node and
    device.
    """

    units: dict[tuple[str, str], str] = field(default_factory=dict)
    entities: dict[str, dict[str, Entity]] = field(default_factory=dict)
    sparkplug: dict[str, Any] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    version: int = 0  # counts the changes that may change how a later message reads

    def remember_unit(self, topic: str, property: str, unit: str) -> None:
        """Keep an announced unit; the table is bounded against senders that announce without end."""
        if len(self.units) < 100_000 and self.units.get((topic, property)) != unit:
            self.units[topic, property] = unit
            self.version += 1


class Message:
    """One MQTT message with its topic levels; JSON is parsed at most once."""

    __slots__ = ("_document", "levels", "model", "payload", "topic")

    def __init__(self, topic: str, payload: bytes, model: str = "") -> None:
        self.model = model
        self.topic = topic
        self.levels = topic.split("/")
        self.payload = payload
        self._document: Any = MISSING

    def document(self) -> Any:
        """The parsed JSON, or None where the payload is not JSON (JSON null is None as well)."""
        if self._document is MISSING:
            self._document = parse_json(self.payload)
        return self._document

    def text(self) -> str | None:
        """The payload as text without surrounding blanks; None where it is not UTF-8."""
        try:
            return self.payload.decode().strip("\ufeff\x00 \t\r\n")
        except UnicodeDecodeError:
            return None


def parse_json(payload: bytes) -> Any:
    """The JSON value of a payload, None for anything that is not strict JSON (comments, NaN, cut, too deep)."""
    try:
        return _DECODER.decode(payload)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        second = _cleaned(payload)
    if second is None:
        return None
    try:
        return _DECODER.decode(second)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None


def _cleaned(payload: bytes) -> bytes | None:
    """The same document without byte order mark and closing NULs of C programs, and in UTF-8 where a Chinese host
    wrote GB 18030; None where nothing of that kind is there."""
    stripped = payload.removeprefix(b"\xef\xbb\xbf").strip(b"\x00 \t\r\n")
    if not stripped.startswith((b"{", b"[")):
        return None
    try:
        stripped.decode()
    except UnicodeDecodeError:
        try:
            return stripped.decode("gb18030").encode()
        except UnicodeDecodeError:
            return None
    return stripped if len(stripped) != len(payload) else None


def no_topics(_topic: str) -> tuple[str, ...]:
    """For dialects without a liveness topic."""
    return ()


def claims_nothing(*_args: object) -> bool:
    """For dialects that only the topic or only the document gives away."""
    return False


class Dialect(Struct, frozen=True, kw_only=True):
    """One family of topics and payloads.

    ``claims_topic(levels)`` and ``claims_document(document, levels)`` recognise it where nobody declared it;
    ``read`` fills a Heard. ``life_topics`` and ``data_topics`` name the further topics that belong to a
    sensor's topic: availability, wills, births; ``announcement_topics`` (filters) where units and meanings
    are announced.
    """

    name: str
    read: Callable[[Message, Heard, Memory], None]
    claims_topic: Callable[[list[str]], bool] = claims_nothing
    claims_document: Callable[[Any, list[str]], bool] = claims_nothing
    life_topics: Callable[[str], tuple[str, ...]] = no_topics
    data_topics: Callable[[str], tuple[str, ...]] = no_topics
    announcement_topics: Callable[[str], tuple[str, ...]] = no_topics
    also: tuple[str, ...] = ()


def document_of(message: Message, heard: Heard) -> dict[str, Any] | None:
    """The JSON object of a message; refuses anything else in words."""
    document = message.document()
    if isinstance(document, dict):
        return document
    if message.payload.strip():
        shown = message.payload[:80].decode(errors="replace")
        detail = "a JSON object was expected" if document is not None else f"not JSON: {shown!r}"
        heard.refuse("not-json", detail, raw=message.text() or "whole payload")
    return None


def take(heard: Heard, known: Meaning, value: object, path: str, unit: str = "", channel: str = "") -> None:
    """Take the value of a field whose meaning is known."""
    if known.words_only and str(value).strip().casefold() in SIDELESS:
        detail = f"{path} {value}: makers disagree whether that is open or closed; declare it with words"
        heard.refuse("needs-meaning", detail, known.quantity, value, path)
    elif QUANTITIES[known.quantity].contact:
        heard.state(known.quantity, value, path, inverted=known.inverted, channel=channel)
    elif known.quantity == "battery" and isinstance(value, str) and not unit:
        _take_battery_text(heard, value, known.unit, path, channel)
    elif known.quantity == "pressure":
        declared = heard.units.get("pressure") if heard.units else None
        own = unit or known.unit or declared or pressure_unit(value)
        heard.number("pressure", value, own, path, channel=channel)
    else:
        heard.number(known.quantity, value, unit or known.unit, path, channel=channel)


def _take_battery_text(heard: Heard, text: str, unit: str, path: str, channel: str) -> None:
    """A battery told in words ("LOW", "OK") or in volts ("3.02 V") instead of per cent."""
    measured = measure(text)
    if measured is not None:
        volts = measured[1].casefold() in ("v", "mv")
        heard.number("battery_voltage" if volts else "battery", text, unit, path, channel=channel)
    elif QUANTITIES["battery_low"].state_value(text) is not None:
        heard.state("battery_low", text, path, channel=channel)
    else:
        heard.number("battery", text, unit, path, channel=channel)


def pressure_unit(value: object) -> str:
    """The unit of an air pressure written without one: the only one of Pa, hPa and kPa it can be on this earth.

    The three differ by factors of 100 and 10 while air pressure varies by less than four, so exactly one
    fits.
    """
    try:
        number = float(str(value))
    except ValueError:
        return "hPa"
    if 30_000.0 <= number <= 110_000.0:
        return "Pa"
    return "kPa" if 30.0 <= number <= 110.0 else "hPa"


def take_flat(
    heard: Heard,
    document: dict[str, Any],
    prefix: str = "",
    fields: dict[str, Meaning | None] | None = None,
    channels: bool = False,
) -> None:
    """Take every field of a flat object whose name is understood.

    ``fields`` are the dialect's own names, which win (None: never a reading). With ``channels`` the key of a
    reading whose name tells several probes apart (``TempC_DS``, ``temperature2``) becomes its channel.
    """
    wanted = heard.wanted
    metering = "voltage" in document and ("current" in document or "power" in document)
    for key, value in document.items():
        known = fields[key] if fields is not None and key in fields else meaning(key)
        if known is None or (
            wanted is not None and known.quantity not in wanted and known.quantity != "battery"
        ):
            continue  # a battery may turn out to be told in volts or words
        if isinstance(value, list):
            continue
        if isinstance(value, dict):
            if "value" in value:
                take_box(heard, known, value, prefix + key, key if channels and known.qualifier else "")
            continue
        if metering and known.quantity == "voltage":
            continue
        if known.unit == "°F" and _in_celsius_too(document):
            continue  # the same reading in the other scale
        channel = key if channels and known.qualifier else ""
        take(heard, known, value, prefix + key, channel=channel)


_GOOD = frozenset(("good", "ok", "normal", "valid", "192", "正常"))


def take_box(heard: Heard, known: Meaning, box: dict[str, Any], path: str, channel: str = "") -> None:
    """Take {"value": 21.4, "unit": "°C", "quality": "good", "time": …}; a value marked not good is refused."""
    quality = box.get("quality")
    if quality is not None and str(quality).casefold() not in _GOOD:
        heard.refuse(
            "bad-quality", f"the host marks {path} as {quality}", known.quantity, box.get("value"), path
        )
        return
    before = heard.at
    for key in ("timestamp", "time", "ts"):
        at = heard.clock.read(box[key]) if key in box else None
        if at is not None:
            heard.at = at
            break
    unit = box.get("unit")
    take(heard, known, box["value"], path, unit if isinstance(unit, str) else "", channel)
    heard.at = before


def _in_celsius_too(document: dict[str, Any]) -> bool:
    return any((found := meaning(key)) is not None and found.unit == "°C" for key in document)


def say_life(heard: Heard, text: str, online: tuple[str, ...], offline: tuple[str, ...], source: str) -> None:
    """Take a liveness word; anything but the dialect's own words leaves life unknown, never alive."""
    word = text.strip().casefold()
    if word in online:
        heard.life(True, source)
    elif word in offline:
        heard.life(False, source)
    elif word:
        heard.refuse("no-life-word", f"{text[:64]!r} says neither alive nor dead", raw=text)
