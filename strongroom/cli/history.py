"""``strongroom history SENSOR``: stored readings as CSV, JSON or Parquet."""

from __future__ import annotations

import contextlib
import difflib
import sqlite3
import sys
from pathlib import Path
from typing import Annotated, NoReturn, TextIO
from zoneinfo import ZoneInfo

import typer

from ingest.series import Series, SeriesError
from strongroom.cli import app
from strongroom.cli.common import settings_or_exit, waiting
from strongroom.clock import SystemClock
from strongroom.datadir import SITE_DB, last_good
from strongroom.history import (
    FORMATS,
    CsvWriter,
    Extract,
    JsonWriter,
    NoParquetError,
    ParquetWriter,
    Writer,
    slices,
)
from strongroom.instruments.records import MOST_RECORDS, records_of
from strongroom.instruments.records import marks_of as told
from strongroom.localtime import local
from strongroom.readings import UnreadableError, open_series, read_moment, read_width
from strongroom.sitedb import SiteReader

Data = Annotated[
    Path | None,
    typer.Option("--data", help="Data directory; default STRONGROOM_DATA · 数据目录，默认取 STRONGROOM_DATA"),
]
TimeZone = Annotated[str, typer.Option(help="Default: the building's · 默认为建筑所在时区")]


@app.command()
def history(
    sensor: Annotated[str, typer.Argument(help="Sensor id · 传感器编号")],
    from_: Annotated[str, typer.Option("--from", help="2026-03-01, 2026-03-01T08:30, -30d")] = "-1d",
    to: Annotated[str, typer.Option("--to", help="The same, or now; not included · 截止（不含）")] = "now",
    every: Annotated[str, typer.Option(help="5m, 1h: min, mean, max, count · 统计间隔；不填为原始读数")] = "",
    format_: Annotated[str, typer.Option("--format", help="csv, json or parquet")] = "csv",
    out: Annotated[
        Path | None, typer.Option("--out", help="File; default standard output · 输出文件")
    ] = None,
    data: Data = None,
    timezone: TimeZone = "",
) -> None:
    """Write out what a sensor measured · 导出传感器历史读数.

    Single readings carry their quality (good, late, historical, ...); statistics count trusted readings only.
    """
    if format_ not in FORMATS:
        _stop(f"--format: {' | '.join(FORMATS)}")
    if format_ == "parquet" and out is None:
        _stop("parquet 需要 --out 文件 · parquet needs --out FILE")
    series, zone = opened(data, timezone)
    extract = asked(sensor, from_, to, every, zone, marks_of(settings_or_exit(data, data).data, sensor, zone))
    try:
        known = series.sensors()
    except SeriesError as error:
        _stop(str(error))
    if sensor not in known:
        near = _near(sensor, known)
        hint = f"；相近 · near: {', '.join(near)}" if near else ""
        _stop(f"没有 {sensor} 的读数 · there are no readings of {sensor}{hint}")
    try:
        count = _write(series, extract, format_, out)
        if count == 0 and not extract.every_s and _thinned(series, extract):
            _stop(
                "该时段只保留了统计值，请加 --every 1h · only statistics are kept of that time; add --every 1h"
            )
        told = "" if count else _last_word(series, extract)
    except (SeriesError, NoParquetError, OSError) as error:
        _stop(str(error))
    finally:
        series.close()
    typer.echo(f"{count} 行 · rows{'' if count else told}", err=True)


def _near(sensor: str, known: list[str]) -> list[str]:
    """Sensors that may be meant, whatever the case of their letters."""
    plain = {name.casefold(): name for name in known}
    return [plain[name] for name in difflib.get_close_matches(sensor.casefold(), list(plain), 3, 0.5)]


def opened(data: Path | None, timezone: str) -> tuple[Series, str]:
    """The building's store, and its time zone where none is asked for; ends the command with a sentence."""
    settings = settings_or_exit(data, data)
    building = last_good(settings.data)
    try:
        return open_series(settings.data, settings.influx), timezone or (
            building.timezone if building else "UTC"
        )
    except SeriesError as error:
        _stop(str(error))


def marks_of(data: Path, sensor: str, zone: str) -> tuple[tuple[float, str], ...]:
    """What happened to the instrument at this place: replaced, moved, calibrated, out of service."""
    path = data / SITE_DB
    if not path.is_file():
        return ()
    try:
        reader = SiteReader(path)
        with contextlib.closing(reader):
            records = records_of(reader.entries(about=sensor, kind="sensor.", limit=MOST_RECORDS))
    except (sqlite3.Error, UnicodeDecodeError) as error:
        typer.echo(f"{path}: 没有仪器记录可附 · no marks of the instrument: {error}", err=True)
        return ()
    return told(records, zone)


def asked(
    sensor: str, from_: str, to: str, every: str, zone: str, marks: tuple[tuple[float, str], ...] = ()
) -> Extract:
    """The options of the command line as an extract; ends the command with a sentence."""
    now = SystemClock().now()
    try:
        ZoneInfo(zone)
        extract = Extract(
            sensor=sensor,
            from_at=read_moment(from_, now, zone),
            to_at=read_moment(to, now, zone),
            every_s=read_width(every) if every else 0.0,
            timezone=zone,
            marks=marks,
        )
    except (UnreadableError, KeyError, ValueError) as error:
        _stop(str(error))
    if extract.from_at >= extract.to_at:
        _stop("--from 必须早于 --to · --from must lie before --to")
    return extract


def _write(series: Series, extract: Extract, format_: str, out: Path | None) -> int:
    """Write everything; how many rows. A file appears under its name only when it is whole."""
    if out is None:
        return _pour(series, extract, _text_writer(sys.stdout, extract, format_), bar=not sys.stdout.isatty())
    special = out.exists() and not out.is_file()  # a pipe or a device takes what comes
    part = out if special else out.with_name(out.name + ".part")
    try:
        if format_ == "parquet":
            count = _pour(series, extract, ParquetWriter(part, extract))
        else:
            with part.open("w", encoding="utf-8", newline="") as text:
                count = _pour(series, extract, _text_writer(text, extract, format_))
        if not special:
            part.replace(out)
    finally:
        if not special:
            part.unlink(missing_ok=True)
    return count


def _text_writer(text: TextIO, extract: Extract, format_: str) -> Writer:
    return CsvWriter(text, extract) if format_ == "csv" else JsonWriter(text, extract)


def _pour(series: Series, extract: Extract, writer: Writer, *, bar: bool = True) -> int:
    count = 0
    with waiting(extract.sensor, extract.to_at - extract.from_at, SystemClock(), shown=bar) as reached:
        for upto, rows in slices(series, extract):
            writer.rows(rows)
            count += len(rows)
            reached(upto - extract.from_at)
    writer.close()
    return count


def _last_word(series: Series, extract: Extract) -> str:
    """Where there is nothing: when the sensor last said something."""
    newest = series.latest().get(extract.sensor)
    if newest is None:
        return ""
    at = local(newest.measured_at, extract.timezone, "%Y-%m-%d %H:%M")
    return f"；最近一次读数在 · its newest reading is of {at}"


def _thinned(series: Series, extract: Extract) -> bool:
    return len(series.downsample(extract.sensor, extract.from_at, extract.to_at, 86400.0)) > 0


def _stop(words: str) -> NoReturn:
    typer.echo(words, err=True)
    raise typer.Exit(2)
