"""A small believable archive and its boards: quiet, water, fire, broker lost, drill, first run."""

from __future__ import annotations

import msgspec

from alerts.model import Alarm, Duty, Notice, NoticeState, Person, Shelf, Signed
from alerts.rule import Cause, Contact, Rule, Select, Threshold
from playbooks.items import Care, Hand, ItemState
from playbooks.model import (
    Access,
    Branch,
    Crew,
    Drill,
    Holding,
    Incident,
    Left,
    Note,
    Playbook,
    Presence,
    Ranked,
    RescuePlan,
    Step,
    StepState,
    Trip,
)
from sensors.model import Door, Quality, Sensor, Text, Zone
from strongroom.model import Board, Building, Floor, Health, Latest, OnDuty

NOW = 1_795_415_527.0  # 2026-11-23 14:32:07 in Asia/Shanghai


def _zone(id: str, zh: str, en: str, kind: str, floor: str, limit: int = 0) -> Zone:
    return Zone(
        id=id,
        name=Text(zh, en),
        kind=kind,
        floor=floor,
        people_limit=limit,
        doors=(Door(f"corridor-{floor[0]}", 10),),
    )


ZONES = {
    zone.id: zone
    for zone in (
        _zone("reading-room", "阅览室", "Reading room", "reading-room", "1F", 40),
        _zone("stack-1a", "一层 A 库", "Stack 1A", "paper-store", "1F", 4),
        _zone("guard", "值班室", "Guard room", "office", "1F"),
        _zone("corridor-1", "一层走廊", "Corridor 1", "circulation", "1F"),
        _zone("stack-2a", "二层 A 库", "Stack 2A", "paper-store", "2F", 4),
        _zone("stack-2b", "二层 B 库", "Stack 2B", "paper-store", "2F", 4),
        _zone("film-store", "胶片库", "Film store", "film-store", "2F", 2),
        _zone("corridor-2", "二层走廊", "Corridor 2", "circulation", "2F"),
        _zone("plant", "设备间", "Plant room", "plant", "B1"),
        _zone("stack-b1", "地下库房", "Basement stack", "paper-store", "B1", 4),
        _zone("corridor-B", "地下走廊", "Basement corridor", "circulation", "B1"),
    )
}

PLANS = {
    "1F": """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 560">
<rect id="reading-room" x="20" y="20" width="420" height="300"/>
<rect id="stack-1a" x="450" y="20" width="360" height="300"/>
<rect id="guard" x="820" y="20" width="160" height="300"/>
<rect id="corridor-1" x="20" y="330" width="960" height="110"/>
<path class="wall" d="M10 10H990V450H10Z" fill="none" stroke="#333"/></svg>""",
    "2F": """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 560">
<rect id="stack-2a" x="20" y="20" width="300" height="320"/>
<polygon id="stack-2b" points="330,20 700,20 700,340 330,340"/>
<g transform="translate(710 20)"><path id="film-store" d="M0 0h270v320h-270z"/></g>
<rect id="corridor-2" x="20" y="350" width="960" height="110"/>
<path class="wall" d="M10 10H990V470H10Z" fill="none" stroke="#333"/></svg>""",
}


def _sensor(id: str, zh: str, en: str, zone: str, quantity: str, at: tuple[float, float]) -> Sensor:
    return Sensor(
        id=id,
        name=Text(zh, en),
        zone=zone,
        quantity=quantity,
        topic=f"city/{id}",
        dialect="json",
        at=at,
        every_s=60,
    )


SENSORS = {
    sensor.id: sensor
    for sensor in (
        _sensor("2A-T1", "二层 A 库温度", "Stack 2A temperature", "stack-2a", "temperature", (0.10, 0.42)),
        _sensor("2A-H1", "二层 A 库湿度", "Stack 2A humidity", "stack-2a", "humidity", (0.13, 0.42)),
        _sensor("2B-T1", "二层 B 库温度", "Stack 2B temperature", "stack-2b", "temperature", (0.40, 0.42)),
        _sensor("2B-H1", "二层 B 库湿度", "Stack 2B humidity", "stack-2b", "humidity", (0.43, 0.42)),
        _sensor("2B-W1", "二层 B 库漏水绳", "Stack 2B water rope", "stack-2b", "water_leak", (0.60, 0.52)),
        _sensor("FS-T1", "胶片库温度", "Film store temperature", "film-store", "temperature", (0.80, 0.30)),
        _sensor("C2-S1", "二层走廊烟感", "Corridor 2 smoke", "corridor-2", "smoke", (0.50, 0.72)),
        _sensor("1A-T1", "一层 A 库温度", "Stack 1A temperature", "stack-1a", "temperature", (0.60, 0.30)),
        _sensor("1A-H1", "一层 A 库湿度", "Stack 1A humidity", "stack-1a", "humidity", (0.63, 0.30)),
        _sensor("B1-M1", "设备间市电", "Plant room mains", "plant", "mains", (0.20, 0.50)),
    )
}

