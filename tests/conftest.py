"""What every test may rely on: the command line with all of its commands."""

from strongroom.cli import load

load()
