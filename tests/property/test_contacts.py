"""Whatever stands where a contact's state stood, only a state is one: no sample gives a state from anything else."""

from __future__ import annotations

import msgspec

from sensors.dialects.base import Memory, parse_json
from sensors.interpret import interpret
from sensors.quantities import QUANTITIES
from tests.property.test_plans import NOW, changed, places, samples

NO_STATE = (-1, 0.5, 65535, None, "", "-1", "0.5", "unknown", "unavailable", "offline", "no state at all")
NO_WORD = "no word of any language"


def contacts(topic: str, payload: bytes) -> set[tuple[str, str, str]]:
    heard = interpret(topic, payload, False, NOW, Memory())
    return {
        (seen.quantity, seen.channel, seen.path)
        for seen in heard.observations
        if QUANTITIES[seen.quantity].contact and seen.quantity != "online"
    }


def test_nothing_else_is_ever_a_state() -> None:
    tried = 0
    for dialect, topic, payload in samples():
        document = parse_json(payload)
        told = contacts(topic, payload)
        for place in places(document) if told else ():
            # Where a senseless word takes a state away, the state came from there.
            lost = told - contacts(topic, msgspec.json.encode(changed(document, place, NO_WORD)))
            for value in NO_STATE if lost and place else ():
                tried += 1
                still = lost & contacts(topic, msgspec.json.encode(changed(document, place, value)))
                assert not still, (dialect, topic, place, value, still)
    assert tried > 2000
