"""Start the processes of one building, start again what ends, and leave nothing running.

A child that ends is started again after a pause that doubles (1 s to 30 s) until it has stood for a minute.
The
state of all children is kept in ``supervisor.json`` of the data directory for screens, ``doctor`` and tests.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

import msgspec
from msgspec import Struct

from sensors.model import Text
from strongroom.clock import Clock
from strongroom.settings import child_environment

STATE_FILE = "supervisor.json"
LOGS = "logs"
LOG_BYTES = 2_000_000  # a log is put aside as NAME.log.1 when a child starts and it has grown beyond this
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
STEADY_S = 60.0
LOOK_EVERY_S = 0.2
STOP_S = 12.0


class Program(Struct, frozen=True, kw_only=True):
    """What to keep running. ``module`` and ``arguments`` as after ``python -m``; ``environment`` is added to
    ours."""

    name: str
    title: Text
    module: str
    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = {}


class ChildState(Struct, frozen=True, kw_only=True):
    """A child as others see it. ``state``: running, waiting (before a restart), stopped."""

    name: str
    state: str
    pid: int = 0
    since_at: float = 0.0
    restarts: int = 0
    last_end: str = ""


class _Child:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.since_at = 0.0
        self.pause_s = FIRST_PAUSE_S
        self.again_at: float | None = None
        self.restarts = 0
        self.last_end = ""

    def state(self) -> ChildState:
        word = "running" if self.process else "waiting" if self.again_at is not None else "stopped"
        return ChildState(
            name=self.program.name,
            state=word,
            pid=self.process.pid if self.process else 0,
            since_at=self.since_at,
            restarts=self.restarts,
            last_end=self.last_end,
        )


class Supervisor:
    """Keeps programs running in the given order; stops them in the reverse order.

    ``say`` gets one sentence in both languages per event. Children run in process groups of their own, so
    that
    Ctrl-C reaches only the supervisor, which then stops them in order.
    """

    def __init__(
        self, programs: Sequence[Program], data: Path, clock: Clock, say: Callable[[Text], None]
    ) -> None:
        self._children = [_Child(program) for program in programs]
        self._path = data / STATE_FILE
        self._logs = data / LOGS
        self._clock = clock
        self._say = say
        self._stop = threading.Event()

    def ask_to_stop(self) -> None:
        """End :meth:`run` soon; safe in a signal handler."""
        self._stop.set()

    def run(self, watch: Callable[[], None] | None = None) -> None:
        """Start everything and watch until asked to stop; ``watch`` is called at every look."""
        try:
            for child in self._children:
                self._start(child)
            self._write()
            while not self._stop.is_set():
                self._look()
                if watch is not None:
                    watch()
                self._clock.wait(LOOK_EVERY_S, self._stop)
        finally:
            self.stop()

    def states(self) -> list[ChildState]:
        """All children, in starting order."""
        return [child.state() for child in self._children]

    def stop(self) -> None:
        """Ask every child to end, last started first; what does not within a while is ended with its
        group."""
        for child in reversed(self._children):
            if child.process is not None:
                with contextlib.suppress(ProcessLookupError):
                    child.process.terminate()
        deadline = self._clock.monotonic() + STOP_S
        for child in reversed(self._children):
            if child.process is not None:
                try:
                    child.process.wait(max(0.1, deadline - self._clock.monotonic()))
                except subprocess.TimeoutExpired:
                    self._say(
                        Text(
                            f"{child.program.title.zh}未按时结束，强制停止",
                            f"{child.program.title.en} did not end in time, ended by force",
                        )
                    )
                self._end_group(child)
            child.again_at = None
        self._write()

    def _look(self) -> None:
        now = self._clock.monotonic()
        changed = False
        for child in self._children:
            code = child.process.poll() if child.process else None
            if code is not None:
                self._ended(child, code, now)
                changed = True
            elif child.process is None and child.again_at is not None and now >= child.again_at:
                child.restarts += 1
                self._start(child)
                changed = True
        if changed:
            self._write()

    def _start(self, child: _Child) -> None:
        program = child.program
        child.again_at = None
        with self._log(program.name) as log:
            child.process = subprocess.Popen(  # noqa: S603 - our own interpreter and modules, no shell
                [sys.executable, "-m", "strongroom.child", program.module, *program.arguments],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=child_environment(**program.environment),
                start_new_session=True,
            )
        child.started = self._clock.monotonic()
        child.since_at = self._clock.now()

    def _ended(self, child: _Child, code: int, now: float) -> None:
        child.last_end = f"signal {-code}" if code < 0 else f"code {code}"
        if now - child.started >= STEADY_S:
            child.pause_s = FIRST_PAUSE_S
        child.again_at = now + child.pause_s
        title, pause = child.program.title, child.pause_s
        self._say(
            Text(
                f"{title.zh}已停止（{child.last_end}），{pause:g} 秒后重新启动",
                f"{title.en} ended ({child.last_end}), starting again in {pause:g} s",
            )
        )
        if last := self._last_words(child.program.name):
            self._say(Text(f"最后输出：{last}", f"last said: {last}"))
        child.pause_s = min(child.pause_s * 2, LONGEST_PAUSE_S)
        self._end_group(child)

    def _end_group(self, child: _Child) -> None:
        """Whatever the child itself had started goes with it."""
        process, child.process = child.process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        process.wait()
        child.since_at = self._clock.now()

    def _log(self, name: str) -> IO[bytes]:
        path = self._logs / f"{name}.log"
        try:
            self._logs.mkdir(parents=True, exist_ok=True)
            if path.exists() and path.stat().st_size > LOG_BYTES:
                path.replace(path.with_suffix(".log.1"))
            return path.open("ab")
        except OSError:  # a full or read-only disk: the house runs all the same
            return Path(os.devnull).open("ab")

    def _last_words(self, name: str) -> str:
        try:
            with (self._logs / f"{name}.log").open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - 2000))
                lines = log.read().decode("utf-8", "replace").split("\n")
        except OSError:
            return ""
        return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "")

    def _write(self) -> None:
        with contextlib.suppress(OSError):  # the state file is a courtesy; a full disk must not end the house
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._path.with_suffix(".new")
            fresh.write_bytes(msgspec.json.encode({"pid": os.getpid(), "children": self.states()}))
            fresh.replace(self._path)


def stop_on_signals(supervisor: Supervisor) -> None:
    """Ctrl-C, a closed terminal and SIGTERM all stop the house in order."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: supervisor.ask_to_stop())
