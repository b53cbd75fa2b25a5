"""The command line: one module per command in this folder, named like its command, registering itself on ``app``."""

from __future__ import annotations

import sys
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
def _always_with_a_command() -> None:
    """Safety and rescue for archive buildings · 档案馆安全监测与应急抢救."""


def load(wanted: str = "") -> None:
    """Register the command ``wanted``, or all of them: an engine that starts again need not read the others."""
    names = [module.name for module in iter_modules(__path__)]
    module = wanted.replace("-", "_")
    for name in [module] if module in names else names:
        import_module(f"{__name__}.{name}")


def main() -> None:
    """Entry point of the ``strongroom`` command."""
    load(sys.argv[1] if len(sys.argv) > 1 else "")
    app()
