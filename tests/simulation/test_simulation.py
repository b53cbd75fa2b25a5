"""Three hundred days of a small building on the real engine, every invariant after every event (C1 to C8, C21)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.run import live, replay_of

ROOT = Path(__file__).resolve().parents[2]
LIVES, DAYS = 30, 10.0


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(1, LIVES + 1))
def test_no_life_of_the_building_breaks_an_invariant(seed: int) -> None:
    lived = live(seed, DAYS)
    assert not lived.broken, f"day {lived.at_day}: {lived.broken}; again: {replay_of(lived)}"
    assert lived.alarms > 10, "a life without alarms proves nothing"
    assert lived.kills > 3, "a life without deaths proves nothing"


@pytest.mark.timeout(300)
def test_the_same_seed_gives_the_same_journal_byte_for_byte() -> None:
    """Also in another process with another order of sets: the head is a hash over every byte before it."""
    here = live(7, 4.0).head
    code = "from tests.simulation.run import live; print(live(7, 4.0).head)"
    env = {**os.environ, "PYTHONHASHSEED": "12345", "TZ": "America/Santiago"}
    there = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    assert there.stdout.strip() == here != ""


def test_a_failing_seed_prints_the_command_that_replays_it() -> None:
    lived = live(3, 0.5)
    assert replay_of(lived) == "python -m tests.simulation.run --seed 3 --days 0.5 --lives 1"
    code = replay_of(lived).removeprefix("python ").split()
    done = subprocess.run(
        [sys.executable, *code, "--json", "--jobs", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"days": 0.5' in done.stdout
