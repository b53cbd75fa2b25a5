"""``strongroom rescue-times``: what drills and incidents measured of walks and shelves, and into the folder with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from playbooks.model import Incident, IncidentEvent
from playbooks.rescue.measured import LAST, SiteTimes, in_words, measured_in
from sensors.model import Text
from strongroom.cli import app
from strongroom.cli.common import say
from strongroom.cli.holdings import building_or_exit
from strongroom.folder.load import load
from strongroom.folder.rescue import FILE, with_times
from strongroom.localtime import local
from strongroom.rehearse import record_of
from strongroom.sitedb import SiteReader

MOST_ENTRIES = 1_000_000
WALK = Text("步行", "walking")
SHELF = Text("架前取件", "work at the shelf")


@app.command("rescue-times")
def rescue_times(
    folder: Annotated[Path, typer.Argument(help="The building folder · 档案馆文件夹")],
    data: Annotated[
        Path | None, typer.Option("--data", help="Data directory with drills and incidents · 数据目录")
    ] = None,
    last: Annotated[int, typer.Option(min=1, help="The last so many of them · 最近几次")] = LAST,
    write: Annotated[
        bool, typer.Option("--write", help="Put the measured figures into rescue.toml · 写入")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on the last line · 输出 JSON")
    ] = False,
) -> None:
    """Walking and shelf times the planner goes by: measured ones with spread, date and source; defaults marked.

    With --data the ticks "out" and "arrived" of the last drills and incidents are measured against the plan · 实测时间.
    """
    house = building_or_exit(folder)
    times = house.rescue.times
    if data is not None:
        path = data / "site.db"
        if not path.is_file():
            say(Text(f"{path}: 没有数据库；请写数据目录", "there is no database; give the data directory"))
            raise typer.Exit(2)
        record = record_of(SiteReader(path).entries(limit=MOST_ENTRIES))
        known: dict[str, Incident] = {
            e.incident.id: e.incident for e in record if isinstance(e, IncidentEvent)
        }
        times = measured_in(
            known.values(),
            house.holdings,
            house.zones,
            house.assembly,
            lambda at: local(at, house.timezone, "%Y-%m-%d"),
            last,
        )
    if write:
        _write(folder, times)
    if as_json:
        typer.echo(json.dumps(_as_json(times), ensure_ascii=False))
        return
    say(in_words(WALK, times.walk))
    say(in_words(SHELF, times.shelf))
    if times.boxes_per_min is not None:
        say(Text(f"每分钟 {times.boxes_per_min:g} 盒", f"{times.boxes_per_min:g} boxes a minute"))
    stretch = (times.stretch() - 1.0) * 100.0
    say(Text(f"计划时间放宽 {stretch:.0f}%", f"planned times are stretched by {stretch:.0f} %"))


def _as_json(times: SiteTimes) -> dict[str, object]:
    figures = {
        name: {
            "value": known.value,
            "spread": known.spread,
            "samples": known.samples,
            "date": known.date,
            "source": known.source,
            "default": known.is_default,
        }
        for name, known in (("walk", times.walk), ("shelf", times.shelf))
    }
    return {**figures, "boxes_per_min": times.boxes_per_min, "stretch": round(times.stretch(), 3)}


def _write(folder: Path, times: SiteTimes) -> None:
    """Replace the measured figures of rescue.toml and nothing else; the folder is read again before it counts."""
    if times.walk.is_default and times.shelf.is_default:
        say(
            Text(
                "样本太少，沿用默认值，未写入。", "Too few samples: the defaults stand, nothing was written."
            )
        )
        return
    path = folder / FILE
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    after = with_times(before, times)
    fresh = path.with_suffix(".toml.new")
    try:
        fresh.write_text(after, encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        say(Text(f"{path} 无法写入。", f"{path} cannot be written ({error.strerror})."))
        raise typer.Exit(2) from None
    if load(folder).building is None:
        if before:
            path.write_text(before, encoding="utf-8")
        else:
            path.unlink()
        say(
            Text(
                f"{FILE} 未改动：写入后检查不通过。",
                f"{FILE} is unchanged: the folder would not pass its check.",
            )
        )
        raise typer.Exit(2)
    say(Text(f"已写入 {path}", f"written to {path}"))
