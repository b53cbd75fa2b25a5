"""The walls of the house: who may import whom, and who may read clocks and environment."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("sensors", "ingest", "alerts", "playbooks", "dashboard", "strongroom")

MAY_IMPORT = {
    "sensors": {"sensors"},
    "ingest": {"ingest", "sensors"},
    "alerts": {"alerts", "sensors"},
    "playbooks": {"playbooks", "alerts", "sensors"},
    "strongroom": {"strongroom", "sensors", "ingest", "alerts", "playbooks"},
    "dashboard": {"dashboard", "strongroom", "sensors", "ingest", "alerts", "playbooks"},
}

# Third-party edges and the only modules that may touch them.
FENCED = {
    "streamlit": ("dashboard/",),
    "pandas": ("dashboard/",),
    "paho": ("ingest/mqtt",),
    "twilio": ("alerts/sms.py", "alerts/twilio"),
    "influxdb_client": ("ingest/series_influx.py",),
    "iotcore": ("ingest/embedded.py",),
    "apprise": ("alerts/channels.py",),
}

CLOCKS = {
    ("time", "time"),
    ("time", "monotonic"),
    ("time", "sleep"),
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
}
MAY_READ_CLOCK = {"strongroom/clock.py"}
MAY_READ_ENVIRONMENT = {"strongroom/settings.py"}


def sources(*rooms: str) -> list[Path]:
    return [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


def clock_reads(tree: ast.AST) -> list[str]:
    return [
        f"{node.value.id}.{node.attr} in line {node.lineno}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in CLOCKS
    ]


def environment_reads(tree: ast.AST) -> list[str]:
    return [
        f"os.{node.attr} in line {node.lineno}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
        and node.attr in {"environ", "getenv"}
    ]


@pytest.mark.parametrize("path", sources(*ROOMS), ids=relative)
def test_module_keeps_inside_its_walls(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    room = relative(path).split("/")[0]
    strangers = (imported(tree) & set(ROOMS)) - MAY_IMPORT[room]
    assert not strangers, f"{relative(path)} must not import {strangers}"
    for package, homes in FENCED.items():
        if package in imported(tree):
            assert relative(path).startswith(homes), f"{relative(path)} must not import {package}"
    if relative(path) not in MAY_READ_CLOCK:
        assert not clock_reads(tree), f"{relative(path)} reads a clock: {clock_reads(tree)}"
    if relative(path) not in MAY_READ_ENVIRONMENT:
        assert not environment_reads(tree), f"{relative(path)} reads the environment"


@pytest.mark.parametrize("path", sources(*ROOMS), ids=relative)
def test_module_has_one_reason_to_change(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= 420, f"{relative(path)} has {lines} lines; split it"


def test_the_check_itself_can_fail() -> None:
    bad = ast.parse("import streamlit\nimport time\nimport os\ntime.time()\nos.environ['X']\n")
    assert imported(bad) == {"streamlit", "time", "os"}
    assert clock_reads(bad) == ["time.time in line 4"]
    assert environment_reads(bad) == ["os.environ in line 5"]
