"""Rule rehearsal on several cores: one process per group of sensors, each with its own view of the store."""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from queue import Empty
from typing import Any

import msgspec

from strongroom.model import Building
from strongroom.readings import open_series
from strongroom.rule_rehearsal import ANSWER_S, Judged, Outcome, groups, judge, tell
from strongroom.settings import Influx

SMALL = 500_000  # expected readings that one process does as fast as several take to start
LOOK_S = 0.2


def rehearse_rules(
    building: Building,
    data: Path,
    influx: Influx,
    from_at: float,
    to_at: float,
    *,
    answer_s: float = ANSWER_S,
    processes: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Outcome:
    """What this building's rules would have done between two moments (Unix seconds) over the store of
    ``data``.

    ``processes`` 0 takes as many as there are cores; ``progress`` is told the share done, 0 to 1. Raises
    :class:`ingest.series.SeriesError` where the store cannot be read.
    """
    said = progress or (lambda _: None)
    span = max(to_at - from_at, 1.0)
    expected = sum(span / max(sensor.every_s, 0.1) for sensor in building.sensors.values())
    count = processes or (1 if expected < SMALL else len(os.sched_getaffinity(0)))
    parts = groups(building, count)
    if len(parts) <= 1:
        series = open_series(data, influx)
        names = list(building.sensors)
        judged = [judge(series, building, names, from_at, to_at, lambda at: said((at - from_at) / span))]
        series.close()
    else:
        judged = _spread(building, data, influx, from_at, to_at, parts, said)
    return tell(building, judged, from_at, to_at, answer_s)


def _spread(
    building: Building,
    data: Path,
    influx: Influx,
    from_at: float,
    to_at: float,
    parts: list[tuple[str, ...]],
    said: Callable[[float], None],
) -> list[Judged]:
    context = multiprocessing.get_context("spawn")  # a fork would take locks and threads along
    reached: Any = context.Queue()
    packed = msgspec.msgpack.encode(building)
    place = [from_at] * len(parts)
    with ProcessPoolExecutor(len(parts), context, _begin, (reached,)) as pool:
        jobs: list[Future[Judged]] = [
            pool.submit(_work, number, packed, data, _plain(influx), part, from_at, to_at)
            for number, part in enumerate(parts)
        ]
        while not all(job.done() for job in jobs):
            try:
                number, at = reached.get(timeout=LOOK_S)
            except Empty:
                continue
            place[number] = at
            said(sum(at - from_at for at in place) / len(place) / (to_at - from_at))
        return [job.result() for job in jobs]


_reached: Any = None


def _begin(reached: Any) -> None:
    global _reached  # noqa: PLW0603 - the pool's way to hand a queue to its processes
    _reached = reached


def _plain(influx: Influx) -> tuple[str, str, str, str]:
    return influx.url, influx.token.reveal(), influx.org, influx.bucket


def _work(
    number: int,
    packed: bytes,
    data: Path,
    influx: tuple[str, str, str, str],
    part: tuple[str, ...],
    from_at: float,
    to_at: float,
) -> Judged:
    from strongroom.settings import Secret

    gc.disable()  # millions of short-lived readings, no cycles
    building = msgspec.msgpack.decode(packed, type=Building)
    url, token, org, bucket = influx
    series = open_series(data, Influx(url=url, token=Secret(token), org=org, bucket=bucket))
    judged = judge(series, building, part, from_at, to_at, lambda at: _reached.put((number, at)))
    series.close()
    return judged
