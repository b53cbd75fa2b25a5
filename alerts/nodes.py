"""Conditions compiled for one scope: three-valued logic over the slots of its sensors (Kleene, 1952).

``judge(now)`` gives UNKNOWN, CLEAR or MET. It is called when something changed, never on every sample.
"""

from __future__ import annotations

from typing import Any

from alerts.rule import After, AllOf, AnyOf, Condition, Not, Vote
from alerts.slots import CLEAR, MET, UNKNOWN, Slot

NEVER = float("inf")


class Signals:
    """Independent signals of a vote: sensor -> quantity. ``held`` were met and are silent, ``missing`` any
    silent.
    """

    __slots__ = ("held", "met", "missing")

    def __init__(self) -> None:
        self.met: dict[str, str] = {}
        self.held: dict[str, str] = {}
        self.missing: set[str] = set()


class Node:
    """A condition in one scope."""

    __slots__ = ()

    def judge(self, now: float) -> int:  # noqa: ARG002 - the common form of all nodes
        """UNKNOWN, CLEAR or MET."""
        raise AssertionError("every node judges for itself")

    def leaves(self) -> list[Leaf]:
        """All leaf conditions below, in the order of the rule."""
        raise AssertionError("every node knows its leaves")

    def parts(self) -> tuple[Node, ...]:
        """The conditions this one is made of."""
        return ()

    def signals(self, now: float, within_s: float) -> Signals:  # noqa: ARG002 - the common form
        """What this part gives to a vote; a composite whose sensors cannot be told apart is one signal."""
        found = Signals()
        verdict, name = self.judge(now), f"#{id(self)}"
        if verdict == MET:
            found.met[name] = name
        elif verdict == UNKNOWN:
            found.missing.add(name)
        return found

    def due(self, now: float) -> float:
        """When the verdict may change without a sample."""
        return min((part.due(now) for part in self.parts()), default=NEVER)

    def keep(self) -> Any:
        """State of the node itself for a restart, JSON-like."""
        return None

    def recall(self, kept: Any) -> None:
        """Take it back."""

    def walk(self) -> list[Node]:
        """This node and all below, in the order of the rule."""
        return [self, *(node for part in self.parts() for node in part.walk())]


class Leaf(Node):
    """One leaf condition over all its sensors in the scope: met where any of them is met.

    Unknown where none is known, or where one that was met has fallen silent. A sensor that was clear and
    falls silent does not make its fellows' word worthless, unless the rule wants it strict (``on_unknown =
    "alarm"``).
    """

    __slots__ = ("clear", "instance", "kind", "met", "slots", "strict", "turned")

    def __init__(self, kind: Condition, instance: Any, *, strict: bool, turned: bool = False) -> None:
        self.kind = kind
        self.instance = instance
        self.strict = strict
        self.turned = turned  # under "not": clear is what speaks for the alarm
        self.slots: list[Slot] = []
        self.met = 0
        self.clear = 0

    def turn(self, slot: Slot, state: int, now: float, *, active: bool) -> None:
        """A slot changed its verdict."""
        before = slot.state
        slot.state = state
        if before == MET:
            self.met -= 1
            slot.left_at = now
        elif before == CLEAR:
            self.clear -= 1
        if state == MET:
            self.met += 1
            slot.held = True
        elif state == CLEAR:
            self.clear += 1
            slot.held = slot.held and active

    def judge(self, now: float) -> int:  # noqa: ARG002 - a leaf changes by samples and silence alone
        if self.met:
            return MET
        if self.clear == len(self.slots):
            return CLEAR if self.slots else UNKNOWN
        if self.clear == 0 or self.strict:
            return UNKNOWN
        return UNKNOWN if any(slot.held and slot.state == UNKNOWN for slot in self.slots) else CLEAR

    def leaves(self) -> list[Leaf]:
        return [self]

    def signals(self, now: float, within_s: float) -> Signals:
        found = Signals()
        for slot in self.slots:
            sensor = slot.seen.sensor
            if slot.state == MET or (slot.left_at >= 0.0 and now - slot.left_at <= within_s):
                found.met[sensor.id] = sensor.quantity
            elif slot.state == UNKNOWN:
                found.missing.add(sensor.id)
                if slot.held:
                    found.held[sensor.id] = sensor.quantity
        return found