VALUES = {
    "2A-T1": 19.2,
    "2A-H1": 51.0,
    "2B-T1": 20.1,
    "2B-H1": 55.5,
    "2B-W1": 0.0,
    "FS-T1": 13.4,
    "C2-S1": 0.0,
    "1A-T1": 21.7,
    "1A-H1": 48.0,
    "B1-M1": 1.0,
}

RULES = {
    rule.id: rule
    for rule in (
        Rule(
            id="water-in-stack",
            name=Text("库房漏水", "Water in a stack"),
            when=Contact(select=Select(quantity="water_leak"), is_=1.0),
            priority=1,
            latch=True,
            playbook="water",
            hazard="water",
            advice=Text("先断电，再进入。", "Power off first, then go in."),
            consequence=Text("底层案卷 10 分钟内浸水。", "Bottom shelves soak within 10 minutes."),
        ),
        Rule(
            id="humid-stack",
            name=Text("库房湿度过高", "Stack too humid"),
            when=Threshold(select=Select(quantity="humidity"), above=True, limit=60, clear_at=57),
            priority=3,
            page="day",
            advice=Text("检查除湿机。", "Check the dehumidifier."),
        ),
        Rule(
            id="warm-stack",
            name=Text("库房温度过高", "Stack too warm"),
            when=Threshold(select=Select(quantity="temperature"), above=True, limit=24, clear_at=23),
        ),
        Rule(
            id="cold-stack",
            name=Text("库房温度过低", "Stack too cold"),
            when=Threshold(select=Select(quantity="temperature"), above=False, limit=14, clear_at=15),
        ),
    )
}

PEOPLE = {
    person.id: person
    for person in (
        Person(
            id="wang",
            name=Text("王芳", "Wang Fang"),
            phone="+8613800000001",
            roles=("archivist", "coordinator"),
        ),
        Person(id="li", name=Text("李强", "Li Qiang"), phone="+8613800000002", roles=("archivist", "guard")),
        Person(id="zhao", name=Text("赵敏", "Zhao Min"), phone="+8613800000003", roles=("helper",)),
        Person(
            id="smith",
            name=Text("史密斯", "J. Smith"),
            phone="+447700900123",
            language="en",
            roles=("helper",),
        ),
    )
}

WATER = Playbook(
    id="water",
    title=Text("库房漏水", "Water in a stack"),
    threat="water",
    stop_when=Text(
        "水位过踝、吊顶下坠、闻到焦味：立即撤离。",
        "Water over the ankle, sagging ceiling, burning smell: leave at once.",
    ),
    revision="r1",
    steps=(
        Step(
            id="power",
            do=Text("切断该区电源。", "Cut power to the zone."),
            who="guard",
            within_s=120,
            by_heart=True,
            kind="confirm",
        ),
        Step(
            id="source",
            do=Text("水从哪里来？", "Where does the water come from?"),
            who="coordinator",
            kind="ask",
            within_s=300,
            branches=(
                Branch(answer="pipe", label=Text("管道", "Pipe"), to="valve"),
                Branch(answer="roof", label=Text("屋顶", "Roof"), to="cover"),
                Branch(answer="unknown", label=Text("不知道", "Unknown"), to="valve"),
            ),
        ),
        Step(
            id="valve",
            do=Text("关闭地下一层总阀（红色）。", "Close the main valve in B1 (red)."),
            who="guard",
            within_s=420,
        ),
        Step(
            id="cover",
            do=Text("按抢救单覆盖或搬运。", "Cover or move, following the rescue list."),
            who="archivist",
            kind="rescue",
            within_s=900,
            after=("power",),
            why=Text("断电前进入会触电。", "Entering before power is off can kill."),
        ),
    ),
)


