"""What several commands need: settings, or the plain words why there are none."""

from __future__ import annotations

from pathlib import Path

import typer

from sensors.model import Text
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
