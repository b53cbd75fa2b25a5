"""On-delays against a model of a few lines: samples that follow each other count, a gap does not, the clock may finish
what is left until the next sample is overdue, and every boundary belongs to the alarm (C5).
"""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from alerts.evaluate import Evaluator
from alerts.rule import Rule, Select, Threshold, Verdict
from sensors.model import Reading, Sensor, Text, Zone

T0 = 1_800_000_000.0
EVERY_S = 60.0
FOLLOWS_S, CLOCK_S = 2.5 * EVERY_S, 1.5 * EVERY_S  # docs/rules.md: one lost sample; until the next is overdue
LIMIT = 30.0
ZONES = {"z": Zone(id="z", name=Text("z", "z"), kind="stack", floor="1")}
SENSOR = Sensor(
    id="s", name=Text("s", "s"), zone="z", quantity="temperature", topic="s", dialect="plain", every_s=EVERY_S,
    silent_after_s=1e6,
)  # fmt: skip

Samples = list[tuple[float, float]]
SAMPLES = st.lists(
    st.tuples(
        st.sampled_from([60.0, 60.0, 60.0, 90.0, 90.5, 150.0, 150.5, 400.0]),
        st.sampled_from([20.0, LIMIT, LIMIT + 0.1, 40.0, 40.0, 40.0]),
    ),
    min_size=1,
    max_size=20,
)


def modelled(samples: Samples, need_s: float) -> float | None:
    """When the alarm rises, in seconds; None where it does not before the last sample is overdue."""
    now, credit_s, running = 0.0, 0.0, False
    for gap_s, value in [*samples, (1e5, 0.0)]:
        left_s = need_s - credit_s
        if running and left_s <= CLOCK_S and gap_s >= left_s:
            return now + left_s
        now += gap_s
        if value <= LIMIT:
            credit_s, running = 0.0, False
        else:
            credit_s += gap_s if running and gap_s <= FOLLOWS_S else 0.0
            running = True
            if credit_s >= need_s:
                return now
    return None


def lived(samples: Samples, need_s: float) -> float | None:
    """The same of the evaluator, woken whenever it asks to be."""
    rule = Rule(
        id="hot", name=Text("h", "h"), for_s=need_s,
        when=Threshold(select=Select(), above=True, limit=LIMIT, clear_at=LIMIT),
    )  # fmt: skip
    evaluator = Evaluator({"hot": rule}, {"s": SENSOR}, ZONES, "UTC")
    evaluator.resume(T0)
    now = T0
    for n, (gap_s, value) in enumerate([*samples, (1e5, 0.0)]):
        until = now + gap_s
        while (due := evaluator.next_due()) is not None and due <= until:
            if any(c.verdict is Verdict.MET and c.rule == "hot" for c in evaluator.tick(due)):
                return due - T0
        now = until
        if n < len(samples):
            changes = evaluator.observe(Reading("s", value, now, now), now)
            if any(c.verdict is Verdict.MET and c.rule == "hot" for c in changes):
                return now - T0
    return None


@given(SAMPLES, st.sampled_from([60.0, 90.0, 91.0, 120.0, 150.0, 180.0, 240.0, 600.0]))
@example([(60.0, 40.0), (60.0, 40.0), (60.0, 40.0)], 120.0)  # exactly at the delay
@example([(60.0, 40.0), (60.0, 40.0), (60.0, LIMIT)], 240.0)  # the limit itself is not above it
@example([(60.0, 40.0), (150.0, 40.0)], 150.0)  # one lost sample still follows
@example([(60.0, 40.0), (150.5, 40.0)], 150.0)  # a little more does not
def test_an_on_delay_ends_when_its_samples_and_the_clock_have_proven_it(
    samples: Samples, need_s: float
) -> None:
    expected, found = modelled(samples, need_s), lived(samples, need_s)
    assert (found is None) == (expected is None)
    assert found is None or abs(found - (expected or 0.0)) < 1e-5