def _holding(id: str, title: str, place: str, grade: int, worth: float, **more: object) -> Holding:
    facts: dict[str, object] = {
        "id": id,
        "title": title,
        "zone": "stack-2b",
        "place": place,
        "grade": grade,
        "worth": worth,
        "form": "paper",
        "weak_to": {"water": 3, "fire": 3},
        **more,
    }
    return msgspec.convert(facts, Holding)


HOLDINGS = {
    holding.id: holding
    for holding in (
        _holding(
            "J001-003",
            "清代契约文书 Qing deeds",
            "排3-架2-层5",
            1,
            95,
            units=12,
            unit_kg=6,
            people=2,
            carry_min=4,
            handling={"zh": "平放，勿叠压", "en": "Keep flat, do not stack"},
            cover={"zh": "盖防水布", "en": "Cover with sheeting"},
        ),
        _holding(
            "J014-020",
            "城建蓝图 Blueprints",
            "排7-架1-层1",
            2,
            60,
            units=30,
            unit_kg=4,
            people=2,
            carry_min=6,
        ),
        _holding(
            "J031", "民国报纸 Republican newspapers", "排1-架4-层2", 2, 55, units=8, unit_kg=7, carry_min=3
        ),
        _holding(
            "M002", "会议纪要（内部） Minutes", "排5-架1-层3", 1, 90, units=3, secrecy="机密", carry_min=2
        ),
        _holding(
            "J100",
            "铁柜地契总册 Register in iron chest",
            "排9-架1-层1",
            1,
            80,
            units=1,
            unit_kg=140,
            people=6,
            copies=[{"medium": "microfilm", "place": "异地库", "distance_km": 40}],
        ),
    )
}

BUILDING = Building(
    id="city",
    name=Text("市档案馆", "City Archive"),
    timezone="Asia/Shanghai",
    languages=("zh", "en"),
    assembly="car-park",
    floors=(
        Floor(id="B1", name=Text("地下一层", "B1"), plan=""),
        Floor(id="1F", name=Text("一层", "1F"), plan="1F.svg"),
        Floor(id="2F", name=Text("二层", "2F"), plan="2F.svg"),
    ),
    zones=ZONES,
    sensors=SENSORS,
    rules=RULES,
    people=PEOPLE,
    ladders=(),
    duties=(Duty(weekly="Mon 09:00", order=("li", "wang"), start="2026-11-02"),),
    playbooks={"water": WATER},
    holdings=HOLDINGS,
    drills={
        "water-2b": Drill(
            id="water-2b",
            title=Text("二层 B 库漏水演练", "Water in stack 2B"),
            mode="table",
            script=(),
            expect=(),
        )
    },
    folder="",
    revision="7f3a91c2d0",
    plans=PLANS,
)


def board(revision: int = 1, **more: object) -> Board:
    """A quiet afternoon: everything reports."""
    latest = {
        sid: Latest(
            value=value, measured_at=NOW - 12, received_at=NOW - 11, quality=Quality.GOOD, state="fresh"
        )
        for sid, value in VALUES.items()
    }
    quiet = Board(
        revision=revision,
        at=NOW,
        beat_at=NOW,
        building="city",
        folder_revision=BUILDING.revision,
        started_at=NOW - 86_400,
        latest=latest,
        alarms=(),
        incidents=(),
        notices=(),
        on_duty=(OnDuty(person="wang", role="on-duty"), OnDuty(person="li", role="guard")),
        health=Health(
            broker_connected=True,
            broker_detail="127.0.0.1:1883",
            broker_since_at=NOW - 86_000,
            intake_queue=0,
            intake_rate=3.4,
            commit_ms=4.0,
            backlog=0,
            sender="paper",
        ),
        last_change_at=NOW - 19_200,
    )
    return msgspec.structs.replace(quiet, **more)


def alarm(rule: str = "water-in-stack", zone: str = "stack-2b", n: int = 1, **more: object) -> Alarm:
    """An alarm of one of the rules, fresh and unanswered."""
    known = RULES[rule]
    base = Alarm(
        id=f"{rule}@{zone}#{n}",
        rule=rule,
        scope=zone,
        zone=zone,
        reference=f"A{n:03d}",
        priority=known.priority,
        fault=known.fault,
        life_safety=False,
        name=known.name,
        raised_at=NOW - 27,
        active=True,
        latch=known.latch,
        advice=known.advice,
        consequence=known.consequence,
        hazard=known.hazard,
        playbook=known.playbook,
        reason=Text("漏水绳报告有水，已持续 5 s。", "The water rope reports wet for 5 s."),
    )
    return msgspec.structs.replace(base, **more)


