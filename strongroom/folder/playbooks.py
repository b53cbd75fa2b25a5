"""playbooks/*.toml: the emergency plans, step by step."""

from __future__ import annotations

import re
from typing import Literal, get_args

from msgspec import Struct, convert

from playbooks.model import Branch, Playbook, Step, Threat
from sensors.model import Text
from strongroom.folder.document import Document
from strongroom.folder.ledger import Ledger, Spot, Write, nearest
from strongroom.folder.table import Table, root

FOLDER = "playbooks"
StepKind = Literal["do", "ask", "confirm", "call", "rescue", "hold"]
KINDS = get_args(StepKind)
UNKNOWN = "unknown"
BY_HEART_WORDS = 7
_UNKNOWN_LABEL = Text("不清楚", "Unknown")


class Planned(Struct, frozen=True):
    """A playbook and the places of its steps."""

    playbook: Playbook
    table: Table
    steps: dict[str, Table]


def read_playbook(doc: Document, ledger: Ledger, languages: tuple[str, ...], revision: str) -> Planned:
    """One playbook; problems go to the ledger."""
    top = root(doc, ledger, "playbook")
    top.label = f'playbook "{top.data["id"]}"' if isinstance(top.data.get("id"), str) else "playbook"
    top.only()
    name = top.identifier("playbook", _stem(doc.file))
    threat = top.string("threat", required="water")
    if threat and threat not in get_args(Threat):
        near = nearest(threat, get_args(Threat)) or "water"
        listed = ", ".join(get_args(Threat))
        top.wrong("threat", Text(f"可以写：{listed}。", f"It may be {listed}."), f'threat = "{near}"')
    tables = _named_steps(top, ledger)
    steps = tuple(_step(table, languages, tables) for table in top.tables("step", "step"))
    if not steps and not top.damaged():
        ledger.error(
            Spot(doc.file, 0, top.label),
            Text("预案没有任何步骤。", "The playbook has no step."),
            Text('补上：[[step]]，下一行 id = "power"', 'Add: [[step]] and below it id = "power"'),
        )
    _circles(steps, tables)
    playbook = Playbook(
        id=name,
        title=top.text("title", required=Text("库房漏水", "Water in a stack"), languages=languages),
        threat=threat,
        steps=steps,
        stop_when=top.text(
            "stop_when",
            required=Text("出现危险立即撤离。", "Leave at once when it becomes dangerous."),
            languages=languages,
        ),
        roles=_roles(top),
        revision=revision,
        review_by=top.day("review_by"),
    )
    return Planned(playbook, top, tables)


def _stem(file: str) -> str:
    return file.rsplit("/", 1)[-1].removesuffix(".toml")


def _named_steps(top: Table, ledger: Ledger) -> dict[str, Table]:
    """Steps by id; ids are unique within their playbook."""
    entries = top.data.get("step")
    found: dict[str, Table] = {}
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        if not isinstance(entry, dict):
            continue
        table = Table(entry, ("step", index), top.doc, ledger, "step")
        name = entry.get("id")
        if not isinstance(name, str) or not name:
            continue
        if name in found:
            first = found[name].spot("id", show=False)
            ledger.error(
                table.spot("id"),
                Text(f"步骤“{name}”已经在 {first} 写过。", f'There is already a step "{name}" at {first}.'),
                Text(
                    f'改为另一个编号，例如：id = "{name}-2"',
                    f'Write another id, for example: id = "{name}-2"',
                ),
            )
        else:
            found[name] = table
    return found


def _roles(top: Table) -> dict[str, tuple[str, ...]]:
    inner = top.table("roles", "roles", f"{top.label}  roles")
    if inner is None:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for role in inner.data:
        inner.ledger.refer("role", role, inner.spot(role), _renamed(role), "warning")
        found[role] = inner.strings(role)
        inner.refer_each("stand_in", role, found[role])
    return found


