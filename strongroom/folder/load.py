"""Read a building folder: every file, every problem, and the Building if nothing keeps it from running."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from msgspec import Struct

from alerts.rule import Rule
from alerts.standard import standard_rules
from playbooks.rescue.own import DEFAULT_OWN, OwnRescue
from sensors.model import Text
from strongroom.folder import building, drills, holdings, people, playbooks, rescue, rules, sensors
from strongroom.folder.across import check_across
from strongroom.folder.document import Document, parse
from strongroom.folder.facts import Facts
from strongroom.folder.ledger import Ledger, Spot
from strongroom.folder.plans import Plan, read_plan
from strongroom.folder.source import REGISTER_BYTES, Source, read_source
from strongroom.model import Building, Floor
from strongroom.problems import Problem, errors_in, worst_first

REQUIRED = (building.FILE, sensors.FILE, rules.FILE, people.FILE)
SUFFIXES = (".toml", ".csv", ".svg")


class Loaded(Struct, frozen=True):
    """What a folder holds. ``building`` is None while an error keeps it from running."""

    building: Building | None
    problems: tuple[Problem, ...]


def load(folder: Path, now: float | None = None) -> Loaded:
    """Read ``folder``; never raises for what is in it.

    ``now`` (Unix seconds UTC) lets the duty roster be checked for the days ahead; None leaves that out.
    """
    ledger = Ledger()
    if not folder.is_dir():
        ledger.error(
            Spot(str(folder)),
            Text("没有这个文件夹。", "There is no such folder."),
            Text(
                "写出含有 building.toml 的文件夹路径。", "Give the path of a folder that holds building.toml."
            ),
        )
        return Loaded(None, worst_first(ledger.problems))
    revision = digest(folder)
    facts = _facts(folder, ledger, revision)
    check_across(facts, ledger, now)
    ledger.settle()
    problems = worst_first(ledger.problems)
    return Loaded(None if errors_in(problems) else _building(facts, folder, revision), problems)


def digest(folder: Path) -> str:
    """SHA-256 (first 16 hex digits) over names and bytes of the folder's own files, whatever their order."""
    total = sha256()
    for path in sorted(
        path for path in folder.rglob("*") if path.suffix.casefold() in SUFFIXES and path.is_file()
    ):
        try:
            content = path.read_bytes()
        except OSError:
            content = b""
        total.update(path.relative_to(folder).as_posix().encode("utf-8", "surrogateescape"))
        total.update(len(content).to_bytes(8, "big"))
        total.update(content)
    return total.hexdigest()[:16]


def _facts(folder: Path, ledger: Ledger, revision: str) -> Facts:
    house = building.read_house(_document(folder, building.FILE, "building", ledger), ledger)
    spoken = house.languages
    instruments = sensors.read_sensors(_document(folder, sensors.FILE, "sensors", ledger), ledger, spoken)
    rulebook = rules.read_rules(_document(folder, rules.FILE, "rules", ledger), ledger, spoken, revision)
    staff = people.read_staff(_document(folder, people.FILE, "people", ledger), ledger, spoken)
    planned = {
        entry.playbook.id: entry
        for file in _files(folder, playbooks.FOLDER, ".toml")
        for entry in [
            playbooks.read_playbook(_document(folder, file, "playbook", ledger), ledger, spoken, revision)
        ]
        if entry.playbook.id
    }
    scripts = {
        entry.drill.id: entry
        for file in _files(folder, drills.FOLDER, ".toml")
        for entry in [
            drills.read_drill(_document(folder, file, "drill", ledger), ledger, spoken, instruments.sensors)
        ]
        if entry.drill.id
    }
    written = rulebook.rules
    every = standard_rules(
        house.zones, instruments.sensors, written, profile=house.climate_profile, playbooks=planned
    )
    standard = {name: rule for name, rule in every.items() if name not in written}
    if not ledger.is_complete("zone", "sensor"):
        ledger.incomplete("rule")  # the standard rules follow from rooms and sensors
    for name in standard:
        ledger.note("rule", name, Spot("alerts/standard.py"))
    return Facts(
        standard=standard,
        house=house,
        instruments=instruments,
        rulebook=rulebook,
        staff=staff,
        playbooks=planned,
        register=_register(folder, ledger),
        rescue=_rescue(folder, ledger, spoken),
        drills=scripts,
        plans=_plans(folder, house.floors, ledger),
    )