WET = Cause(sensor="2B-W1", quantity="water_leak", value=1.0, unit="", limit=None, measured_at=NOW - 32)
HUMID = Cause(sensor="1A-H1", quantity="humidity", value=67.2, unit="%RH", limit=60, measured_at=NOW - 60)


def _rescue() -> RescuePlan:
    def ranked(holding: str, rank: int, act: str, score: float, zh: str, en: str, people: int = 2) -> Ranked:
        facts = {
            "holding": holding,
            "rank": rank,
            "act": act,
            "score": score,
            "why": {"zh": zh, "en": en},
            "minutes": 4,
            "people": people,
        }
        return msgspec.convert(facts, Ranked)

    return RescuePlan(
        made_at=NOW + 240,
        basis=Text(
            "二层 B 库已放行，4 人，20 min；水从上方来，先底层后高层。",
            "Stack 2B cleared, 4 people, 20 min; water from above.",
        ),
        threat="water",
        cleared=("stack-2b",),
        people=4,
        budget_min=20,
        ranking=(
            ranked(
                "J001-003",
                1,
                "take",
                95,
                "一级，孤本，遇水受损最快。",
                "Grade 1, no copy, soaks fastest.",
            ),
            ranked("M002", 2, "take", 90, "一级，三盒即可搬完。", "Grade 1, only three boxes."),
            ranked("J014-020", 3, "take", 60, "二级，底层首先浸水。", "Grade 2, bottom shelf soaks first."),
            ranked("J031", 4, "take", 55, "二级，途中顺路。", "Grade 2, on the way."),
            ranked("J100", 5, "protect", 80, "140 kg，六人也难搬：就地覆盖。", "140 kg: cover in place.", 6),
        ),
        trips=(
            Trip(crew="A", zone="stack-2b", holdings=("J001-003",), people=2, from_min=0, minutes=4, kg=72),
            Trip(
                crew="B", zone="stack-2b", holdings=("M002", "J031"), people=2, from_min=0, minutes=5, kg=71
            ),
        ),
        left=(Left("J100", Text("过重（140 kg），就地覆盖", "too heavy (140 kg), cover in place")),),
    )


def incident(**more: object) -> Incident:
    """The water incident six minutes in: power off, source asked, people inside, first box out."""
    base = Incident(
        id="inc-1",
        reference="I001",
        kind="incident",
        threat="water",
        zones=("stack-2b", "stack-2a"),
        alarms=("water-in-stack@stack-2b#1",),
        level=2,
        opened_at=NOW - 20,
        opened_by="system",
        playbook=WATER,
        steps={
            "power": StepState(state="done", by="li", second="wang", at=NOW + 50),
            "source": StepState(state="ready"),
            "valve": StepState(state="waiting"),
            "cover": StepState(state="waiting"),
        },
        roles={"coordinator": "wang", "guard": "li"},
        access={
            "stack-2b": Access(state="cleared", by="wang", at=NOW + 200, reason="已断电"),
            "stack-2a": Access(state="closed"),
        },
        inside=(Presence(person="li", zone="stack-2b", in_at=NOW + 260, party=("zhao",)),),
        people=4,
        plan=_rescue(),
        items={
            "J001-003": ItemState(state="out", by="li", at=NOW + 330),
            "M002": ItemState(state="waiting"),
            "J014-020": ItemState(state="waiting"),
            "J031": ItemState(state="waiting"),
            "J100": ItemState(state="waiting"),
        },
        notes=(Note("wang", NOW + 120, "吊顶滴水，已通知物业。"),),
    )
    return msgspec.structs.replace(base, **more)


