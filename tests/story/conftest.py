"""The small archive on a set clock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from strongroom.folder.load import load
from strongroom.model import Building
from strongroom.rehearse import Rehearsal

HOUSES = Path(__file__).resolve().parents[1] / "houses"
START = 1_764_640_800.0  # 2025-12-02 10:00 in Shanghai, a Tuesday


@pytest.fixture(scope="session")
def building() -> Building:
    """The small archive, loaded as the product loads it."""
    loaded = load(HOUSES / "small", START)
    assert loaded.building is not None, loaded.problems
    return loaded.building


@pytest.fixture
def house(building: Building, tmp_path: Path) -> Callable[[], Rehearsal]:
    """Opens the archive two minutes before anything happens."""

    def opened() -> Rehearsal:
        rehearsal = Rehearsal(building, tmp_path / "data", START)
        rehearsal.run(120)
        return rehearsal

    return opened
