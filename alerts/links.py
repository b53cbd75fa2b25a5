"""Is it the sensor or the link? The silence of everything behind a gateway is one fault, and so is its own word; pure.

A gateway, server or device that says of itself that it is gone (last will, availability, node death) is believed
after a minute, unless something behind it measures after that word: radio parts must show a lost path within 100 s
(EN 54-25). A single device that sleeps between its reports says so with every report; it is lost only when one of
its sensors is late as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alerts.quiet import DEVICE, LINK, MISSED_WORDS, children_by_parent, parents_of
from alerts.rule import Change, Verdict
from alerts.seen import Seen
from sensors.life import Word
from sensors.model import Life, Sensor, Text
from sensors.state import late_from

WORD_GRACE_S = 60.0  # a gateway that restarts says "offline" and is back within the minute


class Parent:
    """A gateway or device that speaks of itself, and the sensors it speaks for."""

    __slots__ = ("at", "children", "gateway", "name", "online", "rule", "said")

    def __init__(self, name: str) -> None:
        self.name = name
        self.children: dict[str, Seen] = {}
        self.gateway = False
        self.online = True
        self.at = 0.0
        self.said = False
        self.rule = DEVICE.id

    def due(self) -> float:
        """When its word counts as a fault, if nothing contradicts it."""
        if self.gateway:
            return self.at + WORD_GRACE_S
        late = min((late_from(child) for child in self.children.values()), default=self.at)
        return max(self.at + WORD_GRACE_S, late)

    @property
    def contradicted(self) -> bool:
        """Whether something behind it was measured after its word."""
        return any(child.seen_at > self.at for child in self.children.values())


class Links:
    """Gateways, network servers and the site link: when each was last heard through, and its own last word.

    ``guards`` are the sensors whose loss is urgent: a device that carries one is told like a gateway.
    """

    def __init__(
        self, sensors: Mapping[str, Sensor], records: Mapping[str, Seen], guards: Iterable[str]
    ) -> None:
        self._children = children_by_parent(sensors)
        self._records = records
        self._guards = frozenset(guards)
        self._asked: dict[str, tuple[float, bool]] = {}
        self._guessed: dict[str, float] = {}  # parents called lost because nothing was heard, and since when
        self.parents: dict[str, Parent] = {}

    def resume(self) -> list[Parent]:
        """Take back what the records hold; the parents that say they are gone."""
        for seen in self._records.values():
            for name, word in seen.words.items():
                self._note(name, seen, word)
        return [parent for parent in self.parents.values() if not parent.online]

    def hear(self, life: Life, now: float) -> tuple[Parent | None, list[Seen]]:
        """A dialect's word: the parent it speaks of, and the records that changed. The latest to arrive counts:
        wills carry the time of the connection, not of the death."""
        name = life.about or life.source
        word = Word(life.online, now, life.gateway)
        known = [self._records[sensor] for sensor in life.sensors if sensor in self._records]
        changed = [seen for seen in known if seen.say(name, word, again=not life.retained)]
        for seen in changed:
            self._note(name, seen, word)
        return self.parents.get(name), changed

    def judge(self, parent: Parent, now: float) -> Change | None:
        """What is to be said of a parent now: lost, back, or nothing new."""
        if parent.online or parent.contradicted:
            self._mark(parent, gone=False)
            if parent.said:
                parent.said = False
                words = Text(f"{parent.name} 恢复通信", f"{parent.name} is heard again")
                return self._change(parent, Verdict.CLEAR, words, now)
            return None
        self._mark(parent, gone=True)
        if parent.said or parent.due() > now:
            return None
        parent.said = True
        count = len(parent.children)
        words = Text(
            f"{parent.name} 自报离线，其后 {count} 个传感器没有新数据",
            f"{parent.name} says that it is offline; nothing new from its {count} sensor{'s' * (count > 1)}",
        )
        return self._change(parent, Verdict.MET, words, now)

    def lost(self, seen: Seen, now: float) -> tuple[str, str]:
        """The parent through which nothing is heard of a silent sensor and the rule that speaks for it; two empty
        strings where the sensor itself must be meant.

        Its own word comes first. Without one, nothing is heard through a parent when, by the pace of all its
        children, at least five messages are missing since the last one, and its fastest child is overdue: one silent
        sensor among talking ones never makes its gateway lost. The widest such parent is named.
        """
        gone = [self.parents[name] for name in seen.parents]
        if gone:
            parent = max(gone, key=lambda one: one.gateway)
            return parent.name, parent.rule
        found = ""
        for name in parents_of(seen.sensor):
            if name in self._children and self._silent(name, now):
                found = name
        if found:
            self._guessed.setdefault(found, now)
        return (found, LINK.id) if found else ("", "")

    def guesses(self) -> tuple[str, ...]:
        """Parents that are called lost by silence alone; each is to be looked at again with :meth:`mistaken`."""
        return tuple(self._guessed)

    def back(self, seen: Seen) -> None:
        """A silent sensor is heard again: what it hangs behind is no longer called lost."""
        for name in parents_of(seen.sensor):
            self._guessed.pop(name, None)

    def mistaken(self, parent: str) -> list[Seen] | None:
        """The sensors that are silent behind a parent that turned out not to be lost: one of its slow ones, which had
        nothing to say so far, was heard since. None while nothing speaks against it.
        """
        since = self._guessed.get(parent)
        if since is None:
            return []
        children = [self._records[name] for name in self._children[parent] if name in self._records]
        if not any(child.seen_at > since for child in children):
            return None
        del self._guessed[parent]
        self._asked.pop(parent, None)
        return [child for child in children if child.silent and not child.aside]

    def found(self, parent: str, now: float) -> Change:
        """What is to be said of a parent that was called lost by mistake."""
        words = Text(f"{parent} 仍有数据，中断的不是它", f"{parent} is still heard: it is not what was lost")
        return Change(rule=LINK.id, scope=parent, zone="", verdict=Verdict.CLEAR, at=now, reason=words)

    def _note(self, name: str, seen: Seen, word: Word) -> None:
        parent = self.parents.setdefault(name, Parent(name))
        parent.children[seen.sensor.id] = seen
        if word.at >= parent.at:
            parent.online, parent.at, parent.gateway = word.online, word.at, word.gateway
        urgent = parent.gateway or not self._guards.isdisjoint(parent.children)
        parent.rule = LINK.id if urgent else DEVICE.id
        if not parent.online:
            self._mark(parent, gone=not parent.contradicted)

    def _mark(self, parent: Parent, *, gone: bool) -> None:
        for child in parent.children.values():
            if gone != (parent.name in child.parents):
                others = tuple(name for name in child.parents if name != parent.name)
                child.parents = (*others, parent.name) if gone else others
                child.doubt()

    def _change(self, parent: Parent, verdict: Verdict, words: Text, now: float) -> Change:
        zones = {child.sensor.zone for child in parent.children.values()}
        zone = zones.pop() if len(zones) == 1 else ""
        return Change(rule=parent.rule, scope=parent.name, zone=zone, verdict=verdict, at=now, reason=words)

    def _silent(self, parent: str, now: float) -> bool:
        asked = self._asked.get(parent)
        if asked is not None and asked[0] == now:
            return asked[1]
        children = [self._records[name] for name in self._children[parent] if name in self._records]
        heard_at = max(max(child.seen_at, child.heard_at, child.known_at) for child in children)
        passed = now - heard_at
        # Who was overdue already when the last word came is silent for a reason of its own.
        talking = [
            child for child in children if max(child.seen_at, child.known_at) + child.gap_s >= heard_at
        ]
        missed = sum(passed / child.step_s for child in talking)
        talked = any(child.seen_at > 0.0 for child in children)
        overdue = passed > min((child.gap_s for child in talking), default=passed)
        silent = talked and overdue and missed >= MISSED_WORDS
        self._asked[parent] = (now, silent)
        return silent
