"""``strongroom roster``: who is on duty, what nobody covers, and the way to and from calendar programs."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from alerts.chores import uncovered_words
from alerts.crew import uncovered
from alerts.model import Duty
from alerts.people import shifts, wall
from alerts.roster_calendar import from_calendar, to_calendar
from strongroom.cli import app
from strongroom.clock import SystemClock
from strongroom.folder.load import load
from strongroom.model import Building
from strongroom.problems import errors_in, render

roster_app = typer.Typer(no_args_is_help=True, help="Duty roster · 值班表")
app.add_typer(roster_app, name="roster")

Folder = Annotated[Path, typer.Argument(help="Building folder · 建筑目录")]
Days = Annotated[int, typer.Option(min=1, max=730, help="How many days ahead · 今后多少天")]
DAY_S = 86400.0
PEOPLE = "people.toml"


@roster_app.command("show")
def show(folder: Folder, days: Days = 30) -> None:
    """Who is on duty when, and what nobody covers in the next 30 days; ends with 1 if there is anything."""
    building, now = _building(folder), SystemClock().now()
    for shift in shifts(building.duties, building.timezone, now, now + days * DAY_S):
        person = building.people.get(shift.person)
        name = f"{person.name.zh} {person.name.en}" if person else shift.person
        start, stop = (wall(at, building.timezone) for at in (shift.from_at, shift.until_at))
        typer.echo(f"{start:%Y-%m-%d %H:%M} – {stop:%Y-%m-%d %H:%M}  {shift.role}  {name}")
    missing = uncovered(building.people, building.ladders, building.duties, building.timezone, now)
    for one in missing:
        words = uncovered_words(one, building.timezone)
        typer.echo(f"! {words.zh} · {words.en}")
    raise typer.Exit(1 if missing else 0)


@roster_app.command("export")
def export(
    folder: Folder,
    file: Annotated[Path, typer.Argument(help="Calendar to write, ….ics · 要写的日历文件")],
    days: Days = 90,
) -> None:
    """Write the shifts of the coming days as a calendar (iCalendar) · 导出为日历."""
    building, now = _building(folder), SystemClock().now()
    data = to_calendar(
        building.people, building.duties, building.timezone, from_=now, until=now + days * DAY_S
    )
    try:
        file.write_bytes(data)
    except OSError as error:
        _stop(f"{file}: 无法写入 · cannot be written: {error}")
    typer.echo(f"{file}: {data.count(b'BEGIN:VEVENT')} 个班次 · shifts")


@roster_app.command("import")
def import_(
    folder: Folder,
    file: Annotated[Path, typer.Argument(help="Calendar to read, ….ics · 要读的日历文件")],
    role: Annotated[str, typer.Option(help="Role of events that name none · 未写角色时用")] = "on-duty",
    days: Annotated[
        int, typer.Option(min=1, max=730, help="Unfold repeats this far ahead · 重复展开天数")
    ] = 180,
    write: Annotated[bool, typer.Option(help=f"Append to {PEOPLE}; without it only shown · 写入")] = False,
) -> None:
    """Turn a calendar's events into [[duty]] entries; events that name nobody known are told, never guessed.

    Ends with 1 where an event could not be taken over.
    """
    building, now = _building(folder), SystemClock().now()
    try:
        data = file.read_bytes()
    except OSError as error:
        _stop(f"{file}: 无法读取 · cannot be read: {error}")
    until = (wall(now, building.timezone) + timedelta(days=days)).date()
    found = from_calendar(data, building.people, building.timezone, role=role, until=until)
    for problem in found.problems:
        typer.echo(f"! {problem.event}: {problem.words.zh} · {problem.words.en}", err=True)
    known = {_facts(duty) for duty in building.duties}
    fresh = [duty for duty in found.duties if _facts(duty) not in known]
    text = "".join(duty_toml(duty) for duty in fresh)
    if not write:
        typer.echo(text, nl=False)
    elif fresh:
        _append(folder, text, now)
    typer.echo(
        f"# {len(fresh)} 条新增，{len(found.duties) - len(fresh)} 条已有，{len(found.problems)} 条未采用 · "
        f"{len(fresh)} new, {len(found.duties) - len(fresh)} known, {len(found.problems)} not taken"
    )
    raise typer.Exit(1 if found.problems else 0)


def duty_toml(duty: Duty) -> str:
    """One duty period as it stands in people.toml. JSON's escapes are TOML's as well."""
    role = f"role = {json.dumps(duty.role, ensure_ascii=False)}\n" if duty.role != "on-duty" else ""
    who = json.dumps(duty.person, ensure_ascii=False)
    return f"\n[[duty]]\nperson = {who}\n{role}from = {duty.from_}\nuntil = {duty.until}\n"


def _facts(duty: Duty) -> tuple[str, str, str, str, str]:
    return duty.kind, duty.person, duty.role, str(duty.from_)[:19], str(duty.until)[:19]


def _append(folder: Path, text: str, now: float) -> None:
    """Add to people.toml; taken back where the folder would not pass its check any more."""
    path = folder / PEOPLE
    before = path.read_text(encoding="utf-8")
    path.write_text(before.rstrip("\n") + "\n" + text, encoding="utf-8")
    problems = load(folder, now).problems
    if errors_in(problems):
        path.write_text(before, encoding="utf-8")
        _stop(render(problems, "zh") + render(problems, "en"))


def _building(folder: Path) -> Building:
    loaded = load(folder, SystemClock().now())
    if loaded.building is None:
        _stop(render(loaded.problems, "zh") + render(loaded.problems, "en"))
    return loaded.building


def _stop(words: str) -> NoReturn:
    typer.echo(words, err=True)
    raise typer.Exit(2)
