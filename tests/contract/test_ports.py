"""A port that is handed out can be listened on, and nothing takes it by chance meanwhile."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from ingest.ports import QUIET, can_bind, free_port
from tests import ports

EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


def test_a_port_somebody_listens_on_is_passed_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        there = taken.getsockname()[1]
        assert not can_bind(there)
        other = ports.free_port()
        assert free_port((there, other)) == other
        with pytest.raises(OSError, match="no free TCP port"):
            free_port((there,))


def test_a_chosen_port_is_not_one_that_the_system_gives_to_connections() -> None:
    lowest = int(EPHEMERAL.read_text().split()[0]) if EPHEMERAL.exists() else 32768
    assert free_port() in QUIET
    assert QUIET.stop <= lowest


def test_tests_never_get_the_same_port_twice_in_a_row() -> None:
    chosen = [ports.free_port() for _ in range(50)]
    assert len(set(chosen)) == 50
    assert not set(chosen) & set(QUIET)