def _step(table: Table, languages: tuple[str, ...], steps: dict[str, Table]) -> Step:
    table.only()
    name = table.string("id", required="power")
    kind = table.choice("kind", KINDS, "do")
    who = table.string("who", required="guard")
    if who:
        table.refer("role", "who", who, "warning")
    after = table.strings("after")
    branches = _branches(table, languages, steps)
    _after(table, after, name, steps)
    if kind == "ask" and not branches and not table.damaged():
        table.missing("branch", 'branch = { "管道 pipe" = "valve", "屋顶 roof" = "cover" }')
    if branches and kind != "ask":
        table.wrong("kind" if table.has("kind") else "branch",
                    Text("只有提问步骤才有分支。", "Only a question has branches."), 'kind = "ask"')  # fmt: skip
    released_by = table.strings("released_by")
    for role in released_by:
        table.ledger.refer("role", role, table.spot("released_by"), _instead, "warning")
    if released_by and kind != "hold":
        table.doubtful(
            "released_by", Text("只有停止点才需要解除人。", "Only a hold point is released."), 'kind = "hold"'
        )
    zones = table.strings("zones")
    table.refer_each("zone", "zones", zones)
    do = table.text("do", required=Text("切断该区电源。", "Cut power to the zone."), languages=languages)
    by_heart = table.flag("by_heart")
    if by_heart:
        _by_heart(table, do)
    return Step(
        id=name,
        do=do,
        who=who,
        within_s=table.number("within_s", low=0, high=366 * 86400, unit="s"),
        kind=convert(kind, StepKind),
        branches=branches,
        after=after,
        required=table.flag("required", True),
        by_heart=by_heart,
        stage=table.string("stage"),
        released_by=released_by,
        why=table.text("why", languages=languages),
        drill_note=table.text("drill_note", languages=languages),
        zones=zones,
    )


def _renamed(role: str) -> Write:
    return lambda near: Text(f"“{role}”改为：{near}", f'Write {near} instead of "{role}"')


def _instead(near: str) -> Text:
    return Text(f'改为："{near}"', f'Write: "{near}"')


def _after(table: Table, after: tuple[str, ...], name: str, steps: dict[str, Table]) -> None:
    """``after`` names earlier steps; ``step=answer`` makes a step needed for one answer only."""
    for need in after:
        target, _, answer = need.partition("=")
        if target == name:
            table.wrong("after", Text("步骤不能等待自己。", "A step cannot wait for itself."), "after = […]")
        elif target not in steps:
            _no_step(table, "after", target, steps)
        elif answer and answer not in _answers(steps[target]):
            listed = ", ".join(f'"{word}"' for word in _answers(steps[target])) or "-"
            table.wrong("after", Text(f"步骤“{target}”没有“{answer}”这个回答。可用：{listed}。",
                                      f'The step "{target}" has no answer "{answer}". Known: {listed}.'),
                        f'after = ["{target}={next(iter(_answers(steps[target])), "…")}"]')  # fmt: skip


def _answers(step: Table) -> tuple[str, ...]:
    """The answers a question knows, as ids."""
    value = step.data.get("branch")
    if isinstance(value, dict):
        return (*(_answer_id(str(label)) for label in value), UNKNOWN)
    if isinstance(value, list):
        return (
            *(str(entry["answer"]) for entry in value if isinstance(entry, dict) and "answer" in entry),
            UNKNOWN,
        )
    return ()


def _no_step(table: Table, key: str, name: str, steps: dict[str, Table], *path: str | int) -> None:
    if table.doc.damaged or not table.doc.whole:
        return
    near = nearest(name, steps)
    known = ", ".join(list(steps)[:8])
    table.ledger.error(
        table.spot(key, *path),
        Text(f"本预案中没有步骤“{name}”。", f'There is no step "{name}" in this playbook.'),
        Text(f'改为："{near}"', f'Write: "{near}"')
        if near
        else Text(f"可用的有：{known}", f"Known ones: {known}"),
    )


