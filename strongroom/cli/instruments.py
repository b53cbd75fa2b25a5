"""The commands about instruments: replace, move, calibrate, out-of-service, in-service, reload."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from sensors.model import Text
from strongroom.cli import app
from strongroom.cli.common import say, settings_or_exit
from strongroom.clock import SystemClock
from strongroom.datadir import last_good
from strongroom.instruments.acts import (
    Calibrate,
    FolderAct,
    InstrumentAct,
    MoveDevice,
    ReplaceDevice,
    SensorBack,
    SensorOut,
    TakeFolder,
)
from strongroom.instruments.asking import WAITS, ask, newcomers
from strongroom.instruments.edit import EditError
from strongroom.instruments.register import Applied, Register
from strongroom.localtime import local
from strongroom.model import Building
from strongroom.readings import UnreadableError, read_moment, read_span
from strongroom.settings import Settings

Folder = Annotated[Path, typer.Argument(help="Building folder · 建筑目录")]
Data = Annotated[Path | None, typer.Option("--data", help="Data directory · 数据目录 (STRONGROOM_DATA)")]
By = Annotated[str, typer.Option("--by", help="Your person id in people.toml · 操作人编号")]
Sensor = Annotated[str, typer.Argument(help="Sensor id · 传感器编号")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it stays in the record · 原因，会留在记录里")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be written, write nothing · 只预览")]

NOT_DONE = 1
WRONG = 2


def stop(words: Text, status: int = WRONG) -> NoReturn:
    """End the command with a sentence in both languages."""
    typer.echo(f"{words.zh} · {words.en}", err=True)
    raise typer.Exit(status)


def house_of(settings: Settings) -> Building:
    """The building the engine runs with; ends the command where none has ever run."""
    building = last_good(settings.data)
    if building is None:
        stop(
            Text(
                f"{settings.data}：引擎还没有运行过",
                f"{settings.data}: no engine has run here; start it first",
            )
        )
    return building


def carry_out(settings: Settings, what: InstrumentAct, by: str, done: Text, *, dry_run: bool = False) -> None:
    """Preview an act, or have the running engine decide it and say what became of it."""
    building = house_of(settings)
    if by not in building.people:
        listed = ", ".join(building.people)
        stop(Text(f"--by：没有人员“{by}”；现有：{listed}", f"--by: nobody is called {by!r}; known: {listed}"))
    if dry_run and isinstance(what, FolderAct):
        show(settings, preview(settings, building, what, by))
        return
    refused = ask(settings.data, what, by, SystemClock())
    if refused is WAITS:
        stop(WAITS, NOT_DONE)
    if refused is not None:
        stop(refused, NOT_DONE)
    say(done)


def preview(settings: Settings, building: Building, what: FolderAct, by: str) -> Applied:
    """What an act would write; ends the command with the reason where it would be refused."""
    source = newcomers(settings.data, building).get(getattr(what, "newcomer", ""))
    try:
        return Register(settings.building).preview(what, building, source, by, SystemClock().now())
    except EditError as refused:
        stop(refused.words, NOT_DONE)


def show(settings: Settings, applied: Applied) -> None:
    """The changed lines of each file, and what the device's last message would have given."""
    import difflib

    for name, text in applied.plan.files.items():
        path = settings.building / name
        before = path.read_text(encoding="utf-8-sig") if path.is_file() else ""
        for line in difflib.unified_diff(
            before.splitlines(), text.splitlines(), str(path), str(path), lineterm="", n=1
        ):
            typer.echo(line)
    for sensor, value in applied.plan.read.items():
        say(Text(f"试读 {sensor} = {value:g}", f"tried: {sensor} = {value:g}"))


@app.command()
def replace(
    folder: Folder,
    sensor: Sensor,
    newcomer: Annotated[str, typer.Argument(help="Id in the inbox · 收件箱编号")],
    by: By,
    reason: Reason,
    data: Data = None,
    dry_run: DryRun = False,
) -> None:
    """Put another device at a sensor's place; its history goes on · 原位更换设备."""
    act = ReplaceDevice(sensor=sensor, newcomer=newcomer, reason=reason)
    done = Text(f"{sensor} 已更换设备；历史延续。", f"{sensor} has another device; its history goes on.")
    carry_out(settings_or_exit(folder, data), act, by, done, dry_run=dry_run)


