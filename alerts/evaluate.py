"""From readings to verdicts: the evaluation of all rules of one building, pure and restartable.

Time is always an argument (Unix seconds UTC). A duration is proven by samples: between two samples that
follow each other at the sensor's pace the time counts, in a gap it does not (C5); from a sample until the
next one is overdue the clock alone may finish a delay, so that an event-driven contact is not waited for
until its next heartbeat. Missing data turns a verdict to unknown, never to clear (C4).
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from heapq import heappop, heappush

import msgspec

from alerts.compile import compile_rule, selected_by
from alerts.doubtful import Doubtful
from alerts.instance import NEVER, SAID, Instance
from alerts.links import Links
from alerts.living import Due, Living
from alerts.nodes import Leaf
from alerts.registry import Registry
from alerts.rule import Change, Rule, Verdict
from alerts.schedule import armed
from alerts.seen import Seen, Watch
from alerts.sensor_rules import guards
from alerts.slots import CLEAR, MET, UNKNOWN, Slot
from sensors.devices import device_of
from sensors.model import Expiry, Life, Quality, Reading, Sensor, Telling, Zone
from sensors.rows import Rows

GOOD = Quality.GOOD
START_GRACE_S = 30.0  # C3: silence that fell into our own absence is reported within limit + 30 s
SAVE_EVERY_S = 60.0  # how often a sensor's newest value and its rules' windows are stored
SAVE_PENDING_EVERY_S = 5.0  # the same while one of its rules proves a delay: at most so much credit is lost


class Evaluator:
    """All rules over all sensors of one building.

    ``states`` are the bytes that :meth:`take_dirty` once gave, by key; unreadable ones are dropped and listed
    in ``lost``. Drill readings are evaluated in a world of their own per drill.

    Stored credit may be up to 5 s behind (a sample window up to 60 s) when the process is killed: a restart
    can only make a delay longer by that much, never shorter.
    """

    def __init__(
        self,
        rules: Mapping[str, Rule],
        sensors: Mapping[str, Sensor],
        zones: Mapping[str, Zone],
        timezone: str,
        states: Mapping[str, bytes] | None = None,
    ) -> None:
        self._registry = Registry(sensors, zones)
        self._rules = dict(rules)
        self._timezone = timezone
        self._states: dict[str, bytes] = dict(states or {})
        self.lost: list[str] = []
        self._worlds: dict[str, dict[str, Seen]] = {"": {}}
        self._rows = Rows()
        self._places: dict[str, int] = {}  # of live sensors, in the rows
        self._instances: dict[str, list[Instance]] = {"": []}
        self._of_rule: dict[str, list[Instance]] = {}
        self._heap: list[tuple[float, int, Due | Instance | Rule]] = []
        self._pushed = 0
        self._dirty: dict[str, Seen | Instance | None] = {}
        self._awake = False
        for sensor in sensors.values():
            seen = self._seen(sensor, "")
            seen.watches.append(Watch(seen, None, own=True))
        links = Links(sensors, self._worlds[""], guards(sensors.values()))
        self._living = Living(self._worlds[""], links, self._turn, self._push, self._touch)
        self._doubtful = Doubtful(self._living, self._turn, self._touch)
        for rule in self._rules.values():
            self._admit(compile_rule(rule, self._registry, lambda s: self._seen(s, ""), str), "")

    # --- what the engine calls ---------------------------------------------------------------------------

    def resume(self, now: float, aside: Iterable[str] = ()) -> list[Change]:
        """Begin, or begin again after a restart; what is already true speaks at once (C6). ``aside``: sensors out of
        service, whose last values prove nothing.

        Delays keep their credit; the time nobody watched proves nothing. Called by the first observation or
        tick where the engine has not.
        """
        changes: list[Change] = []
        self._awake = True
        self._living.not_before = now + START_GRACE_S
        drills = {key.split("|", 2)[1] for key in self._states if key.startswith("drill|")}
        for drill in sorted(drills):
            for key in [key for key in self._states if key.startswith(f"drill|{drill}|seen:")]:
                self._enter(drill, key.split("seen:", 1)[1], now)
        self._living.distrust(aside, now)
        self._living.begin(now)
        for rule in self._rules.values():
            if rule.armed:
                self._arm(rule, now, changes)
        for instance in self._instances[""]:
            self._wake(instance, now, changes)
        self._living.resume(now, changes)
        return changes

    def hear(
        self, lives: Iterable[Life], tellings: Iterable[Telling], expiries: Iterable[Expiry], now: float
    ) -> list[Change]:
        """What a message says beside its readings: of devices and gateways, and of limits they declare."""
        changes: list[Change] = [] if self._awake else self.resume(now)
        for life in lives:
            self._living.say(life, now, changes)
        for told in tellings:
            self._living.tell(told, now, changes)
        for expiry in expiries:
            self._living.expire(expiry)
        return changes

    def observe(self, reading: Reading, now: float) -> list[Change]:
        """Hold one reading against every rule that looks at its sensor."""
        if not self._awake:
            return [*self.resume(now), *self.observe(reading, now)]
        drill, value, at = reading.drill, reading.value, reading.measured_at
        quality = reading.quality
        if quality is GOOD and not drill:
            place = self._places.get(reading.sensor)
            if place is None:
                return []
            save_at = self._rows.goes_on(place, value, at, now)
            if save_at >= 0.0:
                if now >= save_at:
                    self._save(self._worlds[""][reading.sensor], now)
                return []
        seen = self._enter(drill, reading.sensor, now) if drill else self._worlds[""].get(reading.sensor)
        if seen is None:
            return []
        changes: list[Change] = []
        if quality is not GOOD and not (drill and quality is Quality.SIMULATED):
            self._doubtful.hear(seen, reading, now, changes)
            return changes
        if seen.calm and not seen.low <= value <= seen.high:
            seen.rouse()
        if not seen.take(reading, now):
            return changes
        if seen.stirred or seen.silent or seen.parents:
            self._living.spoke(seen, now, changes)
        if seen.testing:
            return changes  # alive, and no more: what it shows while it tests itself is no state of the place
        if seen.calm:
            if seen.trails:
                seen.note(value, at)
            for slot in seen.busy:
                self._judge(slot, value, at, now, changes)
        else:
            for slot in seen.slots:
                self._judge(slot, value, at, now, changes)
            if seen.unverified:
                self._verified(seen, now, changes)
            seen.settle()
        if not seen.same_s:  # while a value stands, every sample of it counts
            seen.open()
        if now >= seen.save_at:
            self._save(seen, now)
        return changes

    def tick(self, now: float) -> list[Change]:
        """What the passing of time alone decides: delays, silence, windows, schedules."""
        if not self._awake:
            return self.resume(now)
        changes: list[Change] = []
        heap = self._heap
        while heap and heap[0][0] <= now:
            at, _, item = heappop(heap)
            if isinstance(item, Rule):
                self._arm(item, now, changes)
            elif not isinstance(item, Instance):
                self._living.due(item, now, changes)
            elif item.due_at == at:
                item.due_at = NEVER
                self._reconsider(item, None, now, changes)
        return changes

    def next_due(self) -> float | None:
        """When :meth:`tick` is wanted next; it may turn out that nothing was due after all."""
        return self._heap[0][0] if self._heap else None

    def take_dirty(self) -> dict[str, bytes]:
        """Rule states and sensor records that changed since last asked; empty bytes mean: delete the key."""
        if not self._dirty:
            return {}
        taken = {key: item.dump() if item is not None else b"" for key, item in self._dirty.items()}
        self._dirty = {}
        return taken

    def end_drill(self, drill: str) -> None:
        """Forget a drill's world."""
        if not drill:
            return
        for seen in self._worlds.pop(drill, {}).values():
            self._dirty[seen.key] = None
        for instance in self._instances.pop(drill, []):
            self._dirty[instance.key] = None
            self._of_rule[instance.rule.id].remove(instance)
            instance.due_at = NEVER

    def verdicts(self) -> dict[tuple[str, str], Verdict]:
        """What was last said of each live rule and scope."""
        return {(i.rule.id, i.scope): SAID[i.said] for i in self._instances[""]}

    def unheard(self, standing: Container[tuple[str, str]], now: float) -> list[Change]:
        """What holds and is said once more, as no alarm of that rule and scope is ``standing``: files lost what was
        said, or the rule was away while its alarm was reset. By itself a rule does not speak twice.
        """
        met = [i for i in self._instances[""] if i.said == MET and (i.rule.id, i.scope) not in standing]
        self._dirty.update((instance.key, instance) for instance in met)
        return [instance.say(MET, None, now) for instance in met]

    def seen(self, sensor: str) -> Seen | None:
        """The record of a live sensor."""
        return self._worlds[""].get(sensor)

    def fellows(self, sensor: str) -> tuple[str, ...]:
        """The sensors of the same device, itself among them."""
        known = self._registry.sensors
        device = device_of(known[sensor]) if sensor in known else ""
        return tuple(name for name, one in known.items() if device_of(one) == device)

    def neighbours(self, sensor: str) -> list[Seen]:
        """The records of the other sensors of the same quantity in the same zone."""
        world = self._worlds[""]
        return [world[one.id] for one in self._registry.neighbours(self._registry.sensors[sensor])]

    def records(self) -> dict[str, Seen]:
        """The records of all live sensors."""
        return self._worlds[""]

    def set_aside(self, sensor: str, now: float) -> list[Change]:
        """Take a sensor out of service: its silence is nobody's alarm, and what it said last proves nothing."""
        changes: list[Change] = []
        if seen := self._worlds[""].get(sensor):
            self._living.set_aside(seen, now, changes)
        return changes

    def bring_back(self, sensor: str, now: float) -> list[Change]:
        """Back into service: it must speak within its limit from now; feed its newest reading afterwards."""
        changes: list[Change] = []
        if seen := self._worlds[""].get(sensor):
            self._living.bring_back(seen, now, changes)
        return changes

    # --- building -----------------------------------------------------------------------------------------

    def _seen(self, sensor: Sensor, drill: str) -> Seen:
        world = self._worlds[drill]
        if sensor.id not in world:
            seen = Seen(sensor, f"{_prefix(drill)}seen:{sensor.id}", Rows() if drill else self._rows)
            world[sensor.id] = seen
            if not drill:
                self._places[sensor.id] = seen.row
            stored = self._states.get(seen.key)
            if stored:
                try:
                    seen.load(stored)
                except (msgspec.MsgspecError, TypeError, ValueError):
                    self.lost.append(seen.key)
        return world[sensor.id]

    def _admit(self, instances: list[Instance], drill: str) -> None:
        for instance in instances:
            stored = self._states.get(instance.key)
            if stored:
                try:
                    if not instance.load(stored):
                        self._already(instance)
                except (msgspec.MsgspecError, TypeError, ValueError, IndexError, KeyError):
                    self.lost.append(instance.key)
            else:
                self._already(instance)
            self._instances.setdefault(drill, []).append(instance)
            self._of_rule.setdefault(instance.rule.id, []).append(instance)

    @staticmethod
    def _already(instance: Instance) -> None:
        """A new or edited rule is held against the newest values that are known (C6); they end no alarm that stands."""
        for slot in instance.slots:
            seen = slot.seen
            if slot.one_value and not slot.by_clock and seen.value is not None and not seen.silent:
                state = slot.judge(seen.value, seen.measured_at)
                if state == MET or not instance.active:
                    slot.leaf.turn(slot, state, seen.seen_at, active=instance.active)

    def _enter(self, drill: str, sensor_id: str, now: float) -> Seen | None:
        """The record of a sensor inside a drill; the rules that look at it are compiled on first use."""
        world = self._worlds.setdefault(drill, {})
        if sensor_id in world:
            return world[sensor_id]
        sensor = self._registry.sensors.get(sensor_id)
        if sensor is None:
            return None
        known = {(i.rule.id, i.scope) for i in self._instances.get(drill, ())}
        for rule in self._rules.values():
            if sensor in selected_by(rule, self._registry):
                scope = self._registry.scope_of(sensor, rule.scope)
                if (rule.id, scope) not in known:
                    fresh = compile_rule(
                        rule,
                        self._registry,
                        lambda s: self._seen(s, drill),
                        lambda key: f"{_prefix(drill)}{key}",
                        drill=drill,
                        only=frozenset({scope}),
                    )
                    self._admit(fresh, drill)
                    for instance in fresh:
                        instance.armed = armed(rule.armed, now, self._timezone)[0]
        seen = self._seen(sensor, drill)
        self._dirty[seen.key] = seen
        return seen

    # --- deciding -----------------------------------------------------------------------------------------

    def _wake(self, instance: Instance, now: float, changes: list[Change]) -> None:
        verdict = instance.judged(now)
        instance.raw = verdict
        if verdict == MET and not instance.active and instance.rule.for_s > 0.0:
            instance.resumed(now)
        elif verdict == CLEAR and instance.active and instance.rule.clear_for_s > 0.0:
            instance.pending = True
        elif verdict != UNKNOWN or instance.active:
            self._settle(instance, None, now, changes)
        if instance.pending:
            instance.rouse()
        self._plan(instance, now)

    def _reconsider(self, instance: Instance, slot: Slot | None, now: float, changes: list[Change]) -> None:
        instance.raw = instance.judged(now)
        self._settle(instance, slot, now, changes)
        self._plan(instance, now)

    def _settle(self, instance: Instance, slot: Slot | None, now: float, changes: list[Change]) -> None:
        self._dirty[instance.key] = instance
        proving = instance.pending
        verdict = instance.settle(slot, now)
        if instance.pending and not proving:
            instance.rouse()
        if verdict is not None:
            changes.append(instance.say(verdict, slot, now))

    def _judge(self, slot: Slot, value: float, at: float, now: float, changes: list[Change]) -> None:
        state = slot.judge(value, at)
        instance = slot.leaf.instance
        if state != slot.state:
            self._turn(slot, state, now, changes)
        elif instance.pending:
            self._prove(instance, slot, now, changes)

    def _prove(self, instance: Instance, slot: Slot, now: float, changes: list[Change]) -> None:
        verdict = instance.prove(slot, now)
        if verdict is not None:
            self._dirty[instance.key] = instance
            changes.append(instance.say(verdict, slot, now))
        self._plan(instance, now)

    def _turn(self, slot: Slot, state: int, now: float, changes: list[Change]) -> None:
        instance = slot.leaf.instance
        slot.seen.rouse()
        slot.leaf.turn(slot, state, now, active=instance.active)
        self._reconsider(instance, slot, now, changes)

    def _verified(self, seen: Seen, now: float, changes: list[Change]) -> None:
        """A live sample has confirmed or refuted what a retained one said."""
        seen.unverified = False
        for slot in seen.slots:
            if slot.unverified:
                slot.unverified = False
                instance = slot.leaf.instance
                if instance.unverified and instance.said == MET:
                    self._dirty[instance.key] = instance
                    changes.append(instance.say(MET, slot, now))

    def _arm(self, rule: Rule, now: float, changes: list[Change]) -> None:
        on, following = armed(rule.armed, now, self._timezone)
        if following < NEVER:
            self._push(following, rule)
        for instance in self._of_rule.get(rule.id, ()):
            if instance.armed != on:
                instance.armed = on
                self._reconsider(instance, None, now, changes)

    def _plan(self, instance: Instance, now: float) -> None:
        due = instance.clock_due()
        if not isinstance(instance.root, Leaf):
            due = min(due, instance.root.due(now))
        if due < instance.due_at:
            instance.due_at = due
            self._push(due, instance)

    def _touch(self, seen: Seen) -> None:
        self._dirty[seen.key] = seen

    def _push(self, at: float, item: Due | Instance | Rule) -> None:
        self._pushed += 1
        heappush(self._heap, (at, self._pushed, item))

    def _save(self, seen: Seen, now: float) -> None:
        """Store this sensor's newest value and what its rules remember, at a bounded rate."""
        pending = False
        for slot in seen.windowed if seen.calm else seen.slots:
            instance = slot.leaf.instance
            if instance.pending:
                pending = True
                self._dirty[instance.key] = instance
            elif slot.windowed:
                self._dirty[instance.key] = instance
        self._dirty[seen.key] = seen
        seen.save_at = now + (SAVE_PENDING_EVERY_S if pending else SAVE_EVERY_S)


def _prefix(drill: str) -> str:
    return f"drill|{drill}|" if drill else ""