def _branches(table: Table, languages: tuple[str, ...], steps: dict[str, Table]) -> tuple[Branch, ...]:
    """Both forms: ``{ "管道 pipe" = "valve" }`` and a list of tables with answer, label and to.

    Every question can be answered "unknown". Where the plan does not say what then, nothing falls away: all
    branches' steps stay to be done.
    """
    value = table.data.get("branch")
    if value is None:
        return ()
    found: list[Branch] = []
    if isinstance(value, dict):
        for label, to in value.items():
            if not isinstance(to, str):
                table.ledger.error(
                    table.spot("branch", label),
                    Text("每个回答对应一个步骤的编号。", "Each answer leads to the id of a step."),
                    Text(f'改为："{label}" = "valve"', f'Write: "{label}" = "valve"'),
                )
                continue
            if to and to not in steps:
                _no_step(table, "branch", to, steps, label)
            found.append(Branch(answer=_answer_id(label), label=both_languages(label), to=to))
    else:
        found = [_branch(entry, languages, steps) for entry in table.tables("branch", "branch", table.label)]
    answers = [branch.answer for branch in found]
    for answer in dict.fromkeys(answer for answer in answers if answers.count(answer) > 1):
        table.wrong(
            "branch",
            Text(f"回答“{answer}”写了两次。", f'The answer "{answer}" stands here twice.'),
            "branch = …",
        )
    if found and UNKNOWN not in answers:
        found.append(Branch(answer=UNKNOWN, label=_UNKNOWN_LABEL, to=""))
    return tuple(found)


def _branch(entry: Table, languages: tuple[str, ...], steps: dict[str, Table]) -> Branch:
    entry.only()
    answer = entry.string("answer", required="pipe")
    to = entry.string("to")
    if not entry.has("to"):
        entry.missing("to", 'to = "valve"')
    if to and to not in steps:
        _no_step(entry, "to", to, steps)
    label = entry.text("label", languages=languages)
    if not label.zh:
        label = _UNKNOWN_LABEL if answer == UNKNOWN else both_languages(answer)
    return Branch(answer=answer, label=label, to=to)


def _answer_id(label: str) -> str:
    """A short word for an answer: its English part where it has one."""
    words = both_languages(label)
    return UNKNOWN if words.en.casefold() in {UNKNOWN, "不清楚", "不知道", "未知"} else words.en.casefold()


def both_languages(label: str) -> Text:
    """``"管道 pipe"`` to its Chinese and its English part; words of one language serve for both."""
    match = re.fullmatch(r"\s*([^\x00-\x7f][^A-Za-z]*?)[\s/,，·]*([A-Za-z].*?)\s*", label)
    if match:
        return Text(match[1].strip(), match[2])
    return Text(label.strip(), label.strip())


def _circles(steps: tuple[Step, ...], tables: dict[str, Table]) -> None:
    """Report steps that wait for each other, which nobody could ever begin."""
    needs = {step.id: [need.partition("=")[0] for need in step.after] for step in steps}
    for step in steps:
        seen: set[str] = set()
        todo = [need for need in needs[step.id] if need != step.id]
        while todo:
            need = todo.pop()
            if need == step.id:
                table = tables.get(step.id)
                if table is not None:
                    table.wrong(
                        "after",
                        Text(
                            "这些步骤互相等待，永远不能开始。",
                            "These steps wait for each other and can never begin.",
                        ),
                        "after = […]",
                    )
                return
            if need not in seen:
                seen.add(need)
                todo += needs.get(need, [])


def _by_heart(table: Table, do: Text) -> None:
    """Steps to know by heart stay short: seven words, or as many Chinese characters twice over."""
    words = len(do.en.split())
    characters = len(re.findall(r"[\u4e00-\u9fff]", do.zh))
    if words > BY_HEART_WORDS and do.en != do.zh:
        table.ledger.warn(
            table.spot("do", "en"),
            Text(f"需要背下来的步骤最多 {BY_HEART_WORDS} 个英文词，这里有 {words} 个。",
                 f"A step to know by heart has at most {BY_HEART_WORDS} words, this one has {words}."),
            Text("写短一些，细节写进 why。", "Make it shorter; details go into why."),
        )  # fmt: skip
    if characters > 2 * BY_HEART_WORDS:
        table.ledger.warn(
            table.spot("do", "zh"),
            Text(f"需要背下来的步骤最多 {2 * BY_HEART_WORDS} 个汉字，这里有 {characters} 个。",
                 f"A step to know by heart has at most {2 * BY_HEART_WORDS} characters, this has {characters}."),
            Text("写短一些，细节写进 why。", "Make it shorter; details go into why."),
        )  # fmt: skip
