"""Frigate: object events, counts per camera and zone, health of service and cameras.

new, update and end of one id are one intrusion; ``after`` holds the truth. Only persons are read: what else
moves needs a person's choice. A false positive is none; a stationary object is no new movement. Sounds may
only support what another sensor or a person says. ``disabled`` was switched off by someone and is no
failure.
"""

from __future__ import annotations

from typing import Any

from sensors.dialects.base import Dialect, Memory, Message, document_of, say_life
from sensors.heard import Heard

_PERSON = "person"
_ROLES = frozenset(("detect", "record", "audio"))


def _claims_topic(levels: list[str]) -> bool:
    return levels[0] == "frigate"


def _read(message: Message, heard: Heard, _memory: Memory) -> None:
    rest = message.levels[1:]
    text = message.text()
    if not rest or not message.payload or text is None or not text:
        return  # snapshots are pictures on the same tree
    heard.device = rest[0]
    if rest == ["available"]:
        heard.device = message.levels[0]
        say_life(heard, text, ("online",), ("offline", "stopped"), "available")
    elif rest == ["events"]:
        _read_event(message, heard)
    elif rest == ["reviews"]:
        _read_review(message, heard)
    elif len(rest) == 3 and rest[1] == "status" and rest[2] in _ROLES:
        _read_role(rest[0], text, heard)
    elif len(rest) in (2, 3) and rest[1] == _PERSON and rest[2:] in ([], ["active"]):
        _read_count(rest[0], text, heard)
    elif rest[1:] == ["motion"]:
        heard.state("motion", text, "motion", channel=rest[0])


def _read_role(camera: str, text: str, heard: Heard) -> None:
    if text == "disabled":
        return
    if text not in ("online", "offline"):
        heard.refuse("no-life-word", f"{text[:40]!r} says neither alive nor dead", raw=text)
        return
    heard.life(text == "online", "status", camera, camera)


def _read_count(place: str, text: str, heard: Heard) -> None:
    if not text.isdecimal() or len(text) > 9:
        heard.refuse("not-a-number", f"{text[:40]!r} is no count", "motion", text, channel=place)
        return
    heard.state("motion", int(text) > 0, _PERSON, channel=place)


def _read_event(message: Message, heard: Heard) -> None:
    document = document_of(message, heard)
    after = document.get("after") if document else None
    if document is None or not isinstance(after, dict):
        return
    camera = str(after.get("camera", ""))
    label = after.get("label")
    zones = after.get("current_zones")
    heard.names = tuple(str(zone) for zone in zones) if isinstance(zones, list) else ()
    ended = document.get("type") == "end" or after.get("end_time") is not None
    heard.at = heard.clock.read(after.get("end_time") if ended else after.get("frame_time"))
    if label != _PERSON:
        heard.refuse(
            "needs-meaning", f"a {label}: only persons are read as motion", raw=label, channel=camera
        )
    elif after.get("false_positive") is True:
        heard.refuse(
            "bad-quality",
            "Frigate itself calls it a false positive",
            "motion",
            "false_positive",
            channel=camera,
        )
    elif ended:
        heard.state("motion", False, "after", channel=camera)
    elif after.get("stationary") is True:
        heard.refuse(
            "needs-meaning",
            "a stationary person: present, not moving",
            "motion",
            "stationary",
            channel=camera,
        )
    else:
        heard.state("motion", True, "after", channel=camera)


def _read_review(message: Message, heard: Heard) -> None:
    document = document_of(message, heard)
    after = document.get("after") if document else None
    if document is None or not isinstance(after, dict):
        return
    data = after.get("data")
    objects: Any = data.get("objects") if isinstance(data, dict) else None
    if not isinstance(objects, list) or not any(str(one).startswith(_PERSON) for one in objects):
        return
    ended = document.get("type") == "end"
    heard.at = heard.clock.read(after.get("end_time") if ended else after.get("start_time"))
    heard.state("motion", not ended, "after", channel=str(after.get("camera", "")))


def _life_topics(topic: str) -> tuple[str, ...]:
    return (f"{topic.split('/', 1)[0]}/available",)


def _gateway(topic: str) -> str:
    return topic.split("/", 1)[0]


DIALECT = Dialect(
    name="frigate",
    read=_read,
    claims_topic=_claims_topic,
    life_topics=_life_topics,
    gateway=_gateway,
    gateway_topics=_life_topics,
)
