"""Home Assistant MQTT discovery: announcements of what other topics mean.

Config messages are adopted as the meaning of their state topic. Value templates are read by a small list of
allowed forms (``templates``) and never evaluated; anything else is refused with the template shown.
Diagnostic temperatures (chips) are announced without a quantity.
"""

from __future__ import annotations

from typing import Any

from sensors.dialects.base import Dialect, Entity, Memory, Message, document_of
from sensors.dialects.templates import Template, parse_template
from sensors.heard import Heard
from sensors.names import words_of
from sensors.quantities import QUANTITIES, plain_word
from sensors.units import known_unit
from sensors.vocabulary import words

_SHORT = {
    "stat_t": "state_topic",
    "val_tpl": "value_template",
    "dev_cla": "device_class",
    "unit_of_meas": "unit_of_measurement",
    "avty": "availability",
    "avty_t": "availability_topic",
    "avty_mode": "availability_mode",
    "pl_avail": "payload_available",
    "pl_not_avail": "payload_not_available",
    "pl_on": "payload_on",
    "pl_off": "payload_off",
    "uniq_id": "unique_id",
    "obj_id": "object_id",
    "exp_aft": "expire_after",
    "ent_cat": "entity_category",
    "en": "enabled_by_default",
    "dev": "device",
    "ids": "identifiers",
    "cmps": "components",
    "p": "platform",
    "t": "topic",
    "def_ent_id": "default_entity_id",
}
_NUMBER_CLASSES = {
    "temperature": "temperature",
    "humidity": "humidity",
    "pressure": "pressure",
    "atmospheric_pressure": "pressure",
    "illuminance": "illuminance",
    "carbon_dioxide": "co2",
    "carbon_monoxide": "co",
    "battery": "battery",
    "voltage": "voltage",
    "pm25": "pm25",
    "pm10": "pm10",
}
_STATE_CLASSES = {
    "moisture": "water_leak",
    "door": "contact_open",
    "window": "contact_open",
    "opening": "contact_open",
    "garage_door": "contact_open",
    "motion": "motion",
    "occupancy": "motion",
    "presence": "motion",
    "moving": "motion",
    "smoke": "smoke",
    "gas": "gas",
    "carbon_monoxide": "carbon_monoxide",
    "tamper": "tamper",
    "vibration": "vibration",
    "battery": "battery_low",
    "problem": "fault",
    "connectivity": "online",
}
_COMPONENTS = words(
    """sensor binary_sensor switch light device device_automation climate cover fan lock number select text button
    event update camera siren alarm_control_panel humidifier valve vacuum scene tag device_tracker notify
    image"""
)
_NO_ROOM = words("cpu chip core device internal board mcu esp esp32 esp8266 processor soc module")
_WORD_FORMS = {True: "true", False: "false"}


def _claims_topic(levels: list[str]) -> bool:
    if levels == ["homeassistant", "status"]:
        return True  # its own will: nothing of ours lives or dies by it
    if levels[-1] != "config" or len(levels) < 4:
        return False
    return levels[-3] in _COMPONENTS or levels[-4] in _COMPONENTS


def _read(message: Message, heard: Heard, memory: Memory) -> None:
    if message.levels[-1] == "status" and message.topic not in memory.entities:
        return
    if not _claims_topic(message.levels):
        read_entities(message, heard, memory)
        return
    if not message.payload.strip():
        _forget(message.topic, memory)
        return
    document = document_of(message, heard)
    if document is None:
        return
    config = _expanded(document)
    component = next((level for level in message.levels[-4:-1] if level in _COMPONENTS), "")
    parts = config.get("components")
    if component == "device" and isinstance(parts, dict):
        for name, part in parts.items():
            if isinstance(part, dict):
                merged = {**config, **_expanded(part)}
                platform = str(merged.get("platform", ""))
                _adopt(merged, platform, f"{message.topic}#{name}", heard, memory)
        return
    _adopt(config, component, message.topic, heard, memory)


def _expanded(document: dict[str, Any]) -> dict[str, Any]:
    return {_SHORT.get(key, key): value for key, value in document.items()}


def _forget(topic: str, memory: Memory) -> None:
    memory.version += 1
    for entities in memory.entities.values():
        entities.pop(topic, None)


