"""Rules against sensors: what nobody watches, what watches nothing, and what would not be understood."""

from __future__ import annotations

from collections.abc import Container, Iterator

from alerts.health import priority_drift
from alerts.rule import (
    After,
    AllOf,
    AnyOf,
    Condition,
    Disagree,
    Implausible,
    Not,
    Rule,
    Select,
    Silent,
    Stuck,
    Troubled,
    Vote,
)
from alerts.segments import count
from alerts.wording import Page, page, reserved
from sensors.derived import recipes
from sensors.model import Sensor, Text, Zone
from sensors.quantities import quantity
from strongroom.folder.facts import Facts
from strongroom.folder.ledger import Ledger, Spot
from strongroom.folder.rules import FILE as RULES

SMS_PARTS = 2
_LEVELS = {1: Text("紧急", "URGENT"), 2: Text("重要", "HIGH"), 3: Text("注意", "LOW")}
_ABOUT_THE_DEVICE = (Silent, Stuck, Implausible, Disagree, Troubled)


def check_rules(facts: Facts, ledger: Ledger) -> None:
    """Rules and sensors held against each other."""
    if ledger.is_complete("sensor", "zone"):
        blind = _rules_without_sensors(facts, ledger)
        if ledger.is_complete("rule"):
            _sensors_without_rules(facts, ledger, blind)
    _same_value_twice(facts, ledger)
    _calculated(facts, ledger)
    _advice(facts, ledger)
    _mutes(facts, ledger)
    _message_length(facts, ledger)
    _reserved_words(facts, ledger)
    _priorities(facts, ledger)


def _priorities(facts: Facts, ledger: Ledger) -> None:
    """Where too much is urgent, nothing is (ISA-18.2: about 5 % urgent, 15 % high, 80 % low)."""
    drift = priority_drift(rule.priority for rule in every_rule(facts))
    if drift is not None and ledger.is_complete("rule"):
        ledger.warn(
            Spot(RULES),
            drift,
            Text(
                "按后果和可用的处理时间重定优先级：priority = 1 只给几分钟内必须有人到场的情况。",
                "Set priorities by consequence and time to respond: priority = 1 only where someone must be there"
                " within minutes.",
            ),
        )


def every_rule(facts: Facts) -> tuple[Rule, ...]:
    """The written rules and the product's own beside them."""
    return (*facts.rulebook.rules.values(), *facts.standard.values())


def matches(select: Select, sensor: Sensor, zones: dict[str, Zone]) -> bool:
    """The sensor is one that the condition looks at."""
    zone = zones.get(sensor.zone)
    return (
        (not select.quantity or select.quantity == sensor.quantity)
        and (not select.zones or sensor.zone in select.zones)
        and (not select.zone_kinds or (zone is not None and zone.kind in select.zone_kinds))
        and (not select.sensors or sensor.id in select.sensors)
    )


def leaves(condition: Condition, needed: bool = True) -> Iterator[tuple[Condition, Select, bool]]:
    """The single conditions of a rule, and whether the rule can never be met without each of them."""
    if isinstance(condition, Vote):
        for part in (*condition.of, *condition.panel):
            yield from leaves(part, needed=False)
    elif isinstance(condition, AnyOf):
        for part in condition.of:
            yield from leaves(part, needed=needed and len(condition.of) == 1)
    elif isinstance(condition, AllOf):
        for part in condition.of:
            yield from leaves(part, needed)
    elif isinstance(condition, Not):
        yield from leaves(condition.of, needed)
    elif isinstance(condition, After):
        yield from leaves(condition.first, needed)
        yield from leaves(condition.then, needed)
    else:
        yield condition, condition.select, needed


def _may_match(select: Select, sensor: Sensor, facts: Facts) -> bool:
    """The condition looks at the sensor, or would if a name that is reported elsewhere were right."""
    zones = facts.house.zones
    kinds = {zone.kind for zone in zones.values()}
    lost = sensor.zone not in zones
    zone_kind = "" if lost else zones[sensor.zone].kind
    return (
        (not select.quantity or sensor.quantity in {select.quantity, ""})
        and (lost or _fits(sensor.zone, select.zones, zones))
        and (lost or _fits(zone_kind, select.zone_kinds, kinds))
        and _fits(sensor.id, select.sensors, facts.instruments.sensors)
    )


def _fits(name: str, wanted: tuple[str, ...], known: Container[str]) -> bool:
    return not wanted or name in wanted or any(want not in known for want in wanted)


