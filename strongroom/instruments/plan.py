"""What an act on instruments changes in the building folder, and what the journal will say of it. Pure.

A plan is made from the act, the building as it runs, the folder's texts and the source of the inbox; applying it
is the register's business (:mod:`strongroom.instruments.register`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from sensors.derived import DIALECT as DERIVED
from sensors.model import Calibration, Sensor, Text
from sensors.newcomer import Claim, Newcomer
from sensors.proposals import proposed, proven, wanted_claims
from sensors.quantities import quantity
from sensors.templates import Template, fitting
from strongroom.folder import calibrations
from strongroom.folder.sensors import FILE as SENSORS
from strongroom.instruments.acts import AdoptDevice, Calibrate, FolderAct, MoveDevice, ReplaceDevice
from strongroom.instruments.edit import EditError, added, changed, entry_of, fields, removed, with_row
from strongroom.instruments.records import Record
from strongroom.model import Building

CALIBRATIONS = calibrations.FILE
DEVICE_KEYS = ("topic", "dialect", "path", "channel", "model")


class Plan(Struct, frozen=True, kw_only=True):
    """``files`` by name with their new text; ``sensors`` as they will be; ``read`` what the proposed sensors take
    from the device's last message."""

    files: dict[str, str] = {}
    records: tuple[Record, ...] = ()
    sensors: tuple[Sensor, ...] = ()
    read: dict[str, float] = {}


def planned(
    what: FolderAct,
    building: Building,
    texts: Mapping[str, str],
    newcomer: Newcomer | None,
    by: str,
    now: float,
) -> Plan:
    """The plan for an act. Raises :class:`EditError` with the reason for the person who asked."""
    match what:
        case AdoptDevice():
            return _adopted(what, building, texts, newcomer, by, now)
        case ReplaceDevice():
            return _replaced(what, building, texts, newcomer, by, now)
        case MoveDevice():
            return _moved(what, building, texts, by, now)
        case Calibrate():
            return _calibrated(what, building, texts, by, now)
    return Plan()


def template_for(building: Building, newcomer: Newcomer, asked: str = "") -> Template | None:
    """The model asked for, or the one that the device names; EditError for one that nobody described."""
    if not asked:
        return fitting(building.templates.values(), newcomer.vendor, newcomer.model)
    for name, template in building.templates.items():
        if asked.casefold() in (name.casefold(), *(also.casefold() for also in template.also)):
            return template
    listed = ", ".join(sorted(building.templates))
    raise EditError(
        Text(f"没有型号模板“{asked}”。已有：{listed}", f"There is no template {asked!r}. Known: {listed}")
    )


def proposal(
    building: Building,
    newcomer: Newcomer,
    *,
    zone: str,
    name: Text,
    stem: str = "",
    template: str = "",
    quantities: Sequence[str] = (),
) -> tuple[Sensor, ...]:
    """The sensors that would register a source. EditError where nothing could be registered."""
    model = template_for(building, newcomer, template)
    asked = [_quantity(word) for word in quantities]
    claims = wanted_claims(newcomer, model, asked)
    if not newcomer.claims and model is not None:
        # A raw frame that only its model can read: taken by the template's word, and tried on the last frame.
        names = asked or list(model.quantities)
        claims = tuple(Claim(name, newcomer.topic) for name in names)
    if not claims:
        raise EditError(_nothing(newcomer, asked))
    return proposed(
        newcomer, claims, zone=zone, name=name, stem=stem, taken=set(building.sensors), template=model
    )


def device_of(building: Building, sensor: str) -> tuple[Sensor, ...]:
    """All sensors of the same device: the same topic and probe, or the same topic family, in the same zone."""
    one = _sensor(building, sensor)
    return tuple(
        other
        for other in building.sensors.values()
        if other.topic == one.topic and other.channel == one.channel and other.zone == one.zone
    )


