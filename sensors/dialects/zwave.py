"""Z-Wave JS UI: one topic per value, payload as {time, value}, as the whole value object, or bare.

Notification values are enumerations of the notification type, never booleans: 3 of a smoke alarm is its
self-test (Z-Wave notification type registry, types 1 to 9). Asleep is normal, Dead is not.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sensors.dialects.base import Dialect, Memory, Message
from sensors.heard import Heard
from sensors.quantities import plain_word

_CLASSES = {
    "48": "binary",
    "sensor_binary": "binary",
    "49": "multilevel",
    "sensor_multilevel": "multilevel",
    "113": "notification",
    "notification": "notification",
    "alarm": "notification",
    "128": "battery",
    "battery": "battery",
}
_MULTILEVEL = {
    "air temperature": ("temperature", "°C"),
    "temperature": ("temperature", "°C"),
    "humidity": ("humidity", "%"),
    "relative humidity": ("humidity", "%"),
    "illuminance": ("illuminance", "lx"),
    "luminance": ("illuminance", "lx"),
    "carbon dioxide co2 level": ("co2", "ppm"),
    "carbon dioxide (co2) level": ("co2", "ppm"),
    "barometric pressure": ("pressure", "kPa"),
    "atmospheric pressure": ("pressure", "kPa"),
}
_BINARY = {
    "motion": "motion",
    "water": "water_leak",
    "smoke": "smoke",
    "co": "carbon_monoxide",
    "tamper": "tamper",
    "door window": "contact_open",
    "door/window": "contact_open",
    "glass break": "glass_break",
}
# (type, variable): value → statements; a value outside the table is refused, 0 is idle where listed.
_Statements = tuple[tuple[str, bool], ...]
_NOTIFICATIONS: dict[tuple[str, str], dict[int, _Statements]] = {
    ("smoke alarm", "sensor status"): {
        0: (("smoke", False),),
        1: (("smoke", True),),
        2: (("smoke", True),),
        3: (("test", True), ("smoke", False)),
        4: (("fault", True),),
        5: (("fault", True),),
        7: (),
        8: (("fault", True),),
    },
    ("smoke alarm", "alarm status"): {0: (), 3: (("test", True),), 6: ()},
    ("smoke alarm", "maintenance status"): {0: (), 4: (("fault", True),), 5: (("fault", True),), 7: ()},
    ("smoke alarm", "dust in device status"): {0: (), 8: (("fault", True),)},
    ("co alarm", "sensor status"): {
        0: (("carbon_monoxide", False),),
        1: (("carbon_monoxide", True),),
        2: (("carbon_monoxide", True),),
        3: (("test", True), ("carbon_monoxide", False)),
    },
    ("water alarm", "sensor status"): {
        0: (("water_leak", False),),
        1: (("water_leak", True),),
        2: (("water_leak", True),),
    },
    ("heat alarm", "heat sensor status"): {0: (("fire", False),), 1: (("fire", True),), 2: (("fire", True),)},
    ("gas alarm", "combustible gas status"): {0: (("gas", False),), 1: (("gas", True),), 2: (("gas", True),)},
    ("gas alarm", "sensor status"): {0: (("gas", False),), 1: (("gas", True),), 2: (("gas", True),)},
    ("access control", "door state"): {
        22: (("contact_open", True),),
        23: (("contact_open", False),),
        5632: (("contact_open", True),),
        5633: (("contact_open", True),),
    },
    ("access control", "door state simple"): {22: (("contact_open", True),), 23: (("contact_open", False),)},
    ("access control", "door state (simple)"): {
        22: (("contact_open", True),),
        23: (("contact_open", False),),
    },
    ("home security", "cover status"): {0: (("tamper", False),), 3: (("tamper", True),)},
    ("home security", "motion sensor status"): {
        0: (("motion", False),),
        7: (("motion", True),),
        8: (("motion", True),),
    },
    ("home security", "sensor status"): {
        0: (("intrusion", False),),
        1: (("intrusion", True),),
        2: (("intrusion", True),),
    },
    ("home security", "product moved status"): {0: (), 9: (("tamper", True),)},
    ("power management", "mains status"): {0: (), 2: (("mains", False),), 3: (("mains", True),)},
    ("power management", "battery maintenance status"): {
        0: (),
        10: (("battery_low", True),),
        11: (("battery_low", True),),
    },
    ("power management", "battery level status"): {
        0: (),
        10: (("battery_low", True),),
        11: (("battery_low", True),),
    },
    ("system", "hardware status"): {0: (("fault", False),), 1: (("fault", True),), 3: (("fault", True),)},
}
_ALIVE = {"alive": True, "awake": True, "asleep": True, "dead": False}


def _claims_topic(levels: list[str]) -> bool:
    if levels[0] in ("zwave", "zwavejs2mqtt", "zwave-js-ui", "zwavejs"):
        return True
    return _place(levels) is not None


def _place(levels: list[str]) -> int | None:
    """Where the class stands: a known class followed by an endpoint and a property."""
    for index in range(1, len(levels) - 2):
        endpoint = levels[index + 1].removeprefix("endpoint_")
        if levels[index] in _CLASSES and endpoint.isdigit() and len(endpoint) <= 3:
            return index
    return None


@lru_cache(maxsize=4096)
def _address(topic: str) -> tuple[str, str, str, list[str]] | None:
    """Node, channel, kind of class and property names of a value's topic."""
    levels = topic.split("/")
    place = _place(levels)
    if place is None:
        return None
    endpoint = levels[place + 1].removeprefix("endpoint_")
    channel = "" if endpoint == "0" else f"endpoint_{endpoint}"
    names = [plain_word(level) for level in levels[place + 2 :]]
    return "/".join(levels[:place]), channel, _CLASSES[levels[place]], names


