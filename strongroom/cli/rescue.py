"""``strongroom rescue``: the ordered rescue plan for a hazard, and what each zone could lose before it
happens."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from msgspec.structs import replace

from playbooks import triage
from playbooks.model import RescuePlan
from playbooks.rescue import whatif
from playbooks.rescue.planner import by_the_list, plan
from sensors.model import Text
from strongroom import rescue_report
from strongroom.cli import app
from strongroom.cli.common import say
from strongroom.cli.holdings import building_or_exit
from strongroom.clock import SystemClock
from strongroom.folder.ledger import nearest
from strongroom.localtime import local
from strongroom.model import Building

HAZARD = Text("灾害", "hazard")
ORDER = Text("规则", "order")
ZONE = Text("区域", "zone")
MOST_LEFT = 12
"""Names after each reason why holdings stay."""


def known_or_exit(word: str, known: Mapping[str, str], what: Text) -> str:
    """The name that was meant: an id, or its Chinese name; ends the command with the nearest where there is none."""
    wanted = word.strip()
    if wanted in known:
        return wanted
    by_words = {chinese: name for name, chinese in known.items()}
    for name, chinese in known.items():
        if _bare(wanted) in {_bare(name), _bare(chinese)}:
            return name
    near = nearest(wanted, known) or by_words.get(nearest(wanted, by_words), "")
    shown = "".join(mark if mark.isprintable() else "?" for mark in wanted[:60])
    names = ", ".join(f"{name} ({chinese})" for name, chinese in list(known.items())[:30])
    zh, en = f"没有{what.zh}“{shown}”。", f'There is no {what.en} "{shown}".'
    if near:
        zh, en = f"{zh}是不是 {near}（{known[near]}）？", f"{en} Did you mean {near} ({known[near]})?"
    say(Text(f"{zh}可用：{names}", f"{en} Known: {names}"))
    raise typer.Exit(2)


def _bare(words: str) -> str:
    """Without spaces and capitals, which nobody remembers: 二层B库 is 二层 B 库."""
    return "".join(words.split()).casefold()


@app.command()
def rescue(
    folder: Annotated[Path, typer.Argument(help="The building folder · 档案馆文件夹")],
    threat: Annotated[str, typer.Option(help="fire, water, intrusion, structure … · 灾害")] = "fire",
    zone: Annotated[list[str] | None, typer.Option(help="Where it is; may be given again · 发生区域")] = None,
    cleared: Annotated[list[str] | None, typer.Option(help="Zones released for entry · 已放行区域")] = None,
    crews: Annotated[
        int | None,
        typer.Option(min=0, max=100, help="Crews of two; default 2 (what-if: 1, 2 and 4) · 两人小组数"),
    ] = None,
    minutes: Annotated[
        float, typer.Option(min=0, max=1440, help="Time inside in all · 总时间（分钟）")
    ] = 20.0,
    rules: Annotated[
        str, typer.Option(help="Order: " + ", ".join(triage.RULE_SETS) + "; default: the folder's own")
    ] = "",
    seconds: Annotated[float, typer.Option(min=0, max=600, help="Time to search · 计算时间（秒）")] = 1.0,
    what_if: Annotated[
        bool, typer.Option("--what-if", help="Every zone and hazard: what could be lost · 逐区推演")
    ] = False,
    to: Annotated[
        Path | None, typer.Option("--to", help="What-if report: FILE.pdf or FILE.csv · 推演报告文件")
    ] = None,
    language: Annotated[str, typer.Option(help="Language of the report: zh or en · 报告语言")] = "zh",
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on the last line · 输出 JSON")
    ] = False,
) -> None:
    """What to carry first, by whom, until when, what stays and why · 抢救计划.

    Without --cleared every threatened zone counts as released except, in a fire, the zone that burns: this
    command plans ahead. In an incident only zones that a named person has released are ever planned.
    """
    house = building_or_exit(folder)
    threat = known_or_exit(threat, {name: words.zh for name, words in triage.THREATS.items()}, HAZARD)
    if rules:
        rules = known_or_exit(rules, {name: one.name.zh for name, one in triage.RULE_SETS.items()}, ORDER)
    own = house.rescue
    rooms = {name: one.name.zh for name, one in house.zones.items()}
    english = {one.name.en.casefold(): name for name, one in house.zones.items()}
    sources = tuple(
        dict.fromkeys(known_or_exit(english.get(word.casefold(), word), rooms, ZONE) for word in zone or ())
    )
    released = tuple(
        dict.fromkeys(
            known_or_exit(english.get(word.casefold(), word), rooms, ZONE) for word in cleared or ()
        )
    )
    if not sources and not what_if:
        known = ", ".join(f"{name} ({chinese})" for name, chinese in list(rooms.items())[:30])
        say(Text(f"用 --zone 写明区域：{known}", f"Give --zone, one of: {known}"))
        raise typer.Exit(2)
    report = None
    if to is not None:
        if to.suffix.casefold() not in {".pdf", ".csv"} or language not in {"zh", "en"}:
            say(
                Text(
                    "文件名以 .pdf 或 .csv 结尾，语言写 zh 或 en。",
                    "The file ends with .pdf or .csv; the language is zh or en.",
                )
            )
            raise typer.Exit(2)
        report = (to, language)
    clock = SystemClock()
    ask = whatif.Question(
        threat=threat,
        sources=sources,
        cleared=released or None,
        crews=2 if crews is None else crews,
        minutes=minutes,
        own=replace(own, rules=triage.RULE_SETS[rules]) if rules else own,
        today=local(clock.now(), house.timezone, "%Y-%m-%d"),
        assembly=house.assembly,
        folder_revision=house.revision,
        at=clock.now(),
    )
    if what_if:
        sizes = whatif.SIZES if crews is None else (crews,)
        _what_if(house, ask, sizes, as_json, report)
        return
    if not house.holdings:
        say(Text("登记册里还没有重点档案。", "The register holds no key holdings yet."))
    request = whatif.request(ask, house.zones, house.holdings)
    begun = clock.monotonic()
    made = plan(request, lambda _: clock.monotonic() - begun >= seconds)
    took = clock.monotonic() - begun
    listed = by_the_list(request).value()
    if as_json:
        typer.echo(json.dumps(_as_json(made, took, listed), ensure_ascii=False))
    else:
        _show(house, made, listed)


def _what_if(
    house: Building,
    ask: whatif.Question,
    sizes: Sequence[int],
    as_json: bool,
    report: tuple[Path, str] | None,
) -> None:
    losses = whatif.survey(ask, house.zones, house.holdings, sizes, _progress())
    if report is not None:
        path, language = report
        found = rescue_report.Findings(
            building=house.name,
            minutes=ask.minutes,
            made_on=ask.today,
            losses=losses,
            zones=house.zones,
            holdings=house.holdings,
        )
        try:
            if path.suffix.casefold() == ".pdf":
                rescue_report.write_pdf(path, found, language)
            else:
                with path.open("w", encoding="utf-8-sig", newline="") as out:
                    rescue_report.write_csv(out, found, language)
        except OSError as error:
            say(Text(f"{path} 无法写入。", f"{path} cannot be written ({error.strerror})."))
            raise typer.Exit(2) from None
    if as_json:
        rows = [
            {
                "zone": loss.zone,
                "threat": loss.threat,
                "crews": loss.crews,
                "at_stake": loss.at_stake,
                "saved": loss.saved,
                "lost": loss.lost,
                "never_in_time": list(loss.never),
                "helps": [
                    {
                        "what": {"zh": helped.what.zh, "en": helped.what.en},
                        "saves": helped.saves,
                        "holdings": list(helped.holdings),
                    }
                    for helped in loss.helps
                ],
            }
            for loss in losses
        ]
        typer.echo(
            json.dumps({"crews": list(sizes), "minutes": ask.minutes, "zones": rows}, ensure_ascii=False)
        )
        return
    for loss in losses:
        name, what = house.zones[loss.zone].name, triage.THREATS[loss.threat]
        typer.echo(
            f"{what.zh} {name.zh} {loss.crews} 组 · {what.en}, {name.en}, {loss.crews} crews: "
            f"−{loss.lost:.1f} / {loss.at_stake:.1f}"
        )
        for helped in loss.helps[:2]:
            typer.echo(f"    +{helped.saves:.1f}  {helped.what.zh} · {helped.what.en}")
        if loss.never:
            typer.echo(
                f"    来不及 never in time: {', '.join(loss.never[:8])}{' …' if len(loss.never) > 8 else ''}"
            )


def _progress() -> Callable[[int, int], None] | None:
    """Cases done and minutes to come, on one line of standard error; nothing where nobody is looking."""
    if not sys.stderr.isatty():
        return None
    clock = SystemClock()
    begun = clock.monotonic()

    def show(done: int, of: int) -> None:
        left = math.ceil((clock.monotonic() - begun) * (of - done) / done / 60.0)
        typer.echo(f"\r{done} / {of} … 约余 {left} 分钟 · about {left} min left   ", err=True, nl=done == of)

    return show


def _as_json(made: RescuePlan, took: float, listed: float) -> dict[str, Any]:
    return {
        "threat": made.threat,
        "basis": {"zh": made.basis.zh, "en": made.basis.en},
        "cleared": list(made.cleared),
        "people": made.people,
        "budget_min": made.budget_min,
        "seconds": round(took, 4),
        "value": made.value,
        "bound": made.bound,
        "printed_list_value": round(listed, 3),
        "holdings": made.listed,
        "trips": [
            {
                "crew": trip.crew,
                "zones": list(trip.via),
                "from_min": trip.from_min,
                "minutes": trip.minutes,
                "holdings": list(trip.holdings),
                "covered": list(trip.covered),
                "kg": trip.kg,
                "people": trip.people,
                "carries": trip.carries,
                "way_in": list(trip.way_in),
                "way_out": list(trip.way_out),
            }
            for trip in made.trips
        ],
        "ranking": [
            {
                "rank": one.rank,
                "holding": one.holding,
                "act": one.act,
                "value": one.score,
                "why": {"zh": one.why.zh, "en": one.why.en},
            }
            for one in made.ranking
        ],
        "left": [{"holding": one.holding, "why": {"zh": one.why.zh, "en": one.why.en}} for one in made.left],
        "folder_revision": made.folder_revision,
    }


def _show(house: Building, made: RescuePlan, listed: float) -> None:
    say(made.basis)
    for trip in made.trips:
        place = house.zones[trip.zone].name
        when = f"{trip.from_min:5.1f}–{trip.from_min + trip.minutes:5.1f}"
        carried = [id_ for id_ in trip.holdings if id_ not in trip.covered]
        typer.echo(f"{when} 分 min  {trip.crew} 组 crew  {place.zh} · {place.en}")
        if carried:
            typer.echo(f"    带出 carry out ({len(carried)}, {trip.kg:g} kg): {', '.join(carried)}")
        if trip.covered:
            typer.echo(f"    就地遮盖 cover in place ({len(trip.covered)}): {', '.join(trip.covered)}")
    left: dict[Text, list[str]] = {}
    for one in made.left:
        left.setdefault(one.why, []).append(one.holding)
    for why, ids in left.items():
        more = " …" if len(ids) > MOST_LEFT else ""
        typer.echo(f"留下 left ({len(ids)}): {why.zh} · {why.en}")
        typer.echo(f"    {', '.join(ids[:MOST_LEFT])}{more}")
    say(
        Text(
            f"保住 {made.value:.1f}（上限 {made.bound:.1f}，按纸面清单 {listed:.1f}）",
            f"saves {made.value:.1f} (at most {made.bound:.1f}; by the printed list {listed:.1f})",
        )
    )
