"""Times of the week in local wall time, as rules and ladders write them."""

from __future__ import annotations

import re

from alerts.rule import Schedule
from sensors.model import Text
from strongroom.folder.table import Table

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00")


def read_schedule(entry: Table, label: str) -> Schedule:
    """Days and times of the week; ``from`` after ``until`` runs past midnight."""
    entry.label = label
    entry.only()
    days = entry.data.get("days", list(DAYS))
    numbers: list[int] = []
    for index, day in enumerate(days if isinstance(days, list) else [days]):
        number = DAYS.index(day) if isinstance(day, str) and day in DAYS else -1
        if number < 0 and isinstance(day, str):
            number = next(
                (n for n, known in enumerate(DAYS) if day.casefold().startswith(known.casefold())), -1
            )
        if number < 0:
            entry.ledger.error(
                entry.spot("days", index),
                Text("星期写作 Mon Tue Wed Thu Fri Sat Sun。", "Days are Mon Tue Wed Thu Fri Sat Sun."),
                Text('改为：days = ["Mon", "Tue"]', 'Write: days = ["Mon", "Tue"]'),
            )
        else:
            numbers.append(number)
    return Schedule(
        days=tuple(sorted(set(numbers))) or tuple(range(7)),
        from_=clock_time(entry, "from", "00:00"),
        until=clock_time(entry, "until", "24:00"),
    )


def clock_time(entry: Table, key: str, default: str) -> str:
    """A time of day as ``HH:MM``; ``default`` where there is none or it cannot be read (a problem then)."""
    raw = entry.data.get(key)
    if raw is not None and not isinstance(raw, str) and hasattr(raw, "strftime"):
        return str(raw.strftime("%H:%M"))
    value = entry.string(key, default=default)
    if _CLOCK.fullmatch(value):
        return value
    match = re.fullmatch(r"(\d{1,2})[:.：]?(\d{2})?", value)
    meant = f"{int(match[1]) % 25:02d}:{match[2] or '00'}" if match else default
    entry.wrong(key, Text("时刻写作两位小时、冒号、两位分钟。", "A time of day is two digits, a colon, two digits."),
                f'{key} = "{meant}"')  # fmt: skip
    return default