class AllNode(Node):
    """Every part met."""

    __slots__ = ("of",)

    def __init__(self, of: tuple[Node, ...]) -> None:
        self.of = of

    def judge(self, now: float) -> int:
        verdict = MET
        for part in self.of:
            said = part.judge(now)  # every part is asked: "after" listens to what it hears
            if said == CLEAR:
                verdict = CLEAR
            elif said == UNKNOWN and verdict == MET:
                verdict = UNKNOWN
        return verdict

    def leaves(self) -> list[Leaf]:
        return [leaf for part in self.of for leaf in part.leaves()]

    def parts(self) -> tuple[Node, ...]:
        return self.of

    def signals(self, now: float, within_s: float) -> Signals:
        """Inside a vote all parts must be met by the *same* sensor."""
        each = [part.signals(now, within_s) for part in self.of]
        found = each[0]
        for other in each[1:]:
            standing = {**other.met, **other.held}
            held = {**found.held, **{s: q for s, q in found.met.items() if s not in other.met}}
            found.met = {s: q for s, q in found.met.items() if s in other.met}
            found.held = {s: q for s, q in held.items() if s in standing}
            found.missing |= other.missing
        return found


class AnyNode(Node):
    """At least one part met."""

    __slots__ = ("of",)

    def __init__(self, of: tuple[Node, ...]) -> None:
        self.of = of

    def judge(self, now: float) -> int:
        verdict = CLEAR
        for part in self.of:
            said = part.judge(now)
            if said == MET:
                verdict = MET
            elif said == UNKNOWN and verdict == CLEAR:
                verdict = UNKNOWN
        return verdict

    def leaves(self) -> list[Leaf]:
        return [leaf for part in self.of for leaf in part.leaves()]

    def parts(self) -> tuple[Node, ...]:
        return self.of

    def signals(self, now: float, within_s: float) -> Signals:
        found = Signals()
        for part in self.of:
            more = part.signals(now, within_s)
            found.met.update(more.met)
            found.held.update(more.held)
            found.missing |= more.missing
        found.missing -= found.met.keys()
        return found


class NotNode(Node):
    """The part is clear; unknown stays unknown."""

    __slots__ = ("of",)

    def __init__(self, of: Node) -> None:
        self.of = of

    def judge(self, now: float) -> int:
        return (UNKNOWN, MET, CLEAR)[self.of.judge(now)]

    def leaves(self) -> list[Leaf]:
        return self.of.leaves()

    def parts(self) -> tuple[Node, ...]:
        return (self.of,)


class AfterNode(Node):
    """``then`` became met within a time after ``first`` became met; lasts while ``then`` lasts."""

    __slots__ = ("first", "first_at", "first_was", "on", "then", "then_was", "within_s")

    def __init__(self, first: Node, then: Node, within_s: float) -> None:
        self.first = first
        self.then = then
        self.within_s = within_s
        self.first_at = -1.0
        self.first_was = CLEAR
        self.then_was = CLEAR
        self.on = False

    def judge(self, now: float) -> int:
        first, then = self.first.judge(now), self.then.judge(now)
        if first == MET and self.first_was != MET:
            self.first_at = now
        if then == MET and self.then_was != MET:
            self.on = self.first_at >= 0.0 and now - self.first_at <= self.within_s
        if then == CLEAR:
            self.on = False
        if first != UNKNOWN:
            self.first_was = first
        if then != UNKNOWN:
            self.then_was = then
        if self.on:
            return MET if then == MET else UNKNOWN
        return UNKNOWN if UNKNOWN in (first, then) and then != CLEAR else CLEAR

    def leaves(self) -> list[Leaf]:
        return [*self.first.leaves(), *self.then.leaves()]

    def parts(self) -> tuple[Node, ...]:
        return (self.first, self.then)

    def keep(self) -> Any:
        return [self.first_at, self.first_was, self.then_was, self.on]

    def recall(self, kept: Any) -> None:
        self.first_at, self.first_was, self.then_was, self.on = kept