def notice(person: str, n: int, state: NoticeState = NoticeState.SENT, **more: object) -> Notice:
    """A message about the water alarm."""
    base = Notice(
        id=f"n{n}",
        about="water-in-stack@stack-2b#1",
        reference="A001",
        person=person,
        channel="sms",
        words="【市档案馆】紧急：二层 B 库漏水 14:31。先断电，再进入。确认码 4711",
        reason=Text("值班人员，第 1 级", "On duty, rung 1"),
        rung=0,
        due_at=NOW - 25,
        state=state,
        code="4711",
        at={"sent": NOW - 20},
        priority=1,
    )
    return msgspec.structs.replace(base, **more)


def water_board(revision: int = 2, *, later: bool = False) -> Board:
    """Water in stack 2B; ``later``: the incident is six minutes old."""
    shift = 360.0 if later else 0.0
    wet = alarm(cause=WET, first_out=True)
    if later:
        wet = msgspec.structs.replace(wet, acked=Signed("wang", NOW + 60))
    humid = alarm(
        "humid-stack", "stack-1a", 2, cause=HUMID, raised_at=NOW - 19_000, acked=Signed("li", NOW - 18_600)
    )
    shelved = alarm(
        "warm-stack",
        "film-store",
        3,
        raised_at=NOW - 4000,
        shelved=Shelf("wang", NOW - 3600, NOW + 7200, "空调检修"),
    )
    latest = dict(board().latest)
    latest["2B-W1"] = Latest(
        value=1.0, measured_at=NOW - 32, received_at=NOW - 32, quality=Quality.GOOD, state="fresh"
    )
    latest["1A-H1"] = Latest(
        value=67.2, measured_at=NOW - 60, received_at=NOW - 60, quality=Quality.GOOD, state="fresh"
    )
    latest["FS-T1"] = Latest(
        value=13.4,
        measured_at=NOW - 5400,
        received_at=NOW - 5400,
        quality=Quality.GOOD,
        state="silent",
        words=Text("1 h 30 min 没有消息", "no message for 1 h 30 min"),
    )
    return board(
        revision,
        at=NOW + shift,
        beat_at=NOW + shift,
        latest=latest,
        alarms=(wet, humid, shelved),
        incidents=(incident() if later else incident(plan=None, inside=(), items={}, steps=_fresh()),),
        notices=(
            notice("wang", 1, NoticeState.ANSWERED if later else NoticeState.DELIVERED),
            notice(
                "smith", 2, NoticeState.SENT, words="[City Archive] URGENT Water in Stack 2B 14:31. Code 4711"
            ),
        ),
    )


def _fresh() -> dict[str, StepState]:
    return {step.id: StepState(state="ready" if not step.after else "waiting") for step in WATER.steps}


def salvage_board(revision: int = 6) -> Board:
    """Thirty hours after the water: boxes at the assembly point, wet clocks, one still missing, a new plan waits."""
    later = 30 * 3600.0

    def hand(act: str, at: float, by: str, origin: str, to: str, **more: object) -> Hand:
        facts = {
            "act": act,
            "at": NOW + at,
            "said_at": NOW + at,
            "by": by,
            "said_by": by,
            "origin": origin,
            "to": to,
        }
        return msgspec.convert({**facts, **more}, Hand)

    deeds = ItemState(
        state="arrived", by="zhao", at=NOW + 700, to="car-park", wet=True, out_by="li", out_at=NOW + 330,
        received_by="zhao", received_at=NOW + 700, wet_at=NOW - 20, condition="wet", zone="stack-2b",
        said_at=NOW + 700, crate="A01",
        hands=(
            hand("out", 330, "li", "stack-2b 排3-架2-层5", "car-park", condition="wet", crate="A01"),
            hand("arrived", 700, "zhao", "car-park", "car-park", receiver="zhao", condition="wet", crate="A01"),
        ),
        care=(Care(what="keep-wet", at=NOW + 900, said_at=NOW + 900, by="zhao", said_by="zhao"),),
    )  # fmt: skip
    minutes = ItemState(
        state="out", by="zhao", at=NOW + 500, out_by="老张", out_at=NOW + 500, said_at=NOW + 2500, zone="stack-2b",
        to="car-park",
        hands=(hand("out", 500, "老张", "stack-2b 排5-架1-层3", "car-park", said_by="zhao", said_at=NOW + 2500),),
    )  # fmt: skip
    prints = ItemState(
        state="arrived", by="li", at=NOW + 800, to="晾干室 drying room", wet=True, wet_at=NOW - 18 * 3600.0,
        zone="stack-2b", received_by="li", received_at=NOW + 800, condition="damp", warned="over",
        hands=(hand("arrived", 800, "li", "stack-2b 排7-架1-层1", "晾干室 drying room", receiver="li"),),
        care=(Care(what="mould", at=NOW + 90_000, said_at=NOW + 90_000, by="li", said_by="li", note="封面"),),
    )  # fmt: skip
    papers = ItemState(
        state="arrived", by="li", at=NOW + 900, to="car-park", wet=True, wet_at=NOW - 20, safe="dry",
        safe_at=NOW + 80_000, zone="stack-2b", received_by="li", received_at=NOW + 900, condition="dry",
        hands=(hand("arrived", 900, "li", "stack-2b 排1-架4-层2", "car-park", receiver="li"),),
        care=(Care(what="dry", at=NOW + 80_000, said_at=NOW + 80_000, by="li", said_by="li", moisture_pct=7.2),),
    )  # fmt: skip
    items = {
        "J001-003": deeds,
        "M002": minutes,
        "J014-020": prints,
        "J031": papers,
        "J100": ItemState(state="covered", by="wang", at=NOW + 400, zone="stack-2b"),
    }
    inc = incident(state="recovering", items=items, inside=())
    return board(revision, at=NOW + later, beat_at=NOW + later, incidents=(inc,))


