"""``strongroom run``: engine and dashboard of one building under a supervisor, on one machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from ingest.ports import can_bind
from sensors.model import Text
from strongroom import programs
from strongroom.cli import app
from strongroom.cli.common import say, settings_or_exit
from strongroom.clock import SystemClock
from strongroom.folder.load import load
from strongroom.problems import render
from strongroom.ready import Announcer
from strongroom.supervise import Supervisor, stop_on_signals


@app.command()
def run(
    folder: Annotated[Path, typer.Argument(help="Building folder · 建筑目录")],
    data: Annotated[Path | None, typer.Option(help="Data directory · 数据目录 (STRONGROOM_DATA)")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of the pages · 页面端口")] = None,
) -> None:
    """Run engine and dashboard; Ctrl-C stops both · 运行引擎和页面."""
    settings = settings_or_exit(folder, data)
    if port is not None:
        settings = msgspec.structs.replace(settings, dashboard_port=port)
    clock = SystemClock()
    loaded = load(settings.building, clock.now())
    if loaded.problems:
        typer.echo(render(loaded.problems, "zh") + "\n" + render(loaded.problems, "en"), err=True)
    if not can_bind(settings.dashboard_port, settings.dashboard_host):
        typer.echo(
            f"端口 {settings.dashboard_port} 已被占用；请用 --port 另选 · "
            f"port {settings.dashboard_port} is taken; choose another with --port",
            err=True,
        )
        raise typer.Exit(2)
    supervisor = Supervisor(
        (programs.engine(settings), programs.dashboard(settings)), settings.data, clock, say
    )
    stop_on_signals(supervisor)
    say(Text("正在启动……", "starting …"))
    supervisor.run(Announcer(settings, clock, say).look)
    say(Text("已全部停止", "everything stopped"))
