"""What reading a folder has found: problems, names that were declared, and names that were referred to.

References are settled at the very end, when all files are read, so that the order of files never matters. A
kind whose file could not be read wholly is *incomplete*: unknown names of that kind are then not reported,
because the one real mistake would otherwise drown in its consequences.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from difflib import get_close_matches
from unicodedata import normalize

from msgspec import Struct

from sensors.model import Text
from strongroom.problems import Problem, Severity

MANY = 4  # so many uses of one unknown name are one mistake: most likely the name itself was declared wrongly
Write = Callable[[str], Text]


class Spot(Struct, frozen=True):
    """A place in a file: line from 1 (0: the whole file) and the words that quote it."""

    file: str
    line: int = 0
    where: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


class Kind(Struct, frozen=True):
    """A kind of name: how people call it and where it is declared."""

    id: str
    name: Text
    file: str


KINDS = {
    kind.id: kind
    for kind in (
        Kind("floor", Text("楼层", "floor"), "building.toml"),
        Kind("zone", Text("分区", "zone"), "building.toml"),
        Kind("zone_kind", Text("分区类型", "zone kind"), "building.toml"),
        Kind("sensor", Text("传感器", "sensor"), "sensors.toml"),
        Kind("rule", Text("规则", "rule"), "rules.toml"),
        Kind("person", Text("人员", "person"), "people.toml"),
        Kind("role", Text("角色", "role"), "people.toml"),
        Kind("stand_in", Text("角色或人员", "role or person"), "people.toml"),
        Kind("playbook", Text("预案", "playbook"), "playbooks/"),
        Kind("holding", Text("馆藏", "holding"), "holdings.csv"),
        Kind("drill", Text("演练", "drill"), "drills/"),
        Kind("compartment", Text("防火分区", "fire compartment"), "building.toml"),
    )
}


class Reference(Struct, frozen=True):
    """Somebody used ``name``; ``write`` turns the nearest known name into what to write instead."""

    kind: str
    name: str
    spot: Spot
    write: Write
    severity: Severity


class Ledger:
    """Collects everything; raises nothing."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._declared: dict[str, dict[str, Spot]] = {}
        self._references: list[Reference] = []
        self._incomplete: set[str] = set()

    # -- problems --------------------------------------------------------------------------------------

    def error(self, spot: Spot, says: Text, write: Text | None = None, column: int = 0) -> None:
        """Something that keeps the building from running."""
        self._add("error", spot, says, write, column)

    def warn(self, spot: Spot, says: Text, write: Text | None = None) -> None:
        """Something to mend, but the building can run."""
        self._add("warning", spot, says, write, 0)

    def _add(self, severity: Severity, spot: Spot, says: Text, write: Text | None, column: int) -> None:
        self.problems.append(
            Problem(
                file=spot.file,
                line=spot.line,
                column=column,
                where=spot.where,
                says=says,
                write=write or Text("", ""),
                severity=severity,
            )
        )

    # -- names -----------------------------------------------------------------------------------------

    def declare(self, kind: str, name: str, spot: Spot) -> bool:
        """Note that ``name`` exists; False (and a problem naming both places) if it already did."""
        known = self._declared.setdefault(kind, {})
        first = known.setdefault(name, spot)
        if first is spot:
            return True
        noun = KINDS[kind].name
        self.error(
            spot,
            Text(
                f"{noun.zh}“{name}”已经在 {first} 定义过，编号不能重复。",
                f'There is already a {noun.en} "{name}" at {first}; an id may be used only once.',
            ),
            Text(
                f'改为另一个编号，例如：id = "{self._free(kind, name)}"',
                f'Write another id, for example: id = "{self._free(kind, name)}"',
            ),
        )
        return False

    def spare(self, name: str, taken: Container[str]) -> str:
        """A name under which a thing with a repeated id can be kept, so that nothing else seems missing."""
        number = 2
        while f"{name} ({number})" in taken:
            number += 1
        return f"{name} ({number})" if name in taken else name

    def note(self, kind: str, name: str, spot: Spot) -> None:
        """Note that ``name`` exists where repeating it is no mistake (roles, zone kinds)."""
        self._declared.setdefault(kind, {}).setdefault(name, spot)

    def known(self, kind: str) -> dict[str, Spot]:
        """The declared names of a kind with their places."""
        return self._declared.get(kind, {})

    def incomplete(self, *kinds: str) -> None:
        """A file declaring these kinds could not be read wholly."""
        self._incomplete.update(kinds)

    def is_complete(self, *kinds: str) -> bool:
        """All files that declare these kinds were read wholly."""
        return self._incomplete.isdisjoint(kinds)

    def refer(self, kind: str, name: str, spot: Spot, write: Write, severity: Severity = "error") -> None:
        """Note that ``name`` is used; checked by :meth:`settle`."""
        self._references.append(Reference(kind, name, spot, write, severity))

    def referred(self, kind: str) -> set[str]:
        """All names of a kind that somebody used."""
        return {reference.name for reference in self._references if reference.kind == kind}

    def settle(self) -> None:
        """Report every reference to a name that nobody declared; many to the same name as one."""
        unknown: dict[tuple[str, str], list[Reference]] = {}
        for reference in self._references:
            if reference.name not in self.known(reference.kind) and self.is_complete(reference.kind):
                unknown.setdefault((reference.kind, reference.name), []).append(reference)
        for (kind, _), found in unknown.items():
            # A role nobody has is one gap in the staff of each plan, however many steps it has.
            once = {reference.spot.file: reference for reference in reversed(found)}
            references = list(once.values()) if kind == "role" else found
            if len(references) < MANY:
                for reference in references:
                    self._unknown(reference, ())
            else:
                self._unknown(references[0], tuple(reference.spot for reference in references[1:]))
        self._references.clear()

    def _unknown(self, reference: Reference, others: tuple[Spot, ...]) -> None:
        kind, known = KINDS[reference.kind], self.known(reference.kind)
        near = nearest(reference.name, known) or (next(iter(known)) if len(known) == 1 else "")
        if reference.kind == "role":
            says = _nobody(reference.name)
        else:
            says = Text(
                f"{kind.file} 中没有{kind.name.zh}“{reference.name}”。",
                f'There is no {kind.name.en} "{reference.name}" in {kind.file}.',
            )
        if others:
            listed = ", ".join(str(spot) for spot in others[:6]) + (" …" if len(others) > 6 else "")
            says = Text(
                f"{says.zh}\n另有 {len(others)} 处用到它：{listed}",
                f"{says.en}\nIt is used at {len(others)} other places: {listed}",
            )
        if near:
            write = reference.write(near)
        elif known:
            some = ", ".join(sorted(known)[:8])
            write = Text(f"可用的有：{some}", f"Known ones: {some}")
        else:
            write = Text(
                f"请先在 {kind.file} 中定义{kind.name.zh}。", f"Declare the {kind.name.en} in {kind.file}."
            )
        self._add(reference.severity, reference.spot, says, write, 0)

    def _free(self, kind: str, name: str) -> str:
        known = self.known(kind)
        number = 2
        while f"{name}-{number}" in known:
            number += 1
        return f"{name}-{number}"


def _nobody(role: str) -> Text:
    return Text(f"people.toml 中没有人担任“{role}”。", f'Nobody in people.toml has the role "{role}".')


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that was most likely meant, or "" if none is near.

    Full-width forms, case, spaces and the choice of ``-`` or ``_`` are forgiven before spelling is compared.
    """
    names = sorted(known)
    plain = {_plain(candidate): candidate for candidate in reversed(names)}
    wanted = _plain(name)
    if wanted in plain:
        return plain[wanted]
    close = get_close_matches(wanted, list(plain), n=1, cutoff=0.6)
    return plain[close[0]] if close else ""


def _plain(name: str) -> str:
    return normalize("NFKC", name).casefold().strip().replace("_", "-").replace(" ", "-")
