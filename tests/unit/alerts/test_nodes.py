"""The logic of composite conditions over all of its values: strong three-valued logic (S. C. Kleene, 1952)."""

from __future__ import annotations

from itertools import product

import pytest

from alerts.nodes import AfterNode, AllNode, AnyNode, Node, NotNode
from alerts.slots import CLEAR, MET, UNKNOWN

ORDER = (CLEAR, UNKNOWN, MET)  # "and" is the least, "or" the greatest of these


class Fixed(Node):
    """A part whose verdict the test sets."""

    def __init__(self, verdict: int) -> None:
        self.verdict = verdict

    def judge(self, now: float) -> int:
        return self.verdict


@pytest.mark.parametrize("values", list(product(ORDER, repeat=3)))
def test_and_or_over_every_combination(values: tuple[int, ...]) -> None:
    parts = tuple(Fixed(value) for value in values)
    assert AllNode(parts).judge(0.0) == min(values, key=ORDER.index)
    assert AnyNode(parts).judge(0.0) == max(values, key=ORDER.index)


@pytest.mark.parametrize(("value", "turned"), [(MET, CLEAR), (CLEAR, MET), (UNKNOWN, UNKNOWN)])
def test_not(value: int, turned: int) -> None:
    assert NotNode(Fixed(value)).judge(0.0) == turned


@pytest.mark.parametrize("values", list(product(ORDER, repeat=2)))
def test_de_morgan(values: tuple[int, ...]) -> None:
    parts = tuple(Fixed(value) for value in values)
    turned = tuple(NotNode(part) for part in parts)
    assert NotNode(AllNode(parts)).judge(0.0) == AnyNode(turned).judge(0.0)


@pytest.mark.parametrize(
    ("first", "then", "verdict"),
    [
        (MET, MET, MET), (CLEAR, MET, MET), (UNKNOWN, MET, MET),  # it came in time, and lasts while "then" lasts
        (MET, UNKNOWN, UNKNOWN), (CLEAR, UNKNOWN, UNKNOWN), (UNKNOWN, UNKNOWN, UNKNOWN),
        (MET, CLEAR, CLEAR), (CLEAR, CLEAR, CLEAR), (UNKNOWN, CLEAR, CLEAR),
    ],
)  # fmt: skip
def test_after_lasts_while_the_second_does_and_never_guesses(first: int, then: int, verdict: int) -> None:
    one, two = Fixed(CLEAR), Fixed(CLEAR)
    node = AfterNode(one, two, 30.0)
    node.judge(0.0)
    one.verdict = MET
    assert node.judge(10.0) == CLEAR
    two.verdict = MET
    assert node.judge(40.0) == MET
    one.verdict, two.verdict = first, then
    assert node.judge(50.0) == verdict


def test_after_does_not_begin_where_the_second_was_first() -> None:
    one, two = Fixed(CLEAR), Fixed(MET)
    node = AfterNode(one, two, 30.0)
    node.judge(0.0)
    one.verdict = MET
    assert node.judge(5.0) == CLEAR
