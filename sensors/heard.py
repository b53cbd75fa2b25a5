"""What one message said, before any building is known: observations, life, announcements and refusals.

A dialect fills a ``Heard`` through its few verbs; the verbs hold the rules that every dialect shares: null is
unknown, sentinels and unbelievable numbers are refused, units are converted, words are compared whole.
"""

from __future__ import annotations

import re
import unicodedata
from math import inf, isfinite

from msgspec import Struct

from sensors.quantities import QUANTITIES, plain_word
from sensors.times import Clock
from sensors.units import scale
from sensors.vocabulary import words as word_set

REJECT_CODES = {
    "not-json": "the payload must be JSON and is not",
    "not-protobuf": "the payload must be a Sparkplug B message and is not",
    "not-text": "the payload must be UTF-8 text and is not",
    "oversized": "the payload is larger than any sensor sends",
    "no-value": "a word or mark for no value",
    "null": "null: the device knows no value",
    "sentinel": "a number that stands for no measurement",
    "implausible": "outside what the quantity can be",
    "not-a-number": "the quantity needs a number",
    "unknown-state": "a word or number that is no state of the quantity",
    "unknown-unit": "a unit that does not fit the quantity",
    "bad-time": "the device's clock or time text cannot be used",
    "no-life-word": "neither the word for alive nor the word for dead",
    "not-decoded": "a raw frame that needs the device's model or a formatter in the network server",
    "encrypted": "an encrypted advertisement that needs a key",
    "needs-meaning": "true content whose meaning only the installation knows",
    "needs-birth": "an alias or a unit whose announcement was not heard",
    "out-of-sequence": "messages are missing before this one",
    "bad-quality": "the host marks the value as not good",
    "broken-announcement": "an announcement that cannot be followed",
    "no-such-path": "the payload has nothing at the configured path",
    "ambiguous-channel": "several channels give the quantity and the sensor names none",
    "decoder-error": "the decoder failed on this content",
}
"""The closed list of reasons for a refusal."""

NO_VALUE = word_set(
    """nan -nan inf -inf infinity -infinity null nil none n/a na nd - -- --- unavailable unknown undefined error err
    fail 无 无数据 离线"""
) | {"", "not available"}
SIDELESS = word_set("true false on off yes no y n 1 0 1.0 0.0 是 否")
"""Words that say nothing without their key."""
_TESTING = frozenset(("test", "testing", "self test", "selftest", "自检", "测试"))
_MEASURE = re.compile(
    r"^([+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d{1,3})?)\s*([^\d\s.,+-][^\d]{0,11}\d?)?$"
)
# Full scale of signed and unsigned 16 bit registers, bare and scaled by 10 and 100, and their usual error marks.
FULL_SCALE = frozenset(
    raw / factor
    for raw in (-32768, -32767, 32767, 65534, 65535, 2147483647, -2147483648, 4294967295)
    for factor in (1.0, 10.0, 100.0)
)
# Error marks that are ordinary numbers of other quantities: a reason only where the range refuses them.
_ERROR_MARKS = frozenset((-1.0, 255.0, 999.0, -999.0, 9999.0, -9999.0, -127.0, -100.0))


class Observation(Struct, frozen=True, gc=False):
    """One quantity with its value, in the quantity's unit (contacts 0.0 or 1.0).

    ``at`` is the time the message gives for it, None where it gives none. ``stored`` marks what was kept by
    the device or a gateway and sent later: history, never the state now. ``channel`` names the probe or
    child device, ``names`` its other names (short address, block, field), ``path`` where it stood in the
    payload.
    """

    quantity: str
    value: float
    channel: str = ""
    at: float | None = None
    stored: bool = False
    path: str = ""
    names: tuple[str, ...] = ()

    def is_channel(self, name: str) -> bool:
        """Whether the probe is called that, by any of its names."""
        return name in (self.channel, self.path) or name in self.names


