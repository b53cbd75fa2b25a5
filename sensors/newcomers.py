"""Sources that nobody registered: what they say, who made them, or why they cannot be understood.

Everything here is bounded, because topics and device names come from whoever may publish: so many sources, so
many values of each, so many messages looked into per second. What is beyond a bound is counted, never kept.
Pure: no clock, no file. Times in Unix seconds UTC.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from sensors.dialects.base import Memory, Message
from sensors.dialects.registry import PLAIN
from sensors.heard import Announcement, Heard, Observation
from sensors.interpret import read
from sensors.makers import maker_of
from sensors.model import RawMessage, Sensor
from sensors.newcomer import (
    Claim,
    Dismissed,
    Newcomer,
    branch_of,
    claim_of,
    cut,
    device_key,
    id_of,
    merged,
    nature_of,
    printable,
    reason_of,
)
from sensors.quantities import quantity
from sensors.times import Clock

MOST = 500  # sources listed
MOST_OF_BRANCH = 250  # of them under one first topic level, so that one flooded gateway hides no other
MOST_TOPICS = 2000  # topics remembered of listed sources
SAMPLE_BYTES = 2000
LOOKS_PER_S = 100.0  # messages of strangers that are decoded; the others are only counted
LOOK_AGAIN_S = 10.0  # a listed topic is decoded at most so often
WRITE_EVERY_S = 60.0  # a listed source is stored at once, then at most so often
ONCE_S = 900.0  # a source heard once and not again for so long makes room for another
FORGOTTEN_S = 14 * 86400.0  # not heard for so long: no longer listed
DISMISSED_S = 365 * 86400.0  # the same of a source that somebody dismissed
PREFIX = "newcomer:"


class Unlisted(Struct, frozen=True):
    """What is not in the list: messages only counted, and sources for which there was no room."""

    messages: int = 0
    sources: int = 0


class Newcomers:
    """The inbox of unregistered sources of one building. ``stored`` is what :meth:`take_dirty` gave."""

    def __init__(
        self, sensors: Mapping[str, Sensor], timezone: str, stored: Mapping[str, bytes] | None = None
    ) -> None:
        self._zone = ZoneInfo(timezone)
        self._memory = Memory()
        self._listed: dict[str, Newcomer] = {}  # by id
        self._by_topic: dict[str, str] = {}  # topic: id
        self._looked: dict[str, float] = {}  # topic: when its last message was decoded
        self._written: dict[str, float] = {}
        self._dirty: set[str] = set()
        self._gone: set[str] = set()
        self._branches: Counter[str] = Counter()
        self._paced: dict[str, float] = {}  # id: when its main topic was last heard
        self._credit, self._credited_at = LOOKS_PER_S, 0.0
        self._swept_at = 0.0
        self._heard_at = 0.0
        self._bound: dict[str, list[Sensor]] = {}
        self.skipped = 0
        self.refused_sources = 0
        for sensor in sensors.values():
            if sensor.topic:
                self._bound.setdefault(sensor.topic, []).append(sensor)
        self._several = {topic for topic, here in self._bound.items() if any(one.channel for one in here)}
        for key, body in (stored or {}).items():
            if key.startswith(PREFIX):
                self._load(key, body)

    # --- what is listed -------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._listed)

    def listed(self) -> list[Newcomer]:
        """Every source nobody dismissed, those that are understood first, then the newest first."""
        return [one for one in self._ordered() if one.dismissed is None]

    def dismissed(self) -> list[Newcomer]:
        """Sources that somebody dismissed, in the same order; one that changes is listed again."""
        return [one for one in self._ordered() if one.dismissed is not None]

    def _ordered(self) -> list[Newcomer]:
        return sorted(self._listed.values(), key=lambda one: (not one.understood, -one.first_at, one.id))

    def dismiss(self, name: str, by: str, reason: str, now: float) -> bool:
        """Put a source aside until it becomes another one; False where there is none of that name."""
        one = self.get(name)
        if one is None:
            return False
        self._put(replace(one, dismissed=Dismissed(by, now, reason, nature_of(one))))
        self._written.pop(one.id, None)  # a person's word is not held back
        return True

    def recall(self, name: str) -> bool:
        """List a dismissed source again; False where there is none."""
        one = self.get(name)
        if one is None or one.dismissed is None:
            return False
        self._put(replace(one, dismissed=None))
        self._written.pop(one.id, None)
        return True

    def get(self, name: str) -> Newcomer | None:
        """The source with that id or device name; letters of either case."""
        wanted = name.casefold()
        return next(
            (one for one in self._listed.values() if wanted in (one.id.casefold(), one.device.casefold())),
            None,
        )

    def unlisted(self) -> Unlisted:
        """How much was only counted since the start."""
        return Unlisted(self.skipped, self.refused_sources)

    def take_dirty(self) -> dict[str, bytes]:
        """What must become durable, by key; empty bytes mean: delete. A source is written at most once a minute."""
        if not self._dirty and not self._gone:
            return {}
        now = self._heard_at
        taken = {PREFIX + name: b"" for name in self._gone}
        self._gone.clear()
        for name in [name for name in self._dirty if now >= self._written.get(name, 0.0)]:
            taken[PREFIX + name] = msgspec.json.encode(self._listed[name])
            self._written[name] = now + WRITE_EVERY_S
            self._dirty.discard(name)
        return taken

    # --- what is heard --------------------------------------------------------------------------------

    def wants(self, topic: str, now: float, *, empty: bool) -> bool:
        """Whether a message of a registered topic may tell of a device that nobody registered.

        Only topics whose sensors name a probe or device carry several; a message that brought no reading
        (``empty``) is another device's, any other is looked into now and then.
        """
        if topic not in self._several:
            return False
        return empty or now >= self._looked.get(topic, -LOOK_AGAIN_S) + LOOK_AGAIN_S

    def observe(self, message: RawMessage, now: float) -> None:
        """Take a message that brought nothing to a registered sensor, or may tell of more than it brought."""
        topic = message.topic
        self._heard_at = now
        name = self._by_topic.get(topic, "")
        if name in self._listed and now < self._looked.get(topic, 0.0) + LOOK_AGAIN_S:
            self._count(name, topic, now)
            return
        if not self._may_look(now) or not printable(topic):
            self.skipped += 1
            return
        if now - self._swept_at > ONCE_S:
            self._sweep(now)
        heard = Heard(Clock(self._zone, message.received_at), message.retained)
        read(None, Message(topic, message.payload), heard, self._memory)
        if topic in self._looked or len(self._looked) < MOST_TOPICS:
            self._looked[topic] = now
        for announcement in heard.announcements:
            self._announced(announcement, message, now)
        self._said(heard, message, now)

    # --- inside ---------------------------------------------------------------------------------------

    def _may_look(self, now: float) -> bool:
        passed = max(0.0, now - self._credited_at)
        self._credit = min(LOOKS_PER_S, self._credit + passed * LOOKS_PER_S)
        self._credited_at = now
        if self._credit < 1.0:
            return False
        self._credit -= 1.0
        return True

    def _count(self, name: str, topic: str, now: float) -> None:
        """One more message of a listed source; the pace is that of its main topic."""
        one = self._listed[name]
        pace = one.every_s
        if topic == one.topic:
            passed = now - self._paced.get(name, one.last_at)
            self._paced[name] = now
            if passed > 0.0:
                pace = passed if not pace else pace + 0.2 * (passed - pace)
        self._put(replace(one, messages=one.messages + 1, last_at=max(now, one.last_at), every_s=pace))

    def _said(self, heard: Heard, message: RawMessage, now: float) -> None:
        """What a message itself says, as a new source or as more of a listed one."""
        topic = message.topic
        seen = heard.observations
        fresh = tuple(claim_of(one, message) for one in seen if not self._is_bound(topic, one))
        name = id_of(heard.dialect, device_key(heard, topic), topic)
        before = self._listed.get(name)
        if not fresh and not self._worth_listing(heard, topic, before):
            return
        announced = self._listed.get(self._by_topic.get(topic, ""))
        if before is None and announced is not None and announced.topic == topic:
            before = self._take_out(announced.id)  # announced by its topic; now it gives its own name
        vendor, model = maker_of(message.payload)
        claims = merged(before.claims if before else (), fresh)
        why, detail = ("", "") if claims else reason_of(heard)
        sampled = bool(fresh) or before is None or not before.claims
        one = Newcomer(
            id=name,
            device=cut(heard.device or topic),
            topic=before.topic if before else topic,
            dialect=heard.dialect if fresh or before is None else before.dialect,
            first_at=before.first_at if before else now,
            last_at=now,
            messages=before.messages if before else 0,
            vendor=vendor or (before.vendor if before else ""),
            model=model or (before.model if before else ""),
            claims=claims,
            why=why,
            detail=detail,
            alive=heard.lives[-1].online if heard.lives else before.alive if before else None,
            every_s=before.every_s if before else 0.0,
            sample=message.payload[:SAMPLE_BYTES] if sampled or before is None else before.sample,
            sampled_topic=topic if sampled or before is None else before.sampled_topic,
            dismissed=before.dismissed if before else None,
        )
        if name not in self._listed and not self._room(one, now):
            return
        self._put(one)
        self._remember(topic, name)
        self._count(name, topic, now)

    def _worth_listing(self, heard: Heard, topic: str, before: Newcomer | None) -> bool:
        """A message without news: only of a source we list, or one that we cannot read at all."""
        if heard.observations or heard.announcements or topic in self._bound:
            return False
        if before is not None:
            return True
        if heard.lives:
            return False  # that something lives; its readings will show what
        return bool(heard.refusals) or heard.dialect == PLAIN.name

    def _announced(self, told: Announcement, message: RawMessage, now: float) -> None:
        """An inventory or discovery message names a device: list it before it says anything."""
        topic = str(told.detail.get("topic") or told.detail.get("state_topic") or "")
        known = quantity(str(told.detail.get("quantity") or ""))
        if not topic or known is None or topic in self._bound or not printable(topic):
            return
        name = self._by_topic.get(topic, "")
        before = self._listed.get(name)
        vendor, model = maker_of(message.payload)
        model = cut(str(told.detail.get("model") or model))
        if before is None:
            name = id_of("", "", topic)
        elif any(known.id == one.quantity for one in before.claims):
            self._put(replace(before, vendor=before.vendor or vendor, model=before.model or model))
            return
        claim = Claim(known.id, topic, unit=known.unit)
        one = (
            replace(
                before,
                claims=merged(before.claims, (claim,)),
                vendor=before.vendor or vendor,
                model=before.model or model,
            )
            if before
            else Newcomer(
                id=name,
                device=cut(topic),
                topic=topic,
                dialect="",
                first_at=now,
                last_at=now,
                messages=0,
                vendor=vendor,
                model=model,
                claims=(claim,),
            )
        )
        if before is None and not self._room(one, now):
            return
        self._put(one)
        self._remember(topic, one.id)

    def _is_bound(self, topic: str, seen: Observation) -> bool:
        """Whether a registered sensor takes this observation, or another value of the same device."""
        return any(
            not sensor.channel or seen.is_channel(sensor.channel) for sensor in self._bound.get(topic, ())
        )

    def _put(self, one: Newcomer) -> None:
        if one.dismissed is not None and nature_of(one) != one.dismissed.was:
            one = replace(one, dismissed=None)  # not what was dismissed
        if self._listed.get(one.id) != one:
            self._listed[one.id] = one
            self._dirty.add(one.id)

    def _remember(self, topic: str, name: str) -> None:
        if topic not in self._bound and (topic in self._by_topic or len(self._by_topic) < MOST_TOPICS):
            self._by_topic[topic] = name

    def _room(self, one: Newcomer, now: float) -> bool:
        """Make room for a new source; False where there is none, which is counted."""
        branch = branch_of(one.topic)
        crowded = self._branches[branch] >= MOST_OF_BRANCH
        if crowded or len(self._listed) >= MOST:
            passing = [
                other
                for other in self._listed.values()
                if other.messages <= 1
                and now - other.last_at > ONCE_S
                and (not crowded or branch_of(other.topic) == branch)
            ]
            if not passing:
                self.refused_sources += 1
                return False
            self._take_out(min(passing, key=lambda other: other.last_at).id)
        self._branches[branch] += 1
        self._gone.discard(one.id)
        return True

    def _take_out(self, name: str) -> Newcomer:
        one = self._listed.pop(name)
        branch = branch_of(one.topic)
        self._branches[branch] -= 1
        if self._branches[branch] <= 0:
            del self._branches[branch]
        self._dirty.discard(name)
        self._written.pop(name, None)
        self._paced.pop(name, None)
        self._gone.add(name)
        return one

    def _sweep(self, now: float) -> None:
        self._swept_at = now
        for one in list(self._listed.values()):
            if now - one.last_at > (FORGOTTEN_S if one.dismissed is None else DISMISSED_S):
                self._take_out(one.id)
        self._by_topic = {topic: name for topic, name in self._by_topic.items() if name in self._listed}
        self._looked = {topic: at for topic, at in self._looked.items() if now - at < ONCE_S}

    def _load(self, key: str, body: bytes) -> None:
        """Take back a stored source, without what has been registered since."""
        try:
            one = msgspec.json.decode(body, type=Newcomer)
        except msgspec.MsgspecError:
            self._gone.add(key.removeprefix(PREFIX))
            return
        left = tuple(
            claim
            for claim in one.claims
            if not self._is_bound(
                claim.topic,
                Observation(claim.quantity, 0.0, claim.channel, path=claim.path, names=claim.names),
            )
        )
        if (one.claims and not left) or one.topic in self._bound or len(self._listed) >= MOST:
            if not left or len(self._listed) >= MOST:
                self._gone.add(one.id)
                return
            one = replace(one, topic=left[0].topic)
        if left != one.claims:
            one = replace(one, claims=left)
            self._dirty.add(one.id)
        self._listed[one.id] = one
        self._branches[branch_of(one.topic)] += 1
        for topic in {one.topic, *(claim.topic for claim in left)}:
            self._remember(topic, one.id)
