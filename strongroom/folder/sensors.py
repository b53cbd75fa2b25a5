"""sensors.toml: what is measured where, and how its message is read."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from sensors.bind import SIMPLE
from sensors.decode import AUTO
from sensors.derived import DIALECT as DERIVED
from sensors.dialects.registry import BY_NAME
from sensors.model import Sensor, Text
from strongroom.folder.document import Document
from strongroom.folder.ledger import Ledger, nearest
from strongroom.folder.measures import check_unit, read_quantity
from strongroom.folder.table import Table, root

FILE = "sensors.toml"
# Every name a dialect may be written by, and its proper name; simple sensors bring their own path or words, and
# ``auto`` leaves the recognition to the messages.
DIALECTS = {name: name for name in SIMPLE | AUTO} | {name: dialect.name for name, dialect in BY_NAME.items()}
DIALECTS[DERIVED] = DERIVED  # calculated from other sensors: no message of its own


class Instruments(Struct, frozen=True):
    """The sensors and where each is declared."""

    sensors: dict[str, Sensor]
    tables: dict[str, Table]


def read_sensors(doc: Document, ledger: Ledger, languages: tuple[str, ...]) -> Instruments:
    """All sensors; problems go to the ledger."""
    top = root(doc, ledger, "sensors")
    top.only()
    sensors: dict[str, Sensor] = {}
    tables: dict[str, Table] = {}
    for table in top.tables("sensor", "sensor"):
        sensor = _sensor(table, languages)
        name = ledger.spare(sensor.id, sensors)
        sensors[name] = sensor
        tables[name] = table
    if not doc.whole:
        ledger.incomplete("sensor")
    return Instruments(sensors, tables)


def _sensor(table: Table, languages: tuple[str, ...]) -> Sensor:
    table.only()
    name = table.identifier("sensor", "2B-T1")
    zone = table.string("zone", required="stack-2b")
    if zone:
        table.refer("zone", "zone", zone)
    every_s = table.number("every_s", default=300.0, low=0.1, high=7 * 86400, unit="s")
    silent_after_s = table.number(
        "silent_after_s", default=max(3 * every_s, 60.0), low=1, high=30 * 86400, unit="s"
    )
    if table.has("silent_after_s") and silent_after_s < every_s:
        table.doubtful(
            "silent_after_s",
            Text(
                f"比报数间隔 every_s = {every_s:g} 秒还短，传感器会不断被判为失联。",
                f"That is shorter than every_s = {every_s:g} s, so the sensor would always be called silent.",
            ),
            f"silent_after_s = {3 * every_s:g}",
        )
    known = read_quantity(table)
    unit = table.string("unit", plain=False).strip()
    check_unit(table, known, unit)
    return Sensor(
        id=name,
        name=table.text("name", required=Text("二层 B 库 温度", "Stack 2B temperature"), languages=languages),
        zone=zone,
        quantity=known.id if known else "",
        topic=_topic(table),
        dialect=_dialect(table),
        path=table.string("path", plain=False),
        channel=table.string("channel", plain=False),
        words=_words(table),
        unit=unit,
        model=table.string("model"),
        every_s=every_s,
        silent_after_s=silent_after_s,
        at=_at(table),
        offset=table.number("offset", low=-1e6, high=1e6),
        essential=table.flag("essential"),
    )


def _dialect(table: Table) -> str:
    name = table.string("dialect", required="json")
    if name and name not in DIALECTS:
        near = nearest(name, DIALECTS) or "json"
        listed = ", ".join(dialect for dialect in sorted(DIALECTS) if DIALECTS[dialect] == dialect)
        table.wrong(
            "dialect",
            Text(
                f"没有“{name}”这种报文格式。可用：{listed}。",
                f'There is no dialect "{name}". Known: {listed}.',
            ),
            f'dialect = "{near}"',
        )
    return name


def _topic(table: Table) -> str:
    if table.data.get("dialect") == DERIVED:
        return ""
    topic = table.string("topic", required="city/2b/t1", plain=False)
    if "#" in topic or "+" in topic.split("/"):
        table.wrong(
            "topic",
            Text("传感器的主题不能含通配符 + 和 #。", "A sensor's topic may not hold the wildcards + and #."),
            f'topic = "{topic.replace("#", "…").replace("+", "…")}"',
        )
    elif len(topic.encode("utf-8", "replace")) > 65_535:
        table.wrong("topic", Text("主题太长。", "The topic is too long."), 'topic = "…"')
    return topic


def _words(table: Table) -> dict[str, float]:
    inner = table.table("words", "words")
    if inner is None:
        return {}
    taken: dict[str, float] = {}
    for key, value in inner.data.items():
        if isinstance(value, (bool, int, float)) and value in (0, 1):
            taken[key] = float(value)
        else:
            inner.wrong(key, Text("词语只能对应 1 或 0。", "A word stands for 1 or 0."), f"{key} = 1")
    if not taken and not inner.damaged():
        table.wrong("words", Text("没有写任何词语。", "No word is given."), "words = { wet = 1, dry = 0 }")
    return taken


def _at(table: Table) -> tuple[float, float] | None:
    value: Any = table.data.get("at")
    if value is None:
        return None
    pair = value if isinstance(value, list) else []
    numbers = [float(n) for n in pair if isinstance(n, (int, float)) and not isinstance(n, bool)]
    if len(numbers) != 2 or len(pair) != 2:
        table.wrong("at", Text("位置是两个 0 到 1 之间的数：左起、上起。",
                               "The place is two numbers from 0 to 1: from the left, from the top."),
                    "at = [0.31, 0.42]")  # fmt: skip
        return None
    if not all(0 <= number <= 1 for number in numbers):
        percent = all(0 <= number <= 100 for number in numbers)
        x, y = (number / 100 if percent else min(max(number, 0), 1) for number in numbers)
        table.wrong("at", Text("位置按平面图的比例写，0 到 1。",
                               "The place is a share of the plan's width and height, 0 to 1."),
                    f"at = [{x:g}, {y:g}]")  # fmt: skip
        return None
    return numbers[0], numbers[1]