class Refusal(Struct, frozen=True):
    """Content that was not taken as a reading. ``value`` is the number refused, in the quantity's unit."""

    code: str
    detail: str
    quantity: str = ""
    raw: str = ""
    channel: str = ""
    path: str = ""
    value: float | None = None
    at: float | None = None


class LifeFact(Struct, frozen=True):
    """The dialect's word on whether a device or gateway is alive; ``device`` is "" for the topic's own."""

    online: bool
    source: str
    device: str = ""
    channel: str = ""
    at: float | None = None


class Announcement(Struct, frozen=True):
    """Something announced without being a reading; ``detail`` in JSON types."""

    what: str
    device: str
    detail: dict[str, object]


class Heard:
    """Everything one message said. ``dialect`` is the family that recognised it ("" where none did).

    ``wanted`` limits the taking to some quantities (None takes all), ``units`` are those a person declared for
    quantities that come without. ``channel``, ``names``, ``at`` and ``stored`` speak of what is being read now.
    """

    # What is being read now; plain class values, because most messages never set them.
    dialect: str = ""
    device: str = ""
    channel: str = ""
    names: tuple[str, ...] = ()
    at: float | None = None
    stored: bool = False

    def __init__(
        self,
        clock: Clock,
        retained: bool = False,
        wanted: frozenset[str] | None = None,
        units: dict[str, str] | None = None,
    ) -> None:
        self.clock = clock
        self.retained = retained
        self.wanted = wanted
        self.units = units
        self.observations: list[Observation] = []
        self.refusals: list[Refusal] = []
        self.lives: list[LifeFact] = []
        self.announcements: list[Announcement] = []
        self.requests: list[tuple[str, bytes]] = []

    def child(self) -> Heard:
        """An empty one for a part of the same message, with the same clock, device and time."""
        part = Heard(self.clock, self.retained, self.wanted, self.units)
        part.device, part.names, part.at = self.device, self.names, self.at
        return part

    def number(
        self,
        quantity: str,
        value: object,
        unit: str = "",
        path: str = "",
        *,
        at: float | None = None,
        channel: str = "",
    ) -> None:
        """Take a number in ``unit`` ("" the quantity's own); text may carry its own unit, which wins."""
        if self.wanted is not None and quantity not in self.wanted:
            return
        kind = type(value)
        if kind is not float and kind is not int:
            taken = self._number_of(quantity, value, unit, path, channel)
            if taken is None:
                return
            value, unit = taken
        try:
            number = float(value)  # type: ignore[arg-type]
        except OverflowError:
            number = inf
        if not isfinite(number):
            self.refuse(
                "no-value", f"{str(value)[:40]} is no measurement", quantity, value, path, channel=channel
            )
            return
        if not unit and self.units:
            unit = self.units.get(quantity, "")
        if unit:
            factors = scale(quantity, unit)
            if factors is None:
                self.refuse("unknown-unit", f"{value} {unit}", quantity, value, path, channel=channel)
                return
            factor, shift = factors
            converted = number if factor == 1.0 and not shift else round(number * factor + shift, 6)
        else:
            converted = number
        limits = QUANTITIES[quantity]
        if not limits.low <= converted <= limits.high:
            code = "sentinel" if number in FULL_SCALE or number in _ERROR_MARKS else "implausible"
            detail = (
                f"{value} {unit or limits.unit} lies outside {limits.low:g}…{limits.high:g} {limits.unit}"
            )
            self.refuse(code, detail, quantity, value, path, converted, at=at, channel=channel)
            return
        if number in FULL_SCALE and quantity != "pressure":
            self.refuse(
                "sentinel", f"{value} stands for no measurement", quantity, value, path, channel=channel
            )
            return
        self.observations.append(
            Observation(
                quantity, converted, channel or self.channel, at or self.at, self.stored, path, self.names
            )
        )

    def _number_of(
        self, quantity: str, value: object, unit: str, path: str, channel: str
    ) -> tuple[float, str] | None:
        if isinstance(value, str):
            measured = measure(value)
            if measured is not None:
                number, own = measured
                if isfinite(number):
                    return number, own or unit
            elif plain_word(value[:64]) not in NO_VALUE:
                self.refuse(
                    "not-a-number", f"{value[:64]!r} is no number", quantity, value, path, channel=channel
                )
                return None
            self.refuse("no-value", f"{value[:64]!r} means no value", quantity, value, path, channel=channel)
            return None
        if value is None:
            self.refuse("null", "the device knows no value", quantity, "null", path, channel=channel)
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.refuse(
                "not-a-number", f"{type(value).__name__} is no number", quantity, value, path, channel=channel
            )
            return None
        return value, unit

    def state(
        self,
        quantity: str,
        value: object,
        path: str = "",
        *,
        words: dict[str, float] | None = None,
        inverted: bool = False,
        at: float | None = None,
        channel: str = "",
    ) -> None:
        """Take a contact's state; ``words`` are the dialect's own, ``inverted`` for keys that say the opposite."""
        if self.wanted is not None and quantity not in self.wanted:
            return
        if value is None:
            self.refuse("null", "null is unknown, not normal", quantity, "null", path, channel=channel)
            return
        if value is True or value is False:
            taken = 1.0 if value is not inverted else 0.0
        else:
            word = plain_word(str(value)[:64])
            found = words.get(word) if words else None
            if found is None:
                found = QUANTITIES[quantity].state_value(word)
            if found is None:
                self._no_state(quantity, word, path, at, channel)
                return
            # "open" and "installed" say themselves what they mean; only yes and no turn with the key.
            taken = 1.0 - found if inverted and word in SIDELESS else found
        self.observations.append(
            Observation(
                quantity, taken, channel or self.channel, at or self.at, self.stored, path, self.names
            )
        )

    def _no_state(self, quantity: str, word: str, path: str, at: float | None, channel: str) -> None:
        if word in _TESTING:
            self.observations.append(
                Observation(
                    "test", 1.0, channel or self.channel, at or self.at, self.stored, path, self.names
                )
            )
        elif word in NO_VALUE:
            self.refuse("no-value", f"{word!r} means no value", quantity, word, path, channel=channel)
        else:
            self.refuse(
                "unknown-state", f"{word!r} is no state of {quantity}", quantity, word, path, channel=channel
            )

    def refuse(
        self,
        code: str,
        detail: str,
        quantity: str = "",
        raw: object = "",
        path: str = "",
        value: float | None = None,
        *,
        at: float | None = None,
        channel: str = "",
    ) -> None:
        """Record content that was not taken, with a code of ``REJECT_CODES``."""
        shown = raw if isinstance(raw, str) else str(raw)
        self.refusals.append(
            Refusal(code, detail, quantity, shown[:200], channel or self.channel, path, value, at or self.at)
        )

    def life(
        self, online: bool, source: str, device: str = "", channel: str = "", at: float | None = None
    ) -> None:
        """Record the dialect's word that something is alive or dead."""
        self.lives.append(LifeFact(online, source, device, channel, at))

    def announce(self, what: str, device: str, **detail: object) -> None:
        """Record an announcement."""
        self.announcements.append(Announcement(what, device, detail))


def measure(text: str) -> tuple[float, str] | None:
    """The number and unit of a text (``21,4``, ``21.4 °C``, ``48 %``); None where it is no single number.

    A comma is a decimal comma; a text with both comma and point, or several numbers, is not understood.
    """
    if len(text) > 64:
        return None
    match = _MEASURE.match(unicodedata.normalize("NFKC", text).strip())
    if match is None:
        return None
    number, unit = match.groups()
    if unit is not None and plain_word(unit) in NO_VALUE:
        return None
    try:
        return float(number.replace(",", ".")), (unit or "").strip()
    except ValueError:
        return None
