"""The invariants are worth something: engines broken on purpose are caught within a few simulated weeks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.simulation.mutations import MUTATIONS, Patch
from tests.simulation.run import live

WITHIN_DAYS = 60.0
A_LIFE = 6.0


@pytest.mark.timeout(300)
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_a_broken_engine_is_caught(
    mutation: Callable[[Patch], None],
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    mutation(monkeypatch.setattr)
    days, seed = 0.0, 0
    while days < WITHIN_DAYS:
        seed += 1
        lived = live(seed, A_LIFE)
        days += lived.at_day
        if lived.broken:
            record_property("days", round(days, 2))
            record_property("caught", lived.broken)
            return
    pytest.fail(f"{mutation.__doc__} Nobody noticed within {days:.0f} days.")
