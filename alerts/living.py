"""What sensors' lives mean for the rules: silence, troubles, self-tests, words on devices and gateways; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from alerts.links import Links, Parent
from alerts.quiet import LINK
from alerts.rule import Change
from alerts.seen import Seen, SelfTest, Watch
from alerts.slots import CLEAR, MET, UNKNOWN, Slot
from sensors.model import Expiry, Life, Quality, Telling
from sensors.state import SELF_TEST_MOST_S, testing

GUESS_AGAIN_S = 10.0  # how often it is asked whether a link that was called lost by silence really is


class Guess(Struct, frozen=True):
    """A link that is called lost because nothing was heard, to be looked at again."""

    parent: str


Due = Watch | Parent | SelfTest | Guess


class Living:
    """The lives of one world's sensors, for the evaluator that owns it.

    ``turn`` gives a slot its new verdict, ``push`` remembers when something falls due, ``touch`` that a record must be
    stored. ``not_before``: silence found earlier would be our own absence (C3).
    """

    def __init__(
        self,
        records: Mapping[str, Seen],
        links: Links,
        turn: Callable[[Slot, int, float, list[Change]], None],
        push: Callable[[float, Due], None],
        touch: Callable[[Seen], None],
    ) -> None:
        self._records = records
        self._links = links
        self._turn = turn
        self._push = push
        self._touch = touch
        self.not_before = 0.0

    # --- facts ----------------------------------------------------------------------------------------

    def begin(self, now: float) -> None:
        """Watch every sensor from now on, or again after a restart."""
        for seen in self._records.values():
            if seen.begin(now) or seen.known_at == 0.0:
                seen.known_at = seen.known_at or now
                self._touch(seen)
            for watch in seen.watches:
                watch.fired = seen.silent if watch.own else all(s.state == MET for s in watch.slots)
                if not watch.fired:
                    self._push(watch.due(self.not_before), watch)

    def distrust(self, names: Iterable[str], now: float) -> None:
        """Before anything is judged: what these sensors said last is no word on any rule."""
        for seen in self._known(names):
            for slot in seen.slots:
                if not slot.by_clock and slot.state != UNKNOWN:
                    slot.leaf.turn(slot, UNKNOWN, now, active=slot.leaf.instance.active)

    def resume(self, now: float, changes: list[Change]) -> None:
        """What the stored records already say speaks at once (C6)."""
        for seen in self._records.values():
            self.tested(seen, now, changes)
            self.troubled(seen, now, changes)
        for parent in self._links.resume():
            self._parent(parent, now, changes)

    def say(self, life: Life, now: float, changes: list[Change]) -> None:
        """A dialect's word on a device or gateway."""
        parent, changed = self._links.hear(life, now)
        for seen in changed:
            self.troubled(seen, now, changes)
        if parent is not None and changed:
            self._parent(parent, now, changes)

    def tell(self, told: Telling, now: float, changes: list[Change]) -> None:
        """What a device tells of itself; only a live word counts, an old one may have been overtaken."""
        if told.quality is not Quality.GOOD:
            return
        for seen in self._known(told.sensors):
            if seen.tell(told.quantity, told.value, min(told.at, now)):
                self.tested(seen, now, changes)
                self.troubled(seen, now, changes)

    def expire(self, expiry: Expiry) -> None:
        """A device declares for how long its values stand."""
        for seen in self._known(expiry.sensors):
            if seen.expire(expiry.after_s):
                self._touch(seen)
                for watch in seen.watches:
                    if watch.after_s is None and not watch.fired:
                        self._push(watch.due(self.not_before), watch)

    def spoke(self, seen: Seen, now: float, changes: list[Change]) -> None:
        """A good measurement of a sensor that was silent, in trouble, or behind something that called itself gone."""
        if seen.silent:
            self._links.back(seen)
            seen.silent = False
            seen.stir()
            for watch in seen.watches:
                if watch.fired:
                    watch.fired = False
                    self._push(watch.due(0.0), watch)
        if seen.stirred:
            self.troubled(seen, now, changes)
        if seen.parents:
            self._touch(seen)
            for name in seen.parents:
                self._parent(self._links.parents[name], now, changes)

    # --- time -----------------------------------------------------------------------------------------

    def due(self, item: Due, now: float, changes: list[Change]) -> None:
        """A limit of silence, a parent's word or a self-test falls due."""
        if isinstance(item, Watch):
            self._watch(item, now, changes)
        elif isinstance(item, Parent):
            self._parent(item, now, changes)
        elif isinstance(item, Guess):
            self._guess(item, now, changes)
        else:
            self.tested(item.seen, now, changes)

    def set_aside(self, seen: Seen, now: float, changes: list[Change]) -> None:
        """Out of service: no silence and no trouble of it is anybody's alarm, and its last value proves nothing."""
        if seen.aside:
            return
        seen.aside = True
        own = [slot for watch in seen.watches for slot in watch.slots]
        for slot in [*own, *seen.troubles]:
            if slot.state == MET:
                self._turn(slot, CLEAR, now, changes)
        for slot in seen.slots:
            if not slot.by_clock and slot.state != UNKNOWN:
                self._turn(slot, UNKNOWN, now, changes)

    def bring_back(self, seen: Seen, now: float, changes: list[Change]) -> None:
        """Back in service: it must speak within its limit from now on."""
        if not seen.aside:
            return
        seen.aside = seen.silent = False
        seen.known_at = now
        seen.stir()
        for watch in seen.watches:
            watch.fired = False
            self._push(watch.due(self.not_before), watch)
        self.troubled(seen, now, changes)

    def _watch(self, watch: Watch, now: float, changes: list[Change]) -> None:
        if watch.seen.aside:
            return
        due = watch.due(self.not_before)
        if due > now:
            self._push(due, watch)
            return
        watch.fired = True
        seen = watch.seen
        if watch.slots:
            first = len(changes)
            parent, rule = self._links.lost(seen, now)
            for slot in watch.slots:
                if slot.state != MET:
                    slot.limit = seen.limit_s if watch.after_s is None else watch.after_s
                    self._turn(slot, MET, now, changes)
            if parent and rule == LINK.id and parent in self._links.guesses():
                self._push(now + GUESS_AGAIN_S, Guess(parent))
            if parent:
                changes[first:] = [replace(one, parent=parent, parent_rule=rule) for one in changes[first:]]
        if watch.own:
            seen.silent = True
            seen.stir()
            for slot in seen.slots:
                if not slot.by_clock and slot.state != UNKNOWN:
                    self._turn(slot, UNKNOWN, now, changes)
            self.troubled(seen, now, changes)

    def _guess(self, guess: Guess, now: float, changes: list[Change]) -> None:
        """Nothing was heard through a link, and then one of its slow sensors spoke: a narrower one is lost."""
        silent = self._links.mistaken(guess.parent)
        if silent is None:
            self._push(now + GUESS_AGAIN_S, guess)
            return
        for seen in silent:
            parent, rule = self._links.lost(seen, now)
            for slot in (
                slot for watch in seen.watches for slot in watch.slots if parent and slot.state == MET
            ):
                said = slot.leaf.instance.say(MET, slot, now)
                changes.append(replace(said, parent=parent, parent_rule=rule))
        if silent:
            changes.append(self._links.found(guess.parent, now))

    # --- what follows ---------------------------------------------------------------------------------

    def troubled(self, seen: Seen, now: float, changes: list[Change]) -> None:
        """Hold the record against the rules about troubles."""
        if seen.stirred:
            seen.stirred = False
            self._touch(seen)
        for slot in () if seen.aside else seen.troubles:
            state = slot.assess(now)
            if state != slot.state:
                self._turn(slot, state, now, changes)

    def tested(self, seen: Seen, now: float, changes: list[Change]) -> None:
        """A self-test began or ended. After it the last value counts, whatever it is: what is still true speaks."""
        told = seen.told.get("test")
        if told is None:
            return
        seen.rouse()
        running = bool(testing(seen, now))
        ended = not running and (seen.testing or told.value == 1.0)
        seen.testing = running
        if running:
            self._push(told.since + SELF_TEST_MOST_S, SelfTest(seen))
        if ended and seen.value is not None and not seen.silent and not seen.aside:
            for slot in seen.slots:
                state = slot.judge(seen.value, seen.measured_at)
                if state != slot.state:
                    self._turn(slot, state, now, changes)

    def _parent(self, parent: Parent, now: float, changes: list[Change]) -> None:
        change = self._links.judge(parent, now)
        if change is not None:
            changes.append(change)
        if not parent.online and not parent.said and not parent.contradicted:
            self._push(max(parent.due(), now + 1.0), parent)

    def _known(self, sensors: Iterable[str]) -> list[Seen]:
        return [self._records[name] for name in sensors if name in self._records]
