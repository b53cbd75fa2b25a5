"""Which column of a recording is which sensor, and what its time column means. A small TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from sensors.model import Sensor, Text, Zone
from strongroom.replay.recording import Recording, ReplayError, number

TOPIC = "replay"


class TimeColumn(Struct, frozen=True, forbid_unknown_fields=True):
    """``kind`` seconds: counted from an event at 0; wall: local text in ``zone`` ("UTC+2", IANA, "building")."""

    column: str
    kind: Literal["seconds", "wall"]
    zone: str = "building"


class Column(Struct, frozen=True, forbid_unknown_fields=True):
    """Columns whose name matches become sensors of a quantity; or one column a sensor of the building.

    ``ceiling`` marks those among them where a fixed-heat detector would hang.
    """

    match: str
    quantity: str = ""
    unit: str = ""
    sensor: str = ""
    zone: str = ""
    ceiling: str = ""


class Mapping(Struct, frozen=True, forbid_unknown_fields=True):
    """How to read the recordings of one series. ``needs`` are column patterns that tell the series."""

    title: Text
    report: Literal["fire", "climate"]
    needs: tuple[str, ...]
    time: TimeColumn
    column: tuple[Column, ...]
    zone_kind: str = "stack"
    zone: str = ""
    window: str = ""  # column that marks labelled failures with 1

    def fits(self, recording: Recording) -> bool:
        """Whether every needed column is there."""
        return all(any(fnmatchcase(name, need) for name in recording.columns) for need in self.needs)


class Bound(Struct, frozen=True):
    """A mapping bound to one recording and building: sensors by column, and where the time stands."""

    mapping: Mapping
    recording: Recording
    sensors: dict[int, Sensor]  # column index -> sensor
    time_index: int
    window_index: int | None
    ceiling: frozenset[int]


def built_in() -> list[Mapping]:
    """The mappings that come with the product."""
    folder = files("strongroom.replay").joinpath("mappings")
    return [
        parse(item.read_text("utf-8"), item.name) for item in sorted(folder.iterdir(), key=lambda i: i.name)
    ]


def parse(text: str, where: str) -> Mapping:
    """A mapping from TOML; ReplayError with what is wrong."""
    try:
        return msgspec.convert(tomllib.loads(text), Mapping)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ReplayError(where, Text(f"映射文件有误：{error}", f"the mapping is wrong: {error}")) from None


def load(path: Path) -> Mapping:
    """A mapping file of the operator's; ReplayError where it cannot be used."""
    try:
        return parse(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ReplayError(str(path), Text(f"读不出来：{error}", f"cannot be read: {error}")) from None


def choose(recording: Recording, mappings: Iterable[Mapping]) -> Mapping:
    """The first mapping that fits; ReplayError that lists the columns where none does."""
    for mapping in mappings:
        if mapping.fits(recording):
            return mapping
    shown = ", ".join(recording.columns[:12]) + (" …" if len(recording.columns) > 12 else "")
    raise ReplayError(
        str(recording.path),
        Text(
            f"没有适合这些列的映射：{shown}。请用 --mapping 指定映射文件。",
            f"no mapping fits these columns: {shown}. Give one with --mapping FILE.",
        ),
    )


def bind(
    mapping: Mapping, recording: Recording, zones: dict[str, Zone], own: dict[str, Sensor], every_s: float
) -> Bound:
    """The recording's sensors in a building. ``own`` are the building's sensors, for columns that name one."""
    zone = mapping.zone or next((z.id for z in zones.values() if z.kind == mapping.zone_kind), "")
    zone = zone or next((z.id for z in zones.values() if z.kind != "outside"), "")
    if zone not in zones:
        raise ReplayError(
            str(recording.path),
            Text(f"建筑里没有区域“{zone}”。", f"The building has no zone {zone!r} for this recording."),
        )
    found: dict[int, Sensor] = {}
    ceiling: set[int] = set()
    for index, name in enumerate(recording.columns):
        for column in mapping.column:
            if fnmatchcase(name, column.match):
                found[index] = _sensor(column, name, index, zones, own, zone, every_s, str(recording.path))
                if column.ceiling and fnmatchcase(name, column.ceiling):
                    ceiling.add(index)
                break
    if not found:
        raise ReplayError(
            str(recording.path), Text("没有一列是传感器。", "None of its columns is a sensor to the mapping.")
        )
    time_index = _index(recording, mapping.time.column)
    if time_index is None:
        raise ReplayError(
            str(recording.path),
            Text(
                f"缺少时间列 {mapping.time.column}。", f"The time column {mapping.time.column!r} is missing."
            ),
        )
    window = _index(recording, mapping.window) if mapping.window else None
    return Bound(mapping, recording, found, time_index, window, frozenset(ceiling))


def _sensor(
    column: Column,
    name: str,
    index: int,
    zones: dict[str, Zone],
    own: dict[str, Sensor],
    zone: str,
    every_s: float,
    where: str,
) -> Sensor:
    path = f"c{index}"
    silent_after_s = max(3.0 * every_s, 60.0)
    if column.sensor:
        if column.sensor not in own:
            words = Text(
                f"建筑里没有传感器“{column.sensor}”。", f"The building has no sensor {column.sensor!r}."
            )
            raise ReplayError(where, words)
        return msgspec.structs.replace(
            own[column.sensor],
            topic=TOPIC,
            dialect="json",
            path=path,
            channel="",
            every_s=every_s,
            silent_after_s=silent_after_s,
        )
    return Sensor(
        id=name,
        name=Text(name, name),
        zone=column.zone if column.zone in zones else zone,
        quantity=column.quantity,
        unit=column.unit,
        topic=TOPIC,
        dialect="json",
        path=path,
        every_s=every_s,
        silent_after_s=silent_after_s,
    )


def matches(name: str, pattern: str) -> bool:
    """Whether a column's name matches a pattern of a mapping (``*`` and ``?``)."""
    return fnmatchcase(name, pattern)


def _index(recording: Recording, pattern: str) -> int | None:
    return next((i for i, name in enumerate(recording.columns) if fnmatchcase(name, pattern)), None)


def zone_of(name: str, building: str) -> tzinfo:
    """A time zone from "building", "UTC+2" or an IANA name; ReplayError for anything else."""
    if name == "building":
        return ZoneInfo(building)
    if name.upper().startswith("UTC"):
        hours = number(name[3:] or "0")
        if hours is not None and abs(hours) <= 14:
            return timezone(timedelta(hours=hours)) if hours else UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ReplayError(
            "mapping", Text(f"不认识的时区“{name}”。", f"Unknown time zone {name!r}.")
        ) from None


def stamp(cell: str, kind: str, zone: tzinfo) -> float | None:
    """The time of a row: seconds, or Unix seconds of a wall time; None where the cell is no time."""
    if kind == "seconds":
        return number(cell)
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()
