"""The virtual sensor whose daily word proves the way from the broker to a rule (C26).

It publishes "off, on" on a topic of ours through the real broker; what comes back goes through the same decoder and
the same rule evaluation as every sensor's. They are instances of their own, so that no rule, plan or screen of the
building ever sees this sensor. What the rule sets off is decided in ``alerts.proof``.
"""

from __future__ import annotations

import msgspec

from alerts.evaluate import Evaluator
from alerts.rule import Contact, Rule, Select, Verdict
from sensors.decode import Decoder
from sensors.model import RawMessage, Sensor, Text

ID = "system-canary"
SAY_AGAIN_S = 60.0
STEP_S = 0.001


class Canary:
    """One building's virtual sensor with its rule."""

    def __init__(self, building: str, timezone: str) -> None:
        self.topic = f"strongroom/{building}/canary"
        name = Text("测试传感器", "Test sensor")
        sensor = Sensor(
            id=ID,
            name=name,
            zone="",
            quantity=ID,
            topic=self.topic,
            dialect="json",
            path="value",
            every_s=86400.0,
        )
        rule = Rule(id=ID, name=name, when=Contact(select=Select(sensors=(ID,)), is_=1.0), scope="building")
        self._decoder = Decoder({ID: sensor}, timezone)
        self._evaluator = Evaluator({ID: rule}, {ID: sensor}, {}, timezone)
        self._next = 0.0

    def say(self, now: float) -> tuple[tuple[str, bytes], ...]:
        """What to publish while a test is owed: nothing more often than once a minute."""
        if now < self._next:
            return ()
        self._next = now + SAY_AGAIN_S
        word = msgspec.json.encode
        return (
            (self.topic, word({"ts": now - STEP_S, "value": 0})),
            (self.topic, word({"ts": now, "value": 1})),
        )

    def hears(self, raw: RawMessage, now: float) -> bool:
        """Whether this message makes the rule true, having been false."""
        changes = [
            change
            for reading in self._decoder.decode(raw, now).readings
            for change in self._evaluator.observe(reading, now)
        ]
        return any(change.verdict is Verdict.MET for change in changes)
