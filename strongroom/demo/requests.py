"""How a visitor asks for a story: one JSON line in ``demo/requests.jsonl`` of the data directory."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from sensors.simulate import STORIES, StoryKind

REQUESTS = Path("demo", "requests.jsonl")
LONGEST_LINE = 4096


class StoryRequest(Struct, frozen=True, kw_only=True):
    """``story`` is one of water, fire, intrusion, climate; ``zone`` empty lets the simulation choose."""

    story: str
    id: str = ""
    zone: str = ""
    by: str = ""

    @property
    def kind(self) -> StoryKind | None:
        """The story asked for; None where there is no such story."""
        return self.story if self.story in STORIES else None


def ask(data: Path, request: StoryRequest) -> None:
    """Append a request; the simulation reads it within a second."""
    path = data / REQUESTS
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(msgspec.json.encode(request) + b"\n")


class Requests:
    """Reads what was asked since the last look; lines that are no request are passed over and counted."""

    def __init__(self, data: Path) -> None:
        self._path = data / REQUESTS
        self._read = self._path.stat().st_size if self._path.exists() else 0
        self.refused = 0

    def new(self) -> list[StoryRequest]:
        """Requests whose line is complete."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._read)
                fresh = file.read(1 << 20)
        except OSError:
            return []
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._read += len(whole)
        found = []
        for line in whole.splitlines():
            try:
                found.append(msgspec.json.decode(line[:LONGEST_LINE], type=StoryRequest))
            except msgspec.MsgspecError:
                self.refused += 1
        return found