def _adopted(
    what: AdoptDevice,
    building: Building,
    texts: Mapping[str, str],
    newcomer: Newcomer | None,
    by: str,
    now: float,
) -> Plan:
    source = _known(newcomer, what.newcomer)
    _zone(building, what.zone)
    name = Text(what.name_zh.strip() or what.name_en.strip(), what.name_en.strip() or what.name_zh.strip())
    if not name.zh:
        raise EditError(Text("请写名称。", "Give it a name."))
    sensors = proposal(
        building, source, zone=what.zone, name=name, stem=what.stem.strip(), template=what.template,
        quantities=what.quantities,
    )  # fmt: skip
    read = _tried(source, sensors, building.timezone)
    entries = [fields(one, building.languages) for one in sensors]
    text = added(texts.get(SENSORS, ""), entries, _comment(source, building, by, now))
    records = tuple(
        Record(kind="sensor.adopted", sensor=one.id, at=now, by=by, new=_device(one, source))
        for one in sensors
    )
    return Plan(files={SENSORS: text}, records=records, sensors=sensors, read=read)


def _replaced(
    what: ReplaceDevice,
    building: Building,
    texts: Mapping[str, str],
    newcomer: Newcomer | None,
    by: str,
    now: float,
) -> Plan:
    source = _known(newcomer, what.newcomer)
    _why(what.reason)
    text, csv = texts.get(SENSORS, ""), texts.get(CALIBRATIONS)
    model = template_for(building, source)
    places = device_of(building, what.sensor)
    fresh: list[Sensor] = []
    records: list[Record] = []
    for place in places:
        if place.dialect == DERIVED:
            raise EditError(
                Text(f"{place.id} 是计算值，没有设备。", f"{place.id} is calculated; it has no device.")
            )
        known = quantity(place.quantity)
        claims = [one for one in source.claims if known is not None and one.quantity == known.id]
        if len(claims) != 1:
            raise EditError(
                Text(
                    f"新设备给出 {len(claims)} 个“{place.quantity}”，{place.id} 需要正好一个。",
                    f"The new device gives {len(claims)} of {place.quantity!r}; {place.id} needs exactly one.",
                )
            )
        (new,) = proposed(source, claims, zone=place.zone, name=place.name, stem=place.id, template=model)
        said = fields(new, building.languages)
        values = {key: said.get(key) for key in (*DEVICE_KEYS, "range")}
        if new.every_s > place.every_s:  # slower than the place is used to: else it would be called silent
            values |= {key: said[key] for key in ("every_s", "silent_after_s")}
        # Words, unit and an offset written beside the sensor were the old device's.
        values |= {"words": None, "unit": None, "offset": None}
        text = changed(text, place.id, values)
        fresh.append(new)
        records.append(
            Record(
                kind="sensor.replaced", sensor=place.id, at=now, by=by, reason=what.reason.strip(),
                old=_device(place), new=_device(new, source),
            )
        )  # fmt: skip
        if place.calibrate_by_at is not None:
            day = _today(building, now)
            row = Calibration(
                sensor=place.id, on=day, due=day, note=f"device replaced: {what.reason.strip()}"[:120]
            )
            csv = with_row(csv, row)
    read = _tried(source, fresh, building.timezone)
    files = {SENSORS: text} | ({CALIBRATIONS: csv} if csv != texts.get(CALIBRATIONS) and csv else {})
    return Plan(files=files, records=tuple(records), sensors=tuple(fresh), read=read)


