"""A small archive for tests: two stacks on the second floor, a corridor, a car park, people and a plan."""

from __future__ import annotations

from alerts.model import Alarm, AlarmEvent, Person
from playbooks.model import Branch, Holding, Playbook, Step
from playbooks.response import Response
from sensors.model import Door, Text, Zone


def text(words: str) -> Text:
    return Text(words, words)


ZONES = {
    zone.id: zone
    for zone in (
        Zone(id="2b", name=Text("二层 B 库", "Stack 2B"), kind="stack", floor="2F", people_limit=4,
             doors=(Door("corridor", 10),), compartment="c2"),
        Zone(id="2a", name=Text("二层 A 库", "Stack 2A"), kind="stack", floor="2F", doors=(Door("corridor", 15),),
             compartment="c2"),
        Zone(id="1a", name=Text("一层 A 库", "Stack 1A"), kind="stack", floor="1F", doors=(Door("corridor", 40),)),
        Zone(id="corridor", name=Text("走廊", "Corridor"), kind="circulation", floor="2F", doors=(Door("park", 95),)),
        Zone(id="park", name=Text("停车场", "Car park"), kind="outside", floor="1F"),
    )
}  # fmt: skip
PEOPLE = {
    person.id: person
    for person in (
        Person(id="wang", name=Text("王芳", "Wang Fang"), roles=("archivist", "coordinator")),
        Person(id="li", name=Text("李强", "Li Qiang"), roles=("archivist",)),
        Person(id="zhao", name=Text("赵敏", "Zhao Min"), roles=("guard",)),
    )
}
WATER = Playbook(
    id="water",
    title=Text("库房漏水", "Water in a stack"),
    threat="water",
    stop_when=text("leave at once"),
    steps=(
        Step(id="power", do=Text("切断电源", "Cut the power"), who="guard", within_s=120, by_heart=True),
        Step(
            id="source",
            do=Text("水从哪里来？", "Where from?"),
            who="coordinator",
            kind="ask",
            within_s=300,
            branches=(
                Branch(answer="pipe", label=Text("管道", "pipe"), to="valve"),
                Branch(answer="roof", label=Text("屋顶", "roof"), to="cover"),
                Branch(answer="unknown", label=Text("不明", "unknown"), to="valve"),
            ),
        ),
        Step(id="valve", do=Text("关总阀", "Close the valve"), who="guard", within_s=420),
        Step(
            id="cover", do=Text("覆盖或搬运", "Cover or move"), who="archivist", kind="rescue", within_s=900
        ),
    ),
)
FIRE = Playbook(
    id="fire",
    title=Text("火灾", "Fire"),
    threat="fire",
    stop_when=text("smoke"),
    steps=(Step(id="call", do=Text("拨打 119", "Call 119"), who="guard", kind="call"),),
)


def holding(id_: str, **facts: object) -> Holding:
    base: dict[str, object] = {
        "id": id_, "title": f"案卷 {id_}", "zone": "2b", "place": "1-1", "grade": 2, "worth": 50.0, "form": "paper",
        "weak_to": {"water": 3, "fire": 3, "theft": 1, "climate": 1}, "units": 1, "unit_kg": 6.0, "people": 2,
        "carry_min": 2.0,
    }  # fmt: skip
    return Holding(**(base | facts))  # type: ignore[arg-type]


HOLDINGS = {
    one.id: one
    for one in (
        holding("deeds", grade=1, worth=95.0, cover=Text("盖防水布", "sheet")),
        holding("plans", grade=2, worth=60.0, zone="2a"),
        holding("films", grade=1, worth=80.0, form="film", zone="2a"),
        holding("annals", grade=3, worth=30.0),
        holding("below", grade=2, worth=50.0, zone="1a"),
    )
}


def alarm(zone: str = "2b", rule: str = "water-in-stack", **facts: object) -> Alarm:
    base: dict[str, object] = {
        "id": f"{rule}@{zone}#1", "rule": rule, "scope": zone, "zone": zone, "reference": "K7", "priority": 1,
        "fault": False, "life_safety": False, "name": Text("库房漏水", "Water in a stack"), "raised_at": 0.0,
        "active": True, "hazard": "water", "playbook": "water",
    }  # fmt: skip
    return Alarm(**(base | facts))  # type: ignore[arg-type]


def raised(one: Alarm, kind: str = "alarm.raised", at: float = 0.0) -> AlarmEvent:
    return AlarmEvent(kind=kind, alarm=one, at=at)


def response(**facts: object) -> Response:
    return Response(
        {"water": WATER, "fire": FIRE},
        facts.get("holdings", HOLDINGS),
        ZONES,
        PEOPLE,
        "r1",
        "park",  # type: ignore[arg-type]
    )
