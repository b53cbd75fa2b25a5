"""``strongroom cards``: everything that hangs on the wall or lies in the red box, as pages to print."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from playbooks import cards as paper
from playbooks import triage
from playbooks.model import Holding, Ranked
from playbooks.paper import Stamp
from playbooks.sheets import CODE as CRATE
from playbooks.sheets import codes, crate_labels
from sensors.model import Text
from strongroom.cli import app
from strongroom.cli.common import say
from strongroom.cli.holdings import building_or_exit
from strongroom.clock import SystemClock
from strongroom.folder.holdings import is_inside
from strongroom.localtime import local
from strongroom.model import Building


@app.command()
def cards(
    folder: Annotated[Path, typer.Argument(help="The building folder · 档案馆文件夹")],
    to: Annotated[Path, typer.Option("--to", help="Directory for the pages · 输出目录")],
    threat: Annotated[str, typer.Option(help="Order of the lists: fire, water … · 排序灾害")] = "fire",
    rules: Annotated[str, typer.Option(help="Order: " + ", ".join(triage.RULE_SETS))] = triage.DEFAULT.id,
    most: Annotated[int, typer.Option(min=1, help="Grab sheets for the first so many · 抢救卡张数")] = 60,
    for_outside: Annotated[
        bool, typer.Option("--outside", help="For helpers from outside: secret titles stay out")
    ] = False,
    drill: Annotated[bool, typer.Option("--drill", help="Mark every sheet as a drill · 演练")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on the last line · 输出 JSON")
    ] = False,
) -> None:
    """Write grab sheets (A5), zone lists, plan and role cards, contacts and blank logs (A4) as HTML · 打印卡片.

    Print them from a browser. They are readable without colour; every sheet bears the folder's revision.
    """
    house = building_or_exit(folder)
    if threat not in triage.THREATS or rules not in triage.RULE_SETS:
        known = ", ".join((*triage.THREATS, *triage.RULE_SETS))
        say(Text(f"未知的灾害或规则。可用：{known}", f"Unknown threat or order. Known: {known}"))
        raise typer.Exit(2)
    today = local(SystemClock().now(), house.timezone, "%Y-%m-%d")
    stamp = Stamp(
        site=house.name, revision=house.revision, printed_on=today, drill=drill, for_outside=for_outside
    )
    reach = dict.fromkeys(house.zones, 0.0)
    ranking = triage.rank(house.holdings.values(), threat, reach, triage.RULE_SETS[rules], today)
    photos = {one.id: uri for one in house.holdings.values() if (uri := _photo(folder, one))}
    written = []
    try:
        to.mkdir(parents=True, exist_ok=True)
        for wanted, html in _pages(house, ranking, stamp, photos, most):
            name = re.sub(r"[^\w.-]", "_", wanted)
            (to / name).write_text(html, encoding="utf-8")
            written.append(name)
    except OSError as error:
        say(Text(f"{to} 无法写入。", f"{to} cannot be written ({error.strerror})."))
        raise typer.Exit(2) from None
    if as_json:
        typer.echo(
            json.dumps(
                {"revision": house.revision, "printed_on": today, "files": written}, ensure_ascii=False
            )
        )
    else:
        say(Text(f"{len(written)} 个文件 → {to}，版本 {house.revision}", f"{len(written)} files"))


def _pages(
    house: Building, ranking: tuple[Ranked, ...], stamp: Stamp, photos: dict[str, str], most: int
) -> Iterator[tuple[str, str]]:
    first = [one for one in ranking if one.act != "leave"][:most]
    assembly = house.zones[house.assembly].name if house.assembly in house.zones else Text("", "")
    yield (
        "grab-sheets.html",
        paper.priority_cards(
            [house.holdings[one.holding] for one in first],
            house.zones,
            stamp,
            assembly=assembly,
            photos=photos,
            why={one.holding: one.why for one in first},
        ),
    )
    yield "rescue-list.html", paper.rescue_list(house.holdings, house.zones, ranking, stamp)
    for zone in sorted({one.zone for one in house.holdings.values()} & set(house.zones)):
        yield f"zone-{zone}.html", paper.zone_list(house.zones[zone], house.holdings, ranking, stamp)
    for plan in house.playbooks.values():
        yield f"plan-{plan.id}.html", paper.playbook_card(plan, stamp)
        for role in sorted({step.who for step in plan.steps}):
            yield f"plan-{plan.id}-{role}.html", paper.playbook_card(plan, stamp, role=role)
    if not stamp.for_outside:
        yield "contacts.html", paper.contact_list(house.people.values(), (), stamp)
    yield "crate-labels.html", crate_labels(codes("A", 24), lambda code: CRATE + code, stamp)
    yield "entry-log.html", paper.entry_log(stamp)
    yield "inventory.html", paper.inventory(stamp)


def _photo(folder: Path, one: Holding) -> str:
    """The address of a photo that lies inside the folder; empty where there is none."""
    return (folder / one.photo).resolve().as_uri() if one.photo and is_inside(folder, one.photo) else ""
