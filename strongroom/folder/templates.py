"""templates.toml: what is known of device models; the product's own, and the site's on top of them."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from sensors.model import Text
from sensors.quantities import QUANTITIES, quantity
from sensors.templates import Template
from strongroom.folder.document import Document, parse
from strongroom.folder.ledger import Ledger, nearest
from strongroom.folder.sensors import read_range
from strongroom.folder.source import Source
from strongroom.folder.table import Table, root

FILE = "templates.toml"


@lru_cache(maxsize=1)
def standard_templates() -> dict[str, Template]:
    """The models the product knows, by id."""
    text = files("strongroom").joinpath(FILE).read_text(encoding="utf-8")
    ledger = Ledger()
    return read_templates(parse(Source(FILE, text), ledger, "templates"), ledger)


def read_templates(doc: Document, ledger: Ledger) -> dict[str, Template]:
    """All models of a file; problems go to the ledger."""
    top = root(doc, ledger, "templates")
    top.only()
    found: dict[str, Template] = {}
    for table in top.tables("template", "template"):
        template = _template(table)
        if template.id:
            found[template.id] = template
    return found


def _template(table: Table) -> Template:
    table.only()
    every_s = table.number("every_s", default=300.0, low=0.1, high=7 * 86400, unit="s")
    names = {key: _known(table, key) for key in ("quantities", "essential")}
    ranges: dict[str, tuple[float, float]] = {}
    inner = table.table("ranges", "ranges")
    for key in inner.data if inner is not None else ():
        known = quantity(key)
        if inner is None or known is None:
            _unknown(table, "ranges", key)
            continue
        low, high = read_range(inner, key)
        if low is not None and high is not None:
            ranges[known.id] = (low, high)
    id_ = table.string("id", required="SJCGQ11LM")
    return Template(
        id=id_,
        name=table.text("name", required=Text("水浸传感器", "Water leak sensor"), languages=("zh", "en")),
        vendor=table.string("vendor", plain=False),
        also=table.strings("also"),
        quantities=names["quantities"],
        essential=names["essential"],
        ranges=ranges,
        every_s=every_s,
        silent_after_s=table.number(
            "silent_after_s", default=max(3 * every_s, 60.0), low=1, high=30 * 86400, unit="s"
        ),
        battery=table.string("battery", plain=False),
        calibrate_months=table.whole("calibrate_months", high=120),
        model=table.string("model"),
    )


def _known(table: Table, key: str) -> tuple[str, ...]:
    found: list[str] = []
    for word in table.strings(key):
        known = quantity(word)
        if known is None:
            _unknown(table, key, word)
        else:
            found.append(known.id)
    return tuple(found)


def _unknown(table: Table, key: str, word: str) -> None:
    near = nearest(word, QUANTITIES) or "temperature"
    table.wrong(key, Text(f"没有“{word}”这个量。", f'There is no quantity "{word}".'), f'"{near}"')