def _read(message: Message, heard: Heard, _memory: Memory) -> None:
    levels = message.levels
    text = message.text()
    if not text:
        return
    document = message.document()
    if levels[-1] == "status":
        _read_status(document, text, levels, heard)
        return
    address = _address(message.topic)
    if address is None:
        return
    value, unit, at = _unwrapped(document, text)
    heard.device, heard.channel, kind, names = address
    heard.names = (heard.channel.removeprefix("endpoint_"),) if heard.channel else ()
    heard.at = heard.clock.read(at) if at is not None else None
    if isinstance(value, (dict, list)):
        return
    if kind == "multilevel":
        if names[0] in _MULTILEVEL:
            quantity, default = _MULTILEVEL[names[0]]
            heard.number(quantity, value, unit or default, levels[-1])
    elif kind == "binary":
        if names[0] in _BINARY:
            heard.state(_BINARY[names[0]], value, levels[-1])
        else:
            heard.refuse("needs-meaning", f"a binary sensor of kind {levels[-1]!r}", raw=value)
    elif kind == "battery":
        if names == ["level"]:
            heard.number("battery", value, "%", "level")
        elif names in (["islow"], ["is low"]):
            heard.state("battery_low", value, "isLow")
    else:
        _notify(names, value, heard, levels[-1])


def _unwrapped(document: Any, text: str) -> tuple[Any, str, object]:
    """The value, its unit and its time, of any of the three payload forms."""
    if isinstance(document, dict):
        unit = document.get("unit")
        at = document.get("time", document.get("lastUpdate"))
        return document.get("value"), unit if isinstance(unit, str) else "", at
    return (text if document is None and text != "null" else document), "", None


def _notify(names: list[str], value: object, heard: Heard, path: str) -> None:
    table = _NOTIFICATIONS.get((names[0], names[1] if len(names) > 1 else ""))
    if table is None:
        return
    if value is None:
        heard.refuse("null", "null is unknown, not idle", raw="null", path=path)
        return
    try:
        number = int(str(value))
    except ValueError:
        heard.refuse("unknown-state", f"{str(value)[:40]!r} is no notification value", raw=value, path=path)
        return
    statements = table.get(number)
    if statements is None:
        heard.refuse("unknown-state", f"{number} is no known value of {names[0]}", raw=value, path=path)
        return
    for quantity, state in statements:
        heard.state(quantity, state, path)


def _read_status(document: Any, text: str, levels: list[str], heard: Heard) -> None:
    heard.device = "/".join(levels[:-1])
    word = document.get("status") if isinstance(document, dict) else text
    at = heard.clock.read(document.get("time")) if isinstance(document, dict) else None
    if isinstance(word, str) and word.casefold() in _ALIVE:
        heard.life(_ALIVE[word.casefold()], "status", at=at)
    elif isinstance(document, dict) and isinstance(document.get("value"), bool) and word is None:
        heard.life(document["value"], "status", at=at)
    elif word in ("true", "false") or isinstance(document, bool):
        heard.life(text == "true", "status")
    else:
        heard.refuse("no-life-word", f"{text[:60]!r} says neither alive nor dead", raw=text)


def _life_topics(topic: str) -> tuple[str, ...]:
    levels = topic.split("/")
    place = _place(levels)
    return ("/".join([*levels[:place], "status"]),) if place else ()


_OWN_WORDS = tuple(
    f"{kind}/{end}/{name}"
    for kinds, names in (
        (("128", "battery"), ("level", "isLow")),
        (
            ("113", "notification"),
            (
                "Home_Security/Cover_status",
                "Power_Management/Battery_maintenance_status",
                "System/Hardware_status",
            ),
        ),
    )
    for kind in kinds
    for end in ("0", "endpoint_0")
    for name in names
)
"""Where a node tells its battery, tamper switch and faults, by number and by name."""


def _gateway(topic: str) -> str:
    return topic.split("/", 1)[0]


def _device_topics(topic: str) -> tuple[str, ...]:
    levels = topic.split("/")
    place = _place(levels)
    return tuple("/".join([*levels[:place], name]) for name in _OWN_WORDS) if place else ()


DIALECT = Dialect(
    name="zwave",
    read=_read,
    claims_topic=_claims_topic,
    life_topics=_life_topics,
    gateway=_gateway,
    device_topics=_device_topics,
    also=("zwave-js-ui", "zwavejs2mqtt", "zwavejs"),
)
