"""``strongroom decode``: judge how well messages of a sample file are understood."""

from __future__ import annotations

from pathlib import Path

import msgspec
import typer

from sensors.judge import Verdict, judge, load
from strongroom.cli import app
from strongroom.clock import SystemClock


@app.command("decode")
def decode(
    samples: Path = typer.Argument(help="JSON lines: id, dialect, topic, payload, expect … · 样本文件"),
    json: bool = typer.Option(False, "--json", help="Print the JSON line alone · 只输出 JSON"),
) -> None:
    """Judge decoding of recorded messages against what a careful person reads from them · 评判报文解码."""
    try:
        with samples.open("rb") as lines:
            verdict = judge(load(lines), SystemClock().now())
    except (OSError, ValueError, KeyError) as error:
        typer.echo(f"{samples}: {error}", err=True)
        raise typer.Exit(2) from error
    if not json:
        _print(verdict)
    typer.echo(msgspec.json.encode(verdict).decode())


def _print(verdict: Verdict) -> None:
    typer.echo(f"{'dialect':<26}{'samples':>8}{'expected':>9}{'right':>7}{'wrong':>7}{'missing':>8}")
    for name, count in sorted(verdict.by_dialect.items()):
        figures = f"{count['samples']:>8}{count['expected']:>9}{count['right']:>7}"
        typer.echo(f"{name:<26}{figures}{count['wrong']:>7}{count['missing']:>8}")
    for failure in verdict.failures:
        typer.echo(f"{failure.id}: {failure.kind}: {failure.what}")