def _moved(what: MoveDevice, building: Building, texts: Mapping[str, str], by: str, now: float) -> Plan:
    _why(what.reason)
    _zone(building, what.zone)
    places = device_of(building, what.sensor)
    if places[0].zone == what.zone:
        raise EditError(
            Text("设备已经在该分区；改名或改位置请编辑 sensors.toml。",
                 "The device is in that zone already; edit sensors.toml to rename it.")
        )  # fmt: skip
    if any(place.dialect == DERIVED for place in places):
        raise EditError(Text("计算值没有设备。", "A calculated sensor has no device."))
    used = set(building.sensors)
    text = removed(texts.get(SENSORS, ""), [place.id for place in places])
    csv = texts.get(CALIBRATIONS)
    last = calibrations.newest(building.calibrations)
    fresh: list[Sensor] = []
    entries: list[dict[str, Any]] = []
    records: list[Record] = []
    reason = what.reason.strip()
    for place in places:
        known = quantity(place.quantity)
        id_ = _free(f"{what.stem.strip() or what.zone}-{known.id if known else place.quantity}", used)
        used.add(id_)
        word = known.name if known else Text(place.quantity, place.quantity)
        zh, en = what.name_zh.strip() or what.name_en.strip(), what.name_en.strip() or what.name_zh.strip()
        if not zh:
            raise EditError(Text("请写新位置的名称。", "Name the new place."))
        name = Text(zh, en) if len(places) == 1 else Text(f"{zh} {word.zh}", f"{en} {word.en.lower()}")
        fresh.append(replace(place, id=id_, name=name, zone=what.zone, at=None))
        entry = {
            key: value for key, value in entry_of(texts.get(SENSORS, ""), place.id).items() if key != "at"
        }
        said = fields(fresh[-1], building.languages)
        entries.append({**entry, **{key: said[key] for key in ("id", "name", "zone")}})
        device = _device(place)
        records.append(
            Record(kind="sensor.moved_away", sensor=place.id, at=now, by=by, reason=reason, old=device,
                   new={"place": id_})
        )  # fmt: skip
        records.append(
            Record(kind="sensor.moved_in", sensor=id_, at=now, by=by, reason=reason, old={"place": place.id},
                   new=device)
        )  # fmt: skip
        row = last.get(place.id)
        if row is not None:  # a calibration goes with its device; the place it leaves closes its record
            csv = with_row(csv, _copied(row, id_, f"moved from {place.id}"))
            day = _today(building, now)
            csv = with_row(csv, Calibration(sensor=place.id, on=day, note=f"device moved to {id_}"))
    text = added(text, entries, f"{_today(building, now)} {by}: {reason}"[:160])
    files = {SENSORS: text} | ({CALIBRATIONS: csv} if csv and csv != texts.get(CALIBRATIONS) else {})
    return Plan(files=files, records=tuple(records), sensors=tuple(fresh))


def _calibrated(what: Calibrate, building: Building, texts: Mapping[str, str], by: str, now: float) -> Plan:
    sensor = _sensor(building, what.sensor)
    known = quantity(sensor.quantity)
    if sensor.dialect == DERIVED or (known is not None and known.contact):
        raise EditError(
            Text(f"{sensor.id} 是计算值或开关量，不能校准。",
                 f"{sensor.id} is calculated or a contact; it has nothing to calibrate.")
        )  # fmt: skip
    on, due = _day(what.on, "on"), _day(what.due, "due") if what.due else None
    today = date.fromisoformat(_today(building, now))
    if on > today:
        raise EditError(Text("校准日期在将来。", "The day of the calibration lies in the future."))
    if due is not None and due <= on:
        raise EditError(Text("到期日须晚于校准日。", "It must be due after the day it was done."))
    if not 0.1 <= what.gain <= 10.0 or not abs(what.offset) <= 1e6:
        raise EditError(Text("gain 应在 0.1 到 10 之间。", "The gain must lie between 0.1 and 10."))
    row = Calibration(
        sensor=sensor.id, on=on.isoformat(), offset=what.offset, gain=what.gain,
        certificate=what.certificate.strip()[:120], by=what.by_whom.strip()[:120],
        due=due.isoformat() if due else "", note=what.note.strip()[:200],
    )  # fmt: skip
    last = calibrations.newest(building.calibrations).get(sensor.id)
    if last is not None and last.on > row.on:
        raise EditError(
            Text(f"已有更新的校准（{last.on}）。", f"There is a newer calibration already ({last.on}).")
        )
    old = _said(last) if last else {"offset": f"{sensor.offset:g}", "gain": f"{sensor.gain:g}"}
    record = Record(
        kind="sensor.calibrated", sensor=sensor.id, at=now, by=by, reason=row.note, old=old, new=_said(row)
    )
    return Plan(files={CALIBRATIONS: with_row(texts.get(CALIBRATIONS), row)}, records=(record,))


