"""Every form of ``when`` becomes its condition."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.rule import (
    After,
    AllOf,
    AnyOf,
    Condition,
    Contact,
    Count,
    Disagree,
    Distance,
    Implausible,
    Not,
    Rate,
    Select,
    Silent,
    Stuck,
    Swing,
    Threshold,
    Vote,
)
from strongroom.folder.document import parse
from strongroom.folder.ledger import Ledger
from strongroom.folder.rules import read_rules
from strongroom.folder.source import Source
from strongroom.problems import render
from tests.folders import loaded

WATER = Contact(select=Select(quantity="water_leak"), is_=1.0)
SMOKE = Contact(select=Select(quantity="smoke"), is_=1.0)
T = Select(quantity="temperature")

FORMS: list[tuple[str, Condition]] = [
    (
        '{ quantity = "water", zone_kind = "stack", is = "wet" }',
        Contact(select=Select(quantity="water_leak", zone_kinds=("stack",)), is_=1.0),
    ),
    ('{ quantity = "漏水", is = "漏水" }', WATER),
    ('{ quantity = "mains", is = "off" }', Contact(select=Select(quantity="mains"), is_=0.0)),
    ('{ quantity = "smoke", is = 1 }', SMOKE),
    ('{ quantity = "smoke", is = true }', SMOKE),
    (
        '{ quantity = "humidity", above = 60, clear_at = 57 }',
        Threshold(select=Select(quantity="humidity"), above=True, limit=60, clear_at=57),
    ),
    (
        '{ quantity = "humidity", above = 60 }',
        Threshold(select=Select(quantity="humidity"), above=True, limit=60, clear_at=58),
    ),
    ('{ quantity = "temperature", below = 14 }', Threshold(select=T, above=False, limit=14, clear_at=14.5)),
    (
        '{ quantity = "temperature", rising = 8, over_s = 60 }',
        Rate(select=T, rising=True, limit=8, over_s=60, clear_at=4),
    ),
    (
        '{ quantity = "temperature", falling = 2, over_s = 600, clear_at = 0.5 }',
        Rate(select=T, rising=False, limit=2, over_s=600, clear_at=0.5),
    ),
    ('{ quantity = "temperature", swing = 4 }', Swing(select=T, limit=4, over_s=86400)),
    ('{ quantity = "temperature", set_point = 20, distance = 2 }', Distance(select=T, set_point=20, limit=2)),
    ("{ silent = true }", Silent(select=Select(), after_s=None)),
    ('{ quantity = "smoke", silent_for_s = 600 }', Silent(select=Select(quantity="smoke"), after_s=600)),
    ('{ quantity = "temperature", stuck_for_s = 7200 }', Stuck(select=T, after_s=7200)),
    ("{ implausible = true }", Implausible(select=Select())),
    ('{ quantity = "temperature", disagrees_by = 3 }', Disagree(select=T, limit=3)),
    (
        '{ quantity = "door", is = "open", at_least = 3, within_s = 600 }',
        Count(select=Select(quantity="contact_open"), is_=1.0, at_least=3, within_s=600),
    ),
    (
        '{ vote = [{ quantity = "smoke", is = "smoke" }, { quantity = "water", is = "wet" }], at_least = 2,'
        ' panel = [{ quantity = "smoke", is = "smoke" }], distinct_quantities = true, degrade = "reduce" }',
        Vote(
            of=(SMOKE, WATER),
            at_least=2,
            within_s=300,
            distinct_quantities=True,
            panel=(SMOKE,),
            degrade="reduce",
        ),
    ),
    ('{ all = [{ quantity = "smoke", is = "smoke" }, { quantity = "water", is = "wet" }] }', AllOf(of=(SMOKE, WATER))),
    ('{ any = [{ quantity = "smoke", is = "smoke" }] }', AnyOf(of=(SMOKE,))),
    ('{ not = { quantity = "smoke", is = "smoke" } }', Not(of=SMOKE)),
    (
        '{ first = { quantity = "smoke", is = "smoke" }, then = { quantity = "water", is = "wet" }, within_s = 60 }',
        After(first=SMOKE, then=WATER, within_s=60),
    ),
    (
        '{ quantity = "smoke", zones = ["a", "b"], sensors = ["s"], is = "clear" }',
        Contact(select=Select(quantity="smoke", zones=("a", "b"), sensors=("s",)), is_=0.0),
    ),
]  # fmt: skip


def read(when: str) -> tuple[Condition, Ledger]:
    text = f'[[rule]]\nid = "r"\nname.zh = "规"\nname.en = "R"\nwhen = {when}\n'
    ledger = Ledger()
    document = parse(Source("rules.toml", text), ledger, "rules")
    return read_rules(document, ledger, ("zh", "en"), "x").rules["r"].when, ledger


@pytest.mark.parametrize(("when", "condition"), FORMS, ids=[when for when, _ in FORMS])
def test_form(when: str, condition: Condition) -> None:
    found, ledger = read(when)
    assert not ledger.problems, render(ledger.problems, "en")
    assert found == condition


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ("{}", "what to compare"),
        ('{ quantity = "temperature", above = 20, below = 10 }', "only one of above and below"),
        ('{ quantity = "temperature", rising = 8 }', "over_s is missing"),
        ('{ quantity = "temperature", rising = -8, over_s = 60 }', "between"),
        ('{ quantity = "temperature", rising = 8, over_s = 60, clear_at = 9 }', "below the rate"),
        ('{ quantity = "temperature", below = 14, clear_at = 12 }', "flicker"),
        ('{ quantity = "door", is = "open", at_least = 0, within_s = 600 }', "between 1"),
        ("{ vote = [], at_least = 2 }", "empty"),
        ('{ vote = "smoke" }', "list"),
        ('{ not = "smoke" }', "table"),
        ('{ first = { quantity = "smoke", is = "smoke" }, within_s = 60 }', "then is missing"),
        ("{ silent = false }", "only be true"),
        ('{ quantity = "oxygen", below = 0.195 }', "share of one"),
        ('{ quantity = "pressure", above = 1013 }', "hPa"),
        ("{ " + "not = { " * 12 + 'quantity = "smoke", is = "smoke"' + " }" * 12 + " }", "nested too deeply"),
    ],
)
def test_bad_form(when: str, says: str) -> None:
    _, ledger = read(when)
    assert says in " ".join(problem.says.en for problem in ledger.problems)
    assert all(problem.line == 5 for problem in ledger.problems if "missing" not in problem.says.en)


def test_tables_below_the_rule_are_the_same_condition(tmp_path: Path) -> None:
    rules = """\
[[rule]]
id = "both"
name.zh = "两者"
name.en = "Both"
[rule.when]
at_least = 2
[[rule.when.vote]]
quantity = "water"
is = "wet"
[[rule.when.vote]]
quantity = "humidity"
above = 60
clear_at = 58
"""
    found = loaded(tmp_path, {"rules.toml": rules, "drills/water-2b.toml": None})
    assert found.building is not None, render(found.problems, "en")
    when = found.building.rules["both"].when
    assert isinstance(when, Vote) and [part.__class__ for part in when.of] == [Contact, Threshold]
    assert not [problem for problem in found.problems if problem.severity == "error"]
