"""The real desk: reads the engine's files, writes the inbox, asks the series store. Decides nothing."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from alerts.health import AlarmHealth
from dashboard.alarm_record import AlarmRecord
from dashboard.desk import Course, Outcome, Point, Pulse, Raised
from ingest.series import Series, SeriesError
from sensors.newcomer import Newcomer
from sensors.newcomers import PREFIX, Newcomers
from strongroom.clock import Clock
from strongroom.datadir import INBOX_DB, LAST_GOOD, SITE_DB, last_good
from strongroom.inbox import Inbox
from strongroom.journal import ActData, decode
from strongroom.model import Act, Board, Building, Entry
from strongroom.sitedb import SiteReader
from strongroom.trends import course

KEPT_S = 1.0
MOST_KEPT = 500
MOST_COURSES = 200
AWAY_S = 5.0  # a store that is away is asked again after this long


class SiteDesk:
    """One per process; every method is safe from any thread. ``first`` is the building until the engine's is there.

    The folder that counts is the one the engine runs with, which it keeps beside its database.
    """

    def __init__(self, data: Path, clock: Clock, first: Building, series: Callable[[], Series]) -> None:
        self._data = data
        self._clock = clock
        self._building = first
        self._building_stamp = 0
        self._open_series = series
        self._series: Series | None = None
        self._inbox: Inbox | None = None
        self._reader: SiteReader | None = None
        self._pulse = Pulse(clock.monotonic)
        self._entries: dict[tuple[int, int, str, str, bool], tuple[float, list[Entry]]] = {}
        self._newcomers: tuple[float, list[Newcomer]] = (-KEPT_S, [])
        self._courses: dict[tuple[str, float, float, int], tuple[float, Course | None]] = {}
        self._record = AlarmRecord()
        self._lock = threading.Lock()

    def _site(self) -> SiteReader | None:
        """The engine's database; None before its first start. Call with the lock held."""
        if self._reader is None and (self._data / SITE_DB).is_file():
            self._reader = SiteReader(self._data / SITE_DB)
        return self._reader

    def board(self) -> Board | None:
        """What is true now; None before the engine's first word or while its database cannot be read."""
        with self._lock:
            try:
                reader = self._site()
                found = reader.board() if reader else None
            except (sqlite3.Error, msgspec.MsgspecError):
                # Not yet made, or of another version: asked afresh next time.
                self._reader = None
                return None
            if found is not None:
                self._pulse.heard(found.beat_at, self._clock.now())
            return found

    def beat_age(self) -> float | None:
        """Seconds since the heartbeat last moved."""
        board = self.board()
        return None if board is None else self._pulse.heard(board.beat_at, self._clock.now())

    def building(self) -> Building:
        """The folder the engine runs with; the one given at the start until it is there."""
        try:
            stamp = (self._data / LAST_GOOD).stat().st_mtime_ns
        except OSError:
            return self._building
        with self._lock:
            if stamp != self._building_stamp:
                self._building = last_good(self._data) or self._building
                self._building_stamp = stamp
            return self._building

    def put(self, act: Act) -> None:
        """Durable when this returns."""
        with self._lock:
            self._inbox = self._inbox or Inbox(self._data / INBOX_DB)
            self._inbox.put(act)

    def outcome(self, act_id: str) -> Outcome | None:
        """What the engine made of an act."""
        with self._lock:
            try:
                reader = self._site()
                entry = reader.outcome(act_id) if reader else None
            except sqlite3.Error:
                return None
        data = decode(entry) if entry else None
        if not isinstance(data, ActData):
            return None
        return Outcome(True) if data.refused is None else Outcome(False, data.refused)

    def entries(
        self, *, after: int = 0, limit: int = 200, about: str = "", kind: str = "", newest: bool = True
    ) -> list[Entry]:
        """Journal entries, shared by every viewer for a second; none where the database cannot be read."""
        key = (after, limit, about, kind, newest)
        moment = self._clock.monotonic()
        with self._lock:
            kept = self._entries.get(key)
            if kept is not None and moment - kept[0] < KEPT_S:
                return kept[1]
            try:
                reader = self._site()
                found = reader.entries(after, limit, about, kind, newest) if reader else []
            except sqlite3.Error:
                return []
            if len(self._entries) >= MOST_KEPT:
                self._entries.clear()
            self._entries[key] = (moment, found)
            return found

    def newcomers(self) -> list[Newcomer]:
        """Devices heard that nobody registered, dismissed ones last; none where the database cannot be read."""
        moment = self._clock.monotonic()
        with self._lock:
            if moment - self._newcomers[0] >= KEPT_S:
                try:
                    reader = self._site()
                    stored = reader.states(PREFIX) if reader else {}
                except sqlite3.Error:
                    return []
                inbox = Newcomers(self._building.sensors, self._building.timezone, stored)
                self._newcomers = (moment, [*inbox.listed(), *inbox.dismissed()])
            return self._newcomers[1]

    def course(self, sensor: str, since: float, until: float, points: int = 600) -> Course | None:
        """What a sensor measured, merged to at most ``points``; None while there is no series store.

        Shared by every viewer: the page rounds its moments, so that the same chart is asked for again and again.
        """
        key = (sensor, since, until, points)
        moment = self._clock.monotonic()
        with self._lock:
            kept = self._courses.get(key)
            if kept is not None and (kept[1] is not None or moment - kept[0] < AWAY_S):
                return kept[1]
        found = self._course(sensor, since, until, points)
        with self._lock:
            if len(self._courses) >= MOST_COURSES:
                self._courses.clear()
            self._courses[key] = (moment, found)
        return found

    def _course(self, sensor: str, since: float, until: float, points: int) -> Course | None:
        known = self.building().sensors.get(sensor)
        if known is None:
            return Course()
        try:
            with self._lock:
                self._series = self._series or self._open_series()
            made = course(self._series, known, since, until, self._clock.now(), points)
        except SeriesError:
            self._series = None
            return None
        stats = made.stats
        columns = (stats.at.tolist(), stats.mean.tolist(), stats.min.tolist(), stats.max.tolist())
        points_of = tuple(Point(*row) for row in zip(*columns, strict=True))
        return Course(points_of, tuple((gap.from_at, gap.to_at) for gap in made.gaps), made.width_s)

    def raised(self, since: float) -> list[Raised]:
        """Alarms raised since a moment, oldest first, drills left out."""
        with self._lock:
            try:
                return self._record.raised(self._site(), since, self._clock.monotonic())
            except sqlite3.Error:
                return []

    def health(self) -> AlarmHealth | None:
        """How the alarm system itself did over the last thirty days, at most a minute old."""
        board = self.board()
        with self._lock:
            try:
                reader = self._site()
                alarms = board.alarms if board else ()
                return self._record.health(reader, alarms, self._clock) if reader else None
            except sqlite3.Error:
                return None