def replan_board(revision: int = 7) -> Board:
    """Twelve minutes in: half is out, a second room was cleared, and a new plan waits beside the old one."""
    old = _rescue()
    trips = (
        Trip(crew="A", zone="stack-2b", holdings=("J014-020",), people=2, from_min=0, minutes=9, kg=60, carries=2,
             leave_by_min=14.0),
        Trip(crew="B", zone="stack-2b", holdings=("J031", "J100"), people=2, from_min=0, minutes=8, kg=56,
             covered=("J100",)),
    )  # fmt: skip
    new = msgspec.structs.replace(
        old, made_at=NOW + 700, trips=trips, people=6, budget_min=15, value=7.5, bound=8.0, left=(),
        crews=(Crew(id="A", people=2), Crew(id="B", people=2), Crew(id="C", people=2)),
        basis=Text("二层 B 库已放行，6 人，15 min。", "Stack 2B cleared, 6 people, 15 min."),
    )  # fmt: skip
    accepted = msgspec.structs.replace(
        old, value=6.1, bound=7.2, crews=(Crew(id="A", people=2), Crew(id="B", people=2))
    )
    return msgspec.structs.replace(
        water_board(revision, later=True),
        at=NOW + 720,
        beat_at=NOW + 720,
        incidents=(incident(plan=accepted, proposed=new),),
    )


def fire_board(revision: int = 3) -> Board:
    """Two signals of one compartment: a confirmed fire."""
    burning = alarm(
        zone="film-store",
        n=7,
        rule="water-in-stack",
        name=Text("确认火灾", "Confirmed fire"),
        life_safety=True,
        hazard="fire",
        stage="confirmed",
    )
    smoke = alarm(
        zone="corridor-2", n=8, name=Text("烟雾预警", "Smoke pre-alarm"), priority=2, stage="prealarm"
    )
    return board(revision, alarms=(smoke, burning))


def broker_board(revision: int = 4) -> Board:
    """The broker has been away for three minutes."""
    base = board()
    health = msgspec.structs.replace(
        base.health, broker_connected=False, broker_detail="connection refused", broker_since_at=NOW - 180
    )
    return msgspec.structs.replace(base, revision=revision, health=health)


def drill_board(revision: int = 5) -> Board:
    """A drill is running."""
    wet = alarm(cause=WET, drill="water-2b")
    return board(revision, drill="water-2b", alarms=(wet,))


def moved(value: Board, shift: float) -> Board:
    """The same board as many seconds later: every moment in it is moved."""

    def walk(part: object) -> object:
        if isinstance(part, dict):
            return {
                key: item + shift
                if isinstance(item, float) and (key.endswith("_at") or key == "at") and item > 1e9
                else {k: v + shift for k, v in item.items()}
                if key == "at" and isinstance(item, dict)
                else walk(item)
                for key, item in part.items()
            }
        if isinstance(part, list | tuple):
            return [walk(item) for item in part]
        return part

    return msgspec.convert(walk(msgspec.to_builtins(value)), Board)