# --- parts ----------------------------------------------------------------------------------------------------


def _tried(source: Newcomer, sensors: Iterable[Sensor], timezone: str) -> dict[str, float]:
    read, missing = proven(source, sensors, timezone)
    if missing:
        raise EditError(
            Text(
                f"用设备最近的报文试读失败：{'、'.join(missing)}。请指定 --template，或手工登记。",
                f"Tried on the device's last message, {', '.join(missing)} read nothing. "
                "Name a template, or register it by hand.",
            )
        )
    return read


def _known(newcomer: Newcomer | None, asked: str) -> Newcomer:
    if newcomer is None:
        raise EditError(Text(f"收件箱里没有“{asked}”。", f"There is no {asked!r} in the inbox."))
    return newcomer


def _nothing(newcomer: Newcomer, asked: Sequence[str]) -> Text:
    gives = ", ".join(dict.fromkeys(one.quantity for one in newcomer.claims))
    if gives:
        return Text(f"设备没有给出 {'、'.join(asked)}；它给出：{gives}",
                    f"It does not give {', '.join(asked)}; it gives: {gives}")  # fmt: skip
    return Text(
        f"看不懂这个设备的报文（{newcomer.why} {newcomer.detail}）；请指定 --template。",
        f"Its messages cannot be read ({newcomer.why} {newcomer.detail}); name a template.",
    )


def _quantity(word: str) -> str:
    known = quantity(word)
    if known is None:
        raise EditError(Text(f"没有“{word}”这个量。", f"There is no quantity {word!r}."))
    return known.id


def _sensor(building: Building, name: str) -> Sensor:
    sensor = building.sensors.get(name)
    if sensor is None:
        raise EditError(Text(f"没有传感器“{name}”。", f"There is no sensor {name!r}."))
    return sensor


def _zone(building: Building, zone: str) -> None:
    if zone not in building.zones:
        listed = ", ".join(building.zones)
        raise EditError(
            Text(f"没有分区“{zone}”。已有：{listed}", f"There is no zone {zone!r}. Known: {listed}")
        )


def _why(reason: str) -> None:
    if not reason.strip():
        raise EditError(Text("请写明原因。", "Give a reason."))


def _day(word: str, key: str) -> date:
    try:
        return date.fromisoformat(word.strip())
    except ValueError:
        raise EditError(
            Text(f"{key}：日期写成 2026-03-01。", f"{key}: write the day like 2026-03-01.")
        ) from None


def _today(building: Building, now: float) -> str:
    return datetime.fromtimestamp(now, ZoneInfo(building.timezone)).date().isoformat()


def _comment(source: Newcomer, building: Building, by: str, now: float) -> str:
    made = f"{source.vendor} {source.model}".strip()
    return " ".join(f"{_today(building, now)} {by}: {made or source.device}".split())


def _device(sensor: Sensor, source: Newcomer | None = None) -> dict[str, str]:
    made = f"{source.vendor} {source.model}".strip() if source else sensor.model
    found = {"topic": sensor.topic, "channel": sensor.channel, "dialect": sensor.dialect, "model": made}
    return {key: value for key, value in found.items() if value}


def _said(row: Calibration) -> dict[str, str]:
    found = {"offset": f"{row.offset:g}", "gain": f"{row.gain:g}", "on": row.on, "due": row.due,
             "certificate": row.certificate, "done by": row.by}  # fmt: skip
    return {key: value for key, value in found.items() if value}


def _copied(row: Calibration, sensor: str, note: str) -> Calibration:
    return replace(row, sensor=sensor, note=note)


def _free(id_: str, used: set[str]) -> str:
    number, found = 2, id_
    while found in used:
        found, number = f"{id_}-{number}", number + 1
    return found
