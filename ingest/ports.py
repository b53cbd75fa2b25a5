"""Choosing a loopback port for a server that is started a moment later."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterable

# Below the range from which Linux takes ports for outgoing connections and for "any port" (32768 to 60999,
# net.ipv4.ip_local_port_range): between our look and the server's own bind nothing there takes one by chance.
QUIET = range(28000, 32768)


def can_bind(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(among: Iterable[int] | None = None) -> int:
    """The first port of ``among`` on which a server of this machine could listen.

    Without ``among`` any of :data:`QUIET`, in random order, so that two programs that look at the same moment
    do not both choose the first. Raises OSError where none is free.
    """
    looked = among if among is not None else random.sample(QUIET, len(QUIET))
    for port in looked:
        if can_bind(port):
            return port
    raise OSError("no free TCP port on 127.0.0.1")
