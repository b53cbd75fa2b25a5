"""How fire is noticed and confirmed, as rules of the same language as all others; pure.

We listen to the certified fire panel and do not replace it. Its words count as they are: one detector is a
pre-alarm; its own "confirmed" and a manual call point confirm alone, and so does a person (``ConfirmSign``).
Beside it, what an archive's climate and air probes show counts as evidence:

* heat rising: a probe stands 8 °C above everything it measured in the last ten minutes (before the last one). UL 521
  sets the rate-of-rise detector at 15 °F (8.3 °C) a minute; measuring from the highest and not from the
  lowest value keeps a probe that drops out and returns from looking like a fire;
* heat standing: above 57 °C, the fixed limit of a common heat detector (135 °F; EN 54-5 class A1 acts at 54 to 65 °C);
* heat beyond measure: a value too high to be believed, as a probe in the flames gives before it dies;
* oxygen falling by 0.4 % against the last ten minutes, which no ventilation does.

A single probe may be broken: where a compartment has three probes or more, neighbours must agree. Two
independent signals confirm (GB 50116-2013 4.1.6 asks the same of linked equipment).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alerts.rule import AllOf, AnyOf, Condition, Contact, Implausible, Rise, Rule, Select, Threshold, Vote
from sensors.model import Sensor, Text, Zone

RISE = 8.0  # °C
RISE_SURE = 10.0  # °C, for three probes in agreement
FIXED = 57.0  # °C
OXYGEN_FALL = 0.4  # % by volume
NEIGHBOURS_S = 10.0  # heat spreads along a ceiling within seconds: agreement is at the same time
SIGNALS_S = 300.0  # two different detectors may answer minutes apart
INVESTIGATE_S = 180.0  # from pre-alarm to alarm if nobody has looked (EN 54-2 allows up to 10 min in all)
ENOUGH_PROBES = 3
SIGNALS = frozenset(
    {
        "smoke",
        "fire",
        "pre_alarm",
        "smoke_stage",
        "fire_confirmed",
        "manual_call_point",
        "temperature",
        "oxygen",
    }
)

SOURCE = "GB 50116-2013 4.1.6; UL 521; EN 54-5"


def fire_rules(
    zones: Mapping[str, Zone],
    sensors: Mapping[str, Sensor],
    *,
    playbook: str = "fire",
    mutes: Iterable[str] = (),
) -> dict[str, Rule]:
    """The standard fire rules of a building: pre-alarm and confirmed, for every compartment that has a
    signal.

    ``mutes`` are rules that a confirmed fire speaks for (climate, say). Compartments with fewer than three
    temperature probes get rules in which one probe is enough for a pre-alarm and two for confirmation.
    """
    probes: dict[str, int] = {}
    for sensor in sensors.values():
        if sensor.quantity == "temperature" and _inside(zones, sensor.zone):
            compartment = _compartment(zones, sensor.zone)
            probes[compartment] = probes.get(compartment, 0) + 1
    inside = [zone.id for zone in zones.values() if _inside(zones, zone.id)]
    agreeing = tuple(z for z in inside if probes.get(_compartment(zones, z), 0) >= ENOUGH_PROBES)
    alone = tuple(z for z in inside if z not in agreeing)
    signs = {s.quantity for s in sensors.values() if _inside(zones, s.zone)} & SIGNALS
    if not signs:
        return {}
    prealarm: list[Condition] = []
    confirmed: list[Condition] = []
    if agreeing:
        prealarm += [*_detectors(agreeing), _warm_pair(agreeing)]
        confirmed += _confirmed_agreeing(agreeing)
    if alone:
        prealarm += _detectors(alone)
        confirmed += _confirmed_alone(alone)
    rules = _rules(AnyOf(of=tuple(prealarm)), AnyOf(of=tuple(confirmed)), playbook, tuple(mutes))
    if alone and any(s.quantity == "temperature" and s.zone in alone for s in sensors.values()):
        rules.append(_heat_alone(alone, playbook))
    return {rule.id: rule for rule in rules}


def _inside(zones: Mapping[str, Zone], zone: str) -> bool:
    return zone in zones and zones[zone].kind != "outside"


def _compartment(zones: Mapping[str, Zone], zone: str) -> str:
    return zones[zone].compartment or zone


def _on(quantity: str, zones: tuple[str, ...]) -> Contact:
    return Contact(select=Select(quantity=quantity, zones=zones), is_=1.0)


def _rise(limit: float, zones: tuple[str, ...]) -> Rise:
    return Rise(select=Select(quantity="temperature", zones=zones), limit=limit, clear_at=limit / 2)


def _fixed(zones: tuple[str, ...]) -> Threshold:
    select = Select(quantity="temperature", zones=zones)
    return Threshold(select=select, above=True, limit=FIXED, clear_at=FIXED - 5.0)


def _beyond(zones: tuple[str, ...]) -> Implausible:
    return Implausible(select=Select(quantity="temperature", zones=zones), side="high")


def _detectors(zones: tuple[str, ...]) -> tuple[Condition, ...]:
    """Single detectors: the panel's, stand-alone smoke alarms, aspirating smoke from its first alarm stage."""
    stage = Select(quantity="smoke_stage", zones=zones)
    return (
        _on("smoke", zones),
        _on("fire", zones),
        _on("pre_alarm", zones),
        Threshold(select=stage, above=True, limit=1.5, clear_at=0.5),
    )