class VoteNode(Node):
    """k of n independent signals; the panel's own word suffices.

    A signal counts while it is met and for ``within_s`` after, because a beam or motion detector lets go
    again before its neighbour answers (BS 8243 sequential confirmation works the same way).
    """

    __slots__ = ("kind", "of", "panel")

    def __init__(self, kind: Vote, of: tuple[Node, ...], panel: tuple[Node, ...]) -> None:
        self.kind = kind
        self.of = of
        self.panel = panel

    def judge(self, now: float) -> int:
        panel = [part.judge(now) for part in self.panel]
        found = AnyNode(self.of).signals(now, self.kind.within_s)  # asked in any case: "after" listens
        if MET in panel:
            return MET
        need = self.kind.at_least
        if self.kind.degrade == "reduce":
            need = max(1, need - len(found.missing))
        if self._count(found.met) >= need:
            return MET
        if found.held and self._count({**found.held, **found.met}) >= need:
            return UNKNOWN
        if any(part.judge(now) == UNKNOWN and any(s.held for leaf in part.leaves() for s in leaf.slots)
               for part in self.panel):  # fmt: skip
            return UNKNOWN
        return CLEAR if any(leaf.clear for leaf in self.leaves()) else UNKNOWN

    def _count(self, met: dict[str, str]) -> int:
        return len(set(met.values())) if self.kind.distinct_quantities else len(met)

    def leaves(self) -> list[Leaf]:
        return [leaf for part in self.parts() for leaf in part.leaves()]

    def parts(self) -> tuple[Node, ...]:
        return (*self.of, *self.panel)

    def due(self, now: float) -> float:
        ends = [
            slot.left_at + self.kind.within_s
            for leaf in self.leaves()
            for slot in leaf.slots
            if slot.state != MET and slot.left_at >= 0.0
        ]
        window = min((end for end in ends if end >= now), default=NEVER)
        return min(window + 0.001, super().due(now))


def compile_node(kind: Condition, instance: Any, *, strict: bool, turned: bool = False) -> Node:
    """The node tree of a condition, its leaves still without slots; ``turned``: under an odd number of "not"."""

    def compiled(parts: tuple[Condition, ...]) -> tuple[Node, ...]:
        return tuple(compile_node(part, instance, strict=strict, turned=turned) for part in parts)

    match kind:
        case AllOf():
            return AllNode(compiled(kind.of))
        case AnyOf():
            return AnyNode(compiled(kind.of))
        case Not():
            return NotNode(compile_node(kind.of, instance, strict=strict, turned=not turned))
        case After():
            first, then = compiled((kind.first, kind.then))
            return AfterNode(first, then, kind.within_s)
        case Vote():
            return VoteNode(kind, compiled(kind.of), compiled(kind.panel))
        case _:
            return Leaf(kind, instance, strict=strict, turned=turned)


def prune(node: Node) -> Node:
    """The tree without parts that no sensor of the scope can ever meet.

    "any of" and votes go on with what there is; "all of" keeps its empty part and so stays unknown.
    """
    if isinstance(node, AnyNode):
        node.of = tuple(prune(part) for part in node.of if _listens(part)) or node.of
    elif isinstance(node, VoteNode):
        node.of = tuple(prune(part) for part in node.of if _listens(part))
        node.panel = tuple(prune(part) for part in node.panel if _listens(part))
    elif isinstance(node, AllNode):
        node.of = tuple(prune(part) for part in node.of)
    return node


def _listens(node: Node) -> bool:
    """Whether any sensor of the scope can be heard through this part."""
    return any(leaf.slots for leaf in node.leaves())
