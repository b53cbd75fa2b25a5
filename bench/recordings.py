"""Real recordings judged twice: by plain limits, as is common practice, and by the product's rules.

``python -m bench.recordings FOLDER [FOLDER ...] --json``. Plain limits are the very same figures (57 °C, the band of
the kind of room) held against every sensor by itself, without delay, dead band, neighbours or confirmation. Both run
in the same evaluator, so that only the rules differ. No broker is needed; ``strongroom replay`` plays the same
recordings through the whole chain.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from alerts.annunciator import Annunciator
from alerts.compile import leaves_of
from alerts.evaluate import Evaluator
from alerts.fire import FIXED
from alerts.model import AlarmEvent
from alerts.rule import Rule, Select, Threshold
from sensors.model import Quality, Reading, Text
from sensors.quantities import quantity
from sensors.units import scale
from strongroom.folder.load import load
from strongroom.model import Building
from strongroom.replay import mapping as mappings
from strongroom.replay.player import replay_building
from strongroom.replay.recording import Recording, ReplayError, find, read
from strongroom.replay.timeline import moments, pace

DEMO = Path(__file__).resolve().parents[1] / "buildings" / "demo"
MONTH_S = 30.4375 * 86400.0
ZERO_AT = 1_767_225_600.0  # second 0 of recordings that count from ignition


def plain_rules(building: Building) -> dict[str, Rule]:
    """The limits of ``building``'s climate and fire rules, each by itself and at once."""
    found: dict[str, Rule] = {}

    def add(name: str, when: Threshold, hazard: str) -> None:
        words = Text(name, name)
        found[name] = Rule(id=name, name=words, when=when, scope="sensor", priority=2, hazard=hazard)

    heat = Threshold(select=Select(quantity="temperature"), above=True, limit=FIXED, clear_at=FIXED)
    add("plain-heat", heat, "fire")
    for rule in building.rules.values():
        if rule.hazard == "climate":
            for n, leaf in enumerate(leaves_of(rule.when)):
                if isinstance(leaf, Threshold):
                    add(f"plain-{rule.id}-{n}", replace(leaf, clear_at=leaf.limit), "climate")
    return found


def judged(
    building: Building, rules: dict[str, Rule], bound: mappings.Bound, every_s: float
) -> dict[str, Any]:
    """One recording under one set of rules."""
    evaluator = Evaluator(rules, building.sensors, building.zones, building.timezone)
    annunciator = Annunciator(rules, building.zones, building.sensors)
    raised: list[AlarmEvent] = []
    first = last = None
    scales = {s.id: scale(s.quantity, s.unit) or (1.0, 0.0) for s in bound.sensors.values()}
    believable = {sensor.id: quantity(sensor.quantity) for sensor in building.sensors.values()}

    def note(events: Any) -> None:
        raised.extend(
            e for e in events
            if isinstance(e, AlarmEvent) and e.kind in ("alarm.raised", "alarm.returned", "alarm.confirmed")
        )  # fmt: skip

    rows = moments(
        bound.recording, bound.mapping, tuple(bound.sensors), bound.time_index, bound.window_index,
        building.timezone, ZERO_AT, every_s,
    )  # fmt: skip
    for moment in rows:
        now = moment.at if last is None else max(moment.at, last)
        first, last = first or now, now
        for change in evaluator.tick(now):
            note(annunciator.on_change(change, now))
        note(annunciator.tick(now))
        for index, shown in moment.values.items():
            sensor = bound.sensors[index]
            factor, shift = scales[sensor.id]
            value = shown * factor + shift
            known = believable[sensor.id]
            good = known is None or known.believable(value)
            quality = Quality.GOOD if good else Quality.IMPLAUSIBLE
            for change in evaluator.observe(Reading(sensor.id, value, now, now, quality), now):
                note(annunciator.on_change(change, now))
    if first is None or last is None:
        return {}
    limits = {r.id for r in rules.values() if all(isinstance(leaf, Threshold) for leaf in leaves_of(r.when))}
    alarms = [e for e in raised if not e.alarm.fault and e.kind != "alarm.confirmed"]
    fires = [e for e in raised if e.alarm.hazard == "fire"]
    is_fire = bound.mapping.report == "fire"
    false = [e for e in fires if e.kind != "alarm.confirmed" and (not is_fire or e.at < ZERO_AT)]
    # In a fire probes fall silent and disagree, rightly; what counts against the rules is before it.
    faults = [
        e for e in raised if e.alarm.fault and e.kind != "alarm.confirmed" and (not is_fire or e.at < ZERO_AT)
    ]
    calm_s = (ZERO_AT - first) if is_fire else (last - first)
    months = len(bound.sensors) * calm_s / MONTH_S
    said: dict[str, Any] = {
        "false_fire_alarms": len(false),
        "sensor_months": round(months, 3),
        "alarms": len(alarms),
        "limit_alarms": sum(e.alarm.rule in limits for e in alarms),
        "hours": round((last - first) / 3600.0, 2),
        "fault_alarms": len(faults),
        "faults_by_rule": dict(sorted(Counter(e.alarm.rule for e in faults).items())),
        "by_rule": dict(sorted(Counter(e.alarm.rule for e in alarms).items())),
    }
    if is_fire:
        true = [e for e in fires if e.at >= ZERO_AT]
        confirmed = [e.at for e in true if e.alarm.stage == "confirmed"]
        said["seconds_to_alarm"] = round(true[0].at - ZERO_AT, 1) if true else None
        said["seconds_to_confirmed"] = round(min(confirmed) - ZERO_AT, 1) if confirmed else None
    return said


