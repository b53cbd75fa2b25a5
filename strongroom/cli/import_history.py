"""``strongroom import-history FILE``: what data loggers recorded, previewed and taken into the series store."""

from __future__ import annotations

import functools
import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Annotated, Any, NoReturn
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ingest.series import SeriesDownError, SeriesError
from ingest.series_memory import MemorySeries
from sensors.loggers.read import Channel, Export, Options, Refused, read_export
from sensors.loggers.walltime import ORDERS
from sensors.model import Text
from sensors.quantities import QUANTITIES
from strongroom.cli import app
from strongroom.cli.common import say, settings_or_exit
from strongroom.cli.holdings import building_or_exit
from strongroom.clock import SystemClock
from strongroom.datadir import INBOX_DB
from strongroom.history_import import Taken, Target, match, take
from strongroom.inbox import Inbox
from strongroom.model import Act, HistoryImported
from strongroom.readings import open_series
from strongroom.settings import Settings

SHOWN = 20
_FIXED = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?", re.IGNORECASE)


@app.command("import-history")
def import_history(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX · 记录仪导出的表格")],
    building: Annotated[Path, typer.Option(help="The building folder · 档案馆文件夹")],
    data: Annotated[
        Path | None, typer.Option("--data", help="Data directory; default STRONGROOM_DATA · 数据目录")
    ] = None,
    channel: Annotated[
        list[str] | None, typer.Option("--map", help="CHANNEL=SENSOR: number, name or quantity · 通道=传感器")
    ] = None,
    unit: Annotated[list[str] | None, typer.Option(help="QUANTITY=UNIT, e.g. temperature=°F · 单位")] = None,
    timezone_: Annotated[
        str, typer.Option("--timezone", help="Of the logger's clock; +01:00 without summer time · 记录仪时区")
    ] = "",
    dates: Annotated[str, typer.Option(help="dmy, mdy or ymd · 日期顺序")] = "",
    decimal: Annotated[str, typer.Option(help="Decimal mark: . or , · 小数点")] = "",
    by: Annotated[str, typer.Option(help="Your person id, for the journal · 经手人编号")] = "",
    write: Annotated[bool, typer.Option("--write", help="Take the good rows in · 写入")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on the last line · 输出 JSON")
    ] = False,
) -> None:
    """Preview what a data logger recorded; with --write the good rows are taken into the store.

    Reads exports of Hanwell, Meaco, Rotronic, T&D, Tinytag, TREND, HOBO, Testo and tables like them. Imported
    readings count in reports and rule rehearsal and raise no alarm. Ends with 0 (all good), 1 (some rows refused)
    or 2 (nothing can be done).
    """
    house = building_or_exit(building)
    if write and by not in house.people:
        _stop(
            Text(
                f"写入须写明经手人：--by 加人员编号（{'、'.join(list(house.people)[:8])}）。",
                f"Say who takes them in: --by and a person's id ({', '.join(list(house.people)[:8])}).",
            )
        )
    options = Options(
        order=_one_of("--dates", dates, ORDERS),
        decimal=_one_of("--decimal", decimal, (".", ",")),
        units=_pairs("--unit", unit),
    )
    now = SystemClock().now()
    raw = _bytes(file)
    zone = _zone(timezone_ or house.timezone)
    with _bar() as bar:
        task = bar.add_task("读取 · reading", total=None)
        export = read_export(
            raw,
            file.name,
            zone=zone,
            now=now,
            options=options,
            on_step=lambda done, total: bar.update(task, completed=done, total=total),
        )
    if isinstance(export, Text):
        _stop(export)
    targets, problems = match(export, house.sensors, _pairs("--map", channel))
    settings = settings_or_exit(building, data)
    done = _take(targets if not problems else [], settings, now, write) if targets else {}
    if write and not problems and any(one.written for one in done.values()):
        _record(settings.data, by, file.name, raw, targets, done, now)
    refused = export.refused_count + sum(len(one.refused) for one in done.values())
    if as_json:
        typer.echo(json.dumps(_as_json(export, targets, problems, done, write), ensure_ascii=False))
    else:
        _show(export, targets, done, write, zone)
    for problem in problems:
        say(problem)
    if problems or (write and not targets):
        raise typer.Exit(2)
    raise typer.Exit(1 if refused else 0)


