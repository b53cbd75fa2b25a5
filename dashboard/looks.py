"""How alarms, zones and readings look and are called: the one reading of the board that every page shares.

Nothing is decided here. Order on screen: not acknowledged first, then priority, faults after alarms, then age.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from msgspec import Struct

from alerts.alarm import state_name, suppressed
from alerts.model import Alarm, Notice
from alerts.rule import (
    After,
    AllOf,
    AnyOf,
    Condition,
    Not,
    Rule,
    Select,
    Threshold,
    Vote,
)
from dashboard.scene import Scene
from playbooks.model import Incident
from sensors.model import Sensor
from sensors.quantities import quantity
from sensors.state import WORDS as SENSOR_WORDS
from sensors.state import Freshness, Trouble
from strongroom.model import Board, Building, Latest


class Look(Struct, frozen=True, kw_only=True):
    """A zone on the plan: its worst alarm's mark, how many more, style classes and the spoken sentence."""

    kind: str = ""
    classes: str = ""
    hollow: bool = False
    alarms: tuple[Alarm, ...] = ()
    extra: int = 0
    spoken: str = ""


class Reading(Struct, frozen=True, kw_only=True):
    """One quantity of a zone: words, where the value stands (0..1) and the band that is good (0..1, 0..1)."""

    sensor: str
    short: str
    state: str
    place: float | None = None
    band: tuple[float, float] = (0.0, 1.0)
    value: float | None = None


# --- alarms ----------------------------------------------------------------------------------------------


def kind_of(alarm: Alarm) -> str:
    """The mark's class: F for equipment trouble, else the priority."""
    return "F" if alarm.fault else str(min(3, max(1, alarm.priority)))


def standing(board: Board | None) -> list[Alarm]:
    """Every alarm that is not closed, in the order of the screen: among equals what is confirmed, then the oldest."""
    alarms = [alarm for alarm in (board.alarms if board else ()) if alarm.closed_at is None]
    return sorted(alarms, key=_order)


def _order(alarm: Alarm) -> tuple[bool, bool, bool, int, bool, float]:
    suspected = alarm.stage != "confirmed"
    return (
        suppressed(alarm),
        alarm.acked is not None,
        alarm.fault,
        alarm.priority,
        suspected,
        alarm.raised_at,
    )


def state_words(scene: Scene, alarm: Alarm) -> str:
    """The state in words, and since when the data are missing where they are."""
    words = scene.w.of(state_name(alarm))
    if alarm.unknown_since_at is not None:
        words += " · " + scene.w("alarm.unknown", since=scene.clock(alarm.unknown_since_at, seconds=False))
    return words


def classes_of(alarm: Alarm) -> str:
    """Style classes of a mark: kind, pulse while nobody answered, hollow when quiet or cleared, drill."""
    names = [f"sr-k{kind_of(alarm)}"]
    if not suppressed(alarm) and alarm.acked is None:
        names.append("sr-unacked")
    if is_hollow(alarm):
        names.append("sr-hollowed")
    if suppressed(alarm):
        names.append("sr-quiet")
    if alarm.drill:
        names.append("sr-drilled")
    return " ".join(names)


def is_hollow(alarm: Alarm) -> bool:
    """Hollow marks: nothing is active, or the alarm was put aside."""
    return suppressed(alarm) or not (alarm.active or alarm.latched)


def value_words(scene: Scene, alarm: Alarm) -> str:
    """The deciding value with its unit against the limit; empty for contacts without a number to tell."""
    cause = alarm.cause
    if cause is None or cause.value is None:
        return ""
    known = quantity(cause.quantity)
    if known and known.contact:
        return scene.w.of(known.state_word(cause.value))
    value = cause.sign + number(cause.value, cause.unit)
    if cause.limit is None:
        return value
    return scene.w("alarm.against", value=value, limit=cause.sign + number(cause.limit, cause.unit))


def number(value: float, unit: str) -> str:
    """A value as people read it: one decimal below 100, a space before the unit."""
    shown = f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}"
    return f"{shown} {unit}".strip()


def zone_look(scene: Scene, zone: str) -> Look:
    """How a zone stands on the plan."""
    name = scene.zone_name(zone)
    found = [alarm for alarm in standing(scene.board) if alarm.zone == zone]
    loud = [alarm for alarm in found if not suppressed(alarm)]
    shown = loud or found
    if not shown:
        return Look(spoken=scene.w("plan.zone_normal", zone=name))
    worst = shown[0]
    facts = "; ".join(
        f"{scene.w('kind.' + kind_of(alarm))}: {scene.w.of(alarm.name)}, {state_words(scene, alarm)}"
        for alarm in shown[:3]
    )
    return Look(
        kind=kind_of(worst),
        classes=classes_of(worst),
        hollow=is_hollow(worst),
        alarms=tuple(shown),
        extra=len(shown) - 1,
        spoken=scene.w("plan.zone_alarm", zone=name, facts=facts),
    )