def measured(recording: Recording, building: Building) -> dict[str, Any]:
    """Before and after for one recording."""
    chosen = mappings.choose(recording, mappings.built_in())
    time_index = next(i for i, n in enumerate(recording.columns) if mappings.matches(n, chosen.time.column))
    every_s = pace(recording, chosen, time_index, building.timezone)
    bound = mappings.bind(chosen, recording, building.zones, building.sensors, every_s)
    house = replay_building(building, bound)
    return {
        "recording": recording.name,
        "report": chosen.report,
        "sensors": len(bound.sensors),
        "before": judged(house, plain_rules(house), bound, every_s),
        "after": judged(house, house.rules, bound, every_s),
    }


def summed(runs: list[dict[str, Any]], side: str) -> dict[str, Any]:
    """Figures over all recordings of one side. ``limit_alarms`` are those of limits alone, which both sides have."""

    def add(report: str, key: str) -> float:
        return float(sum(run[side].get(key) or 0 for run in runs if run["report"] == report))

    climate_hours = add("climate", "hours")
    months = add("climate", "sensor_months") + add("fire", "sensor_months")
    waits = sorted(
        run[side]["seconds_to_alarm"] for run in runs
        if run["report"] == "fire" and run[side].get("seconds_to_alarm") is not None
    )  # fmt: skip
    fires = sum(run["report"] == "fire" for run in runs)
    return {
        "fires": fires,
        "fires_alarmed": len(waits),
        "seconds_to_alarm_median": waits[len(waits) // 2] if waits else None,
        "seconds_to_alarm_worst": waits[-1] if waits else None,
        "false_fire_alarms_per_sensor_month": round(
            (add("climate", "false_fire_alarms") + add("fire", "false_fire_alarms")) / months, 4
        )
        if months
        else None,
        "sensor_faults_told_per_sensor_month": round(
            (add("climate", "fault_alarms") + add("fire", "fault_alarms")) / months, 3
        )
        if months
        else None,
        **(
            {}
            if not climate_hours
            else {
                "limit_alarms_per_sensor_month": round(
                    add("climate", "limit_alarms") / add("climate", "sensor_months"), 2
                ),
                "all_climate_alarms_per_sensor_month": round(
                    add("climate", "alarms") / add("climate", "sensor_months"), 2
                ),
                "climate_alarms_per_operator_hour": round(add("climate", "alarms") / climate_hours, 4),
            }
        ),
    }


def main() -> int:
    """The command."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("recordings", nargs="+", type=Path)
    ask.add_argument("--building", type=Path, default=DEMO)
    ask.add_argument("--json", action="store_true", help="runs as well as the sums")
    asked = ask.parse_args()
    building = load(asked.building).building
    if building is None:
        print(f"{asked.building}: strongroom check says what is wrong", file=sys.stderr)
        return 2
    runs = []
    for folder in asked.recordings:
        for path in find([folder]):
            try:
                runs.append(measured(read(path), building))
            except ReplayError as problem:  # a table that is no recording
                print(problem, file=sys.stderr)
    sums = {side: summed(runs, side) for side in ("before", "after")}
    print(
        json.dumps(
            {**sums, "runs": runs} if asked.json else sums,
            ensure_ascii=False,
            indent=None if asked.json else 1,
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