def _different(zones: tuple[str, ...]) -> Vote:
    """Two signals that measure different things, or the word of those who may confirm alone."""
    oxygen = Select(quantity="oxygen", zones=zones)
    return Vote(
        of=(
            *_detectors(zones),
            _rise(RISE, zones),
            _fixed(zones),
            Rise(select=oxygen, limit=OXYGEN_FALL, clear_at=OXYGEN_FALL / 2, rising=False),
        ),
        at_least=2,
        within_s=SIGNALS_S,
        distinct_quantities=True,
        panel=(_on("fire_confirmed", zones), _on("manual_call_point", zones)),
    )


def _two_detectors(zones: tuple[str, ...]) -> Vote:
    return Vote(of=_detectors(zones), at_least=2, within_s=SIGNALS_S)


def _warm_pair(zones: tuple[str, ...]) -> Vote:
    return Vote(of=(_rise(RISE, zones), _fixed(zones), _beyond(zones)), at_least=2, within_s=NEIGHBOURS_S)


def _confirmed_agreeing(zones: tuple[str, ...]) -> tuple[Condition, ...]:
    three = Vote(of=(_rise(RISE_SURE, zones), _beyond(zones)), at_least=3, within_s=NEIGHBOURS_S)
    hot = AnyOf(of=(_fixed(zones), _beyond(zones)))
    return _different(zones), _two_detectors(zones), three, AllOf(of=(hot, _warm_pair(zones)))


def _confirmed_alone(zones: tuple[str, ...]) -> tuple[Condition, ...]:
    return _different(zones), _two_detectors(zones), _warm_pair(zones)


def _heat_alone(zones: tuple[str, ...], playbook: str) -> Rule:
    """One probe is all there is: its heat must last for some samples or until the clock has run 5 s."""
    return Rule(
        id="fire-heat",
        name=Text("火灾预警（高温）", "Fire pre-alarm (heat)"),
        when=AnyOf(of=(_rise(RISE_SURE, zones), _fixed(zones))),
        scope="compartment",
        for_s=5.0,
        priority=1,
        life_safety=True,
        latch=True,
        playbook=playbook,
        hazard="fire",
        stage="prealarm",
        investigate_s=INVESTIGATE_S,
        advice=_LOOK,
        consequence=_SPREADS,
        clause=SOURCE,
        revision="standard-1",
    )


_LOOK = Text(
    "两人携带灭火器到场核实；看到烟火立即报 119，不要独自进入。",
    "Two people look, with an extinguisher; at smoke or flame call 119 at once, never enter alone.",
)
_SPREADS = Text("火势可在数分钟内充满库房。", "A store can be full of fire within minutes.")


def _rules(prealarm: Condition, confirmed: Condition, playbook: str, mutes: tuple[str, ...]) -> list[Rule]:
    return [
        Rule(
            id="fire-prealarm",
            name=Text("火灾预警", "Fire pre-alarm"),
            when=prealarm,
            scope="compartment",
            priority=1,
            life_safety=True,
            latch=True,
            playbook=playbook,
            hazard="fire",
            stage="prealarm",
            investigate_s=INVESTIGATE_S,
            advice=_LOOK,
            consequence=_SPREADS,
            clause=SOURCE,
            revision="standard-1",
        ),
        Rule(
            id="fire-confirmed",
            name=Text("火灾确认", "Confirmed fire"),
            when=confirmed,
            scope="compartment",
            priority=1,
            life_safety=True,
            latch=True,
            mutes=mutes,
            playbook=playbook,
            hazard="fire",
            stage="confirmed",
            advice=Text(
                "立即拨打 119，疏散人员，关闭防火门和通风；先救人。",
                "Call 119 at once, get people out, shut fire doors and ventilation; people first.",
            ),
            consequence=_SPREADS,
            clause=SOURCE,
            revision="standard-1",
        ),
    ]
