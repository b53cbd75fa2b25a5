"""``python -m strongroom`` is the command ``strongroom``."""

from strongroom.cli import main

main()