def _rules_without_sensors(facts: Facts, ledger: Ledger) -> set[str]:
    """Report rules that look at nothing; gives the quantities they meant to look at."""
    sensors = facts.instruments.sensors.values()
    blind: set[str] = set()
    for name, rule in facts.rulebook.rules.items():
        parts = list(leaves(rule.when))
        found = [any(_may_match(select, sensor, facts) for sensor in sensors) for _, select, _ in parts]
        missing = [
            select for (_, select, needed), any_ in zip(parts, found, strict=True) if needed and not any_
        ]
        if not parts or (any(found) and not missing):
            continue
        blind |= {select.quantity for (_, select, _), any_ in zip(parts, found, strict=True) if not any_}
        select = missing[0] if missing else parts[0][1]
        ledger.warn(
            facts.rulebook.tables[name].spot("when"),
            Text(
                f"没有传感器符合条件（{_described(select)}），规则永远不会报警。",
                f"No sensor fits the condition ({_described(select)}), so the rule can never alarm.",
            ),
            Text(
                "在 sensors.toml 补上传感器，或改条件。",
                "Add a sensor in sensors.toml, or change the condition.",
            ),
        )
    return blind


def _described(select: Select) -> str:
    parts = [f"quantity = {select.quantity}" if select.quantity else ""]
    for key, names in (("zone", select.zones), ("zone_kind", select.zone_kinds), ("sensor", select.sensors)):
        parts.append(f"{key} = {' / '.join(names)}" if names else "")
    return ", ".join(part for part in parts if part) or "-"


def _sensors_without_rules(facts: Facts, ledger: Ledger, blind: set[str]) -> None:
    """A sensor counts as watched if its value is; one that only informs is watched if its silence is."""
    every = every_rule(facts)
    parts = [part for rule in every for part in leaves(rule.when)]
    unread = _of_unread_rules(facts, ledger) | blind
    for name, sensor in facts.instruments.sensors.items():
        known = quantity(sensor.quantity)
        if known is None or known.id in unread or "" in unread:
            continue
        watching = [condition for condition, select, _ in parts if _may_match(select, sensor, facts)]
        by_value = any(not isinstance(condition, _ABOUT_THE_DEVICE) for condition in watching)
        informs = not sensor.essential and (not known.contact or known.alarming is None)
        if by_value or (watching and informs):
            continue
        ledger.warn(
            facts.instruments.tables[name].spot(show=False),
            Text(
                f"没有规则监视这个传感器（{known.name.zh}）。",
                f"No rule watches this sensor ({known.name.en.lower()}).",
            ),
            Text(
                f'在 rules.toml 写一条规则，条件含 quantity = "{known.id}"',
                f'Write a rule in rules.toml whose condition has quantity = "{known.id}"',
            ),
        )


def _of_unread_rules(facts: Facts, ledger: Ledger) -> set[str]:
    """Quantities named in conditions that have an error of their own; "" where even those are not known."""
    wrong = {(p.file, p.line) for p in ledger.problems if p.severity == "error"}
    found: set[str] = set()
    for table in facts.rulebook.tables.values():
        first, last = table.doc.span((*table.path, "when"))
        if any((table.doc.file, line) in wrong for line in range(first, min(last, first + 200) + 1)):
            named = {known.id if known else "" for known in map(quantity, _named_in(table.data.get("when")))}
            found |= named or {""}
    return found


