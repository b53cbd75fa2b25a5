"""``strongroom rehearse-rules FOLDER``: what its rules would have done over stored history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, NoReturn
from zoneinfo import ZoneInfo

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ingest.series import SeriesError
from strongroom.cli import app
from strongroom.cli.common import settings_or_exit
from strongroom.clock import SystemClock
from strongroom.datadir import last_good
from strongroom.folder.load import load
from strongroom.localtime import local
from strongroom.model import Building
from strongroom.problems import render
from strongroom.readings import UnreadableError, read_moment, read_span
from strongroom.rule_rehearsal import Difference, Outcome, RuleOutcome, compare
from strongroom.rule_workers import rehearse_rules
from strongroom.settings import Settings

SHOWN = 5
NAMES_SHOWN = 10
PLAIN_WIDTH = 120


@app.command("rehearse-rules")
def rehearse(
    folder: Annotated[Path, typer.Argument(help="Building folder with the rules to try · 待试规则所在目录")],
    from_: Annotated[str, typer.Option("--from", help="2026-03-01, -90d")] = "-30d",
    to: Annotated[str, typer.Option("--to", help="The same, or now · 截止")] = "now",
    data: Annotated[Path | None, typer.Option("--data", help="Data directory · 数据目录")] = None,
    against: Annotated[
        Path | None, typer.Option(help="Folder with the old rules; default those in use · 对比的旧规则")
    ] = None,
    rule: Annotated[
        list[str] | None, typer.Option(help="Only these rules; may be repeated · 只试这些规则")
    ] = None,
    answer: Annotated[
        str, typer.Option(help="How soon someone answers an alarm, or never · 假定多久有人应答")
    ] = "10m",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object · 输出 JSON")] = False,
) -> None:
    """Run a folder's rules over stored readings before taking them into use · 用历史数据预演规则.

    Tells per rule how many alarms there would have been, when, for how long and how many messages they would
    have sent, beside the rules that are in use now. Nothing is sent and nothing is written.
    """
    now = SystemClock().now()
    settings = settings_or_exit(folder, data)
    new = _building(folder, now)
    old = _building(against, now) if against else last_good(settings.data)
    if old is not None and old.rules == new.rules and old.sensors == new.sensors:
        old = None
    if rule:
        new, old = _only(new, rule), _only(old, rule) if old else None
        if not new.rules and not (old and old.rules):
            _stop(f"没有规则 {', '.join(rule)} · there is no rule {', '.join(rule)}")
    try:
        ZoneInfo(new.timezone)
        span = read_moment(from_, now, new.timezone), read_moment(to, now, new.timezone)
        answer_s = -1.0 if answer == "never" else read_span(answer)
    except UnreadableError as error:
        _stop(str(error))
    if span[0] >= span[1]:
        _stop("--from 必须早于 --to · --from must lie before --to")
    ours = _run(new, settings, span, answer_s, "新规则 new")
    theirs = _run(old, settings, span, answer_s, "旧规则 old") if old else None
    if ours.readings == 0:
        _stop("该时段没有读数 · there are no readings in that time")
    if as_json:
        typer.echo(json.dumps(report(ours, theirs), ensure_ascii=False))
    else:
        _show(ours, theirs, new.timezone)


def report(new: Outcome, old: Outcome | None) -> dict[str, Any]:
    """Everything as plain data: the new rules' outcome, and per rule what would change."""
    told = {"new": msgspec.to_builtins(new)}
    if old is not None:
        told["old"] = msgspec.to_builtins(old)
        told["changes"] = [
            {
                "rule": one.rule,
                "only_old": msgspec.to_builtins(one.only_old),
                "only_new": msgspec.to_builtins(one.only_new),
            }
            for one in compare(old, new)
        ]
    return told


def _building(folder: Path, now: float) -> Building:
    loaded = load(folder, now)
    if loaded.building is None:
        typer.echo(render(loaded.problems, "zh"), err=True, nl=False)
        _stop(render(loaded.problems, "en"))
    return loaded.building


def _only(building: Building, names: list[str]) -> Building:
    rules = {name: rule for name, rule in building.rules.items() if name in names}
    return msgspec.structs.replace(building, rules=rules)


