"""``strongroom journal``: read the record, and prove that nobody touched it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text as Plain

from strongroom.cli import app
from strongroom.datadir import last_good
from strongroom.localtime import local
from strongroom.model import Entry
from strongroom.sitedb import SiteReader

journal = typer.Typer(help="The append-only record · 日志", no_args_is_help=True)
app.add_typer(journal, name="journal")

Data = Annotated[Path, typer.Argument(help="Data directory of the building · 数据目录")]


@journal.command()
def verify(data: Data) -> None:
    """Check the hash chain from the first entry to the last · 校验日志链."""
    reader = _reader(data)
    broken = reader.broken_at()
    if broken is not None:
        Console().print(f"[bold]第 {broken} 条被改动或缺失 · entry {broken} was altered or cut out[/bold]")
        raise typer.Exit(2)
    Console().print("日志完整 · the journal is whole")


@journal.command()
def show(
    data: Data,
    about: Annotated[str, typer.Option(help="Only this alarm, incident or notice id")] = "",
    kind: Annotated[str, typer.Option(help="Only this kind, e.g. alarm. or incident.opened")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line")] = False,
) -> None:
    """Print the newest entries, oldest of them first · 查看日志."""
    entries = _reader(data).entries(about=about, kind=kind, limit=limit, newest=True)[::-1]
    if as_json:
        for one in entries:
            line = {"seq": one.seq, "at": one.at, "kind": one.kind, "about": one.about, "by": one.by}
            typer.echo(json.dumps({**line, "data": json.loads(one.data)}, ensure_ascii=False))
        return
    building = last_good(data)
    zone = building.timezone if building else "UTC"
    table = Table("#", f"时间 at ({zone})", "类别 kind", "对象 about", "谁 by", "说明 says")
    for one in entries:
        table.add_row(str(one.seq), local(one.at, zone), one.kind, one.about, one.by, Plain(_says(one)))
    Console().print(table)


def _says(entry: Entry) -> str:
    """Why it happened, or what somebody did and why it was refused."""
    data = json.loads(entry.data)
    if not isinstance(data, dict):
        return ""
    act = data.get("act")
    what = act.get("what") if isinstance(act, dict) else None
    told = [str(what.get("type", ""))] if isinstance(what, dict) else []
    for key in ("reason", "refused"):
        words = data.get(key)
        if isinstance(words, dict) and words.get("zh"):
            told.append(f"{words['zh']} · {words.get('en', '')}")
    return " ".join(told)


def _reader(data: Path) -> SiteReader:
    path = data / "site.db"
    if not path.is_file():
        typer.echo(
            f"{path}: 没有数据库；请写数据目录 · there is no database; give the data directory", err=True
        )
        raise typer.Exit(2)
    return SiteReader(path)
