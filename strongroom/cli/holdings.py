"""``strongroom holdings``: import a spreadsheet with preview, export, and list what is wrong with the
register."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Any

import typer

from playbooks.holdings import register
from playbooks.holdings.refused import WHOLE_ROW
from playbooks.holdings.register import Change, Import
from playbooks.model import Holding
from sensors.model import Text
from strongroom.cli import app
from strongroom.cli.common import say
from strongroom.clock import SystemClock
from strongroom.folder import punctuation
from strongroom.folder.holdings import is_inside
from strongroom.folder.load import load
from strongroom.localtime import local
from strongroom.model import Building
from strongroom.problems import render

FILE = "holdings.csv"
SHOWN = 20
MOST_BYTES = 200 * 1024 * 1024

holdings = typer.Typer(help="The register of key holdings · 重点档案目录", no_args_is_help=True)
app.add_typer(holdings, name="holdings")

Folder = Annotated[Path, typer.Argument(help="The building folder · 档案馆文件夹")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on the last line · 输出 JSON")]


@holdings.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX · 表格文件")],
    building: Annotated[Path, typer.Option(help="The building folder · 档案馆文件夹")],
    column: Annotated[
        list[str] | None, typer.Option("--map", help="THEIRS=OURS, empty OURS drops it · 列对应")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Take the good rows in · 写入")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Instead of, not into, the register · 整表替换")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Preview a spreadsheet: what comes in, what is refused and why; with --write the good rows are taken
    in.

    Ends with 0 (all good), 1 (some rows refused) or 2 (cannot be read, nothing written).
    """
    house = building_or_exit(building)
    mapping = _mapping(column or [])
    found = register.read(
        _bytes(file), file.name, mapping, set(house.zones), progress(), named=_names(house), plain=_plain_id
    )
    if isinstance(found, Text):
        say(found)
        raise typer.Exit(2)
    written = 0
    change = register.change(house.holdings, found.holdings)
    if write and found.holdings and not found.missing:
        kept = found.holdings if replace else register.merge(house.holdings.values(), found.holdings)
        _write(building, kept)
        written = len(found.holdings)
    if as_json:
        typer.echo(json.dumps(_preview(found, change, written), ensure_ascii=False))
    else:
        _show(found, change, written, write=write, replace=replace)
    if found.missing or not found.holdings:
        raise typer.Exit(2)
    raise typer.Exit(1 if found.bad else 0)


@holdings.command()
def export(
    folder: Folder,
    to: Annotated[Path, typer.Argument(help="FILE.csv or FILE.xlsx · 输出文件")],
) -> None:
    """Write the register to a spreadsheet that reads back exactly · 导出目录."""
    house = building_or_exit(folder)
    form = to.suffix.casefold().removeprefix(".")
    if form not in {"csv", "xlsx"}:
        say(Text("文件名以 .csv 或 .xlsx 结尾。", "The file's name ends with .csv or .xlsx."))
        raise typer.Exit(2)
    listed = list(house.holdings.values())
    long = register.too_long(listed) if form == "xlsx" else None
    if long is not None:
        say(long)
        raise typer.Exit(2)
    try:
        to.write_bytes(register.export(listed, "xlsx" if form == "xlsx" else "csv", progress()))
    except OSError as error:
        say(Text(f"{to} 无法写入。", f"{to} cannot be written ({error.strerror})."))
        raise typer.Exit(2) from None
    say(Text(f"{len(listed)} 条 → {to}", f"{len(listed)} holdings"))


@holdings.command()
def defects(folder: Folder, as_json: AsJson = False) -> None:
    """List what would hurt on the day: no place, no photo, stale check, no copy elsewhere · 缺陷清单."""
    house = building_or_exit(folder)
    today = local(SystemClock().now(), house.timezone, "%Y-%m-%d")
    photos = {one.photo for one in house.holdings.values() if one.photo and is_inside(folder, one.photo)}
    found = register.defects(house.holdings.values(), today, set(house.zones), photos)
    if as_json:
        rows = [
            {
                "kind": one.kind,
                "holding": one.holding,
                "says": {"zh": one.says.zh, "en": one.says.en},
                "do": {"zh": one.do.zh, "en": one.do.en},
            }
            for one in found
        ]
        typer.echo(json.dumps({"holdings": len(house.holdings), "defects": rows}, ensure_ascii=False))
    else:
        for one in found:
            typer.echo(f"{one.holding}  {one.says.zh} → {one.do.zh} · {one.says.en} → {one.do.en}")
        say(
            Text(
                f"{len(house.holdings)} 条，{len(found)} 处缺陷",
                f"{len(house.holdings)} holdings, {len(found)} defects",
            )
        )
    raise typer.Exit(1 if found else 0)


def progress() -> Callable[[int], None] | None:
    """Rows done so far, on one line of standard error; nothing where nobody is looking."""
    if not sys.stderr.isatty():
        return None

    def tell(rows: int) -> None:
        typer.echo(f"\r{rows:,} 行 rows …", err=True, nl=False)

    return tell


def building_or_exit(folder: Path) -> Building:
    """The building, or the folder's problems in both languages and exit status 2."""
    loaded = load(folder)
    if loaded.building is None:
        typer.echo(render(loaded.problems, "zh"), err=True, nl=False)
        typer.echo(render(loaded.problems, "en"), err=True, nl=False)
        raise typer.Exit(2)
    return loaded.building