def _take(targets: list[Target], settings: Settings, now: float, write: bool) -> dict[int, Taken]:
    done: dict[int, Taken] = {}
    try:
        if write:
            settings.data.mkdir(parents=True, exist_ok=True)
        series = open_series(settings.data, settings.influx, read_only=not write)
    except SeriesDownError:
        if write:
            raise
        series = MemorySeries()  # nothing is stored yet: a preview compares with nothing
    try:
        with _bar() as bar:
            for target in targets:
                task = bar.add_task(target.sensor.id, total=len(target.channel.at))
                advance = functools.partial(bar.advance, task)
                done[target.number] = take(target, series, now, write=write, on_done=advance)
    except SeriesError as error:
        _stop(
            Text(
                f"{error}。已写入的保留；再运行一次会接着写。",
                f"{error}. What was written stays; run it again to go on.",
            )
        )
    finally:
        series.close()
    return done


def _record(
    data: Path,
    by: str,
    name: str,
    raw: bytes,
    targets: list[Target],
    done: Mapping[int, Taken],
    now: float,
) -> None:
    inbox = Inbox(data / INBOX_DB)
    moments = [at for target in targets for at in (min(target.channel.at), max(target.channel.at))]
    inbox.put(
        Act(
            id=f"import-{uuid.uuid4().hex}",
            at=now,
            by=by,
            what=HistoryImported(
                file=name,
                sha256=hashlib.sha256(raw).hexdigest(),
                rows={target.sensor.id: done[target.number].written for target in targets},
                from_at=min(moments),
                to_at=max(moments),
            ),
            means="command",
        )
    )
    inbox.close()


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        _stop(Text(f"{file} 无法读取。", f"{file} cannot be read ({error.strerror})."))


def _zone(words: str) -> tzinfo:
    fixed = _FIXED.fullmatch(words.strip())
    if fixed is not None:
        span = timedelta(hours=int(fixed[2]), minutes=int(fixed[3] or 0))
        if span < timedelta(hours=15):
            return timezone(-span if fixed[1] == "-" else span)
    try:
        return UTC if words.upper() in ("UTC", "Z") else ZoneInfo(words)
    except (KeyError, ValueError, OSError):
        _stop(
            Text(
                f"--timezone 看不懂“{words}”；请写如 Asia/Shanghai 或 +08:00。",
                f"--timezone: {words!r} is none; write e.g. Asia/Shanghai or +08:00.",
            )
        )


def _one_of(option: str, said: str, allowed: tuple[str, ...]) -> str:
    if said and said not in allowed:
        _stop(Text(f"{option} 只能是 {' '.join(allowed)}。", f"{option} is one of {' '.join(allowed)}."))
    return said


def _pairs(option: str, said: list[str] | None) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for pair in said or []:
        left, equals, right = pair.rpartition("=")
        if not equals or not left.strip() or not right.strip():
            _stop(
                Text(f"{option} 写作 左=右，不是“{pair}”。", f"Write {option} as LEFT=RIGHT, not {pair!r}.")
            )
        pairs[left.strip()] = right.strip()
    return pairs


def _bar() -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _refusals(export: Export, done: Mapping[int, Taken]) -> list[Refused]:
    return [*export.refused, *(one for taken in done.values() for one in taken.refused)]


