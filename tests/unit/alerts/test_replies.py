"""What people type and press, read strictly: only a code with a command counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.replies import Command, parse, pressed


@pytest.mark.parametrize(
    ("words", "verb", "code"),
    [
        ("12A", "acknowledge", "12"),
        (" 12 a. ", "acknowledge", "12"),
        ("“12A”", "acknowledge", "12"),
        ("１２Ａ", "acknowledge", "12"),
        ("#12a", "acknowledge", "12"),
        ("收到12", "acknowledge", "12"),
        ("12收到", "acknowledge", "12"),
        ("12 收到！", "acknowledge", "12"),
        ("12E", "pass_on", "12"),
        ("转他人12", "pass_on", "12"),
        ("12s", "status", "12"),
        ("K7P2 A", "acknowledge", "K7P2"),
        ("?", "help", ""),
        ("？", "help", ""),
        ("帮助", "help", ""),
        ("STOP", "opt_out", ""),
        ("stop.", "opt_out", ""),
        ("start", "opt_in", ""),
        ("", "unclear", ""),
        ("A", "unclear", ""),
        ("收到", "unclear", ""),
        ("12", "unclear", ""),
        ("fire on floor 3", "unclear", ""),
        ("12A please send help", "unclear", ""),
        ("not 12A", "unclear", ""),
        ("12A 13A", "unclear", ""),
        ("YES", "opt_in", ""),
    ],
)
def test_a_text_is_read_strictly(words: str, verb: str, code: str) -> None:
    assert parse(words) == Command(verb=verb, code=code)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("keys", "verb"), [("1", "acknowledge"), ("3", "pass_on"), ("9", "unclear"), ("", "unclear")]
)
def test_keys(keys: str, verb: str) -> None:
    assert pressed(keys).verb == verb


@given(st.text(max_size=3000))
def test_nothing_typed_can_do_harm(words: str) -> None:
    assert parse(words).verb in {"acknowledge", "pass_on", "status", "help", "opt_out", "opt_in", "unclear"}