def _document(folder: Path, file: str, kind: str, ledger: Ledger) -> Document:
    """A parsed file; one that is missing or unreadable counts as incomplete, not as empty."""
    if not (folder / file).exists():
        near = _misnamed(folder, file)
        found = Text(f"文件夹里有 {near}。", f"The folder holds {near}.") if near else Text("", "")
        ledger.error(
            Spot(file),
            Text(f"缺少文件 {file}。{found.zh}", f"The file {file} is missing. {found.en}".rstrip()),
            Text(f"把 {near} 改名为 {file}", f"Rename {near} to {file}")
            if near
            else Text(
                f"新建 {file}，格式见 docs/folder.md。", f"Create {file}; docs/folder.md shows its format."
            ),
        )
        return Document(file, {}, {}, whole=False, kind=kind)
    source = read_source(folder, file, ledger)
    if source is None:
        return Document(file, {}, {}, whole=False, kind=kind)
    if not source.text.strip():
        ledger.error(
            Spot(file),
            Text(f"文件 {file} 是空的。", f"The file {file} is empty."),
            Text("按 docs/folder.md 填写内容。", "Fill it in; docs/folder.md shows its format."),
        )
        return Document(file, {}, {}, whole=False, kind=kind)
    return parse(source, ledger, kind)


def _misnamed(folder: Path, file: str) -> str:
    stem, _, suffix = file.partition(".")
    names = [path.name for path in folder.iterdir() if path.is_file()]
    for name in sorted(names):
        if name.casefold() == file.casefold() or name.casefold() in {
            f"{file}.txt",
            f"{stem}s.{suffix}",
            f"{stem[:-1]}.{suffix}",
        }:
            return name
    return ""


def _files(folder: Path, inside: str, suffix: str) -> list[str]:
    base = folder / inside
    if not base.is_dir():
        return []
    return sorted(
        path.relative_to(folder).as_posix()
        for path in base.iterdir()
        if path.suffix.casefold() == suffix and path.is_file()
    )


def _register(folder: Path, ledger: Ledger) -> holdings.Register:
    file = holdings.FILE
    if not (folder / file).exists():
        ledger.warn(
            Spot(file),
            Text(
                "没有重点馆藏清单，抢救单将是空的。",
                "There is no list of key holdings, so rescue lists will be empty.",
            ),
            Text(
                "新建 holdings.csv，格式见 docs/folder.md。",
                "Create holdings.csv; docs/folder.md shows its format.",
            ),
        )
        return holdings.Register({}, {})
    source = read_source(folder, file, ledger, REGISTER_BYTES)
    if source is None:
        ledger.incomplete("holding")
        return holdings.Register({}, {})
    return holdings.read_holdings(source, folder, ledger)


def _rescue(folder: Path, ledger: Ledger, languages: tuple[str, ...]) -> OwnRescue:
    """The site's own rescue settings; most sites have none and go by the defaults."""
    if not (folder / rescue.FILE).exists():
        return DEFAULT_OWN
    return rescue.read_rescue(_document(folder, rescue.FILE, "rescue", ledger), ledger, languages)


def _plans(folder: Path, floors: tuple[Floor, ...], ledger: Ledger) -> dict[str, Plan | None]:
    """Plans by floor; a floor is absent here if its file is missing, None if it could not be used."""
    found: dict[str, Plan | None] = {}
    for floor in floors:
        if not (folder / floor.plan).is_file():
            ledger.warn(
                Spot(floor.plan),
                Text(f"楼层“{floor.id}”没有平面图。", f'There is no plan for floor "{floor.id}".'),
                Text(
                    f"放入 {floor.plan}，图形的 id 即分区编号。",
                    f"Add {floor.plan} with one shape per zone, its id the zone's id.",
                ),
            )
            continue
        source: Source | None = read_source(folder, floor.plan, ledger)
        found[floor.id] = read_plan(source, ledger) if source is not None else None
    return found


def _building(facts: Facts, folder: Path, revision: str) -> Building:
    house = facts.house
    rulebook: dict[str, Rule] = {**facts.standard, **facts.rulebook.rules}
    return Building(
        id=house.id,
        name=house.name,
        timezone=house.timezone,
        languages=house.languages,
        assembly=house.assembly,
        floors=house.floors,
        zones=house.zones,
        sensors=facts.instruments.sensors,
        rules=rulebook,
        people=facts.staff.people,
        ladders=facts.staff.ladders,
        duties=facts.staff.duties,
        playbooks={name: entry.playbook for name, entry in facts.playbooks.items()},
        holdings=facts.register.holdings,
        rescue=facts.rescue,
        drills={name: entry.drill for name, entry in facts.drills.items()},
        folder=str(folder),
        revision=revision,
        plans={floor: plan.svg for floor, plan in facts.plans.items() if plan is not None},
    )
