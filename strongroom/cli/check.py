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
from strongroom.text_sizes import lines, worst_cases


@app.command()
def check(
    folder: Path = typer.Argument(..., help="The building folder · 档案馆文件夹"),
    lang: str = typer.Option("en", "--lang", help="zh or en · 输出语言"),
    as_json: bool = typer.Option(False, "--json", help="One JSON object on the last line · 输出 JSON"),
) -> None:
    """Report every problem of a building folder: file, line, what is wrong, what to write instead.

    Then the longest case of every text a phone can get, with its characters and parts.
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
        if loaded.building is not None:
            typer.echo("\n" + lines(worst_cases(loaded.building), lang), nl=False)
    raise typer.Exit(exit_status(loaded.problems))


def report(loaded: Loaded) -> dict[str, Any]:
    """The findings as one JSON object: ``ok``, counts, the folder's revision, every problem, the longest texts."""
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
        "texts": [
            {
                "kind": {"zh": case.kind.zh, "en": case.kind.en},
                "language": case.language,
                "about": case.about,
                "words": case.words,
                "alphabet": case.size.alphabet,
                "characters": case.size.units,
                "parts": case.size.parts,
            }
            for case in (worst_cases(loaded.building) if loaded.building else ())
        ],
    }
