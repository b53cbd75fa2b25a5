"""``strongroom`` with a wall clock that a test moves: the number in the file MOVED_CLOCK is added to it."""

from __future__ import annotations

import os
import time
from pathlib import Path

from strongroom.cli import main

_wall = time.time
_file = Path(os.environ["MOVED_CLOCK"])


def _moved() -> float:
    try:
        return _wall() + float(_file.read_text())
    except (OSError, ValueError):
        return _wall()


time.time = _moved
main()
