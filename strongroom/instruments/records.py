"""What happened to an instrument at its place, as the journal keeps it: who, when, why, old and new."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from sensors.model import Text
from strongroom.journal import Draft
from strongroom.localtime import local
from strongroom.model import Entry

KINDS: dict[str, Text] = {
    "sensor.adopted": Text("登记", "registered"),
    "sensor.replaced": Text("更换设备", "device replaced"),
    "sensor.moved_away": Text("设备移走", "device moved away"),
    "sensor.moved_in": Text("设备移入", "device moved in"),
    "sensor.calibrated": Text("校准", "calibrated"),
    "sensor.out_of_service": Text("停用", "out of service"),
    "sensor.in_service": Text("恢复使用", "back in service"),
}


MOST_RECORDS = 10_000  # read of one sensor


class Record(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry of an instrument's history; ``kind`` is a key of :data:`KINDS`, ``until_at`` the end of a time out of
    service."""

    kind: str
    sensor: str
    at: float
    by: str
    reason: str = ""
    old: dict[str, str] = {}
    new: dict[str, str] = {}
    until_at: float = 0.0

    def words(self) -> Text:
        """One sentence without date and person: what, from what to what, why."""
        what = KINDS[self.kind]
        keys = [*self.old, *(key for key in self.new if key not in self.old)]
        parts = []
        for key in keys:
            old, new = self.old.get(key, ""), self.new.get(key, "")
            if old != new:
                parts.append(f"{key} {old or '–'} → {new or '–'}")
        said = " · ".join([*parts, *([self.reason] if self.reason else [])])
        return Text(f"{what.zh}：{said}" if said else what.zh, f"{what.en}: {said}" if said else what.en)


def draft_record(record: Record) -> Draft:
    """The journal entry of a record."""
    data = msgspec.json.encode(record)
    return Draft(at=record.at, kind=record.kind, about=record.sensor, by=record.by, data=data)


def record_of(entry: Entry) -> Record | None:
    """The record in a journal entry; None where it is another kind of entry."""
    if entry.kind not in KINDS:
        return None
    try:
        return msgspec.json.decode(entry.data, type=Record)
    except (msgspec.MsgspecError, UnicodeDecodeError):  # as in strongroom.journal.decode
        return None


def records_of(entries: Iterable[Entry]) -> list[Record]:
    """All instrument records of some journal entries, in their order."""
    return [record for entry in entries if (record := record_of(entry)) is not None]


def marks_of(records: Iterable[Record], timezone: str) -> tuple[tuple[float, str], ...]:
    """Moment and words of each record in both languages, as tables carry them beside the readings."""
    return tuple(
        (one.at, f"{local(one.at, timezone, '%Y-%m-%d %H:%M')} {one.by} {words.zh} / {words.en}")
        for one in records
        for words in (one.words(),)
    )
