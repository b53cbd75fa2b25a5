"""The simulated building: a small archive of 21 sensors with rules of every kind that has a delay or a memory."""

from __future__ import annotations

from msgspec import Struct

from alerts.model import Duty, Ladder, Person, Rung
from alerts.rule import After, AllOf, Condition, Contact, Count, Rule, Schedule, Select, Threshold
from alerts.standard import standard_rules
from playbooks.model import Playbook, Step
from sensors.model import Door, Sensor, Text, Zone
from strongroom.model import Building, Floor

NIGHT = Schedule(from_="18:00", until="08:00")
SMALL_HOURS = Schedule(
    from_="02:30", until="03:30"
)  # lies in, or is touched by, the hour that clock changes move


class Device(Struct, frozen=True):
    """What speaks on one topic: its sensors, its pace, whether it tells its own time and lets the broker retain."""

    topic: str
    sensors: tuple[str, ...]
    every_s: float
    stamped: bool
    retain: bool = False
    mains: bool = False  # dies with the power


DEVICES = (
    Device("a/climate", ("a-t1", "a-h1"), 1200.0, stamped=True),
    Device("a/probe", ("a-t2",), 1200.0, stamped=True),
    Device("b/climate", ("b-t1", "b-h1"), 1200.0, stamped=True, mains=True),
    Device("film/climate", ("f-t1", "f-h1"), 1800.0, stamped=False),
    Device("reading/climate", ("r-t1", "r-h1"), 1800.0, stamped=True),
    Device("film/oxygen", ("f-o2",), 600.0, stamped=False),
    Device("a/water", ("a-w",), 3600.0, stamped=False, retain=True),
    Device("plant/water", ("p-w",), 31200.0, stamped=True),
    Device("a/smoke", ("a-s",), 3600.0, stamped=False),
    Device("b/smoke", ("b-s",), 3600.0, stamped=False, retain=True),
    Device("film/smoke", ("f-s",), 3600.0, stamped=False),
    Device("reading/smoke", ("r-s",), 31200.0, stamped=True),
    Device("corridor/callpoint", ("c-mcp",), 3600.0, stamped=False),
    Device("panel/ab", ("c-panel",), 3600.0, stamped=False),
    Device("b/door", ("b-d",), 1800.0, stamped=False),
    Device("film/door", ("f-d",), 1800.0, stamped=False),
    Device("b/motion", ("b-m",), 1800.0, stamped=False),
    Device("plant/mains", ("p-m",), 1800.0, stamped=False),
)

_QUANTITY = {
    "t1": "temperature", "t2": "temperature", "h1": "humidity", "o2": "oxygen", "w": "water_leak", "s": "smoke",
    "mcp": "manual_call_point", "panel": "fire_confirmed", "d": "contact_open", "m": "motion",
}  # fmt: skip
_ZONE = {"a": "stack-a", "b": "stack-b", "f": "film-1", "r": "reading-1", "c": "corridor", "p": "plant"}


PLAN = Playbook(
    id="wet",
    title=Text("水患", "Water"),
    threat="water",
    steps=(
        Step(id="valve", do=Text("关阀", "Close the valve"), who="on-duty", within_s=600.0),
        Step(id="pump", do=Text("排水", "Pump"), who="coordinator", after=("valve",)),
    ),
    stop_when=Text("水带电", "The water is live"),
)


def quantity_of(sensor: str) -> str:
    """The quantity of a simulated sensor."""
    return "mains" if sensor == "p-m" else _QUANTITY[sensor.split("-", 1)[1]]


def zone_of(sensor: str) -> str:
    """The zone of a simulated sensor."""
    return _ZONE[sensor.split("-", 1)[0]]


def silent_after_s(sensor: str) -> float:
    """When it is missed. A climate is missed later than its delays could be counted through."""
    every_s = next(device.every_s for device in DEVICES if sensor in device.sensors)
    return (6.0 if quantity_of(sensor) in ("temperature", "humidity") else 3.0) * every_s