def _as_json(
    export: Export, targets: list[Target], problems: list[Text], done: Mapping[int, Taken], write: bool
) -> dict[str, Any]:
    sensors = {target.number: target.sensor.id for target in targets}
    return {
        "style": export.style,
        "encoding": export.encoding,
        "rows": export.rows,
        "blank": export.blank,
        "repeats": export.repeats,
        "below": export.after,
        "refused": export.refused_count + sum(len(one.refused) for one in done.values()),
        "written": sum(one.written for one in done.values()) if write else 0,
        "present": sum(one.present for one in done.values()),
        "channels": [
            {
                "number": number,
                "name": one.name,
                "quantity": one.quantity,
                "unit": one.unit,
                "serial": one.serial,
                "readings": len(one.at),
                "from": min(one.at),
                "to": max(one.at),
                "low": min(one.value),
                "high": max(one.value),
                "assumed": [{"zh": text.zh, "en": text.en} for text in one.assumed],
                "sensor": sensors.get(number, ""),
            }
            for number, one in enumerate(export.channels, 1)
        ],
        "left_out": [{"column": label, "zh": why.zh, "en": why.en} for label, why in export.left_out],
        "problems": [{"zh": text.zh, "en": text.en} for text in problems],
        "refusals": [
            {"line": one.line, "column": one.column, "cell": one.cell, "zh": one.says.zh, "en": one.says.en}
            for one in _refusals(export, done)
        ],
    }


def _show(
    export: Export, targets: list[Target], done: Mapping[int, Taken], write: bool, zone: tzinfo
) -> None:
    if export.style:
        say(Text(f"像是 {export.style} 的导出文件", f"looks like an export of {export.style}"))
    sensors = {target.number: target.sensor.id for target in targets}
    for number, one in enumerate(export.channels, 1):
        typer.echo(f"{number:>3}  {_line(one, zone)}  → {sensors.get(number, '?')}")
        for text in one.assumed:
            typer.echo(f"       {text.zh} · {text.en}")
    for label, why in export.left_out:
        typer.echo(f"  -  {label}: {why.zh} · {why.en}")
    refusals = _refusals(export, done)
    for bad in refusals[:SHOWN]:
        typer.echo(f"  {bad.line}: {bad.column} “{bad.cell}”  {bad.says.zh} · {bad.says.en}")
    more = export.refused_count + sum(len(one.refused) for one in done.values()) - min(SHOWN, len(refusals))
    if more:
        say(Text(f"另有 {more} 处", f"and {more} more"))
    good = sum(one.written for one in done.values())
    present = sum(one.present for one in done.values())
    bad_count = export.refused_count + sum(len(one.refused) for one in done.values())
    say(
        Text(
            f"{export.rows} 行：{'已写入' if write else '可写入'} {good} 个读数，库中已有 {present}，"
            f"空格 {export.blank}，重复 {export.repeats}，拒绝 {bad_count}",
            f"{export.rows} rows: {good} readings {'written' if write else 'can be taken'}, {present} already there, "
            f"{export.blank} empty cells, {export.repeats} repeats, {bad_count} refused",
        )
    )
    if export.after:
        say(
            Text(
                f"表格下方 {export.after} 行不是读数", f"{export.after} lines below the table are no readings"
            )
        )
    if not targets:
        say(
            Text(
                "没有通道对应到传感器；请加 --map 编号=传感器编号。",
                "No channel is matched to a sensor: add --map NUMBER=SENSOR.",
            )
        )
    elif not write:
        say(
            Text(
                "这是预览；加 --write --by 编号 写入。",
                "This is a preview; --write --by PERSON takes them in.",
            )
        )


def _line(one: Channel, zone: tzinfo) -> str:
    first, last = (
        datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M") for at in (min(one.at), max(one.at))
    )
    unit = QUANTITIES[one.quantity].unit if one.quantity else one.unit
    what = f"{QUANTITIES[one.quantity].name.zh}/{one.quantity}" if one.quantity else "?"
    return (
        f"{one.name} [{what}] {len(one.at)}  {first} – {last}  {min(one.value):g} – {max(one.value):g} {unit}"
    )


def _stop(words: Text) -> NoReturn:
    say(words)
    raise typer.Exit(2)
