"""A publisher lean enough not to be what is measured: MQTT 3.1.1, QoS 1, many messages in flight.

Run as a process of its own: ``python -m bench.load PORT COUNT RATE SENSORS``. RATE 0 means as fast as the broker
takes them. Each payload carries the wall time of its publishing, so that a reader can tell how old it is.
"""

from __future__ import annotations

import socket
import struct
import sys
import threading
import time

GROUP_S = 0.002  # messages due within this time leave in one write


def packet(kind: int, body: bytes) -> bytes:
    """One MQTT packet: fixed header, remaining length, body."""
    length, head = len(body), bytearray([kind])
    while True:
        length, digit = divmod(length, 128)
        head.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(head) + body


def text(value: str) -> bytes:
    """A length-prefixed MQTT string."""
    raw = value.encode()
    return struct.pack(">H", len(raw)) + raw


def connect(port: int, client: str) -> socket.socket:
    """A connected session on loopback; RuntimeError when the broker refuses."""
    link = socket.create_connection(("127.0.0.1", port))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link.sendall(packet(0x10, text("MQTT") + bytes([4, 2]) + struct.pack(">H", 0) + text(client)))
    answer = link.recv(4)
    if len(answer) < 4 or answer[3] != 0:
        raise RuntimeError(f"the broker refused the publisher: {answer!r}")
    return link


class Acknowledged:
    """Counts PUBACKs (four bytes each) on a thread of its own."""

    def __init__(self, link: socket.socket) -> None:
        self.count = 0
        self._link = link
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        received = 0
        while chunk := self._link.recv(65536):
            received += len(chunk)
            self.count = received // 4


def publish(port: int, count: int, rate: float, sensors: int) -> None:
    """Send ``count`` messages at ``rate`` per second over ``sensors`` topics; wait for every PUBACK."""
    link = connect(port, "load")
    acknowledged = Acknowledged(link)
    topics = [text(f"bench/s{n}") for n in range(sensors)]
    began = time.monotonic()
    sent = 0
    while sent < count:
        if rate:
            due = min(count, int((time.monotonic() - began + GROUP_S) * rate))
        else:
            due = min(count, sent + 200)
            while sent - acknowledged.count > 20_000:
                time.sleep(0.001)
        group = bytearray()
        while sent < due:
            stamp = time.time()
            body = b'{"value":%.2f,"t":%.6f}' % (20 + sent % 7 * 0.1, stamp)
            group += packet(0x32, topics[sent % sensors] + struct.pack(">H", sent % 65535 + 1) + body)
            sent += 1
        if group:
            link.sendall(group)
        if rate:
            time.sleep(GROUP_S)
    until = time.monotonic() + 60
    while acknowledged.count < count and time.monotonic() < until:
        time.sleep(0.005)
    link.close()


if __name__ == "__main__":
    publish(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
