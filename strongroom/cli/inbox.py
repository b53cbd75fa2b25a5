"""``strongroom inbox`` and ``strongroom adopt``: devices that nobody registered, and registering them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from sensors.model import Sensor, Text
from sensors.newcomer import Newcomer
from sensors.quantities import quantity
from strongroom.cli import app
from strongroom.cli.common import say, settings_or_exit
from strongroom.cli.instruments import By, Data, DryRun, Reason, carry_out, house_of
from strongroom.instruments.acts import AdoptDevice, DismissDevice, RecallDevice
from strongroom.instruments.asking import newcomers
from strongroom.instruments.edit import EditError, added, fields
from strongroom.instruments.plan import proposal, template_for
from strongroom.localtime import local
from strongroom.model import Building

SAMPLE_SHOWN = 120


@app.command("inbox")
def inbox(
    folder: Annotated[Path | None, typer.Argument(help="Building folder · 建筑目录")] = None,
    data: Data = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs · 供程序使用")] = False,
) -> None:
    """Devices heard that nobody registered: what they say, and a proposed entry · 未登记的设备."""
    settings = settings_or_exit(folder or data, data)
    building = house_of(settings)
    found = newcomers(settings.data, building)
    listed = found.listed()
    if as_json:
        every = [*listed, *found.dismissed()]
        typer.echo(json.dumps([_facts(one, building) for one in every], ensure_ascii=False, indent=1))
        return
    if not listed:
        say(Text("收件箱是空的：没有未登记的设备。", "The inbox is empty: no unregistered device was heard."))
    for one in listed:
        _print(one, building)
    for one in found.dismissed():
        word = one.dismissed
        if word is not None:
            when = local(word.at, building.timezone, "%Y-%m-%d %H:%M")
            say(
                Text(
                    f"{one.id}  {one.topic}  {word.by} 于 {when} 忽略：{word.reason}",
                    f"dismissed by {word.by}, {when}: {word.reason}",
                )
            )


@app.command()
def dismiss(
    folder: Annotated[Path, typer.Argument(help="Building folder · 建筑目录")],
    newcomer: Annotated[str, typer.Argument(help="Id in the inbox · 收件箱编号")],
    by: By,
    reason: Reason,
    data: Data = None,
) -> None:
    """Put a device of the inbox aside that is not ours; it comes back when it changes · 忽略设备."""
    done = Text(f"{newcomer} 已忽略。", f"{newcomer} is dismissed.")
    carry_out(settings_or_exit(folder, data), DismissDevice(newcomer=newcomer, reason=reason), by, done)


@app.command()
def recall(
    folder: Annotated[Path, typer.Argument(help="Building folder · 建筑目录")],
    newcomer: Annotated[str, typer.Argument(help="Id in the inbox · 收件箱编号")],
    by: By,
    data: Data = None,
) -> None:
    """List a dismissed device again · 重新列出被忽略的设备."""
    done = Text(f"{newcomer} 重新列出。", f"{newcomer} is listed again.")
    carry_out(settings_or_exit(folder, data), RecallDevice(newcomer=newcomer), by, done)


@app.command()
def adopt(
    folder: Annotated[Path, typer.Argument(help="Building folder · 建筑目录")],
    newcomer: Annotated[str, typer.Argument(help="Id in the inbox · 收件箱编号")],
    zone: Annotated[str, typer.Option(help="A zone of building.toml · 所在分区")],
    name: Annotated[str, typer.Option(help="What people call it · 名称")],
    by: By,
    name_en: Annotated[str, typer.Option(help="The same in English · 英文名称")] = "",
    id_: Annotated[str, typer.Option("--id", help="Beginning of the ids · 编号的开头")] = "",
    template: Annotated[str, typer.Option(help="Device model; default what it says · 型号")] = "",
    take: Annotated[list[str] | None, typer.Option("--quantity", help="Only these · 只取这些量")] = None,
    data: Data = None,
    dry_run: DryRun = False,
) -> None:
    """Write a device of the inbox into the building folder; the engine goes on with it · 登记设备."""
    act = AdoptDevice(
        newcomer=newcomer,
        zone=zone,
        name_zh=name,
        name_en=name_en,
        stem=id_,
        template=template,
        quantities=tuple(take or ()),
    )
    done = Text(f"{newcomer} 已登记到 {zone}。", f"{newcomer} is registered in {zone}.")
    carry_out(settings_or_exit(folder, data), act, by, done, dry_run=dry_run)


def _proposed(one: Newcomer, building: Building) -> tuple[Sensor, ...]:
    zone = next(iter(building.zones), "")
    try:
        return proposal(building, one, zone=zone, name=Text(one.device, one.device))
    except EditError:
        return ()


def _facts(one: Newcomer, building: Building) -> dict[str, Any]:
    template = template_for(building, one)
    return {
        "id": one.id,
        "device": one.device,
        "dialect": one.dialect,
        "topic": one.topic,
        "vendor": one.vendor,
        "model": one.model,
        "template": template.id if template else "",
        "messages": one.messages,
        "every_s": round(one.every_s, 1),
        "first_at": one.first_at,
        "last_at": one.last_at,
        "alive": one.alive,
        "why": one.why,
        "detail": one.detail,
        "values": [
            {
                "quantity": claim.quantity,
                "value": claim.value,
                "unit": claim.unit,
                "channel": claim.channel,
                "topic": claim.topic,
                "at": claim.at or None,
            }
            for claim in one.claims
        ],
        "dismissed": (
            {"by": one.dismissed.by, "at": one.dismissed.at, "reason": one.dismissed.reason}
            if one.dismissed
            else None
        ),
        "sample": _sample(one),
        "proposed": [fields(sensor, building.languages) for sensor in _proposed(one, building)],
    }


def _print(one: Newcomer, building: Building) -> None:
    made = f"{one.vendor} {one.model}".strip()
    template = template_for(building, one)
    fits = f" [{template.id}]" if template else ""
    typer.echo(f"{one.id}  {one.dialect or '?'}  {one.topic}  {made}{fits}".rstrip())
    first = local(one.first_at, building.timezone, "%m-%d %H:%M:%S")
    last = local(one.last_at, building.timezone, "%m-%d %H:%M:%S")
    pace = f"{one.every_s:.0f} s" if one.every_s else "–"
    typer.echo(f"  {one.messages} 条 messages · {first} → {last} · 间隔 every {pace}")
    for claim in one.claims:
        known = quantity(claim.quantity)
        word = f"{known.name.zh} {known.name.en}" if known else claim.quantity
        value = (
            "–"
            if claim.value is None
            else known.state_word(claim.value).zh
            if known and known.contact
            else f"{claim.value:g} {claim.unit}"
        )
        typer.echo(f"  {word}: {value}  {claim.channel}".rstrip())
    if not one.understood:
        say(Text(f"  看不懂：{one.why} {one.detail}", f"not understood: {one.why} {one.detail}"))
        typer.echo(f"  {_sample(one)[:SAMPLE_SHOWN]}")
        return
    entries = [fields(sensor, building.languages) for sensor in _proposed(one, building)]
    if entries:
        say(Text("  建议的登记（分区和名称待定）：", "proposed entry, zone and name to be chosen:"))
        for line in added("", entries).rstrip("\n").split("\n"):
            typer.echo(f"    {line}".rstrip())
    say(
        Text(
            f"  登记：strongroom adopt 目录 {one.id} --zone 分区 --name 名称 --by 人员",
            f"register: strongroom adopt FOLDER {one.id} --zone ZONE --name NAME --by PERSON",
        )
    )


def _sample(one: Newcomer) -> str:
    """The last message as far as it can be shown on a terminal: no control characters, no bytes that mean nothing."""
    text = one.sample.decode("utf-8", "backslashreplace")
    return "".join(mark if mark.isprintable() else " " for mark in text)
