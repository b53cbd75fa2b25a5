"""What several commands need: settings, or the plain words why there are none."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from sensors.model import Text
from strongroom.clock import Clock
from strongroom.settings import Settings, SettingsError, read_settings


def settings_or_exit(folder: Path | None, data: Path | None) -> Settings:
    """The settings; ends the command with every problem in words (exit status 2)."""
    try:
        return read_settings(folder, data)
    except SettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


def say(text: Text) -> None:
    """One line in both languages."""
    typer.echo(f"{text.zh} · {text.en}")


PATIENCE_S = 1.0  # what takes no longer needs no bar
LINE_EVERY_S = 5.0  # where a bar cannot be drawn


@contextmanager
def waiting(
    words: str, total: float, clock: Clock, *, shown: bool = True, out: TextIO | None = None
) -> Iterator[Callable[[float], None]]:
    """Progress on standard error of what takes longer than a second; call the function with how far it is.

    On a terminal a bar that vanishes at the end, else a plain line now and then, so that a log stays readable.
    """
    out = out or sys.stderr
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
    bar = Progress(*columns, TimeElapsedColumn(), console=Console(file=out), transient=True)
    task = bar.add_task(words, total=total)
    began = clock.monotonic()
    said = began + PATIENCE_S - LINE_EVERY_S

    def reached(done: float) -> None:
        nonlocal said
        moment = clock.monotonic()
        if not shown or moment - began < PATIENCE_S:
            return
        bar.update(task, completed=done)
        if out.isatty():
            bar.start()
        elif moment - said >= LINE_EVERY_S:
            said = moment
            out.write(f"{words}: {100 * done / total if total else 100:.0f} %\n")

    try:
        yield reached
    finally:
        if bar.live.is_started:
            bar.stop()
