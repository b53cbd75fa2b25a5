"""A building of a few rooms for tests of rules and alarms, and a house that feeds it and can be restarted."""

from __future__ import annotations

from collections.abc import Iterable

from alerts.annunciator import Annunciator
from alerts.evaluate import Evaluator
from alerts.model import Alarm, AlarmEvent, Refused
from alerts.quiet import everything_behind
from alerts.rule import Change, Rule, Select, Threshold
from sensors.model import Quality, Reading, Sensor, Text, Zone

START = 1_800_000_000.0
BERLIN = "Europe/Berlin"


def sensor(id: str, zone: str = "a", quantity: str = "temperature", **more: object) -> Sensor:
    fields: dict[str, object] = {"topic": id, "dialect": "json", "every_s": 60.0, "silent_after_s": 300.0}
    return Sensor(id=id, name=Text(id, id), zone=zone, quantity=quantity, **{**fields, **more})  # type: ignore[arg-type]


def zone(id: str, kind: str = "stack", compartment: str = "") -> Zone:
    return Zone(id=id, name=Text(id, id), kind=kind, floor="1F", compartment=compartment)


def rule(id: str = "hot", when: object = None, **more: object) -> Rule:
    when = when or Threshold(select=Select(quantity="temperature"), above=True, limit=30.0, clear_at=28.0)
    return Rule(id=id, name=Text(id, id), when=when, **more)  # type: ignore[arg-type]


class House:
    """Evaluator and annunciator of one building with everything they said, on a clock that only this moves."""

    def __init__(self, rules: Iterable[Rule], sensors: Iterable[Sensor], zones: Iterable[Zone] = ()) -> None:
        self.rules = {one.id: one for one in rules}
        self.sensors = {one.id: one for one in sensors}
        named = {one.id: one for one in zones}
        self.zones = {one.zone: zone(one.zone) for one in self.sensors.values()} | named
        self.now = START
        self.changes: list[Change] = []
        self.events: list[AlarmEvent | Refused] = []
        self.stored: dict[str, bytes] = {}
        self.evaluator = Evaluator(self.rules, self.sensors, self.zones, BERLIN)
        self.annunciator = Annunciator(self.rules, self.zones, self.sensors)
        self._take(self.evaluator.resume(self.now))

    def show(
        self,
        value: float,
        sensor: str = "s",
        quality: Quality = Quality.GOOD,
        drill: str = "",
        **times: float,
    ) -> list[Change]:
        """A reading now; ``measured_at`` may differ."""
        measured_at = times.get("measured_at", self.now)
        if drill and quality is Quality.GOOD:
            quality = Quality.SIMULATED
        reading = Reading(sensor, value, measured_at, self.now, quality, drill=drill)
        return self._take(self.evaluator.observe(reading, self.now))

    def wait(
        self, seconds: float, value: float | None = None, sensor: str = "s", every: float = 60.0
    ) -> None:
        """Time passes with its ticks; with a value the sensor shows it every ``every`` seconds."""
        until = self.now + seconds
        while self.now < until:
            self.now = min(until, self.now + (every if value is not None else 1.0))
            self.tick()
            if value is not None:
                self.show(value, sensor)

    def tick(self) -> None:
        self._take(self.evaluator.tick(self.now))
        self.events += self.annunciator.tick(self.now)

    def act(self, act: object, by: str = "li") -> list[AlarmEvent | Refused]:
        said = self.annunciator.on_act(act, by, self.now)  # type: ignore[arg-type]
        self.events += said
        return said

    def restart(
        self,
        gap_s: float = 0.0,
        *,
        crash: bool = False,
        rules: Iterable[Rule] | None = None,
        sensors: Iterable[Sensor] | None = None,
    ) -> None:
        """Stop and begin again after ``gap_s``; a crash loses what was not yet stored."""
        if not crash:
            self.store()
        if rules is not None:
            self.rules = {one.id: one for one in rules}
        if sensors is not None:
            self.sensors = {one.id: one for one in sensors}
        self.now += gap_s
        self.evaluator = Evaluator(self.rules, self.sensors, self.zones, BERLIN, self.stored)
        self.annunciator = Annunciator(self.rules, self.zones, self.sensors)
        for event in self.events:
            if isinstance(event, AlarmEvent):
                self.annunciator.restore(event.alarm)
        self._take(self.evaluator.resume(self.now))
        parents = everything_behind(self.sensors, self.evaluator.records().values())
        self.events += self.annunciator.reconcile(self.evaluator.verdicts(), self.now, parents=parents)
        self._take(self.evaluator.unheard(self.annunciator.standing(), self.now))

    def store(self) -> None:
        for key, state in self.evaluator.take_dirty().items():
            self.stored[key] = state
            if not state:
                del self.stored[key]

    def alarm(self, rule: str = "hot", scope: str = "a") -> Alarm | None:
        return next(
            (a for a in self.annunciator.alarms.values() if (a.rule, a.scope, a.drill) == (rule, scope, "")),
            None,
        )

    def active(self, rule: str = "hot", scope: str = "a") -> bool:
        alarm = self.alarm(rule, scope)
        return alarm is not None and alarm.active

    def kinds(self, rule: str = "hot") -> list[str]:
        return [e.kind for e in self.events if isinstance(e, AlarmEvent) and e.alarm.rule == rule]

    def _take(self, changes: list[Change]) -> list[Change]:
        self.changes += changes
        for change in changes:
            self.events += self.annunciator.on_change(change, self.now)
        return changes
