"""drills/*.toml: rehearsal scripts - what happens when, and what must then be true."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

from msgspec import Struct, convert

from playbooks import doing
from playbooks.model import Drill, Expect, Play, Threat
from sensors.model import Sensor, Text
from sensors.quantities import quantity
from strongroom.folder.document import Document
from strongroom.folder.ledger import Ledger, Spot, nearest
from strongroom.folder.schedule import clock_time
from strongroom.folder.table import Table, root

FOLDER = "drills"
Mode = Literal["test", "table", "live"]
MAX_S = 31 * 86_400.0
THREATS = get_args(Threat)
_EXPECTABLE = ("alarm", "told", "incident", "step")
_STATES = ("unacknowledged", "acknowledged", "cleared", "latched", "shelved", "suppressed", "normal", "open", "done",
           "ready", "waiting", "skipped", "contained", "recovering", "closed")  # fmt: skip


class Script(Struct, frozen=True):
    """A drill and the place of each of its parts."""

    drill: Drill
    table: Table


def read_drill(
    doc: Document, ledger: Ledger, languages: tuple[str, ...], sensors: dict[str, Sensor]
) -> Script:
    """One drill; problems go to the ledger."""
    top = root(doc, ledger, "drill")
    top.label = f'drill "{top.data["id"]}"' if isinstance(top.data.get("id"), str) else "drill"
    top.only()
    name = top.identifier("drill", doc.file.rsplit("/", 1)[-1].removesuffix(".toml"))
    mode: Mode = convert(top.choice("mode", get_args(Mode), "test"), Mode)
    script = tuple(_play(table, sensors) for table in top.tables("play", "play", f"{top.label}  play"))
    expect = tuple(_expect(table) for table in top.tables("expect", "expect", f"{top.label}  expect"))
    if not script and not top.damaged():
        ledger.error(
            Spot(doc.file, 0, top.label),
            Text("演练里什么也没有发生。", "Nothing happens in this drill."),
            Text("补上：[[play]]，写 at_s、sensor、value", "Add: [[play]] with at_s, sensor and value"),
        )
    if not expect and script and not top.damaged():
        ledger.warn(
            Spot(doc.file, 0, top.label),
            Text("演练没有写应当看到什么，无法评判。", "The drill expects nothing and so proves nothing."),
            Text("补上：[[expect]]，写 at_s 和 alarm", "Add: [[expect]] with at_s and alarm"),
        )
    drill = Drill(
        id=name,
        title=top.text("title", required=Text("漏水演练", "Water drill"), languages=languages),
        mode=mode,
        script=script,
        expect=expect,
        announce=top.text("announce", languages=languages),
        objectives=_objectives(top),
        starts=clock_time(top, "starts", "10:00"),
    )
    return Script(drill, top)


def _objectives(top: Table) -> tuple[Text, ...]:
    found: list[Text] = []
    for entry in top.tables("objectives", "text", f"{top.label}  objectives"):
        entry.only()
        zh, en = entry.string("zh", plain=False), entry.string("en", plain=False)
        found.append(Text(zh or en, en or zh))
    return tuple(found)


def _play(table: Table, sensors: dict[str, Sensor]) -> Play:
    table.only()
    at_s = table.number("at_s", required="0", low=0, high=MAX_S, unit="s")
    sensor = table.string("sensor")
    person = table.string("person")
    does = table.string("does", plain=False).strip()
    if bool(sensor) == bool(person) and not table.damaged():
        table.ledger.error(
            table.spot("at_s"),
            Text("每一项要么是传感器的值，要么是人的动作。", "A play is a sensor's value or a person's act."),
            Text('改为：sensor = "2B-W1"  value = "wet"\n或：person = "wang"  does = "acknowledge water-in-stack"',
                 'Write: sensor = "2B-W1"  value = "wet"\nor: person = "wang"  does = "acknowledge water-in-stack"'),
        )  # fmt: skip
    if sensor:
        table.refer("sensor", "sensor", sensor)
        if not table.has("value"):
            table.missing("value", 'value = "wet"')
    if person:
        table.refer("person", "person", person)
        _check_act(table, does)
    every_s = table.number("every_s", low=0, high=86400, unit="s")
    until_s = table.number("until_s", low=0, high=MAX_S, unit="s")
    if table.has("until_s") and until_s < at_s:
        table.wrong("until_s", Text("早于开始。", "It lies before the begin."), f"until_s = {at_s + 600:g}")
    return Play(
        at_s=at_s,
        sensor=sensor,
        value=_value(table, sensors.get(sensor)),
        person=person,
        does=does,
        every_s=every_s,
        until_s=until_s,
    )


def _check_act(table: Table, does: str) -> None:
    if not does:
        table.missing("does", 'does = "acknowledge water-in-stack"')
        return
    read = doing.read(does)
    if isinstance(read, Text):
        near = nearest(does.split(maxsplit=1)[0], [verb.id for verb in doing.VERBS])
        example = next(
            (verb.example for verb in doing.VERBS if verb.id == near), "acknowledge water-in-stack"
        )
        table.wrong("does", read, f'does = "{example}"')
    elif read.verb in {"acknowledge", "reset", "shelve", "unshelve", "comment"}:
        table.ledger.refer("rule", read.words[0], table.spot("does"), _in_act(read, 0))
    elif read.verb in {"clear", "close-zone", "go-in", "confirm"}:
        table.ledger.refer("zone", read.words[0], table.spot("does"), _in_act(read, 0))
    elif read.verb in {"out", "arrived", "covered", "cannot", "wet"}:
        table.ledger.refer("holding", read.words[0], table.spot("does"), _in_act(read, 0))


def _in_act(read: doing.Doing, index: int) -> Callable[[str], Text]:
    def write(near: str) -> Text:
        words = [*read.words[:index], near, *read.words[index + 1 :]]
        act = " ".join([read.verb, *words])
        return Text(f'改为：does = "{act}"', f'Write: does = "{act}"')

    return write


def _value(table: Table, sensor: Sensor | None) -> str | float | None:
    value = table.data.get("value")
    if value is None:
        return None
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, (list, dict)) or not isinstance(value, (int, float, str)):
        table.mistyped("value", Text("数字或状态词", "a number or a state word"), 'value = "wet"')
        return None
    known = quantity(sensor.quantity) if sensor else None
    if known is None:
        return float(value) if isinstance(value, (int, float)) else value
    if isinstance(value, str):
        word = sensor.words.get(value) if sensor else None
        if word is None and known.state_value(value) is None:
            example = f'"{known.states[1].en}"' if known.states else "21.5"
            says = Text(
                f"“{value}”不是{known.name.zh}的值。", f'"{value}" is no value of {known.name.en.lower()}.'
            )
            table.wrong("value", says, f"value = {example}")
        return value
    if not known.believable(float(value)):
        table.doubtful("value", Text(f"{known.name.zh}不会是 {value:g} {known.unit}，会被当作传感器故障。",
                                     f"{known.name.en} cannot be {value:g} {known.unit}; it counts as a sensor fault."),
                       f"value = {min(max(float(value), known.low), known.high):g}")  # fmt: skip
    return float(value)


def _expect(table: Table) -> Expect:
    table.only()
    given = [key for key in _EXPECTABLE if table.has(key)]
    if len(given) != 1 and not table.damaged():
        table.ledger.error(
            table.spot("at_s"),
            Text("每一项期望写 alarm、told、incident、step 中的一个。",
                 "An expectation names exactly one of alarm, told, incident and step."),
            Text('改为：alarm = "water-in-stack"', 'Write: alarm = "water-in-stack"'),
        )  # fmt: skip
    alarm = table.string("alarm")
    zone = table.string("zone")
    told = table.string("told")
    incident = table.string("incident")
    if alarm:
        table.refer("rule", "alarm", alarm)
    if zone and zone not in table.ledger.known("compartment"):
        table.refer("zone", "zone", zone)
    if incident and incident not in THREATS:
        table.refer("playbook", "incident", incident)
    if told:
        table.refer("stand_in", "told", told)
    return Expect(
        at_s=table.number("at_s", required="10", low=0, high=MAX_S, unit="s"),
        alarm=alarm,
        zone=zone,
        state=table.choice("state", ("", *_STATES), ""),
        told=told,
        incident=incident,
        step=table.string("step"),
        points=table.number("points", default=1.0, low=0, high=1000),
        absent=table.flag("absent"),
    )
