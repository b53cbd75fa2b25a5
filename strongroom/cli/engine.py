"""``strongroom engine``: the engine alone, for containers and service managers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from strongroom.cli import app
from strongroom.cli.common import settings_or_exit

Folder = Annotated[Path, typer.Argument(help="Building folder · 建筑目录")]
Data = Annotated[Path | None, typer.Option(help="Data directory · 数据目录 (STRONGROOM_DATA)")]


@app.command()
def engine(folder: Folder, data: Data = None) -> None:
    """Run the engine of one building: messages in, alarms decided, people told · 只运行引擎."""
    from strongroom.process import run_engine

    raise typer.Exit(run_engine(settings_or_exit(folder, data)))
