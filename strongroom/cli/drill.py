"""``strongroom drill``: run the folder's drills at the desk, through the real engine on a set clock."""

from __future__ import annotations

import tempfile
import uuid
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress

from playbooks.drill import CHINESE, DrillReport, duration_s
from playbooks.model import Drill
from strongroom.cli import app
from strongroom.clock import SystemClock
from strongroom.datadir import INBOX_DB
from strongroom.folder.load import load
from strongroom.inbox import Inbox
from strongroom.model import Act, Building, DrillHeld
from strongroom.problems import render
from strongroom.rehearse import next_wall_time, rehearse

FAILED, CANNOT_RUN = 1, 2
MARKS = {"in time": "✔", "late": "△"}


@app.command()
def drill(
    folder: Annotated[Path, typer.Argument(help="Building folder · 建筑目录")],
    name: Annotated[str, typer.Argument(help="Drill id; all of them without one · 演练编号")] = "",
    data: Annotated[
        Path | None,
        typer.Option("--data", help="Record in this data directory that it was held · 登记到数据目录"),
    ] = None,
    by: Annotated[str, typer.Option("--by", help="Person who held it, for --data · 演练人")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Only one JSON object · 只输出 JSON")] = False,
) -> None:
    """Run drills on a set clock and judge them: nothing is sent, nothing waits · 桌面演练.

    With --data and --by the engine of that directory writes down that the drill was held, and how it went.
    """
    clock = SystemClock()
    loaded = load(folder, clock.now())
    if loaded.building is None:
        typer.echo(render(loaded.problems, "zh") + "\n" + render(loaded.problems, "en"), err=True)
        raise typer.Exit(CANNOT_RUN)
    building = loaded.building
    chosen = [building.drills[name]] if name in building.drills else list(building.drills.values())
    if (name and name not in building.drills) or not chosen:
        known = ", ".join(building.drills) or "-"
        typer.echo(f"没有演练“{name}”。可用：{known} · There is no drill {name!r}. Known: {known}", err=True)
        raise typer.Exit(CANNOT_RUN)
    if data is not None and by not in building.people:
        known = ", ".join(building.people) or "-"
        typer.echo(f"--by 请写本馆人员：{known} · --by must be a person of the house: {known}", err=True)
        raise typer.Exit(CANNOT_RUN)
    reports = [_run(building, one, clock.now(), quiet=as_json) for one in chosen]
    if data is not None:
        _record(data, by, reports, clock.now())
    if not as_json:
        for report in reports:
            _print(report)
    else:
        typer.echo(msgspec.json.encode({"drills": reports}).decode())
    if not all(report.passed for report in reports):
        raise typer.Exit(FAILED)


def _run(building: Building, chosen: Drill, now: float, *, quiet: bool) -> DrillReport:
    start = next_wall_time(chosen.starts, building.timezone, now)
    with (
        tempfile.TemporaryDirectory() as data,
        Progress(console=Console(stderr=True), disable=quiet, transient=True) as progress,
    ):
        task = progress.add_task(f"{chosen.title.zh} · {chosen.title.en}", total=duration_s(chosen) or 1.0)
        return rehearse(
            building, chosen, Path(data), start, lambda passed: progress.update(task, completed=passed)
        )


def _record(data: Path, by: str, reports: list[DrillReport], now: float) -> None:
    """Hand the runs to the engine's inbox; it writes them into the journal when it next looks."""
    inbox = Inbox(data / INBOX_DB)
    for report in reports:
        what = DrillHeld(drill=report.drill, held_at=now, rating=report.rating, score=report.score)
        inbox.put(Act(id=f"drill-{uuid.uuid4().hex}", at=now, by=by, what=what, means="command"))
    inbox.close()


def _print(report: DrillReport) -> None:
    console = Console()
    console.print(f"\n[bold]【演练】{report.title.zh} · [DRILL] {report.title.en}[/bold]", highlight=False)
    for line in report.lines:
        mark = MARKS.get(line.met, "✘")
        console.print(f"  {mark} {line.says.zh} · {line.says.en}", highlight=False, markup=False)
    for words in (*report.gate, *report.findings):
        console.print(f"  ! {words.zh} · {words.en}", highlight=False, markup=False)
    verdict = "通过 passed" if report.passed else "未通过 not passed"
    rating = f"{report.rating} {CHINESE[report.rating]}"
    console.print(f"  {verdict} · {report.score:g}/100 · {rating}", highlight=False)