def _run(
    building: Building, settings: Settings, span: tuple[float, float], answer_s: float, words: str
) -> Outcome:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    try:
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task(words, total=1.0)
            return rehearse_rules(
                building,
                settings.data,
                settings.influx,
                *span,
                answer_s=answer_s,
                progress=lambda share: progress.update(task, completed=share),
            )
    except SeriesError as error:
        _stop(str(error))


def _show(new: Outcome, old: Outcome | None, timezone: str) -> None:
    console = Console()
    if not console.is_terminal:
        console.width = max(console.width, PLAIN_WIDTH)  # a file or a pipe has no edge
    console.print(
        f"{local(new.from_at, timezone)} – {local(new.to_at, timezone)} {timezone}, {new.readings} 条读数 readings"
    )
    if new.thinned_until is not None:
        until = local(new.thinned_until, timezone, "%Y-%m-%d")
        console.print(
            f"{until} 以前只有 5 分钟统计值，短时超限看不出 · "
            f"before {until} only 5-minute statistics are kept: short excursions do not show"
        )
    for those, zh, en in (
        (
            new.unheard,
            "个传感器在该时段没有任何存储的读数，未参与预演",
            "sensors have no stored reading in that time and take no part",
        ),
        (
            new.thinner,
            "个传感器存储的读数比实际稀疏，短时失联看不出",
            "sensors are stored more thinly than they speak: short silence does not show",
        ),
    ):
        if those:
            names = ", ".join(those[:NAMES_SHOWN]) + (" …" if len(those) > NAMES_SHOWN else "")
            console.print(f"{len(those)} {zh} · {len(those)} {en}: {names}", highlight=False)
    table = Table()
    for number, title in enumerate(
        (
            "规则\nrule",
            "警报\nalarms",
            "消息\nmessages",
            "首次\nfirst",
            "最近\nlast",
            "中位\nmedian",
            "最长\nlongest",
        )
    ):
        table.add_column(title, overflow="fold", no_wrap=number > 0, min_width=0 if number else 16)
    was = {one.rule: one for one in old.rules} if old else {}
    quiet = 0
    for one in new.rules:
        before = was.get(one.rule) if old else one
        if one.alarms == 0 and before is not None and before.alarms == 0:
            quiet += 1
            continue
        table.add_row(*_row(one, before, timezone))
    for one in was.values():
        if all(one.rule != other.rule for other in new.rules):
            table.add_row(
                f"{one.rule} （已删 gone）", f"{one.alarms} → 0", f"{one.messages} → 0", "", "", "", ""
            )
    if table.row_count:
        console.print(table)
    total = str(new.sent) if old is None or old.sent == new.sent else f"{old.sent} → {new.sent}"
    console.print(
        f"{quiet} 条规则没有警报；共 {total} 条消息 · {quiet} rules raise no alarm; {total} messages in all",
        highlight=False,
    )
    if old is not None:
        for change in compare(old, new):
            _differs(console, change, timezone)


def _row(one: RuleOutcome, was: RuleOutcome | None, timezone: str) -> tuple[str, ...]:
    def counted(now: int, before: int | None) -> str:
        return str(now) if before == now else f"{'–' if before is None else before} → {now}"

    return (
        f"{one.rule}\n{one.name.zh} {one.name.en}",
        counted(one.alarms, was.alarms if was else None),
        counted(one.messages, was.messages if was else None),
        local(one.first_at, timezone, "%Y-%m-%d %H:%M") if one.first_at is not None else "",
        local(one.last_at, timezone, "%Y-%m-%d %H:%M") if one.last_at is not None else "",
        _length(one.median_s),
        _length(one.longest_s),
    )


def _differs(console: Console, change: Difference, timezone: str) -> None:
    for words, those in (("不再出现 no longer", change.only_old), ("新增警报 new", change.only_new)):
        if not those:
            continue
        console.print(f"[bold]{change.rule}[/bold] {words}: {len(those)}")
        for one in those[:SHOWN]:
            length = _length(one.cleared_at - one.raised_at) if one.cleared_at is not None else "…"
            value = "" if one.value is None else f"{one.value:g} {one.unit}"
            console.print(
                f"  {local(one.raised_at, timezone)}  {length}  {one.scope}  {value}", highlight=False
            )


def _length(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86400:.1f} d"


def _stop(words: str) -> NoReturn:
    typer.echo(words, err=True)
    raise typer.Exit(2)
