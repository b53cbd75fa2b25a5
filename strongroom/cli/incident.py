"""``strongroom incident``: the report of one incident or drill, from the journal alone, as a page to print."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from playbooks.model import IncidentEvent
from playbooks.paper import Stamp
from playbooks.report import incident_report
from playbooks.site import Site
from sensors.model import Text
from strongroom.cli import app
from strongroom.cli.common import say
from strongroom.cli.holdings import building_or_exit
from strongroom.clock import SystemClock
from strongroom.localtime import local
from strongroom.rehearse import record_of
from strongroom.sitedb import SiteReader

MOST_ENTRIES = 1_000_000


@app.command()
def incident(
    folder: Annotated[Path, typer.Argument(help="The building folder · 档案馆文件夹")],
    data: Annotated[Path, typer.Option("--data", help="Data directory · 数据目录")],
    id_: Annotated[
        str, typer.Option("--id", help="Which incident; the last one where left out · 事件编号")
    ] = "",
    to: Annotated[Path | None, typer.Option("--to", help="Write the report here (HTML) · 输出文件")] = None,
    for_outside: Annotated[
        bool, typer.Option("--outside", help="For outside readers: no secret titles")
    ] = False,
) -> None:
    """Timeline, measures, steps, entries, rescue and custody; without --to, the list of incidents · 事件报告."""
    house = building_or_exit(folder)
    path = data / "site.db"
    if not path.is_file():
        say(Text(f"{path}: 没有数据库；请写数据目录", "there is no database; give the data directory"))
        raise typer.Exit(2)
    record = record_of(SiteReader(path).entries(limit=MOST_ENTRIES))
    last = {event.incident.id: event.incident for event in record if isinstance(event, IncidentEvent)}
    if to is None:
        for one in last.values():
            opened = local(one.opened_at, house.timezone)
            typer.echo(f"{one.id}  {opened}  {one.state}  {one.playbook.title.zh} · {one.playbook.title.en}")
        say(Text(f"{len(last)} 个事件", f"{len(last)} incidents"))
        return
    chosen = id_ or max(last, key=lambda key: last[key].opened_at, default="")
    if chosen not in last:
        say(
            Text(
                f"没有事件 {chosen}。可用：{', '.join(last)}",
                f"There is no incident {chosen}. Known: {', '.join(last)}",
            )
        )
        raise typer.Exit(2)
    now = SystemClock().now()
    stamp = Stamp(
        site=house.name,
        revision=house.revision,
        printed_on=local(now, house.timezone, "%Y-%m-%d"),
        drill=last[chosen].kind != "incident",
        for_outside=for_outside,
    )
    site = Site(house.zones, house.holdings, house.people, house.assembly, house.revision)
    html = incident_report(record, chosen, site, stamp, lambda at: local(at, house.timezone))
    try:
        to.write_text(html, encoding="utf-8")
    except OSError as error:
        say(Text(f"{to} 无法写入。", f"{to} cannot be written ({error.strerror})."))
        raise typer.Exit(2) from None
    say(Text(f"{chosen} → {to}", "written"))
