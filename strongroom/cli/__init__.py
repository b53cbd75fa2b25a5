"""The command line: one module per command in this folder, each registering itself on ``app``."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

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


# A command is taken in by lying here: no list to forget it in.
for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
