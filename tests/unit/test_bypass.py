"""Two links bring the same messages: each is decided once, in the right order, and its copy keeps its time."""

from __future__ import annotations

from sensors.model import RawMessage
from strongroom.bypass import Heard, Pairs


def raw(word: str, topic: str = "leak", *, delivery: int = 1, retained: bool = False) -> RawMessage:
    return RawMessage(topic, word.encode(), 0.0, retained=retained, delivery=delivery)


def test_a_copy_keeps_the_time_at_which_its_message_was_heard() -> None:
    pairs = Pairs(0.5)
    assert pairs.heard(raw("wet"), 100.0)
    assert pairs.copy(raw("wet"), 4000.0) == Heard(100.0, False)


def test_copies_of_equal_words_come_in_the_order_of_hearing() -> None:
    pairs = Pairs(0.5)
    for at in (1.0, 2.0, 3.0):
        assert pairs.heard(raw("20.0"), at)
    assert [pairs.copy(raw("20.0"), 50.0).at for _ in range(3)] == [1.0, 2.0, 3.0]


def test_while_both_links_flow_the_first_copy_decides_whichever_it_is() -> None:
    pairs = Pairs(0.5)
    assert pairs.copy(raw("wet"), 1.0) == Heard(0.0, True)
    assert not pairs.heard(raw("wet"), 1.01)
    assert pairs.heard(raw("dry"), 2.0)
    assert pairs.copy(raw("dry"), 2.01) == Heard(2.0, False)


def test_the_same_word_again_long_after_its_first_copy_is_news() -> None:
    pairs = Pairs(0.5)
    pairs.copy(raw("wet"), 1.0)
    assert pairs.heard(raw("wet"), 60.0), "wet again a minute later is no copy of the first"


def test_what_the_window_held_back_before_the_bypass_opened_is_no_news_beside_a_newer_word() -> None:
    pairs = Pairs(0.5)
    assert pairs.heard(raw("wet"), 10.0)
    assert pairs.copy(raw("dry"), 4000.0) == Heard(0.501, False), "published before, dry no longer holds"
    assert pairs.copy(raw("open", "door"), 4000.0) == Heard(0.0, True), "of the door nothing newer is known"


def test_what_the_bypass_missed_is_news_once_the_durable_link_is_past_all_it_heard_of_that_topic() -> None:
    pairs = Pairs(0.5)
    pairs.heard(raw("dry"), 10.0)
    pairs.heard(raw("20.0", "room"), 11.0)
    pairs.copy(raw("dry"), 4000.0)
    assert pairs.copy(raw("wet"), 4000.0) == Heard(0.0, True), "lost on the bypass, which promises nothing"


def test_a_message_published_at_qos_0_overtakes_and_says_nothing_about_the_window() -> None:
    pairs = Pairs(0.5)
    pairs.heard(raw("wet"), 1.0)
    pairs.heard(raw("1", "beat", delivery=0), 2.0)
    assert pairs.copy(raw("1", "beat", delivery=0), 2.0) == Heard(2.0, False)
    assert not pairs.caught_up(60.0)
    assert pairs.copy(raw("wet"), 60.0) == Heard(1.0, False)
    assert pairs.caught_up(60.0)


def test_caught_up_when_copies_come_at_once() -> None:
    pairs = Pairs(0.5)
    assert pairs.caught_up(0.0)
    for n in range(5):
        pairs.heard(raw(str(n)), float(n))
    assert not pairs.caught_up(60.0)
    for n in range(5):
        pairs.copy(raw(str(n)), 60.0)
    assert pairs.caught_up(60.0)
    pairs.heard(raw("5"), 61.0)
    assert pairs.caught_up(61.5), "its copy is on the way"


def test_messages_that_the_broker_dropped_do_not_keep_the_bypass_open() -> None:
    pairs = Pairs(0.5)
    for n in range(10):
        pairs.heard(raw(str(n)), float(n))
    assert pairs.copy(raw("9"), 60.0).at == 9.0
    assert pairs.caught_up(60.0)


def test_a_retained_word_is_decided_and_waits_for_no_copy() -> None:
    pairs = Pairs(0.5)
    assert pairs.heard(raw("wet", retained=True), 1.0)
    assert pairs.caught_up(60.0)
    assert pairs.copy(raw("wet"), 60.0) == Heard(0.0, True)


def test_the_memory_is_bounded_and_the_oldest_lose_their_time_only() -> None:
    pairs = Pairs(0.5, remembered=3)
    for n in range(6):
        assert pairs.heard(raw(str(n)), float(n))
    assert pairs.copy(raw("1"), 60.0) == Heard(0.501, False)
    assert pairs.copy(raw("4"), 60.0) == Heard(4.0, False)
    assert len(pairs._order) <= 3
    assert sum(map(len, pairs._waiting.values())) <= 3
