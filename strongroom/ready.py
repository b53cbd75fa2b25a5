"""When is the house really open: the engine shows a board with the broker, and the pages answer."""

from __future__ import annotations

import contextlib
import http.client
import sqlite3
from collections.abc import Callable

import msgspec

from sensors.model import Text
from strongroom.clock import Clock
from strongroom.datadir import SITE_DB
from strongroom.model import Board
from strongroom.settings import Settings
from strongroom.sitedb import SiteReader

LOOK_EVERY_S = 0.5
PATIENCE_S = 10.0


def reachable_host(host: str) -> str:
    """The address under which this machine reaches what listens on ``host``."""
    return "127.0.0.1" if host in {"", "0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound


def pages_answer(host: str, port: int) -> bool:
    """Whether the health route of the dashboard says 200."""
    connection = http.client.HTTPConnection(reachable_host(host), port, timeout=1.0)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def board_of(settings: Settings) -> Board | None:
    """The engine's board; None before its first commit or while the database cannot be read."""
    path = settings.data / SITE_DB
    if not path.is_file():
        return None
    try:
        reader = SiteReader(path)
    except sqlite3.Error:
        return None
    try:
        with contextlib.suppress(sqlite3.Error, msgspec.MsgspecError):
            return reader.board()
        return None
    finally:
        reader.close()


class Announcer:
    """Says each step once, and the address when everything stands; ``opened`` is called at that moment."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        say: Callable[[Text], None],
        opened: Callable[[], None] | None = None,
        heard_from: int = 0,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._say = say
        self._opened = opened
        self._heard_from = heard_from
        self._said: set[str] = set()
        self._began = clock.now()
        self._next = 0.0
        self._reminder = clock.monotonic() + PATIENCE_S

    @property
    def address(self) -> str:
        """Where the pages are."""
        return f"http://{reachable_host(self._settings.dashboard_host)}:{self._settings.dashboard_port}"

    def look(self) -> None:
        """Called often; looks at most twice a second, and no more once open."""
        now = self._clock.monotonic()
        if "open" in self._said or now < self._next:
            return
        self._next = now + LOOK_EVERY_S
        missing = self._missing()
        if missing is None:
            self._said.add("open")
            self._say(Text(f"已就绪，请打开 {self.address}", f"ready, open {self.address}"))
            if self._opened is not None:
                self._opened()
        elif now >= self._reminder:
            self._reminder = now + PATIENCE_S
            self._say(Text(f"仍在等待：{missing.zh}", f"still waiting for {missing.en}"))

    def _missing(self) -> Text | None:
        board = board_of(self._settings)
        if board is None or board.at < self._began:
            return Text("引擎", "the engine")
        self._once("engine", Text("引擎已运行", "the engine runs"))
        if not board.health.broker_connected:
            broker = self._settings.broker
            return Text(
                f"MQTT 服务器 {broker}（{board.health.broker_detail}）",
                f"the MQTT broker {broker} ({board.health.broker_detail})",
            )
        self._once("broker", Text("已连上 MQTT 服务器", "the MQTT broker is connected"))
        heard = sum(latest.state == "fresh" for latest in board.latest.values())
        if heard < self._heard_from:
            return Text(f"传感器（已听到 {heard} 个）", f"the sensors ({heard} heard)")
        if not pages_answer(self._settings.dashboard_host, self._settings.dashboard_port):
            return Text("页面", "the pages")
        return None

    def _once(self, step: str, words: Text) -> None:
        if step not in self._said:
            self._said.add(step)
            self._say(words)
