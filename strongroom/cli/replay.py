"""``strongroom replay``: play recorded series over MQTT through the real engine and report what it did."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from ingest.embedded import EmbeddedBroker
from strongroom.cli import app
from strongroom.clock import SystemClock
from strongroom.folder.load import load
from strongroom.model import Building
from strongroom.problems import render
from strongroom.replay import mapping as mappings
from strongroom.replay.player import play
from strongroom.replay.recording import ReplayError, find, read
from strongroom.replay.report import ClimateRun, FireRun, climate_run, fire_run
from strongroom.replay.timeline import pace


@app.command()
def replay(
    recording: Annotated[
        list[Path], typer.Argument(help="CSV, CSV.GZ or a folder of them · 录制文件或文件夹")
    ],
    building: Annotated[Path, typer.Option(help="Building folder · 建筑目录")],
    speed: Annotated[
        float, typer.Option(min=0.0, help="Times real time; 0 as fast as it goes · 倍速，0 为最快")
    ] = 0.0,
    mapping: Annotated[
        Path | None, typer.Option(help="Which column is which sensor (TOML) · 列与传感器的映射")
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="One JSON object on the last line · 末行输出 JSON")
    ] = False,
) -> None:
    """Replay recordings and report alarms, incident and first message · 重放录制数据."""
    try:
        house = _building(building)
        known = [mappings.load(mapping)] if mapping is not None else mappings.built_in()
        runs = _play_all(recording, house, known, speed, quiet=json)
    except ReplayError as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from None
    if json:
        typer.echo(msgspec.json.encode({"runs": runs}).decode())
    else:
        _show(runs)


def _building(folder: Path) -> Building:
    loaded = load(folder)
    if loaded.building is None:
        typer.echo(render(loaded.problems, "zh") + "\n" + render(loaded.problems, "en"), err=True)
        raise typer.Exit(2)
    return loaded.building


def _play_all(
    paths: list[Path],
    house: Building,
    known: list[mappings.Mapping],
    speed: float,
    *,
    quiet: bool,
) -> list[FireRun | ClimateRun]:
    """Every recording, one engine each, all over one broker; of several, those no mapping fits are passed over."""
    found = find(paths)
    runs: list[FireRun | ClimateRun] = []
    clock = SystemClock()
    start_at = float(int(clock.now()))
    broker = EmbeddedBroker()
    address = broker.start()
    try:
        for path in found:
            one = read(path)
            try:
                chosen = mappings.choose(one, known)
            except ReplayError as problem:
                if len(found) == 1:
                    raise
                typer.echo(str(problem), err=True)
                continue
            if not quiet:
                typer.echo(f"{one.name} …", err=True)
            time_index = next(i for i, n in enumerate(one.columns) if mappings.matches(n, chosen.time.column))
            every_s = pace(one, chosen, time_index, house.timezone)
            bound = mappings.bind(chosen, one, house.zones, house.sensors, every_s)
            with tempfile.TemporaryDirectory(prefix="strongroom-replay-") as data:
                played = play(bound, house, address, Path(data), start_at, every_s, speed=speed)
            runs.append(
                fire_run(one.name, played) if chosen.report == "fire" else climate_run(one.name, played)
            )
    finally:
        broker.stop()
    return runs


def _show(runs: list[FireRun | ClimateRun]) -> None:
    console = Console()
    fires = [run for run in runs if isinstance(run, FireRun)]
    if fires:
        table = Table("录制 Recording", "预警 Pre-alarm s", "确认 Confirmed s", "57 °C s", "误报 False",
                      "事件 Incident", "首条消息 Message s")  # fmt: skip
        for run in fires:
            cells = (
                run.prealarm_s,
                run.confirmed_s,
                run.fixed_heat_57c_s,
                run.false_before,
                run.incident,
                run.message_s,
            )
            table.add_row(run.recording, *("–" if cell is None else str(cell) for cell in cells))
        console.print(table)
    climates = [run for run in runs if isinstance(run, ClimateRun)]
    if climates:
        table = Table("录制 Recording", "月 Months", "警报/月 Alarms/month", "故障/月 Faults/month",
                      "标注窗口 Windows alarmed", "规则 By rule")  # fmt: skip
        for climate in climates:
            rules = ", ".join(f"{rule} {count}" for rule, count in climate.by_rule.items())
            hit = f"{climate.windows_alarmed}/{len(climate.windows)}" if climate.windows else "–"
            table.add_row(
                climate.recording,
                str(climate.months),
                str(climate.alarms_per_month),
                str(climate.faults_per_month),
                hit,
                rules,
            )
        console.print(table)
