"""Exactly once on top of at least once, for brokers that mark repeats and for those that do not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sensors.model import RawMessage
from strongroom.redelivery import HELD_S, RESUMES_S, Redelivery


def message(delivery: int, words: str, *, again: bool = False) -> RawMessage:
    return RawMessage("t", words.encode(), 0.0, delivery=delivery, again=again, token=delivery)


def words(messages: list[RawMessage]) -> list[str]:
    return [raw.payload.decode() for raw in messages]


def kept(*said: str) -> Redelivery:
    """A start after a crash that had kept these, numbered from 1."""
    before = Redelivery()
    before.sort([message(n, one) for n, one in enumerate(said, 1)], 0.0)
    return Redelivery(before.taken())


def test_new_messages_pass_and_are_settled_at_once() -> None:
    fresh = Redelivery()
    assert words(fresh.sort([message(1, "a"), message(2, "b")], 0.0)) == ["a", "b"]
    assert words(fresh.settled()) == ["a", "b"]
    assert fresh.settled() == []


def test_a_marked_repeat_of_what_was_kept_is_only_acknowledged() -> None:
    after = kept("a", "b")
    assert words(after.sort([message(2, "b", again=True), message(3, "c")], 0.0)) == ["c"]
    assert words(after.settled()) == ["b", "c"]


def test_a_marked_repeat_of_what_was_not_kept_is_new() -> None:
    after = kept("a")
    assert words(after.sort([message(2, "b", again=True)], 0.0)) == ["b"]


def test_an_identifier_used_again_for_other_words_is_new() -> None:
    after = kept("a", "b")
    assert words(after.sort([message(2, "x", again=True)], 0.0)) == ["x"]


def test_an_unmarked_run_that_agrees_to_the_end_is_a_repeat() -> None:
    after = kept("a", "b", "c", "d")
    run = [message(1, "c"), message(2, "d"), message(3, "e")]
    assert words(after.sort(run, 0.0)) == ["e"]
    assert words(after.settled()) == ["c", "d", "e"]


def test_a_run_is_held_unacknowledged_until_it_is_certain() -> None:
    after = kept("a", "b", "c", "d")
    assert after.sort([message(1, "b"), message(2, "c")], 0.0) == []
    assert after.settled() == []
    assert words(after.sort([message(3, "d"), message(4, "e")], 0.1)) == ["e"]
    assert words(after.settled()) == ["b", "c", "d", "e"]


def test_a_run_that_turns_out_otherwise_is_new_in_order() -> None:
    after = kept("dry", "a", "dry", "b")
    assert words(after.sort([message(1, "dry"), message(2, "x")], 0.0)) == ["dry", "x"]


def test_the_same_words_long_after_the_connection_began_are_new() -> None:
    """Found by the simulation: the first heartbeat after a restart said what the last message before it had said."""
    after = kept("a", "dry")
    assert words(after.sort([message(1, "dry")], 100.0 + RESUMES_S, linked_at=100.0)) == []
    late = kept("a", "dry")
    assert words(late.sort([message(1, "dry")], 101.0 + RESUMES_S, linked_at=100.0)) == ["dry"]


def test_the_same_words_long_after_what_is_retained_are_new() -> None:
    after = kept("a", "dry")
    retained = RawMessage("t", b"wet", 0.0, retained=True, delivery=1, token=1)
    assert words(after.sort([retained], 0.0)) == ["wet"]
    assert words(after.sort([message(2, "dry")], RESUMES_S + 1.0)) == ["dry"]


def test_a_held_message_that_nothing_follows_is_new_after_half_a_second() -> None:
    after = kept("dry", "b")
    assert after.sort([message(1, "dry")], 10.0) == []
    assert after.sort([], 10.0 + HELD_S / 2) == []
    assert words(after.sort([], 10.0 + HELD_S)) == ["dry"]
    assert words(after.settled()) == ["dry"]


def test_identifiers_that_wrap_around_begin_no_run() -> None:
    long = Redelivery()
    long.sort([message(1, "a"), message(65_535, "b")], 0.0)
    assert words(long.sort([message(1, "a")], 0.0)) == ["a"]


@given(
    st.lists(st.integers(0, 50), min_size=1, max_size=40, unique=True),
    st.integers(0, 40),
    st.lists(st.integers(51, 99), max_size=10, unique=True),
    st.integers(1, 9),
)
def test_resumed_sessions_double_and_lose_nothing(
    old: list[int], back: int, new: list[int], chunk: int
) -> None:
    after = kept(*(str(n) for n in old))
    resent = old[len(old) - min(back, len(old)) :]
    stream = [message(at, str(n)) for at, n in enumerate([*resent, *new], 1)]
    found: list[str] = []
    for start in range(0, len(stream), chunk):
        found += words(after.sort(stream[start : start + chunk], start / 1000))
    found += words(after.sort([], 10.0))
    assert found == [str(n) for n in new]
    assert len(after.settled()) == len(stream)


def test_retained_messages_that_come_first_do_not_hide_a_run() -> None:
    after = kept("a", "b", "c")
    retained = RawMessage("status", b"online", 0.0, retained=True, delivery=1, token=1)
    run = [retained, message(2, "b"), message(3, "c"), message(4, "d")]
    assert words(after.sort(run, 0.0)) == ["online", "d"]
