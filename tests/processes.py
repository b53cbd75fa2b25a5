"""Looking at processes through /proc."""

from __future__ import annotations

from pathlib import Path


def read_or_nothing(path: Path) -> bytes:
    """The bytes of a file of a process that may be gone."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def descendants(pid: int) -> list[int]:
    """The process and everything it started, and they."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            waiting += [int(child) for child in read_or_nothing(task).split()]
    return found
