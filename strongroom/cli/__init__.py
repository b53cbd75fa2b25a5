"""The command line: one module per command, each registering itself on ``app``."""

from __future__ import annotations

import typer

app = typer.Typer(
    name="strongroom",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Safety and rescue for archive buildings · 档案馆安全监测与应急抢救",
)


@app.callback()
def root() -> None:
    """Safety and rescue for archive buildings · 档案馆安全监测与应急抢救."""


def main() -> None:
    """Entry point of the ``strongroom`` command."""
    app()


from strongroom.cli import decode as _decode  # noqa: E402, F401 - each command registers itself on app
