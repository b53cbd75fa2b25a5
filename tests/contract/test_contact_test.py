"""``strongroom contact-test`` against a running engine: every channel of a person, and what came of each."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ingest.memory import MemoryBroker, MemorySource
from strongroom.assemble import make_engine
from strongroom.cli import app, load
from strongroom.clock import SystemClock
from strongroom.datadir import keep_last_good
from strongroom.folder.load import load as load_folder
from tests.fakes.scripted import ScriptedSender

HOUSE = Path(__file__).resolve().parents[1] / "houses" / "small"
load("contact-test")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["contact-test", *map(str, arguments)])


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[Path, ScriptedSender]]:
    clock, broker, data = SystemClock(), MemoryBroker(), tmp_path / "data"
    building = load_folder(HOUSE, clock.now()).building
    assert building is not None
    keep_last_good(building, data)
    sender = ScriptedSender(frozenset({"sms", "mail"}))
    engine = make_engine(
        building,
        data,
        clock,
        lambda core: MemorySource(broker, ["#"], client_id="engine", now=clock.now),
        sender,
    )
    stop = threading.Event()
    thread = threading.Thread(target=engine.run, args=(stop,), daemon=True)
    thread.start()
    yield data, sender
    stop.set()
    thread.join(20)


@pytest.mark.timeout(60)
def test_results_are_shown_and_are_the_exit_status(running: tuple[Path, ScriptedSender]) -> None:
    data, sender = running
    said = run(data, "li", "--wait-s", 20)
    assert said.exit_code == 0, said.output
    assert "✔ sms: 已送达" in said.stdout
    assert [(p, w[:6]) for p, _, w in sender.sent] == [("li", "[TEST]")]
    soon = run(data, "li", "--wait-s", 20)
    assert soon.exit_code == 2 and "less than a minute ago" in soon.output
    sender.script("wang", "sms", "number")
    bad = run(data, "wang", "--wait-s", 20)
    assert bad.exit_code == 1 and "✘ sms" in bad.stdout


def test_what_cannot_be_asked_is_said(running: tuple[Path, ScriptedSender], tmp_path: Path) -> None:
    data, _ = running
    assert "nobody here has that id" in run(data, "nobody").output
    assert run(tmp_path / "empty", "li").exit_code == 2