def _mapping(pairs: list[str]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for pair in pairs:
        theirs, equals, ours = pair.partition("=")
        if not equals:
            say(Text("--map 写作 他们的列=我们的列。", "Write --map as THEIRS=OURS."))
            raise typer.Exit(2)
        mapping[theirs] = ours
    return mapping


def _bytes(file: Path) -> bytes:
    try:
        if file.stat().st_size > MOST_BYTES:
            say(Text("文件超过 200 MB。", "The file is larger than 200 MB."))
            raise typer.Exit(2)
        return file.read_bytes()
    except OSError as error:
        say(Text(f"{file} 无法读取。", f"{file} cannot be read ({error.strerror})."))
        raise typer.Exit(2) from None


def _names(house: Building) -> dict[str, str]:
    """What people call the zones -> their ids."""
    return {name: zone.id for zone in house.zones.values() for name in (zone.name.en, zone.name.zh) if name}


def _plain_id(word: str) -> str:
    """An id as the folder takes it: without full-width letters, digits and odd spaces."""
    return punctuation.plain(word) if punctuation.wide_characters(word) else word


def _write(folder: Path, kept: tuple[Holding, ...]) -> None:
    """Replace the register in one step. What the folder then reads must be what was taken in; else the old register
    comes back and the reason is said."""
    path = folder / FILE
    fresh = path.with_suffix(".csv.new")
    try:
        before = path.read_bytes() if path.is_file() else None
        fresh.write_bytes(register.export(kept))
        fresh.replace(path)
        loaded = load(folder)
        read = list(loaded.building.holdings.values()) if loaded.building is not None else []
        if read == list(kept):
            return
        if before is None:
            path.unlink()
        else:
            fresh.write_bytes(before)
            fresh.replace(path)
    except OSError as error:
        say(Text(f"{path} 无法写入。", f"{path} cannot be written ({error.strerror})."))
        raise typer.Exit(2) from None
    typer.echo(
        render([one for one in loaded.problems if Path(one.file).name == FILE][:SHOWN], "zh"), err=True
    )
    lost = next((one.id for one, again in zip_longest(kept, read) if one is not None and one != again), "?")
    say(
        Text(
            f"{lost} 写入后读回来不一样，目录未作改动。",
            f"{lost} would not read back as it is; the register is unchanged.",
        )
    )
    raise typer.Exit(2)


def _preview(found: Import, change: Change, written: int) -> dict[str, Any]:
    return {
        "rows": found.rows,
        "good": len(found.holdings),
        "refused": len(found.bad),
        "written": written,
        "new": len(change.new),
        "changed": list(change.changed),
        "same": change.same,
        "not_in_file": len(change.absent),
        "encoding": found.encoding,
        "sheet": found.sheet,
        "other_sheets": list(found.others),
        "mapping": found.mapping,
        "kept_columns": list(found.kept),
        "missing_columns": list(found.missing),
        "problems": [
            {
                "line": bad.line,
                "id": bad.id,
                "column": problem.column,
                "value": problem.value,
                "says": {"zh": problem.says.zh, "en": problem.says.en},
                "write": problem.write,
            }
            for bad in found.bad
            for problem in bad.problems
        ],
    }


def _show(found: Import, change: Change, written: int, *, write: bool, replace: bool) -> None:
    if found.others:
        others = ", ".join(found.others)
        say(
            Text(
                f"读的是工作表“{found.sheet}”，没有读：{others}", f'sheet "{found.sheet}"; not read: {others}'
            )
        )
    for theirs, ours in found.mapping.items():
        if theirs != ours:
            typer.echo(f"  {theirs} → {ours}")
    if found.kept:
        kept = ", ".join(found.kept)
        say(Text(f"原样保留的列：{kept}", f"columns kept as they are: {kept}"))
    for column in found.missing:
        say(
            Text(
                f"缺少列 {column}；用 --map 他们的列={column} 指定",
                f"the column {column} is missing; name it with --map THEIRS={column}",
            )
        )
    for bad in () if found.missing else found.bad[:SHOWN]:
        for problem in bad.problems:
            column = "" if problem.column == WHOLE_ROW else f" {problem.column}"
            cell = f"第 {bad.line} 行 row {bad.line}{column} “{problem.value[:60]}”"
            typer.echo(f"  {cell}  {problem.says.zh} · {problem.says.en}  → {problem.write}")
    if len(found.bad) > SHOWN and not found.missing:
        more = len(found.bad) - SHOWN
        say(Text(f"另有 {more} 行被拒绝；--json 全部列出", f"and {more} more rows refused; --json lists all"))
    say(
        Text(
            f"{found.rows} 行：可用 {len(found.holdings)}，拒绝 {len(found.bad)}，已写入 {written}",
            f"{found.rows} rows: {len(found.holdings)} good, {len(found.bad)} refused, {written} written",
        )
    )
    if found.missing or not found.holdings:
        return
    say(
        Text(
            f"新增 {len(change.new)}，改动 {len(change.changed)}，不变 {change.same}",
            f"{len(change.new)} new, {len(change.changed)} changed, {change.same} as they were",
        )
    )
    if change.changed:
        some = ", ".join(change.changed[:SHOWN]) + (" …" if len(change.changed) > SHOWN else "")
        say(Text(f"已有编号、内容不同：{some}", f"already there with other contents: {some}"))
    if replace and change.absent:
        some = ", ".join(change.absent[:SHOWN]) + (" …" if len(change.absent) > SHOWN else "")
        gone = len(change.absent)
        say(Text(f"文件中没有、将被删除 {gone}：{some}", f"not in the file and removed, {gone}: {some}"))
    if not write:
        say(Text("这是预览；加 --write 写入。", "This is a preview; --write takes them in."))
