"""``strongroom explain``: why an alarm is as it is - samples, rule, delays, what held it, who was told and why."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer

from alerts.explain import Explanation, Line
from sensors.model import Text
from strongroom.cli import app
from strongroom.datadir import SITE_DB, last_good
from strongroom.explained import explained, ids_of
from strongroom.model import Building
from strongroom.sitedb import SiteReader

MOST = 200_000  # newest alarm entries that are searched for a reference


@app.command("explain")
def explain_command(
    data: Annotated[Path, typer.Argument(help="Data directory of the building · 数据目录")],
    alarm: Annotated[str, typer.Argument(help="Alarm id, its reference, or rule@place · 警报编号")],
    lang: Annotated[str, typer.Option("--lang", help="zh or en · 输出语言")] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object · 输出 JSON")] = False,
) -> None:
    """Why is this alarm as it is? Samples, rule, delays, what held or released it, who was told and why · 解释警报."""
    if lang not in {"zh", "en"}:
        _stop("--lang: zh | en")
    building = last_good(data)
    if building is None or not (data / SITE_DB).is_file():
        _stop(f"{data}: 没有运行过的系统 · no installation ran here; give its data directory")
        return
    reader = SiteReader(data / SITE_DB)
    ids = ids_of(reader.entries(kind="alarm.", limit=MOST, newest=True), alarm)
    why = explained(building, reader, ids[0]) if ids else None
    reader.close()
    if why is None:
        _stop(f"{alarm}: 没有这个警报 · no such alarm; use its id or the reference in a message")
        return
    if as_json:
        typer.echo(json.dumps(msgspec.to_builtins(why), ensure_ascii=False))
        return
    for line in _lines(why, building, lang):
        typer.echo(line)


_SYSTEM = Text("系统", "system")
_HEADS = {
    "state": Text("状态", "State"),
    "rule": Text("规则", "Rule"),
    "samples": Text("依据的读数", "Samples"),
    "course": Text("经过", "What happened"),
    "told": Text("消息", "Messages"),
    "people": Text("为什么（没有）通知", "Who was told, and why or why not"),
}


def _lines(why: Explanation, building: Building, lang: str) -> list[str]:
    """The explanation as lines of plain text, times on the building's clock, people by name."""
    here = ZoneInfo(building.timezone)

    def head(name: str) -> str:
        return _HEADS[name].in_(lang)

    def named(person: str) -> str:
        if person in ("", "system"):
            return _SYSTEM.in_(lang)
        known = building.people.get(person)
        return f"{known.name.in_(lang)} ({person})" if known else person

    def moment(line: Line, who: str) -> str:
        at = datetime.fromtimestamp(line.at, here).strftime("%Y-%m-%d %H:%M:%S")
        return f"  {at}  {who}{line.words.in_(lang)}"

    alarm = why.alarm
    found = [
        f"{alarm.reference}  {alarm.id}  {alarm.name.in_(lang)}",
        f"{head('state')}: {why.state.in_(lang)}",
        f"{head('rule')}: {why.rule.in_(lang)}",
    ]
    if why.samples:
        found += [f"{head('samples')}:", *(moment(one, f"{one.about}  ") for one in why.samples)]
    found += [f"{head('course')}:", *(moment(line, f"{named(line.by)}  ") for line in why.course)]
    if why.told:
        found += [f"{head('told')}:", *(moment(line, f"→ {named(line.about)}  ") for line in why.told)]
    found += [
        f"{head('people')}:",
        *(f"  {named(who)}: {words.in_(lang)}" for who, words in why.people.items()),
    ]
    return found


def _stop(words: str) -> None:
    typer.echo(words, err=True)
    raise typer.Exit(2)
