"""``strongroom check FOLDER``: every problem of a building folder, worst first, in either language."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer

from strongroom.cli import app
from strongroom.clock import SystemClock
from strongroom.folder.load import Loaded, load
from strongroom.problems import errors_in, exit_status, render


@app.command()
def check(
    folder: Path = typer.Argument(..., help="The building folder · 档案馆文件夹"),
    lang: str = typer.Option("en", "--lang", help="zh or en · 输出语言"),
    as_json: bool = typer.Option(False, "--json", help="One JSON object on the last line · 输出 JSON"),
) -> None:
    """Report every problem of a building folder: file, line, what is wrong, what to write instead.

    Ends with 0 (nothing found), 1 (warnings only) or 2 (errors: cannot run).
    """
    if lang not in {"zh", "en"}:
        typer.echo("--lang: zh | en", err=True)
        raise typer.Exit(2)
    loaded = load(folder, SystemClock().now())
    if as_json:
        typer.echo(json.dumps(report(loaded), ensure_ascii=False))
    else:
        typer.echo(render(loaded.problems, lang), nl=False)
    raise typer.Exit(exit_status(loaded.problems))


def report(loaded: Loaded) -> dict[str, Any]:
    """The findings as one JSON object: ``ok``, counts, the folder's revision and every problem."""
    errors = errors_in(loaded.problems)
    return {
        "ok": not loaded.problems,
        "errors": errors,
        "warnings": len(loaded.problems) - errors,
        "exit_status": exit_status(loaded.problems),
        "revision": loaded.building.revision if loaded.building else None,
        "problems": [
            {
                "file": problem.file,
                "line": problem.line or None,
                "column": problem.column or None,
                "severity": problem.severity,
                "where": problem.where,
                "says": {"zh": problem.says.zh, "en": problem.says.en},
                "write": {"zh": problem.write.zh, "en": problem.write.en},
            }
            for problem in loaded.problems
        ],
    }
