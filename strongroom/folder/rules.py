"""rules.toml: what is an alarm, how urgent, and what to do."""

from __future__ import annotations

import re
from typing import get_args

from msgspec import Struct, convert

from alerts.rule import AnyOf, Condition, Rule, Schedule, Scope, Stage
from playbooks.model import Threat
from sensors.model import Text
from strongroom.folder.conditions import read_condition
from strongroom.folder.document import Document
from strongroom.folder.ledger import Ledger
from strongroom.folder.table import Table, root

FILE = "rules.toml"
THREATS = get_args(Threat)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_NOTHING: Condition = AnyOf(of=())
_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00")


class Rulebook(Struct, frozen=True):
    """The rules and where each is declared."""

    rules: dict[str, Rule]
    tables: dict[str, Table]


def read_rules(doc: Document, ledger: Ledger, languages: tuple[str, ...], revision: str) -> Rulebook:
    """All rules; problems go to the ledger."""
    top = root(doc, ledger, "rules")
    top.only()
    rules: dict[str, Rule] = {}
    tables: dict[str, Table] = {}
    for table in top.tables("rule", "rule"):
        rule = _rule(table, languages, revision)
        if rule.id and rule.id not in rules:
            rules[rule.id] = rule
            tables[rule.id] = table
    if not doc.whole:
        ledger.incomplete("rule")
    return Rulebook(rules, tables)


def _rule(table: Table, languages: tuple[str, ...], revision: str) -> Rule:
    table.only()
    name = table.identifier("rule", "water-in-stack")
    when = _when(table)
    priority = table.whole("priority", default=3, low=1, high=3)
    mutes = table.strings("mutes")
    table.refer_each("rule", "mutes", mutes)
    playbook = table.string("playbook")
    if playbook:
        table.refer("playbook", "playbook", playbook)
    hazard = table.choice("hazard", ("", *THREATS), "")
    stage: Stage = convert(table.choice("stage", get_args(Stage), ""), Stage)
    scope: Scope = convert(table.choice("scope", get_args(Scope), "zone"), Scope)
    if name in mutes:
        table.wrong("mutes", Text("规则不能抑制自己。", "A rule cannot mute itself."), "mutes = […]")
    page = table.choice("page", ("always", "day", "never"), "always")
    return Rule(
        id=name,
        name=table.text("name", required=Text("库房漏水", "Water in a stack"), languages=languages),
        when=when or _NOTHING,
        scope=scope,
        for_s=table.number("for_s", low=0, high=31 * 86400, unit="s"),
        clear_for_s=table.number("clear_for_s", low=0, high=31 * 86400, unit="s"),
        priority=priority,
        fault=table.flag("fault"),
        life_safety=table.flag("life_safety"),
        latch=table.flag("latch"),
        mutes=mutes,
        playbook=playbook,
        hazard=hazard,
        stage=stage,
        page="day" if page == "day" else "never" if page == "never" else "always",
        armed=tuple(_schedule(entry, table) for entry in table.tables("armed", "armed", table.label)),
        investigate_s=table.number("investigate_s", low=0, high=3600, unit="s"),
        realarm_s=table.number("realarm_s", low=0, high=31 * 86400, unit="s"),
        on_unknown="alarm" if table.choice("on_unknown", ("hold", "alarm"), "hold") == "alarm" else "hold",
        advice=table.text("advice", languages=languages),
        consequence=table.text("consequence", languages=languages),
        clause=table.string("clause", plain=False),
        revision=revision,
    )


def _when(table: Table) -> Condition | None:
    if not table.has("when"):
        table.missing("when", 'when = { quantity = "water", is = "wet" }')
        return None
    inner = table.table("when", "select", f"{table.label}  when")
    return read_condition(inner) if inner else None


def _schedule(entry: Table, rule: Table) -> Schedule:
    entry.only()
    entry.label = f"{rule.label}  armed"
    days = entry.data.get("days", list(_DAYS))
    numbers: list[int] = []
    for index, day in enumerate(days if isinstance(days, list) else [days]):
        number = _DAYS.index(day) if isinstance(day, str) and day in _DAYS else -1
        if number < 0 and isinstance(day, str):
            number = next((n for n, known in enumerate(_DAYS) if day.casefold().startswith(known.casefold())), -1)
        if number < 0:
            entry.ledger.error(
                entry.spot("days", index),
                Text("星期写作 Mon Tue Wed Thu Fri Sat Sun。", "Days are Mon Tue Wed Thu Fri Sat Sun."),
                Text('改为：days = ["Mon", "Tue"]', 'Write: days = ["Mon", "Tue"]'),
            )
        else:
            numbers.append(number)
    return Schedule(
        days=tuple(sorted(set(numbers))) or tuple(range(7)),
        from_=_clock(entry, "from", "00:00"),
        until=_clock(entry, "until", "24:00"),
    )


def _clock(entry: Table, key: str, default: str) -> str:
    raw = entry.data.get(key)
    if raw is not None and not isinstance(raw, str) and hasattr(raw, "strftime"):
        return str(raw.strftime("%H:%M"))
    value = entry.string(key, default=default)
    if _CLOCK.fullmatch(value):
        return value
    match = re.fullmatch(r"(\d{1,2})[:.：]?(\d{2})?", value)
    meant = f"{int(match[1]) % 25:02d}:{match[2] or '00'}" if match else default
    entry.wrong(key, Text("时刻写作两位小时、冒号、两位分钟。", "A time of day is two digits, a colon, two digits."),
                f'{key} = "{meant}"')  # fmt: skip
    return default
