"""people.toml: who can be told, in which order, and who is on duty when."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import pairwise

from msgspec import Struct

from alerts.model import Duty, Ladder, Person, Rung
from alerts.people import hand_over_moments
from sensors.model import Text
from strongroom.folder.document import Document
from strongroom.folder.ledger import Ledger, Spot
from strongroom.folder.schedule import DAYS, read_schedule
from strongroom.folder.table import Table, root

FILE = "people.toml"
ON_DUTY = "on-duty"
CHANNELS = ("sms", "voice", "push", "mail", "wecom", "dingtalk", "feishu", "webhook")


class Staff(Struct, frozen=True, kw_only=True):
    """What people.toml says, with the place of each part."""

    people: dict[str, Person]
    ladders: tuple[Ladder, ...]
    duties: tuple[Duty, ...]
    tables: dict[str, Table]
    ladder_tables: tuple[Table, ...]
    duty_tables: tuple[Table, ...]


def read_staff(doc: Document, ledger: Ledger, languages: tuple[str, ...]) -> Staff:
    """People, ladders and duties; problems go to the ledger."""
    top = root(doc, ledger, "people")
    top.only()
    people: dict[str, Person] = {}
    tables: dict[str, Table] = {}
    for table in top.tables("person", "person"):
        person = _person(table, languages)
        if person.id and person.id not in people:
            people[person.id] = person
            tables[person.id] = table
            ledger.note("stand_in", person.id, table.spot(show=False))
            for role in person.roles:
                _note_role(role, table, ledger)
    duty_tables = top.tables("duty", "duty")
    duties = tuple(_duty(table) for table in duty_tables)
    for table, duty in zip(duty_tables, duties, strict=True):
        _note_role(duty.role, table, ledger)
    ladder_tables = top.tables("ladder", "ladder")
    ladders = tuple(_ladder(table) for table in ladder_tables)
    _repeated_ladders(ladder_tables, ladders)
    if not doc.whole:
        ledger.incomplete("person", "role", "stand_in")
    return Staff(
        people=people,
        ladders=ladders,
        duties=duties,
        tables=tables,
        ladder_tables=tuple(ladder_tables),
        duty_tables=tuple(duty_tables),
    )


def _note_role(role: str, table: Table, ledger: Ledger) -> None:
    ledger.note("role", role, table.spot(show=False))
    ledger.note("stand_in", role, table.spot(show=False))


def _person(table: Table, languages: tuple[str, ...]) -> Person:
    table.only()
    name = table.identifier("person", "wang")
    phone = _phone(table)
    mail = table.string("mail")
    if mail and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", mail):
        table.wrong("mail", Text("不是邮箱地址。", "This is not a mail address."), 'mail = "wang@example.cn"')
    channels = table.strings("channels") or ("sms",)
    for channel in channels:
        if channel not in CHANNELS:
            listed = ", ".join(CHANNELS)
            table.wrong("channels", Text(f"没有“{channel}”这个渠道。可用：{listed}。",
                                         f'There is no channel "{channel}". Known: {listed}.'),
                        'channels = ["sms"]')  # fmt: skip
    if not phone and not table.has("phone") and {"sms", "voice"} & set(channels) and not table.damaged():
        table.ledger.warn(
            table.spot(show=False),
            Text(
                "没有电话号码，短信和语音都联系不到。",
                "Without a phone number neither SMS nor call can reach them.",
            ),
            Text('补上：phone = "+8613800000001"', 'Add: phone = "+8613800000001"'),
        )
    return Person(
        id=name,
        name=table.text("name", required=Text("王芳", "Wang Fang"), languages=languages),
        phone=phone,
        mail=mail,
        language=table.choice("language", ("zh", "en"), "zh"),
        roles=table.strings("roles"),
        skills=table.strings("skills"),
        channels=channels,
    )


def _phone(table: Table) -> str:
    if not table.has("phone"):
        return ""
    value = table.data["phone"]
    if isinstance(value, int) and not isinstance(value, bool):
        meant = _e164(str(value))
        table.wrong("phone", Text("电话号码要加英文引号，按国际格式写。",
                                  "A phone number is text in quotes, in international form."),
                    f'phone = "{meant}"')  # fmt: skip
        return meant
    phone = table.string("phone")
    if not phone or re.fullmatch(r"\+[1-9]\d{6,14}", phone):
        return phone
    table.wrong("phone", Text("不是国际格式（E.164：加号、国家码、号码，不留空格）。",
                              "This is not in international form (E.164: plus, country code, number, no spaces)."),
                f'phone = "{_e164(phone)}"')  # fmt: skip
    return ""


def _e164(written: str) -> str:
    """The number in international form; numbers of eleven digits from 1 are Chinese mobiles (+86)."""
    digits = re.sub(r"\D", "", written)
    if re.fullmatch(r"1[3-9]\d{9}", digits):
        return f"+86{digits}"
    if written.lstrip().startswith("00"):
        return f"+{digits[2:]}"
    if re.fullmatch(r"0[1-9]\d{8,10}", digits):
        return f"+86{digits[1:]}"
    if re.fullmatch(r"[1-9]\d{6,14}", digits):
        return f"+{digits}"
    return "+8613800000001"


def _ladder(table: Table) -> Ladder:
    table.only()
    priority = table.whole("priority", default=1, low=1, high=3)
    if not table.has("priority"):
        table.missing("priority", "priority = 1")
    table.label = f"ladder {priority}"
    rungs = tuple(_rung(entry, table) for entry in table.tables("rungs", "rung", table.label))
    if not rungs and not table.damaged():
        table.ledger.error(
            table.spot(show=False),
            Text("没有任何一级联系人。", "The ladder has no rung."),
            Text(
                '补上：rungs = [{ role = "on-duty", after_min = 0 }]',
                'Add: rungs = [{ role = "on-duty", after_min = 0 }]',
            ),
        )
    for earlier, later in pairwise(rungs):
        if later.after_min < earlier.after_min:
            table.ledger.warn(
                table.spot("rungs"),
                Text("各级的 after_min 应从小到大。", "The rungs should come in the order of after_min."),
                Text("按时间先后排列。", "Put them in the order of their times."),
            )
            break
    return Ladder(
        priority=priority,
        rungs=rungs,
        repeat_min=table.number("repeat_min", low=0, high=1440, unit="min"),
        # Left out it is not 0: an urgent alarm nobody works on must come back (alerts.course.FORGOTTEN_MIN).
        forgotten_min=table.number("forgotten_min", low=0, high=10_080, unit="min")
        if table.has("forgotten_min")
        else None,
    )


def _rung(entry: Table, ladder: Table) -> Rung:
    entry.only()
    role = entry.string("role")
    person = entry.string("person")
    if bool(role) == bool(person) and not entry.damaged():
        entry.ledger.error(
            Spot(entry.doc.file, entry.spot().line, ladder.label),
            Text("每一级写 role 或 person 中的一个。", "A rung takes exactly one of role and person."),
            Text('改为：{ role = "on-duty", after_min = 0 }', 'Write: { role = "on-duty", after_min = 0 }'),
        )
    if role:
        entry.refer("role", "role", role, "warning")
    if person:
        entry.refer("person", "person", person)
    return Rung(
        role=role,
        person=person,
        after_min=entry.number("after_min", low=0, high=1440, unit="min"),
        channel=entry.choice("channel", ("", *CHANNELS), ""),
        hours=tuple(
            read_schedule(span, f"{ladder.label}  hours")
            for span in entry.tables("hours", "armed", ladder.label)
        ),
        each_confirms=entry.flag("each_confirms"),
    )


def _repeated_ladders(tables: list[Table], ladders: tuple[Ladder, ...]) -> None:
    seen: dict[int, Spot] = {}
    for table, ladder in zip(tables, ladders, strict=True):
        first = seen.setdefault(ladder.priority, table.spot(show=False))
        if first != table.spot(show=False):
            table.ledger.error(
                table.spot("priority"),
                Text(f"优先级 {ladder.priority} 的通知阶梯已在 {first} 写过。",
                     f"There is already a ladder for priority {ladder.priority} at {first}."),
                Text("合并为一个，或改为另一个优先级。", "Merge them, or write another priority."),
            )  # fmt: skip


def _duty(table: Table) -> Duty:
    table.only()
    kind = table.choice("kind", ("shift", "override", "swap", "absence"), "shift")
    person = table.string("person")
    instead_of = table.string("instead_of")
    order = table.strings("order")
    weekly = _weekly(table)
    from_ = table.moment("from")
    until = table.moment("until")
    start = table.day("start")
    if person:
        table.label = f'duty "{person}"'
        table.refer("person", "person", person)
    if instead_of:
        table.refer("person", "instead_of", instead_of)
    table.refer_each("person", "order", order)
    if not table.damaged():
        _duty_form(table, kind, bool(person), order)
    if from_ and until and datetime.fromisoformat(until) <= datetime.fromisoformat(from_):
        table.wrong(
            "until", Text("结束时间不晚于开始时间。", "It does not end after its begin."), "until = …"
        )
    return Duty(
        kind="override" if kind == "override" else "swap" if kind == "swap"
        else "absence" if kind == "absence" else "shift",
        person=person,
        instead_of=instead_of,
        from_=from_,
        until=until,
        weekly=weekly,
        order=order,
        start=start,
        role=table.string("role", default=ON_DUTY),
    )  # fmt: skip


def _duty_form(table: Table, kind: str, person: bool, order: tuple[str, ...]) -> None:
    """A rotation has weekly and order, a shift person, from and until; exceptions likewise."""
    if kind == "shift" and (table.has("weekly") or table.has("order")):
        if not order and not person:
            table.missing("order", 'order = ["li", "wang"]')
        if not table.has("weekly"):
            table.missing("weekly", 'weekly = "Mon 09:00"')
        return
    if kind == "swap" and not table.has("instead_of"):
        table.missing("instead_of", 'instead_of = "li"')
    if not person and not table.has("person"):
        table.missing("person", 'person = "wang"')
    for key, example in (("from", "2026-12-01T09:00:00"), ("until", "2026-12-08T09:00:00")):
        if not table.has(key):
            table.missing(key, f"{key} = {example}")


def _weekly(table: Table) -> str:
    value = table.string("weekly", plain=False).strip()
    if not value:
        return ""
    try:
        moments = hand_over_moments(value)
    except ValueError:
        meant = _weekly_meant(value)
        table.wrong("weekly", Text("交接时间写作星期缩写加时刻。", "Write the day's short name and the time."),
                    f'weekly = "{meant}"')  # fmt: skip
        return meant
    return ", ".join(f"{DAYS[day]} {clock:%H:%M}" for day, clock in moments)


def _weekly_meant(value: str) -> str:
    day = next((day for day in DAYS if day.casefold() in value.casefold()), "Mon")
    match = re.search(r"(\d{1,2})(?:[:.时点](\d{2})?)?", value)
    hour, minute = (int(match[1]), int(match[2] or 0)) if match else (9, 0)
    return f"{day} {hour:02d}:{minute:02d}" if hour < 24 and minute < 60 else f"{day} 09:00"
