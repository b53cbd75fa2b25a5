"""``strongroom report climate``: how the rooms kept their climate, as CSV and PDF."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from alerts.profiles import PROFILES
from ingest.series import SeriesError
from strongroom.cli import app
from strongroom.cli.common import settings_or_exit
from strongroom.climate_report import climate_report
from strongroom.climate_tables import write_csv
from strongroom.clock import SystemClock
from strongroom.datadir import last_good
from strongroom.readings import UnreadableError, open_series, read_moment

reports = typer.Typer(help="Reports from stored readings · 报告", no_args_is_help=True)
app.add_typer(reports, name="report")


@reports.callback()
def _several() -> None:
    """Reports from stored readings · 报告."""


@reports.command()
def climate(
    from_: Annotated[str, typer.Option("--from", help="2026-01-01, -365d")] = "-30d",
    to: Annotated[str, typer.Option("--to", help="The same, or now · 截止")] = "now",
    csv: Annotated[Path | None, typer.Option("--csv", help="Write the table here · 输出 CSV")] = None,
    pdf: Annotated[Path | None, typer.Option("--pdf", help="Write the paper here · 输出 PDF")] = None,
    profile: Annotated[
        str, typer.Option(help=f"One of {', '.join(PROFILES)}; the building's own if left out · 限值标准")
    ] = "",
    language: Annotated[str, typer.Option("--language", help="zh or en")] = "zh",
    data: Annotated[Path | None, typer.Option("--data", help="Data directory · 数据目录")] = None,
) -> None:
    """Per room and month: time in band, daily swing, gaps, mould and ageing, against the room type's clause.

    各房间逐月：达标时间、日波动、缺测、霉菌与老化风险，对照该类房间的条款。
    """
    if language not in {"zh", "en"}:
        _stop("--language: zh | en")
    if profile and profile not in PROFILES:
        _stop(f"--profile: {' | '.join(PROFILES)}")
    if csv is None and pdf is None:
        _stop("请写 --csv 或 --pdf · give --csv or --pdf")
    settings = settings_or_exit(data, data)
    building = last_good(settings.data)
    if building is None:
        _stop(f"{settings.data}: 没有建筑，请先运行引擎 · there is no building here yet; run the engine once")
    now = SystemClock().now()
    try:
        span = read_moment(from_, now, building.timezone), read_moment(to, now, building.timezone)
        if span[0] >= span[1]:
            _stop("--from 必须早于 --to · --from must lie before --to")
        series = open_series(settings.data, settings.influx)
        report = climate_report(series, building, *span, now, profile or building.climate_profile)
        series.close()
        if csv is not None:
            with csv.open("w", encoding="utf-8-sig", newline="") as out:  # the mark lets Excel read Chinese
                write_csv(out, report, language)
        if pdf is not None:
            from strongroom.climate_pdf import write_pdf

            write_pdf(pdf, report, language)
    except (UnreadableError, SeriesError, OSError) as error:
        _stop(str(error))
    rooms = len({room.zone for room in report.rooms})
    typer.echo(f"{rooms} 个房间 rooms: {', '.join(str(path) for path in (csv, pdf) if path)}")


def _stop(words: str) -> NoReturn:
    typer.echo(words, err=True)
    raise typer.Exit(2)