@app.command()
def move(
    folder: Folder,
    sensor: Sensor,
    zone: Annotated[str, typer.Option(help="Where to, a zone of building.toml · 移到的分区")],
    name: Annotated[str, typer.Option(help="Name of the new place · 新位置名称")],
    by: By,
    reason: Reason,
    name_en: Annotated[str, typer.Option(help="The same in English · 英文名称")] = "",
    id_: Annotated[str, typer.Option("--id", help="Beginning of the new ids · 新编号的开头")] = "",
    data: Data = None,
    dry_run: DryRun = False,
) -> None:
    """Move a device to another zone; the old place ends and keeps its history · 移动设备."""
    act = MoveDevice(sensor=sensor, zone=zone, name_zh=name, name_en=name_en, stem=id_, reason=reason)
    done = Text(f"{sensor} 的设备已移到 {zone}。", f"The device of {sensor} is now in {zone}.")
    carry_out(settings_or_exit(folder, data), act, by, done, dry_run=dry_run)


@app.command()
def calibrate(
    folder: Folder,
    sensor: Sensor,
    offset: Annotated[float, typer.Option(help="Added to the value, in its unit · 修正值")],
    by: By,
    gain: Annotated[float, typer.Option(help="The value is multiplied by this first · 系数")] = 1.0,
    on: Annotated[str, typer.Option("--date", help="Day of the calibration; default today · 校准日期")] = "",
    due: Annotated[str, typer.Option(help="Last day it holds, 2027-03-01 · 有效期至")] = "",
    months: Annotated[int, typer.Option(min=0, max=120, help="Instead of --due; default 12 · 有效月数")] = 12,
    certificate: Annotated[str, typer.Option(help="Number of the certificate · 证书号")] = "",
    who: Annotated[str, typer.Option("--done-by", help="Laboratory or person · 校准机构")] = "",
    note: Annotated[str, typer.Option(help="Remark · 备注")] = "",
    data: Data = None,
    dry_run: DryRun = False,
) -> None:
    """Record a calibration; raw values stay, later readings are corrected · 登记校准."""
    settings = settings_or_exit(folder, data)
    building = house_of(settings)
    day = on or local(SystemClock().now(), building.timezone, "%Y-%m-%d")
    if not due and months:
        due = later(day, months)
    act = Calibrate(
        sensor=sensor,
        on=day,
        offset=offset,
        gain=gain,
        certificate=certificate,
        by_whom=who,
        due=due,
        note=note,
    )
    done = Text(
        f"{sensor} 的校准已登记，有效期至 {due or '–'}。",
        f"{sensor}: calibration recorded, due {due or '–'}.",
    )
    carry_out(settings, act, by, done, dry_run=dry_run)


def later(day: str, months: int) -> str:
    """The same day of the month so many months on, or the last day of a shorter month. "" for no date."""
    import calendar

    try:
        start = date.fromisoformat(day)
    except ValueError:
        return ""
    year, month = divmod(start.month - 1 + months, 12)
    year, month = start.year + year, month + 1
    return date(year, month, min(start.day, calendar.monthrange(year, month)[1])).isoformat()


@app.command("out-of-service")
def out_of_service(
    folder: Folder,
    sensor: Sensor,
    until: Annotated[str, typer.Option(help="2h, 3d, or 2026-03-01T08:00; 30 days at most · 到何时为止")],
    by: By,
    reason: Reason,
    data: Data = None,
) -> None:
    """Take a sensor out of service for a while; it returns by itself · 停用传感器（到期自动恢复）."""
    settings = settings_or_exit(folder, data)
    building = house_of(settings)
    now = SystemClock().now()
    try:
        until_at = now + read_span(until)
    except UnreadableError:
        try:
            until_at = read_moment(until, now, building.timezone)
        except UnreadableError as wrong:
            stop(wrong.words)
    act = SensorOut(sensor=sensor, until_at=until_at, reason=reason)
    end = local(until_at, building.timezone, "%Y-%m-%d %H:%M")
    carry_out(settings, act, by, Text(f"{sensor} 停用至 {end}。", f"{sensor} is out of service until {end}."))


@app.command("in-service")
def in_service(folder: Folder, sensor: Sensor, by: By, data: Data = None) -> None:
    """Put a sensor back into service before its time · 提前恢复使用."""
    done = Text(f"{sensor} 已恢复使用。", f"{sensor} is back in service.")
    carry_out(settings_or_exit(folder, data), SensorBack(sensor=sensor), by, done)


@app.command()
def reload(folder: Folder, by: By, data: Data = None) -> None:
    """Have the running engine go on with the building folder as it is now · 让引擎启用修改后的目录."""
    done = Text("引擎已启用修改后的目录。", "The engine goes on with the changed folder.")
    carry_out(settings_or_exit(folder, data), TakeFolder(), by, done)
