"""The outside beat goes out while the chain moves, says why it does not, and stops with the process (C52)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from strongroom.beat import Beat, Signs, ailing
from strongroom.clock import SetClock
from tests.fakes.outside import Call, watcher

WELL = Signs(turn_age_s=0.1, outbox_age_s=0.4)


@pytest.mark.parametrize(
    ("signs", "word"),
    [
        (WELL, ""),
        (Signs(turn_age_s=0.1), ""),
        (Signs(turn_age_s=11), "engine"),
        (Signs(turn_age_s=0, outbox_age_s=61), "sender"),
        (Signs(turn_age_s=0, outbox_age_s=0, outbox_trouble="boom"), "boom"),
        (Signs(turn_age_s=0, link_down_s=61), "broker"),
        (Signs(turn_age_s=0, link_down_s=30), ""),
        (Signs(turn_age_s=0, disk_error="disk full"), "disk full"),
        (Signs(turn_age_s=0, commit_age_s=31), "nothing has been written for 31 s"),
        (Signs(turn_age_s=0, commit_age_s=5), ""),
        (Signs(turn_age_s=0, feeder_age_s=61), "history writer"),
        (Signs(turn_age_s=0, feeder_age_s=31), ""),
        (Signs(turn_age_s=0, intake_age_s=61), "not even our own beat"),
        (Signs(turn_age_s=0, intake_age_s=20), ""),
        (Signs(turn_age_s=0, nobody_reached=("K001",)), "nobody reached for K001"),
    ],
)
def test_each_part_that_stalls_is_named(signs: Signs, word: str) -> None:
    assert (word in ailing(signs)) and bool(ailing(signs)) == bool(word)


@pytest.fixture
def outside() -> Iterator[tuple[str, list[Call]]]:
    with watcher() as there:
        yield there


def test_a_beat_and_a_failure_reach_every_address(outside: tuple[str, list[Call]]) -> None:
    url, heard = outside
    signs = [WELL, Signs(turn_age_s=99)]
    beat = Beat((f"{url}/one", f"{url}/gone", "http://127.0.0.1:9/x"), SetClock(0), lambda: signs[0])
    assert beat.once() == ""
    assert heard == [("GET", "/one", ""), ("GET", "/gone", "")]
    assert set(beat.trouble) == {f"{url}/gone", "http://127.0.0.1:9/x"}
    signs.pop(0)
    beat.once()
    assert heard[2] == ("POST", "/one/fail", "the engine has not turned for 99 s")


def test_an_address_that_is_none_is_said_and_the_next_is_told(outside: tuple[str, list[Call]]) -> None:
    url, heard = outside
    wrong = "https://hc.example:99999999/x"
    beat = Beat((wrong, f"{url}/one"), SetClock(0), lambda: WELL)
    beat.once()
    assert heard == [("GET", "/one", "")]
    assert list(beat.trouble) == [wrong]


def test_without_an_address_nothing_runs() -> None:
    beat = Beat((), SetClock(0), lambda: WELL)
    beat.start()
    assert beat.once() == ""
    assert beat.trouble == {}
