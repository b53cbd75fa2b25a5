"""``strongroom why``: who was told of an alarm, who was not, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from alerts.model import Notice
from alerts.why import everyone, why
from strongroom.cli import app
from strongroom.datadir import SITE_DB, last_good
from strongroom.journal import NoticeData, decode
from strongroom.sitedb import SiteReader

MOST = 1_000_000


@app.command("why")
def why_command(
    data: Annotated[Path, typer.Argument(help="Data directory of the building · 数据目录")],
    alarm: Annotated[str, typer.Argument(help="Alarm id or its reference · 警报编号")],
    person: Annotated[str, typer.Argument(help="Person id; empty for everyone · 人员")] = "",
) -> None:
    """Why was I (not) told? One sentence a person · 为什么（没有）通知我."""
    building = last_good(data)
    if building is None or not (data / SITE_DB).is_file():
        _stop(f"{data}: 没有运行过的系统 · no installation ran here; give its data directory")
        return
    notices: dict[str, Notice] = {}
    for entry in SiteReader(data / SITE_DB).entries(kind="notice.", limit=MOST, newest=False):
        found = decode(entry)
        if isinstance(found, NoticeData):
            notices[found.notice.id] = found.notice
    known = {n.about: n.reference for n in notices.values() if n.kind == "course"}
    ids = [a for a, reference in known.items() if alarm in (a, reference)]
    if not ids:
        _stop(
            f"{alarm}: 没有这个警报 · no such alarm was ever paged; use its id or the reference in a message"
        )
    if person and person not in building.people:
        _stop(f"{person}: 没有这个人 · nobody here has that id; they are: {', '.join(building.people)}")
    for one in ids:
        told = building.people.values()
        sentences = (
            [why(building.people[person], one, notices, building.timezone)]
            if person
            else everyone(one, told, notices, building.timezone)
        )
        typer.echo(f"{one} {known[one]}")
        for sentence in sentences:
            typer.echo(f"  {sentence.zh}\n  {sentence.en}")


def _stop(words: str) -> None:
    typer.echo(words, err=True)
    raise typer.Exit(2)
