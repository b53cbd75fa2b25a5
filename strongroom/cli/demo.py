"""``strongroom demo``: the whole system with a simulated building, on this machine, with one command."""

from __future__ import annotations

import os
import shutil
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from ingest.messages import BrokerAddress
from ingest.ports import can_bind, free_port
from sensors.model import Text
from strongroom import programs
from strongroom.cli import app
from strongroom.cli.common import say, settings_or_exit
from strongroom.clock import SystemClock
from strongroom.demo.requests import StoryRequest, ask
from strongroom.folder.load import load
from strongroom.problems import render
from strongroom.ready import Announcer
from strongroom.settings import Settings
from strongroom.supervise import STATE_FILE, Supervisor, stop_on_signals

BUILDING = Path(__file__).resolve().parents[2] / "buildings" / "demo"
MARK = ".strongroom-demo"
FIRST_PORT, LAST_PORT = 8501, 8599


class StoryName(StrEnum):
    """The stories a visitor can ask for."""

    WATER = "water"
    FIRE = "fire"
    INTRUSION = "intrusion"
    CLIMATE = "climate"


@app.command()
def demo(
    story: Annotated[StoryName | None, typer.Option(help="Let this happen · 触发一个事件")] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Go on with the data of last time · 保留上次数据")
    ] = False,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of the pages · 页面端口")] = None,
    folder: Annotated[Path, typer.Option(help="Building folder · 建筑目录")] = BUILDING,
    data: Annotated[Path, typer.Option(help="Data directory · 数据目录")] = Path("var", "demo"),
) -> None:
    """Start a demonstration, or let something happen in the running one · 演示."""
    running = _running(data)
    if running:
        if story is None:
            typer.echo(
                f"演示已在运行（进程 {running}）；用 --story 触发事件 · "
                f"a demonstration runs already (process {running}); use --story to let something happen",
                err=True,
            )
            raise typer.Exit(2)
        ask(data, StoryRequest(story=story.value))
        say(Text(f"已触发：{story.value}", f"asked for: {story.value}"))
        return
    settings = _settings(folder, data, port)
    clock = SystemClock()
    loaded = load(settings.building, clock.now())
    if loaded.building is None:
        typer.echo(render(loaded.problems, "zh") + "\n" + render(loaded.problems, "en"), err=True)
        raise typer.Exit(2)
    _prepare(settings.data, keep)
    settings = msgspec.structs.replace(settings, building=_own_copy(settings))
    supervisor = Supervisor(
        (
            programs.embedded_broker(settings),
            programs.simulation(settings),
            programs.engine(settings),
            programs.dashboard(settings),
        ),
        settings.data,
        clock,
        say,
    )
    stop_on_signals(supervisor)

    def opened() -> None:
        say(Text("短信只写在页面上，不会真的发出", "messages are shown on the page, none is really sent"))
        say(Text("按 Ctrl-C 结束", "press Ctrl-C to stop"))
        if story is not None:
            ask(settings.data, StoryRequest(story=story.value))
            say(Text(f"已触发：{story.value}", f"asked for: {story.value}"))

    say(Text("正在启动演示，约需十几秒……", "starting the demonstration, this takes some seconds …"))
    most = len(loaded.building.sensors) * 9 // 10
    supervisor.run(Announcer(settings, clock, say, opened, heard_from=most).look)
    say(Text("已全部停止", "everything stopped"))


def _settings(folder: Path, data: Path, port: int | None) -> Settings:
    """The visitor's settings, with everything that could reach the outside world replaced by the
    demonstration's own."""
    settings = settings_or_exit(folder.resolve(), data.resolve())
    host = "127.0.0.1"
    if port is not None and not can_bind(port, host):
        typer.echo(f"端口 {port} 已被占用；请另选 · port {port} is taken; choose another", err=True)
        raise typer.Exit(2)
    chosen = port or next((one for one in range(FIRST_PORT, LAST_PORT) if can_bind(one, host)), 0)
    if not chosen:
        typer.echo(
            f"端口 {FIRST_PORT} 到 {LAST_PORT} 都被占用；请用 --port · "
            f"ports {FIRST_PORT} to {LAST_PORT} are all taken; use --port",
            err=True,
        )
        raise typer.Exit(2)
    if port is None and chosen != FIRST_PORT:
        say(Text(f"端口 {FIRST_PORT} 已被占用，改用 {chosen}", f"port {FIRST_PORT} is taken, using {chosen}"))
    return msgspec.structs.replace(
        settings,
        broker=BrokerAddress(host=host, port=free_port()),
        sender="paper",
        dashboard_host=host,
        dashboard_port=chosen,
        demo=True,
    )


def _prepare(data: Path, keep: bool) -> None:
    """A fresh data directory. Only one that an earlier demonstration made is ever emptied."""
    if data.exists() and any(data.iterdir()):
        if not (data / MARK).exists():
            typer.echo(
                f"{data} 不是演示的数据目录，不会清空；请用 --data 另选 · "
                f"{data} was not made by a demonstration and is left alone; choose another with --data",
                err=True,
            )
            raise typer.Exit(2)
        if not keep:
            shutil.rmtree(data)
    data.mkdir(parents=True, exist_ok=True)
    (data / MARK).touch()


def _own_copy(settings: Settings) -> Path:
    """A copy of the building that a visitor may change: adopting and calibrating write into the folder."""
    copy = settings.data / "building"
    if not copy.is_dir():
        shutil.copytree(settings.building, copy)
    return copy


def _running(data: Path) -> int:
    """The process of a running demonstration with this data directory, or 0."""
    try:
        state = msgspec.json.decode((data / STATE_FILE).read_bytes())
        pid = int(state["pid"])
        children = [int(child["pid"]) for child in state["children"] if child["pid"]]
    except (OSError, msgspec.MsgspecError, KeyError, TypeError, ValueError):
        return 0
    try:
        os.kill(pid, 0)
    except OSError:
        return 0
    return pid if children else 0
