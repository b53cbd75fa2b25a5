"""What SQLite's write-ahead log says beyond what SQLite tells: commits that its reader no longer sees.

File format: https://sqlite.org/fileformat2.html (4.1 WAL file format).
"""

from __future__ import annotations

import struct
from pathlib import Path

_WAL_HEAD, _FRAME_HEAD = 32, 24


def last_commit(path: Path) -> int:
    """The number of the last frame in the write-ahead log that says it ends a commit; 0 without a log.

    Frames of an earlier use of the log carry other salts.
    """
    try:
        log = path.with_name(path.name + "-wal").open("rb")
    except OSError:
        return 0
    with log:
        head = log.read(_WAL_HEAD)
        if len(head) < _WAL_HEAD:
            return 0
        size = int.from_bytes(head[8:12], "big")
        number = found = 0
        while len(frame := log.read(_FRAME_HEAD)) == _FRAME_HEAD and frame[8:16] == head[16:24]:
            number += 1
            if struct.unpack_from(">I", frame, 4)[0]:
                found = number
            log.seek(size, 1)
        return found


def torn(path: Path, seen: int, committed: int) -> bool:
    """Whether the frames behind the last one that SQLite sees, up to the last commit, are not what was written.

    Whole frames that it does not see are no damage: the writer died before it made them known to the other processes,
    so nothing in them was ever promised; or all of them lie in the file already.
    """
    if committed <= max(seen, 0):
        return False
    with path.with_name(path.name + "-wal").open("rb") as log:
        head = log.read(_WAL_HEAD)
        size = int.from_bytes(head[8:12], "big")
        order = ">" if head[3] & 1 else "<"
        if seen:
            log.seek(_WAL_HEAD + (seen - 1) * (_FRAME_HEAD + size))
            sums = struct.unpack(">II", log.read(_FRAME_HEAD)[16:24])
            log.seek(size, 1)
        else:
            sums = struct.unpack(">II", head[24:32])
            if _summed(head[:24], order, (0, 0)) != sums:
                return True
        for _ in range(committed - seen):
            frame = log.read(_FRAME_HEAD + size)
            sums = _summed(frame[:8] + frame[_FRAME_HEAD:], order, sums)
            if struct.unpack(">II", frame[16:24]) != sums:
                return True
    return False


def _summed(content: bytes, order: str, sums: tuple[int, ...]) -> tuple[int, int]:
    """The running checksum of a write-ahead log (https://sqlite.org/fileformat2.html, 4.2)."""
    first, second = sums
    words = struct.unpack(f"{order}{len(content) // 4}I", content)
    for one, other in zip(words[::2], words[1::2], strict=True):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + other + first) & 0xFFFFFFFF
    return first, second
