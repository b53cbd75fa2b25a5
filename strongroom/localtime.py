"""Unix seconds to the building's wall time, for people."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo


def local(at: float, timezone: str, pattern: str = "%Y-%m-%d %H:%M:%S") -> str:
    """Wall time of an instant in a named zone; ISO date and 24-hour clock by default."""
    return datetime.fromtimestamp(at, ZoneInfo(timezone)).strftime(pattern)