# --- readings --------------------------------------------------------------------------------------------


def selects(select: Select, sensor: Sensor, kind: str) -> bool:
    """Whether a rule's selection looks at a sensor; empty parts do not restrict."""
    return (
        (not select.quantity or select.quantity == sensor.quantity)
        and (not select.zones or sensor.zone in select.zones)
        and (not select.zone_kinds or kind in select.zone_kinds)
        and (not select.sensors or sensor.id in select.sensors)
    )


def thresholds(condition: Condition) -> Iterator[Threshold]:
    """Every threshold inside a condition."""
    if isinstance(condition, Threshold):
        yield condition
    elif isinstance(condition, Vote | AllOf | AnyOf):
        for part in condition.of:
            yield from thresholds(part)
    elif isinstance(condition, Not):
        yield from thresholds(condition.of)
    elif isinstance(condition, After):
        yield from thresholds(condition.first)
        yield from thresholds(condition.then)


def limits(building: Building, sensor: Sensor) -> tuple[float | None, float | None]:
    """The nearest alarm limits below and above normal among the plain rules that select a sensor."""
    zone = building.zones.get(sensor.zone)
    kind = zone.kind if zone else ""
    low: float | None = None
    high: float | None = None
    for rule in building.rules.values():
        for part in _plain(rule):
            if not selects(part.select, sensor, kind):
                continue
            if part.above:
                high = part.limit if high is None else min(high, part.limit)
            else:
                low = part.limit if low is None else max(low, part.limit)
    return low, high


def _plain(rule: Rule) -> Iterable[Threshold]:
    """Thresholds that raise an alarm by themselves: a vote's parts are signals, not limits of normal."""
    if isinstance(rule.when, Vote | Not | After):
        return ()
    return thresholds(rule.when)


def reading_words(scene: Scene, sensor: Sensor, latest: Latest | None) -> str:
    """The newest value in words; a dash where there is none."""
    if latest is None or latest.value is None:
        return "–"
    known = quantity(sensor.quantity)
    if known and known.contact:
        return scene.w.of(known.state_word(latest.value))
    return number(latest.value, sensor.unit if known is None else known.unit)


def sensor_state(latest: Latest | None) -> str:
    """fresh, late, silent, never, stuck, implausible or unverified."""
    return latest.state if latest else "never"


def sensor_mark(latest: Latest | None) -> str:
    """The worst that is known of a sensor, as the last part of a style class; empty while it is well.

    Low battery, self-test and an offline device that still measures are shown as minor: the sensor still watches.
    """
    state = sensor_state(latest)
    if state not in ("fresh", "late"):
        return state
    troubles = latest.troubles if latest else ()
    grave = [one for one in troubles if one not in MINOR]
    return grave[0] if grave else "minor" if troubles else ""


def sensor_words(scene: Scene, latest: Latest | None) -> str:
    """How a sensor is doing, in words; empty while it is well."""
    if latest is None:
        return scene.w.of(SENSOR_WORDS[Freshness.NEVER])
    if latest.state == "fresh" and not latest.troubles:
        return ""
    return scene.w.of(latest.words)


def sensor_names(scene: Scene, latest: Latest | None) -> str:
    """The bare names of a sensor's states, without times: what does not change from one second to the next."""
    state = sensor_state(latest)
    if state == "unverified" and latest is not None:
        return scene.w.of(latest.words)
    troubles: list[Freshness | Trouble] = [Trouble(one) for one in latest.troubles] if latest else []
    if state in tuple(Freshness) and (state != Freshness.FRESH or not troubles):
        troubles.insert(0, Freshness(state))
    return " · ".join(scene.w.of(SENSOR_WORDS[one]) for one in troubles) or state


def sensor_tally(scene: Scene) -> str:
    """How many sensors suffer from what, in words, the commonest first; empty while all are well."""
    counts: Counter[Freshness | Trouble] = Counter()
    for name in scene.building.sensors:
        latest = scene.board.latest.get(name) if scene.board else None
        state = sensor_state(latest)
        if state in (Freshness.LATE, Freshness.SILENT, Freshness.NEVER):
            counts[Freshness(state)] += 1
        for trouble in latest.troubles if latest else ():
            counts[Trouble(trouble)] += 1
    return " · ".join(f"{scene.w.of(SENSOR_WORDS[what])} {n}" for what, n in counts.most_common())


