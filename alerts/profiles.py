"""Room types bring their limits with the clause they come from: a zone is watched without writing a rule;
pure.

The default profile is the Chinese design code for archive buildings, JGJ 25-2010 clauses 5.2.1 to 5.2.4;
others can be chosen per building. A profile's band breach is a task for the day, not a page at night (``page
= "day"``), and low priority: climate damage allows hours. Delays: 15 min into and out of a breach, dead bands
0.5 °C and 2 %RH.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from alerts.compile import leaves_of
from alerts.rule import AnyOf, Condition, Rule, Select, Swing, Threshold
from sensors.model import Sensor, Text, Zone

ON_DELAY_S = 900.0
OFF_DELAY_S = 900.0
SWING_OFF_DELAY_S = 6 * 3600.0  # a day's swing has no dead band of its own and would come and go at its limit
DEADBAND = {"temperature": 0.5, "humidity": 2.0}
DAY_S = 86400.0


class Band(Struct, frozen=True):
    """What a room may be: °C and %RH, each (low, high) or None; swings are peak to peak in 24 h."""

    temperature: tuple[float, float] | None
    humidity: tuple[float, float] | None
    clause: str
    temperature_swing: float | None = None
    humidity_swing: float | None = None


DEFAULT_PROFILE = "jgj25-2010"

_JGJ = "JGJ 25-2010 {}"

# 5.2.3 words the swing for the chosen set point: ±2 °C and ±5 %RH in one day and night, so 4 °C and 10 %RH from
# peak to peak over 24 h.
_STORE_SWING = {"temperature_swing": 4.0, "humidity_swing": 10.0}

PROFILES: dict[str, dict[str, Band]] = {
    "jgj25-2010": {
        "stack": Band((14.0, 24.0), (45.0, 60.0), _JGJ.format("5.2.1, 5.2.3"), **_STORE_SWING),
        "special": Band((14.0, 20.0), (45.0, 55.0), _JGJ.format("5.2.2, 5.2.3"), **_STORE_SWING),
        "tape": Band((14.0, 24.0), (40.0, 60.0), _JGJ.format("5.2.2, 5.2.3"), **_STORE_SWING),
        "disc": Band((14.0, 24.0), (40.0, 60.0), _JGJ.format("5.2.2, 5.2.3"), **_STORE_SWING),
        "film-copy": Band((14.0, 24.0), (40.0, 60.0), _JGJ.format("5.2.2, 5.2.3"), **_STORE_SWING),
        "film": Band((13.0, 15.0), (35.0, 45.0), _JGJ.format("5.2.2, 5.2.3"), **_STORE_SWING),
        "mounting": Band((18.0, 28.0), (50.0, 70.0), _JGJ.format("5.2.4")),
        "lab": Band((18.0, 28.0), (40.0, 60.0), _JGJ.format("5.2.4")),
        "copying": Band((18.0, 28.0), (50.0, 65.0), _JGJ.format("5.2.4")),
        "av-reading": Band((20.0, 25.0), (50.0, 60.0), _JGJ.format("5.2.4")),
        "reading": Band((18.0, 28.0), None, _JGJ.format("5.2.4")),
        "exhibition": Band((14.0, 28.0), (45.0, 60.0), _JGJ.format("5.2.4")),
        "work": Band((18.0, 28.0), (40.0, 60.0), _JGJ.format("5.2.4")),
        "lobby": Band((18.0, 27.0), (30.0, 65.0), _JGJ.format("5.2.4")),
    },
    # PD 5454:2012's successors; the figures are the commonly quoted ones, to be checked against the printed text.
    "bs4971-2017": {
        kind: Band((13.0, 20.0), (35.0, 60.0), "BS 4971:2017, EN 16893:2018")
        for kind in ("stack", "special", "tape", "disc", "film-copy")
    },
    # Often-used material under BS 5454:2000 (replaced, still in use at many houses).
    "bs5454-2000": {
        kind: Band((16.0, 19.0), (45.0, 60.0), "BS 5454:2000")
        for kind in ("stack", "special", "tape", "disc", "film-copy")
    },
    # ASHRAE class A: set point within 15 to 25 °C, ±2 K and ±10 %RH short term.
    "ashrae-a": {
        kind: Band(
            (15.0, 25.0), (35.0, 65.0), "ASHRAE handbook, museums, class A",
            temperature_swing=4.0, humidity_swing=20.0,
        )
        for kind in ("stack", "special", "exhibition", "reading", "tape", "disc", "film-copy")
    },
}  # fmt: skip

_ROOM = {
    "stack": Text("纸质档案库", "Paper store"),
    "special": Text("特藏库", "Special store"),
    "tape": Text("音像磁带库", "Tape store"),
    "disc": Text("光盘库", "Disc store"),
    "film-copy": Text("胶片拷贝库", "Film copies"),
    "film": Text("胶片母片库", "Film masters"),
    "mounting": Text("裱糊室", "Mounting room"),
    "lab": Text("保护技术试验室", "Conservation lab"),
    "copying": Text("复印室", "Copying room"),
    "av-reading": Text("音像阅览室", "AV reading room"),
    "reading": Text("阅览室", "Reading room"),
    "exhibition": Text("展览厅", "Exhibition hall"),
    "work": Text("工作间", "Work room"),
    "lobby": Text("服务大厅", "Service hall"),
}
_WHAT = {"temperature": Text("温度", "temperature"), "humidity": Text("湿度", "humidity")}
_ADVICE = {
    "temperature": Text(
        "检查空调和门窗；30 分钟内处理。", "Check air conditioning, doors and windows within 30 min."
    ),
    "humidity": Text(
        "检查除湿加湿设备；必要时移动除湿机。", "Check dehumidifier or humidifier; bring a portable one."
    ),
}
_CONSEQUENCE = {
    "temperature": Text("长期超限加速老化。", "Kept up, it speeds up ageing."),
    "humidity": Text(
        "高湿数日内可生霉；过干纸张变脆。", "Days of damp bring mould; dry paper turns brittle."
    ),
}


def climate_rules(
    zones: Mapping[str, Zone],
    sensors: Mapping[str, Sensor],
    *,
    profile: str = DEFAULT_PROFILE,
    written: Iterable[Rule] = (),
) -> dict[str, Rule]:
    """Band and swing rules for every kind of zone that the profile knows and that has a sensor for it.

    ``written`` are the building's own rules: where one of them already looks at that quantity in that kind of
    zone with a band or swing, the profile keeps quiet. KeyError for a profile that does not exist (see
    ``PROFILES``).
    """
    bands = PROFILES[profile]
    present = {(zones[s.zone].kind, s.quantity) for s in sensors.values() if s.zone in zones}
    covered = set(_covered(written, zones))
    found: dict[str, Rule] = {}
    for kind, band in bands.items():
        for quantity in ("temperature", "humidity"):
            limits = band.temperature if quantity == "temperature" else band.humidity
            swing = band.temperature_swing if quantity == "temperature" else band.humidity_swing
            if (kind, quantity) not in present:
                continue
            select = Select(quantity=quantity, zone_kinds=(kind,))
            if limits is not None and (kind, quantity, "band") not in covered:
                rule = _rule(kind, quantity, "band", _outside(select, limits), band.clause, profile)
                found[rule.id] = rule
            if swing is not None and (kind, quantity, "swing") not in covered:
                when = Swing(select=select, limit=swing, over_s=DAY_S)
                rule = _rule(kind, quantity, "swing", when, band.clause, profile)
                found[rule.id] = rule
    return found


def _outside(select: Select, limits: tuple[float, float]) -> AnyOf:
    low, high = limits
    gap = DEADBAND[select.quantity]
    return AnyOf(
        of=(
            Threshold(select=select, above=True, limit=high, clear_at=high - gap),
            Threshold(select=select, above=False, limit=low, clear_at=low + gap),
        )
    )


def _rule(kind: str, quantity: str, what: str, when: Condition, clause: str, profile: str) -> Rule:
    room, measured = _ROOM.get(kind, Text(kind, kind)), _WHAT[quantity]
    zh, en = ("超限", "out of limits") if what == "band" else ("日波动过大", "swings too much in a day")
    return Rule(
        id=f"{kind}-{quantity}-{what}",
        name=Text(f"{room.zh}{measured.zh}{zh}", f"{room.en}: {measured.en} {en}"),
        when=when,
        scope="zone",
        for_s=ON_DELAY_S,
        clear_for_s=OFF_DELAY_S if what == "band" else SWING_OFF_DELAY_S,
        priority=3,
        hazard="climate",
        playbook="climate" if kind in ("special", "film") else "",
        page="day",
        advice=_ADVICE[quantity],
        consequence=_CONSEQUENCE[quantity],
        clause=clause,
        revision=f"standard {profile}",
    )


def _covered(written: Iterable[Rule], zones: Mapping[str, Zone]) -> Iterable[tuple[str, str, str]]:
    """(kind of zone, quantity, band or swing) that the building's own rules look after."""
    kinds = {zone.kind for zone in zones.values()}
    for rule in written:
        if rule.hazard not in ("", "climate"):
            continue
        for leaf in leaves_of(rule.when):
            if not isinstance(leaf, Threshold | Swing):
                continue
            what = "swing" if isinstance(leaf, Swing) else "band"
            named = set(leaf.select.zone_kinds)
            named |= {zones[z].kind for z in leaf.select.zones if z in zones}
            for kind in named or (set() if leaf.select.sensors else kinds):
                yield kind, leaf.select.quantity, what
