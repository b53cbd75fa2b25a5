"""building.toml: the house, its floors and zones."""

from __future__ import annotations

import re
from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

from msgspec import Struct

from alerts.profiles import DEFAULT_PROFILE, PROFILES
from sensors.model import Door, Text, Zone
from strongroom.folder.document import Document
from strongroom.folder.ledger import Ledger, Spot, nearest
from strongroom.folder.table import Table, root
from strongroom.model import Floor

FILE = "building.toml"
OUTSIDE = "outside"

# Kinds of zone the product knows by itself (design limits, triage, wording); others are the operator's own.
ZONE_KINDS = (
    "stack", "special", "film", "tape", "disc", "circulation", "stairs", "reading", "exhibition", "office",
    "lab", "copying", "work", "server", "plant", "electrical", "gas", "guard", "loading", "lobby", "sorting", OUTSIDE,
)  # fmt: skip


class House(Struct, frozen=True, kw_only=True):
    """What building.toml says."""

    id: str
    name: Text
    timezone: str
    languages: tuple[str, ...]
    assembly: str
    floors: tuple[Floor, ...]
    zones: dict[str, Zone]
    spots: dict[str, Spot]  # zone id -> where it is declared
    climate_profile: str = DEFAULT_PROFILE


def read_house(doc: Document, ledger: Ledger) -> House:
    """The building with its floors and zones; problems go to the ledger."""
    top = root(doc, ledger, "building")
    top.only()
    languages = _languages(top)
    floors = tuple(
        floor for table in top.tables("floor", "floor") if (floor := _floor(table, languages)) is not None
    )
    zones: dict[str, Zone] = {}
    spots: dict[str, Spot] = {}
    tables = top.tables("zone", "zone")
    for table in tables:
        zone = _zone(table, languages, bool(floors))
        if zone.id and zone.id not in zones:
            zones[zone.id] = zone
            spots[zone.id] = table.spot(show=False)
        for kind, name in (("zone_kind", zone.kind), ("compartment", zone.compartment or zone.id)):
            if name:
                ledger.note(kind, name, table.spot(show=False))
    if not tables and doc.whole:
        top.ledger.error(
            Spot(doc.file),
            Text("没有任何分区。", "There is no zone."),
            Text('补上：[[zone]]，下一行 id = "stack-2b"', 'Add: [[zone]] and below it id = "stack-2b"'),
        )
    if not doc.whole:
        ledger.incomplete("zone", "floor", "zone_kind", "compartment")
    assembly = top.string("assembly")
    if assembly:
        top.refer("zone", "assembly", assembly)
    return House(
        id=top.string("id", required="city"),
        name=top.text("name", required=Text("市档案馆", "City Archive"), languages=languages),
        timezone=_timezone(top),
        languages=languages,
        assembly=assembly,
        floors=floors or _inferred(zones),
        zones=zones,
        spots=spots,
        climate_profile=_profile(top),
    )


def _profile(top: Table) -> str:
    """The profile that gives rooms their climate limits where no rule is written."""
    name = top.string("climate_profile", default=DEFAULT_PROFILE)
    if name in PROFILES:
        return name
    known = ", ".join(sorted(PROFILES))
    top.wrong(
        "climate_profile",
        Text(f"没有这套环境标准；可选：{known}。", f"There is no such climate profile; there are {known}."),
        f'climate_profile = "{nearest(name, PROFILES) or DEFAULT_PROFILE}"',
    )
    return DEFAULT_PROFILE


def _languages(top: Table) -> tuple[str, ...]:
    given = top.strings("languages")
    for index, language in enumerate(given):
        if language not in {"zh", "en"}:
            ledger_spot = top.spot("languages", index)
            top.ledger.error(
                ledger_spot,
                Text("支持的语言是 zh 和 en。", "The languages are zh and en."),
                Text('改为：languages = ["zh", "en"]', 'Write: languages = ["zh", "en"]'),
            )
    known = tuple(language for language in given if language in {"zh", "en"})
    return known if known and len(known) == len(given) else ("zh", "en")


def _timezone(top: Table) -> str:
    name = top.string("timezone", required="Asia/Shanghai")
    if not name:
        return "UTC"
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        known = available_timezones()
    else:
        return name
    offset = re.fullmatch(
        r"(?:UTC|GMT)?\s*\+0?8(?::?00)?|CST|(?:Asia/)?(?:Beijing|Peking)|北京(?:时间)?|中国",
        name,
        re.IGNORECASE,
    )
    near = "Asia/Shanghai" if offset else nearest(name, known) or "Asia/Shanghai"
    top.wrong("timezone", Text("没有这个时区名。", "There is no such time zone."), f'timezone = "{near}"')
    return "UTC"


def _floor(table: Table, languages: tuple[str, ...]) -> Floor | None:
    table.only()
    name = table.identifier("floor", "2F")
    if not name:
        return None
    text = table.text("name", languages=languages)
    return Floor(
        id=name,
        name=text if text.zh else Text(name, name),
        plan=table.string("plan", default=f"plans/{name}.svg"),
    )


def _inferred(zones: dict[str, Zone]) -> tuple[Floor, ...]:
    """Floors in the order the zones mention them, where no [[floor]] is written."""
    names = dict.fromkeys(zone.floor for zone in zones.values() if zone.floor)
    return tuple(Floor(id=name, name=Text(name, name), plan=f"plans/{name}.svg") for name in names)


def _zone(table: Table, languages: tuple[str, ...], floors_declared: bool) -> Zone:
    table.only()
    name = table.identifier("zone", "stack-2b")
    kind = table.string("kind", required="stack")
    if kind and kind not in ZONE_KINDS:
        near = get_close_matches(kind, ZONE_KINDS, n=1, cutoff=0.8)
        if near:
            table.doubtful(
                "kind",
                Text(
                    f"这个类型与已知类型“{near[0]}”很像。",
                    f'This kind looks like the known kind "{near[0]}".',
                ),
                f'kind = "{near[0]}"',
            )
    floor = table.string("floor", required="2F")
    if floor and floors_declared:
        table.refer("floor", "floor", floor)
    return Zone(
        id=name,
        name=table.text("name", required=Text("二层 B 库", "Stack 2B"), languages=languages),
        kind=kind,
        floor=floor,
        doors=tuple(door for entry in table.tables("doors", "door") for door in _door(entry, table, name)),
        people_limit=table.whole("people_limit", low=0, high=10_000),
        hazards=table.strings("hazards"),
        shape=table.string("shape"),
        compartment=table.string("compartment"),
    )


def _door(entry: Table, zone: Table, name: str) -> tuple[Door, ...]:
    entry.label = zone.label
    entry.only()
    to = entry.string("to", required="corridor-2")
    walk_s = entry.number("walk_s", required="10", low=0, high=3600, unit="s")
    if not to:
        return ()
    entry.refer("zone", "to", to)
    if to == name:
        entry.wrong("to", Text("门不能通向本分区自己。", "A door cannot lead to its own zone."), 'to = "…"')
    return (Door(to=to, walk_s=walk_s),)
