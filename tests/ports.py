"""Ports for the servers that tests start: every test process has its own, and gives none out twice in a row."""

from __future__ import annotations

import itertools
import os

from ingest import ports

_EACH = 800
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 10
_OURS = itertools.cycle(range(20000 + _WORKER * _EACH, 20000 + (_WORKER + 1) * _EACH))


def free_port() -> int:
    """A loopback port that nothing listens on and that no other test is about to use."""
    return ports.free_port(itertools.islice(_OURS, _EACH))
