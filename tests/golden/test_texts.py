"""The texts phones get have not changed unnoticed; rewrite with ``python -m tests.golden.texts``."""

from __future__ import annotations

import re

import pytest

from alerts import answers, wording
from alerts.replies import HELP_WORDS, KEYS, WORDS
from alerts.segments import count
from sensors.model import Text
from tests.golden.texts import CASES, FILE, LEAK, PHONES, texts


def test_every_text_is_as_it_was_reviewed() -> None:
    assert texts() == FILE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("where", PHONES)
def test_a_page_keeps_what_matters_within_three_parts(name: str, language: str, where: str) -> None:
    facts, phone = CASES[name], PHONES[where]
    words = wording.page(facts, language, phone)
    assert count(words).parts <= 3
    assert facts.place.in_(language) in words
    assert facts.level.in_(language) in words
    assert facts.reference in words
    assert facts.action.in_(language)[:6] in words
    assert (("【演练】" if language == "zh" else "[DRILL]") in words) == facts.drill
    assert (f"{facts.code}A" in words) == (where == "elsewhere")


def test_no_command_and_no_text_uses_a_word_the_carrier_takes() -> None:
    assert not {w.upper() for w in (*WORDS, *HELP_WORDS, *KEYS)} & wording.RESERVED
    for line in texts().splitlines():
        if "START from that phone" in line or "a text of START" in line or "发送 START" in line:
            continue  # that is the cure of an opt-out, and the carrier's own word is meant
        assert wording.reserved(line) == "", line


@pytest.mark.parametrize("asked", ["Reply STOP to end", "回复 YES 确认", "text HELP"])
def test_an_advice_that_asks_for_a_reserved_word_is_found(asked: str) -> None:
    assert wording.reserved(asked) in asked
    assert wording.reserved(asked) != ""


def test_usual_pages_take_one_part() -> None:
    for phone in PHONES.values():
        for language in ("zh", "en"):
            assert count(wording.page(LEAK, language, phone)).parts == 1


def test_answers_take_at_most_two_parts() -> None:
    for value in vars(answers).values():
        if isinstance(value, Text):
            assert count(value.zh).parts <= 2
            assert count(value.en).parts <= 2


def test_the_documents_of_a_call_are_well_formed() -> None:
    assert len(re.findall(r"<Gather", texts())) >= 6
