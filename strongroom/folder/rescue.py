"""rescue.toml (may be left out): the site's own order of rescue, its measured times, what it can dry afterwards."""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import date
from typing import Literal, get_args

import tomlkit
from msgspec import convert

from playbooks.rescue.measured import DEFAULT_SPREAD, DEFAULT_TIMES, Figure, SiteTimes
from playbooks.rescue.own import OwnRescue
from playbooks.triage import DEFAULT, RULE_SETS, RuleSet, Test, Tier
from sensors.model import Text
from strongroom.folder.document import Document
from strongroom.folder.ledger import Ledger
from strongroom.folder.table import Table, root

FILE = "rescue.toml"
OWN = "own"
Mode = Literal["lexicographic", "weighted"]
Catalogues = Literal["first", "last", "own"]


def read_rescue(doc: Document, ledger: Ledger, languages: tuple[str, ...]) -> OwnRescue:
    """The site's settings; problems go to the ledger."""
    top = root(doc, ledger, "rescue")
    top.only()
    tiers = top.tables("tier", "tier")
    order = top.choice("order", (*RULE_SETS, OWN), OWN if tiers else DEFAULT.id)
    if order == OWN and not tiers:
        top.wrong("order", Text("没有写 [[tier]]。", "No [[tier]] is written."), f'order = "{DEFAULT.id}"')
        order = DEFAULT.id
    base = RULE_SETS.get(order, DEFAULT)
    rules = RuleSet(
        id=order,
        name=base.name if order != OWN else Text("本馆规则", "the site's own order"),
        tiers=base.tiers if order != OWN else tuple(_tier(table, languages) for table in tiers),
        mode=convert(top.choice("mode", get_args(Mode), base.mode), Mode),
        factor=top.number("factor", default=base.factor, low=1.0, high=100.0),
        catalogues=convert(
            top.choice("catalogues", get_args(Catalogues), base.catalogues if order != OWN else "own"),
            Catalogues,
        ),
        copies_move=top.flag("copies_move", base.copies_move),
        source=base.source if order != OWN else FILE,
    )
    dry_kg = top.number("dry_kg", low=0.0, high=1_000_000.0) if top.has("dry_kg") else None
    times = SiteTimes(
        walk=_figure(top.table("walk", "pace"), DEFAULT_TIMES.walk),
        shelf=_figure(top.table("shelf", "pace"), DEFAULT_TIMES.shelf),
        boxes_per_min=top.number("boxes_per_min", low=0.01, high=1000.0)
        if top.has("boxes_per_min")
        else None,
    )
    return OwnRescue(rules=rules, times=times, dry_kg=dry_kg)


def _tier(table: Table, languages: tuple[str, ...]) -> Tier:
    """One tier: a holding belongs to the first tier of which it passes a test."""
    table.only()
    known = get_args(Test)
    tests = table.strings("tests")
    for test in tests:
        if test not in known:
            table.wrong(
                "tests",
                Text(f"没有“{test}”这项。", f'There is no test "{test}".'),
                f'tests = ["grade1"]  # {", ".join(known)}',
            )
    if not tests:
        table.missing("tests", 'tests = ["grade1", "irreplaceable"]')
    return Tier(
        tuple(test for test in known if test in tests),
        table.text("name", required=Text("最先", "first"), languages=languages),
    )


def _figure(table: Table | None, default: Figure) -> Figure:
    if table is None:
        return default
    table.only()
    return Figure(
        value=table.number("value", required="1.2", default=1.0, low=0.2, high=5.0),
        spread=table.number("spread", default=DEFAULT_SPREAD, low=0.0, high=2.0),
        samples=table.whole("samples", default=1, low=1),
        date=table.day("date"),
        source=table.string("source", plain=False),
    )


def with_times(before: str, times: SiteTimes) -> str:
    """``rescue.toml`` with the measured figures put in and everything else as it was, comments too.

    A default is no measurement: where ``times`` has one, the file keeps what it says. ValueError where ``before`` is
    no TOML.
    """
    document = tomlkit.parse(before)
    if times.boxes_per_min is not None:
        document["boxes_per_min"] = times.boxes_per_min
    for name, known in (("walk", times.walk), ("shelf", times.shelf)):
        if known.is_default:
            continue
        if name not in document:
            document[name] = tomlkit.table()
        table = document[name]
        if not isinstance(table, MutableMapping):
            raise ValueError(name)
        table["value"] = known.value
        table["spread"] = known.spread
        table["samples"] = known.samples
        if known.date:
            table["date"] = date.fromisoformat(known.date)
        table["source"] = known.source
    return tomlkit.dumps(document)