MINOR = frozenset(("low_battery", "self_test", "offline"))
SHORT = {"temperature": "T", "humidity": "RH", "co2": "CO₂", "oxygen": "O₂"}


def readings_of(scene: Scene, zone: str) -> list[Reading]:
    """One line for each kind of number in a zone, temperature and humidity first; contacts stay with the alarms.

    Of several sensors the one nearest to (or beyond) a limit speaks for the zone.
    """
    rows: list[Reading] = []
    for kind, label in SHORT.items():
        found = [s for s in scene.building.sensors.values() if s.zone == zone and s.quantity == kind]
        if found:
            every = [_reading(scene, sensor, label) for sensor in sorted(found, key=lambda s: s.id)]
            heard = [row for row in every if row.state != "sr-faulty"]
            rows.append(max(heard, key=_strain) if heard else every[0])
    return rows


def _strain(row: Reading) -> float:
    return abs(row.place - 0.5) if row.place is not None else 0.0


def _reading(scene: Scene, sensor: Sensor, label: str) -> Reading:
    now = scene.board.latest.get(sensor.id) if scene.board else None
    state = sensor_state(now)
    if state == "unverified":
        # The broker's last known value: shown with a question mark, proof of nothing.
        return Reading(
            sensor=sensor.id, short=f"{label} {reading_words(scene, sensor, now)} ?", state="sr-late"
        )
    if state not in ("fresh", "late"):
        return Reading(sensor=sensor.id, short=f"{label} –", state="sr-faulty")
    value = now.value if now else None
    place, band = _place(value, *limits(scene.building, sensor))
    # "RH" already says what the percentage is of.
    short = f"{label} {reading_words(scene, sensor, now)}".replace("%RH", "%")
    return Reading(sensor=sensor.id, short=short, state=f"sr-{state}", place=place, band=band, value=value)


def _place(
    value: float | None, low: float | None, high: float | None
) -> tuple[float | None, tuple[float, float]]:
    """Where a value stands on a track that shows half a band beyond each limit."""
    if value is None or (low is None and high is None):
        return None, (0.0, 1.0)
    bottom = low if low is not None else (high or 0.0) - max(abs(high or 0.0) * 0.5, 10.0)
    top = high if high is not None else (low or 0.0) + max(abs(low or 0.0) * 0.5, 10.0)
    reach = max(top - bottom, 1e-9)
    first, last = bottom - reach / 2, top + reach / 2
    place = min(1.0, max(0.0, (value - first) / (last - first)))
    return place, (0.25 if low is not None else 0.0, 0.75 if high is not None else 1.0)


# --- the rest of the board -------------------------------------------------------------------------------


def speaking(scene: Scene) -> tuple[int, int]:
    """How many sensors report (fresh or late) of how many the folder knows; one out of service reports nothing."""
    latest = scene.board.latest if scene.board else {}
    out = {one.sensor for one in scene.board.aside} if scene.board else set()
    sensors = scene.building.sensors
    reporting = (
        sid in latest and latest[sid].state in ("fresh", "late") and sid not in out for sid in sensors
    )
    return sum(reporting), len(sensors)


def open_incidents(board: Board | None) -> list[Incident]:
    """Incidents that are not closed, the gravest and oldest first."""
    found = [incident for incident in (board.incidents if board else ()) if incident.state != "closed"]
    return sorted(found, key=lambda incident: (incident.suspended, incident.level, incident.opened_at))


def incident_of(scene: Scene, alarm: Alarm) -> Incident | None:
    """The open incident an alarm belongs to."""
    for incident in open_incidents(scene.board):
        if alarm.id in incident.alarms:
            return incident
    return None


def chosen_incident(scene: Scene) -> Incident | None:
    """The incident named in the address, else the gravest open one."""
    everything = scene.board.incidents if scene.board else ()
    wanted = scene.choices.get("incident", "")
    for incident in everything:
        if incident.id == wanted:
            return incident
    found = open_incidents(scene.board)
    return found[0] if found else None


def notice_counts(notices: Iterable[Notice]) -> dict[str, int]:
    """Notices by how far they came, in the five groups a reader cares about."""
    counts = {"waiting": 0, "sent": 0, "delivered": 0, "answered": 0, "failed": 0}
    group = {
        "due": "waiting",
        "sending": "waiting",
        "uncertain": "waiting",
        "failed_try_again": "waiting",
        "accepted": "sent",
        "ringing": "sent",
        "sent": "sent",
        "undelivered": "failed",
        "busy": "waiting",
        "no_answer": "waiting",
        "delivered": "delivered",
        "answered": "answered",
        "failed_for_good": "failed",
        "expired": "failed",
    }
    for notice in notices:
        name = group.get(notice.state.value, "")
        if name:
            counts[name] += 1
    return counts
