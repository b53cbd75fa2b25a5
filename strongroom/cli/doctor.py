"""``strongroom doctor``: look at this installation and say what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from strongroom.cli import app
from strongroom.cli.common import settings_or_exit
from strongroom.clock import SystemClock
from strongroom.doctor import examine

_MARKS = {"ok": "正常 ok     ", "warning": "注意 warning", "problem": "故障 PROBLEM"}


@app.command()
def doctor(
    folder: Annotated[Path, typer.Argument(help="Building folder · 建筑目录")],
    data: Annotated[Path | None, typer.Option(help="Data directory · 数据目录 (STRONGROOM_DATA)")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object · 输出 JSON")] = False,
) -> None:
    """Say what is wrong here and what to do · 检查本机安装."""
    findings = examine(settings_or_exit(folder, data), SystemClock())
    worst = any(finding.grade == "problem" for finding in findings)
    if as_json:
        typer.echo(msgspec.json.encode({"healthy": not worst, "findings": findings}).decode())
        raise typer.Exit(1 if worst else 0)
    for finding in findings:
        typer.echo(f"{_MARKS[finding.grade]}  {finding.about.zh} {finding.about.en}")
        typer.echo(f"    {finding.words.zh}\n    {finding.words.en}")
        if finding.remedy.en:
            typer.echo(f"  → {finding.remedy.zh}\n  → {finding.remedy.en}")
    raise typer.Exit(1 if worst else 0)