def building(timezone: str) -> Building:
    """The archive, somewhere on earth."""
    zones = {zone.id: zone for zone in _zones()}
    sensors = {
        name: Sensor(
            id=name,
            name=Text(name, name),
            zone=zone_of(name),
            quantity=quantity_of(name),
            topic=device.topic,
            dialect="json",
            path=name,
            every_s=device.every_s,
            silent_after_s=silent_after_s(name),
            essential=quantity_of(name) in ("smoke", "oxygen"),
        )
        for device in DEVICES
        for name in device.sensors
    }
    written = {rule.id: rule for rule in _rules()}
    return Building(
        id="simulated",
        name=Text("模拟馆", "Simulated Archive"),
        timezone=timezone,
        languages=("zh", "en"),
        assembly="yard",
        floors=(Floor(id="1F", name=Text("一层", "First floor"), plan="plans/1F.svg"),),
        zones=zones,
        sensors=sensors,
        rules=standard_rules(zones, sensors, written, playbooks=("wet",)),
        people={person.id: person for person in _people()},
        ladders=(
            Ladder(
                priority=1,
                rungs=(
                    Rung(role="on-duty"),
                    Rung(role="coordinator", after_min=3),
                    Rung(person="chen", after_min=8),
                ),
                repeat_min=60,
            ),
            Ladder(priority=2, rungs=(Rung(role="on-duty"), Rung(role="coordinator", after_min=20))),
            Ladder(priority=3, rungs=(Rung(role="on-duty"),)),
        ),
        duties=(Duty(weekly="Mon 09:00, Fri 17:00", order=("li", "wang"), start="2025-01-06"),),
        playbooks={PLAN.id: PLAN},
        holdings={},
        drills={},
        folder="",
        revision="simulated",
    )


def _zones() -> tuple[Zone, ...]:
    def zone(id: str, kind: str, compartment: str = "") -> Zone:
        return Zone(
            id=id,
            name=Text(id, id),
            kind=kind,
            floor="1F",
            doors=(Door("yard", 20),),
            compartment=compartment,
        )

    return (
        zone("stack-a", "stack", "ab"),
        zone("stack-b", "stack", "ab"),
        zone("corridor", "circulation", "ab"),
        zone("film-1", "film"),
        zone("reading-1", "reading"),
        zone("plant", "plant"),
        zone("yard", "outside"),
    )


def _people() -> tuple[Person, ...]:
    def person(id: str, number: int, *roles: str, channels: tuple[str, ...] = ("sms",)) -> Person:
        return Person(
            id=id, name=Text(id, id), phone=f"+86138000000{number:02d}", roles=roles, channels=channels
        )

    return (
        person("li", 1, "archivist", channels=("sms", "voice")),
        person("wang", 2, "archivist"),
        person("chen", 3, "coordinator"),
        person("zhao", 4, "coordinator", channels=("voice", "sms")),
    )


def _rules() -> tuple[Rule, ...]:
    def rule(id: str, when: Condition, **more: object) -> Rule:
        words = Text(id, id)
        return Rule(id=id, name=words, when=when, advice=words, consequence=words, revision="1", **more)  # type: ignore[arg-type]

    def on(quantity: str, value: float = 1.0) -> Contact:
        return Contact(select=Select(quantity=quantity), is_=value)

    def over(quantity: str, limit: float, clear_at: float, *, above: bool = True) -> Threshold:
        return Threshold(select=Select(quantity=quantity), above=above, limit=limit, clear_at=clear_at)

    wet, power = on("water_leak"), on("mains", 0.0)
    return (
        rule("water", wet, for_s=5.0, priority=1, latch=True, hazard="water", playbook="wet"),
        rule("air", over("oxygen", 19.0, 19.5, above=False), for_s=120.0, clear_for_s=600.0, priority=1,
             life_safety=True, latch=True, hazard="gas"),
        rule("heat", over("temperature", 32.0, 30.0), for_s=1800.0, clear_for_s=1800.0, priority=2,
             hazard="heat", realarm_s=4 * 3600.0),
        rule("damp", over("humidity", 70.0, 66.0), for_s=3600.0, clear_for_s=1800.0, priority=3, hazard="damp"),
        rule("door-night", on("contact_open"), priority=2, hazard="intrusion", armed=(NIGHT,)),
        rule("door-rounds", on("contact_open"), for_s=60.0, priority=3, page="never", armed=(SMALL_HOURS,)),
        rule("entry", After(first=on("contact_open"), then=on("motion"), within_s=300.0), priority=1,
             hazard="intrusion", latch=True, armed=(NIGHT,)),
        rule("door-often", Count(select=Select(quantity="contact_open"), is_=1.0, at_least=5, within_s=600.0),
             priority=3, page="day"),
        rule("power", power, for_s=10.0, priority=2, mutes=("damp",), hazard="power"),
        rule("wet-and-live", AllOf(of=(wet, on("mains", 1.0))), scope="building", priority=1, life_safety=True,
             on_unknown="alarm", page="day"),
    )  # fmt: skip
