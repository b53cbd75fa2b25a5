"""Real child processes: they come back when they end, and nothing stays when the house stops or is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from sensors.model import Text
from strongroom.clock import SystemClock
from strongroom.supervise import ChildState, Program, Supervisor
from tests.brokers import wait_until

CHILDREN = {
    # Ignores being asked, and has a child of its own.
    "stubborn": (
        "import signal,subprocess,sys,time,pathlib\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "grandchild = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "pathlib.Path(sys.argv[1]).write_text(str(grandchild.pid))\n"
        "time.sleep(600)\n"
    ),
    "steady": "import time\ntime.sleep(600)\n",
    "brief": "import sys\nprint('no such port')\nsys.exit(3)\n",
}


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in CHILDREN.items():
        (tmp_path / f"{name}_child.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    return tmp_path


def program(name: str, *arguments: str) -> Program:
    return Program(name=name, title=Text(f"{name}程序", name), module=f"{name}_child", arguments=arguments)


def alive(pid: int) -> bool:
    """A zombie does not count: nobody runs there any more."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


class House:
    def __init__(self, data: Path, *programs: Program) -> None:
        self.said: list[Text] = []
        self.data = data
        self.supervisor = Supervisor(programs, data, SystemClock(), self.said.append)
        self.thread = threading.Thread(target=self.supervisor.run, daemon=True)
        self.thread.start()

    def state(self, name: str) -> ChildState:
        return next(state for state in self.supervisor.states() if state.name == name)

    def stop(self) -> None:
        self.supervisor.ask_to_stop()
        self.thread.join(30)
        assert not self.thread.is_alive()


@pytest.fixture
def houses() -> Iterator[list[House]]:
    built: list[House] = []
    yield built
    for house in built:
        house.stop()


def test_a_killed_child_comes_back_and_is_spoken_of(modules: Path, houses: list[House]) -> None:
    house = House(modules / "data", program("steady"))
    houses.append(house)
    assert wait_until(lambda: house.state("steady").pid != 0)
    first = house.state("steady").pid
    os.kill(first, signal.SIGKILL)
    assert wait_until(lambda: house.state("steady").pid not in {0, first})
    state = house.state("steady")
    assert (state.restarts, state.last_end, state.state) == (1, "signal 9", "running")
    assert any("steady程序" in words.zh and "ended (signal 9)" in words.en for words in house.said)


def test_a_child_that_cannot_live_is_tried_ever_more_seldom(modules: Path, houses: list[House]) -> None:
    house = House(modules / "data", program("brief"))
    houses.append(house)
    assert wait_until(lambda: len(house.said) >= 6, 15.0)
    pauses = [words.en.rsplit(" in ", 1)[1] for words in house.said if "starting again" in words.en]
    assert pauses[:3] == ["1 s", "2 s", "4 s"]
    assert "no such port" in house.said[1].en, "its last words are told"
    assert house.state("brief").last_end == "code 3"


def test_the_state_file_tells_others(modules: Path, houses: list[House]) -> None:
    house = House(modules / "data", program("steady"))
    houses.append(house)
    path = house.data / "supervisor.json"
    assert wait_until(path.exists)
    seen = msgspec.json.decode(path.read_bytes())
    assert seen["pid"] == os.getpid()
    assert seen["children"][0]["name"] == "steady"


def test_stopping_leaves_nothing_even_of_the_stubborn(modules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("strongroom.supervise.STOP_S", 1.0)
    note = modules / "grandchild"
    house = House(modules / "data", program("steady"), program("stubborn", str(note)))
    assert wait_until(lambda: note.exists() and note.read_text() != "")
    pids = [state.pid for state in house.supervisor.states()] + [int(note.read_text())]
    assert all(alive(pid) for pid in pids)
    house.stop()
    assert wait_until(lambda: not any(alive(pid) for pid in pids))  # who was killed is buried by another
    assert any("by force" in words.en for words in house.said)
    assert all(state.state == "stopped" for state in house.supervisor.states())


def test_children_leave_when_the_supervisor_is_killed(modules: Path) -> None:
    script = (
        "from pathlib import Path\n"
        "from sensors.model import Text\n"
        "from strongroom.clock import SystemClock\n"
        "from strongroom.supervise import Program, Supervisor\n"
        f"data = Path({str(modules / 'data')!r})\n"
        "programs = [Program(name='a', title=Text('a', 'a'), module='steady_child')]\n"
        "Supervisor(programs, data, SystemClock(), print).run()\n"
    )
    house = subprocess.Popen([sys.executable, "-c", script])
    path = modules / "data" / "supervisor.json"
    assert wait_until(path.exists)
    pid = msgspec.json.decode(path.read_bytes())["children"][0]["pid"]
    assert alive(pid)
    house.kill()
    house.wait()
    assert wait_until(lambda: not alive(pid))
