"""What lies in a building's data directory, under which name."""

from __future__ import annotations

from pathlib import Path

import msgspec

from strongroom.model import Building

SITE_DB = "site.db"
INBOX_DB = "inbox.db"
CURSORS_DB = "cursors.db"
READINGS_DB = "readings.db"
LAST_GOOD = "building.json"


def keep_last_good(building: Building, data: Path) -> None:
    """Remember a building that passed the check, for the day its folder does not."""
    data.mkdir(parents=True, exist_ok=True)
    path = data / LAST_GOOD
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(building))
    fresh.replace(path)


def last_good(data: Path) -> Building | None:
    """The last building that passed the check, if it can still be read by this version."""
    path = data / LAST_GOOD
    try:
        return msgspec.json.decode(path.read_bytes(), type=Building)
    except (OSError, msgspec.MsgspecError):
        return None
