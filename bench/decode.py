"""Messages decoded per second and dialect on one core, beside bare JSON decoding of the same payloads.

``python -m bench.decode [--json] [--seconds 0.5]``. Each dialect is a row of typical whole messages (envelope and all,
as its gateway sends them) of a topic that a building's sensors are bound to, each with other measurements and times;
the floor is ``msgspec.json.decode`` of the same bytes in the same run. Bare text is no JSON and has no floor to be
compared with: those dialects are shown in messages per second alone.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import msgspec

from bench.device_messages import MESSAGES, Typical, series
from sensors.decode import Decoder
from sensors.model import RawMessage, Sensor, Text

NOW = 1_795_399_811.0
ROUNDS = 5


def building(typical: Typical) -> Decoder:
    """A decoder whose sensors read everything the message offers."""
    sensors = {
        f"s{index}": Sensor(
            id=f"s{index}",
            name=Text("传感器", "sensor"),
            zone="z",
            quantity=quantity,
            topic=typical.topic,
            dialect=typical.dialect,
            channel=channel,
            path=path,
        )
        for index, (quantity, channel, path) in enumerate(typical.sensors)
    }
    return Decoder(sensors, "Asia/Shanghai")


def per_call(call: Callable[[], object], calls: int, seconds: float) -> float:
    """Seconds for one of the ``calls`` that ``call`` makes, the best of several rounds: other work only ever adds."""
    count = 20
    best = float("inf")
    deadline = time.perf_counter() + seconds
    rounds = 0
    while rounds < ROUNDS or time.perf_counter() < deadline:
        start = time.perf_counter()
        for _ in range(count):
            call()
        best = min(best, (time.perf_counter() - start) / count / calls)
        rounds += 1
    return best


def measure(typical: Typical, seconds: float) -> dict[str, float | str | int]:
    """One dialect's figures; RuntimeError where a message is not read, so that speed never hides a fault."""
    decoder = building(typical)
    payloads = series(typical)
    messages = [RawMessage(typical.topic, payload, NOW) for payload in payloads]
    for message in messages:
        decoded = decoder.decode(message, NOW)
        if len(decoded.readings) < len(typical.sensors):
            raise RuntimeError(f"{typical.dialect}: {len(decoded.readings)} readings, {decoded.rejects}")

    def decode_all() -> None:
        for message in messages:
            decoder.decode(message, NOW)

    def parse_all() -> None:
        for payload in payloads:
            parse(payload)

    parse = msgspec.json.decode
    cost = per_call(decode_all, len(messages), seconds)
    found: dict[str, float | str | int] = {
        "dialect": typical.dialect,
        "bytes": len(typical.payload),
        "readings": len(decoded.readings),
        "us": round(cost * 1e6, 2),
        "per_s": round(1 / cost),
    }
    if typical.payload[:1] in (b"{", b"["):
        floor = per_call(parse_all, len(payloads), seconds)
        found["floor_us"] = round(floor * 1e6, 2)
        found["ratio"] = round(cost / floor, 2)
    return found


def main() -> None:
    """Measure every dialect and end with one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the JSON line alone")
    parser.add_argument("--seconds", type=float, default=0.1, help="at least so long per figure")
    options = parser.parse_args()
    found = [measure(typical, options.seconds) for typical in MESSAGES]
    ratios = [float(one["ratio"]) for one in found if "ratio" in one]
    if not options.json:
        print(f"{'dialect':<16}{'bytes':>7}{'readings':>9}{'us':>8}{'per s':>9}{'ratio':>7}")
        for one in found:
            ratio = one.get("ratio", "-")
            print(
                f"{one['dialect']:<16}{one['bytes']:>7}{one['readings']:>9}{one['us']:>8}{one['per_s']:>9}{ratio:>7}"
            )
    result = {
        "dialects": found,
        "median_ratio": round(statistics.median(ratios), 2),
        "slowest_per_s": min(int(one["per_s"]) for one in found),
    }
    print(msgspec.json.encode(result).decode())


if __name__ == "__main__":
    main()
