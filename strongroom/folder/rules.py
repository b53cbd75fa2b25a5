"""rules.toml: what is an alarm, how urgent, and what to do."""

from __future__ import annotations

from typing import get_args

from msgspec import Struct, convert

from alerts.rule import AnyOf, Condition, Rule, Scope, Stage
from playbooks.model import Threat
from sensors.model import Text
from strongroom.folder.conditions import read_condition
from strongroom.folder.document import Document
from strongroom.folder.ledger import Ledger
from strongroom.folder.schedule import read_schedule
from strongroom.folder.table import Table, root

FILE = "rules.toml"
THREATS = get_args(Threat)
_PARTS = "@|"  # alarms are called rule@place, in drills drill|rule@place
_NOTHING: Condition = AnyOf(of=())


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
        name = ledger.spare(rule.id, rules)
        rules[name] = rule
        tables[name] = table
    if not doc.whole:
        ledger.incomplete("rule")
    return Rulebook(rules, tables)


def _rule(table: Table, languages: tuple[str, ...], revision: str) -> Rule:
    table.only()
    name = table.identifier("rule", "water-in-stack")
    if set(name) & set(_PARTS):
        plain = "".join("-" if mark in _PARTS else mark for mark in name)
        table.wrong("id", Text("编号里不能有 @ 和 |。", "An id may hold neither @ nor |."), f'id = "{plain}"')
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
        armed=tuple(
            read_schedule(entry, f"{table.label}  armed")
            for entry in table.tables("armed", "armed", table.label)
        ),
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
