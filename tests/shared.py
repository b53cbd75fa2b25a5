"""Where the given data lies: beside the checkout, or where STRONGROOM_SHARED points."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def shared_path(*parts: str) -> Path:
    """The path of given data; skips the test with a plain message where it is not there."""
    base = Path(os.environ.get("STRONGROOM_SHARED", ROOT.parent / "shared"))
    path = base.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"the given data {'/'.join(parts)} is not on this machine (set STRONGROOM_SHARED)")
    return path
