"""The engine as a process: from settings to a running engine, and to an orderly end."""

from __future__ import annotations

import signal
import sys
import threading
from typing import TextIO

from ingest.mqtt import MqttSource
from sensors.model import Text
from strongroom.accounts import Accounts
from strongroom.assemble import make_engine
from strongroom.beat import Beat
from strongroom.bypass import Bypass
from strongroom.carriers import sender_of
from strongroom.clock import SystemClock
from strongroom.core import Core
from strongroom.cursors import Cursors
from strongroom.datadir import CURSORS_DB, READINGS_DB, SITE_DB, keep_last_good, last_good
from strongroom.feeder import Feeder
from strongroom.folder.load import load
from strongroom.instruments.register import Register
from strongroom.model import Building
from strongroom.problems import render
from strongroom.readings import open_series, tail_s
from strongroom.salvage import READINGS, salvage
from strongroom.settings import Settings, SettingsError, read_settings

CANNOT_RUN = 2
DAMAGED = 3  # a file came back damaged while running: the next start salvages it
# How long one of our threads may keep the others waiting. At Python's 5 ms the series writer, draining a backlog,
# delays decisions twice as much, and is itself half as fast (bench/drain).
SWITCH_S = 0.0005
EVERYTHING = ("#",)
"""One filter: devices that nobody registered are heard too, and a resumed session keeps one order."""


class FolderError(Exception):
    """The building folder has errors and no earlier good one is known; ``str()`` is the whole report."""


def building_of(settings: Settings, now: float, say: TextIO) -> tuple[Building, Text | None]:
    """The folder's building and None; with errors in the folder, the last good one, the report on ``say`` and in short.

    Raises :class:`FolderError` when there is neither.
    """
    loaded = load(settings.building, now)
    if loaded.building is not None:
        keep_last_good(loaded.building, settings.data)
        return loaded.building, None
    report = render(loaded.problems, "zh") + "\n" + render(loaded.problems, "en")
    old = last_good(settings.data)
    if old is None:
        raise FolderError(report)
    words = Text(
        "目录有错误，沿用上一次检查通过的版本：", "The folder has errors; the last good one stays in use:"
    )
    print(f"{words.zh} {words.en} {old.revision}\n{report}", file=say, flush=True)
    first = next(one for one in loaded.problems if one.severity == "error")
    return old, Text(
        f"{first.file} 第 {first.line} 行：{first.says.zh}", f"{first.file}:{first.line}: {first.says.en}"
    )


def run_engine(settings: Settings, stop: threading.Event | None = None) -> int:
    """Run the engine until SIGTERM or SIGINT (or ``stop``); the exit status."""
    sys.setswitchinterval(SWITCH_S)
    clock = SystemClock()
    try:
        building, outdated = building_of(settings, clock.now(), sys.stderr)
    except FolderError as refused:
        print(refused, file=sys.stderr)
        return CANNOT_RUN

    stopping = stop or threading.Event()
    if stop is None:
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stopping.set())
    following: Building | int = building
    while isinstance(following, Building):
        keep_last_good(following, settings.data)
        following = _run_one(settings, following, outdated, clock, stopping)
        outdated = None  # an act has just written the folder it goes on with
    return following


def _run_one(
    settings: Settings,
    building: Building,
    outdated: Text | None,
    clock: SystemClock,
    stopping: threading.Event,
) -> Building | int:
    """One engine with one folder; the building to go on with, or the exit status at the end.

    Taking a changed folder up is the orderly end of an engine and the start of the next, so that it rests on what
    every start rests on: the journal, the rule states and the broker's session.
    """

    def source(_core: Core) -> MqttSource:
        return MqttSource(
            settings.broker,
            EVERYTHING,
            client_id=f"strongroom-{building.id}",
            now=clock.now,
            monotonic=clock.monotonic,
            status_topic=f"strongroom/{building.id}/engine",
        )

    def bypass() -> MqttSource:
        return MqttSource(
            settings.broker,
            EVERYTHING,
            client_id=f"strongroom-{building.id}-bypass",
            now=clock.now,
            monotonic=clock.monotonic,
            fleeting=True,
        )

    def mended() -> Text | None:
        lost = salvage(settings.data / READINGS_DB, READINGS)
        return lost.words if lost is not None else None

    feeder = Feeder(
        settings.data / SITE_DB,
        Cursors(settings.data / CURSORS_DB),
        lambda: open_series(settings.data, settings.influx, read_only=False),
        clock,
        tail_s=tail_s(settings.influx),
        mend=None if settings.influx.url else mended,
    )
    accounts = Accounts(settings.data, clock, own_key=not settings.cookie_key)
    engine = make_engine(
        building,
        settings.data,
        clock,
        source,
        sender_of(settings),
        feeder,
        Bypass(bypass),
        test_at=settings.test_at,
        register=Register(settings.building),
        outdated=outdated,
        accounts=accounts,
    )
    accounts.start()
    beat = Beat(settings.beat_url.split(), clock, engine.signs)
    beat.start()
    following = engine.run(stopping)
    beat.stop()
    accounts.stop()
    if engine.damaged:
        return DAMAGED
    return following or 0


def main() -> int:
    """The supervisor's way in: everything from the environment."""
    try:
        settings = read_settings()
    except SettingsError as wrong:
        print(wrong, file=sys.stderr)
        return CANNOT_RUN
    return run_engine(settings)


if __name__ == "__main__":
    raise SystemExit(main())