def _adopt(config: dict[str, Any], component: str, source: str, heard: Heard, memory: Memory) -> None:
    try:
        state_topic = _topic(config.get("state_topic"), config)
        availability = _availability(config)
    except ValueError as error:
        heard.refuse("broken-announcement", str(error), raw=str(config.get("state_topic", "")))
        return
    device = _device(config)
    diagnostic = config.get("entity_category") == "diagnostic"
    quantity = _quantity(config, component, diagnostic)
    unit = config.get("unit_of_measurement")
    detail: dict[str, object] = {"quantity": quantity or None, "state_topic": state_topic}
    detail["availability_topics"] = availability
    for key in (
        "device_class",
        "unique_id",
        "payload_on",
        "payload_off",
        "availability_mode",
        "payload_available",
        "payload_not_available",
    ):
        if key in config:
            detail[key] = config[key]
    if isinstance(unit, str):
        detail["unit"] = unit
    if "expire_after" in config:
        detail["expire_after_s"] = config["expire_after"]
    if diagnostic:
        detail["diagnostic"] = True
    if "enabled_by_default" in config:
        detail["enabled_by_default"] = config["enabled_by_default"]
    template = config.get("value_template")
    parsed: Template | None = Template()
    if isinstance(template, str):
        parsed = parse_template(template)
        if parsed is None:
            detail["template"] = template
            heard.refuse(
                "broken-announcement",
                f"the template {template[:100]!r} is not of an allowed form",
                raw=template,
            )
        elif parsed.path:
            detail["json_path"] = parsed.path
    heard.announce("entity", device, **detail)
    if parsed is None or not quantity or not state_topic or config.get("enabled_by_default") is False:
        return
    entity = Entity(
        quantity=quantity,
        template=parsed,
        unit=unit if isinstance(unit, str) else "",
        words=_words(config) if component == "binary_sensor" else {},
        device=device,
        expire_after_s=float(config["expire_after"]) if _is_number(config.get("expire_after")) else 0.0,
    )
    known = memory.entities.get(state_topic, {})
    if len(memory.entities) < 20_000 and known.get(source) != entity:
        memory.entities[state_topic] = {**known, source: entity}
        memory.version += 1


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e9


def _words(config: dict[str, Any]) -> dict[str, float]:
    on, off = config.get("payload_on", "ON"), config.get("payload_off", "OFF")
    return {plain_word(_rendered(on)): 1.0, plain_word(_rendered(off)): 0.0}


def _rendered(value: object) -> str:
    return _WORD_FORMS[value] if isinstance(value, bool) else str(value)


def _topic(value: object, config: dict[str, Any]) -> str:
    if not isinstance(value, str):
        return ""
    base = config.get("~")
    if value.startswith("~") or value.endswith("~"):
        if not isinstance(base, str):
            raise ValueError(f"the topic {value!r} uses ~ but the config gives no base topic under the key ~")
        return base + value[1:] if value.startswith("~") else value[:-1] + base
    return value


def _availability(config: dict[str, Any]) -> list[str]:
    listed = config.get("availability")
    if isinstance(listed, dict):
        listed = [listed]
    topics: list[str] = []
    if isinstance(listed, list):
        topics = [_topic(_expanded(item).get("topic"), config) for item in listed if isinstance(item, dict)]
    elif isinstance(config.get("availability_topic"), str):
        topics = [_topic(config["availability_topic"], config)]
    return [topic for topic in topics if topic]


def _device(config: dict[str, Any]) -> str:
    device = config.get("device")
    if isinstance(device, dict):
        named = _expanded(device)
        ids = named.get("identifiers")
        return str(named.get("name") or (ids[0] if isinstance(ids, list) and ids else ids) or "")
    return str(config.get("unique_id") or "")


def _quantity(config: dict[str, Any], component: str, diagnostic: bool) -> str:
    kind = config.get("device_class")
    unit = config.get("unit_of_measurement")
    if component == "binary_sensor":
        return _STATE_CLASSES.get(str(kind), "")
    if component != "sensor":
        return ""
    quantity = _NUMBER_CLASSES.get(str(kind), "")
    named = {*words_of(str(config.get("name", ""))), *words_of(str(config.get("object_id", "")))}
    if not quantity and kind is None and isinstance(unit, str) and not named & _NO_ROOM:
        quantity = known_unit(unit)
    if quantity == "temperature" and diagnostic:
        return ""
    if quantity == "voltage" and ("battery" in named or diagnostic):
        return "battery_voltage"
    return quantity


def read_entities(message: Message, heard: Heard, memory: Memory) -> None:
    """Read a state message by what discovery announced for its topic."""
    entities = memory.entities.get(message.topic, {})
    if not entities:
        if message.payload.strip():
            heard.refuse("needs-birth", "no discovery config was heard for this topic", raw="whole payload")
        return
    several = len({entity.quantity for entity in entities.values()}) < len(entities)
    document = message.document()
    for entity in entities.values():
        template = entity.template
        if template.steps and not template.is_present(document):
            continue  # an absent key says nothing
        value = template.value(document, message.text())
        path = template.path
        channel = path if several else ""
        if QUANTITIES[entity.quantity].contact:
            word = plain_word(_rendered(value)) if value is not None else None
            if word is not None and entity.words and word not in entity.words:
                heard.refuse(
                    "unknown-state", f"{word!r} is neither payload_on nor payload_off", entity.quantity, word
                )
                continue
            heard.state(entity.quantity, word, path, words=entity.words, channel=channel)
        else:
            heard.number(entity.quantity, value, entity.unit, path, channel=channel)


def _announcement_topics(_topic: str) -> tuple[str, ...]:
    return ("homeassistant/+/+/config", "homeassistant/+/+/+/config")


DIALECT = Dialect(
    name="homeassistant",
    read=_read,
    claims_topic=_claims_topic,
    announcement_topics=_announcement_topics,
    also=("ha", "homeassistant-discovery"),
)