def _named_in(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "quantity":
                yield str(inner)
            else:
                yield from _named_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _named_in(inner)


def _same_value_twice(facts: Facts, ledger: Ledger) -> None:
    seen: dict[tuple[str, ...], str] = {}
    for name, sensor in facts.instruments.sensors.items():
        if not sensor.topic or not sensor.quantity or name != sensor.id:
            continue  # a repeated id is reported as such
        key = (sensor.topic, sensor.dialect, sensor.path, sensor.channel, sensor.quantity)
        first = seen.setdefault(key, name)
        if first != name:
            there = facts.instruments.tables[first].spot("topic")
            ledger.warn(
                facts.instruments.tables[name].spot("topic"),
                Text(
                    f"与传感器“{first}”（{there}）读的是同一个值。",
                    f'It reads the very same value as sensor "{first}" ({there}).',
                ),
                Text("改 topic、path 或 channel。", "Write another topic, path or channel."),
            )


def _calculated(facts: Facts, ledger: Ledger) -> None:
    for unmade in recipes(facts.instruments.sensors)[1]:
        ledger.error(
            facts.instruments.tables[unmade.sensor].spot("path"),
            Text("算不出这个传感器的值。", "This sensor cannot be calculated."),
            unmade.words,
        )


def _advice(facts: Facts, ledger: Ledger) -> None:
    for name, rule in facts.rulebook.rules.items():
        table = facts.rulebook.tables[name]
        if rule.priority > 2 or table.damaged():
            continue
        missing = [
            key for key, words in (("advice", rule.advice), ("consequence", rule.consequence)) if not words.zh
        ]
        if missing:
            keys = " 和 ".join(missing), " and ".join(missing)
            ledger.warn(
                table.spot("priority"),
                Text(
                    f"优先级 {rule.priority} 的规则要写明做什么和不做的后果，缺少 {keys[0]}。",
                    f"Priority {rule.priority} says what to do and what happens otherwise; {keys[1]} is missing.",
                ),
                Text("\n".join(f'补上：{key}.zh = "…"  {key}.en = "…"' for key in missing),
                     "\n".join(f'Add: {key}.zh = "…"  {key}.en = "…"' for key in missing)),
            )  # fmt: skip


def _mutes(facts: Facts, ledger: Ledger) -> None:
    known = {rule.id: rule for rule in every_rule(facts)}
    for name, rule in facts.rulebook.rules.items():
        ring = _ring(rule, known)
        if ring:
            shown = " → ".join(ring)
            ledger.error(
                facts.rulebook.tables[name].spot("mutes"),
                Text(f"规则互相抑制：{shown}，结果谁也不出声。",
                     f"These rules mute each other, so that nobody would speak: {shown}."),
                Text(f'从 mutes 中删去 "{ring[1]}"', f'Remove "{ring[1]}" from mutes'),
            )  # fmt: skip
        for muted in rule.mutes:
            other = known.get(muted)
            if other is not None and other.life_safety:
                ledger.error(
                    facts.rulebook.tables[name].spot("mutes"),
                    Text(f"规则“{muted}”关系人身安全，不能被抑制。",
                         f'The rule "{muted}" is about life safety and may not be muted.'),
                    Text(f'从 mutes 中删去 "{muted}"', f'Remove "{muted}" from mutes'),
                )  # fmt: skip


def _ring(rule: Rule, known: dict[str, Rule]) -> tuple[str, ...]:
    """The way along ``mutes`` from a rule back to itself; () where there is none. A rule that mutes itself is told
    where it is read.
    """
    ways: list[tuple[str, ...]] = [(rule.id, muted) for muted in rule.mutes if muted != rule.id]
    seen = {rule.id}
    while ways:
        way = ways.pop(0)
        if way[-1] == rule.id:
            return way
        if way[-1] in known and way[-1] not in seen:
            seen.add(way[-1])
            ways += [(*way, muted) for muted in known[way[-1]].mutes]
    return ()


def _message_length(facts: Facts, ledger: Ledger) -> None:
    """The text sent for a rule, with the longest place it can name, stays within two SMS parts."""
    for name, rule in facts.rulebook.rules.items():
        if rule.page == "never":
            continue
        for language in facts.house.languages:
            parts = _parts(rule, facts, language)
            if parts > SMS_PARTS:
                key = f"advice.{language}"
                ledger.warn(
                    facts.rulebook.tables[name].spot("advice", language),
                    Text(
                        f"这条短信要拆成 {parts} 段，最多 {SMS_PARTS} 段。",
                        f"Its SMS would take {parts} parts; {SMS_PARTS} is the most.",
                    ),
                    Text(f"把 {key} 写短。", f"Shorten {key}."),
                )


def _reserved_words(facts: Facts, ledger: Ledger) -> None:
    """No text asks for a reply that the carrier takes for itself: it would never reach us."""
    for name, rule in facts.rulebook.rules.items():
        for key, words, language in (
            (key, words, language)
            for key, words in (("advice", rule.advice), ("name", rule.name))
            for language in ("zh", "en")
        ):
            word = reserved(words.in_(language))
            if word:
                ledger.error(
                    facts.rulebook.tables[name].spot(key, language),
                    Text(
                        f"“{word}”是运营商保留词，回复它会被截走或退订。",
                        f'"{word}" is a word carriers keep: a reply of it never arrives or blocks the sender.',
                    ),
                    Text(f"不要让人回复 {word}。", f"Do not ask for a reply of {word}."),
                )


def _parts(rule: Rule, facts: Facts, language: str) -> int:
    zones = facts.house.zones
    selects = [select for _, select, _ in leaves(rule.when)]
    places = {
        zones[sensor.zone].name.in_(language)
        for sensor in facts.instruments.sensors.values()
        if sensor.zone in zones and any(matches(select, sensor, zones) for select in selects)
    }
    place = max(places, key=len, default="")
    words = page(
        Page(
            site=facts.house.name,
            level=_LEVELS[rule.priority],
            place=Text(place, place),
            what=rule.name,
            action=rule.advice,
            reference="A1234",
            code="1234",
        ),
        language,
        limit=99,
    )
    return count(words).parts
