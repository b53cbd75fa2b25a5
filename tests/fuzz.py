"""Every decoder under hostile content for a minute or more: ``python -m tests.fuzz [--seconds 60] [NAME…]``.

Hypothesis makes the inputs: bytes, documents, and samples of the dialect with something else inside. A crash is shrunk
and printed with its input; otherwise one line a decoder says how many inputs it took. Decoders run side by side, one a
core. Besides the dialects: raw LoRaWAN frames, value templates, and the plans of the short way, which must say what
their dialects say.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any

import msgspec
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from sensors.dialects.base import Memory, parse_json
from sensors.dialects.frames import read_frame
from sensors.dialects.registry import BY_NAME, DIALECTS
from sensors.dialects.templates import parse_template
from sensors.heard import Heard
from sensors.interpret import interpret
from sensors.model import RawMessage
from sensors.times import Clock
from tests.property import test_decoding as decoding
from tests.property import test_plans as plans

ROUND = 500
MODELS = (
    "em300th em300sld em300mcs ws202 ws203 ws301 ws303 am307 em500co2 lht65 lht52 lds02 lds03a lwl02 lwl03a"
)
TEMPLATES = (
    "{{ value_json.a }}",
    "{{ value_json['a']['b'] | float / 10 }}",
    "{{ 'ON' if value_json.a == 'x' else 'OFF' }}",
    "{% if value_json.a %}ON{% else %}OFF{% endif %}",
    "{{ iif(value_json.a, 'ON', 'OFF') }}",
)


def of_dialect(name: str) -> Callable[[st.DataObject], None]:
    """One input for one dialect: its own samples changed, any document, or any bytes, on a topic of its own."""
    samples = [one for one in decoding.SAMPLES if BY_NAME.get(one[0], None) is BY_NAME[name]]
    topics = [topic for _, topic, _ in samples] or ["a/temperature"]

    def once(data: st.DataObject) -> None:
        topic, payload = data.draw(st.sampled_from(topics)), b""
        kind = data.draw(st.integers(0, 4))
        if kind == 0 or not samples:
            payload = data.draw(st.binary(max_size=300))
        elif kind == 1:
            payload = json.dumps(data.draw(decoding.documents)).encode()
        else:
            _, topic, payload = data.draw(st.sampled_from(samples))
            document = parse_json(payload)
            if isinstance(document, (dict, list)) and kind > 2:
                payload = json.dumps(decoding._changed(document, data)).encode()
            else:
                at = data.draw(st.integers(0, len(payload)))
                cut = data.draw(st.integers(0, 4))
                payload = payload[:at] + data.draw(st.binary(max_size=6)) + payload[at + cut :]
        retained = data.draw(st.booleans())
        decoding.check(interpret(topic, payload, retained, decoding.NOW, Memory(), dialect=name))
        decoding.check(interpret(topic, payload, retained, decoding.NOW, Memory()))

    return once


def frames(data: st.DataObject) -> None:
    """One raw frame, of any model, on any port."""
    heard = Heard(Clock(None, decoding.NOW))
    model = data.draw(st.sampled_from(["", *MODELS.split()]))
    read_frame(
        data.draw(st.binary(max_size=40)), data.draw(st.sampled_from([85, 2, 10, None, "x"])), model, heard
    )
    decoding.check(heard)


def templates(data: st.DataObject) -> None:
    """One value template, mostly near an allowed one, and a document it may read."""
    text = data.draw(st.sampled_from(TEMPLATES))
    at = data.draw(st.integers(0, len(text)))
    text = text[:at] + data.draw(st.text(max_size=4)) + text[at + data.draw(st.integers(0, 3)) :]
    template = parse_template(text)
    if template is not None:
        template.value({"a": data.draw(decoding.documents)}, data.draw(st.text(max_size=8)))


def short_way(data: st.DataObject) -> None:
    """One sample of which a plan is learnt, and changes to it: planned and unplanned say the same."""
    chance = random.Random(data.draw(st.integers(0, 2**32)))
    _, topic, payload = data.draw(st.sampled_from(plans.samples()))
    sensors = plans.listening(topic, "", payload)
    if not sensors:
        return
    planning, plain = plans.both(sensors)
    document = parse_json(payload)
    for told in (*[payload] * 5, *plans.mutations(document, chance, 2)):
        message = RawMessage(topic, told, plans.NOW)
        assert plans.told(planning.decode(message, plans.NOW)) == plans.told(
            plain.decode(message, plans.NOW)
        ), told


def targets() -> dict[str, Callable[[st.DataObject], None]]:
    """Everything that is fuzzed, by name."""
    found = {dialect.name: of_dialect(dialect.name) for dialect in (*DIALECTS, BY_NAME["plain"])}
    return {**found, "frames": frames, "templates": templates, "plans": short_way}


def fuzz(name: str, seconds: float) -> tuple[int, str]:
    """How many inputs a target took in so many seconds, and what broke it, "" for nothing."""
    once, count = targets()[name], 0
    until = time.monotonic() + seconds
    start = random.SystemRandom().randrange(2**32)
    while time.monotonic() < until:
        start += 1

        @seed(start)
        @settings(
            max_examples=ROUND,
            database=None,
            deadline=None,
            print_blob=True,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        @given(st.data())
        def run(data: Any) -> None:
            nonlocal count
            count += 1
            once(data)

        try:
            run()
        except Exception as error:  # whatever it is, its input is what somebody must see
            return count, "".join(traceback.format_exception(error))
    return count, ""


def main() -> int:
    """Fuzz every target, or those named; 1 where one broke."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="decoders; all of them without a name")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each decoder")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    names = options.names or list(targets())
    unknown = [name for name in names if name not in targets()]
    if unknown:
        parser.error(f"no decoder {', '.join(unknown)}; there are {', '.join(targets())}")
    inputs, broken = {}, 0
    with ProcessPoolExecutor(options.jobs) as pool:
        waiting = {pool.submit(fuzz, name, options.seconds): name for name in names}
        for done in as_completed(waiting):
            name = waiting[done]
            inputs[name], trouble = done.result()
            broken += bool(trouble)
            print(f"{name:<16}{inputs[name]:>9} inputs  {'CRASH' if trouble else 'no crash'}", flush=True)
            if trouble:
                print(trouble, file=sys.stderr, flush=True)
    print(
        msgspec.json.encode({"seconds_each": options.seconds, "inputs": inputs, "crashes": broken}).decode()
    )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
