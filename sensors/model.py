"""The nouns of sensing.

Times are seconds since the Unix epoch, UTC, as float (fields ending in ``_at``); only edges turn them into
wall time. Durations end in ``_s`` (seconds) or ``_min`` (minutes). Identifiers are the operator's own words.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from msgspec import Struct

Language = Literal["zh", "en"]


class Text(Struct, frozen=True):
    """One sentence in both languages."""

    zh: str
    en: str

    def in_(self, language: str) -> str:
        """The sentence in the asked language; English for anything but ``zh``."""
        return self.zh if language == "zh" else self.en


class Door(Struct, frozen=True):
    """A way from one zone to another; ``walk_s`` seconds on foot, empty-handed."""

    to: str
    walk_s: float


class Zone(Struct, frozen=True, kw_only=True):
    """A room or area. ``compartment`` is the fire compartment; the zone itself where none is given."""

    id: str
    name: Text
    kind: str
    floor: str
    doors: tuple[Door, ...] = ()
    people_limit: int = 0
    hazards: tuple[str, ...] = ()
    shape: str = ""
    compartment: str = ""


class Sensor(Struct, frozen=True, kw_only=True):
    """One quantity at one place. ``at`` is (x, y) in 0..1 of the floor plan from the top left.

    ``path`` picks the value inside the payload for dialect "json"; ``channel`` names the probe or child
    device where a dialect gives several; ``words`` maps payload words to 0/1 for dialect "words".
    ``model`` names the device's model where frames cannot be read without it (``milesight-em300-sld``).
    ``gain`` and ``offset`` correct the measured value (value * gain + offset, in the quantity's unit); raw values
    are kept beside it. A value outside ``low`` and ``high``, the instrument's own range, is not believed.
    ``calibrate_by_at`` is when the calibration ends, None where none is asked for.
    """

    id: str
    name: Text
    zone: str
    quantity: str
    topic: str
    dialect: str
    path: str = ""
    channel: str = ""
    words: dict[str, float] = {}
    unit: str = ""
    model: str = ""
    every_s: float = 300.0
    silent_after_s: float = 900.0
    at: tuple[float, float] | None = None
    offset: float = 0.0
    essential: bool = False
    gain: float = 1.0
    low: float | None = None
    high: float | None = None
    calibrate_by_at: float | None = None


class Calibration(Struct, frozen=True, kw_only=True):
    """One calibration of a sensor: its value is corrected to value * gain + offset. ``on`` and ``due`` are ISO days
    of the building's wall time; no ``due``: it does not end.
    """

    sensor: str
    on: str
    offset: float = 0.0
    gain: float = 1.0
    certificate: str = ""
    by: str = ""
    due: str = ""
    note: str = ""


class Quality(StrEnum):
    """How far a reading may be trusted. Only GOOD (and SIMULATED inside its drill) proves a state now."""

    GOOD = "good"
    LATE = "late"  # measured well before it arrived: history, starts no emergency, clears nothing
    FUTURE = "future"  # measured over 5 min ahead of us: quarantined
    RETAINED = "retained"  # the broker's last known state, of unknown age
    HISTORICAL = "historical"  # stored by the device or gateway and delivered now
    IMPLAUSIBLE = "implausible"  # outside what the quantity can be, or a known sentinel
    SIMULATED = "simulated"  # injected by a drill


class Reading(Struct, frozen=True, gc=False):
    """One value of one sensor in the unit of its quantity (contacts are 0.0 or 1.0)."""

    sensor: str
    value: float
    measured_at: float
    received_at: float
    quality: Quality = Quality.GOOD
    raw: float | None = None  # before the calibration offset, where one was applied
    drill: str = ""  # id of the drill that injected it


class RawMessage(Struct, frozen=True, gc=False):
    """What the transport brought. ``token`` is the source's own handle for acknowledging it.

    ``delivery`` is the broker's number for this delivery (MQTT packet identifier, 0 for QoS 0), which stays the
    same when an unacknowledged message comes again; ``again`` says the broker marked it as such a repeat.
    """

    topic: str
    payload: bytes
    received_at: float
    retained: bool = False
    token: int = 0
    delivery: int = 0
    again: bool = False


class Reject(Struct, frozen=True):
    """Content that was refused. ``code`` is from a closed list, ``detail`` says what was found."""

    topic: str
    code: str
    detail: str
    sensor: str = ""


class Life(Struct, frozen=True):
    """A dialect's own word on whether a device is alive (LWT, availability, node death).

    A fact beside freshness, never a replacement: a live session does not prove a live probe. ``about`` names the
    device or gateway that is meant; ``gateway``: it stands before several devices.
    """

    sensors: tuple[str, ...]
    online: bool
    at: float
    source: str
    about: str = ""
    gateway: bool = False
    retained: bool = False


class Telling(Struct, frozen=True):
    """What a device says of itself: battery, tamper, fault or self-test, for the sensors it carries."""

    sensors: tuple[str, ...]
    quantity: str
    value: float
    at: float
    quality: Quality = Quality.GOOD


class Expiry(Struct, frozen=True):
    """A device declared that values of these sensors are void ``after_s`` seconds after they came (0: never)."""

    sensors: tuple[str, ...]
    after_s: float


class Declaration(Struct, frozen=True):
    """A device announced something about itself (inventory, unit, state topic): not a reading."""

    topic: str
    device: str
    what: str
    detail: dict[str, str] = {}


class Decoded(Struct, frozen=True):
    """Everything one message said to this building."""

    readings: tuple[Reading, ...] = ()
    rejects: tuple[Reject, ...] = ()
    lives: tuple[Life, ...] = ()
    declarations: tuple[Declaration, ...] = ()
    known: bool = True  # False: nothing of this building listens to that topic
    requests: tuple[tuple[str, bytes], ...] = ()  # (topic, payload) to publish, as a Sparkplug rebirth
    tellings: tuple[Telling, ...] = ()
    expiries: tuple[Expiry, ...] = ()
