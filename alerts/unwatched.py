"""What nothing watches right now, and why: silent, faulty, shelved and out-of-service turned into places
(C46); pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct

from alerts.compile import selected_by
from alerts.model import Alarm
from alerts.quiet import about_silence
from alerts.registry import Registry
from alerts.rule import Implausible, Rule, Stuck, Troubled
from sensors.model import Sensor, Text, Zone
from sensors.state import MEASURED


class Gap(Struct, frozen=True):
    """A hazard that nothing watches for in a zone: why, and since when (None: since ever)."""

    zone: str
    hazard: str
    why: Text
    since_at: float | None
    sensors: tuple[str, ...] = ()
    by: str = ""  # who shelved it or took it out of service


def unwatched(
    rules: Mapping[str, Rule],
    sensors: Mapping[str, Sensor],
    zones: Mapping[str, Zone],
    alarms: Iterable[Alarm],
    silent: Mapping[str, float | None],
    uncalibrated: Collection[str] = (),
    aside: Mapping[str, Text] | None = None,
) -> list[Gap]:
    """Every zone and hazard whose rules have no working sensor left or are put aside by a person.

    ``silent``: sensors without word, and since when. ``aside``: sensors out of service, and
    why. A zone where two of three sensors still work is watched.
    Zones outside, and hazards no rule of the building knows in that zone, are not listed: the folder's check
    names those.
    """
    listed = [alarm for alarm in alarms if not alarm.drill]
    dead = _dead(rules, listed, silent) | {name: (why, None) for name, why in (aside or {}).items()}
    registry = Registry(sensors, zones)
    looked: dict[tuple[str, str], list[str]] = {}
    for rule in rules.values():
        if about_silence(rule) or rule.fault:
            continue
        for sensor in selected_by(rule, registry):
            if sensor.zone in zones and zones[sensor.zone].kind != "outside":
                looked.setdefault((sensor.zone, rule.hazard or rule.id), []).append(sensor.id)
    gaps = [
        Gap(
            zone=zone,
            hazard=hazard,
            why=_why(names, dead, sensors),
            since_at=_since(names, dead),
            sensors=tuple(dict.fromkeys(names)),
        )
        for (zone, hazard), names in looked.items()
        if all(name in dead for name in names)
    ]
    gaps += [gap for alarm in listed if (gap := _aside(alarm)) is not None]
    gaps += [
        Gap(
            zone=sensors[name].zone,
            hazard=sensors[name].quantity,
            why=Text(
                f"传感器{sensors[name].name.zh}校准已过期",
                f"{sensors[name].name.en} is overdue for calibration",
            ),
            since_at=None,
            sensors=(name,),
        )
        for name in uncalibrated
        if name in sensors
    ]
    return sorted(gaps, key=lambda gap: (gap.zone, gap.hazard, gap.sensors))


def _dead(
    rules: Mapping[str, Rule], alarms: list[Alarm], silent: Mapping[str, float | None]
) -> dict[str, tuple[Text, float | None]]:
    """Sensors that protect nobody now: silent, frozen or showing the impossible."""
    found: dict[str, tuple[Text, float | None]] = {
        name: (Text("没有数据", "no data"), since) for name, since in silent.items()
    }
    for alarm in alarms:
        rule = rules.get(alarm.rule)
        if rule is None or not alarm.active:
            continue
        faulty = isinstance(rule.when, Troubled) and rule.when.by in MEASURED
        if faulty or isinstance(rule.when, Stuck | Implausible):
            for cause in alarm.evidence:
                found.setdefault(cause.sensor, (rule.name, alarm.active_at))
    return found


def _aside(alarm: Alarm) -> Gap | None:
    shelf = alarm.out_of_service or alarm.shelved
    if shelf is None:
        return None
    zh, en = ("已屏蔽", "out of service") if alarm.out_of_service else ("已搁置", "shelved")
    return Gap(
        zone=alarm.zone,
        hazard=alarm.hazard or alarm.rule,
        why=Text(f"{alarm.name.zh}{zh}：{shelf.reason}", f"{alarm.name.en} is {en}: {shelf.reason}"),
        since_at=shelf.at,
        by=shelf.by,
    )


def _why(names: list[str], dead: dict[str, tuple[Text, float | None]], sensors: Mapping[str, Sensor]) -> Text:
    first = sensors[names[0]].name
    words, more = dead[names[0]][0], len(set(names)) - 1
    return Text(
        f"{first.zh}：{words.zh}" + (f"（另有 {more} 个传感器）" if more else ""),
        f"{first.en}: {words.en}" + (f" ({more} more sensors)" if more else ""),
    )


def _since(names: list[str], dead: dict[str, tuple[Text, float | None]]) -> float | None:
    """Since the last of them went."""
    known = [since for name in names if (since := dead[name][1]) is not None]
    return max(known) if len(known) == len(names) else None
