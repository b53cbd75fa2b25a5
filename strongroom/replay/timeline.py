"""From rows to moments on one timeline that only goes forwards, as arrival does, whatever the device's clock
did.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, pairwise
from statistics import median
from typing import Any

from msgspec import Struct

from sensors.model import Text
from strongroom.replay.mapping import Mapping, stamp, zone_of
from strongroom.replay.recording import Recording, ReplayError, number


class Moment(Struct, frozen=True):
    """One row. ``at``: when it arrives (Unix seconds UTC). ``told``: the device's own time, as it writes it.

    ``values`` by column index, blanks left out. ``labelled``: inside a failure window.
    """

    at: float
    told: Any
    values: dict[int, float]
    labelled: bool


def pace(recording: Recording, mapping: Mapping, time_index: int, timezone: str) -> float:
    """The usual seconds between rows, from the first 500; 1 where it cannot be told."""
    zone = zone_of(mapping.time.zone, timezone)
    stamps = [stamp(row[time_index], mapping.time.kind, zone) for row in islice(recording.rows(), 500)]
    known = [at for at in stamps if at is not None]
    steps = [later - earlier for earlier, later in pairwise(known) if later > earlier]
    return median(steps) if steps else 1.0


def moments(
    recording: Recording,
    mapping: Mapping,
    columns: tuple[int, ...],
    time_index: int,
    window_index: int | None,
    timezone: str,
    zero_at: float,
    every_s: float,
) -> Iterator[Moment]:
    """The rows in order. ``zero_at`` is where second 0 of a recording in seconds lies.

    A device clock that is set back does not set back the world: rows go on arriving at the recording's pace,
    and say the device's time. ReplayError where not one row has a time.
    """
    zone = zone_of(mapping.time.zone, timezone)
    relative = mapping.time.kind == "seconds"
    shift, last = 0.0, None
    for row in recording.rows():
        told = stamp(row[time_index], mapping.time.kind, zone)
        if told is None:
            continue
        device = zero_at + told if relative else told
        at = device + shift
        if last is not None and at <= last:
            shift += last + every_s - at
            at = last + every_s
        last = at
        values = {index: value for index in columns if (value := number(row[index])) is not None}
        yield Moment(
            at=at,
            told=device if relative or mapping.time.zone != "building" else row[time_index],
            values=values,
            labelled=window_index is not None and number(row[window_index]) == 1.0,
        )
    if last is None:
        raise ReplayError(
            str(recording.path),
            Text("没有一行带有时间。", f"No row has a time in the column {mapping.time.column!r}."),
        )
