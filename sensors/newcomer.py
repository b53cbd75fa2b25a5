"""A source that nobody registered: what it gives, by what names, and since when. Pure.

Every word in it comes from whoever may publish, so that it is cut and cleaned before it is kept.
"""

from __future__ import annotations

import unicodedata
from base64 import b32encode
from collections.abc import Iterable
from hashlib import sha256

from msgspec import Struct
from msgspec.structs import replace

from sensors.heard import Heard, Observation
from sensors.model import RawMessage
from sensors.quantities import quantity

MOST_CLAIMS = 64  # values listed of one source
LONGEST_TOPIC = 400  # characters; no device needs as many
LONGEST_WORD = 120
NOTHING = "nothing"  # the message holds no quantity in any form we know


class Claim(Struct, frozen=True, omit_defaults=True):
    """One quantity a source gives: its latest value in the quantity's own unit (None: announced, not yet said).

    ``at`` is the time it was measured, as far as the message told, else when it arrived. ``channel``, ``names``
    and ``path`` as in :class:`sensors.heard.Observation`.
    """

    quantity: str
    topic: str
    value: float | None = None
    unit: str = ""
    at: float = 0.0
    channel: str = ""
    names: tuple[str, ...] = ()
    path: str = ""


class Dismissed(Struct, frozen=True):
    """Somebody looked at a source and wants to see it no more: who, when, why, and what it was then."""

    by: str
    at: float
    reason: str
    was: tuple[str, ...]


class Newcomer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A source that no registered sensor listens to.

    ``why`` is a code of :data:`sensors.heard.REJECT_CODES` (or "nothing") while nothing of it is understood, with
    ``detail``. ``every_s`` is the mean pace of its main topic, 0 while it spoke once. ``sample`` is the beginning
    of its last message as it came.
    """

    id: str
    device: str
    topic: str
    dialect: str
    first_at: float
    last_at: float
    messages: int = 1
    vendor: str = ""
    model: str = ""
    claims: tuple[Claim, ...] = ()
    why: str = ""
    detail: str = ""
    alive: bool | None = None
    every_s: float = 0.0
    sample: bytes = b""
    sampled_topic: str = ""
    dismissed: Dismissed | None = None

    @property
    def understood(self) -> bool:
        """Whether it gives, or announces, at least one quantity."""
        return bool(self.claims)


def nature_of(one: Newcomer) -> tuple[str, ...]:
    """What a source is, apart from its values: make, model and what it measures where."""
    claims = sorted({f"{claim.quantity} {claim.channel}" for claim in one.claims})
    return (one.vendor, one.model, *claims)


def claim_of(seen: Observation, message: RawMessage) -> Claim:
    """An observation as a claim; a retained message without a time of its own gives none."""
    known = quantity(seen.quantity)
    arrived = 0.0 if message.retained else message.received_at
    return Claim(
        quantity=seen.quantity,
        topic=message.topic,
        value=seen.value,
        unit=known.unit if known else "",
        at=arrived if seen.at is None else seen.at,
        channel=cut(seen.channel),
        names=tuple(cut(name) for name in seen.names[:4]),
        path=cut(seen.path),
    )


def merged(before: Iterable[Claim], fresh: Iterable[Claim]) -> tuple[Claim, ...]:
    """The newest value of every quantity, probe and place; the topic that gave it first stays."""
    found = {(one.quantity, one.channel, one.path): one for one in before}
    for one in fresh:
        announced = found.get((one.quantity, "", ""))
        if announced is not None and announced.value is None:
            del found[one.quantity, "", ""]  # what was announced has now been said
        key = (one.quantity, one.channel, one.path)
        old = found.get(key)
        found[key] = replace(one, topic=old.topic) if old is not None else one
    return tuple(found.values())[:MOST_CLAIMS]


def reason_of(heard: Heard) -> tuple[str, str]:
    """Why nothing of a message was understood."""
    if heard.refusals:
        first = heard.refusals[0]
        return first.code, cut(first.detail)
    return NOTHING, ""


def device_key(heard: Heard, topic: str) -> str:
    """The most lasting name of the device a message speaks of: one that its topic holds, before any display name."""
    if not heard.device or heard.device in topic:
        return heard.device
    levels = set(topic.split("/"))
    names = (name for seen in heard.observations for name in seen.names)
    return next((name for name in names if name in levels), heard.device)


def id_of(dialect: str, device: str, topic: str) -> str:
    """A short name that stays the same as long as the device's own: N and seven letters or digits."""
    whole = topic if not device or device == topic else f"{dialect}\n{device}"
    digest = sha256(whole.encode("utf-8", "surrogatepass")).digest()
    return "N" + b32encode(digest)[:7].decode()


def branch_of(topic: str) -> str:
    """The first level of a topic."""
    return topic.lstrip("/").split("/", 1)[0]


def cut(word: str) -> str:
    """A word of a stranger: bounded, without control and direction marks."""
    clean = "".join(mark for mark in word[: 2 * LONGEST_WORD] if unicodedata.category(mark) not in _UNSHOWN)
    return clean[:LONGEST_WORD]


def printable(topic: str) -> bool:
    """Whether a topic can be written into a folder and shown."""
    return 0 < len(topic) <= LONGEST_TOPIC and not any(unicodedata.category(m) in _UNSHOWN for m in topic)


_UNSHOWN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
