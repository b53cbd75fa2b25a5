"""What lies in a building's data directory, under which name."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

from strongroom.model import Building

SITE_DB = "site.db"
INBOX_DB = "inbox.db"
CURSORS_DB = "cursors.db"
READINGS_DB = "readings.db"
USERS_DB = "users.db"
SESSION_KEY = "session.key"
LAST_GOOD = "building.json"


def keep_last_good(building: Building, data: Path) -> None:
    """Remember a building that passed the check, for the day its folder does not.

    Where the disk takes nothing the one remembered before stays; that the disk takes nothing is told elsewhere.
    """
    path = data / LAST_GOOD
    fresh = path.with_suffix(".new")
    with contextlib.suppress(OSError):
        data.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(msgspec.json.encode(building))
        fresh.replace(path)


def last_good(data: Path) -> Building | None:
    """The last building that passed the check, if it can still be read by this version."""
    path = data / LAST_GOOD
    try:
        return msgspec.json.decode(path.read_bytes(), type=Building)
    except (OSError, msgspec.MsgspecError):
        return None
